"""Which building does somebody mean?"""

from __future__ import annotations

from django.core.cache import cache

from eutopia.core.listen.addresses import AddressBook
from eutopia.web.territory.models import Building

_KEPT_S = 600


def find_houses(territory_id: int, words: str, *, limit: int = 12) -> tuple[str, ...]:
    """Which buildings (codes) may be meant by an address, the likeliest first?

    Parameters
    ----------
    words
        In either alphabet, with slips; see `AddressBook.find`.

    Notes
    -----
    The address book is made anew every ten minutes.
    """
    if not words.strip():
        return ()
    key = f"address-book-{territory_id}"
    book = cache.get(key)
    if book is None:
        rows = Building.objects.filter(territory_id=territory_id).order_by("code")
        book = AddressBook.of(
            (code, tuple(wording for _language, wording in address))
            for code, address in rows.values_list("code", "address")
        )
        cache.set(key, book, _KEPT_S)
    found: tuple[str, ...] = book.find(words, limit=limit)
    return found
