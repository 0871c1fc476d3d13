"""Writing down what was computed and what was promised. Nothing here is ever changed."""

from __future__ import annotations

import json
import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, is_dataclass
from datetime import date, datetime
from decimal import Decimal
from time import perf_counter
from typing import Any, Generic, TypeVar

from django.db import transaction
from django.utils import timezone

from eutopia import __version__
from eutopia.core.records import PackEdition, QualityNote
from eutopia.web.foundation.access import Actor, require
from eutopia.web.foundation.audit import log_act
from eutopia.web.foundation.record_field import from_json, to_json
from eutopia.web.ledger.digests import digest, table_digest, to_plain
from eutopia.web.ledger.models import Promise, PromiseEvent, Run
from eutopia.web.territory.models import Territory
from eutopia.web.territory.services import register_models

T = TypeVar("T")

STATES = ("made", "kept", "late", "broken", "withdrawn")
FINAL = frozenset({"kept", "late", "withdrawn"})
"""States after which nothing more becomes of a promise; a broken one may still be kept late."""


@dataclass(frozen=True, slots=True)
class Computation:
    """What is computed, from what: all that is needed to do it again.

    Attributes
    ----------
    method
        `module:function` of the core.
    parameters
        Plain values by name.
    editions
        Packs read.
    input_digest
        SHA-256 of everything else that went in.
    """

    territory_id: int
    method: str
    parameters: Mapping[str, Any]
    editions: Sequence[PackEdition]
    input_digest: str
    as_of: date
    seed: int | None = None


@dataclass(frozen=True, slots=True)
class Computed(Generic[T]):
    """A result that is not yet written down, with the time it took."""

    result: T
    computation: Computation
    started: datetime
    seconds: float
    output_digest: str


def compute(
    computation: Computation, method: Callable[[], T], *, compared: Callable[[T], Any] = lambda x: x
) -> Computed[T]:
    """What does the method give, when and in how many seconds?

    Parameters
    ----------
    compared
        The part of the result that must come out the same again (not the seconds it took).
    """
    started, clock = timezone.now(), perf_counter()
    result = method()
    return Computed(
        result=result,
        computation=computation,
        started=started,
        seconds=perf_counter() - clock,
        output_digest=digest(compared(result)),
    )


def _plain_editions(editions: Sequence[PackEdition]) -> list[dict[str, str]]:
    return [{"id": e.id, "edition": e.edition, "digest": e.digest} for e in editions]


def find_run(computation: Computation) -> Run | None:
    """Which earlier run was of the very same computation? The latest, None if there is none."""
    return Run.objects.filter(**_asked(computation)).order_by("-pk").first()


def is_of(run: Run, computation: Computation) -> bool:
    """Whether a run was of the very same computation, without asking the database."""
    return all(getattr(run, name) == value for name, value in _asked(computation).items())


def _asked(computation: Computation) -> dict[str, Any]:
    """What makes two computations the same, as a run has it."""
    return {
        "territory_id": computation.territory_id,
        "method": computation.method,
        "parameters": to_plain_map(computation.parameters),
        "editions": _plain_editions(computation.editions),
        "input_digest": computation.input_digest,
        "seed": computation.seed,
        "as_of": computation.as_of,
    }


def still_stands(run: Run) -> bool:
    """Whether no later run of this method has taken its place in the territory."""
    later = Run.objects.filter(territory_id=run.territory_id, method=run.method, pk__gt=run.pk)
    return not later.exists()


def to_plain_map(values: Mapping[str, Any]) -> dict[str, Any]:
    """What are these parameters in plain JSON values, by name?"""
    return {name: to_plain(value) for name, value in values.items()}


def record_run(
    computed: Computed[Any],
    *,
    inputs: Mapping[str, Sequence[Any]] | None = None,
    quality: Sequence[QualityNote] = (),
) -> Run:
    """Write down a computation; must be in the transaction that stores its result.

    Parameters
    ----------
    inputs
        Records that went in, by name, where the decision must be replayable although the tables
        move on: a programme, a recalculation.
    quality
        What was wrong with the rows it read, to be shown wherever it is explained.
    """
    told = computed.computation
    return Run.objects.create(
        territory_id=told.territory_id,
        method=told.method,
        parameters=to_plain_map(told.parameters),
        editions=_plain_editions(told.editions),
        seed=told.seed,
        input_digest=told.input_digest,
        output_digest=computed.output_digest,
        as_of=told.as_of,
        started=computed.started,
        seconds=computed.seconds,
        software=f"eutopia {__version__}",
        quality=[
            {
                "code": note.code,
                "count": note.count,
                "treatment": note.treatment,
                "values": [list(pair) for pair in note.values],
            }
            for note in quality
        ],
        inputs=None if inputs is None else _packed(inputs),
    )


def _packed(inputs: Mapping[str, Sequence[Any]]) -> bytes:
    written = {
        # Long columns of plain values are not worth a look at each.
        name: list(map(to_json, records)) if records and is_dataclass(records[0]) else records
        for name, records in inputs.items()
    }
    return zlib.compress(json.dumps(written, ensure_ascii=False).encode(), level=3)


def read_inputs(run: Run, kinds: Mapping[str, type]) -> dict[str, tuple[Any, ...]]:
    """What went into a run, by name?

    Parameters
    ----------
    kinds
        The record each name holds; names left out hold plain values.

    Raises
    ------
    LookupError
        The run kept no inputs.
    """
    if run.inputs is None:
        raise LookupError(f"run {run.pk} kept no inputs")
    stored = json.loads(zlib.decompress(bytes(run.inputs)))
    return {
        name: tuple(from_json(one, kinds[name]) if name in kinds else one for one in records)
        for name, records in stored.items()
    }


def same_editions(run: Run, editions: Sequence[PackEdition]) -> bool:
    """Whether these packs are, file by file, those that a run read."""
    return list(run.editions) == _plain_editions(editions)


@dataclass(frozen=True, slots=True)
class PromiseDraft:
    """What is to be promised. `code` names it for ever: promising it again changes nothing."""

    code: str
    kind: str
    subject_kind: str
    subject_id: int
    title: Sequence[Sequence[str]]
    made: date
    district: str = ""
    due: date | None = None
    amount: Decimal | None = None
    run: Run | None = None


@transaction.atomic
def make_promises(
    actor: Actor,
    territory: Territory,
    drafts: Sequence[PromiseDraft],
    *,
    action: str = "promise.record",
) -> int:
    """How many of these promises are new? They are written down, the others left as they are.

    Parameters
    ----------
    action
        The right this is done under: adopting a programme promises under its own.

    Raises
    ------
    AccessDenied
        The actor may not promise for this municipality.
    """
    require(actor, action, territory)
    known = set(
        Promise.objects.filter(territory=territory, code__in=[d.code for d in drafts]).values_list(
            "code", flat=True
        )
    )
    fresh = [
        Promise(
            territory=territory,
            code=d.code,
            kind=d.kind,
            subject_kind=d.subject_kind,
            subject_id=d.subject_id,
            title=[list(pair) for pair in d.title],
            district=d.district,
            made=d.made,
            due=d.due,
            amount=d.amount,
            run=d.run,
        )
        for d in drafts
        if d.code not in known
    ]
    if not fresh:
        return 0
    made = Promise.objects.bulk_create(fresh)
    PromiseEvent.objects.bulk_create(PromiseEvent(promise=p, state="made", on=p.made) for p in made)
    log_act(
        actor,
        action,
        territory,
        after={"promises": len(made), "codes": [p.code for p in made[:50]]},
        municipality=territory.code,
    )
    return len(made)


@transaction.atomic
def record_promise_state(
    actor: Actor,
    promise: Promise,
    *,
    state: str,
    on: date,
    evidence: Mapping[str, Any],
    action: str = "promise.record",
) -> PromiseEvent | None:
    """What became of a promise? None where that is already written.

    Raises
    ------
    ValueError
        An unknown state, a state after a final one, or `kept` and `late` without evidence.
    AccessDenied
        The actor may not speak for this municipality.
    """
    require(actor, action, promise.territory)
    if state not in STATES:
        raise ValueError(f"'{state}' is no state of a promise; one of {', '.join(STATES)}")
    if state in ("kept", "late") and not evidence:
        raise ValueError(f"a promise is '{state}' only with evidence; say where it was seen")
    latest = promise.events.order_by("-id").first()
    if latest is not None and latest.state == state:
        return None
    if latest is not None and latest.state in FINAL:
        raise ValueError(f"promise {promise.code} is {latest.state}; nothing more can become of it")
    event = PromiseEvent.objects.create(
        promise=promise, state=state, on=on, evidence=to_plain_map(evidence)
    )
    log_act(
        actor,
        action,
        promise,
        before={"state": latest.state if latest else ""},
        after={"state": state, "on": on},
        municipality=promise.territory.code,
    )
    return event


def register_digest(territory: Territory) -> str:
    """What is the digest of the territory's whole register, as an input of a computation?"""
    head = (territory.code, territory.time_zone, territory.currency)
    tables = (table_digest(model, territory.pk, order=("code",)) for model in register_models())
    return digest(head, tuple(tables))
