"""Turns of phrase said in the words that the rest of the grammar reads: the same question, less its manner.

Only what is sure to mean the same is here; nothing that narrows a question is ever left out.
"""

from __future__ import annotations

import re
from functools import lru_cache

from assistant.figures.language.fragments import in_full, signs_said
from assistant.figures.language.said import Rule, plain, rewritten
from assistant.figures.query import Vocabulary

_POLITE = re.compile(
    r"^(?:(?:hi|hello|hey|ok|okay|hiya|please|pls|and|so|well|now|yes|thanks|twinning|assistant|um|uh|hmm|anyway|"
    r"good (?:morning|afternoon|evening)|hi there|hey there) )*"
    r"(?:(?:can|could|would|will) you (?:please |kindly |just )*(?:tell|show|give|calculate|compute|check|find|"
    r"plot|draw|look up)(?: me)?"
    r"|(?:can|could|would|will) you (?:please |kindly |just )*(?=list\b)"
    r"|i (?:want|would like|need|wish) to (?:know|see|hear|check|find out)|let (?:me|us) (?:know|see)|do you "
    r"(?:happen to )?know"
    r"|i (?:was wondering|wonder)|(?:please )?(?:tell|show|give) me|could i see|can i see|may i see)\b ?"
)
"""Ways to ask for something, which say nothing of what."""
_THANKS = re.compile(r"(?: (?:please|pls|plz|thanks|thank you|thx|cheers|twinning))+$")
_NUMBERS = {
    word: str(number)
    for number, word in enumerate("one two three four five six seven eight nine ten eleven twelve".split(), 1)
}
_NUMBERS |= {"fifteen": "15", "twenty": "20", "thirty": "30", "forty": "40", "fifty": "50", "ninety": "90"}
_COUNTED = (
    r"hours?|hrs?|minutes?|mins?|km|kms|kilomet(?:er|re)s?|miles?|kilos?|kg|steps?|thousand|hundred|euros?|dollars?|"
    r"pounds?|bucks|quid"
)
_NUMBER = r"(?:\d+|two|three|four|five|six|seven|eight|nine|ten)"
_BEST = r"(?:top|biggest|largest|highest|main|most expensive|best|worst|cheapest|smallest)"


def _without_spending(match: re.Match[str]) -> str:
    return "days without spending" if match[1] == "day" else "streak of days without spending"


_SAID_AS: tuple[Rule, ...] = tuple(
    (re.compile(pattern), instead)
    for pattern, instead in (
        (rf"^who(?:m)? (are|were|is|was) (the |my |our )?(?=(?:\w+ )?{_BEST}\b|\w+ payees?\b)", r"what \1 \2"),
        (r"^who(?:m)? (did|do|have|has) (i|we) (pay|paid|spend|spent)(?: the)? (most|least)\b",
         r"which payee \1 \2 \3 the \4"),
        (r"\b(?:how much|what) (?:do|did) (?:i|we) (?:still )?owe on\b", "what is the balance in"),
        (r"\b(?:what|how much) is left (?:on|in) (?!.*\bbudgets?\b)", "what is the balance in "),
        (r"\bleft over (?:at|by) the end of (?=[a-z]+(?: 20\d\d)?$|(?:this|last) )", "left over in "),
        (r"\b(?:after|less|minus|net of) (?:the |any |all )?(?:refunds|returns)\b", ""),
        (r"\bnet (spend(?:ing)?|spent|expenses|expenditures?)\b", r"\1"),
        (rf"\b({_BEST}) single\b", r"\1"),
        (r"\b(which|what) (payee|shop|store|merchant|supermarket) (?:got|gets|get|received|receives) (?:the )?most"
         r"(?: of)?(?: (?:my|our|the))?(?: money)?(?: from (?:me|us))?\b", r"at \1 \2 did i spend the most"),
        (rf"\b(which|what|by|per|each|(?:top|best|biggest|{_NUMBER})) supermarket(s?)\b", r"\1 payee\2 for groceries"),
        (rf"\b(?:top )?({_NUMBER}) (payees|shops|stores|merchants|categories) "
         r"(?:that |to whom |to which |where |on which )?(?:i|we) (?:give|gave|pay|paid|send|sent|spend|spent) "
         r"(?:the )?most(?: money)?(?: to| at| in| on)?\b",
         r"top \1 \2"),
        (r"^(?:on )?the (day|night|week|month) (?:that |when |on which |in which )?(?=(?:i|we) )", r"on which \1 did "),
        (r"\b(?:on )?(?:the )?(?:night|day|morning) (?:that |when |on which )?the clocks "
         r"(?:went|go|changed|were changed)(?: forward| back)? (?=(?:on )?\d)", "on "),
        (r"^.*\b(?:sorry|scratch that|no wait) (?=(?:how|what|which|when|did|do|total)\b)", ""),
        (r"\b(?:get|got|go|went|gone|getting|going|come|came) (?:past|over|above) (?=\d)", "over "),
        (r"(?<=[a-z0-9]) v (?=[a-z0-9])", " vs "),
        (r"\b(?:lower|higher|more|less|better|worse|longer|shorter) ([a-z0-9 ]+?) (?:when|if|on days when) (?:i|we) "
         r"(\w+) (?:more|less|better|worse|longer|badly|well|little|a lot)\b", r"\1 relate to \2"),
        (r"\b((?:per|by|each) (?:category|payee|shop|account)\b.*?) (?:the )?(?:highest|largest|biggest) first\b",
         r"\1"),
        (r"\bever recorded\b", "ever"),
        (r"\b(?:how many|number of) weigh ins\b|\bweigh ins\b(?=.*\bhow many$)", "how many times did i weigh myself"),
        (r"\b(heaviest|lightest) (?:that )?(?:i|we) (?:have |had )?(ever )?(?:been|was|were|weighed)\b",
         lambda match: f"{match[1]} weight {match[2] or ''}"),
        (r"\b((?:sport|activity|exercise|workout)\b.*?) most (?:often|frequently)\b", r"\1 the most"),
        (r"\bincome (?:minus|less|after) (?:(?:all|my|our|the) )*(?:spending|expenses|outgoings|costs|expenditures?)\b",
         "net"),
        (r"\bdifference between (?:my |our )?(?:income|earnings) and (?:my |our )?(?:spending|expenses|outgoings)\b",
         "net"),
        (r"\b(?:spen[dt]|pa(?:y|id)(?: out)?) (?:more|less) than (?:i|we)(?: have)? "
         r"(?:earn(?:ed)?|made|make|g[eo]t paid)\b", "save"),
        (r"\b(?:earn(?:ed)?|made|make) (?:more|less) than (?:i|we)(?: have)? (?:spen[dt]|paid|pay)\b", "save"),
        (r",? ?\bnet of (?:the |any )?(?:returns|refunds)\b", ""),
        (r"\bon an? (?:typical|average|normal|usual|ordinary) (day|night|week|month)\b", r"per \1 on average"),
        (r"\b(?:in|over|of|for) an? (?:typical|average|normal|usual|ordinary) (day|night|week|month)\b",
         r"per \1 on average"),
        (r"\b(spend|earn|walk|sleep|exercise|run|drink|eat) (?:more|less|better|worse|longer) (?:when|if|on days when) "
         r"(?:i|we) (\w+) (?:more|less|better|worse|longer|badly|well)\b", r"\1 relate to \2"),
        (r"\b(?:(?:for|in|over) )?the (week|month|quarter|year) (?=so far|to date)", r"this \1 "),
        (r"\bhow many (\d[\d,.]*k?) steps? days\b", r"how many days with at least \1 steps"),
        (r"\bwhat (?:do|did) (?:the|my) scales? (?:say|show|read)\b", "what was my weight"),
        (r"^(?:(?:ok|so|and|um|uh|well) )*like (?=(?:how|what|which|when|did|do|am|is|was)\b)", ""),
        (r"\b(?:no|zero) (?:spend|spending|purchase|expense)s? (day|streak|run)s?\b", _without_spending),
        (r"\b(?:buy|bought) (anything|nothing)\b", r"spend \1"),
        (r"\b(?:on|for) most (days|nights)\b", ""),
        (r"\bon (?:the )?days (?=in|of|during)", ""),
        (r"\b(?:a |the )?(?:table|list) (?:of|with)\b|\b(?:in|as) a (?:table|list)\b", "list"),
        (r"\bmonthly (average|mean|median)\b", r"\1 per month"),
        (r"\b(?:let us say|lets say|i mean|i guess|i think|you know|by any chance)\b", ""),
        (r"\bsay (?=over|since|for|in the|from|between|during)", ""),
        (r"(?<=\d) ?thousand\b", "k"),
        (r"\b(week|month|quarter|year) before the last\b", r"\1 before last"),
        (r"\bacross (?:all )?(?:of )?(?:my |our )?accounts\b", "in total"),
        (r"\bsingle (?=biggest|largest|highest|most|smallest|lowest)", ""),
    )
)  # fmt: skip
_WORDS = {"plus": "and", "n": "and", "range": "lowest and highest", "bucks": "dollars", "quid": "pounds"}
"""Single words, which may as well be part of a name: "Disney Plus", "The Range"."""
_HOW_MANY = re.compile(rf"\b({'|'.join(_NUMBERS)})(?: (and a half))? (?={_COUNTED})")


@lru_cache(maxsize=64)
def _names_with(word: str, names: tuple[str, ...]) -> str:
    """A pattern of the names that have this word."""
    having = [plain(name) for name in names if word in plain(name).split()]
    return "|".join(map(re.escape, sorted(having, key=len, reverse=True)))


def _plainer(words: str, names: tuple[str, ...]) -> str:
    """With "and" for "plus", except where that is a word of a name of the person's ("Disney Plus", said in full)."""
    for word, instead in _WORDS.items():
        kept = _names_with(word, names)
        if not kept:
            words = re.sub(rf"\b{word}\b(?! \d)", instead, words)
        elif word == "plus" and not re.search(rf"\b(?:{kept})\b", words):
            words = re.sub(r"\bplus\b(?! \d)", instead, words)
    return words


def heard(text: str, have: Vocabulary) -> str:
    """A question in plain words, without its manner; "" where there is nothing besides.

    Args:
        have: A word of one of the person's names is left as it is.
    """
    words = _THANKS.sub("", _POLITE.sub("", in_full(plain(signs_said(text)), have)))
    words = _plainer(words, (*have.categories, *have.payees, *have.accounts, *have.activities))
    words = _HOW_MANY.sub(lambda each: f"{_NUMBERS[each[1]]}{'.5' if each[2] else ''} ", words)
    return " ".join(rewritten(words, _SAID_AS).split())
