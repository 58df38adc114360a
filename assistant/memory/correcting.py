"""A correction in few words made whole: "no, the code is 9921" is of the garage code when that is what is corrected."""

from __future__ import annotations

import re

from assistant.memory.words import stems

_STATEMENT = re.compile(
    r"(?P<subject>.+?)(?:'s|’s)?\s+(?P<verb>is|are|was|were)\s+(?P<value>.+)", re.IGNORECASE | re.DOTALL
)
_SHORT = re.compile(r"^(it|that)['’]s\b", re.IGNORECASE)
_NOT_THE_OLD = re.compile(r",?\s+(?:and )?not\s+(?P<old>[^,;]+?)[.! ]*$", re.IGNORECASE)


def in_full(text: str, before: str) -> str:
    """A corrected fact with the subject of the one that it replaces, where it names that in fewer of its words.

    "The code is 9921, not 8812" after "The garage code is 8812" is "The garage code is 9921". Whatever is said in other
    words, or of something else, stays as it was said.
    """
    old, new = _STATEMENT.fullmatch(before.strip()), _STATEMENT.fullmatch(_SHORT.sub(r"\1 is", text.strip()))
    if not old or not new or old["verb"].lower() != new["verb"].lower():
        return text
    if not set(stems(new["subject"])) <= set(stems(old["subject"])):
        return text
    value = new["value"]
    was = _NOT_THE_OLD.search(value)
    if was and stems(was["old"]) == stems(old["value"]):
        value = value[: was.start()]
    return f"{old['subject']} {old['verb']} {value}"
