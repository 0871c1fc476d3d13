"""Town: the synthetic training town, generated from a seed, with its truth known."""

from eutopia.core.town.generation import generate_town
from eutopia.core.town.truth import HiddenProblem, TownTruth, TrainingTown, TrueEvent

__all__ = ["HiddenProblem", "TownTruth", "TrainingTown", "TrueEvent", "generate_town"]
