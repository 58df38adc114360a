"""A house whose person has connected an n8n in miniature and allows six workflows there."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

from n8n_shaped import API_KEY, SIGNING_KEY, WEBHOOK_SECRET, N8nShaped

from assistant.actions.outcomes import Outcome
from assistant.connecting import connect
from assistant.events import Answer, Approval, ApprovalAsked, Asked, Finished, Message, Person
from assistant.house import House

CALLBACK = "http://127.0.0.1:8000"
REGISTRY = """
[[workflow]]
name = "photo_import"
label = "Photo import"
path = "twinning/photo-import"
answers = "sync"
idempotent = true
effect = "write"
undo = "Delete the imported album in the photo service."
examples = ["run the photo import", "import the photos from Camera", "put the new photos into the album Summer"]
[workflow.inputs]
type = "object"
additionalProperties = false
required = ["folder"]
properties.folder = { type = "string", minLength = 1, maxLength = 200, description = "Folder with the photos." }
properties.album = { type = "string", minLength = 1, maxLength = 100 }
properties.newest = { type = "integer", minimum = 1, maximum = 1000 }

[[workflow]]
name = "photo_archive"
label = "Photo archive"
path = "twinning/photo-archive"
answers = "callback"
idempotent = true
effect = "write"
undo = "Delete the archive."
examples = ["archive the album Summer", "run the photo archive for Summer"]
[workflow.inputs]
type = "object"
additionalProperties = false
required = ["album"]
properties.album = { type = "string", minLength = 1, maxLength = 100 }

[[workflow]]
name = "newsletter"
label = "Newsletter"
path = "home/newsletter"
answers = "sync"
idempotent = false
effect = "destructive"
undo = "It cannot be taken back: it has been sent."
examples = ["send out the newsletter", "start the newsletter to the family"]
[workflow.inputs]
type = "object"
additionalProperties = false
required = ["group"]
properties.group = { enum = ["family", "club"], description = "Who gets it." }
properties.with_pictures = { type = "boolean" }

[[workflow]]
name = "backup"
label = "Nightly backup"
path = "home/backup"
answers = "sync"
idempotent = false
effect = "write"
undo = "Delete the backup."
examples = ["run the nightly backup", "make a backup of the house now", "back up everything"]
[workflow.inputs]
type = "object"
additionalProperties = false
properties.keep_days = { type = "integer", minimum = 1, maximum = 365 }

[[workflow]]
name = "invoice_report"
label = "Invoice report"
path = "home/invoices"
answers = "sync"
idempotent = true
effect = "write"
undo = "Delete the report from the drive."
examples = ["make the invoice report", "put the invoices of a day together"]
[workflow.inputs]
type = "object"
additionalProperties = false
required = ["day"]
properties.day = { type = "string", format = "date" }

[[workflow]]
name = "memory_event"
label = "Memory event"
path = "twinning/memory-event"
answers = "sync"
idempotent = true
effect = "write"
undo = "It cannot be taken back: the receiver has been told."
examples = ["tell n8n about this memory"]
on = ["memory.added", "memory.corrected", "memory.forgotten", "memory.contradiction"]
[workflow.inputs]
type = "object"
additionalProperties = false
required = ["event", "memory_id", "happened_at"]
properties.event = { enum = ["added", "corrected", "forgotten", "contradiction"] }
properties.memory_id = { type = "string", minLength = 1, maxLength = 100 }
properties.happened_at = { type = "string", minLength = 1, maxLength = 40 }
properties.text = { type = "string", maxLength = 10000 }
"""


def shaped(**changes: Any) -> N8nShaped:
    """An n8n with all of these workflows."""
    return N8nShaped(
        active={"twinning/photo-import", "home/invoices", "twinning/memory-event"},
        accepts={"twinning/photo-archive"},
        keyless={"home/newsletter", "home/backup"},
        **changes,
    )


async def connected(house: House, ana: Person, n8n: N8nShaped, registry: Path, *, callback: str = CALLBACK) -> None:
    """Connects it, with the registry at this path."""
    if not registry.exists():
        registry.write_text(REGISTRY, "utf-8")
    settings = {"address": n8n.url, "workflows": str(registry), "callback_address": callback}
    secrets = {"webhook_secret": WEBHOOK_SECRET, "signing_key": SIGNING_KEY, "api_key": API_KEY}
    await connect(house.outside, ana.id, "n8n", settings, secrets)


async def say(
    house: House, ana: Person, text: str, *, thread: UUID | None = None
) -> tuple[Answer, list[Approval], list[str]]:
    """What the assistant answers, what it asks an approval for, and what it lets the person pick."""
    message = Message(text, person=ana, thread=thread or uuid4(), channel="web")
    events = [event async for event in house.assistant.run(message)]
    finished = events[-1]
    assert isinstance(finished, Finished)
    picks = [option for each in events if isinstance(each, Asked) for option in each.options]
    return finished.answer, [each.approval for each in events if isinstance(each, ApprovalAsked)], picks


async def asked(house: House, ana: Person, text: str, *, thread: UUID | None = None) -> Approval:
    """The one approval that a sentence leads to."""
    answer, approvals, picks = await say(house, ana, text, thread=thread)
    assert len(approvals) == 1, (answer.text, picks)
    return approvals[0]


async def approve(house: House, ana: Person, approval: Approval) -> Outcome:
    """Says yes, and waits for what becomes of it."""
    actions = house.outside.actions
    await actions.decide(ana.id, approval.id, named=approval.digest, approve=True, channel="web")
    return await actions.finished(ana.id, approval.id, within_s=20)
