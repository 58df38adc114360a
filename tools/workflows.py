"""What the assistant can do in n8n: run a workflow that the person allowed, and list what is there and what ran.

Each run waits for the person's approval. What is done after it is in `workflow_calls.py`, how a sentence becomes inputs
in `workflow_inputs.py`.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

import numpy as np
import numpy.typing as npt

from assistant.actions.connections import Connected
from assistant.actions.effects import Item
from assistant.actions.outcomes import Wish
from assistant.context import Choice, Context, Result
from assistant.db import operations
from assistant.db.database import Database
from assistant.errors import BadInput, ToolFailed
from assistant.labels import Labels
from assistant.memory.embedding import Embedder
from assistant.memory.words import stems
from assistant.rendering import plain
from integrations.n8n_service import registry_path
from integrations.n8n_workflows import AllowedWorkflow, AllowedWorkflows, load_workflows
from tools import Effect, tool
from tools.workflow_calls import HOOK, performer_of, source_of
from tools.workflow_inputs import Sentence, made_of, name_of, nothing_else, read, take_phrase, without_quotes

log = logging.getLogger(__name__)

LIKE = 0.5
"""Likeness (cosine) to one of a workflow's examples from which it may be the one that is meant."""
AHEAD = 0.06
"""And by how much it must lead the next workflow."""
OPTIONS = 3
RUNS = 10
VECTORS = 5000
"""How many example sentences keep their vectors in this process."""

_ASKED = (
    r"(?:hey |please |pls |can you |could you |would you |will you |i(?:'d| would) like (?:you )?to "
    r"|i want (?:you )?to |i need (?:you )?to |let's |twinning,? |just |now |and )*"
)
_RUN = r"(?:(?:re-?)?run|start|launch|trigger|execute|kick ?off|fire(?: off| up)?|set off|invoke)"
_DOES = (
    r"(?:import|export|archive|back ?up|sync(?:hroni[sz]e)?|upload|download|convert|print|publish|send out|clean up)"
)
_TOLD = r"(?:workflows?|automations?|n8n)"
_END = r"[\s?.!]*"


async def own_examples(database: Database, person: UUID) -> Sequence[str]:
    """The example sentences of the workflows that a person allows; none where they cannot be read."""
    async with database.session(person) as session:
        found = await operations.connection(session, person, "n8n")
    if found is None:
        return ()
    try:
        allowed = await asyncio.to_thread(load_workflows, registry_path(found.settings))
    except BadInput as error:  # running one says what is wrong with the file
        log.warning("Workflows cannot be read: %s", error, extra={"action": "registry_unreadable"})
        return ()
    return [example for each in allowed for example in each.examples]


@tool(
    effect=Effect.WRITE,
    service="n8n",
    outside=True,
    label="Run a workflow in n8n",
    examples=[
        "run the backup workflow",
        "start the newsletter workflow in n8n",
        "kick off the nightly export automation",
        "trigger the workflow for invoices with month May",
        "execute my n8n workflow that cleans up the mailbox",
        "launch the automation that copies the scans",
        "please get the sync workflow going",
        "I want to run a workflow",
    ],
    rules=[
        rf"(?P<text>{_ASKED}{_RUN}(?: me| up)? (?!.*\b(?:git ?hub|actions)\b).*\b{_TOLD}\b.*)",
        # No other tool does these, and behind "could you" they would look like a question.
        rf"(?P<text>{_ASKED}{_DOES} (?:the|my|our|all|these|those) .+)",
    ],
    own_examples=own_examples,
)
async def run_workflow(text: str, context: Context) -> Result:
    """Runs one of the person's allowed n8n workflows, after their approval.

    Args:
        text: What is to be run and with which inputs, in a sentence: "run the photo import with folder Camera".
    """
    connected, allowed = await _allowed(context)
    if not allowed:
        raise ToolFailed(f"No n8n workflow is allowed yet; put one into {registry_path(connected.settings).name}.")
    meant = await _meant(context, text, allowed)
    if len(meant) == 1:
        return await _proposed(context, connected, meant[0], text)
    if not meant:
        labels = ", ".join(f"“{each.label}”" for each in allowed)
        return Result(f"None of your n8n workflows sounds like this. Allowed are: {labels}.", state="refused")
    return Result(
        "Which workflow do you mean?",
        choices=[
            Choice(f"Run “{each.label}”", run_this_workflow.__name__, {"workflow": each.name, "text": text})
            for each in meant[:OPTIONS]
        ],
    )


@tool(effect=Effect.WRITE, service="n8n", outside=True, label="Run this workflow in n8n", examples=[])
async def run_this_workflow(workflow: str, text: str, context: Context) -> Result:
    """Runs the n8n workflow that the person picked, after their approval.

    Args:
        workflow: Its name.
        text: What they had said.
    """
    connected, allowed = await _allowed(context)
    return await _proposed(context, connected, allowed.named(workflow), text)


@tool(
    effect=Effect.READ,
    service="n8n",
    label="List my n8n workflows",
    examples=[
        "which workflows can you run?",
        "list my n8n workflows",
        "what workflows do I have?",
        "show me the automations",
        "what can you start in n8n?",
        "which n8n workflows are allowed?",
        "what automations are there?",
        "show the workflows in n8n",
    ],
    rules=[
        _ASKED + r"(?:(?:list|show|give|tell|name)(?: me)?|what(?:'s| are| is)?|which|do (?:i|we) have)"
        rf"(?: (?:are|all|any|the|my|our|your|of|n8n|allowed|active|possible|existing|available))* {_TOLD}"
        r"(?: (?:can|could|may|do|are|is|you|i|we|have|there|allowed|run|start|trigger|use|know|in|from|here|n8n|active"
        rf"|set up|available|got))*{_END}",
        _ASKED + rf"(?:what|which)(?: \w+)? can (?:you|i|we) (?:run|start|trigger|do) (?:in|with|through) n8n{_END}",
    ],
)
async def list_workflows(context: Context) -> Result:
    """Lists the n8n workflows that may be run from here, and all that are in n8n where it lets them be listed."""
    connected, allowed = await _allowed(context)
    lines = [_described(each) for each in allowed] or ["None is allowed yet."]
    heading = f"You may have these run from here ({registry_path(connected.settings).name}):"
    address = connected.settings.get("callback_address") or "your Twinning's address, then "
    hook = [f"n8n reaches you at {address}{HOOK}{context.person.id}."]
    try:
        found = await context.read("n8n_workflows")
    except ToolFailed as error:
        return Result(plain("\n".join([heading, "", *lines, "", *hook, str(error)])))
    there = [f"In n8n there are {len(found.items)}:", "", *(f"- {_line(each)}" for each in found.items)]
    return Result(plain("\n".join([heading, "", *lines, "", *hook, *there])), labels=found.labels)


@tool(
    effect=Effect.READ,
    service="n8n",
    label="List the last runs in n8n",
    examples=[
        "what ran in n8n lately?",
        "show me the last n8n executions",
        "did the photo import workflow run?",
        "when did my workflows last run?",
        "list the recent runs in n8n",
        "which workflow runs failed?",
        "did any automation fail?",
        "show the history of my workflows",
    ],
    rules=[
        _ASKED + r"(?:(?:list|show|give|tell)(?: me)?|what(?:'s| are| were| is)?|which|how did|see|check)"
        r"(?: (?:all|the|my|our|last|latest|recent|newest|\d+|of|failed))* (?:n8n|workflow|automation)"
        rf"(?: workflow)? (?:executions?|runs?|history)(?: .{{0,40}})?{_END}",
        _ASKED
        + r"(?:(?:list|show|give|tell)(?: me)?|what(?:'s| are| were| is)?|which)(?: (?:all|the|my|our|last|latest"
        r"|recent|newest|\d+|of|failed))* (?:executions?|runs?|history)(?: (?:of|in|from|on))+ "
        rf"(?:my |the |our )?{_TOLD}{_END}",
        _ASKED + rf"(?:did|has|have|which|what|when did)(?: (?:the|my|our|any|last))*(?: [\w-]+){{0,3}} {_TOLD}"
        r"(?: last)?(?: (?:run|runs|ran|fail|failed|finish|finished|work|worked|succeed|succeeded|go through))"
        rf"(?: .{{0,30}})?{_END}",
        _ASKED
        + r"what(?:'s| has| was)?(?: just| recently| lately)? (?:ran|run|been run|running|happened) in n8n.{0,30}",
    ],
)
async def workflow_history(context: Context) -> Result:
    """Lists the last runs of n8n workflows, newest first, and how each ended."""
    await _allowed(context)
    found = await context.read("n8n_history", last=RUNS)
    if not found.items:
        return Result("I looked at n8n: nothing has run there yet, or it keeps no executions.")
    lines = [f"{n}. {_line(each)}" for n, each in enumerate(found.items, 1)]
    return Result(plain("\n".join([f"The last {len(lines)} runs in n8n:", "", *lines])), labels=found.labels)


def wish_for(
    workflow: AllowedWorkflow,
    inputs: Mapping[str, Any],
    settings: Mapping[str, Any],
    *,
    owner: UUID,
    labels: Labels,
    origin: str,
) -> Wish:
    """A workflow with inputs as something to be approved.

    Args:
        settings: Those of the person's connection.
        labels: Of the inputs.
        origin: Where the inputs come from, for the person.

    Raises:
        BadInput: the inputs are not what it takes.
        ToolFailed: it tells its result later, and it is not known where n8n reaches us.
    """
    workflow.check(inputs)
    arguments: dict[str, Any] = {
        "workflow": workflow.name,
        "path": workflow.path,
        "inputs": dict(inputs),
        "how_to_undo": workflow.undo,
        "allowed_as": workflow.fingerprint,
    }
    if workflow.answers == "callback":
        address = str(settings.get("callback_address") or "").rstrip("/")
        if not address:
            raise ToolFailed(
                f"“{workflow.label}” tells its result later, and n8n does not know where; connect n8n again with a "
                "callback_address."
            )
        arguments["result_comes_to"] = f"{address}{HOOK}{owner}"
    return Wish(
        performer_of(workflow),
        arguments,
        target=workflow.label,
        labels=labels,
        origins={"inputs": origin, "how_to_undo": "your file of workflows"},
    )


async def _allowed(context: Context) -> tuple[Connected, AllowedWorkflows]:
    """The person's connection and what they allow.

    Raises:
        ToolFailed: n8n is not connected.
        BadInput: the file of workflows is wrong.
    """
    found = await context.actions.connections.get(context.person.id, "n8n") if context.actions else None
    if found is None:
        raise ToolFailed("n8n is not connected; `twinning connect n8n` does that.")
    return found, await asyncio.to_thread(load_workflows, registry_path(found.settings))


async def _meant(context: Context, text: str, allowed: AllowedWorkflows) -> list[AllowedWorkflow]:
    """The workflows that a sentence may mean: one if it is clear, none if nothing is near."""
    said = set(stems(without_quotes(text))) or set(stems(text))
    named = {each.name: words for each in allowed for words in _names(each) if words and words <= said}
    # "photo import" is not meant where "photo import of the phone" is said.
    clear = [name for name, words in named.items() if not any(words < other for other in named.values())]
    if clear:
        return [allowed.named(each) for each in clear]
    examples = [(example, each) for each in allowed for example in each.examples]
    vectors = await _vectors(context.omac.embedder, [example for example, _ in examples])
    likeness = vectors @ (await context.omac.embedder.embed([text]))[0]
    best: dict[str, float] = {}
    for (_, each), score in zip(examples, likeness, strict=True):
        best[each.name] = max(best.get(each.name, -1.0), float(score))
    ranked = sorted((name for name in best if best[name] >= LIKE), key=lambda name: -best[name])
    near = [name for name in ranked if best[ranked[0]] - best[name] < AHEAD]
    return [allowed.named(each) for each in near]


def _names(workflow: AllowedWorkflow) -> list[set[str]]:
    """The words of its label and of its name, each of which is enough."""
    own = [set(stems(each)) - set(stems("workflow automation n8n")) for each in (workflow.label, _spaced(workflow))]
    return [own[0], own[1]] if own[0] != own[1] else own[:1]


def _spaced(workflow: AllowedWorkflow) -> str:
    return workflow.name.replace("_", " ")


_known: dict[tuple[str, str], npt.NDArray[np.float32]] = {}


async def _vectors(embedder: Embedder, texts: Sequence[str]) -> npt.NDArray[np.float32]:
    """Vectors of example sentences: (texts, dimensions); those that were made before are kept."""
    new = [each for each in dict.fromkeys(texts) if (embedder.name, each) not in _known]
    if len(_known) + len(new) > VECTORS:
        _known.clear()
        new = list(dict.fromkeys(texts))
    if new:
        made = await embedder.embed(new)
        _known.update({(embedder.name, text): vector for text, vector in zip(new, made, strict=True)})
    return np.stack([_known[embedder.name, each] for each in texts])


async def _proposed(context: Context, connected: Connected, workflow: AllowedWorkflow, text: str) -> Result:
    said = read(text, workflow, today=context.now.date())
    await _complete(context, said, text)
    wish = wish_for(
        workflow,
        said.inputs,
        connected.settings,
        owner=context.person.id,
        labels=context.own_words(text),
        origin=_origin(context),
    )
    result = await context.propose(wish)
    # What n8n answers comes into this conversation: from here on it holds text that is not the person's.
    return replace(result, labels=result.labels.join(Labels(frozenset({source_of(workflow.label)}))))


async def _complete(context: Context, said: Sentence, text: str) -> None:
    """Has a model read what code could not, where one may.

    Raises:
        BadInput: something is still missing; the text names it.
    """
    texts = [each for each in said.missing if said.schemas[each].get("type") == "string"]
    forms = {each: {"type": "string"} for each in texts if not {"enum", "const", "format"} & set(said.schemas[each])}
    if context.fill is not None and forms and len(forms) == len(said.missing) and not made_of(said.left, said.workflow):
        form = {"type": "object", "properties": forms, "required": list(forms), "additionalProperties": False}
        try:
            found = await context.fill(text, form)
        except BadInput:
            found = {}
        for name, value in found.items():
            take_phrase(said, name, str(value))
        nothing_else(said)
    if said.missing:
        needed = ", ".join(f"{name_of(each)}{_hint(said.schemas[each])}" for each in said.missing)
        example = " and ".join(f"{name_of(each)} “…”" for each in said.missing)
        label = said.workflow.label
        raise BadInput(f"To run “{label}” I also need: {needed}. Say it like this: run “{label}” with {example}.")


def _hint(shape: Mapping[str, Any]) -> str:
    if words := [str(each) for each in shape.get("enum", ())]:
        return f" ({' or '.join(words)})"
    told = str(shape.get("description", "")).strip().rstrip(".")
    return f" ({plain(told)})" if told else ""


def _origin(context: Context) -> str:
    if not context.model_written:
        return "your words"
    sources = ", ".join(sorted(context.labels.sources))
    return f"the model, which has read {sources}" if sources else "the model"


def _described(workflow: AllowedWorkflow) -> str:
    needed = set(workflow.inputs.get("required", ()))
    takes = ", ".join(
        name_of(each) if each in needed else f"{name_of(each)} (may be left out)"
        for each in workflow.inputs.get("properties", {})
    )
    rules = f"; runs on {', '.join(workflow.on)}" if workflow.on else ""
    return f"- “{workflow.label}”{f': {takes}' if takes else ''}{rules}. For example: {workflow.examples[0]}"


def _line(item: Item) -> str:
    return " ".join(plain(f"{item.title} ({', '.join(item.facts)})").split())
