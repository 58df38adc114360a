"""n8n as a service that a person connects: what it asks for, and how the connection is tried."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from assistant.errors import BadInput
from integrations import Question, Service
from integrations.n8n import N8nClient
from integrations.n8n_workflows import AllowedWorkflows, load_workflows

ADDRESS = "http://127.0.0.1:5678"


@dataclass(frozen=True)
class N8nConnection:
    """A client for one call, with what the person allows there.

    Attributes:
        has_api_key: Without one nothing can be listed.
        registry: The person's file of allowed workflows.
    """

    client: N8nClient
    address: str
    has_api_key: bool
    registry: Path

    async def allowed(self) -> AllowedWorkflows:
        """The allowed workflows, read anew.

        Raises:
            BadInput: the file is wrong; the text names the place.
        """
        return await asyncio.to_thread(load_workflows, self.registry)


class _OwnService(Service):
    """A service that has no address but the owner's."""

    def addresses(self, settings: Mapping[str, Any]) -> Sequence[tuple[str, bool]]:
        """What the owner wrote down; also where it is what was proposed to them."""
        return [(str(settings.get("address") or self.address), True)]


def registry_path(settings: Mapping[str, Any]) -> Path:
    """The person's file of allowed workflows.

    Raises:
        BadInput: the path depends on the folder in which a program is started, or on its account.
    """
    path = Path(str(settings.get("workflows", "")))
    if not path.is_absolute():
        raise BadInput("Give the file of allowed n8n workflows with its whole path, such as /home/you/workflows.toml.")
    return path


def _make(http: httpx.AsyncClient, settings: Mapping[str, Any], secrets: Mapping[str, str]) -> N8nConnection:
    address = str(settings.get("address") or ADDRESS)
    client = N8nClient(
        http,
        base_url=address,
        webhook_secret=secrets.get("webhook_secret", ""),
        signing_key=secrets.get("signing_key", ""),
        api_key=secrets.get("api_key") or None,
    )
    return N8nConnection(client, address, bool(secrets.get("api_key")), registry_path(settings))


async def _check(connection: N8nConnection) -> str:
    """Whether n8n is up and the file can be read. The webhook's secret shows itself only when a workflow is run."""
    if not await asyncio.to_thread(connection.registry.is_file):
        raise BadInput(f"There is no file {connection.registry}; copy deploy/n8n/workflows.example.toml to there.")
    await connection.allowed()
    await connection.client.ready()
    if connection.has_api_key:
        await connection.client.executions(last=1)
    return httpx.URL(connection.address).netloc.decode()


N8N = _OwnService(
    name="n8n",
    title="n8n",
    questions=(
        Question("address", "Where your n8n is, without /webhook.", default=ADDRESS),
        Question(
            "workflows",
            "Your file of the workflows that may be run from here, with its whole path, on the machine where Twinning "
            "runs. deploy/n8n/workflows.example.toml is one to copy.",
        ),
        Question(
            "webhook_secret",
            "The value of the header X-Twinning-Secret that your webhooks expect (webhook_secret in "
            "deploy/n8n/values.example.toml).",
            secret=True,
        ),
        Question("signing_key", "The key with which both sides sign (signing_key there).", secret=True),
        Question(
            "api_key",
            "To list workflows and runs: an API key of n8n (Settings, n8n API) with workflow:list and execution:list; "
            "nothing if you want no lists.",
            secret=True,
            default="",
        ),
        Question(
            "callback_address",
            "Where n8n reaches Twinning, such as http://127.0.0.1:8000; needed for workflows that tell their result "
            "later, nothing if you have none.",
            default="",
        ),
    ),
    address=ADDRESS,
    make=_make,
    check=_check,
)
