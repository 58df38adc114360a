"""Services that a person runs themself and that are only read: where they are, and how they are asked patiently."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import httpx

from assistant.errors import BadInput, BadResponse, NoAnswer, RateLimited, ServiceUnavailable
from integrations import Service
from integrations.answers import decoded

TIMEOUT_S = 20.0
"""An answer that has not come by then is asked for once more, or given up."""
PATIENCE_S = 45.0
"""What one question may take with its repetitions; a call of the executor ends after 60 seconds."""
TRIES = 3
PAUSE_S = 1.0
LONGEST_WAIT_S = 10.0
"""So long a question waits when the service asks for it; more is for the caller to decide."""
ANSWER_BYTES = 32 * 1024 * 1024


class OwnService(Service):
    """A service that has no address but the owner's; it may be in their own network."""

    def addresses(self, settings: Mapping[str, Any]) -> Sequence[tuple[str, bool]]:
        """What the owner wrote down; also where it is what was proposed to them."""
        return [(str(settings.get("address") or self.address), True)]


def base_of(address: str, *, tails: Sequence[str]) -> str:
    """An address as a person writes it, without the ends that its API adds ("/api", "/api/v1", "/login").

    Raises:
        BadInput: it is no web address.
    """
    try:
        url = httpx.URL(address.strip())
    except httpx.InvalidURL as error:
        raise BadInput(f"{address} is no web address; write one such as https://money.example.org.") from error
    if url.scheme not in ("http", "https") or not url.host or url.userinfo:
        raise BadInput(f"{address} is no web address; write one such as https://money.example.org.")
    path = url.path.rstrip("/")
    for tail in sorted(tails, key=len, reverse=True):
        if path == tail or path.endswith(tail):
            path = path.removesuffix(tail).rstrip("/")
            break
    return str(url.copy_with(path=path or "/", query=None, fragment=None)).rstrip("/")


class Asking:
    """Asks one service for JSON, with GET and nothing else.

    A question that got no whole answer is repeated: nothing happens at the other side by asking twice.

    Args:
        http: Sends it, without following redirects.
        title: The service's name for the person.
        base_url: Where its API begins.
        headers: Of every question: who asks, and for what kind of answer.
        sleep, clock: In seconds.
    """

    def __init__(
        self,
        http: httpx.AsyncClient,
        *,
        title: str,
        base_url: str,
        headers: Mapping[str, str],
        sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._http = http
        self._title = title
        self._base_url = base_url
        self._headers = headers
        self._sleep = sleep
        self._clock = clock

    async def get(self, path: str, params: Mapping[str, str | int] | None = None) -> Any:
        """The JSON at a path.

        Raises:
            ServiceUnavailable: it cannot be reached, or did not answer in time, or failed.
            AuthFailed, NotFound, RateLimited, Refused: it said no.
            BadResponse: what came is no JSON, or points elsewhere.
        """
        ends = self._clock() + PATIENCE_S
        for attempt in range(1, TRIES + 1):
            try:
                return await self._once(path, params or {})
            except RateLimited as error:
                wait_s = error.retry_after_s if error.retry_after_s is not None else PAUSE_S * 2**attempt
                if attempt == TRIES or wait_s > LONGEST_WAIT_S or self._clock() + wait_s > ends:
                    raise RateLimited(str(error), retry_after_s=wait_s) from error
            except (NoAnswer, _Broken) as error:
                wait_s = PAUSE_S * attempt
                if attempt == TRIES or self._clock() + wait_s + TIMEOUT_S > ends:
                    kind = BadResponse if isinstance(error, _Broken) else ServiceUnavailable
                    raise kind(str(error)) from error
            await self._sleep(wait_s)
        raise AssertionError("The last try returns or raises.")

    async def _once(self, path: str, params: Mapping[str, str | int]) -> Any:
        response = await self._answer(f"{self._base_url}/{path}", params)
        title, kind = self._title, response.headers.get("content-type", "")
        if 300 <= response.status_code < 400:
            raise BadResponse(
                f"{title} points elsewhere instead of answering ({response.status_code}), and Twinning does not "
                f"follow; write the address as it stands in your browser once {title} is open, with https if it has it."
            )
        if response.status_code >= 500:
            raise NoAnswer(f"{title} failed ({response.status_code}); look into its log and try again.")
        if response.is_success and "html" in kind:
            raise BadResponse(
                f"{title} answers with a web page instead of data; look at the address, and if a sign-in page of a "
                "proxy stands before it, let /api pass there."
            )
        try:
            return decoded(response, service=title)
        except BadResponse as error:
            raise _Broken(
                f"{title} answered with half an answer, or with something that is no JSON; try again later."
            ) from error

    async def _answer(self, url: str, params: Mapping[str, str | int]) -> httpx.Response:
        title, body = self._title, bytearray()
        try:
            async with self._http.stream(
                "GET", url, headers=self._headers, params=params, timeout=TIMEOUT_S
            ) as response:
                async for chunk in response.aiter_bytes():
                    body += chunk
                    if len(body) > ANSWER_BYTES:
                        raise BadResponse(
                            f"{title} answers with more than {ANSWER_BYTES >> 20} MB; look at the address."
                        )
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.UnsupportedProtocol) as error:
            raise ServiceUnavailable(f"{title} cannot be reached; look whether it is up and try again.") from error
        except httpx.TimeoutException as error:
            raise NoAnswer(f"{title} did not answer within {TIMEOUT_S:.0f} seconds; try again later.") from error
        except httpx.HTTPError as error:
            raise _Broken(f"{title} broke off in the middle of its answer; try again later.") from error
        kept = {name: response.headers[name] for name in ("content-type", "retry-after") if name in response.headers}
        return httpx.Response(response.status_code, headers=kept, content=bytes(body))


class _Broken(BadResponse):
    """An answer that a second question may better."""


@contextmanager
def as_agreed(title: str) -> Iterator[None]:
    """Makes a `BadResponse` of an answer that has another shape than the service documents."""
    try:
        yield
    except (KeyError, TypeError, ValueError, AttributeError, IndexError) as error:
        raise BadResponse(
            f"{title} answers in a way that Twinning does not know; look at the address, and whether it is up to date."
        ) from error
