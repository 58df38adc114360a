"""GitHub as a service that a person connects: what it asks for, and how the connection is tried."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import httpx

from integrations import Question, Service
from integrations.github import GitHubClient
from integrations.github_reader import BASE_URL


def _client(http: httpx.AsyncClient, settings: Mapping[str, Any], secrets: Mapping[str, str]) -> GitHubClient:
    return GitHubClient(http, token=secrets.get("token", ""), base_url=settings.get("address") or BASE_URL)


async def _account(client: GitHubClient) -> str:
    return (await client.me()).login


GITHUB = Service(
    name="github",
    title="GitHub",
    questions=(
        Question(
            "token",
            "A fine-grained token from https://github.com/settings/personal-access-tokens for the repositories that "
            "this is for, with the rights: Issues read and write; Contents, Pull requests and Actions read-only. "
            "(Notifications come with classic tokens only.)",
            secret=True,
        ),
        Question(
            "repository",
            "The repository that is meant when you name none, as owner/name; nothing if there is no such one.",
            default="",
        ),
        Question(
            "address",
            "Where its API is. Of a GitHub Enterprise Server it is https://your-host/api/v3.",
            default=BASE_URL,
        ),
    ),
    address=BASE_URL,
    make=_client,
    check=_account,
)
