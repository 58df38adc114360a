"""`twinning doctor`."""

from __future__ import annotations

import json

import click

from assistant.commands.running import command, read_settings, tell
from assistant.doctor import Verdict, examine
from assistant.errors import TwinningError

MARKS = {Verdict.GOOD: "✓", Verdict.LOOK: "!", Verdict.BAD: "✗"}


@click.command()
@click.option("--json", "as_json", is_flag=True)
@command
async def doctor(as_json: bool) -> None:
    """Look at everything that has to work; every finding names its fix."""
    bad = 0
    async for finding in examine(read_settings(), tell=tell):
        bad += finding.verdict is Verdict.BAD
        if as_json:
            click.echo(json.dumps(finding.as_json(), ensure_ascii=False))
        else:
            click.echo(f"{MARKS[finding.verdict]} {finding.name}: {finding.saw}")
            if finding.fix:
                click.echo(f"    → {finding.fix}")
    if bad:
        raise TwinningError(f"{bad} of these need you.")
