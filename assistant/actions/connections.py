"""What is connected: settings in the database, secrets in files that only the executor reads."""

from __future__ import annotations

import datetime as dt
import json
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

from assistant.actions.audit import Audit
from assistant.actions.effects import Service
from assistant.db import operations
from assistant.db.database import Database
from assistant.errors import AuthFailed, NotFound
from assistant.settings import make_folder


@dataclass(frozen=True)
class Connected:
    """A person's connection to a service, without secrets.

    Attributes:
        account: As the service calls it.
        trouble: Why it failed when it was last used; None when it worked.
    """

    service: str
    account: str
    settings: Mapping[str, Any]
    connected_at: dt.datetime
    checked_at: dt.datetime | None
    trouble: str | None


class SecretFiles:
    """Secrets as files, one for each person and service, readable by their owner alone.

    Args:
        folder: Only the executor's account needs to read it.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def write(self, owner: UUID, service: str, secrets: Mapping[str, str]) -> None:
        """Stores a connection's secrets; whoever is killed in between leaves the old ones."""
        folder = make_folder(self._folder / str(owner), mode=0o700)
        fresh = folder / f"{service}.{os.getpid()}.new"
        fd = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(fd, "w", encoding="utf-8") as file:
            json.dump(dict(secrets), file)
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(folder / f"{service}.json")

    def read(self, owner: UUID, service: Service) -> dict[str, str]:
        """A connection's secrets.

        Raises:
            AuthFailed: there are none here, or they cannot be read.
        """
        again = f"connect it again with `twinning connect {service.name}`."
        try:
            stored = json.loads((self._folder / str(owner) / f"{service.name}.json").read_text(encoding="utf-8"))
            return {str(name): str(value) for name, value in stored.items()}
        except FileNotFoundError as error:
            raise AuthFailed(f"The key of {service.title} is not here; {again}") from error
        except PermissionError as error:
            raise AuthFailed(f"Only `twinning executor` may read the key of {service.title}; start it.") from error
        except (OSError, ValueError, AttributeError) as error:  # no JSON, or JSON that is no object
            raise AuthFailed(f"The key of {service.title} cannot be read any more; {again}") from error

    def remove(self, owner: UUID, service: str) -> None:
        """Deletes a connection's secrets, if there are any."""
        (self._folder / str(owner) / f"{service}.json").unlink(missing_ok=True)


class Connections:
    """Connects and disconnects services. Not open to the model: only the command line and the settings page call it."""

    def __init__(
        self, database: Database, *, secrets: SecretFiles, audit: Audit, clock: Callable[[], dt.datetime]
    ) -> None:
        self._database = database
        self._secrets = secrets
        self._audit = audit
        self._clock = clock

    async def connect(
        self, owner: UUID, service: str, *, account: str, settings: Mapping[str, Any], secrets: Mapping[str, str]
    ) -> None:
        """Stores a connection that was tried and works."""
        self._secrets.write(owner, service, secrets)
        async with self._database.session(owner) as session:
            now = self._clock()
            await operations.set_connection(
                session,
                owner,
                service,
                account=account,
                settings=dict(settings),
                connected_at=now,
                checked_at=now,
                trouble=None,
            )
            head = await self._audit.note(session, owner, "connected", service=service, account=account)
        self._audit.sealed(owner, head)

    async def disconnect(self, owner: UUID, service: str) -> None:
        """Forgets a connection and deletes its secrets.

        Raises:
            NotFound: it is not connected.
        """
        async with self._database.session(owner) as session:
            if not await operations.drop_connection(session, owner, service):
                raise NotFound(f"{service} is not connected.")
            head = await self._audit.note(session, owner, "disconnected", service=service)
        self._audit.sealed(owner, head)
        self._secrets.remove(owner, service)

    async def get(self, owner: UUID, service: str) -> Connected | None:
        """A connection, or None."""
        async with self._database.session(owner) as session:
            found = await operations.connection(session, owner, service)
        return None if found is None else _plain(found)

    async def all(self, owner: UUID) -> list[Connected]:
        """The person's connections, by name."""
        async with self._database.session(owner) as session:
            return [_plain(each) for each in await operations.connections(session, owner)]


def _plain(row: Any) -> Connected:
    return Connected(row.service, row.account, dict(row.settings), row.connected_at, row.checked_at, row.trouble)
