"""What became of an expectation that a guard was to heal."""

from typing import NamedTuple

from hairpin.expect.expectation import Expectation
from hairpin.guard.change import Culprit
from hairpin.message import Message


class Healed(NamedTuple):
    """One heal: a plan that was carried out and verified.  ``plan``: its id in the journal, for ``hairpin undo``.
    ``repairs``: the words of its repairs, as ``hairpin fix --choose`` has them.  ``said``: what was wrong, for each
    repair.  ``took_s``: how long it took after the host was read, in seconds."""

    plan: str
    repairs: tuple[str, ...]
    said: tuple[Message, ...]
    expectations: tuple[Expectation, ...]
    took_s: float = 0.0


class NotHealed(NamedTuple):
    """Broken expectations that the guard leaves broken, and why.  ``repairs``: the words of the repairs that it does
    not make.  ``culprits``: who broke them, as far as it is known.  ``is_fight``: whether the guard has stopped because
    the culprits break again and again what it repairs."""

    expectations: tuple[Expectation, ...]
    reason: Message
    repairs: tuple[str, ...] = ()
    culprits: tuple[Culprit, ...] = ()
    is_fight: bool = False
