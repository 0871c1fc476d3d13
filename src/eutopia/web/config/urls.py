"""Where each part of the site is: pages carry their language in the address, so links keep it."""

from __future__ import annotations

from django.conf.urls.i18n import i18n_patterns
from django.urls import include, path

from eutopia.web.foundation.health import health

urlpatterns = [
    path("health", health, name="health"),
    path("api/", include("eutopia.web.api.urls")),
    *i18n_patterns(
        path("account/", include("eutopia.web.foundation.urls")),
        path("desk/", include("eutopia.web.desk.urls")),
        path("", include("eutopia.web.portal.urls")),
    ),
]
