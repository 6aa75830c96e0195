"""Containers that still ask the name servers which the host had when they were started.

An engine copies the host's resolv.conf to a container when the container starts, and does not change the copy later.
So a container on the host's network, on Docker's default network, or on a network of Podman without names keeps asking
the host's former servers.  If the file was changed after the start, another program or a person has written it, and
nothing is said.

Source: moby daemon/container_operations_unix.go setupPathsAndSandboxOptions(), libnetwork/sandbox_dns_unix.go
setupDNS(), https://github.com/moby/moby/issues/46199; podman libpod/container_internal_common.go makeHostsAndResolv()
"""

from collections.abc import Iterator
from typing import NamedTuple

import msgspec

from hairpin.beside.inquiry import Inquiry
from hairpin.change.calls import SetContainerState
from hairpin.change.change import Change, SetContainer, one
from hairpin.change.commands.text import in_one_line
from hairpin.diagnose.examination import Examination, examination
from hairpin.evidence.reading import moment
from hairpin.host.docker import Container
from hairpin.host.host import Host
from hairpin.message import Message, few_of, message
from hairpin.network.names import servers_of, servers_of_engine, servers_of_host, serving
from hairpin.network.network import Network, owns_address
from hairpin.network.prefix import Version, address_text, is_loopback, parse_address
from hairpin.walk.granted.capture import filter_of
from hairpin.walk.trace import OpenQuestion, Trace
from hairpin.wanted import watch_packets

_Servers = tuple[tuple[Version, int], ...]
_OF_NOBODY = frozenset(map(parse_address, ("8.8.8.8", "8.8.4.4", "2001:4860:4860::8888", "2001:4860:4860::8844")))
"""The servers that Docker takes if the host has only loopback addresses as name servers.  Source: moby
libnetwork/internal/resolvconf/resolvconf.go defaultIPv4NSs"""
_OF_PODS = "k8s_"
"""The beginning of the names of pods' containers.  The node's kubelet chooses the name servers of pods."""


class Former(NamedTuple):
    """A container, the servers that it asks and its host does not name any more, and the servers that its host names.
    ``restart``: the restart of the container, which copies the host's servers again."""

    container: Container
    servers: _Servers
    present: _Servers
    restart: Change

    @property
    def texts(self) -> dict[str, str]:
        """The places of the sentences about it."""
        former, present = (few_of([address_text(one, of) for of, one in each]) for each in (self.servers, self.present))
        return {"name": self.container.name, "former": former, "present": present}


def formers(host: Host) -> Iterator[Former]:
    """Yield the running containers that ask a server which the host has named no more since they were started."""
    if host.guest is not None or host.netns.name not in host:
        return
    of_host, of_engine = servers_of_host(host), servers_of_engine(host)
    own = host.namespace(host.netns.name)
    for container in host.containers():
        if not _has_copy(host, container):
            continue
        # The engine leaves loopback addresses out, except for a container on the host's network.
        outer = tuple(each for each in of_engine if not is_loopback(each[1], each[0]))
        present = of_host if container.on_host_network else outer
        other = () if container.on_host_network else _OF_NOBODY
        servers = tuple(
            each
            for each in servers_of(host, container)
            if each not in (*of_host, *of_engine, *other)
            # An engine's name server answers at the address of its bridge.
            and (is_loopback(each[1], each[0]) or not owns_address(own, *each))
        )
        if servers and present:
            engine, asking = host.engine_of(container), tuple(address_text(one, of) for of, one in present)
            again = SetContainer(host.name, msgspec.structs.replace(container, resolvers=asking))
            call = SetContainerState(engine.kind, "restart", container.name, engine.user)
            yield Former(container, servers, present, one(again, call))


def _has_copy(host: Host, container: Container) -> bool:
    """Return whether the container's resolv.conf is the engine's copy of the host's file, unchanged since the start."""
    engine, started = host.engine_of(container), moment(container.started_at)
    if not container.running or container.resolvers_written is None or not container.resolvers or started is None:
        return False
    if container.resolvers_written > started or container.dns or engine.dns or container.name.startswith(_OF_PODS):
        return False
    if container.on_host_network:
        return True
    of_others = engine.rootless or container.by_user_stack or container.network_mode == "none"
    return not of_others and bool(host.pod_holder(container).endpoints) and not serving(engine, container)


def observe(inquiry: Inquiry) -> Inquiry:
    """Ask the flows to former servers, or tell of the containers that ask them, if the question has no target.  Tell
    of the containers whose servers are a guess, if their queries were asked."""
    asking = {(each.host, each.container or "") for each in inquiry.flows if each.purpose == "dns"}
    inquiry = inquiry.saying(told_of_guesses(inquiry.network, asking))
    if inquiry.question.targets:
        return inquiry.examined(with_former_servers(inquiry.walked))
    return inquiry.saying(told_of_formers(inquiry.network))


def told_of_guesses(network: Network, asking: set[tuple[str, str]]) -> tuple[Message, ...]:
    """Return a note for the containers of each host whose resolver keeps the servers of its start, if no reading shows
    these servers and the host's file was changed later.  Source: moby libnetwork/sandbox_dns_unix.go setupDNS()"""
    found: list[Message] = []
    for host in network.hosts:
        guessed = [
            each.name for each in host.containers() if (host.name, each.name) in asking and _is_guess(host, each)
        ]
        if guessed:
            found.append(
                message(
                    "Docker's resolver asks the name servers that the host had when the container was started. The "
                    "host's resolv.conf was changed after the start of {names}, so that the flows to the host's "
                    "present servers are a guess",
                    names=few_of(guessed),
                )
            )
    return tuple(found)


def _is_guess(host: Host, container: Container) -> bool:
    changed, started = container.upstreams_changed, moment(container.started_at)
    if changed is None or started is None or container.dns or host.engine_of(container).dns:
        return False
    return container.running and container.upstreams is None and changed > started


def told_of_formers(network: Network) -> tuple[Message, ...]:
    """Return a note for the containers of each host that ask the same former servers."""
    found: dict[tuple[str, _Servers, _Servers], list[Former]] = {}
    for host in network.hosts:
        for each in formers(host) if host.was_read else ():
            found.setdefault((host.name, each.servers, each.present), []).append(each)
    return tuple(
        message(
            "these containers still ask {former} for names, as the host did when they were started; the host now asks "
            "{present}: {names} (`{repair}` makes {name} ask them, too)",
            names=few_of([each.container.name for each in alike]),
            repair=in_one_line(alike[0].restart, network),
            **alike[0].texts,
        )
        if len(alike) > 1
        else message(
            "{name} still asks {former} for names, as the host did when {name} was started; the host now asks "
            "{present} (`{repair}` makes {name} ask them, too)",
            repair=in_one_line(alike[0].restart, network),
            **alike[0].texts,
        )
        for alike in found.values()
    )


def with_former_servers(found: Examination) -> Examination:
    """Return the examination in which each DNS flow that passes to a former server asks about this server."""
    known = {
        (host.name, each.container.name, server): each
        for host in found.network.hosts
        for each in formers(host)
        for server in each.servers
    }
    if not known:
        return found
    diagnoses = tuple(
        msgspec.structs.replace(each, trace=_asking(each.trace, known)) if each.trace.flow.purpose == "dns" else each
        for each in found.diagnoses
    )
    return examination(found.network, diagnoses)


def _asking(trace: Trace, known: dict[tuple[str, str, tuple[Version, int]], Former]) -> Trace:
    flow = trace.flow
    former = known.get((flow.host, flow.container or "", (flow.version, flow.daddr)))
    if former is None or not trace.succeeds or flow.asked_name:
        return trace
    facts = {**former.texts, "former": address_text(flow.daddr, flow.version)}
    link = next((each.link for each in reversed(trace.usual.request) if each.netns.is_host and each.link), "any")
    question = OpenQuestion(
        text=message(
            "Does {former} still answer DNS queries? {name} asks it, as the host did when {name} was started. The host "
            "now asks {present}, and an engine changes no resolv.conf of a running container",
            **facts,
        ),
        if_yes=message("The verdict above stands"),
        if_no=message("{name} resolves no name by {former}: restart it (`{repair}`), and it asks {present}", **facts),
        wanted=(watch_packets(link, filter_of(flow.packet(0))),),
        breaks_if="no",
        no_repair=former.restart,
    )
    first, *others = trace.branches
    # Another question about answers of the same server says less.
    left = (each for each in first.questions if each.wanted != question.wanted)
    asked = msgspec.structs.replace(first, questions=(question, *left))
    return msgspec.structs.replace(trace, branches=(asked, *others))
