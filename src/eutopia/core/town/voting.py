"""A participatory budget: projects at places, voters with tastes that lean to their district."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
from numpy.random import Generator

from eutopia.core.records.elections import Ballot, BallotProject, Election, VoterColumns
from eutopia.core.town.assembly import Built
from eutopia.core.town.site import FULL_SIZE
from eutopia.core.town.streets import INNER
from eutopia.core.town.territory import PLANE

VOTERS = 8_000
BUDGET_PER_RESIDENT = 185
LONGEST = 5
"""Approvals a ballot may hold."""

# Russian title, English title, category, least and greatest cost in roubles, popularity.
_IDEAS = (
    ("Детская площадка", "Playground", "play", 1_400_000, 2_900_000, 1.5),
    ("Освещение дорожки", "Path lighting", "lighting", 450_000, 1_300_000, 1.3),
    ("Посадка деревьев", "Tree planting", "greenery", 150_000, 600_000, 1.1),
    ("Велопарковки", "Bicycle stands", "mobility", 120_000, 350_000, 0.6),
    ("Спортивная площадка", "Sports ground", "sport", 1_800_000, 3_600_000, 1.2),
    ("Площадка для выгула собак", "Dog area", "animals", 500_000, 1_100_000, 0.7),
    ("Скамейки и урны", "Benches and bins", "furniture", 200_000, 700_000, 0.9),
    ("Безопасный переход", "Safe crossing", "safety", 350_000, 900_000, 1.4),
    ("Пандусы и съезды", "Ramps and dropped kerbs", "access", 250_000, 800_000, 0.9),
    ("Книжный дворик", "Book yard", "culture", 180_000, 500_000, 0.5),
    ("Ремонт тротуара", "Footway repair", "roads", 900_000, 2_400_000, 1.3),
    ("Спуск к воде", "Steps to the water", "embankment", 1_200_000, 3_200_000, 1.0),
    ("Сцена в парке", "Park stage", "culture", 700_000, 1_700_000, 0.8),
    ("Фонтанчик для питья", "Drinking fountain", "furniture", 220_000, 420_000, 0.6),
)
_LEANING = 2.2
_CLOSENESS = 3.4


def hold_election(
    built: Built, *, residents: int, year: int, rng: Generator
) -> tuple[Election, tuple[tuple[str, float, float], ...]]:
    """Put about forty projects to the vote of about an eighth of the residents."""
    people = _people(built)
    codes = [c for c, n in people.items() if n > 0]
    count = 40 if residents >= 20_000 else 18
    share = np.array([people[c] for c in codes], dtype=np.float64) ** 0.6
    where = rng.choice(len(codes), size=count, p=share / share.sum())
    ideas = np.concatenate([rng.permutation(len(_IDEAS)) for _ in range(4)])[:count]
    projects, places, pull = [], [], []
    for number, (d, i) in enumerate(zip(where.tolist(), ideas.tolist(), strict=True)):
        spot, label = _place(built, codes[d], rng)
        project = _project(number, int(i), codes[d], label, residents, rng)
        lon, lat = PLANE.degrees(*spot)
        projects.append(project)
        places.append((project.id, float(lon), float(lat)))
        pull.append(_IDEAS[int(i)][5] * float(rng.lognormal(0.0, 0.45)))
    voters = VOTERS * residents // FULL_SIZE
    home = _homes(voters, codes, people, rng)
    ballots, cast = _ballots(home, where, ideas, np.array(pull), rng)
    budget = Fraction(round(BUDGET_PER_RESIDENT * residents, -3))
    attributes = (
        ("country", "-"),
        ("unit", "Lukorechensk (training town)"),
        ("instance", str(year)),
        ("currency", "RUB"),
        ("min_length", "1"),
        ("max_length", str(LONGEST)),
    )
    election = Election(
        tuple(projects),
        ballots,
        budget,
        "approval",
        f"Training town {year}",
        attributes,
        VoterColumns(
            ("voter_id", "district"),
            (tuple(map(str, range(1, voters + 1))), tuple(codes[d] for d in home.tolist())),
            np.array(cast, dtype=np.int32),
        ),
    )
    return election, tuple(places)


def _people(built: Built) -> dict[str, int]:
    people = {q.id: 0 for q in built.site.quarters}
    for lot, n in zip(built.lots, built.stock.residents.tolist(), strict=True):
        people[built.layout.blocks[lot.block].district] += n
    return people


def _place(
    built: Built, district: str, rng: Generator
) -> tuple[tuple[float, float], tuple[str, str]]:
    """Choose a space of the district, else a street."""
    spaces = [i for i, s in enumerate(built.spaces) if s.district == district]
    streets = [s for s in built.streets if s.district == district and s.street_class not in INNER]
    if spaces and (rng.random() < 0.7 or not streets):
        point = built.spaces[
            spaces[int(rng.integers(0, len(spaces)))]
        ].boundary.representative_point()
    elif streets:
        point = streets[int(rng.integers(0, len(streets)))].line.interpolate(0.5, normalized=True)
    else:
        quarter = next(q for q in built.site.quarters if q.id == district)
        point = quarter.ground.representative_point()
    near = min(
        streets or [s for s in built.streets if s.street_class not in INNER],
        key=lambda s: (s.line.distance(point), s.id),
    )
    return (point.x, point.y), (near.name.to("ru"), near.name.to("en"))


def _project(
    number: int, idea: int, district: str, label: tuple[str, str], residents: int, rng: Generator
) -> BallotProject:
    ru, en, category, low, high, _ = _IDEAS[idea]
    size = max((residents / FULL_SIZE) ** 0.5, 0.3)
    cost = Fraction(round(float(rng.uniform(low, high)) * size, -3))
    return BallotProject(
        id=str(101 + number),
        cost=cost,
        name=f"{ru}: {label[0]}",
        categories=(category,),
        attributes=(("name_en", f"{en}: {label[1]}"), ("district", district)),
    )


def _homes(voters: int, codes: list[str], people: dict[str, int], rng: Generator) -> np.ndarray:
    """Choose the district of each voter, as many people live there and take part."""
    share = np.array([people[c] for c in codes], dtype=np.float64)
    share *= rng.uniform(0.6, 1.4, len(codes))
    return rng.choice(len(codes), size=voters, p=share / share.sum())


def _ballots(
    home: np.ndarray, where: np.ndarray, ideas: np.ndarray, pull: np.ndarray, rng: Generator
) -> tuple[tuple[Ballot, ...], list[int]]:
    """Let each voter approve one to five projects; like ballots are counted together.

    Returns the ballots and which of them each voter cast.
    """
    voters = len(home)
    categories = [_IDEAS[int(i)][2] for i in ideas]
    kinds = sorted(set(categories))
    column = np.array([kinds.index(c) for c in categories])
    taste = rng.gumbel(0.0, 1.0, (voters, len(kinds)))
    score = (
        np.log(pull)[None, :]
        + _LEANING * 0.5 * taste[:, column]
        + rng.gumbel(0.0, 0.8, (voters, len(pull)))
    )
    score += _CLOSENESS * (where[None, :] == home[:, None])
    length = rng.choice(np.arange(1, LONGEST + 1), size=voters, p=[0.08, 0.11, 0.2, 0.21, 0.4])
    best = np.argsort(-score, axis=1, kind="stable")[:, :LONGEST]
    said = [tuple(sorted(row[:n])) for row, n in zip(best.tolist(), length.tolist(), strict=True)]
    place = {key: i for i, key in enumerate(sorted(set(said)))}
    cast = [place[key] for key in said]
    counts = np.bincount(cast, minlength=len(place)).tolist()
    return tuple(Ballot(key, (), n) for key, n in zip(place, counts, strict=True)), cast
