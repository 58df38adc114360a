"""Keys that we make ourselves and keep in files, outside the database."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from assistant.settings import make_folder

KEY_BYTES = 32


def own_key(path: Path) -> bytes:
    """The random key in a file that only its owner reads; made when it is first needed.

    Of two processes that make it at once, one wins and both read the same. Killed in between, nothing half is left.
    """
    if not path.exists():
        make_folder(path.parent, mode=0o700)
        fresh = path.with_suffix(f".{os.getpid()}.new")
        fd = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(fd, "wb") as file:
            file.write(secrets.token_bytes(KEY_BYTES))
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(fresh, path)
        except FileExistsError:
            pass  # the other process's key is as good
        finally:
            fresh.unlink()
    return path.read_bytes()
