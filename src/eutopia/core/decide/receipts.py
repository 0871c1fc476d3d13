"""Proofs that a ballot is in the published box, without showing what it says.

At casting the voter is given a secret and nothing else keeps it. Two codes follow from it by a
one-way function: the *row key* stands beside the ballot in the published box (as `voter_id`), the
*receipt* in a separate public list. With the secret the voter finds the row and sees that it says
what was voted; the receipt can be shown to anybody, and leads to no row. Nothing ties either code
to the electoral roll.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

SECRET_BYTES = 16
_LEAF, _NODE = b"\x00", b"\x01"


@dataclass(frozen=True, slots=True)
class Receipt:
    """Where is the ballot in the box (`row_key`, private), and what may be shown (`public`)?"""

    row_key: str
    public: str


def receipt_of(secret: str, *, election: str) -> Receipt:
    """Which codes belong to a voter's secret in this election?

    Parameters
    ----------
    secret : str
        At least `SECRET_BYTES` random bytes in hexadecimal, made by the caller with a
        cryptographic generator and shown to the voter only.
    election : str
        The id of the election; codes of two elections are unrelated.

    Raises
    ------
    ValueError
        Where the secret is not hexadecimal or too short to be safe from guessing.

    Notes
    -----
    HMAC-SHA-256 with a label for each code. Whoever is given the secret can see the vote: no code
    that lets a voter check a ballot can prevent that.

    Examples
    --------
    >>> codes = receipt_of("00" * 16, election="2026")
    >>> len(codes.row_key), codes.row_key == codes.public
    (32, False)
    """
    try:
        key = bytes.fromhex(secret)
    except ValueError as error:
        raise ValueError("the secret must be hexadecimal digits") from error
    if len(key) < SECRET_BYTES:
        raise ValueError(f"the secret must have at least {SECRET_BYTES} bytes")
    return Receipt(_derived(key, "row", election), _derived(key, "receipt", election))


def _derived(key: bytes, label: str, election: str) -> str:
    return hmac.new(key, f"{label}\n{election}".encode(), hashlib.sha256).hexdigest()[:32]


def box_hash(text: str) -> str:
    """Which hash commits to the published file, byte by byte (SHA-256 of its UTF-8)?"""
    return hashlib.sha256(text.encode()).hexdigest()


def tree_root(entries: Iterable[str]) -> str:
    """Which hash commits to a public list, in any order?

    Notes
    -----
    The root of the Merkle tree of RFC 6962 over the sorted entries: leaves and nodes are hashed
    with different prefixes, an odd node is carried up unchanged.

    Source
    ------
    RFC 6962, section 2.1.

    Examples
    --------
    >>> tree_root(["b", "a"]) == tree_root(["a", "b"])
    True
    """
    level = [_leaf(entry) for entry in sorted(entries)]
    if not level:
        return hashlib.sha256(b"").hexdigest()
    while len(level) > 1:
        level = _above(level)
    return level[0].hex()


def inclusion_proof(entries: Iterable[str], entry: str) -> tuple[str, ...]:
    """Which hashes prove that `entry` is in the list with a given root, and show no other entry?

    Returns
    -------
    tuple of str
        One for each level, "L" or "R" for the side and the hash; "-" where a level has none.

    Raises
    ------
    KeyError
        Where the entry is not in the list.
    """
    rows = sorted(entries)
    if entry not in rows:
        raise KeyError(entry)
    place = rows.index(entry)
    level = [_leaf(row) for row in rows]
    proof = []
    while len(level) > 1:
        other = place ^ 1
        if other < len(level):
            proof.append(("L" if other < place else "R") + level[other].hex())
        else:
            proof.append("-")
        level, place = _above(level), place // 2
    return tuple(proof)


def verify_inclusion(entry: str, proof: Sequence[str], root: str) -> bool:
    """Does the proof show that `entry` is in the list committed to by `root`?

    Examples
    --------
    >>> rows = ["a", "b", "c"]
    >>> verify_inclusion("c", inclusion_proof(rows, "c"), tree_root(rows))
    True
    >>> verify_inclusion("d", inclusion_proof(rows, "c"), tree_root(rows))
    False
    """
    node = _leaf(entry)
    for step in proof:
        if step == "-":
            continue
        try:
            other = bytes.fromhex(step[1:])
        except ValueError:
            return False
        node = _joined(other, node) if step[0] == "L" else _joined(node, other)
    return hmac.compare_digest(node.hex(), root)


def _leaf(entry: str) -> bytes:
    return hashlib.sha256(_LEAF + entry.encode()).digest()


def _joined(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(_NODE + left + right).digest()


def _above(level: Sequence[bytes]) -> list[bytes]:
    pairs = [_joined(level[i], level[i + 1]) for i in range(0, len(level) - 1, 2)]
    return pairs + list(level[len(pairs) * 2 :])
