"""Norms as data: reads packs and answers what was in force on a day."""

from eutopia.core.norms.documents import Fault, PackError
from eutopia.core.norms.force import NormMissingError, Norms, NormsInForce, load_norms
from eutopia.core.norms.packs import BUILT_IN, Pack, pack_folder, pack_ids, read_pack

__all__ = [
    "BUILT_IN",
    "Fault",
    "NormMissingError",
    "Norms",
    "NormsInForce",
    "Pack",
    "PackError",
    "load_norms",
    "pack_folder",
    "pack_ids",
    "read_pack",
]
