"""Topics of money put together: its words, and names that stand for spending, income or a balance by themselves."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from assistant.figures.language.asking import Ask
from assistant.figures.language.lexicon import COSTS
from assistant.figures.language.meant import Meant
from assistant.figures.language.measures import Asked
from assistant.figures.language.names import Name
from assistant.figures.language.said import DONE, Said
from assistant.figures.language.subjects import FLOWS, Topic, take_money
from assistant.figures.query import Group, Vocabulary

_EARNED = r"\b(?:salar(?:y|ies)|wages?|pension|bonus|dividends?|interest|paychecks?|pay cheques?|pay checks?)\b"
_I_PAY = r"\b(?:i|we) (?:have |had |usually )?(?:pay|paid|paying)\b"
_SPENT_OR_RECEIVED = (("spent", "spend on"), ("received", "receive from"))


def money_topics(said: Said, asked: Asked, have: Vocabulary, names: Sequence[Name], *, others: bool) -> list[Meant]:
    """Spending, income, balances, bills and budgets; their words are taken.

    Args:
        others: The question has a subject besides money, of which names alone say nothing.

    Raises:
        Ask: it must be asked back, which way the money went.
    """
    billed = _billed(said, names)
    topics = _one_by_title([*take_money(said, have), *([_flow("spending", have)] if billed else [])])
    topics = _fitting(said, asked, topics, have, names, others=others)
    weak = bool(topics) and all(_is_said(said, each, COSTS) for each in topics)
    _take_each_one(said, asked, billed=billed)
    if names and _take_visits(said, asked):
        topics, weak = topics or [_flow("spending", have)], False
    _note_entries(said, asked, topics, billed=billed)
    if not topics and names and not others:
        return _of_names(said, asked, have, names)
    spent = any(each.title == "spending" for each in topics)
    if spent and not names and asked.which is None and said.has(r"\b(?:what|which)\b.*\bmost\b.*\bon\b"):
        asked.which = Group.CATEGORY
    if not names and any(_is_said(said, each, "transactions?|bookings?") for each in topics):
        words = re.sub(r"\b(?:transactions?|bookings?)\b", "purchases", said.text)
        raise Ask("Do you mean purchases? Money that came in is counted as income.", [("purchases", words)])
    group = _several(names)
    unsaid = not said.has(_I_PAY) and all(_says_no_way(said, each) for each in topics)
    return [
        Meant(each.start, each.end, each.keys, each.title, counted=each.counted, weak=weak, names=bool(names),
              sums=group if each.keys and each.keys[0] in FLOWS else None, unsaid=unsaid)
        for each in topics
    ]  # fmt: skip


def _flow(subject: str, have: Vocabulary) -> Topic:
    """Spending or income, for which no word stands."""
    return Topic(0, 0, (subject,) if subject in have.subjects else (), subject)


def _is_said(said: Said, topic: Topic, pattern: str) -> bool:
    """Whether the words of a topic are these."""
    return re.fullmatch(pattern, said.text[topic.start : topic.end]) is not None


def _one_by_title(topics: Sequence[Topic]) -> list[Topic]:
    by_title: dict[str, Topic] = {}
    for topic in topics:
        first = by_title.get(topic.title)
        by_title[topic.title] = replace(first, counted=first.counted or topic.counted) if first else topic
    return list(by_title.values())


def _fitting(
    said: Said, asked: Asked, topics: list[Topic], have: Vocabulary, names: Sequence[Name], *, others: bool
) -> list[Topic]:
    """The topics without a balance that is none, and with the flow that other words say ("make", "most expensive")."""
    if said.has(r"\bhow much is\b") and not any(_is_account(name) for name in names):
        topics = [each for each in topics if each.title != "balance" or said.has(r"\bbalances?\b|\bmoney\b")]
    if not topics and not others and said.take(r"\b(?:make|made|making)\b") and said.has(r"\bhow much\b"):
        topics = [_flow("income", have)]
    elif topics or names or others:
        said.take(r"\b(?:make|made|making)\b")
    if any(each.title in ("budgets", "piggy banks", "balance") for each in topics):
        said.take(r"\b(?:left|remaining|remains?)\b(?: (?:of|in|on|from|for)\b)?")
    if not topics and not names and not others:
        by_name = asked.which in (Group.CATEGORY, Group.PAYEE, Group.ACCOUNT)
        if by_name or said.has(r"\b(?:most expensive|cheapest|costliest)\b"):
            return [_flow("spending", have)]
    return topics


def _take_each_one(said: Said, asked: Asked, *, billed: bool) -> None:
    """ "Per purchase", "a visit", "each time"; of bills also their average."""
    each_one = said.take(
        r"\b(?:per|a|each|for each|every) (?:purchase|visit|transaction|payment|time|(?:shopping )?trip)\b"
    )
    averaged = said.has(r"\b(?:average|mean|median|typical)\b") is not None
    asked.per_purchase = each_one is not None or (billed and averaged and asked.per is None)


def _take_visits(said: Said, asked: Asked) -> bool:
    """What is done at a payee's: "shop", "fuelled up"; True where single visits are asked for ("biggest shop")."""
    said.take(
        r"\b(?:shop|shopped|visit|visited|buy|bought|fill(?:ed)? up|fuel(?:led)? up|refuel(?:led|ed)?|stop(?:ped)? "
        r"(?:by|in)|order(?:ed)?|dined?|lunch(?:ed)?)\b(?! costs?\b)"
    )
    if asked.how == "many":
        said.take(r"\b(?:trips?|visits?|stops?)\b(?! costs?\b)")
    visits = r"\b(?:average|typical|median|mean|biggest|most expensive) (visits?|shop|shopping trips?)\b"
    visit = re.search(visits, said.text)
    if visit:
        said.taken(*visit.span(1))
        asked.per_purchase = True
    return visit is not None


def _note_entries(said: Said, asked: Asked, topics: Sequence[Topic], *, billed: bool) -> None:
    """Whether one entry is meant ("the largest expense"), or several ("the largest expenses")."""
    asked.entry = billed or any(_is_said(said, each, "expense|expenditure") for each in topics)
    several = any(_is_said(said, each, "expenses|expenditures|purchases|payments") for each in topics)
    if several and asked.counted == "" and asked.how != "many":
        asked.plural = asked.plural or said.has(
            r"\b(?:biggest|largest|highest|top|smallest|most expensive) (?:expenses|expenditures|purchases|payments)"
        ) is not None  # fmt: skip


def _says_no_way(said: Said, topic: Topic) -> bool:
    """ "Payments" go either way."""
    words = said.text[topic.start : topic.end]
    return (
        topic.title == "spending" and re.fullmatch(r"pay|pays|paid|paying|payments?|transactions?", words) is not None
    )


def _billed(said: Said, names: Sequence[Name]) -> bool:
    """The "bill" of "my average grocery bill", which is what was paid; one that is due is a bill; taken."""
    if not names or said.has(r"\b(?:due|next|upcoming|coming|open|unpaid|outstanding|will)\b"):
        return False
    return said.take(rf"(?<={DONE} )(?:bills?|fees?|fares?|tickets?)\b") is not None


def _is_account(name: Name) -> bool:
    return any(kind == "account" for kind, _ in name.options)


def _several(names: Sequence[Name]) -> Group | None:
    for kind, group in (("category", Group.CATEGORY), ("payee", Group.PAYEE), ("account", Group.ACCOUNT)):
        if len({name.options[0] for name in names if name.options[0][0] == kind}) > 1:
            return group
    return None


def _of_names(said: Said, asked: Asked, have: Vocabulary, names: Sequence[Name]) -> list[Meant]:
    """Names alone: "groceries last month" is spending, "my salary" income, "what is in my savings" a balance."""
    start, end = names[0].start, names[-1].end
    unsaid = False
    spoken = said.text[start:end]
    if all(_is_account(name) for name in names):
        key = "balance"
    elif re.search(_EARNED, spoken) or (re.search(r"\b(?:get|got)\b", said.text) and re.search(r"\bfrom\b", spoken)):
        key = "income"
    elif re.search(r"\b(?:get|got|make|made)\b", said.text):
        verbs = r"\b(?:get|got|make|made)\b"
        choices = [(label, re.sub(verbs, words, said.text)) for label, words in _SPENT_OR_RECEIVED]
        stored = " and ".join(dict.fromkeys(name.options[0][1] for name in names))
        raise Ask(f"Do you mean money that you spent or that you received ({stored})?", choices)
    else:
        key, unsaid = "spending", re.match(r"to ", spoken) is None
    keys = (key,) if key in have.subjects else ()
    lead = re.match(r"(?:on|at|for|to|with) ", spoken) is not None
    sums = _several(names) if key in FLOWS else None
    return [Meant(start, end, keys, key, counted=asked.how == "many", names=True, weak=not lead, sums=sums,
                  unsaid=unsaid)]  # fmt: skip
