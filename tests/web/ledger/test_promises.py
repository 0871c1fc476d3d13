"""Promises are kept in a book that nobody can rewrite."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from django.db import DatabaseError, transaction

from eutopia.core.records import Money, Text
from eutopia.web.foundation.access import OPERATOR, RESIDENT, AccessDenied
from eutopia.web.ledger import selectors
from eutopia.web.ledger.digests import digest, table_digest, to_plain
from eutopia.web.ledger.models import Promise, PromiseEvent
from eutopia.web.ledger.services import (
    Computation,
    PromiseDraft,
    compute,
    find_run,
    make_promises,
    record_promise_state,
    record_run,
)
from eutopia.web.loop.services import operator_for
from eutopia.web.territory.models import Street, Territory
from eutopia.web.territory.services import load_territory
from tests.web.towns import hamlet

pytestmark = pytest.mark.django_db

ACTOR = operator_for("hamlet")
DRAFT = PromiseDraft(
    code="work:a:2027",
    kind="work",
    subject_kind="candidate",
    subject_id=1,
    title=[["en", "Lamps"], ["ru", "Фонари"]],
    made=date(2026, 6, 30),
    due=date(2027, 12, 31),
    amount=Decimal("100.00"),
)


@pytest.fixture
def territory() -> Territory:
    return load_territory(OPERATOR, hamlet())[0]


def test_promising_twice_promises_once(territory: Territory) -> None:
    """A promise is known by its code for ever."""
    assert make_promises(ACTOR, territory, [DRAFT]) == 1
    assert make_promises(ACTOR, territory, [DRAFT]) == 0
    assert selectors.promises(territory.pk).total == 1


def test_a_stranger_promises_nothing(territory: Territory) -> None:
    """Refused, and no promise is there."""
    with pytest.raises(AccessDenied):
        make_promises(RESIDENT, territory, [DRAFT])
    assert not Promise.objects.exists()


def test_what_becomes_of_a_promise(territory: Territory) -> None:
    """Kept takes evidence; broken may still be kept late; after that nothing more."""
    make_promises(ACTOR, territory, [DRAFT])
    promise = Promise.objects.get()
    day = date(2028, 3, 1)
    with pytest.raises(ValueError, match="evidence"):
        record_promise_state(ACTOR, promise, state="kept", on=day, evidence={})
    record_promise_state(ACTOR, promise, state="broken", on=date(2027, 12, 31), evidence={})
    assert selectors.promise_figures(territory.pk).broken == 1
    again = record_promise_state(ACTOR, promise, state="broken", on=day, evidence={})
    assert again is None
    record_promise_state(ACTOR, promise, state="late", on=day, evidence={"work": "w1"})
    with pytest.raises(ValueError, match="nothing more"):
        record_promise_state(ACTOR, promise, state="kept", on=day, evidence={"work": "w1"})
    (view,) = selectors.promises(territory.pk, state="late").items
    assert [state for state, _ in view.history] == ["made", "broken", "late"]
    assert view.evidence == (("work", "w1"),)


@pytest.mark.parametrize("model", [Promise, PromiseEvent])
def test_nobody_rewrites_the_book(territory: Territory, model: type[Promise]) -> None:
    """The database itself refuses to change or delete a row."""
    make_promises(ACTOR, territory, [DRAFT])
    field = "due" if model is Promise else "on"
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        model.objects.update(**{field: date(2030, 1, 1)})
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        model.objects.all().delete()
    assert model.objects.count() == 1


def test_a_run_is_found_by_its_input(territory: Territory) -> None:
    """The same computation is found again; another input, parameter or day is another one."""
    asked = Computation(
        territory.pk, "a:b", {"rate": Decimal("0.04")}, (), digest("x"), date(2026, 6, 30)
    )
    assert find_run(asked) is None
    run = record_run(compute(asked, lambda: (1, 2)))
    assert find_run(asked) == run
    other = Computation(
        territory.pk, "a:b", {"rate": Decimal("0.05")}, (), digest("x"), date(2026, 6, 30)
    )
    assert find_run(other) is None
    view = selectors.run(run.pk)
    assert view is not None
    assert view.parameters == (("rate", "0.04"),)
    assert view.output_digest == digest((1, 2))


def test_digests_tell_values_apart(territory: Territory) -> None:
    """Equal records have equal digests, others do not; a table's digest follows its rows."""
    money, other = Money(Decimal("1.0"), "RUB"), Money(Decimal("1.00"), "RUB")
    assert digest(money) == digest(Money(Decimal("1.0"), "RUB")) != digest(other)
    assert to_plain(Text.of(en="a")) == {"forms": [["en", "a"]]}
    before = table_digest(Street, territory.pk, order=("code",))
    assert before == table_digest(Street, territory.pk, order=("code",))
    Street.objects.update(street_class="arterial")
    assert before != table_digest(Street, territory.pk, order=("code",))
