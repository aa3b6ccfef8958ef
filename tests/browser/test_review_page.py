"""A real browser drives the review page from draft to sent: with the mouse in two windows, and by keyboard alone."""

import os
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from local import emulator
from tests.browser.conftest import Reviewed

axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="install infra/tools/browser.lock")
SHOTS = os.environ.get("VECTORA_SCREENSHOTS", "")


def shot(page: Any, name: str) -> None:
    """A screenshot of the whole page, where somebody wants to look at them (VECTORA_SCREENSHOTS names the folder)."""
    if SHOTS:
        page.screenshot(path=str(Path(SHOTS) / f"{name}.png"), full_page=True)


def check_accessible(page: Any, where: str) -> None:
    """No issue that axe-core calls serious or critical, and no sideways scrolling."""
    found = axe.Axe().run(page).response["violations"]
    serious = [(one["id"], one["nodes"][0]["html"]) for one in found if one["impact"] in ("serious", "critical")]
    assert serious == [], where
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth"), where


def mails(reviewed: Reviewed, title: str) -> list[str]:
    """Addresses that were mailed something with this subject."""
    sent = emulator.sent_mail(reviewed.machine.stack().layout)
    return sorted(address for mail in sent if mail["Subject"] == title for address in mail["To"])


def newsletter_with(page: Any, text: str) -> str:
    """What the frame shows, once it shows this: the frame is loaded by itself, and is blank until then."""
    body = page.frame_locator("iframe").locator("body")
    body.get_by_text(text).first.wait_for(state="attached")
    return str(body.inner_text())


def wait_for_status(page: Any, status: str) -> None:
    page.wait_for_function(
        "status => document.querySelector('.status')?.innerText === status", arg=status, timeout=180_000
    )


def test_draft_to_sent(page: Any, window: str, reviewed: Reviewed) -> None:
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto(reviewed.address)
    assert "key=" not in page.url
    subject = page.locator("h1").inner_text()
    before = Counter(mails(reviewed, subject))
    check_accessible(page, "draft")
    shot(page, f"{window}-1-draft")

    cards = page.locator("#items ~ article, section[aria-labelledby=items] article")
    first = cards.nth(0).locator("h3").inner_text()
    dropped = cards.nth(1).locator("h3").inner_text()
    cards.nth(0).get_by_text("Edit the text").click()
    cards.nth(0).get_by_label("Title").fill("A title by the reviewer")
    cards.nth(0).get_by_text("Why: score").click()
    assert cards.nth(0).locator("table tbody tr").count() > 0
    cards.nth(1).get_by_label("Drop").check()
    cards.nth(1).get_by_label("Label").fill("noise")
    cards.nth(1).get_by_label("Reason").fill("not for this reader")
    check_accessible(page, "opened")
    shot(page, f"{window}-2-edited")

    page.get_by_role("button", name="Approve and send").click()
    assert "not saved yet" in page.get_by_role("alert").inner_text()
    assert cards.nth(1).get_by_label("Reason").input_value() == "not for this reader"
    page.get_by_role("button", name="Save and look").click()
    assert "Saved" in page.locator(".note").inner_text()
    shown = newsletter_with(page, "A title by the reviewer")
    assert dropped not in shown
    assert first not in shown
    check_accessible(page, "saved")
    shot(page, f"{window}-3-saved")

    page.get_by_role("button", name="Approve and send").click()
    wait_for_status(page, "sent")
    assert "Sent to 2 recipients" in page.locator("section[aria-labelledby=outcome]").inner_text()
    check_accessible(page, "sent")
    shot(page, f"{window}-4-sent")
    assert errors == []
    new = Counter(mails(reviewed, subject)) - before
    assert new == {"colleague@example.org": 1, "reader@example.org": 1}
    mail = [one for one in emulator.sent_mail(reviewed.machine.stack().layout) if one["Subject"] == subject][-1]
    assert "A title by the reviewer" in mail["BodyText"]
    assert dropped not in mail["BodyText"]


@pytest.mark.parametrize("window", ["desktop"])  # a phone has no keyboard
def test_draft_to_sent_by_keyboard_alone(page: Any, reviewed: Reviewed) -> None:
    page.goto(reviewed.address)
    keys = page.keyboard

    def focused() -> str:
        return str(page.evaluate("(e => e.id || e.innerText || e.tagName)(document.activeElement)"))

    def tab_to(what: str, limit: int = 120) -> None:
        for _ in range(limit):
            keys.press("Tab")
            if what in focused():
                assert page.evaluate("document.activeElement.matches(':focus-visible')")
                return
        raise AssertionError(f"{what} is not reached by the keyboard")

    keys.press("Tab")
    assert focused() == "Skip to the items"
    keys.press("Enter")
    tab_to("keep-")
    keys.press("ArrowRight")
    assert "drop-" in focused()
    tab_to("label-")
    keys.type("noise")
    tab_to("reason-")
    keys.type("by keyboard")
    tab_to("Save and look")
    keys.press("Enter")
    page.wait_for_selector(".note")
    tab_to("Approve and send")
    keys.press("Enter")
    wait_for_status(page, "sent")
    labels = reviewed.machine.vectora("edition", "labels", "demo").stdout
    assert "noise by keyboard" in labels


@pytest.mark.parametrize("window", ["desktop"])  # the same on a phone
def test_dropped_story_stays_dropped(page: Any, reviewed: Reviewed) -> None:
    page.goto(reviewed.address)
    card = page.locator("section[aria-labelledby=items] article").nth(0)
    title = card.locator("h3").inner_text()
    card.get_by_label("Drop").check()
    page.get_by_role("button", name="Save and look").click()
    page.wait_for_selector(".note")
    rebuilt = reviewed.machine.vectora("edition", "rebuild", "demo", reviewed.edition_id)
    assert rebuilt.returncode == 0, rebuilt.stderr
    shown = reviewed.machine.vectora("edition", "show", "demo", rebuilt.stdout.split()[0], "--text")
    assert shown.returncode == 0, shown.stderr
    assert title not in shown.stdout
