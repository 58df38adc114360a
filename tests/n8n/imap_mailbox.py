"""A real IMAP server (Dovecot) on loopback with one empty mailbox; `apt-get install dovecot-imapd`."""

from __future__ import annotations

import getpass
import os
import shutil
import socket
import subprocess
import tempfile
import time
from dataclasses import dataclass
from email.message import EmailMessage
from pathlib import Path
from typing import Self

USER, PASSWORD = "ana", "mail-secret"
UNPRIVILEGED = 65534
"""Dovecot reads no mail as root."""


@dataclass
class Mailbox:
    """Runs while it is entered."""

    port: int = 0

    def __enter__(self) -> Self:
        program = shutil.which("dovecot") or shutil.which("dovecot", path="/usr/sbin")
        assert program is not None, "The lane needs Dovecot: apt-get install --no-install-recommends dovecot-imapd."
        with socket.socket() as listener:
            listener.bind(("127.0.0.1", 0))
            self.port = listener.getsockname()[1]
        # Not below pytest's folder: as root that is closed to the mailbox's user. Short: it holds Unix sockets.
        self._folder = Path(tempfile.mkdtemp(prefix="tw-mail-"))
        self._folder.chmod(0o755)
        self._inbox = self._folder / "home" / "Maildir"
        for name in ("new", "cur", "tmp"):
            (self._inbox / name).mkdir(parents=True)
        root = os.geteuid() == 0
        uid, gid = (UNPRIVILEGED, UNPRIVILEGED) if root else (os.getuid(), os.getgid())
        if root:
            for path in [self._folder / "home", *(self._folder / "home").rglob("*")]:
                os.chown(path, uid, gid)
        users = "" if root else f"default_internal_user={getpass.getuser()}\ndefault_login_user={getpass.getuser()}\n"
        config = self._folder / "dovecot.conf"
        config.write_text(
            f"base_dir={self._folder}/run\nstate_dir={self._folder}/state\nlog_path={self._folder}/log\n"
            f"protocols=imap\nlisten=127.0.0.1\nssl=no\ndisable_plaintext_auth=no\n{users}"
            "mail_location=maildir:~/Maildir\nfirst_valid_uid=500\n"
            f"service imap-login {{\n chroot=\n inet_listener imap {{\n  port={self.port}\n }}\n"
            " inet_listener imaps {\n  port=0\n }\n}\nservice anvil {\n chroot=\n}\n"
            f"passdb {{\n driver=static\n args=password={PASSWORD}\n}}\n"
            f"userdb {{\n driver=static\n args=uid={uid} gid={gid} home={self._folder}/home\n}}\n",
            "utf-8",
        )
        self._process = subprocess.Popen([program, "-F", "-c", str(config)])
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline:
            try:
                with socket.create_connection(("127.0.0.1", self.port), timeout=1) as greeting:
                    assert greeting.recv(4) == b"* OK"
                    return self
            except OSError:
                time.sleep(0.1)
        log = self._folder / "log"
        raise AssertionError(f"Dovecot does not answer: {log.read_text('utf-8') if log.exists() else 'no log'}")

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        self._process.wait(10)
        shutil.rmtree(self._folder, ignore_errors=True)

    def deliver(self, *, sender: str, subject: str, text: str, message_id: str) -> None:
        """Puts a mail into the inbox, as a delivery agent does."""
        mail = EmailMessage()
        mail["From"], mail["To"], mail["Subject"], mail["Message-ID"] = sender, USER, subject, message_id
        mail["Date"] = "Sun, 22 Nov 2026 10:00:00 +0000"
        mail.set_content(text)
        name = f"{time.time_ns()}.{os.getpid()}.lane"
        written = self._inbox / "tmp" / name
        written.write_bytes(bytes(mail))
        os.chown(written, *((UNPRIVILEGED, UNPRIVILEGED) if os.geteuid() == 0 else (-1, -1)))
        written.rename(self._inbox / "new" / name)
