"""The how-to page's own example works, and its fault reads as the page says."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

import pytest

from eutopia.core.norms import PackError, load_norms

PAGE = Path(__file__).resolve().parents[3] / "docs" / "howto" / "write-a-pack.md"


def test_the_example_of_the_page_is_a_pack(tmp_path: Path) -> None:
    blocks = re.findall(
        r"```yaml\n\s*# my-packs/(\S+)\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL
    )
    assert len(blocks) == 2
    for name, text in blocks:
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(re.sub(r"^   ", "", text, flags=re.MULTILINE), encoding="utf-8")
    norms = load_norms(["my-town"], roots=(tmp_path,)).at(date(2026, 12, 1))
    assert norms.service_level("street_light_out.resolve").amount == 3
    path.write_text(path.read_text("utf-8").replace("working_days", "days"), encoding="utf-8")
    with pytest.raises(
        PackError, match=r"\.yaml:6: .*counting: 'days' is not known; choose one of"
    ):
        load_norms(["my-town"], roots=(tmp_path,))
