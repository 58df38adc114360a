"""`twinning money ...`: accounts, transactions, categories and rates; how a bank's file is to be read."""

from __future__ import annotations

import asyncio
import datetime as dt
import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from uuid import UUID

import click

from assistant import auth
from assistant.commands.running import command, database_of_the_folder, for_user, read_settings
from assistant.db import ledger_labels, ledger_money, ledger_taking
from assistant.db.database import Database
from assistant.db.ledger_labels import RuleRow as Rule
from assistant.errors import BadInput, NotFound
from assistant.events import Person
from assistant.figures.money import bank_csv, bank_qif, categories, csv_columns, transfers
from assistant.figures.money.amounts import from_minor
from assistant.figures.money.bank_days import ORDERS
from assistant.figures.money.bank_files import decoded, read_bytes
from assistant.figures.money.csv_columns import Layout
from assistant.figures.money.ledger_setup import rate_of, with_rules
from assistant.figures.told import flag_changed
from assistant.rendering import plain


@click.group()
def money() -> None:
    """Accounts, transactions, categories and rates; how a bank's file is to be read."""


@asynccontextmanager
async def _ledger_of(user: str | None) -> AsyncIterator[tuple[Database, Person]]:
    settings = read_settings()
    async with database_of_the_folder(settings) as database:
        yield database, await auth.owner_of_the_folder(database, settings, name=user)


async def _told_otherwise(database: Database, person: Person, days: Sequence[dt.date]) -> None:
    """Answers that were told of these days and are others now come into the inbox."""
    now = read_settings().clock()
    corrected = await flag_changed(database, person.id, area="money", changed_days=days, now=now)
    if corrected:
        click.echo(f"{corrected:,} earlier answers are corrected in the inbox: `twinning inbox`.")


@money.command()
@click.option("--own", "mine", metavar="ACCOUNT", help="Count this account as your own, by its name or number.")
@click.option("--not-own", "not_mine", metavar="ACCOUNT", help="Do not count it: nothing on it is your spending.")
@for_user
@command
async def accounts(mine: str | None, not_mine: str | None, user: str | None) -> None:
    """List your accounts, or say which are your own."""
    async with _ledger_of(user) as (database, person):
        if mine or not_mine:
            await _set_own(database, person, str(mine or not_mine), own=mine is not None)
        async with database.session(person.id) as session:
            rows = await ledger_money.accounts(session, person.id, counted=True)
    if not rows:
        click.echo("No accounts yet; `twinning import` reads what banks give out, `twinning sync` a service.")
    for row in rows:
        balance = f"{from_minor(row.balance, row.currency)} {row.currency}" if row.balance is not None else "no balance"
        on = f" on {row.balance_on}" if row.balance_on else ""
        click.echo(
            f"{plain(row.name)}  {row.number}  {row.currency}  {row.transactions:,} transactions  {balance}{on}"
            f"{'' if row.own else '  (not your own)'}"
        )


async def _set_own(database: Database, person: Person, name: str, *, own: bool) -> None:
    wanted = name.casefold().replace(" ", "")
    async with database.session(person.id) as session:
        await ledger_taking.lock(session, person.id)
        rows = await ledger_money.accounts(session, person.id)
        found = [row for row in rows if wanted in (row.name.casefold().replace(" ", ""), row.number.casefold())]
        if not found:
            raise NotFound(f"There is no account “{name}”; `twinning money accounts` lists them.")
        for row in found:
            await ledger_money.put_account(session, person.id, replace(row, own=own))
        await transfers.match(session, person.id)


@money.command()
@click.argument("words", required=False, default="")
@click.option("--category", default="", help="Only in this category.")
@click.option("--uncategorised", is_flag=True, help="Only what has no category.")
@click.option("--since", type=click.DateTime(["%Y-%m-%d"]), help="From this day on.")
@click.option("--until", type=click.DateTime(["%Y-%m-%d"]), help="To this day.")
@click.option("--limit", default=50, show_default=True, type=click.IntRange(1, 10000))
@click.option("--json", "as_json", is_flag=True)
@for_user
@command
async def transactions(
    words: str, category: str, uncategorised: bool, since: dt.datetime | None, until: dt.datetime | None, limit: int,
    as_json: bool, user: str | None,
) -> None:  # fmt: skip
    """List transactions, the newest first: all, or those with these words."""
    async with _ledger_of(user) as (database, person), database.session(person.id) as session:
        rows = await ledger_money.latest(
            session, person.id, words=words, category=category, bare=uncategorised, limit=limit,
            first=since.date() if since else None, last=until.date() if until else None,
        )  # fmt: skip
    for row in rows:
        amount = from_minor(row.amount, row.currency)
        if as_json:
            line = {
                "id": str(row.id), "date": row.booked_on.isoformat(), "amount": str(amount), "currency": row.currency,
                "payee": row.payee, "memo": row.memo, "category": row.category, "category_by": row.category_by,
                "kind": row.kind, "mark": row.mark, "account": row.name,
            }  # fmt: skip
            click.echo(json.dumps(line, ensure_ascii=False))
            continue
        by = {"rule": "by a rule", "learned": "learned", "person": "your choice"}.get(row.category_by, "")
        notes = ", ".join(filter(None, (row.kind if row.kind != "ordinary" else "", row.mark, by)))
        click.echo(
            f"{str(row.id)[:8]}  {row.booked_on}  {amount:>12} {row.currency}  {plain(row.payee)[:40]}"
            f"  [{plain(row.category) or '-'}]{f'  ({notes})' if notes else ''}"
        )
    if not rows and not as_json:
        click.echo("No such transactions.")


@money.command()
@click.argument("transaction")
@click.argument("category", required=False)
@click.option("--learn/--no-learn", default=None, help="Give similar payees the same category, without asking.")
@click.option("--kind", type=click.Choice(["ordinary", "transfer", "refund"]), help="What it is, whatever was found.")
@for_user
@command
async def categorise(
    transaction: str, category: str | None, learn: bool | None, kind: str | None, user: str | None
) -> None:
    """Give a transaction a category ("" takes it away); its id is the first word that `transactions` shows."""
    if category is None and kind is None:
        raise BadInput("Give a category, or --kind.")
    async with _ledger_of(user) as (database, person):
        found = await _transaction(database, person, transaction)
        if kind:
            await _told_otherwise(database, person, await _set_kind(database, person, found, kind))
            click.echo(f"It counts as {kind} from now on.")
        if category is None:
            return
        done = await categories.categorise(database, person.id, [found], category)
        click.echo(f"“{plain(done.payee)}” is now in “{plain(category)}”." if category else "It has no category now.")
        days = [*done.days]
        if done.alike and learn is None:
            question = f"{done.alike:,} more of similar payees would follow. Give them this category, too?"
            learn = click.confirm(question, default=True)
        if done.alike and learn:
            learned = await categories.recategorise(database, person.id)
            days += learned.days
            click.echo(f"{learned.changed:,} transactions have another category now.")
        await _told_otherwise(database, person, days)


async def _transaction(database: Database, person: Person, start: str) -> UUID:
    async with database.session(person.id) as session:
        found = await ledger_money.by_id_start(session, person.id, start) if len(start) >= 4 else []
    if len(found) != 1:
        say = "more than one transaction" if found else "no transaction"
        raise NotFound(f"There is {say} “{start}”; `twinning money transactions --json` shows their ids in full.")
    return found[0]


async def _set_kind(database: Database, person: Person, transaction: UUID, kind: str) -> list[dt.date]:
    async with database.session(person.id) as session:
        await ledger_taking.lock(session, person.id)
        day = await ledger_labels.set_kind(session, person.id, transaction, kind)
        return [*([day] if day else []), *await transfers.match(session, person.id)]


@money.command()
@click.option(
    "--add", nargs=2, metavar="WORDS CATEGORY", help="What has these words gets this category; * is any text."
)
@click.option("--in", "field", type=click.Choice(["payee", "memo", "any"]), default="any", show_default=True)
@click.option("--remove", type=click.IntRange(1), metavar="NUMBER", help="Take the rule with this number away.")
@for_user
@command
async def rules(add: tuple[str, str] | None, field: str, remove: int | None, user: str | None) -> None:
    """List the rules by which transactions get their category, the first that fits counts; add or remove one."""
    async with _ledger_of(user) as (database, person):
        async with database.session(person.id) as session:
            have = await ledger_labels.rules(session, person.id)
        if remove is not None and remove > len(have):
            raise NotFound(f"There is no rule {remove}; there are {len(have)}.")
        new = [rule for number, rule in enumerate(have, 1) if number != remove]
        if add:
            new = with_rules(new, [categories.checked(Rule(field, *add))])
        if new != have:
            done = await categories.set_rules(database, person.id, new)
            click.echo(f"{done.changed:,} transactions have another category now.")
            await _told_otherwise(database, person, done.days)
    for number, rule in enumerate(new, 1):
        where = "payee or memo" if rule.field == "any" else rule.field
        click.echo(f"{number:>3}. “{plain(rule.pattern)}” in the {where}: {plain(rule.category)}")
    if not new:
        click.echo("No rules yet: `twinning money rules --add REWE Groceries`.")


@money.command()
@click.argument("base", required=False)
@click.argument("quote", required=False)
@click.argument("rate", required=False)
@click.option("--day", help="Of which day it is, as 2026-01-31; today by default.")
@click.option("--remove", is_flag=True, help="Forget the rate of that day.")
@for_user
@command
async def rate(
    base: str | None, quote: str | None, rate: str | None, day: str | None, remove: bool, user: str | None
) -> None:
    """List exchange rates, or say one: `rate USD EUR 0.92` means that a dollar is 0.92 euro."""
    today = read_settings().clock().date().isoformat()
    async with _ledger_of(user) as (database, person):
        if base:
            if not quote or (not rate and not remove):
                raise BadInput("A rate needs two currencies and a number: twinning money rate USD EUR 0.92.")
            said = rate_of(base, quote, day or today, rate or "1")
            async with database.session(person.id) as session:
                if not remove:
                    about = {"day": said.day, "rate": said.rate, "source": "command line"}
                    await ledger_money.put_rate(session, person.id, said.base, said.quote, **about)  # type: ignore[arg-type]
                elif not await ledger_money.drop_rate(session, person.id, said.base, said.quote, said.day):
                    raise NotFound(f"There is no rate of {said.base} in {said.quote} of {said.day}.")
        async with database.session(person.id) as session:
            rows = await ledger_money.rates(session, person.id)
    for one, other, on, value, source in rows:
        click.echo(f"{on}  1 {one} = {value.normalize():f} {other}  ({plain(source)})")
    if not rows:
        click.echo("No rates: figures in several currencies are given apart.")


column = {"metavar": "COLUMN", "default": ""}


@money.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--date", help="The day of booking.", **column)  # type: ignore[arg-type]
@click.option("--amount", help="The amount, with a sign.", **column)  # type: ignore[arg-type]
@click.option("--debit", help="What went out, where that has a column of its own.", **column)  # type: ignore[arg-type]
@click.option("--credit", help="What came in, where that has a column of its own.", **column)  # type: ignore[arg-type]
@click.option("--payee", **column)  # type: ignore[arg-type]
@click.option("--memo", **column)  # type: ignore[arg-type]
@click.option("--category", **column)  # type: ignore[arg-type]
@click.option("--counter", help="The account number of the other side.", **column)  # type: ignore[arg-type]
@click.option("--account", help="Your account, where a file has several.", **column)  # type: ignore[arg-type]
@click.option("--balance", **column)  # type: ignore[arg-type]
@click.option("--currency", default="", metavar="COLUMN|CODE", help="A column, or EUR for all lines.")
@click.option("--days", type=click.Choice(ORDERS), help="Whether 03/04 has the day or the month first.")
@click.option("--decimal", type=click.Choice([".", ","]), help="What stands before the decimals.")
@click.option("--name", default="", help="What the account is called that all such files are of.")
@click.option("--flip", is_flag=True, help="What goes out has no minus, what comes in has one.")
@click.option("--forget", is_flag=True, help="Forget what was said before.")
@for_user
@command
async def mapping(file: Path, forget: bool, user: str | None, **said: str | bool | None) -> None:
    """Say how a bank's CSV (or QIF) is to be read: columns by header or number. Remembered for all files like it."""
    new = csv_columns.checked(Layout.of({name: value for name, value in said.items() if value}))
    text = await asyncio.to_thread(lambda: decoded(read_bytes(file)))
    is_qif = bank_qif.recognises(file, text[:4000].encode())
    table = None if is_qif else bank_csv.table_of(text)
    if table is None and not is_qif:
        raise BadInput(f"{file.name} is neither a CSV nor a QIF file.")
    key = table.hash if table else bank_qif.LAYOUT
    async with _ledger_of(user) as (database, person):
        async with database.session(person.id) as session:
            before = {} if forget else await ledger_money.mapping(session, person.id, key)
            layout = Layout.of({**before, **new.as_said()})
            await ledger_money.put_mapping(session, person.id, key, layout.as_said())
        click.echo(_as_told(layout))
        read = bank_csv.read_table(table, layout, file.name) if table else bank_qif.read_text(text, layout, file.name)
    lines = [line for statement in read.statements for line in statement.lines]
    for line in lines[:3]:
        click.echo(f"  {line.booked_on}  {line.amount:>12} {line.currency}  {plain(line.payee)[:60]}")
    for note in read.notes:
        click.echo(plain(note))
    click.echo(f"{len(lines):,} transactions can be read so; `twinning import {file.name}` takes them in.")


def _as_told(layout: Layout) -> str:
    said = ", ".join(f"{name} {value}" if value is not True else name for name, value in layout.as_said().items())
    return f"Remembered for all files with these columns: {plain(said)}." if said else "Nothing is remembered for it."
