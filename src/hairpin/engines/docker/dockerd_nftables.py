"""The rules of dockerd 29's nftables back end: tables ``ip docker-bridges`` and ``ip6 docker-bridges``.

Base chains send each packet by its bridge, through four maps, to that bridge's own chains.  The chains are written in
nft's JSON format and parsed by the reader of this format.

Source: docker-v29.7.2 daemon/libnetwork/drivers/bridge/internal/nftabler; held against the listings in moby's
integration/network/bridge/nftablesdoc.
"""

from collections.abc import Iterable, Iterator, Sequence
from ipaddress import IPv4Address

import msgspec

from hairpin.engines.docker import nft_words as nft
from hairpin.engines.docker.chains import NATIVE_TABLE
from hairpin.engines.docker.history import Attachment, History, Port
from hairpin.engines.docker.nft_words import Json
from hairpin.engines.docker.options import Bridge, Daemon, Side
from hairpin.engines.expected import ExpectedChain, ExpectedElement, ExpectedRule, Purpose
from hairpin.host.docker import PortBinding
from hairpin.netfilter.ir import ChainType, Hook, Rule
from hairpin.netfilter.nft import listing as nft_listing
from hairpin.netfilter.rule_address import IpFamily


class BaseChain(msgspec.Struct, frozen=True):
    """A chain at a hook."""

    name: str
    type: ChainType
    hook: Hook
    priority: int


class JumpMap(msgspec.Struct, frozen=True):
    """A map from bridges to their chains, which are named by ``prefix`` and the bridge."""

    name: str
    prefix: str


class NativeDraft(msgspec.Struct, frozen=True):
    """A rule as nft's JSON, and its purpose.  Rules with a lower ``group`` stand before rules with a higher
    ``group``."""

    chain: str
    expressions: tuple[Json, ...]
    purpose: Purpose
    network: str | None = None
    container: str | None = None
    binding: PortBinding | None = None
    comment: str = ""
    group: int = 0


class NativeChains:
    """The tables that are being built: one for each family, and all with the same name.  The rule for a published port
    is not added a second time."""

    def __init__(self, table: str) -> None:
        self._table = table
        self._objects: dict[IpFamily, list[Json]] = {}
        self._chains: list[ExpectedChain] = []
        self._elements: list[ExpectedElement] = []
        self._drafts: dict[IpFamily, list[NativeDraft]] = {}
        self._opened: set[tuple[IpFamily, str, bytes]] = set()

    def start(
        self, family: IpFamily, base_chains: Sequence[BaseChain], chains: Iterable[str], maps: Sequence[JumpMap]
    ) -> None:
        """Make the table with its base chains, other chains and maps."""
        objects = self._objects.setdefault(family, [])
        objects.append({"table": {"family": family, "name": self._table, "handle": 1}})
        for chain in base_chains:
            fields: Json = {"type": chain.type, "hook": chain.hook, "prio": chain.priority, "policy": "accept"}
            self._make(family, chain.name, fields)
        for name in chains:
            self._make(family, name, {})
        objects.extend(
            {"map": {**self._place(family), "name": one.name, "type": "ifname", "handle": 1, "map": "verdict"}}
            for one in maps
        )

    def join(self, family: IpFamily, device: str, network: str, maps: Sequence[JumpMap]) -> None:
        """Make the chains of a bridge, and the map elements that send the bridge's packets to them."""
        for one in maps:
            self._make(family, f"{one.prefix}{device}", {})
            chain = f"{one.prefix}{device}"
            self._elements.append(ExpectedElement(family, self._table, one.name, device, chain, network))

    def add(self, family: IpFamily, draft: NativeDraft) -> None:
        """Add the rule at the end of its group in its chain."""
        if draft.purpose == "accept":
            key = (family, draft.chain, msgspec.json.encode(draft.expressions))
            if key in self._opened:
                return
            self._opened.add(key)
        self._drafts.setdefault(family, []).append(draft)

    def _place(self, family: IpFamily) -> Json:
        return {"family": family, "table": self._table}

    def _make(self, family: IpFamily, name: str, fields: Json) -> None:
        self._objects[family].append({"chain": {**self._place(family), "name": name, "handle": 1, **fields}})
        self._chains.append(ExpectedChain(family, self._table, name))

    def chains(self) -> tuple[ExpectedChain, ...]:
        """Return all chains."""
        return tuple(self._chains)

    def elements(self) -> tuple[ExpectedElement, ...]:
        """Return the elements of the maps."""
        return tuple(self._elements)

    def rules(self) -> tuple[ExpectedRule, ...]:
        """Return the rules, chain by chain, in the order of each chain."""
        return tuple(rule for family in self._objects for rule in self._rules(family))

    def _rules(self, family: IpFamily) -> Iterator[ExpectedRule]:
        names = [one.chain for one in self._chains if one.family == family]
        place = {name: number for number, name in enumerate(names)}
        drafts = sorted(self._drafts.get(family, []), key=lambda draft: (place[draft.chain], draft.group))
        for draft, rule in zip(drafts, self._read(family, names, drafts), strict=True):
            yield ExpectedRule(
                family=family,
                table=self._table,
                chain=draft.chain,
                rule=rule,
                purpose=draft.purpose,
                position="last",
                network=draft.network,
                container=draft.container,
                binding=draft.binding,
            )

    def _read(self, family: IpFamily, names: Sequence[str], drafts: Sequence[NativeDraft]) -> tuple[Rule, ...]:
        objects = [*self._objects[family], *(self._rule(family, draft) for draft in drafts)]
        text = msgspec.json.encode({"nftables": objects}).decode()
        (table,) = nft_listing.parse(text, source=f"expected {family} rules")
        chains = (table.chain(name) for name in names)
        return tuple(rule for chain in chains if chain is not None for rule in chain.rules)

    def _rule(self, family: IpFamily, draft: NativeDraft) -> Json:
        comment: Json = {"comment": draft.comment} if draft.comment else {}
        fields = {**self._place(family), "chain": draft.chain, "handle": 1, **comment, "expr": draft.expressions}
        return {"rule": fields}


FORWARD, RAW = "filter-FORWARD", "raw-PREROUTING"
OUTPUT, PREROUTING, POSTROUTING = "nat-OUTPUT", "nat-PREROUTING", "nat-POSTROUTING"
NAT = "nat-prerouting-and-output"
BASE_CHAINS = (
    BaseChain(FORWARD, "filter", "forward", 0),
    BaseChain(OUTPUT, "nat", "output", -100),
    BaseChain(POSTROUTING, "nat", "postrouting", 100),
    BaseChain(PREROUTING, "nat", "prerouting", -100),
    BaseChain(RAW, "filter", "prerouting", -300),
)
FORWARD_IN = JumpMap("filter-forward-in-jumps", "filter-forward-in__")
FORWARD_OUT = JumpMap("filter-forward-out-jumps", "filter-forward-out__")
POSTROUTING_IN = JumpMap("nat-postrouting-in-jumps", "nat-postrouting-in__")
POSTROUTING_OUT = JumpMap("nat-postrouting-out-jumps", "nat-postrouting-out__")
MAPS = (FORWARD_IN, FORWARD_OUT, POSTROUTING_IN, POSTROUTING_OUT)

FIRST, ICC, PORTS, LAST = range(4)
"""The groups of rules in a bridge's chain filter-forward-in.  The rules of a group stand after the rules of all earlier
groups, even if they are added first."""


def program(daemon: Daemon, history: History) -> NativeChains:
    """Return all tables that this dockerd programs."""
    chains = NativeChains(NATIVE_TABLE)
    for family in daemon.families():
        chains.start(family, BASE_CHAINS, (NAT,), MAPS)
        _dispatch(chains, daemon, family)
        for bridge in history.bridges:
            side = bridge.side(family)
            if side is not None:
                chains.join(family, bridge.device, bridge.name, MAPS)
                _network(chains, daemon, bridge, side, family)
        for container in history.containers():
            for attachment in container.attachments:
                _guard_address(chains, daemon, attachment, family)
            for port in container.ports:
                if port.family == family and not port.attachment.bridge.internal:
                    _publish(chains, daemon, port)
    return chains


def _dispatch(chains: NativeChains, daemon: Daemon, family: IpFamily) -> None:
    chains.add(family, NativeDraft(FORWARD, (nft.vmap("oifname", FORWARD_IN.name),), "jump"))
    chains.add(family, NativeDraft(FORWARD, (nft.vmap("iifname", FORWARD_OUT.name),), "jump"))
    chains.add(family, NativeDraft(POSTROUTING, (nft.vmap("iifname", POSTROUTING_OUT.name),), "jump"))
    chains.add(family, NativeDraft(POSTROUTING, (nft.vmap("oifname", POSTROUTING_IN.name),), "jump"))
    to_nat = (nft.type_is_local("daddr"), *nft.behind_counter(nft.jump(NAT)))
    chains.add(family, NativeDraft(PREROUTING, to_nat, "jump"))
    loopback = nft.prefix("127.0.0.0/8") if family == "ip" else "::1"
    spared = () if daemon.hairpin else (nft.address(family, "daddr", loopback, "!="),)
    chains.add(family, NativeDraft(OUTPUT, (*spared, *to_nat), "jump"))


def _network(chains: NativeChains, daemon: Daemon, bridge: Bridge, side: Side, family: IpFamily) -> None:
    device, name = bridge.device, bridge.name
    into, out = f"{FORWARD_IN.prefix}{device}", f"{FORWARD_OUT.prefix}{device}"
    answers = (nft.ct_established(), *nft.behind_counter(nft.ACCEPT))
    icc = nft.ACCEPT if bridge.icc else nft.DROP

    def add(chain: str, rule: tuple[Json, ...], purpose: Purpose, comment: str, group: int = FIRST) -> None:
        chains.add(family, NativeDraft(chain, rule, purpose, name, group=group, comment=comment))

    add(into, answers, "ct-state", "")
    add(out, answers, "ct-state", "")
    if bridge.internal:
        add(
            into,
            (nft.interface("iifname", device, "!="), *nft.behind_counter(nft.DROP)),
            "internal",
            "INTERNAL NETWORK INGRESS",
        )
        add(
            out,
            (nft.interface("oifname", device, "!="), *nft.behind_counter(nft.DROP)),
            "internal",
            "INTERNAL NETWORK EGRESS",
        )
        add(into, nft.behind_counter(icc), "icc", "ICC", ICC)
        return
    add(into, (nft.interface("iifname", device), *nft.behind_counter(icc)), "icc", "ICC", ICC)
    add(out, nft.behind_counter(nft.ACCEPT), "outgoing", "OUTGOING")
    if side.mode == "nat-unprotected":
        add(into, nft.behind_counter(nft.ACCEPT), "unprotected", "UNPROTECTED", LAST)
    else:
        add(into, nft.behind_counter(nft.DROP), "default-drop", "UNPUBLISHED PORT DROP", LAST)
    if side.mode == "routed":
        add(into, (nft.icmp(family), *nft.behind_counter(nft.ACCEPT)), "icmp", "ICMP")
    translate, comment = (nft.snat(side.source), "SNAT") if side.source else (nft.MASQUERADE, "MASQUERADE")
    if bridge.masquerade and side.mode != "routed":
        source = nft.address(family, "saddr", nft.prefix(side.prefix))
        leaving = (nft.interface("oifname", device, "!="), source, *nft.behind_counter(translate))
        add(f"{POSTROUTING_OUT.prefix}{device}", leaving, "masquerade", comment)
    if daemon.hairpin:
        local = (nft.type_is_local("saddr"), *nft.behind_counter(translate))
        add(f"{POSTROUTING_IN.prefix}{device}", local, "local-masquerade", f"{comment} FROM HOST")


def _guard_address(chains: NativeChains, daemon: Daemon, attachment: Attachment, family: IpFamily) -> None:
    address, bridge = attachment.address(family), attachment.bridge
    side = bridge.side(family)
    if daemon.direct_routing or address is None or side is None or bridge.internal or side.mode != "nat":
        return
    outside = nft.interface("iifname", (bridge.device, *bridge.trusted) if bridge.trusted else bridge.device, "!=")
    rule = (nft.address(family, "daddr", nft.host(family, address)), outside, *nft.behind_counter(nft.DROP))
    draft = NativeDraft(RAW, rule, "raw-drop", bridge.name, attachment.container, comment="DROP DIRECT ACCESS")
    chains.add(family, draft)


def _publish(chains: NativeChains, daemon: Daemon, port: Port) -> None:
    family, binding, bridge = port.family, port.binding, port.attachment.bridge
    side = bridge.side(family)
    if side is None:
        return
    container, device = nft.host(family, port.address), bridge.device
    to_container = nft.address(family, "daddr", container)
    service = nft.port(binding.protocol, binding.container_port)

    def add(chain: str, rule: tuple[Json, ...], purpose: Purpose, comment: str, group: int = FIRST) -> None:
        who = port.attachment.container
        chains.add(family, NativeDraft(chain, rule, purpose, bridge.name, who, binding, comment, group))

    if side.mode != "nat-unprotected":
        opened = (to_container, service, *nft.behind_counter(nft.ACCEPT))
        add(f"{FORWARD_IN.prefix}{device}", opened, "accept", "", PORTS)
    if not binding.actual or not binding.host_port or side.mode == "routed":
        return
    asked = nft.port(binding.protocol, binding.host_port)
    if not port.proxied:
        beyond = () if daemon.hairpin else (nft.interface("iifname", device, "!="),)
        spared = (nft.address("ip6", "saddr", nft.prefix("fe80::/10"), "!="),) if family == "ip6" else ()
        towards: tuple[Json, ...] = ()
        if binding.host_ip is not None:
            towards = (nft.address(family, "daddr", nft.host(family, binding.host_ip)),)
        target = nft.dnat(container, binding.container_port)
        add(NAT, (*beyond, *spared, *towards, asked, *nft.behind_counter(target)), "dnat", "DNAT")
        if daemon.hairpin:
            itself = (
                nft.address(family, "saddr", container),
                to_container,
                service,
                *nft.behind_counter(nft.MASQUERADE),
            )
            add(f"{POSTROUTING_IN.prefix}{device}", itself, "hairpin-masquerade", "MASQ TO OWN PORT")
    if binding.version == 4 and binding.host_ip is not None and IPv4Address(binding.host_ip).is_loopback:
        loopback = nft.address("ip", "daddr", nft.host("ip", binding.host_ip))
        add(
            RAW,
            (nft.interface("iifname", "lo", "!="), loopback, asked, *nft.behind_counter(nft.DROP)),
            "raw-drop",
            "DROP REMOTE LOOPBACK",
        )
