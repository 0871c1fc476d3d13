"""What every page sends along, and how guessing passwords is slowed down."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.test import Client, RequestFactory, override_settings
from django.utils import timezone

from eutopia.web.foundation import upload_limit
from eutopia.web.foundation.access import OPERATOR, AccessDenied, Actor, Grant
from eutopia.web.foundation.addresses import client_address
from eutopia.web.foundation.models import Account, Act, Attempt, RoleGrant
from eutopia.web.foundation.services import (
    actor_of,
    close_account,
    grant_role,
    open_account,
    revoke_role,
)
from eutopia.web.foundation.throttle import (
    Limit,
    forget_attempts,
    forgive,
    note_attempt,
    seconds_to_wait,
)

PASSWORD = "Тридцать три Егорки"


@pytest.fixture
def clerk(db) -> Account:
    return open_account(OPERATOR, login="Clerk", name="A. Clerk", password=PASSWORD)


@pytest.mark.django_db
def test_every_answer_carries_the_headers_that_owasp_asks_for(client):
    for path in ("/health", "/en/account/login", "/ru/account/login", "/nowhere"):
        sent = client.get(path).headers
        assert sent["X-Content-Type-Options"] == "nosniff"
        assert sent["X-Frame-Options"] == "DENY"
        assert sent["Referrer-Policy"] == "same-origin"
        assert sent["Cross-Origin-Opener-Policy"] == "same-origin"
        assert sent["Cross-Origin-Resource-Policy"] == "same-origin"
        assert sent["X-Permitted-Cross-Domain-Policies"] == "none"
        assert "geolocation=(self)" in sent["Permissions-Policy"]
        policy = dict(
            part.strip().split(" ", 1) for part in sent["Content-Security-Policy"].split(";")
        )
        assert policy["default-src"] == policy["frame-ancestors"] == policy["base-uri"] == "'none'"
        assert policy["script-src"] == policy["style-src"] == policy["worker-src"] == "'self'"
        assert "unsafe" not in sent["Content-Security-Policy"]
        assert "*" not in sent["Content-Security-Policy"]


def run_settings(**variables: str) -> dict[str, object]:
    """Settings as another environment would make them."""
    import json
    import os
    import subprocess
    import sys

    names = ("CONTENT_SECURITY_POLICY", "SESSION_COOKIE_SECURE", "CSRF_COOKIE_NAME",
             "SECURE_HSTS_SECONDS", "SECURE_SSL_REDIRECT", "ALLOWED_HOSTS", "DEBUG",
             "PASSWORD_HASHERS")  # fmt: skip
    script = (
        "import json, eutopia.web.config.settings as s;"
        f"print(json.dumps({{n: getattr(s, n) for n in {names!r}}}))"
    )
    result = subprocess.run(
        [sys.executable, "-c", script],
        env={**os.environ, **variables},
        capture_output=True,
        check=True,
    )
    return json.loads(result.stdout)


def test_under_https_cookies_are_secure_and_hsts_is_sent():
    made = run_settings(EUTOPIA_URL="https://city.example")
    assert made["SESSION_COOKIE_SECURE"] is True
    assert made["CSRF_COOKIE_NAME"].startswith("__Host-")
    assert made["SECURE_HSTS_SECONDS"] >= 31_536_000
    assert made["SECURE_SSL_REDIRECT"] is True
    assert made["ALLOWED_HOSTS"][0] == "city.example"
    assert made["DEBUG"] is False


def test_a_tile_url_adds_its_origin_and_nothing_more():
    plain = run_settings()["CONTENT_SECURITY_POLICY"]["DIRECTIVES"]
    tiles = run_settings(EUTOPIA_TILE_URL="https://tiles.example/v1/{z}/{x}/{y}.png")
    tiles = tiles["CONTENT_SECURITY_POLICY"]["DIRECTIVES"]
    differing = {name for name in plain if plain[name] != tiles[name]}
    assert differing == {"img-src", "connect-src"}
    assert set(tiles["connect-src"]) - set(plain["connect-src"]) == {"https://tiles.example"}


@pytest.mark.django_db
def test_djangos_own_check_of_a_deployed_site_finds_nothing(monkeypatch):
    with override_settings(
        SECURE_HSTS_SECONDS=31_536_000,
        SECURE_SSL_REDIRECT=True,
        SESSION_COOKIE_SECURE=True,
        CSRF_COOKIE_SECURE=True,
        # A municipality's other sites are not ours to bind (W005), nor its preload list (W021).
        SILENCED_SYSTEM_CHECKS=["security.W005", "security.W021"],
    ):
        call_command("check", deploy=True, fail_level="WARNING")


@pytest.mark.django_db
def test_migrations_are_complete():
    call_command("makemigrations", "foundation", check=True, dry_run=True, verbosity=0)


def login(client: Client, password: str, name: str = "clerk", **extra: str):
    return client.post("/en/account/login", {"username": name, "password": password}, **extra)


def test_a_log_in_with_any_capitals_works_and_is_in_the_log(client, clerk):
    assert login(client, PASSWORD, "CLERK").status_code == 302
    entry = Act.objects.latest("number")
    assert (entry.action, entry.account, entry.subject_id) == (
        "desk.enter",
        clerk.pk,
        str(clerk.pk),
    )


def test_a_page_for_somebody_logged_in_is_kept_by_no_cache(client, clerk):
    client.force_login(clerk)
    assert "no-store" in client.get("/nowhere").headers["Cache-Control"]


def test_after_five_wrong_passwords_even_the_right_one_must_wait(client, clerk):
    for _ in range(5):
        assert login(client, "wrong").status_code == 200
    refused = login(client, PASSWORD)
    assert refused.status_code == 429
    assert 0 < int(refused.headers["Retry-After"]) <= 901
    assert "Too many wrong attempts" in refused.content.decode()
    assert "_auth_user_id" not in client.session
    # From elsewhere the owner still gets in.
    assert login(client, PASSWORD, REMOTE_ADDR="10.9.9.9").status_code == 302


def test_the_wait_ends(client, clerk):
    for _ in range(5):
        login(client, "wrong")
    Attempt.objects.update(at=timezone.now() - timedelta(minutes=16))
    assert login(client, PASSWORD).status_code == 302


def test_a_right_password_forgives_the_wrong_ones_before_it(client, clerk):
    for _ in range(4):
        login(client, "wrong")
    assert login(client, PASSWORD).status_code == 302
    client.logout()
    for _ in range(4):
        assert login(client, "wrong").status_code == 200


def test_one_address_trying_many_accounts_is_stopped(client, clerk):
    for number in range(50):
        login(client, "wrong", f"account{number}")
    assert login(client, "wrong", "account99").status_code == 429


@pytest.mark.django_db
def test_what_is_counted_tells_nobody_who_it_was():
    limit = Limit("login.account", 3, timedelta(minutes=1))
    note_attempt(limit, "ivanov 10.0.0.7")
    kept = Attempt.objects.get()
    assert re.fullmatch(r"[0-9a-f]{64}", kept.key)


@pytest.mark.django_db
def test_a_limit_counts_its_own_kind_key_and_time_only():
    limit = Limit("a", 2, timedelta(minutes=10))
    for _ in range(2):
        note_attempt(limit, "x")
    assert 0 < seconds_to_wait(limit, "x") <= 601
    assert seconds_to_wait(limit, "y") == 0
    assert seconds_to_wait(Limit("b", 2, timedelta(minutes=10)), "x") == 0
    forgive(limit, "x")
    assert seconds_to_wait(limit, "x") == 0
    note_attempt(limit, "x")
    Attempt.objects.update(at=timezone.now() - timedelta(days=2))
    assert forget_attempts() == 1


@pytest.mark.parametrize(
    ("proxies", "forwarded", "expected"),
    [
        (0, "6.6.6.6", "127.0.0.1"),  # nobody is believed
        (1, "6.6.6.6, 5.5.5.5", "5.5.5.5"),  # only what our proxy wrote
        (2, "6.6.6.6, 5.5.5.5, 4.4.4.4", "5.5.5.5"),
        (2, "4.4.4.4", "127.0.0.1"),  # fewer than there must be: somebody went past them
        (1, "", "127.0.0.1"),
    ],
)
def test_only_our_own_proxies_are_believed(settings, proxies, forwarded, expected):
    settings.EUTOPIA_PROXIES = proxies
    request = RequestFactory().get("/", headers={"X-Forwarded-For": forwarded})
    assert client_address(request) == expected


def test_passwords_are_kept_by_argon2():
    # The suite itself uses a quick hash; what an installation uses is asked of its settings.
    first = run_settings()["PASSWORD_HASHERS"][0]
    assert first == "django.contrib.auth.hashers.Argon2PasswordHasher"


def test_an_account_gets_and_loses_roles_and_each_act_is_in_the_log(clerk):
    grant = grant_role(OPERATOR, clerk, "case_officer", municipality="lipki")
    assert grant_role(OPERATOR, clerk, "case_officer", municipality="lipki") == grant
    assert actor_of(clerk).roles == ("resident", "case_officer")
    revoke_role(OPERATOR, grant, reason="moved on")
    assert actor_of(clerk).roles == ("resident",)
    acts = Act.objects.order_by("number").values_list("action", "reason")
    assert list(acts) == [("staff.manage", ""), ("role.grant", ""), ("role.grant", "moved on")]


def test_a_closed_account_is_nobody_and_cannot_log_in(client, clerk):
    grant_role(OPERATOR, clerk, "administrator")
    close_account(OPERATOR, clerk, reason="left")
    clerk.refresh_from_db()
    assert actor_of(clerk).roles == ("resident",)
    assert login(client, PASSWORD).status_code == 200
    assert "_auth_user_id" not in client.session


@pytest.mark.django_db
def test_an_administrator_of_one_municipality_grants_nothing_in_another(clerk):
    local = Actor(5, "Local", (Grant("administrator", "lipki"),))
    grant_role(local, clerk, "planner", municipality="lipki")
    for elsewhere in ("dubki", ""):
        with pytest.raises(AccessDenied):
            grant_role(local, clerk, "planner", municipality=elsewhere)
    assert RoleGrant.objects.count() == 1


@pytest.mark.parametrize("wrong", ["king", "resident"])
def test_a_role_that_cannot_be_granted_is_refused(clerk, wrong):
    from django.core.exceptions import ValidationError

    with pytest.raises(ValidationError):
        grant_role(OPERATOR, clerk, wrong)


def test_a_provider_without_an_organisation_is_refused(clerk):
    from django.core.exceptions import ValidationError

    with pytest.raises(ValidationError):
        grant_role(OPERATOR, clerk, "provider", municipality="lipki")


def test_an_account_keeps_nothing_about_a_person_but_name_and_log_in():
    kept = {f.attname for f in Account._meta.concrete_fields}
    assert kept == {
        "id", "password", "last_login", "login", "name", "language", "is_active", "created_at",
    }  # fmt: skip


def test_an_upload_without_end_is_broken_off(monkeypatch):
    monkeypatch.setattr(upload_limit, "LARGEST_REQUEST", 100_000)

    def received(size: int) -> list[int]:
        sent = SimpleUploadedFile("a.jpg", b"x" * size)
        return [file.size for file in RequestFactory().post("/", {"file": sent}).FILES.values()]

    assert received(90_000) == [90_000]
    # What was broken off arrives as no file at all.
    assert received(110_000) == []
