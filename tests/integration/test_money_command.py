"""`twinning money`: what a person sees and says of their accounts, transactions, categories and rates."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from bank_files_made import IBAN, as_csv, transactions
from click.testing import CliRunner, Result

from assistant.__main__ import main

Run = Callable[..., Result]


@pytest.fixture
def run(database_url: str, tmp_path: Path) -> Run:
    environment = {
        "TWINNING_DATA_DIR": str(tmp_path / "data"),
        "TWINNING_DATABASE_URL": database_url,
        "TWINNING_MODEL": "none",
        "TWINNING_TIME_ZONE": "Europe/Berlin",
        "TWINNING_NOW": "2026-03-30T09:00:00+02:00",
    }

    def invoke(*words: str | Path, code: int = 0, said: str = "") -> Result:
        done = CliRunner(env=environment).invoke(main, [str(word) for word in words], input=said)
        assert done.exit_code == code, (done.output, done.exception)
        return done

    return invoke


def listed(done: Result) -> list[dict[str, str]]:
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_a_ledger_is_filled_looked_at_and_put_in_order(run: Run, tmp_path: Path) -> None:
    assert "No accounts yet" in run("money", "accounts").stdout
    giro = tmp_path / "giro.csv"
    giro.write_bytes(as_csv(transactions()))
    assert "transactions of" in run("import", giro).stdout
    assert IBAN in run("money", "accounts").stdout

    coffees = listed(run("money", "transactions", "milano", "--json"))
    assert len(coffees) == 32
    assert {(each["amount"], each["currency"], each["category"]) for each in coffees} == {("-3.50", "EUR", "")}
    begin = coffees[0]["id"][:8]

    asked = run("money", "categorise", begin, "Coffee", said="y\n").stdout
    assert "31 more of similar payees would follow" in asked
    assert "31 transactions have another category now." in asked
    by = [each["category_by"] for each in listed(run("money", "transactions", "--category", "coffee", "--json"))]
    assert sorted(by) == ["learned"] * 31 + ["person"]

    added = run("money", "rules", "--add", "rewe", "Groceries", "--in", "payee").stdout
    assert "1. “rewe” in the payee: Groceries" in added
    assert listed(run("money", "transactions", "--category", "Groceries", "--json"))
    assert "0 transactions" not in run("money", "rules", "--remove", "1").stdout
    assert run("money", "transactions", "--category", "Groceries").stdout == "No such transactions.\n"

    run("money", "categorise", begin, "--kind", "transfer")
    (changed,) = [
        each for each in listed(run("money", "transactions", "milano", "--json")) if each["kind"] != "ordinary"
    ]
    assert (changed["id"], changed["kind"]) == (coffees[0]["id"], "transfer")

    assert "(not your own)" in run("money", "accounts", "--not-own", IBAN).stdout
    assert "(not your own)" not in run("money", "accounts", "--own", IBAN).stdout


def test_what_is_not_there_is_told_in_a_sentence(run: Run) -> None:
    assert "There is no transaction “deadbeef”" in run("money", "categorise", "deadbeef", "Food", code=1).stderr
    assert "no account “Giro”" in run("money", "accounts", "--own", "Giro", code=1).stderr
    assert "There is no rule 3" in run("money", "rules", "--remove", "3", code=1).stderr
    assert "Give a category" in run("money", "categorise", "deadbeef", code=1).stderr
    assert "“EURO” is no currency" in run("money", "rate", "EURO", "USD", "1", code=1).stderr


def test_rates_are_said_with_their_day_and_taken_back(run: Run) -> None:
    assert "No rates" in run("money", "rate").stdout
    assert "2026-03-30  1 USD = 0.92 EUR" in run("money", "rate", "usd", "eur", "0.920").stdout
    assert "2026-01-31  1 USD = 0.95 EUR" in run("money", "rate", "USD", "EUR", "0.95", "--day", "2026-01-31").stdout
    run("money", "rate", "USD", "EUR", "--remove")
    assert "2026-03-30" not in run("money", "rate").stdout
    assert "There is no rate" in run("money", "rate", "USD", "EUR", "--remove", code=1).stderr


def test_a_files_columns_are_said_shown_and_used_by_the_import(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "cash.csv"
    file.write_text("Wann,Wieviel,Wo\n03/04/2026,-1.00,Kiosk\n05/02/2026,-2.50,Bar\n")
    assert "twinning money mapping cash.csv" in run("import", file).stdout
    columns = ("--date", "Wann", "--amount", "2", "--payee", "wo")
    assert "--days dmy" in run("money", "mapping", file, *columns, code=1).stderr
    shown = run("money", "mapping", file, "--days", "mdy", "--currency", "CHF").stdout
    assert "2026-03-04         -1.00 CHF  Kiosk" in shown
    assert "2 transactions can be read so" in shown
    assert "2 new" in run("import", file).stdout
    assert [each["date"] for each in listed(run("money", "transactions", "--json"))] == ["2026-05-02", "2026-03-04"]
    assert "Nothing is remembered" in run("money", "mapping", file, "--forget", code=1).stdout


def test_a_qif_files_days_are_said_for_all_of_them(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "giro.qif"
    file.write_text("!Type:Bank\nD03/04/26\nT-1.00\nPKiosk\n^\n")
    assert "--days dmy" in run("import", file).stdout
    assert "2026-04-03" in run("money", "mapping", file, "--days", "dmy").stdout
    assert "1 new" in run("import", file).stdout
