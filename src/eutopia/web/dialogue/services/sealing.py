"""Sealing ballots: whoever has the database, or a backup of it, reads none of them.

A ballot is sealed with the round's public key. What opens it follows from a key in the
installation's folder, which is not in the database and not in its backups; only `open_all` derives
it, and only closing calls that.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

from eutopia.web.foundation.home import read_key

_PADDED = 1024
_NONCE = bytes(12)
"""Each ballot has a key of its own, so the nonce need not change."""


def keyed_digest(purpose: str, *parts: str) -> bytes:
    """Which digest, under the installation's key, stands for these words (32 bytes)?

    Without the key nobody can try which code or document number gives a digest.
    """
    key = read_key(settings.EUTOPIA_HOME, "roll").encode()
    return hmac.new(key, "\n".join((purpose, *parts)).encode(), hashlib.sha256).digest()


def _private_key(round_code: str) -> X25519PrivateKey:
    master = read_key(settings.EUTOPIA_HOME, "ballots").encode()
    derived = HKDF(SHA256(), 32, None, f"ballot box\n{round_code}".encode()).derive(master)
    return X25519PrivateKey.from_private_bytes(derived)


def box_key(round_code: str) -> bytes:
    """With which public key are a round's ballots sealed?"""
    return _private_key(round_code).public_key().public_bytes_raw()


def seal(public: bytes, ballot: Mapping[str, Any]) -> bytes:
    """How is this ballot kept until closing?

    Notes
    -----
    X25519 with a key made for this ballot alone, HKDF-SHA-256, ChaCha20-Poly1305. Padded to
    multiples of 1024 bytes, so that its length does not tell how many projects it names.
    """
    plain = json.dumps(ballot, separators=(",", ":"), sort_keys=True).encode()
    plain += b" " * (-len(plain) % _PADDED)
    own = X25519PrivateKey.generate()
    shown = own.public_key().public_bytes_raw()
    shared = own.exchange(X25519PublicKey.from_public_bytes(public))
    return shown + ChaCha20Poly1305(_ballot_key(shared, shown, public)).encrypt(_NONCE, plain, None)


def _ballot_key(shared: bytes, shown: bytes, public: bytes) -> bytes:
    return HKDF(SHA256(), 32, None, b"ballot\n" + shown + public).derive(shared)


def open_all(round_code: str, sealed: Iterable[bytes]) -> Iterator[dict[str, Any] | None]:
    """What do the ballots say? None for one that was tampered with. For closing only."""
    private = _private_key(round_code)
    public = private.public_key().public_bytes_raw()
    for one in sealed:
        shown, rest = one[:32], one[32:]
        try:
            shared = private.exchange(X25519PublicKey.from_public_bytes(shown))
            cipher = ChaCha20Poly1305(_ballot_key(shared, shown, public))
            yield json.loads(cipher.decrypt(_NONCE, rest, None))
        except (InvalidTag, ValueError):
            yield None
