"""The tables. Every table with a person's data has `owner_id` and row-level security, from the first migration on."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any

from pgvector.sqlalchemy import HALFVEC
from sqlalchemy import (
    BigInteger,
    Computed,
    DateTime,
    ForeignKey,
    ForeignKeyConstraint,
    Identity,
    Index,
    LargeBinary,
    Text,
    UniqueConstraint,
    func,
)
from sqlalchemy import text as sql_text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, TSVECTOR
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from assistant.settings import EMBEDDING_DIMENSIONS

SEARCH = "setweight(to_tsvector('english', context), 'A') || to_tsvector('english', text)"


class Table(DeclarativeBase):
    """Base of all tables."""

    type_annotation_map = {  # noqa: RUF012
        dt.datetime: DateTime(timezone=True),
        dict[str, Any]: JSONB,
        list[Any]: JSONB,
        bytes: LargeBinary,
        str: Text,
    }


def _id() -> Mapped[uuid.UUID]:
    return mapped_column(primary_key=True, default=uuid.uuid4)


def _owner() -> Mapped[uuid.UUID]:
    return mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)


def _created() -> Mapped[dt.datetime]:
    return mapped_column(server_default=func.now())


class User(Table):
    """A person. The first one exists as soon as the house is used; their name and password come with the code."""

    __tablename__ = "users"
    id: Mapped[uuid.UUID] = _id()
    name: Mapped[str]
    name_key: Mapped[str] = mapped_column(unique=True)  # casefolded, so that Ana and ana are one
    password_hash: Mapped[str | None]  # argon2id, PHC string; None until the account is claimed
    time_zone: Mapped[str]
    week_start: Mapped[int]
    created_at: Mapped[dt.datetime] = _created()


class SignUpCode(Table):
    """A one-time code. Only its SHA-256 is kept (the code has 80 random bits)."""

    __tablename__ = "sign_up_codes"
    code_hash: Mapped[bytes] = mapped_column(primary_key=True)
    user_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    created_at: Mapped[dt.datetime] = _created()
    expires_at: Mapped[dt.datetime]


class SignIn(Table):
    """A browser in which somebody is signed in. Read before it is known who asks, so it is not behind the wall."""

    __tablename__ = "sign_ins"
    id: Mapped[uuid.UUID] = _id()
    user_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    created_at: Mapped[dt.datetime] = _created()
    expires_at: Mapped[dt.datetime]


class Document(Table):
    """Something that was imported: a file, or one conversation of an export."""

    __tablename__ = "documents"
    __table_args__ = (
        UniqueConstraint("owner_id", "path", "key"),
        UniqueConstraint("owner_id", "id"),
        Index("ix_documents_content", "owner_id", "content_hash"),
    )
    id: Mapped[uuid.UUID] = _id()
    owner_id: Mapped[uuid.UUID] = _owner()
    path: Mapped[str]  # absolute, or upload:NAME for a file dropped into the chat
    key: Mapped[str] = mapped_column(server_default="")  # which document of a file that holds many
    title: Mapped[str]
    content_hash: Mapped[bytes]  # SHA-256 of the file
    dated_on: Mapped[dt.date | None]
    properties: Mapped[dict[str, Any]] = mapped_column(server_default=sql_text("'{}'"))
    links: Mapped[list[Any]] = mapped_column(server_default=sql_text("'[]'"))
    imported_at: Mapped[dt.datetime] = _created()


class Memory(Table):
    """One thing that is remembered: a fact that was said, or a passage of a document."""

    __tablename__ = "memories"
    __table_args__ = (
        # With the owner, so that a row can never hang on another person's document.
        ForeignKeyConstraint(["owner_id", "document_id"], ["documents.owner_id", "documents.id"], ondelete="CASCADE"),
        Index("ix_memories_search", "search", postgresql_using="gin"),
        Index(
            "ix_memories_embedding",
            "embedding",
            postgresql_using="hnsw",
            postgresql_ops={"embedding": "halfvec_cosine_ops"},
            postgresql_with={"m": 24, "ef_construction": 64},
        ),
        Index(
            "ix_memories_unembedded",
            "owner_id",
            "created_at",
            postgresql_where=sql_text("embedding_model IS NULL"),
        ),
        Index("ix_memories_document", "document_id", "position"),
        Index("ix_memories_content", "owner_id", "content_hash"),
    )
    id: Mapped[uuid.UUID] = _id()
    owner_id: Mapped[uuid.UUID] = _owner()
    kind: Mapped[str]  # fact | passage
    text: Mapped[str]
    context: Mapped[str] = mapped_column(server_default="")  # title and headings above a passage
    content_hash: Mapped[bytes]  # SHA-256 of context and text
    document_id: Mapped[uuid.UUID | None]
    position: Mapped[int] = mapped_column(server_default="0")
    source: Mapped[str]  # path of the document, or "said on web"
    message_id: Mapped[uuid.UUID | None]  # the message in which it was said
    said_by: Mapped[str]  # the person's name, or "document"
    dated_on: Mapped[dt.date | None]
    created_at: Mapped[dt.datetime] = _created()
    valid_from: Mapped[dt.datetime | None]
    valid_until: Mapped[dt.datetime | None]
    embedding: Mapped[Any | None] = mapped_column(HALFVEC(EMBEDDING_DIMENSIONS))
    embedding_model: Mapped[str | None]
    search: Mapped[Any] = mapped_column(TSVECTOR, Computed(SEARCH, persisted=True))


class Lexeme(Table):
    """In how many of a person's memories a lexeme stands: tells rare words from common ones."""

    __tablename__ = "lexemes"
    owner_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), primary_key=True)
    lexeme: Mapped[str] = mapped_column(primary_key=True)
    memories: Mapped[int]


class Tombstone(Table):
    """Says that something was forgotten, without saying what."""

    __tablename__ = "tombstones"
    memory_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    owner_id: Mapped[uuid.UUID] = _owner()
    content_hmac: Mapped[bytes]  # keyed outside the database; keeps a re-import from bringing it back
    unit_hmacs: Mapped[list[bytes]] = mapped_column(ARRAY(LargeBinary), server_default="{}")  # of a passage's sentences
    source_hmac: Mapped[bytes | None]  # of the path that a passage was imported from
    forgotten_at: Mapped[dt.datetime] = _created()


class Thread(Table):
    """A conversation."""

    __tablename__ = "threads"
    __table_args__ = (UniqueConstraint("owner_id", "id"),)
    id: Mapped[uuid.UUID] = _id()
    owner_id: Mapped[uuid.UUID] = _owner()
    channel: Mapped[str]
    title: Mapped[str] = mapped_column(server_default="")
    created_at: Mapped[dt.datetime] = _created()
    updated_at: Mapped[dt.datetime] = _created()
    labels: Mapped[dict[str, Any]] = mapped_column(server_default=sql_text("'{}'"))  # of all that was read in it


class StoredMessage(Table):
    """What was said in a thread, by the person or by the assistant."""

    __tablename__ = "messages"
    __table_args__ = (
        ForeignKeyConstraint(["owner_id", "thread_id"], ["threads.owner_id", "threads.id"], ondelete="CASCADE"),
        Index("ix_messages_thread", "thread_id", "created_at"),
        Index("ix_messages_search", "search", postgresql_using="gin"),
    )
    id: Mapped[uuid.UUID] = _id()
    owner_id: Mapped[uuid.UUID] = _owner()
    thread_id: Mapped[uuid.UUID]
    role: Mapped[str]  # person | assistant
    text: Mapped[str]
    state: Mapped[str] = mapped_column(server_default="complete")  # complete | partial | refused
    details: Mapped[dict[str, Any]] = mapped_column(server_default=sql_text("'{}'"))  # citations, steps, mode, timings
    created_at: Mapped[dt.datetime] = mapped_column(server_default=func.clock_timestamp())
    search: Mapped[Any] = mapped_column(TSVECTOR, Computed("to_tsvector('english', text)", persisted=True))


class RouteExample(Table):
    """A sentence whose route the person confirmed."""

    __tablename__ = "route_examples"
    __table_args__ = (UniqueConstraint("owner_id", "text"),)
    id: Mapped[uuid.UUID] = _id()
    owner_id: Mapped[uuid.UUID] = _owner()
    text: Mapped[str]
    route: Mapped[str]
    created_at: Mapped[dt.datetime] = _created()


class Connection(Table):
    """A service that a person has connected. Its secrets are in a file, never here."""

    __tablename__ = "connections"
    owner_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), primary_key=True)
    service: Mapped[str] = mapped_column(primary_key=True)
    account: Mapped[str] = mapped_column(server_default="")  # as the service calls the account
    settings: Mapped[dict[str, Any]] = mapped_column(server_default=sql_text("'{}'"))
    connected_at: Mapped[dt.datetime] = _created()
    checked_at: Mapped[dt.datetime | None]
    trouble: Mapped[str | None]  # why it did not work when it was last used


class Operation(Table):
    """One call to the outside, from its proposal to its receipt. A trigger guards `frozen` and the states' order."""

    __tablename__ = "operations"
    __table_args__ = (
        ForeignKeyConstraint(
            ["owner_id", "thread_id"], ["threads.owner_id", "threads.id"], ondelete="SET NULL (thread_id)"
        ),
        Index(
            "ix_operations_open",
            "owner_id",
            "proposed_at",
            postgresql_where=sql_text("state IN ('proposed', 'approved', 'claimed', 'sent')"),
        ),
        Index("ix_operations_owner", "owner_id", "proposed_at"),
        Index("ix_operations_thread", "thread_id", postgresql_where=sql_text("thread_id IS NOT NULL")),
    )
    id: Mapped[uuid.UUID] = _id()  # also the idempotency key
    owner_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    tool: Mapped[str]
    service: Mapped[str]
    effect: Mapped[str]  # read | write | destructive
    frozen: Mapped[bytes]  # the proposal as canonical JSON (RFC 8785)
    digest: Mapped[bytes]  # its SHA-256: what the person approves
    state: Mapped[
        str
    ]  # proposed | approved | claimed | sent | confirmed | unknown | failed | denied | expired | withdrawn
    channel: Mapped[str]
    thread_id: Mapped[uuid.UUID | None]
    message_id: Mapped[uuid.UUID | None]
    replaces: Mapped[uuid.UUID | None]  # the proposal that was edited into this one
    undoes: Mapped[uuid.UUID | None]
    grant_id: Mapped[uuid.UUID | None]  # the standing grant that approved it
    proposed_at: Mapped[dt.datetime]
    expires_at: Mapped[dt.datetime]
    decided_at: Mapped[dt.datetime | None]
    decided_on: Mapped[str | None]  # the channel of the decision, or "grant"
    not_before: Mapped[dt.datetime | None]
    lease_until: Mapped[dt.datetime | None]
    attempts: Mapped[int] = mapped_column(server_default="0")
    sent_at: Mapped[dt.datetime | None]  # the first time
    finished_at: Mapped[dt.datetime | None]
    receipt: Mapped[dict[str, Any] | None]
    trouble: Mapped[str | None]


class Grant(Table):
    """A standing approval: one tool, account and target, arguments of one shape, so many times, until a day."""

    __tablename__ = "grants"
    __table_args__ = (Index("ix_grants_owner", "owner_id", "tool"),)
    id: Mapped[uuid.UUID] = _id()
    owner_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    tool: Mapped[str]
    account: Mapped[str]  # as the service calls it
    target: Mapped[str]
    arguments: Mapped[dict[str, Any]]  # JSON Schema
    remaining: Mapped[int]
    created_at: Mapped[dt.datetime] = _created()
    expires_at: Mapped[dt.datetime]
    revoked_at: Mapped[dt.datetime | None]


class AuditEntry(Table):
    """One line of a person's audit. `mac` covers the body and the entry before; it can only be added to."""

    __tablename__ = "audit"
    owner_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), primary_key=True)
    seq: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    body: Mapped[bytes]  # canonical JSON (RFC 8785)
    mac: Mapped[bytes]  # HMAC-SHA256, key outside the database


class AuditHead(Table):
    """The last entry of a person's audit; its row is locked while one is added."""

    __tablename__ = "audit_heads"
    owner_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), primary_key=True)
    seq: Mapped[int] = mapped_column(BigInteger)
    mac: Mapped[bytes]


class EgressEntry(Table):
    """One request that left the house; without an owner when the house itself sent it."""

    __tablename__ = "egress"
    __table_args__ = (Index("ix_egress_owner", "owner_id", "at"),)
    id: Mapped[uuid.UUID] = _id()
    owner_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    at: Mapped[dt.datetime]
    host: Mapped[str]
    method: Mapped[str]
    purpose: Mapped[str]  # the tool, or what the house fetched
    classes: Mapped[list[str]] = mapped_column(ARRAY(Text))
    operation_id: Mapped[uuid.UUID | None]
    bytes_out: Mapped[int] = mapped_column(BigInteger)
    bytes_in: Mapped[int | None] = mapped_column(BigInteger)
    outcome: Mapped[str | None]  # the status, or why there is none; nothing while it is under way


class Notice(Table):
    """Something the person should know or decide: the inbox."""

    __tablename__ = "notices"
    __table_args__ = (Index("ix_notices_owner", "owner_id", "created_at"),)
    id: Mapped[uuid.UUID] = _id()
    owner_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    kind: Mapped[str]
    text: Mapped[str]
    details: Mapped[dict[str, Any]] = mapped_column(server_default=sql_text("'{}'"))
    created_at: Mapped[dt.datetime] = _created()
    seen_at: Mapped[dt.datetime | None]


class MemoryEvent(Table):
    """Something that happened to a fact and that no rule was told yet. It goes once every rule had it."""

    __tablename__ = "memory_events"
    __table_args__ = (Index("ix_memory_events_owner", "owner_id", "seq"),)
    id: Mapped[uuid.UUID] = _id()
    owner_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    seq: Mapped[int] = mapped_column(BigInteger, Identity(always=True))
    event: Mapped[str]  # added | corrected | forgotten | contradiction
    memory_id: Mapped[uuid.UUID]
    text: Mapped[str | None]  # nothing of what is forgotten
    source: Mapped[str]
    happened_at: Mapped[dt.datetime]
    recorded_at: Mapped[dt.datetime] = _created()  # by the database's clock, whatever TWINNING_NOW says


class Delivered(Table):
    """A delivery of n8n's that was taken: it sends again until it hears so."""

    __tablename__ = "delivered"
    __table_args__ = (Index("ix_delivered_received", "owner_id", "received_at"),)
    owner_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), primary_key=True)
    id: Mapped[str] = mapped_column(primary_key=True)
    received_at: Mapped[dt.datetime]


class NotionPage(Table):
    """What a page of the synced data source is in memory, and how both were when they last agreed."""

    __tablename__ = "notion_pages"
    __table_args__ = (UniqueConstraint("owner_id", "data_source", "page_id"),)
    id: Mapped[uuid.UUID] = _id()
    owner_id: Mapped[uuid.UUID] = _owner()
    data_source: Mapped[str]
    page_id: Mapped[str | None]  # None while the page is only proposed
    memory_id: Mapped[uuid.UUID | None]  # the fact that it says
    document_id: Mapped[uuid.UUID | None]  # the document that was made of it
    agreed_hash: Mapped[bytes | None]  # SHA-256 of title and text when both sides last said the same
    edited_at: Mapped[dt.datetime | None]  # as Notion said when it was last read, to the minute
    read_at: Mapped[dt.datetime | None]
    wanted: Mapped[str | None]  # create | retitle | trash: what was proposed
    wanted_hash: Mapped[bytes | None]  # of what the page would say then
    wanted_at: Mapped[dt.datetime | None]  # written down before it is proposed
    operation_id: Mapped[uuid.UUID | None]
    declined_hash: Mapped[bytes | None]  # what was proposed and not done; it is not proposed again
    conflict_hash: Mapped[bytes | None]  # the conflict that the person was told of


class NotionCursor(Table):
    """How far a data source was read: up to which edit."""

    __tablename__ = "notion_cursors"
    owner_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), primary_key=True)
    data_source: Mapped[str] = mapped_column(primary_key=True)
    edited_until: Mapped[dt.datetime]


OWNED = (
    "documents",
    "memories",
    "lexemes",
    "tombstones",
    "threads",
    "messages",
    "route_examples",
    "connections",
    "operations",
    "grants",
    "audit",
    "audit_heads",
    "egress",
    "notices",
    "memory_events",
    "delivered",
    "notion_pages",
    "notion_cursors",
)
"""Tables under row-level security."""
