"""What the documents say is so: commands, methods, glossary, pins."""

from __future__ import annotations

import importlib
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from eutopia.core.catalogue import METHODS

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))
README = (ROOT / "README.md").read_text("utf-8")
DOCS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
LINK = re.compile(r"\[[^\]]*\]\(([^)#\s]+)(?:#[^)]*)?\)")


def test_the_readmes_two_commands_are_what_ci_runs() -> None:
    """The demo and the suite, word for word; only --no-serve and -q are CI's own."""
    blocks = re.findall(r"```sh\n(.*?)```", README, re.DOTALL)
    commands = [line.strip() for block in blocks[:2] for line in block.splitlines() if line.strip()]
    script = (ROOT / ".ci" / "run").read_text("utf-8").replace(" --quiet", "")

    assert len(commands) == 2
    for command in commands:
        for part in command.split(" && "):
            assert part in script, part


@pytest.mark.parametrize("path", DOCS, ids=lambda p: str(p.relative_to(ROOT)))
def test_links_between_pages_lead_somewhere(path: Path) -> None:
    """Every relative link has a file behind it."""
    broken = [
        target
        for target in LINK.findall(path.read_text("utf-8"))
        if "://" not in target
        and not target.startswith("mailto:")
        and not (path.parent / target).exists()
    ]

    assert broken == []


def test_every_method_has_its_page_and_every_page_its_method() -> None:
    """The catalogue names what is public; docs/methods holds a page for each, and no other."""
    pages = {p.stem for p in (ROOT / "docs" / "methods").glob("*.md")} - {"README"}

    assert {m.page for m in METHODS} == pages


@pytest.mark.parametrize("method", METHODS, ids=lambda m: m.path)
def test_a_method_exists_and_says_what_it_answers(method: object) -> None:
    """`module:function` can be imported, and its first sentence is a question."""
    module, name = method.path.split(":")  # type: ignore[attr-defined]
    function = getattr(importlib.import_module(module), name)
    first = (function.__doc__ or "").strip().split("\n\n")[0]

    assert first.rstrip().endswith(("?", "? ", ".")), first
    assert "?" in first, first


def test_the_reference_of_the_command_line_is_made_from_its_help() -> None:
    """Run `just docs` after changing a command.

    In a process of its own: click keeps the help option of whoever called a command first.
    """
    from tools.cli_reference import PAGE

    made = subprocess.run(
        [sys.executable, "-c", "from tools.cli_reference import page; print(page(), end='')"],
        cwd=ROOT, env=os.environ | {"PYTHONIOENCODING": "utf-8"}, capture_output=True,
        encoding="utf-8", check=True,
    )  # fmt: skip

    assert PAGE.read_text("utf-8") == made.stdout


def test_the_glossary_page_is_made_from_the_glossary() -> None:
    """Run `just docs` after changing a term."""
    from tools.glossary import PAGE, TERMS, page

    assert PAGE.read_text("utf-8") == page(TERMS.read_text("utf-8"))


def test_uv_run_takes_the_locked_versions() -> None:
    """The constraints in pyproject.toml are the pins of the lock; `just lock` renews both."""
    from tools.pins import LOCK, PROJECT, pins, with_pins

    project = PROJECT.read_text("utf-8")

    assert with_pins(project, pins(LOCK.read_text("utf-8"))) == project


@pytest.mark.parametrize("lock", sorted(ROOT.glob("requirements*.lock")), ids=lambda p: p.name)
def test_locks_have_hashes_and_name_no_registry(lock: Path) -> None:
    """Every pin carries a hash; no address is recorded."""
    text = lock.read_text("utf-8")
    blocks = re.split(r"(?m)^(?=[a-z0-9])", text)[1:]

    assert "://" not in text
    assert all("--hash=sha256:" in block for block in blocks)


def test_the_core_alone_needs_nothing_the_product_does_not() -> None:
    """The list of the core's packages is a part of the product's, save for test tools."""
    import tomllib

    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))

    def names(rows: list[object]) -> set[str]:
        return {re.split(r"[<>=\[]", row)[0].lower() for row in rows if isinstance(row, str)}

    extra = names(project["dependency-groups"]["core-test"]) - names(
        project["project"]["dependencies"]
    )
    assert extra == {"pytest", "hypothesis", "pabutools", "lifelines", "pulp", "statsmodels"}
