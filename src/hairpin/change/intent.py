"""A cause's demand on a host's rules, and the change that meets it. A cause names no dialect: rules are built as IR and
written in the syntax of the back end in use.  An engine or firewalld makes its own rules itself: see
``engines/repair/restoring.py`` and ``calls.py``.
"""

from typing import Literal, assert_never

import msgspec

from hairpin.change.change import AddChain, Change, DeleteRule, InsertRule, SetPolicy
from hairpin.change.commands.tool import default_dialect
from hairpin.host.host import Host
from hairpin.host.netns import Netns
from hairpin.netfilter import ir
from hairpin.netfilter.evaluate.chain import Place
from hairpin.netfilter.iptables.spelled import spelled as iptables_words
from hairpin.netfilter.nft.spelled import spelled as nft_words
from hairpin.netfilter.packet import ICMP, ICMP6, RST, SYN, TCP
from hairpin.network.network import Network
from hairpin.network.prefix import Version, last_of, network_of

Iptables = Literal["iptables-nft", "iptables-legacy"]
Body = tuple[ir.Expression, ...]


class TakeAway(msgspec.Struct, frozen=True, tag="take-away"):
    """Delete a rule.  If the place is the place of a policy (number 0), set the policy to accept."""

    netns: Netns
    place: Place


class LetIn(msgspec.Struct, frozen=True, tag="let-in"):
    """Accept a flow and its replies before the rule that stops them: ``rules`` are inserted at the beginning of
    ``chain``, in the table of ``place``."""

    netns: Netns
    place: Place
    chain: str
    rules: tuple[Body, ...]


class Masquerade(msgspec.Struct, frozen=True, tag="masquerade"):
    """Masquerade packets from a subnet on every outgoing link except the subnet's bridge."""

    netns: Netns
    version: Version
    network: int
    prefix_length: int
    bridge: str


class MasqueradeTo(msgspec.Struct, frozen=True, tag="masquerade-to"):
    """Masquerade packets to one port of an address, on every link."""

    netns: Netns
    version: Version
    address: int
    protocol: int
    port: int


class SendFrom(msgspec.Struct, frozen=True, tag="send-from"):
    """Give packets from a subnet that leave by ``link`` the address ``source``, before other rules translate them."""

    netns: Netns
    version: Version
    network: int
    prefix_length: int
    link: str
    source: int


class AnswerHere(msgspec.Struct, frozen=True, tag="answer-here"):
    """Translate packets that the namespace sends to one address and port: their new destination is the address and port
    of a process in the namespace, for example a resolver."""

    netns: Netns
    version: Version
    public: int
    own: int
    protocol: int
    port: int
    own_port: int


class LoopBack(msgspec.Struct, frozen=True, tag="loop-back"):
    """Translate the packets of the host and its containers to a public address, because a gateway would not send these
    packets back.

    The rules for all ports are in one chain, :data:`LOOPBACK_CHAIN`.  OUTPUT and PREROUTING jump to this chain for
    packets to the public address.  Existing rules of the chain stay.  ``own`` is the new destination address.  If
    ``own`` is None, the chain ``DOCKER`` translates the packets, as it does for published ports."""

    netns: Netns
    version: Version
    public: int
    own: int | None
    protocol: int
    port: int


LOOPBACK_CHAIN = "HAIRPIN-LOOPBACK"


class ClampSegments(msgspec.Struct, frozen=True, tag="clamp-segments"):
    """Clamp the MSS of forwarded connections to the MTUs of the routes to both ends."""

    netns: Netns
    version: Version


class MarkAnswers(msgspec.Struct, frozen=True, tag="mark-answers"):
    """Set the bit ``mark`` in the mark of packets with which containers answer connections that came in by ``link``.

    The bit is set before routing.  A policy rule can therefore choose the packet's route."""

    netns: Netns
    version: Version
    link: str
    mark: int


Intent = TakeAway | LetIn | Masquerade | MasqueradeTo | SendFrom | AnswerHere | LoopBack | ClampSegments | MarkAnswers


def rendered(intent: Intent, network: Network) -> Change:
    """Return the change for the intent, in the dialect of the host's rules."""
    match intent:
        case TakeAway(netns=netns, place=place):
            return Change((SetPolicy(netns, place, "accept") if place.number == 0 else DeleteRule(netns, place),))
        case LetIn():
            return Change(tuple(_let_in(intent, body) for body in intent.rules))
        case Masquerade():
            return _masqueraded(intent, network)
        case MasqueradeTo(netns=netns, version=version):
            to = _to_port(version, intent.address, intent.protocol, intent.port)
            dialect = _in_use(netns, network)
            return Change(
                (_inserted(netns, dialect, version, "nat", "POSTROUTING", (*to, ir.Nat("masquerade")), None),)
            )
        case SendFrom():
            return _sent_from(intent, network)
        case AnswerHere():
            return _answered_here(intent, network)
        case LoopBack():
            return _looped_back(intent, network)
        case ClampSegments(netns=netns, version=version):
            dialect = _in_use(netns, network)
            return Change((_inserted(netns, dialect, version, "mangle", "FORWARD", _CLAMPING, None),))
        case MarkAnswers():
            return _answer_marks(intent, network)
        case _:
            assert_never(intent)


_CLAMPING: Body = (
    ir.FieldMatch("protocol", ((TCP, TCP),)),
    ir.FieldMatch("tcp-flags", ((SYN, SYN),), mask=SYN | RST),
    ir.NoEffect("TCPMSS", "--clamp-mss-to-pmtu"),
)


def mtu_told(version: Version) -> Body:
    """Return the matches that only an ICMP error about a too large packet satisfies."""
    if version == 4:
        return (
            ir.FieldMatch("protocol", ((ICMP, ICMP),)),
            ir.FieldMatch("icmp", ((_FRAGMENTATION_NEEDED, _FRAGMENTATION_NEEDED),)),
        )
    return (ir.FieldMatch("protocol", ((ICMP6, ICMP6),)), ir.FieldMatch("icmp6", ((_TOO_BIG, _TOO_BIG | 0xFF),)))


_FRAGMENTATION_NEEDED = 3 << 8 | 4
_TOO_BIG = 2 << 8


def _let_in(intent: LetIn, body: Body) -> InsertRule:
    place = intent.place
    if place.dialect == "nft":
        known: dict[str, ir.Family] = {"ip": "ip", "ip6": "ip6", "arp": "arp"}
        table = ir.Table(known.get(place.family, "inet"), place.table, "nft", ())
        rule = ir.Rule(body, nft_words(body, table), 1)
        return InsertRule(intent.netns, "nft", table.family, place.table, intent.chain, rule, 1)
    dialect: ir.Dialect = "iptables-legacy" if place.dialect == "iptables-legacy" else "iptables-nft"
    version: Version = 6 if place.family == "ip6" else 4
    return _inserted(intent.netns, dialect, version, place.table, intent.chain, body, 1)


def _inserted(
    netns: Netns, dialect: ir.Dialect, version: Version, table: str, chain: str, body: Body, position: int | None
) -> InsertRule:
    family: Literal["ip", "ip6"] = "ip" if version == 4 else "ip6"
    rule = ir.Rule(body, iptables_words(body, chain, family), 1)
    return InsertRule(netns, dialect, family, table, chain, rule, position)


def _masqueraded(intent: Masquerade, network: Network) -> Change:
    version, length = intent.version, intent.prefix_length
    first = network_of(intent.network, length, version)
    body = (
        ir.FieldMatch("saddr4" if version == 4 else "saddr6", ((first, last_of(first, length, version)),)),
        ir.NameMatch("oif", (intent.bridge,), negated=True),
        ir.Nat("masquerade"),
    )
    dialect = _in_use(intent.netns, network)
    return Change((_inserted(intent.netns, dialect, version, "nat", "POSTROUTING", body, None),))


def _sent_from(intent: SendFrom, network: Network) -> Change:
    version, length = intent.version, intent.prefix_length
    first = network_of(intent.network, length, version)
    body = (
        ir.FieldMatch("saddr4" if version == 4 else "saddr6", ((first, last_of(first, length, version)),)),
        ir.NameMatch("oif", (intent.link,)),
        ir.Nat("snat", (intent.source, intent.source), version=version),
    )
    dialect = _in_use(intent.netns, network)
    return Change((_inserted(intent.netns, dialect, version, "nat", "POSTROUTING", body, 1),))


def _answered_here(intent: AnswerHere, network: Network) -> Change:
    dialect = _in_use(intent.netns, network)
    body = _translating(intent, intent.own_port)
    return Change((_inserted(intent.netns, dialect, intent.version, "nat", "OUTPUT", body, 1),))


def _translating(intent: AnswerHere | LoopBack, port: int) -> Body:
    """Return the body of the rule that translates packets to the public address and port.  The packets' new destination
    is ``own``.  If ``own`` is None, the chain ``DOCKER`` translates the packets."""
    own = (intent.own, intent.own) if intent.own is not None else None
    return (
        *_to_port(intent.version, intent.public, intent.protocol, intent.port),
        ir.Jump("DOCKER") if own is None else ir.Nat("dnat", own, (port, port), version=intent.version),
    )


def _to_port(version: Version, address: int, protocol: int, port: int) -> Body:
    return (
        _to_address(version, address),
        ir.FieldMatch("protocol", ((protocol, protocol),)),
        ir.FieldMatch("dport", ((port, port),)),
    )


def _to_address(version: Version, address: int) -> ir.FieldMatch:
    return ir.FieldMatch("daddr4" if version == 4 else "daddr6", ((address, address),))


def _looped_back(intent: LoopBack, network: Network) -> Change:
    """Return the change that adds the missing parts: the loopback chain, its rule and the jumps to the chain."""
    netns, version = intent.netns, intent.version
    dialect = _in_use(netns, network)
    family: Literal["ip", "ip6"] = "ip" if version == 4 else "ip6"
    table = network.namespace(netns).ruleset.table(family, "nat", dialect)
    known = table.chain(LOOPBACK_CHAIN) if table is not None else None
    parts: list[AddChain | InsertRule] = []
    if known is None:
        parts.append(AddChain(netns, dialect, family, "nat", LOOPBACK_CHAIN))
    body = _translating(intent, intent.port)
    parts.append(_inserted(netns, dialect, version, "nat", LOOPBACK_CHAIN, body, None))
    jump: Body = (_to_address(version, intent.public), ir.Jump(LOOPBACK_CHAIN))
    for hook in ("OUTPUT", "PREROUTING"):
        chain = table.chain(hook) if table is not None else None
        if not any(rule.body == jump for rule in (chain.rules if chain is not None else ())):
            parts.append(_inserted(netns, dialect, version, "nat", hook, jump, 1))
    return Change(tuple(parts))


def _answer_marks(intent: MarkAnswers, network: Network) -> Change:
    """Return two rules: the first rule sets the bit in the connection's mark, the second rule copies the bit to the
    answering packets."""
    netns, version, bit = intent.netns, intent.version, intent.mark
    dialect, others = _in_use(netns, network), ~bit & 0xFFFFFFFF
    arriving: Body = (
        ir.NameMatch("iif", (intent.link,)),
        ir.FieldMatch("ct-direction", ((0, 0),)),
        ir.SetField("ct-mark", others, bit),
    )
    answering: Body = (
        ir.NameMatch("iif", (intent.link,), negated=True),
        ir.FieldMatch("ct-mark", ((bit, bit),), mask=bit),
        ir.FieldMatch("ct-direction", ((1, 1),)),
        ir.SetField("mark", others, bit),
    )
    return Change(
        tuple(_inserted(netns, dialect, version, "mangle", "PREROUTING", body, None) for body in (arriving, answering))
    )


def _in_use(netns: Netns, network: Network) -> Iptables:
    return iptables_in_use(network.namespace(netns).ruleset, network.host(netns.host))


def iptables_in_use(ruleset: ir.Ruleset, host: Host) -> Iptables:
    """Return the back end of iptables that the host uses.

    If only one back end has rules, this back end is in use.  If both back ends or no back end have rules, the back end
    that ``iptables -V`` names is in use.  If ``iptables -V`` was not read, nf_tables is assumed, which is today's
    default."""
    with_rules = {table.dialect for table in ruleset.tables if any(chain.rules for chain in table.chains)} & {
        "iptables-nft",
        "iptables-legacy",
    }
    if len(with_rules) == 1:
        return "iptables-legacy" if "iptables-legacy" in with_rules else "iptables-nft"
    return default_dialect(host.version("iptables")) or "iptables-nft"
