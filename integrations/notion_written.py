"""What came of a write in Notion: the service's answer, what a look finds of it, and how far it came."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from assistant.errors import ServiceError
from integrations.notion_values import PlainValue


@dataclass(frozen=True)
class Written:
    """The service's answer to a write.

    Attributes:
        id: Of the page, or of the page or block that was appended to.
        url: Where the person sees it.
        block_ids: The top-level blocks that were made, in order.
        before: What the changed properties held, for taking it back.
    """

    id: str
    url: str
    block_ids: tuple[str, ...] = ()
    before: Mapping[str, PlainValue] = field(default_factory=dict)


@dataclass(frozen=True)
class Found:
    """What a look-up found of a write.

    Attributes:
        id: As in `Written`.
        blocks_written: How many of the top-level blocks stand there.
        blocks_total: How many there are to be; `append_blocks(id, markdown, skip_blocks=blocks_written)` goes on.
    """

    id: str
    url: str
    blocks_written: int
    blocks_total: int
    block_ids: tuple[str, ...] = ()

    @property
    def complete(self) -> bool:
        return self.blocks_written == self.blocks_total


class PartlyWritten(ServiceError):
    """Of a write that takes several requests, the first ones were done.

    Attributes:
        id: Of the page or block that was written to.
        blocks_written: How many top-level blocks certainly stand there.
    """

    may_have_acted = True

    def __init__(self, message: str, *, id: str, url: str, blocks_written: int, blocks_total: int) -> None:
        super().__init__(message)
        self.id = id
        self.url = url
        self.blocks_written = blocks_written
        self.blocks_total = blocks_total
