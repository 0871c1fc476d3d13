"""Quality norms: one shape for all laws, refused where it makes no sense."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from eutopia.core.norms import BUILT_IN, PackError, load_norms, pack_ids, read_pack
from eutopia.core.norms.conditions import choose, holds
from eutopia.core.records import Condition

SOURCE = "{act: Act, article: '1', url: here, verification: A}"
NORM = f"""\
service_norms:
  - path: hot_water.temperature
    service: hot_water
    parameters: [temperature]
    unit: "°C"
    description: {{en: "At the tap"}}
    bands: {{night: "00:00-05:00", day: "05:00-24:00"}}
    targets:
      tap: {{low: 60, high: 75, source: {SOURCE}}}
    tolerances:
      night: {{below: 5, when: {{time_of_day: night}}, source: {SOURCE}}}
    permitted:
      month: {{scope: period_total, hours: 8, source: {SOURCE}}}
    remedies:
      steps: {{kind: percent_per_step_hour, step: 3, percent: "0.1", when: {{measured: ">= 40"}},
              source: {SOURCE}}}
      cold: {{kind: tariff_substitution, tariff: cold_water, when: {{measured: "< 40"}},
             source: {SOURCE}}}
    source: {SOURCE}
"""


def write(root: Path, text: str) -> Path:
    folder = root / "one"
    folder.mkdir(exist_ok=True)
    manifest = "{id: one, title: {en: T}, edition: '1', jurisdiction: XX, licence: CC0-1.0}"
    (folder / "pack.yaml").write_text(manifest, encoding="utf-8")
    (folder / "service_norms.yaml").write_text(text, encoding="utf-8")
    return folder


def test_every_number_of_a_norm_has_a_path_of_its_own(tmp_path: Path) -> None:
    write(tmp_path, NORM)
    norms = load_norms(["one"], roots=(tmp_path,)).at(date(2026, 1, 1))
    (norm,) = norms.service_norms()
    assert norm.charge == "hot_water"
    assert norm.remedies[0].when == (Condition("measured", ">=", (Decimal(40),)),)
    assert norms.value("hot_water.temperature.permitted.month").value == 8
    assert norms.value("hot_water.temperature.remedies.steps").value == Decimal("0.1")
    assert norms.value("hot_water.temperature.targets.tap").value == (
        ("low", Decimal(60)),
        ("high", Decimal(75)),
    )
    assert norms.value("hot_water.temperature.tolerances.night").unit == "°C"


BAD = [
    ('"00:00-05:00"', '"00:00-04:00"', "the bands do not cover the day once"),
    ('"00:00-05:00"', '"morning"', "is not a span of hours"),
    ("time_of_day: night", "time_of_day: dusk", "asks for the time of day 'dusk'"),
    ("low: 60, high: 75", "low: 75, high: 60", "high 60 is below low 75"),
    ("low: 60, high: 75, ", "", "neither 'low' nor 'high'"),
    ("below: 5", "below: -5", "a tolerance is negative"),
    ("hours: 8", "hours: -8", "write 0 or more"),
    ("hours: 8, ", "", "give 'hours', or 'refers_to' an act"),
    ("scope: period_total", "scope: monthly", "choose one of: single, period_total"),
    ("kind: percent_per_step_hour", "kind: percent_per_step", "choose one of: percent_per_hours"),
    ("step: 3, ", "", "'step' is missing; percent_per_step_hour needs it"),
    ("step: 3", "step: 0", "write a positive number"),
    ('percent: "0.1"', "percent: 0.1", "0.1 is a float; quote it"),
    ('">= 40"', '">= warm"', "'warm' is no number to compare with"),
    ("tariff: cold_water, ", "", "'tariff' is missing"),
    ("      steps: {", "      Steps!: {", "'Steps!' is not a name"),
    ("    remedies:\n", "    remedy:\n", "unknown key 'remedy'; did you mean 'remedies'"),
]


@pytest.mark.parametrize(("old", "new", "said"), BAD)
def test_a_norm_that_makes_no_sense_is_refused(
    tmp_path: Path, old: str, new: str, said: str
) -> None:
    assert old in NORM
    with pytest.raises(PackError, match=said):
        read_pack(write(tmp_path, NORM.replace(old, new, 1)))


def test_the_most_particular_part_counts() -> None:
    norm = next(
        norm
        for norm in load_norms(["ru-354"]).at(date(2026, 1, 1)).service_norms()
        if norm.path == "heating.continuity"
    )
    singles = [row for row in norm.permitted if row.scope == "single"]
    found = {
        indoor: choose(singles, {"indoor_C": Decimal(indoor)}) for indoor in ("13", "12", "9", "7")
    }
    hours = {indoor: None if row is None else row.hours for indoor, row in found.items()}
    assert hours == {"13": 16, "12": 16, "9": 4, "7": None}


def test_conditions_compare_numbers_with_numbers_only() -> None:
    asked = (Condition("sources", ">=", (Decimal(2),)),)
    assert holds(asked, {"sources": Decimal(2)})
    assert not holds(asked, {"sources": "many"})
    assert not holds(asked, {})
    assert holds((Condition("place", "!=", ("road",)),), {"place": "yard"})


def test_built_in_packs_name_a_source_for_everything_and_speak_both_languages() -> None:
    for pack_id in pack_ids():
        pack = read_pack(BUILT_IN / pack_id)
        assert {"en", "ru"} <= set(pack.edition.title.languages), pack_id
        assert {"en", "ru"} <= set(pack.edition.description.languages), pack_id
        for row in pack.rows:
            source = row.record.source
            assert source.act, row.origin
            assert source.url, row.origin
            assert source.verification in "ABC", row.origin
            words = getattr(row.record, "title", None) or getattr(row.record, "description", None)
            if words is not None:
                assert {"en", "ru"} <= set(words.languages), row.origin


def test_all_seventeen_items_of_the_russian_appendix_are_there() -> None:
    articles = {
        norm.source.article.removeprefix("Приложение № 1, п. ")
        for norm in load_norms(["ru-354"]).at(date(2026, 1, 1)).service_norms()
    }
    assert articles == {str(item) for item in range(1, 18)}


SHIPPED = {
    # How many norms on a day, and how many of their values nobody has checked (grade C).
    ("ru-354", date(2026, 1, 1)): (17, 22),
    ("gb-electricity", date(2026, 1, 1)): (3, 0),
    ("gb-water", date(2026, 1, 1)): (6, 3),
    ("de-rent", date(2026, 1, 1)): (2, 0),
    ("ua-630", date(2020, 1, 1)): (2, 0),
    ("ua-630", date(2026, 1, 1)): (2, 0),
}


@pytest.mark.parametrize(("pack", "day"), SHIPPED)
def test_what_ships_is_whole_and_graded(pack: str, day: date) -> None:
    """No norm and no grade is lost: each value tells its act and its edition or its source."""
    norms = load_norms([pack]).at(day)
    found = norms.service_norms()
    sources = [norm.source for norm in found]
    for norm in found:
        sources += [part.source for part in (*norm.targets, *norm.tolerances)]
        sources += [part.source for part in (*norm.permitted, *norm.remedies)]
    assert all(one.act and one.url for one in sources)
    assert (len(found), sum(one.verification == "C" for one in sources)) == SHIPPED[pack, day]


def test_the_items_of_the_russian_appendix_are_all_there() -> None:
    """Items 1 to 17 of Appendix 1, each once."""
    norms = load_norms(["ru-354"]).at(date(2026, 1, 1)).service_norms()
    assert sorted(int(norm.source.article.split("п. ")[1]) for norm in norms) == [*range(1, 18)]
