"""Twenty sentences about GitHub as people say them: what each means, or that it has to be asked back (None)."""

from __future__ import annotations

from typing import Any

GITHUB: list[tuple[str, str | None, dict[str, Any]]] = [
    (
        "open an issue in acme/site: the footer overlaps on mobile",
        "open_issue",
        {"repository": "acme/site", "title": "the footer overlaps on mobile"},
    ),
    (
        "Could you file a bug against ada/house titled “Door squeaks” with that as the body?",
        "open_issue",
        {"repository": "ada/house", "title": "“Door squeaks”", "body": "that"},
    ),
    (
        "pls raise a new issue on github called Export is slow, with the labels bug and urgent",
        "open_issue",
        {"title": "Export is slow", "labels": "bug and urgent"},
    ),
    ("opne an isue in acme/site", None, {}),
    ("I want to open an issue", None, {}),
    (
        "comment on issue 5 that I can reproduce it on Linux",
        "comment_on_issue",
        {"number": 5, "text": "I can reproduce it on Linux"},
    ),
    (
        "post your last answer as a comment on acme/site#12",
        "comment_on_issue",
        {"repository": "acme/site", "number": 12, "text": "your last answer"},
    ),
    ("hey can you add bug and docs as labels to #7", "label_issue", {"number": 7, "labels": "bug and docs"}),
    (
        "take the label wontfix off issue 4 in acme/site",
        "unlabel_issue",
        {"repository": "acme/site", "number": 4, "labels": "wontfix"},
    ),
    ("close #12 as not planned, please", "close_issue", {"number": 12, "reason": "not planned"}),
    ("close the issue", None, {}),
    ("reopen issue number 9 in ada/house", "reopen_issue", {"repository": "ada/house", "number": 9}),
    ("what's still open in acme/site?", "list_issues", {"repository": "acme/site", "state": "open"}),
    ("mark #5 as bug", "label_issue", {"number": 5, "labels": "bug"}),
    ("what was said on issue #3?", "show_issue", {"number": 3}),
    ("are there PRs waiting in ada/house?", "list_pull_requests", {"repository": "ada/house"}),
    ("did anybody mention me on github", "list_notifications", {}),
    ("has somebody already reported the login timeout on github?", "search_issues", {"query": "the login timeout"}),
    ("whats in the readme of acme/site", "show_file", {"repository": "acme/site", "path": "readme"}),
    ("did the tests pass on acme/site?", "list_workflow_runs", {"repository": "acme/site"}),
]
