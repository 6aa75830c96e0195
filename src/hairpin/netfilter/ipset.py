"""Reads ``ipset save``: the kernel's sets, which iptables rules match by name.

    file := (create | add)*
    create := "create" NAME TYPE option*          hash:ip family inet hashsize 1024 maxelem 65536 netmask 24 …
    add := "add" NAME key ("timeout" N | "nomatch" | "comment" TEXT | …)*
    key := dimension ("," dimension)*             10.0.0.0/8,tcp:80,eth0

A set's ``type`` is the kernel's type name; for a set of IPv6 addresses, ``inet6`` follows (``hash:ip,port inet6``). A
``list:set`` is resolved: it has its members' elements and their type (``list:set hash:ip``).  A port is two dimensions
of an element, protocol and port.

A snapshot has each set as the set was at the time of the reading, including the elements with a timeout.  So a set
whose elements have timeouts is not opaque.

Source: ipset(8); net/netfilter/ipset/ip_set_*.c, ip_set_getport.c
"""

import re
from itertools import pairwise
from typing import NamedTuple

from hairpin.errors import MalformedError, ParseError, reason_of
from hairpin.message import Message, message
from hairpin.netfilter.address import ipv4_of
from hairpin.netfilter.collection import no_collection
from hairpin.netfilter.interface_name import literal_name
from hairpin.netfilter.ir import Element, Field, Key, NameField, NameKey, NumberKey, Set
from hairpin.netfilter.protocols import ICMP6_TYPES, ICMP_TYPES, icmp_ranges, protocol_number
from hairpin.netfilter.rule_address import IpFamily, address_bits, full_mask, read_address, read_mac, read_prefix

_WITH_PORTS = frozenset({6, 17, 132, 136})
_QUOTED = re.compile(r'"[^"]*"')
_LIST = "list:set"
_OF_ADDRESSES = frozenset({"hash:ip", "hash:net"})
_ADDRESS_DIMENSIONS = frozenset({"ip", "net"})
_KNOWN_DIMENSIONS = frozenset({"ip", "net", "port", "iface", "mark", "mac"})


class _Create(NamedTuple):
    """The ``create`` line of a set."""

    name: str
    method: str
    dimensions: tuple[str, ...]
    family: IpFamily
    netmask: int | None
    opaque: Message | None

    @property
    def type(self) -> str:
        kind = f"{self.method}:{','.join(self.dimensions)}"
        return f"{kind} inet6" if self.family == "ip6" else kind


class _Building:
    """A set whose elements are being read.  For a ``list:set``, ``members`` has the names of the sets in the list."""

    def __init__(self, create: _Create) -> None:
        self.create = create
        self.elements: list[Element] = []
        self.members: list[str] = []
        self.opaque = create.opaque
        self.of_addresses = create.type in _OF_ADDRESSES and create.netmask is None


def parse(text: str, *, source: str) -> tuple[Set, ...]:
    """Return the sets in file order; raise ParseError with source, line and the line's text."""
    with no_collection():
        return _parse(text, source)


def _parse(text: str, source: str) -> tuple[Set, ...]:
    building: dict[str, _Building] = {}
    for number, line in enumerate(text.split("\n"), 1):
        # An element's comment may contain any character except a quote.
        words = (_QUOTED.sub('""', line) if '"' in line else line).split()
        if not words or words[0].startswith("#"):
            continue
        try:
            _read_line(words, building)
        except (ValueError, IndexError, KeyError) as error:
            said = message("not a line of `ipset save` ({reason}): read the sets again", reason=reason_of(error))
            raise ParseError(said, source=source, line=number, text=line) from None
    return tuple(_finished(each, building) for each in building.values())


def _read_line(words: list[str], building: dict[str, _Building]) -> None:
    command, name = words[0], words[1]
    if command in ("create", "-N"):
        building[name] = _Building(_read_create(name, words[2], words[3:]))
    elif command in ("add", "-A"):
        into = building[name]
        plain = _network(words[2]) if into.of_addresses and len(words) == 3 else None
        if plain is not None:
            into.elements.append(Element((plain,)))  # usual in long sets; this branch reads it in a fifth of the time
        else:
            _read_element(into, words[2], words[3:])
    else:
        raise MalformedError(message("unknown command {command!r}", command=command))


def _network(text: str) -> NumberKey | None:
    """Return the addresses of an element such as ``192.0.2.7`` or ``192.0.2.0/24``; None for an element in another
    form."""
    address, slash, length = text.partition("/")
    first = ipv4_of(address)
    if first is None or not slash:
        return None if first is None else NumberKey(first, first)
    if not length.isdigit() or not 0 < int(length) <= 32:
        return None
    hosts = 0xFFFFFFFF >> int(length)
    return NumberKey(first & ~hosts, first | hosts)


def _read_create(name: str, kind: str, options: list[str]) -> _Create:
    method, colon, dimensions = kind.partition(":")
    if not colon:
        raise MalformedError(message("unknown type {kind!r}", kind=kind))
    values = dict(pairwise(options))
    family: IpFamily = "ip6" if values.get("family") == "inet6" else "ip"
    parts = tuple(dimensions.split(","))
    opaque: Message | None = None
    if kind != _LIST and not _KNOWN_DIMENSIONS.issuperset(parts):
        opaque = message("type {type} is not modelled", type=kind)
    elif "bitmask" in values:
        opaque = message("the set compares addresses under a bit mask")
    elif int(values.get("markmask", "0xffffffff"), 0) != 0xFFFFFFFF:
        opaque = message("the set compares marks under a mask")
    return _Create(name, method, parts, family, int(values["netmask"]) if "netmask" in values else None, opaque)


def _read_element(into: _Building, text: str, options: list[str]) -> None:
    create = into.create
    if f"{create.method}:{create.dimensions[0]}" == _LIST:
        into.members.append(text)
        return
    if not _KNOWN_DIMENSIONS.issuperset(create.dimensions):
        return
    if "physdev:" in text:
        into.opaque = into.opaque or message("some elements of the set name bridge ports")
        return
    keys: list[tuple[Key, ...]] = [()]
    for dimension, part in zip(create.dimensions, _parts(text, create), strict=True):
        choices = _dimension(dimension, part, create, options)
        keys = [(*key, *choice) for key in keys for choice in choices]
    if ":" in text and "port" in create.dimensions and not _names_port(text, create):
        # An element with a protocol that has no ports matches packets without ports: its port is 0, or an ICMP type and
        # code.
        into.opaque = into.opaque or message("some elements of the set name protocols without ports")
    into.elements.extend(Element(key, "nomatch" in options) for key in keys)


def _names_port(text: str, create: _Create) -> bool:
    port = text.split(",")[create.dimensions.index("port")]
    return protocol_number(port.partition(":")[0]) in _WITH_PORTS


def _parts(text: str, create: _Create) -> list[str]:
    parts = text.split(",")
    # An element of a bitmap:ip,mac may have no hardware address.  Such an element matches every hardware address.
    return [*parts, ""] if create.method == "bitmap" and len(parts) < len(create.dimensions) else parts


def _dimension(dimension: str, text: str, create: _Create, options: list[str]) -> list[tuple[Key, ...]]:
    """Return the alternatives of one dimension of an element.  An alternative has one key; for a port it has two
    keys."""
    if dimension in _ADDRESS_DIMENSIONS:
        return [(_addresses(text, create.family, create.netmask),)]
    if dimension == "port":
        return _ports(text)
    if dimension == "iface":
        return [(NameKey(f"{text}*" if "wildcard" in options else literal_name(text)),)]
    if dimension == "mark":
        mark = int(text, 0)
        return [(NumberKey(mark, mark),)]
    address = read_mac(text) if text else None
    return [(NumberKey(0, (1 << 48) - 1) if address is None else NumberKey(address, address),)]


def _addresses(text: str, family: IpFamily, netmask: int | None) -> NumberKey:
    first, dash, last = text.partition("-")
    if dash:
        return NumberKey(read_address(first, family), read_address(last, family))
    prefix = read_prefix(text, family)
    if netmask is None or "/" in text:
        return NumberKey(prefix.address, prefix.last)
    return NumberKey(prefix.address, prefix.address | full_mask(family) >> netmask)


def _ports(text: str) -> list[tuple[Key, ...]]:
    """Read a port such as ``tcp:80``, ``vrrp:0`` or ``icmp:echo-request``.  A port without protocol (bitmap:port)
    stands for TCP and UDP."""
    protocol, colon, port = text.rpartition(":")
    if not colon:
        ports = _port_range(port)
        return [(NumberKey(number, number), ports) for number in (6, 17)]
    number = protocol_number(protocol)
    if number is None:
        raise MalformedError(message("unknown protocol {protocol!r}", protocol=protocol))
    if number in (1, 58):
        ((first, last),) = icmp_ranges(port, ICMP_TYPES if number == 1 else ICMP6_TYPES)
        # In an ipset, "echo-request" means exactly code 0.
        return [(NumberKey(number, number), NumberKey(first, first if last - first == 0xFF else last))]
    return [(NumberKey(number, number), _port_range(port))]


def _port_range(text: str) -> NumberKey:
    first, _, last = text.partition("-")
    return NumberKey(int(first), int(last or first))


def _finished(each: _Building, building: dict[str, _Building]) -> Set:
    create = each.create
    if f"{create.method}:{create.dimensions[0]}" != _LIST:
        return Set(create.name, create.type, tuple(each.elements), each.opaque)
    members = [building[name] for name in each.members if name in building]
    types = {member.create.type for member in members}
    elements = tuple(dict.fromkeys(element for member in members for element in member.elements))
    opaque = next((member.opaque for member in members if member.opaque), None)
    if len(types) > 1:
        return Set(create.name, _LIST, (), message("the member sets of the list are of different types"))
    if len(members) < len(each.members):
        opaque = message("the reading lacks a member set")
    elif len(members) > 1 and any(element.nomatch for element in elements):
        opaque = message("an exception applies only within its own member set")
    elif len(members) > 1 and any(each.startswith("hash:net,iface") for each in types):
        opaque = message("the deciding network is looked up within one member set only")
    return Set(create.name, f"{_LIST} {types.pop() if types else 'hash:ip'}", elements, opaque)


def fields_of(kind: str, flags: tuple[str, ...], family: IpFamily) -> tuple[Field | NameField, ...] | None:
    """Return the fields that ``--match-set NAME flags`` compares for a set of type ``kind``.  Return None if the type
    is unknown, or if no packet of this family can be in the set, because the rule has too few flags or the set is of
    the other family (ip_set_test())."""
    inet6 = kind.endswith(" inet6")
    name = kind.removesuffix(" inet6").removeprefix(f"{_LIST} ")
    method, _, dimensions = name.partition(":")
    parts = dimensions.split(",")
    addressed = not _ADDRESS_DIMENSIONS.isdisjoint(parts)
    if len(flags) < len(parts) or not _KNOWN_DIMENSIONS.issuperset(parts) or (addressed and inet6 != (family == "ip6")):
        return None
    fields: list[Field | NameField] = []
    version = "4" if address_bits(family) == 32 else "6"
    for part, flag in zip(parts, flags, strict=False):
        if flag not in ("src", "dst"):
            return None
        fields.extend(_FIELDS[f"{part}{version}" if part in _ADDRESS_DIMENSIONS else part][flag == "dst"])
    if method == "bitmap" and fields[-1] == "dmac":
        return None
    return tuple(fields)


_FIELDS: dict[str, tuple[tuple[Field | NameField, ...], tuple[Field | NameField, ...]]] = {
    "ip4": (("saddr4",), ("daddr4",)), "ip6": (("saddr6",), ("daddr6",)),
    "net4": (("saddr4",), ("daddr4",)), "net6": (("saddr6",), ("daddr6",)),
    "port": (("protocol", "sport"), ("protocol", "dport")),
    "iface": (("iif",), ("oif",)), "mark": (("mark",), ("mark",)), "mac": (("smac",), ("dmac",)),
}  # fmt: skip
"""The fields of each dimension, for the flag ``src`` and for the flag ``dst``."""
