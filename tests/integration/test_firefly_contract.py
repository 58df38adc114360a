"""Firefly III's client, and the Firefly III of the tests, held against Firefly III's own OpenAPI.

The contract is `../shared/contracts/firefly-iii-6.6.2.yaml`. It is AGPL: read there, never copied into the project;
without it these tests are skipped in words.
"""

from __future__ import annotations

import asyncio
import copy
import datetime as dt
import functools
import re
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

import httpx
import pytest
import yaml
from firefly_shaped import KIND, LOGIN, TOKEN, Exchange, Fault, FireflyShaped
from jsonschema import Draft202012Validator, FormatChecker, ValidationError

from assistant.errors import AuthFailed, BadInput, BadResponse, NotFound, RateLimited, Refused, ServiceUnavailable
from integrations import own_service
from integrations.firefly import FireflyClient

CONTRACT = Path(__file__).parents[3] / "shared" / "contracts" / "firefly-iii-6.6.2.yaml"
TODAY = dt.date(2026, 3, 15)
WALKED = {
    "/v1/about/user",
    "/v1/accounts",
    "/v1/transactions",
    "/v1/transactions/{id}",
    "/v1/bills",
    "/v1/budgets",
    "/v1/budget-limits",
    "/v1/piggy-banks",
}
"""All that is ever asked of a Firefly III."""

formats = FormatChecker(formats=())


@formats.checks("date-time", ValueError)
def _is_instant(value: object) -> bool:
    return not isinstance(value, str) or dt.datetime.fromisoformat(value).tzinfo is not None


@formats.checks("date", ValueError)
def _is_day(value: object) -> bool:
    return not isinstance(value, str) or dt.date.fromisoformat(value).isoformat() == value


@formats.checks("amount")
def _is_amount(value: object) -> bool:
    return not isinstance(value, str) or re.fullmatch(r"-?\d+(\.\d+)?", value) is not None


@formats.checks("uri", ValueError)
def _is_uri(value: object) -> bool:
    return not isinstance(value, str) or bool(urlsplit(value).scheme)


class NotInContract(AssertionError):
    """The contract knows no such operation, parameter, status or kind of answer."""


def modern(schema: Any) -> Any:
    """OpenAPI 3.0's `nullable` in JSON Schema's own words, which do not know it and would refuse every null."""
    if isinstance(schema, list):
        return [modern(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    kept = {name: modern(value) for name, value in schema.items() if name not in ("nullable", "example", "examples")}
    return {"anyOf": [kept, {"type": "null"}]} if schema.get("nullable") is True else kept


@dataclass(frozen=True)
class Contract:
    """Firefly III's OpenAPI, asked about one exchange at a time."""

    spec: dict[str, Any]
    components: dict[str, Any]

    @classmethod
    def of(cls, path: Path) -> Contract:
        with path.open(encoding="utf-8") as file:
            spec = yaml.load(file, Loader=yaml.CSafeLoader)
        return cls(spec, modern(spec["components"]))

    def operation(self, method: str, path: str) -> tuple[str, dict[str, Any]]:
        """The template that a path below /api fits, and what is agreed there."""
        whole = {each for each in self.spec["paths"] if each == path}
        for template in (*whole, *self.spec["paths"]):
            pattern = re.sub(r"\{(\w+)\}", "([^/]+)", template)
            if re.fullmatch(pattern, path) and method.lower() in self.spec["paths"][template]:
                return template, self.spec["paths"][template][method.lower()]
        raise NotInContract(f"{method} {path}")

    def check(self, value: Any, schema: Any) -> None:
        whole = {**modern(schema), "components": self.components}
        Draft202012Validator(whole, format_checker=formats).validate(value)

    def request(self, method: str, path: str, query: str, *, accept: str) -> str:
        """Raises unless Firefly III agreed to take this; names that it does not know are refused, not passed over."""
        template, operation = self.operation(method, path)
        known = {(each["in"], each["name"]): each for each in operation.get("parameters", [])}
        given = dict(parse_qsl(query, keep_blank_values=True))
        for name, value in given.items():
            parameter = known.get(("query", name))
            if parameter is None:
                raise NotInContract(f"{name}= at {template}")
            self.check(_typed(value, parameter["schema"]), parameter["schema"])
        for (where, name), parameter in known.items():
            if parameter.get("required") and where == "query" and name not in given:
                raise NotInContract(f"{template} without {name}=")
            if where == "path":
                value = unquote(path.rsplit("/", 1)[-1])
                self.check(value, parameter["schema"])
        if accept not in operation["responses"]["200"]["content"]:
            raise NotInContract(f"{accept} at {template}")
        return template

    def answer(self, method: str, path: str, *, status: int, kind: str, body: Any) -> None:
        """Raises unless Firefly III agreed to answer this."""
        template, operation = self.operation(method, path)
        response = operation["responses"].get(str(status))
        if response is None or kind not in response["content"]:
            raise NotInContract(f"{status} {kind} at {template}")
        self.check(body, response["content"][kind]["schema"])


def _typed(value: str, schema: dict[str, Any]) -> Any:
    """A piece of an address as the type that it stands for; what does not read as it stays text, and is refused."""
    return int(value) if schema.get("type") == "integer" and re.fullmatch(r"-?[0-9]+", value) else value


@functools.cache
def _contract() -> Contract:
    return Contract.of(CONTRACT)


@pytest.fixture
def contract() -> Contract:
    if not CONTRACT.exists():
        pytest.skip("Firefly III's contract is not beside this clone (../shared/contracts)")
    return _contract()


@pytest.fixture
def books() -> FireflyShaped:
    books = FireflyShaped()
    giro = books.add_account("Giro", iban="DE02120300000000202051")
    card = books.add_account("Card", account_role="ccAsset")
    loan = books.add_account("Car", "loan")
    shop, work = books.add_account("Shop", "expense"), books.add_account("Work", "revenue")
    books.add("withdrawal", giro, shop, "12.50", "2026-03-01", category_name="Groceries", tags=["home"])
    books.add("deposit", work, giro, "2500.00", "2026-02-27")
    books.add("transfer", giro, card, "200.000000000000", "2026-03-02")
    books.add("withdrawal", giro, loan, "150", "2026-03-03")
    books.add("reconciliation", giro, books.add_account("Giro reconciliation", "reconciliation"), "1.00", "2026-03-04")
    books.add("opening balance", books.add_account("Initial", "initial-balance"), giro, "500.00", "2020-01-01")
    books.add_group(
        "A big shop",
        [
            books.part("withdrawal", giro, shop, "30.00", "2026-03-05", category_name="Groceries"),
            books.part("withdrawal", giro, shop, "9.99", "2026-03-05", category_name="Household"),
        ],
    )
    books.add_bill("Rent", "900", "900")
    food = books.add_budget("Food")
    books.add_limit(food, "400", "2026-03-01", "2026-03-31", spent="52.49")
    books.add_budget("Fun", auto_budget_amount="50", auto_budget_period="monthly", auto_budget_type="reset")
    books.add_piggy_bank("Bicycle", "900", "120.50", target_date="2026-09-01T00:00:00+02:00")
    return books


class Clock:
    """Time that passes only while somebody sleeps."""

    def __init__(self) -> None:
        self.now = 1_000.0
        self.slept: list[float] = []

    def __call__(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds
        await asyncio.sleep(0)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def client(books: FireflyShaped, clock: Clock) -> AsyncIterator[FireflyClient]:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(books.app)) as http:
        yield FireflyClient(http, address="http://firefly.test", token=TOKEN, sleep=clock.sleep, clock=clock)


async def walk(client: FireflyClient, books: FireflyShaped) -> None:
    """Every question that is ever asked."""
    await client.user()
    await client.accounts()
    await client.extent()
    await client.transactions(dt.date(2026, 1, 1), dt.date(2026, 3, 31))
    await client.transaction(next(iter(books.groups)))
    await client.transaction("4711")
    await client.plans(TODAY)


def below_api(exchange: Exchange) -> str:
    return exchange.path.removeprefix("/api")


# Against the contract


async def test_every_request_and_every_answer_is_in_fireflys_contract(
    contract: Contract, client: FireflyClient, books: FireflyShaped
) -> None:
    await walk(client, books)
    walked = set()
    for each in books.log:
        walked.add(contract.request(each.method, below_api(each), each.query, accept=each.accept))
        contract.answer(each.method, below_api(each), status=each.status, kind=each.kind, body=each.answer)
    assert walked == WALKED
    assert {each.method for each in books.log} == {"GET"}
    assert {each.status for each in books.log} == {200, 404}


async def test_refusals_are_in_the_contract_too(
    contract: Contract, client: FireflyClient, books: FireflyShaped
) -> None:
    books.token = "another"
    with pytest.raises(AuthFailed):
        await client.accounts()
    (refused,) = books.log
    contract.answer("GET", below_api(refused), status=refused.status, kind=refused.kind, body=refused.answer)


@pytest.mark.parametrize(
    ("method", "path", "query", "accept"),
    [
        ("GET", "/v1/ledger", "", KIND),
        ("PATCH", "/v1/transactions", "", KIND),
        ("GET", "/v1/transactions", "since=2026-01-01", KIND),
        ("GET", "/v1/transactions", "start=2026-01-01T00:00:00&end=2026-02-01", KIND),
        ("GET", "/v1/transactions", "start=01.02.2026", KIND),
        ("GET", "/v1/transactions", "limit=many", KIND),
        ("GET", "/v1/transactions", "type=everything", KIND),
        ("GET", "/v1/accounts", "type=mine", KIND),
        ("GET", "/v1/budget-limits", "start=2026-01-01", KIND),
        ("GET", "/v1/transactions", "", "text/html"),
    ],
)
def test_a_request_that_is_not_agreed_is_refused(
    contract: Contract, method: str, path: str, query: str, accept: str
) -> None:
    with pytest.raises((NotInContract, ValidationError)):
        contract.request(method, path, query, accept=accept)


def _broken(answers: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    """Answers that break the contract in one place each, by path."""
    changes = [
        ("/v1/transactions", lambda body: body.pop("meta")),
        ("/v1/transactions", lambda body: body["data"][0].pop("id")),
        ("/v1/transactions", lambda body: body["data"][0].update(id=5)),
        ("/v1/transactions", lambda body: body["data"][0]["attributes"]["transactions"][0].pop("amount")),
        ("/v1/transactions", lambda body: body["data"][0]["attributes"]["transactions"][0].update(amount=12.5)),
        ("/v1/transactions", lambda body: body["data"][0]["attributes"]["transactions"][0].update(amount="a lot")),
        ("/v1/transactions", lambda body: body["data"][0]["attributes"]["transactions"][0].update(type="gift")),
        ("/v1/transactions", lambda body: body["data"][0]["attributes"]["transactions"][0].update(date="2026-03-01")),
        ("/v1/transactions", lambda body: body["data"][0]["attributes"]["transactions"][0].update(source_type="Mine")),
        ("/v1/accounts", lambda body: body["data"][0]["attributes"].update(type="wallet")),
        ("/v1/accounts", lambda body: body["data"][0]["attributes"].update(current_balance=None)),
        ("/v1/bills", lambda body: body["data"][0]["attributes"].update(repeat_freq="now and then")),
        ("/v1/budget-limits", lambda body: body["data"][0]["attributes"].update(start="2026-03-01")),
        ("/v1/piggy-banks", lambda body: body["data"][0]["attributes"].update(target_amount=900)),
        ("/v1/about/user", lambda body: body["data"]["attributes"].pop("email")),
    ]
    for path, change in changes:
        body = copy.deepcopy(answers[path])
        change(body)
        yield path, body


async def test_an_answer_that_is_not_agreed_is_caught(
    contract: Contract, client: FireflyClient, books: FireflyShaped
) -> None:
    await walk(client, books)
    answers = {below_api(each): each.answer for each in books.log if each.status == 200}
    caught = 0
    for path, body in _broken(answers):
        contract.answer("GET", path, status=200, kind=KIND, body=answers[path])
        with pytest.raises(ValidationError):
            contract.answer("GET", path, status=200, kind=KIND, body=body)
        caught += 1
    assert caught == 15


# What the client makes of it


async def test_the_owner_of_the_token_is_named(client: FireflyClient) -> None:
    assert await client.user() == "ana@example.org"


async def test_own_accounts_are_assets_and_liabilities(client: FireflyClient) -> None:
    found = (await client.accounts()).accounts
    assert [(each.name, each.kind, each.number, each.currency, each.balance) for each in found] == [
        ("Giro", "asset", "DE02120300000000202051", "EUR", "100.00"),
        ("Card", "card", "", "EUR", "100.00"),
        ("Car", "loan", "", "EUR", "100.00"),
    ]


async def test_the_way_of_the_money_is_told_by_the_own_account(client: FireflyClient) -> None:
    answer = await client.transactions(dt.date(2020, 1, 1), dt.date(2026, 12, 31))
    told = [(each.date[:10], each.account, each.amount, each.kind, each.payee) for each in answer.entries]
    assert told == [
        ("2026-03-05", "1", "-30.00", "ordinary", "Shop"),
        ("2026-03-05", "1", "-9.99", "ordinary", "Shop"),
        ("2026-03-04", "1", "-1.00", "transfer", ""),
        ("2026-03-03", "1", "-150", "transfer", "Car"),
        ("2026-03-03", "3", "150", "transfer", "Giro"),
        ("2026-03-02", "1", "-200.000000000000", "transfer", "Card"),
        ("2026-03-02", "2", "200.000000000000", "transfer", "Giro"),
        ("2026-03-01", "1", "-12.50", "ordinary", "Shop"),
        ("2026-02-27", "1", "2500.00", "ordinary", "Work"),
        ("2020-01-01", "1", "500.00", "transfer", ""),
    ]
    assert (answer.total, answer.more, len(answer.groups), answer.complaints) == (8, False, 7, ())


async def test_how_far_the_books_go_back_is_asked_with_two_small_pages(
    client: FireflyClient, books: FireflyShaped
) -> None:
    answer = await client.extent()
    assert (answer.oldest, answer.newest, answer.total) == ("2020-01-01", "2026-03-05", 8)
    assert [each.query for each in books.log] == ["limit=1&page=1&type=all", "limit=1&page=8&type=all"]


async def test_plans_are_bills_budgets_and_piggy_banks(client: FireflyClient) -> None:
    told = {(each.kind, each.name): each for each in (await client.plans(TODAY)).plans}
    rent = told["bill", "Rent"]
    assert (rent.next_on, rent.amount, rent.details, rent.amounts["most"]) == (
        "2026-04-05", "900.0", {"every": "monthly"}, "900",
    )  # fmt: skip
    food = told["budget", "Food"]
    assert (food.amount, food.next_on, food.amounts, food.details) == (
        "400", "2026-03-31", {"spent": "52.49"}, {"start": "2026-03-01"},
    )  # fmt: skip
    assert told["budget", "Fun"].amount == "50"
    bicycle = told["saving", "Bicycle"]
    assert (bicycle.amount, bicycle.amounts, bicycle.next_on) == ("900", {"saved": "120.50"}, "2026-09-01")


async def test_a_transaction_that_is_gone_is_none(client: FireflyClient) -> None:
    assert await client.transaction("4711") is None


@pytest.mark.parametrize(
    "address",
    [
        "http://firefly.test/money",
        "http://firefly.test/money/",
        "http://firefly.test/money/api",
        "http://firefly.test/money/api/v1/",
        " http://firefly.test/money/login ",
    ],
)
async def test_an_address_may_be_written_with_or_without_its_ends(address: str) -> None:
    books = FireflyShaped(base="/money")
    async with httpx.AsyncClient(transport=httpx.ASGITransport(books.app)) as http:
        assert await FireflyClient(http, address=address, token=TOKEN).user() == "ana@example.org"


@pytest.mark.parametrize("address", ["firefly.test", "ftp://firefly.test", "http://", "http://ana:pw@firefly.test"])
async def test_what_is_no_address_is_said(address: str) -> None:
    async with httpx.AsyncClient() as http:
        with pytest.raises(BadInput, match="is no web address"):
            FireflyClient(http, address=address, token=TOKEN)


# When it goes wrong


@pytest.mark.parametrize(
    ("fault", "error", "said"),
    [
        (Fault(status=401), AuthFailed, "reconnect Firefly III"),
        (Fault(status=403), AuthFailed, "reconnect Firefly III"),
        (Fault(status=404), NotFound, "without /api"),
        (Fault(status=422), Refused, "Firefly III refuses"),
        (Fault(status=302, headers={"location": "http://firefly.test/login"}), BadResponse, "points elsewhere"),
        (Fault(status=301, headers={"location": "https://elsewhere.test/"}), BadResponse, "does not follow"),
        (Fault(body=LOGIN), BadResponse, "a web page instead of data"),
        (Fault(status=429, headers={"retry-after": "60"}), RateLimited, "slow down"),
    ],
)
async def test_a_failure_is_said_and_not_repeated(
    books: FireflyShaped, client: FireflyClient, fault: Fault, error: type[Exception], said: str
) -> None:
    books.fail(fault)
    with pytest.raises(error, match=re.escape(said)):
        await client.accounts()
    assert len(books.log) == 1


@pytest.mark.parametrize(
    "fault", [Fault(status=500), Fault(status=502, body="<html>Bad Gateway</html>"), Fault(cut=True), Fault(status=429)]
)
async def test_what_passes_is_asked_again(books: FireflyShaped, client: FireflyClient, fault: Fault) -> None:
    books.fail(fault)
    assert len((await client.accounts()).accounts) == 3
    assert len(books.log) == 3


@pytest.mark.parametrize(
    ("fault", "error", "said"),
    [
        (Fault(status=500), ServiceUnavailable, "failed (500)"),
        (Fault(cut=True), BadResponse, "half an answer"),
        (Fault(status=429), RateLimited, "slow down"),
    ],
)
async def test_what_does_not_pass_is_given_up(
    books: FireflyShaped, client: FireflyClient, fault: Fault, error: type[Exception], said: str
) -> None:
    books.fail(*[fault] * 3)
    with pytest.raises(error, match=re.escape(said)):
        await client.accounts()
    assert len(books.log) == 3


async def test_a_short_wait_that_is_asked_for_is_kept(
    books: FireflyShaped, client: FireflyClient, clock: Clock
) -> None:
    books.fail(Fault(status=429, headers={"retry-after": "7"}))
    await client.user()
    assert clock.slept == [7.0]


async def test_a_service_that_is_down_or_slow_or_breaks_off_is_said(
    books: FireflyShaped, monkeypatch: pytest.MonkeyPatch, clock: Clock
) -> None:
    monkeypatch.setattr(own_service, "TIMEOUT_S", 0.3)
    async with httpx.AsyncClient(trust_env=False) as http:
        async with books.serve() as address:
            client = FireflyClient(http, address=address, token=TOKEN, sleep=clock.sleep)
            books.fail(*[Fault(hang_s=0.8)] * 3)
            with pytest.raises(ServiceUnavailable, match="did not answer within"):
                await client.user()
            books.faults.clear()
            books.fail(*[Fault(cut=True, announced=True)] * 3)
            with pytest.raises(BadResponse, match="broke off in the middle"):
                await client.user()
        with pytest.raises(ServiceUnavailable, match="cannot be reached"):
            await client.user()


async def test_an_answer_without_end_is_not_read_to_it(
    books: FireflyShaped, client: FireflyClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(own_service, "ANSWER_BYTES", 1_000)
    with pytest.raises(BadResponse, match="more than"):
        await client.accounts()


async def test_an_answer_of_another_shape_is_said(books: FireflyShaped, client: FireflyClient) -> None:
    del books.accounts["1"]["name"]
    with pytest.raises(BadResponse, match="does not know"):
        await client.accounts()
