"""Which tool a message means: rules for the unmistakable, then likeness to example sentences, then the person."""

from __future__ import annotations

import asyncio
import datetime as dt
import hashlib
import logging
import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from uuid import UUID

import numpy as np
import numpy.typing as npt

from assistant.db import operations, route_examples
from assistant.db.database import Database
from assistant.memory.embedding import Embedder
from assistant.memory.formats.decoding import clean
from assistant.memory.likeness import Likeness
from tools import Effect, Tool, all_tools

log = logging.getLogger(__name__)

TALK = "talk"
"""The route without a tool: the model answers directly."""
TALK_EXAMPLES = (
    "hi",
    "hello there, how are you?",
    "good morning!",
    "thank you, that helps",
    "who are you?",
    "what can you do?",
    "write a short poem about rain",
    "translate 'good night' into French",
    "give me three ideas for a birthday party",
    "rewrite this sentence more politely",
    "tell me a joke",
    "I feel a bit tired today",
)
TALK_RULES = re.compile(
    r"\s*(?:(?:hi|hello|hey|hey there|hi there|good (?:morning|evening|afternoon|night)|thanks?|thank you"
    r"|thank you (?:so|very) much|thanks a lot|ok|okay|great|cool|nice|bye|goodbye|see you|yes|no|how are you)"
    r"(?:,? twinning)?[\s,.!?]*)+",
    re.IGNORECASE,
)
TALK_TASKS = re.compile(
    r"\s*(?:please |can you |could you |would you |help me (?:to )?|i'd like you to |i want you to )*"
    r"(?:(?:write|compose|draft|rewrite|rephrase|translate|proofread|improve|shorten|correct the (?:grammar|spelling)"
    r"|brainstorm|imagine|pretend|invent|sing) |make up |tell (?:me )?a (?:joke|story)|give me (?:a|an|some|\w+) "
    r"(?:ideas?|names?|tips?|jokes?|examples?|suggestions?|synonyms?)\b"
    r"|i(?:'m| am| feel) (?:so |a bit |a little |very )?(?:bored|tired|sad|happy|lonely|stressed|fine|ok|okay)\b).*",
    re.IGNORECASE | re.DOTALL,
)
QUESTION_CHARACTERS = 400
"""What is longer tells more than it asks."""
QUESTION = re.compile(
    r"\s*(?:and |so |but |also |please |can you tell me |could you tell me |do you know |tell me |remind me "
    r"|i wonder |i(?:'ve)? forgot(?:ten)? |i (?:can't|don't|cannot) (?:remember|recall) |i(?:'d like| need) to know "
    r"|(?:do you have )?any idea )*"
    r"(?:what|when|where|who|whom|whose|which|why|how|is|are|was|were|do|does|did|has|have|had|can|could|should|will"
    r"|would|may|must|in which|at what|on which|for how|to whom)\b.{6,}",
    re.IGNORECASE | re.DOTALL,
)
_ASKING = r"(?:what|when|where|who|whom|whose|which|why|how)\b(?!(?:['’]s|'re| is| are| can| do| would) you)"
ASKED_LATER = re.compile(
    # "After how long ...?"  "In vim, what is ...?"  "It keeps failing - what now?"  "After a frost how many ...?"
    r"\s*(?:(?:after|against|among|around|as of|at|before|between|by|during|for|from|in|into|of|on|over|per|since"
    rf"|through|to|towards?|under|until|up to|with|within|without) {_ASKING}"
    rf"|.+?(?:[,;:.!?–—]|\s-)\s*(?:(?:and|but|so|then) )?(?:\w+ )?{_ASKING}"
    r"|.+?\bhow (?:many|much|long|often|far)\b).{6,}\?[\s\"'”’)]*",
    re.IGNORECASE | re.DOTALL,
)
"""A question whose asking word does not come first; it has to end with a question mark."""
SURE = 0.55
"""Likeness (cosine to the nearest example, as MiniLM would say it) from which a route is taken without asking."""
AHEAD = 0.06
"""And by how much it must lead the next route."""
OPTIONS = 3


@dataclass(frozen=True)
class Route:
    """What a message means.

    Attributes:
        name: A tool's name, or "talk".
        arguments: What code could read from the message already.
        confidence: 0..1; a rule's is 1.
        asked_back: True when it is too uncertain to act on.
        options: The likeliest routes by name, best first.
        by: "rule", "question", "likeness" or "length".
    """

    name: str
    arguments: Mapping[str, str] = field(default_factory=dict)
    confidence: float = 1.0
    asked_back: bool = False
    options: Sequence[str] = ()
    by: str = "rule"


class Router:
    """Routes messages.

    Args:
        embedder: Compares a message with the examples.
        likeness: Puts what it says on the scale of the thresholds.
        cache_dir: The examples' vectors are kept here from one start to the next.
    """

    def __init__(self, database: Database, embedder: Embedder, likeness: Likeness, *, cache_dir: Path) -> None:
        self._database = database
        self._embedder = embedder
        self._likeness = likeness
        self._cache_dir = cache_dir
        self._names: list[str] = []
        self._vectors: npt.NDArray[np.float32] | None = None
        self._own: dict[str, npt.NDArray[np.float32]] = {}
        self._loading = asyncio.Lock()

    async def route(self, text: str, *, person: UUID, now: dt.datetime) -> Route:
        """The route of one message.

        Args:
            now: The person's present instant, for "last week".
        """
        text = clean(text)
        found = by_rule(text)
        # What would be looked up in the notes may be something that can be computed.
        if found is None or _looks_up(found):
            found = await self._recognised(text, person, now=now) or found
        return found or await self._by_likeness(text, person)

    async def _recognised(self, text: str, person: UUID, *, now: dt.datetime) -> Route | None:
        for name, tool in all_tools().items():
            given = await tool.recognises(self._database, person, text, now) if tool.recognises else None
            if given is not None:
                return Route(name, given)
        return None

    async def learn(self, text: str, route: str, *, person: UUID) -> None:
        """A confirmed sentence joins the person's own examples."""
        async with self._database.session(person) as session:
            await route_examples.add(session, person, text=text, route=route)

    async def _by_likeness(self, text: str, person: UUID) -> Route:
        async with self._database.session(person) as session:
            own = await route_examples.of(session, person)
            connected = frozenset(each.service for each in await operations.connections(session, person))
        normal = _normal(text)
        for example, name in own:
            if _normal(example) == normal:
                return Route(name, _whole(name, text), by="likeness")
        own += [
            (example, name)
            for name, tool in all_tools().items()
            if tool.own_examples
            for example in await tool.own_examples(self._database, person)
        ]
        names, vectors = await self._examples()
        said = (await self._embedder.embed([text]))[0]
        vectors = np.concatenate([vectors, await self._remembered([example for example, _ in own])])
        names = [*names, *(name for _, name in own)]
        best: dict[str, float] = {}
        scale = await self._likeness.of_messages()
        for name, likeness in zip(names, scale.of(vectors @ said), strict=True):
            best[name] = max(best.get(name, -1.0), float(likeness))
        # What is not connected is meant only by words that are surely its own.
        usable = {name for name in best if best[name] >= SURE or _service(name) in connected | {""}}
        ranked = sorted(usable, key=lambda name: -best[name])
        first, second = ranked[0], ranked[1]
        confidence = max(0.0, min(1.0, best[first]))
        # Only the person's own unmistakable words change anything: likeness to them is not enough, unless an approval
        # comes in between.
        tool = all_tools().get(first)
        writes = tool is not None and tool.effect is not Effect.READ and not tool.outside
        unsure = writes or best[first] < SURE or best[first] - best[second] < AHEAD
        options = _options(ranked)
        if unsure and _only_asks(text):
            given = {"question": text.strip()}
            return Route("recall", given, confidence=round(confidence, 3), options=options, by="question")
        return Route(
            first,
            _whole(first, text),
            confidence=round(confidence, 3),
            asked_back=unsure,
            options=options,
            by="likeness",
        )

    async def _remembered(self, texts: Sequence[str]) -> npt.NDArray[np.float32]:
        """Vectors of a person's own examples: (texts, dimensions). Those that are new are embedded."""
        new = [each for each in dict.fromkeys(texts) if each not in self._own]
        if new:
            self._own.update(zip(new, await self._embedder.embed(new), strict=True))
        width = self._embedder.dimensions
        return np.stack([self._own[each] for each in texts]) if texts else np.zeros((0, width), np.float32)

    async def _examples(self) -> tuple[list[str], npt.NDArray[np.float32]]:
        async with self._loading:
            if self._vectors is None:
                pairs = [(name, text) for name, tool in all_tools().items() for text in tool.examples]
                pairs += [(TALK, text) for text in TALK_EXAMPLES]
                self._vectors = await self._embedded([text for _, text in pairs])
                self._names = [name for name, _ in pairs]
        return self._names, self._vectors

    async def _embedded(self, texts: Sequence[str]) -> npt.NDArray[np.float32]:
        key = hashlib.sha256("\x00".join([self._embedder.name, *texts]).encode()).hexdigest()[:16]
        path = self._cache_dir / f"routes-{key}.npy"
        if path.exists():
            return np.asarray(np.load(path, allow_pickle=False), dtype=np.float32)
        vectors = await self._embedder.embed(texts)
        fresh = path.with_suffix(f".{os.getpid()}.npy")
        try:
            self._cache_dir.mkdir(parents=True, exist_ok=True)
            np.save(fresh, vectors, allow_pickle=False)
            fresh.replace(path)
        except OSError as error:  # it spares half a second at the next start; being without it is no failure
            log.info("Route examples are not cached", extra={"action": "cache_failed", "error": error.strerror})
            fresh.unlink(missing_ok=True)
        return vectors


def by_rule(text: str) -> Route | None:
    """What needs no model: greetings, the tools' own rules, and questions, which go to memory."""
    if TALK_RULES.fullmatch(text):
        return Route(TALK)
    # "Write a comment on #5" names a service; "write a comment on her new hat" is something to talk about.
    named = [each for each in _most_specific() if not _of_memory(each[1])]
    if route := _ruled(named, text):
        return route
    if TALK_TASKS.fullmatch(text):
        return Route(TALK)
    if route := _ruled([each for each in _most_specific() if _of_memory(each[1])], text):
        return route
    asked = QUESTION.fullmatch(text) or ASKED_LATER.fullmatch(text)
    if len(text) <= QUESTION_CHARACTERS and asked and not TALKING_TO_IT.search(text):
        return Route("recall", {"question": text.strip()}, by="question")
    return None


TALKING_TO_IT = re.compile(
    r"^\W*(?:how are you|who are you|what are you|what can you do|what(?:'s| is) your|are you|do you (?:like|feel)"
    r"|can you (?:write|translate|help|make|give|tell me a)|could you (?:write|translate|help|make|give)"
    r"|would you)\b",
    re.IGNORECASE,
)


ASKED_TO = re.compile(
    r"^\W*(?:(?:hey|hi|hello|ok|okay|please|so|and|then|twinning)\b\W*)*"
    r"(?:(?:can|could|would|will|won't) you|please|let's|shall (?:we|i)|forget|delete|remove|add|open|close|create|run"
    r"|send|log|set|change|correct|save|note|list|show|write|translate|tell)\b",
    re.IGNORECASE,
)
"""Something is to be done, although a question mark follows."""


def _only_asks(text: str) -> bool:
    """ "Garage code?": whatever it is like, no more than an answer is wanted, and looking it up changes nothing."""
    asks = text.rstrip(" \"'”’)").endswith("?") and len(text) <= QUESTION_CHARACTERS
    return asks and not ASKED_TO.search(text) and not TALKING_TO_IT.search(text)


def _options(ranked: Sequence[str]) -> tuple[str, ...]:
    """What the person may choose from: the likeliest, and always looking it up."""
    likeliest = tuple(ranked[:OPTIONS])
    return likeliest if "recall" in likeliest else (*likeliest[:-1], "recall")


def _ruled(tools: Sequence[tuple[str, Tool]], text: str) -> Route | None:
    for name, tool in tools:
        for rule in tool.rules:
            if found := rule.fullmatch(text):
                return Route(name, {key: value.strip() for key, value in found.groupdict().items() if value})
    return None


def _most_specific() -> list[tuple[str, Tool]]:
    """Whoever names a service means it; memory could be meant by nearly everything, and looking up by anything."""
    return sorted(all_tools().items(), key=lambda item: (item[0] == "recall", _of_memory(item[1])))


def _looks_up(route: Route) -> bool:
    tool = all_tools().get(route.name)
    return tool is not None and _of_memory(tool) and tool.effect is Effect.READ


def _of_memory(tool: Tool) -> bool:
    return tool.function.__module__ == "tools.memory"


def whole(tool: Tool, text: str) -> dict[str, str]:
    """The message as the argument of a tool that needs one text and nothing else."""
    fields = tool.arguments.model_fields
    needed = [name for name, field in fields.items() if field.is_required()]
    if len(fields) == 1:
        needed = list(fields)
    return {needed[0]: text.strip()} if len(needed) == 1 and fields[needed[0]].annotation is str else {}


def _service(name: str) -> str:
    tool = all_tools().get(name)
    return tool.service if tool else ""


def _whole(name: str, text: str) -> dict[str, str]:
    tool = all_tools().get(name)
    return whole(tool, text) if tool else {}


def _normal(text: str) -> str:
    return " ".join(re.findall(r"\w+", text.casefold()))
