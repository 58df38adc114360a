"""The way outside put together: connections, approvals, executor, audit and egress, around one database."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from assistant import auth
from assistant.actions.approvals import Actions
from assistant.actions.audit import Audit
from assistant.actions.connections import Connections, SecretFiles
from assistant.actions.effects import Performer
from assistant.actions.executor import Executor
from assistant.db.database import Database
from assistant.egress import Egress, Lookup, resolve
from assistant.journal import journal_of
from assistant.settings import Settings
from integrations import Service, all_services
from tools import all_performers


@dataclass(frozen=True)
class Outside:
    """Everything through which something outside is read or changed."""

    database: Database
    services: Mapping[str, Service]
    performers: Mapping[str, Performer]
    connections: Connections
    secrets: SecretFiles
    audit: Audit
    egress: Egress
    actions: Actions
    executor: Executor

    async def carry_out(self) -> None:
        """Carries out what is approved, for everybody, until cancelled."""
        self.actions.drain, self.actions.wake = None, self.executor.wake
        await self.executor.run_forever(self._owners)

    async def _owners(self) -> list[UUID]:
        return [person.id for person in await auth.people(self.database)]


def make_outside(
    settings: Settings,
    database: Database,
    *,
    services: Mapping[str, Service] | None = None,
    performers: Mapping[str, Performer] | None = None,
    lookup: Lookup = resolve,
) -> Outside:
    """Puts it together. Its clock is the real one, whatever `TWINNING_NOW` says: leases and time-outs must end.

    Args:
        services, performers: Instead of what the folders hold, for tests.
        lookup: Finds the IP addresses of a name.
    """
    services = all_services() if services is None else services
    performers = all_performers() if performers is None else performers
    audit = Audit(database, keys_dir=settings.data_dir / "keys", clock=utc_now)
    secrets = SecretFiles(settings.secrets_dir or settings.data_dir / "secrets")
    egress = Egress(database, clock=utc_now, journal=journal_of(settings.data_dir), lookup=lookup)
    connections = Connections(database, secrets=secrets, audit=audit, clock=utc_now)
    actions = Actions(database, audit=audit, connections=connections, performers=performers, clock=utc_now)
    executor = Executor(
        database,
        audit=audit,
        egress=egress,
        secrets=secrets,
        services=services,
        performers=performers,
        clock=utc_now,
        on_end=actions.ended,
    )
    if not settings.executor_apart:
        # Without `serve` around us (on the command line), whoever waits for an operation carries it out.
        actions.drain = executor.drain
    return Outside(database, services, performers, connections, secrets, audit, egress, actions, executor)


def utc_now() -> dt.datetime:
    """The present instant."""
    return dt.datetime.now(dt.UTC)
