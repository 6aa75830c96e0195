"""The table of the options that compare one field; the reader, the writer, tests and docs/reference/elements.md use it.

A row describes one option: its module, its name, the field of the IR, and the form of its value.  A new match needs one
row here, or one row and one form (forms.py).  Options that do not fit into a row are in modules.py.

Source: iptables-extensions(8); net/netfilter/xt_*.c
"""

from collections.abc import Iterator
from typing import NamedTuple

from hairpin.message import Message, message
from hairpin.netfilter import ir
from hairpin.netfilter.iptables.forms import (
    ABOVE,
    ADDRESSES,
    BELOW,
    FLAGS_OF_TCP,
    GROUP,
    HARDWARE_ADDRESS,
    MASKED,
    NAMED_PROTOCOL,
    PORTS,
    PROTOCOL,
    Form,
    Value,
    any_flag,
    constant,
    icmp_type,
    network,
    one_flag,
    one_number,
    span,
    symbol,
)
from hairpin.netfilter.protocols import ICMP6_TYPES, ICMP_TYPES
from hairpin.netfilter.rule_address import IpFamily

STATES = {
    "INVALID": ir.CT_INVALID, "NEW": ir.CT_NEW, "RELATED": ir.CT_RELATED, "ESTABLISHED": ir.CT_ESTABLISHED,
    "UNTRACKED": ir.CT_UNTRACKED,
}  # fmt: skip
_STATUSES = {
    "NONE": 0, "EXPECTED": ir.STATUS_EXPECTED, "SEEN_REPLY": ir.STATUS_SEEN_REPLY, "ASSURED": ir.STATUS_ASSURED,
    "CONFIRMED": ir.STATUS_CONFIRMED,
}  # fmt: skip
_DIRECTIONS = {"ORIGINAL": 0, "REPLY": 1}
PACKET_TYPES = {"unicast": 0, "host": 0, "broadcast": 1, "bcast": 1, "multicast": 2, "mcast": 2, "otherhost": 3}
DSCP_CLASSES = {
    **{f"CS{number}": number << 3 for number in range(8)}, "BE": 0, "EF": 0x2E,
    **{f"AF{row}{column}": row << 3 | column << 1 for row in range(1, 5) for column in range(1, 4)},
}  # fmt: skip

STATE_NAMES = one_flag(STATES)

TCP, UDP, UDPLITE, SCTP, DCCP = 6, 17, 136, 132, 33
_ONE_PROTOCOL = message("a rule has one -p with one protocol")
_NEEDS_PORTS = message("ports need -p tcp, udp, udplite, sctp or dccp before them")
_HOPS = message("iptables takes one value here, or all values below or above one value")
_OWNER = message("a negated owner match of iptables also matches packets without a socket")

Fields = tuple[ir.Field, ir.Field]
"""The field that an option compares in an IPv4 rule, and in an IPv6 rule."""


class OptionRow(NamedTuple):
    """One option.  If several rows have the same field, the first row that can express the value writes it.

    ``module``: empty for an option of iptables itself, which a rule has at most once.  ``also``: other names of the
    option.  ``protocols``: the option is written only after ``-p`` with one of these protocols.  ``families``: the
    option is written only in rules of these families.  ``alone``: whether no other option may follow the same ``-m``.
    ``opposite``: whether a packet satisfies the option if it does not satisfy the comparison.  ``negatable``: whether
    iptables accepts ``!`` before the option.  ``lacking``: whether a packet without the field satisfies the negated
    option.  ``written``: false if another row writes the same comparison.  ``refusal``: the reason why a value cannot
    be written, if the form gives no reason.
    """

    module: str
    option: str
    field: ir.Field | Fields
    form: Form
    also: tuple[str, ...] = ()
    protocols: tuple[int, ...] = ()
    families: tuple[IpFamily, ...] = ("ip", "ip6")
    alone: bool = False
    opposite: bool = False
    negatable: bool = True
    lacking: bool = False
    written: bool = True
    refusal: Message | None = None

    def field_of(self, family: IpFamily) -> ir.Field:
        """Return the field that the option compares in a rule of that family."""
        return self.field if isinstance(self.field, str) else self.field[family == "ip6"]

    def match(self, value: Value, family: IpFamily, *, negated: bool) -> ir.FieldMatch | ir.AnyOfMatch:
        """Return the option's match.  ``negated`` is true if ``!`` precedes the option."""
        ranges, mask = value
        field = self.field_of(family)
        if self.lacking and negated:
            return ir.AnyOfMatch((ir.FieldMatch(field, ranges, mask=mask),), negated=True)
        return ir.FieldMatch(field, ranges, negated is not self.opposite, mask)


class NameRow(NamedTuple):
    """One option that compares an interface's name.  If ``given`` is false, the option only tests whether the packet
    has such an interface."""

    module: str
    option: str
    field: ir.NameField
    given: bool = True
    written: bool = True


def _ports() -> Iterator[OptionRow]:
    """Yield the port options of each transport protocol.  Only multiport writes UDP-Lite's ports."""
    sides: tuple[tuple[ir.Field, str], ...] = (("sport", "source"), ("dport", "destination"))
    modules = {"tcp": TCP, "udp": UDP, "sctp": SCTP, "dccp": DCCP, "udplite": UDPLITE}
    for field, name in sides:
        for module, number in modules.items():
            yield OptionRow(
                module, f"--{field}", field, span(0xFFFF), (f"--{name}-port",), (number,), written=module != "udplite"
            )
        yield OptionRow(
            "multiport", f"--{field}s", field, PORTS, (f"--{name}-ports",), (*modules.values(),), alone=True,
            refusal=_NEEDS_PORTS,
        )  # fmt: skip


def _hops() -> Iterator[OptionRow]:
    """Yield the options about an IPv4 packet's TTL and an IPv6 packet's hop limit; the IR calls both TTL."""
    modules: tuple[tuple[str, IpFamily], ...] = (("ttl", "ip"), ("hl", "ip6"))
    for module, family in modules:
        yield OptionRow(module, f"--{module}-eq", "ttl", one_number(255), families=(family,), alone=True)
        for name, form in (("lt", BELOW), ("gt", ABOVE)):
            yield OptionRow(
                module, f"--{module}-{name}", "ttl", form, families=(family,), alone=True, negatable=False,
                refusal=_HOPS,
            )  # fmt: skip


ROWS: tuple[OptionRow, ...] = (
    OptionRow("", "-s", ("saddr4", "saddr6"), network()),
    OptionRow("", "-d", ("daddr4", "daddr6"), network()),
    OptionRow("iprange", "--src-range", ("saddr4", "saddr6"), ADDRESSES),
    OptionRow("iprange", "--dst-range", ("daddr4", "daddr6"), ADDRESSES),
    OptionRow("", "-p", "protocol", NAMED_PROTOCOL, refusal=_ONE_PROTOCOL),
    OptionRow("", "-f", "fragment", constant(1), families=("ip",)),
    *_ports(),
    OptionRow("ecn", "--ecn-tcp-ece", "tcp-flags", constant(64, 64)),  # xt_ecn.c match_tcp()
    OptionRow("ecn", "--ecn-tcp-cwr", "tcp-flags", constant(128, 128)),
    OptionRow("tcp", "--tcp-flags", "tcp-flags", FLAGS_OF_TCP, protocols=(TCP,)),
    OptionRow("tcp", "--syn", "tcp-flags", constant(2, 23), written=False),
    OptionRow("icmp", "--icmp-type", "icmp", icmp_type(ICMP_TYPES), protocols=(1,), families=("ip",)),
    OptionRow("icmp6", "--icmpv6-type", "icmp6", icmp_type(ICMP6_TYPES), protocols=(58,), families=("ip6",)),
    OptionRow("mark", "--mark", "mark", MASKED),
    OptionRow("connmark", "--mark", "ct-mark", MASKED),
    OptionRow("devgroup", "--src-group", "iif-group", GROUP),
    OptionRow("devgroup", "--dst-group", "oif-group", GROUP),
    *_hops(),
    OptionRow("length", "--length", "length", span(0xFFFF)),
    OptionRow("pkttype", "--pkt-type", "pkttype", symbol(PACKET_TYPES, numbers=True)),
    OptionRow("dscp", "--dscp", "dscp", one_number(0x3F, digits=4), alone=True),
    OptionRow("dscp", "--dscp-class", "dscp", symbol(DSCP_CLASSES, capitals=True), written=False),
    OptionRow("ecn", "--ecn-ip-ect", "ecn", one_number(3)),
    OptionRow("mac", "--mac-source", "smac", HARDWARE_ADDRESS),
    OptionRow("owner", "--uid-owner", "skuid", span(0xFFFFFFFE, "-"), negatable=False, lacking=True, refusal=_OWNER),
    OptionRow("owner", "--gid-owner", "skgid", span(0xFFFFFFFE, "-"), negatable=False, lacking=True, refusal=_OWNER),
    OptionRow("owner", "--socket-exists", "socket", constant(1)),
    OptionRow("conntrack", "--ctstate", "ct-state", STATE_NAMES),
    OptionRow("state", "--state", "ct-state", STATE_NAMES, written=False),
    OptionRow("conntrack", "--ctstatus", "ct-status", any_flag(_STATUSES), opposite=True),
    OptionRow("conntrack", "--ctproto", "ct-protocol", PROTOCOL),
    OptionRow("conntrack", "--ctdir", "ct-direction", symbol(_DIRECTIONS, capitals=True), negatable=False),
    OptionRow("conntrack", "--ctorigsrc", ("ct-orig-saddr4", "ct-orig-saddr6"), network(bare=True)),
    OptionRow("conntrack", "--ctorigdst", ("ct-orig-daddr4", "ct-orig-daddr6"), network(bare=True)),
    OptionRow("conntrack", "--ctreplsrc", ("ct-repl-saddr4", "ct-repl-saddr6"), network(bare=True)),
    OptionRow("conntrack", "--ctrepldst", ("ct-repl-daddr4", "ct-repl-daddr6"), network(bare=True)),
    OptionRow("conntrack", "--ctorigsrcport", "ct-orig-sport", span(0xFFFF)),
    OptionRow("conntrack", "--ctorigdstport", "ct-orig-dport", span(0xFFFF)),
    OptionRow("conntrack", "--ctreplsrcport", "ct-repl-sport", span(0xFFFF)),
    OptionRow("conntrack", "--ctrepldstport", "ct-repl-dport", span(0xFFFF)),
)

NAME_ROWS: tuple[NameRow, ...] = (
    NameRow("", "-i", "iif"),
    NameRow("", "-o", "oif"),
    NameRow("physdev", "--physdev-in", "physin"),
    NameRow("physdev", "--physdev-out", "physout"),
    NameRow("physdev", "--physdev-is-in", "physin", given=False),  # xt_physdev.c: the port's name must not be empty
    NameRow("physdev", "--physdev-is-bridged", "physout", given=False),
    NameRow("physdev", "--physdev-is-out", "physout", given=False, written=False),
)

WRITERS: dict[tuple[IpFamily, ir.Field], tuple[OptionRow, ...]] = {}
"""By family and field, the rows that can write a comparison of the field; the preferred row is first."""
for _row in ROWS:
    for _family in _row.families if _row.written else ():
        _key = (_family, _row.field_of(_family))
        WRITERS[_key] = (*WRITERS.get(_key, ()), _row)
