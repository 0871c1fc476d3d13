"""What people set right, and what the engine may learn from their decisions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from eutopia.core.diagnose.learning import Verdict
from eutopia.core.records import CauseHypothesis
from eutopia.core.records import Problem as ProblemRecord
from eutopia.web.problems.services.history import Known, track


def staff_verdicts(known: Sequence[Known], found: Sequence[ProblemRecord]) -> tuple[Verdict, ...]:
    """What did staff say of the problems: is it one, from which cause?

    Each is taken as it is found now, or as it was last found, so that the same decisions on the
    same reports teach the same.
    """
    now = dict(zip(track(known, found).numbers, found, strict=True))
    told = [(now.get(k.number, k.record), k) for k in known if k.decided]
    return tuple(
        Verdict(record, k.state == "confirmed", str(k.corrected.get("cause", "")))
        for record, k in told
        # Records of an older edition hold no likelihoods by signs to learn from.
        if record.by_signs
    )


def set_right(record: ProblemRecord, corrected: Mapping[str, Any]) -> ProblemRecord:
    """How does a problem found read with people's corrections laid over it?"""
    changes = {
        name: corrected[name]
        for name in ("problem_type", "place", "owner", "radius_m")
        if name in corrected
    }
    if cause := corrected.get("cause"):
        asset = {c.cause: c.asset_id for c in record.by_signs or record.causes}
        changes["causes"] = (CauseHypothesis(cause, 1.0, asset.get(cause)),)
    return replace(record, **changes) if changes else record
