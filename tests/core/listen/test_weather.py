"""Daily weather from a file: read whole or refused whole, by file, row, field and mend."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from eutopia.core.listen.row_files import UnreadableFileError
from eutopia.core.listen.weather import read_weather
from eutopia.core.records import WeatherDay


def written(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "weather.csv"
    path.write_text(text, encoding="utf-8")
    return path


def test_our_own_names(tmp_path: Path) -> None:
    """One temperature stands for both; an empty field was not measured; days come in order."""
    path = written(
        tmp_path, 'date,temperature,precipitation\n2026-01-02,-3.5,\n2026-01-01,"-7,5",12\n'
    )
    days, passed_over = read_weather(path)
    assert days == (
        WeatherDay(date(2026, 1, 1), -7.5, -7.5, 12.0),
        WeatherDay(date(2026, 1, 2), -3.5, -3.5, None),
    )
    assert passed_over == ()


def test_a_services_names(tmp_path: Path) -> None:
    path = written(
        tmp_path, "date,tavg,tmin,tmax,prcp,snow,wpgt\n2026-01-01 00:00:00,1,-2,4,0.4,10,17.5\n"
    )
    days, passed_over = read_weather(path)
    assert days == (WeatherDay(date(2026, 1, 1), -2.0, 4.0, 0.4, 17.5),)
    assert passed_over == ("snow",)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("date,snow\n2026-01-01,1\n", "one at least of temperature"),
        ("when,temperature\n2026-01-01,1\n", "a column date"),
        ("date,temperature\n1.1.2026,1\n", "row 2, date: '1.1.2026' is no date"),
        ("date,temperature\n2026-01-01,1\n2026-01-02,warm\n", "row 3, temperature: 'warm'"),
        ("date,low,high\n2026-01-01,5,1\n", "lower than the lowest"),
        ("date,precipitation\n2026-01-01,-1\n", "millimetres of water a day, 0 to 2000"),
        ("date,temperature\n2026-01-01,1\n2026-01-01,2\n", "given twice"),
        ("date,temperature\n", "no row"),
    ],
)
def test_what_is_refused_says_where_and_what_to_do(tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(UnreadableFileError, match=words) as refused:
        read_weather(written(tmp_path, text))
    assert "weather.csv" in str(refused.value)
