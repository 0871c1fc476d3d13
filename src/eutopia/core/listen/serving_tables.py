"""Who serves which houses, whose crews go out, what is metered: each row used or named."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TypeVar

from eutopia.core.listen.cells import Cells
from eutopia.core.listen.rejections import CellFault, Rejection, Said
from eutopia.core.listen.row_files import Row
from eutopia.core.records import Connection, Crew, Meter, Organisation, Text

PROVIDER_COLUMNS = ("provider", "name_ru", "name_en", "kind", "services", "phone")
CONNECTION_COLUMNS = (
    "buildings", "service", "provider", "supplier", "asset", "boundary", "since", "until",
)  # fmt: skip
CREW_COLUMNS = ("crew", "name_ru", "name_en", "organisation", "services")
METER_COLUMNS = ("meter", "service", "parameter", "organisation", "buildings")
MEASURED = ("temperature", "pressure", "voltage")
KINDS = (
    "resource_supplier", "housing_manager", "municipal_service", "contractor", "business",
)  # fmt: skip
BOUNDARIES = ("outer_wall", "building_meter", "dwelling", "site")
ALL = "*"

Numbered = Iterable[tuple[int, Row]]
_T = TypeVar("_T")


def read_providers(
    rows: Numbered, *, file: str
) -> tuple[tuple[Organisation, ...], tuple[Rejection, ...]]:
    """Which providers does a table hold, which rows can't be used and why?

    Parameters
    ----------
    rows
        Numbers and cells; columns are `PROVIDER_COLUMNS`: a code and a name in one language at
        least; `kind` empty means resource_supplier.
    file
        Name to be shown in rejections.

    Notes
    -----
    Of rows with one code that differ all but the first are set aside.
    """
    return _once(rows, _provider, key=lambda one: one.id, field="provider", file=file)


def read_crews(
    rows: Numbered, *, file: str, organisations: frozenset[str]
) -> tuple[tuple[Crew, ...], tuple[Rejection, ...]]:
    """Which crews does a table hold, which rows can't be used and why?

    Parameters
    ----------
    rows
        Numbers and cells; columns are `CREW_COLUMNS`; `services` are codes with spaces between.
    file
        Name to be shown in rejections.
    organisations
        Codes that are known.
    """

    def crew(row: Row) -> Crew:
        cells = Cells.of(row, CREW_COLUMNS)
        whose = _known(cells, "organisation", organisations)
        return Crew(cells.code("crew"), _name(cells), whose, cells.services())

    return _once(rows, crew, key=lambda one: one.id, field="crew", file=file)


def read_meters(
    rows: Numbered,
    *,
    file: str,
    buildings: frozenset[str],
    organisations: frozenset[str],
    others: frozenset[str] = frozenset(),
) -> tuple[tuple[Meter, ...], tuple[Rejection, ...]]:
    """Which meters does a table hold, which rows can't be used and why?

    Parameters
    ----------
    rows
        Numbers and cells; columns are `METER_COLUMNS`; buildings are codes with spaces between.
    file
        Name to be shown in rejections.
    buildings
        Codes of the register.
    organisations
        Codes of those whose meters the sender may register.
    others
        Codes of meters that are somebody else's: nobody takes them over.
    """

    def meter(row: Row) -> Meter:
        cells = Cells.of(row, METER_COLUMNS)
        whose = cells.code("organisation")
        if whose not in organisations:
            raise CellFault(
                "organisation", whose, Said("no such organisation here, or it is not yours"),
                Said("register meters of your own organisation"),
            )  # fmt: skip
        code = cells.code("meter")
        if code in others:
            raise CellFault(
                "meter", code, Said("it is somebody else's meter"), Said("give yours another code")
            )
        return Meter(
            code,
            cells.service(),
            cells.one_of("parameter", MEASURED, required=True),
            whose,
            cells.codes("buildings", buildings),
        )

    return _once(rows, meter, key=lambda one: one.id, field="meter", file=file)


def read_connections(
    rows: Numbered, *, file: str, buildings: Iterable[str], organisations: frozenset[str]
) -> tuple[tuple[Connection, ...], tuple[Rejection, ...]]:
    """Who serves which houses with what, which rows can't be used and why?

    Parameters
    ----------
    rows
        Numbers and cells; columns are `CONNECTION_COLUMNS`; `buildings` are codes with spaces
        between, or `*` for all houses of the register; `supplier` empty is the provider itself.
    file
        Name to be shown in rejections.
    buildings, organisations
        Codes that are known.

    Returns
    -------
    tuple
        A connection a building; rejections. A row is used as a whole or not at all.

    Notes
    -----
    A house that stands twice for one service and provider, otherwise, has the later row set aside.
    Two providers of one house are kept: the register names them. O(connections).

    Examples
    --------
    >>> row = {"buildings": "*", "service": "gas", "provider": "north"}
    >>> found, _ = read_connections([(2, row)], file="c.csv", buildings=["u1", "u2"],
    ...                             organisations=frozenset({"north"}))
    >>> [(one.building, one.supplier) for one in found]
    [('u1', 'north'), ('u2', 'north')]
    """
    everywhere = tuple(buildings)
    known = frozenset(everywhere)
    found: dict[tuple[str, str, str], Connection] = {}
    rejected = []
    for number, row in rows:
        try:
            told = _connections(row, everywhere, known, organisations)
            twice = [b for b in told if found.get(_key(told[b]), told[b]) != told[b]]
            if twice:
                raise CellFault(
                    "buildings",
                    " ".join(twice[:5]),
                    Said("served by this provider twice, otherwise"),
                    Said("keep one row a house, service and provider"),
                )
        except CellFault as fault:
            rejected.append(fault.at(file, number))
        else:
            found |= {_key(one): one for one in told.values()}
    return tuple(found.values()), tuple(rejected)


def _key(one: Connection) -> tuple[str, str, str]:
    return one.building, one.service, one.provider


def _connections(
    row: Row, everywhere: tuple[str, ...], known: frozenset[str], organisations: frozenset[str]
) -> dict[str, Connection]:
    cells = Cells.of(row, CONNECTION_COLUMNS)
    all_of_them = cells.words("buildings") == ALL
    codes = everywhere if all_of_them else cells.codes("buildings", known)
    service, provider = cells.service(), _known(cells, "provider", organisations)
    supplier = provider
    if cells.words("supplier"):
        supplier = _known(cells, "supplier", organisations)
    boundary = cells.one_of("boundary", BOUNDARIES)
    since, until = cells.day("since"), cells.day("until")
    if since is not None and until is not None and until < since:
        raise CellFault(
            "until", until, Said("it ends before it starts (%(since)s)", since=since),
            Said("mend one of the two"),
        )  # fmt: skip
    asset = cells.code("asset", required=False) or None
    return {
        code: Connection(code, service, provider, supplier, asset, boundary, since, until)
        for code in codes
    }


def _provider(row: Row) -> Organisation:
    cells = Cells.of(row, PROVIDER_COLUMNS)
    kind = cells.one_of("kind", KINDS) or KINDS[0]
    phone = cells.words("phone")
    if len(phone) > 48 or (phone and not any(c.isdigit() for c in phone)):
        raise CellFault(
            "phone", phone, Said("not a telephone number"), Said("give it as it is dialled")
        )
    return Organisation(
        id=cells.code("provider"),
        name=_name(cells),
        kind=kind,
        services=cells.services(),
        phone=phone,
    )


def _name(cells: Cells) -> Text:
    forms = {code: cells.words(f"name_{code}") for code in ("ru", "en")}
    told = {code: words for code, words in forms.items() if words}
    if not told:
        raise CellFault("name_ru", "", Said("no name"), Said("give name_ru, name_en or both"))
    return Text(tuple(told.items()))


def _known(cells: Cells, field: str, organisations: frozenset[str]) -> str:
    code = cells.code(field)
    if code not in organisations:
        raise CellFault(
            field, code, Said("no such organisation here"), Said("import it as a provider first")
        )
    return code


def _once(
    rows: Numbered, made: Callable[[Row], _T], *, key: Callable[[_T], str], field: str, file: str
) -> tuple[tuple[_T, ...], tuple[Rejection, ...]]:
    found: dict[str, _T] = {}
    rejected = []
    for number, row in rows:
        try:
            one = made(row)
            if found.get(key(one), one) != one:
                raise CellFault(
                    field, key(one), Said("it stands twice, otherwise"), Said("keep one row")
                )
        except CellFault as fault:
            rejected.append(fault.at(file, number))
        else:
            found[key(one)] = one
    return tuple(found.values()), tuple(rejected)
