"""What a user asks, before any host was looked at."""

from typing import Literal

import msgspec

from hairpin.network.world import World
from hairpin.question.flows import Origin, Target
from hairpin.question.outside import Public, parse_public
from hairpin.question.target import parse_origin, parse_target

Kind = Literal["check", "walk", "prove"]


class Question(msgspec.Struct, frozen=True):
    """Which flows are meant, in which world, and what is wanted of them.

    ``kind``: the causes of what fails (check), every step of the first flow (walk), or both judges' word on each flow
    (prove).  No ``targets``: everything that is published.  No ``origin``: from everywhere that makes sense."""

    kind: Kind = "check"
    targets: tuple[Target, ...] = ()
    origin: Origin | None = None
    world: World = World()
    publics: tuple[Public, ...] = ()


def parse_question(
    kind: Kind, targets: tuple[str, ...], origin: str | None, publics: tuple[str, ...], world: World
) -> Question:
    """Return the question as people type its parts: TARGET, ``--from``, ``--public``.  Raise UsageError."""
    return Question(
        kind,
        tuple(parse_target(each) for each in targets),
        parse_origin(origin) if origin is not None else None,
        world,
        tuple(parse_public(each) for each in publics),
    )
