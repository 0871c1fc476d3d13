"""The City of Boston: 311 reports of 2015 and the capital plan, from the city's published files.

What is real: reports, neighbourhoods, projects with their money by source. What is assumed, and
said so on the page about the data: the value of a project beyond the reports it answers, and the
scenario that only a share of the planned money comes.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import shapely
from shapely.geometry import Point
from shapely.geometry.base import BaseGeometry

from eutopia.core.decide.pabulib import read_election
from eutopia.core.listen.intake import code_of, load_mapping, read_reports
from eutopia.core.listen.rejections import Rejection
from eutopia.core.records import (
    Candidate,
    District,
    Election,
    Fund,
    GateDecision,
    Money,
    Organisation,
    PortfolioRules,
    ProtectionZone,
    Report,
    Territory,
    Text,
    Town,
)
from eutopia.sources.published import district_of, features, load_json, path_of

PACKS = (
    "measures-us",
    "us-boston",
    "service-lives",
    "us-311-service-levels",
    "heritage-default",
    "calendar-us",
    "district-care",
    "sdg-11-7-1",
    "iso-37120",
)
"""In force in both cities."""
VERSION = "fy19_adopted"
FIRST_YEAR = 2019
YEARS = 5
DISCOUNT = Decimal("0.03")
PROJECT_LIFE = 30
SCENARIO_SHARE = Decimal("0.7")
"""Share of the planned city money that the scenario grants: below 1, so that there is a choice."""
UPKEEP_OF_GROWTH = Decimal("0.02")
"""Yearly upkeep as a share of the cost where the city says that the operating budget is affected;
the city states no sum, so this is an assumption."""
ANNUITY = DISCOUNT / (1 - (1 + DISCOUNT) ** -PROJECT_LIFE)
DEPARTMENTS = {
    "PWDx": "Public Works",
    "ISD": "Inspectional Services",
    "BTDT": "Transportation",
    "PARK": "Parks and Recreation",
    "INFO": "Information",
    "PROP": "Property Management",
    "BWSC": "Boston Water and Sewer Commission",
    "GEN_": "General",
    "ANML": "Animal Control",
}
# The budget's words for a place, where they differ from the neighbourhoods layer.
PLACES: dict[str, tuple[str, ...]] = {
    "Allston/Brighton": ("Allston", "Brighton"),
    "Fenway/Kenmore": ("Fenway",),
    "Financial District/Downtown": ("Downtown",),
    "Government Center/Faneuil Hall": ("Downtown",),
}
ASSUMED = (
    "Assumed: value of a project beyond the reports it answers (worth its cost over 30 years "
    "at 3 %), 70 % of the planned city money, upkeep of 2 % of the cost where the operating "
    "budget is said to be affected, costs and hours of a visit"
)
BALLOT = (
    "US_Stanford_Dataset_Your_Voice_Your_Choice_Parks_and_Streets-_Seattle_2018_District_1_"
    "vote_approvals.pb"
)
"""Boston's own ballots are not published as ballots, so a real vote of another city stands in."""
SOURCES = (
    ("Reports of 2015: City of Boston, 311 service requests", "data.boston.gov, PDDL 1.0"),
    ("Neighbourhoods: City of Boston", "data.boston.gov, PDDL 1.0"),
    ("Capital projects FY19 adopted: City of Boston", "budget.boston.gov"),
    ("The vote: Seattle 2018, not Boston's, to show a real count", "pabulib.org"),
    (ASSUMED, "docs/howto/real-data.md"),
)


class MalformedRowError(ValueError):
    """A row of the published file can't be read: says which, and the mend."""


def read_boston(folder: Path, *, progress: Callable[[str], None] = lambda _: None) -> Town:
    """What do the published files say about Boston, as a town for the loop?

    Parameters
    ----------
    folder
        Holds `boston/` and `capital/`, as `docs/howto/real-data.md` lays them out.
    progress
        Called with a word for each step.

    Raises
    ------
    MissingFileError
        A file is not there.
    ValueError
        A file is broken.
    """
    progress("neighbourhoods")
    districts = _districts(folder / "boston")
    progress("reports")
    reports = _reports(folder / "boston", districts)
    progress("capital projects")
    candidates, rules = _capital_plan(folder / "capital", districts)
    territory = Territory(
        id="boston",
        name=Text.of(en="Boston", ru="Бостон"),
        time_zone="America/New_York",
        currency="USD",
        synthetic=False,
        districts=districts,
        organisations=tuple(
            Organisation(code, Text.of(en=name), "municipal_service")
            for code, name in DEPARTMENTS.items()
        ),
        # The files hold no heritage register of Boston: the gate must know that it does not know.
        zones=(ProtectionZone("boston-register-not-loaded", "register_not_loaded", None),),
        sources=SOURCES,
    )
    return Town(
        territory=territory,
        as_of=date(2016, 1, 13),
        packs=PACKS,
        reports=reports,
        election=_election(folder / "pabulib"),
        rules=rules,
        candidates=candidates,
    )


def read_capital_plan(folder: Path) -> tuple[tuple[Candidate, ...], PortfolioRules]:
    """Which projects does Boston's capital plan hold, and which money?

    Folder and errors as for `read_boston`.
    """
    return _capital_plan(folder / "capital", _districts(folder / "boston"))


def _capital_plan(
    folder: Path, districts: tuple[District, ...]
) -> tuple[tuple[Candidate, ...], PortfolioRules]:
    every = load_json(path_of(folder, "boston-capital-projects-fy18-fy19.json"))
    projects = [p for p in every if p["version"] == VERSION]
    return tuple(_candidates(projects, districts)), _rules(projects)


def _election(folder: Path) -> Election | None:
    path = folder / BALLOT
    if not path.is_file():
        return None
    election = read_election(path)
    title = "Seattle 2018, Parks and Streets, District 1 (a real vote of another city)"
    # The file names its projects by number only.
    projects = tuple(
        dataclasses.replace(p, name=p.name or f"Project {p.id}") for p in election.projects
    )
    return dataclasses.replace(election, title=title, projects=projects)


def _districts(folder: Path) -> tuple[District, ...]:
    # The layer carries no population, and none is invented: zero means not known.
    return tuple(
        District(code_of(properties["Name"]), Text.of(en=properties["Name"]), boundary, 0)
        for properties, boundary in features(folder, "neighborhoods.geojson")
    )


def _reports(folder: Path, districts: tuple[District, ...]) -> tuple[Report, ...]:
    mapping = load_mapping("boston-311-grouped")
    read = list(read_reports(path_of(folder, "reports-2015.csv"), mapping=mapping))
    rows = [row for row in read if isinstance(row, Report)]
    for bad in read:
        if isinstance(bad, Rejection):
            raise MalformedRowError(
                f"{bad.file}: row {bad.row}, {bad.field}: {bad.reason}; {bad.mend}, "
                "or import the file with `eutopia import`, which sets such rows aside"
            )
    placed = [i for i, r in enumerate(rows) if r.lon is not None]
    points = [Point(r.lon, r.lat) for r in rows if r.lon is not None and r.lat is not None]
    codes = district_of(points, [d.boundary for d in districts], [d.id for d in districts])
    # By the point, not by the city's own word for the neighbourhood, which has other borders.
    found = dict(zip(placed, codes, strict=True))
    return tuple(dataclasses.replace(r, district=found.get(i, "")) for i, r in enumerate(rows))


def _amount(project: dict[str, Any], source: str, *columns: str) -> Decimal:
    return sum(
        (
            Decimal(str(line[column] or 0))
            for line in project["expenditures_detail"]["data"]
            if line["source"] == source
            for column in columns
        ),
        Decimal(0),
    )


def _planned(project: dict[str, Any], source: str) -> Decimal:
    return _amount(project, source, "fy-0", "fy+1-4")


def _rules(projects: list[dict[str, Any]]) -> PortfolioRules:
    first = sum((_amount(p, "City Capital", "fy-0") for p in projects), Decimal(0))
    later = sum((_amount(p, "City Capital", "fy+1-4") for p in projects), Decimal(0))
    years = [first] + [later / (YEARS - 1)] * (YEARS - 1)
    money = [Money((y * SCENARIO_SHARE).quantize(Decimal(1)), "USD") for y in years]
    growth = sum((_upkeep(p) for p in projects), Decimal(0))
    return PortfolioRules(
        first_year=FIRST_YEAR,
        years=YEARS,
        funds=(
            Fund(
                "city_capital",
                Text.of(en="City capital budget", ru="Капитальный бюджет города"),
                tuple(money),
                carry_over=True,
            ),
        ),
        # The upkeep of 70 % of the growth planned, like the capital.
        upkeep_limit=(Money((growth * SCENARIO_SHARE).quantize(Decimal(1)), "USD"),) * YEARS,
        discount_rate=DISCOUNT,
    )


def _upkeep(project: dict[str, Any]) -> Decimal:
    share = UPKEEP_OF_GROWTH if project["operating_impact"] == "Yes" else Decimal(0)
    return share * (_planned(project, "City Capital") + _planned(project, "Grants/Other"))


def _candidates(projects: list[dict[str, Any]], districts: tuple[District, ...]) -> list[Candidate]:
    named = {d.name.to("en"): d for d in districts}
    whole = shapely.union_all([d.boundary for d in districts])
    unknown = GateDecision(
        outcome="needs_approval",
        rule_ids=(),
        approvals=(),
        conditions=(),
        heritage_ids=(),
        zone_ids=("boston-register-not-loaded",),
        unknown=("heritage_register",),
        edition="",
    )
    found = []
    for project in projects:
        city = _planned(project, "City Capital")
        grants = _planned(project, "Grants/Other")
        if city + grants <= 0:
            continue
        district, place = _place(project["location"], named, whole)
        yearly = ((city + grants) * ANNUITY).quantize(Decimal("0.01"))
        found.append(
            Candidate(
                id=f"capital-{project['section_id']}",
                measure=f"capital_{code_of(project['category'])}",
                title=Text.of(en=project["name"]),
                district=district,
                geometry=place,
                quantity=Decimal(1),
                unit="project",
                cost=Money(city + grants, "USD"),
                upkeep=Money(_upkeep(project), "USD"),
                life_years=PROJECT_LIFE,
                benefit=yearly,
                benefit_low=yearly * Decimal("0.5"),
                benefit_high=yearly * Decimal("1.5"),
                sides=(
                    ("residents", Decimal("0.6")),
                    ("business", Decimal("0.2")),
                    ("municipality", Decimal("0.2")),
                ),
                problem_ids=(),
                people_reached=0,
                gate=unknown,
                co_funding=(("grants", Money(grants, "USD")),) if grants else (),
                origin="capital_plan",
            )
        )
    return found


def _place(
    location: str, named: dict[str, District], whole: BaseGeometry
) -> tuple[str, BaseGeometry]:
    """The neighbourhood of a project; its representative point stands for the unknown site."""
    parts = [named[name] for name in PLACES.get(location, (location,)) if name in named]
    if not parts:
        return "", whole.representative_point()
    return parts[0].id, shapely.union_all([d.boundary for d in parts]).representative_point()
