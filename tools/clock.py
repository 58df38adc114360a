"""The time and the date, in the person's own time zone."""

from __future__ import annotations

from assistant.context import Context, Result
from tools import Effect, tool


@tool(
    effect=Effect.READ,
    label="Tell the time and date",
    examples=[
        "what time is it?",
        "what day is it today?",
        "what's the date?",
        "tell me the current time",
        "which week of the year are we in?",
        "is it Monday or Tuesday today?",
    ],
    rules=[
        r"(?:hey,? |please,? |can you |could you )?(?:tell me |say )?(?:what(?:'s| is) )?(?:the )?(?:current |local )?"
        r"(?:time|date|day)(?: and (?:the )?(?:time|date))?(?: is it)?(?: (?:today|now|right now))?[?.! ]*",
        r"(?:what|which) (?:time|day|date|weekday|week) (?:is it|is today|do we have)"
        r"(?: today| now| right now)?[?.! ]*",
        r"what(?:'s| is) today(?:'s date)?[?.! ]*",
    ],
)
async def time_and_date(context: Context) -> Result:
    """The time, weekday, date and calendar week now, where the person lives."""
    now = context.now
    return Result(
        f"It is {now:%H:%M} on {now:%A}, {now.day} {now:%B %Y} "
        f"(week {now.isocalendar().week}, {context.person.time_zone})."
    )
