"""n8n: triggers the workflows that the person allowed, and lists what is there.

Docs: https://docs.n8n.io/integrations/builtin/core-nodes/n8n-nodes-base.webhook/ and https://docs.n8n.io/api/.
Twinning never makes or changes a workflow; the person does that in n8n. The allowed workflows are read by
`n8n_workflows`, what n8n sends to us by `n8n_deliveries`; both formats are in `deploy/n8n/README.md`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import httpx
import rfc8785

from assistant.errors import (
    AuthFailed,
    BadInput,
    BadResponse,
    ConfigurationError,
    NoAnswer,
    NotFound,
    ServiceUnavailable,
)
from integrations.answers import call
from integrations.n8n_deliveries import BODY_BYTES, SIGNATURE_HEADER, sign
from integrations.n8n_workflows import AllowedWorkflow

SERVICE = "n8n"
SECRET_HEADER = "X-Twinning-Secret"  # noqa: S105 - the header's name
KEY_HEADER = "Idempotency-Key"
PAGE_SIZE = 100
WORKFLOW_PAGES = 20
"""A listing stops after this many pages of n8n's."""
STARTED_ONLY = "Workflow was started"
"""What n8n answers when a webhook is set to respond immediately."""


@dataclass(frozen=True)
class TriggerAnswer:
    """n8n's own answer to a trigger: the receipt.

    Attributes:
        finished: False: it was accepted, and a callback tells the result.
        repeated: n8n had seen the idempotency key before and did nothing anew.
        execution: n8n's number of the execution, where the workflow says it.
        result: What the workflow answers, None while it is not finished; untrusted.
    """

    finished: bool
    repeated: bool
    execution: str | None
    result: Any


@dataclass(frozen=True)
class Workflow:
    """A workflow as n8n lists it."""

    id: str
    name: str
    active: bool
    updated_at: str


@dataclass(frozen=True)
class Execution:
    """One run of a workflow. `status` is n8n's word: success, error, running, waiting, canceled, crashed, new."""

    id: str
    workflow_id: str
    status: str
    started_at: str | None
    stopped_at: str | None


class N8nClient:
    """Speaks to one n8n, with webhooks that check a header, and with its public API where there is a key.

    Args:
        base_url: Where n8n is, without `/webhook` or `/api`: "http://127.0.0.1:5678".
        webhook_secret: The value of the header that n8n's "Header Auth" credential expects.
        signing_key: What bodies are signed with, in both directions.
        api_key: For `list_workflows` and `executions` only.
        webhook_header: The name of that header.
        clock: The present instant, for the signature; n8n compares it with its own clock.
    """

    def __init__(
        self,
        http: httpx.AsyncClient,
        *,
        base_url: str,
        webhook_secret: str,
        signing_key: str,
        api_key: str | None = None,
        webhook_header: str = SECRET_HEADER,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        if not webhook_secret or not signing_key:
            raise ConfigurationError("n8n needs a webhook secret and a signing key; set both here and in n8n.")
        self._http = http
        self._base_url = base_url.rstrip("/")
        self._webhook_secret = webhook_secret
        self._signing_key = signing_key
        self._api_key = api_key
        self._webhook_header = webhook_header
        self._clock = clock

    async def trigger(
        self,
        workflow: AllowedWorkflow,
        inputs: Mapping[str, Any],
        *,
        idempotency_key: str,
        callback_url: str | None = None,
    ) -> TriggerAnswer:
        """Runs an allowed workflow with checked inputs.

        Args:
            idempotency_key: The same for every try of one action; it is in the header and in the signed body.
            callback_url: Where the result is posted to; only for workflows that answer by callback, which need it.

        Raises:
            BadInput: the inputs are not what the workflow takes; nothing was sent.
            ServiceUnavailable: n8n is not up, or still starting; nothing was done.
            AuthFailed, NotFound, RateLimited, Refused: n8n said no; nothing was done.
            NoAnswer, BadResponse: whether it was done cannot be told; look into n8n's executions.
        """
        body = trigger_body(workflow, inputs, idempotency_key=idempotency_key, callback_url=callback_url)
        headers = {
            "Content-Type": "application/json",
            KEY_HEADER: idempotency_key,
            self._webhook_header: self._webhook_secret,
            SIGNATURE_HEADER: sign(body, key=self._signing_key, purpose="trigger", now=self._clock()),
        }
        try:
            said = await self._call("POST", f"/webhook/{workflow.path}", headers=headers, content=body)
        except NotFound as error:
            if "not registered" not in str(error):
                raise
            raise NotFound(
                f"n8n has no active workflow at {workflow.path}; activate “{workflow.label}” in n8n and try again."
            ) from error
        except AuthFailed as error:
            raise AuthFailed(
                "n8n refuses the webhook's secret or signature; set the same ones here and in n8n's credentials."
            ) from error
        return _answered(workflow, said)

    async def ready(self) -> None:
        """Asks whether n8n is up.

        Raises:
            ServiceUnavailable: it is not, or still starting.
            BadResponse, NotFound, AuthFailed: what answers there is no n8n.
        """
        try:
            said = await self._call("GET", "/healthz/readiness", headers={})
        except NoAnswer as error:
            raise ServiceUnavailable("n8n is not ready; look whether it runs and try again in a minute.") from error
        if not isinstance(said, dict) or said.get("status") != "ok":
            raise BadResponse("What answers at this address is no n8n; look at the address.")

    async def list_workflows(self) -> list[Workflow]:
        """All workflows of this n8n, also those that are not allowed here.

        Raises:
            ConfigurationError: there is no API key.
            ServiceError: n8n refuses, is not up, or answers something else.
        """
        found: list[Workflow] = []
        cursor = ""
        for _ in range(WORKFLOW_PAGES):
            page = await self._read("/api/v1/workflows", {"limit": PAGE_SIZE, **({"cursor": cursor} if cursor else {})})
            found += [
                Workflow(id=_text(each, "id"), name=_text(each, "name"), active=each.get("active") is True,
                         updated_at=_text(each, "updatedAt"))
                for each in _rows(page)
            ]  # fmt: skip
            cursor = page.get("nextCursor") or ""
            if not cursor:
                break
        return found

    async def executions(self, last: int = 20) -> list[Execution]:
        """The newest executions, newest first, at most 100; without their data, which may be private.

        Raises:
            ConfigurationError: there is no API key.
            ServiceError: n8n refuses, is not up, or answers something else.
        """
        if not 1 <= last <= PAGE_SIZE:
            raise BadInput(f"Ask for 1 to {PAGE_SIZE} executions.")
        page = await self._read("/api/v1/executions", {"limit": last, "includeData": "false"})
        return [
            Execution(
                id=_text(each, "id"),
                workflow_id=_text(each, "workflowId"),
                status=_text(each, "status"),
                started_at=each.get("startedAt"),
                stopped_at=each.get("stoppedAt"),
            )
            for each in _rows(page)
        ]

    async def _read(self, path: str, params: Mapping[str, str | int]) -> dict[str, Any]:
        if not self._api_key:
            raise ConfigurationError(
                "Listing needs an API key of n8n: make one there (Settings, n8n API; workflow:list and execution:list) "
                "and set it as n8n's api_key."
            )
        try:
            page = await self._call("GET", path, headers={"X-N8N-API-KEY": self._api_key}, params=params)
        except AuthFailed as error:
            raise AuthFailed("n8n refuses the API key; make a new one in n8n under Settings, n8n API.") from error
        if not isinstance(page, dict):
            raise BadResponse("n8n's list is not what its API promises; look whether the address is that of n8n.")
        return page

    async def _call(
        self,
        method: str,
        path: str,
        *,
        headers: Mapping[str, str],
        params: Mapping[str, str | int] | None = None,
        content: bytes | None = None,
    ) -> Any:
        try:
            return await call(
                self._http, method, self._base_url + path, service=SERVICE, headers=headers, params=params,
                content=content,
            )  # fmt: skip
        except BadResponse as error:
            # While n8n boots every address answers 200 with a page that says so; nothing of ours was looked at.
            cause = error.__cause__
            if isinstance(cause, json.JSONDecodeError) and "n8n is starting up" in cause.doc:
                raise ServiceUnavailable(
                    "n8n is still starting up; nothing was done, try again in a minute."
                ) from error
            raise


def trigger_body(
    workflow: AllowedWorkflow, inputs: Mapping[str, Any], *, idempotency_key: str, callback_url: str | None
) -> bytes:
    """The canonical JSON (RFC 8785) that is sent: the same call always has the same bytes.

    Raises:
        BadInput: the inputs are not what the workflow takes, or the call lacks its key or its callback address.
    """
    if not re.fullmatch(r"[\x21-\x7e]{1,200}", idempotency_key):
        raise BadInput("An idempotency key has 1 to 200 visible ASCII characters.")
    if (workflow.answers == "callback") != (callback_url is not None):
        need = "needs an address for its callback" if workflow.answers == "callback" else "answers at once, not later"
        raise BadInput(f"“{workflow.label}” {need}.")
    workflow.check(inputs)
    whole: dict[str, Any] = {"workflow": workflow.name, "idempotency_key": idempotency_key, "inputs": dict(inputs)}
    if callback_url is not None:
        whole["callback_url"] = callback_url
    try:
        body = rfc8785.dumps(whole)
    except (rfc8785.CanonicalizationError, RecursionError) as error:
        raise BadInput(
            f"The inputs of “{workflow.label}” cannot be written as JSON; use plain text and numbers."
        ) from error
    if len(body) > BODY_BYTES:
        raise BadInput(f"The inputs of “{workflow.label}” are over 1 MB; send less at a time.")
    return body


def _answered(workflow: AllowedWorkflow, said: Any) -> TriggerAnswer:
    """What an answer means; the shipped workflows say `execution`, `repeated`, `finished` and `result`."""
    envelope = said if isinstance(said, dict) else {}
    finished = envelope.get("finished", workflow.answers == "sync") is True
    if workflow.answers == "sync":
        if said is None or envelope.get("message") == STARTED_ONLY:
            raise BadResponse(
                f"n8n started “{workflow.label}” and did not say what came of it; look into its executions, and set "
                "its webhook to respond when the last node finishes."
            )
        if not finished:
            raise NoAnswer(f"n8n began “{workflow.label}” before and has not finished it; look into its executions.")
    execution = envelope.get("execution")
    return TriggerAnswer(
        finished=finished,
        repeated=envelope.get("repeated") is True,
        execution=str(execution) if isinstance(execution, str | int) else None,
        result=envelope.get("result", said if finished else None),
    )


def _rows(page: Mapping[str, Any]) -> list[dict[str, Any]]:
    rows = page.get("data")
    if not isinstance(rows, list) or not all(isinstance(each, dict) for each in rows):
        raise BadResponse("n8n's list is not what its API promises; look whether the address is that of n8n.")
    return rows


def _text(row: Mapping[str, Any], name: str) -> str:
    value = row.get(name)
    if not isinstance(value, str | int) or isinstance(value, bool):
        raise BadResponse(f"n8n's list has an entry without {name}; look whether this n8n is of version 2.")
    return str(value)
