"""Importing folders again and again: what changed is changed, what vanished is gone, nothing is there twice."""

from __future__ import annotations

import asyncio
import json
import os
import pwd
import random
import shutil
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import text

from assistant.db.server import ROOT_RUNS_IT_AS
from assistant.errors import BadInput, InUse, NotFound
from assistant.events import Person
from assistant.house import House
from assistant.memory.chunking import passages
from assistant.memory.ingest import Import, Progress, embed_pending
from assistant.memory.memory import Forgotten
from assistant.memory.reading import read


async def _passages(house: House, person: Person) -> list[tuple[str, str, UUID]]:
    """(source, text, id) of all passages."""
    async with house.database.session(person.id) as session:
        rows = await session.execute(
            text("SELECT source, text, id FROM memories WHERE kind = 'passage' ORDER BY source, position, id")
        )
        return [row._tuple() for row in rows]


async def _texts(house: House, person: Person) -> str:
    return "\n".join(said for _, said, _ in await _passages(house, person))


async def _assert_words_are_counted_right(house: House, person: Person) -> None:
    async with house.database.session(person.id) as session:
        kept = await session.execute(text("SELECT lexeme, memories FROM lexemes"))
        counted = await session.execute(
            text("SELECT lexeme, count(*) FROM memories, unnest(tsvector_to_array(search)) AS lexeme GROUP BY lexeme")
        )
        assert dict(row._tuple() for row in kept) == dict(row._tuple() for row in counted)


@contextmanager
def _ordinary_user() -> Iterator[None]:
    """Permissions do not bind root, so as root this takes the effective rights of the user who runs the database."""
    if os.geteuid() != 0:
        yield
        return
    user = pwd.getpwnam(ROOT_RUNS_IT_AS)
    os.setegid(user.pw_gid)
    os.seteuid(user.pw_uid)
    try:
        yield
    finally:
        os.seteuid(0)
        os.setegid(0)


@pytest.fixture
def notes(tmp_path: Path) -> Path:
    folder = tmp_path / "notes"
    folder.mkdir()
    (folder / "bread.md").write_text("# Sourdough\n\nLet the dough rest for twelve hours in the fridge.\n")
    (folder / "car.md").write_text("# Car\n\nThe winter tyres are at the garage in Mill Lane.\n")
    (folder / "trip.txt").write_text("We took the night train to Lisbon and stayed near the river.\n")
    return folder


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that every user of the machine may enter."""
    folder = Path(tempfile.mkdtemp(prefix="twinning-notes-")).resolve()
    folder.chmod(0o755)
    yield folder
    for inside, _, _ in os.walk(folder):
        os.chmod(inside, 0o755)
    shutil.rmtree(folder)


async def test_a_second_import_writes_only_what_changed(house: House, ana: Person, notes: Path) -> None:
    first = await house.import_path(ana, notes)
    assert (first.added, first.passages) == (3, 3)
    before = {source: made for source, _, made in await _passages(house, ana)}
    (notes / "car.md").write_text("# Car\n\nThe winter tyres are in the cellar now.\n")
    (notes / "trip.txt").unlink()
    (notes / "new.org").write_text("* Tea\n\nWater at eighty degrees for green tea.\n")
    second = await house.import_path(ana, notes)
    assert (second.added, second.changed, second.unchanged, second.removed) == (1, 1, 1, 1)
    after = {source: made for source, _, made in await _passages(house, ana)}
    assert after[str(notes / "bread.md")] == before[str(notes / "bread.md")]
    assert str(notes / "trip.txt") not in after
    said = await _texts(house, ana)
    assert "cellar" in said
    assert "Mill Lane" not in said
    await _assert_words_are_counted_right(house, ana)


async def test_passages_of_a_changed_file_that_stayed_the_same_keep_their_ids(
    house: House, ana: Person, tmp_path: Path
) -> None:
    parts = [f"# Part {n}\n\n" + f"This is what part {n} says about subject {n * 7}. " * 30 for n in range(6)]
    file = tmp_path / "long.md"
    file.write_text("\n\n".join(parts))
    await house.import_path(ana, file)
    await embed_pending(house.omac, ana)
    before = {said: made for _, said, made in await _passages(house, ana)}
    file.write_text("\n\n".join([*parts, "# Part 6\n\n" + "Something new about zebras stands at the end. " * 30]))
    summary = await house.import_path(ana, file)
    after = {said: made for _, said, made in await _passages(house, ana)}
    kept = [said for said in before if said in after]
    assert len(kept) >= 4
    assert all(after[said] == before[said] for said in kept)
    assert summary.passages == len(after) - len(kept)
    status = await house.memory_status(ana)
    assert status.memories - status.embedded == summary.passages, "vectors of unchanged passages are kept"


async def test_the_same_content_under_two_names_is_there_once_and_said(house: House, ana: Person, notes: Path) -> None:
    shutil.copy(notes / "bread.md", notes / "copy of bread.md")
    summary = await house.import_path(ana, notes)
    assert summary.duplicates == [(str(notes / "copy of bread.md"), str(notes / "bread.md"))]
    assert "copy of bread.md" in "\n".join(summary.lines())
    assert len(await _passages(house, ana)) == 3
    (notes / "bread.md").unlink()
    await house.import_path(ana, notes)
    assert "twelve hours" in await _texts(house, ana), "the copy takes the place of what vanished"


async def test_a_copy_takes_the_place_of_an_original_that_changed(house: House, ana: Person, notes: Path) -> None:
    (notes / "trip.txt").rename(notes / "zz.txt")
    await house.import_path(ana, notes)
    shutil.copy(notes / "zz.txt", notes / "aa.txt")
    (notes / "zz.txt").write_text("Nothing about that journey stands here any more.\n")
    await house.import_path(ana, notes)
    said = await _texts(house, ana)
    assert said.count("night train to Lisbon") == 1
    assert "Nothing about that journey" in said


async def test_a_renamed_file_is_moved(house: House, ana: Person, notes: Path) -> None:
    await house.import_path(ana, notes)
    (notes / "bread.md").rename(notes / "baking.md")
    summary = await house.import_path(ana, notes)
    assert (summary.added, summary.removed, summary.duplicates) == (1, 1, [])
    assert [source for source, said, _ in await _passages(house, ana) if "dough" in said] == [str(notes / "baking.md")]


async def test_a_file_that_cannot_be_read_any_more_keeps_its_passages(house: House, ana: Person, notes: Path) -> None:
    await house.import_path(ana, notes)
    (notes / "car.md").write_bytes(b"\x89PNG\r\n\x1a\n\x00\x00\x00 not a note any more")
    summary = await house.import_path(ana, notes)
    assert [path for path, _ in summary.skipped] == [str(notes / "car.md")]
    assert summary.removed == 0
    assert "Mill Lane" in await _texts(house, ana)


async def test_files_and_folders_without_permission_are_named_and_keep_what_was_there(
    house: House, ana: Person, open_folder: Path
) -> None:
    (open_folder / "private").mkdir()
    (open_folder / "private" / "diary.md").write_text("# Diary\n\nI dreamt of a purple lighthouse.\n")
    (open_folder / "will.md").write_text("# Will\n\nThe cello goes to my niece.\n")
    (open_folder / "open.md").write_text("# Open\n\nEverybody may read about the fountain.\n")
    await house.import_path(ana, open_folder)
    (open_folder / "private").chmod(0)
    (open_folder / "will.md").chmod(0)
    (open_folder / "open.md").write_text("# Open\n\nEverybody may read about the new bandstand.\n")
    with _ordinary_user():
        summary = await house.import_path(ana, open_folder)
    assert sorted(path for path, _ in summary.skipped) == [str(open_folder / "private"), str(open_folder / "will.md")]
    assert all("change its permissions" in why for _, why in summary.skipped)
    assert (summary.changed, summary.removed) == (1, 0)
    said = await _texts(house, ana)
    assert "purple lighthouse" in said
    assert "cello" in said
    assert "bandstand" in said


async def test_a_folder_that_is_suddenly_empty_is_refused(house: House, ana: Person, notes: Path) -> None:
    await house.import_path(ana, notes)
    for file in notes.iterdir():
        file.unlink()
    with pytest.raises(BadInput, match="mount it"):
        await house.import_path(ana, notes)
    assert len(await _passages(house, ana)) == 3
    gone = await house.omac.forget_documents(ana, str(notes), ask=lambda count: count == 3)
    assert gone == 3
    assert await _passages(house, ana) == []
    await _assert_words_are_counted_right(house, ana)
    with pytest.raises(NotFound):
        await house.omac.forget_documents(ana, str(notes), ask=lambda _: True)


async def test_a_path_that_is_not_there_is_said_in_words(house: House, ana: Person, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="check the path"):
        await house.import_path(ana, tmp_path / "nowhere")


async def test_forgotten_passages_stay_forgotten_when_their_file_is_imported_again(
    house: House, ana: Person, notes: Path
) -> None:
    await house.import_path(ana, notes)
    (made,) = [made for _, said, made in await _passages(house, ana) if "Lisbon" in said]
    done = await house.omac.forget(ana, [made])
    assert done == Forgotten(memories=1, messages=0, proven=True)
    assert (await house.import_path(ana, notes)).unchanged == 3
    (notes / "trip.txt").rename(notes / "journey.txt")
    moved = await house.import_path(ana, notes)
    assert (moved.added, moved.forgotten) == (1, 1)
    await house.omac.forget_documents(ana, str(notes), ask=lambda _: True)
    again = await house.import_path(ana, notes)
    assert (again.added, again.forgotten, again.passages) == (3, 1, 2)
    assert "you had them forgotten" in "\n".join(again.lines())
    assert "Lisbon" not in await _texts(house, ana)


async def test_a_forgotten_passage_stays_forgotten_where_its_neighbours_change_and_it_is_cut_elsewhere(
    house: House, ana: Person, tmp_path: Path
) -> None:
    def about(what: str, *, sentences: int) -> str:
        return " ".join(f"The {what} number {n} stands in the cellar behind the door." for n in range(sentences))

    folder = tmp_path / "home"
    folder.mkdir()
    note = folder / "house.md"
    secret = about("secret", sentences=25)
    note.write_text(f"# House\n\n{about('boiler', sentences=25)}\n\n{secret}\n\n{about('lamp', sentences=25)}\n")
    await house.import_path(ana, folder)
    hidden = [(made, said) for _, said, made in await _passages(house, ana) if "secret" in said]
    assert hidden
    await house.omac.forget(ana, [made for made, _ in hidden])

    note.write_text(f"# House\n\n{about('lamp', sentences=4)}\n\n{secret}\n\n{about('lamp', sentences=9)}\n")
    cut = {part.text for part in passages(read(note)[0])}
    assert not cut & {said for _, said in hidden}, "this test needs a cut that is another one"
    assert any("secret" in text for text in cut)

    summary = await house.import_path(ana, folder)
    assert summary.changed == 1
    assert summary.forgotten + summary.shortened > 0
    left = await _texts(house, ana)
    assert "secret" not in left
    assert left.count("lamp number") == 13
    assert await house.omac.recall(ana, "secret number 7 in the cellar")
    assert not any("secret" in each.text for each in await house.omac.recall(ana, "secret number 7", limit=50))


async def test_one_bad_file_of_each_sort_is_reported_and_the_others_are_read(
    house: House, ana: Person, notes: Path
) -> None:
    (notes / "binary.md").write_bytes(bytes(range(256)) * 20)
    (notes / "broken.pdf").write_bytes(b"%PDF-1.7\nnothing of the sort")
    (notes / "bomb.docx").write_bytes(b"PK\x03\x04" + b"\0" * 100)
    (notes / "empty.md").write_text("")
    (notes / "picture.png").write_bytes(b"\x89PNG\r\n")
    (notes / "latin.txt").write_bytes("Der Schlüssel liegt unter der Fußmatte, grüßt Jürgen.".encode("cp1252"))
    (notes / "gone.md").symlink_to(notes / "nothing.md")
    os.mkfifo(notes / "pipe.md")
    summary = await house.import_path(ana, notes)
    skipped = {Path(path).name for path, _ in summary.skipped}
    assert skipped == {"binary.md", "broken.pdf", "bomb.docx", "empty.md", "picture.png", "gone.md", "pipe.md"}
    assert summary.added == 4
    assert "Fußmatte" in await _texts(house, ana)
    lines = "\n".join(summary.lines())
    assert "7 skipped:" in lines
    assert all(name in lines for name in skipped)


async def test_a_pipe_is_not_waited_for(house: House, ana: Person, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.md")
    async with asyncio.timeout(60):
        summary = await house.import_path(ana, tmp_path / "pipe.md")
    assert [Path(path).name for path, _ in summary.skipped] == ["pipe.md"]


async def test_a_file_that_vanishes_during_the_import_is_reported(house: House, ana: Person, notes: Path) -> None:
    gone = notes / "zz-vanishing.md"
    gone.write_text("# Here for a moment\n\nAnd then not.\n")

    class Vanishing(Import):
        def _read(self, name: str, file: Path):  # type: ignore[no-untyped-def]
            gone.unlink(missing_ok=True)
            return super()._read(name, file)

    summary = await Vanishing(house.omac, ana).run(notes)
    assert summary.added == 3
    assert summary.skipped == [(str(gone), "it vanished while it was being imported; run the import again")]


async def test_file_names_that_are_no_unicode_are_imported(house: House, ana: Person, tmp_path: Path) -> None:
    folder = os.fsencode(tmp_path) + b"/caf\xe9"
    os.mkdir(folder)
    with open(folder + b"/men\xfc.md", "wb") as note:
        note.write("# Menü\n\nThe plat du jour is ratatouille.\n".encode())
    with open(folder + b"/\xff.png", "wb") as picture:
        picture.write(b"\x89PNG")
    summary = await house.import_path(ana, Path(os.fsdecode(folder)))
    assert summary.added == 1
    assert r"\xff.png" in "\n".join(summary.lines())
    assert [source for source, _, _ in await _passages(house, ana)] == [rf"{tmp_path}/caf\xe9/men\xfc.md"]
    assert (await house.import_path(ana, Path(os.fsdecode(folder)))).unchanged == 1


async def test_two_imports_at_once_for_one_person_are_refused_in_words(house: House, ana: Person, notes: Path) -> None:
    async with house.database.alone(f"import {ana.id}") as alone:
        assert alone
        with pytest.raises(InUse, match="Another import is running"):
            await house.import_path(ana, notes)
    assert (await house.import_path(ana, notes)).added == 3


def _conversation(name: str, title: str, said: str) -> dict[str, object]:
    return {
        "id": name,
        "title": title,
        "create_time": 1717000000,
        "current_node": "b",
        "mapping": {
            "a": {"id": "a", "message": None, "parent": None, "children": ["b"]},
            "b": {
                "id": "b",
                "parent": "a",
                "children": [],
                "message": {
                    "author": {"role": "user"},
                    "create_time": 1717000001,
                    "content": {"content_type": "text", "parts": [said]},
                },
            },
        },
    }


async def test_an_export_with_several_conversations_changes_one_by_one(
    house: House, ana: Person, tmp_path: Path
) -> None:
    export = tmp_path / "conversations.json"
    said = {"c1": "Plan a week in Norway", "c2": "How do I prune roses?", "c3": "Explain compound interest"}
    export.write_text(json.dumps([_conversation(key, key.upper(), words) for key, words in said.items()]))
    await house.import_path(ana, export)
    before = {text_: made for _, text_, made in await _passages(house, ana)}
    assert len(before) == (await house.memory_status(ana)).documents == 3
    del said["c2"]
    said["c3"] = "Explain simple interest"
    said["c4"] = "Name three birds"
    export.write_text(json.dumps([_conversation(key, key.upper(), words) for key, words in said.items()]))
    await house.import_path(ana, export)
    after = {text_: made for _, text_, made in await _passages(house, ana)}
    (norway,) = [text_ for text_ in after if "Norway" in text_]
    assert after[norway] == before[norway]
    assert (await house.memory_status(ana)).documents == 3
    assert not any("roses" in text_ or "compound" in text_ for text_ in after)
    await _assert_words_are_counted_right(house, ana)


async def test_an_export_that_names_two_conversations_the_same_loses_neither(
    house: House, ana: Person, tmp_path: Path
) -> None:
    export = tmp_path / "conversations.json"
    export.write_text(json.dumps([_conversation("x", "A", "About owls"), _conversation("x", "B", "About newts")]))
    assert (await house.import_path(ana, export)).passages == 2
    export.write_text(json.dumps([_conversation("x", "A", "About owls"), _conversation("x", "B", "About toads")]))
    await house.import_path(ana, export)
    said = await _texts(house, ana)
    assert "owls" in said
    assert "toads" in said
    assert "newts" not in said


async def test_uploads_are_known_by_their_name(house: House, ana: Person, tmp_path: Path) -> None:
    dropped = tmp_path / "f3a9.md"
    dropped.write_text("# Report\n\nThe survey was finished in June.\n")
    assert (await house.import_path(ana, dropped, name="upload:report.md")).added == 1
    assert (await house.import_path(ana, dropped, name="upload:report.md")).unchanged == 1
    other = tmp_path / "77aa.md"
    other.write_text("# Report\n\nThe survey was finished in July.\n")
    assert (await house.import_path(ana, other, name="upload:report.md")).changed == 1
    assert [(source, "July" in said) for source, said, _ in await _passages(house, ana)] == [("upload:report.md", True)]
    assert await house.omac.forget_documents(ana, "upload:report.md", ask=lambda _: True) == 1


async def test_progress_reaches_the_end(house: House, ana: Person, notes: Path) -> None:
    seen: list[Progress] = []
    await house.import_path(ana, notes, progress=seen.append)
    assert (seen[-1].done, seen[-1].total) == (3, 3)


async def test_remembering_and_forgetting_during_an_import_does_no_harm(
    house: House, ana: Person, tmp_path: Path
) -> None:
    folder = tmp_path / "many"
    folder.mkdir()
    for n in range(120):
        (folder / f"{n:03}.md").write_text(f"# Note {n}\n\nAbout zebra {n % 17}, quince {n % 5} and apple {n % 3}.\n")
    await house.import_path(ana, folder)
    for n in range(120):
        (folder / f"{n:03}.md").write_text(f"# Note {n}\n\nAbout apple {n % 7}, zebra {n % 3} and walnut {n % 5}.\n")

    async def talk(start: int) -> None:
        for n in range(start, start + 4):
            made = await house.omac.remember(ana, f"Fact {n}: the apple zebra walnut quince", source="command line")
            if n % 2:
                await house.omac.forget(ana, [made.id])

    same = [house.omac.remember(ana, "The very same fact", source="command line") for _ in range(4)]
    await asyncio.gather(house.import_path(ana, folder), talk(0), talk(100), *same)
    await _assert_words_are_counted_right(house, ana)
    facts = Counter(fact.text for fact in await house.omac.facts(ana))
    assert facts["The very same fact"] == 1
    assert len(facts) == 1 + 4
    assert len(await _passages(house, ana)) == 120


@pytest.mark.parametrize("seed", [1, 2])
async def test_after_any_sequence_of_edits_memory_equals_a_clean_import(
    house: House, ana: Person, tmp_path: Path, seed: int
) -> None:
    chance = random.Random(seed)
    words = "apple river lantern granite violin harbour pepper meadow copper orchid".split()
    folder = tmp_path / "vault"
    (folder / "sub").mkdir(parents=True)

    def write(file: Path) -> None:
        sections = chance.sample(words, chance.randint(1, 5))
        file.write_text("\n\n".join(f"# {w}\n\n" + f"The {w} is {chance.choice(words)}. " * 25 for w in sections))

    for _ in range(9):
        for _ in range(chance.randint(1, 4)):
            file = chance.choice([folder, folder / "sub"]) / f"{chance.randint(0, 6)}.md"
            present = sorted(folder.rglob("*.md"))
            match chance.choice(["write", "write", "copy", "delete", "rename"]):
                case "delete" if len(present) > 1:
                    chance.choice(present).unlink()
                case "rename" if present:
                    chance.choice(present).rename(file)
                case "copy" if present:
                    source = chance.choice(present)
                    file.write_bytes(source.read_bytes())
                case _:
                    write(file)
        await house.import_path(ana, folder)
        if chance.random() < 0.4:
            await house.omac.remember(ana, f"A fact about {chance.choice(words)} {chance.random()}", source="test")
            (fact, *_) = await house.omac.facts(ana)
            if chance.random() < 0.5:
                await house.omac.forget(ana, [fact.id])
        await _assert_words_are_counted_right(house, ana)
    incremental = Counter(said for _, said, _ in await _passages(house, ana))
    await house.omac.forget_documents(ana, str(folder), ask=lambda _: True)
    await _assert_words_are_counted_right(house, ana)
    await house.import_path(ana, folder)
    assert incremental == Counter(said for _, said, _ in await _passages(house, ana))
