"""Words shown to people, in as many languages as a territory speaks."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Text:
    """What is one thing called in each language?

    Parameters
    ----------
    forms
        Pairs of language code (BCP 47, lower case) and wording; the first is the fallback.

    Examples
    --------
    >>> lamp = Text.of(en="Street light", ru="Фонарь")
    >>> lamp.to("ru"), lamp.to("fr")
    ('Фонарь', 'Street light')
    """

    forms: tuple[tuple[str, str], ...]

    def __post_init__(self) -> None:
        if not self.forms:
            raise ValueError("a text needs at least one language")

    @classmethod
    def of(cls, **forms: str) -> Text:
        """Build from keyword arguments, one a language."""
        return cls(tuple(forms.items()))

    def to(self, language: str) -> str:
        """Return the wording in `language`, else in the first language given."""
        for code, wording in self.forms:
            if code == language:
                return wording
        return self.forms[0][1]

    @property
    def languages(self) -> tuple[str, ...]:
        """Codes of the languages present, in order."""
        return tuple(code for code, _ in self.forms)
