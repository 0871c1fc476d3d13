"""What the core says of rows it cannot use, in the reader's language."""

from __future__ import annotations

from django.utils.translation import gettext

from eutopia.core.listen.rejections import Said


def said(words: Said) -> str:
    """Put what the core says into the language of the request, or of the site."""
    told = gettext(words.pattern)
    return told % words.values if words.values else told
