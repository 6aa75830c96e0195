"""Links with traffic control filters, which may drop or redirect packets before netfilter sees them.

The effect of a filter (most are eBPF) is not modelled, only that it is there.
"""

from typing import Literal, NamedTuple

import msgspec

from hairpin.host.link import Link


class Filtered(NamedTuple):
    """A link and the direction of the packets that its filters see."""

    link: str
    direction: Literal["ingress", "egress"]


def filtered(text: str, *, origin: str) -> Filtered | None:
    """Return the link and direction that ``tc filter show dev LINK [ingress|egress|root]`` found filters on, or None.

    Filters of a queueing discipline (``root``, or no word) see outgoing packets.
    """
    if text.strip() in ("", "[]", "[ ]"):
        return None
    words = origin.split()
    if "dev" not in words[:-1]:
        return None
    return Filtered(words[words.index("dev") + 1], "ingress" if words[-1] == "ingress" else "egress")


def with_filters(links: tuple[Link, ...], filters: tuple[Filtered, ...]) -> tuple[Link, ...]:
    """Return the links, those with filters marked."""
    if not filters:
        return links
    return tuple(
        msgspec.structs.replace(
            link,
            tc_ingress=Filtered(link.name, "ingress") in filters,
            tc_egress=Filtered(link.name, "egress") in filters,
        )
        for link in links
    )
