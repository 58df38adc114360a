"""Keeps `.env.example` and the READMEs' tables in step with the code: `make docs` writes, `make check` compares."""

from __future__ import annotations

import sys
from pathlib import Path

from pydantic_core import PydanticUndefined

from assistant.settings import Settings
from tools import all_tools

ROOT = Path(__file__).parent.parent
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
        ROOT / "tools" / "README.md": with_table((ROOT / "tools" / "README.md").read_text(), tools_table()),
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
