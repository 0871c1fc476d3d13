"""YAML read so that every fault can be named by file, line, field and mend."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import yaml

_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong, where, in which field, and how is it mended?"""

    file: str
    line: int
    field: str
    what: str
    mend: str

    def __str__(self) -> str:
        field = f"{self.field}: " if self.field else ""
        line = f":{self.line}" if self.line else ""
        return f"{self.file}{line}: {field}{self.what}; {self.mend}"


class PackError(ValueError):
    """A pack cannot be read; `faults` names every place that needs mending."""

    def __init__(self, *faults: Fault) -> None:
        self.faults = faults
        super().__init__("\n".join(str(fault) for fault in faults))


@dataclass(frozen=True, slots=True)
class Entry:
    """One node of a YAML document with its file, line and the name of its field."""

    node: yaml.Node
    file: str
    field: str = ""

    @property
    def line(self) -> int:
        """Line of the node, counted from 1."""
        return int(self.node.start_mark.line) + 1

    @property
    def origin(self) -> str:
        """File and line, as kept in a source's `origin`."""
        return f"{self.file}:{self.line}"

    def fault(self, what: str, mend: str) -> PackError:
        """Build the error that names this place."""
        return PackError(Fault(self.file, self.line, self.field, what, mend))

    @property
    def is_scalar(self) -> bool:
        """Is it a single value?"""
        return isinstance(self.node, yaml.ScalarNode)

    @property
    def is_list(self) -> bool:
        """Is it a list?"""
        return isinstance(self.node, yaml.SequenceNode)

    @property
    def is_mapping(self) -> bool:
        """Is it a mapping?"""
        return isinstance(self.node, yaml.MappingNode)

    @property
    def text(self) -> str:
        """The scalar's text, as written."""
        if not isinstance(self.node, yaml.ScalarNode):
            raise self.fault("a single value is expected", "write one value, not a list or mapping")
        return str(self.node.value)

    @property
    def quoted(self) -> bool:
        """Is the scalar written in quotes (or as a block of text)?"""
        return isinstance(self.node, yaml.ScalarNode) and bool(self.node.style)

    @property
    def kind(self) -> str:
        """What YAML takes a plain scalar for: int, float, bool, null, timestamp, str."""
        return str(self.node.tag).rsplit(":", 1)[-1]

    @property
    def is_null(self) -> bool:
        """Is it written as null (or left empty)?"""
        return self.is_scalar and not self.quoted and self.kind == "null"

    def items(self) -> Iterator[Entry]:
        """Go through a list."""
        if not isinstance(self.node, yaml.SequenceNode):
            raise self.fault("a list is expected", "write it as [a, b] or as lines with '- '")
        for position, node in enumerate(self.node.value):
            yield Entry(node, self.file, f"{self.field}[{position}]")

    def pairs(self) -> Iterator[tuple[str, Entry]]:
        """Go through a mapping; a key written twice is refused."""
        if not isinstance(self.node, yaml.MappingNode):
            raise self.fault("a mapping is expected", "write it as {key: value} or as 'key: value'")
        seen: set[str] = set()
        for key_node, value_node in self.node.value:
            key = Entry(key_node, self.file, self.field)
            name = key.text
            if name in seen:
                raise key.fault(f"key '{name}' is given twice", "keep one of them")
            seen.add(name)
            prefix = f"{self.field}." if self.field else ""
            yield name, Entry(value_node, self.file, f"{prefix}{name}")

    def fields(self, required: Iterable[str], optional: Iterable[str] = ()) -> dict[str, Entry]:
        """Return the mapping's entries after refusing unknown and missing keys.

        Null values of optional keys count as not given.
        """
        required, known = tuple(required), (*required, *optional)
        found = dict(self.pairs())
        for name, entry in found.items():
            if name not in known:
                near = difflib.get_close_matches(name, known, n=1)
                mend = f"did you mean '{near[0]}'?" if near else f"known: {', '.join(known)}"
                raise entry.fault(f"unknown key '{name}'", mend)
        for name in required:
            if name not in found or found[name].is_null:
                raise self.fault(f"'{name}' is missing", f"add '{name}:' with its value")
        return {name: entry for name, entry in found.items() if not entry.is_null}


def read_document(path: Path, *, name: str = "") -> Entry:
    """Which entries does a YAML file hold, each knowing its line?

    Parameters
    ----------
    path
        The file, UTF-8.
    name
        How faults call it; the path as given when empty.

    Raises
    ------
    PackError
        For a file that is not UTF-8, not YAML, empty, or holds several documents.
    """
    name = name or str(path)
    try:
        text = path.read_text(encoding="utf-8")
        node = yaml.compose(text, Loader=_Loader)
    except UnicodeDecodeError as error:
        raise PackError(Fault(name, 1, "", "not UTF-8", "save the file as UTF-8")) from error
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = mark.line + 1 if mark is not None else 1
        what = f"not YAML: {getattr(error, 'problem', None) or error}"
        raise PackError(Fault(name, line, "", what, "mend the syntax at this line")) from error
    if node is None:
        raise PackError(Fault(name, 1, "", "the file is empty", "fill it or delete it"))
    return Entry(node, name)
