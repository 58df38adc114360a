"""How people say what they want of Notion, where it is unmistakable: all of these sentences name Notion.

A place is captured as it was called; "Notion" alone is the usual one. What a message leaves open is asked (`UNCLEAR`).
"""

from __future__ import annotations

from tools.notion_words import ASKED, IT, TAIL

_MY = r"(?:(?:my|the|our|this|that) )?"
_NOTION = rf"{_MY}notion(?: workspace)?"
_IN = rf"(?:in|on|from|inside|within|at) {_NOTION}"
_SHORT = r"(?!.{500})"
"""A wish with several parts is short; without a limit, a long hostile message would be tried in too many ways."""
_WRITE = r"(?:log|add|write|put|append|save|note|jot|record|insert|enter|paste|copy)(?: down)?"
_ADD = r"(?:add|put|append|insert|enter|paste|copy)"
_TO = r"(?:to|in|into|on|onto|at the end of)"
_CREATE = r"(?:create|make|start|add|open|set up|begin|write)(?: me)?(?: (?:a|an|another|one|the))?(?: new)?"
_SHOW = r"(?:read|open|show|get|give|print|display|fetch|pull up)(?: me)?(?: out)?"
_LIST = rf"(?:list|query|{_SHOW})(?: all| everything)?(?: of| in)?(?: the| my| our)?"
_SET = r"(?:set|change|update|put|switch|move|turn)"
_ROW = r"(?:rows?|entry|entries|items?|records?|tasks?)"
_CALLED = r"(?: (?:called|named|titled|with the (?:title|name)))?"
_NAMED = r"(?: (?:called|named|titled|about))?"
_SAYING = r"(?:(?:\s*[:–—]\s*|\s+-\s+|,? (?:saying|that says|with the (?:text|content)):? )(?P<text>.+))?"  # or nothing
_SOMETHING = r"(?: (?:this|that|the following|a line|a note|an entry|something))?"
_TITLE = r"(?P<title>[^:\n]{1,200}?)"
_NAME = r"(?:https?://\S+|[^:\n]{1,120}?)"
_PAGE = rf"(?P<page>{_NAME})"
_ELSEWHERE = r"(?!notion\b)"
_TABLE = rf"(?P<table>{_NAME})(?: table| database| data source)?"
_PROPERTY = r"(?P<property>[^\n]{1,60}?)"
_VALUE = r"(?P<value>[^\n]{1,200}?)"
_WHERE = (
    rf"(?:,? (?:where|with|whose|that have|which have|having) (?:the )?{_PROPERTY} "
    rf"(?:is|are|=|equals|contains|includes|set to) {_VALUE})"
)
_OF = r"(?:of|for|on)"
_THE_PAGE = rf"{_MY}(?:page |row |task )?"


def _rules(*patterns: str) -> list[str]:
    """Rules, with what people put before and after a wish."""
    return [ASKED + pattern + TAIL for pattern in patterns]


def _whole(*patterns: str) -> list[str]:
    """Rules that keep the whole sentence."""
    return [rf"(?P<wish>{ASKED}{pattern}){TAIL}" for pattern in patterns]


UNCLEAR = _whole(
    rf"{_WRITE}(?: (?:something|a line|a note|an entry|a thing|stuff|text))? {_TO} {_NOTION}(?: page| log)?",
    rf"{_CREATE} (?:notion page|(?:page|row|entry|note|task) {_TO} {_NOTION})",
    rf"(?:{_SET}|edit|fix|mark)(?: (?:a|an|the|my))? (?:(?:status|property|properties|page|row|entry|something)"
    rf"(?: of (?:a|my|the) (?:page|row|entry))? {_IN}|notion(?: page)?)",
    rf"{_SHORT}(?:set|change|update) {_MY}\w+(?: \w+)? {_OF} (?:(?! to ).){{1,120}} {_IN}",
    rf"{_SHORT}(?:delete|remove|erase|trash)(?: [^\n]{{1,200}}?)? {_IN}",
    rf"{_SHORT}(?:delete|remove|erase|trash) {_MY}notion page[^\n]{{0,120}}?",
    rf"(?:{_SHOW}|list|search|look in|use|query)(?: (?:a|my|the))? notion(?: pages?)?",
    rf"(?:search|find|look up)(?: something)? {_IN}",
)
SEARCH = _rules(
    rf"(?:search|look|check)(?: in| through| on)? {_NOTION} (?:for|about) (?P<query>.+?)",
    rf"(?:search(?: for)?|look for|look up|find(?: me)?) (?P<query>.+?) {_IN}",
    r"(?:which|what)(?: of my)? notion pages? "
    r"(?:mentions?|is|are|talks? about|have|has|deals? with)(?: about| on)? (?P<query>.+?)",
    rf"(?:do i have|have i got|is there|are there)(?: an?| any| anything| something)*(?: pages?| notes?)? "
    rf"(?:about|on|called|named|for) (?P<query>.+?) {_IN}",
    rf"where {_IN} (?:is|are|did i (?:write|put|keep|save)(?: about)?|do i have) (?P<query>.+?)",
)
QUERY = _rules(
    rf"{_SHORT}{_LIST} {_ROW} (?:of|in|from) {_MY}{_TABLE}{_WHERE} {_IN}",
    rf"{_SHORT}{_LIST} {_ROW} (?:of|in|from) {_MY}{_TABLE} {_IN}{_WHERE}?",
    rf"{_SHORT}{_LIST}(?: {_ROW})?(?: of| in| from)?(?: the| my)? notion (?:table|database|data source)"
    rf"(?: called| named)? (?P<table>{_NAME}){_WHERE}?",
    rf"{_SHORT}(?:which|what) {_ROW}(?: are)? (?:of|in|from) {_MY}{_TABLE} {_IN} (?:have|has)(?: the| an?)? "
    rf"(?P<property>\w{{1,40}}) (?:set to |= ?|is )?{_VALUE}",
    rf"{_SHORT}(?:which|what)(?: of my)? (?P<table>[^\n:]{{1,60}}?) {_IN} (?:is|are)(?: still| already)? "
    r"(?P<value>[\w -]{1,40}?)",
)
READ = _rules(
    rf"{_SHOW}(?: the text of)? {_MY}notion page{_NAMED} {_PAGE}",
    rf"{_SHORT}{_SHOW}(?: the text of)? {_MY}(?:page )?(?:called |named |about )?{_PAGE}(?: page)? {_IN}",
    rf"what(?:'s| is| stands| do i have)? (?:on|in) {_MY}notion page{_NAMED} {_PAGE}",
    rf"{_SHORT}what(?:'s| is| stands| do i have)? (?:on|in) {_MY}(?:page )?{_PAGE}(?: page)? {_IN}",
    rf"what does {_MY}notion page{_NAMED} {_PAGE} say",
    rf"{_SHORT}what does {_MY}(?:page )?{_PAGE}(?: page)? (?:{_IN} say|say {_IN})",
)
_PARENT = rf"(?P<parent>{_ELSEWHERE}{_NAME})"
CREATE = _rules(
    rf"{_SHORT}{_CREATE} page{_CALLED} {_TITLE} (?:under|in|inside|below|on) {_MY}notion page {_PARENT}{_SAYING}",
    rf"{_CREATE} (?:page in {_MY})?(?P<parent>notion)(?: page)? (?:called|named|titled|for|with the (?:title|name)) "
    rf"{_TITLE}{_SAYING}",
    rf"{_CREATE} (?P<parent>notion) page (?!in |on |under ){_TITLE}{_SAYING}",
    rf"{_SHORT}{_CREATE} page{_CALLED} {_TITLE} (?:under|inside|below) {_MY}{_PARENT}(?: page)? {_IN}{_SAYING}",
    rf"{_SHORT}{_CREATE} page{_CALLED} {_TITLE} in {_MY}{_PARENT}(?: page)? {_IN}{_SAYING}",
    rf"{_SHORT}{_CREATE} page{_CALLED} {_TITLE} (?:in|to|on) {_MY}(?P<parent>notion){_SAYING}",
    rf"{_SHORT}{_CREATE} {_ROW}{_CALLED} {_TITLE} (?:to|in|into) {_MY}{_PARENT}(?: table| database| data source)? {_IN}"
    rf"{_SAYING}",
    rf"{_SHORT}{_CREATE} {_ROW}{_CALLED} {_TITLE} (?:to|in|into) {_MY}(?P<parent>notion){_SAYING}",
    rf"{_CREATE} {_ROW} (?:to|in|into) {_MY}(?P<parent>notion)(?:\s*:\s*| called | named ){_TITLE}",
)
LOG = _rules(
    rf"{_WRITE} (?P<text>{IT}) {_TO} {_MY}(?P<page>notion)(?: log| journal| diary)?",
    rf"{_WRITE} (?P<text>{IT}) {_TO} {_MY}notion page(?: called| named)? {_PAGE}",
    rf"{_WRITE} (?P<text>{IT}) {_TO} {_MY}{_PAGE}(?: page)? {_IN}",
    rf"{_WRITE}{_SOMETHING} {_TO} {_MY}(?P<page>notion)(?: log| journal| diary)?(?:\s*[:,]\s*| that )(?P<text>.+)",
    rf"{_WRITE}{_SOMETHING} {_TO} {_MY}notion page(?: called| named)? {_PAGE}\s*:\s*(?P<text>.+)",
    rf"{_WRITE}{_SOMETHING} {_TO} {_MY}{_PAGE}(?: page)? {_IN}\s*:\s*(?P<text>.+)",
    rf"{_WRITE} (?P<text>.+?) {_TO} {_MY}notion page(?: called| named)? {_PAGE}",
    rf"{_WRITE} (?P<text>.+?) {_TO} {_MY}{_PAGE} page {_IN}",
    rf"{_SHORT}{_ADD} (?P<text>.+?) {_TO} {_MY}(?P<page>{_ELSEWHERE}{_NAME}) {_IN}",
    rf"{_WRITE} (?P<text>.+?) {_TO} {_MY}(?P<page>notion)(?: log| journal| diary)?",
    r"(?P<page>notion)(?: log| journal| diary)?\s*:\s*(?P<text>.+)",
    rf"in {_MY}(?P<page>notion),? {_WRITE}(?: that|:)? (?P<text>.+)",
)
SET = _rules(
    rf"{_SHORT}{_SET} {_MY}{_PROPERTY} {_OF} {_MY}notion page {_PAGE} to {_VALUE}",
    rf"{_SHORT}{_SET} {_MY}{_PROPERTY} {_OF} {_THE_PAGE}{_PAGE} {_IN} to {_VALUE}",
    rf"{_SHORT}{_SET} {_MY}{_PROPERTY} {_OF} {_THE_PAGE}{_PAGE} to {_VALUE} {_IN}",
    rf"{_SHORT}{_IN},? {_SET} {_MY}{_PROPERTY} {_OF} {_THE_PAGE}{_PAGE} to {_VALUE}",
    rf"{_SHORT}{_SET} {_MY}notion page {_PAGE}['’]s {_PROPERTY} to {_VALUE}",
    rf"{_SHORT}{_SET} {_THE_PAGE}{_PAGE}['’]s {_PROPERTY} to {_VALUE} {_IN}",
    rf"{_SHORT}(?P<property>rename) {_MY}notion page {_PAGE} to {_VALUE}",
    rf"{_SHORT}(?P<property>rename) {_THE_PAGE}{_PAGE} to {_VALUE} {_IN}",
    rf"{_SHORT}(?:mark|flag) {_MY}notion (?:task|row|page) {_PAGE} as (?P<value>[^\n]{{1,60}}?)",
    rf"{_SHORT}(?:mark|flag|set|tick|check)(?: off)? {_THE_PAGE}{_PAGE} (?:as|to) (?P<value>[^\n]{{1,60}}?) {_IN}",
)
