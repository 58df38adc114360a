"""Transactions in CAMT.053 (and .052), the XML of ISO 20022 that European banks give, in all versions by local names.

Read entry by entry, so that a large file needs little memory; entities and document types are refused. A batch (one
entry with several details that add up) is split into its details. Definition of the elements: ISO 20022,
BankToCustomerStatement.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import io
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

from lxml import etree  # type: ignore[import-untyped]

from assistant.db.database import Database
from assistant.errors import BadInput
from assistant.events import Person
from assistant.figures.money.amounts import parse_amount
from assistant.figures.money.bank_days import parse_day
from assistant.figures.money.bank_files import LeftOut, Line, Read, Report, Statement, read_bytes, store

STATEMENTS = ("Stmt", "Rpt")
_NAMESPACE = re.compile(
    rb"urn:iso:std:iso:20022:tech:xsd:camt\.05[23]\.001\.\d\d|<(?:\w+:)?BkToCstmr(?:Stmt|AcctRpt)\b"
)


def recognises(path: Path, head: bytes) -> bool:
    """True for XML that names the schema of a statement."""
    return head.replace(b"\0", b"").lstrip(b"\xef\xbb\xbf\xff\xfe \r\n\t").startswith(b"<") and bool(
        _NAMESPACE.search(head.replace(b"\0", b""))
    )


async def take_file(
    database: Database, person: Person, path: Path, *, now: dt.datetime, report: Report
) -> Sequence[str]:
    """Takes a CAMT.053 file into the ledger; sentences for the person on what was read.

    Raises:
        BadInput: it is none, is broken off, or brings its own entities.
    """
    read = await asyncio.to_thread(lambda: read_xml(read_bytes(path), path.name))
    return await store(database, person, path, read, source="camt", now=now, report=report)


def read_xml(data: bytes, name: str) -> Read:
    """The statements of a CAMT file.

    Raises:
        BadInput: as in `take_file`.
    """
    left_out = LeftOut()
    try:
        statements = list(_statements(data, name, left_out))
    except etree.XMLSyntaxError as error:
        raise BadInput(f"{name} is broken off or no XML; download it again.") from error
    if not any(statement.lines or statement.balance is not None for statement in statements):
        raise BadInput(f"{name} has no entries of an account.")
    return Read(statements, left_out.sentences())


def _statements(data: bytes, name: str, left_out: LeftOut) -> Iterator[Statement]:
    wanted = [f"{{*}}{tag}" for tag in ("Acct", "Bal", "Ntry", *STATEMENTS)]
    walk = etree.iterparse(
        io.BytesIO(data), events=("end",), tag=wanted, resolve_entities=False, no_network=True, load_dtd=False,
        huge_tree=False, remove_comments=True, remove_pis=True,
    )  # fmt: skip
    about: dict[str, Any] = {}
    lines: list[Line] = []
    for _, found in walk:
        if found.getroottree().docinfo.doctype:
            raise BadInput(f"{name} brings a document type of its own, which no bank writes; it was not read.")
        tag, parent = _name(found), _name(found.getparent()) if found.getparent() is not None else ""
        if tag == "Acct" and parent in STATEMENTS:
            about |= _account(found)
        elif tag == "Bal" and parent in STATEMENTS:
            try:
                about |= _balance(found)
            except BadInput as error:
                left_out.add("balance", error)
        elif tag == "Ntry":
            try:
                lines += _entry(found)
            except BadInput as error:
                left_out.add(f"entry {_at(found, 'NtryRef') or len(lines) + 1}", error)
            found.clear()
            while found.getprevious() is not None:
                del found.getparent()[0]
        elif tag in STATEMENTS:
            yield Statement(_with_sure_ids(lines), **about)
            about, lines = {}, []
            found.clear()


def _name(element: Any) -> str:
    return str(etree.QName(element).localname) if isinstance(element.tag, str) else ""


def _at(element: Any, path: str) -> str:
    """The text at a path of local names; "" when it is not there."""
    found = element.find("/".join(f"{{*}}{step}" for step in path.split("/"))) if element is not None else None
    return (found.text or "").strip() if found is not None else ""


def _first(element: Any, *paths: str) -> str:
    return next((text for path in paths if (text := _at(element, path))), "")


def _account(found: Any) -> dict[str, Any]:
    return {
        "number": _first(found, "Id/IBAN", "Id/Othr/Id"),
        "name": _at(found, "Nm"),
        "currency": _at(found, "Ccy"),
    }


def _signed(found: Any, path: str = "Amt") -> tuple[Decimal, str]:
    """An amount with the sign of its CdtDbtInd, and its currency. A reversal has the sign of what it does."""
    amount = found.find(f"{{*}}{path}")
    if amount is None:
        raise BadInput("it has no amount")
    value = parse_amount((amount.text or "").strip(), decimal=".").value
    return (-value if _at(found, "CdtDbtInd") == "DBIT" else value), amount.get("Ccy", "")


def _balance(found: Any) -> dict[str, Any]:
    """The closing balance, booked; others say nothing of the end."""
    if _first(found, "Tp/CdOrPrtry/Cd", "Tp/CdOrPrtry/Prtry") != "CLBD":
        return {}
    value, currency = _signed(found)
    day = _first(found, "Dt/Dt", "Dt/DtTm")
    return {"balance": value, "balance_on": parse_day(day) if day else None, "currency": currency}


def _entry(found: Any) -> list[Line]:
    """The lines of an entry: one, or one for each detail of a batch that adds up."""
    status = _first(found, "Sts/Cd", "Sts/Prtry", "Sts")
    if status == "INFO":
        return []
    value, currency = _signed(found)
    day = parse_day(_first(found, "BookgDt/Dt", "BookgDt/DtTm", "ValDt/Dt", "ValDt/DtTm"))
    reference = _at(found, "AcctSvcrRef")
    kind = "refund" if value > 0 and _at(found, "RvslInd") == "true" else "ordinary"
    mark = "pending" if status == "PDNG" else ""
    details = found.findall("{*}NtryDtls/{*}TxDtls")
    parts = _parts(details, value, currency)
    lines = []
    for n, (detail, part) in enumerate(
        zip(details if parts else details[:1] or [None], parts or [value], strict=True), 1
    ):
        payee, number = _other_side(detail, credit=part > 0)
        memo = _purpose(detail) or _at(found, "AddtlNtryInf")
        own = _at(detail, "Refs/AcctSvcrRef")
        source_id = f"{day}:{own or reference}" if own or reference else None
        if parts and source_id and not own:
            source_id = f"{source_id}:{n}"
        lines.append(
            Line(
                day,
                part,
                currency,
                payee or memo,
                memo if payee else "",
                number,
                "",
                source_id,
                f"{day}:{reference or _at(found, 'NtryRef')}" if parts else None,
                kind,
                mark,
                _original(found, detail),
            )
        )
    return lines


def _parts(details: Sequence[Any], whole: Decimal, currency: str) -> list[Decimal]:
    """The amounts of a batch's details; none when there is one, or they do not add up to the entry."""
    if len(details) < 2:
        return []
    parts = []
    for detail in details:
        amount = next(
            (each for path in ("{*}Amt", "{*}AmtDtls/{*}TxAmt/{*}Amt") if (each := detail.find(path)) is not None), None
        )
        if amount is None or amount.get("Ccy", currency) != currency:
            return []
        value = parse_amount((amount.text or "").strip(), decimal=".").value
        sign = _at(detail, "CdtDbtInd")
        parts.append(-value if sign == "DBIT" or (not sign and whole < 0) else value)
    return parts if sum(parts) == whole else []


def _other_side(detail: Any, *, credit: bool) -> tuple[str, str]:
    """(name, account number) of who paid or was paid."""
    if detail is None:
        return "", ""
    side = "Dbtr" if credit else "Cdtr"
    parties = detail.find("{*}RltdPties")
    if parties is None:
        return "", ""
    name = _first(parties, f"Ultmt{side}/Pty/Nm", f"Ultmt{side}/Nm", f"{side}/Pty/Nm", f"{side}/Nm")
    return name, _first(parties, f"{side}Acct/Id/IBAN", f"{side}Acct/Id/Othr/Id")


def _purpose(detail: Any) -> str:
    if detail is None:
        return ""
    said = [(each.text or "").strip() for each in detail.findall("{*}RmtInf/{*}Ustrd")]
    said += [(each.text or "").strip() for each in detail.findall("{*}RmtInf/{*}Strd/{*}CdtrRefInf/{*}Ref")]
    return " ".join(filter(None, said)) or _at(detail, "AddtlTxInf")


def _original(found: Any, detail: Any) -> dict[str, str]:
    said = {
        "reference": _at(found, "AcctSvcrRef"),
        "end_to_end": _at(detail, "Refs/EndToEndId"),
        "mandate": _at(detail, "Refs/MndtId"),
        "value_date": _first(found, "ValDt/Dt", "ValDt/DtTm"),
        "text": _at(found, "AddtlNtryInf"),
    }
    return {name: text for name, text in said.items() if text and text != "NOTPROVIDED"}


def _with_sure_ids(lines: list[Line]) -> list[Line]:
    """Without the ids that a statement gives to more than one entry: those tell nothing apart."""
    times = Counter(line.source_id for line in lines)
    return [line._replace(source_id=None) if line.source_id and times[line.source_id] > 1 else line for line in lines]
