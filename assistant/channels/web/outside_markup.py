"""The HTML of the pages about the outside: approvals, connections, ledgers. All text from elsewhere is escaped.

What hides or disguises (control, bidi and zero-width characters, hosts with foreign letters) is shown as its code, as
in an approval.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any
from zoneinfo import ZoneInfo

from assistant.actions.audit import Verified
from assistant.actions.connections import Connected
from assistant.actions.display import visible
from assistant.actions.grants import StandingGrant
from assistant.actions.outcomes import Outcome
from assistant.channels.web.rendering import host_of
from assistant.db.tables import EgressEntry, Operation
from assistant.events import Approval, Person
from integrations import Question, Service

ROOMS = (
    ("/approvals", "Approvals"),
    ("/inbox", "Inbox"),
    ("/connections", "Connections"),
    ("/egress", "What left"),
    ("/audit", "Audit"),
    ("/settings", "Settings"),
)
SHORT_LINE = 80
"""A longer argument is changed in a field of several lines."""


def text(said: str) -> str:
    """Text from elsewhere, for a page."""
    return escape(visible(said))


def rooms(here: str = "") -> str:
    """The links to all these pages."""
    links = "".join(
        f'<a href="{address}"{" aria-current=page" if address == here else ""}>{name}</a>' for address, name in ROOMS
    )
    return f'<nav class="rooms">{links}</nav>'


def moment(at: dt.datetime | None, person: Person) -> str:
    """An instant on the person's clock: 3 May 2026, 14:05."""
    if at is None:
        return "never"
    local = at.astimezone(ZoneInfo(person.time_zone))
    return f"{local.day} {local:%B %Y, %H:%M}"


def trouble(sentence: str) -> str:
    """What went wrong, if anything."""
    return f'<p class="trouble" role="alert">{text(sentence)}</p>' if sentence else ""


def link(address: str) -> str:
    """A link to elsewhere that shows where it leads; as text when it may not be one."""
    if host_of(address) is None:
        return text(address)
    return f'<a href="{escape(address)}" rel="noreferrer noopener">{text(address)}</a>'


# Approvals


def approvals_html(
    waiting: Sequence[Approval], history: Sequence[Outcome], grants: Sequence[StandingGrant], person: Person
) -> str:
    """The page of everything that waits, and of what became of the rest."""
    parts = [rooms("/approvals"), "<h1>Approvals</h1>"]
    if waiting:
        parts.append('<form method="post" action="/approvals" class="wide">')
        parts += [approval_html(each, choose=len(waiting) > 1) for each in waiting]
        if len(waiting) > 1:
            parts.append(
                '<p class="row"><button name="all" value="approve">Approve the chosen</button>'
                '<button class="plain" name="all" value="deny">Deny the chosen</button>'
                '<span class="aside">up to ten at once</span></p>'
            )
        parts.append("</form>")
    else:
        parts.append("<p>Nothing waits for you.</p>")
    if grants:
        parts.append("<h2>Standing grants</h2>" + "".join(_grant(each, person) for each in grants))
    done = "".join(outcome_html(each) for each in history)
    parts.append(f'<h2>What became of the others</h2><ul class="outcomes">{done}</ul>' if done else "")
    return "".join(parts)


def approval_html(approval: Approval, *, choose: bool = False, change: bool = True) -> str:
    """An approval with its buttons; stands inside a form.

    Args:
        choose: It can be chosen, to be decided with others.
        change: With a link to its own page.
    """
    named = f"{approval.id} {approval.digest}"
    box = (
        f'<label class="choose"><input type="checkbox" name="chosen" value="{named}"> Choose</label>' if choose else ""
    )
    more = f'<a href="/approvals/{approval.id}">Change …</a>' if change else ""
    return (
        f'<section class="approval">{whole_html(approval)}<p class="row">'
        f'<button name="one" value="approve {named}">Approve</button>'
        f'<button class="plain" name="one" value="deny {named}">Deny</button>{more}{box}</p></section>'
    )


def whole_html(approval: Approval) -> str:
    """Every character of an approval, its warnings before it."""
    warned = "".join(f'<p class="warning">⚠ {escape(each)}</p>' for each in approval.warnings)
    return f'{warned}<pre class="whole">{escape(approval.text)}</pre>'


def one_html(operation: Operation, approval: Approval, outcome: Outcome, person: Person) -> str:
    """The page of one approval: what it says, how it stands, what can be done."""
    facts = [
        ("Asked", moment(operation.proposed_at, person)),
        *(
            [("Decided", f"{moment(operation.decided_at, person)}, on {operation.decided_on}")]
            if operation.decided_at
            else []
        ),
        *([("Ended", moment(operation.finished_at, person))] if operation.finished_at else []),
    ]
    listed = "".join(f"<dt>{a}</dt><dd>{text(b)}</dd>" for a, b in facts)
    back = f'<p><a href="/thread/{operation.thread_id}">To the conversation</a></p>' if operation.thread_id else ""
    waits = operation.state == "proposed"
    shown = (
        f'<form method="post" action="/approvals" class="wide">{approval_html(approval, change=False)}</form>'
        if waits
        else f'<ul class="outcomes">{outcome_html(outcome, details=False)}</ul>{whole_html(approval)}'
    )
    return f'{rooms()}<h1>{escape(approval.title)}</h1>{shown}<dl class="facts">{listed}</dl>{back}'


def change_html(approval: Approval, arguments: Mapping[str, Any], *, said: str = "") -> str:
    """The form in which the arguments that are text can be changed."""
    fields = "".join(_field(name, value) for name, value in arguments.items() if isinstance(value, str))
    if not fields:
        return ""
    return (
        f'<h2>Change it</h2><p class="aside">This takes it back and asks you anew, with what you write here.</p>'
        f'{trouble(said)}<form method="post" action="/approvals/{approval.id}/change" class="wide">'
        f'<input type="hidden" name="digest" value="{approval.digest}">{fields}'
        f'<p class="row"><button class="plain">Change</button></p></form>'
    )


def _field(name: str, value: str) -> str:
    label, named = text(name.replace("_", " ")), f'name="argument {escape(name)}"'
    if "\n" in value or len(value) > SHORT_LINE:
        # A browser leaves out a line break right after the tag.
        rows = min(20, 3 + value.count("\n") + len(value) // SHORT_LINE)
        return f'<label>{label}<textarea {named} rows="{rows}">\n{escape(value)}</textarea></label>'
    return f'<label>{label}<input {named} value="{escape(value)}" autocomplete="off"></label>'


def outcome_html(outcome: Outcome, *, details: bool = True) -> str:
    """How an operation stands, with what can be done about it."""
    receipt = outcome.receipt
    told, where = outcome.told, ""
    if receipt is not None and receipt.link:
        told, where = told.removesuffix(f"\n{receipt.link}"), f"<br>{link(receipt.link)}"
    does = ""
    if receipt is not None and receipt.undo is not None:
        does = button(f"/approvals/{outcome.id}/undo", "Undo")
    elif outcome.until is not None:
        does = button(f"/approvals/{outcome.id}/cancel", "Cancel")
    more = f'<a href="/approvals/{outcome.id}">Details</a>' if details else ""
    row = f'<div class="row">{does}{more}</div>' if does or more else ""
    return f'<li class="{outcome.state}"><p>{text(told)}{where}</p>{row}</li>'


def decided_html(results: Iterable[Outcome | Exception]) -> str:
    """What came of a decision."""
    lines = "".join(
        outcome_html(each) if isinstance(each, Outcome) else f"<li>{trouble(str(each))}</li>" for each in results
    )
    return f'{rooms()}<h1>Decided</h1><ul class="outcomes">{lines}</ul><p><a href="/approvals">All approvals</a></p>'


def _grant(grant: StandingGrant, person: Person) -> str:
    ends = button(f"/grants/{grant.id}/revoke", "Revoke")
    account = f" ({text(grant.account)})" if grant.account else ""
    return (
        f'<section class="service"><p><b>{text(grant.tool)}</b>{account} to {text(grant.target)}<br>'
        f"{grant.remaining} more {'time' if grant.remaining == 1 else 'times'}, "
        f"until {moment(grant.expires_at, person)}</p>"
        f"<details><summary>With these arguments</summary>{_shape(grant.arguments)}</details>"
        f'<div class="row">{ends}</div></section>'
    )


def _shape(arguments: Mapping[str, Any]) -> str:
    rows = "".join(
        f"<dt>{text(name)}</dt><dd>{text('; '.join(f'{key}: {value}' for key, value in shape.items()))}</dd>"
        for name, shape in arguments.get("properties", {}).items()
    )
    return f'<dl class="facts">{rows}</dl>'


def button(address: str, label: str) -> str:
    """A form of one button."""
    return f'<form method="post" action="{address}" class="small"><button class="plain">{label}</button></form>'


# Connections


@dataclass(frozen=True)
class Failed:
    """A connection that did not work.

    Attributes:
        said: Why, for the person.
        written: What they wrote, without secrets.
    """

    service: str
    said: str
    written: Mapping[str, str]


def connections_html(
    services: Iterable[Service], connected: Mapping[str, Connected], person: Person, *, failed: Failed | None = None
) -> str:
    """Every service that can be connected, and how each is."""
    parts = [rooms("/connections"), "<h1>Connections</h1>"]
    parts.append('<p class="aside">Keys are tried before they are kept, in files that only this machine reads.</p>')
    for service in services:
        of_this = failed if failed and failed.service == service.name else None
        parts.append(_service(service, connected.get(service.name), person, failed=of_this))
    return "".join(parts)


def _service(service: Service, found: Connected | None, person: Person, *, failed: Failed | None) -> str:
    state = '<p class="state">Not connected.</p>'
    does = ""
    if found is not None:
        state = (
            f'<p class="state">Connected as <b>{text(found.account)}</b> since {moment(found.connected_at, person)}; '
            f"last used or checked: {moment(found.checked_at, person)}.</p>" + trouble(found.trouble or "")
        )
        does = f'<div class="row">{button(f"/connections/{service.name}/disconnect", "Disconnect")}</div>'
    fields = "".join(_question(each, found, failed) for each in service.questions)
    summary = "Connect again" if found else "Connect"
    return (
        f'<section class="service"><h2>{text(service.title)}</h2>{state}{does}'
        f"<details{' open' if failed else ''}><summary>{summary}</summary>{trouble(failed.said if failed else '')}"
        f'<form method="post" action="/connections/{service.name}" class="wide" autocomplete="off">{fields}'
        f'<p class="row"><button>{summary}</button></p></form></details></section>'
    )


def _question(question: Question, found: Connected | None, failed: Failed | None) -> str:
    name = escape(question.name)
    hint = f"<small>{text(question.text)}</small>"
    needed = " required" if question.default is None else ""
    label = text(question.name.replace("_", " ").capitalize())
    if question.secret:
        typed = f'<input type="password" name="{name}" autocomplete="new-password" spellcheck="false"{needed}>'
    else:
        known = failed.written if failed else found.settings if found else {}
        typed = (
            f'<input name="{name}" value="{escape(str(known.get(question.name, "")))}" autocomplete="off" '
            f'placeholder="{escape(question.default or "")}" spellcheck="false"{needed}>'
        )
    return f"<label>{label}{hint}{typed}</label>"


# Ledgers


def egress_html(totals: Sequence[tuple[str, int, int, int]], lines: Sequence[EgressEntry], person: Person) -> str:
    """What left the house, by host and line by line."""
    by_host = [(text(host), f"{count:,}", size(out), size(back)) for host, count, out, back in totals]
    each = [
        (
            moment(line.at, person),
            text(line.host),
            text(line.purpose.replace("_", " ")),
            text(", ".join(line.classes) or "public"),
            size(line.bytes_out),
            size(line.bytes_in),
            text(line.outcome or "under way"),
        )
        for line in lines
    ]
    body = f"{rooms('/egress')}<h1>What left the house</h1>"
    if not lines:
        return body + "<p>Nothing has left it.</p>"
    return (
        body
        + table(("Host", "Requests", "Out", "In"), by_host)
        + "<h2>The last requests</h2>"
        + table(("When", "Host", "Why", "Carried", "Out", "In", "Answer"), each)
    )


def audit_html(entries: Sequence[tuple[int, Mapping[str, Any]]], person: Person, *, said: str = "") -> str:
    """The newest entries of the audit, and a button that checks all of it."""
    listed = "".join(_entry(seq, entry, person) for seq, entry in entries)
    return (
        f"{rooms('/audit')}<h1>Audit</h1>"
        '<p class="aside">Every proposal, decision and result, each entry sealed to the one before it.</p>'
        f'{said}<div class="row">{button("/audit/verify", "Verify")}</div>'
        + (f'<ul class="outcomes">{listed}</ul>' if listed else "<p>There is no entry yet.</p>")
    )


def _entry(seq: int, entry: Mapping[str, Any], person: Person) -> str:
    facts = {name: value for name, value in entry.items() if name not in ("at", "what")}
    told = [_fact(facts[name]) for name in ("tool", "service", "on", "why", "trouble", "link") if facts.get(name)]
    rows = "".join(f"<dt>{text(name)}</dt><dd>{text(_fact(value))}</dd>" for name, value in facts.items())
    at = moment(dt.datetime.fromisoformat(str(entry["at"])), person)
    return (
        f"<li><p><b>{text(str(entry['what']))}</b> {text(' · '.join(told))}</p>"
        f'<details><summary>No. {seq}, {at}</summary><dl class="facts">{rows}</dl></details></li>'
    )


def verified_html(verified: Verified) -> str:
    """What a check of the audit found."""
    if verified.trouble:
        return trouble(verified.trouble)
    return f'<p class="fine" role="status">All {verified.entries:,} entries are as they were written.</p>'


def size(count: int | None) -> str:
    """Bytes as a person reads them."""
    if count is None:
        return ""
    for unit in ("B", "kB", "MB"):
        if count < 1000:
            return f"{count:.0f} {unit}"
        count = round(count / 1000)
    return f"{count:,} GB"


def _fact(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table; the cells are escaped already."""
    head = "".join(f"<th>{each}</th>" for each in heads)
    body = "".join("<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>" for row in rows)
    return f'<div class="table"><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>'
