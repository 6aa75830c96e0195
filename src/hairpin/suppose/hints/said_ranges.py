"""Address ranges that collide.  The text says that the addresses belong to another network (the LAN, a VPN, a company's
network).  But a told route of the host leads them to a bridge, or to a link on which they would be neighbours."""

import re
from collections.abc import Iterable, Iterator
from ipaddress import IPv4Network

from hairpin.evidence.reading import HOST
from hairpin.evidence.told import ToldParts
from hairpin.host.host import Host
from hairpin.host.link import is_bridge_by_name, is_engine_bridge
from hairpin.host.route import TABLE_MAIN, Route
from hairpin.message import message
from hairpin.sought import Sought
from hairpin.suppose.hints.hint import Hinted

_ADDRESS = Sought(
    r"(?<![\w.])(\d{1,3})\.(\d{1,3}|[xX*]+)\.(\d{1,3}|[xXyY*]+)\.(\d{1,3}|[xXyYzZ*]+)(?:[/\\](\d\d?))?(?![\w.]*\d)",
    re.ASCII,
)
"""Matches an address or a range.  Some people write ``172.28.0.0\\16``."""
_LAN = Sought(
    r"(?a:\b(?:lan|wlan|wi-?fi|home network|local network|router|subnet of (?:the|my) (?:lan|office))\b)|局域网|路由器",
    re.IGNORECASE,
)
_FAR = Sought(
    r"(?a:\b(?:vpn|office|company(?:'s)?|corporate|intranet|on-?prem\w*|remote (?:site|network|host|server)|data "
    r"?cent(?:er|re)|behind|clients?|peer)\b)|内网|公司|办公|企业|专线|机房",
    re.IGNORECASE,
)
_OWN = Sought(
    r"(?a:\b(?:container(?:'s|s)?|bridge|docker0|compose network|docker network|gateway of docker)\b)", re.IGNORECASE
)
_NEAR_CHARACTERS = 60
_WIDEST = 8
_LONGEST = 300
_COMMAND = "ip route show table all; docker network inspect $(docker network ls -q)"


def overlapping_ranges(
    lines: Iterable[tuple[int, str]], host: Host, told: ToldParts, *, has_failure: bool = True
) -> Iterator[Hinted]:
    """Yield the hints of told routes to bridges or neighbours that cover addresses which, as the text says, belong to
    another network.

    ``has_failure``: whether the text states that something does not work.  If it does not, only a route to an engine's
    own bridge counts: such a route and the text's words contradict each other."""
    if (HOST, "routes4") not in told.parts:
        return
    routes = [each for each in host.namespace(HOST).routes if _is_connected(each)]
    known: set[Route] = set()
    for number, line in lines if routes else ():
        for named in _ADDRESS.finditer(line[:_LONGEST]):
            near = line[max(0, named.start() - _NEAR_CHARACTERS) : named.end() + _NEAR_CHARACTERS]
            is_far = _FAR.search(near) is not None
            if (not is_far and _LAN.search(near) is None) or _OWN.search(near) is not None:
                continue
            asked = _network(named)
            for route in routes if asked is not None else ():
                link = route.next_hops[0].link or ""
                is_bridge = is_bridge_by_name(link)
                if not has_failure and not is_engine_bridge(link):
                    continue
                covered = IPv4Network((route.destination, route.prefix_length))
                if route in known or asked is None or not _meets(asked, covered) or not (is_bridge or is_far):
                    continue
                known.add(route)
                yield _hint(route, link, named[0], number, line, is_bridge=is_bridge)


def said_networks(lines: Iterable[tuple[int, str]]) -> Iterator[tuple[str, IPv4Network]]:
    """Yield the addresses and ranges that, as the text says, belong to another network or to the LAN.  Each is yielded
    as it is written."""
    for _, line in lines:
        for named in _ADDRESS.finditer(line[:_LONGEST]):
            near = line[max(0, named.start() - _NEAR_CHARACTERS) : named.end() + _NEAR_CHARACTERS]
            network = _network(named)
            if network is not None and (_FAR.search(near) or _LAN.search(near)) and not _OWN.search(near):
                yield named[0], network


_POOL = IPv4Network("172.16.0.0/12")
_FIRST = IPv4Network("172.17.0.0/16")
"""The range of docker0, unless somebody configures another range."""
_OF_CONTAINER = Sought(
    r"(?a:\bcontainer(?:'s|s')? (?:ip|address|has)|\bbridge|\bdocker0|\bgateway of docker|IPAddress|\binside (?:the"
    r"|a) container|\bsubnet)|容器(?:的)? ?(?:ip|地址)|网桥",
    re.IGNORECASE,
)
_SERVED = Sought(
    r"(?a:\b(?:server|database|registry|machine|gateway|dns|nas|printer|host|service|api)\b)|服务器|数据库",
    re.IGNORECASE,
)

_OF_HOST = Sought(
    r"\b(?:docker[-_ ])?host(?:'s)?[-_ ](?:ip|address)\b|\b(?:my|this|own) \w+(?:'s)? (?:ip|address)\b", re.IGNORECASE
)
"""Matches words that an address is the host's own."""


def inside_the_pools(lines: Iterable[tuple[int, str]], told: ToldParts) -> Iterator[Hinted]:
    """Yield the hint that a machine in another network has an address of the engine's pools, from which the engine
    takes its networks.  Usually a container's address ends in ``.0.N``, and a bridge's address in ``.0.1``."""
    if (HOST, "routes4") in told.parts:
        return  # the routes decide
    for number, line in lines:
        for named in _ADDRESS.finditer(line[:_LONGEST]):
            near = line[max(0, named.start() - _NEAR_CHARACTERS) : named.end() + _NEAR_CHARACTERS]
            is_far = _FAR.search(near) or _LAN.search(near)
            is_elsewhere = is_far or _SERVED.search(near)
            asked = _network(named)
            is_here = _OF_CONTAINER.search(near) or _OF_HOST.search(near)
            if not is_elsewhere or is_here or asked is None or not asked.subnet_of(_POOL):
                continue
            if named[3] == "0" or named[5]:
                continue
            means = message(
                "{said} is elsewhere, but inside the ranges from which the engine takes its networks. A bridge in "
                "these ranges takes the packets for {said}", said=named[0])  # fmt: skip
            shows = message("a route into a bridge covers {said}", said=named[0])
            weight = 26 if is_far and asked.subnet_of(_FIRST) else 18
            yield Hinted("bridge-subnet-overlaps-route", weight, means, number, line[:200], shows=shows)
            return


def _is_connected(route: Route) -> bool:
    return (
        route.version == 4
        and route.table == TABLE_MAIN
        and route.prefix_length >= _WIDEST
        and len(route.next_hops) == 1
        and route.next_hops[0].gateway is None
        and route.next_hops[0].link not in (None, "lo")
    )


def _network(named: re.Match[str]) -> IPv4Network | None:
    """Return the network of an address, which may be masked (``10.21.x.y``)."""
    octets = [named[each] for each in (1, 2, 3, 4)]
    numbers = [int(each) if each.isdigit() else 0 for each in octets]
    if max(numbers) > 255 or octets[0] in ("0", "127"):
        return None
    length = next((8 * place for place, each in enumerate(octets) if not each.isdigit()), int(named[5] or 32))
    return IPv4Network((".".join(map(str, numbers)), length), strict=False) if length in range(8, 33) else None


def _meets(one: IPv4Network, other: IPv4Network) -> bool:
    return one.overlaps(other)


def _hint(route: Route, link: str, said: str, number: int, line: str, *, is_bridge: bool) -> Hinted:
    covered = str(IPv4Network((route.destination, route.prefix_length)))
    if is_bridge:
        means = message(
            "The route to {range} leads to the bridge {link}. The range overlaps {said}, which is elsewhere",
                        range=covered, link=link, said=said)  # fmt: skip
        cause = "bridge-subnet-overlaps-route"
    else:
        means =  message("The route to {range} through {link} covers {said}, so the host looks for this address "
            "directly on {link}", range=covered, link=link, said=said)  # fmt: skip
        cause = "route-diverts-traffic"
    shows = message("the line of {range} leads to {link}", range=covered, link=link)
    return Hinted(cause, 26, means, number, line[:200], command=_COMMAND, shows=shows)
