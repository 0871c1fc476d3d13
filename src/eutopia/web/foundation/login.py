"""Logging in and out: guessing is slowed down, every log-in is in the log of acts."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.contrib.auth.forms import AuthenticationForm
from django.contrib.auth.views import LoginView
from django.db import transaction
from django.http import HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from eutopia.web.foundation.addresses import client_address
from eutopia.web.foundation.audit import log_act
from eutopia.web.foundation.services import actor_of
from eutopia.web.foundation.throttle import Limit, forgive, note_attempt, seconds_to_wait

_QUARTER = timedelta(minutes=15)
# One account from one address; one account from everywhere; one address at every account. The
# second is wider, so that a stranger cannot lock somebody out with a few guesses.
_PAIR = Limit("login.pair", 5, _QUARTER)
_ACCOUNT = Limit("login.account", 30, _QUARTER)
_ADDRESS = Limit("login.address", 50, _QUARTER)


class Login(LoginView):
    """The page where staff log in."""

    template_name = "foundation/login.html"
    authentication_form = AuthenticationForm
    redirect_authenticated_user = True

    def post(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        """Look at the password only if there were not too many wrong ones."""
        wait = max(seconds_to_wait(limit, key) for limit, key in self._counted())
        if wait:
            return self._refused(wait)
        return super().post(request, *args, **kwargs)

    def form_valid(self, form: AuthenticationForm) -> HttpResponse:
        """Log in, and write it down."""
        account: Any = form.get_user()
        with transaction.atomic():
            response = super().form_valid(form)
            log_act(actor_of(account), "desk.enter", account)
        pair = self._counted()[0]
        forgive(*pair)
        return response

    def form_invalid(self, form: AuthenticationForm) -> HttpResponse:
        """Count the wrong password."""
        for limit, key in self._counted():
            note_attempt(limit, key)
        return super().form_invalid(form)

    def _counted(self) -> tuple[tuple[Limit, str], ...]:
        name = self.request.POST.get("username", "").strip().lower()
        address = client_address(self.request)
        return ((_PAIR, f"{name} {address}"), (_ACCOUNT, name), (_ADDRESS, address))

    def _refused(self, wait: int) -> HttpResponse:
        minutes = -(-wait // 60)
        form = self.get_form_class()(self.request)
        too_many = _("Too many wrong attempts.")
        when = ngettext(
            "Try again in %(count)d minute.", "Try again in %(count)d minutes.", minutes
        ) % {"count": minutes}
        context = self.get_context_data(form=form, refused=f"{too_many} {when}")
        response = self.render_to_response(context, status=429)
        response.headers["Retry-After"] = str(wait)
        return response
