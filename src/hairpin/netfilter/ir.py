"""The one intermediate representation (IR) of netfilter rules, whatever tool wrote them.

    Ruleset → Table → Chain (a base chain has a hook and a priority) → Rule → body

A rule's body is a sequence of expressions, evaluated from left to right as the kernel does.  A *match* that is not
satisfied ends the rule.  A *statement* acts on the packet.  A rule of iptables has its matches before its one target; a
rule of nftables may mix them.  Later code does not distinguish the dialects, except to quote ``Rule.text``.  Nearly all
matches compare a number with ranges (:class:`FieldMatch`).  Addresses are integers, names strings.
"""

from typing import Literal

import msgspec

from hairpin.message import Message
from hairpin.netfilter.evaluate.bytecode import Program
from hairpin.netfilter.limit import Limit, Queue, Rate

Family = Literal["ip", "ip6", "inet", "arp", "bridge", "netdev"]
Dialect = Literal["iptables-nft", "iptables-legacy", "nft", "ebtables"]
Hook = Literal["ingress", "prerouting", "input", "forward", "output", "postrouting", "egress"]
ChainType = Literal["filter", "nat", "route"]

Field = Literal[
    # network header; *4 exist in IPv4 packets only, *6 in IPv6 packets only
    "saddr4", "daddr4", "saddr6", "daddr6",
    "nfproto",       # 2 = IPv4, 10 = IPv6
    "ethertype",     # 0x0800, 0x86dd …
    "protocol",      # layer 4 protocol number (meta l4proto)
    "dscp", "ecn", "ttl", "length", "fragment",      # fragment: 1 for a non-first fragment, else 0
    "extensions",    # of IPv6: hop-by-hop 128 destination 64 routing 32 fragment 16 ah 8 esp 4 none 2 payload 1
    # transport header; a packet without this header has none of these fields and satisfies no match on them
    "sport", "dport",
    "tcp-flags",     # fin 1 syn 2 rst 4 psh 8 ack 16 urg 32 ece 64 cwr 128
    "icmp", "icmp6",     # type << 8 | code of ICMP and of ICMPv6
    # link header
    "smac", "dmac", "pkttype",                       # pkttype: host 0 broadcast 1 multicast 2 other 3
    "arp-htype", "arp-ptype", "arp-hlen", "arp-plen", "arp-operation",      # operation: request 1 reply 2
    "arp-saddr4", "arp-daddr4", "arp-saddr-mac", "arp-daddr-mac",
    # metadata
    "mark", "skuid", "skgid", "socket", "ipsec-in", "ipsec-out", "iif-group", "oif-group",     # 0: none of them
    # connection tracking
    "ct-state",      # one bit: invalid 1 established 2 related 4 new 8 untracked 64
    "ct-status",     # bits: expected 1 seen-reply 2 assured 4 confirmed 8 snat 16 dnat 32 dying 512
    "ct-mark", "ct-direction", "ct-zone", "ct-protocol",                    # direction: original 0 reply 1
    "ct-orig-saddr4", "ct-orig-daddr4", "ct-orig-saddr6", "ct-orig-daddr6", "ct-orig-sport", "ct-orig-dport",
    "ct-repl-saddr4", "ct-repl-daddr4", "ct-repl-saddr6", "ct-repl-daddr6", "ct-repl-sport", "ct-repl-dport",
]  # fmt: skip
NFPROTO: dict[int, int] = {4: 2, 6: 10}
"""The numbers of the IP versions in the field ``nfproto``: NFPROTO_IPV4, NFPROTO_IPV6 (linux/netfilter.h)."""
BUILT_IN_TABLES = frozenset({"filter", "nat", "mangle", "raw", "security"})
NameField = Literal["iif", "oif", "physin", "physout"]

CT_INVALID, CT_ESTABLISHED, CT_RELATED, CT_NEW, CT_UNTRACKED = 1, 2, 4, 8, 64
STATUS_EXPECTED, STATUS_SEEN_REPLY, STATUS_ASSURED, STATUS_CONFIRMED, STATUS_OFFLOAD = 1, 2, 4, 8, 1 << 14
STATUS_SNAT, STATUS_DNAT, STATUS_SNAT_DONE, STATUS_DNAT_DONE, STATUS_DYING = 16, 32, 128, 256, 512

FULL_MASK = (1 << 128) - 1  # keeps every bit of every field
Ranges = tuple[tuple[int, int], ...]  # inclusive; a single value is (v, v)


class Node(msgspec.Struct, frozen=True, tag_field="kind", forbid_unknown_fields=True, gc=False):
    """The base class of every IR node: immutable, comparable, hashable, and convertible to JSON by msgspec."""


# --- matches ---------------------------------------------------------------------------------------------------------


class FieldMatch(Node, frozen=True, tag="field", gc=False):
    """``(value & mask)`` is inside one of the ranges; with ``negated``, it is outside of all ranges.  A packet without
    the field (``dport`` of ICMP, ``saddr6`` of IPv4) does not satisfy the match, negated or not: an iptables match is
    then false, and nft ends the rule (NFT_BREAK)."""

    field: Field
    ranges: Ranges
    negated: bool = False
    mask: int = FULL_MASK


class NameMatch(Node, frozen=True, tag="name", gc=False):
    """An interface name equals one of ``names``; a last ``*`` is a wildcard (iptables' ``+``), ``\\*`` is a star.

    If the hook has no such interface (``oif`` in prerouting), the empty name is compared, so ``! -o eth0`` is satisfied
    in prerouting (measured also for nft's ``oifname !=`` on 6.18).
    """

    field: NameField
    names: tuple[str, ...]
    negated: bool = False


class SetMatch(Node, frozen=True, tag="set", gc=False):
    """The packet's ``fields``, concatenated, are an element of the named set (ipset or nftables).  If the type of an
    ipset has a port, the port is two fields: ``protocol``, and ``sport`` or ``dport``."""

    set: str
    fields: tuple[Field | NameField, ...]
    negated: bool = False


class InlineSetMatch(Node, frozen=True, tag="inline-set", gc=True, dict=True):
    """The ``fields`` are an element of an anonymous set with several dimensions (one with one is a FieldMatch)."""

    elements: tuple["Element", ...]
    fields: tuple[Field | NameField, ...]
    negated: bool = False


class FibMatch(Node, frozen=True, tag="fib", gc=False):
    """The routing tables give the address one of ``types``: ``-m addrtype``, nft ``fib daddr type``.  Types are unicast
    local broadcast anycast multicast blackhole unreachable prohibit unspec …  ``limit`` restricts the lookup to the
    input or output interface (``--limit-iface-in``, ``fib daddr . iif type``)."""

    address: Literal["saddr", "daddr"]
    types: tuple[str, ...]
    negated: bool = False
    limit: Literal["iif", "oif"] | None = None


class ReversePathMatch(Node, frozen=True, tag="rpfilter", gc=False):
    """A route leads back to the source by the input interface: ``-m rpfilter``, nft ``fib saddr . iif oif != 0``.
    ``loose``: a route by any interface counts.  ``accept_local``: a local source, too.  ``validmark``: by the mark."""

    negated: bool = False
    loose: bool = False
    accept_local: bool = False
    validmark: bool = False


class SocketMatch(Node, frozen=True, tag="socket", gc=False):
    """A socket of the namespace accepts the packet; with ``nowildcard`` (xt_socket.c) also one bound to any address."""

    transparent: bool = False
    nowildcard: bool = False
    negated: bool = False


class AnyOfMatch(Node, frozen=True, tag="any-of", gc=False):
    """At least one of the alternatives is satisfied (multiport's ``--ports``: the source or the destination port)."""

    alternatives: tuple["Match", ...]
    negated: bool = False


class StatefulMatch(Node, frozen=True, tag="stateful", gc=False):
    """A match that depends on history, chance or load (limit, recent, statistic, time …).  The walk forks on it.
    ``usual``: whether a first packet on an idle host satisfies it; ``fixed``: so does every other, as with a
    probability of 1 or 0.  ``rate``: the traffic below it."""

    name: str
    text: str
    usual: bool = True
    limit: Limit | None = None
    rate: Rate | None = None
    fixed: bool = False


class OpaqueMatch(Node, frozen=True, tag="opaque", gc=False):
    """A match on which the walk forks; ``text``: the rule's own words.  ``needs``: the matches that this match implies,
    such as an extension header.  ``program``: classic BPF, which may decide the match (``-m bpf --bytecode``)."""

    text: str
    needs: tuple[FieldMatch, ...] = ()
    program: Program = ()


Match = (
    FieldMatch | NameMatch | SetMatch | InlineSetMatch | FibMatch | ReversePathMatch | SocketMatch | AnyOfMatch
    | StatefulMatch | OpaqueMatch
)  # fmt: skip


# --- statements ------------------------------------------------------------------------------------------------------


class Verdict(Node, frozen=True, tag="verdict", gc=False):
    """Ends the evaluation of the base chain (accept, drop) or of this chain (return); ``continue`` does nothing."""

    verdict: Literal["accept", "drop", "return", "continue"]


class Jump(Node, frozen=True, tag="jump", gc=False):
    """Continues in a chain of the same table.  After ``goto``, the end of that chain returns to this chain's caller."""

    chain: str
    goto: bool = False


class Reject(Node, frozen=True, tag="reject", gc=False):
    """Drops the packet and sends ``answer`` to its sender.  ``answer`` is in iptables' words:
    ``icmp-port-unreachable``, ``tcp-reset``, ``icmp-host-prohibited``, ``icmp6-adm-prohibited`` …  nft's ``icmpx``
    types are ``icmpx-port-unreachable`` …  For an ``icmpx`` type, the packet's family decides whether the answer is
    ICMP or ICMPv6."""

    answer: str


NOT_PRINTED = Reject("icmpx-not-printed")  # nft prints that the rule rejects, but not with which error


class Nat(Node, frozen=True, tag="nat", gc=False):
    """Source or destination translation; ends the evaluation of a nat base chain.  ``masquerade`` and ``redirect`` take
    the address from the interface.  ``addresses`` and ``ports`` are inclusive ranges or None (unchanged).  ``prefix``
    stands for NETMAP, which keeps the host part of the address.  ``base``: the old port that becomes the first port."""

    nat: Literal["snat", "dnat", "masquerade", "redirect"]
    addresses: tuple[int, int] | None = None
    ports: tuple[int, int] | None = None
    flags: tuple[str, ...] = ()
    prefix: bool = False
    version: Literal[4, 6] | None = None
    base: int | None = None


class NatMap(Node, frozen=True, tag="nat-map", gc=False):
    """nft ``dnat to tcp dport map {…}``: the fields choose the translation; without a matching element, no NAT."""

    nat: Literal["snat", "dnat", "masquerade", "redirect"]
    fields: tuple[Field | NameField, ...]
    elements: tuple["NatElement", ...] = ()
    map: str | None = None


class SetField(Node, frozen=True, tag="set-field", gc=False):
    """``new = (old & keep) ^ ((source's value & source_mask) if there is a source else value) + added``.  Used for
    MARK, CONNMARK (save and restore), nft ``meta mark set``, ``ct mark set``, TTL (``added``), and DSCP."""

    field: Field
    keep: int = 0
    value: int = 0
    source: Field | None = None
    source_mask: int = FULL_MASK
    added: int = 0


class Notrack(Node, frozen=True, tag="notrack", gc=False):
    """The packet is not tracked: no NAT, ctstate UNTRACKED."""


class SetZone(Node, frozen=True, tag="set-zone", gc=False):
    """Sets the packet's conntrack zone: iptables ``CT --zone``, nft ``ct zone set``."""

    zone: int


class VerdictMap(Node, frozen=True, tag="vmap", gc=False):
    """nft ``… vmap {…}`` or ``vmap @map``: the fields choose the verdict; without a verdict the rule does not match."""

    fields: tuple[Field | NameField, ...]
    elements: tuple["VerdictElement", ...] = ()
    map: str | None = None


class NoEffect(Node, frozen=True, tag="no-effect", gc=False):
    """A statement that decides nothing: LOG, counter, comment, TRACE, SET, TCPMSS, set add …  ``enters``: the list of
    xt_recent in which the statement enters the packet's address."""

    name: str
    text: str = ""
    enters: str = ""


class Outside(Node, frozen=True, tag="outside", gc=False):
    """Gives the packet to a receiver that hairpin does not model: NFQUEUE, TPROXY, SYNPROXY, an unknown target.  If
    ``ends`` is true, the walk forks: the receiver keeps the packet, or the evaluation continues.  A packet that
    satisfies ``unless`` is not affected.  ``queue``: the queues of NFQUEUE, to which a program has to listen."""

    name: str
    text: str
    ends: bool = True
    unless: FieldMatch | None = None
    queue: Queue | None = None


Statement = Verdict | Jump | Reject | Nat | NatMap | SetField | Notrack | SetZone | VerdictMap | NoEffect | Outside
Expression = Match | Statement


class NumberKey(Node, frozen=True, tag="number", gc=False):
    """One dimension of an element: an inclusive range of numbers."""

    first: int
    last: int


class NameKey(Node, frozen=True, tag="name-key", gc=False):
    """One dimension of an element: an interface name, or a prefix when it ends in ``*``."""

    name: str


Key = NumberKey | NameKey


class Element(Node, frozen=True, tag="element", gc=False):
    """An element of a set.  The smallest matching element decides; ``nomatch`` makes it an exception (ipset)."""

    key: tuple[Key, ...]
    nomatch: bool = False


class VerdictElement(Node, frozen=True, tag="verdict-element", gc=False):
    """An element of a verdict map.  The default element (``*``) fits every packet."""

    key: tuple[Key, ...]
    verdict: Verdict | Jump


class NatElement(Node, frozen=True, tag="nat-element", gc=False):
    """An element of a map to addresses and ports."""

    key: tuple[Key, ...]
    addresses: tuple[int, int] | None = None
    ports: tuple[int, int] | None = None


class Set(Node, frozen=True, tag="named-set", gc=True, dict=True):
    """A named set of a table, or an ipset of the namespace.  ``opaque`` is the reason why elements may be missing
    (dynamic set, unknown type); a lookup without a match is then unknown.  ``absent``: the values that an unlisted set
    lacks, as the kernel answered when it was asked for them; None for a listed set."""

    name: str
    type: str
    elements: tuple[Element, ...]
    opaque: Message | None = None
    absent: frozenset[tuple[int | str, ...]] | None = None


class Map(Node, frozen=True, tag="named-map", gc=False):
    """A named nftables map to verdicts, or to addresses and ports."""

    name: str
    type: str
    elements: tuple[VerdictElement | NatElement, ...]


class Rule(Node, frozen=True, tag="rule", gc=False):
    """One rule.  ``text`` is its source text without counters (``-A FORWARD -i eth0 -j DROP``, or nft's own words);
    ``number`` counts from 1 in its chain; ``line`` is its line in the reading, or 0.  ``by_iptables``: nft's listing
    has an extension of iptables (``xt``) in the rule, so iptables made it."""

    body: tuple[Expression, ...]
    text: str
    number: int
    line: int = 0
    handle: int | None = None
    packets: int | None = None
    bytes: int | None = None
    by_iptables: bool = False


class Chain(Node, frozen=True, tag="chain", gc=True, dict=True):
    """A chain.  A base chain has a hook, a priority and a policy; at ingress and egress it also has ``devices``."""

    name: str
    rules: tuple[Rule, ...]
    hook: Hook | None = None
    type: ChainType = "filter"
    priority: int = 0
    policy: Literal["accept", "drop"] | None = None
    devices: tuple[str, ...] = ()
    packets: int | None = None


class Table(Node, frozen=True, tag="table", gc=False):
    """A table of one family and dialect, and the ids of the readings that it and its flags came from.  ``objects``: the
    declarations that rules name (``counter web { … }``).  ``dormant``: its chains are at no hook.  ``owned``: only the
    process that made it may change it, and ``nft flush ruleset`` leaves it (nf_tables_api.c nft_table_lookup())."""

    family: Family
    name: str
    dialect: Dialect
    chains: tuple[Chain, ...]
    sets: tuple[Set, ...] = ()
    maps: tuple[Map, ...] = ()
    evidence: str = ""
    objects: tuple[str, ...] = ()
    dormant: bool = False
    owned: bool = False
    flags_evidence: str = ""

    def chain(self, name: str) -> Chain | None:
        """Return the chain of that name, or None."""
        return next((each for each in self.chains if each.name == name), None)


class Ruleset(Node, frozen=True, tag="ruleset", gc=False):
    """All tables of one network namespace, and its ipsets.  No two tables have equal family, name and dialect."""

    tables: tuple[Table, ...] = ()
    ipsets: tuple[Set, ...] = ()

    def table(self, family: Family, name: str, dialect: Dialect | None = None) -> Table | None:
        """Return the first table of that family and name (and dialect, if given), or None.  Only nft shows a table that
        has rules of nft's own.  The dialect iptables-nft finds such a table, too."""
        named = [each for each in self.tables if each.family == family and each.name == name]
        found = next((each for each in named if dialect in (None, each.dialect)), None)
        if found is None and dialect == "iptables-nft" and family in ("ip", "ip6") and name in BUILT_IN_TABLES:
            return next((each for each in named if each.dialect == "nft"), None)
        return found
