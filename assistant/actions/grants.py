"""Standing grants: a yes in advance, for one tool, account and target, arguments of one shape, so often, until a day.

There is no "always allow": a grant ends by itself, in uses and in days, and a person can end it before.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import rfc8785
from sqlalchemy.ext.asyncio import AsyncSession

from assistant.actions import policy
from assistant.actions.audit import Audit
from assistant.actions.effects import Effect, Performer
from assistant.db import operations
from assistant.db.database import Database
from assistant.errors import BadInput, NotFound, ToolFailed

DAYS = 30
TIMES = 100


@dataclass(frozen=True)
class StandingGrant:
    """A grant that still holds.

    Attributes:
        account: Of the service, as it was connected when the grant was given; with another one it covers nothing.
        arguments: JSON Schema; a call whose arguments do not fit is asked as always.
        remaining: How many calls it still covers.
    """

    id: UUID
    tool: str
    account: str
    target: str
    arguments: Mapping[str, Any]
    remaining: int
    expires_at: dt.datetime


class Grants:
    """Gives, lists and ends grants. Not open to the model: only the command line and the settings page call it.

    Args:
        performers: What can be carried out, by tool.
        clock: The present instant.
    """

    def __init__(
        self,
        database: Database,
        *,
        audit: Audit,
        performers: Mapping[str, Performer],
        clock: Callable[[], dt.datetime],
    ) -> None:
        self._database = database
        self._audit = audit
        self._performers = performers
        self._clock = clock

    def checked(self, tool: str, *, target: str, arguments: Any, times: int, days: int) -> Mapping[str, Any]:
        """The schema of a grant that may be given.

        Raises:
            NotFound: there is no such tool.
            BadInput: it would be too wide, or last too long.
        """
        performer = self._performers.get(tool)
        if performer is None:
            known = ", ".join(sorted(name for name, each in self._performers.items() if each.effect is Effect.WRITE))
            raise NotFound(f"There is no action {tool!r}; a grant can be given for {known or 'none'}.")
        if performer.effect is not Effect.WRITE:
            why = "needs no grant" if performer.effect is Effect.READ else "is asked every time"
            raise BadInput(f"{performer.label} {why}; a grant is for what adds or changes something.")
        if not target.strip():
            raise BadInput("A grant needs a target, as an approval of this action shows it behind `where`.")
        if not (1 <= times <= TIMES and 1 <= days <= DAYS):
            raise BadInput(
                f"A grant is for 1 to {TIMES} times within 1 to {DAYS} days; give it anew when it has ended."
            )
        if not isinstance(arguments, Mapping):
            raise BadInput("The arguments of a grant are a JSON Schema of an object.")
        try:
            schema = policy.grant_schema(arguments)
            rfc8785.dumps(dict(schema))  # as the audit will keep it
        except (ValueError, rfc8785.CanonicalizationError) as error:
            raise BadInput(f"This cannot be granted: {error}.") from error
        fields = performer.arguments.model_fields
        if unknown := sorted(set(schema["properties"]) - set(fields)):
            raise BadInput(f"{tool} takes no {', '.join(unknown)}; it takes {', '.join(fields)}.")
        if missing := sorted(set(fields) - set(schema["properties"])):
            # An approval holds all arguments, those with defaults too, so such a grant would never cover a call.
            raise BadInput(f"Say also what {', '.join(missing)} may be, such as a const of the default.")
        return schema

    async def give(self, owner: UUID, tool: str, *, target: str, arguments: Any, times: int, days: int) -> UUID:
        """Stores a grant and returns its id.

        Raises:
            NotFound, BadInput: as in `checked`.
            ToolFailed: the tool's service is not connected.
        """
        schema = self.checked(tool, target=target, arguments=arguments, times=times, days=days)
        now = self._clock()
        until = now + dt.timedelta(days=days)
        async with self._database.session(owner) as session:
            account = await self._account(session, owner, tool)
            values = {
                "tool": tool,
                "account": account,
                "target": target,
                "arguments": dict(schema),
                "remaining": times,
                "created_at": now,
                "expires_at": until,
            }
            key = await operations.add_grant(session, owner, values)
            head = await self._audit.note(
                session,
                owner,
                "grant given",
                grant=str(key),
                tool=tool,
                account=account,
                target=target,
                arguments=dict(schema),
                times=times,
                until=until.astimezone(dt.UTC).isoformat(),
            )
        self._audit.sealed(owner, head)
        return key

    async def account(self, owner: UUID, tool: str) -> str:
        """The account that a grant for this tool would name: the one that is connected.

        Raises:
            ToolFailed: the tool's service is not connected.
        """
        async with self._database.session(owner) as session:
            return await self._account(session, owner, tool)

    async def _account(self, session: AsyncSession, owner: UUID, tool: str) -> str:
        service = self._performers[tool].service
        connected = await operations.connection(session, owner, service)
        if connected is None:
            raise ToolFailed(f"A grant is for one account; connect {service} first (`twinning connect {service}`).")
        return connected.account

    async def standing(self, owner: UUID) -> list[StandingGrant]:
        """The person's grants that still hold, the one that ends first first."""
        async with self._database.session(owner) as session:
            return [
                StandingGrant(
                    each.id,
                    each.tool,
                    each.account,
                    each.target,
                    dict(each.arguments),
                    each.remaining,
                    each.expires_at,
                )
                for each in await operations.grants(session, owner, now=self._clock())
            ]

    async def revoke(self, owner: UUID, beginning: str) -> StandingGrant:
        """Ends the grant whose id begins so, and returns it.

        Raises:
            NotFound: none that holds begins so.
            BadInput: several do.
        """
        begun = beginning.strip().lower()
        found = [each for each in await self.standing(owner) if begun and str(each.id).startswith(begun)]
        if len(found) > 1:
            raise BadInput(f"Several grants begin with {beginning!r}; write more of it.")
        async with self._database.session(owner) as session:
            if not found or not await operations.revoke_grant(session, owner, found[0].id, now=self._clock()):
                raise NotFound(f"No grant that holds begins with {beginning!r}; `twinning grants` lists them.")
            head = await self._audit.note(session, owner, "grant revoked", grant=str(found[0].id), tool=found[0].tool)
        self._audit.sealed(owner, head)
        return found[0]
