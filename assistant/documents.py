"""Keeps `.env.example` and the READMEs' tables in step with the code: `make docs` writes, `make check` compares."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import sys
from pathlib import Path
from types import ModuleType

from pydantic_core import PydanticUndefined

import integrations
from assistant.actions.effects import Effect, Repeat
from assistant.settings import Settings
from tools import all_performers, all_tools

ROOT = Path(__file__).parent.parent
UNSURE = {
    Repeat.IDEMPOTENT: "asked again with the same key",
    Repeat.LOOKED_UP: "looked up, then asked again",
    Repeat.NEVER: "shown as unknown",
}
BEGIN, END = "<!-- from the code -->", "<!-- end -->"


def env_example() -> str:
    """Every setting with what it means, commented out at its default."""
    lines = ["# Settings of Twinning; copy to .env and uncomment what you change. Written by `make docs`."]
    for name, field in Settings.model_fields.items():
        default = field.default
        told = "" if default is None or default is PydanticUndefined else str(default)
        lines += ["", f"# {field.description}", f"# TWINNING_{name.upper()}={told}"]
    return "\n".join(lines) + "\n"


def tools_table() -> str:
    """The tools with what they may do."""
    rows = ["| tool | file | effect | what it does |", "|---|---|---|---|"]
    for tool in sorted(all_tools().values(), key=lambda each: (each.function.__module__, each.name)):
        file = tool.function.__module__.rpartition(".")[2]
        described = " ".join(tool.description.split())
        rows.append(f"| `{tool.name}` | `{file}.py` | {tool.effect.value} | {described} |")
    return "\n".join(rows)


def performers_table() -> str:
    """What the executor can do outside, and what follows when an answer is lost."""
    rows = ["| what is approved | service | effect | no answer came | taking it back |", "|---|---|---|---|---|"]
    for each in sorted(all_performers().values(), key=lambda each: (each.service, each.tool)):
        reads = each.effect is Effect.READ
        unsure = "asked again" if reads else UNSURE[each.repeat]
        undo = "nothing to take back" if reads else each.undo.value
        rows.append(f"| {each.label} (`{each.tool}`) | {each.service} | {each.effect.value} | {unsure} | {undo} |")
    return "\n".join(rows)


def integrations_table() -> str:
    """The files of the integrations; those that a person can connect with what that needs."""
    services = {
        each.__name__.rpartition(".")[2]: service
        for each in (importlib.import_module(f"integrations.{found.name}") for found in _files(integrations))
        for service in vars(each).values()
        if isinstance(service, integrations.Service)
    }
    rows = ["| file | what it is | connect |", "|---|---|---|"]
    for found in _files(integrations):
        said = inspect.cleandoc(importlib.import_module(f"integrations.{found.name}").__doc__ or "")
        service = services.get(found.name)
        asks = ", ".join(each.name for each in service.questions) if service else ""
        connect = f"`twinning connect {service.name}`: {asks}" if service else ""
        rows.append(f"| `{found.name}.py` | {said.splitlines()[0]} | {connect} |")
    return "\n".join(rows)


def _files(package: ModuleType) -> list[pkgutil.ModuleInfo]:
    return sorted(pkgutil.iter_modules(package.__path__), key=lambda each: each.name)


def with_table(text: str, table: str) -> str:
    """The text with what stands between the marks replaced."""
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"The marks {BEGIN} and {END} are missing.")
    return f"{before}{BEGIN}\n{table}\n{END}{after}"


def main() -> int:
    """Writes the files, or with `--check` says which are not up to date."""
    wanted = {
        ROOT / ".env.example": env_example(),
        ROOT / "tools" / "README.md": with_table(
            (ROOT / "tools" / "README.md").read_text(), f"{tools_table()}\n\n{performers_table()}"
        ),
        ROOT / "integrations" / "README.md": with_table(
            (ROOT / "integrations" / "README.md").read_text(), integrations_table()
        ),
    }
    stale = [path for path, text in wanted.items() if not path.exists() or path.read_text() != text]
    if "--check" in sys.argv:
        for path in stale:
            print(f"{path.relative_to(ROOT)} is not up to date; run `make docs`.")
        return 1 if stale else 0
    for path in stale:
        path.write_text(wanted[path])
        print(f"{path.relative_to(ROOT)} written.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
