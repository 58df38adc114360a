"""The web chat without a browser: our application on a real port, and a client that speaks Chainlit's socket."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractContextManager, asynccontextmanager, nullcontext
from dataclasses import dataclass, field
from typing import Any

import aiohttp  # noqa: F401 - before Chainlit is imported lean, so that the socket client finds it
import httpx
import socketio
import uvicorn

from assistant.app import create_app
from assistant.house import House

WAIT_S = 60.0


class _Server(uvicorn.Server):
    def capture_signals(self) -> AbstractContextManager[None]:  # type: ignore[override]
        return nullcontext()


@asynccontextmanager
async def serving(house: House) -> AsyncIterator[str]:
    """The application on a free port; yields its address."""
    config = uvicorn.Config(create_app(house), host="127.0.0.1", port=0, log_level="warning", lifespan="off")
    server = _Server(config)
    task = asyncio.create_task(server.serve())
    async with asyncio.timeout(WAIT_S):
        while not server.started:
            await asyncio.sleep(0.02)
    port = server.servers[0].sockets[0].getsockname()[1]
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        server.force_exit = True
        async with asyncio.timeout(WAIT_S):
            await task


@dataclass
class Chat:
    """One open browser tab."""

    client: socketio.AsyncClient
    session: str
    events: list[tuple[str, Any]] = field(default_factory=list)
    changed: asyncio.Event = field(default_factory=asyncio.Event)
    thread: str = ""
    """The conversation's id, known after the first message."""

    def note(self, name: str) -> Callable[..., Awaitable[None]]:
        async def noted(*data: Any) -> None:
            self.events.append((name, data[0] if data else None))
            if name == "first_interaction":
                self.thread = data[0]["thread_id"]
            self.changed.set()

        return noted

    async def until(self, found: Callable[[Chat], Any], *, wait_s: float = WAIT_S) -> Any:
        """Waits until `found` gives something."""
        async with asyncio.timeout(wait_s):
            while not (value := found(self)):
                self.changed.clear()
                await self.changed.wait()
        return value

    def of(self, name: str) -> list[Any]:
        """What came under this name."""
        return [data for event, data in self.events if event == name]

    def messages(self) -> dict[str, dict[str, Any]]:
        """Assistant messages as they stand now, by id."""
        shown: dict[str, dict[str, Any]] = {}
        for name, data in self.events:
            if name in ("new_message", "stream_start", "update_message") and data["type"] == "assistant_message":
                shown[data["id"]] = dict(data)
            elif name == "stream_token" and data["id"] in shown:
                step = shown[data["id"]]
                step["output"] = data["token"] if data["isSequence"] else step["output"] + data["token"]
        return shown

    @property
    def last(self) -> str:
        """The text of the latest assistant message."""
        shown = list(self.messages().values())
        return str(shown[-1]["output"]) if shown else ""

    async def send(self, text: str, *, files: list[str] | None = None) -> None:
        """Sends a message; files are ids of uploads."""
        self.events.clear()
        message = {
            "id": str(uuid.uuid4()), "threadId": "", "name": "me", "type": "user_message", "output": text,
            "createdAt": "2026-03-01T10:00:00Z", "metadata": {},
        }  # fmt: skip
        references = [{"id": each} for each in files or []]
        await self.client.emit("client_message", {"message": message, "fileReferences": references})

    async def ask(self, text: str, *, files: list[str] | None = None) -> str:
        """Sends a message and waits for the whole answer."""
        await self.send(text, files=files)
        await self.finished()
        return self.last

    async def finished(self) -> None:
        """Waits until the run is over."""
        await self.until(lambda chat: chat.of("task_start") and chat.events[-1][0] == "task_end")

    async def stop(self) -> None:
        """The stop button."""
        await self.client.emit("stop")

    async def close(self) -> None:
        """Closes the tab."""
        await self.client.disconnect()


class Browser:
    """One person's cookies."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.http = httpx.AsyncClient(base_url=address, timeout=WAIT_S)
        self._tabs: list[Chat] = []

    async def __aenter__(self) -> Browser:
        return self

    async def __aexit__(self, *_: object) -> None:
        for tab in self._tabs:
            await tab.close()
        await self.http.aclose()

    async def sign_up(self, code: str, name: str, password: str = "correct horse battery") -> httpx.Response:
        return await self.http.post("/welcome", data={"code": code, "name": name, "password": password})

    async def sign_in(self, name: str, password: str = "correct horse battery") -> httpx.Response:
        return await self.http.post("/login", data={"username": name, "password": password})

    async def open(self, thread: str = "", *, headers: dict[str, str] | None = None) -> Chat:
        """Opens the chat, or an old conversation in it."""
        client = socketio.AsyncClient(reconnection=False)
        chat = Chat(client, session=str(uuid.uuid4()))
        for name in (
            "task_start", "task_end", "first_interaction", "new_message", "update_message", "stream_start",
            "stream_token", "resume_thread", "resume_thread_error", "action", "remove_action", "element",
            "remove_element", "delete_message", "toast",
        ):  # fmt: skip
            client.on(name, chat.note(name))
        cookies = "; ".join(f"{name}={value}" for name, value in self.http.cookies.items())
        await client.connect(
            self.address,
            headers={"Cookie": cookies, **(headers or {})},
            auth={
                "sessionId": chat.session,
                "clientType": "webapp",
                "threadId": thread,
                "userEnv": "",
                "chatProfile": "",
            },
            socketio_path="/ws/socket.io",
            transports=["websocket"],
            wait_timeout=WAIT_S,
        )
        self._tabs.append(chat)
        await client.emit("connection_successful")
        await chat.until(lambda each: each.of("task_end"))
        if thread:
            await chat.until(lambda each: each.of("resume_thread") or each.of("resume_thread_error"))
        return chat

    async def upload(self, chat: Chat, name: str, content: bytes) -> httpx.Response:
        """Drops a file into the chat."""
        return await self.http.post(
            "/project/file",
            params={"session_id": chat.session},
            files={"file": (name, content, "application/octet-stream")},
        )

    async def conversations(self, search: str = "", *, first: int = 35, cursor: str | None = None) -> dict[str, Any]:
        """The sidebar, or the search in it."""
        body = {"pagination": {"first": first, "cursor": cursor}, "filter": {"search": search or None}}
        answer = await self.http.post("/project/threads", json=body)
        answer.raise_for_status()
        found: dict[str, Any] = answer.json()
        return found

    async def conversation(self, thread: str) -> httpx.Response:
        """One conversation as the front end reads it."""
        return await self.http.get(f"/project/thread/{thread}")

    async def press(self, chat: Chat, action: dict[str, Any]) -> httpx.Response:
        """Presses a button."""
        chat.events.clear()
        return await self.http.post("/project/action", json={"action": action, "sessionId": chat.session})
