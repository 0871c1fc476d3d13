"""Make docs/glossary.md from the glossary's data; the suite fails when the two differ."""

from __future__ import annotations

from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[1]
TERMS = ROOT / "src" / "eutopia" / "locale" / "glossary.yaml"
PAGE = ROOT / "docs" / "glossary.md"


def page(text: str) -> str:
    """What does the glossary page say? A table for each group of terms, in the data's order.

    The groups are the comments between the terms.
    """
    lines = [
        "# Glossary",
        "",
        "Made from `src/eutopia/locale/glossary.yaml`; change the terms there, then `just docs`.",
        "Code and pages use these names and no others.",
    ]
    body = text.split("terms:\n", 1)[1]
    for part in body.split("  # ")[1:]:
        title, _, rows = part.partition("\n")
        lines += [
            "",
            f"## {title.capitalize()}",
            "",
            "| Code | English | Русский |",
            "|---|---|---|",
        ]
        lines += [
            f"| `{term['code']}` | {term['ui_en']} | {term['ui_ru']} |"
            for term in yaml.safe_load(rows)
        ]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    PAGE.write_text(page(TERMS.read_text("utf-8")), "utf-8")
