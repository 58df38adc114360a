"""Other models' cosines on MiniLM's scale."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from assistant.errors import BadResponse
from assistant.memory import likeness
from assistant.memory.likeness import ANSWERED, AS_IT_IS, MESSAGES, QUESTIONS, SAID_TWICE, Likeness
from assistant.testing import BagEmbedder

PARTNERS = {text: n for n, pair in enumerate((*ANSWERED, *SAID_TWICE)) for text in pair}


class Squashed(BagEmbedder):
    """A model that says `together` of texts that belong together and `apart` of others."""

    name = "test:squashed"
    fitted = False

    def __init__(self, *, together: float, apart: float) -> None:
        self.together, self.apart = together, apart
        self.texts = 0

    async def embed(self, texts: Sequence[str], *, query: bool = False) -> npt.NDArray[np.float32]:
        """One direction that all share, one that partners share, and one of each text's own."""
        self.texts += len(texts)
        rows = np.zeros((len(texts), 384), np.float32)
        for row, text in zip(rows, texts, strict=True):
            own = list(PARTNERS).index(text)
            row[0], row[1 + PARTNERS[text]] = self.apart**0.5, (self.together - self.apart) ** 0.5
            row[100 + own] = (1 - self.together) ** 0.5
        return rows


async def test_what_belongs_together_and_what_does_not_comes_out_as_minilm_says_it(tmp_path: Path) -> None:
    measured = Likeness(Squashed(together=0.84, apart=0.77), cache_dir=tmp_path)
    answers, messages = await measured.of_answers(), await measured.of_messages()
    assert answers.of(np.array([0.84, 0.77])).tolist() == pytest.approx([QUESTIONS.together, QUESTIONS.apart], abs=1e-3)
    assert messages.of(np.array([0.84, 0.77])).tolist() == pytest.approx([MESSAGES.together, MESSAGES.apart], abs=1e-3)
    assert answers.of(np.array([0.805]))[0] == pytest.approx((QUESTIONS.together + QUESTIONS.apart) / 2, abs=2e-3)


async def test_the_model_that_everything_was_fitted_to_is_not_measured(tmp_path: Path) -> None:
    builtin = Squashed(together=0.84, apart=0.77)
    builtin.fitted = True
    assert await Likeness(builtin, cache_dir=tmp_path).of_answers() is AS_IT_IS
    assert builtin.texts == 0


async def test_a_model_is_measured_once_and_not_at_every_start(tmp_path: Path) -> None:
    model = Squashed(together=0.6, apart=0.2)
    first = Likeness(model, cache_dir=tmp_path)
    here = await first.of_answers(), await first.of_messages()
    shown = model.texts
    assert shown == 2 * (len(ANSWERED) + len(SAID_TWICE))
    later = Likeness(model, cache_dir=tmp_path)
    assert (await later.of_answers(), await later.of_messages()) == here
    assert model.texts == shown


async def test_another_model_is_not_taken_for_the_one_measured_before(tmp_path: Path) -> None:
    one, other = Squashed(together=0.6, apart=0.2), Squashed(together=0.9, apart=0.8)
    other.name = "test:other"
    assert (await Likeness(one, cache_dir=tmp_path).of_answers()).slope < 1
    assert (await Likeness(other, cache_dir=tmp_path).of_answers()).slope > 3


async def test_a_cache_that_was_cut_off_is_measured_anew(tmp_path: Path) -> None:
    model = Squashed(together=0.6, apart=0.2)
    whole = await Likeness(model, cache_dir=tmp_path).of_answers()
    (cached,) = tmp_path.glob("likeness-*.json")
    cached.write_text(cached.read_text()[:20])
    assert await Likeness(model, cache_dir=tmp_path).of_answers() == whole
    assert len(json.loads(cached.read_text())) == 2


async def test_a_folder_that_cannot_be_written_costs_the_cache_only(tmp_path: Path) -> None:
    (tmp_path / "cache").write_text("a file where the folder should be")
    scale = await Likeness(Squashed(together=0.6, apart=0.2), cache_dir=tmp_path / "cache").of_answers()
    assert scale.slope == pytest.approx((QUESTIONS.together - QUESTIONS.apart) / 0.4, abs=1e-3)


async def test_a_model_that_cannot_tell_is_refused_in_words(tmp_path: Path) -> None:
    with pytest.raises(BadResponse, match="set TWINNING_EMBEDDING_MODEL to a model that is made for looking things up"):
        await Likeness(Squashed(together=0.91, apart=0.90), cache_dir=tmp_path).of_answers()


def test_no_text_stands_twice_among_the_pairs() -> None:
    assert len(PARTNERS) == 2 * (len(likeness.ANSWERED) + len(likeness.SAID_TWICE))
