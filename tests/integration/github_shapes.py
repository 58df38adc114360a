"""GitHub's shapes, filled in: accounts, repositories, files, pull requests. For `github_shaped.py`."""

from __future__ import annotations

import base64
from dataclasses import dataclass, field
from typing import Any

from github_faults import API, Said

WEB = "https://github.com"
FAR = "2026-12-31T00:00:00Z"


@dataclass
class Repo:
    """One repository and what is in it."""

    full_name: str
    id: int
    private: bool = True
    archived: bool = False
    has_issues: bool = True
    issues: list[dict[str, Any]] = field(default_factory=list)
    comments: list[dict[str, Any]] = field(default_factory=list)
    pulls: list[dict[str, Any]] = field(default_factory=list)
    runs: list[dict[str, Any]] = field(default_factory=list)
    files: dict[str, bytes] = field(default_factory=dict)

    @property
    def url(self) -> str:
        return f"{API}/repos/{self.full_name}"

    def numbered(self, number: int) -> dict[str, Any]:
        found = next((issue for issue in self.issues if issue["number"] == number), None)
        if found is None:
            raise Said(404, "Not Found")
        return found


def user(login: str) -> dict[str, Any]:
    """An account as others see it."""
    there = f"{API}/users/{login}"
    parts = "followers following gists starred subscriptions organizations repos events received_events".split()
    return {
        "login": login,
        "id": sum(login.encode()) + 1,
        "node_id": f"U_{login}",
        "avatar_url": f"https://avatars.githubusercontent.com/{login}",
        "gravatar_id": "",
        "url": there,
        "html_url": f"{WEB}/{login}",
        **{f"{part}_url": f"{there}/{part}" for part in parts},
        "type": "User",
        "site_admin": False,
    }


def private_user(login: str) -> dict[str, Any]:
    """An account as its owner sees it."""
    counts = "public_repos public_gists followers following private_gists total_private_repos owned_private_repos"
    return {
        **user(login),
        **dict.fromkeys("name company location email hireable bio".split()),
        **dict.fromkeys([*counts.split(), "disk_usage", "collaborators"], 1),
        "blog": "",
        "two_factor_authentication": True,
        "created_at": FAR,
        "updated_at": FAR,
    }


def minimal(repo: Repo) -> dict[str, Any]:
    """A repository inside of other answers."""
    parts = (
        "archive assignees blobs branches collaborators comments commits compare contents contributors deployments "
        "downloads events forks git_commits git_refs git_tags hooks issue_comment issue_events issues keys labels "
        "languages merges milestones notifications pulls releases stargazers statuses subscribers subscription tags "
        "teams trees"
    )
    owner, name = repo.full_name.split("/")
    return {
        "id": repo.id,
        "node_id": f"R_{repo.id}",
        "name": name,
        "full_name": repo.full_name,
        "owner": user(owner),
        "private": repo.private,
        "html_url": f"{WEB}/{repo.full_name}",
        "description": None,
        "fork": False,
        "url": repo.url,
        **{f"{part}_url": f"{repo.url}/{part}" for part in parts.split()},
    }


def full(repo: Repo) -> dict[str, Any]:
    """A repository as it answers for itself."""
    there = f"{WEB}/{repo.full_name}"
    counts = (
        "forks forks_count stargazers_count watchers watchers_count size open_issues open_issues_count "
        "subscribers_count network_count"
    )
    features = "has_projects has_wiki has_pages has_downloads has_discussions disabled"
    return {
        **minimal(repo),
        **dict.fromkeys(("clone_url", "git_url", "ssh_url", "svn_url"), f"{there}.git"),
        **dict.fromkeys("homepage language license mirror_url".split()),
        **dict.fromkeys(counts.split(), 0),
        **dict.fromkeys(features.split(), False),
        **dict.fromkeys(("pushed_at", "created_at", "updated_at"), FAR),
        "has_issues": repo.has_issues,
        "archived": repo.archived,
        "visibility": "private" if repo.private else "public",
        "default_branch": "main",
        "permissions": {"admin": False, "maintain": False, "push": True, "triage": True, "pull": True},
    }


def label(name: str) -> dict[str, Any]:
    """A label of an issue."""
    there = f"{API}/labels/{len(name)}"
    return {"id": 1, "node_id": "L_1", "url": there, "name": name, "color": "ededed", "default": False}


def contents(repo: Repo, path: str) -> dict[str, Any]:
    """A file or a folder in the "object" media type."""
    inside = sorted({name[len(path) :].strip("/").split("/")[0] for name in repo.files if name.startswith(f"{path}/")})
    if path in repo.files:
        content = repo.files[path]
        large = len(content) > 1_000_000
        encoded = "" if large else base64.encodebytes(content).decode()
        return {**_entry(repo, path, "file"), "size": len(content), "content": encoded} | {
            "encoding": "none" if large else "base64"
        }
    if not inside:
        raise Said(404, "Not Found")
    return {**_entry(repo, path, "dir"), "entries": [_entry(repo, f"{path}/{name}", "file") for name in inside]}


def _entry(repo: Repo, path: str, kind: str) -> dict[str, Any]:
    there = f"{repo.url}/contents/{path}?ref=main"
    page = f"{WEB}/{repo.full_name}/blob/main/{path}"
    return {
        "type": kind,
        "size": 0,
        "name": path.rpartition("/")[2],
        "path": path,
        "sha": "ab" * 20,
        "url": there,
        "git_url": f"{repo.url}/git/blobs/ab",
        "html_url": page,
        "download_url": None,
        "_links": {"self": there, "git": f"{repo.url}/git/blobs/ab", "html": page},
    }


def pull(issue: dict[str, Any], repo: Repo, there: str) -> dict[str, Any]:
    """A pull request as the list of them shows it."""
    kept = "id node_id html_url number state title body user labels assignee milestone locked closed_at created_at"
    side = {"label": "ada:main", "sha": "ab" * 20, "user": issue["user"], "repo": full(repo) | {"temp_clone_token": ""}}
    names = "html issue comments review_comments review_comment commits statuses self".split()
    return {
        **{name: issue[name] for name in kept.split()},
        "url": there,
        "diff_url": f"{issue['html_url']}.diff",
        "patch_url": f"{issue['html_url']}.patch",
        "issue_url": issue["url"],
        **{f"{name}_url": f"{there}/{name}" for name in ("commits", "review_comments", "review_comment", "statuses")},
        "comments_url": issue["comments_url"],
        "updated_at": issue["updated_at"],
        "merged_at": None,
        "merge_commit_sha": None,
        "draft": False,
        "head": {**side, "ref": "mend-the-pump"},
        "base": {**side, "ref": "main"},
        "_links": {name: {"href": there} for name in names},
        "author_association": "OWNER",
        "auto_merge": None,
    }
