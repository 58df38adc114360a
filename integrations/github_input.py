"""What may be sent to GitHub: names, numbers, paths and texts, checked before anything leaves."""

from __future__ import annotations

import re
from collections.abc import Sequence

from assistant.errors import BadInput

MAX_TITLE = 256
MAX_BODY = 65_536
"""Characters that GitHub takes in a title and a body."""
MAX_LABEL = 50
MAX_LABELS = 100
MAX_LISTED = 100
MAX_PATH = 1_024
MAX_QUERY = 256

# 39 characters with single hyphens inside; accounts that an enterprise manages end in an underscore and its short code.
_OWNER = re.compile(r"(?=.{1,39}\Z)[A-Za-z0-9]+(?:-[A-Za-z0-9]+)*(?:_[A-Za-z0-9]+)?")
_NAME = re.compile(r"[A-Za-z0-9._-]{1,100}")
_REF = re.compile(r"[^\x00-\x20\x7f~^:?*\[\\]{1,255}")


def repository_parts(repository: str) -> tuple[str, str]:
    """Owner and name of `owner/name`.

    Raises:
        BadInput: it is not of GitHub's alphabet.
    """
    owner, slash, name = repository.partition("/")
    reserved = name in (".", "..") or name.lower().endswith((".git", ".wiki"))
    if not slash or reserved or not _OWNER.fullmatch(owner) or not _NAME.fullmatch(name):
        raise BadInput(f"{_quoted(repository)} is not a GitHub repository; write it as owner/name.")
    return owner, name


def positive(number: int, what: str) -> int:
    """`number`, if GitHub can have given it to an issue or a comment."""
    if isinstance(number, bool) or not 0 < number < 2**53:
        raise BadInput(f"{_quoted(str(number))} is no {what}; give a whole number from 1 up.")
    return number


def listed(limit: int) -> int:
    """How many to list at most."""
    if not 1 <= limit <= MAX_LISTED:
        raise BadInput(f"At most {MAX_LISTED} can be listed at once; ask for 1 to {MAX_LISTED}.")
    return limit


def one_of(value: str, allowed: Sequence[str], what: str) -> str:
    """`value`, if it is among those that GitHub knows."""
    if value not in allowed:
        raise BadInput(f"{_quoted(value)} is no {what}; choose one of {', '.join(allowed)}.")
    return value


def path_parts(path: str) -> list[str]:
    """The folders and the name of a file, from the repository's root."""
    parts = path.split("/")
    odd = any(part in ("", ".", "..") for part in parts) or any(ord(character) < 32 for character in path)
    if odd or len(path) > MAX_PATH:
        raise BadInput(f"{_quoted(path)} is no path in a repository; write it like docs/readme.md, from the root.")
    _readable(path, "path")
    return parts


def ref_name(ref: str) -> str:
    """The name of a branch, a tag or a commit."""
    if not _REF.fullmatch(ref) or ".." in ref or ref.startswith(("/", "-")):
        raise BadInput(f"{_quoted(ref)} is no branch, tag or commit; give its name.")
    return _readable(ref, "name")


def title_text(title: str) -> str:
    """A title: one line that is not empty."""
    if not title.strip() or len(title) > MAX_TITLE or any(ord(character) < 32 for character in title):
        raise BadInput(f"A title is one line of 1 to {MAX_TITLE} characters; shorten it or put the rest in the body.")
    return _readable(title, "title")


def body_text(body: str) -> str:
    """A body, which may be empty."""
    if len(body) > MAX_BODY:
        raise BadInput(f"GitHub takes {MAX_BODY} characters at once, and this has {len(body)}; shorten it.")
    return _readable(body, "text")


def comment_text(body: str) -> str:
    """A comment, which may not be empty."""
    if not body.strip():
        raise BadInput("A comment needs a text; write one.")
    return body_text(body)


def search_text(query: str) -> str:
    """What to search for."""
    if not query.strip() or len(query) > MAX_QUERY:
        raise BadInput(f"GitHub searches for 1 to {MAX_QUERY} characters; shorten the question.")
    return _readable(query, "question")


def label_list(labels: Sequence[str]) -> list[str]:
    """Labels, each once.

    A bare dot would change the meaning of the address that a label is removed at, so it is none here.
    """
    if isinstance(labels, str) or len(labels) > MAX_LABELS:
        raise BadInput(f"Labels are a list of at most {MAX_LABELS} names; leave some out.")
    for label in labels:
        odd = label != label.strip() or label in ("", ".", "..") or any(ord(character) < 32 for character in label)
        if odd or len(label) > MAX_LABEL:
            raise BadInput(f"{_quoted(label)} is no label; a label has 1 to {MAX_LABEL} characters on one line.")
        _readable(label, "label")
    return list(dict.fromkeys(labels))


def _readable(text: str, what: str) -> str:
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise BadInput(f"This {what} holds broken characters; write it anew.") from error
    return text


def _quoted(text: str) -> str:
    return repr(text if len(text) <= 80 else text[:79] + "…")
