"""Tables of the foundation: accounts of staff, their roles, the log of acts."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _


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
