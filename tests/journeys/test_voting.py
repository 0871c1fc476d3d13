"""A vote as people meet it: on a phone, at a desk, on paper; a comment and its moderator."""

from __future__ import annotations

import subprocess
from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.demonstration import command
from tests.journeys.conftest import Site
from tests.journeys.test_journeys import PHONE, opened
from tests.journeys.test_planning import enter, sound

pytestmark = [pytest.mark.journey, pytest.mark.slow]

TOWN = "training-town"
VOTE = f"{TOWN}-2027"


def third_clerk(site: Site) -> None:
    """Open an account for somebody who decides where two keyings differ."""
    password = site.passwords["third"] = "a third clerk's own words"
    for words, told in (
        (["add", "third", "--name", "Third clerk"], password),
        (["grant", "third", "case_officer", "--municipality", TOWN], ""),
    ):
        done = subprocess.run(
            command("staff", *words), env=site.env, input=f"{told}\n", capture_output=True,
            text=True, timeout=120, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout + done.stderr


def a_code(page: Any, site: Site) -> str:
    """Ask for a code to try with, as anybody may in an invented town."""
    page.goto(f"{site.url}/en/ballots/{VOTE}/vote/")
    page.get_by_role("button", name="Give me a code to try with").click()
    return str(page.locator(".vote-code").inner_text())


def put_in(page: Any, *, boxes: tuple[int, ...]) -> None:
    """Mark these lines of the ballot, no others, and put it into the box."""
    lines = page.locator("[data-ballot] input[type=checkbox]")
    for place in range(lines.count()):
        lines.nth(place).set_checked(place in boxes)
    page.get_by_role("button", name="Put into the box").click()
    page.locator(".vote-code--small").wait_for()


def key(page: Any, site: Site, role: str, box: int) -> str:
    """Key the paper A1 with one mark; what does the desk say?"""
    enter(page, site, role)
    page.goto(f"{site.url}/en/desk/ballots/{VOTE}/paper/")
    page.fill("#id_serial", "A1")
    page.locator("[data-ballot] input[type=checkbox]").nth(box).check()
    page.get_by_role("button", name="Key it").click()
    return str(page.get_by_role("status").first.inner_text())


def test_a_vote_on_a_phone_at_a_desk_and_on_paper(site: Site, browser: Any) -> None:
    """Cast and changed on a phone, cast with help, keyed twice and once more; counted, found."""
    with opened(browser, size=PHONE) as page:
        code = a_code(page, site)
        page.get_by_role("button", name="To the ballot").click()
        sound(page)
        put_in(page, boxes=(0,))
        sound(page)
        secret = page.locator(".vote-code").first.inner_text()
        page.goto(f"{site.url}/en/ballots/{VOTE}/change/")
        page.fill("#id_secret", secret)
        page.get_by_role("button", name="To the ballot").click()
        put_in(page, boxes=(0, 1))
        assert page.get_by_text("Changed", exact=True).is_visible()
        receipt = page.locator(".vote-code--small").inner_text()
        helped, on_paper = a_code(page, site), a_code(page, site)
        assert len({code, helped, on_paper}) == 3
    with opened(browser) as page:
        enter(page, site, "case_officer")
        page.goto(f"{site.url}/en/desk/ballots/{VOTE}/help/")
        page.fill("#id_voter", helped)
        page.get_by_role("button", name="Vote on the screen").click()
        sound(page)
        put_in(page, boxes=(1,))
        page.get_by_role("link", name="Next voter").click()
        page.fill("#id_voter", on_paper)
        page.get_by_role("button", name="Hand out a paper ballot").click()
        assert page.get_by_text("Hand out the paper ballot: 1 in all").is_visible()
    third_clerk(site)
    for role, box, told in (
        ("case_officer", 0, "somebody else must key it"),
        ("moderator", 1, "Two keyings differ: a third decides"),
        ("third", 1, "In the box"),
    ):
        with opened(browser) as page:
            assert told in key(page, site, role, box)
            if role == "moderator":
                sound(page)
    with opened(browser) as page:
        enter(page, site, "planner")
        page.goto(f"{site.url}/en/desk/ballots/{VOTE}/")
        begun = datetime.fromisoformat(page.input_value("#id_voting_from"))
        page.fill("#id_voting_until", f"{begun + timedelta(days=5):%Y-%m-%dT%H:%M}")
        page.fill("#id_reason", "The hall is needed.")
        page.get_by_role("button", name="Move the dates").click()
        page.get_by_text("The dates are moved").wait_for()
        # The box opens by itself too, within five minutes: then nothing is left to press.
        if page.get_by_role("button", name="Open the box and count").count():
            page.get_by_role("button", name="Open the box and count").click()
    with opened(browser, size=PHONE) as page:
        page.goto(f"{site.url}/en/votes/{VOTE}/receipt/")
        page.fill("#id_receipt", receipt)
        page.get_by_role("button", name="Look it up").click()
        assert page.get_by_text("Yes: this receipt is on the published list").is_visible()
        page.goto(f"{site.url}/en/votes/{VOTE}/")
        assert page.locator(".figures dd").first.inner_text() == "3"
        sound(page)


def test_a_comment_is_taken_off_and_shown_again(site: Site, browser: Any) -> None:
    """Said on a phone beside a proposal; a moderator's reason stands in its place, then it is
    back."""
    proposals = f"{site.url}/en/ballots/{TOWN}-2028/proposals/"
    with opened(browser, size=PHONE) as page:
        page.goto(f"{proposals}2/")
        page.fill("#id_text", "Cheap benches, ask me.")
        page.get_by_role("button", name="Send").click()
        assert page.get_by_text("Cheap benches, ask me.").is_visible()
    with opened(browser) as page:
        enter(page, site, "moderator")
        page.goto(f"{site.url}/en/desk/consultations/")
        page.get_by_role("link", name="Comments on proposal 2").click()
        page.select_option("select[name=why]", "advert")
        page.get_by_role("button", name="Take off").click()
        sound(page)
        here = page.url
        page.goto(f"{proposals}2/")
        assert not page.get_by_text("Cheap benches, ask me.").count()
        page.goto(here)
        page.get_by_label("Why it is shown again").fill("The library asked for offers.")
        page.get_by_role("button", name="Show").click()
        page.goto(f"{proposals}2/")
        assert page.get_by_text("Cheap benches, ask me.").is_visible()
