"""Makes remarks on facts that stop no asked flow now: limits that dropped packets, conntrack entries that misdirect
other clients, a client's address that is an address of the host, and a port that no client outside reaches."""

from collections.abc import Iterator
from itertools import product

import msgspec

from hairpin.beside.inquiry import Inquiry
from hairpin.change.change import Change, DropConnection, SetSysctl, one
from hairpin.engines.repair.republishing import option_of
from hairpin.host.advertised import ending_default
from hairpin.host.boot.configured import of_default_address
from hairpin.host.host import Host, Namespace
from hairpin.kept import kept
from hairpin.message import Message, message
from hairpin.netfilter.evaluate.chain import Place, rule_at
from hairpin.netfilter.ir import STATUS_SEEN_REPLY
from hairpin.network.flow import FromHost, Lan, Outside
from hairpin.network.network import Network
from hairpin.network.pinned_names import beside_the_named, misleading
from hairpin.network.prefix import Version, address_text, is_loopback, width
from hairpin.network.socket_owner import held_beside
from hairpin.question.port_flows import bindings_of
from hairpin.question.standpoints import primary_address
from hairpin.walk.hooks.conntrack import tuple_of
from hairpin.walk.hooks.conntrack_room import fill_of
from hairpin.walk.own_entries import passages, translation
from hairpin.walk.trace import Trace, only_under_load

_NOT_READ = message("a setting that was not read")
_VERSIONS: tuple[Version, ...] = (4, 6)
_NAMED = 5
"""The greatest number of ports that one note names."""


def notes(inquiry: Inquiry) -> tuple[Message, ...]:
    """Return all remarks on the answer."""
    routed: tuple[Message, ...] = ()
    if not inquiry.question.targets:  # whoever asks for the port gets the cause
        hosts = inquiry.network.hosts
        routed = tuple(inquiry.network.about_host(host.name, said) for host in hosts for said in _of_routed(host))
    return (*remarks(inquiry.network, inquiry.traces), *routed)


def _of_routed(host: Host) -> Iterator[Message]:
    """Yield a note about each container that asks for ports of the host, and gets none in one IP version because its
    network is routed: the plain question asks only the ports that the host has."""
    for container in host.containers():
        lacking = [each for each in container.bindings if container.running and not each.actual]
        engine = host.engine_of(container)
        for version, end in product(_VERSIONS, engine.endpoints_of(container) if lacking else ()):
            joined, address = engine.network(end.network), end.ipv4 if version == 4 else end.ipv6
            ports = dict.fromkeys(f"{each.host_port}/{each.protocol}" for each in lacking if each.version == version)
            if ports and joined is not None and address is not None and joined.gateway_mode(version) == "routed":
                yield message(
                    "network {network} of {name} is routed over IPv{version} (gateway_mode_ipv{version}=routed), so "
                    "this host has no port {ports} there: clients ask {address} itself",
                    network=joined.name, name=container.name, version=version, ports=", ".join(ports),
                    address=address_text(address, version),
                )  # fmt: skip


def remarks(network: Network, traces: tuple[Trace, ...]) -> tuple[Message, ...]:
    """Return all remarks on the answer."""
    found = (
        *(
            network.about_host(host.name, said)
            for host in network.hosts
            if host.was_read
            for said in _of_host(network, host)
        ),
        *_of_lifetimes(network, traces),
        *_of_others(network, traces),
        *(said for trace in traces for said in _of_limits(network, trace)),
        *(said for trace in traces for said in _of_start(network, trace)),
        *_of_default_addresses(network, traces),
        *_of_ipv6_clients(traces),
        *_of_ipv4_clients(network, traces),
        *(said for trace in traces for said in _of_unpublished(network, trace)),
        *(said for trace in traces for said in _of_pins(network, trace)),
        *(said for trace in traces for said in _of_ports_held_beside(network, trace)),
    )
    return tuple(dict.fromkeys(found))


def _of_unpublished(network: Network, trace: Trace) -> Iterator[Message]:
    """Yield a note about a port of a container that the host reaches, if the container publishes other ports and not
    this one."""
    flow = trace.flow
    if flow.container is None or not isinstance(flow.start, FromHost) or not trace.succeeds:
        return
    host = network.host(flow.asked_host or flow.host)
    asked = host.container(flow.container)
    if asked is None:
        return
    owner = host.network_owner(asked)
    known = {(each.container_port, each.protocol) for each in owner.bindings}
    at_its_address = any(flow.daddr in (each.ipv4, each.ipv6) for each in owner.endpoints)
    if known and at_its_address and (flow.dport, flow.protocol) not in known:
        yield message(
            "{port} of {name} is published nowhere: clients outside of this host do not reach it. {owner} was made "
            "with -p {published}",
            port=f"{flow.dport}/{flow.protocol}", name=asked.name, owner=owner.name,
            published=" -p ".join(dict.fromkeys(map(option_of, owner.bindings))),
        )  # fmt: skip


def _of_host(network: Network, host: Host) -> Iterator[Message]:
    if host.netns not in network:
        return
    counters, fill = network.namespace(host.netns).counters, fill_of(network, host.netns)
    if (counters.dropped or counters.evicted) and fill is not None and not fill.full:
        yield message(
            "connection tracking has dropped {dropped} packets and evicted {evicted} entries since the start of this "
            "network namespace; now {count} of at most {most} entries are in use",
            dropped=counters.dropped,
            evicted=counters.evicted,
            count=fill.count,
            most=fill.most,
        )
    for version, entries, refused in counters.neighbours:
        key = ("net", f"ipv{version}", "neigh", "default", "gc_thresh3")
        most = network.namespace(host.netns).sysctl(*key)
        if refused or (most is not None and entries >= most):
            yield message(
                "the neighbour table of IPv{version} has {entries} entries and takes at most {most} that may expire "
                "(net.ipv{version}.neigh.default.gc_thresh3); since it started, the kernel has refused {refused} new "
                "entries",
                version=version,
                entries=entries,
                most="?" if most is None else most,
                refused=refused,
            )


def _of_lifetimes(network: Network, traces: tuple[Trace, ...]) -> Iterator[Message]:
    """Yield a note about an advertised default route that nothing renews, if an IPv6 flow passes now."""
    labels = {each.flow.asked_host or each.flow.host for each in traces if each.flow.version == 6 and each.succeeds}
    for netns in sorted({network.host_netns(each) for each in labels}):
        link = ending_default(network.namespace(netns)) if netns in network else None
        if link is not None:
            said = message(
                "{link} forwards packets and therefore ignores router advertisements: the IPv6 default route expires "
                "soon; `{repair}` keeps it",
                link=link,
                repair=_commands(one(SetSysctl(netns, ("net", "ipv6", "conf", link, "accept_ra"), "2")), network),
            )
            yield network.about_host(netns.host, said)


def _commands(change: Change, network: Network) -> str:
    from hairpin.change.commands.text import in_one_line  # noqa: PLC0415 - few remarks have a repair

    return in_one_line(change, network)


def _of_others(network: Network, traces: tuple[Trace, ...]) -> Iterator[Message]:
    """Yield a note for each published port for which other clients have conntrack entries that are older than the
    port's rules."""
    for trace in traces:
        tunnelled = any(each.stage == "tunnel" for each in trace.like.usual.request)
        if trace.flow.purpose not in ("published", "asked") or tunnelled or not trace.succeeds:
            continue
        if not _is_led(network, trace):
            continue
        for netns, before, after in passages(trace):
            namespace = network.namespace(netns)
            if not namespace.connections or before.daddr == after.daddr or not netns.is_host:
                continue
            wanted, now = tuple_of(before, namespace.kernel), tuple_of(after, namespace.kernel)
            count = sum(
                1
                for each in namespace.connections
                if (each.version, each.original.protocol) == (before.version, wanted.protocol)
                and (each.original.daddr, each.original.dport) == (wanted.daddr, wanted.dport)
                and each.original.saddr != wanted.saddr
                and not each.status & STATUS_SEEN_REPLY
                and translation(each.reply.reversed())[1:] != translation(now)[1:]
            )
            if count:
                of_port = msgspec.structs.replace(wanted, saddr=0, sport=0)
                yield message(
                    "old conntrack entries of other clients lead packets for port {port}/{protocol} elsewhere than the "
                    "port's present rules do (entries: {count}); ask about one client with --from ADDRESS; {repair} "
                    "deletes them",
                    count=count,
                    port=wanted.dport,
                    protocol=trace.flow.protocol,
                    repair=_commands(one(DropConnection(netns, before.version, of_port)), network),
                )


def _is_led(network: Network, trace: Trace) -> bool:
    """Return whether a host translates the flow and has a conntrack entry without a reply that may be for the same
    port."""
    like = trace.like
    return any(
        netns.is_host
        and before.daddr != after.daddr
        and (ports := _unanswered_ports(network.namespace(netns)))
        and (trace.flow.dport in ports or before.dport != like.flow.dport)
        for netns, before, after in passages(like)
    )


@kept
def _unanswered_ports(namespace: Namespace) -> frozenset[int]:
    """Return the destination ports of the connections that have no reply yet."""
    return frozenset(each.original.dport for each in namespace.connections if not each.status & STATUS_SEEN_REPLY)


def _of_limits(network: Network, trace: Trace) -> Iterator[Message]:
    """Yield a note for each limit on the flow's path whose rule has dropped packets before."""
    if not any(map(only_under_load, trace.like.branches)):
        return
    from hairpin.beside.questions.undecided import content_match  # noqa: PLC0415 - few rules have a limit

    for branch in trace.branches:
        stop = branch.stop
        place = getattr(stop.decided_by, "place", None) if stop is not None else None
        if stop is None or not only_under_load(branch) or not isinstance(place, Place):
            continue
        if content_match(rule_at(network.namespace(stop.netns).ruleset, place)) is not None:
            continue  # for this rule the answer has a question instead of a note
        count = _packets(network.namespace(stop.netns), place)
        if count and any(each.place == place for each in branch.conditions):
            yield message(
                "a rule with a limit has stopped {count} packets before; the rule does not stop this client now: "
                "{rule}",
                count=count,
                rule=place.text,
            )


def _packets(namespace: Namespace, place: Place) -> int:
    table = namespace.ruleset.table(place.family, place.table, place.dialect)
    chain = table.chain(place.chain) if table is not None else None
    rules = chain.rules if chain is not None else ()
    return next((rule.packets or 0 for rule in rules if rule.number == place.number), 0)


def _of_start(network: Network, trace: Trace) -> Iterator[Message]:
    """Yield a note if the client's address is an address of the host without a network (/32).

    If the host has this address by mistake, it drops the real client's packets as spoofed.  Source:
    net/ipv4/fib_frontend.c __fib_validate_source()"""
    flow, address = trace.flow, trace.flow.start.address if isinstance(trace.flow.start, FromHost) else None
    netns = network.host_netns(flow.host)
    if address is None or address == primary_address(network, netns, flow.version):
        return
    for each in network.namespace(netns).addresses:
        alone = each.prefix_length == width(flow.version) and each.scope != "host"
        if alone and (each.version, each.value) == (flow.version, address):
            yield message(
                "{address} is an address of this host, on {link}, so the flow starts here; if a machine elsewhere has "
                "the same address, it gets no answer",
                address=address_text(address, flow.version),
                link=each.link,
            )


def _of_default_addresses(network: Network, traces: tuple[Trace, ...]) -> Iterator[Message]:
    """Yield a note for each loopback address of the host to which an engine's default binds asked ports that pass.

    Ports that a container's own option binds do not count."""
    failing = {each.flow.dport for each in traces if not each.succeeds}
    found: dict[tuple[str, str, Message | str], list[str]] = {}
    for trace in traces:
        host = network.host(trace.flow.asked_host or trace.flow.host)
        for container, binding in bindings_of(host, trace.flow.dport, trace.flow.protocol):
            if not (binding.by_default and is_loopback(binding.host_ip or 0, binding.version)):
                continue
            if trace.flow.container not in (None, container.name) or binding.host_port in failing:
                continue
            engine, address = host.engine_of(container), address_text(binding.host_ip or 0, binding.version)
            setting = of_default_address(engine, engine.network_names(container), address, host)
            where = _NOT_READ if setting is None else setting.file or setting.option
            ports = found.setdefault((host.name, address, where), [])
            if (port := f"{binding.host_port}/{binding.protocol} ({container.name})") not in ports:
                ports.append(port)
    for (_, address, where), ports in found.items():
        yield message(
            "published on {address} only: {ports}. {where} sets this default address, and the container's own option "
            "names no address",
            address=address,
            where=where,
            ports=", ".join(ports[:_NAMED]) + (" …" if len(ports) > _NAMED else ""),
        )


def _of_ipv6_clients(traces: tuple[Trace, ...]) -> Iterator[Message]:
    """Yield the remark that no IPv6 client beyond the link was asked, because the host has no route back to such a
    client.  If the user named a client, only this client was asked, so nothing is yielded."""
    kinds = {type(each.flow.start) for each in traces if each.flow.version == 6}
    if {Lan, FromHost} <= kinds and Outside not in kinds:
        yield message(
            "not checked: IPv6 clients beyond the link, because this host has no IPv6 default route back to them"
        )


def _of_ipv4_clients(network: Network, traces: tuple[Trace, ...]) -> Iterator[Message]:
    """Yield a remark about each container whose networks have no IPv4 (``--ipv4=false``), so that its published port is
    asked over IPv6 alone: clients of the host's IPv4 address are refused there."""
    asked = {(each.flow.host, each.flow.container, each.flow.dport) for each in traces if each.flow.version == 4}
    for flow in (each.flow for each in traces if each.flow.purpose == "published" and each.succeeds):
        host = network.host(flow.host)
        container = host.container(flow.container or "")
        address = primary_address(network, host.netns, 4)
        if container is None or address is None or (flow.host, flow.container, flow.dport) in asked:
            continue
        engine = host.engine_of(container)
        networks = tuple(engine.network(each.network) for each in engine.endpoints_of(container))
        if networks and all(each and {one.version for one in each.subnets} == {6} for each in networks):
            yield message(
                "no network of {name} has IPv4, so port {port} is published over IPv6 alone: {address} refuses clients",
                name=container.name, port=flow.dport, address=address_text(address, 4),
            )  # fmt: skip


def _of_pins(network: Network, trace: Trace) -> Iterator[Message]:
    """Yield a note if the flow passes to an address that the asking container's own /etc/hosts assigns to the name of
    another container or of the host."""
    misled = misleading(network, trace.flow) if trace.succeeds and trace.flow.purpose == "asked" else None
    said = beside_the_named(network.host(trace.flow.host), misled) if misled is not None else None
    if said is not None:
        yield said


def _of_ports_held_beside(network: Network, trace: Trace) -> Iterator[Message]:
    """Yield a note for each process that has the asked published port at another address of the host.

    A client of ``localhost`` asks ::1 first, so it reaches a process there instead of a container at 127.0.0.1."""
    for container, socket in held_beside(network, trace.flow):
        at = address_text(socket.address, socket.version) if socket.address is not None else "*"
        yield message(
            "{address} belongs to {process} (pid {pid}), not to {container}",
            address=f"[{at}]:{socket.port}" if socket.version == 6 else f"{at}:{socket.port}",
            process=socket.process,
            pid=socket.pid if socket.pid is not None else "?",
            container=container.name,
        )
