"""Bank files that come again: shuffled, overlapping, ten times, corrected, in pieces: the table of one import."""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from bank_files_made import FORMATS, IBAN, OTHER, Made, as_camt, as_csv, as_mt940, as_ofx, transactions
from sqlalchemy import text

from assistant import auth
from assistant.db import ledger_money
from assistant.db.database import Database
from assistant.errors import BadInput
from assistant.events import Person
from assistant.figures.money import bank_camt, bank_csv, bank_mt940, bank_ofx, bank_qif, ledger_setup
from assistant.settings import Settings

NOW = dt.datetime(2026, 6, 30, 12, tzinfo=dt.UTC)
MODULES = (bank_csv, bank_ofx, bank_qif, bank_camt, bank_mt940, ledger_setup)
MADE = transactions()
Table = list[tuple[Any, ...]]


class Ledger:
    """A person's ledger that takes files."""

    def __init__(self, database: Database, person: Person, folder: Path) -> None:
        self.database, self.person, self.folder = database, person, folder

    async def put(self, name: str, data: bytes, *, now: dt.datetime = NOW) -> list[str]:
        path = self.folder / name
        path.write_bytes(data)
        (module,) = [each for each in MODULES if each.recognises(path, data[:65536])]
        told = await module.take_file(self.database, self.person, path, now=now, report=lambda done, total: None)
        return list(told)

    async def table(self) -> Table:
        """Everything but ids of rows and instants."""
        async with self.database.session(self.person.id) as session:
            found = await session.execute(
                text(
                    "SELECT a.source_id, t.booked_on, t.amount, t.currency, t.payee, t.memo, t.counter_number,"
                    " t.category, t.kind, t.kind_by, t.transfer_id IS NULL, t.source, t.source_id, t.split_of,"
                    " t.occurrence, t.mark, t.fingerprint, t.original FROM ledger_transactions t"
                    " JOIN ledger_accounts a ON a.id = t.account_id"
                )
            )
            return sorted([tuple(map(str, row)) for row in found])

    async def clear(self) -> None:
        async with self.database.session(self.person.id) as session:
            await session.execute(text("DELETE FROM ledger_accounts"))


@pytest.fixture
async def ledger(database: Database, settings: Settings, tmp_path: Path) -> Ledger:
    return Ledger(database, await auth.owner_of_the_folder(database, settings), tmp_path)


async def clean(ledger: Ledger, kind: str, made: Sequence[Made]) -> Table:
    """The table of one import of all of it, in an empty ledger."""
    ending, write = FORMATS[kind]
    await ledger.put(f"giro.{ending}", write(made))
    table = await ledger.table()
    assert len(table) >= len(made)
    await ledger.clear()
    return table


def shuffled(made: Sequence[Made], seed: int = 1) -> list[Made]:
    return random.Random(seed).sample(list(made), len(made))


@pytest.mark.parametrize("kind", FORMATS)
async def test_shuffled_and_sent_ten_times(ledger: Ledger, kind: str) -> None:
    ending, write = FORMATS[kind]
    wanted = await clean(ledger, kind, MADE)
    for time in range(10):
        told = await ledger.put(f"giro.{ending}", write(shuffled(MADE, time)))
        assert time == 0 or " 0 new" in told[0]
    assert await ledger.table() == wanted


@pytest.mark.parametrize("kind", FORMATS)
@pytest.mark.parametrize("order", [1, -1])
async def test_in_two_overlapping_halves_under_other_names(ledger: Ledger, kind: str, order: int) -> None:
    ending, write = FORMATS[kind]
    wanted = await clean(ledger, kind, MADE)
    half = len(MADE) // 2
    pieces = [("one", MADE[: half + 15]), ("two", MADE[half - 15 :])][::order]
    for name, piece in pieces:
        await ledger.put(f"{name}.{ending}", write(shuffled(piece)))
    got = await ledger.table()
    if kind == "csv without account":  # called after the file that came first
        got, wanted = [row[1:-2] for row in got], [row[1:-2] for row in wanted]
    assert sorted(got) == sorted(wanted)


@pytest.mark.parametrize("kind", FORMATS)
async def test_day_by_day_with_overlaps_in_any_order(ledger: Ledger, kind: str) -> None:
    ending, write = FORMATS[kind]
    wanted = await clean(ledger, kind, MADE)
    first = MADE[0].day
    windows = [(first + dt.timedelta(days=start), first + dt.timedelta(days=start + 12)) for start in range(0, 92, 9)]
    for start, end in random.Random(3).sample(windows, len(windows)):
        piece = [each for each in MADE if start <= each.day <= end]
        if piece:
            await ledger.put(f"giro.{ending}", write(piece))
    assert await ledger.table() == wanted


@pytest.mark.parametrize("kind", FORMATS)
@pytest.mark.parametrize("change", ["amount", "memo", "payee", "day"])
async def test_corrected_in_a_later_issue(ledger: Ledger, kind: str, change: str) -> None:
    if kind == "csv without account" and change == "memo":
        pytest.skip("this CSV has no memo")
    ending, write = FORMATS[kind]
    at = next(n for n, each in enumerate(MADE) if n > 40 and each.id.endswith("2"))
    changed = {
        "amount": replace(MADE[at], amount=MADE[at].amount - Decimal("0.07")),
        "memo": replace(MADE[at], memo=f"{MADE[at].memo}, corrected"),
        "payee": replace(MADE[at], payee=f"{MADE[at].payee} Berlin"),
        "day": replace(MADE[at], day=MADE[at].day + dt.timedelta(days=2)),
    }[change]
    corrected = [*MADE[:at], changed, *MADE[at + 1 :]]
    wanted = await clean(ledger, kind, corrected)
    await ledger.put(f"giro.{ending}", write(MADE))
    await ledger.put(f"giro.{ending}", write(corrected))
    assert await ledger.table() == wanted
    await ledger.put(f"giro.{ending}", write(corrected))
    assert await ledger.table() == wanted


async def test_one_account_in_four_formats_is_there_once(ledger: Ledger) -> None:
    await ledger.put("a.csv", as_csv(MADE))
    for name, write in (("a.ofx", as_ofx), ("a.sta", as_mt940)):
        told = await ledger.put(name, write(shuffled(MADE)))
        assert " 0 new" in told[0]
    assert len(await ledger.table()) == len(MADE)
    whole = [each for each in MADE if not each.id.endswith("5")]
    assert " 0 new" in (await ledger.put("a.xml", as_camt(whole)))[0]


async def test_transfers_refunds_and_spending_are_told_apart(ledger: Ledger) -> None:
    await ledger.put("own.json", b'{"accounts": [{"name": "Savings", "iban": "%s"}]}' % OTHER.encode())
    await ledger.put("giro.csv", as_csv(MADE))
    rows = await ledger.table()
    assert {row[8] for row in rows if row[4] == "Ana Example"} == {"transfer"}
    returned = {row[8] for row in rows if row[5] == "Return"}
    assert returned == {"refund"}
    assert {row[8] for row in rows if row[4] == "ACME GmbH"} == {"ordinary"}


async def test_two_accounts_of_one_bank_stay_two(ledger: Ledger) -> None:
    other = [replace(each, payee=f"{each.payee} X") for each in MADE]
    kind, write = FORMATS["csv without account"]
    await ledger.put(f"giro.{kind}", write(MADE))
    told = await ledger.put(f"savings.{kind}", write(other))
    assert any("taken as “savings”, after the file's name" in each for each in told)
    assert len(await ledger.table()) == 2 * len(MADE)


async def test_an_overlapping_export_under_another_name_is_the_same_account(ledger: Ledger) -> None:
    kind, write = FORMATS["csv without account"]
    await ledger.put(f"giro.{kind}", write(MADE[:100]))
    told = await ledger.put(f"export-new.{kind}", write(MADE[80:]))
    assert any("are those of “giro”" in each for each in told)
    assert len(await ledger.table()) == len(MADE)


async def test_what_two_statements_of_a_file_both_have_is_there_once(ledger: Ledger) -> None:
    await ledger.put("two.sta", as_mt940(MADE[:60]) + as_mt940(MADE[40:]))
    got = await ledger.table()
    await ledger.clear()
    await ledger.put("one.sta", as_mt940(MADE))
    assert got == await ledger.table()


async def test_a_broken_file_stores_nothing(ledger: Ledger) -> None:
    with pytest.raises(BadInput, match="broken off"):
        await ledger.put("a.xml", as_camt(MADE)[:-500])
    assert await ledger.table() == []


async def test_a_correction_that_a_bank_announces_takes_the_old_one_away(ledger: Ledger) -> None:
    await ledger.put("a.ofx", as_ofx(MADE[:5]))
    bank = as_ofx([replace(MADE[0], id="NEW", amount=Decimal("-1.00"))])
    await ledger.put("b.ofx", bank.replace(b"<FITID>NEW", f"<FITID>NEW<CORRECTFITID>{MADE[0].id}".encode()))
    rows = await ledger.table()
    assert len(rows) == 5
    assert MADE[0].id not in {row[12] for row in rows}


async def test_a_mapping_is_asked_for_remembered_and_used(ledger: Ledger) -> None:
    data = b"Wann,Wieviel,Wo\n2026-01-02,-1.00,Kiosk\n2026-01-03,-2.50,Bar\n"
    with pytest.raises(BadInput, match=r"twinning money mapping cash\.csv"):
        await ledger.put("cash.csv", data)
    table = bank_csv.table_of(data.decode())
    assert table is not None
    async with ledger.database.session(ledger.person.id) as session:
        said = {"date": "Wann", "amount": "Wieviel", "payee": "Wo", "currency": "CHF"}
        await ledger_money.put_mapping(session, ledger.person.id, table.hash, said)
    told = await ledger.put("cash.csv", data)
    assert told[0].startswith("cash.csv: 2 transactions of cash (CHF), 2026-01-02 to 2026-01-03: 2 new")
    assert [row[3:5] for row in await ledger.table()] == [("CHF", "Kiosk"), ("CHF", "Bar")]


async def test_the_money_of_the_country_is_taken_where_none_is_written_and_said(ledger: Ledger) -> None:
    told = await ledger.put("cash.csv", b"Date,Payee,Amount\n2026-01-02,Kiosk,-1.00\n")
    assert "No currency is written in it; taken as EUR." in told
    assert "It names no account; taken as “cash”, after the file's name." in told


async def test_a_set_up_names_accounts_rules_and_rates_and_runs_twice(ledger: Ledger) -> None:
    await ledger.put("giro.csv", as_csv(MADE))
    data = (
        b'{"accounts": [{"name": "My giro", "number": "%s", "currency": "EUR"}, "%s"],'
        b' "rules": [{"payee": "rewe", "category": "Groceries"}],'
        b' "categories": {"Travel": ["hotel", "tankstelle"]},'
        b' "rates": [{"base": "USD", "quote": "EUR", "day": "2026-01-31", "rate": "0.92"}]}'
    ) % (IBAN.encode(), OTHER.encode())
    told = await ledger.put("own.json", data)
    assert told[0].startswith("own.json: 2 accounts, 3 rules, 1 rate")
    first = await ledger.table()
    assert {row[7] for row in first if row[4] == "REWE Markt"} == {"Groceries"}
    assert {row[7] for row in first if row[4] == "Hotel Sol"} == {"Travel"}
    await ledger.put("own.json", data)
    assert await ledger.table() == first
    async with ledger.database.session(ledger.person.id) as session:
        names = {row.number: row.name for row in await ledger_money.accounts(session, ledger.person.id)}
        assert [row[:4] for row in await ledger_money.rates(session, ledger.person.id)] == [
            ("USD", "EUR", dt.date(2026, 1, 31), Decimal("0.92"))
        ]
    assert names == {IBAN: "My giro", OTHER: OTHER}


async def test_an_account_that_is_set_up_first_takes_the_files_in(ledger: Ledger) -> None:
    await ledger.put("own.json", b'{"accounts": [{"name": "My giro", "iban": "%s"}]}' % IBAN.encode())
    told = await ledger.put("a.ofx", as_ofx(MADE))
    assert "My giro (EUR)" in told[0] or IBAN in told[0]
    async with ledger.database.session(ledger.person.id) as session:
        (row,) = await ledger_money.accounts(session, ledger.person.id)
    assert (row.name, row.currency) == ("My giro", "EUR")


@pytest.mark.parametrize(
    "data",
    [
        b'{"accounts": [{"name": 5}]}', b'{"rules": [{"category": "x"}]}', b'{"rates": [{"base": "USD"}]}',
        b'{"accounts": [], "rates": [{"base": "USD", "quote": "EUR", "day": "2026-01-31", "rate": "-1"}]}',
    ],
)  # fmt: skip
async def test_a_set_up_with_a_mistake_is_refused_as_a_whole(ledger: Ledger, data: bytes) -> None:
    with pytest.raises(BadInput, match=r"own\.json"):
        await ledger.put("own.json", data)
    async with ledger.database.session(ledger.person.id) as session:
        assert await ledger_money.accounts(session, ledger.person.id) == []


def test_other_json_is_no_set_up() -> None:
    others = (
        b'{"data": {"metrics": []}}',
        b'{"accounts": {"a": 1}, "notes": []}',
        b"[1]",
        b"{}",
        b"nonsense",
        b'"accounts"',
    )
    for data in others:
        assert not ledger_setup.recognises(Path("a.json"), data), data
