"""Draws of addresses, routes of every table, ``ip rule``s, neighbour and forwarding entries."""

import re
from collections.abc import Callable, Mapping

from tests.hunt.real.place import GATEWAY, WRONG_MAC, Place

_STATE = re.compile(r" (linkdown|dead|expires \S+|error -?\d+|users \d+|age \S+|hoplimit \d+|pref medium)\b")


def _addresses(place: Place) -> list[tuple[str, str]]:
    return [
        (link["ifname"], f"{each['local']}/{each['prefixlen']}")
        for link in place.json("ip -j address")
        for each in link["addr_info"]
        if not each["local"].startswith("fe80")
    ]


def address_deleted(place: Place) -> str:
    link, address = place.pick(_addresses(place), ("", ""))
    return f"ip address del {address} dev {link}" if link else ""


def address_added(place: Place) -> str:
    version = place.random.choice((4, 4, 4, 6))
    address = place.address(version)
    return f"ip address add {address}/{place.any('32', '24') if version == 4 else '128'} dev {place.link}"


def address_altered(place: Place) -> str:
    link, address = place.pick([each for each in _addresses(place) if ":" not in each[1]], ("", ""))
    plain, _, prefix = address.partition("/")
    longer = place.any("8", "16", "24", "30", "32")
    if not link or longer == prefix:
        return ""
    return f"ip address del {address} dev {link}; ip address add {plain}/{longer} dev {link}"


def _routes(place: Place, table: str = "all") -> list[str]:
    lines = [*place.lines(f"ip -4 route show table {table}"), *place.lines(f"ip -6 route show table {table}")]
    return [_STATE.sub("", each).strip() for each in lines if "fe80::" not in each and "ff00::" not in each]


def _ip(route: str) -> str:
    return "ip -6" if ":" in route.partition(" dev ")[0] else "ip"


def route_deleted(place: Place) -> str:
    route = place.pick(_routes(place), "")
    return f"{_ip(route)} route del {route}" if route else ""


def main_route_deleted(place: Place) -> str:
    route = place.pick(_routes(place, "main"), "")
    return f"{_ip(route)} route del {route}" if route else ""


def local_route_deleted(place: Place) -> str:
    route = place.pick(_routes(place, "local"), "")
    return f"{_ip(route)} route del table local {route}" if route else ""


def _destination(place: Place) -> str:
    plain = place.address()
    kind = place.random.random()
    if kind < 0.6:
        return f"{plain}/32"
    return f"{plain.rsplit('.', 1)[0]}.0/24" if kind < 0.85 else f"{plain.rsplit('.', 2)[0]}.0.0/16"


def route_forbids(place: Place) -> str:
    return f"ip route add {place.any('blackhole', 'unreachable', 'prohibit', 'throw')} {_destination(place)}"


def route_added(place: Place) -> str:
    via = f"via {place.address()} " if place.random.random() < 0.5 else ""
    return f"ip route add {_destination(place)} {via}dev {place.link}{' onlink' if via else ''}"


def route_local(place: Place) -> str:
    kind = place.any("local", "local", "broadcast")
    return f"ip route add {kind} {place.address()}/32 dev {place.any('lo', place.link)} table local"


def default_replaced(place: Place) -> str:
    if place.random.random() < 0.5:
        return f"ip route replace default via {place.address()} dev {place.link} onlink"
    return f"ip route replace default dev {place.link}"


def route_altered(place: Place) -> str:
    route = place.pick([each for each in _routes(place, "main") if ":" not in each and each], "")
    if not route:
        return ""
    dev = re.search(r"dev (\S+)", route)
    change = place.random.choice(("dev", "src", "via", "mtu"))
    if change == "src":
        source = place.pick([address for _, address in _addresses(place)], "").split("/")[0]
        other = re.sub(r" src \S+", "", route) + f" src {source}"
    elif change == "via" and "via" in route:
        other = re.sub(r"via \S+", f"via {place.address()}", route) + " onlink"
    elif change == "mtu":
        other = f"{route} mtu lock {place.any('300', '600')}"
    else:
        other = route.replace(f"dev {dev[1]}", f"dev {place.link}") if dev else ""
    return f"ip route del {route}; ip route add {other}" if other and other != route else ""


def routes_flushed(place: Place) -> str:
    return f"ip route flush table {place.any('main', 'local')} dev {place.link}"


def rule_deleted(place: Place) -> str:
    family = place.any("ip", "ip", "ip -6")
    line = place.pick(place.lines(f"{family} rule"), "")
    preference, _, rest = line.partition(":")
    return f"{family} rule del pref {preference} {rest.strip().replace('[detached]', '')}" if line else ""


def rule_added(place: Place) -> str:
    selectors = (
        f"from {_destination(place)}", f"to {_destination(place)}", f"iif {place.link}", "from all",
        f"to {_destination(place)} ipproto tcp dport 80", f"oif {place.link}",
        f"from {_destination(place)} iif {place.link}",
    )  # fmt: skip
    action = place.any("blackhole", "unreachable", "prohibit", "lookup 99", "lookup local", "goto 32767")
    preference = place.any("1", "100", "1000", "32765")
    return f"ip rule add {place.random.choice(selectors)} pref {preference} {action}"


def rule_and_table(place: Place) -> str:
    route = f"default via {place.any(GATEWAY, place.address())} dev {place.link} onlink table 99"
    return f"ip route add {route} && ip rule add {place.any('from', 'to')} {_destination(place)} pref 100 lookup 99"


def neighbour_wrong(place: Place) -> str:
    address = place.address()
    found = re.search(r"dev (\S+)", place.said(f"ip route get {address}"))
    link = found[1] if found and place.random.random() < 0.85 else place.link
    if link == "lo":
        return ""
    state = place.any("permanent", "permanent", "permanent", "reachable", "noarp", "failed")
    return f"ip neighbour replace {address} lladdr {WRONG_MAC} dev {link} nud {state}"


def neighbour_deleted(place: Place) -> str:
    found = [each for each in place.json("ip -j neighbour") if "dev" in each]
    each = place.pick(found, {})
    return f"ip neighbour del {each['dst']} dev {each['dev']}" if each else ""


def neighbour_flushed(place: Place) -> str:
    return f"ip neighbour flush dev {place.link} nud all"


def forwarding_wrong(place: Place) -> str:
    entries = [each for each in place.json("bridge -j fdb") if "master" in each and each["mac"][:2] not in ("33", "01")]
    each = place.pick(entries, {})
    others = [port for port in place.ports if each and port != each["ifname"]]
    if not each:
        return ""
    port = place.pick(others, each["ifname"])
    return f"bridge fdb replace {each['mac']} dev {port} master static"


def forwarding_deleted(place: Place) -> str:
    lines = place.lines("bridge fdb")
    tunnels = [each for each in lines if " dst " in each]
    line = place.pick(tunnels if tunnels and place.random.random() < 0.8 else lines, "")
    if not line:
        return ""
    words = re.sub(r" (permanent|static|extern_learn|offload|self\b.*?|link-netnsid \S+)", "", line)
    return f"bridge fdb del {words} {'self' if ' dst ' in line else 'master'}"


def forwarding_diverted(place: Place) -> str:
    line = place.pick([each for each in place.lines("bridge fdb") if " dst " in each], "")
    found = re.match(r"(\S+) dev (\S+) dst (\S+)", line)
    return f"bridge fdb replace {found[1]} dev {found[2]} dst {place.address()} self permanent" if found else ""


DRAWS: Mapping[str, Callable[[Place], str]] = {
    "address deleted": address_deleted,
    "address added": address_added,
    "address altered": address_altered,
    "route deleted": route_deleted,
    "main route deleted": main_route_deleted,
    "local route deleted": local_route_deleted,
    "route forbids": route_forbids,
    "route added": route_added,
    "local route added": route_local,
    "default route replaced": default_replaced,
    "route altered": route_altered,
    "routes flushed": routes_flushed,
    "ip rule deleted": rule_deleted,
    "ip rule added": rule_added,
    "ip rule and table added": rule_and_table,
    "neighbour entry wrong": neighbour_wrong,
    "neighbour entry deleted": neighbour_deleted,
    "neighbours flushed": neighbour_flushed,
    "forwarding entry wrong": forwarding_wrong,
    "forwarding entry deleted": forwarding_deleted,
    "forwarding entry diverted": forwarding_diverted,
}
