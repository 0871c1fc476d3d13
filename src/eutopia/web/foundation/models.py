"""Tables of the foundation: accounts of staff, their roles, the log of acts."""

from __future__ import annotations

import uuid
from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from eutopia.web.foundation.access import BOUND_ROLES, ROLES


class AccountManager(BaseUserManager["Account"]):
    """Makes accounts; used by services and by `eutopia manage createsuperuser` alike."""

    def create_user(self, login: str, password: str | None = None, **fields: Any) -> Account:
        """Make an account; without a password nobody can log in to it."""
        account = self.model(login=login.strip().lower(), **fields)
        account.set_password(password)
        account.full_clean(exclude=["password"])
        account.save(using=self._db)
        return account

    def get_by_natural_key(self, username: str | None) -> Account:
        return self.get(login=(username or "").strip().lower())


class Account(AbstractBaseUser):
    """Somebody who works here: staff, a provider, a contractor, an auditor. Never a resident.

    A resident needs no account, and none is kept: no profile of a resident can exist.
    """

    login = models.CharField(_("log-in name"), max_length=80, unique=True)
    name = models.CharField(_("name"), max_length=160, help_text=_("As colleagues know it."))
    language = models.CharField(_("language"), max_length=8, blank=True)
    is_active = models.BooleanField(_("may log in"), default=True)
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    USERNAME_FIELD = "login"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["name"]

    objects: ClassVar[AccountManager] = AccountManager()

    class Meta:
        verbose_name = _("account")
        verbose_name_plural = _("accounts")

    def __str__(self) -> str:
        return f"{self.name}"


def role_choices() -> list[tuple[str, Any]]:
    """List the roles that can be granted; the resident's needs no grant."""
    return [(role, words) for role, words in ROLES.items() if role != "resident"]


class RoleGrant(models.Model):
    """One role of one account, in one municipality or in all, for one organisation or none."""

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="role_grants")
    role = models.CharField(_("role"), max_length=32, choices=role_choices)
    municipality = models.CharField(
        _("municipality"), max_length=64, blank=True, help_text=_("Empty: in every municipality.")
    )
    organisation = models.CharField(
        _("organisation"),
        max_length=128,
        blank=True,
        help_text=_("Providers and contractors reach their own organisation's cases only."),
    )
    granted_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["account", "role", "municipality", "organisation"], name="role_grant_once"
            ),
            models.CheckConstraint(
                name="role_grant_bound_role_has_organisation",
                condition=~models.Q(role__in=sorted(BOUND_ROLES)) | ~models.Q(organisation=""),
            ),
            models.CheckConstraint(
                name="role_grant_resident_needs_none", condition=~models.Q(role="resident")
            ),
        ]

    def __str__(self) -> str:
        return f"{self.role} {self.municipality or '*'} {self.organisation}".strip()


class Act(models.Model):
    """One entry of the log; see `audit`. The database refuses to change or delete it."""

    number = models.BigIntegerField(primary_key=True)
    at = models.DateTimeField()
    account = models.BigIntegerField(null=True)
    """The account's number, not a reference: an entry outlives the account."""
    name = models.CharField(max_length=160, blank=True)
    roles = models.CharField(max_length=200)
    action = models.CharField(max_length=64)
    municipality = models.CharField(max_length=64, blank=True)
    subject_type = models.CharField(max_length=64)
    subject_id = models.CharField(max_length=128)
    before = models.TextField(blank=True)
    """JSON as it was hashed: text, since the database would rewrite numbers in its own JSON."""
    after = models.TextField(blank=True)
    reason = models.TextField(blank=True)
    previous = models.CharField(max_length=64)
    hash = models.CharField(max_length=64)

    class Meta:
        ordering = ["number"]
        indexes = [
            models.Index(fields=["subject_type", "subject_id"], name="act_subject"),
            models.Index(fields=["municipality", "-number"], name="act_municipality"),
        ]

    def __str__(self) -> str:
        return f"{self.number} {self.action}"


class Attempt(models.Model):
    """One attempt that a limit counts; see `throttle`. Nobody can be recognised by it."""

    kind = models.CharField(max_length=32)
    key = models.CharField(max_length=64)
    at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["kind", "key", "at"], name="attempt_key")]

    def __str__(self) -> str:
        return self.kind


class SealedContact(models.Model):
    """How to reach somebody who reported: encrypted, apart from the report, for a time only."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    sealed = models.BinaryField()
    erase_on = models.DateField(db_index=True)

    def __str__(self) -> str:
        return str(self.id)
