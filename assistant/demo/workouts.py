"""When the synthetic person trains."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from assistant.demo.year import Year


@dataclass(frozen=True)
class _Habit:
    """What is done on a weekday (0 is Monday), at about which hour, and how often it comes off."""

    weekday: int
    name: str
    hour: int
    often: float
    minutes: tuple[float, float]
    km_an_hour: float
    kcal_a_minute: float
    beats: float


HABITS = (
    _Habit(0, "Outdoor Run", 18, 0.75, (24, 48), 9.6, 11.2, 148),
    _Habit(1, "Strength Training", 19, 0.65, (35, 60), 0, 6.1, 112),
    _Habit(3, "Outdoor Run", 18, 0.7, (24, 44), 9.9, 11.4, 151),
    _Habit(5, "Outdoor Cycle", 10, 0.6, (55, 150), 21.0, 8.9, 131),
    _Habit(6, "Yoga", 9, 0.55, (25, 50), 0, 3.2, 92),
)


@dataclass(frozen=True)
class Session:
    """One workout."""

    day: dt.date
    name: str
    start: dt.datetime
    minutes: float
    km: float
    energy_kcal: float
    beats: float


def sessions(year: Year) -> tuple[Session, ...]:
    """All workouts of the year, in order; none on days without the watch."""
    chance = year.chance("workouts")
    found: list[Session] = []
    for day in year.days:
        for habit in HABITS:
            if habit.weekday != day.weekday():
                continue
            off = chance.random() > habit.often
            minutes = round(chance.uniform(*habit.minutes), 1)
            pace, effort = chance.uniform(0.92, 1.08), chance.uniform(0.9, 1.1)
            start = year.at(day, habit.hour * 60 + chance.randrange(4, 30))
            if off or day not in year.worn or start + dt.timedelta(minutes=minutes) > year.now:
                continue
            km = round(minutes / 60 * habit.km_an_hour * pace, 2)
            energy = round(minutes * habit.kcal_a_minute * effort, 1)
            found.append(Session(day, habit.name, start, minutes, km, energy, habit.beats))
    return tuple(found)


def as_workout(session: Session) -> dict[str, Any]:
    """As posts write it."""
    written = "%Y-%m-%d %H:%M:%S %z"
    posted = {
        "id": f"demo-{session.start:%Y%m%dT%H%M}",
        "name": session.name,
        "start": session.start.strftime(written),
        "end": (session.start + dt.timedelta(minutes=session.minutes)).strftime(written),
        "duration": round(session.minutes * 60, 1),
        "activeEnergyBurned": {"qty": session.energy_kcal, "units": "kcal"},
        "source": "demo Apple Watch",
    }
    if session.km:
        posted["distance"] = {"qty": session.km, "units": "km"}
    return posted
