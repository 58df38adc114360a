"""The pages about the outside: approvals, connections, what left the house, the audit, the inbox."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from html import unescape
from uuid import UUID

import httpx
import letterbox
import psycopg
import pytest
from letterbox import KEY, SERVICE, Letterbox
from web_client import Browser, serving
from web_letters import house_with

from assistant import auth
from assistant.actions.grants import Grants
from assistant.actions.outcomes import Place, Wish
from assistant.db import operations, threads
from assistant.events import Approval, Person
from assistant.house import House
from assistant.labels import Confidentiality, Labels
from assistant.outside import utc_now
from assistant.settings import Settings

PAGE = {"Accept": "text/html"}
PAGES = ("/approvals", "/inbox", "/connections", "/egress", "/audit")
LETTER = {"to": "grandma", "text": "see you on Sunday"}


@pytest.fixture
async def box() -> AsyncIterator[Letterbox]:
    async with letterbox.serving(Letterbox()) as box:
        yield box


@pytest.fixture
async def house(settings: Settings, box: Letterbox) -> AsyncIterator[House]:
    async with house_with(box, settings) as house:
        yield house


@pytest.fixture
async def browser(house: House) -> AsyncIterator[Browser]:
    """Ana's."""
    async with serving(house) as address, Browser(address) as browser:
        await browser.sign_up(await auth.first_code(house.database, house.settings), "Ana")
        yield browser


@pytest.fixture
async def bens_browser(browser: Browser, house: House) -> AsyncIterator[Browser]:
    async with Browser(browser.address) as bens:
        await bens.sign_up(await auth.invite(house.database), "Ben")
        yield bens


async def proposed(house: House, owner: Person, *, tool: str = "letterbox_post", **changes: str) -> Approval:
    wish = Wish(tool, {**LETTER, **changes}, target="the box in Mill Lane")
    return house.outside.actions.shown(await house.outside.actions.propose(owner.id, wish, Place("web")))


async def decide(browser: Browser, verb: str, *approvals: Approval, one: bool = False) -> httpx.Response:
    named = [f"{each.id} {each.digest}" for each in approvals]
    data = {"one": f"{verb} {named[0]}"} if one else {"all": verb, "chosen": named}
    return await browser.http.post("/approvals", data=data, headers=PAGE)


async def test_who_is_not_signed_in_is_led_to_the_sign_in(browser: Browser) -> None:
    async with Browser(browser.address) as nobody:
        for path in PAGES:
            answer = await nobody.http.get(path, headers=PAGE)
            assert (answer.status_code, answer.headers["location"]) == (303, "/login")
        for path in ("/approvals", "/connections/letterbox", "/audit/verify", "/inbox/seen"):
            assert (await nobody.http.post(path, data={})).status_code == 401


async def test_other_sites_may_not_post_here(browser: Browser, house: House, ana: Person, box: Letterbox) -> None:
    approval = await proposed(house, ana)
    data = {"one": f"approve {approval.id} {approval.digest}"}
    for elsewhere in ({"Origin": "https://evil.test"}, {"Origin": "null"}, {"Sec-Fetch-Site": "cross-site"}):
        assert (await browser.http.post("/approvals", data=data, headers=elsewhere)).status_code == 403
    assert (await house.outside.actions.outcome(ana.id, approval.id)).state == "proposed"
    assert box.requests == 0


async def test_a_very_long_approval_is_shown_to_its_last_character_and_approved_there(
    browser: Browser, house: House, ana: Person, box: Letterbox
) -> None:
    text = "<b>\u202elong</b> " * 2000 + "the end"
    approval = await proposed(house, ana, text=text)
    page = await browser.http.get(f"/approvals/{approval.id}")
    (shown,) = re.findall(r'<pre class="whole">(.*?)</pre>', page.text, flags=re.DOTALL)
    assert unescape(shown) == approval.text
    assert "<b>" not in shown
    assert "&lt;b&gt;⟨U+202E⟩long" in shown
    answer = await decide(browser, "approve", approval, one=True)
    assert "Done: posted a letter to grandma." in answer.text
    assert f'<a href="{box.address}/letters/0" rel="noreferrer noopener">{box.address}/letters/0</a>' in answer.text
    assert [each["text"] for each in box.letters] == [text]
    again = await decide(browser, "approve", approval, one=True)
    assert "decided already: it is confirmed" in again.text
    assert len(box.letters) == 1


async def test_those_that_are_chosen_are_decided_and_no_others(
    browser: Browser, house: House, ana: Person, box: Letterbox
) -> None:
    three = [await proposed(house, ana, text=f"letter {n}") for n in range(3)]
    page = (await browser.http.get("/approvals")).text
    assert all(unescape(page).count(each.text) == 1 for each in three)
    assert page.count('type="checkbox"') == 3
    answer = await decide(browser, "approve", *three[:2])
    assert answer.text.count("Done: posted a letter") == 2
    assert sorted(each["text"] for each in box.letters) == ["letter 0", "letter 1"]
    assert "Not done: Post a letter; you said no." in (await decide(browser, "deny", three[2])).text
    assert "Nothing is chosen" in (await decide(browser, "approve")).text
    page = (await browser.http.get("/approvals")).text
    assert "Nothing waits for you." in page
    assert (page.count('<li class="confirmed">'), page.count('<li class="denied">')) == (2, 1)


async def test_more_than_ten_at_once_are_refused(browser: Browser, house: House, ana: Person, box: Letterbox) -> None:
    answer = await decide(browser, "approve", *[await proposed(house, ana) for _ in range(11)])
    assert (answer.status_code, "At most 10 can be decided at once." in answer.text) == (400, True)
    assert box.requests == 0


async def test_another_person_neither_sees_nor_decides(
    browser: Browser, bens_browser: Browser, house: House, ana: Person, box: Letterbox
) -> None:
    approval = await proposed(house, ana)
    assert "grandma" not in (await bens_browser.http.get("/approvals")).text
    assert (await bens_browser.http.get(f"/approvals/{approval.id}")).status_code == 404
    assert "no such approval" in (await decide(bens_browser, "approve", approval, one=True)).text
    for path in ("change", "undo", "cancel"):
        data = {"digest": approval.digest, "argument to": "ben"}
        assert (await bens_browser.http.post(f"/approvals/{approval.id}/{path}", data=data)).status_code == 404
    assert (await house.outside.actions.outcome(ana.id, approval.id)).state == "proposed"
    assert box.requests == 0
    for path in ("/approvals/nonsense", f"/approvals/{UUID(int=7)}"):
        assert (await browser.http.get(path)).status_code == 404


async def test_a_change_is_a_new_approval_of_what_was_written(
    browser: Browser, house: House, ana: Person, box: Letterbox
) -> None:
    before = await proposed(house, ana, text="\ntwo lines\nof text")
    page = (await browser.http.get(f"/approvals/{before.id}")).text
    assert '<textarea name="argument text" rows="5">\n\ntwo lines\nof text</textarea>' in page
    same = {"digest": before.digest, "argument to": "grandma", "argument text": "\r\ntwo lines\r\nof text"}
    answer = await browser.http.post(f"/approvals/{before.id}/change", data=same)
    assert (answer.status_code, "Nothing is changed in it." in answer.text) == (400, True)
    changed = {**same, "argument text": "three\r\nlines\r\nnow"}
    answer = await browser.http.post(f"/approvals/{before.id}/change", data=changed)
    assert answer.status_code == 303
    after = await house.outside.actions.approval(ana.id, UUID(answer.headers["location"].rpartition("/")[2]))
    assert "text (from your edit):\n    three\n    lines\n    now" in after.text
    assert "decided already: it is withdrawn" in (await decide(browser, "approve", before, one=True)).text
    assert (await browser.http.post(f"/approvals/{before.id}/change", data=changed)).status_code == 409
    assert "Done: " in (await decide(browser, "approve", after, one=True)).text
    assert [(each["to"], each["text"]) for each in box.letters] == [("grandma", "three\nlines\nnow")]


async def test_a_change_of_where_it_goes_is_refused_in_words_and_keeps_what_was_written(
    browser: Browser, house: House, ana: Person
) -> None:
    stored = await house.outside.actions.propose(ana.id, Wish("letterbox_post", LETTER, target="grandma"), Place("web"))
    approval = house.outside.actions.shown(stored)
    data = {"digest": approval.digest, "argument to": "mallory", "argument text": 'say "hi"'}
    answer = await browser.http.post(f"/approvals/{approval.id}/change", data=data)
    assert (answer.status_code, "cannot change where it goes" in answer.text) == (400, True)
    assert 'value="say &quot;hi&quot;"' in answer.text
    assert unescape(answer.text).count(approval.text) == 1


async def test_undo_and_cancel_from_the_pages(browser: Browser, house: House, ana: Person, box: Letterbox) -> None:
    approval = await proposed(house, ana)
    await decide(browser, "approve", approval, one=True)
    assert f'action="/approvals/{approval.id}/undo"' in (await browser.http.get("/approvals")).text
    answer = await browser.http.post(f"/approvals/{approval.id}/undo")
    inverse = await house.outside.actions.approval(ana.id, UUID(answer.headers["location"].rpartition("/")[2]))
    assert not box.letters[0].get("gone")
    await decide(browser, "approve", inverse, one=True)
    assert box.letters[0]["gone"]
    answer = await browser.http.post(f"/approvals/{inverse.id}/undo")
    assert (answer.status_code, "cannot be undone" in answer.text) == (409, True)
    later = await proposed(house, ana, tool="letterbox_post_later")
    answer = await decide(browser, "approve", later, one=True)
    assert f'action="/approvals/{later.id}/cancel"' in answer.text
    assert (await browser.http.post(f"/approvals/{later.id}/cancel")).status_code == 303
    assert "it was taken back" in (await browser.http.get(f"/approvals/{later.id}")).text
    assert len(box.letters) == 1


async def test_what_is_decided_on_its_page_is_told_in_the_conversation(
    browser: Browser, house: House, ana: Person
) -> None:
    thread = UUID(int=11)
    async with house.database.session(ana.id) as session:
        await threads.ensure(session, ana.id, thread, channel="web", title="Letters")
    wish = Wish("letterbox_post", LETTER)
    stored = await house.outside.actions.propose(ana.id, wish, Place("web", thread))
    approval = house.outside.actions.shown(stored)
    assert f'<a href="/thread/{thread}">' in (await browser.http.get(f"/approvals/{approval.id}")).text
    await decide(browser, "approve", approval, one=True)
    steps = (await browser.conversation(str(thread))).json()["steps"]
    assert [each["output"].split("\n")[0] for each in steps if each["type"] == "assistant_message"] == [
        "```",
        "Done: posted a letter to grandma.",
    ]


async def test_a_service_is_connected_only_when_it_answers(settings: Settings, box: Letterbox) -> None:
    async with (
        house_with(box, settings, connected=False) as house,
        serving(house) as address,
        Browser(address) as browser,
    ):
        await browser.sign_up(await auth.first_code(house.database, house.settings), "Ana")
        ana = await auth.owner_of_the_folder(house.database, settings)
        page = (await browser.http.get("/connections")).text
        assert "Not connected." in page
        assert '<input type="password" name="key" autocomplete="new-password"' in page
        typed = {"address": box.address, "key": "a-wrong-key"}
        answer = await browser.http.post("/connections/letterbox", data=typed)
        assert answer.status_code == 400
        assert "refuses the access (wrong key)" in answer.text
        assert f'value="{box.address}"' in answer.text
        assert "a-wrong-key" not in answer.text
        assert await house.outside.connections.all(ana.id) == []
        answer = await browser.http.post("/connections/letterbox", data={**typed, "key": ""})
        assert (answer.status_code, "needs key" in answer.text) == (400, True)
        answer = await browser.http.post("/connections/letterbox", data={**typed, "key": KEY})
        assert (answer.status_code, answer.headers["location"]) == (303, "/connections")
        page = (await browser.http.get("/connections")).text
        assert "Connected as <b>box of ana</b> since" in page
        assert KEY not in page
        assert house.outside.secrets.read(ana.id, SERVICE) == {"key": KEY}
        async with house.database.session(ana.id) as session:
            await operations.mark_connection(
                session, ana.id, "letterbox", trouble="Letterbox refuses <the key>.", now=utc_now()
            )
        assert "Letterbox refuses &lt;the key&gt;." in (await browser.http.get("/connections")).text
        assert (await browser.http.post("/connections/letterbox/disconnect")).status_code == 303
        assert "Not connected." in (await browser.http.get("/connections")).text
        assert (await browser.http.post("/connections/letterbox/disconnect")).status_code == 404
        assert (await browser.http.post("/connections/nonsense", data={})).status_code == 404


async def test_an_address_that_leads_into_the_cloud_is_refused(browser: Browser) -> None:
    typed = {"address": "http://169.254.169.254", "key": "x"}
    answer = await browser.http.post("/connections/letterbox", data=typed)
    assert (answer.status_code, "Twinning never calls" in answer.text) == (409, True)


async def test_what_left_the_house_is_listed_for_its_person_alone(
    browser: Browser, bens_browser: Browser, house: House, ana: Person
) -> None:
    assert "Nothing has left it." in (await browser.http.get("/egress")).text
    wish = Wish("letterbox_post", LETTER, labels=Labels(classes=frozenset({Confidentiality.HEALTH})))
    approval = house.outside.actions.shown(await house.outside.actions.propose(ana.id, wish, Place("web")))
    await decide(browser, "approve", approval, one=True)
    page = (await browser.http.get("/egress")).text
    assert "<td>127.0.0.1</td><td>1</td>" in page
    assert "<td>letterbox post</td><td>health</td>" in page
    assert "<td>201</td>" in page
    assert "Nothing has left it." in (await bens_browser.http.get("/egress")).text


async def test_the_audit_is_shown_and_verified(browser: Browser, house: House, ana: Person, database_url: str) -> None:
    await decide(browser, "approve", await proposed(house, ana), one=True)
    page = (await browser.http.get("/audit")).text
    for what in ("connected", "proposed", "approved", "sent", "confirmed"):
        assert f"<b>{what}</b>" in page
    assert "entries are as they were written" in (await browser.http.post("/audit/verify")).text
    with psycopg.connect(database_url, autocommit=True) as admin:
        admin.execute("ALTER TABLE audit DISABLE TRIGGER ALL")
        admin.execute('UPDATE audit SET body = \'{"at":"2026-01-01T00:00:00+00:00","what":"nothing"}\' WHERE seq = 2')
    assert "Entry 2 is not as it was written" in (await browser.http.post("/audit/verify")).text


async def test_the_inbox_is_read_and_put_away(
    browser: Browser, bens_browser: Browser, house: House, ana: Person
) -> None:
    async with house.database.session(ana.id) as session:
        keys = [
            await operations.add_notice(session, ana.id, kind="sync_conflict", text=f"Page <{n}> \u202e differs.")
            for n in range(3)
        ]
    page = (await browser.http.get("/inbox")).text
    assert page.count(">Seen</button>") == 3
    assert "Page &lt;1&gt; ⟨U+202E⟩ differs." in page
    assert "differs" not in (await bens_browser.http.get("/inbox")).text
    await bens_browser.http.post(f"/inbox/{keys[0]}/seen")
    assert (await browser.http.get("/inbox")).text.count(">Seen</button>") == 3
    assert (await browser.http.post(f"/inbox/{keys[0]}/seen")).status_code == 303
    assert (await browser.http.get("/inbox")).text.count(">Seen</button>") == 2
    assert (await browser.http.post("/inbox/seen")).status_code == 303
    assert "There is nothing new." in (await browser.http.get("/inbox")).text


async def test_a_standing_grant_is_listed_and_can_be_revoked(
    browser: Browser, bens_browser: Browser, house: House, ana: Person
) -> None:
    outside = house.outside
    shape = {
        "type": "object",
        "additionalProperties": False,
        "properties": {"to": {"const": "grandma"}, "text": {"type": "string", "maxLength": 40}},
    }
    granting = Grants(outside.database, audit=outside.audit, performers=outside.performers, clock=utc_now)
    key = await granting.give(ana.id, "letterbox_post", target="the <box>", arguments=shape, times=3, days=2)
    page = (await browser.http.get("/approvals")).text
    assert "<b>letterbox_post</b> (box of ana) to the &lt;box&gt;<br>3 more times, until" in page
    assert "<dt>to</dt><dd>const: grandma</dd>" in page
    assert (await bens_browser.http.post(f"/grants/{key}/revoke")).status_code == 404
    assert (await browser.http.post(f"/grants/{key}/revoke")).status_code == 303
    assert "Standing grants" not in (await browser.http.get("/approvals")).text


async def test_the_pages_are_linked_from_the_settings_and_each_other(browser: Browser) -> None:
    for address in ("/settings", *PAGES):
        page = (await browser.http.get(address)).text
        assert all(f'href="{each}"' in page for each in PAGES)
