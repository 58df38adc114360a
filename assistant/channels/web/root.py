"""Chainlit's folder and environment. Must run before Chainlit is imported: it reads both at that moment."""

from __future__ import annotations

import importlib.util
import json
import os
import secrets
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import ModuleType
from typing import Any

from assistant.auth import SIGN_IN_LIFETIME
from assistant.errors import ConfigurationError
from assistant.settings import Settings

STATIC = Path(__file__).parent / "static"
COOKIE = "twinning_session"
UPLOAD_MB = 50
UPLOAD_FILES = 20
SESSION_S = int(SIGN_IN_LIFETIME.total_seconds())

CONFIG = f"""# Written anew at every start; changes made here are lost.
[project]
user_env = []
session_timeout = 3600
user_session_timeout = {SESSION_S}
cache = false
persist_user_env = false
allow_origins = []

[features]
unsafe_allow_html = false
latex = false
user_message_markdown = false
edit_message = false
assistant_message_autoscroll = false
allow_thread_sharing = false
favorites = false

[features.spontaneous_file_upload]
enabled = true
accept = []
max_files = {UPLOAD_FILES}
max_size_mb = {UPLOAD_MB}

[features.audio]
enabled = false

[features.mcp]
enabled = false

[UI]
name = "Twinning"
description = "Your own assistant: it remembers, cites, and stays on your machine."
language = "en-US"
cot = "full"
confirm_new_chat = false
custom_css = "/public/chat.css"
custom_js = "/public/chat.js"
custom_meta_url = "/"
custom_meta_image_url = "/public/icon-512.png"

[[UI.header_links]]
name = "approvals"
display_name = "Approvals"
icon_url = "/public/approvals.svg"
url = "/approvals"
target = "_self"

[[UI.header_links]]
name = "inbox"
display_name = "Inbox"
icon_url = "/public/inbox.svg"
url = "/inbox"
target = "_self"

[[UI.header_links]]
name = "settings"
display_name = "Settings"
icon_url = "/public/settings.svg"
url = "/settings"
target = "_self"

[meta]
generated_by = "2.12.0"
"""

WORDS: dict[str, Any] = {
    "chat": {
        "input": {
            "placeholder": "Ask, or say “remember that …”",
            "actions": {"stop": "Stop", "attachFiles": "Add files to memory"},
        },
        "fileUpload": {"errors": {"failed": "Not added:"}},
        "messages": {"status": {"using": "…", "used": "✓"}},
        "watermark": "A number in an answer opens what it quotes.",
    },
    "threadHistory": {
        "sidebar": {"title": "Conversations", "empty": "No conversations here"},
        "thread": {
            "untitled": "Conversation",
            "actions": {
                "delete": {
                    "title": "Delete this conversation?",
                    "description": "Its messages are deleted for good. What was remembered from it stays in memory.",
                    "success": "Conversation deleted",
                    "inProgress": "Deleting",
                },
                "rename": {"title": "Rename", "description": "A new name for this conversation", "success": "Renamed"},
            },
        },
    },
    "navigation": {"user": {"menu": {"logout": "Sign out"}}, "header": {"readme": "Help"}},
}
"""What replaces Chainlit's own words; same shape as its translation file."""


def prepare(settings: Settings) -> Path:
    """Writes Chainlit's folder below the data folder and points the environment at it; returns the folder.

    Nothing is written into the working directory or the program's own folder.

    Raises:
        ConfigurationError: the data folder cannot be written.
    """
    # It reads where its folder is once: a second house in one process, as in tests, shares the first one's.
    chainlit = sys.modules.get("chainlit.config")
    root = Path(chainlit.APP_ROOT) if chainlit else settings.data_dir / "web"
    try:
        root.mkdir(parents=True, exist_ok=True, mode=0o700)
        root.chmod(0o700)  # uploads pass through it
        # Uploads live as long as their import; what a killed process left is swept here.
        shutil.rmtree(root / ".files", ignore_errors=True)
        (root / ".files").mkdir(mode=0o700)
        shutil.rmtree(root / "public", ignore_errors=True)
        # Without their modes: an installed package may be read-only.
        shutil.copytree(STATIC / "public", root / "public", copy_function=shutil.copyfile)
        shutil.copyfile(STATIC / "chainlit.md", root / "chainlit_en-US.md")
        (root / ".chainlit" / "translations").mkdir(parents=True, exist_ok=True)
        (root / ".chainlit" / "config.toml").write_text(CONFIG, encoding="utf-8")
        (root / ".chainlit" / "translations" / "en-US.json").write_text(_translation(), encoding="utf-8")
        secret = _secret(settings.data_dir / "keys")
    except OSError as error:
        raise ConfigurationError(
            f"The data folder {settings.data_dir} cannot be written ({error.strerror}); "
            "set TWINNING_DATA_DIR to a folder of yours."
        ) from error
    for name in [each for each in os.environ if each.startswith("CHAINLIT_")]:
        del os.environ[name]
    os.environ.update(
        CHAINLIT_APP_ROOT=str(root),
        CHAINLIT_ENV_FILE=os.devnull,  # a .env in the working directory is not Chainlit's business
        CHAINLIT_AUTH_SECRET=secret,
        CHAINLIT_AUTH_COOKIE_NAME=COOKIE,
        CHAINLIT_CUSTOM_AUTH="1",  # everybody signs in, and on our own page
    )
    return root


@contextmanager
def lean_import() -> Iterator[None]:
    """Around the first import of Chainlit: less than half the memory, and nobody else's settings.

    Chainlit imports Literal AI's client, which imports Traceloop's, which imports pandas, gRPC and exporters; its
    socket library takes Redis, and for its client aiohttp, along if they are there. We use none of it: with them
    Chainlit costs 137 MB, without 46.
    They are hidden only while it is imported; whoever wants them later gets the real ones. Variables that would
    switch on Slack, Teams or another database are hidden in the same way.
    """
    traceloop, sdk = ModuleType("traceloop"), ModuleType("traceloop.sdk")
    traceloop.__path__ = []
    sdk.Traceloop = None  # type: ignore[attr-defined]
    hidden: dict[str, ModuleType | None] = {
        "traceloop": traceloop, "traceloop.sdk": sdk, "redis": None, "aiohttp": None,
    }  # fmt: skip
    hidden = {name: module for name, module in hidden.items() if name not in sys.modules}
    foreign = ("DATABASE_URL", "LITERAL_", "SLACK_", "TEAMS_", "DISCORD_", "OAUTH_")
    variables = {name: os.environ.pop(name) for name in list(os.environ) if name.startswith(foreign)}
    sys.modules.update(hidden)  # type: ignore[arg-type]
    try:
        yield
    finally:
        for name in hidden:
            sys.modules.pop(name, None)
        os.environ.update(variables)


def _translation() -> str:
    found = importlib.util.find_spec("chainlit")  # finds it without importing it
    assert found is not None
    assert found.origin is not None
    path = Path(found.origin).parent / "translations" / "en-US.json"
    return json.dumps(_merged(json.loads(path.read_text(encoding="utf-8")), WORDS), indent=1, ensure_ascii=False)


def _merged(words: dict[str, Any], ours: dict[str, Any]) -> dict[str, Any]:
    return {
        key: _merged(value, ours[key]) if isinstance(value, dict) and key in ours else ours.get(key, value)
        for key, value in words.items()
    }


def _secret(keys_dir: Path) -> str:
    """What session cookies are signed with; made once, so that people stay signed in over a restart."""
    keys_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    path = keys_dir / "web_session.key"
    if not path.exists():
        fresh = keys_dir / f"web_session.{os.getpid()}.new"
        fresh.touch(mode=0o600)
        fresh.write_text(secrets.token_hex(32))
        with suppress(FileExistsError):  # the first of two processes wins
            os.link(fresh, path)
        fresh.unlink()
    return path.read_text().strip()
