"""The user's question, before any host is read.  The question also tells which containers must be read.  Other
containers are not read."""

from collections.abc import Iterator
from typing import Literal

import msgspec

from hairpin.network.flow import Flow
from hairpin.network.prefix import address_text
from hairpin.network.world import World
from hairpin.question.asked import AskedEvent, Origin, Target
from hairpin.question.outside import Public, parse_public
from hairpin.question.target import parse_event, parse_origin, parse_target

FULL_BYTES = 16000
"""The amount of data in bytes that fills more than one TCP segment, even at an MTU of 9000, and that is less than a
socket's initial buffer."""
Kind = Literal["check", "walk", "prove"]
_MOST = 50
"""The greatest number of arguments for the collector.  For a question that needs more arguments, all containers are
read."""


class Question(msgspec.Struct, frozen=True):
    """The user's question: the flows, the world, and the kind of answer.

    ``kind``: whether the answer has the causes of failures (check), every step of the first flow (walk), or both
    judges' verdicts on each flow (prove).  Without ``targets``, all published ports are meant.  Without ``origin``, all
    usual clients are meant.  ``size_bytes``: the amount of data that the sender sends at once; None: the usual amount.
    ``after``: the event after which the flows are walked.  ``flows``: the flows themselves, if they were found before;
    then the targets say only that somebody asked for them."""

    kind: Kind = "check"
    targets: tuple[Target, ...] = ()
    origin: Origin | None = None
    world: World = World()
    publics: tuple[Public, ...] = ()
    size_bytes: int | None = None
    after: AskedEvent | None = None
    flows: tuple[Flow, ...] = ()

    @property
    def asking(self) -> str:
        """The name of the container that asks; empty if the question names none."""
        return (self.origin.container if self.origin is not None else None) or ""

    def sized(self, flow: Flow) -> Flow:
        """Return the flow with the asked amount of data.  If the user stated no amount, a TCP flow carries full-sized
        segments and a UDP flow carries no data."""
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
    """Return the question from its typed parts: TARGET, ``--from``, ``--public``, ``--after``.

    ``WHERE to TARGET`` and ``TARGET from WHERE``, three words, are TARGET with ``--from WHERE``.

    Raises UsageError."""
    match targets if origin is None else ():
        case (first, word, last) if word.lower() == "to":
            origin, targets = first, (last,)
        case (first, word, last) if word.lower() == "from":
            origin, targets = last, (first,)
        case _:
            pass
    return Question(
        kind,
        tuple(parse_target(each) for each in targets),
        parse_origin(origin) if origin is not None else None,
        world,
        tuple(parse_public(each) for each in publics),
        size_bytes,
        parse_event(after) if after is not None else None,
    )


def needed_containers(question: Question) -> tuple[str, ...]:
    """Return the arguments for ``collect.sh --only``: the ports, names and addresses of the containers at both ends of
    the flows.  Return no arguments if all containers are needed."""
    words = [word for target in question.targets for word in _of_target(target)]
    if not words or len(words) > _MOST:
        return ()
    return tuple(dict.fromkeys((*words, *(_of_origin(question.origin) if question.origin is not None else ()))))


def _of_target(target: Target) -> Iterator[str]:
    if target.container is not None:
        yield f"name={target.container}"
    if target.port is not None and target.container is None:
        yield from (f"port={port}" for port in range(target.port, (target.last or target.port) + 1))
    if target.address is not None and target.version is not None:
        yield f"address={address_text(target.address, target.version)}"


def _of_origin(origin: Origin) -> Iterator[str]:
    if origin.container is not None:
        yield f"name={origin.container}"
    if origin.address is not None and origin.version is not None:
        yield f"address={address_text(origin.address, origin.version)}"
