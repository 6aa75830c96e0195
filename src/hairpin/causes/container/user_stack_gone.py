"""The process that is the container's whole network (slirp4netns, pasta) is gone, and the container runs on.

The kernel deletes the container's tap link together with that process, with the addresses and routes on the link.

Users see: programs inside the container get "Network is unreachable", while ``podman ps`` calls the container running.

Proof: a user-mode process (slirp4netns, pasta) provides the container's network, and the container's namespace has no
link but ``lo``.  With the tap link of this process the packet leaves.
Now: ``podman restart NAME``.  The restart ends the container's processes.
Lasting: no setting has to be changed.  Find out what ended the process.  If memory ran out, the kernel log names the
process.
"""

from hairpin.causes.kit import Candidate, Cause, Iterator, Netns, OfContainer, View, message
from hairpin.change.change import AddEntry, Change, Primitive, SetLink
from hairpin.engines.repair.starting import restarts
from hairpin.host.link import Address, Link
from hairpin.host.route import NextHop, Route

_TAP = "tap0"
_NETWORK, _OWN, _ROUTER = 0x0A000200, 0x0A000264, 0x0A000202
"""10.0.2.0/24, 10.0.2.100 and 10.0.2.2: the default addresses of slirp4netns(1)."""


def find(view: View) -> Iterator[Candidate]:
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
