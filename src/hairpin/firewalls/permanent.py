"""firewalld's permanent configuration as values.  firewalld reads its files at each start and reload.

Source: firewalld.zone(5), firewalld.policy(5), firewalld.service(5), firewalld.ipset(5), firewalld.helper(5),
firewalld.conf(5).
"""

from collections.abc import Mapping
from typing import Literal, NamedTuple

import msgspec

Port = tuple[str, str]
"""A port or port range (``80``, ``8000-8010``), and the protocol."""


class Binding(NamedTuple):
    """A link or a source that was bound to a zone at run time."""

    zone: str
    link: str = ""
    source: str = ""


class FirewalldSettings(msgspec.Struct, frozen=True):
    """The settings in firewalld.conf.

    ``rpfilter``: the chain in which IPv6 source addresses are checked, and how strict the check is.  ``rpfilter`` is
    empty if IPv6 source addresses are not checked."""

    default_zone: str = "public"
    backend: str = "nftables"
    rpfilter: Literal["", "strict", "loose", "strict-forward", "loose-forward"] = "strict"
    log_denied: str = "off"
    rfc3964: bool = True
    flushes_all: bool = True
    cleans_up: bool = True
    drifts: bool = False
    counters: bool = False
    owns_table: bool = True
    strict_forward_ports: bool = False
    flowtable: tuple[str, ...] = ()


class RichPart(msgspec.Struct, frozen=True):
    """An element of a rich rule, with its attributes.

    ``limit``: the element's rate, such as ``3/m``.  ``burst``: the number of packets that the limit allows at once."""

    tag: str
    said: tuple[tuple[str, str], ...]
    limit: str = ""
    burst: str = ""

    def get(self, name: str) -> str:
        """Return the attribute; empty if the element does not have it."""
        return next((value for key, value in self.said if key == name), "")


class RichRule(msgspec.Struct, frozen=True):
    """A rich rule.  ``element``: the rule's service, port or other element.  ``logs``: the rule's log elements, in
    their order."""

    family: str = ""
    priority: int = 0
    source: RichPart | None = None
    destination: RichPart | None = None
    element: RichPart | None = None
    logs: tuple[RichPart, ...] = ()
    action: RichPart | None = None


class ForwardPort(msgspec.Struct, frozen=True):
    """A forwarded port.  If ``to_port`` is empty, the packet keeps its port.  If ``to_address`` is empty, it goes to
    this host."""

    port: str
    protocol: str
    to_port: str = ""
    to_address: str = ""


class TrafficRules(msgspec.Struct, frozen=True):
    """The common fields of zones and policies."""

    services: tuple[str, ...] = ()
    ports: tuple[Port, ...] = ()
    protocols: tuple[str, ...] = ()
    source_ports: tuple[Port, ...] = ()
    masquerade: bool = False
    forward_ports: tuple[ForwardPort, ...] = ()
    icmp_blocks: tuple[str, ...] = ()
    inverted: bool = False
    rich: tuple[RichRule, ...] = ()

    def forwarded_families(self) -> frozenset[str]:
        """Return the families for which firewalld switches forwarding on: the families of rules that translate
        addresses."""
        ports = (each for each in self.forward_ports if each.to_address)
        found = {"ipv6" if ":" in each.to_address else "ipv4" for each in ports}
        for rule in self.rich:
            what = rule.element
            if what is not None and (what.tag == "masquerade" or (what.tag == "forward-port" and what.get("to-addr"))):
                found |= {rule.family} if rule.family else {"ipv4", "ipv6"}
        return frozenset(found | {"ipv4"} if self.masquerade else found)


class PermanentZone(msgspec.Struct, frozen=True):
    """A zone as its file describes it.  Sources are in firewalld's format: an address, a hardware address,
    ``ipset:NAME``."""

    name: str
    target: str = "default"
    interfaces: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    forward: bool = False
    ingress_priority: int = 0
    egress_priority: int = 0
    rules: TrafficRules = TrafficRules()


class PermanentPolicy(msgspec.Struct, frozen=True):
    """A policy as its file describes it.  ``ingress`` and ``egress``: names of zones, ``ANY`` or ``HOST``."""

    name: str
    target: str = "CONTINUE"
    priority: int = -1
    ingress: tuple[str, ...] = ()
    egress: tuple[str, ...] = ()
    disabled: bool = False
    rules: TrafficRules = TrafficRules()


class PermanentService(msgspec.Struct, frozen=True):
    """A service: the ports and protocols that clients of the service need.  ``destinations``: the destination
    addresses, by family (``ipv4``, ``ipv6``)."""

    name: str
    ports: tuple[Port, ...] = ()
    protocols: tuple[str, ...] = ()
    source_ports: tuple[Port, ...] = ()
    destinations: Mapping[str, str] = {}
    modules: tuple[str, ...] = ()
    helpers: tuple[str, ...] = ()
    includes: tuple[str, ...] = ()


class PermanentIpset(msgspec.Struct, frozen=True):
    """A set of addresses: ``hash:net``, ``hash:ip,port`` …  ``inet6``: whether the set is for IPv6."""

    name: str
    type: str
    inet6: bool = False
    timeout: str = ""
    entries: tuple[str, ...] = ()


class PermanentHelper(msgspec.Struct, frozen=True):
    """A conntrack helper."""

    name: str
    module: str = ""
    family: str = ""
    ports: tuple[Port, ...] = ()


class Permanent(msgspec.Struct, frozen=True):
    """firewalld's permanent configuration, and firewalld's version."""

    settings: FirewalldSettings = FirewalldSettings()
    zones: tuple[PermanentZone, ...] = ()
    policies: tuple[PermanentPolicy, ...] = ()
    services: Mapping[str, PermanentService] = {}
    ipsets: Mapping[str, PermanentIpset] = {}
    helpers: Mapping[str, PermanentHelper] = {}
    version: tuple[int, ...] = (1, 3)

    def zone(self, name: str) -> PermanentZone | None:
        """Return the zone with the name."""
        return next((each for each in self.zones if each.name == name), None)
