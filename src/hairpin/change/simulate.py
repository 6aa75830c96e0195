"""What a change makes of a network.  Law, tested: simulating equals reading the host after carrying the change out."""

from typing import assert_never

import msgspec

from hairpin.change.addresses import with_address
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
from hairpin.change.links import with_carrier_by, with_link
from hairpin.change.rules import add_chain, delete_rule, insert_rule, set_policy
from hairpin.change.sysctls import written
from hairpin.errors import ChangeError
from hairpin.host.docker import Container
from hairpin.host.host import Namespace
from hairpin.host.link import Link
from hairpin.host.netns import Netns
from hairpin.host.route import Neighbour
from hairpin.message import message
from hairpin.network.network import Network


def simulate(change: Change, network: Network) -> Network:
    """Return the network after the change; raises ChangeError when a part does not fit it."""
    for part in change.parts:
        network = _simulate(part, network)
    return network


def _simulate(part: Primitive, network: Network) -> Network:
    match part:
        case SetSysctl() | AddChain() | InsertRule() | DeleteRule() | SetPolicy():
            namespace = _namespace(network, part.netns)
            return network.with_namespace(part.netns, _in_netfilter_or_sysctl(part, namespace))
        case (
            AddAddress() | AddRoute() | DeleteRoute() | DeletePolicyRule() | AddNeighbour() | DeleteNeighbour()
            | AddFdbEntry() | DeleteFdbEntry() | AddSocket() | DropConnection()
        ):  # fmt: skip
            namespace = _namespace(network, part.netns)
            return network.with_namespace(part.netns, _in_namespace(part, namespace))
        case SetLink(netns=netns, link=link):
            _namespace(network, netns)
            return with_link(network, netns, link)
        case AddNamespace(host=host, namespace=namespace, host_link=host_link, container=container):
            return _with_container(_joined(network, host, namespace, host_link), host, container)
        case ContinueProcess(host=host, pid=pid):
            return _continued(network, host, pid)
        case SetContainer(host=host, container=container):
            return _with_container(network, host, container)
        case ChangeWorld(world=world):
            return msgspec.structs.replace(network, world=world)
        case _:
            assert_never(part)


def _namespace(network: Network, netns: Netns) -> Namespace:
    if netns not in network:
        raise ChangeError(message("no network namespace {name!r} in this snapshot", name=netns.name))
    return network.namespace(netns)


def _in_netfilter_or_sysctl(
    part: SetSysctl | AddChain | InsertRule | DeleteRule | SetPolicy, namespace: Namespace
) -> Namespace:
    match part:
        case SetSysctl(path=path, value=value):
            return msgspec.structs.replace(namespace, sysctls=written(namespace.sysctls, path, value))
        case AddChain():
            ruleset = add_chain(namespace.ruleset, part)
        case InsertRule():
            ruleset = insert_rule(namespace.ruleset, part)
        case DeleteRule(place=place):
            ruleset = delete_rule(namespace.ruleset, place)
        case SetPolicy(place=place, policy=policy):
            ruleset = set_policy(namespace.ruleset, place, policy)
        case _:
            assert_never(part)
    return msgspec.structs.replace(namespace, ruleset=ruleset)


def _in_namespace(
    part: (
        AddAddress
        | AddRoute
        | DeleteRoute
        | DeletePolicyRule
        | AddNeighbour
        | DeleteNeighbour
        | AddFdbEntry
        | DeleteFdbEntry
        | AddSocket
        | DropConnection
    ),
    namespace: Namespace,
) -> Namespace:
    match part:
        case AddAddress(address=address):
            return with_address(namespace, address)
        case AddRoute(route=route):
            return msgspec.structs.replace(namespace, routes=(*namespace.routes, route))
        case DeleteRoute(route=route):
            kept = tuple(each for each in namespace.routes if each != route)
            return msgspec.structs.replace(namespace, routes=kept)
        case DeletePolicyRule(rule=rule):
            rules = tuple(each for each in namespace.rules if each != rule)
            return msgspec.structs.replace(namespace, rules=rules)
        case DeleteNeighbour(neighbour=neighbour):
            known = tuple(each for each in namespace.neighbours if each != neighbour)
            return msgspec.structs.replace(namespace, neighbours=known)
        case AddNeighbour() | AddFdbEntry() | DeleteFdbEntry():
            return _with_entry(part, namespace)
        case AddSocket(socket=socket):
            return msgspec.structs.replace(namespace, sockets=(*namespace.sockets, socket))
        case DropConnection(evidence=evidence):
            live = tuple(each for each in namespace.connections if each.evidence != evidence)
            return msgspec.structs.replace(namespace, connections=live)
        case _:
            assert_never(part)


def _with_entry(part: AddNeighbour | AddFdbEntry | DeleteFdbEntry, namespace: Namespace) -> Namespace:
    match part:
        case AddNeighbour(neighbour=neighbour):
            kept = tuple(each for each in namespace.neighbours if _place(each) != _place(neighbour))
            return msgspec.structs.replace(namespace, neighbours=(*kept, neighbour))
        case AddFdbEntry(entry=entry):
            return msgspec.structs.replace(namespace, fdb=(*namespace.fdb, entry))
        case DeleteFdbEntry(entry=entry):
            left = tuple(each for each in namespace.fdb if each != entry)
            return msgspec.structs.replace(namespace, fdb=left)
        case _:
            assert_never(part)


def _place(entry: Neighbour) -> tuple[object, ...]:
    return (entry.link, entry.version, entry.value, entry.proxy)


def _joined(network: Network, label: str, namespace: Namespace, host_link: Link) -> Network:
    """Add (or replace) the namespace and wire it to the host."""
    host = network.host(label)
    others = tuple(each for each in host.namespaces if each.name != namespace.name)
    grown = network.with_host(msgspec.structs.replace(host, namespaces=(*others, namespace)))
    outer = grown.namespace(host.netns)
    links = tuple(each for each in outer.links if each.name != host_link.name)
    joined = msgspec.structs.replace(outer, links=(*links, host_link))
    return grown.with_namespace(host.netns, with_carrier_by(joined, host_link))


def _continued(network: Network, label: str, pid: int) -> Network:
    host = network.host(label)
    for namespace in host.namespaces:
        if any(each.halted and each.pid == pid for each in namespace.sockets):
            sockets = tuple(
                msgspec.structs.replace(each, halted=False) if each.pid == pid else each for each in namespace.sockets
            )
            continued = msgspec.structs.replace(namespace, sockets=sockets)
            network = network.with_namespace(host.netns.sibling(namespace.name), continued)
    return network


def _with_container(network: Network, label: str, container: Container) -> Network:
    host = network.host(label)
    engines = tuple(
        msgspec.structs.replace(
            engine,
            containers=tuple(container if each.id == container.id else each for each in engine.containers),
        )
        for engine in host.engines
    )
    return network.with_host(msgspec.structs.replace(host, engines=engines))
