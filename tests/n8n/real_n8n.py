"""A real n8n on a free loopback port, with an empty data folder and nothing that talks to the outside."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

import httpx
from install_n8n import N8nInstallation

OWNER_EMAIL = "owner@example.org"
OWNER_PASSWORD = "Correct-horse-1"
START_LIMIT_S = 300.0


def free_port() -> int:
    """A port of the loopback address that nobody listens on now."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


@dataclass
class RealN8n:
    """Started and stopped by the tests; `folder` is its home and gets its log."""

    installation: N8nInstallation
    folder: Path
    port: int = field(default_factory=free_port)
    broker_port: int = field(default_factory=free_port)
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def command(self) -> list[str]:
        return [str(self.installation.node), str(self.installation.n8n)]

    def environment(self) -> dict[str, str]:
        """Quiet: no telemetry, templates, update checks or modules that are not needed; nothing of ours gets in."""
        kept = {name: os.environ[name] for name in ("LANG", "TMPDIR") if name in os.environ}
        return kept | self.installation.environment() | {
            "HOME": str(self.folder),
            "N8N_USER_FOLDER": str(self.folder),
            "N8N_PORT": str(self.port),
            "N8N_LISTEN_ADDRESS": "127.0.0.1",
            "N8N_HOST": "127.0.0.1",
            "N8N_RUNNERS_BROKER_PORT": str(self.broker_port),
            "N8N_ENCRYPTION_KEY": "a key for tests only",
            "N8N_DIAGNOSTICS_ENABLED": "false",
            "N8N_VERSION_NOTIFICATIONS_ENABLED": "false",
            "N8N_TEMPLATES_ENABLED": "false",
            "N8N_PERSONALIZATION_ENABLED": "false",
            "N8N_SECURE_COOKIE": "false",
            "N8N_DISABLED_MODULES": "mcp-registry,community-packages,chat-hub,instance-ai",
            "N8N_INSTANCE_OWNER_MANAGED_BY_ENV": "true",
            "N8N_INSTANCE_OWNER_EMAIL": OWNER_EMAIL,
            "N8N_INSTANCE_OWNER_FIRST_NAME": "Ana",
            "N8N_INSTANCE_OWNER_LAST_NAME": "Owner",
            "N8N_INSTANCE_OWNER_PASSWORD_HASH": self.password_hash(),
            "GENERIC_TIMEZONE": "UTC",
            "TZ": "UTC",
        }  # fmt: skip

    def password_hash(self) -> str:
        """bcrypt of the owner's password, made with the library that n8n brings along."""
        cached = self.folder / "owner.hash"
        if not cached.exists():
            script = "console.log(require('bcryptjs').hashSync(process.argv[1], 4))"
            done = subprocess.run(
                [str(self.installation.node), "-e", script, OWNER_PASSWORD],
                cwd=self.installation.n8n.parents[1], capture_output=True, text=True, timeout=60, check=True,
            )  # fmt: skip
            cached.write_text(done.stdout.strip(), "utf-8")
        return cached.read_text("utf-8")

    def start(self) -> None:
        """Starts the process; `wait` tells when it is up."""
        with (self.folder / "n8n.log").open("ab") as log:
            self.process = subprocess.Popen(
                [*self.command(), "start"], env=self.environment(), cwd=self.folder, stdout=log, stderr=log,
                start_new_session=True,
            )  # fmt: skip

    def wait(self) -> Self:
        """Until it says that it is ready.

        Raises:
            AssertionError: it ended, or is not ready in five minutes; with the end of its log.
        """
        deadline = time.monotonic() + START_LIMIT_S
        while time.monotonic() < deadline:
            assert self.process is not None
            assert self.process.poll() is None, f"n8n ended:\n{self.log_tail()}"
            try:
                answer = httpx.get(f"{self.url}/healthz/readiness", timeout=5)
                if answer.status_code == 200 and answer.json() == {"status": "ok"}:
                    return self
            except (httpx.HTTPError, ValueError):
                pass
            time.sleep(0.2)
        raise AssertionError(f"n8n is not ready after {START_LIMIT_S:.0f} s:\n{self.log_tail()}")

    def stop(self) -> None:
        """Ends it and its task runner."""
        if self.process is None:
            return
        self.process.terminate()
        try:
            self.process.wait(30)
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait(10)
        self.process = None

    def log_tail(self) -> str:
        log = self.folder / "n8n.log"
        return "\n".join(log.read_text("utf-8", "replace").splitlines()[-30:]) if log.exists() else "(no log)"

    def api_key(self) -> str:
        """Signs in as the owner and makes a key that may list workflows and executions."""
        with httpx.Client(base_url=self.url, timeout=30) as web:
            signed_in = web.post("/rest/login", json={"emailOrLdapLoginId": OWNER_EMAIL, "password": OWNER_PASSWORD})
            assert signed_in.status_code == 200, signed_in.text
            wish: dict[str, Any] = {
                "label": "Twinning",
                "scopes": ["workflow:list", "execution:list"],
                "expiresAt": None,
            }
            made = web.post("/rest/api-keys", json=wish)
            assert made.status_code == 200, made.text
            return str(made.json()["data"]["rawApiKey"])
