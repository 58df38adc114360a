"""What was forgotten is recognised where it is cut elsewhere, and what only looks like it is left alone."""

from __future__ import annotations

import time
from collections.abc import Sequence

import pytest

from assistant.memory.burying import Buried, Kept, Marker
from assistant.memory.chunking import Passage

MARKER = Marker(b"k" * 32)
HERE = "/notes/house.md"
CODE = "The garage code is 8812. It was changed after the break-in. Maria knows it too."


def forgetting(*texts: str, source: str = HERE) -> Buried:
    return Buried(MARKER, [MARKER.of_passage(text, source=source) for text in texts])


def kept(buried: Buried, *texts: str, source: str = HERE) -> Kept:
    parts = [Passage(text, "House", number) for number, text in enumerate(texts)]
    return buried.without(parts, source=source)


def said(found: Kept) -> Sequence[str]:
    return [part.text for part in found.parts]


def test_nothing_forgotten_leaves_everything_as_it_is() -> None:
    assert said(kept(Buried(MARKER, ()), CODE, "Other words.")) == [CODE, "Other words."]


def test_a_passage_cut_as_before_stays_out_in_every_file() -> None:
    found = kept(forgetting(CODE), CODE, "The boiler is new.", source="/elsewhere.md")
    assert (said(found), found.dropped, found.shortened) == (["The boiler is new."], 1, 0)


@pytest.mark.parametrize("source", [HERE, "/moved/house.md"])
def test_a_passage_that_is_cut_elsewhere_stays_out(source: str) -> None:
    whole = kept(forgetting(CODE), f"The boiler is new. {CODE}", "The door is blue.", source=source)
    assert (said(whole), whole.dropped, whole.shortened) == (["The boiler is new.", "The door is blue."], 0, 1)


def test_the_two_halves_of_a_passage_go_from_two_passages() -> None:
    found = kept(
        forgetting(CODE),
        "The boiler is new. The garage code is 8812.",
        "It was changed after the break-in. Maria knows it too. The door is blue.",
    )
    assert said(found) == ["The boiler is new.", "The door is blue."]
    assert found.shortened == 2


def test_case_space_and_full_stops_do_not_matter() -> None:
    assert said(kept(forgetting(CODE), f"New. {CODE.upper().replace('. ', '!   ')}")) == ["New."]


def test_a_sentence_that_was_added_among_the_forgotten_stays() -> None:
    first, _, rest = CODE.partition(". ")
    found = kept(forgetting(CODE), f"Above. {first}. The lamp is broken. {rest}", source="/moved.md")
    assert said(found) == ["Above. The lamp is broken."]


DAY = "- Took 50 mg in the morning\n- Went running\n- Saw Doctor Weber about the heart"


def test_lines_that_come_back_every_day_are_not_taken_for_the_forgotten_ones() -> None:
    days = [f"- Took 50 mg in the morning\n- Went running\n- Read chapter {n}" for n in range(4)]
    found = kept(forgetting(DAY), *days, f"{DAY}\n- Slept early", "- Went running")
    assert said(found) == [*days, "- Slept early", "- Went running"]
    assert said(kept(forgetting(DAY), *days)) == days, "and the forgotten day is not in the file any more"
    assert said(kept(forgetting(DAY), days[0], source="/notes/2024-03-02.md")) == days[:1]


def test_a_single_sentence_goes_from_its_own_file_and_a_telling_one_from_others() -> None:
    short, long = "Yes, all of it.", "The garage code is 8812, says Maria."
    assert said(kept(forgetting(short), f"{short} More.")) == ["More."]
    assert said(kept(forgetting(short), f"{short} More.", source="/other.md")) == [f"{short} More."]
    assert said(kept(forgetting(long), f"{long} More.", source="/other.md")) == ["More."]


def test_few_words_are_not_recognised_in_other_files() -> None:
    assert said(kept(forgetting("- Milk\n- Eggs"), "- Milk\n- Eggs\n- Salt", source="/other.md")) == [
        "- Milk\n- Eggs\n- Salt"
    ]
    assert said(kept(forgetting("- Milk\n- Eggs"), "- Milk\n- Eggs\n- Salt")) == ["- Salt"]


def test_a_sentence_that_its_own_file_holds_twice_stays() -> None:
    assert said(kept(forgetting("Went running."), "Went running. Slept.", "Went running. Read.")) == [
        "Went running. Slept.",
        "Went running. Read.",
    ]


def test_many_of_the_same_lines_take_no_time() -> None:
    lines = "\n".join("- Went running" for _ in range(5_000))
    started = time.process_time()
    assert len(kept(forgetting(DAY), lines, DAY).parts) == 1
    assert time.process_time() - started < 2


def test_lists_tables_and_code_lose_whole_lines() -> None:
    text = "- PIN: 8812\n- Alarm: 4711\n\n| Bank | Code |\n| A | 9931 |\n\n```sh\nexport TOKEN=abc\n```"
    found = kept(forgetting(text), f"# Codes\n\n- Milk\n{text}\n\nThe end.")
    assert said(found) == ["# Codes\n\n- Milk\n\nThe end."]


def test_a_passage_of_which_only_headings_are_left_is_not_stored() -> None:
    found = kept(forgetting(CODE), f"## Garage\n\n{CODE}")
    assert (found.parts, found.dropped) == ((), 1)


def test_a_forgotten_fact_does_not_cut_sentences_out_of_documents() -> None:
    buried = Buried(MARKER, [MARKER.of_fact("The garage code is 8812.")])
    assert said(kept(buried, CODE)) == [CODE]
    assert said(kept(buried, "The garage code is 8812.")) == []


def test_another_key_recognises_nothing() -> None:
    other = Buried(Marker(b"x" * 32), [MARKER.of_passage(CODE, source=HERE)])
    assert said(kept(other, CODE)) == [CODE]


def test_marks_hold_no_words() -> None:
    mark = MARKER.of_passage(CODE, source=HERE)
    assert all(len(each) == 32 for each in (mark.whole, mark.source or b"", *mark.units))
    assert len(mark.units) == 3
