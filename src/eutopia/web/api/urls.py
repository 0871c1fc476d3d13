"""Addresses of `api`: version 1, and reading by Open311 GeoReport v2."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver

from eutopia.web.api.v1 import api

app_name = "api"
urlpatterns: list[URLPattern | URLResolver] = api.urls[0]
