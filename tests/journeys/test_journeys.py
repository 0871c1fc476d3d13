"""What people do on the site, in a browser, on a phone and at a desk."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.journeys.conftest import AXE, Site

pytestmark = [pytest.mark.journey, pytest.mark.slow]

PHONE, DESKTOP = (390, 844), (1280, 900)
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
FIXED = (
    "", "reports/", "reports/new/", "problems/", "problems/indicators/", "problems/recurrence/",
    "problems/clusters/", "programme/", "programme/projects/", "works/",
    "programme/amendments/", "programme/?year=2028", "programme/offers/", "programme/offers/new/",
    "upkeep/", "services/", "services/owed/", "services/providers/",
    "services/map/", "house/",
    "quality/", "quality/ru-urban-quality/", "quality/iso-37120/",
    "quality/ru-urban-quality/ru-urban-quality.18/", "areas/d01/",
    "account/", "data/", "data/runs/", "about/",
    "accessibility/", "glossary/", "style/", "votes/", "consultations/",
    "consultations/1/", "consultations/2/", "consultations/3/", "consultations/4/", "weights/1/",
    "weights/1/give/", "weights/1/give/?way=pairs", "weights/1/give/?way=best_worst", "pledges/",
    "pledges/agreements/1/", "nothing/", "votes/training-town-2026/", "ballots/training-town-2026/",
    "ballots/training-town-2026/proposals/101/", "ballots/training-town-2027/",
)  # fmt: skip
DESK = (
    "desk/",
    "desk/groups/",
    "desk/problems/",
    "desk/programme/",
    "desk/programme/compare/",
    "desk/programme/offers/",
    "desk/billing/",
    "desk/consultations/",
    "desk/consultations/1/",
    "desk/ballots/",
    "desk/ballots/training-town-2027/paper/",
    "desk/weights/",
    "desk/weights/1/",
    "desk/pledges/",
    "desk/dispatch/",
    "desk/dispatch/calls/new/",
    "desk/feeds/",
    "desk/log/?verify=1",
)
PLANNERS = ("desk/problems/merge/?n=1&n=2", "desk/statistics/")


@contextmanager
def opened(
    browser: Any,
    *,
    size: tuple[int, int] = DESKTOP,
    scheme: str = "light",
    missing: bool = False,
    **more: Any,
) -> Iterator[Any]:
    """Open a page; afterwards nothing may have been logged as an error or asked elsewhere.

    `missing` lets pages be missing or refused on purpose.
    """
    context = browser.new_context(
        viewport={"width": size[0], "height": size[1]}, color_scheme=scheme, **more
    )
    page = context.new_page()
    told: list[str] = []
    page.on("console", lambda m: told.append(m.text) if m.type == "error" else None)
    page.on("pageerror", lambda error: told.append(str(error)))
    asked: set[str] = set()
    page.on("request", lambda request: asked.add(urlsplit(request.url).netloc))
    yield page
    context.close()
    assert not [t for t in told if not (missing and "Failed to load resource" in t)]
    assert len({host for host in asked if host}) <= 1, f"asked elsewhere: {asked}"


def faults(page: Any) -> list[str]:
    """What does axe-core find on the page as it stands?"""
    page.evaluate(AXE.read_text(encoding="utf-8"))
    found = page.evaluate(
        "tags => axe.run(document, {runOnly: {type: 'tag', values: tags}, "
        "resultTypes: ['violations']})",
        TAGS,
    )
    return [
        f"{v['id']}: {node['target']} {node['failureSummary']}"
        for v in found["violations"]
        for node in v["nodes"][:3]
    ]


def overflow(page: Any) -> int:
    """By how many pixels does the page run out of the window?"""
    return int(
        page.evaluate(
            "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"
        )
    )


@pytest.mark.parametrize(
    ("language", "size", "scheme"),
    [("en", PHONE, "light"), ("ru", DESKTOP, "dark")],
)
def test_every_page_is_accessible(
    site: Site, browser: Any, language: str, size: tuple[int, int], scheme: str
) -> None:
    """No page has a fault that axe-core can find, and none scrolls sideways."""
    found: list[str] = []
    with opened(browser, size=size, scheme=scheme, missing=True) as page:
        for path in (*FIXED, *_one_of_each(page, site, language)):
            page.goto(f"{site.url}/{language}/{path}")
            found += [f"/{language}/{path}: {fault}" for fault in faults(page)]
            if overflow(page) > 0:
                found.append(f"/{language}/{path}: {overflow(page)} px too wide")
    assert not found, "\n".join(found)


def _one_of_each(page: Any, site: Site, language: str) -> list[str]:
    """Follow the first link of each list: a report, a problem, projects in and out, a work …"""
    lists = (
        "reports/", "problems/", "programme/projects/?show=chosen",
        "programme/projects/?show=refused", "works/", "services/owed/", "data/runs/",
    )  # fmt: skip
    found = []
    for path in lists:
        page.goto(f"{site.url}/{language}/{path}")
        href = page.locator(".item h3 a, th a").first.get_attribute("href")
        found.append(href.removeprefix(f"/{language}/"))
    return found


def test_the_desk_is_accessible(site: Site, browser: Any) -> None:
    """A planner logs in, and no page of the desk has a fault; one without a right is refused."""
    found: list[str] = []
    with opened(browser, missing=True) as page:
        page.goto(f"{site.url}/en/desk/")
        found += faults(page)
        page.fill("[name=username]", "auditor")
        page.fill("[name=password]", site.passwords["auditor"])
        page.click("main button[type=submit]")
        assert page.inner_text("h1") == "Inbox"
        for path in DESK:
            page.goto(f"{site.url}/en/{path}")
            found += [f"{path}: {fault}" for fault in faults(page)]
        for path in ("desk/problems/", "desk/groups/"):
            page.goto(f"{site.url}/en/{path}")
            page.locator("th a").first.click()
            found += [f"{page.url}: {fault}" for fault in faults(page)]
    with opened(browser, size=PHONE) as page:
        page.goto(f"{site.url}/ru/desk/")
        page.fill("[name=username]", "planner")
        page.fill("[name=password]", site.passwords["planner"])
        page.click("main button[type=submit]")
        for path in PLANNERS:
            page.goto(f"{site.url}/ru/{path}")
            found += [f"{path}: {fault}" for fault in faults(page)]
    assert not found, "\n".join(found)


def test_a_resident_walks_the_loop(site: Site, browser: Any) -> None:
    """From the start page to the costliest problem, its measure, and back to its reports."""
    with opened(browser, size=PHONE) as page:
        page.goto(f"{site.url}/en/")
        assert page.locator(".stage").count() == 8
        page.locator(".stage a").nth(1).click()
        assert page.inner_text("h1") == "Problems behind the reports"
        page.locator(".item h3 a").first.click()
        label = page.locator(".crumbs [aria-current=page]").inner_text()
        assert label.startswith("P-")
        page.locator(".thread a").first.click()
        assert label in page.inner_text("h1")
        page.locator(".item h3 a").first.click()
        assert page.get_by_text(f"It speaks for problem {label}.").is_visible()
        page.locator(".thread a", has_text="").last.click()
        assert page.locator("h1").count() == 1


def test_language_and_colours_stay(site: Site, browser: Any) -> None:
    """The switch keeps the page; colours change at once and stay on the next page."""
    with opened(browser) as page:
        page.goto(f"{site.url}/en/problems/?order=people")
        page.get_by_role("link", name="Русский").click()
        assert page.url.endswith("/ru/problems/?order=people")
        page.locator("[data-scheme=dark]").click()
        root = page.locator("html")
        assert root.get_attribute("data-color-scheme") == "dark"
        page.goto(f"{site.url}/ru/about/")
        assert root.get_attribute("data-color-scheme") == "dark"


def test_a_report_without_scripts(site: Site, browser: Any) -> None:
    """The form works where scripts are off."""
    with opened(browser, size=PHONE, java_script_enabled=False) as page:
        page.goto(f"{site.url}/ru/reports/new/")
        page.select_option("#id_problem_type", index=1)
        page.fill("#id_text", "Не горит фонарь.")
        page.fill("#id_address", "Зелёная улица, 1")
        page.get_by_role("button", name="Отправить").click()
        assert page.get_by_role("heading", name="Спасибо").is_visible()


def test_keyboard_alone(site: Site, browser: Any) -> None:
    """The first Tab offers to skip to the contents; the menu opens by Enter, closes by Escape."""
    with opened(browser, size=PHONE) as page:
        page.goto(f"{site.url}/en/")
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.className") == "skip"
        page.keyboard.press("Enter")
        assert page.evaluate("document.activeElement.id") == "main"
        page.locator("summary").first.focus()
        page.keyboard.press("Enter")
        assert page.locator("details.menu").get_attribute("open") is not None
        page.keyboard.press("Escape")
        assert page.locator("details.menu").get_attribute("open") is None


def test_maps_and_charts_come_alive(site: Site, browser: Any) -> None:
    """MapLibre draws the town's own layers and ECharts the same numbers, under the policy."""
    with opened(browser) as page:
        page.goto(f"{site.url}/en/reports/")
        page.locator("[data-open]").first.click()
        page.wait_for_selector("[data-map][data-live] canvas", timeout=60_000)
        page.locator("[data-chart] [data-stage]").first.hover()
        page.wait_for_selector("[data-chart][data-live] svg", timeout=30_000)


def test_what_is_tapped_is_large_enough(site: Site, browser: Any) -> None:
    """Buttons, fields and the links of menus are at least 44 pixels high on a phone."""
    with opened(browser, size=PHONE) as page:
        for path in ("", "reports/", "reports/new/"):
            page.goto(f"{site.url}/ru/{path}")
            small = page.evaluate(
                """() => [...document.querySelectorAll('.ds-button, .tool, .field input, select')]
                .filter(e => e.offsetParent && e.getBoundingClientRect().height < 43.5)
                .map(e => e.outerHTML.slice(0, 80))"""
            )
            assert not small, f"{path}: {small}"


def test_lists_answer_without_a_reload(site: Site, browser: Any) -> None:
    """Choosing a filter changes the list and the address, and keeps the page."""
    with opened(browser) as page:
        page.goto(f"{site.url}/en/problems/")
        page.evaluate("() => { window.kept = true; }")
        page.select_option("#f-order", "people")
        page.wait_for_url("**order=people**")
        assert page.evaluate("() => window.kept")
        assert page.locator("#results .item").count() > 0


def test_a_place_is_marked_on_the_map(site: Site, browser: Any) -> None:
    """A tap on the form's map fills the coordinates and says so."""
    with opened(browser) as page:
        page.goto(f"{site.url}/en/reports/new/")
        page.locator("[data-open]").click()
        page.wait_for_selector("[data-map][data-live] canvas", timeout=60_000)
        page.wait_for_timeout(1_000)
        page.locator(".map__live canvas").click(position={"x": 200, "y": 150})
        page.get_by_text("The place is marked on the map.").wait_for()
        assert page.input_value("#id_lon")
        assert page.input_value("#id_lat")
