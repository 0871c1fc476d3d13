"""Duplicate models as files: how a municipality merges, learned once and shipped in its pack."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from eutopia.core.listen.duplicates import DEFAULT_MODEL, DuplicateModel
from eutopia.core.listen.pair_evidence import FEATURES, PairReach

PACKS = Path(__file__).parents[2] / "packs"
_KEYS = (
    "id", "source", "coefficients", "threshold", "type_offsets", "reach", "extent_m", "extent_days",
)  # fmt: skip


class ModelError(ValueError):
    """The model file can't be used: says which file, which key, and the mend."""


def shipped_models() -> dict[str, Path]:
    """Which models ship, by name? `packs/*/duplicates/NAME.yaml`."""
    return {path.stem: path for path in sorted(PACKS.glob("*/duplicates/*.yaml"))}


def load_model(name: str | Path) -> DuplicateModel:
    """Which model is meant by a path, by the name of one that ships, or by `general`?

    Raises
    ------
    ModelError
        No such model; a key is unknown or missing; a coefficient is missing.

    Examples
    --------
    >>> load_model("general").id == DEFAULT_MODEL.id, load_model("boston-311").id
    (True, 'boston-311')
    """
    if str(name) == "general":
        return DEFAULT_MODEL
    path = Path(name)
    if not path.is_file():
        shipped = shipped_models()
        if str(name) not in shipped:
            known = ", ".join(("general", *shipped))
            raise ModelError(f"{name}: no such file, and no model of that name ships ({known})")
        path = shipped[str(name)]
    try:
        content = yaml.safe_load(path.read_text("utf-8"))
    except yaml.YAMLError as error:
        raise ModelError(f"{path.name}: not YAML: {error}") from error
    return _model(content, path.name)


def _model(content: Any, file: str) -> DuplicateModel:
    if not isinstance(content, dict):
        raise ModelError(f"{file}: a model is a table of keys: {', '.join(_KEYS)}")
    for key in content:
        if key not in _KEYS:
            raise ModelError(f"{file}: unknown key {key!r}; known are {', '.join(_KEYS)}")
    for key in ("id", "coefficients", "threshold"):
        if key not in content:
            raise ModelError(f"{file}: key {key!r} is missing; add it")
    given = content["coefficients"]
    if not isinstance(given, dict) or set(given) != set(FEATURES):
        raise ModelError(f"{file}: coefficients are those of {', '.join(FEATURES)}")
    reach = content.get("reach", {})
    try:
        return DuplicateModel(
            id=str(content["id"]),
            coefficients=tuple(float(given[name]) for name in FEATURES),
            threshold=float(content["threshold"]),
            type_offsets=tuple(
                (str(code), float(value)) for code, value in content.get("type_offsets", {}).items()
            ),
            reach=PairReach(**{key: float(value) for key, value in reach.items()}),
            extent_m=float(content.get("extent_m", DEFAULT_MODEL.extent_m)),
            extent_days=float(content.get("extent_days", DEFAULT_MODEL.extent_days)),
        )
    except (TypeError, ValueError) as error:
        raise ModelError(f"{file}: {error}") from error


def write_model(model: DuplicateModel, path: Path, *, source: str = "") -> None:
    """Write a model so that `load_model` reads it back the same."""
    reach = model.reach
    content = {
        "id": model.id,
        "source": source,
        "threshold": model.threshold,
        "coefficients": dict(zip(FEATURES, model.coefficients, strict=True)),
        "reach": {name: getattr(reach, name) for name in reach.__dataclass_fields__},
        "extent_m": model.extent_m,
        "extent_days": model.extent_days,
        "type_offsets": dict(model.type_offsets),
    }
    text = yaml.safe_dump(content, sort_keys=False, allow_unicode=True)
    partial = path.with_name(path.name + ".part")
    partial.write_text(text, encoding="utf-8")
    partial.replace(path)
