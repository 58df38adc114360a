"""One request to a service, and its failures translated once: what is certain not to have happened, and what is not."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from typing import Any

import httpx

from assistant.errors import AuthFailed, BadResponse, NoAnswer, NotFound, RateLimited, Refused, ServiceUnavailable

QUOTED_CHARACTERS = 200
"""How much of a service's own words an error repeats."""


async def call(
    http: httpx.AsyncClient,
    method: str,
    url: str,
    *,
    service: str,
    headers: Mapping[str, str] | None = None,
    params: Mapping[str, str | int] | None = None,
    json: Any = None,
    content: bytes | None = None,
) -> Any:
    """Sends one request and returns the decoded JSON of the answer; None when it is empty.

    Args:
        service: Its name as the person knows it ("Notion"); the errors use it.
        content: A body that is sent as it is, instead of `json`.

    Raises:
        ServiceUnavailable: it could not be reached; nothing was sent.
        AuthFailed, NotFound, RateLimited, Refused: it said no; nothing was done.
        NoAnswer, BadResponse: it was sent; whether it was done cannot be told.
    """
    try:
        response = await http.request(method, url, headers=headers, params=params, json=json, content=content)
    except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.UnsupportedProtocol) as error:
        raise ServiceUnavailable(f"{service} cannot be reached; look whether it is up and try again.") from error
    except httpx.HTTPError as error:
        raise NoAnswer(f"{service} was asked and did not answer; look there whether it was done.") from error
    return decoded(response, service=service)


def decoded(response: httpx.Response, *, service: str) -> Any:
    """The JSON of an answer; see `call` for what it raises."""
    status = response.status_code
    if status in (401, 403) and not _limited(response):
        raise AuthFailed(f"{service} refuses the access ({said(response)}); reconnect {service}.")
    # 529: Notion's word for an overload, which it wants treated as 429.
    if status in (429, 529) or (status == 403 and _limited(response)):
        raise RateLimited(f"{service} asks to slow down; try again later.", retry_after_s=retry_after_s(response))
    if status in (404, 410):
        raise NotFound(f"{service} does not know this, or does not share it with Twinning ({said(response)}).")
    if 400 <= status < 500:
        raise Refused(f"{service} refuses: {said(response)}.")
    if status >= 500:
        raise NoAnswer(f"{service} failed ({status}); look there whether it was done.")
    if status >= 300:
        raise BadResponse(f"{service} points elsewhere ({status}); Twinning does not follow.")
    if not response.content:
        return None
    try:
        return response.json()
    except ValueError as error:
        raise BadResponse(f"{service} answered something that is no JSON; look there whether it was done.") from error


def said(response: httpx.Response) -> str:
    """What the service says of a failure, shortened; else the status."""
    try:
        body = response.json()
    except ValueError:
        return str(response.status_code)
    message = body.get("message") if isinstance(body, dict) else None
    return str(message)[:QUOTED_CHARACTERS].rstrip(".") if message else str(response.status_code)


def retry_after_s(response: httpx.Response) -> float | None:
    """Seconds until the service wants to be asked again (RFC 9110, 10.2.3: a number or a date), when it says so."""
    value = response.headers.get("retry-after", "").strip()
    if not value:
        return None
    try:
        return max(0.0, float(value))
    except ValueError:
        pass
    try:
        then = parsedate_to_datetime(value)
    except ValueError:
        return None
    return max(0.0, (then - dt.datetime.now(then.tzinfo)).total_seconds())


def _limited(response: httpx.Response) -> bool:
    """GitHub says 403 for its rate limits; the headers tell them from a refusal."""
    return "retry-after" in response.headers or response.headers.get("x-ratelimit-remaining") == "0"
