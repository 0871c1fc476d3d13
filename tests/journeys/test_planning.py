"""A meeting at a tablet: places are pinned, a programme is chosen, compared, shared and adopted."""

from __future__ import annotations

import re
from typing import Any

import pytest

from tests.journeys.conftest import Site
from tests.journeys.test_journeys import faults, opened, overflow

pytestmark = [pytest.mark.journey, pytest.mark.slow]

TABLET = (820, 1180)
SOLVED_MS = 60_000


def enter(page: Any, site: Site, role: str) -> None:
    """Log in; whoever is logged in has logged out."""
    page.goto(f"{site.url}/en/desk/")
    page.fill("[name=username]", role)
    page.fill("[name=password]", site.passwords[role])
    page.click("main button[type=submit]")


def pin(page: Any, place: int, kind: str, told: str) -> str:
    """Pin the candidate in this line of the table; which one is it?"""
    line = page.locator(".planner-table tbody tr").nth(place)
    line.locator("select").select_option(kind)
    page.locator("#pinned", has_text=told).wait_for()
    return str(line.locator("th a").get_attribute("href")).rstrip("/").rsplit("/", 1)[-1]


def sound(page: Any) -> None:
    """The page as it stands has no fault that axe finds and does not scroll sideways."""
    assert not faults(page)
    assert overflow(page) <= 0


def test_a_meeting_plans_at_a_tablet(site: Site, browser: Any) -> None:
    """Two places in, one out: what was pinned is so in the variant, which is compared with the
    adopted programme, read by a link without an account, and adopted with its reason."""
    with opened(browser, size=TABLET, has_touch=True) as page:
        enter(page, site, "planner")
        page.goto(f"{site.url}/en/desk/programme/?show=chosen&order=cost#candidates")
        out = pin(page, 0, "must_not", "must be out: 1")
        inside = [pin(page, place, "must", f"must be in: {place}") for place in (1, 2)]
        sound(page)
        page.fill("#w-title", "The meeting's own")
        page.get_by_role("button", name="Choose again").click()
        page.wait_for_url(re.compile(r"/desk/programme/\?number="), timeout=SOLVED_MS)
        number = page.url.rsplit("=", 1)[-1]
        assert page.get_by_text("The meeting's own").first.is_visible()
        for candidate, words in ((out, "Not in the programme"), (inside[0], "In the programme"),
                                 (inside[1], "In the programme")):  # fmt: skip
            page.goto(f"{site.url}/en/desk/programme/{number}/candidates/{candidate}/")
            assert page.locator(".tag", has_text=words).first.is_visible()
        page.goto(f"{site.url}/en/desk/programme/?number={number}")
        page.get_by_role("link", name="Compare variants").click()
        sound(page)
        page.get_by_role("button", name="Make a link").click()
        link = page.locator("a.hash").first.get_attribute("href")
    with opened(browser, size=TABLET) as guest:
        guest.goto(f"{site.url}{link}")
        assert guest.get_by_text("The meeting's own").first.is_visible()
        sound(guest)
    with opened(browser, size=TABLET) as page:
        enter(page, site, "administrator")
        page.goto(f"{site.url}/en/desk/programme/{number}/adopt/")
        assert page.get_by_text("breaks a promise").first.is_visible()
        sound(page)
        page.fill("#reason", "The meeting of 3 June asked for it.")
        page.get_by_role("button", name="Adopt", exact=True).click()
        page.get_by_text("Adopted. Promises made public").wait_for()
        page.goto(f"{site.url}/en/programme/amendments/")
        assert page.get_by_text("The meeting of 3 June asked for it.").is_visible()
        sound(page)
