"""A ChatGPT export: `conversations.json`, a list of conversations, each a tree of messages.

Source of the format: OpenAI describes only how to get it (Settings > Data controls > Export data). Each conversation
has `title`, `create_time` (seconds since 1970), `mapping` (id -> node with `message`, `parent`, `children`) and
`current_node`, the leaf of the branch that was last shown. Exports of early 2023 lack `current_node` or the times.
"""

from __future__ import annotations

import datetime
import json
from collections.abc import Iterator, Mapping
from typing import Any

from assistant.errors import BadInput
from assistant.memory.formats import markdown_note
from assistant.memory.formats.document import Block, Document, Json

_WHO = {"user": "You", "assistant": "ChatGPT", "tool": "Tool"}
_DEEPEST_HEADING = 6


def read(text: str, *, name: str) -> list[Document]:
    """The conversations of an export, each a document; those without words are left out.

    Args:
        text: The file.
        name: Its name with suffix, for messages.

    Raises:
        BadInput: it is not JSON, or not a ChatGPT export.
    """
    try:
        loaded = json.loads(text)
    except (json.JSONDecodeError, RecursionError) as error:
        raise BadInput(f"{name} is not valid JSON; export or download it again.") from error
    conversations = [loaded] if isinstance(loaded, dict) and "mapping" in loaded else loaded
    if not isinstance(conversations, list) or not any(
        isinstance(each, dict) and isinstance(each.get("mapping"), dict) for each in conversations
    ):
        raise BadInput(
            f"{name} holds data of a kind that is not known; of JSON, only a ChatGPT export "
            "(conversations.json) can be read."
        )
    found = (
        _conversation(each, number)
        for number, each in enumerate(conversations)
        if isinstance(each, dict) and isinstance(each.get("mapping"), dict)
    )
    return [document for document in found if document.blocks]


def _conversation(conversation: Mapping[str, Any], number: int) -> Document:
    blocks: list[Block] = []
    begun = _moment(conversation.get("create_time"))
    for message in _shown(conversation):
        words = _words(message)
        if not words:
            continue
        sent = _moment(message.get("create_time"))
        begun = begun or sent
        author = message.get("author") or {}
        who = _WHO.get(str(author.get("role")), "ChatGPT")
        when = f", {sent:%Y-%m-%d %H:%M}" if sent else ""
        blocks.append(Block("heading", f"{who}{when}", level=1))
        inner, _ = markdown_note.blocks_of(words)
        for block in inner:
            level = min(block.level + 1, _DEEPEST_HEADING) if block.kind == "heading" else 0
            blocks.append(Block(block.kind, block.text, level=level, info=block.info))
    key = conversation.get("conversation_id") or conversation.get("id") or str(number)
    updated = _moment(conversation.get("update_time"))
    properties: dict[str, Json] = {"source": "ChatGPT"}
    if updated:
        properties["updated"] = updated.date().isoformat()
    title = " ".join(str(conversation.get("title") or "").split())
    return Document(
        title=title or "Conversation with ChatGPT",
        blocks=tuple(blocks),
        date=begun.date() if begun else None,
        properties=properties,
        key=str(key),
    )


def _shown(conversation: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The messages on the branch that was last shown, oldest first."""
    mapping: Mapping[str, Any] = conversation["mapping"]
    at = conversation.get("current_node")
    if at not in mapping:
        at = _last_leaf(mapping)
    messages: list[Mapping[str, Any]] = []
    seen: set[str] = set()
    while isinstance(at, str) and at in mapping and at not in seen:
        seen.add(at)
        node = mapping[at] if isinstance(mapping[at], dict) else {}
        if isinstance(node.get("message"), dict):
            messages.append(node["message"])
        at = node.get("parent")
    return messages[::-1]


def _last_leaf(mapping: Mapping[str, Any]) -> str | None:
    """The newest message that nothing follows, of an export that does not name its current node."""
    leaves = [(key, node) for key, node in mapping.items() if isinstance(node, dict) and not node.get("children")]

    def age(leaf: tuple[str, Mapping[str, Any]]) -> float:
        made = (leaf[1].get("message") or {}).get("create_time")
        return made if isinstance(made, int | float) else 0.0

    return max(leaves, key=age)[0] if leaves else None


def _words(message: Mapping[str, Any]) -> str:
    """What a person saw of a message: no system prompts, no calls of tools, no pictures."""
    author = message.get("author") or {}
    metadata = message.get("metadata") or {}
    hidden = metadata.get("is_visually_hidden_from_conversation") or message.get("weight") == 0
    if author.get("role") == "system" or hidden or message.get("recipient") not in {None, "all"}:
        return ""
    content = message.get("content")
    if isinstance(content, str):
        return content.strip()
    if not isinstance(content, dict):
        return ""
    kind = content.get("content_type")
    if kind in {"user_editable_context", "model_editable_context", "thoughts", "reasoning_recap"}:
        return ""
    if kind == "code":
        return f"```{content.get('language') or ''}\n{content.get('text') or ''}\n```"
    pieces = list(_parts(content.get("parts"))) or [str(content.get("text") or content.get("result") or "")]
    return "\n\n".join(piece for piece in pieces if piece.strip()).strip()


def _parts(parts: Any) -> Iterator[str]:
    for part in parts if isinstance(parts, list) else ():
        if isinstance(part, str):
            yield part
        elif isinstance(part, dict) and isinstance(part.get("text"), str):
            yield part["text"]  # what was said aloud


def _moment(seconds: Any) -> datetime.datetime | None:
    if not isinstance(seconds, int | float) or isinstance(seconds, bool):
        return None
    try:
        return datetime.datetime.fromtimestamp(seconds, datetime.UTC)
    except (OverflowError, OSError, ValueError):
        return None
