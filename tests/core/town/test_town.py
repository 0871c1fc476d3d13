"""The whole training town: the same for a seed, conserved, valid, within the promised numbers."""

from __future__ import annotations

import hashlib
import pickle
from collections import Counter
from datetime import UTC, date, datetime, timedelta

import numpy as np
import pytest
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from shapely.ops import unary_union

from eutopia.core.norms import load_norms
from eutopia.core.records.territory import Territory
from eutopia.core.town import TrainingTown, generate_town
from eutopia.core.town.kinds import CODES, KINDS


def fingerprint(made: TrainingTown) -> str:
    """Digest of everything, shapes and truth included."""
    town, truth = made.town, made.truth
    parts = (
        [(a.id, a.geometry.wkb, a.installed, a.condition) for a in town.territory.assets],
        [(b.id, b.footprint.wkb, b.residents) for b in town.territory.buildings],
        town.reports,
        town.interruptions,
        town.charges,
        town.election,
        town.rules,
        [(w.id, w.geometry.wkb, w.cost) for w in town.works],
        sorted(truth.event_of.items()),
        truth.hidden_problems,
        sorted(truth.effects.items()),
    )
    return hashlib.sha256(pickle.dumps(parts)).hexdigest()


def ground(territory: Territory) -> shapely.Geometry:
    """Districts and water in one."""
    shapes = [d.boundary for d in territory.districts] + list(territory.water)
    return unary_union(shapes).buffer(1e-6)


def test_equal_seeds_give_equal_towns_and_others_do_not() -> None:
    """Bit by bit: shapes, texts, money, votes and truth."""
    first = fingerprint(generate_town(seed=3, residents=1_500))
    assert first == fingerprint(generate_town(seed=3, residents=1_500))
    assert first != fingerprint(generate_town(seed=4, residents=1_500))


def test_the_full_town_has_the_promised_numbers(full: TrainingTown) -> None:
    """Sixty thousand residents, forty thousand assets, some 120,000 reports, 8,000 voters."""
    town, territory = full.town, full.town.territory
    assert sum(b.residents for b in territory.buildings) == 60_000
    assert len(territory.assets) == 40_000
    assert 112_000 <= len(town.reports) <= 128_000
    assert 6_000 <= len(territory.buildings) <= 8_000
    assert 8 <= len(territory.districts) <= 10
    assert town.election is not None
    assert sum(b.count for b in town.election.ballots) == 8_000
    assert len(town.election.projects) == 40
    kinds = Counter(o.kind for o in territory.organisations)
    assert kinds["business"] == 400
    assert kinds["housing_manager"] >= 6
    assert {i.service for i in town.interruptions} == {
        "cold_water", "hot_water", "sewage", "electricity", "gas", "heating", "solid_waste",
    }  # fmt: skip
    assert len({c.dwelling for c in town.charges}) >= 280


def test_residents_add_up_everywhere(small: TrainingTown) -> None:
    """Buildings, districts and the town agree; nobody lives where there is no dwelling."""
    territory = small.town.territory
    lived = Counter[str]()
    for building in territory.buildings:
        lived[building.district] += building.residents
        assert building.residents == 0 or building.dwellings > 0
    assert sum(lived.values()) == 3_000
    assert {d.id: d.population for d in territory.districts} == {
        d.id: lived[d.id] for d in territory.districts
    }


@pytest.mark.parametrize("which", ["small", "full"])
def test_every_shape_is_valid_and_in_town(which: str, request: pytest.FixtureRequest) -> None:
    """Nothing empty, invalid, outside; no building stands in water or in another."""
    made: TrainingTown = request.getfixturevalue(which)
    territory = made.town.territory
    whole = ground(territory)
    for shapes in (
        [a.geometry for a in territory.assets],
        [b.footprint for b in territory.buildings],
        [s.boundary for s in territory.spaces],
        [h.geometry for h in territory.heritage],
        [z.boundary for z in territory.zones if z.boundary is not None],
        [s.line for s in territory.streets],
        [w.geometry for w in made.town.works],
    ):
        array = np.array(shapes, dtype=object)
        assert shapely.is_valid(array).all()
        assert not shapely.is_empty(array).any()
        assert shapely.covered_by(array, whole).all()
    buildings = np.array([b.footprint for b in territory.buildings], dtype=object)
    clashes = shapely.STRtree(buildings).query(buildings, predicate="overlaps")
    assert clashes.shape[1] == 0
    assert not shapely.intersects(buildings, unary_union(list(territory.water))).any()
    at_home = {d.id: d.boundary for d in territory.districts}
    assert all(at_home[b.district].contains(b.footprint.centroid) for b in territory.buildings)


def test_districts_do_not_overlap(full: TrainingTown) -> None:
    """Two districts share a border, never ground (a square metre is about 1.4e-10 degrees²)."""
    shapes = [d.boundary for d in full.town.territory.districts]
    for i, one in enumerate(shapes):
        for other in shapes[:i]:
            assert one.intersection(other).area < 1e-8


def test_ids_are_unique_and_references_meet(small: TrainingTown) -> None:
    """Every foreign key of the records leads somewhere."""
    town, territory = small.town, small.town.territory
    for rows in (
        town.reports,
        town.works,
        town.interruptions,
        territory.assets,
        territory.buildings,
        territory.streets,
        territory.spaces,
        territory.districts,
        territory.heritage,
        territory.zones,
        territory.organisations,
    ):
        ids = [row.id for row in rows]
        assert len(ids) == len(set(ids))
    districts = {d.id for d in territory.districts} | {""}
    streets = {s.id for s in territory.streets} | {None}
    spaces = {s.id for s in territory.spaces} | {None}
    bodies = {o.id for o in territory.organisations} | {None}
    buildings = {b.id: b for b in territory.buildings}
    assets = {a.id for a in territory.assets} | {None}
    for building in territory.buildings:
        assert {building.district} <= districts
        assert building.street in streets
        assert building.space in spaces
        assert building.housing_manager in bodies
    for asset in territory.assets:
        assert asset.district in districts
        assert asset.street in streets
        assert asset.space in spaces
    assert {r.organisation for r in town.reports} <= bodies
    assert {r.district for r in town.reports} <= districts
    for interruption in town.interruptions:
        assert interruption.organisation in bodies
        assert set(interruption.building_ids) <= set(buildings)
        assert interruption.asset_id in assets
        homes = sum(buildings[b].dwellings for b in interruption.building_ids)
        assert interruption.customers == homes
    assert all(set(w.asset_ids) <= assets and w.contractor in bodies for w in town.works)
    assert {c.dwelling.split("/")[0] for c in town.charges} <= set(buildings)


def test_codes_are_known_to_the_pack(full: TrainingTown) -> None:
    """Reports, keepers and hosts speak the pack's codes; every type occurs."""
    types = load_norms(["training-town"]).at(full.town.as_of).problem_types()
    assert [t.code for t in types] == list(CODES)
    assert {r.problem_type for r in full.town.reports} == set(CODES)
    classes = {a.asset_class for a in full.town.territory.assets}
    places = {"building", "yard", "street"}
    for kind, known in zip(KINDS, types, strict=True):
        assert set(kind.hosts) <= classes | places
        assert set(known.asset_classes) <= classes
        assert set(kind.confused) <= set(CODES) - {kind.code}
        assert len(kind.months) == 12


def test_times_are_aware_and_in_order(small: TrainingTown) -> None:
    """Opened within the three years, closed and due after it, all in UTC."""
    start = datetime(2023, 6, 30, 21, tzinfo=UTC)  # local midnight of 1 July
    end = start.replace(year=2026)
    for report in small.town.reports:
        assert start <= report.opened < end
        assert report.opened.utcoffset() == timedelta(0)
        assert report.due is not None
        assert report.due > report.opened
        assert report.closed is None or report.opened <= report.closed < end
        assert bool(report.closing_note) == (report.closed is not None)
    for interruption in small.town.interruptions:
        # What is planned may lie up to two weeks ahead.
        ahead = timedelta(days=14) if interruption.planned else timedelta(0)
        assert start <= interruption.started < end + ahead
        assert interruption.ended is None or interruption.ended > interruption.started
        assert interruption.notice_given is None or interruption.planned
    for work in small.town.works:
        assert work.finished is None or work.finished >= work.started


def test_texts_are_there_in_both_languages(full: TrainingTown) -> None:
    """No empty text, no slot left unfilled, six in seven Russian; texts vary."""
    texts = [r.text for r in full.town.reports]
    assert all(len(t) > 8 for t in texts)
    assert not any(mark in t for t in texts for mark in "{}<>|")
    english = sum(r.language == "en" for r in full.town.reports) / len(texts)
    assert 0.13 < english < 0.17
    assert len(set(texts)) > 0.85 * len(texts)
    names = [d.name for d in full.town.territory.districts]
    assert all(n.to("ru") != n.to("en") for n in names)


def test_where_no_hot_water_comes_none_is_too_cool(full: TrainingTown) -> None:
    """The summer's stops say what they are, and nothing is measured meanwhile at their houses."""
    stops = [one for one in full.town.interruptions if one.conditions]
    assert stops
    assert {one.conditions for one in stops} == {(("annual_maintenance", "yes"),)}
    assert all(one.planned and one.service == "hot_water" for one in stops)
    for cool in full.town.interruptions:
        if cool.service == "hot_water" and cool.measured is not None:
            assert not any(
                stop.started < (cool.ended or stop.ended)
                and cool.started < (stop.ended or cool.started)
                and set(stop.building_ids) & set(cool.building_ids)
                for stop in stops
            )


def test_a_charge_is_its_volume_at_the_tariff(small: TrainingTown) -> None:
    """Rounded half up to the kopeck; twelve months, heating in its season only."""
    assert small.town.charges
    for charge in small.town.charges:
        assert charge.volume is not None
        assert charge.tariff is not None
        assert charge.fee == (charge.tariff * charge.volume).rounded()
        assert date(2025, 7, 1) <= charge.period <= date(2026, 6, 1)
        assert charge.service != "heating" or charge.period.month not in (5, 6, 7, 8, 9)


def test_the_ballot_is_sound(full: TrainingTown) -> None:
    """One to five different projects a ballot; every project has a place in town and a cost."""
    election = full.town.election
    assert election is not None
    for ballot in election.ballots:
        assert 1 <= len(set(ballot.approvals)) == len(ballot.approvals) <= 5
        assert max(ballot.approvals) < len(election.projects)
    assert all(p.cost > 0 for p in election.projects)
    assert 0.15 < election.budget / sum(p.cost for p in election.projects) < 0.4
    places = {key: shapely.Point(lon, lat) for key, lon, lat in full.town.ballot_places}
    assert set(places) == {p.id for p in election.projects}
    whole = ground(full.town.territory)
    assert all(whole.covers(point) for point in places.values())


def test_people_vote_for_their_own_district(full: TrainingTown) -> None:
    """Approvals of two projects of one district go together more often than of two districts."""
    election = full.town.election
    assert election is not None
    where = [dict(p.attributes)["district"] for p in election.projects]
    votes = np.zeros((len(election.ballots), len(where)))
    count = np.array([b.count for b in election.ballots])
    for row, ballot in enumerate(election.ballots):
        votes[row, list(ballot.approvals)] = 1.0
    together = votes.T @ (votes * count[:, None])
    alone = np.diag(together).copy()
    lift = together * count.sum() / np.outer(alone, alone)
    same = np.array([[a == b for b in where] for a in where])
    np.fill_diagonal(same, val=False)
    assert lift[same].mean() > 1.5 * lift[~same].mean()


def test_rules_are_consistent(full: TrainingTown) -> None:
    """Four funds over five years in roubles; floors leave room for choice."""
    rules = full.town.rules
    assert rules is not None
    assert len(rules.funds) == 4
    assert all(len(f.by_year) == rules.years == 5 for f in rules.funds)
    assert len(rules.upkeep_limit) == 5
    assert sum(share for _, share in rules.floors) < 1
    assert {d for d, _ in rules.floors} <= {d.id for d in full.town.territory.districts}


def test_heritage_has_zones_of_every_kind(full: TrainingTown) -> None:
    """Buffers only round registered monuments and ensembles; one zone has no known extent."""
    territory = full.town.territory
    kept = {h.id: h for h in territory.heritage}
    kinds = Counter(z.kind for z in territory.zones)
    assert {"buffer_zone", "guard_zone", "regulated_development_zone"} <= set(kinds)
    assert "protected_natural_landscape_zone" in kinds
    assert sum(z.boundary is None for z in territory.zones) == 1
    for zone in territory.zones:
        if zone.kind == "buffer_zone":
            assert zone.heritage_asset is not None
            assert kept[zone.heritage_asset].kind in ("monument", "ensemble")
            assert kept[zone.heritage_asset].status == "registered"
    assert {h.kind for h in kept.values()} == {"monument", "ensemble", "archaeological_site"}
    assert {h.significance for h in kept.values()} == {"federal", "regional", "local"}


def test_condition_follows_age(full: TrainingTown) -> None:
    """Older lamps are in worse condition; nearly new ones in good."""
    lamps = [
        (2026 - a.installed, a.condition)
        for a in full.town.territory.assets
        if a.asset_class == "lighting_point" and a.installed and a.condition is not None
    ]
    age, condition = np.array(lamps).T
    assert np.corrcoef(age, condition)[0, 1] < -0.85
    assert condition[age <= 2].mean() > 88
    assert condition[age >= 25].mean() < 30


def test_progress_is_told_and_only_grows() -> None:
    """The caller hears of each stage, from 0 to 1."""
    heard: list[tuple[str, float]] = []
    generate_town(seed=1, residents=900, progress=lambda stage, share: heard.append((stage, share)))
    shares = [share for _, share in heard]
    assert shares == sorted(shares)
    assert (shares[0], shares[-1]) == (0.0, 1.0)


@pytest.mark.parametrize("residents", [0, 799, 400_001])
def test_a_town_too_small_or_large_is_refused(residents: int) -> None:
    """With the range in the message."""
    with pytest.raises(ValueError, match="800 to 400,000"):
        generate_town(seed=1, residents=residents)


def test_another_last_day_moves_everything() -> None:
    """Three years end with `as_of`, whatever the weekday; a leap day is a day like others."""
    made = generate_town(seed=1, residents=900, as_of=date(2024, 2, 29))
    assert made.town.as_of == date(2024, 2, 29)
    opened = [r.opened for r in made.town.reports]
    assert min(opened) >= datetime(2021, 2, 28, 21, tzinfo=UTC)
    assert max(opened) < datetime(2024, 2, 29, 21, tzinfo=UTC)
    assert made.town.rules is not None
    assert made.town.rules.first_year == 2025


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(seed=st.integers(0, 2**32 - 1), residents=st.integers(800, 2_500))
def test_any_seed_gives_a_sound_town(seed: int, residents: int) -> None:
    """Residents add up, shapes are valid and inside, events and reports agree."""
    made = generate_town(seed=seed, residents=residents)
    territory = made.town.territory
    assert sum(b.residents for b in territory.buildings) == residents
    assets = np.array([a.geometry for a in territory.assets], dtype=object)
    assert shapely.is_valid(assets).all()
    assert shapely.covered_by(assets, ground(territory)).all()
    ids = [r.id for r in made.town.reports]
    assert len(ids) == len(set(ids)) == len(made.truth.event_of)
    assert 0.75 < len(ids) / (2 * residents) < 1.3
    assert set(made.truth.event_of.values()) <= set(made.truth.events)
