"""Makes one network namespace from its readings.

Neighbour entries that the kernel made itself, without resolving an address, are skipped.  Entries that the kernel made
itself are NOARP and never expire.  The kernel makes NOARP entries for multicast and broadcast addresses, and for each
destination on a link without neighbour resolution.  All other NOARP entries were added by a program or a person.  The
entry of a broadcast address is kept, because it outlives the broadcast's route or prefix: in that case the entry sends
packets for one machine to all machines.

Source: net/ipv4/arp.c arp_constructor(), net/ipv6/ndisc.c ndisc_constructor(); measured on Linux 6.18
"""

from collections.abc import Callable
from functools import partial
from typing import Literal, TypeVar

from hairpin.evidence.reading import HOST, Reading
from hairpin.host.docker import Container
from hairpin.host.host import Namespace
from hairpin.host.limit_state import Counters, LimitState
from hairpin.host.link import Link, Wireguard
from hairpin.host.managers import Unit
from hairpin.host.netns import Netns
from hairpin.host.read.engines.relays import RelayCommand, commands, with_relays
from hairpin.host.read.ip import (
    bridge_json,
    conntrack_text,
    links_json,
    proc_text,
    routes_json,
    rules_json,
    sockets_text,
    wireguard_text,
)
from hairpin.host.read.ip.bridge_json import with_ports
from hairpin.host.read.ip.links_json import Interfaces
from hairpin.host.read.ip.route_tables import RouteTables
from hairpin.host.read.ip.routes_json import SavedNextHop
from hairpin.host.read.ip.sockets_text import proc_net_sockets, with_device_names, with_v6only
from hairpin.host.read.ip.traffic_control import filtered, qdiscs, with_filters, with_qdiscs
from hairpin.host.read.json_text import is_json
from hairpin.host.read.processes import processes
from hairpin.host.read.readings import Readings, later
from hairpin.host.read.rulesets import RulesetReader
from hairpin.host.route import BROADCAST, Neighbour, PolicyRule, Redirect, Route
from hairpin.host.socket import Relay, Socket, VirtualService
from hairpin.host.sysctl import Sysctls
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
_NO_NAMES: frozenset[str] = frozenset()
_Relays = tuple[tuple[RelayCommand, ...], tuple[Container, ...], tuple[str, ...], tuple[tuple[str, Relay], ...]]


class NamespaceReader:
    """Makes the namespaces of one host.  A reading that cannot be parsed is skipped and recorded as unread."""

    def __init__(
        self,
        readings: Readings,
        containers: tuple[Container, ...],
        kernel: str = "",
        names: frozenset[str] = _NO_NAMES,
        units: tuple[Unit, ...] = (),
    ) -> None:
        self._kernel = kernel
        self._readings = readings
        self._rulesets = RulesetReader(readings)
        self._containers = containers
        self._dockers = tuple(sorted(each for each in names if Netns("", each).is_rootless_dockerds))
        self._table_files = tuple(file.text for file in readings.of("file") if "/rt_tables" in file.origin)
        self._tables = RouteTables(self._table_files)
        self._commands = tuple(
            command for reading in readings.of("relay-cmdlines") for command in commands(reading.text)
        )
        self._processes = processes(readings)
        self._sysctls: dict[str, Sysctls] = {}
        networks = (each.network for each in units if each.network is not None)
        self._proxies = tuple(
            (name, each.target) for each in networks if each.target is not None for name in each.sockets
        )

    def namespace(self, name: str, netnsids: tuple[tuple[int, str], ...] = ()) -> Namespace:
        """Return the namespace; ``netnsids``: the ids by which this namespace refers to other namespaces."""
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
        self._legacy_arp_rules(name)
        routes, rules = part(("routing",), lambda: self._routing(name), self._table_files)
        return Namespace(
            name=name,
            links=part(("links",), lambda: self._links(name, interfaces.links), interfaces.links),
            addresses=interfaces.addresses,
            routes=routes,
            rules=rules,
            neighbours=part(("neighbours",), lambda: self._neighbours(name, interfaces.links), interfaces.links),
            fdb=part(("fdb",), lambda: self._entries("bridge-fdb", name, bridge_json.fdb, later("ip.bridge_text.fdb"))),
            sysctls=part(("sysctls",), lambda: self._first("sysctl", name, self._parse_sysctls, Sysctls(values={}))),
            sockets=part(
                ("sockets",),
                lambda: with_device_names(self._sockets(name), interfaces.links),
                self._relays_of(name),
                self._processes,
                interfaces.links,
            ),
            connections=part(("connections",), lambda: self._connections(name)),
            virtual_services=part(("ipvs",), lambda: self._virtual_services(name)),
            xfrm_policies=part(("xfrm",), lambda: self._first("xfrm-policy", name, later("ip.xfrm_text.policies"), ())),
            redirects=part(
                ("redirects",), lambda: self._first("ip-redirects", name, later("ip.routes_text.redirects"), ())
            ),
            limits=part(("limits",), lambda: self._first("rate-limits", name, proc_text.limits, LimitState())),
            counters=part(("counters",), lambda: self._first("kernel-counters", name, proc_text.counters, Counters())),
            queues=part(("queues",), lambda: self._queues(name)),
            ruleset=part(("ruleset",), lambda: self._rulesets.ruleset(name)),
            netnsids=netnsids,
            kernel=self._kernel,
            unread=tuple(dict.fromkeys((*unread, *self._readings.unread_in(name)))),
        )

    def _relays_of(self, netns: str) -> _Relays:
        """Return the relays' command lines, the containers, the namespaces of users' dockerds and the targets of
        systemd's proxies for the host's own namespace; for one of these dockerds' the first two; for any other one
        empty tuples, because it needs none."""
        if netns == HOST:
            return self._commands, self._containers, self._dockers, self._proxies
        return (self._commands, self._containers, (), ()) if netns in self._dockers else ((), (), (), ())

    def _interfaces(self, netns: str) -> Interfaces:
        listed = self._readings.of("ip-addr", netns) or self._readings.of("ip-addr-text", netns)
        if not listed and self._readings.of("ip-link-text", netns):
            return self._first("ip-link-text", netns, later("ip.links_text.interfaces"), Interfaces())
        return self._either("ip-addr", netns, links_json.interfaces, later("ip.links_text.interfaces"), Interfaces())

    def _redirects(self, netns: str) -> tuple[Redirect, ...]:
        return self._first("ip-redirects", netns, later("ip.routes_text.redirects"), ())

    def _queues(self, netns: str) -> frozenset[int] | None:
        """Return the NFQUEUE queues that a program reads; an empty set if the kernel does not have the file of
        queues."""
        reading = self._readings.first("packet-queues", netns)
        if reading is not None and reading.outcome == "absent":
            return frozenset()
        return self._first("packet-queues", netns, proc_text.queues, None)

    def _first(self, key: str, netns: str, parse: Callable[[Reading], T], default: T) -> T:
        return self._readings.understood(self._readings.first(key, netns), parse, default)

    def _either(
        self, key: str, netns: str, of_json: Callable[[Reading], T], of_words: Callable[[Reading], T], default: T
    ) -> T:
        """Return the parsed value of the JSON reading, or else of the reading with the key ``KEY-text``.  The JSON
        reading may contain text, because older iproute2 ignores ``-j`` in some commands."""
        reading = self._readings.first(key, netns)
        if reading is None:
            return self._first(f"{key}-text", netns, of_words, default)
        worded = reading.text.strip() != "" and not is_json(reading.text)
        return self._readings.understood(reading, of_words if worded else of_json, default)

    def _entries(
        self,
        key: str,
        netns: str,
        of_json: Callable[[Reading], tuple[T, ...]],
        of_words: Callable[[Reading], tuple[T, ...]],
    ) -> tuple[T, ...]:
        return self._either(key, netns, of_json, of_words, ())

    def _links(self, netns: str, links: tuple[Link, ...]) -> tuple[Link, ...]:
        ports = self._entries("bridge-link", netns, links_json.ports, later("ip.bridge_text.ports"))
        vlans = self._entries("bridge-vlan", netns, bridge_json.vlans, later("ip.bridge_text.vlans"))
        found = (
            filtered(reading) for key in ("tc-filter", "tc-filter-text") for reading in self._readings.of(key, netns)
        )
        filters = tuple(item for item in found if item is not None)
        queues = (
            each
            for key in ("tc-qdisc", "tc-qdisc-text")
            for reading in self._readings.of(key, netns)
            for each in qdiscs(reading)
        )
        complete = with_qdiscs(with_filters(with_ports(links, ports, vlans), filters), queues)
        settings: tuple[tuple[str, Wireguard], ...] = self._first("wireguard", netns, wireguard_text.devices, ())
        complete = wireguard_text.with_settings(complete, settings)
        holders = self._readings.first("tun-owners", netns)
        if holders is None or not holders.text:
            return complete
        held: tuple[Link, ...] = later("ip.links_text.with_holders")(complete, holders.text, self._processes.halted)
        return held

    def _routing(self, netns: str) -> tuple[tuple[Route, ...], tuple[PolicyRule, ...]]:
        saved = self._entries("ip-nexthop", netns, routes_json.saved_next_hops, later("ip.routes_text.saved_next_hops"))
        routes = (*self._routes(netns, 4, saved), *self._routes(netns, 6, saved))
        return routes, (*self._rules(netns, 4), *self._rules(netns, 6))

    def _routes(self, netns: str, version: Literal[4, 6], saved: tuple[SavedNextHop, ...]) -> tuple[Route, ...]:
        key = f"ip-route{version}"
        of_json = partial(routes_json.routes, version=version, tables=self._tables, saved=saved)
        of_words = partial(later("ip.routes_text.routes"), version=version, tables=self._tables, saved=saved)
        found = self._entries(key, netns, of_json, of_words)
        if any(route.type == "unicast" and not route.next_hops for route in found):
            self._miss(key, netns, message("the next hops of at least one route were not printed"))
        return found

    def _rules(self, netns: str, version: Literal[4, 6]) -> tuple[PolicyRule, ...]:
        key = f"ip-rule{version}"
        of_json = partial(rules_json.rules, version=version, tables=self._tables)
        of_words = partial(later("ip.rules_text.rules"), version=version, tables=self._tables)
        found = self._entries(key, netns, of_json, of_words)
        if any(rule.action == "goto" and rule.goto is None for rule in found):
            self._miss(key, netns, message("the target of a goto rule was not printed"))
        return found

    def _miss(self, key: str, netns: str, reason: Message) -> None:
        reading = self._readings.first(key, netns) or self._readings.first(f"{key}-text", netns)
        if reading is not None:
            self._readings.miss(reading, reason)

    def _legacy_arp_rules(self, netns: str) -> None:
        """Record the rules of legacy arptables as unread, because the walk does not model them."""
        reading = self._readings.first("arptables-legacy", netns)
        lines = reading.text.splitlines() if reading is not None else []
        if any(line.startswith("-A ") or line.endswith((" DROP", " DROP [0:0]")) for line in lines):
            self._miss("arptables-legacy", netns, message("hairpin does not walk the rules of legacy arptables"))

    def _neighbours(self, netns: str, links: tuple[Link, ...]) -> tuple[Neighbour, ...]:
        found = self._entries("ip-neigh", netns, routes_json.neighbours, later("ip.routes_text.neighbours"))
        by_name = {each.name: each for each in links}
        return tuple(each for each in found if not is_made_by_kernel(each, by_name.get(each.link)))

    def _parse_sysctls(self, reading: Reading) -> Sysctls:
        """Return the values of the namespace's sysctls.  Equal texts are parsed only once, because containers with
        equal links mostly have equal values."""
        found = self._sysctls.get(reading.text)
        if found is None:
            found = self._sysctls[reading.text] = proc_text.sysctls(reading)
        return Sysctls(found.values, reading.id)

    def _sockets(self, netns: str) -> tuple[Socket, ...]:
        reading = self._readings.first("sockets", netns)
        if reading is None:  # a host without ss
            tables = (self._table(netns, key, protocol, version) for key, protocol, version in _PROC_NET)
            found = with_v6only(tuple(socket for table in tables for socket in table))
        else:
            none: tuple[Socket, ...] = ()
            found = self._readings.understood(reading, partial(sockets_text.parse, known=self._processes), none)
        return with_relays(found, *self._relays_of(netns))

    def _table(
        self, netns: str, key: str, protocol: Literal["tcp", "udp"], version: Literal[4, 6]
    ) -> tuple[Socket, ...]:
        return self._readings.all_understood(
            self._readings.of(key, netns),
            partial(proc_net_sockets, protocol=protocol, version=version, known=self._processes),
        )

    def _virtual_services(self, netns: str) -> tuple[VirtualService, ...]:
        return self._first("ipvs", netns, proc_text.virtual_services, ())

    def _connections(self, netns: str) -> tuple[Connection, ...]:
        reading = self._readings.first("conntrack", netns)
        if reading is None:
            return ()
        cut = conntrack_text.truncation(reading.text)
        if cut is not None:
            self._readings.miss(reading, cut)
        return self._readings.understood(reading, conntrack_text.parse, ())


def is_made_by_kernel(entry: Neighbour, link: Link | None) -> bool:
    """Return whether the kernel made the NOARP entry: the entry has a multicast hardware address, no hardware address,
    or the link's own hardware address.  Return False for an entry with the broadcast hardware address, because only the
    routes show whether its IP address is still a broadcast address."""
    if entry.state != "NOARP" or entry.proxy:
        return False
    if not entry.mac or (entry.mac >> 40 & 1 and entry.mac != BROADCAST) or entry.value == _EVERYBODY:
        return True
    return link is not None and entry.mac == link.mac and ("NOARP" in link.flags or "LOOPBACK" in link.flags)
