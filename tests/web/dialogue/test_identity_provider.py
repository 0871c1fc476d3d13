"""A voter comes from an identity provider: a small one of our own, answering on this machine."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.test import Client, override_settings
from joserfc import jwt
from joserfc.jwk import RSAKey

from eutopia.web.dialogue import models
from eutopia.web.foundation.access import OPERATOR
from eutopia.web.territory.services import load_territory
from tests.web.dialogue.rounds import voting_round
from tests.web.dialogue.test_vote_pages import hidden
from tests.web.look.conftest import PLAIN
from tests.web.towns import hamlet

pytestmark = pytest.mark.django_db


class Provider:
    """What the provider is told to say; `answers` counts how often it was asked for a token."""

    def __init__(self) -> None:
        self.key = RSAKey.generate_key(2048, {"kid": "one", "use": "sig"})
        self.signing = self.key
        self.claims: dict[str, Any] = {}
        self.nonce = ""
        self.asked: dict[str, list[str]] = {}
        self.issuer = ""

    def token(self) -> str:
        now = int(time.time())
        claims = {
            "iss": self.issuer, "aud": "eutopia", "sub": "person-7", "exp": now + 60, "iat": now,
            "nonce": self.nonce, "district": "west", **self.claims,
        }  # fmt: skip
        return jwt.encode({"alg": "RS256", "kid": "one"}, claims, self.signing)


def _handler(provider: Provider) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def say(self, found: dict[str, Any]) -> None:
            body = json.dumps(found).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def do_GET(self) -> None:
            at = provider.issuer
            if self.path.endswith("openid-configuration"):
                self.say(
                    {
                        "issuer": at,
                        "authorization_endpoint": f"{at}/authorize",
                        "token_endpoint": f"{at}/token",
                        "jwks_uri": f"{at}/keys",
                    }
                )
            else:
                self.say({"keys": [provider.key.as_dict(private=False)]})

        def do_POST(self) -> None:
            length = int(self.headers["Content-Length"])
            provider.asked = parse_qs(self.rfile.read(length).decode())
            self.say({"access_token": "x", "token_type": "Bearer", "id_token": provider.token()})

        def log_message(self, *_: Any) -> None:
            pass

    return Handler


@pytest.fixture
def provider(monkeypatch: pytest.MonkeyPatch) -> Iterator[Provider]:
    one = Provider()
    server = HTTPServer(("127.0.0.1", 0), _handler(one))
    one.issuer = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    monkeypatch.setenv("AUTHLIB_INSECURE_TRANSPORT", "1")
    with override_settings(
        STORAGES=PLAIN,
        EUTOPIA_OPENID_ISSUER=one.issuer,
        EUTOPIA_OPENID_CLIENT="eutopia",
        EUTOPIA_OPENID_SECRET="between us",
        EUTOPIA_OPENID_DISTRICT="district",
    ):
        yield one
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def voting() -> models.Round:
    return voting_round(load_territory(OPERATOR, hamlet())[0], roll="provider")


def sent(client: Client, row: models.Round, provider: Provider) -> dict[str, str]:
    """What the provider is asked when somebody goes to log in."""
    response = client.get(f"/en/ballots/{row.code}/login/")
    assert response.status_code == 302
    where = urlsplit(response["Location"])
    assert f"{where.scheme}://{where.netloc}" == provider.issuer
    asked = {name: values[0] for name, values in parse_qs(where.query).items()}
    provider.nonce = asked["nonce"]
    assert asked["scope"] == "openid"
    assert asked["code_challenge_method"] == "S256"
    return asked


def back(client: Client, asked: dict[str, str], **more: str) -> Any:
    given = {"code": "abc", "state": asked["state"], **more}
    return client.get("/en/ballots/login/", given)


def test_a_person_votes_once(client: Client, voting: models.Round, provider: Provider) -> None:
    asked = sent(client, voting, provider)
    sheet = back(client, asked)
    fields = hidden(sheet.content.decode())
    done = client.post(f"/en/ballots/{voting.code}/vote/", {**fields, "p-1": "1"})
    assert "Your vote is in the box" in done.content.decode()
    assert provider.asked["code_verifier"][0]
    fields = hidden(back(client, sent(client, voting, provider)).content.decode())
    again = client.post(f"/en/ballots/{voting.code}/vote/", {**fields, "p-2": "1"})
    assert "somebody voted already" in again.content.decode()
    assert models.Envelope.objects.count() == 1
    kept = bytes(models.Attendance.objects.get(round=voting).digests)
    assert len(kept) == 8
    assert b"person" not in kept


@pytest.mark.parametrize(
    "claims",
    [
        {"aud": "another site"},
        {"iss": "https://elsewhere.example"},
        {"exp": 1_000_000_000},
        {"nonce": "replayed"},
        {"sub": None},
    ],
)
def test_what_is_not_for_us_is_not_believed(
    client: Client, voting: models.Round, provider: Provider, claims: dict[str, Any]
) -> None:
    asked = sent(client, voting, provider)
    provider.claims = claims
    refused = back(client, asked)
    assert refused.status_code == 422
    assert "did not vouch" in refused.content.decode()
    assert not hidden(refused.content.decode()).get("right")


def test_forged_keys_and_others_answers_are_refused(
    client: Client, voting: models.Round, provider: Provider
) -> None:
    asked = sent(client, voting, provider)
    other = back(client, {**asked, "state": "another's"})
    assert other.status_code == 422
    asked = sent(client, voting, provider)
    provider.signing = RSAKey.generate_key(2048, {"kid": "one"})
    assert back(client, asked).status_code == 422
    assert Client().get("/en/ballots/login/", {"code": "x", "state": "y"}).status_code == 404
    assert client.get("/en/ballots/none/login/").status_code == 404
