"""Limits counted in the process."""

from __future__ import annotations

import pytest

from assistant.errors import ConfigurationError, NotAllowed
from assistant.limits import Limit, Limiter

THREE = Limit("three", 3, 60, "Too many tries")


async def test_as_many_as_allowed_pass_and_the_next_is_refused_with_the_time_to_wait() -> None:
    limiter = Limiter()
    for _ in range(3):
        await limiter.take(THREE, "ana")
    with pytest.raises(NotAllowed, match=r"Too many tries; wait (60|59) seconds and try again\."):
        await limiter.take(THREE, "ana")


async def test_people_do_not_share_a_count() -> None:
    limiter = Limiter()
    for _ in range(3):
        await limiter.take(THREE, "ana")
    await limiter.take(THREE, "ben")
    with pytest.raises(NotAllowed):
        await limiter.take(THREE, "ana")


async def test_limits_do_not_share_a_count() -> None:
    limiter = Limiter()
    other = Limit("other", 3, 60, "Too many others")
    for _ in range(3):
        await limiter.take(THREE, "ana")
    await limiter.take(other, "ana")
    with pytest.raises(NotAllowed, match="Too many tries"):
        await limiter.take(THREE, "ana")


async def test_forgiven_tries_do_not_count() -> None:
    limiter = Limiter()
    for _ in range(3):
        await limiter.take(THREE, "ana")
    await limiter.forgive(THREE, "ana")
    for _ in range(3):
        await limiter.take(THREE, "ana")
    with pytest.raises(NotAllowed):
        await limiter.take(THREE, "ana")


async def test_a_long_wait_is_told_in_minutes() -> None:
    limiter = Limiter()
    hour = Limit("hour", 1, 3600, "Too many codes were tried")
    await limiter.take(hour, "here")
    with pytest.raises(NotAllowed, match="wait 60 minutes"):
        await limiter.take(hour, "here")


def test_an_address_that_is_no_redis_is_refused_in_words() -> None:
    with pytest.raises(ConfigurationError, match="TWINNING_REDIS_URL"):
        Limiter("memcached://somewhere")
