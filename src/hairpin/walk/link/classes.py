"""The class of a queueing discipline into which a packet gets, and whether that class's own discipline takes it.

Filters of the root discipline choose the class.  If no filter matches, the discipline's default class or its map of
priorities decides.

Source: net/sched/sch_htb.c htb_classify(), sch_hfsc.c hfsc_classify(), sch_prio.c prio_classify(), sch_drr.c
drr_classify(); tc-htb(8), tc-prio(8)
"""

from collections.abc import Callable, Iterator

from hairpin.host.host import Namespace
from hairpin.host.link import Link
from hairpin.host.traffic_control import Filter, Qdisc
from hairpin.netfilter.evaluate.truth import Truth
from hairpin.netfilter.ir import NoEffect, Ruleset
from hairpin.netfilter.packet import Packet

_WHOLE = ("tbf", "netem")
"""Disciplines that give every packet to their only child."""
_NEEDS_CLASS = ("hfsc", "drr", "qfq")
"""Disciplines that drop a packet without a class."""
_BY_FILTER = ("htb", *_NEEDS_CLASS)

Matches = Callable[[Packet, Filter], Truth]
Refuses = Callable[[Qdisc], bool]


def refusing(
    namespace: Namespace, link: Link, packet: Packet, matches: Matches, refuses: Refuses
) -> frozenset[Qdisc | None]:
    """Return the disciplines that may drop the packet on this link.  The result contains None if the packet may get
    into a class in which no discipline drops it."""
    root = next((each for each in link.qdiscs if not each.parent), None)
    if root is None:
        return frozenset((None,))
    decides = any(refuses(each) or each.kind in _NEEDS_CLASS for each in link.qdiscs)
    marked = decides and _sets_priorities(namespace.ruleset)
    return frozenset(_outcomes(link, root, lambda each: _classes(link, each, packet, matches, marked=marked), refuses))


def _outcomes(
    link: Link, qdisc: Qdisc, classes: Callable[[Qdisc], tuple[str, ...] | None], refuses: Refuses
) -> Iterator[Qdisc | None]:
    if refuses(qdisc):
        yield qdisc
        return
    children = _children(link, qdisc)
    if not children and qdisc.kind not in _NEEDS_CLASS:
        yield None
        return
    chosen = tuple(children) if qdisc.kind in _WHOLE else classes(qdisc)
    if chosen is None:  # it may be a class whose discipline takes packets and was not kept
        yield None
        chosen = tuple(children)
    for each in chosen:
        if not each and qdisc.kind in _NEEDS_CLASS:
            yield qdisc
        elif each in children:
            yield from _outcomes(link, children[each], classes, refuses)
        else:
            yield None
            default = children.get(_default(qdisc))
            if default is not None:  # the chosen class is an inner class, or it does not exist
                yield from _outcomes(link, default, classes, refuses)


def _children(link: Link, qdisc: Qdisc) -> dict[str, Qdisc]:
    """Return the disciplines of the classes of ``qdisc``, by class."""
    if not qdisc.handle or qdisc.handle == "0:":
        return {each.parent: each for each in link.qdiscs if each.parent.startswith(":")}
    return {each.parent: each for each in link.qdiscs if each.parent.startswith(qdisc.handle)}


def _classes(link: Link, qdisc: Qdisc, packet: Packet, matches: Matches, *, marked: bool) -> tuple[str, ...] | None:
    """Return the classes into which the packet may get; None if it may get into any class."""
    if marked or qdisc.parent or qdisc.kind not in (*_BY_FILTER, "prio"):
        return None
    found: list[str] = []
    for each in link.filters:
        truth = matches(packet, each) if each.place == "root" else Truth.NO
        if truth is not Truth.NO and not each.flowid:
            return None
        if truth is not Truth.NO:
            found.append(each.flowid)
        if truth is Truth.YES:
            return tuple(found)
    usual = _default(qdisc, packet)
    return (*found, usual) if usual or qdisc.kind in _BY_FILTER else None


def _default(qdisc: Qdisc, packet: Packet | None = None) -> str:
    """Return the class of a packet that no filter classifies; empty if there is no such class, or if it is not
    known."""
    if qdisc.kind == "prio":
        # A forwarded packet has the priority of its type of service: net/ipv4/ip_forward.c, rt_tos2priority()
        plain = packet is not None and packet.dscp == 0 and bool(qdisc.priomap)
        return f"{qdisc.handle}{qdisc.priomap[0] + 1:x}" if plain else ""
    return f"{qdisc.handle}{qdisc.default:x}" if qdisc.default else ""


def _sets_priorities(ruleset: Ruleset) -> bool:
    """Return whether a rule writes a packet's priority, which names a class (CLASSIFY, ``meta priority set``)."""
    rules = (rule for table in ruleset.tables for chain in table.chains for rule in chain.rules)
    return any(
        isinstance(part, NoEffect) and (part.name == "CLASSIFY" or "priority set" in part.text)
        for rule in rules
        for part in rule.body
    )
