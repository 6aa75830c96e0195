"""One network namespace from its readings.

Of neighbour entries those are left out that the kernel makes itself, without resolving anything.  A NOARP entry is used
for ever.  The kernel makes such entries for groups and broadcasts, and for each destination by a link that resolves no
neighbours.  All others were made by hand.  That of a broadcast stays when the address is no broadcast any more (its
route or its prefix is gone): it is one that sends a single machine's packets to all.

Source: net/ipv4/arp.c arp_constructor(), net/ipv6/ndisc.c ndisc_constructor(); measured on Linux 6.18
"""

from collections.abc import Callable
from typing import Literal, TypeVar

from hairpin.evidence.reading import HOST, Reading
from hairpin.host.docker import Container
from hairpin.host.host import Namespace
from hairpin.host.limit_state import Counters, LimitState
from hairpin.host.link import BridgePort, Link
from hairpin.host.read.engines.relays import RelayCommand, commands, with_relays
from hairpin.host.read.ip import (
    bridge_json,
    bridge_text,
    conntrack_text,
    links_json,
    links_text,
    routes_json,
    routes_text,
    rules_json,
    rules_text,
    sockets_text,
    wireguard_text,
)
from hairpin.host.read.ip.bridge_json import PortVlans, with_ports
from hairpin.host.read.ip.links_json import Interfaces
from hairpin.host.read.ip.proc_text import counters, limits, sysctls, virtual_services
from hairpin.host.read.ip.route_tables import RouteTables
from hairpin.host.read.ip.routes_json import SavedNextHop
from hairpin.host.read.ip.sockets_text import proc_net_sockets, with_v6only
from hairpin.host.read.ip.traffic_control import filtered, qdiscs, with_filters, with_qdiscs
from hairpin.host.read.json_text import is_json
from hairpin.host.read.processes import processes
from hairpin.host.read.readings import Readings
from hairpin.host.read.rulesets import RulesetReader
from hairpin.host.route import BROADCAST, FdbEntry, Neighbour, PolicyRule, Route
from hairpin.host.socket import Socket, VirtualService
from hairpin.host.sysctl import Sysctls
from hairpin.host.wireguard import Wireguard
from hairpin.message import Message, message
from hairpin.netfilter.packet import Connection

T = TypeVar("T")
_PROC_NET: tuple[tuple[str, Literal["tcp", "udp"], Literal[4, 6]], ...] = (
    ("proc-net-tcp", "tcp", 4),
    ("proc-net-tcp6", "tcp", 6),
    ("proc-net-udp", "udp", 4),
    ("proc-net-udp6", "udp", 6),
)
_EVERYBODY = 0xFFFF_FFFF


class NamespaceReader:
    """Makes namespaces of one host's readings; a reading that is not understood is left out and noted as unread."""

    def __init__(self, readings: Readings, containers: tuple[Container, ...], kernel: str = "") -> None:
        self._kernel = kernel
        self._readings = readings
        self._rulesets = RulesetReader(readings)
        self._containers = containers
        self._table_files = tuple(file.text for file in readings.of("file") if "/rt_tables" in file.origin)
        self._tables = RouteTables(self._table_files)
        self._commands = tuple(
            command for reading in readings.of("relay-cmdlines") for command in commands(reading.text)
        )
        self._processes = processes(readings)
        self._sysctls: dict[str, Sysctls] = {}

    def namespace(self, name: str, netnsids: tuple[tuple[int, str], ...] = ()) -> Namespace:
        """Return the namespace; ``netnsids``: the ids by which it knows others."""
        unread = self._readings.unread_in(name)
        return self._readings.part(
            ("namespace", name),
            lambda: self._namespace(name, netnsids, unread),
            netnsids,
            unread,
            self._relays_of(name),
            self._table_files,
            self._processes,
            self._kernel,
        )

    def _namespace(self, name: str, netnsids: tuple[tuple[int, str], ...], unread: tuple[str, ...]) -> Namespace:
        part = self._readings.part
        interfaces = part(("interfaces",), lambda: self._interfaces(name))
        routes, rules = part(("routing",), lambda: self._routing(name), self._table_files)
        return Namespace(
            name=name,
            links=part(("links",), lambda: self._links(name, interfaces.links), interfaces.links),
            addresses=interfaces.addresses,
            routes=routes,
            rules=rules,
            neighbours=part(("neighbours",), lambda: self._neighbours(name, interfaces.links), interfaces.links),
            fdb=part(("fdb",), lambda: self._fdb(name)),
            sysctls=part(("sysctls",), lambda: self._sysctls_of(name)),
            sockets=part(("sockets",), lambda: self._sockets(name), self._relays_of(name), self._processes),
            connections=part(("connections",), lambda: self._connections(name)),
            virtual_services=part(("ipvs",), lambda: self._virtual_services(name)),
            limits=part(("limits",), lambda: self._limits(name)),
            counters=part(("counters",), lambda: self._counters(name)),
            ruleset=part(("ruleset",), lambda: self._rulesets.ruleset(name)),
            netnsids=netnsids,
            kernel=self._kernel,
            unread=tuple(dict.fromkeys((*unread, *self._readings.unread_in(name)))),
        )

    def _relays_of(self, netns: str) -> tuple[tuple[RelayCommand, ...], tuple[Container, ...]]:
        """Return the relays' command lines and the containers, which matter for the host's namespace alone."""
        return (self._commands, self._containers) if netns == HOST else ((), ())

    def _interfaces(self, netns: str) -> Interfaces:
        return self._either(
            "ip-addr",
            netns,
            lambda r: links_json.interfaces(r.text, source=r.origin, evidence=r.id),
            lambda r: links_text.interfaces(r.text, source=r.origin, evidence=r.id),
            Interfaces(),
        )

    def _either(
        self, key: str, netns: str, of_json: Callable[[Reading], T], of_words: Callable[[Reading], T], default: T
    ) -> T:
        """Return the JSON reading parsed, or else its ``-text`` form; older iproute2 may answer ``-j`` in words."""
        reading = self._readings.first(key, netns)
        if reading is None:
            return self._readings.understood(self._readings.first(f"{key}-text", netns), of_words, default)
        worded = reading.text.strip() != "" and not is_json(reading.text)
        return self._readings.understood(reading, of_words if worded else of_json, default)

    def _links(self, netns: str, links: tuple[Link, ...]) -> tuple[Link, ...]:
        none: tuple[tuple[str, BridgePort], ...] = ()
        ports = self._either(
            "bridge-link",
            netns,
            lambda r: links_json.ports(r.text, source=r.origin),
            lambda r: bridge_text.ports(r.text, source=r.origin),
            none,
        )
        no_vlans: tuple[PortVlans, ...] = ()
        vlans = self._either(
            "bridge-vlan",
            netns,
            lambda r: bridge_json.vlans(r.text, source=r.origin),
            lambda r: bridge_text.vlans(r.text, source=r.origin),
            no_vlans,
        )
        found = (
            filtered(reading.text, origin=reading.origin, evidence=reading.id)
            for key in ("tc-filter", "tc-filter-text")
            for reading in self._readings.of(key, netns)
        )
        filters = tuple(item for item in found if item is not None)
        queues = (
            each
            for key in ("tc-qdisc", "tc-qdisc-text")
            for reading in self._readings.of(key, netns)
            for each in qdiscs(reading.text, evidence=reading.id)
        )
        complete = with_qdiscs(with_filters(with_ports(links, ports, vlans), filters), queues)
        return self._with_holders(netns, self._with_wireguard(netns, complete))

    def _with_wireguard(self, netns: str, links: tuple[Link, ...]) -> tuple[Link, ...]:
        none: tuple[tuple[str, Wireguard], ...] = ()
        settings = self._readings.understood(
            self._readings.first("wireguard", netns),
            lambda r: wireguard_text.devices(r.text, source=r.origin, evidence=r.id),
            none,
        )
        return wireguard_text.with_settings(links, settings)

    def _with_holders(self, netns: str, links: tuple[Link, ...]) -> tuple[Link, ...]:
        reading = self._readings.first("tun-owners", netns)
        return links_text.with_holders(links, reading.text) if reading is not None else links

    def _routing(self, netns: str) -> tuple[tuple[Route, ...], tuple[PolicyRule, ...]]:
        no_hops: tuple[SavedNextHop, ...] = ()
        saved = self._either(
            "ip-nexthop",
            netns,
            lambda r: routes_json.saved_next_hops(r.text, source=r.origin),
            lambda r: routes_text.saved_next_hops(r.text, source=r.origin),
            no_hops,
        )
        routes = (*self._routes(netns, 4, saved), *self._routes(netns, 6, saved))
        return routes, (*self._rules(netns, 4), *self._rules(netns, 6))

    def _routes(self, netns: str, version: Literal[4, 6], saved: tuple[SavedNextHop, ...]) -> tuple[Route, ...]:
        none: tuple[Route, ...] = ()
        key, tables = f"ip-route{version}", self._tables

        def of_json(r: Reading) -> tuple[Route, ...]:
            return routes_json.routes(
                r.text, version=version, tables=tables, saved=saved, source=r.origin, evidence=r.id
            )

        def of_words(r: Reading) -> tuple[Route, ...]:
            return routes_text.routes(
                r.text, version=version, tables=tables, saved=saved, source=r.origin, evidence=r.id
            )

        found = self._either(key, netns, of_json, of_words, none)
        if any(route.type == "unicast" and not route.next_hops for route in found):
            self._miss(key, netns, message("the next hops of at least one route were not printed"))
        return found

    def _rules(self, netns: str, version: Literal[4, 6]) -> tuple[PolicyRule, ...]:
        none: tuple[PolicyRule, ...] = ()
        key, tables = f"ip-rule{version}", self._tables

        def of_json(r: Reading) -> tuple[PolicyRule, ...]:
            return rules_json.rules(r.text, version=version, tables=tables, source=r.origin, evidence=r.id)

        def of_words(r: Reading) -> tuple[PolicyRule, ...]:
            return rules_text.rules(r.text, version=version, tables=tables, source=r.origin, evidence=r.id)

        found = self._either(key, netns, of_json, of_words, none)
        if any(rule.action == "goto" and rule.goto is None for rule in found):
            self._miss(key, netns, message("where a goto rule goes was not printed"))
        return found

    def _miss(self, key: str, netns: str, reason: Message) -> None:
        reading = self._readings.first(key, netns) or self._readings.first(f"{key}-text", netns)
        if reading is not None:
            self._readings.miss(reading, reason)

    def _neighbours(self, netns: str, links: tuple[Link, ...]) -> tuple[Neighbour, ...]:
        none: tuple[Neighbour, ...] = ()
        found = self._either(
            "ip-neigh",
            netns,
            lambda r: routes_json.neighbours(r.text, source=r.origin, evidence=r.id),
            lambda r: routes_text.neighbours(r.text, source=r.origin, evidence=r.id),
            none,
        )
        by_name = {each.name: each for each in links}
        return tuple(each for each in found if not is_made_by_kernel(each, by_name.get(each.link)))

    def _fdb(self, netns: str) -> tuple[FdbEntry, ...]:
        none: tuple[FdbEntry, ...] = ()
        return self._either(
            "bridge-fdb",
            netns,
            lambda r: bridge_json.fdb(r.text, source=r.origin, evidence=r.id),
            lambda r: bridge_text.fdb(r.text, source=r.origin, evidence=r.id),
            none,
        )

    def _sysctls_of(self, netns: str) -> Sysctls:
        return self._readings.understood(self._readings.first("sysctl", netns), self._parse_sysctls, Sysctls(values={}))

    def _parse_sysctls(self, reading: Reading) -> Sysctls:
        """Return the values; containers with equal links mostly have equal ones."""
        found = self._sysctls.get(reading.text)
        if found is None:
            found = self._sysctls[reading.text] = sysctls(reading.text, source=reading.origin)
        return Sysctls(found.values, reading.id)

    def _sockets(self, netns: str) -> tuple[Socket, ...]:
        none: tuple[Socket, ...] = ()
        reading = self._readings.first("sockets", netns)
        if reading is None:  # a host without ss
            tables = (self._table(netns, key, protocol, version) for key, protocol, version in _PROC_NET)
            found = with_v6only(tuple(socket for table in tables for socket in table))
        else:
            found = self._readings.understood(
                reading,
                lambda r: sockets_text.parse(r.text, source=r.origin, evidence=r.id, known=self._processes),
                none,
            )
        return with_relays(found, *self._relays_of(netns)) if netns == HOST else found

    def _table(
        self, netns: str, key: str, protocol: Literal["tcp", "udp"], version: Literal[4, 6]
    ) -> tuple[Socket, ...]:
        return self._readings.all_understood(
            self._readings.of(key, netns),
            lambda r: proc_net_sockets(
                r.text, protocol=protocol, version=version, source=r.origin, evidence=r.id, known=self._processes
            ),
        )

    def _virtual_services(self, netns: str) -> tuple[VirtualService, ...]:
        none: tuple[VirtualService, ...] = ()
        return self._readings.understood(
            self._readings.first("ipvs", netns),
            lambda r: virtual_services(r.text, source=r.origin, evidence=r.id),
            none,
        )

    def _counters(self, netns: str) -> Counters:
        return self._readings.understood(
            self._readings.first("kernel-counters", netns),
            lambda r: counters(r.text, source=r.origin, evidence=r.id),
            Counters(),
        )

    def _limits(self, netns: str) -> LimitState:
        return self._readings.understood(
            self._readings.first("rate-limits", netns),
            lambda r: limits(r.text, source=r.origin, evidence=r.id),
            LimitState(),
        )

    def _connections(self, netns: str) -> tuple[Connection, ...]:
        none: tuple[Connection, ...] = ()
        reading = self._readings.first("conntrack", netns)
        if reading is None:
            return none
        cut = conntrack_text.truncation(reading.text)
        if cut is not None:
            self._readings.miss(reading, cut)
        return self._readings.understood(
            reading, lambda r: conntrack_text.parse(r.text, source=r.origin, evidence=r.id), none
        )


def is_made_by_kernel(entry: Neighbour, link: Link | None) -> bool:
    """Return whether the kernel made the NOARP entry: its hardware address is that of a group, none, or the link's
    own.  A broadcast's entry is no such one: only the routes tell whether it still is one."""
    if entry.state != "NOARP" or entry.proxy:
        return False
    if not entry.mac or (entry.mac >> 40 & 1 and entry.mac != BROADCAST) or entry.value == _EVERYBODY:
        return True
    return link is not None and entry.mac == link.mac and ("NOARP" in link.flags or "LOOPBACK" in link.flags)
