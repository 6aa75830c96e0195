"""The commands that carry a change out on the host, as a person would type them."""

import shlex
from collections.abc import Iterator
from typing import assert_never

from hairpin.change.change import (
    AddAddress,
    AddChain,
    AddFdbEntry,
    AddNamespace,
    AddNeighbour,
    AddRoute,
    AddSocket,
    Change,
    ChangeWorld,
    ContinueProcess,
    DeleteFdbEntry,
    DeleteNeighbour,
    DeletePolicyRule,
    DeleteRoute,
    DeleteRule,
    DropConnection,
    InsertRule,
    Primitive,
    SetContainer,
    SetLink,
    SetPolicy,
    SetSysctl,
)
from hairpin.host.docker import Container
from hairpin.host.netns import Netns
from hairpin.host.route import FdbEntry
from hairpin.host.sysctl import dotted
from hairpin.message import Message
from hairpin.netfilter.evaluate.chain import Place
from hairpin.netfilter.rule_address import write_mac
from hairpin.network.network import Network
from hairpin.network.prefix import address_text
from hairpin.network.routing import route_text


def commands(change: Change, network: Network) -> tuple[str, ...]:
    """Return shell commands in order; the change's own ones when it names them.  Steps that only a person can take
    (``advice``) are not commands and are not in it."""
    if change.commands:
        return change.commands
    return tuple(text for part in change.parts for text in _commands(part, network))


def advice(change: Change) -> tuple[Message, ...]:
    """Return what a person has to do where no command of hairpin's can."""
    return tuple(part.advice for part in change.parts if isinstance(part, (AddSocket, ChangeWorld)))


def entering(netns: Netns, network: Network) -> tuple[str, ...]:
    """Return the words that run a command in the namespace: none for the host, ``nsenter`` for a container's."""
    if netns.is_host:
        return ()
    container = _container(netns, network)
    return ("nsenter", "-t", str(container.pid), "-n") if container is not None and container.pid else ("nsenter", "-n")


def _container(netns: Netns, network: Network) -> Container | None:
    return network.container_of(netns)


def _commands(part: Primitive, network: Network) -> Iterator[str]:
    match part:
        case SetSysctl(netns=netns, path=path, value=value):
            yield _line(entering(netns, network), ("sysctl", "-w", f"{dotted(path)}={value}"))
        case AddChain() | InsertRule() | DeleteRule() | SetPolicy():
            yield from _netfilter(part, network)
        case AddAddress(netns=netns, address=address):
            prefix = f"{address_text(address.value, address.version)}/{address.prefix_length}"
            yield _line(entering(netns, network), ("ip", "address", "add", prefix, "dev", address.link))
        case AddRoute(netns=netns, route=route):
            yield _line(
                entering(netns, network), ("ip", *_six(route.version), "route", "add", *route_text(route).split())
            )
        case DeleteRoute(netns=netns, route=route):
            yield _line(
                entering(netns, network), ("ip", *_six(route.version), "route", "del", *route_text(route).split())
            )
        case DeletePolicyRule(netns=netns, rule=rule):
            words = ("rule", "del", "priority", str(rule.priority))
            yield _line(entering(netns, network), ("ip", *_six(rule.version), *words))
        case AddNeighbour() | DeleteNeighbour() | AddFdbEntry() | DeleteFdbEntry():
            yield _line(entering(part.netns, network), _entry_argv(part))
        case SetLink(netns=netns, argv=argv):
            if argv:  # a cable is nobody's command
                yield _line(entering(netns, network), argv)
        case ContinueProcess(pid=pid):
            yield f"kill -CONT {pid}"
        case AddSocket() | AddNamespace() | SetContainer() | ChangeWorld():
            return
        case DropConnection():
            return
        case _:
            assert_never(part)


def _entry_argv(part: AddNeighbour | DeleteNeighbour | AddFdbEntry | DeleteFdbEntry) -> tuple[str, ...]:
    match part:
        case AddNeighbour(neighbour=entry):
            entered = address_text(entry.value, entry.version)
            return ("ip", "neigh", "replace", entered, "lladdr", write_mac(entry.mac or 0), "dev", entry.link,
                    "nud", "permanent")  # fmt: skip
        case DeleteNeighbour(neighbour=entry):
            return ("ip", "neigh", "del", address_text(entry.value, entry.version), "dev", entry.link)
        case AddFdbEntry(entry=entry):
            return ("bridge", "fdb", "append", *_fdb_words(entry), "permanent")
        case DeleteFdbEntry(entry=entry):
            return ("bridge", "fdb", "del", *_fdb_words(entry))
        case _:
            assert_never(part)


def _fdb_words(entry: FdbEntry) -> tuple[str, ...]:
    """Return the entry in bridge(8)'s words; one with a remote is of the VXLAN's own database (``self``)."""
    place = (write_mac(entry.mac), "dev", entry.port)
    if entry.remote is None:
        return (*place, "master")
    return (*place, "dst", address_text(entry.remote, 4 if entry.remote < 1 << 32 else 6), "self")


def _six(version: int) -> tuple[str, ...]:
    return ("-6",) if version == 6 else ()


def _line(prefix: tuple[str, ...], argv: tuple[str, ...]) -> str:
    return shlex.join((*prefix, *argv))


def _netfilter(part: AddChain | InsertRule | DeleteRule | SetPolicy, network: Network) -> Iterator[str]:
    prefix = " ".join(entering(part.netns, network))
    prefix = f"{prefix} " if prefix else ""
    match part:
        case AddChain():
            if part.dialect == "nft":
                yield f"{prefix}nft add chain {part.family} {part.table} {part.chain}"
            else:
                yield f"{prefix}{_iptables(part.dialect, part.family)} -t {part.table} -N {part.chain}"
        case InsertRule():
            yield prefix + _insertion(part)
        case DeleteRule(place=place):
            yield prefix + _deletion(place)
        case SetPolicy(place=place, policy=policy):
            if place.dialect == "nft":
                yield f"{prefix}nft chain {place.family} {place.table} {place.chain} '{{ policy {policy}; }}'"
            else:
                tool = _iptables(place.dialect, place.family)
                yield f"{prefix}{tool} {_table(place.table)}-P {place.chain} {policy.upper()}"
        case _:
            assert_never(part)


def _iptables(dialect: str, family: str) -> str:
    tool = "ip6tables" if family == "ip6" else "iptables"
    return f"{tool}-legacy" if dialect == "iptables-legacy" else tool


def _table(name: str) -> str:
    return "" if name == "filter" else f"-t {name} "


def _insertion(part: InsertRule) -> str:
    if part.dialect == "nft":
        chain = f"{part.family} {part.table} {part.chain}"
        if part.position == 1:
            return f"nft insert rule {chain} {part.rule.text}"
        # nft counts from 0, and adds behind the rule that it is told.
        behind = "" if part.position is None else f" index {part.position - 2}"
        return f"nft add rule {chain}{behind} {part.rule.text}"
    rule = part.rule.text.removeprefix(f"-A {part.chain} ")
    tool = _iptables(part.dialect, part.family)
    if part.position is None:
        return f"{tool} {_table(part.table)}-A {part.chain} {rule}"
    number = "" if part.position == 1 else f"{part.position} "
    return f"{tool} {_table(part.table)}-I {part.chain} {number}{rule}"


def _deletion(place: Place) -> str:
    if place.dialect == "nft":
        return f"nft delete rule {place.family} {place.table} {place.chain} handle {place.handle}"
    if place.dialect == "ebtables":
        return f"ebtables -t {place.table} -D {place.chain} {place.number}"
    rule = place.text.removeprefix(f"-A {place.chain} ").removeprefix("-A ")
    return f"{_iptables(place.dialect, place.family)} {_table(place.table)}-D {place.chain} {rule}"
