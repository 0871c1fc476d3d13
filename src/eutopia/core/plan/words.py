"""Plain words for what the planner found: conflicts, ways out and reasons, in English and Russian.

Everything else of the core speaks in codes; these sentences are for a command line or a page that
shows a conflict to people who set the rules.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from eutopia.core.records.programme import (
    Candidate,
    Conflict,
    PortfolioRules,
    Reason,
    Relaxation,
)
from eutopia.core.records.text import Text

LANGUAGES = ("en", "ru")
RULES: Mapping[str, tuple[str, str]] = {
    "must": ("“{name}” must be built", "«{name}» требуется построить обязательно"),
    "must_in": ("“{name}” is pinned to its year", "для «{name}» год закреплён"),
    "must_not": ("“{name}” was taken out by hand", "«{name}» исключено вручную"),
    "mandate": ("a ballot decided on “{name}”", "за «{name}» проголосовали жители"),
    "fund": ("“{name}” has only so much money", "в источнике «{name}» денег не больше, чем задано"),
    "upkeep": (
        "only so much yearly upkeep can be paid for",
        "на ежегодное содержание денег не больше, чем задано",
    ),
    "upkeep_of": (
        "nobody pays for the upkeep of “{name}”",
        "содержание «{name}» никем не оплачено",
    ),
    "floor": ("{name} gets at least its share", "{name}: доля средств не меньше заданной"),
    "crew": (
        "crews “{name}” manage only so many works a year",
        "бригады «{name}» успевают не больше заданного числа работ в год",
    ),
    "season": (
        "crews “{name}” have only so many months in the season",
        "у бригад «{name}» в сезоне не больше заданного числа месяцев",
    ),
    "closure": (
        "“{name}” may be closed only so often",
        "«{name}» можно перекрывать не чаще заданного",
    ),
    "excludes": ("only one of these can be built: {name}", "построить можно лишь одно из: {name}"),
    "requires": ("“{name}” needs “{other}”", "для «{name}» необходимо «{other}»"),
    "after": (
        "“{name}” comes after the works it must wait for",
        "«{name}» выполняется только после работ, которых должно ждать",
    ),
    "gate": ("protection of heritage forbids “{name}”", "охрана наследия не допускает «{name}»"),
    "lead_time": ("“{name}” cannot begin so early", "«{name}» нельзя начать так рано"),
}
WAYS: Mapping[str, tuple[str, str]] = {
    "must": ("do not insist on “{name}”", "не настаивать на «{name}»"),
    "must_in": ("let “{name}” be built in another year", "разрешить для «{name}» другой год"),
    "mandate": (
        "put off “{name}”, with reasons given to the voters",
        "отложить «{name}» и объяснить голосовавшим причины",
    ),
    "fund": ("{amount} {unit} more in “{name}”", "добавить {amount} {unit} в источник «{name}»"),
    "upkeep": (
        "{amount} {unit} more for upkeep a year",
        "добавить {amount} {unit} в год на содержание",
    ),
    "floor": (
        "let the least share of {name} give by {amount} {unit}",
        "уменьшить обязательную долю ({name}) на {amount} {unit}",
    ),
    "crew": (
        "let crews “{name}” take {amount} more works a year",
        "увеличить число работ бригад «{name}» в год на {amount}",
    ),
    "season": (
        "{amount} more months of a crew “{name}” in the season",
        "добавить в сезоне месяцев работы бригады «{name}»: {amount}",
    ),
    "closure": (
        "close “{name}” in {amount} more years",
        "увеличить число лет с перекрытием «{name}» на {amount}",
    ),
}
REASONS: Mapping[str, tuple[str, str]] = {
    "chosen": ("It is in the programme for {year}.", "Вошло в программу на {year} год."),
    "mandated": (
        "A vote or a planner's pin requires it.",
        "Этого требует голосование или решение планировщика.",
    ),
    "budget": (
        "The money went to works that bring more for it.",
        "Деньги пошли на работы, которые дают за них больше.",
    ),
    "upkeep_unfunded": ("Its upkeep is not paid for.", "Содержание не оплачено."),
    "heritage_forbidden": (
        "Protection of heritage forbids it.",
        "Не допускает охрана наследия.",
    ),
    "heritage_lead_time": (
        "The approval takes longer than the programme.",
        "Согласование дольше срока программы.",
    ),
    "excluded_by": ("What was chosen excludes it.", "Исключает выбранный вариант."),
    "requires_missing": (
        "What it needs was not chosen.",
        "Не выбрано то, что для этого необходимо.",
    ),
    "precedence": ("What must come first comes too late.", "Предшествующие работы слишком поздно."),
    "floor_displaced": (
        "It gave way to the least shares.",
        "Уступило ради обязательных долей.",
    ),
    "crew_full": ("The crews are taken.", "Бригады заняты."),
    "closed_once": (
        "Its street is closed in other years only.",
        "Улицу перекрывают только в другие годы.",
    ),
    "priority": (
        "A criterion that comes first would lose.",
        "Проиграл бы более важный критерий.",
    ),
    "no_benefit": ("It brings nothing.", "Ничего не даёт."),
    "counted_twice": ("What was chosen brings the same.", "То же даёт уже выбранное."),
    "outweighed": (
        "It fits only if what brings more is left out.",
        "Помещается, только если убрать более полезное.",
    ),
    "pinned_out": ("It was taken out by hand.", "Исключено вручную."),
    "too_late": (
        "It cannot begin within the programme's years.",
        "Нельзя начать в годы программы.",
    ),
    "conflict": ("The rules cannot all hold.", "Правила не выполнимы одновременно."),
    "stopped": ("Time ran out.", "Не хватило времени."),
}
_NAMED = 12
"""So many rules of a conflict are named, and so many ways out."""
UNITS = {"crew_months": ("crew-months", "бригадо-месяцев")}


def conflict_words(
    conflict: Conflict, candidates: Mapping[str, Candidate], *, rules: PortfolioRules
) -> tuple[Text, tuple[Text, ...]]:
    """What does a conflict say in plain words, and what are its ways out?

    Parameters
    ----------
    conflict
        As in `Programme.conflicts`.
    candidates
        By id, for their titles.
    rules
        For the titles of funds.

    Returns
    -------
    tuple
        The conflict in a sentence, of many rules the last twelve, where what is not a pin stands,
        and how many pins besides; a sentence for each way out, those in money first, the cheapest
        before the dearer, at most twelve.

    Examples
    --------
    See `docs/methods/portfolio.md`.
    """
    parts = [_rule_words(rule, candidates, rules) for rule in conflict.rules[-_NAMED:]]
    if more := len(conflict.rules) - len(parts):
        parts.append((f"{more} more", f"и ещё {more}"))
    heads = ("These cannot all hold: ", "Это невыполнимо одновременно: ")
    sentence = Text(
        tuple(
            (code, heads[k] + "; ".join(part[k] for part in parts) + ".")
            for k, code in enumerate(LANGUAGES)
        )
    )
    ways = sorted(conflict.relaxations, key=lambda way: (len(way.unit) != 3 or way.unit == "pin",
                                                         way.amount, way.rule))  # fmt: skip
    return sentence, tuple(_way_words(way, candidates, rules) for way in ways[:_NAMED])


def _rule_words(
    rule: tuple[str, str], candidates: Mapping[str, Candidate], rules: PortfolioRules
) -> tuple[str, str]:
    kind, key = rule
    known = "upkeep_of" if kind == "upkeep" and key else kind
    english, russian = RULES.get(known, ("{name}", "{name}"))
    names = [_names(kind, key, language, candidates, rules) for language in LANGUAGES]
    return english.format(**names[0]), russian.format(**names[1])


def _names(
    kind: str,
    key: str,
    language: str,
    candidates: Mapping[str, Candidate],
    rules: PortfolioRules,
) -> dict[str, str]:
    """What fills the gaps of a sentence: titles where there are any, the key where not."""

    def title(id_: str) -> str:
        return candidates[id_].title.to(language) if id_ in candidates else id_

    if kind == "fund":
        titles = {fund.id: fund.title.to(language) for fund in rules.funds}
        return {"name": titles.get(key, key)}
    if kind == "excludes":
        return {"name": "; ".join(title(id_) for id_ in key.split("+"))}
    if kind == "requires":
        one, _, other = key.partition(">")
        return {"name": title(one), "other": title(other)}
    if kind == "floor":
        return {"name": key.partition(":")[2] or key}
    return {"name": title(key)}


def _way_words(way: Relaxation, candidates: Mapping[str, Candidate], rules: PortfolioRules) -> Text:
    forms = []
    for k, language in enumerate(LANGUAGES):
        names = _names(way.rule[0], way.rule[1], language, candidates, rules)
        unit = UNITS.get(way.unit, (way.unit, way.unit))[k]
        sentence = WAYS.get(way.rule[0], ("{name}: {amount}", "{name}: {amount}"))[k]
        amount = number_words(way.amount, language)
        forms.append((language, sentence.format(amount=amount, unit=unit, **names)))
    return Text(tuple(forms))


def number_words(number: Decimal, language: str) -> str:
    """How is a number written: 1,234.50 in English, 1 234,50 in Russian?

    Examples
    --------
    >>> number_words(Decimal("1234.50"), "ru")
    '1\\xa0234,50'
    """
    plain = f"{number:,}"
    if language != "ru":
        return plain
    return plain.replace(",", "\xa0").replace(".", ",")


def reason_words(reason: Reason) -> Text:
    """What does a reason say in a sentence?

    Examples
    --------
    >>> reason_words(Reason("crew_full")).to("en")
    'The crews are taken.'
    """
    forms = REASONS.get(reason.code, (reason.code, reason.code))
    values = dict(reason.values)
    filled = (form.format(year=values.get("year", "")) for form in forms)
    return Text(tuple(zip(LANGUAGES, filled, strict=True)))
