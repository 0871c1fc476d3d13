"""Variants: edited as drafts, solved with progress, stopped, shared, assessed, adopted."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from eutopia.core.records import Money
from eutopia.web.foundation.access import RESIDENT, AccessDenied, Actor, Grant
from eutopia.web.foundation.models import Act
from eutopia.web.ledger import selectors as ledger
from eutopia.web.loop.services import replay_run
from eutopia.web.programmes import selectors, services
from eutopia.web.programmes.models import Candidate, Programme, Share, Solving, Turning
from eutopia.web.programmes.services import (
    PublishRefused,
    ShareRefused,
    Wish,
    WishRefused,
    begin_solving,
    choose_variant,
    drop_draft,
    edit_draft,
    edit_what_fits,
    end_share,
    plan_programme,
    publish_programme,
    set_rules,
    share_programmes,
    solve,
    stop_solving,
)
from eutopia.web.territory import selectors as territories
from eutopia.web.territory.models import Territory
from tests.web.programmes.test_programmes import (
    CLERK,
    PLANNER,
    RULES,
    _chosen,
)
from tests.web.programmes.test_programmes import territory as _territory

pytestmark = pytest.mark.django_db
territory = _territory


def view_of(territory: Territory) -> Any:
    found = territories.territory(territory.code)
    assert found is not None
    return found


def test_a_wish_changes_what_it_names_and_no_more(territory: Territory) -> None:
    """More money buys both; the other rules of the variant are the base's."""
    base = plan_programme(PLANNER, territory)
    wish = Wish(funds={("city", 2027): Decimal(1100)}, title=(("en", "More money"),))
    done = choose_variant(PLANNER, base.programme_id, wish)
    assert _chosen(done.programme_id) == {"good", "fair"}
    row = Programme.objects.get(pk=done.programme_id)
    money = (Money(Decimal(1100), "RUB"), RULES.funds[0].by_year[1])
    assert row.rules == replace(RULES, funds=(replace(RULES.funds[0], by_year=money),))
    assert row.based_on_id == base.programme_id
    view = selectors.programme(territory.pk, done.number)
    assert view is not None
    assert (view.title, view.based_on) == ("More money", base.number)
    # As beside other variants: what works have in common counts once.
    assert (
        view.value == selectors.side_by_side(view_of(territory), [done.number]).scenarios[0].value
    )


def test_a_share_that_nobody_can_spend_is_lowered_and_told(territory: Territory) -> None:
    """Nine tenths for one district, which has works for less: the page says what is kept."""
    base = plan_programme(PLANNER, territory)
    done = choose_variant(PLANNER, base.programme_id, Wish(floors={"east": Decimal("0.9")}))
    view = selectors.programme(territory.pk, done.number)
    assert view is not None
    ((name, asked, kept),) = view.lowered
    assert (name, asked) == ("East", Decimal("0.9"))
    assert 0 < kept < Decimal("0.5")


def test_fair_levels_are_told(territory: Territory) -> None:
    """Both districts are kept at a level, none of which is above the most that can be."""
    base = plan_programme(PLANNER, territory)
    done = choose_variant(PLANNER, base.programme_id, Wish(objective="fair_districts"))
    view = selectors.programme(territory.pk, done.number)
    assert view is not None
    ((by, level, best),) = view.fair_levels
    assert by == "district"
    assert 0 <= level <= best <= 1
    assert not view.lowered


def test_what_was_edited_since_counts(territory: Territory) -> None:
    """A dearer good one leaves the money to the fair one; withdrawn pins pin nothing."""
    base = plan_programme(PLANNER, territory)
    good = Candidate.objects.get(code="good")
    services.edit_candidate(PLANNER, good.pk, cost=Decimal(800), reason="Tender")
    done = choose_variant(PLANNER, base.programme_id, Wish())
    assert _chosen(done.programme_id) == {"fair"}
    fair = Candidate.objects.get(code="fair")
    pinned = choose_variant(PLANNER, done.programme_id, Wish(pins={fair.pk: "must_not"}))
    assert _chosen(pinned.programme_id) == set()
    services.withdraw_candidate(PLANNER, fair.pk, reason="Gone")
    last = choose_variant(PLANNER, pinned.programme_id, Wish())
    assert Programme.objects.get(pk=last.programme_id).rules.must_not == ()


def test_a_draft_is_edited_solved_and_told(territory: Territory) -> None:
    """The draft is the account's own; solving makes a variant; a second run changes nothing."""
    base = plan_programme(PLANNER, territory)
    fair = Candidate.objects.get(code="fair")
    edit_draft(PLANNER, base.programme_id, Wish(pins={fair.pk: "must"}))
    edit_draft(PLANNER, base.programme_id, Wish(weights={"business": Decimal(2)}))
    rules = selectors.rules_of(territory.pk, base.number, None)
    assert rules is not None
    assert rules.changed == ("weights", "pins")
    assert rules.pins == {fair.pk: "must"}
    other = selectors.rules_of(territory.pk, base.number, 99)
    assert other is not None
    assert not other.draft
    with pytest.raises(WishRefused):
        edit_draft(PLANNER, base.programme_id, Wish(objective="glory"))
    solving = begin_solving(PLANNER, base.programme_id, time_limit_s=5)
    solve(PLANNER, solving)
    told = selectors.solving(territory.pk, solving)
    assert told is not None
    assert (told.state, told.over) == ("done", True)
    number = told.programme
    solve(PLANNER, solving)
    assert Programme.objects.count() == 2
    variant = Programme.objects.get(number=number)
    assert _chosen(variant.pk) == {"fair"}
    edit_draft(PLANNER, base.programme_id, Wish(mandates="soft"))
    drop_draft(PLANNER, base.programme_id)
    assert not Solving.objects.filter(state="draft").exists()


def test_what_makes_sense_of_a_wish_is_kept(territory: Territory) -> None:
    """Shares above the whole are refused; the name and the aim typed beside them are not lost."""
    base = plan_programme(PLANNER, territory)
    title = (("en", "Half"),)
    wish = Wish(title=title, objective="nash", floors={"east": Decimal(2)}, mandates="soft")
    fault = edit_what_fits(PLANNER, base.programme_id, wish)
    assert fault is not None
    assert fault.field == "floors"
    row = Solving.objects.get(state="draft")
    assert row.title == [["en", "Half"]]
    assert row.rules == replace(RULES, objective="nash", mandates="soft")
    fault = edit_what_fits(PLANNER, base.programme_id, Wish(objective="lexicographic"))
    assert fault is not None
    assert fault.field == "priorities"
    row.refresh_from_db()
    assert row.rules.objective == "nash"
    with pytest.raises(AccessDenied):
        edit_what_fits(RESIDENT, base.programme_id, Wish(floors={"east": Decimal(2)}))


def test_a_variant_is_replayed_with_what_it_kept(territory: Territory) -> None:
    """The run tells of which programme it keeps most, so it can be computed again."""
    base = plan_programme(PLANNER, territory)
    done = choose_variant(PLANNER, base.programme_id, Wish(weights={"business": Decimal(2)}))
    run = Programme.objects.get(pk=done.programme_id).run
    assert run.parameters["keeps_most_of"] == base.number
    assert replay_run(run.pk).verdict == "same"


def test_stopping_keeps_the_best_and_says_so(territory: Territory, monkeypatch: Any) -> None:
    """The search asks whether to go on; told to stop, it keeps what it has, never replayed."""
    from eutopia.core.plan import portfolio

    base = plan_programme(PLANNER, territory)
    solving = begin_solving(PLANNER, base.programme_id, time_limit_s=5)
    stop_solving(PLANNER, solving)
    whole = portfolio.search

    def told(model: Any, *, on_progress: Any = None, **given: Any) -> Any:
        found = whole(model, **given)
        assert on_progress(float("-inf"), float("inf"), 0.5) is True
        assert on_progress(found.objective, found.objective * 1.1, 1.0) is False
        return replace(found, status="stopped", bound=found.objective * 1.1)

    monkeypatch.setattr(portfolio, "search", told)
    # Another rule, so that it is not the programme already known.
    Solving.objects.filter(pk=solving).update(rules=replace(RULES, discount_rate=Decimal("0.05")))
    solve(PLANNER, solving)
    view = selectors.solving(territory.pk, solving)
    assert view is not None
    assert view.state == "done"
    assert view.gap == pytest.approx(0.1)
    assert view.reached == pytest.approx(1 / 1.1)
    row = Programme.objects.get(number=view.programme)
    assert row.status == "stopped"
    assert _chosen(row.pk) == {"good"}
    assert replay_run(row.run_id).verdict == "stopped"


def test_a_search_ends_at_its_limit_where_it_is_near(
    territory: Territory, monkeypatch: Any
) -> None:
    """With nothing, or with what is far from the best, it goes on; the solver has longer."""
    from eutopia.core.plan import portfolio

    base = plan_programme(PLANNER, territory)
    solving = begin_solving(PLANNER, base.programme_id, time_limit_s=5)
    whole = portfolio.search

    def told(model: Any, *, on_progress: Any = None, time_limit_s: float, **given: Any) -> Any:
        found = whole(model, time_limit_s=time_limit_s, **given)
        assert time_limit_s == 20
        assert on_progress(float("-inf"), found.objective * 2, 6.0)
        assert on_progress(found.objective, found.objective * 1.05, 7.0)
        assert on_progress(found.objective, found.objective * 1.01, 4.0)
        assert not on_progress(found.objective, found.objective * 1.01, 7.1)
        return found

    monkeypatch.setattr(portfolio, "search", told)
    Solving.objects.filter(pk=solving).update(rules=replace(RULES, discount_rate=Decimal("0.05")))
    solve(PLANNER, solving)
    view = selectors.solving(territory.pk, solving)
    assert view is not None
    row = Programme.objects.get(number=view.programme)
    assert row.run.parameters["stopped_early"]


def test_a_search_that_fails_says_why(territory: Territory) -> None:
    """Rules of another currency do not fit the candidates: told, and no programme is made."""
    base = plan_programme(PLANNER, territory)
    solving = begin_solving(PLANNER, base.programme_id)
    odd = replace(RULES, upkeep_limit=(Money(Decimal(1), "USD"),) * 2)
    Solving.objects.filter(pk=solving).update(rules=odd)
    solve(PLANNER, solving)
    view = selectors.solving(territory.pk, solving)
    assert view is not None
    assert view.state == "failed"
    assert "currency" in view.fault
    assert Programme.objects.count() == 1


def test_variants_side_by_side(territory: Territory, django_assert_max_num_queries: Any) -> None:
    """Money, people and sides of each; what was not built; unknown numbers are left out."""
    base = plan_programme(PLANNER, territory)
    more = Wish(funds={("city", 2027): Decimal(1100)})
    other = choose_variant(PLANNER, base.programme_id, more)
    with django_assert_max_num_queries(16):
        told = selectors.side_by_side(view_of(territory), [base.number, other.number, 99])
    one, two = told.scenarios
    assert (one.cost, one.chosen, one.unbuilt, one.people) == (600, 1, 1400, 100)
    assert (two.cost, two.chosen, two.unbuilt, two.people) == (1100, 2, 900, 200)
    assert float(one.by_side["residents"]) == pytest.approx(float(one.value))
    assert two.by_district == {"west": 600, "east": 500}
    assert told.years == (2027, 2028)


def test_a_link_opens_without_an_account(territory: Territory, client: Any) -> None:
    """Only the signed token opens it, read-only, until it is closed."""
    base = plan_programme(PLANNER, territory)
    token = share_programmes(PLANNER, territory, [base.number])
    page = client.get(f"/en/programme/shared/{token}/")
    assert page.status_code == 200
    assert "noindex" in page.content.decode()
    assert "<form" not in page.content.decode().split("<main")[1].split("</main>")[0]
    for forged in (f"{token}x", "1", "2~" + token.partition("~")[2], "%00"):
        assert client.get(f"/en/programme/shared/{forged}/").status_code == 404
    end_share(PLANNER, Share.objects.get().pk)
    assert client.get(f"/en/programme/shared/{token}/").status_code == 404
    with pytest.raises(ShareRefused):
        share_programmes(PLANNER, territory, [base.number, 99])
    with pytest.raises(ShareRefused):
        share_programmes(PLANNER, territory, [])


def test_an_amendment_says_what_it_breaks(territory: Territory, client: Any) -> None:
    """Without a reason it is refused; with one, everybody reads what is out and why."""
    base = plan_programme(PLANNER, territory)
    publish_programme(PLANNER, base.programme_id)
    fair = Candidate.objects.get(code="fair")
    other = choose_variant(PLANNER, base.programme_id, Wish(pins={fair.pk: "must"}))
    before, differences = selectors.amendment_asked(territory.pk, other.number)
    assert before == base.number
    assert [d.candidate.code for d in differences if d.broken] == ["good"]
    with pytest.raises(PublishRefused, match="say why"):
        publish_programme(PLANNER, other.programme_id)
    empty = choose_variant(
        PLANNER, base.programme_id, Wish(funds={("city", y): Decimal(0) for y in (2027, 2028)})
    )
    Programme.objects.filter(pk=empty.programme_id).update(status="stopped")
    with pytest.raises(PublishRefused, match="holds nothing"):
        publish_programme(PLANNER, empty.programme_id, reason="Nothing was found")
    assert Programme.objects.get(pk=base.programme_id).state == "published"
    publish_programme(PLANNER, other.programme_id, reason="The hearing of 3 June")
    latest, first = selectors.amendments(territory.pk)
    assert (latest.number, latest.before, first.before) == (other.number, base.number, None)
    assert [d.candidate.code for d in latest.broken] == ["good"]
    assert [d.candidate.code for d in latest.entered] == ["fair"]
    html = client.get("/en/programme/amendments/").content.decode()
    assert "The hearing of 3 June" in html
    assert "Work good" in html
    assert ledger.promise_figures(territory.pk).withdrawn == 1


def test_robustness_and_the_cost_of_rules(territory: Territory) -> None:
    """Where money is for all, all are sure; a crew for none costs what it keeps out."""
    rich = replace(
        RULES,
        funds=(replace(RULES.funds[0], by_year=(Money(Decimal(9_000), "RUB"),) * 2),),
        crews=(("lamp_replacement", 1),),
    )
    set_rules(PLANNER, territory, rich)
    base = plan_programme(PLANNER, territory)
    services.assess_programme(base.programme_id)
    assert Programme.objects.get(pk=base.programme_id).assessment is None
    assert services.ask_assessment(PLANNER, base.programme_id)
    assert not services.ask_assessment(PLANNER, base.programme_id)
    services.assess_programme(base.programme_id, samples=5)
    view = selectors.programme(territory.pk, base.number)
    assert view is not None
    assert (view.assessment, view.samples) == ("done", 5)
    assert dict(view.sure)["core"] >= 1
    kinds = {kind for kind, _name, _gain in view.rule_costs}
    assert {"crew", "fund"} <= kinds
    good = selectors.candidate(territory.pk, Candidate.objects.get(code="good").pk)
    assert good is not None
    assert good.robust_share == 1.0
    assert good.line.robust == "core"
    assert good.npv is not None
    assert good.npv[0] <= good.npv[1] <= good.npv[2]


def test_aims_are_set_side_by_side(territory: Territory) -> None:
    """700 buy the good one in the west (500 a year of 600 + 300: east gets nothing) or the fair
    one in the east (300); poor (100 a year) fits never: fairness between districts has a price
    only where both fit, so here no programme lifts both and the best total stays."""
    base = plan_programme(PLANNER, territory)
    assert selectors.adopted_unassessed() == ()
    publish_programme(PLANNER, base.programme_id)
    assert selectors.adopted_unassessed() == ((base.programme_id, territory.code),)
    services.ask_assessment(PLANNER, base.programme_id)
    assert selectors.adopted_unassessed() == ()
    assert services.assess_programme(base.programme_id, samples=3)
    view = selectors.programme(territory.pk, base.number)
    assert view is not None
    told = {aim.objective: aim for aim in view.aims}
    assert list(told) == [o for o in selectors.OBJECTIVES if o != "lexicographic"]
    assert told["benefit"].loss == 0
    assert told["benefit"].districts == 0
    assert told["benefit"].sides == pytest.approx(500 / 900, abs=0.01)


def test_an_assessment_lets_whoever_waits_go_first(territory: Territory, monkeypatch: Any) -> None:
    """Between steps it stops for a search that waits; going on, it finds what one go finds."""
    # A step that takes longer than a look is given up: on a busy machine the first would be.
    monkeypatch.setattr("eutopia.web.programmes.services.behind.LOOK_S", 600.0)
    base = plan_programme(PLANNER, territory)
    other = choose_variant(PLANNER, base.programme_id, Wish(objective="net"))
    for programme in (base, other):
        services.ask_assessment(PLANNER, programme.programme_id)
    Programme.objects.filter(pk=other.programme_id).update(
        run=Programme.objects.get(pk=base.programme_id).run
    )
    assert services.assess_programme(other.programme_id, samples=4)
    solving = begin_solving(PLANNER, base.programme_id)
    waits = Solving.objects.filter(state="waiting").exists
    assert not services.assess_programme(base.programme_id, samples=4, waits=waits)
    view = selectors.programme(territory.pk, base.number)
    assert view is not None
    assert (view.assessment, view.worlds, view.samples) == ("waiting", 1, 4)
    assert solve(PLANNER, solving) is not None
    assert solve(PLANNER, solving) is None
    assert services.assess_programme(base.programme_id, samples=4)
    first, second = (Programme.objects.get(pk=one.programme_id).assessment for one in (base, other))
    assert first == second
    shares = [
        list(
            Programme.objects.get(pk=one.programme_id)
            .verdicts.order_by("candidate__code")
            .values_list("robust_share", flat=True)
        )
        for one in (base, other)
    ]
    assert shares[0] == shares[1]


def test_criteria_one_after_another(territory: Territory) -> None:
    """People first: good and poor reach 100 each and only one fits; then the total decides. What
    comes first must be said, once, and may not give up everything."""
    base = plan_programme(PLANNER, territory)
    for odd in (
        Wish(objective="lexicographic"),
        Wish(objective="lexicographic", priorities=()),
        Wish(priorities=(("glory", Decimal(0)),)),
        Wish(priorities=(("people", Decimal(1)),)),
        Wish(priorities=(("people", Decimal(0)), ("people", Decimal(0)))),
    ):
        with pytest.raises(WishRefused) as refused:
            choose_variant(PLANNER, base.programme_id, odd)
        assert refused.value.field == "priorities"
    assert Programme.objects.count() == 1
    wish = Wish(
        objective="lexicographic",
        priorities=(("fair_districts", Decimal(0)), ("people", Decimal("0.1"))),
    )
    edit_draft(PLANNER, base.programme_id, wish)
    rules = selectors.rules_of(territory.pk, base.number, None)
    assert rules is not None
    assert rules.changed == ("objective",)
    assert rules.priorities == (("fair_districts", Decimal(0)), ("people", Decimal("10.0")))
    done = choose_variant(PLANNER, base.programme_id, wish)
    assert _chosen(done.programme_id) == {"good"}


@pytest.mark.parametrize("language", ["en", "ru"])
def test_the_passport_holds_what_a_project_office_wants(
    territory: Territory, client: Any, language: str
) -> None:
    """PDF and XLSX in both languages, with works, money by year and reasons; text stays text."""
    import io

    import openpyxl
    import pypdf

    base = plan_programme(PLANNER, territory)
    publish_programme(PLANNER, base.programme_id)
    pdf = client.get(f"/{language}/programme/passport.pdf")
    read = pypdf.PdfReader(io.BytesIO(pdf.content))
    text = " ".join(page.extract_text() for page in read.pages)
    wanted = {
        "en": ("Passport of programme", "Roadmap", "Checkpoints", "Risks", "Work good", "Upkeep"),
        "ru": ("Паспорт программы", "Дорожная карта", "Контрольные точки", "Риски", "Работа good"),
    }[language]
    for words in wanted:
        assert words in text, words
    book = openpyxl.load_workbook(
        io.BytesIO(client.get(f"/{language}/programme/passport.xlsx").content)
    )
    assert len(book.sheetnames) == 9
    works = book.worksheets[7]
    assert [cell.value for cell in works[2]][1] == wanted[-2 if language == "en" else -1]
    assert works[2][4].value == 600
    assert client.get(f"/{language}/programme/passport.exe").status_code == 404


def test_a_turning_point_is_asked_for_found_and_kept(territory: Territory, client: Any) -> None:
    """700 of money buy the good one for 600: the fair one enters beside it at 100, or instead of
    it where it brings as much. Who is in, or was asked about, is not asked about again."""
    base = plan_programme(PLANNER, territory)
    fair, good = (Candidate.objects.get(code=code) for code in ("fair", "good"))

    def told() -> Any:
        found = selectors.candidate(territory.pk, fair.pk, programme=base.number)
        assert found is not None
        return found

    assert (told().may_turn, told().turning) == (True, None)
    asked = services.ask_turning_point(PLANNER, base.programme_id, fair.pk)
    assert asked is not None
    assert services.ask_turning_point(PLANNER, base.programme_id, fair.pk) is None
    assert services.ask_turning_point(PLANNER, base.programme_id, good.pk) is None
    assert told().turning.run_id is None
    assert services.find_turning_point(asked)
    turning = told().turning
    assert services.find_turning_point(asked)
    assert told().turning == turning
    assert not turning.holds
    assert float(turning.cost) == pytest.approx(100, rel=0.02)
    assert float(turning.benefit) == pytest.approx(500, rel=0.01)
    assert (
        "It enters at a cost of"
        in client.get(f"/en/programme/projects/{fair.pk}/").content.decode()
    )
    services.edit_candidate(PLANNER, fair.pk, cost=turning.cost, reason="Tender")
    done = choose_variant(PLANNER, base.programme_id, Wish())
    assert _chosen(done.programme_id) == {"good", "fair"}


def test_who_may_not_changes_nothing(territory: Territory) -> None:
    """Residents, clerks and auditors prepare, solve, stop, share, assess and ask nothing."""
    base = plan_programme(PLANNER, territory)
    fair = Candidate.objects.get(code="fair")
    solving = begin_solving(PLANNER, base.programme_id)
    acts = Act.objects.count()
    auditor = Actor(6, "Auditor", (Grant("auditor", "hamlet"),))
    for actor in (RESIDENT, CLERK, auditor):
        for act in (
            lambda a: edit_draft(a, base.programme_id, Wish()),
            lambda a: drop_draft(a, base.programme_id),
            lambda a: begin_solving(a, base.programme_id),
            lambda a: solve(a, solving),
            lambda a: stop_solving(a, solving),
            lambda a: share_programmes(a, territory, [base.number]),
            lambda a: services.ask_assessment(a, base.programme_id),
            lambda a: services.ask_turning_point(a, base.programme_id, fair.pk),
        ):
            with pytest.raises(AccessDenied):
                act(actor)
    assert not Share.objects.exists()
    assert not Turning.objects.exists()
    assert not Solving.objects.get(pk=solving).stop
    assert Act.objects.count() == acts
