"""What a place is called: in every language its name has, and never by a code."""

from __future__ import annotations

from shapely.geometry import Point, box

from eutopia.core.plan.places import Ground
from eutopia.core.records import Asset, Building, District, PublicSpace, Street, Territory, Text

HERE = Point(30.0, 50.0)
AREA = box(29.9, 49.9, 30.1, 50.1)
GROUND = Ground(
    Territory(
        id="t",
        name=Text.of(en="Town"),
        time_zone="UTC",
        currency="RUB",
        synthetic=True,
        districts=(District("d", Text.of(en="D"), AREA, 0),),
        streets=(
            Street("s1", Text.of(ru="Садовая улица", en="Garden Street"), AREA, "local", "d"),
        ),
        spaces=(PublicSpace("p0134", Text.of(ru="Сад", en="Garden"), "park", AREA, "d"),),
        buildings=(
            Building("b", Text.of(ru="Садовая, 3", en="3 Garden Street"), HERE, "d", "dwelling"),
        ),
    )
)


def test_a_thing_is_placed_by_its_street_then_by_its_space() -> None:
    """Both names, so that a Russian title has a Russian place."""
    on_street = Asset("a", "bench", HERE, "d", street="s1", space="p0134")
    in_park = Asset("b", "bench", HERE, "d", space="p0134")

    assert [GROUND.words_for(a).to("ru") for a in (on_street, in_park)] == ["Садовая улица", "Сад"]  # type: ignore[union-attr]
    assert GROUND.words_for(in_park).to("en") == "Garden"  # type: ignore[union-attr]


def test_a_thing_without_street_or_space_has_no_name() -> None:
    """A code is no name: the title is then the measure's alone."""
    assert GROUND.words_for(Asset("x17", "bench", HERE, "d")) is None


def test_what_reports_call_a_place_is_found_in_the_register() -> None:
    """An English title has the English address; words that nobody knows stay as they were told."""
    assert GROUND.said("Садовая, 3") == Text.of(ru="Садовая, 3", en="3 Garden Street")
    assert GROUND.said("Garden") == Text.of(ru="Сад", en="Garden")
    assert GROUND.said("by the pond") == Text((("", "by the pond"),))
    assert GROUND.said("") is None
