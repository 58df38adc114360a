"""GitHub in plain words: what rules understand, what they leave alone, and how little a long message costs them."""

from __future__ import annotations

import time

import pytest

from assistant.actions.effects import Effect, Repeat, Undo
from assistant.agent.routing import by_rule
from assistant.errors import BadInput
from integrations import all_services
from tools import all_performers, all_tools
from tools.github import _PLAIN_COMMAND, _PLAIN_LABEL, _something
from tools.github_words import is_it, labels_named, unquoted

UNMISTAKABLE = [
    ("open an issue in acme/site: It breaks.", "open_issue", {"repository": "acme/site", "title": "It breaks."}),
    ("file a bug in ada/house about the door", "open_issue", {"repository": "ada/house", "title": "the door"}),
    (
        "Open an issue in acme/site: Dark mode. Body: follow the system\nand be quick",
        "open_issue",
        {"repository": "acme/site", "title": "Dark mode", "body": "follow the system\nand be quick"},
    ),
    (
        "create a GitHub issue titled Dark mode with the labels feature and design",
        "open_issue",
        {"title": "Dark mode", "labels": "feature and design"},
    ),
    (
        "open an issue in acme/site titled Boiler with that as the body",
        "open_issue",
        {"repository": "acme/site", "title": "Boiler", "body": "that"},
    ),
    ("open an issue: it crashes in acme/site", "open_issue", {"repository": "acme/site", "title": "it crashes"}),
    ("new ticket in website: Broken link", "open_issue", {"repository": "website", "title": "Broken link"}),
    ('open issue in ada/house "Gate squeaks"', "open_issue", {"repository": "ada/house", "title": '"Gate squeaks"'}),
    (
        "open an issue in acme/site with title Foo and body Bar",
        "open_issue",
        {"repository": "acme/site", "title": "Foo", "body": "Bar"},
    ),
    ("add a ticket in website: Broken link", "open_issue", {"repository": "website", "title": "Broken link"}),
    ("add a feature request to the repo: CSV", "open_issue", {"title": "CSV"}),
    ("open an issue in acme/site", "open_issue", {"repository": "acme/site", "title": "an issue"}),
    ("comment on #5: Why does it crash?", "comment_on_issue", {"number": "5", "text": "Why does it crash?"}),
    (
        "reply to acme/site#12 saying it is fixed",
        "comment_on_issue",
        {"repository": "acme/site", "number": "12", "text": "it is fixed"},
    ),
    ("post that as a comment on issue 3", "comment_on_issue", {"number": "3", "text": "that"}),
    ("leave a comment on PR 8 that it works", "comment_on_issue", {"number": "8", "text": "it works"}),
    ("comment on issue 5", "comment_on_issue", {"number": "5", "text": "comment"}),
    ("mark #5 as bug", "label_issue", {"number": "5", "labels": "bug"}),
    ("mark #5 as done", "close_issue", {"number": "5", "reason": "done"}),
    ("label issue 5 as bug", "label_issue", {"number": "5", "labels": "bug"}),
    (
        "add the label help wanted to #12 in acme/site",
        "label_issue",
        {"repository": "acme/site", "number": "12", "labels": "help wanted"},
    ),
    ("put the labels bug and docs on issue 3", "label_issue", {"number": "3", "labels": "bug and docs"}),
    ("can u remove bug from #5", "unlabel_issue", {"number": "5", "labels": "bug"}),
    ("remove the label bug from issue 5", "unlabel_issue", {"number": "5", "labels": "bug"}),
    ("close issue 5", "close_issue", {"number": "5"}),
    (
        "please close acme/site#7 as not planned",
        "close_issue",
        {"repository": "acme/site", "number": "7", "reason": "not planned"},
    ),
    ("close 5 in acme/site", "close_issue", {"repository": "acme/site", "number": "5"}),
    ("issue 19 is fixed, close it", "close_issue", {"number": "19", "reason": "fixed"}),
    ("close acme/site issue 4", "close_issue", {"repository": "acme/site", "number": "4"}),
    ("shut issue 3, it's fixed", "close_issue", {"number": "3", "reason": "fixed"}),
    ("reopen #5", "reopen_issue", {"number": "5"}),
    ("open issue 3 again", "reopen_issue", {"number": "3"}),
    ("open issue 3", "show_issue", {"number": "3"}),
    (
        "show https://github.com/acme/site/issues/5",
        "show_issue",
        {"repository": "acme/site", "number": "5"},
    ),
    ("what does acme/site#7 say?", "show_issue", {"repository": "acme/site", "number": "7"}),
    ("which issues are open on GitHub?", "list_issues", {"state": "open"}),
    (
        "show open issues labelled bug in acme/site",
        "list_issues",
        {"repository": "acme/site", "state": "open", "label": "bug"},
    ),
    ("issues in acme/site", "list_issues", {"repository": "acme/site"}),
    ("which pull requests are open in acme/site?", "list_pull_requests", {"repository": "acme/site", "state": "open"}),
    ("any GitHub notifications?", "list_notifications", {}),
    ("search acme/site for timeout", "search_issues", {"repository": "acme/site", "query": "timeout"}),
    ("open the GitHub issue about heating", "search_issues", {"query": "heating"}),
    ("find issues about dark mode", "search_issues", {"query": "dark mode"}),
    ("show the readme of acme/site", "show_file", {"repository": "acme/site", "path": "readme"}),
    (
        "get Makefile from acme/site on branch dev",
        "show_file",
        {"repository": "acme/site", "path": "Makefile", "ref": "dev"},
    ),
    ("did the last build pass in acme/site?", "list_workflow_runs", {"repository": "acme/site"}),
    ("is CI green?", "list_workflow_runs", {}),
    ("are there PRs waiting in ada/house?", "list_pull_requests", {"repository": "ada/house"}),
    ("did anybody mention me on github", "list_notifications", {}),
    ("how's the build of ada/house?", "list_workflow_runs", {"repository": "ada/house"}),
    (
        "There's a bug in acme/site, the header is cut off",
        "ask_what_on_github",
        {"repository": "acme/site"},
    ),
    (
        "do whatever Ben did to issue 6 of acme/site",
        "ask_what_on_github",
        {"repository": "acme/site", "number": "6"},
    ),
]
OTHERS = [
    ("what issues did the doctor see with my knee?", "recall"),
    ("what did I write about issue trackers?", "recall"),
    ("are the tests ok?", "recall"),
    ("is the pipeline leak fixed?", "recall"),
    ("remember that issue 5 is mine", "remember"),
    ("remember that acme/site issue 5 is mine", "remember"),
    ("what did I note about GitHub issues in acme/site?", "recall"),
    ("what is a GitHub issue?", "recall"),
    ("is it a cats and/or dogs issue?", "recall"),
    ("delete the note about issue 5", "forget"),
    ("show me my notes about bugs", "where_written"),
    ("close the window", None),
    ("open the door", None),
    ("add milk to the list", None),
]
OURS = [each for each in all_tools().values() if each.function.__module__.startswith("tools.github")]


@pytest.mark.parametrize(("text", "name", "arguments"), UNMISTAKABLE)
def test_plain_wordings_are_understood_without_a_model(text: str, name: str | None, arguments: dict[str, str]) -> None:
    route = by_rule(text)
    assert (route and route.name) == name
    assert not route or route.arguments == arguments


@pytest.mark.parametrize(("text", "name"), OTHERS)
def test_what_is_not_about_github_is_left_to_others(text: str, name: str | None) -> None:
    route = by_rule(text)
    assert (route and route.name) == name


@pytest.mark.parametrize(
    "text",
    [
        "open an issue " * 500,
        "comment on #5 " * 500,
        "show the open issues " * 300,
        "label issue 5 as " * 400,
        "open an issue in acme/site: " + "with labels a, " * 400,
        "a" * 7999,
        "acme/" * 1500,
        "open an issue in " + "a/b-" * 1900,
        " " * 7999,
        "show " + "the " * 1900,
        "please " * 1100,
        "what " + "a/b #1 issue " * 600,
        "github issues " * 550,
    ],
)
def test_a_long_message_costs_the_rules_little(text: str) -> None:
    began = time.process_time()
    for tool in OURS:
        for rule in tool.rules:
            rule.fullmatch(text)
    _PLAIN_COMMAND.fullmatch(text)
    assert time.process_time() - began < 5  # 0.3 s where nothing else runs, and twice as much for twice the text


def test_every_tool_has_examples_enough_and_what_changes_something_waits_for_an_approval() -> None:
    assert len(OURS) == 14
    for tool in OURS:
        assert len(set(tool.examples)) >= 8 or tool.name == "ask_what_on_github"
        assert tool.outside is (tool.effect is not Effect.READ)


def test_what_can_be_done_says_how_it_is_found_again_and_taken_back() -> None:
    found = {name: each for name, each in all_performers().items() if each.service == "github"}
    writing = {name: each for name, each in found.items() if each.effect is not Effect.READ}
    assert {name for name, each in writing.items() if each.repeat is Repeat.LOOKED_UP} == {
        "github_create_issue",
        "github_comment",
    }
    assert {name for name, each in writing.items() if each.repeat is Repeat.NEVER} == set()
    assert {name for name, each in writing.items() if each.undo is Undo.IRREVERSIBLE} == {"github_delete_comment"}
    assert found["github_delete_comment"].effect is Effect.DESTRUCTIVE
    assert not any(each.fetches for each in found.values())


def test_github_can_be_connected_with_a_token_alone() -> None:
    service = all_services()["github"]
    assert [(each.name, each.secret, each.default is None) for each in service.questions] == [
        ("token", True, True),
        ("repository", False, False),
        ("address", False, False),
    ]
    assert list(service.addresses({})) == [("https://api.github.com", False)]
    assert list(service.addresses({"address": "https://git.example.org/api/v3"})) == [
        ("https://git.example.org/api/v3", True)
    ]


@pytest.mark.parametrize("text", ["it", "That", "this answer", "the last answer", "what you just said", "the list"])
def test_pointing_words_are_known(text: str) -> None:
    assert is_it(text)


@pytest.mark.parametrize("text", ["it crashes", "the answer is 42", "that door", "listing"])
def test_a_text_is_no_pointing_word(text: str) -> None:
    assert not is_it(text)


@pytest.mark.parametrize(
    "text",
    [
        "an issue",
        "open an issue",
        "the bug",
        "a comment",
        "issue in acme/site",
        "file a bug the door squeaks",
        "comment on issue 5",
        "#5",
        "issue 5",
    ],
)
def test_the_command_itself_is_no_content(text: str) -> None:
    assert _PLAIN_COMMAND.fullmatch(text)
    with pytest.raises(BadInput, match="What shall the issue say"):
        _something(text, "the issue", "open an issue: TITLE")


@pytest.mark.parametrize("text", ["#5", "5", "a label", "tags", "issue 5", "that"])
def test_a_number_is_no_label(text: str) -> None:
    with pytest.raises(BadInput, match="What shall the label say"):
        _something(text, "the label", "label #5 as LABEL", nothing=_PLAIN_LABEL)


def test_what_stands_in_quotation_marks_is_content_whatever_it_says() -> None:
    assert _something("“Open an issue template chooser”", "", "") == "Open an issue template chooser"
    assert _something("bug", "", "", nothing=_PLAIN_LABEL) == "bug"


@pytest.mark.parametrize(
    "text", ["Comment box is broken", "label printer jams", "The bug tracker is down", "Issues", "404"]
)
def test_content_that_begins_like_a_command_is_content(text: str) -> None:
    assert not _PLAIN_COMMAND.fullmatch(text)


@pytest.mark.parametrize(
    ("said", "labels"),
    [
        ("bug", ["bug"]),
        ("bug and docs", ["bug", "docs"]),
        ("bug, docs, and “help wanted”", ["bug", "docs", "help wanted"]),
        ("", []),
        ("bug, bug.", ["bug"]),
    ],
)
def test_labels_are_told_apart(said: str, labels: list[str]) -> None:
    assert labels_named(said) == labels


def test_a_label_that_github_would_not_take_is_refused_here() -> None:
    with pytest.raises(BadInput, match="is no label"):
        labels_named("x" * 51)


def test_quotation_marks_around_a_text_are_not_part_of_it() -> None:
    assert unquoted(' "Dark mode" ') == unquoted("“Dark mode”") == "Dark mode"
    assert unquoted('"a" and "b"') == '"a" and "b"'
