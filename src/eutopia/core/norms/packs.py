"""A pack as it lies on disk: manifest, tables, digest."""

from __future__ import annotations

import fnmatch
import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from pathlib import Path

import eutopia
from eutopia.core.norms import fields
from eutopia.core.norms.documents import Entry, Fault, PackError, read_document
from eutopia.core.norms.indices import index_faults
from eutopia.core.norms.rows import TABLES, Row, Table
from eutopia.core.records.norms import PackEdition, Source

BUILT_IN = Path(eutopia.__file__).parent / "packs"
MANIFEST = "pack.yaml"
# Read by others than the loader: still part of the pack and its digest.
COMPANIONS = (
    "README.md",
    "cases/*.yaml",
    "duplicates/*.yaml",
    "mappings/*.yaml",
    "registers/*.yaml",
)


@dataclass(frozen=True, slots=True)
class Pack:
    """What does one pack say: its edition, the acts it draws on and all its rows?"""

    edition: PackEdition
    acts: tuple[tuple[str, Source], ...]
    rows: tuple[Row, ...]
    folder: Path


def pack_ids(*, roots: Iterable[Path] = (BUILT_IN,)) -> tuple[str, ...]:
    """Which packs are there to load?"""
    found = {path.parent.name for root in roots for path in Path(root).glob(f"*/{MANIFEST}")}
    return tuple(sorted(found))


def pack_folder(pack_id: str, *, roots: Iterable[Path] = (BUILT_IN,)) -> Path:
    """In which folder does a pack lie? Roots are looked through in order.

    Raises
    ------
    PackError
        When no root has it.
    """
    roots = tuple(Path(root) for root in roots)
    for root in roots:
        if (root / pack_id / MANIFEST).is_file():
            return root / pack_id
    known = ", ".join(pack_ids(roots=roots)) or "none"
    looked = ", ".join(str(root) for root in roots)
    raise PackError(Fault(looked, 0, "", f"no pack '{pack_id}'", f"packs there: {known}"))


def read_pack(folder: Path) -> Pack:
    """What does the pack in a folder say?

    Raises
    ------
    PackError
        Naming every fault found: file, line, field and mend. Nothing of a faulty pack is used.

    Notes
    -----
    The digest is SHA-256 over the names and bytes of all files, sorted by name.
    """
    folder = Path(folder)
    if not (folder / MANIFEST).is_file():
        fault = Fault(str(folder), 0, "", f"no {MANIFEST}", "write one: docs/reference/packs.md")
        raise PackError(fault)
    files = sorted(_files(folder), key=lambda path: path.relative_to(folder).as_posix())
    manifest = read_document(folder / MANIFEST, name=_name(folder, folder / MANIFEST))
    edition, acts = _read_manifest(manifest, folder, _digest(folder, files))
    rows: list[Row] = []
    faults: list[Fault] = []
    for path in files:
        try:
            rows.extend(_read_table(path, folder, acts))
        except PackError as error:
            faults.extend(error.faults)
    faults.extend(_overlaps(rows))
    faults.extend(index_faults(rows))
    if faults:
        raise PackError(*faults)
    return Pack(edition=edition, acts=tuple(acts.items()), rows=tuple(rows), folder=folder)


def _name(folder: Path, path: Path) -> str:
    return f"{folder.name}/{path.relative_to(folder).as_posix()}"


def _files(folder: Path) -> Iterator[Path]:
    for path in folder.rglob("*"):
        parts = path.relative_to(folder).parts
        if path.is_file() and not any(part.startswith((".", "__pycache__")) for part in parts):
            yield path


def _digest(folder: Path, files: Iterable[Path]) -> str:
    total = hashlib.sha256()
    for path in files:
        content = path.read_bytes()
        name = path.relative_to(folder).as_posix().encode()
        total.update(b"%d:%s%d:" % (len(name), name, len(content)))
        total.update(content)
    return total.hexdigest()


def _read_manifest(
    entry: Entry, folder: Path, digest: str
) -> tuple[PackEdition, dict[str, Source]]:
    found = entry.fields(
        ("id", "title", "edition", "jurisdiction", "licence"), ("description", "acts")
    )
    pack_id = fields.code(found["id"])
    if pack_id != folder.name:
        raise found["id"].fault(
            f"'{pack_id}' is not the folder's name", f"write '{folder.name}' or rename the folder"
        )
    acts: dict[str, Source] = {}
    if "acts" in found:
        for name, act in found["acts"].pairs():
            part = act.fields(("act", "url"), ("edition", "article"))
            texts = {key: fields.words(item) for key, item in part.items()}
            acts[name] = Source(
                act=texts["act"],
                article=texts.get("article", ""),
                url=texts["url"],
                verification="",
                edition=texts.get("edition", ""),
                origin=act.origin,
            )
    title = fields.text(found["title"])
    edition = PackEdition(
        id=pack_id,
        title=title,
        edition=fields.words(found["edition"]),
        jurisdiction=fields.words(found["jurisdiction"]),
        licence=fields.words(found["licence"]),
        digest=digest,
        description=fields.text(found["description"]) if "description" in found else title,
    )
    return edition, acts


def _table(relative: str, name: str) -> Table | None:
    for table in TABLES:
        if fnmatch.fnmatchcase(relative, table.pattern):
            return table
    if relative == MANIFEST or any(fnmatch.fnmatchcase(relative, known) for known in COMPANIONS):
        return None
    known = ", ".join((MANIFEST, *(table.pattern for table in TABLES), *COMPANIONS))
    raise PackError(Fault(name, 0, "", "no table of a pack has this name", f"known: {known}"))


def _read_table(path: Path, folder: Path, acts: Mapping[str, Source]) -> list[Row]:
    name = _name(folder, path)
    table = _table(path.relative_to(folder).as_posix(), name)
    if table is None:
        return []
    document = read_document(path, name=name).fields((table.name,))
    rows: list[Row] = []
    faults: list[Fault] = []
    for item in document[table.name].items():
        try:
            rows.extend(table.rows(item, acts))
        except PackError as error:
            faults.extend(error.faults)
    if faults:
        raise PackError(*faults)
    return rows


def _overlaps(rows: Iterable[Row]) -> Iterator[Fault]:
    by_key: dict[tuple[str, str], list[Row]] = {}
    for row in rows:
        by_key.setdefault((row.table, row.key), []).append(row)
    for (_, key), versions in by_key.items():
        ordered = sorted(versions, key=lambda row: row.valid_from or date.min)
        for earlier, later in pairwise(ordered):
            if later.in_force(earlier.valid_to or date.max) or earlier.in_force(
                later.valid_from or date.min
            ):
                file, _, line = later.origin.rpartition(":")
                yield Fault(
                    file,
                    int(line),
                    key,
                    f"in force at the same time as {earlier.origin}",
                    "end the earlier one ('to:') the day before this one's 'from:'",
                )
