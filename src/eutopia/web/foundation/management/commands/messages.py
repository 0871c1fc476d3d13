"""`eutopia manage messages`: words collected, checked and compiled."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from eutopia.web.foundation import messages

_SOURCE_LANGUAGE = "en"


class Command(BaseCommand):
    """Bring every language's file up to date with the source and compile it."""

    help = "Collect the words of the site, update and compile every language's file."
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        """Take `--check`, which changes nothing."""
        parser.add_argument(
            "--check", action="store_true", help="Change nothing; end with status 1 at any gap."
        )

    def handle(self, *_args: Any, check: bool, **_options: Any) -> None:
        """Update and compile, or check."""
        locale = Path(settings.LOCALE_PATHS[0])
        source = messages.collect_messages(locale.parent)
        gaps = []
        for language, _ in settings.LANGUAGES:
            if language == _SOURCE_LANGUAGE:
                continue
            path = messages.catalogue_path(locale, language)
            if not check:
                messages.update_catalogue(path, language, source)
                messages.compile_catalogue(path, language)
            gaps += messages.find_gaps(path, language, source)
        for gap in gaps:
            self.stdout.write(f"{gap.language} {gap.fault}: {gap.message!r}")
        self.stdout.write(f"{sum(1 for m in source if m.id)} messages, {len(gaps)} gaps")
        if check and gaps:
            raise CommandError("Some words are not there in every language.")
