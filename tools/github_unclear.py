"""A sentence that names a repository, in a wording that no rule knows: the person picks what is meant."""

from __future__ import annotations

from assistant.context import Choice, Context, Result
from tools import Effect, tool
from tools.github_words import anything


@tool(effect=Effect.READ, service="github", label="Do something on GitHub", examples=[], rules=anything())
async def ask_what_on_github(repository: str, context: Context, number: int = 0) -> Result:
    """Asks what to do in a repository; likeness alone would forget which one was named.

    Args:
        repository: As owner/name.
        number: Of an issue or pull request, where one is named.
    """
    if number:
        chosen = {"repository": repository, "number": str(number)}
        return Result(
            f"What shall I do with #{number} in {repository}?",
            choices=[
                Choice("Show it", "show_issue", chosen),
                Choice("Comment on it", "comment_on_issue", chosen),
                Choice("Label it", "label_issue", chosen),
                Choice("Close it", "close_issue", chosen),
            ],
        )
    chosen = {"repository": repository}
    return Result(
        f"What shall I do in {repository}?",
        choices=[
            Choice("Open an issue", "open_issue", chosen),
            Choice("Search the issues", "search_issues", chosen),
            Choice("List the open issues", "list_issues", chosen),
            Choice("List the pull requests", "list_pull_requests", chosen),
        ],
    )
