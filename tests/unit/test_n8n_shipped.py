"""The n8n workflows that are shipped, without n8n; `make test-n8n` has a real one."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

DEPLOY = Path(__file__).parents[2] / "deploy" / "n8n"
SHIPPED = sorted((DEPLOY / "workflows").glob("*.json"))


def test_all_workflows_of_the_issue_are_shipped() -> None:
    assert {path.stem for path in SHIPPED} == {
        "receive", "keep", "send", "memory_event", "notion_sync", "github_activity", "daily_summary", "mail_triage",
        "photo_import", "photo_archive",
    }  # fmt: skip


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_a_shipped_workflow_has_no_volatile_keys(path: Path) -> None:
    text = path.read_text("utf-8")
    workflow = json.loads(text)
    assert set(workflow) == {"id", "name", "active", "nodes", "connections", "settings"}
    assert workflow["active"] is False
    assert workflow["id"] == f"twinning-{path.stem.replace('_', '-')}"
    assert text == json.dumps(workflow, indent=2, ensure_ascii=False) + "\n"
    for node in workflow["nodes"]:
        assert set(node) <= {
            "id", "name", "type", "typeVersion", "position", "parameters", "credentials", "webhookId", "executeOnce",
            "alwaysOutputData", "onError", "retryOnFail", "maxTries", "waitBetweenTries",
        }  # fmt: skip
        assert ("webhookId" in node) == (node["type"] == "n8n-nodes-base.webhook")


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_a_shipped_workflow_holds_together(path: Path) -> None:
    workflow = json.loads(path.read_text("utf-8"))
    names = [node["name"] for node in workflow["nodes"]]
    assert len(names) == len(set(names))
    assert len({node["id"] for node in workflow["nodes"]}) == len(names)
    linked = {link["node"] for out in workflow["connections"].values() for each in out["main"] for link in each}
    assert linked | set(workflow["connections"]) <= set(names)
    triggers = {name for name in names if name not in linked}
    assert triggers, "nothing starts it"
    assert triggers <= {"When a workflow asks", "Every night", "Webhook", "When it is time", "New mail"}
    assert set(re.findall(r"\$\('([^']+)'\)", path.read_text("utf-8"))) <= set(names)


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_a_shipped_workflow_holds_no_secret_and_follows_no_redirect(path: Path) -> None:
    for node in json.loads(path.read_text("utf-8"))["nodes"]:
        assert node["type"] != "n8n-nodes-base.code"
        for credential in node.get("credentials", {}).values():
            assert set(credential) == {"id", "name"}
            assert credential["id"].startswith("twinning-")
        if node["type"] == "n8n-nodes-base.httpRequest":
            assert node["parameters"]["options"]["redirect"]["redirect"]["followRedirects"] is False
            assert node["parameters"]["url"].startswith("={{")
        if node["type"] == "n8n-nodes-base.webhook":
            assert node["parameters"]["authentication"] == "headerAuth"
            assert node["parameters"]["options"]["rawBody"] is True
