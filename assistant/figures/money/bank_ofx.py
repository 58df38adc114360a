"""Transactions in OFX and QFX (Quicken, Money, most American banks): SGML of version 1 and XML of version 2.

`ofxtools` makes the tree; it is walked here, because its strict models refuse what many banks write. FITID is the
bank's id of a transaction within an account. Days are those written, in whatever zone the bank wrote them.
Format: OFX Banking Specification 2.3, section 11.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import html
import re
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path
from xml.etree.ElementTree import Element
from xml.etree.ElementTree import ParseError as XMLError

from ofxtools.Parser import ParseError, TreeBuilder

from assistant.db.database import Database
from assistant.errors import BadInput
from assistant.events import Person
from assistant.figures.money.amounts import is_currency, parse_amount
from assistant.figures.money.bank_days import parse_day
from assistant.figures.money.bank_files import LeftOut, Line, Read, Report, Statement, decoded, read_bytes, store

_TAG = re.compile(r"<(/?)([A-Za-z][A-Za-z0-9._]*)\s*(/?)>")


def recognises(path: Path, head: bytes) -> bool:
    """True for what has an OFX header or begins with its first element."""
    start = decoded(head).lstrip()[:4000].upper()
    return start.startswith(("OFXHEADER", "<OFX>")) or "<?OFX" in start


async def take_file(
    database: Database, person: Person, path: Path, *, now: dt.datetime, report: Report
) -> Sequence[str]:
    """Takes an OFX or QFX file into the ledger; sentences for the person on what was read.

    Raises:
        BadInput: it is none, or has no bank or card statement.
    """
    read = await asyncio.to_thread(lambda: read_text(decoded(read_bytes(path)), path.name))
    return await store(database, person, path, read, source="ofx", now=now, report=report)


def read_text(text: str, name: str) -> Read:
    """The statements of an OFX file.

    Raises:
        BadInput: it cannot be parsed, or has none.
    """
    root = _tree(text, name)
    left_out = LeftOut()
    gone: list[str] = []
    found = [each for tag in ("STMTRS", "CCSTMTRS") for each in root.iter(tag)]
    statements = [_statement(each, left_out, gone) for each in found]
    notes = left_out.sentences()
    if root.find(".//INVSTMTRS") is not None:
        notes.append("Accounts with securities are in it, too; those are not read.")
    if not any(statement.lines or statement.balance is not None for statement in statements):
        raise BadInput(f"{name} has no transactions of a bank account or a card.")
    return Read(statements, notes, gone)


def _tree(text: str, name: str) -> Element:
    start = re.search(r"<OFX>", text, re.IGNORECASE)
    if not start:
        raise BadInput(f"{name} is no whole OFX file; download it again.")
    body = _TAG.sub(lambda found: f"<{found[1]}{found[2].upper()}>" if not found[3] else "", text[start.start() :])
    closed = {found[2] for found in _TAG.finditer(body) if found[1]}
    # Version 1 leaves elements open. An empty one would be taken for a group that begins here.
    body = _TAG.sub(
        lambda found: "" if not found[1] and found[2] not in closed and _is_empty(body, found.end()) else found[0], body
    )
    builder = TreeBuilder()
    try:
        builder.feed(body)
        root = builder.close()
    except (ParseError, XMLError, AssertionError, IndexError) as error:
        raise BadInput(f"{name} is broken off or no OFX; download it again.") from error
    if not isinstance(root, Element):
        raise BadInput(f"{name} is no OFX; download it again.")
    return root


def _is_empty(body: str, at: int) -> bool:
    rest = body[at : at + 200].lstrip()
    return not rest or rest.startswith("<")


def _text(element: Element | None, path: str) -> str:
    found = element.findtext(path) if element is not None else None
    return html.unescape(found or "").strip()


def _decimal(text: str) -> Decimal:
    """OFX has a point or a comma before the decimals and nothing between thousands; some banks write both."""
    if text.count(".") + text.count(",") <= 1:
        text = text.replace(",", ".")
    return parse_amount(text, decimal=".").value


def _day(text: str) -> dt.date:
    """The day of 20260131120000.000[-5:EST]."""
    return parse_day(text[:8])


def _statement(found: Element, left_out: LeftOut, gone: list[str]) -> Statement:
    account = found.find("BANKACCTFROM")
    card = found.find("CCACCTFROM")
    number = _text(account if account is not None else card, "ACCTID")
    currency = _text(found, "CURDEF").upper()
    lines = []
    for n, each in enumerate(found.iter(), 1):
        if each.tag not in ("STMTTRN", "STMTTRNP"):
            continue
        try:
            corrected = _text(each, "CORRECTFITID")
            if corrected:
                gone.append(corrected)
            if _text(each, "CORRECTACTION") != "DELETE":
                lines.append(_line(each))
        except BadInput as error:
            left_out.add(_text(each, "FITID") or f"element {n:,}", error)
    balance = found.find("LEDGERBAL")
    amount, on = _text(balance, "BALAMT"), _text(balance, "DTASOF")
    kind = "card" if card is not None else "loan" if _text(account, "ACCTTYPE") == "CREDITLINE" else "asset"
    return Statement(
        lines, number, "", currency if is_currency(currency) else "", kind,
        balance=_decimal(amount) if amount else None, balance_on=_day(on) if on else None,
    )  # fmt: skip


def _line(found: Element) -> Line:
    payee = _text(found, "NAME") or _text(found, "PAYEE/NAME") or _text(found, "EXTDNAME")
    memo = _text(found, "MEMO")
    # ORIGCURRENCY says only in what it was before the bank exchanged it; CURRENCY says what the amount is in.
    currency = _text(found, "CURRENCY/CURSYM").upper()
    other = found.find("BANKACCTTO")
    return Line(
        _day(_text(found, "DTPOSTED") or _text(found, "DTTRAN")),
        _decimal(_text(found, "TRNAMT")),
        currency if is_currency(currency) else "",
        payee or memo,
        memo if payee else "",
        _text(other if other is not None else found.find("CCACCTTO"), "ACCTID"),
        source_id=_text(found, "FITID") or None,
        mark="pending" if found.tag == "STMTTRNP" else "",
        original={each.tag: html.unescape(each.text.strip()) for each in found if each.text and each.text.strip()},
    )
