"""The rules of the house hold, and each would be caught if broken."""

from __future__ import annotations

import ast
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]

# One seeded violation for every contract: where, what, and a word of the contract that must break.
SEEDS = [
    pytest.param("core/plan/seeded.py", "import django", "1. The core", id="1-core-django"),
    pytest.param("core/kit/seeded.py", "import time", "1. The core", id="1-core-clock"),
    pytest.param(
        "core/plan/seeded.py", "import eutopia.web.foundation", "1. The core", id="1-core-web"
    ),
    pytest.param(
        "core/plan/seeded.py", "import eutopia.core.decide", "2. Inside core", id="2-rooms"
    ),
    pytest.param(
        "core/kit/seeded.py", "import eutopia.core.norms", "2. Inside core", id="2-upwards"
    ),
    pytest.param("core/utils.py", "", "2. Inside core", id="2-no-utils"),
    pytest.param(
        "web/foundation/seeded.py",
        "import eutopia.web.reports",
        "3. Inside web",
        id="3-foundation-upwards",
    ),
    pytest.param("web/helpers.py", "", "3. Inside web", id="3-no-helpers"),
    pytest.param(
        "web/territory/seeded.py",
        "def late() -> None:\n    import eutopia.web.ledger.seeded",
        "3. The noun apps",
        id="3-cycle-in-a-function",
    ),
    pytest.param(
        "web/reports/models.py",
        "import eutopia.web.reports.services",
        "4. Inside an app",
        id="4-models-call-services",
    ),
    pytest.param(
        "web/reports/selectors.py",
        "import eutopia.core.records",
        "4. In the web",
        id="4-selectors-call-core",
    ),
    pytest.param(
        "web/portal/seeded.py", "import eutopia.web.reports.models", "5. A page", id="5-page-model"
    ),
    pytest.param(
        "web/api/seeded.py", "import eutopia.core.records", "4. In the web", id="5-endpoint-core"
    ),
]


def lint(folder: Path) -> subprocess.CompletedProcess[str]:
    """Run import-linter over a copy of the package."""
    # Calling the entry point: the console script would find the installed package.
    return subprocess.run(
        [sys.executable, "-c",
         "import sys; from importlinter.cli import lint_imports_command as run; "
         "sys.argv = ['lint-imports', '--no-cache']; run()"],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(folder), "COLUMNS": "200"},
        capture_output=True,
        text=True,
        check=False,
    )  # fmt: skip


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the package and its contracts."""
    folder = tmp_path_factory.mktemp("house")
    shutil.copy(REPOSITORY / ".importlinter", folder)
    shutil.copytree(
        REPOSITORY / "src" / "eutopia",
        folder / "eutopia",
        ignore=shutil.ignore_patterns("__pycache__", "static", "locale", "packs"),
    )
    return folder


def test_the_house_keeps_its_rules(house: Path) -> None:
    """As it stands, every contract is kept."""
    result = lint(house)

    assert "0 broken" in result.stdout, result.stdout + result.stderr


@pytest.mark.parametrize(("file", "code", "contract"), SEEDS)
def test_a_seeded_violation_is_caught(house: Path, file: str, code: str, contract: str) -> None:
    """Put one wrong import in; the contract named must break."""
    target = house / "eutopia" / file
    before = target.read_text("utf-8") if target.exists() else None
    other = house / "eutopia/web/ledger/seeded.py"
    target.write_text((before or "") + f"\n{code}\n", "utf-8")
    if "ledger.seeded" in code:
        other.write_text("import eutopia.web.territory.seeded\n", "utf-8")
    try:
        result = lint(house)
    finally:
        other.unlink(missing_ok=True)
        if before is None:
            target.unlink()
        else:
            target.write_text(before, "utf-8")

    broken = [line for line in result.stdout.splitlines() if line.rstrip().endswith("BROKEN")]
    assert result.returncode != 0
    assert any(contract in line for line in broken), result.stdout + result.stderr


def test_what_is_logged_is_done_in_a_transaction() -> None:
    """A log entry outside one is refused, which no test in a transaction of its own can see."""
    loose = []
    for path in sorted((REPOSITORY / "src/eutopia/web").rglob("*.py")):
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if not isinstance(node, ast.FunctionDef) or node.name.startswith("_"):
                continue
            parts = [ast.unparse(part) for part in ast.walk(node) if isinstance(part, ast.expr)]
            if "log_act" in parts and "transaction.atomic" not in parts:
                loose.append(f"{path.name}: {node.name}")
    assert not loose
