"""The truth agrees with the town, and the town does not give it away."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from dataclasses import fields

import numpy as np
import pytest

from eutopia.core.records.town import Town
from eutopia.core.town import TrainingTown
from eutopia.core.town.kinds import CODES
from eutopia.core.town.works import MEASURES


def test_every_report_tells_of_an_event_of_its_time(small: TrainingTown) -> None:
    """No report before its event; every event that is known was reported or ends the period."""
    events = small.truth.events
    for report in small.town.reports:
        event = events[small.truth.event_of[report.id]]
        assert report.opened.timestamp() >= event.started - 1
    told = set(small.truth.event_of.values())
    assert len(told) > 0.98 * len(events)


def test_mistaken_types_are_exactly_the_known_ones(small: TrainingTown) -> None:
    """A report's type is its event's, but for those the truth lists."""
    truth = small.truth
    for report in small.town.reports:
        right = truth.events[truth.event_of[report.id]].problem_type
        assert truth.true_type.get(report.id, report.problem_type) == right
        assert (report.id in truth.true_type) == (report.problem_type != right)


def test_default_coordinates_are_one_place(small: TrainingTown) -> None:
    """All of them, about one in thirteen reports, lie at the town hall and have no address."""
    at = {
        (r.lon, r.lat, r.address)
        for r in small.town.reports
        if r.id in small.truth.default_coordinate
    }
    assert len(at) == 1
    share = len(small.truth.default_coordinate) / len(small.town.reports)
    assert 0.06 < share < 0.10


def test_unheld_closures_are_followed(full: TrainingTown) -> None:
    """Each one's event has a follower, soon after the closing, of the same type and cause."""
    truth = full.truth
    followers = {e.follows: e for e in truth.events.values() if e.follows}
    closed = {r.id: r.closed for r in full.town.reports}
    late = []
    for report in truth.unheld_closures:
        event = truth.events[truth.event_of[report]]
        again = followers[event.id]
        assert again.problem_type == event.problem_type
        assert again.asset_id == event.asset_id
        when = closed[report]
        assert when is not None
        late.append((again.started - when.timestamp()) / 86_400)
    assert np.median(late) < 12
    assert min(late) > -30  # a report closed with others after the first of them


def test_bad_organisations_close_worse(full: TrainingTown) -> None:
    """The housing manager made sloppy has more failed closures than the one made careful."""
    unheld, closed = Counter[str](), Counter[str]()
    for report in full.town.reports:
        if report.closed is not None:
            closed[report.organisation] += 1
            unheld[report.organisation] += report.id in full.truth.unheld_closures
    assert unheld["k-06"] / closed["k-06"] > 1.8 * unheld["k-08"] / closed["k-08"]


def test_hidden_problems_fail_at_their_rate(full: TrainingTown) -> None:
    """Reported events of hidden problems: as many as rate, period, habit and works let expect."""
    expected = found = 0.0
    count = Counter(
        e.hidden_problem for e in full.truth.events.values() if e.hidden_problem and not e.follows
    )
    for problem in full.truth.hidden_problems:
        years = (problem.active_to - problem.active_from).days / 365.25
        expected += problem.rate * years * full.truth.habits[problem.district]
        found += count[problem.id]
    assert found == pytest.approx(expected, rel=0.15)  # works take some away
    assert found < expected


def test_hidden_problems_name_assets_that_are_there(full: TrainingTown) -> None:
    """Their asset exists; their type is known; the period is not empty."""
    assets = {a.id for a in full.town.territory.assets}
    for problem in full.truth.hidden_problems:
        assert problem.asset_id is None or problem.asset_id in assets
        assert problem.problem_type in CODES
        assert problem.active_from < problem.active_to
        assert problem.rate > 0


def test_districts_report_by_their_habits(full: TrainingTown) -> None:
    """Events a hidden problem and year, over its rate, follow the habits across districts."""
    count = Counter(
        e.hidden_problem for e in full.truth.events.values() if e.hidden_problem and not e.follows
    )
    expected, found = defaultdict(float), defaultdict(float)
    for problem in full.truth.hidden_problems:
        years = (problem.active_to - problem.active_from).days / 365.25
        expected[problem.district] += problem.rate * years
        found[problem.district] += count[problem.id]
    known = [d for d in expected if expected[d] > 300]
    measured = [found[d] / expected[d] for d in known]
    habits = [full.truth.habits[d] for d in known]
    assert np.corrcoef(measured, habits)[0, 1] > 0.97


def test_works_did_what_the_truth_says(full: TrainingTown) -> None:
    """Before and after a work, events near it change by its ratio, measured over all works.

    Oracle: plain counts of true events within the radius, with the same kinds away from any work
    as comparison, pooled over works of like ratio.
    """
    answers = {m[0]: set(m[1]) for m in MEASURES}
    where = np.array([(e.lon, e.lat) for e in full.truth.events.values()])
    east = 111_320 * np.cos(np.radians(55.0))
    metres = where * [east, 111_320]
    kind = np.array([CODES.index(e.problem_type) for e in full.truth.events.values()])
    time = np.array([e.started for e in full.truth.events.values()], dtype=np.float64)
    apart = np.array([e.interruption is None for e in full.truth.events.values()])
    pooled: dict[str, np.ndarray] = defaultdict(lambda: np.zeros(3))
    first, last = time.min(), time.max()
    for work in full.town.works:
        ratio = full.truth.effects[work.id]
        group = "helps" if ratio <= 0.6 else "nothing" if ratio == 1.0 else "other"
        codes = [CODES.index(c) for c in answers[work.measure]]
        middle = (
            work.geometry.interpolate(0.5, normalized=True)
            if hasattr(work.geometry, "interpolate") and work.geometry.geom_type == "LineString"
            else work.geometry.centroid
        )
        assert work.finished is not None
        done = (np.datetime64(work.finished) - np.datetime64("1970-01-01")).astype(int) * 86_400.0
        near = np.hypot(*(metres - [middle.x * east, middle.y * 111_320]).T) <= 45.0
        mine = near & np.isin(kind, codes) & apart
        all_of_kind = np.isin(kind, codes) & apart
        before, after = (mine & (time < done)).sum(), (mine & (time >= done)).sum()
        usual = (all_of_kind & (time >= done)).sum() / (all_of_kind & (time < done)).sum()
        pooled[group] += [after, before * usual, ratio]
        assert first < done < last
    helps, nothing = pooled["helps"], pooled["nothing"]
    assert 0.2 < helps[0] / helps[1] < 0.65
    assert 0.75 < nothing[0] / nothing[1] < 1.25


def test_some_work_makes_things_worse(small: TrainingTown, full: TrainingTown) -> None:
    """Exactly one, and some that change nothing."""
    for made in (small, full):
        assert sum(ratio > 1.0 for ratio in made.truth.effects.values()) == 1
    assert sum(ratio == 1.0 for ratio in full.truth.effects.values()) > 20


def test_outbreaks_are_near_in_place_and_time(full: TrainingTown) -> None:
    """One kind, within some hundreds of metres and five weeks."""
    events = full.truth.events
    assert len(full.truth.outbreaks) > 40
    for group in full.truth.outbreaks:
        rows = [events[key] for key in group]
        assert len({e.problem_type for e in rows}) == 1
        times = [e.started for e in rows]
        assert max(times) - min(times) <= 36 * 86_400
        lat = [e.lat for e in rows]
        assert (max(lat) - min(lat)) * 111_320 < 500


def test_the_town_holds_no_truth(small: TrainingTown) -> None:
    """Neither a field nor a word of the town names an event or a hidden problem."""
    assert "truth" not in {f.name for f in fields(Town)}
    town = small.town
    words = repr((town.reports, town.works, town.interruptions, town.charges, town.election))
    words += repr([(a.id, a.attributes) for a in town.territory.assets])
    assert not set(re.findall(r"\be\d{6}\b", words)) & set(small.truth.events)
    assert not re.search(r"\bx\d{4}\b", words)


def test_report_numbers_tell_only_the_order_of_arrival(small: TrainingTown) -> None:
    """Numbers follow time, so two reports of one event are no closer than their times make them."""
    numbers = [int(r.id.split("-")[1]) for r in small.town.reports]
    assert numbers == sorted(numbers)
    opened = [r.opened for r in small.town.reports]
    assert opened == sorted(opened)
    ids = sorted(small.truth.events)
    started = [small.truth.events[key].started for key in ids]
    assert abs(np.corrcoef(np.arange(len(ids)), started)[0, 1]) < 0.05


def test_contacts_are_few_and_invented(full: TrainingTown) -> None:
    """Under one in a hundred texts holds a name, number or address; the rest hold none."""
    assert 0.002 < len(full.truth.with_contacts) / len(full.town.reports) < 0.01
    pattern = re.compile(r"\+7|8 000|@example\.org")
    for report in full.town.reports:
        if pattern.search(report.text):
            assert report.id in full.truth.with_contacts
            assert "000" in report.text or "example.org" in report.text
