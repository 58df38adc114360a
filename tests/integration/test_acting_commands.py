"""The commands around actions against a letterbox: connect, approve, deny, undo, grant, audit, an executor apart."""

from __future__ import annotations

import asyncio
import json
import os
import re
import signal
import sys
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

import letterbox
import psycopg
import pytest
from click.testing import CliRunner
from letterbox import KEY, PERFORMERS, SERVICE, Letterbox

from assistant import auth
from assistant.__main__ import main
from assistant.actions.outcomes import Place, Wish
from assistant.db import operations
from assistant.events import Approval
from assistant.outside import Outside, make_outside
from assistant.settings import Settings

PROGRAM = Path(__file__).with_name("letterbox_program.py")
WELL = {"to": "grandma", "text": "see you on Sunday"}


@dataclass(frozen=True)
class Ended:
    code: int
    out: str
    err: str

    def lines(self) -> list[Any]:
        return [json.loads(line) for line in self.out.splitlines()]

    @property
    def sentence(self) -> str:
        """What went wrong: one sentence and 1."""
        assert self.code == 1, self
        assert "Traceback" not in self.err
        said = self.err.strip().splitlines()
        assert len(said) == 1, said
        return said[0]


@dataclass(frozen=True)
class Twinning:
    environment: Mapping[str, str]

    async def start(self, *arguments: str | Path, **more: str) -> asyncio.subprocess.Process:
        pipe = asyncio.subprocess.PIPE
        return await asyncio.create_subprocess_exec(
            sys.executable,
            PROGRAM,
            *map(str, arguments),
            env={**os.environ, **self.environment, **more},
            stdin=pipe,
            stdout=pipe,
            stderr=pipe,
        )

    async def __call__(self, *arguments: str | Path, said: str = "", **more: str) -> Ended:
        """Runs it to its end; without a process of its own, which spares seconds of importing."""
        runner = CliRunner(env={**self.environment, **more})
        done = await asyncio.to_thread(runner.invoke, main, list(map(str, arguments)), input=said)
        assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
        return Ended(done.exit_code, done.stdout, done.stderr)

    async def apart(self, *arguments: str | Path, **more: str) -> Ended:
        """The same in a process of its own."""
        process = await self.start(*arguments, **more)
        out, err = await asyncio.wait_for(process.communicate(), 90)
        return Ended(process.returncode or 0, out.decode(), err.decode())


@pytest.fixture
async def box() -> AsyncIterator[Letterbox]:
    async with letterbox.serving(Letterbox()) as box:
        yield box


@pytest.fixture
def outside(settings: Settings, database: Any) -> Outside:
    apart = settings.model_copy(update={"secrets_dir": settings.data_dir / "secrets"})
    return make_outside(apart, database, services={"letterbox": SERVICE}, performers=PERFORMERS)


@pytest.fixture
async def owner(outside: Outside, settings: Settings) -> UUID:
    return (await auth.owner_of_the_folder(outside.database, settings)).id


@pytest.fixture
async def connected(outside: Outside, owner: UUID, box: Letterbox) -> UUID:
    await outside.connections.connect(
        owner, "letterbox", account="box of ana", settings={"address": box.address}, secrets={"key": KEY}
    )
    return owner


@pytest.fixture
def twinning(
    settings: Settings, database_url: str, owner: UUID, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Twinning:
    monkeypatch.setattr("assistant.outside.all_services", lambda: {"letterbox": SERVICE})
    monkeypatch.setattr("assistant.outside.all_performers", lambda: PERFORMERS)
    return Twinning(
        {
            "TWINNING_DATA_DIR": str(settings.data_dir),
            "TWINNING_DATABASE_URL": database_url,
            "TWINNING_SECRETS_DIR": str(settings.data_dir / "secrets"),
            "TWINNING_MODEL": "none",
            "OPENED": str(tmp_path / "opened"),
        }
    )


async def proposed(outside: Outside, owner: UUID, tool: str = "letterbox_post", **changes: Any) -> Approval:
    wish = Wish(tool, {**WELL, **changes.pop("arguments", {})}, **changes)
    return outside.actions.shown(await outside.actions.propose(owner, wish, Place("web")))


async def test_a_service_is_tried_and_connected_and_forgotten(
    twinning: Twinning, box: Letterbox, outside: Outside, owner: UUID, tmp_path: Path
) -> None:
    assert (await twinning("connect")).out == "letterbox   not connected\n"
    settings = ("connect", "letterbox", "--set", f"address={box.address}")
    refused = await twinning(*settings, "--secret-file", "-", said="a-wrong-key\n")
    assert "refuses the access" in refused.sentence
    assert "a-wrong-key" not in refused.err
    done = await twinning(*settings, "--secret-file", "-", said=KEY + "\n")
    assert (done.code, done.out) == (0, "Letterbox is connected as box of ana.\n")
    assert outside.secrets.read(owner, SERVICE) == {"key": KEY}
    for content in (json.dumps({"key": KEY}), f"# mine\nkey={KEY}\n", KEY):
        (tmp_path / "secret").write_text(content)
        assert (await twinning(*settings, "--secret-file", tmp_path / "secret")).code == 0
    listed = (await twinning("connect")).out
    assert re.fullmatch(r"letterbox   connected as box of ana; worked \d{4}-.* UTC\n", listed)
    assert (await twinning("disconnect", "letterbox")).code == 0
    assert not list((tmp_path / "data" / "secrets").rglob("*.json"))
    assert "is not connected" in (await twinning("disconnect", "letterbox")).sentence


@pytest.mark.parametrize(
    ("arguments", "said", "trouble"),
    [
        (("--set", f"key={KEY}"), "", "key is a secret, and others can see"),
        (("--set", "address"), "", "Write --set NAME=VALUE"),
        (("--set", "port=1"), "", "no settings named port"),
        ((), "", "needs address"),
        (("--secret-file", "-"), "", "has to hold key"),
        (("--secret-file", "-"), '{"key": ["a"]}', "has to hold key"),
        (("--secret-file", "-"), "one\ntwo\n", "has to hold key"),
        (("--secret-file", "/nowhere/at/all"), "", "/nowhere/at/all cannot be read"),
    ],
)
async def test_a_connection_that_cannot_be_says_why(
    twinning: Twinning, arguments: tuple[str, ...], said: str, trouble: str
) -> None:
    assert trouble in (await twinning("connect", "letterbox", *arguments, said=said)).sentence


async def test_an_unattended_yes_names_the_digest_of_what_was_shown(
    twinning: Twinning, outside: Outside, connected: UUID, box: Letterbox
) -> None:
    one, other = await proposed(outside, connected), await proposed(outside, connected, arguments={"to": "grandpa"})
    listed = await twinning("approvals", "--json")
    assert [(each["id"], each["digest"], each["text"]) for each in listed.lines()] == [
        (str(each.id), each.digest, each.text) for each in (one, other)
    ]
    key = str(one.id)
    assert "Nobody is here to be asked" in (await twinning("approve", key, said="y\n")).sentence
    assert "give one --digest for each id" in (await twinning("approve", key, "--yes")).sentence
    assert "--digest goes with --yes" in (await twinning("approve", key, "--digest", one.digest, said="y\n")).sentence
    for digest in (other.digest, one.digest[:16], "", "zz"):
        refused = await twinning("approve", key, "--yes", "--digest", digest)
        assert (refused.code, "not what was shown" in refused.out) == (1, True)
    assert box.requests == 0
    done = await twinning("approve", key[:12], str(other.id), "--yes", "--digest", one.digest, "--digest", other.digest)
    assert done.code == 0, done
    assert one.text in done.out
    assert other.text in done.out
    assert done.out.count("Done: posted a letter to ") == 2
    assert sorted(each["to"] for each in box.letters) == ["grandma", "grandpa"]
    again = await twinning("approve", key, "--yes", "--digest", one.digest)
    assert "decided already: it is confirmed" in again.out
    assert len(box.letters) == 2
    assert (await twinning("approvals")).out == "Nothing waits for you.\n"


async def test_somebody_at_the_terminal_sees_all_of_it_and_answers(
    twinning: Twinning, outside: Outside, connected: UUID, box: Letterbox
) -> None:
    approval = await proposed(outside, connected)
    no = await _at_a_terminal(twinning, "approve", str(approval.id), answer="\n")
    assert "It waits" in no
    assert box.requests == 0
    yes = await _at_a_terminal(twinning, "approve", str(approval.id), answer="y\n")
    assert approval.text in yes
    assert yes.index(approval.text) < yes.index("Do this? [y/N]") < yes.index("Done: posted a letter to grandma.")
    assert len(box.letters) == 1


async def test_a_key_is_typed_unseen(twinning: Twinning, outside: Outside, owner: UUID, box: Letterbox) -> None:
    arguments = ("connect", "letterbox", "--set", f"address={box.address}")
    seen = await _at_a_terminal(twinning, *arguments, answer=KEY + "\n", asked="Its key.")
    assert "connected as box of ana" in seen
    assert KEY not in seen
    assert outside.secrets.read(owner, SERVICE) == {"key": KEY}


async def _at_a_terminal(twinning: Twinning, *arguments: str, answer: str, asked: str = "Do this?") -> str:
    """What a person sees who types `answer` when they are asked."""
    mine, theirs = os.openpty()
    process = await asyncio.create_subprocess_exec(
        sys.executable, PROGRAM, *arguments, env={**os.environ, **twinning.environment},
        stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True,
    )  # fmt: skip
    os.close(theirs)
    seen, typed = "", False
    try:
        async with asyncio.timeout(60):
            while True:
                try:
                    seen += (await asyncio.to_thread(os.read, mine, 65536)).decode().replace("\r\n", "\n")
                except OSError:  # Linux: the other end is closed
                    break
                if asked in seen and not typed:
                    typed = True
                    await asyncio.sleep(0.2)
                    os.write(mine, answer.encode())
            await process.wait()
    finally:
        os.close(mine)
    assert typed, seen
    return seen


async def test_a_no_an_undo_and_a_cancel(twinning: Twinning, outside: Outside, connected: UUID, box: Letterbox) -> None:
    refused, wanted = await proposed(outside, connected), await proposed(outside, connected)
    assert (await twinning("deny", str(refused.id))).out == "Not done: Post a letter; you said no.\n"
    assert "decided already: it is denied" in (await twinning("deny", str(refused.id))).out
    await twinning("approve", str(wanted.id), "--yes", "--digest", wanted.digest)
    assert "Take a letter out" in (await twinning("undo", str(wanted.id))).out
    (inverse,) = (await twinning("approvals", "--json")).lines()
    assert (await twinning("approve", inverse["id"], "--yes", "--digest", inverse["digest"])).code == 0
    assert [each["gone"] for each in box.letters] == [True]
    assert "cannot be undone" in (await twinning("undo", inverse["id"])).sentence
    later = await proposed(outside, connected, tool="letterbox_post_later")
    await outside.actions.decide(connected, later.id, named=later.digest, approve=True, channel="web")
    assert (await twinning("cancel", str(later.id))).out == "Not done: Post a letter in a moment; it was taken back.\n"
    states = [(each["tool"], each["state"]) for each in (await twinning("actions", "--json")).lines()]
    assert states == [
        ("letterbox_post_later", "withdrawn"),
        ("letterbox_remove", "confirmed"),
        ("letterbox_post", "confirmed"),
        ("letterbox_post", "denied"),
    ]
    receipt = (await twinning("actions", "--json")).lines()[2]["receipt"]
    assert (receipt["id"], receipt["link"]) == ("0", f"{box.address}/letters/0")
    assert len(box.letters) == 1


async def test_ctrl_c_in_the_cancel_window_cancels(
    twinning: Twinning, outside: Outside, connected: UUID, box: Letterbox
) -> None:
    approval = await proposed(outside, connected, tool="letterbox_post_later")
    process = await twinning.start("approve", str(approval.id), "--yes", "--digest", approval.digest)
    assert process.stdout is not None
    async with asyncio.timeout(60):
        while b"Ctrl-C cancels it" not in await process.stdout.readline():
            pass
        process.send_signal(signal.SIGINT)
        out, err = await process.communicate()
    assert (process.returncode, b"taken back" in out, b"Error" in err, b"Traceback" in err) == (0, True, False, False)
    assert box.requests == 0


async def test_a_grant_holds_for_the_account_that_was_connected(
    twinning: Twinning, outside: Outside, connected: UUID, box: Letterbox, tmp_path: Path
) -> None:
    properties = {"to": {"const": "grandma"}, "text": {"type": "string", "maxLength": 40}}
    file = tmp_path / "shape.json"
    file.write_text(json.dumps({"type": "object", "additionalProperties": False, "properties": properties}))
    rest = ("letterbox_post", "--target", "her box", "--arguments", file, "--times", "5", "--days", "3", "--yes")
    assert (await twinning("grant", *rest)).code == 0
    wish = Wish("letterbox_post", WELL, target="her box")

    async def state_as(account: str) -> str:
        settings = {"address": box.address}
        await outside.connections.connect(
            connected, "letterbox", account=account, settings=settings, secrets={"key": KEY}
        )
        return (await outside.actions.propose(connected, wish, Place("web"))).state

    assert [await state_as(each) for each in ("box of ben", "", "box of ana")] == ["proposed", "proposed", "approved"]
    await outside.connections.disconnect(connected, "letterbox")
    assert "twinning connect letterbox" in (await twinning("grant", *rest)).sentence


async def test_a_grant_is_narrow_listed_used_up_and_ended(
    twinning: Twinning, outside: Outside, connected: UUID, box: Letterbox, tmp_path: Path
) -> None:
    shape = {
        "type": "object",
        "additionalProperties": False,
        "properties": {"to": {"const": "grandma"}, "text": {"type": "string", "maxLength": 40}},
    }
    file = tmp_path / "shape.json"
    file.write_text(json.dumps(shape))
    rest = ("--target", "her box", "--arguments", file, "--times", "1", "--days", "3")
    assert "--yes gives the grant" in (await twinning("grant", "letterbox_post", *rest, said="y\n")).sentence
    assert "is asked every time" in (await twinning("grant", "letterbox_remove", *rest, "--yes")).sentence
    assert "needs no grant" in (await twinning("grant", "letterbox_letters", *rest, "--yes")).sentence
    assert "1 to 30 days" in (await twinning("grant", "letterbox_post", *rest[:-1], "31", "--yes")).sentence
    given = await twinning("grant", "letterbox_post", *rest, "--yes")
    assert given.code == 0, given
    assert "(box of ana): her box, 1 times within 3 days" in given.out
    (listed,) = (await twinning("grants", "--json")).lines()
    assert (listed["tool"], listed["target"], listed["remaining"]) == ("letterbox_post", "her box", 1)
    assert listed["account"] == "box of ana"
    assert "letterbox_post (box of ana): her box, 1 times more" in (await twinning("grants")).out
    posted = await outside.actions.propose(connected, Wish("letterbox_post", WELL, target="her box"), Place("web"))
    assert posted.state == "approved"
    again = await outside.actions.propose(connected, Wish("letterbox_post", WELL, target="her box"), Place("web"))
    assert again.state == "proposed"
    assert (await twinning("grants")).out == "There are none; everything is asked.\n"
    await twinning("grant", "letterbox_post", *rest, "--yes")
    (listed,) = (await twinning("grants", "--json")).lines()
    assert (await twinning("grants", "revoke", listed["id"][:8])).code == 0
    assert "No grant that holds" in (await twinning("grants", "revoke", listed["id"][:8])).sentence
    wish = Wish("letterbox_post", WELL, target="her box")
    assert (await outside.actions.propose(connected, wish, Place("web"))).state == "proposed"
    audit = [each["what"] for each in (await twinning("audit", "--json")).lines()]
    assert audit.count("grant given") == 2
    assert audit.count("grant revoked") == 1
    for wide in ({"to": {"const": "grandma"}}, {**shape["properties"], "bcc": {"const": "x"}}, {"to": {}, "text": {}}):
        file.write_text(json.dumps({**shape, "properties": wide}))
        assert (await twinning("grant", "letterbox_post", *rest, "--yes")).code == 1
    assert (await twinning("grants", "--json")).out == ""


async def test_the_ledgers_tell_what_happened_and_notice_tampering(
    twinning: Twinning, outside: Outside, connected: UUID, database_url: str
) -> None:
    approval = await proposed(outside, connected)
    await twinning("approve", str(approval.id), "--yes", "--digest", approval.digest)
    (line,) = (await twinning("egress", "--json")).lines()
    assert (line["host"], line["purpose"], line["outcome"]) == ("127.0.0.1", "letterbox_post", "201")
    assert "127.0.0.1: 1 request," in (await twinning("egress")).out
    story = [each["what"] for each in (await twinning("audit", "--json")).lines()]
    assert story == ["confirmed", "sent", "approved", "proposed", "connected"]
    assert "letterbox_post" in (await twinning("audit")).out
    assert (await twinning("audit", "verify")).out == "5 entries, all as they were written.\n"
    async with outside.database.session(connected) as session:
        await operations.add_notice(session, connected, kind="conflict", text="Two versions of \x1b[31mone page")
    assert "Two versions of \ufffd[31mone page" in (await twinning("inbox")).out
    (notice,) = (await twinning("inbox", "--json")).lines()
    assert (await twinning("inbox", "--seen", notice["id"][:8])).out == "Put away.\n"
    assert (await twinning("inbox")).out == "Nothing is in the inbox.\n"
    with psycopg.connect(database_url, autocommit=True) as admin:
        admin.execute("DELETE FROM audit WHERE seq = 2")
    assert "Entry 2 is missing" in (await twinning("audit", "verify")).sentence


async def test_a_command_within_a_command_acts_for_the_person_that_is_named(twinning: Twinning) -> None:
    for arguments in (("--user", "ben", "verify"), ("verify", "--user", "ben")):
        assert "nobody named 'ben'" in (await twinning("audit", *arguments)).sentence


async def test_with_an_executor_apart_nobody_else_opens_the_secrets(
    twinning: Twinning, outside: Outside, connected: UUID, box: Letterbox, tmp_path: Path
) -> None:
    apart = {"TWINNING_EXECUTOR_APART": "true"}
    first, second = await proposed(outside, connected), await proposed(outside, connected)
    alone = asyncio.create_task(twinning.apart("approve", str(first.id), "--yes", "--digest", first.digest, **apart))
    await _until(lambda: _is(outside, connected, first, "approved"))
    await asyncio.sleep(1)
    assert box.requests == 0
    executor = await twinning.start("executor", **apart)
    try:
        assert "Done: posted a letter to grandma." in (await alone).out
        done = await twinning.apart("approve", str(second.id), "--yes", "--digest", second.digest, **apart)
        assert "Done: posted a letter to grandma." in done.out
    finally:
        executor.terminate()
        _, err = await asyncio.wait_for(executor.communicate(), 30)
    assert executor.returncode == 0
    assert err.decode().splitlines()[-1] == "Stopped."
    assert len(box.letters) == 2
    assert set((tmp_path / "opened").read_text().split()) == {"executor"}


async def test_a_stop_lets_the_call_in_hand_come_to_its_end(
    twinning: Twinning, outside: Outside, connected: UUID, box: Letterbox
) -> None:
    box.mood = ["silent after doing it"]
    approval = await proposed(outside, connected, tool="letterbox_post_once")
    await outside.actions.decide(connected, approval.id, named=approval.digest, approve=True, channel="web")
    executor = await twinning.start("executor")
    await _until(lambda: bool(box.letters))
    executor.terminate()
    _, err = await asyncio.wait_for(executor.communicate(), 30)
    assert executor.returncode == 0, err
    assert (await outside.actions.outcome(connected, approval.id)).state == "confirmed"
    assert len(box.letters) == 1


async def _until(true: Any, *, within_s: float = 30) -> None:
    async with asyncio.timeout(within_s):
        while True:
            found = true()
            if await found if asyncio.iscoroutine(found) else found:
                return
            await asyncio.sleep(0.05)


async def _is(outside: Outside, owner: UUID, approval: Approval, state: str) -> bool:
    return (await outside.actions.outcome(owner, approval.id)).state == state
