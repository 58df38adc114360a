"""Connecting a service: it is tried first, and stored only when it answers."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any
from uuid import UUID

import letterbox
import pytest
from letterbox import KEY, PERFORMERS, SERVICE, Letterbox

from assistant import auth, connecting
from assistant.db import ledgers
from assistant.errors import AuthFailed, BadInput, NotAllowed, NotFound, ServiceUnavailable
from assistant.outside import Outside, make_outside
from assistant.settings import Settings


@pytest.fixture
async def box() -> AsyncIterator[Letterbox]:
    async with letterbox.serving(Letterbox()) as box:
        yield box


@pytest.fixture
def outside(settings: Settings, database: Any) -> Outside:
    return make_outside(settings, database, services={"letterbox": SERVICE}, performers=PERFORMERS)


@pytest.fixture
async def owner(outside: Outside, settings: Settings) -> UUID:
    return (await auth.owner_of_the_folder(outside.database, settings)).id


async def test_a_service_that_answers_is_stored_under_its_own_name_for_the_account(
    outside: Outside, owner: UUID, box: Letterbox, settings: Settings
) -> None:
    made = await connecting.connect(outside, owner, "letterbox", {"address": f" {box.address}\n"}, {"key": KEY + "\n"})
    assert (made.account, made.settings, made.trouble) == ("box of ana", {"address": box.address}, None)
    assert outside.secrets.read(owner, SERVICE) == {"key": KEY}
    async with outside.database.session(owner) as session:
        (line,) = await ledgers.egress(session, owner)
    assert (line.purpose, line.host, line.outcome) == ("connect letterbox", "127.0.0.1", "200")


async def test_a_refused_key_is_not_stored(outside: Outside, owner: UUID, box: Letterbox, settings: Settings) -> None:
    with pytest.raises(AuthFailed, match=r"refuses the access \(wrong key\); check the key.* Nothing was stored"):
        await connecting.connect(outside, owner, "letterbox", {"address": box.address}, {"key": "wrong"})
    assert await outside.connections.all(owner) == []
    assert not list((settings.data_dir / "secrets").rglob("*.json"))


async def test_a_refused_key_leaves_the_connection_that_was_there(
    outside: Outside, owner: UUID, box: Letterbox
) -> None:
    await connecting.connect(outside, owner, "letterbox", {"address": box.address}, {"key": KEY})
    with pytest.raises(AuthFailed):
        await connecting.connect(outside, owner, "letterbox", {"address": box.address}, {"key": "wrong"})
    assert outside.secrets.read(owner, SERVICE) == {"key": KEY}


@pytest.mark.parametrize(
    ("typed", "hidden", "trouble"),
    [
        ({}, {"key": KEY}, "needs address: Where it stands"),
        ({"address": "http://127.0.0.1:1"}, {}, "needs key"),
        ({"address": "http://127.0.0.1:1"}, {"key": "  "}, "needs key"),
        ({"address": "http://127.0.0.1:1", "key": KEY}, {}, "no settings named key"),
        ({"address": "http://127.0.0.1:1"}, {"key": KEY, "pin": "1"}, "no secrets named pin; it takes key"),
        ({"address": "http://127.0.0.1:1"}, {"key": "a\r\nX-Other: b"}, "line break"),
        ({"address": "file:///etc/passwd"}, {"key": KEY}, "is no web address"),
        ({"address": "ftp://example.org"}, {"key": KEY}, "is no web address"),
        ({"address": "not an address"}, {"key": KEY}, "is no web address"),
    ],
)
async def test_what_cannot_be_is_refused_before_anything_is_sent(
    outside: Outside, owner: UUID, typed: dict[str, str], hidden: dict[str, str], trouble: str
) -> None:
    with pytest.raises(BadInput, match=trouble):
        await connecting.connect(outside, owner, "letterbox", typed, hidden)
    async with outside.database.session(owner) as session:
        assert await ledgers.egress(session, owner) == []


async def test_an_unknown_service_is_named_with_those_there_are(outside: Outside, owner: UUID) -> None:
    with pytest.raises(NotFound, match=r"no service 'mailbox'; Twinning can connect letterbox"):
        await connecting.connect(outside, owner, "mailbox", {}, {})


@pytest.mark.parametrize("address", ["http://169.254.169.254", "http://[fe80::1]", "http://100.100.100.200"])
async def test_what_clouds_tell_their_machines_is_never_called_even_when_the_owner_lists_it(
    outside: Outside, owner: UUID, address: str
) -> None:
    with pytest.raises(NotAllowed, match="never calls"):
        await connecting.connect(outside, owner, "letterbox", {"address": address}, {"key": KEY})
    assert await outside.connections.all(owner) == []


async def test_a_service_that_is_not_there_or_says_nothing_is_told_apart_from_a_wrong_key(
    outside: Outside, owner: UUID, box: Letterbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(ServiceUnavailable, match="cannot be reached"):
        await connecting.connect(outside, owner, "letterbox", {"address": "http://127.0.0.1:1"}, {"key": KEY})
    monkeypatch.setattr(connecting, "TRY_S", 0.0)
    with pytest.raises(ServiceUnavailable, match="did not answer within"):
        await connecting.connect(outside, owner, "letterbox", {"address": box.address}, {"key": KEY})


async def test_a_stored_connection_is_looked_at_again(outside: Outside, owner: UUID, box: Letterbox) -> None:
    made = await connecting.connect(outside, owner, "letterbox", {"address": box.address}, {"key": KEY})
    assert (await connecting.look(outside, owner, made)).trouble is None
    outside.secrets.write(owner, "letterbox", {"key": "expired"})
    assert "reconnect Letterbox" in str((await connecting.look(outside, owner, made)).trouble)
    outside.secrets.remove(owner, "letterbox")
    assert "is not here; connect it again" in str((await connecting.look(outside, owner, made)).trouble)
    outside.secrets.write(owner, "letterbox", {"key": KEY})
    assert (await connecting.look(outside, owner, made)).trouble is None
    other = replace(made, account="box of mallory")
    assert "answers as box of ana, not as box of mallory" in str((await connecting.look(outside, owner, other)).trouble)
