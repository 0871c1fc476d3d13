"""Reading reports from files: every format, every way a row can be wrong."""

from __future__ import annotations

import csv
import gzip
import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from eutopia.core.listen.intake import (
    MappingError,
    ReportMapping,
    _clock,
    load_mapping,
    read_reports,
)
from eutopia.core.listen.rejections import Rejection, write_rejections
from eutopia.core.listen.row_files import UnreadableFileError
from eutopia.core.records import Report, Text

MAPPING = ReportMapping(
    id="m",
    title=Text.of(en="M"),
    source="s",
    time_zone="Europe/Berlin",
    columns=(
        ("id", ("id",)),
        ("opened", ("opened",)),
        ("closed", ("closed",)),
        ("problem_type", ("kind",)),
        ("lon", ("x", "geometry.lon")),
        ("lat", ("y", "geometry.lat")),
        ("text", ("text",)),
    ),
    types=(("Яма", "pothole"),),
    bounds=(5.0, 45.0, 15.0, 55.0),
)
GOOD = {"id": "1", "opened": "2026-01-05T10:00", "closed": "", "kind": "Яма", "x": "10.5",
        "y": "50.1", "text": "=яма"}  # fmt: skip


def written(folder: Path, rows: list[dict[str, str]], name: str = "r.csv") -> Path:
    path = folder / name
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, fieldnames=list(GOOD))
        writer.writeheader()
        writer.writerows(rows)
    return path


def read(path: Path, mapping: ReportMapping = MAPPING) -> list[Report | Rejection]:
    return list(read_reports(path, mapping=mapping))


def test_every_format_gives_the_same_report(tmp_path: Path) -> None:
    """CSV, gzipped CSV, JSON, JSON lines, GeoJSON and Parquet agree to the last field."""
    import duckdb

    plain = written(tmp_path, [GOOD])
    packed = tmp_path / "r.csv.gz"
    packed.write_bytes(gzip.compress(plain.read_bytes()))
    (tmp_path / "r.json").write_text(json.dumps([GOOD]), "utf-8")
    (tmp_path / "r.jsonl").write_text(json.dumps(GOOD) + "\n\n", "utf-8")
    properties = {k: v for k, v in GOOD.items() if k not in "xy"}
    point = {"type": "Point", "coordinates": [10.5, 50.1]}
    feature = {"type": "Feature", "geometry": point, "properties": properties}
    (tmp_path / "r.geojson").write_text(
        json.dumps({"type": "FeatureCollection", "features": [feature]}), "utf-8"
    )
    parquet = tmp_path / "r.parquet"
    duckdb.sql(f"COPY (SELECT * FROM read_csv('{plain}', all_varchar=true)) TO '{parquet}'")

    names = ("r.csv", "r.csv.gz", "r.json", "r.jsonl", "r.geojson", "r.parquet")
    read_back = {name: read(tmp_path / name) for name in names}

    expected = Report(
        id="1",
        # Berlin is an hour ahead of UTC in January.
        opened=datetime(2026, 1, 5, 9, tzinfo=UTC),
        problem_type="pothole",
        lon=10.5,
        lat=50.1,
        text="=яма",
        source="s",
    )
    assert read_back == {name: [expected] for name in names}


@pytest.mark.parametrize(
    ("change", "field", "word"),
    [
        ({"id": ""}, "id", "no id"),
        ({"opened": ""}, "opened", "no time"),
        ({"opened": "yesterday"}, "opened", "not a time"),
        ({"opened": "05.01.2026 10:00"}, "opened", "not a time"),
        ({"kind": ""}, "problem_type", "no kind"),
        ({"closed": "2026-01-05T09:00"}, "closed", "closed before"),
        ({"x": "ten"}, "lon", "not a number"),
        ({"x": "4478123", "y": "5400123"}, "lon, lat", "not degrees"),
    ],
)
def test_a_wrong_field_is_named_with_row_reason_and_mend(
    tmp_path: Path, change: dict[str, str], field: str, word: str
) -> None:
    """The row is set aside, the next one is read."""
    first, second = read(written(tmp_path, [GOOD | change, GOOD | {"id": "2"}]))

    assert isinstance(first, Rejection)
    assert (first.file, first.row, first.field) == ("r.csv", 2, field)
    assert word in first.reason
    assert first.mend
    assert isinstance(second, Report)
    assert second.id == "2"


@given(
    st.datetimes(datetime(1000, 1, 1)),  # noqa: DTZ001 - strptime knows years of four digits
    st.sampled_from(
        ["%m/%d/%Y %I:%M:%S %p", "%Y-%m-%d %H:%M:%S", "%d.%m.%Y", "%d.%m.%Y %I:%M", "%m/%d/%y"]
    ),
    st.lists(st.tuples(st.integers(0, 25), st.sampled_from("019 :/PMa")), max_size=2),
)
def test_times_are_read_as_strptime_reads_them(
    moment: datetime, pattern: str, slips: list[tuple[int, str]]
) -> None:
    """Those with a slip of the pen as well: read alike, or refused alike."""
    value = moment.strftime(pattern)
    for place, sign in slips:
        value = value[:place] + sign + value[place + 1 :]
    read = _clock(pattern)
    try:
        expected = datetime.strptime(value, pattern)  # noqa: DTZ007 - no zone is meant
    except ValueError:
        with pytest.raises(ValueError, match=r"."):
            read(value)
    else:
        assert read(value) == expected


@pytest.mark.parametrize(
    ("x", "y"), [("", ""), ("10.5", ""), ("0", "0"), ("20.0", "50.0"), ("10.5", "60")]
)
def test_a_missing_or_impossible_place_is_no_place(tmp_path: Path, x: str, y: str) -> None:
    """The report counts, its place does not."""
    (report,) = read(written(tmp_path, [GOOD | {"x": x, "y": y}]))

    assert isinstance(report, Report)
    assert (report.lon, report.lat) == (None, None)


def test_closing_stamped_seconds_before_opening_is_a_closing_at_opening(tmp_path: Path) -> None:
    """Boston's field crews open and close in one go: 197 cases of 2015 are up to 58 s early."""
    (report,) = read(written(tmp_path, [GOOD | {"closed": "2026-01-05T09:59:10"}]))

    assert isinstance(report, Report)
    assert report.closed == report.opened


def test_a_repeated_id_is_set_aside_with_the_row_it_stands_in(tmp_path: Path) -> None:
    """Idempotence needs one row an id."""
    first, second = read(written(tmp_path, [GOOD, GOOD]))

    assert isinstance(first, Report)
    assert isinstance(second, Rejection)
    assert "row 2" in second.reason


def test_the_repeated_hour_of_autumn_is_read_as_the_first(tmp_path: Path) -> None:
    """02:30 on 25 October 2026 happens twice in Berlin; the first is UTC+2."""
    (report,) = read(written(tmp_path, [GOOD | {"opened": "2026-10-25T02:30"}]))

    assert isinstance(report, Report)
    assert report.opened == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)


def test_a_file_that_breaks_off_is_refused_whole(tmp_path: Path) -> None:
    """Half a file is no file: the reader raises, so a transaction around it rolls back."""
    whole = gzip.compress(written(tmp_path, [GOOD] * 1).read_bytes())
    (tmp_path / "half.csv.gz").write_bytes(whole[: len(whole) // 2])
    (tmp_path / "half.json").write_text('[{"id": "1", "ope', "utf-8")

    with pytest.raises(UnreadableFileError, match=r"half\.csv\.gz: the gzip file is cut off"):
        read(tmp_path / "half.csv.gz")
    with pytest.raises(UnreadableFileError, match=r"half\.json: not JSON from here"):
        read(tmp_path / "half.json")


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("empty.csv", b"", "no header"),
        ("latin.csv", "id,opened,kind\n1,2026-01-01,Jäger\n".encode("latin-1"), "not UTF-8"),
        ("twice.csv", b"id,id\n1,2\n", "stands twice"),
        ("what.xyz", b"", "can't be told"),
        ("not.parquet", b"nonsense", "not readable as Parquet"),
    ],
)
def test_a_file_of_the_wrong_kind_says_so(
    tmp_path: Path, name: str, content: bytes, message: str
) -> None:
    """No traceback of a library reaches the user."""
    (tmp_path / name).write_bytes(content)

    with pytest.raises(UnreadableFileError, match=message):
        read(tmp_path / name)


def test_a_file_without_the_mapped_column_names_those_it_has(tmp_path: Path) -> None:
    """The usual mistake with a new source."""
    (tmp_path / "r.csv").write_text("number,when\n1,2\n", "utf-8")

    with pytest.raises(MappingError, match=r"no column id .*number, when"):
        read(tmp_path / "r.csv")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"colums": {}}, "unknown key 'colums'"),
        ({"columns": {"id": "a", "opened": "b"}}, "'problem_type' is missing"),
        ({"columns": {"identity": "a"}}, "'identity' is no field"),
        ({"time_zone": "Mars/Olympus"}, "no IANA name"),
        ({"format": "xlsx"}, "is none of"),
    ],
)
def test_a_wrong_mapping_is_refused(
    tmp_path: Path, change: dict[str, object], message: str
) -> None:
    """Unknown keys are errors, as in every pack."""
    sound = {"id": "m", "title": {"en": "M"}, "source": "s", "time_zone": "Europe/Berlin",
             "columns": {"id": "a", "opened": "b", "problem_type": "c"}}  # fmt: skip
    path = tmp_path / "m.yaml"
    path.write_text(yaml.safe_dump(sound | change), "utf-8")

    with pytest.raises(MappingError, match=message):
        load_mapping(path)


def test_rejections_are_safe_to_open_in_a_spreadsheet(tmp_path: Path) -> None:
    """A cell that starts like a formula is made inert; the file is whole or absent."""
    out = tmp_path / "rejects.csv"

    assert write_rejections([Rejection("f", 2, "id", "=1+1", "r", "m")], out) == 1
    assert out.read_text("utf-8").splitlines()[1] == "f,2,id,'=1+1,r,m"
    assert write_rejections([], tmp_path / "none.csv") == 0
    assert sorted(p.name for p in tmp_path.iterdir()) == ["rejects.csv"]


@given(st.lists(st.dictionaries(st.sampled_from(list(GOOD)), st.text(max_size=12)), max_size=8))
def test_every_row_comes_out_once_whatever_it_holds(rows: list[dict[str, str]]) -> None:
    """Nothing is dropped in silence: as many results as rows."""
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "r.jsonl"
        path.write_text("\n".join(json.dumps(GOOD | row) for row in rows), "utf-8")
        assert len(read(path)) == len(rows)


@pytest.mark.real
def test_boston_2015_reads_whole(boston_2015: tuple[Report | Rejection, ...]) -> None:
    """111,229 rows, none set aside; the two most used points are kept, odd ones are no place."""
    reports = [r for r in boston_2015 if isinstance(r, Report)]
    assert len(boston_2015) == len(reports) == 111_229
    assert len({r.problem_type for r in reports}) == 149
    assert sum(r.closed is None for r in reports) == 17_090
