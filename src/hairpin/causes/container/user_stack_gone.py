"""The process that is the container's whole network (slirp4netns, pasta) is gone, and the container runs on.

The kernel deletes the tap link together with that process, with the addresses and routes on the link.  The networks of
a rootless Podman are in a namespace of its user, and all of them share one such process.

Users see: programs inside the container get "Network is unreachable", while ``podman ps`` calls the container running.
The published ports of containers on the user's networks still answer.

Proof: a user-mode process (slirp4netns, pasta) should provide the container's network, but the container's namespace
has only ``lo``.  Or the namespace with the user's networks has no tap link, because no such process runs for it.  With
the tap link the packet leaves.
Now: ``podman restart NAME``.  The restart ends the container's processes.  For the user's networks: ``podman network
reload --all`` as this user, which starts the process again; before Podman 5, stop all containers of these networks and
start them.
Lasting: no setting has to be changed.  Find out what ended the process.  If memory ran out, the kernel log names the
process.
"""

from hairpin.causes.kit import Candidate, Cause, Iterator, Netns, OfContainer, View, message
from hairpin.change.calls import ReloadNetworks
from hairpin.change.change import AddEntry, Change, Primitive, SetLink
from hairpin.engines.docker.options import dockerd_version
from hairpin.engines.repair.starting import restarts, stopped_and_started
from hairpin.host.link import Address, Link
from hairpin.host.route import NextHop, Route
from hairpin.network.attachment import engine_of_networks, tap_of
from hairpin.network.flow import FromContainer

_LOOKS_AFTER_IT = (5, 0, 0)
_TAP = "tap0"
_NETWORK, _OWN, _ROUTER = 0x0A000200, 0x0A000264, 0x0A000202
"""10.0.2.0/24, 10.0.2.100 and 10.0.2.2: the default addresses of slirp4netns(1)."""


def find(view: View) -> Iterator[Candidate]:
    if view.stop.netns.is_rootless:
        yield from _of_networks(view)
        return
    container = view.container
    if view.on_host or container is None or container.status != "running" or not container.by_user_stack:
        return
    if view.stop.netns not in view.network or any(each.name != "lo" for each in view.namespace.links):
        return
    if view.namespace.unread or view.stop.seen.packet.version != 4:
        return
    program = container.mode
    yield Candidate(
        title=message(
            "{program}, the process that provides the network of container {name}, is gone",
            program=program,
            name=container.name,
        ),
        detail=message(
            "The container has no link but lo: its link ended with {program}. {engine} does not start {program} again "
            "by itself.",
            program=program,
            engine=view.host.engine_of(container).title,
        ),
        change=Change(tuple(_parts(view.stop.netns)), restarts(view.host, container)),
        where=OfContainer(container=container.name),
        in_class="container-address-lost",
        evidence=(container.evidence,),
        side_effects=(
            message("the restart ends the processes of {name} and cuts its connections", name=container.name),
        ),
        advice=(
            message(
                "`journalctl -k -g {program}` tells whether the kernel ended it because memory ran out", program=program
            ),
        ),
        cuts=True,
    )


def _of_networks(view: View) -> Iterator[Candidate]:
    """Yield the candidate for the namespace with the networks of a rootless Podman, which has lost its way out.

    Source: libnetwork/internal/rootlessnetns (container-libs) getOrCreateNetns(): Podman 5 looks whether the process
    runs, and starts it again.  Measured with Podman 5.4.2 and 5.8.6"""
    engine, start = engine_of_networks(view.network, view.stop.netns), view.flow.start
    asking = view.host.container(start.name) if isinstance(start, FromContainer) else None
    if engine is None or engine.kind != "podman" or engine.network_stack != "":
        return
    if asking is None or view.namespace.unread:
        return
    if tap_of(view.namespace) or view.stop.seen.packet.version != 4:
        return
    version, user = dockerd_version(engine.version), engine.user or "user"
    restarting = version is None or version >= _LOOKS_AFTER_IT
    running = tuple(each for each in engine.containers if each.running and each.endpoints)
    calls = (ReloadNetworks(user=engine.user),) if restarting else stopped_and_started(view.host, running)
    facts = {"user": user, "name": asking.name}
    yield Candidate(
        title=message("The process that carries the packets of {user}'s container networks is gone", **facts),
        detail=message(
            "No pasta and no slirp4netns runs for the namespace with {user}'s container networks, and this namespace "
            "has no link to the outside. {name} and all other containers on these networks reach only each other.",
            **facts,
        ),
        change=Change(tuple(_parts(view.stop.netns)), calls),
        where=OfContainer(container=asking.name),
        in_class="container-address-lost",
        evidence=(engine.evidence,) if engine.evidence else (),
        advice=(
            message("`journalctl -k -g {program}` tells whether the kernel ended it because memory ran out",
                    program="'pasta|slirp4netns'"),
        ),
        cuts=not restarting,
    )  # fmt: skip


def _parts(netns: Netns) -> Iterator[Primitive]:
    """Yield the link that the network process makes in the container, with the link's address and the default route."""
    yield SetLink(netns, Link(2, _TAP, "tun", mtu_bytes=1500, flags=("BROADCAST", "MULTICAST", "UP", "LOWER_UP")))
    yield AddEntry(netns, Address(_TAP, 4, _OWN, 24))
    yield AddEntry(netns, Route(4, 0, 0, next_hops=(NextHop(_TAP, _ROUTER),)))


CAUSE = Cause(
    title=message("The process that provides a container's network is gone"),
    source="slirp4netns(1), DESCRIPTION; passt(1); drivers/net/tun.c: tun_chr_close()",
    reasons=frozenset({"no-route", "no-source-address"}),
)
