"""Make docs/methods/README.md from the catalogue of methods."""

from __future__ import annotations

from pathlib import Path

from eutopia.core.catalogue import METHODS

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "methods" / "README.md"
STAGES = ("listen", "diagnose", "plan", "decide", "deliver", "maintain", "evaluate", "town")


def page() -> str:
    """What does the index of methods say? A table: stage, question (the page's title), function."""
    lines = [
        "# Methods",
        "",
        "Every public method of the core, by stage of the loop.",
        "Made from `core/catalogue.py` by `just docs`.",
        "Read one end to end: [outcomes](outcomes.md) is the pattern.",
        "",
        "| stage | question | function |",
        "|---|---|---|",
    ]
    for method in sorted(METHODS, key=lambda m: (STAGES.index(m.stage), m.page)):
        text = (PAGE.parent / f"{method.page}.md").read_text("utf-8")
        title = text.splitlines()[0].removeprefix("# ").strip()
        module, function = method.path.split(":")
        lines.append(f"| {method.stage} | [{title}]({method.page}.md) | `{module}.{function}` |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    PAGE.write_text(page(), "utf-8")
