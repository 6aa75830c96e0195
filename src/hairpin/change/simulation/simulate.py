"""Makes a change on a network.  A test checks this law: the simulated network equals the network that is read from the
host after the change was carried out.  A sysctl is written with the kernel's side effects: net/ipv4/devinet.c
devinet_sysctl_forward(), inet_forward_change(); net/ipv6/addrconf.c addrconf_fixup_forwarding()"""

from itertools import groupby
from typing import assert_never

import msgspec

from hairpin.change import change as c
from hairpin.change.commands.words import is_made_by_hand
from hairpin.change.simulation.entries import with_entry, with_other_entry, without_entry
from hairpin.change.simulation.links import with_carrier_by, with_link, with_name, without_ends, without_link
from hairpin.change.simulation.rules import (
    add_chain,
    delete_chain,
    delete_rules,
    insert_rules,
    replace_table,
    set_dormant,
    set_policy,
)
from hairpin.errors import ChangeError
from hairpin.evidence.reading import text_reading
from hairpin.host.docker import Container, Engine
from hairpin.host.host import Host, Namespace
from hairpin.host.link import Address, Link
from hairpin.host.managers import ConfigFile
from hairpin.host.netns import Netns
from hairpin.host.read.engines.engine_options import of_file, options
from hairpin.host.socket import Socket
from hairpin.host.sysctl import Path, Sysctls
from hairpin.kept import kept
from hairpin.message import message
from hairpin.netfilter.ir import Ruleset
from hairpin.network.network import Network, veth_peer

IP_FORWARD: Path = ("net", "ipv4", "ip_forward")
_ALL4: Path = ("net", "ipv4", "conf", "all", "forwarding")
_REDIRECTS4: Path = ("net", "ipv4", "conf", "all", "accept_redirects")
_ALL6: Path = ("net", "ipv6", "conf", "all", "forwarding")
_FORCED, _NO_LINK = "force_forwarding", ("all", "default")
_LAST = 4
"""So many networks are kept by :func:`simulate_once`."""
_replace = msgspec.structs.replace


def simulate(change: c.Change, network: Network) -> Network:
    """Return the network after the change; raises ChangeError if a part of the change does not fit the network."""
    for kind, alike in groupby(change.parts, key=type):
        parts = tuple(alike)
        if kind is c.DeleteNamespace:
            gone = frozenset(part.netns for part in parts if isinstance(part, c.DeleteNamespace))
            network = _without_namespaces(network, gone)
        elif kind is c.DeleteSocket:
            network = _without_sockets(network, tuple(part for part in parts if isinstance(part, c.DeleteSocket)))
        elif kind is c.InsertRule or kind is c.DeleteRule:
            network = _with_rules(
                network, tuple(part for part in parts if isinstance(part, c.InsertRule | c.DeleteRule))
            )
        else:
            for part in parts:
                network = _simulate(part, network)
    return network


def simulate_once(change: c.Change, network: Network) -> Network:
    """Return what :func:`simulate` returns, for one of the last changes as the same value, so that what was walked in
    it need not be walked again.  Raises ChangeError."""
    known = _last_networks(network)
    for each, found in known:
        if each == change:
            return found
    found = simulate(change, network)
    known.append((change, found))
    del known[:-_LAST]
    return found


@kept
def _last_networks(network: Network) -> list[tuple[c.Change, Network]]:  # noqa: ARG001
    return []


def _with_rules(network: Network, parts: tuple[c.InsertRule | c.DeleteRule, ...]) -> Network:
    """Return the network after these edits.  One network is made for each namespace, and one chain for edits of one
    kind that follow each other, not for each rule: an event of hundreds of containers edits thousands of rules."""
    for netns, edits in groupby(parts, key=lambda part: part.netns):
        namespace = _namespace(network, netns)
        ruleset = namespace.ruleset
        for _, alike in groupby(edits, key=_chain_of):
            ruleset = _with_chain_edited(ruleset, tuple(alike))
        network = network.with_namespace(netns, _replace(namespace, ruleset=ruleset))
    return network


def _chain_of(edit: c.InsertRule | c.DeleteRule) -> tuple[str, ...]:
    """Return the kind of the edit, and the chain that it changes."""
    if isinstance(edit, c.InsertRule):
        return "insert", edit.dialect, edit.family, edit.table, edit.chain
    place = edit.place
    return "delete", place.dialect, place.family, place.table, place.chain


def _with_chain_edited(ruleset: Ruleset, edits: tuple[c.InsertRule | c.DeleteRule, ...]) -> Ruleset:
    """Return the ruleset after these edits, which are insertions into one chain or deletions from one chain."""
    inserted = tuple(each for each in edits if isinstance(each, c.InsertRule))
    if inserted:
        return insert_rules(ruleset, *inserted)
    return delete_rules(ruleset, *(each.place for each in edits if isinstance(each, c.DeleteRule)))


def _simulate(part: c.Primitive, network: Network) -> Network:
    if isinstance(part, c.Beyond):
        return _beyond(part, network)
    if isinstance(part, c.OfHost):
        return _of_host(part, network)
    namespace = _namespace(network, part.netns)
    if isinstance(part, c.SetLink):
        return with_link(network, part.netns, part.link)
    if isinstance(part, c.DeleteLink):
        return without_link(network, part.netns, part.link)
    if isinstance(part, c.Forgotten):
        return network.with_namespace(part.netns, _forgetting(part, namespace))
    return network.with_namespace(part.netns, _in_kernel(part, namespace))


def _namespace(network: Network, netns: Netns) -> Namespace:
    if netns not in network:
        raise ChangeError(message("no network namespace {name!r} in this snapshot", name=netns.name))
    return network.namespace(netns)


def _in_kernel(part: c.InKernel, namespace: Namespace) -> Namespace:
    if isinstance(part, c.RuleEdit):
        return _replace(namespace, ruleset=_edited(part, namespace.ruleset))
    if isinstance(part, c.ReplaceRuleset):
        return _replace(namespace, ruleset=_replace(part.ruleset, ipsets=namespace.ruleset.ipsets))
    return _set(part, namespace)


def _edited(part: c.RuleEdit, ruleset: Ruleset) -> Ruleset:
    match part:
        case c.AddChain():
            return add_chain(ruleset, part)
        case c.DeleteChain():
            return delete_chain(ruleset, part)
        case c.InsertRule():
            return insert_rules(ruleset, part)
        case c.DeleteRule(place=place):
            return delete_rules(ruleset, place)
        case c.SetPolicy(place=place, policy=policy):
            return set_policy(ruleset, place, policy)
        case c.ReplaceTable():
            return replace_table(ruleset, part)
        case _:
            assert_never(part)


_ON_LO: Path = ("net", "ipv6", "conf", "lo", "disable_ipv6")
_OWN6 = Address("lo", 6, 1, 128, "host")


def _gets_own_address(namespace: Namespace, path: Path, value: str) -> bool:
    """Return whether the kernel gives lo its address ::1 because IPv6 is switched on there.

    Source: net/ipv6/addrconf.c dev_disable_change(), init_loopback()"""
    lo = namespace.link("lo")
    switched_on = path == _ON_LO and value == "0" and namespace.sysctl(*path) == 1
    return switched_on and lo is not None and lo.up and all(each.value != 1 for each in namespace.addresses)


def _set(part: c.Setting, namespace: Namespace) -> Namespace:
    match part:
        case c.SetSysctl(path=path, value=value):
            changed = _replace(namespace, sysctls=with_sysctl(namespace.sysctls, path, value))
            return with_entry(changed, _OWN6) if _gets_own_address(namespace, path, value) else changed
        case c.ReplaceSysctls(values=values):
            sysctls = namespace.sysctls
            for path, value in values:
                sysctls = with_sysctl(sysctls, path, value)
            return _replace(namespace, sysctls=sysctls)
        case c.AddEntry(entry=entry):
            return with_entry(namespace, entry)
        case c.DeleteEntry(entry=entry):
            return without_entry(namespace, entry)
        case c.ReplaceEntry():
            return with_other_entry(namespace, part)
        case c.SetLink() | c.DeleteLink():
            return namespace  # these parts may also change the peer's namespace: see simulate()
        case c.RenameLink():
            return with_name(namespace, part)
        case c.SetDormant():
            return _replace(namespace, ruleset=set_dormant(namespace.ruleset, part))
        case _:
            assert_never(part)


def _forgetting(part: c.Forgotten, namespace: Namespace) -> Namespace:
    match part:
        case c.DropConnection():
            live = tuple(each for each in namespace.connections if not part.means(each))
            return _replace(namespace, connections=live)
        case c.Forget(what="connections"):
            return _replace(namespace, connections=())
        case c.Forget(what="redirects"):
            return _replace(namespace, redirects=())
        case c.Forget():
            known = tuple(each for each in namespace.neighbours if is_made_by_hand(each))
            return _replace(namespace, neighbours=known)
        case _:
            assert_never(part)


def _of_host(part: c.OfHost, network: Network) -> Network:
    host = network.host(part.host)
    match part:
        case c.ContinueProcess(pid=pid):
            return _halted(network, host, pid, halted=False)
        case c.HaltProcess(pid=pid):
            return _halted(network, host, pid, halted=True)
        case c.SetUnit(unit=unit):
            units = (*(each for each in host.units if each.name != unit.name), unit)
            return network.with_host(_replace(host, units=units))
        case c.WriteFile(path=path, text=text):
            engines = _told(host, path, text) if path.endswith("/daemon.json") else host.engines
            return network.with_host(_replace(host, files=_written(host.files, path, text), engines=engines))
        case c.LoadModule():
            return network  # the module's sysctls are set by separate parts
        case _:
            assert_never(part)


def _told(host: Host, path: str, text: str | None) -> tuple[Engine, ...]:
    """Return the engines with the options that dockerd reads from the file at its start.  Options that command-line
    flags set stay."""
    before = next((each.text for each in host.files if each.path == path), "")
    was, now = (options(of_file(text_reading(each, path))) for each in (before, text or ""))
    changed = {name: getattr(now, name) for name in was.__struct_fields__ if getattr(was, name) != getattr(now, name)}
    return tuple(_replace(each, **changed) if each.kind == "docker" else each for each in host.engines)


def _written(files: tuple[ConfigFile, ...], path: str, text: str | None) -> tuple[ConfigFile, ...]:
    if text is None:
        return tuple(each for each in files if each.path != path)
    if all(each.path != path for each in files):
        return (*files, ConfigFile(path, text))
    return tuple(_replace(each, text=text) if each.path == path else each for each in files)


def _beyond(part: c.Beyond, network: Network) -> Network:
    match part:
        case c.AddSocket(netns=netns, socket=socket):
            namespace = _namespace(network, netns)
            return network.with_namespace(netns, _replace(namespace, sockets=(*namespace.sockets, socket)))
        case c.DeleteSocket():
            return _without_sockets(network, (part,))
        case c.AddNamespace(host=host, namespace=namespace, host_link=host_link, container=container, sysctls=values):
            own = _replace(namespace, sysctls=Sysctls({**namespace.sysctls.values, **dict(values)}))
            return _with_container(_joined(network, host, own, host_link), host, container)
        case c.DeleteNamespace(netns=netns):
            return _without_namespaces(network, frozenset((netns,)))
        case c.SetContainer(host=host, container=container):
            return _with_container(network, host, container)
        case c.ChangeWorld(world=world):
            return _replace(network, world=world)
        case _:
            assert_never(part)


def _without_sockets(network: Network, parts: tuple[c.DeleteSocket, ...]) -> Network:
    """Return the network without these sockets.  A host may end hundreds of containers together."""
    for netns in dict.fromkeys(part.netns for part in parts):
        namespace, gone = _namespace(network, netns), {part.socket for part in parts if part.netns == netns}
        left = tuple(each for each in namespace.sockets if each not in gone)
        network = network.with_namespace(netns, _replace(namespace, sockets=left))
    return network


def _without_namespaces(network: Network, gone: frozenset[Netns]) -> Network:
    """Return the network without these namespaces, and without the ends of their veth pairs in other namespaces.

    A host may end hundreds of containers together, so all namespaces are deleted at once."""
    ends: dict[Netns, list[str]] = {}
    for netns in gone:
        for link in _namespace(network, netns).links:
            peer = veth_peer(network, netns, link)
            if peer is not None and peer.netns not in gone:
                ends.setdefault(peer.netns, []).append(peer.link)
    for label in {netns.host for netns in gone}:
        host = network.host(label)
        others = tuple(each for each in host.namespaces if host.netns.sibling(each.name) not in gone)
        network = network.with_host(_replace(host, namespaces=others))
    for netns, links in ends.items():
        network = network.with_namespace(netns, without_ends(network.namespace(netns), frozenset(links)))
    return network


def _joined(network: Network, label: str, namespace: Namespace, host_link: Link | None) -> Network:
    """Return the network with the added or replaced namespace, and with the host's end of the namespace's veth pair, if
    any."""
    host = network.host(label)
    others = tuple(each for each in host.namespaces if each.name != namespace.name)
    grown = network.with_host(_replace(host, namespaces=(*others, namespace)))
    if host_link is None:
        return grown
    outer = grown.namespace(host.netns)
    links = tuple(each for each in outer.links if each.name != host_link.name)
    joined = _replace(outer, links=(*links, host_link))
    return grown.with_namespace(host.netns, with_carrier_by(joined, host_link))


def _halted(network: Network, host: Host, pid: int, *, halted: bool) -> Network:
    for namespace in host.namespaces:
        sockets, links = namespace.sockets, namespace.links
        if any(each.halted != halted and each.pid == pid for each in sockets):
            sockets = tuple(
                _replace(socket if halted else socket.drained, halted=halted) if socket.pid == pid else socket
                for socket in sockets
            )
        if any(each.holder_halted != halted and each.holder_pid == pid for each in links):
            links = tuple(_replace(each, holder_halted=halted) if each.holder_pid == pid else each for each in links)
        if (sockets, links) != (namespace.sockets, namespace.links):
            changed = _replace(namespace, sockets=sockets, links=links)
            network = network.with_namespace(host.netns.sibling(namespace.name), changed)
    return network


def _with_container(network: Network, label: str, container: Container) -> Network:
    host = network.host(label)
    was_paused = any(each.id == container.id and each.status == "paused" for each in host.containers())
    thawed = (
        host.namespaces
        if container.status != "running"
        else tuple(_thawed(each, container, was_paused=was_paused) for each in host.namespaces)
    )
    return network.with_host(_replace(host.with_container(container), namespaces=thawed))


def _thawed(namespace: Namespace, container: Container, *, was_paused: bool) -> Namespace:
    """Return the namespace in which the container's processes run again and have accepted the waiting connections."""

    def thaws(each: Socket) -> bool:
        own = each.container == container.id or (each.container is None and namespace.name == container.netns)
        return own and (bool(each.frozen) or (was_paused and each.is_full))

    if not any(map(thaws, namespace.sockets)):
        return namespace
    sockets = tuple(_replace(each.drained, frozen="") if thaws(each) else each for each in namespace.sockets)
    return _replace(namespace, sockets=sockets)


def with_sysctl(sysctls: Sysctls, path: Path, value: str) -> Sysctls:
    """Return the values after the write.

    ``ip_forward`` and ``conf.all.forwarding`` are one value.  When this value *changes*, the kernel copies it to
    ``default`` and to every interface, and sets ``all.accept_redirects`` to the opposite value.  IPv6 copies ``all`` at
    every write, even if the value stays the same, and a write of 0 clears ``force_forwarding`` of every interface.
    Source of the latter: net/ipv6/addrconf.c addrconf_forward_change(), since Linux 6.17; seen on 6.18
    """
    before = sysctls.text(*(_ALL4 if path == IP_FORWARD else path))
    changed = sysctls.with_value(path, value)
    if path in (IP_FORWARD, _ALL4):
        changed = changed.with_value(IP_FORWARD, value).with_value(_ALL4, value)
        if before == value:
            return changed
        if changed.text(*_REDIRECTS4) is not None:
            changed = changed.with_value(_REDIRECTS4, "1" if value == "0" else "0")
        return _copied(changed, "ipv4", value)
    if path == _ALL6:
        forced = (each for each in sysctls.values if value == "0" and each[-1] == _FORCED and each[3] not in _NO_LINK)
        changed = Sysctls({**changed.values, **dict.fromkeys(forced, "0")}, changed.evidence)
        return _copied(changed, "ipv6", value)
    return changed


def _copied(sysctls: Sysctls, family: str, value: str) -> Sysctls:
    values = dict(sysctls.values)
    for path in sysctls.values:
        if len(path) == 5 and path[1] == family and path[2] == "conf" and path[4] == "forwarding":
            values[path] = value
    return Sysctls(values, sysctls.evidence)
