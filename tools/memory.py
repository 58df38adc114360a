"""What the assistant can do with memory: look up, remember, correct, forget."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from assistant.context import Choice, Context, Result
from assistant.db.tables import Memory
from assistant.errors import NotFound
from assistant.memory import quoting
from assistant.memory.correcting import in_full
from tools import Effect, tool

LISTED = 20
LABEL_CHARACTERS = 160
MOST_LISTED, WORDS_OF_ONE = 4, 4
"""Things of a comparison before the last, and words of each: what is longer is a clause and no list."""
SURE = 0.55
"""Score from which a described fact counts as meant (`Candidate.score`)."""
NAMED = r"(?:hey |please |can you |could you |twinning,? )*"


@tool(
    effect=Effect.READ,
    label="Look it up in my notes",
    examples=[
        "how long does the dough have to rest?",
        "what did the doctor say about my knee?",
        "which command did I use to resize the disk?",
        "when does the lease end?",
        "who recommended that book?",
        "why did we choose that supplier?",
        "find the recipe with chickpeas",
        "look up the wifi password",
        "the trick for removing wine stains",
        "tell me how to reset the router",
        "search my notes for the mortgage rate",
        "explain how backups work here",
    ],
    rules=[
        NAMED + r"(?:search|look(?: it)? up|check|look)(?: in| through)? (?:my |the )?(?:notes|memory|documents|files)"
        r"(?: for| about)? (?P<question>.+)",
        NAMED + r"(?:look up|find(?: me)?|search(?: for)?|recall) (?P<question>.+)",
        NAMED + r"(?P<question>(?:explain|show me|tell me|remind me)(?: about| of| again)? "
        r"(?!(?:everything|all|a) ).{6,})",
        r"(?P<question>(?:do you )?remember (?:when|how|what|where|who|why|that time) .+\?.*)",
    ],
)
async def recall(question: str, context: Context) -> Result:
    """Finds the passages of the person's notes and facts that answer a question, and quotes them.

    Args:
        question: The question, in full.
    """
    return _quoted(await quoting.answer(context.omac, context.person, question))


@tool(
    effect=Effect.READ,
    label="List the notes about it",
    examples=[
        "where did I write about sourdough?",
        "which notes mention the boiler?",
        "in which file is the packing list?",
        "list the documents about taxes",
        "which of my notes talk about sleep?",
        "where do I have something on password managers?",
    ],
    rules=[
        NAMED + r"(?:where|in (?:which|what) (?:notes?|files?|documents?)) (?:did|have|do) (?:i|we) "
        r"(?:write|written|wrote|note|noted|mention|mentioned|save|saved|keep|put|have|talk)"
        r"(?: down)?(?: something| anything)?(?: about| on| of| regarding)? (?P<topic>.+?)[?.! ]*",
        NAMED + r"where (?:are|is|have i) (?:my|the|our) (?:notes?|documents?|files?|pages?|write-?ups?) "
        r"(?:about|on|of|for|regarding) (?P<topic>.+?)[?.! ]*",
        NAMED + r"(?:which|what)(?: of my)? (?:notes?|documents?|files?|pages?) (?:mentions?|talks? about|deals? with|"
        r"(?:is|are) about|covers?|discuss(?:es)?|explains?|describes?) (?P<topic>.+?)[?.! ]*",
        NAMED + r"(?:list|show)(?: me)?(?: all)?(?: of)?(?: my| the)? (?:notes|documents|files) "
        r"(?:about|on|mentioning) (?P<topic>.+?)[?.! ]*",
    ],
)
async def where_written(topic: str, context: Context) -> Result:
    """Lists the notes and documents that are about a topic, the best first.

    Args:
        topic: What they are about.
    """
    return _quoted(await quoting.titles(context.omac, context.person, topic))


@tool(
    effect=Effect.READ,
    label="Compare things in my notes",
    examples=[
        "compare my notes on rsync and restic",
        "what is the difference between the old and the new contract?",
        "how do the two phone plans differ?",
        "which is cheaper in my notes, the bus or the train?",
        "what did I write about yoga versus running?",
    ],
    rules=[
        NAMED + r"(?:compare|contrast)(?: my notes (?:on|about))? (?P<first>.+?) (?:and|with|to|vs\.?|versus|against) "
        r"(?P<second>.+?)[?.! ]*",
        NAMED + r"what(?:'s| is| are) the differences? between (?P<first>.+?) and (?P<second>.+?)[?.! ]*",
        NAMED
        + r"how (?:do|does|is|are) (?P<first>.+?) (?:differ(?:ent)? from|compared? (?:to|with)) (?P<second>.+?)[?.! ]*",
    ],
)
async def compare(first: str, second: str, context: Context) -> Result:
    """Lays what the notes say about two things, or some more, side by side.

    Args:
        first: One thing, or all but the last, with commas between them.
        second: The other.
    """
    return _quoted(await quoting.side_by_side(context.omac, context.person, [*_listed(first), second]))


@tool(
    effect=Effect.READ,
    label="Tell everything I know about it",
    examples=[
        "what do you know about my car?",
        "tell me everything about Anna",
        "what have I told you about my allergies?",
        "what do you remember about the garage?",
        "summarise what you know about the Berlin trip",
    ],
    rules=[
        NAMED + r"what (?:do|can) you (?:know|remember|recall|tell me) about "
        r"(?P<topic>(?!(?:me|myself|us)\b).+?)[?.! ]*",
        NAMED + r"what (?:have|did) i (?:told|tell) you about (?P<topic>.+?)[?.! ]*",
        NAMED + r"tell me (?:everything|all)(?: that)?(?: you know)? about (?P<topic>.+?)[?.! ]*",
    ],
)
async def about(topic: str, context: Context) -> Result:
    """Says what is remembered about a person or thing: facts first, then passages of notes.

    Args:
        topic: The person or thing.
    """
    return _quoted(await quoting.overview(context.omac, context.person, topic))


@tool(
    effect=Effect.WRITE,
    label="Remember it",
    examples=[
        "remember that the garage code is 8812",
        "please keep in mind that Anna is allergic to nuts",
        "note that the car goes to the garage on Friday",
        "save this: the spare key is with the neighbours",
        "don't forget that my passport expires in May",
        "make a note: the boiler was serviced today",
        "my new phone number is 0151 2345678",
        "I moved to Lisbon in March",
        "the dentist's name is Dr. Okafor",
        "for the record, we pay 940 in rent",
    ],
    rules=[
        NAMED + r"(?:remember|memori[sz]e|note|note down|keep in mind|bear in mind|don'?t forget|make a note|save|"
        r"write down|take note|for the record|note to self|fyi|for your information)"
        r"(?:,|:| that\b| this:?| of this:?)+\s*(?P<text>.+)",
        r"(?:fyi|for your information|note to self)[,:]? (?P<text>.+)",
        NAMED + r"(?:remember|memori[sz]e) (?!when|how|what|where|who|why|me\b|to\b)(?P<text>(?:my|our|the|i|we|i'm|"
        r"[A-Z]\w+(?:'s)?) .+)(?<!\?)",
    ],
)
async def remember(text: str, context: Context) -> Result:
    """Stores a fact that the person states.

    Args:
        text: The fact, in the person's words, without "remember that".
    """
    memory = await context.omac.remember(
        context.person, _sentence(text), source=context.source, message_id=context.message_id
    )
    return Result(
        f"Remembered: “{memory.text}”",
        citations=[quoting.cite(memory, n=1)],
        memories=[memory.id],
    )


@tool(
    effect=Effect.READ,
    label="List what I told you",
    examples=[
        "what have you remembered?",
        "list my memories",
        "show me everything I told you",
        "which facts do you have about me?",
        "what do you know about me?",
    ],
    rules=[
        NAMED + r"(?:list|show)(?: me)?(?: all)?(?: of)?(?: my| your| the)? (?:memories|facts|remembered facts)[?.! ]*",
        NAMED
        + r"what (?:do|have) you (?:know|remember|remembered|saved|noted)(?: (?:about|of) me)?(?: so far)?[?.! ]*",
        NAMED + r"what (?:have|did) i (?:told|tell|asked|ask) you(?: to remember)?(?: so far)?[?.! ]*",
    ],
)
async def list_memories(context: Context) -> Result:
    """Lists the facts that the person told, newest first."""
    facts = await context.omac.facts(context.person, limit=LISTED + 1)
    if not facts:
        return Result('Nothing yet. Say "remember that ..." and I will.', state="refused")
    citations = [quoting.cite(fact, n=n) for n, fact in enumerate(facts[:LISTED], 1)]
    more = "\n\nThere are more; `twinning recall` finds them." if len(facts) > LISTED else ""
    return Result(
        "\n".join(f"- {each.text} [{each.n}]" for each in citations) + more,
        citations=citations,
    )


@tool(
    effect=Effect.WRITE,
    label="Correct what I told you",
    examples=[
        "correct that: the garage code is 9921",
        "no, the code is 9921, not 8812",
        "update my phone number to 0151 999",
        "that's wrong, Anna is allergic to eggs",
        "change the dentist's name to Dr. Levi",
    ],
    rules=[
        NAMED + r"(?:correct|fix|change|update)(?: that| this| it)(?:,|:| to)+\s*(?P<text>.+)",
        NAMED + r"(?:change|update) (?P<what>.+?) to (?P<text>.+)",
        r"(?:that'?s wrong|that is wrong|wrong|not quite)[,:.;]+\s*(?P<text>[^?]{8,})",
        # "No" alone corrects only with a statement of how it is: "No, I don't think so" must not be written down.
        r"no[,:.;]+\s*(?=\S)(?!(?:i|you|he|she|we|they|it|that|this|there|please|thanks?|not|never|of course)\b)"
        r"(?=.*(?:\b(?:is|are|was|were|has|have|lives?|takes?|costs?|starts?|begins?|ends?)\b|\d))(?P<text>[^?]{8,})",
    ],
)
async def correct(text: str, context: Context, what: str = "") -> Result:
    """Replaces the fact that a new statement contradicts.

    Args:
        text: The fact as it should be.
        what: What it is about, when that was said apart ("change the code to 9921").
    """
    if what:
        text = f"{what} is {text}"
    targets = [each for each in await _facts_meant(context, text) if each.text != _sentence(text)]
    recent = set(await context.last_memories())
    meant = [each for each in targets if each.id in recent] or targets[:1]
    if not meant:
        return await remember(text, context=context)
    whole = _sentence(in_full(text, meant[0].text))
    new = await context.omac.correct(context.person, meant[0].id, whole)
    return Result(
        f"Corrected: “{new.text}” (before: “{meant[0].text}”)", citations=[quoting.cite(new, n=1)], memories=[new.id]
    )


@tool(
    effect=Effect.DESTRUCTIVE,
    label="Forget it",
    examples=[
        "forget that",
        "forget the garage code",
        "delete what you know about my ex",
        "please erase that memory",
        "remove the note about the alarm",
    ],
    rules=[
        NAMED + r"(?:forget|erase|delete|remove) (?P<what>that|this|it|that one|the last one|what i just said)"
        r"(?: memory| fact| note)?[?.! ]*",
        NAMED + r"(?:forget|erase|delete|remove)(?: that memory| the memory| the fact| the note)?"
        r"(?:(?: everything| all| anything| what)?(?: that)?(?: you (?:know|remember)| i(?: have|'ve)? (?:told|said to)"
        r" you)? (?:about|of|on)| that)? (?P<what>.+?)[?.! ]*",
    ],
)
async def forget(what: str, context: Context) -> Result:
    """Removes what is remembered: the one thing just said or cited ("that"), or what the person then picks.

    Args:
        what: "that", or a description of the fact.
    """
    if what.strip().lower() in {"that", "this", "it", "that one", "the last one", "what i just said"}:
        last = await context.last_memories()
        if not last:
            return Result("There is nothing in this conversation to forget yet; say what you mean.", state="refused")
        meant = await context.omac.by_ids(context.person, last)
        if [each.kind for each in meant] == ["fact"]:
            return await _forget(context, last)
    else:
        meant = await _facts_meant(context, what)
    if not meant:
        return Result(
            f"I remember no fact about {what.strip()}; nothing was forgotten. "
            "To forget a passage of a note, ask for it first and then say “forget that”.",
            state="refused",
        )
    return Result(
        "Which of these shall I forget? It cannot be brought back.",
        choices=[
            *(Choice(f"Forget “{_short(each)}”", "forget_one", {"memory_id": str(each.id)}) for each in meant[:3]),
            Choice("Keep everything", "keep", {}),
        ],
    )


@tool(effect=Effect.DESTRUCTIVE, label="Forget this one", examples=[])
async def forget_one(memory_id: str, context: Context) -> Result:
    """Removes one memory that the person picked.

    Args:
        memory_id: Its id.
    """
    return await _forget(context, [UUID(memory_id)])


@tool(effect=Effect.READ, label="Keep everything", examples=[])
async def keep(context: Context) -> Result:
    """Does nothing; what a person picks who changed their mind."""
    return Result("Nothing was forgotten.")


async def _forget(context: Context, ids: Sequence[UUID]) -> Result:
    try:
        done = await context.omac.forget(context.person, ids)
    except NotFound as error:
        return Result(str(error), state="refused")
    if not done.proven:
        return Result("I tried to forget it, but a copy is still there; run `twinning doctor`.", state="refused")
    copies = f" and in {done.messages} message{'s' * (done.messages != 1)}" if done.messages else ""
    return Result(f"Forgotten, here{copies}. I looked again: it is gone.")


async def _facts_meant(context: Context, description: str) -> list[Memory]:
    found = await context.omac.recall(context.person, description, limit=20)
    near = [each.id for each in found if each.kind == "fact" and each.score >= SURE]
    return await context.omac.by_ids(context.person, near)


def _listed(said: str) -> list[str]:
    """What "bread, cake" names; what goes on after a comma ("the lease, which ends in May") is one thing."""
    names = [name.strip() for name in said.split(",") if name.strip()]
    clause = {"which", "that", "who", "whose", "where", "when", "as", "if"}
    if len(names) > MOST_LISTED or any(len(name.split()) > WORDS_OF_ONE for name in names):
        return [said.strip(" ,")]
    return [said.strip(" ,")] if clause & {name.split()[0].lower() for name in names} else names or [said]


def _short(memory: Memory) -> str:
    """A memory for a button: a fact whole, a passage by its place and its beginning."""
    text = " ".join(memory.text.split())
    if memory.kind == "passage":
        text = f"{memory.context}: {text}"
    return text if len(text) <= LABEL_CHARACTERS else text[: LABEL_CHARACTERS - 1] + "…"


def _sentence(text: str) -> str:
    text = " ".join(text.split())
    return text[:1].upper() + text[1:]


def _quoted(found: quoting.Quoted) -> Result:
    return Result(
        found.text,
        citations=found.citations,
        state="complete" if found.citations else "refused",
        rephrase=found.rephrase,
    )
