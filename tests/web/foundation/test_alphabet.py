"""The database and Python put Russian and English names into the same, right order."""

from __future__ import annotations

import pytest

from eutopia.web.foundation.access import OPERATOR
from eutopia.web.foundation.alphabet import alphabet_key, alphabetical
from eutopia.web.foundation.models import Account
from eutopia.web.foundation.services import open_account

IN_ORDER = ["Alder", "beech", "ель", "Ёж", "ёлка", "Жук", "яма"]


@pytest.mark.django_db
def test_names_are_in_the_order_of_the_alphabet():
    for number, name in enumerate(reversed(IN_ORDER)):
        open_account(OPERATOR, login=f"a{number}", name=name)
    accounts = Account.objects.order_by(alphabetical("name"))
    assert list(accounts.values_list("name", flat=True)) == IN_ORDER
    assert sorted({*IN_ORDER}, key=alphabet_key) == IN_ORDER
