"""What is vendored is what VENDORED.md says, and nothing is fetched from elsewhere."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

WEB = Path(__file__).resolve().parents[3] / "src" / "eutopia" / "web"
STATIC = WEB / "static"
VENDOR = STATIC / "vendor"
ROW = re.compile(r"\| `([^`]+)` \| `[^`]+` \| [^|]+ \| [^|]+ \| .* \| `([0-9a-f]{64})` \|")
NOTES = {"LICENSE", "NOTICE", "VENDORED.md", "build.mjs", "designsystemet.config.json"}


def test_every_vendored_file_is_accounted_for() -> None:
    """Digests agree, no file is missing from the list, every folder has its licence."""
    listed = dict(ROW.findall((VENDOR / "VENDORED.md").read_text(encoding="utf-8")))
    there = {
        p.relative_to(VENDOR).as_posix(): hashlib.sha256(p.read_bytes()).hexdigest()
        for p in VENDOR.rglob("*")
        if p.is_file() and p.name not in NOTES
    }
    assert listed == there
    assert all((folder / "LICENSE").is_file() for folder in VENDOR.iterdir() if folder.is_dir())


def test_icons_are_those_in_use() -> None:
    """The sprite has every icon that a template or a code's tag names, and no other."""
    sprite = (VENDOR / "phosphor" / "icons.svg").read_text(encoding="utf-8")
    drawn = set(re.findall(r'<symbol id="([a-z-]+)"', sprite))
    named: set[str] = set()
    for path in (WEB / "templates").rglob("*.html"):
        named |= set(re.findall(r'{% icon "([a-z-]+)"', path.read_text(encoding="utf-8")))
    code = "".join((WEB / "portal" / n).read_text() for n in ("words.py", "stages.py"))
    assert named <= drawn
    assert all(f'"{name}"' in code for name in drawn - named)


def test_nothing_comes_from_elsewhere() -> None:
    """Our own styles, scripts and templates name no other host, and no style or script inline."""
    own = [*STATIC.glob("css/*"), *STATIC.glob("js/*"), *(WEB / "templates").rglob("*.html")]
    assert len(own) > 30
    for path in own:
        text = path.read_text(encoding="utf-8")
        assert not re.findall(r"https?://(?!www\.w3\.org/)", text), path
        assert not re.findall(r'<[^>]+\s(?:style|on[a-z]+)="', text), path


def test_styles_have_both_colour_schemes() -> None:
    """Every colour of the dark scheme is there for those who chose it and for those who let be."""
    css = (STATIC / "css" / "site.css").read_text(encoding="utf-8")
    chosen = re.search(r'\n\[data-color-scheme="dark"\] \{([^}]*)\}', css)
    left = re.search(r'\n  \[data-color-scheme="auto"\] \{([^}]*)\}', css)
    assert chosen
    assert left
    assert re.findall(r"[\w-]+: [^;]+", chosen[1]) == re.findall(r"[\w-]+: [^;]+", left[1])
