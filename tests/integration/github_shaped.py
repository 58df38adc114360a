"""A GitHub in miniature: keeps repositories, issues and comments, and fails when it is told to.

Shapes: https://docs.github.com/en/rest?apiVersion=2022-11-28 (`test_github_contract.py` holds every
answer against GitHub's own OpenAPI). Used as an ASGI application (`http()`), or on a loopback port while it is entered.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from email.utils import format_datetime
from typing import Any, Self
from urllib.parse import unquote

import httpx
from github_faults import API, Fault, Said, instead, invalid
from github_shapes import WEB, Repo, contents, full, label, minimal, private_user, user
from github_shapes import pull as pull_of
from listening import Thread
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

TOKEN = "github_pat_11AAAAAAA0example"


@dataclass
class GitHubShaped:
    """The service.

    Attributes:
        login: Whose token `token` is.
        clock: Its clock; may go wrong against ours.
        silence_s: How long a silence takes.
        left: How many more requests it says that it takes.
        afterwards: Called when something was changed; its answer is made already, so only later questions see it.
        requests: Method, path with query and decoded body of every request, in order.
    """

    token: str = TOKEN
    login: str = "ada"
    clock: Callable[[], dt.datetime] = lambda: dt.datetime.now(dt.UTC)
    expires: str | None = "2027-03-01 10:00:00 UTC"
    scopes: str | None = None
    silence_s: float = 60.0
    left: int = 4999
    afterwards: Callable[[], None] = lambda: None
    requests: list[tuple[str, str, Any]] = field(default_factory=list)
    repos: dict[str, Repo] = field(default_factory=dict)
    threads: list[dict[str, Any]] = field(default_factory=list)
    _faults: list[tuple[Fault, str, str]] = field(default_factory=list)
    _ids: int = 1000

    def __post_init__(self) -> None:
        every = ["GET", "POST", "PATCH", "PUT", "DELETE"]
        self.app = Starlette(routes=[Route("/{path:path}", self._answer, methods=every)])

    def __enter__(self) -> Self:
        self._thread = Thread(self.app, date_header=False, server_header=False)
        self.url = self._thread.url
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._thread.stop()

    def http(self, **settings: Any) -> httpx.AsyncClient:
        """A client that reaches this service wherever it asks, without a port."""
        return httpx.AsyncClient(transport=httpx.ASGITransport(self.app), **settings)

    def fail(self, fault: Fault, *, method: str = "", path: str = "", times: int = 1) -> None:
        """Lets the next `times` requests fail whose method and path (a pattern) fit."""
        self._faults += [(fault, method, path)] * times

    def sent(self, method: str, path: str = "") -> list[Any]:
        """The bodies that were sent with `method` to paths that fit the pattern."""
        return [body for how, where, body in self.requests if how == method and re.search(path, where)]

    # What there is ---------------------------------------------------------------------------------------------------

    def add_repository(self, full_name: str, **settings: Any) -> Repo:
        repo = Repo(full_name, self._id(), **settings)
        self.repos[full_name.lower()] = repo
        return repo

    def add_issue(
        self, repo: Repo, title: str, *, body: str | None = "", author: str | None = None, pull: bool = False
    ) -> dict[str, Any]:
        number = len(repo.issues) + 1
        url = f"{repo.url}/issues/{number}"
        now = self._now()
        issue: dict[str, Any] = {
            "id": self._id(),
            "node_id": f"I_{number}",
            "url": url,
            "repository_url": repo.url,
            "labels_url": url + "/labels{/name}",
            "comments_url": url + "/comments",
            "events_url": url + "/events",
            "html_url": f"{WEB}/{repo.full_name}/{'pull' if pull else 'issues'}/{number}",
            "number": number,
            "state": "open",
            "state_reason": None,
            "title": title,
            "body": body,
            "user": user(author or self.login),
            "labels": [],
            "assignee": None,
            "assignees": [],
            "milestone": None,
            "locked": False,
            "active_lock_reason": None,
            "comments": 0,
            "closed_at": None,
            "created_at": now,
            "updated_at": now,
            "closed_by": None,
            "author_association": "OWNER",
        }
        if pull:
            there = f"{repo.url}/pulls/{number}"
            links = {"url": there, "diff_url": None, "html_url": issue["html_url"], "patch_url": None}
            issue["pull_request"] = links
            repo.pulls.append(pull_of(issue, repo, there))
        repo.issues.append(issue)
        return issue

    def add_comment(self, repo: Repo, number: int, body: str, *, author: str | None = None) -> dict[str, Any]:
        issue, now, comment_id = repo.numbered(number), self._now(), self._id()
        comment = {
            "id": comment_id,
            "node_id": f"C_{comment_id}",
            "url": f"{repo.url}/issues/comments/{comment_id}",
            "html_url": f"{issue['html_url']}#issuecomment-{comment_id}",
            "issue_url": issue["url"],
            "body": body,
            "user": user(author or self.login),
            "created_at": now,
            "updated_at": now,
            "author_association": "OWNER",
        }
        repo.comments.append(comment)
        issue["comments"] += 1
        return comment

    def add_run(self, repo: Repo, name: str, *, conclusion: str | None = "success") -> dict[str, Any]:
        run_id = self._id()
        url = f"{repo.url}/actions/runs/{run_id}"
        parts = ("jobs", "logs", "check_suite", "cancel", "rerun", "artifacts", "workflow")
        run: dict[str, Any] = {
            "id": run_id,
            "name": name,
            "node_id": f"WFR_{run_id}",
            "head_branch": "main",
            "head_sha": f"{run_id:040x}",
            "path": ".github/workflows/ci.yml",
            "display_title": f"{name} on main",
            "run_number": len(repo.runs) + 1,
            "event": "push",
            "status": "completed" if conclusion else "in_progress",
            "conclusion": conclusion,
            "workflow_id": 7,
            "url": url,
            "html_url": f"{WEB}/{repo.full_name}/actions/runs/{run_id}",
            "pull_requests": [],
            "created_at": self._now(),
            "updated_at": self._now(),
            **{f"{part}_url": f"{url}/{part}" for part in parts},
            "head_commit": None,
            "repository": minimal(repo),
            "head_repository": minimal(repo),
        }
        repo.runs.append(run)
        return run

    def add_notification(self, repo: Repo, title: str, *, number: int, unread: bool = True) -> None:
        thread_id = str(self._id())
        there = f"{repo.url}/issues/{number}"
        self.threads.append(
            {
                "id": thread_id,
                "repository": minimal(repo),
                "subject": {"title": title, "url": there, "latest_comment_url": there, "type": "Issue"},
                "reason": "mention",
                "unread": unread,
                "updated_at": self._now(),
                "last_read_at": None,
                "url": f"{API}/notifications/threads/{thread_id}",
                "subscription_url": f"{API}/notifications/threads/{thread_id}/subscription",
            }
        )

    def _id(self) -> int:
        self._ids += 1
        return self._ids

    def _now(self) -> str:
        return self.clock().astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")

    # How it answers --------------------------------------------------------------------------------------------------

    async def _answer(self, request: Request) -> Response:
        raw_path = request.scope["raw_path"].decode().split("?")[0]
        # Segment by segment: an encoded slash is part of a name.
        parts = [unquote(part) for part in raw_path.strip("/").split("/")]
        content = await request.body()
        self.requests.append((request.method, raw_path + f"?{request.url.query}", _decoded(content)))
        fault = self._fault(request.method, raw_path)
        if fault == "silence":
            await asyncio.sleep(self.silence_s)
        try:
            if (response := instead(fault, raw_path)) is not None:
                return self._stamped(response)
            self._admit(request, content)
            response = self._route(request, parts, _decoded(content))
            if request.method != "GET":
                self.afterwards()
            if fault == "done twice":
                response = self._route(request, parts, _decoded(content))
        except Said as said:
            return self._stamped(JSONResponse(said.body, said.status))
        if fault == "silence after doing it":
            await asyncio.sleep(self.silence_s)
        if fault == "500 after doing it":
            response = JSONResponse({"message": "Server Error"}, 500)
        if fault == "invalid JSON after doing it":
            response = Response(b'{"id": 1, ', response.status_code, media_type="application/json")
        return self._stamped(response)

    def _fault(self, method: str, path: str) -> Fault | None:
        for index, (fault, how, where) in enumerate(self._faults):
            if how in ("", method) and re.search(where, path):
                del self._faults[index]
                return fault
        return None

    def _stamped(self, response: Response) -> Response:
        response.headers["date"] = format_datetime(self.clock().astimezone(dt.UTC), usegmt=True)
        limits = {
            "x-ratelimit-limit": "5000",
            "x-ratelimit-remaining": str(self.left),
            "x-ratelimit-reset": "1900000000",
        }
        for name, value in limits.items():
            response.headers.setdefault(name, value)
        if self.expires:
            response.headers["github-authentication-token-expiration"] = self.expires
        if self.scopes is not None:
            response.headers["x-oauth-scopes"] = self.scopes
        return response

    def _admit(self, request: Request, content: bytes) -> None:
        """Who and what GitHub lets in."""
        if not request.headers.get("user-agent"):
            raise Said(403, "Request forbidden by administrative rules.")
        if request.headers.get("authorization", "").lower() not in (
            f"token {self.token}".lower(),
            f"bearer {self.token}".lower(),
        ):
            raise Said(401, "Bad credentials")
        if request.headers.get("x-github-api-version") not in ("2022-11-28", "2026-03-10"):
            raise Said(400, "Invalid API version")
        if not request.headers.get("accept", "").startswith("application/vnd.github"):
            raise Said(415, "Unsupported 'Accept' header")
        if request.method in ("POST", "PATCH", "PUT"):
            if not request.headers.get("content-type", "").startswith("application/json"):
                raise Said(415, "Unsupported Media Type")
            if not isinstance(_decoded(content), dict):
                raise Said(400, "Problems parsing JSON")

    def _route(self, request: Request, parts: list[str], body: Any) -> Response:
        match [request.method, *parts]:
            case ["GET", "user"]:
                return JSONResponse(private_user(self.login))
            case ["GET", "notifications"]:
                everything = request.query_params.get("all") == "true"
                return self._listed(request, [one for one in self.threads if everything or one["unread"]], largest=50)
            case ["GET", "search", "issues"]:
                return self._search(request)
            case [method, "repos", owner, name, *rest]:
                repo = self.repos.get(f"{owner}/{name}".lower())
                if repo is None:
                    raise Said(404, "Not Found")
                if repo.archived and method != "GET":
                    raise Said(403, "Repository was archived so is read-only.")
                return self._in_repo(request, repo, [method, *rest], body)
        raise Said(404, "Not Found")

    def _in_repo(self, request: Request, repo: Repo, what: list[str], body: Any) -> Response:
        match what:
            case ["GET"]:
                return JSONResponse(full(repo))
            case ["GET", "contents", *path]:
                return JSONResponse(contents(repo, "/".join(path)))
            case ["GET", "pulls"]:
                state = request.query_params.get("state", "open")
                return self._listed(request, [one for one in repo.pulls if state in ("all", one["state"])][::-1])
            case ["GET", "actions", "runs"]:
                branch = request.query_params.get("branch")
                runs = [run for run in repo.runs if branch in (None, run["head_branch"])][::-1]
                return self._listed(request, runs, under="workflow_runs")
            case [_, "issues", *_] if not repo.has_issues:
                raise Said(410, "Issues has been disabled in this repository.")
            case ["GET", "issues"]:
                return self._issues(request, repo)
            case ["POST", "issues"]:
                return self._create(repo, body)
            case ["GET", "issues", "comments", comment_id]:
                return self._comment(repo, int(comment_id))
            case ["DELETE", "issues", "comments", comment_id]:
                return self._delete_comment(repo, int(comment_id))
            case [_, "issues", number, *_] if number.isdecimal():
                return self._in_issue(request, repo, repo.numbered(int(number)), [what[0], *what[3:]], body)
        raise Said(404, "Not Found")

    def _in_issue(self, request: Request, repo: Repo, issue: dict[str, Any], what: list[str], body: Any) -> Response:
        match what:
            case ["GET"]:
                return JSONResponse(issue)
            case ["PATCH"]:
                return self._update(issue, body)
            case ["GET", "comments"]:
                since = request.query_params.get("since", "")
                said = [one for one in repo.comments if one["issue_url"] == issue["url"] and one["updated_at"] >= since]
                return self._listed(request, said)
            case ["POST", "comments"]:
                if issue["locked"]:
                    raise Said(403, "Unable to create comment because issue is locked.")
                if not isinstance(body.get("body"), str) or not body["body"].strip():
                    raise invalid("IssueComment", "body", "missing_field")
                return JSONResponse(self.add_comment(repo, issue["number"], body["body"]), 201)
            case ["POST", "labels"]:
                issue["labels"] += [label(name) for name in body["labels"] if not _has(issue, name)]
                return JSONResponse(issue["labels"])
            case ["DELETE", "labels", name]:
                if not _has(issue, name):
                    raise Said(404, "Label does not exist")
                issue["labels"] = [one for one in issue["labels"] if one["name"].lower() != name.lower()]
                return JSONResponse(issue["labels"])
            case ["DELETE", "labels"]:
                issue["labels"] = []
                return Response(status_code=204)
        raise Said(404, "Not Found")

    def _issues(self, request: Request, repo: Repo) -> Response:
        asked = request.query_params
        wanted = {name for name in asked.get("labels", "").split(",") if name}
        found = [
            issue
            for issue in repo.issues
            if asked.get("state", "open") in ("all", issue["state"])
            and all(_has(issue, name) for name in wanted)
            and asked.get("creator") in (None, issue["user"]["login"])
        ]
        return self._listed(request, found if asked.get("direction") == "asc" else found[::-1])

    def _create(self, repo: Repo, body: Any) -> Response:
        title = body.get("title")
        if not isinstance(title, str) or not title.strip():
            raise invalid("Issue", "title", "missing_field")
        issue = self.add_issue(repo, title, body=body.get("body"))
        issue["labels"] = [label(name) for name in body.get("labels", [])]
        return JSONResponse(issue, 201, headers={"location": issue["url"]})

    def _update(self, issue: dict[str, Any], body: Any) -> Response:
        if body.get("state") not in (None, "open", "closed"):
            raise invalid("Issue", "state", "invalid")
        state = body.get("state", issue["state"])
        issue |= {"state": state, "state_reason": body.get("state_reason"), "updated_at": self._now()}
        issue["closed_at"] = self._now() if state == "closed" else None
        return JSONResponse(issue)

    def _comment(self, repo: Repo, comment_id: int) -> Response:
        for one in repo.comments:
            if one["id"] == comment_id:
                return JSONResponse(one)
        raise Said(404, "Not Found")

    def _delete_comment(self, repo: Repo, comment_id: int) -> Response:
        kept = [one for one in repo.comments if one["id"] != comment_id]
        if len(kept) == len(repo.comments):
            raise Said(404, "Not Found")
        repo.comments = kept
        return Response(status_code=204)

    def _search(self, request: Request) -> Response:
        terms = request.query_params.get("q", "").split()
        words = [term.lower() for term in terms if ":" not in term]
        repos = {term.removeprefix("repo:").lower() for term in terms if term.startswith("repo:")}
        found = [
            {**issue, "score": 1.0}
            for name, repo in self.repos.items()
            if not repos or name in repos
            for issue in repo.issues
            if all(word in f"{issue['title']} {issue['body']}".lower() for word in words)
        ]
        return self._listed(request, found, under="items", incomplete_results=False, search_type="lexical")

    def _listed(
        self, request: Request, everything: list[Any], *, under: str | None = None, largest: int = 100, **more: Any
    ) -> Response:
        per_page = min(int(request.query_params.get("per_page", "30")), largest)
        page = int(request.query_params.get("page", "1"))
        part = everything[(page - 1) * per_page : page * per_page]
        response = JSONResponse({"total_count": len(everything), under: part, **more} if under else part)
        if page * per_page < len(everything):
            following = request.url.include_query_params(page=page + 1)
            response.headers["link"] = f'<{following}>; rel="next", <{following}>; rel="last"'
        return response


def _has(issue: dict[str, Any], name: str) -> bool:
    return name.lower() in {one["name"].lower() for one in issue["labels"]}


def _decoded(content: bytes) -> Any:
    try:
        return json.loads(content) if content else None
    except ValueError:
        return None
