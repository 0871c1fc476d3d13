"""A dispatcher at the telephone: by the keyboard alone, one event for a quarter that calls."""

from __future__ import annotations

import re
import time
from email import message_from_bytes, policy
from pathlib import Path
from typing import Any

import pytest

from tests.journeys.conftest import Site
from tests.journeys.test_journeys import PHONE, opened
from tests.journeys.test_planning import enter, sound

pytestmark = [pytest.mark.journey, pytest.mark.slow]


def press(page: Any, key: str) -> None:
    """Do what a key of the desk does: a Chromium without a window raises no access keys."""
    page.locator(f"[accesskey={key}]").first.focus()
    with page.expect_navigation():
        page.keyboard.press("Enter")


def take(page: Any, address: str) -> None:
    """Take a call: the address, Enter, the service where several are out, Enter."""
    page.keyboard.type(address)
    with page.expect_navigation():
        page.keyboard.press("Enter")
    if page.locator("#address").count():
        with page.expect_navigation():
            page.keyboard.press("Enter")
    page.locator("[name=service][value=electricity]").focus()
    page.keyboard.press("Space")
    with page.expect_navigation():
        page.keyboard.press("Enter")


def test_a_mass_outage_by_the_keyboard_alone(site: Site, browser: Any) -> None:
    """Hundreds of calls in few key presses: those that ring at once, later ones by address and
    Enter; the crew and the end of the event by a key each."""
    with opened(browser) as page:
        enter(page, site, "case_officer")
        page.goto(f"{site.url}/en/desk/dispatch/")
        event = page.locator("section[aria-labelledby=events] h3 a").first
        assert "Electricity" in event.inner_text()
        event.focus()
        with page.expect_navigation():
            page.keyboard.press("Enter")
        ringing = int(page.locator("h2", has_text="about it ring").inner_text().split()[0])
        assert ringing > 2
        sound(page)
        press(page, "m")
        assert page.get_by_text(f"{ringing} calls are answered at once.").is_visible()
        heard = page.locator("#heard").inner_text()
        address = page.locator("section[aria-labelledby=heard] a").first.inner_text()
        here = page.url
        page.goto(f"{site.url}/en/desk/dispatch/")
        press(page, "n")
        take(page, address)
        assert page.get_by_role("link", name="Next call").is_visible()
        sound(page)
        with page.expect_navigation():
            page.keyboard.press("Enter")
        assert page.evaluate("document.activeElement.id") == "address"
        take(page, address)
        press(page, "v")
        assert page.url == here
        more = int(re.sub(r"\D", "", page.locator("#heard").inner_text()))
        assert more == int(re.sub(r"\D", "", heard)) + 2
        press(page, "l")
        press(page, "e")
        assert page.locator(".tag", has_text="over").first.is_visible()


def test_what_is_known_of_an_outage_is_corrected_on_a_phone(site: Site, browser: Any) -> None:
    """Without a reason nothing happens, and the page says so; it is sound in both states."""
    with opened(browser, size=PHONE, missing=True) as page:
        enter(page, site, "case_officer")
        page.goto(f"{site.url}/ru/desk/dispatch/")
        page.locator("section[aria-labelledby=events] h3 a").nth(1).click()
        sound(page)
        page.locator("main a[href$='/correct/']").click()
        sound(page)
        page.locator("main form button[type=submit]").click()
        page.locator("#reason-error").wait_for()
        sound(page)


def letter(site: Site, asked: float) -> str:
    """The letter that was written since then, as its reader sees it."""
    box = Path(site.env["EUTOPIA_HOME"]) / "letters"
    for _attempt in range(120):
        for path in box.glob("*.log"):
            if path.stat().st_mtime >= asked:
                told = message_from_bytes(path.read_bytes(), policy=policy.default)
                return str(told.get_content())
        time.sleep(0.25)
    pytest.fail("no letter was written within half a minute")


def test_news_of_a_house_are_asked_for_confirmed_and_stopped(site: Site, browser: Any) -> None:
    """By a resident on a phone, from the address to the letter's link and out of it again."""
    with opened(browser, size=PHONE, missing=True) as page:
        page.goto(f"{site.url}/ru/services/owed/")
        address = page.locator("main .cards h3 a").first.inner_text().rpartition(",")[0]
        page.goto(f"{site.url}/ru/house/")
        page.fill("#address", address)
        page.keyboard.press("Enter")
        page.locator("#email").wait_for()
        house = page.url
        page.fill("#email", "neighbour@nowhere")
        page.click("#news button")
        page.locator("#email-error").wait_for()
        sound(page)
        asked = time.time() - 1
        page.fill("#email", "neighbour@example.org")
        page.click("main form button")
        page.get_by_text("загляните в почту").wait_for()
        sound(page)
        link = re.search(r"http://\S+/ru/news/\S+", letter(site, asked))
        assert link is not None
        page.goto(link[0])
        sound(page)
        page.click("main button[value=confirm]")
        page.get_by_role("heading", name="приходят вам").wait_for()
        page.click("main button[value=stop]")
        page.get_by_role("heading", name="не приходят").wait_for()
        feed = page.request.get(f"{house}feed.xml")
        assert "<rss" in feed.text()


def test_the_pages_of_meters_and_news_are_sound(site: Site, browser: Any) -> None:
    """Meters, feeds and one meter at the desk; a letter's link that opens nothing any more."""
    with opened(browser, size=PHONE) as page:
        page.goto(f"{site.url}/ru/news/never-sent/")
        sound(page)
        enter(page, site, "case_officer")
        page.goto(f"{site.url}/ru/desk/feeds/")
        sound(page)
        page.locator("section[aria-labelledby=meters] th a").first.click()
        sound(page)
