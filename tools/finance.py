"""Figures of the person's money: spending, income, balances, bills, budgets."""

from __future__ import annotations

from functools import partial

from assistant.context import Context, Result
from tools import Effect, figures_asked, tool


@tool(
    effect=Effect.READ,
    label="Compute it from my money figures",
    examples=[
        "what did I spend on groceries since January?",
        "how much did I spend last month compared with the month before?",
        "what were my five biggest expenses this year?",
        "how much did I earn in 2025?",
        "break down my spending by category",
        "how much money is in my savings account?",
    ],
    recognises=partial(figures_asked.recognised, area="money"),
)
async def money_figures(question: str, context: Context) -> Result:
    """Computes sums, averages, comparisons and rankings from the person's own transactions and accounts.

    Args:
        question: The question in full, with its period.
    """
    return await figures_asked.answer(question, context, tool="money_figures")
