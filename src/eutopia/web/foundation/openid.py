"""Asking an identity provider who somebody is: OpenID Connect, the code flow with PKCE.

Only the provider's lasting number of the person (`sub`) is taken, and a district where the
provider tells one; neither is stored. Nothing is asked but `openid`.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import Any

from authlib.common.errors import AuthlibBaseError
from authlib.common.security import generate_token
from authlib.integrations.requests_client import OAuth2Session
from django.conf import settings
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

_WAIT_S = 10.0
_ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "ES256", "ES384", "EdDSA")
_LEEWAY_S = 60


class ProviderRefused(ValueError):  # noqa: N818 - a verdict on an answer.
    """The provider did not say who it is, or what it said cannot be believed."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What was asked, to be kept by whoever asked (in a sealed cookie) until the answer."""

    state: str
    nonce: str
    verifier: str


@dataclass(frozen=True, slots=True)
class Person:
    """Whom the provider vouches for."""

    issuer: str
    subject: str
    district: str


def is_set_up() -> bool:
    """Whether this installation has an identity provider."""
    return bool(settings.EUTOPIA_OPENID_ISSUER and settings.EUTOPIA_OPENID_CLIENT)


def _session(back: str) -> OAuth2Session:
    return OAuth2Session(
        settings.EUTOPIA_OPENID_CLIENT,
        settings.EUTOPIA_OPENID_SECRET or None,
        scope="openid",
        redirect_uri=back,
        code_challenge_method="S256",
        default_timeout=_WAIT_S,
    )


def _read(session: OAuth2Session, address: str) -> Any:
    answer = session.get(address, withhold_token=True)
    answer.raise_for_status()
    return answer.json()


def _about(session: OAuth2Session) -> dict[str, Any]:
    """What does the provider say of itself (its discovery document)?"""
    issuer = settings.EUTOPIA_OPENID_ISSUER
    found: dict[str, Any] = _read(session, f"{issuer.rstrip('/')}/.well-known/openid-configuration")
    if found.get("issuer") != issuer:
        raise ProviderRefused(f"the provider calls itself {found.get('issuer')!r}, not {issuer!r}")
    return found


def ask(back: str) -> tuple[str, Asked]:
    """To which address is somebody sent, and what is kept until they come back to `back`?

    Raises
    ------
    ProviderRefused
        The provider cannot be reached.
    """
    session = _session(back)
    asked = Asked(secrets.token_urlsafe(24), secrets.token_urlsafe(24), generate_token(64))
    try:
        where = _about(session)["authorization_endpoint"]
    except (OSError, KeyError) as error:
        raise ProviderRefused(f"the provider cannot be reached: {error}") from error
    address, _ = session.create_authorization_url(
        where, state=asked.state, nonce=asked.nonce, code_verifier=asked.verifier
    )
    return str(address), asked


def answer(back: str, asked: Asked, given: str) -> Person:
    """Who came back? `given` is the whole address they came to.

    Raises
    ------
    ProviderRefused
        Another's answer, an error, a token not signed by the provider, not for us, too old or
        already used.
    """
    session = _session(back)
    session.state = asked.state
    try:
        about = _about(session)
        token = session.fetch_token(
            about["token_endpoint"], authorization_response=given, code_verifier=asked.verifier
        )
        keys = KeySet.import_key_set(_read(session, about["jwks_uri"]))
        claims = _claims(token["id_token"], keys, asked)
    except (OSError, KeyError, ValueError, AuthlibBaseError, JoseError) as error:
        raise ProviderRefused(f"the provider's answer cannot be believed: {error}") from error
    named = settings.EUTOPIA_OPENID_DISTRICT
    return Person(claims["iss"], claims["sub"], str(claims.get(named, "")) if named else "")


def _claims(token: str, keys: KeySet, asked: Asked) -> dict[str, Any]:
    """What does a signed token say? JoseError where it is not the provider's, or not for us."""
    found = jwt.decode(token, keys, algorithms=list(_ALGORITHMS)).claims
    jwt.JWTClaimsRegistry(
        leeway=_LEEWAY_S,
        iss={"essential": True, "value": settings.EUTOPIA_OPENID_ISSUER},
        aud={"essential": True, "value": settings.EUTOPIA_OPENID_CLIENT},
        sub={"essential": True},
        exp={"essential": True},
        nonce={"essential": True, "value": asked.nonce},
    ).validate(found)
    return found
