"""What the tests with a real n8n share."""

from __future__ import annotations

import time
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import httpx
from imap_mailbox import PASSWORD, USER, Mailbox
from real_n8n import RealN8n
from stand_ins import StandIns

from integrations.n8n import SECRET_HEADER, trigger_body
from integrations.n8n_deliveries import SIGNATURE_HEADER, sign
from integrations.n8n_workflows import AllowedWorkflows

DEPLOY = Path(__file__).parents[2] / "deploy" / "n8n"
WEBHOOK_SECRET = "webhook-secret"
SIGNING_KEY = "signing-key ü"


@dataclass
class Lane:
    """A real n8n with the shipped workflows, and what they talk to."""

    n8n: RealN8n
    outside: StandIns
    mailbox: Mailbox
    workflows: AllowedWorkflows
    values: Path

    @property
    def hook(self) -> str:
        return f"{self.outside.url}/hooks/n8n/ana"

    def wait_until_taken_up(self, limit_s: float = 90.0) -> None:
        """Until the workflows that others call are taken up too: n8n does that one by one, after it is ready.

        Raises:
            AssertionError: they are not within the limit.
        """
        event = {"event": "added", "memory_id": "warm-up", "happened_at": "2026-11-22T10:00:00Z"}
        workflow, deadline = self.workflows.named("memory_event"), time.monotonic() + limit_s
        while True:
            body = trigger_body(workflow, event, idempotency_key=uuid.uuid4().hex, callback_url=None)
            headers = {
                "Content-Type": "application/json",
                SECRET_HEADER: WEBHOOK_SECRET,
                SIGNATURE_HEADER: sign(body, key=SIGNING_KEY, purpose="trigger", now=datetime.now(UTC)),
            }
            answer = httpx.post(f"{self.n8n.url}/webhook/{workflow.path}", content=body, headers=headers, timeout=60)
            if answer.status_code == 200 and self.outside.deliveries:
                return
            assert time.monotonic() < deadline, (answer.status_code, answer.text, self.outside.refused)
            time.sleep(0.5)


def values_for(outside: StandIns, mailbox: Mailbox) -> str:
    """The values that the import script fills in; the schedules fire every six seconds."""
    often = "*/6 * * * * *"
    return f"""
[twinning]
hook = "{outside.url}/hooks/n8n/ana"
webhook_secret = "{WEBHOOK_SECRET}"
signing_key = "{SIGNING_KEY}"
cleanup_schedule = "{often}"

[forward]
url = "{outside.url}/forward"
header = "X-Token"
secret = "forward-secret"

[photos]
url = "{outside.url}/photos"
header = "X-Api-Key"
secret = "photo-secret"

[notion]
url = "{outside.url}/notion"
token = "notion-secret"
data_source_id = "source-1"
schedule = "{often}"

[github]
url = "{outside.url}/github"
token = "github-secret"
user = "ana"
schedule = "{often}"

[summary]
schedule = "{often}"

[mail]
host = "127.0.0.1"
port = {mailbox.port}
secure = false
user = "{USER}"
password = "{PASSWORD}"
"""
