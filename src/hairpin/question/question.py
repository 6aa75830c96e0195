"""What a user asks, before any host is looked at."""

from typing import Literal

import msgspec

from hairpin.network.flow import Flow
from hairpin.network.world import World
from hairpin.question.asked import AskedEvent, Origin, Target
from hairpin.question.outside import Public, parse_public
from hairpin.question.target import parse_event, parse_origin, parse_target

FULL_BYTES = 16000
"""Data that fills more than one segment, even at an MTU of 9000, and less than a socket's initial buffer."""
Kind = Literal["check", "walk", "prove"]


class Question(msgspec.Struct, frozen=True):
    """Which flows are meant, in which world, and what the user wants to know.

    ``kind``: the causes of what fails (check), every step of the first flow (walk), or both judges' verdict on each
    flow (prove).  No ``targets``: everything that is published.  No ``origin``: all usual clients.  ``size_bytes``: how
    much the sender sends at once; None: the usual amount.  ``after``: the event after which it is asked."""

    kind: Kind = "check"
    targets: tuple[Target, ...] = ()
    origin: Origin | None = None
    world: World = World()
    publics: tuple[Public, ...] = ()
    size_bytes: int | None = None
    after: AskedEvent | None = None

    def sized(self, flow: Flow) -> Flow:
        """Return the flow with the amount of data asked about: the stated one, else full-sized segments for TCP and
        none for UDP."""
        usual = FULL_BYTES if flow.protocol == "tcp" else 0
        return msgspec.structs.replace(flow, data_bytes=usual if self.size_bytes is None else self.size_bytes)


def parse_question(
    kind: Kind,
    targets: tuple[str, ...],
    origin: str | None,
    publics: tuple[str, ...],
    world: World,
    size_bytes: int | None = None,
    after: str | None = None,
) -> Question:
    """Return the question as people type its parts: TARGET, ``--from``, ``--public``, ``--after``.

    Raises UsageError."""
    return Question(
        kind,
        tuple(parse_target(each) for each in targets),
        parse_origin(origin) if origin is not None else None,
        world,
        tuple(parse_public(each) for each in publics),
        size_bytes,
        parse_event(after) if after is not None else None,
    )
