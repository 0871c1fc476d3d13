"""Clusters are found with a run, shown by week, and given away; nobody else may look for them."""

from __future__ import annotations

import json
import math
import zlib
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta

import numpy as np
import pytest
import shapely
from django.test import Client

from eutopia.core.records import PastScans, Report
from eutopia.web.foundation.access import RESIDENT, AccessDenied
from eutopia.web.ledger.models import Run
from eutopia.web.loop.services import operator_for, replay_run
from eutopia.web.portal import maps
from eutopia.web.problems import bridge, selectors
from eutopia.web.problems.models import Cluster, KeptScans
from eutopia.web.problems.services import scan_territory
from eutopia.web.reports.models import Report as ReportRow
from eutopia.web.reports.services import load_reports
from eutopia.web.territory import selectors as territories
from eutopia.web.territory.models import Territory
from eutopia.web.territory.selectors import feature_collection
from eutopia.web.territory.services import load_territory
from tests.web.towns import hamlet, hamlet_reports

pytestmark = pytest.mark.django_db

PLANNER = operator_for("hamlet")


@pytest.fixture
def territory() -> Territory:
    """A hamlet where dark lamps are scattered, but for ten within two days at one corner."""
    found, _ = load_territory(PLANNER, hamlet())
    noon = datetime.combine(found.as_of, time(12), UTC)
    rng = np.random.default_rng(2)
    like = hamlet_reports()[0]
    rows: list[Report] = [
        replace(
            like,
            id=f"s{k}",
            opened=noon - timedelta(days=int(rng.integers(0, 170))),
            closed=None,
            problem_type="street_light_out",
            lon=40.0 + float(rng.uniform(0, 0.09)),
            lat=55.0 + float(rng.uniform(0, 0.06)),
            text=f"lamp {k}",
        )
        for k in range(120)
    ]
    rows += [
        replace(rows[0], id=f"c{k}", opened=noon - timedelta(days=k % 2),
                lon=40.04 + k * 0.0009, lat=55.03, text=f"corner {k}")
        for k in range(10)
    ]  # fmt: skip
    load_reports(PLANNER, found, rows, source="test")
    return found


def test_a_cluster_is_found_stored_and_shown(territory: Territory, client: Client) -> None:
    run = scan_territory(PLANNER, territory)
    found = selectors.clusters(territory.pk)
    assert found
    assert found[0].alive
    assert found[0].cases >= 8
    assert scan_territory(PLANNER, territory) == run  # The same is not computed twice.
    assert len(bridge.clusters(territory.pk)[0].report_ids) == found[0].cases
    page = client.get("/en/problems/clusters/").content.decode()
    assert "Still growing" in page
    first_week = client.get("/en/problems/clusters/?week=1").content.decode()
    assert "Still growing</span>" not in first_week
    layer = json.loads(client.get("/en/map/clusters.geojson").content)
    assert layer["features"][0]["properties"]["cases"] == found[0].cases
    table = b"".join(client.get("/en/data/clusters.csv")).decode()
    assert len(table.splitlines()) == len(found) + 1


def test_circles_have_their_true_size(territory: Territory) -> None:
    """A circle of 100 m is as wide as two points 200 m apart; a single place is a dot."""
    town = territories.territory("hamlet")
    assert town is not None
    assert town.bounds is not None
    west, south, east, north = town.bounds
    lon, lat = (west + east) / 2, (south + north) / 2
    layer = feature_collection(
        [shapely.Point(lon, lat)] * 2, [{"n": 1, "radius_m": 100.0}, {"n": 2, "radius_m": 0.0}]
    )
    shown = maps.point_map(
        town, layer, title="", url="", key="n", page="", pattern="#n-KEY", metres="radius_m",
        words=lambda _: "",
    )  # fmt: skip
    beside = lon + 100 / (111_320 * math.cos(math.radians(lat)))
    across = shown.frame.place(beside, lat)[0] - shown.frame.place(lon, lat)[0]
    assert [s.href for s in shown.spots] == ["#n-1", "#n-2"]
    assert [s.radius for s in shown.spots] == pytest.approx([across, 4.0], abs=0.1)


def test_a_scan_replays_from_what_it_kept(territory: Territory) -> None:
    """Bit by bit, also when the reports are gone; what was kept holds no words of residents."""
    run = scan_territory(PLANNER, territory)
    ReportRow.objects.filter(territory=territory).delete()
    replayed = replay_run(run)
    assert replayed.verdict == "same"
    kept = zlib.decompress(bytes(Run.objects.get(pk=run).inputs)).decode()
    assert "corner" not in kept
    assert "lamp" not in kept


def test_a_run_of_an_earlier_edition_is_named(territory: Territory) -> None:
    """What another edition of the method found is not said to differ."""
    run = Run.objects.get(pk=scan_territory(PLANNER, territory))
    del run.parameters["edition"]
    run.save()
    assert replay_run(run.pk).verdict == "earlier_edition"


def test_past_weeks_are_not_looked_at_anew(territory: Territory) -> None:
    """Reports of a new day leave what was found in past weeks; one of those weeks does not."""
    scan_territory(PLANNER, territory)
    # A mark in what is kept shows whether it is taken.
    row = KeptScans.objects.get(territory=territory)
    (past,) = row.record.scans
    mark = replace(bridge.clusters(territory.pk)[0], p=0.0123, prospective=False, report_ids=())
    row.record = PastScans((replace(past, clusters=(mark,)),))
    row.save()
    territory.as_of += timedelta(days=1)
    noon = datetime.combine(territory.as_of, time(12), UTC)
    like = replace(hamlet_reports()[0], problem_type="street_light_out", closed=None, opened=noon)
    new = [replace(like, id=f"n{k}", lon=40.01, lat=55.03 + k / 100) for k in range(3)]
    load_reports(PLANNER, territory, new, source="test")
    scan_territory(PLANNER, territory)
    assert mark in bridge.clusters(territory.pk)
    early = replace(like, id="early", opened=noon - timedelta(days=30))
    load_reports(PLANNER, territory, [early], source="test")
    run = scan_territory(PLANNER, territory)
    assert mark not in bridge.clusters(territory.pk)
    assert replay_run(run).verdict == "same"


def test_what_was_left_out_is_told(territory: Territory, client: Client) -> None:
    """Ninety reports of one moment and place are one event: the page says so."""
    scan_territory(PLANNER, territory)
    view = selectors.survey(territory.pk)
    assert view is not None
    assert view.left_out == ()
    noon = datetime.combine(territory.as_of, time(12), UTC)
    flood = [
        replace(hamlet_reports()[0], id=f"f{k}", opened=noon, closed=None, text=f"again {k}",
                problem_type="street_light_out", lon=40.01, lat=55.01)
        for k in range(90)
    ]  # fmt: skip
    load_reports(PLANNER, territory, flood, source="bot")
    scan_territory(PLANNER, territory)
    view = selectors.survey(territory.pk)
    assert view is not None
    assert ("flood", "one_event") in {(one.code, one.treatment) for one in view.left_out}
    page = client.get("/en/problems/clusters/").content.decode()
    assert "What was left out, and why" in page


def test_residents_may_not_scan(territory: Territory) -> None:
    with pytest.raises(AccessDenied):
        scan_territory(RESIDENT, territory)
    assert not Cluster.objects.exists()
    assert selectors.survey(territory.pk) is None
