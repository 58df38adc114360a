"""How often something may be tried. Counted in the process, or in Redis where several processes share the counts."""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass

from limits import RateLimitItem, RateLimitItemPerSecond
from limits.aio.storage import MemoryStorage, RedisStorage
from limits.aio.strategies import MovingWindowRateLimiter
from limits.errors import ConfigurationError as LibraryConfigurationError
from limits.errors import StorageError

from assistant.errors import ConfigurationError, NotAllowed
from assistant.settings import Settings

log = logging.getLogger(__name__)

REDIS_TIMEOUT_S = 2.0


@dataclass(frozen=True)
class Limit:
    """So many times in so many seconds.

    Attributes:
        name: Of the count.
        times: How often.
        per_s: In how many seconds.
        what: What was done too often, as the person reads it.
    """

    name: str
    times: int
    per_s: int
    what: str

    @property
    def item(self) -> RateLimitItem:
        """The same for the library."""
        return RateLimitItemPerSecond(self.times, self.per_s, namespace=f"TWINNING/{self.name}")


SIGN_IN = Limit("sign_in", 10, 300, "Too many tries to sign in")
"""For one name from one address: a stranger elsewhere cannot lock the person out."""
SIGN_IN_NAME = Limit("sign_in_name", 100, 3600, "Too many tries to sign in")
"""For one name from everywhere."""
SIGN_IN_ADDRESS = Limit("sign_in_address", 60, 300, "Too many tries to sign in")
"""From one address, whatever the name."""
CODE = Limit("code", 20, 3600, "Too many codes were tried")
"""From one address. A code has 80 random bits; this only keeps the noise down."""
ASK = Limit("ask", 40, 60, "That is a lot of messages in one minute")
"""For one person."""


class Limiter:
    """Counts and refuses.

    Args:
        redis_url: Where the counts are kept; None keeps them in this process.

    Raises:
        ConfigurationError: `redis_url` is no address of a Redis.
    """

    def __init__(self, redis_url: str | None = None) -> None:
        self._here = MovingWindowRateLimiter(MemoryStorage())
        self._shared: MovingWindowRateLimiter | None = None
        if redis_url:
            try:
                storage = RedisStorage(
                    f"async+{redis_url}",
                    wrap_exceptions=True,
                    implementation="redispy",
                    socket_timeout=REDIS_TIMEOUT_S,
                    socket_connect_timeout=REDIS_TIMEOUT_S,
                )
            except (ValueError, LibraryConfigurationError) as error:
                raise ConfigurationError("TWINNING_REDIS_URL is not an address such as redis://host:6379/0.") from error
            self._shared = MovingWindowRateLimiter(storage)

    @classmethod
    def of(cls, settings: Settings) -> Limiter:
        """The one that the settings ask for."""
        return cls(settings.redis_url)

    async def take(self, limit: Limit, *who: str) -> None:
        """Counts one try.

        Args:
            who: Whose: a name, an address, an id.

        Raises:
            NotAllowed: the limit is reached; the text says how long to wait.
        """
        wait_s = await self._taken(limit, who)
        if wait_s is not None:
            log.info("Refused by a limit", extra={"action": "limit_reached", "limit": limit.name})
            raise NotAllowed(f"{limit.what}; wait {_in_words(wait_s)} and try again.")

    async def forgive(self, limit: Limit, *who: str) -> None:
        """Forgets the tries, for example after the right password."""
        await self._here.clear(limit.item, *who)
        if self._shared:
            try:
                await self._shared.clear(limit.item, *who)
            except StorageError as error:
                _lost(error)

    async def _taken(self, limit: Limit, who: tuple[str, ...]) -> float | None:
        """Seconds to wait when it is refused, None when it is allowed."""
        if self._shared:
            try:
                return await _take(self._shared, limit, who)
            except StorageError as error:
                # Without Redis each process counts alone: less strict between them, but never open.
                _lost(error)
        return await _take(self._here, limit, who)


async def _take(limiter: MovingWindowRateLimiter, limit: Limit, who: tuple[str, ...]) -> float | None:
    if await limiter.hit(limit.item, *who):
        return None
    stats = await limiter.get_window_stats(limit.item, *who)
    # The library counts on the wall clock, and so does this: a fixed TWINNING_NOW must not hold a limit for ever.
    return max(1.0, stats.reset_time - time.time())


def _lost(error: StorageError) -> None:
    log.warning(
        "Redis does not answer; limits are counted in this process",
        extra={"action": "limits_without_redis", "error": type(error.storage_error).__name__},
    )


def _in_words(seconds: float) -> str:
    if seconds < 90:
        return f"{round(seconds)} seconds"
    return f"{round(seconds / 60)} minutes"
