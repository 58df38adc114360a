"""Puts Twinning's workflows into an n8n, publishes them, and checks that they answer. Needs only Python's own library.

    python deploy/n8n/import_workflows.py import values.toml
    python deploy/n8n/import_workflows.py import values.toml --n8n "docker compose exec -T n8n n8n" \\
        --folder ./exchange --folder-in-n8n /exchange
    python deploy/n8n/import_workflows.py verify values.toml http://127.0.0.1:5678

`values.example.toml` says what goes into the values; keep yours outside the repository. A section that is not there
leaves its workflows out. n8n takes up what was imported when it starts: import while it is stopped, or restart it.
"""

from __future__ import annotations

import argparse
import http.client
import json
import os
import shlex
import shutil
import subprocess
import sys
import tempfile
import time
import tomllib
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

WORKFLOWS = Path(__file__).parent / "workflows"
COMMAND_LIMIT_S = 300.0
READY_LIMIT_S = 300.0

Values = Mapping[str, Mapping[str, Any]]


class CannotImport(Exception):
    """It cannot be done; the text says what to put right."""


@dataclass(frozen=True)
class Part:
    """One workflow file.

    Attributes:
        section: The section of the values that it needs; empty: always there.
        schedule: The value that holds its cron expression.
        webhook: It is triggered by Twinning.
    """

    file: str
    section: str = ""
    schedule: str = ""
    webhook: bool = False


PARTS = (  # those that others call come first
    Part("receive.json", schedule="twinning_cleanup_schedule"),
    Part("keep.json"),
    Part("send.json"),
    Part("memory_event.json", "forward", webhook=True),
    Part("photo_import.json", "photos", webhook=True),
    Part("photo_archive.json", "photos", webhook=True),
    Part("notion_sync.json", "notion", "notion_schedule"),
    Part("github_activity.json", "github", "github_schedule"),
    Part("daily_summary.json", "summary", "summary_schedule"),
    Part("mail_triage.json", "mail"),
)

KNOWN: Mapping[str, Mapping[str, type]] = {
    "twinning": {"hook": str, "webhook_secret": str, "signing_key": str, "cleanup_schedule": str},
    "forward": {"url": str, "header": str, "secret": str},
    "photos": {"url": str, "header": str, "secret": str},
    "notion": {"url": str, "token": str, "data_source_id": str, "schedule": str},
    "github": {"url": str, "token": str, "user": str, "schedule": str},
    "summary": {"schedule": str},
    "mail": {"host": str, "port": int, "secure": bool, "user": str, "password": str},
}
"""The sections and their values. Those with a default in the workflow file may be left out."""
OPTIONAL = {
    "twinning.cleanup_schedule",
    "notion.url",
    "notion.schedule",
    "github.url",
    "github.schedule",
    "summary.schedule",
}


def read_values(path: Path) -> dict[str, dict[str, Any]]:
    """Reads and checks the values.

    Raises:
        CannotImport: the file is missing or wrong; the text names the value.
    """
    try:
        values = tomllib.loads(path.read_text("utf-8"))
    except OSError as error:
        raise CannotImport(
            f"{path} cannot be read ({error.strerror}); copy values.example.toml and fill it in."
        ) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise CannotImport(f"{path} is not TOML: {error}.") from error
    if "twinning" not in values:
        raise CannotImport(f"{path} needs the section [twinning].")
    for section, entries in values.items():
        if section not in KNOWN or not isinstance(entries, dict):
            raise CannotImport(f"{path} has the unknown section [{section}]; known are {', '.join(KNOWN)}.")
        for name, value in entries.items():
            if type(value) is not KNOWN[section].get(name):
                raise CannotImport(
                    f"{path}: {section}.{name} is unknown or of the wrong kind; see values.example.toml."
                )
        for name in KNOWN[section]:
            if f"{section}.{name}" not in OPTIONAL and entries.get(name) in (None, ""):
                raise CannotImport(f"{path}: {section}.{name} is missing.")
    return values


def credentials(values: Values) -> list[dict[str, Any]]:
    """What n8n has to keep secret, under the fixed ids that the workflows name."""
    own = values["twinning"]
    found = [
        _header("twinning-webhook", "Twinning webhook", "X-Twinning-Secret", own["webhook_secret"]),
        _credential("twinning-signing", "Twinning signing key", "crypto", {"hmacSecret": own["signing_key"]}),
    ]
    if notion := values.get("notion"):
        url = notion.get("url", "https://api.notion.com")
        found.append(
            _header("twinning-notion", "Notion token for Twinning", "Authorization", f"Bearer {notion['token']}", url)
        )
    if github := values.get("github"):
        url = github.get("url", "https://api.github.com")
        found.append(
            _header("twinning-github", "GitHub token for Twinning", "Authorization", f"Bearer {github['token']}", url)
        )
    if photos := values.get("photos"):
        found.append(
            _header("twinning-photos", "Photo service for Twinning", photos["header"], photos["secret"], photos["url"])
        )
    if forward := values.get("forward"):
        found.append(
            _header(
                "twinning-forward", "Receiver of memory events", forward["header"], forward["secret"], forward["url"]
            )
        )
    if mail := values.get("mail"):
        found.append(_credential("twinning-mail", "Mailbox for Twinning", "imap", dict(mail)))
    return found


def _header(id: str, name: str, header: str, value: str, url: str = "") -> dict[str, Any]:
    data: dict[str, Any] = {"name": header, "value": value}
    if url:
        # n8n then sends it to this host only, whatever a workflow is changed to.
        host = urllib.parse.urlsplit(url).hostname or ""
        data |= {"allowedHttpRequestDomains": "domains", "allowedDomains": host}
    return _credential(id, name, "httpHeaderAuth", data)


def _credential(id: str, name: str, type: str, data: dict[str, Any]) -> dict[str, Any]:
    return {"id": id, "name": name, "type": type, "data": data}


def chosen(values: Values) -> list[Part]:
    """The workflows whose section is there."""
    return [part for part in PARTS if not part.section or part.section in values]


def filled(part: Part, values: Values) -> dict[str, Any]:
    """A workflow with its node "Settings" and its schedule set from the values."""
    workflow: dict[str, Any] = json.loads((WORKFLOWS / part.file).read_text("utf-8"))
    flat = {f"{section}_{name}": value for section, entries in values.items() for name, value in entries.items()}
    for node in workflow["nodes"]:
        if node["name"] == "Settings":
            for field in node["parameters"]["assignments"]["assignments"]:
                field["value"] = flat.get(field["name"], field["value"])
        if part.schedule in flat and node["type"] == "n8n-nodes-base.scheduleTrigger":
            node["parameters"]["rule"]["interval"][0]["expression"] = flat[part.schedule]
    return workflow


@dataclass(frozen=True)
class N8nCommand:
    """n8n's command line, and a folder that it and we both see."""

    command: Sequence[str]
    folder: Path
    folder_in_n8n: str

    def run(self, *arguments: str) -> str:
        """Runs it and returns what it printed.

        Raises:
            CannotImport: it is not there, takes too long or fails.
        """
        try:
            done = subprocess.run(
                [*self.command, *arguments], capture_output=True, text=True, timeout=COMMAND_LIMIT_S, check=False
            )
        except OSError as error:
            raise CannotImport(f"{self.command[0]} cannot be run ({error.strerror}); set --n8n.") from error
        except subprocess.TimeoutExpired as error:
            raise CannotImport(f"`n8n {arguments[0]}` took more than {COMMAND_LIMIT_S:.0f} s.") from error
        if done.returncode:
            tail = "\n".join((done.stdout + done.stderr).splitlines()[-8:])
            raise CannotImport(f"`n8n {arguments[0]}` failed ({done.returncode}):\n{tail}")
        return done.stdout + done.stderr

    def write(self, name: str, content: Any) -> str:
        """Writes JSON that only we (and n8n) may read, and returns its path as n8n sees it."""
        path = self.folder / name
        path.parent.mkdir(mode=0o700, exist_ok=True)
        with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
            json.dump(content, file)
        return f"{self.folder_in_n8n}/{name}"


def import_all(values: Values, n8n: N8nCommand) -> list[str]:
    """Imports credentials and workflows, publishes the workflows, and returns their ids.

    Some of n8n's commands report a failure in words only, so their words are compared and the published ids read back.

    Raises:
        CannotImport: a step failed; it can be run again.
    """
    wanted = credentials(values)
    secrets = n8n.folder / "credentials.json"
    try:
        said = n8n.run("import:credentials", f"--input={n8n.write('credentials.json', wanted)}")
    finally:
        secrets.unlink(missing_ok=True)
    _expect(said, f"Successfully imported {len(wanted)} credential")
    print(f"Imported {len(wanted)} credentials.", flush=True)
    workflows = [filled(part, values) for part in chosen(values)]
    for workflow in workflows:
        n8n.write(f"workflows/{workflow['id']}.json", workflow)
    said = n8n.run("import:workflow", "--separate", f"--input={n8n.folder_in_n8n}/workflows")
    _expect(said, f"Successfully imported {len(workflows)} workflow")
    print(f"Imported {len(workflows)} workflows.", flush=True)
    for workflow in workflows:
        n8n.run("publish:workflow", f"--id={workflow['id']}")
        print(f"Published {workflow['name']}.", flush=True)
    published = set(n8n.run("list:workflow", "--active=true", "--onlyId").split())
    missing = [workflow["name"] for workflow in workflows if workflow["id"] not in published]
    if missing:
        raise CannotImport(f"n8n did not publish: {', '.join(missing)}; look at its log.")
    return [workflow["id"] for workflow in workflows]


def _expect(said: str, sentence: str) -> None:
    if sentence not in said:
        tail = "\n".join(said.splitlines()[-8:])
        raise CannotImport(f"n8n did not say “{sentence}”, but:\n{tail}")


def wait_until_ready(url: str, *, limit_s: float = READY_LIMIT_S) -> None:
    """Waits for n8n to be up; while it boots every other address answers 200.

    Raises:
        CannotImport: it is not within the limit.
    """
    deadline = time.monotonic() + limit_s
    while time.monotonic() < deadline:
        status, body = _ask("GET", f"{url}/healthz/readiness")
        if status == 200 and '"ok"' in body:
            return
        time.sleep(0.5)
    raise CannotImport(f"n8n at {url} is not ready after {limit_s:.0f} s; look whether it runs.")


def verify(values: Values, url: str, *, limit_s: float = 60.0) -> list[str]:
    """Knocks at each webhook: closed without the secret (403), and without a signature (401). Returns the paths.

    Raises:
        CannotImport: a webhook is missing after `limit_s`, or lets somebody in.
    """
    wait_until_ready(url)
    deadline = time.monotonic() + limit_s
    secret = {"X-Twinning-Secret": values["twinning"]["webhook_secret"]}
    paths = []
    for part in chosen(values):
        if not part.webhook:
            continue
        nodes = json.loads((WORKFLOWS / part.file).read_text("utf-8"))["nodes"]
        path = next(node["parameters"]["path"] for node in nodes if node["type"] == "n8n-nodes-base.webhook")
        address = f"{url}/webhook/{path}"
        status = _knock(address, {}, passing={404}, deadline=deadline)
        if status == 404:
            raise CannotImport(f"n8n does not listen at {path}; restart n8n so that it takes the workflow up.")
        if status != 403:
            raise CannotImport(f"n8n answers {status} at {path} without the secret; check the node's authentication.")
        # 500 while "Twinning: receive", which it calls, is not taken up yet.
        status = _knock(address, secret, passing={404, 500}, deadline=deadline)
        if status != 401:
            raise CannotImport(
                f"n8n answers {status} at {path} to the secret without a signature, not 401; look at its log."
            )
        paths.append(path)
        print(f"{path} listens and is guarded.", flush=True)
    return paths


def _knock(address: str, headers: Mapping[str, str], *, passing: set[int], deadline: float) -> int:
    """The status, once it is none of `passing`: n8n takes workflows up one by one, after it says that it is ready."""
    status, _ = _ask("POST", address, headers)
    while status in passing and time.monotonic() < deadline:
        time.sleep(0.5)
        status, _ = _ask("POST", address, headers)
    return status


def _ask(method: str, url: str, headers: Mapping[str, str] | None = None) -> tuple[int, str]:
    """Status and start of the body; 0 when nobody answers."""
    if urllib.parse.urlsplit(url).scheme not in ("http", "https"):
        raise CannotImport(f"{url} is not the address of an n8n; write http://127.0.0.1:5678, for example.")
    data = b"{}" if method == "POST" else None
    request = urllib.request.Request(  # noqa: S310 - the scheme is checked above
        url, data=data, method=method, headers={"Content-Type": "application/json", **(headers or {})}
    )
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310 - as above
            return answer.status, answer.read(1000).decode(errors="replace")
    except urllib.error.HTTPError as error:
        return error.code, error.read(1000).decode(errors="replace")
    except (OSError, http.client.HTTPException):
        return 0, ""


def main(arguments: Sequence[str] | None = None) -> int:
    """The command line; 1 and a sentence when something is to be put right."""
    parser = argparse.ArgumentParser(description="Put Twinning's workflows into n8n.")
    commands = parser.add_subparsers(dest="command", required=True)
    importing = commands.add_parser("import", help="import and publish; n8n is stopped, or restarted afterwards")
    importing.add_argument("values", type=Path)
    importing.add_argument("--n8n", default="n8n", help="how n8n's command line is called")
    importing.add_argument("--folder", type=Path, help="a folder that n8n sees too; default: a temporary one")
    importing.add_argument("--folder-in-n8n", help="the same folder as n8n sees it, in a container")
    verifying = commands.add_parser("verify", help="check a running n8n")
    verifying.add_argument("values", type=Path)
    verifying.add_argument("url", help="where n8n listens: http://127.0.0.1:5678")
    given = parser.parse_args(arguments)
    try:
        values = read_values(given.values)
        if given.command == "verify":
            print(f"{len(verify(values, given.url.rstrip('/')))} webhooks are in order.")
            return 0
        if given.folder:
            given.folder.mkdir(parents=True, exist_ok=True)
        folder = Path(tempfile.mkdtemp(prefix="twinning-", dir=given.folder))
        try:
            there = f"{given.folder_in_n8n.rstrip('/')}/{folder.name}" if given.folder_in_n8n else str(folder)
            ids = import_all(values, N8nCommand(shlex.split(given.n8n), folder, there))
        finally:
            shutil.rmtree(folder, ignore_errors=True)
        print(f"{len(ids)} workflows are published. Restart n8n if it runs, then run `verify`.")
    except CannotImport as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
