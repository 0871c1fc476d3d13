"""All real files open in the app, and the official outcomes come out there."""

from __future__ import annotations

from pathlib import Path

import pytest

from eutopia.web.dialogue import models, selectors
from eutopia.web.dialogue.services import count_ballot, election_file, import_election
from eutopia.web.foundation.access import OPERATOR
from eutopia.web.territory.models import Territory
from eutopia.web.territory.services import load_territory
from tests.web.dialogue.rounds import STAFF
from tests.web.towns import hamlet

pytestmark = [pytest.mark.django_db, pytest.mark.slow, pytest.mark.real]


@pytest.fixture
def territory() -> Territory:
    return load_territory(OPERATOR, hamlet())[0]


def test_every_file_opens_and_comes_out_as_it_went_in(
    territory: Territory, real_data: Path
) -> None:
    files = sorted((real_data / "pabulib").glob("*.pb"))
    assert len(files) == 55
    for turn, path in enumerate(files):
        text = path.read_text("utf-8-sig")
        row = import_election(STAFF, territory, text, code=f"v{turn}", name=path.name)
        assert row.voters > 0
        assert election_file(territory.pk, row.code) == text
        assert selectors.election(territory.pk, row.code) is not None


@pytest.mark.parametrize(
    ("name", "rule"),
    [
        ("Poland_Swiecie_2023.pb", "equal_shares_add1"),
        ("Poland_Wieliczka_2023_Green_Budget.pb", "equal_shares_compared"),
    ],
)
def test_official_outcomes_come_out(
    territory: Territory, real_data: Path, name: str, rule: str
) -> None:
    text = (real_data / "pabulib" / name).read_text("utf-8-sig")
    row = import_election(STAFF, territory, text, code="official", name=name)
    count_ballot(STAFF, row.pk, rule=rule)
    view = selectors.election(territory.pk, "official")
    assert view is not None
    assert {p.code for p in view.projects if rule in p.chosen_by} == {
        p.code for p in view.projects if p.official
    }
    assert view.tallies[0].reasons
    assert models.Tally.objects.get().fairness["rows"]
