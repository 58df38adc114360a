"""Figures of the person's health: steps, sleep, heart rate, weight, workouts."""

from __future__ import annotations

from functools import partial

from assistant.context import Context, Result
from tools import Effect, figures_asked, tool


@tool(
    effect=Effect.READ,
    label="Compute it from my health figures",
    examples=[
        "how did I sleep this week compared with last month?",
        "how many steps did I walk yesterday?",
        "what was my average resting heart rate in March?",
        "show me my weight since January",
        "how many days did I reach 10,000 steps?",
        "when do I usually go to bed on weekends?",
    ],
    recognises=partial(figures_asked.recognised, area="health"),
)
async def health_figures(question: str, context: Context) -> Result:
    """Computes sums, averages, trends and comparisons from the person's own health readings.

    Args:
        question: The question in full, with its period.
    """
    return await figures_asked.answer(question, context, tool="health_figures")
