"""What `test_action_kills.py` kills. Run as a program: loads everything once, then forks a child for each order.

An order is a line of JSON on standard input (`job`, `settings`, `out`, `seed`); the answer is the
child's pid. The line `wait` is answered by how the last child ended. A child appends to `out` what it was told.

Jobs: `propose` proposes and approves at random, and carries out between; `work` is an executor for everybody.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import json
import os
import random
import sys
import traceback
from typing import Any
from uuid import UUID

from letterbox import PERFORMERS, SERVICE
from sqlalchemy.engine import make_url

from assistant import auth
from assistant.actions import approvals, executor
from assistant.actions.outcomes import Place, Wish
from assistant.db.database import connect
from assistant.outside import Outside, make_outside
from assistant.settings import Settings

TOOLS = ("letterbox_post", "letterbox_post_keyed", "letterbox_post_once")
CALL_S = 1.5
LEASE_S = 2.0
"""Longer than a call, as in the real one."""
WAITING = 10**6
"""It leaves a fifth of its proposals open; on a fast machine more of them wait than a person could want."""


def quicken() -> None:
    """Shortens what takes minutes in earnest, and lifts what keeps a person from being flooded."""
    approvals.MOST_WAITING = WAITING
    executor.CALL_S = CALL_S
    executor.LEASE = dt.timedelta(seconds=LEASE_S)
    executor.PAUSES = (dt.timedelta(milliseconds=20),) * 3
    executor.IDLE = dt.timedelta(milliseconds=50)


def _acknowledge(*words: object) -> None:
    os.write(1, (" ".join(map(str, words)) + "\n").encode())


async def _propose(outside: Outside, owner: UUID, chance: random.Random, seed: int) -> None:
    for number in range(10_000):
        tool = chance.choice(TOOLS)
        wish = Wish(tool, {"to": tool, "text": f"{seed}-{number}"})
        approval = outside.actions.shown(await outside.actions.propose(owner, wish, Place("terminal")))
        _acknowledge("proposed", approval.id)
        if chance.random() < 0.2:
            continue
        yes = chance.random() < 0.85
        await outside.actions.decide(owner, approval.id, named=approval.digest, approve=yes, channel="terminal")
        _acknowledge("approved" if yes else "denied", approval.id)
        if yes and chance.random() < 0.7:
            outcome = await outside.actions.finished(owner, approval.id, within_s=0)
            _acknowledge(outcome.state, approval.id)


async def _live(order: dict[str, Any]) -> None:
    quicken()
    settings = Settings(**order["settings"])
    database = connect(make_url(str(settings.database_url)))
    outside = make_outside(settings, database, services={"letterbox": SERVICE}, performers=PERFORMERS)
    owner = (await auth.owner_of_the_folder(database, settings)).id
    _acknowledge("open")
    if order["job"] == "work":
        await outside.carry_out()
    await _propose(outside, owner, random.Random(order["seed"]), order["seed"])


def _child(order: dict[str, Any]) -> None:
    out = os.open(order["out"], os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    os.dup2(out, 1)
    os.dup2(out, 2)
    code = 1
    try:
        asyncio.run(_live(order))
        code = 0
    finally:
        if code:
            traceback.print_exc()
        os._exit(code)


def main() -> None:
    for line in sys.stdin:
        if line.startswith("wait"):
            print(os.waitstatus_to_exitcode(os.waitpid(int(line.split()[1]), 0)[1]), flush=True)
            continue
        pid = os.fork()
        if pid == 0:
            _child(json.loads(line))
        print(pid, flush=True)


if __name__ == "__main__":
    main()
