"""Names of the training town: invented, neutral, in Russian and English."""

from __future__ import annotations

from numpy.random import Generator

from eutopia.core.records.text import Text

TOWN = Text.of(en="Lukorechensk (training town)", ru="Лукореченск (учебный город)")

DISTRICTS = {
    "d01": Text.of(en="Old Town", ru="Старый город"),
    "d02": Text.of(en="Linden Quarter", ru="Липовый квартал"),
    "d03": Text.of(en="Market Quarter", ru="Ярмарочный"),
    "d04": Text.of(en="Meadow Side", ru="Луговая сторона"),
    "d05": Text.of(en="North Hill", ru="Северная горка"),
    "d06": Text.of(en="Orchards", ru="Сады"),
    "d07": Text.of(en="Works", ru="Заводской"),
    "d08": Text.of(en="Fishermen's Side", ru="Рыбацкая слобода"),
    "d09": Text.of(en="Over-the-River", ru="Заречье"),
    "d10": Text.of(en="Potters' Side", ru="Гончарная слобода"),
}

MAIN_ROADS = {
    "ring": Text.of(en="Ring Avenue", ru="Кольцевой проспект"),
    "boulevard": Text.of(en="Earthwall Boulevard", ru="Валовой бульвар"),
    "radial-0": Text.of(en="Zavodskaya Street", ru="Заводская улица"),
    "radial-1": Text.of(en="Sadovy Avenue", ru="Садовый проспект"),
    "radial-2": Text.of(en="Severny Avenue", ru="Северный проспект"),
    "radial-3": Text.of(en="Polevaya Highway", ru="Полевое шоссе"),
    "bridge-0": Text.of(en="Zarechny Avenue", ru="Заречный проспект"),
    "bridge-1": Text.of(en="Mostovaya Street", ru="Мостовая улица"),
    "embankment-north": Text.of(en="Town Embankment", ru="Городская набережная"),
    "embankment-south": Text.of(en="Green Embankment", ru="Зелёная набережная"),
}

# Feminine and masculine adjective, and the Latin stem that both share.
_ADJECTIVES = """
Абрикосов Abrikosov|Амбарн Ambarn|Берёзов Beryozov|Боков Bokov
Боров Borov|Брусничн Brusnichn|Васильков Vasilkov|Верхн Verkhn
Весенн Vesenn|Вишнёв Vishnyov|Восточн Vostochn|Высок Vysok
Гончарн Goncharn|Гранитн Granitn|Грушев Grushev|Дальн Daln
Дачн Dachn|Дубов Dubov|Еланн Elann|Еловой Elov
Жасминн Zhasminn|Жемчужн Zhemchuzhn|Закатн Zakatn|Заливн Zalivn
Западн Zapadn|Звонарн Zvonarn|Земляничн Zemlyanichn|Зелён Zelyon
Зимн Zimn|Ивов Ivov|Калинов Kalinov|Каменн Kamenn
Канатн Kanatn|Каштанов Kashtanov|Кедров Kedrov|Кирпичн Kirpichn
Кленов Klenov|Ключев Klyuchev|Ковыльн Kovyln|Колодезн Kolodezn
Корабельн Korabeln|Красильн Krasiln|Кузнечн Kuznechn|Кустарн Kustarn
Лазурн Lazurn|Ландышев Landyshev|Лесн Lesn|Летн Letn
Липов Lipov|Лодочн Lodochn|Лугов Lugov|Лунн Lunn
Малинов Malinov|Медов Medov|Мельничн Melnichn|Можжевелов Mozhzhevelov
Моховой Mokhov|Набережн Naberezhn|Нагорн Nagorn|Нижн Nizhn
Новосадов Novosadov|Облепихов Oblepikhov|Озёрн Ozyorn|Ольхов Olkhov
Ореховой Orekhov|Осенн Osenn|Осинов Osinov|Парков Parkov
Паромн Paromn|Пасечн Pasechn|Пекарн Pekarn|Песчан Peschan
Плотничн Plotnichn|Пойменн Poymenn|Полевой Polev|Почтов Pochtov
Приовражн Priovrazhn|Приречн Prirechn|Прохладн Prokhladn|Пристанск Pristansk
Прядильн Pryadiln|Радужн Raduzhn|Рассветн Rassvetn|Речн Rechn
Родников Rodnikov|Рощинск Roshchinsk|Рябинов Ryabinov|Садовнич Sadovnich
Светл Svetl|Серебрян Serebryan|Сиренев Sirenev|Слободск Slobodsk
Сливов Slivov|Смородинов Smorodinov|Солнечн Solnechn|Сосновой Sosnov
Станционн Stantsionn|Степн Stepn|Столярн Stolyarn|Тенист Tenist
Тих Tikh|Ткацк Tkatsk|Тополев Topolev|Торгов Torgov
Травян Travyan|Тростников Trostnikov|Утренн Utrenn|Учительск Uchitelsk
Хлебн Khlebn|Хлопков Khlopkov|Цветочн Tsvetochn|Чайн Chayn
Черёмухов Cheryomukhov|Черничн Chernichn|Широк Shirok|Шиповников Shipovnikov
Школьн Shkoln|Шорн Shorn|Яблонев Yablonev|Ягодн Yagodn
Янтарн Yantarn|Ясенев Yasenev|Яровой Yarov|Ярмарочн Yarmarochn
Аптекарск Aptekarsk|Библиотечн Bibliotechn|Бондарн Bondarn|Гусельн Guseln
Долинн Dolinn|Журавлин Zhuravlin|Косогорн Kosogorn|Купальск Kupalsk
Лозов Lozov|Овражн Ovrazhn|Песенн Pesenn
"""
_SOFT = {"Верхн", "Весенн", "Дальн", "Зимн", "Летн", "Нижн", "Осенн", "Утренн"}
_K_STEMS = ("к", "х", "г")


def _forms(stem: str, latin: str) -> tuple[str, str, str, str]:
    """Return feminine and masculine form in Russian and the same in Latin letters."""
    stressed = stem.endswith("ой")
    base = stem[:-2] if stressed else stem
    if base in _SOFT:
        return base + "яя", base + "ий", latin + "yaya", latin + "y"
    if base.endswith(_K_STEMS):
        return base + "ая", base + "ий", latin + "aya", latin + "y"
    if base.endswith("ч"):
        return base + "ая", base + "ий", latin + "aya", latin + "y"
    return base + "ая", base + ("ой" if stressed else "ый"), latin + "aya", latin + "y"


def street_names(count: int, *, rng: Generator) -> list[tuple[Text, Text]]:
    """Return as many different names as wanted: for streets and, beside each, for lanes."""
    stems = [p.split() for p in _ADJECTIVES.replace("\n", "|").split("|") if p.strip()]
    forms = [_forms(ru, en) for ru, en in stems]
    order = rng.permutation(len(forms)).tolist()
    names: list[tuple[Text, Text]] = []
    turn = 0
    while len(names) < count:
        ordinal = "" if turn == 0 else f"{turn + 1}-я "
        he = "" if turn == 0 else f"{turn + 1}-й "
        nth = "" if turn == 0 else f"{_nth(turn + 1)} "
        for i in order:
            fem, masc, latin_fem, latin_masc = forms[i]
            street = Text.of(en=f"{nth}{latin_fem} Street", ru=f"{ordinal}{fem} улица")
            lane = Text.of(en=f"{nth}{latin_masc} Lane", ru=f"{he}{masc} переулок")
            names.append((street, lane))
        turn += 1
    return names[:count]


def _nth(n: int) -> str:
    return {1: "1st", 2: "2nd", 3: "3rd"}.get(n, f"{n}th")
