"""Logging in and out."""

from __future__ import annotations

from django.contrib.auth.views import LoginView, LogoutView
from django.urls import path

app_name = "foundation"
urlpatterns = [
    path("login", LoginView.as_view(template_name="foundation/login.html"), name="login"),
    path("logout", LogoutView.as_view(), name="logout"),
]
