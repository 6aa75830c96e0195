"""Containers with IPv6 addresses: with a way back from outside, and without."""

import json

from hairpin.lab.plan import ContainerPlan, LabPlan, NetworkPlan
from hairpin.lab.topology import CLIENT_V6, HOST_V6, NEIGHBOUR_V6
from tests.tables.case import Ask, Case

CAUSES = "docker-daemon-ip6tables-off|masquerade-missing|masquerade-disabled-on-network"
_PRIVATE = "fd00:d0c::/64"
_TO = f"[{CLIENT_V6}]:9000"


def daemon(**options: object) -> str:
    """Return daemon.json with IPv6 on the default network."""
    return json.dumps({"ipv6": True, "fixed-cidr-v6": _PRIVATE, "experimental": True, **options})


_MASQUERADED = f"ip6tables -t nat -A POSTROUTING -s {_PRIVATE} ! -o docker0 -j MASQUERADE"
_OTHER = "ip6tables -t nat -A POSTROUTING -s fd00:51::/64 -o eth0 -j MASQUERADE"
_BOXES = (ContainerPlan("web", publish=("8151:80",)), ContainerPlan("net", networks=("six",)))
_NETWORK = (NetworkPlan("six", "--ipv6 --subnet fd00:51::/64"),)
_UNMASQUERADED = (
    NetworkPlan("six", "--ipv6 --subnet fd00:51::/64 -o com.docker.network.bridge.enable_ip_masquerade=false"),
)
_FORWARDS = (("host", "sysctl -qw net.ipv6.conf.all.forwarding=1"),)


def asks(web: str, net: str, word: str = "", before: tuple[tuple[str, str], ...] = ()) -> tuple[Ask, ...]:
    """Return the questions of the container on the default network and of the one on a network of its own."""
    return (
        Ask(f"{word}web asks the client", web, _TO, "container:web", "container:web", before=before),
        Ask(f"{word}net asks the client", net, _TO, "container:net", "container:net"),
        Ask(f"{word}the client asks the port", "", f"[{HOST_V6}]:8151", CLIENT_V6),
        Ask(f"{word}the neighbour asks the port", "", f"[{HOST_V6}]:8151", NEIGHBOUR_V6, "neighbour"),
        Ask(f"{word}IPv4", "", "192.0.2.10:9000", "container:web", "container:web"),
    )


def case(name: str, options: str, networks: tuple[NetworkPlan, ...], *found: Ask) -> Case:
    """Return the case of a host with these options."""
    plan = LabPlan(ipv6=True, daemon=options, networks=networks, containers=_BOXES)
    return Case(f"IPv6, {name}", plan=plan, asks=found, setup=_FORWARDS, listens="::", replica=False)


_GONE = (("host", "ip6tables -t nat -F POSTROUTING"),)
_ELSEWHERE = (("host", f"{_GONE[0][1]}; ip6tables -t nat -A POSTROUTING -s fd00:99::/64 -j MASQUERADE"),)
_ROUTED = (("router", f"ip -6 route replace fd00:51::/64 via {HOST_V6}"),)
CASES = (
    case("ip6tables", daemon(ip6tables=True), _NETWORK, *asks("", ""),
         *asks(CAUSES, CAUSES, "the rules are gone: ", _GONE),
         *asks(CAUSES, CAUSES, "another network is masqueraded: ", _ELSEWHERE)),
    case("no ip6tables", daemon(ip6tables=False), _NETWORK, *asks(CAUSES, CAUSES),
         *asks("", CAUSES, "masqueraded by hand: ", (("host", _MASQUERADED),)),
         *asks("", "", "both by hand: ", (("host", _OTHER),)),
         *asks(CAUSES, CAUSES, "the rules are gone: ", _GONE)),
    case("not masqueraded, and routed", daemon(ip6tables=True), _UNMASQUERADED, *asks("", "", before=_ROUTED),
         *asks(CAUSES, "", "all rules are gone: ", _GONE)),
)  # fmt: skip
