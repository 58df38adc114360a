"""The lane with a real n8n: `make test-n8n`. It is installed, imported into and started once for all tests."""

from __future__ import annotations

import shlex
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx
import pytest

# At the end: nothing here may stand before a library for the tests of other folders.
sys.path.append(str(Path(__file__).parent))

from imap_mailbox import Mailbox
from install_n8n import CannotInstall, N8nInstallation, cache_folder, install
from lane import DEPLOY, SIGNING_KEY, WEBHOOK_SECRET, Lane, values_for
from real_n8n import RealN8n
from stand_ins import StandIns

from integrations.n8n import N8nClient
from integrations.n8n_workflows import load_workflows

IMPORT_LIMIT_S = 900


@pytest.fixture(scope="session")
def installation() -> N8nInstallation:
    try:
        return install(cache_folder())
    except CannotInstall as error:
        pytest.fail(f"n8n cannot be installed here: {error}")


@pytest.fixture(scope="session")
def lane(installation: N8nInstallation, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lane]:
    folder = tmp_path_factory.mktemp("n8n")
    n8n = RealN8n(installation, folder)
    with StandIns(SIGNING_KEY) as outside, Mailbox() as mailbox:
        values = folder / "values.toml"
        values.write_text(values_for(outside, mailbox), "utf-8")
        importing = [sys.executable, str(DEPLOY / "import_workflows.py"), "import", str(values)]
        subprocess.run(
            [*importing, "--n8n", shlex.join(n8n.command())],
            env=n8n.environment(), timeout=IMPORT_LIMIT_S, check=True,
        )  # fmt: skip
        n8n.start()
        try:
            n8n.wait()
            verifying = [sys.executable, str(DEPLOY / "import_workflows.py"), "verify", str(values), n8n.url]
            subprocess.run(verifying, timeout=IMPORT_LIMIT_S, check=True)
            lane = Lane(n8n, outside, mailbox, load_workflows(DEPLOY / "workflows.example.toml"), values)
            lane.wait_until_taken_up()
            yield lane
        finally:
            n8n.stop()


@pytest.fixture
async def http() -> AsyncIterator[httpx.AsyncClient]:
    # As the house's own clients (`assistant/egress.py`), none uses a connection twice: a Node that was busy for six
    # seconds, as n8n is while it starts on a loaded machine, drops an idle connection and the request that waits in it.
    limits = httpx.Limits(max_keepalive_connections=0)
    async with httpx.AsyncClient(timeout=60, trust_env=False, limits=limits) as client:
        yield client


@pytest.fixture
def client(lane: Lane, http: httpx.AsyncClient) -> N8nClient:
    return N8nClient(http, base_url=lane.n8n.url, webhook_secret=WEBHOOK_SECRET, signing_key=SIGNING_KEY)
