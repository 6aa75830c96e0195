"""Evaluates one match: whether a packet satisfies it.

Source: net/netfilter/xt_*.c, nft_{cmp,bitwise,range,lookup,meta,ct,payload,fib}.c
"""

from collections.abc import Callable
from typing import Literal, Protocol, assert_never

from hairpin.netfilter import ir
from hairpin.netfilter.evaluate.bytecode import Program
from hairpin.netfilter.evaluate.header import Header
from hairpin.netfilter.evaluate.truth import Truth, truth_of
from hairpin.netfilter.interface_name import fits_name
from hairpin.netfilter.limit import Limit, Queue, TimeWindow
from hairpin.netfilter.packet import Seen


class Surroundings(Protocol):
    """The parts of a namespace on which matches depend: its routing tables, its sockets, and the state of limits."""

    def address_is(self, seen: Seen, side: Literal["saddr", "daddr"], types: tuple[str, ...], link: str | None) -> bool:
        """Return whether the packet's address (``side``) has one of the types (``local``, ``unicast``, ``broadcast``
        …), for ``-m addrtype`` and nft ``fib``.  If ``link`` is given, only routes by that link count."""
        ...

    def reverse_path(self, seen: Seen, *, loose: bool, use_mark: bool) -> bool:
        """Return whether a route leads back to the packet's source.  Unless ``loose`` is true, only a route by the
        packet's input interface counts."""
        ...

    def owns_socket(self, seen: Seen, *, transparent: bool, wildcard: bool) -> bool | None:
        """Return whether a socket of the namespace accepts the packet; None if the sockets could not be read.  If
        ``transparent`` is true, only sockets with IP_TRANSPARENT count.  If ``wildcard`` is true, sockets bound to any
        address count, too."""
        ...

    def exceeds(self, seen: Seen, limit: Limit, entered: frozenset[str], passes: Callable[[Seen], bool]) -> bool:
        """Return whether the packet exceeds the limit, according to the state that the kernel listed.  ``entered`` has
        the lists of xt_recent in which earlier rules entered the packet's address.  ``passes`` tests whether a packet
        satisfies the rule's other matches."""
        ...

    def is_read(self, queue: Queue) -> bool | None:
        """Return whether a program reads packets from the NFQUEUE queues; None if the host's queues were not read, or
        if programs read only some of these queues."""
        ...

    def is_now(self, window: TimeWindow) -> bool | None:
        """Return whether the rules were read at a moment inside the time window; None if that is not known."""
        ...

    def offloads(self, seen: Seen) -> bool:
        """Return whether ``flow add`` puts the packet's connection into a flowtable.  If ``flow add`` does not, it ends
        the rule."""
        ...


class Question:
    """One packet at one hook, with its header, the sets that rules may name, and facts about the namespace."""

    __slots__ = ("header", "seen", "sets", "surroundings")

    def __init__(self, seen: Seen, header: Header, sets: dict[str, ir.Set], surroundings: Surroundings) -> None:
        self.seen = seen
        self.header = header
        self.sets = sets
        self.surroundings = surroundings


def satisfies(question: Question, match: ir.Match) -> Truth:
    """Return whether the packet satisfies the match as the kernel evaluates it; UNKNOWN if the match is not
    modelled."""
    match match:
        case ir.FieldMatch():
            return field_satisfies(question.header, match)
        case ir.NameMatch():
            return name_satisfies(question.header, match)
        case ir.SetMatch() | ir.InlineSetMatch():
            return _set_satisfies(question, match)
        case ir.FibMatch() | ir.ReversePathMatch() | ir.SocketMatch():
            return _surroundings_satisfy(question, match)
        case ir.AnyOfMatch(alternatives=alternatives, negated=negated):
            result = max((satisfies(question, each) for each in alternatives), default=Truth.NO)
            return ~result if negated else result
        case ir.OpaqueMatch(needs=needs, program=program):
            known = _returns_true(program, question.seen) if program else Truth.UNKNOWN
            return min((known, *(field_satisfies(question.header, each) for each in needs)))
        case ir.StatefulMatch(limit=TimeWindow() as window):
            inside = question.surroundings.is_now(window)
            return Truth.UNKNOWN if inside is None else truth_of(inside)
        case ir.StatefulMatch(fixed=True, usual=usual):
            return truth_of(usual)
        case ir.StatefulMatch():
            return Truth.UNKNOWN
        case _:
            assert_never(match)


def _returns_true(program: Program, seen: Seen) -> Truth:
    """Return whether the BPF program returns a number other than 0 for the packet.  The program sees the packet from
    its network header on.

    Source: net/netfilter/xt_bpf.c bpf_mt()"""
    from hairpin.netfilter.evaluate.bytecode import results, seen_by_program

    found = results(program, seen_by_program(seen.packet))
    if found == frozenset({0}):
        return Truth.NO
    return Truth.YES if 0 not in found and None not in found else Truth.UNKNOWN


def field_satisfies(header: Header, match: ir.FieldMatch) -> Truth:
    """Return whether a field's number is in the match's ranges.  A field that the packet does not have satisfies no
    match."""
    value = header.get(match.field)
    if not isinstance(value, int):
        return _without(header, match.field)
    masked = value & match.mask
    for first, last in match.ranges:
        if first <= masked <= last:
            return Truth.NO if match.negated else Truth.YES
    return Truth.YES if match.negated else Truth.NO


def _without(header: Header, field: str) -> Truth:
    """Return the result of a match on a field that the header table lacks.

    A field that the packet does not have satisfies no match.  The result is UNKNOWN for a field that the packet has but
    hairpin may not know: the hardware addresses of a received frame or in an ARP message, the group of an interface if
    only the group's name was read, the owner of an incoming packet's socket, and the group of a socket whose user is
    not root.  An outgoing packet without an owner is forwarded, or the kernel itself made it.

    Source: net/netfilter/xt_owner.c owner_mt(), nft_meta.c nft_meta_get_eval_skugid()
    """
    if field == "skgid" and "skuid" in header:
        return Truth.UNKNOWN
    if field in ("skuid", "skgid", "socket"):
        return Truth.NO if header.get("oif", "") else Truth.UNKNOWN
    if field in ("iif-group", "oif-group"):
        return Truth.UNKNOWN if header.get(field.removesuffix("-group"), "") else Truth.NO
    if field in ("arp-saddr-mac", "arp-daddr-mac"):
        return Truth.UNKNOWN if "arp-operation" in header else Truth.NO
    on_wire = field in ("smac", "dmac") and header.get("iif", "") not in ("", "lo")
    return Truth.UNKNOWN if on_wire else Truth.NO


def name_satisfies(header: Header, match: ir.NameMatch) -> Truth:
    """Return whether the packet's interface name satisfies the match.  At a hook without that interface, the packet's
    interface name is empty."""
    value = header.get(match.field, "")
    assert isinstance(value, str)
    inside = any(fits_name(value, name) for name in match.names)
    return truth_of(inside is not match.negated)


def _surroundings_satisfy(question: Question, match: ir.FibMatch | ir.ReversePathMatch | ir.SocketMatch) -> Truth:
    seen = question.seen
    match match:
        case ir.FibMatch(address=address, types=types, limit=limit):
            link = None if limit is None else (seen.iif if limit == "iif" else seen.oif)
            inside = question.surroundings.address_is(seen, address, types, link)
        case ir.ReversePathMatch(loose=loose, accept_local=accept_local, validmark=validmark):
            inside = _reverse_path(question, loose=loose, accept_local=accept_local, validmark=validmark)
        case ir.SocketMatch():
            owned = question.surroundings.owns_socket(seen, transparent=match.transparent, wildcard=match.nowildcard)
            if owned is None:
                return Truth.UNKNOWN
            inside = owned
        case _:
            assert_never(match)
    return truth_of(inside is not match.negated)


def _reverse_path(question: Question, *, loose: bool, accept_local: bool, validmark: bool) -> bool:
    """Return whether the packet satisfies ``-m rpfilter``: a route leads back to its source, or its source needs no
    route.

    Source: net/ipv4/netfilter/ipt_rpfilter.c, net/ipv6/netfilter/ip6t_rpfilter.c
    """
    seen, surroundings = question.seen, question.surroundings
    packet = seen.packet
    if seen.iif == "lo":
        return True
    if packet.saddr == 0 and (packet.version == 6 or packet.daddr == 0xFFFFFFFF or packet.daddr >> 8 == 0xE00000):
        return True
    if surroundings.address_is(seen, "saddr", ("local",), None):
        if not accept_local:
            return False
        if packet.version == 6:
            return True
    return surroundings.reverse_path(seen, loose=loose, use_mark=validmark)


# --- sets ------------------------------------------------------------------------------------------------------------


def _set_satisfies(question: Question, match: ir.SetMatch | ir.InlineSetMatch) -> Truth:
    from hairpin.netfilter.evaluate.set_index import elements_for

    values = values_of(question.header, match.fields)
    named = question.sets.get(match.set) if isinstance(match, ir.SetMatch) else None
    if values is None:
        missing = min(_without(question.header, each) for each in match.fields if each not in question.header)
        return Truth.UNKNOWN if named is not None and named.opaque is not None else missing
    if isinstance(match, ir.InlineSetMatch):
        found = any(fits_key(each.key, values) for each in elements_for(match, values[0]))
        return truth_of(found is not match.negated)
    if named is None:
        return Truth.UNKNOWN
    found = contains(named, values)
    if not found and named.opaque is not None and (named.absent is None or values not in named.absent):
        return Truth.UNKNOWN
    return truth_of(found is not match.negated)


def values_of(header: Header, fields: tuple[str, ...]) -> tuple[int | str, ...] | None:
    """Return the values of the fields in order, or None if the packet lacks one of the fields."""
    values: list[int | str] = []
    for field in fields:
        value = header.get(field)
        if value is None:
            return None
        values.append(value)
    return tuple(values)


def contains(named: ir.Set, values: tuple[int | str, ...]) -> bool:
    """Return whether the set contains the values.  The smallest matching element decides; if it has ``nomatch``, the
    set does not contain the values.

    In a set of type hash:net,iface, the smallest network that contains the address decides, even if the set has that
    network only with other interfaces.
    Source: ``multi`` in net/netfilter/ipset/ip_set_hash_gen.h mtype_test_cidrs()
    """
    from hairpin.netfilter.evaluate.set_index import elements_for

    best: ir.Element | None = None
    elements = elements_for(named, values[0])
    with_links = named.type.removesuffix(" inet6").endswith("hash:net,iface")
    nets = [each for each in elements if fits_key(each.key[:1], values[:1])] if with_links else []
    smallest = min(map(_size, nets), default=None)
    for element in elements:
        if smallest is not None and _size(element) != smallest:
            continue
        if fits_key(element.key, values) and (best is None or _size(element) < _size(best)):
            best = element
    return best is not None and not best.nomatch


def fits_key(key: tuple[ir.Key, ...], values: tuple[int | str, ...]) -> bool:
    """Return whether each dimension of the key contains the value at its position.  An empty key is a map's default
    element and fits every packet."""
    if not key:
        return True
    if len(key) != len(values):
        return False
    for part, value in zip(key, values, strict=True):
        match part:
            case ir.NumberKey(first=first, last=last):
                if not isinstance(value, int) or not first <= value <= last:
                    return False
            case ir.NameKey(name=name):
                if not isinstance(value, str) or not fits_name(value, name):
                    return False
            case _:
                assert_never(part)
    return True


def _size(element: ir.Element) -> int:
    return sum(part.last - part.first for part in element.key if isinstance(part, ir.NumberKey))
