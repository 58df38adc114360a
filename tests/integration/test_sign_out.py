"""Signing out ends the session itself, not only the cookie of the browser in which it is done."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
from click.testing import CliRunner
from socketio.exceptions import ConnectionError as SocketRefused
from sqlalchemy import text
from web_client import Browser, Chat, serving

from assistant import auth
from assistant.__main__ import main
from assistant.events import Person
from assistant.house import House
from assistant.settings import Settings


@pytest.fixture
async def address(house: House) -> AsyncIterator[str]:
    async with serving(house) as address:
        yield address


@pytest.fixture
async def laptop(house: House, address: str) -> AsyncIterator[Browser]:
    """Ana's first browser."""
    async with Browser(address) as browser:
        assert (await browser.sign_up(await auth.first_code(house.database, house.settings), "Ana")).status_code == 200
        yield browser


@pytest.fixture
async def phone(laptop: Browser, address: str) -> AsyncIterator[Browser]:
    """Ana's second browser."""
    async with Browser(address) as browser:
        assert (await browser.sign_in("Ana")).status_code == 200
        yield browser


@pytest.fixture
async def bens(house: House, laptop: Browser, address: str) -> AsyncIterator[Browser]:
    async with Browser(address) as browser:
        assert (await browser.sign_up(await auth.invite(house.database), "Ben")).status_code == 200
        yield browser


def _token(browser: Browser) -> str:
    return str(browser.http.cookies["twinning_session"])


async def _signed_in(browser: Browser) -> bool:
    codes = {(await browser.http.get(path)).status_code for path in ("/user", "/settings/progress")}
    codes.add(
        (await browser.http.post("/project/threads", json={"pagination": {"first": 5}, "filter": {}})).status_code
    )
    assert codes in ({200}, {401})
    return codes == {200}


async def _closed(chat: Chat) -> None:
    await chat.until(lambda each: not each.client.connected)


async def test_a_copied_cookie_is_worth_nothing_after_signing_out(
    laptop: Browser, phone: Browser, address: str
) -> None:
    async with Browser(address) as thief:
        thief.http.cookies.set("twinning_session", _token(phone))
        assert await _signed_in(thief)
        chat = await thief.open()
        assert (await phone.http.post("/logout")).json() == {"success": True}
        assert "twinning_session" not in phone.http.cookies
        assert not await _signed_in(thief)
        await _closed(chat)
        with pytest.raises(SocketRefused):
            await thief.open()
    assert await _signed_in(laptop), "the other browser stays signed in"


async def test_a_copied_token_is_worth_nothing_in_another_header(laptop: Browser, address: str) -> None:
    token = _token(laptop)
    await laptop.http.post("/logout")
    async with Browser(address) as thief:
        thief.http.headers["Authorization"] = f"Bearer {token}"
        assert not await _signed_in(thief)


async def test_signing_out_everywhere_ends_all_of_ones_own_and_nobody_elses(
    laptop: Browser, phone: Browser, bens: Browser
) -> None:
    on_phone, on_bens = await phone.open(), await bens.open()
    page = await laptop.http.get("/settings")
    assert 'formaction="/logout/everywhere"' in page.text
    assert "Signed in as Ana." in page.text
    done = await laptop.http.post("/logout/everywhere", headers={"Accept": "text/html"})
    assert (done.status_code, done.headers["location"]) == (303, "/login")
    assert not await _signed_in(laptop)
    assert not await _signed_in(phone)
    await _closed(on_phone)
    assert await _signed_in(bens)
    assert on_bens.client.connected
    assert (await phone.sign_in("Ana")).status_code == 200
    assert await _signed_in(phone)


async def test_another_site_cannot_sign_anybody_out(laptop: Browser) -> None:
    refused = await laptop.http.post("/logout/everywhere", headers={"Origin": "https://evil.example"})
    assert refused.status_code == 403
    assert await _signed_in(laptop)


async def test_nobody_who_is_not_signed_in_signs_anybody_out(laptop: Browser, address: str) -> None:
    async with Browser(address) as stranger:
        assert (await stranger.http.post("/logout/everywhere")).status_code == 200
        stranger.http.cookies.set("twinning_session", "forged")
        assert (await stranger.http.post("/logout")).status_code == 200
    assert await _signed_in(laptop)


async def test_an_open_chat_of_another_process_is_refused_at_its_next_message(
    house: House, laptop: Browser, ana: Person
) -> None:
    chat = await laptop.open()
    await auth.end_sign_ins(house.database, ana)  # as another process does: this one hears nothing of it
    assert "You are signed out" in await chat.ask("Remember that the garage code is 8812")
    assert await house.omac.facts(ana) == []


async def test_whoever_regains_the_account_with_a_code_signs_the_others_out(
    house: House, laptop: Browser, phone: Browser, address: str
) -> None:
    async with Browser(address) as regained:
        code = await auth.first_code(house.database, house.settings)
        assert (await regained.sign_up(code, "Ana", "another long password")).status_code == 200
        assert await _signed_in(regained)
    assert not await _signed_in(laptop)
    assert not await _signed_in(phone)


async def test_a_sign_in_ends_by_itself_and_is_cleared_away(house: House, laptop: Browser, phone: Browser) -> None:
    async with house.database.session(None) as session:
        await session.execute(text("SELECT set_config('role', session_user, true)"))
        await session.execute(text("UPDATE sign_ins SET expires_at = now() - interval '1 second'"))
    assert not await _signed_in(laptop)
    assert (await laptop.sign_in("Ana")).status_code == 200
    async with house.database.session(None) as session:
        assert (await session.execute(text("SELECT count(*) FROM sign_ins"))).scalar_one() == 1


async def test_the_command_line_signs_a_person_out(
    settings: Settings, laptop: Browser, bens: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TWINNING_DATABASE_URL", str(settings.database_url))
    monkeypatch.setenv("TWINNING_DATA_DIR", str(settings.data_dir))
    done = await asyncio.to_thread(CliRunner().invoke, main, ["user", "sign-out", "--user", "ana"])
    assert done.output == "Ana was signed in 1 times and is now signed in nowhere.\n"
    assert not await _signed_in(laptop)
    assert await _signed_in(bens)


async def test_a_restart_signs_nobody_out(house: House, laptop: Browser) -> None:
    async with serving(house) as elsewhere, Browser(elsewhere) as again:
        again.http.cookies.set("twinning_session", _token(laptop))
        assert await _signed_in(again)
