"""The userland proxy is off and the bridge does not route loopback addresses (``route_localnet``).

Users see: connections to 127.0.0.1:PORT on the host hang or fail, while every other address of the host works.

Proof: no docker-proxy holds the port, and the bridge's ``route_localnet`` is 0.  If ``route_localnet`` is 1, the packet
passes.
Now: ``sysctl -w net.ipv4.conf.BRIDGE.route_localnet=1``.
Lasting: nothing has to be done, because the engine sets this sysctl when it makes the bridge.
"""

from hairpin.causes.kit import Candidate, Cause, Iterator, OfSysctl, View, message
from hairpin.change.change import SetSysctl, one
from hairpin.host.sysctl import dotted
from hairpin.network.attachment import network_of_bridge
from hairpin.network.network import is_uplink
from hairpin.network.prefix import is_loopback
from hairpin.walk.decided import SysctlDecided


def find(view: View) -> Iterator[Candidate]:
    decided = view.stop.decided_by
    if not view.on_host or not isinstance(decided, SysctlDecided) or decided.path[-1] != "route_localnet":
        return
    if not is_loopback(view.flow.daddr, 4) and view.flow.version == 4 and view.stop.reason != "route-localnet":
        return
    link = view.namespace.link(decided.path[-2])
    if link is not None and is_uplink(view.network, view.stop.netns, link):
        return  # no engine's bridge: the destination of the translation is nowhere here
    docker = view.host.tool_of(network_of_bridge(view.host, decided.path[-2])) == "docker"
    yield Candidate(
        title=message("{link} does not route loopback addresses (userland-proxy is off)", link=view.stop.link)
        if docker
        else message("{link} does not route loopback addresses", link=view.stop.link),
        detail=message(
            "Without docker-proxy, a connection to 127.0.0.1 is translated to the container and leaves through {link} "
            "with a loopback source address. The kernel drops such packets while {key} is {value}.",
            link=view.stop.link,
            key=dotted(decided.path),
            value=decided.value,
        ),
        change=one(SetSysctl(view.host_netns, decided.path, "1")),
        where=OfSysctl(sysctl=decided.path, value=decided.value, wanted="1"),
        in_class="link-or-route",
        evidence=(decided.evidence,),
        side_effects=(
            message("dockerd sets this key itself when it makes the network with userland-proxy off")
            if docker
            else message("Podman sets this key itself when it makes the bridge"),
        ),
    )


CAUSE = Cause(
    title=message("userland-proxy is off and route_localnet is 0"),
    source="net/ipv4/route.c __mkroute_output(), ip_route_input_slow(): IN_DEV_ROUTE_LOCALNET",
    shown_by=(
        "cat /etc/docker/daemon.json; sysctl -a 2>/dev/null | grep route_localnet",
        message("route_localnet is 0"),
    ),
    reasons=frozenset({"route-localnet", "martian-destination", "martian-source"}),
    shown_to="engine",
)
