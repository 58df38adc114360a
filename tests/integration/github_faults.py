"""How GitHub fails: what it answers instead of doing anything. For `github_shaped.py`."""

from __future__ import annotations

import time
from typing import Any, Literal

from starlette.responses import JSONResponse, Response

API = "https://api.github.com"

Fault = Literal[
    "401",
    "403",
    "403 primary",
    "403 secondary",
    "403 secondary without a time",
    "404",
    "410",
    "422",
    "429",
    "500",
    "500 after doing it",
    "520",
    "moved",
    "invalid JSON",
    "invalid JSON after doing it",
    "HTML",
    "silence",
    "silence after doing it",
    "done twice",
]


class Said(Exception):
    """An answer other than success."""

    def __init__(self, status: int, message: str, **more: Any) -> None:
        super().__init__(message)
        self.status = status
        self.body = {"message": message, "documentation_url": "https://docs.github.com/rest", **more}


def instead(fault: Fault | None, path: str) -> Response | None:
    """The answers that come instead of doing anything."""
    secondary = {"message": "You have exceeded a secondary rate limit. Please wait a few minutes before you try again."}
    spent = {"x-ratelimit-limit": "5000", "x-ratelimit-remaining": "0", "x-ratelimit-reset": str(int(time.time()) + 90)}
    denied = {"message": "Resource not accessible by personal access token"}
    moved = f"{API}/repositories/7{path}"
    match fault:
        case "401":
            return JSONResponse({"message": "Bad credentials"}, 401)
        case "403":
            return JSONResponse(denied, 403, headers={"x-accepted-github-permissions": "issues=write"})
        case "403 primary":
            return JSONResponse({"message": "API rate limit exceeded for user ID 1."}, 403, headers=spent)
        case "403 secondary":
            return JSONResponse(secondary, 403, headers={"retry-after": "45"})
        case "403 secondary without a time":
            return JSONResponse(secondary, 403)
        case "404":
            raise Said(404, "Not Found")
        case "410":
            raise Said(410, "Issues has been disabled in this repository.")
        case "422":
            raise invalid("Issue", "title", "invalid")
        case "429":
            return JSONResponse({"message": "Too many requests"}, 429, headers={"retry-after": "7"})
        case "500":
            return Response("<html>Unicorn!</html>", 500, media_type="text/html")
        case "520":
            return Response("origin error", 520, media_type="text/plain")
        case "moved":
            return JSONResponse({"message": "Moved Permanently", "url": moved}, 301, headers={"location": moved})
        case "invalid JSON":
            return Response(b'{"id": 1, ', 200, media_type="application/json")
        case "HTML":
            return Response("<html>Please sign in to this network</html>", 200, media_type="text/html")
    return None


def invalid(resource: str, field_name: str, code: str) -> Said:
    """What GitHub says of a field that it does not take."""
    return Said(422, "Validation Failed", errors=[{"resource": resource, "field": field_name, "code": code}])
