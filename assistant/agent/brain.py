"""The language model with what it may do: chosen, probed once, and told to the person."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass, replace

from assistant.agent import probe
from assistant.agent.models import ChatModel, choose_model
from assistant.errors import TwinningError
from assistant.events import Mode
from assistant.settings import Settings

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class BrainStatus:
    """What is shown to the person about the model.

    Attributes:
        why: One sentence: how it was chosen and what the probe said, or why there is none.
        reads: It is believed in words, not in numbers only.
    """

    model: str | None
    mode: Mode
    why: str
    reads: bool = False


class Brain:
    """Chooses the model when it is first needed.

    Args:
        tell: Called with a sentence when something takes a while.
    """

    def __init__(self, settings: Settings, *, tell: Callable[[str], None] = lambda _: None) -> None:
        self._settings = settings
        self._tell = tell
        self._model: ChatModel | None = None
        self._status = BrainStatus(None, Mode.EXTRACTIVE, "No model was chosen yet.")
        self._choosing = asyncio.Lock()

    async def ready(self) -> tuple[ChatModel | None, Mode]:
        """The model and its mode; (None, EXTRACTIVE) when there is none. Without one we still quote."""
        status = await self.status()
        return self._model, status.mode

    async def status(self) -> BrainStatus:
        """The model, its mode and why. Nothing is loaded and nothing is asked of it."""
        async with self._choosing:
            if self._model is None:
                self._status = await self._choose()
            return self._status

    async def probe(self) -> BrainStatus:
        """Puts the model to the test, once for its weights, and works in the mode that it earned.

        Raises:
            ModelUnavailable: it does not answer; it stays in the mode it was in.
        """
        if (model := (await self.ready())[0]) is not None:
            result = await probe.mode_of(model, self._settings, tell=self._tell)
            why = f"{self._chosen} {result.why}"
            self._status = replace(self._status, mode=result.mode, why=why, reads=result.reads)
        return self._status

    async def close(self) -> None:
        """Stops the built-in model if this process started it."""
        if self._model is not None:
            await self._model.aclose()
            self._model = None

    async def _choose(self) -> BrainStatus:
        try:
            choice = await choose_model(self._settings, tell=self._tell)
        except TwinningError as error:
            log.warning("No language model", extra={"action": "model_unavailable"})
            return BrainStatus(None, Mode.EXTRACTIVE, str(error))
        if choice.model is None:
            return BrainStatus(None, Mode.EXTRACTIVE, choice.why)
        self._model, self._chosen = choice.model, choice.why
        if result := await probe.known(choice.model, self._settings):
            return BrainStatus(choice.model.name, result.mode, f"{choice.why} {result.why}", result.reads)
        # Until it was tested it gets the least that a model may do: say quotes again, checked by code.
        return BrainStatus(choice.model.name, Mode.WRITER, f"{choice.why} It was not tested yet.")
