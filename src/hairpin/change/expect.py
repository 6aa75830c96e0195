"""The expectations of a step.  If the host has changed since the step was made, the step is refused with a message."""

import hashlib
from typing import Literal, TypeVar, assert_never

import msgspec

from hairpin.change.change import Entry
from hairpin.change.commands.words import link_commands
from hairpin.change.simulation.entries import as_named, table_of
from hairpin.field import as_compared
from hairpin.host.host import Host, Namespace
from hairpin.host.link import Address, Link
from hairpin.host.managers import FirewalldZone
from hairpin.host.route import FdbEntry, Neighbour, PolicyRule, Route
from hairpin.host.sysctl import Path, dotted
from hairpin.host.xfrm import XfrmPolicy
from hairpin.message import Message, message, verbatim
from hairpin.netfilter.ir import Chain, Dialect, Family, Table
from hairpin.network.prefix import address_text

_replace = msgspec.structs.replace
E = TypeVar("E", bound=Entry)


class SysctlIs(msgspec.Struct, frozen=True, tag="sysctl-is"):
    """Expects that a sysctl has the value.  None: any value is expected, because the sysctl was not read."""

    path: Path
    value: str | None


class RuleIs(msgspec.Struct, frozen=True, tag="rule-is"):
    """Expects that the rule with the given number has the given text.  If the text is None, expects that the chain has
    no rule with this number."""

    dialect: Dialect
    family: Family
    table: str
    chain: str
    number: int
    text: str | None


class ChainIs(msgspec.Struct, frozen=True, tag="chain-is"):
    """Expects that the chain exists, or that it does not exist.  ``policy`` is the policy of a base chain."""

    dialect: Dialect
    family: Family
    table: str
    chain: str
    there: bool
    policy: Literal["accept", "drop"] | None = None


class TableIs(msgspec.Struct, frozen=True, tag="table-is"):
    """Expects that the whole table is unchanged.  If ``digest`` is None, expects that the table does not exist."""

    dialect: Dialect
    family: Family
    table: str
    digest: str | None


class EntryIs(msgspec.Struct, frozen=True, tag="entry-is"):
    """Expects that the entry is in its table, or that the entry is not in its table."""

    entry: Entry
    there: bool


class LinkIs(msgspec.Struct, frozen=True, tag="link-is"):
    """Expects that the link has these properties.  If ``there`` is False, expects that no link has this name."""

    link: Link
    there: bool = True


class ProcessIs(msgspec.Struct, frozen=True, tag="process-is"):
    """Expects that a signal has stopped a process with a socket, or that no signal has stopped it."""

    pid: int
    halted: bool


class ContainerIs(msgspec.Struct, frozen=True, tag="container-is"):
    """Expects that the engine reports this status of the container."""

    name: str
    status: str


class UnitIs(msgspec.Struct, frozen=True, tag="unit-is"):
    """Expects that systemd reports these states of the unit."""

    name: str
    enabled: str
    active: str


InNamespace = SysctlIs | RuleIs | ChainIs | TableIs | EntryIs | LinkIs


class EndpointIs(msgspec.Struct, frozen=True, tag="endpoint-is"):
    """Expects that the container is attached to the network of its engine, or that it is not attached."""

    container: str
    network: str
    there: bool


class RestartPolicyIs(msgspec.Struct, frozen=True, tag="restart-policy-is"):
    """Expects that the container has this restart policy."""

    container: str
    policy: str


class ManagerRuns(msgspec.Struct, frozen=True, tag="manager-runs"):
    """Expects that the firewall manager is in charge: firewalld runs, or ufw is enabled."""

    name: Literal["firewalld", "ufw"]


class PortIs(msgspec.Struct, frozen=True, tag="port-is"):
    """Expects that the port (``8151/tcp``) is open in a zone of firewalld, or that the zone closes it.  ``permanent``:
    whether firewalld's files decide instead of the kernel's rules."""

    zone: str
    port: str
    permanent: bool
    open: bool


class ZoneIs(msgspec.Struct, frozen=True, tag="zone-is"):
    """Expects that firewalld binds the interface to this zone.  If the zone is None, expects that no zone names the
    interface.  An interface that no zone names belongs to the default zone."""

    interface: str
    zone: str | None
    permanent: bool


class SourceIs(msgspec.Struct, frozen=True, tag="source-is"):
    """Expects that a firewalld zone has the network among its sources, or that the network is not among them."""

    zone: str
    source: str
    permanent: bool
    there: bool


OfFirewall = ManagerRuns | PortIs | ZoneIs | SourceIs
OnHost = ProcessIs | ContainerIs | UnitIs | EndpointIs | RestartPolicyIs | OfFirewall
Expectation = InNamespace | OnHost


def unmet_on_host(expected: OnHost, host: Host) -> Message | None:
    """Return the message that refuses a step; None if the host is as the step expects."""
    match expected:
        case ProcessIs(pid=pid, halted=halted):
            sockets = [each for namespace in host.namespaces for each in namespace.sockets if each.pid == pid]
            links = [each for namespace in host.namespaces for each in namespace.links if each.holder_pid == pid]
            if any(each.halted == halted for each in sockets) or any(each.holder_halted == halted for each in links):
                return None
            return message("process {pid} has ended, or somebody else has stopped or continued it", pid=pid)
        case ContainerIs(name=name, status=status):
            found = next((each.status for each in host.containers() if each.name == name), "gone")
            if found == status:
                return None
            return message("container {name} was {status} and is {found}", name=name, status=status, found=found)
        case UnitIs(name=name, enabled=enabled, active=active):
            unit = next((each for each in host.units if each.name == name), None)
            if unit is not None and (unit.enabled, unit.active) == (enabled, active):
                return None
            return message("{unit} is no longer {enabled} and {active}", unit=name, enabled=enabled, active=active)
        case EndpointIs() | RestartPolicyIs():
            return _unmet_of_container(expected, host)
        case ManagerRuns() | PortIs() | ZoneIs() | SourceIs():
            return _unmet_firewall(expected, host)
        case _:
            assert_never(expected)


def _unmet_of_container(expected: EndpointIs | RestartPolicyIs, host: Host) -> Message | None:
    container = next((each for each in host.containers() if each.name == expected.container), None)
    if container is None:
        return message("container {name} is gone", name=expected.container)
    match expected:
        case EndpointIs(network=network, there=there):
            if any(each.network == network for each in container.endpoints) == there:
                return None
            if there:
                return message("container {name} is no longer attached to {network}", name=container.name,
                               network=network)  # fmt: skip
            return message("container {name} is already attached to {network}", name=container.name, network=network)
        case RestartPolicyIs(policy=policy):
            if container.restart_policy == policy:
                return None
            return message("the restart policy of container {name} was {policy} and is {found}", name=container.name,
                           policy=policy, found=container.restart_policy)  # fmt: skip
        case _:
            assert_never(expected)


def _unmet_firewall(expected: OfFirewall, host: Host) -> Message | None:
    match expected:
        case ManagerRuns(name=name):
            runs = host.firewalld is not None and host.firewalld.running
            enabled = host.ufw is not None and host.ufw.enabled
            if runs if name == "firewalld" else enabled:
                return None
            return message("firewalld does not run") if name == "firewalld" else message("ufw is not enabled")
        case PortIs(zone=zone, port=port, permanent=permanent):
            if port_is_open(host, zone, port, permanent=permanent) == expected.open:
                return None
            if expected.open:
                return message("port {port} is no longer open in zone {zone}", port=port, zone=zone)
            return message("port {port} is already open in zone {zone}", port=port, zone=zone)
        case ZoneIs(interface=interface, zone=zone, permanent=permanent):
            found = zone_of_interface(host, interface, permanent=permanent)
            if found == zone:
                return None
            return message("{link} was in zone {zone} of firewalld and is in {found}", link=interface,
                           zone=zone or message("none"), found=found or message("none"))  # fmt: skip
        case SourceIs(zone=zone, source=source, permanent=permanent, there=there):
            if source_is_in(host, zone, source, permanent=permanent) == there:
                return None
            if there:
                return message("{source} is no longer a source of zone {zone}", source=source, zone=zone)
            return message("{source} is already a source of zone {zone}", source=source, zone=zone)
        case _:
            assert_never(expected)


def firewalld_zones(host: Host, *, permanent: bool) -> tuple[FirewalldZone, ...]:
    """Return firewalld's runtime zones, or the zones in firewalld's files; no zones if they were not read."""
    if host.firewalld is None:
        return ()
    return host.firewalld.permanent if permanent else host.firewalld.runtime


def port_is_open(host: Host, zone: str, port: str, *, permanent: bool) -> bool:
    """Return whether the zone opens the port itself, not by a service or a range."""
    return any(each.name == zone and port in each.ports for each in firewalld_zones(host, permanent=permanent))


def source_is_in(host: Host, zone: str, source: str, *, permanent: bool) -> bool:
    """Return whether the zone names the network among its sources."""
    return any(each.name == zone and source in each.sources for each in firewalld_zones(host, permanent=permanent))


def zone_of_interface(host: Host, interface: str, *, permanent: bool) -> str | None:
    """Return the zone that names the interface, or None."""
    zones = firewalld_zones(host, permanent=permanent)
    return next((each.name for each in zones if interface in each.interfaces), None)


def unmet(expected: InNamespace, namespace: Namespace) -> Message | None:
    """Return the message that refuses a step; None if the namespace is as the step expects."""
    match expected:
        case RuleIs() | ChainIs() | TableIs():
            return _unmet_rules(expected, namespace)
        case SysctlIs(path=path, value=value):
            found = namespace.sysctls.text(*path)
            if value is None or found is None or found.split() == value.split():
                return None
            return message("{key} was {value} and is {found}", key=dotted(path), value=value, found=found)
        case LinkIs(link=link, there=False):
            if namespace.link(link.name) is None:
                return None
            return message("link {link} exists already", link=link.name)
        case LinkIs(link=link):
            now = namespace.link(link.name)
            if now is not None and now.carrier == link.carrier and not any(link_commands(now, link)):
                return None
            return message("link {link} is gone or has changed", link=link.name)
        case EntryIs(entry=entry, there=there):
            key = entry_key(entry)
            if any(entry_key(each) == key for each in table_of(namespace, entry)) == there:
                return None
            what = _entry_text(entry)
            return message("{what} is gone", what=what) if there else message("{what} exists already", what=what)
        case _:
            assert_never(expected)


def _entry_text(entry: Entry) -> Message:
    match entry:
        case Address():
            return message("address {address} on {link}", address=address_text(entry.value, entry.version),
                           link=entry.link)  # fmt: skip
        case Route():
            prefix = str(entry.prefix)
            return message("route {prefix} in table {table}", prefix=prefix, table=entry.table)
        case PolicyRule():
            return message("policy rule of priority {priority}", priority=entry.priority)
        case Neighbour():
            return message("neighbour entry {address} on {link}", address=address_text(entry.value, entry.version),
                           link=entry.link)  # fmt: skip
        case FdbEntry():
            return message("forwarding entry on {port}", port=entry.port)
        case XfrmPolicy():
            return message("IPsec policy {policy}", policy=verbatim(entry.text))
        case _:
            assert_never(entry)


def _unmet_rules(expected: RuleIs | ChainIs | TableIs, namespace: Namespace) -> Message | None:
    table = namespace.ruleset.table(expected.family, expected.table, expected.dialect)
    match expected:
        case TableIs(digest=digest):
            if table_digest(table) == digest:
                return None
            return message("table {family} {table} has changed", family=expected.family, table=expected.table)
        case ChainIs(chain=name, there=there, policy=policy):
            chain = table.chain(name) if table is not None else None
            if (chain is not None) == there and (policy is None or chain is None or chain.policy == policy):
                return None
            return message(
                "chain {chain} of table {family} {table} has changed",
                chain=name,
                family=expected.family,
                table=expected.table,
            )
        case RuleIs(chain=name, number=number, text=text):
            chain = table.chain(name) if table is not None else None
            found = rule_text(chain, number) if chain is not None else None
            if found == text:
                return None
            return message(
                "rule {number} of {family} {table} {chain} was {text!r} and is {found!r}",
                number=number,
                family=expected.family,
                table=expected.table,
                chain=name,
                text=text or "",
                found=found or "",
            )
        case _:
            assert_never(expected)


def rule_text(chain: Chain, number: int) -> str | None:
    """Return the text of the chain's rule with the given number; None if the chain has no such rule."""
    return next((each.text for each in chain.rules if each.number == number), None)


def table_digest(table: Table | None) -> str | None:
    """Return a digest of the table's chains, rules, sets, maps and flag, without counters, rule texts and handles."""
    if table is None:
        return None
    bare = [(_replace(each, rules=(), packets=None), [one.body for one in each.rules]) for each in table.chains]
    flags = ("dormant",) if table.dormant else ()
    return hashlib.sha256(msgspec.json.encode((bare, table.sets, table.maps, *flags))).hexdigest()


def entry_key(entry: E) -> E:
    """Return the entry with the fields that distinguish it within its table.  A route's gateway has an IP version."""
    if isinstance(entry, Route):
        hops = (
            _replace(each, gateway_version=each.gateway_version or entry.version) for each in as_named(entry).next_hops
        )
        return as_compared(_replace(entry, next_hops=tuple(hops)))
    return as_compared(entry)
