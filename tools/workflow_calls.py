"""What the executor does at n8n: runs a workflow that is still what was approved, and reads the lists."""

from __future__ import annotations

import json
from typing import Any

from assistant.actions.effects import Attempt, Effect, Item, Perform, Receipt, Repeat
from assistant.errors import NotFound, Refused
from assistant.labels import Labels, personal
from assistant.rendering import plain
from integrations.n8n import TriggerAnswer
from integrations.n8n_service import N8nConnection
from integrations.n8n_workflows import AllowedWorkflow
from tools import performs

SAID_CHARACTERS = 500
"""How much of a workflow's answer a receipt repeats."""
HOOK = "/hooks/n8n/"
AT_ONCE = "at once"
"""Where the result comes to of a workflow that answers with it."""


def performer_of(workflow: AllowedWorkflow) -> str:
    """The way in which a workflow is run: what it does to the world, and whether it may be sent again."""
    deletes = "_destructive" if workflow.effect == "destructive" else ""
    return f"n8n_run{deletes}{'' if workflow.idempotent else '_once'}"


def source_of(label: str) -> str:
    """How labels name what a workflow says."""
    return f"n8n: {label}"


def said_by_n8n(value: Any) -> str:
    """A workflow's answer on one line, shortened; it is somebody else's text."""
    if isinstance(value, dict) and all(isinstance(each, str | int | float | bool) for each in value.values()):
        text = ", ".join(f"{name}: {each}" for name, each in value.items())
    else:
        text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    text = " ".join(plain(text).split()).translate(str.maketrans("“”", '""'))
    return text if len(text) <= SAID_CHARACTERS else text[: SAID_CHARACTERS - 1] + "…"


def _runs(name: str, *, effect: Effect, repeat: Repeat, label: str) -> Perform:
    @performs(name, service="n8n", effect=effect, label=label, repeat=repeat)
    async def run(
        connection: N8nConnection,
        attempt: Attempt,
        *,
        workflow: str,
        path: str,
        inputs: dict[str, Any],
        how_to_undo: str,
        allowed_as: str,
        result_comes_to: str = AT_ONCE,
    ) -> Receipt:
        entry = await _as_approved(connection, workflow, path=path, allowed_as=allowed_as, performer=name)
        later = None if result_comes_to == AT_ONCE else result_comes_to
        if later is not None and not later.startswith(f"{attempt.settings.get('callback_address')}{HOOK}"):
            raise Refused("Where n8n tells the result is not your callback_address any more; nothing was sent.")
        answer = await connection.client.trigger(entry, inputs, idempotency_key=attempt.key, callback_url=later)
        return _receipt(entry, answer)

    return run


async def _as_approved(
    connection: N8nConnection, name: str, *, path: str, allowed_as: str, performer: str
) -> AllowedWorkflow:
    """The workflow, if the person's file still says of it what it said when it was proposed.

    Raises:
        Refused: it does not.
        BadInput: the file cannot be read.
    """
    try:
        entry = (await connection.allowed()).named(name)
    except NotFound as error:
        raise Refused(f"{name} is no allowed workflow any more; nothing was sent.") from error
    if (entry.path, entry.fingerprint, performer_of(entry)) != (path, allowed_as, performer):
        raise Refused(
            f"“{entry.label}” has changed in your file of workflows since it was proposed; nothing was sent. "
            "Ask for it again."
        )
    return entry


def _receipt(entry: AllowedWorkflow, answer: TriggerAnswer) -> Receipt:
    numbered = f" (execution {answer.execution})" if answer.execution else ""
    again = " n8n had begun it already for this approval, and did nothing twice." if answer.repeated else ""
    if not answer.finished:
        return Receipt(
            f"started “{entry.label}” in n8n{numbered}; its result will follow here.{again}", id=answer.execution or ""
        )
    said = said_by_n8n(answer.result) if answer.result not in (None, {}, [], "") else ""
    return Receipt(
        f"ran “{entry.label}” in n8n{numbered}.{again}" + (f" n8n says: “{said}”" if said else ""),
        id=answer.execution or "",
        items=(Item(f"n8n's answer to “{entry.label}”", text=said),) if said else (),
        labels=personal(said, sources=[source_of(entry.label)]) if said else Labels(),
    )


run = _runs("n8n_run", effect=Effect.WRITE, repeat=Repeat.IDEMPOTENT, label="Run a workflow in n8n")
run_once = _runs("n8n_run_once", effect=Effect.WRITE, repeat=Repeat.NEVER, label="Run a workflow in n8n")
run_destructive = _runs(
    "n8n_run_destructive",
    effect=Effect.DESTRUCTIVE,
    repeat=Repeat.IDEMPOTENT,
    label="Run a workflow in n8n that deletes, sends, pays or publishes",
)
run_destructive_once = _runs(
    "n8n_run_destructive_once",
    effect=Effect.DESTRUCTIVE,
    repeat=Repeat.NEVER,
    label="Run a workflow in n8n that deletes, sends, pays or publishes",
)


@performs("n8n_workflows", service="n8n", effect=Effect.READ, label="List the workflows in n8n")
async def read_workflows(connection: N8nConnection, attempt: Attempt) -> Receipt:
    """All workflows of this n8n, those first that are active."""
    found = sorted(await connection.client.list_workflows(), key=lambda each: (not each.active, each.name.casefold()))
    items = tuple(Item(each.name, facts=("active" if each.active else "not active",)) for each in found)
    return Receipt("workflows in n8n", items=items, labels=_from_n8n(items))


@performs("n8n_history", service="n8n", effect=Effect.READ, label="List the last runs in n8n")
async def read_history(connection: N8nConnection, attempt: Attempt, *, last: int) -> Receipt:
    """The newest executions, newest first, with the names of their workflows."""
    runs = await connection.client.executions(last=last)
    names = {each.id: each.name for each in await connection.client.list_workflows()}
    items = tuple(
        Item(
            names.get(each.workflow_id, each.workflow_id),
            facts=(each.status, f"execution {each.id}", *([_minute(each.started_at)] if each.started_at else [])),
        )
        for each in runs
    )
    return Receipt("runs in n8n", items=items, labels=_from_n8n(items))


def _minute(instant: str) -> str:
    """ "2026-11-22T10:00:00.000Z" to the minute."""
    return f"{instant[:10]} {instant[11:16]} UTC" if instant.endswith("Z") else instant


def _from_n8n(items: tuple[Item, ...]) -> Labels:
    return personal(" ".join(each.title for each in items), sources=["n8n"]) if items else Labels()
