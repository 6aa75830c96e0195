"""Sysctls, sockets, processes, containers, connections, and what a boot reads: units, files."""

from collections.abc import Iterator

import msgspec

from hairpin.change import change as c
from hairpin.change.simulation.rules import tool_rules
from hairpin.host.docker import Container
from hairpin.host.host import Host
from hairpin.host.sysctl import known_sysctl
from hairpin.message import message
from hairpin.netfilter.evaluate.chain import place_of
from hairpin.netfilter.ir import Expression, FieldMatch, Nat
from tests.hunt.draws.draw import Draw, Subject


def sysctl(subject: Subject) -> Iterator[c.Change]:
    """Yield another value of a sysctl that hairpin knows by its name."""
    values_of = subject.namespace.sysctls.values
    rows = {path: known_sysctl(path) for path, value in values_of.items() if value in ("0", "1", "2")}
    known = [path for path, row in rows.items() if row is not None and row.replica != "never"]
    path = subject.pick(known)
    if path is not None:
        values = [each for each in ("0", "1", "2") if each != subject.namespace.sysctls.values[path]]
        value = subject.random.choice(values if path[-1] in ("rp_filter", "arp_ignore") else values[:1])
        yield c.Change((c.SetSysctl(subject.netns, path, value),))


def forwarding(subject: Subject) -> Iterator[c.Change]:
    """Yield a host or a link that does not forward any more."""
    names = ("ip_forward", "forwarding")
    on = [path for path, value in subject.namespace.sysctls.values.items() if path[-1] in names and value == "1"]
    path = subject.pick(on)
    if path is not None:
        yield c.Change((c.SetSysctl(subject.netns, path, "0"),))


def socket_gone(subject: Subject) -> Iterator[c.Change]:
    """Yield a service that has ended."""
    chosen = subject.pick(subject.namespace.sockets)
    if chosen is not None:
        yield c.Change((c.DeleteSocket(subject.netns, chosen),))


def socket_moved(subject: Subject) -> Iterator[c.Change]:
    """Yield a service that listens on another address, port or protocol."""
    chosen = subject.pick([each for each in subject.namespace.sockets if each.relay is None])
    if chosen is None:
        return
    loopback = 0x7F000001 if chosen.version == 4 else 1
    own = [each.value for each in subject.namespace.addresses if each.version == chosen.version and each.link != "lo"]
    moved = subject.random.choice(
        [
            msgspec.structs.replace(chosen, port=chosen.port + 1),
            msgspec.structs.replace(chosen, address=loopback),
            msgspec.structs.replace(chosen, protocol="udp" if chosen.protocol == "tcp" else "tcp"),
            *(msgspec.structs.replace(chosen, address=value) for value in own),
        ]
    )
    advice = message("the service listens elsewhere")
    yield c.Change((c.DeleteSocket(subject.netns, chosen), c.AddSocket(subject.netns, moved, advice)))


def halted(subject: Subject) -> Iterator[c.Change]:
    """Yield a process that a signal has stopped."""
    pids = sorted({each.pid for each in subject.namespace.sockets if each.pid is not None and not each.halted})
    pid = subject.pick(pids)
    if pid is not None:
        yield c.Change((c.HaltProcess(subject.netns.host, pid),))


def _running(subject: Subject) -> list[Container]:
    host = subject.network.host(subject.netns.host)
    return [each for each in host.containers() if each.status == "running" and each.netns is not None]


def paused(subject: Subject) -> Iterator[c.Change]:
    """Yield a container that is paused."""
    container = subject.pick(_running(subject))
    if container is None or container.netns is None:
        return
    host = subject.network.host(subject.netns.host)
    parts: list[c.Primitive] = []
    for namespace in host.namespaces:
        own = host.netns.sibling(namespace.name)
        for each in namespace.sockets:
            if each.container == container.id:
                frozen = msgspec.structs.replace(each, frozen=f"docker/{container.id}")
                parts += [c.DeleteSocket(own, each), c.AddSocket(own, frozen, message("paused"))]
    if parts:
        yield c.Change((*parts, c.SetContainer(host.name, msgspec.structs.replace(container, status="paused"))))


def stopped(subject: Subject) -> Iterator[c.Change]:
    """Yield a container that has ended, with its namespace and its docker-proxy."""
    container = subject.pick([each for each in _running(subject) if not each.on_host_network])
    if container is None or container.netns is None:
        return
    host = subject.network.host(subject.netns.host)
    if sum(each.netns == container.netns for each in host.containers()) > 1:
        return
    values = {each.ipv4 for each in container.endpoints} | {each.ipv6 for each in container.endpoints}
    relays = (
        c.DeleteSocket(host.netns, each)
        for each in host.namespace(host.netns.name).sockets
        if each.relay is not None and each.relay.address in values
    )
    endpoints = tuple(
        msgspec.structs.replace(each, ipv4=None, ipv6=None, gateway4=None, gateway6=None, mac=None)
        for each in container.endpoints
    )
    bindings = tuple(msgspec.structs.replace(each, actual=False) for each in container.bindings)
    ended = msgspec.structs.replace(
        container, status="exited", pid=None, netns=None, endpoints=endpoints, bindings=bindings, exit_code=1
    )
    own = host.netns.sibling(container.netns)
    rules = _rules_of(host, frozenset(each for each in values if each is not None))
    yield c.Change((*relays, *rules, c.DeleteNamespace(own), c.SetContainer(host.name, ended)))


def _rules_of(host: Host, values: frozenset[int]) -> Iterator[c.DeleteRule]:
    """Yield the deletions of an engine's rules for the addresses, which it makes when the container ends."""
    for table in host.namespace(host.netns.name).ruleset.tables:
        for chain in table.chains:
            for each in reversed(tool_rules(chain.rules)):
                if any(_is_about(part, values) for part in each[0].body):
                    yield c.DeleteRule(host.netns, place_of(table, chain.name, each[0]))


def _is_about(part: Expression, values: frozenset[int]) -> bool:
    match part:
        case FieldMatch(field="saddr4" | "daddr4" | "saddr6" | "daddr6", ranges=((first, last),)) if first == last:
            return first in values
        case Nat(addresses=(first, _)):
            return first in values
        case _:
            return False


def connections_forgotten(subject: Subject) -> Iterator[c.Change]:
    """Yield an empty connection table."""
    if subject.namespace.connections:
        yield c.Change((c.Forget(subject.netns, "connections"),))


def unit(subject: Subject) -> Iterator[c.Change]:
    """Yield a unit that is not enabled any more; it still runs."""
    chosen = subject.pick(subject.network.host(subject.netns.host).units)
    if chosen is not None:
        yield c.Change((c.SetUnit(subject.netns.host, msgspec.structs.replace(chosen, enabled="disabled")),))


def file(subject: Subject) -> Iterator[c.Change]:
    """Yield a file that is gone; what it says is in effect until the next boot."""
    chosen = subject.pick(subject.network.host(subject.netns.host).files)
    if chosen is not None:
        yield c.Change((c.WriteFile(subject.netns.host, chosen.path, None),))


DRAWS: dict[str, Draw] = {
    "sysctl": sysctl,
    "sysctl: forwarding": forwarding,
    "socket gone": socket_gone,
    "socket elsewhere": socket_moved,
    "process halted": halted,
    "container paused": paused,
    "container stopped": stopped,
    "connections forgotten": connections_forgotten,
    "unit disabled": unit,
    "file deleted": file,
}
