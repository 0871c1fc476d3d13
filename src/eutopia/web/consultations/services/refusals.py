"""How the services of this noun say no."""

from __future__ import annotations

from collections.abc import Sequence

Forms = Sequence[Sequence[str]]
"""Pairs of language and wording."""


class DialogueRefused(ValueError):  # noqa: N818 - a verdict on what was sent.
    """Nothing was changed. `fields` pairs each field with a code of what is wrong.

    Codes: missing, too_long, unknown, too_many, not_now, order (dates out of order), number,
    not_positive, too_much, no_evidence, code, used, answers, final, before.
    """

    def __init__(self, *fields: tuple[str, str], said: str = "") -> None:
        super().__init__(said or ", ".join(f"{field}: {code}" for field, code in fields))
        self.fields = fields
        self.said = said
        """What the core's method says is wrong, where it refused."""


def spoken(forms: Forms) -> list[list[str]]:
    """What of these wordings is said at all, without blanks around it?"""
    return [[code, words.strip()] for code, words in forms if words.strip()]


def faults_of(name: str, forms: Forms, most: int) -> list[tuple[str, str]]:
    """What is wrong with words of which at least one language must be there?"""
    said = spoken(forms)
    if not said:
        return [(name, "missing")]
    return [(name, "too_long")] if any(len(words) > most for _, words in said) else []
