"""gidgethub over our own `httpx.AsyncClient`, bounded in time and size, and its failures translated once.

Below `gidgethub.abc` and not `gidgethub.httpx`, which is typed for httpx2 and imports it. Nothing is asked twice from
here, no redirect is followed and no address from an answer is used: pages are asked for by their number.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import http
import json
import re
from collections.abc import Callable, Mapping
from email.utils import parsedate_to_datetime
from typing import Any, TypeVar

import gidgethub
import gidgethub.abc
import httpx

from assistant.errors import (
    AuthFailed,
    BadResponse,
    ConfigurationError,
    NoAnswer,
    NotFound,
    RateLimited,
    Refused,
    ServiceError,
    ServiceUnavailable,
    TwinningError,
)
from integrations import github_input as checked
from integrations.answers import QUOTED_CHARACTERS, retry_after_s
from integrations.github_reading import Part, part_of
from integrations.github_values import Page

T = TypeVar("T")

API_VERSION = "2022-11-28"
"""Supported until March 2028 at least; the contract that we test against is this one."""
ACCEPT = "application/vnd.github+json"
ACCEPT_OBJECT = "application/vnd.github.object+json"
"""For contents: a folder is an object too, and a file over 1 MB is told of instead of refused."""
MAX_ANSWER_BYTES = 32_000_000
TIMEOUT_S = 60.0
MAX_PAGES = 5
PER_PAGE = 100
SECONDARY_WAIT_S = 60.0
"""What GitHub asks for when a secondary limit comes without a time
(https://docs.github.com/en/rest/using-the-rest-api/best-practices-for-using-the-rest-api)."""

_TOKEN = re.compile(r"[\x21-\x7e]{8,1024}")
_MOVED = (301, 302, 307, 308)
# 403 is GitHub's word for these too, where another token would not help.
_NOT_ABOUT_ACCESS = re.compile(r"\b(archived|locked|blocked|disabled|spam)\b", re.IGNORECASE)


class GitHubApi(gidgethub.abc.GitHubAPI):
    """One account's way to GitHub.

    Attributes:
        scopes: What a classic token may do, from the last answer.
        token_expires_at: When the token ends, from the last answer that said so.
        ahead_s: How far GitHub's clock is ahead of ours, in seconds, from the last answer.
        left: How many requests GitHub takes until its hour is over, from the last answer; None when it does not say.
    """

    def __init__(self, client: httpx.AsyncClient, *, token: str, base_url: str, timeout_s: float = TIMEOUT_S) -> None:
        token = token.strip()
        if not _TOKEN.fullmatch(token):
            raise ConfigurationError("The GitHub token is missing or was not copied whole; reconnect GitHub.")
        super().__init__("twinning", oauth_token=token, base_url=_base_url(base_url))
        self._client = client
        self._timeout_s = timeout_s
        self.fine_grained = token.startswith("github_pat_")
        self.scopes: tuple[str, ...] = ()
        self.token_expires_at: dt.datetime | None = None
        self.ahead_s = 0.0
        self.left: int | None = None

    async def ask(
        self, url: str, url_vars: Mapping[str, Any], *, read: Callable[[Any], T], accept: str = ACCEPT
    ) -> tuple[T, bool]:
        """Asks; returns what `read` makes of the answer, and whether GitHub names a next page.

        Raises:
            ServiceError: see `translated`; `may_have_acted` is False, because reading changes nothing.
            NotFound: there is no such thing, or the token does not see it.
        """
        try:
            data, more, _ = await self._asked("GET", url, url_vars, b"", accept)
            return read(data), more is not None
        except ServiceError as error:
            error.may_have_acted = False
            raise

    async def pages(
        self,
        url: str,
        where: Mapping[str, Any],
        *,
        limit: int,
        read: Callable[[Any], T | None],
        per_page: int = PER_PAGE,
        listed_under: str | None = None,
    ) -> Page[T]:
        """Up to `limit` of a list, page by page, and whether there is more.

        Raises:
            BadInput: the limit is too high.
            ServiceError, NotFound: as `ask`.
        """
        checked.listed(limit)
        kept: list[T] = []
        part: Part[T] = Part((), total=None, unfinished=False)
        for page in range(1, MAX_PAGES + 1):
            part, more = await self.ask(
                url, {**where, "per_page": per_page, "page": page}, read=lambda data: part_of(data, read, listed_under)
            )
            kept += part.values
            if len(kept) > limit or not more:
                return Page(tuple(kept[:limit]), cut=len(kept) > limit or part.unfinished, total=part.total)
        return Page(tuple(kept[:limit]), cut=True, total=part.total)

    async def send(self, method: str, url: str, url_vars: Mapping[str, Any], *, data: Any = b"") -> tuple[Any, int]:
        """Changes something, once; returns the decoded answer and the status.

        Raises:
            ServiceError: see `translated`.
            NotFound: there is no such thing, or the token does not see it.
        """
        answer, _, status = await self._asked(method, url, url_vars, data, ACCEPT)
        return answer, status

    async def _asked(
        self, method: str, url: str, url_vars: Mapping[str, Any], data: Any, accept: str
    ) -> tuple[Any, str | None, int]:
        acts = method != "GET"
        # A connection of its own for each request: what a server says twice, httpx gives to the next request (h11 keeps
        # the surplus), and a receipt would be somebody else's.
        extra = {"x-github-api-version": API_VERSION, "connection": "close"}
        try:
            return await self._make_request(method, url, url_vars, data, accept, extra_headers=extra)
        except gidgethub.HTTPException as error:
            raise translated(error, acts=acts) from error
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.UnsupportedProtocol) as error:
            raise ServiceUnavailable("GitHub cannot be reached; look whether you are online and try again.") from error
        except (httpx.HTTPError, TimeoutError) as error:
            raise NoAnswer(_unanswered("did not answer", acts=acts)) from error
        # Broken JSON, an unknown character set, a date beyond the calendar in a header, nesting without end.
        except (ValueError, LookupError, OverflowError, RecursionError) as error:
            raise BadResponse(_unanswered("answered something that cannot be read", acts=acts)) from error

    async def _request(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes = b""
    ) -> tuple[int, Mapping[str, str], bytes]:
        async with (
            asyncio.timeout(self._timeout_s),
            self._client.stream(method, url, headers=dict(headers), content=body, follow_redirects=False) as response,
        ):
            content = bytearray()
            async for part in response.aiter_bytes():
                content += part
                if len(content) > MAX_ANSWER_BYTES:
                    raise BadResponse(_unanswered("answered more than can be read", acts=method != "GET"))
        self._note(response.headers)
        if response.is_success:
            return response.status_code, response.headers, bytes(content)
        return _failure(response.status_code, response.headers, bytes(content))

    async def sleep(self, seconds: float) -> None:
        """gidgethub asks for it; nothing here waits."""
        await asyncio.sleep(seconds)

    def _note(self, headers: Mapping[str, str]) -> None:
        now = dt.datetime.now(dt.UTC)
        told = _date(headers)
        self.ahead_s = (told - now).total_seconds() if told else 0.0
        left = headers.get("x-ratelimit-remaining", "")
        self.left = int(left) if left.isdecimal() else None
        self.scopes = tuple(filter(None, (scope.strip() for scope in headers.get("x-oauth-scopes", "").split(","))))
        expires_at = _expiry(headers.get("github-authentication-token-expiration", ""))
        # For some tokens GitHub names the present instant (github.com/google/go-github/issues/3708): that says nothing.
        if expires_at is not None and expires_at > (told or now) + dt.timedelta(minutes=1):
            self.token_expires_at = expires_at


def translated(error: gidgethub.HTTPException, *, acts: bool) -> TwinningError:
    """What an answer other than success means for the person, as `integrations.answers` has it.

    Returns:
        AuthFailed, RateLimited, Refused, NotFound: GitHub said no; nothing was done.
        NoAnswer, BadResponse: whether it was done cannot be told.
    """
    status, headers = int(error.status_code), error.headers
    words = str(error)[:QUOTED_CHARACTERS].rstrip(".")
    if _limited(status, headers, words):
        return RateLimited("GitHub asks to slow down; try again later.", retry_after_s=_wait_s(headers))
    if status == 403 and _NOT_ABOUT_ACCESS.search(words):
        return Refused(f"GitHub refuses: {words}.")
    if status in (401, 403):
        needed = headers.get("x-accepted-github-permissions", "")[:QUOTED_CHARACTERS]
        advice = f" with a token that has {needed}" if needed and status == 403 else ""
        return AuthFailed(f"GitHub refuses the access ({words}); reconnect GitHub{advice}.")
    if status in (404, 410):
        return NotFound(f"GitHub does not know this, or does not share it with Twinning ({words}).")
    if status in _MOVED:
        return Refused("GitHub says that this has moved; nothing was done, so name it as it is called now.")
    if 400 <= status < 500:
        return Refused(f"GitHub refuses: {words}.")
    if status >= 500:
        return NoAnswer(_unanswered(f"failed ({status})", acts=acts))
    return BadResponse(_unanswered(f"answered something unexpected ({status})", acts=acts))


def _unanswered(what: str, *, acts: bool) -> str:
    return f"GitHub {what}; " + ("look there whether it was done." if acts else "try again later.")


def _limited(status: int, headers: Mapping[str, str], words: str) -> bool:
    if status != 403:
        return status == 429
    told = "retry-after" in headers or headers.get("x-ratelimit-remaining") == "0"
    return told or "secondary rate limit" in words.lower()


def _wait_s(headers: Mapping[str, str]) -> float:
    """Seconds until GitHub wants to be asked again, as its best practices say."""
    told = retry_after_s(httpx.Response(429, headers=dict(headers)))
    if told is not None:
        return told
    reset = headers.get("x-ratelimit-reset", "")
    if headers.get("x-ratelimit-remaining") == "0" and reset.isdecimal():
        now = _date(headers) or dt.datetime.now(dt.UTC)
        return max(0.0, int(reset) - now.timestamp())
    return SECONDARY_WAIT_S


def _failure(status: int, headers: Mapping[str, str], content: bytes) -> tuple[int, Mapping[str, str], bytes]:
    """A failed answer in the form that gidgethub takes, whatever stood before GitHub and wrote it.

    gidgethub decodes the body before it looks at the status, so a broken body would hide a 401 or a 500.
    """
    try:
        body = json.loads(content)
    except (ValueError, RecursionError):
        body = None
    message = body.get("message") if isinstance(body, dict) else None
    said: dict[str, Any] = {"message": message if isinstance(message, str) and message else str(status)}
    details = body.get("errors") if isinstance(body, dict) else None
    if isinstance(details, list):
        said["errors"] = [detail for detail in details if isinstance(detail, (str, dict))]
    elif isinstance(details, str):
        said["errors"] = details
    known = status if status in {code.value for code in http.HTTPStatus} else status // 100 * 100
    kept = {name.lower(): value for name, value in headers.items() if not name.lower().startswith("content-")}
    return known, {**kept, "content-type": "application/json; charset=utf-8"}, json.dumps(said).encode()


def _base_url(base_url: str) -> str:
    """The address of the API; the token only travels encrypted, except to this machine."""
    try:
        url = httpx.URL(base_url)
    except httpx.InvalidURL as error:
        raise ConfigurationError(f"{base_url!r} is no address; GitHub's is https://api.github.com.") from error
    at_home = url.scheme == "http" and url.host in ("127.0.0.1", "::1", "localhost")
    if not url.host or url.userinfo or url.query or url.fragment or not (url.scheme == "https" or at_home):
        raise ConfigurationError("GitHub's address has to be like https://api.github.com, with nothing after it.")
    return base_url


def _date(headers: Mapping[str, str]) -> dt.datetime | None:
    try:
        told = parsedate_to_datetime(headers.get("date", ""))
    except ValueError:
        return None
    return told if told.tzinfo else told.replace(tzinfo=dt.UTC)


def _expiry(value: str) -> dt.datetime | None:
    """The end of a token; GitHub writes "2026-12-31 10:00:00 UTC", and for some "2026-12-31 15:00:00 +0500"."""
    try:
        return dt.datetime.strptime(value.strip().replace("UTC", "+0000"), "%Y-%m-%d %H:%M:%S %z")
    except ValueError:
        return None
