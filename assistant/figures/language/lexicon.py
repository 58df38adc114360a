"""The closed lists of words: what may be passed over, what must never be, and what people call the same thing."""

from __future__ import annotations

import re
from functools import cache

FILLER = frozenset(
    "a about actually again amount all also am an and any approximately are at be been being bit but chart "
    "check currently "
    "did display do does doing done exactly for get give go going gone got graph had has have having hello hey "
    "hi how i "
    "if in into is it its just kindly list many me mine much my myself of ok okay on or our overview per please plot "
    "quick quickly really roughly s see show so statistic statistics stats summarise summarize summary take "
    "taken taking "
    "tell that the their then there they through time took twinning us ve was we well went were what whats where which "
    "yeah yes calculate compute draw picture diagram plotted dear assistant pls logged log clocked managed tracked "
    "registered recorded manage altogether overall goes something anything stuff".split()
)
"""Words that narrow nothing: a question means the same without them."""

NOT_FIGURES = re.compile(
    r"\b(?:why|who|whom|whose|should|recommend\w*|advice|advise|advises|ideal|healthy|unhealthy|dangerous|worr\w+|"
    r"doctor\w*|gp|nurse|cardiologist|dentist|hospital|therap\w+|note|notes|noted|journal|diary|document\w*|letter|"
    r"e ?mail\w*|mail|message\w*|article\w*|book|books|podcast|wrote|written|write|say|said|says|mention\w*|"
    r"told|according|"
    r"remember|remind\w*|define|definition|meaning|means|explain|hygiene|structured|someone|somebody|people|person|"
    r"adult\w*|men|women|wife|husband|partner|girlfriend|boyfriend|mother|father|mum|mom|dad|son|daughter|brother|"
    r"sister|child|children|kid|kids|baby|dog|cat|friend\w*|colleague\w*|neighbou?r\w*|he|she|his|her|him|recipe\w*|"
    r"need|needs|needed|supposed|safe|normal (?:range|value|level)|is (?:it )?normal|a (?:good|normal|bad|great)|"
    r"tips?|plan to|goal|target|aim|tomorrow|will i|am i going to|shall|might|borrow\w*|lend|lent|owe[sd]?|promise\w*|"
    r"agree[d]?|invoice\w*|contract\w*|warranty|quote[ds]?|estimate[ds]?|ticket price|price of|worth)\b"
)
"""What such a question is about stands in notes, or in no one's records."""
ADVICE = re.compile(
    r"\bhow (?:much|many|long|far|often) (?:can|could|may|might|must|would|will) (?:i|we)\b|\b(?:have|has|had|"
    r"want|like) to\b|"
    r"^what (?:do|does) .* mean$|\bhow (?:do|can|could|might|to) (?:i |we )?.*\b(?:better|improve|reduce|"
    r"increase|lower|raise|fix)\b|\bmeter (?:readings?|numbers?)\b"
)
COMMAND = re.compile(
    r"^(?:please )?(?:remember|note|add|log|record|save|store|remind|write|create|set|book|send|schedule|import|delete|"
    r"forget|remove|start|stop|buy|pay|transfer|open|cancel|translate|move|categori[sz]e|change|rename|update|run)\b"
)
QUESTION = re.compile(
    r"\b(?:how|what|which|when|where|show|give|tell|compare|list|plot|chart|graph|display|draw|calculate|compute|"
    r"summar\w+|break down|breakdown|find|see|check|look)\b|^(?:and |so |but |please |hi |hey |hello )*"
    r"(?:is|are|am|was|were|did|do|does|has|have|had|can|could)\b|\b(?:is|are|am|was|were|did|do|does|has|have) "
    r"(?:i|my|it|there|that)\b"
)
STATEMENT = re.compile(
    r"^(?:well |so |and |yes |no )?(?:(?:i|we)\b|(?:yesterday|today|last night|this morning) (?:i|we|my)\b"
    r"|(?:my|our|the) [\w ]*?\b(?:is|are|was|were|has|have)\b)"
)
ASKS_ABOUT_ME = re.compile(
    r"\b(?:did|do|have|had|am|was|were|would) (?:i|we)\b|\bmy\b|\bshow me\b|\bgive me\b|\bi (?:\w+ "
    r"){0,2}(?:spen[dt]|slept|"
    r"sleep|walk\w*|paid|pay|earn\w*|ran|run|swam|cycled|weigh\w*|burn\w*|took|take|made|got|get|go|went|wake|woke)\b"
)

SPENDING = r"spend(?:ing|ings|s)?|spent|expenses?|expenditures?|outgoings|pay|pays|paid|paying"
PURCHASES = (
    r"purchases?|things? (?:that )?i (?:have )?bought|payments?|transactions?|bookings?|charges?|"
    r"debits?|shopping trips|buys"
)
COSTS = r"costs?|costing|cost me"
INCOME = (
    r"earn(?:ed|ing|ings|s)?|(?<!net )incomes?|receiv(?:e|ed|ing)|revenue|(?:money )?(?:came|coming|come) in|"
    r"(?:get|got|getting) paid"
    r"|(?:send|sent|gave|transferred|wired) me"
    r"|(?:i was|i have been|have i been|was i) paid|(?:pay|pays|paid) (?:to )?me"
)
NET = (
    r"sav(?:e|ed|ing)(?! (?:account|goal))|net (?:income|savings|earnings)|net(?! worth)|surplus|(?:was |is |"
    r"have |had |money )*left over|cash ?flow"
    r"|put aside|set aside"
)
BALANCE = (
    r"(?:account |bank )?balances?|how much money (?:do|have) i (?:have|got|own)(?: now)?|how much money is (?:there )?"
    r"|how much do i have|how much have i got|how much cash do i have|how much is"
)
BILLS = (
    r"(?:upcoming |open |due |unpaid |next |coming |outstanding )*bills?(?: (?:that |which )?(?:(?:is|are|will "
    r"be|do|comes?) )?"
    r"(?:i have to pay|coming up|coming|due|up|outstanding|next))?"
)
BUDGETS = r"budgets?"
SAVINGS = r"piggy ?banks?|savings? goals?|saving pots?"

FAMILIES: dict[str, str] = {
    "running": r"runs?|ran|running|jog\w*",
    "cycling": r"(?:rid(?:e|ing|den)|rode) (?:my|the|a) bike|bike rides?|"
    r"rides?|rode|riding|ridden|cycl(?:e|es|ed|ing)|bike|bikes|biked|biking|bicycl\w+",
    "swimming": r"swims?|swam|swum|swimming",
    "walking": r"walks?|walked|walking",
    "hiking": r"hik(?:e|es|ed|ing)",
    "rowing": r"row|rows|rowed|rowing",
    "yoga": r"yoga",
    "pilates": r"pilates",
    "strength": r"strength|weight ?lifting|lift(?:ed|ing)? weights|weights|gym",
    "dancing": r"danc(?:e|es|ed|ing)",
    "skiing": r"ski|skis|skied|skiing",
    "climbing": r"climb(?:s|ed|ing)?",
    "tennis": r"tennis",
    "football": r"football|soccer",
    "golf": r"golf",
    "skating": r"skat(?:e|es|ed|ing)",
    "hiit": r"hiit|high intensity interval",
}
"""Verbs and nouns of one kind of exercise; a stored activity belongs to the family whose words are in its name."""

GOING = frozenset("running cycling swimming walking hiking rowing dancing skiing climbing skating".split())
"""Of these people say that they go; the others they do."""

SYNONYMS: tuple[frozenset[str], ...] = tuple(
    frozenset(line.split(", "))
    for line in (
        "groceries, grocery shopping, supermarket, supermarkets, food shop, food shopping, food shops, foodstuffs",
        "restaurants, restaurant, eating out, dining, dining out, meals out, restaurant meals, dinners out, eat out",
        "transport, transportation, public transport, transit, getting around",
        "fuel, petrol, gasoline, gas station, gas stations, diesel",
        "utilities, utility bills, electricity and gas",
        "clothes, clothing, apparel, garments",
        "health, healthcare, health care, medical",
        "entertainment, leisure",
        "subscriptions, subscription",
        "salary, wages, wage, pay cheque, paycheck, pay check",
        "gifts, presents, gift",
        "holidays, holiday, vacation, vacations",
        "insurance, insurances",
        "coffee, cafes, coffee shops, cafe, coffees",
        "household, housekeeping",
        "pharmacy, drugstore, chemist",
        "pets, pet",
        "rent, house rent",
        "phone, mobile, mobile phone, telephone",
        "internet, broadband",
        "sport, sports, fitness",
        "books, book",
        "child benefit, kindergeld, child allowance, family allowance",
        "charity, donations, donation, donated, donate, donating",
    )
)


@cache
def singular(word: str) -> str:
    """A name without the ending of the plural: any more and "save" would be the savings account."""
    if len(word) > 4 and word.endswith("ies"):
        return f"{word[:-3]}y"
    if len(word) > 4 and re.search(r"(?:s|x|z|ch|sh)es$", word):
        return word[:-2]
    return word[:-1] if len(word) > 3 and word.endswith("s") and not word.endswith(("ss", "us")) else word


@cache
def singulars(text: str) -> tuple[str, ...]:
    """The words of a plain name without endings of the plural."""
    return tuple(singular(word) for word in re.findall(r"[\w&]+", text))
