"""The command line of Twinning: which commands there are, and in which file each one is."""

from __future__ import annotations

import gc
import importlib
import logging
import sys
from dataclasses import dataclass

import click

ALLOCATIONS = 10_000
"""So many objects are made before young garbage is looked for, instead of Python's 700: importing and answering make
hundreds of thousands that stay, and looking through them took a seventh of a command's time."""


@dataclass(frozen=True)
class Row:
    """Where a command is, and what `twinning --help` says of it (the first sentence of its own docstring)."""

    module: str
    function: str
    says: str


COMMANDS = {
    "serve": Row("serving", "serve", "Start everything and open the web chat."),
    "ask": Row("talking", "ask", "Answer a question from memory, with sources."),
    "chat": Row("talking", "chat", "Talk in the terminal."),
    "route": Row("talking", "route", "Show what a message would do, without doing it, as JSON."),
    "remember": Row("remembering", "remember", "Store a fact."),
    "recall": Row("remembering", "recall", "Find memories, best first, without answering."),
    "forget": Row(
        "remembering",
        "forget",
        "Remove a memory by its id or its words, or everything imported from a path, and prove it.",
    ),
    "import": Row("importing", "import_", "Read a file or a folder of notes into memory."),
    "connect": Row(
        "connecting", "connect", "Connect a service after trying it; without a name, list them all with how they are."
    ),
    "disconnect": Row("connecting", "disconnect", "Forget a connection and delete its key."),
    "approvals": Row("acting", "approvals", "List what waits for your yes or no, all of it."),
    "approve": Row("acting", "approve", "Say yes to one or more actions, each shown in full, and have them done."),
    "deny": Row("acting", "deny", "Say no to one or more actions; nothing is sent."),
    "undo": Row("acting", "undo", "Propose what takes an action back; it is asked like any other."),
    "cancel": Row("acting", "cancel", "Take back a yes before anything was sent."),
    "actions": Row("acting", "actions", "List what was asked for and what became of it, the newest first."),
    "grant": Row(
        "connecting", "grant", "Allow one action on one target, so often, until a day, without being asked each time."
    ),
    "grants": Row("connecting", "grants", "List the standing grants, or end one."),
    "audit": Row(
        "ledgers", "audit", "List who did what, from where and how it ended; or verify that nobody has changed it."
    ),
    "egress": Row("ledgers", "egress", "List what left the house: where to, why, which kind of content, how much."),
    "inbox": Row("ledgers", "inbox", "List what you should know or decide."),
    "executor": Row("acting", "executor", "Carry out what is approved, in a process of its own, until stopped."),
    "sync": Row("syncing", "sync", "Keep memory and figures in step with a service, now."),
    "money": Row("money", "money", "Accounts, transactions, categories and rates; how a bank's file is to be read."),
    "token": Row("tokens", "token", "Keys with which a phone posts health data."),
    "user": Row("people", "user", "People of this house."),
    "model": Row("models", "model", "Language and embedding models."),
    "sources": Row("sources", "sources", "Show or say which device counts where several have the same day."),
    "insights": Row("insights", "insights", "Look for what stands out in your figures; thumbs up or down per kind."),
    "demo": Row("demo", "demo", "Fill an empty house with a synthetic person, or take it out again."),
    "doctor": Row("examining", "doctor", "Look at everything that has to work; every finding names its fix."),
}


class Commands(click.Group):
    """Imports a command's file when the command is used: all of them together take two seconds and more."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The names, in the order of the table."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of this name, its file imported."""
        row = COMMANDS.get(cmd_name)
        if row is None:
            return None
        gc.set_threshold(ALLOCATIONS, *gc.get_threshold()[1:])  # before its imports, which are half of the work
        found = getattr(importlib.import_module(f"assistant.commands.{row.module}"), row.function)
        assert isinstance(found, click.Command)
        return found

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Draws the list from the table, so that `--help` imports none of them."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, row.says) for name, row in COMMANDS.items()])


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="twinning")
@click.option("--verbose", is_flag=True, help="Log to standard error.")
def main(*, verbose: bool) -> None:
    """Twinning: a personal assistant that remembers, cites and stays on your own machine."""
    logging.basicConfig(level=logging.INFO if verbose else logging.ERROR, stream=sys.stderr)


if __name__ == "__main__":
    main()
