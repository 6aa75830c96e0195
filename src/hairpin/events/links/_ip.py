"""Plain ip(8) commands from a script or a file of the host: ``ip route add …``.  The kernel may delete further
addresses together with an address, so addresses are deleted one after another.

Source: ip-route(8), ip-rule(8), ip-address(8), ip-link(8); iproute2 lib/utils.c matches(); net/core/fib_rules.c
fib_nl_newrule(), fib_default_rule_pref()
"""

from collections.abc import Callable, Sequence

import msgspec

from hairpin.change.change import AddEntry, DeleteEntry, SetLink
from hairpin.change.simulation.entries import route_slot
from hairpin.errors import ChangeError, ParseError
from hairpin.events.course import Course
from hairpin.evidence.reading import text_reading
from hairpin.host.host import Host, Namespace
from hairpin.host.link import Address
from hairpin.host.read.ip.address_text import interface_address
from hairpin.host.read.ip.links_text import value_after
from hairpin.host.read.ip.route_tables import RouteTables
from hairpin.host.read.ip.routes_text import routes
from hairpin.host.read.ip.rules_text import rules
from hairpin.host.route import NextHop, PolicyRule, Route
from hairpin.message import message
from hairpin.netfilter.address import Version, parse_address
from hairpin.network.query import Query
from hairpin.network.routing import lookup

_OBJECTS = ("address", "route", "rule", "link", "neighbour")
"""The objects of ip(8), in the order in which ip(8) resolves abbreviations: ``ip r`` is ``ip route``."""
_METRIC6 = 1024
"""The metric of an IPv6 route that is added without a metric: the kernel's IP6_RT_PRIO_USER."""


def tables_of(host: Host) -> RouteTables:
    """Return the names of the host's routing tables."""
    return RouteTables(each.text for each in host.files if "/rt_tables" in each.path)


class UnforeseenError(Exception):
    """Raised if hairpin does not model the arguments of ``ip``."""


def with_ip(course: Course, arguments: Sequence[str]) -> Course | None:
    """Return the course after ``ip`` with these arguments; None if the effect of the command is not known.

    Raises ChangeError if ip would fail."""
    try:
        return _with_ip(course, list(arguments))
    except (UnforeseenError, ValueError, LookupError):
        return None


def _with_ip(course: Course, words: list[str]) -> Course:
    version: Version = 4
    given = False
    while words[0].startswith("-"):
        option = words.pop(0)
        if option in ("-n", "-netns"):
            return course  # only the host's own namespace is simulated line by line
        if option in ("-4", "-6", "-family"):
            version, given = (6 if option == "-6" else 4), True
        elif option not in ("-o", "-d", "-s", "-force"):
            raise UnforeseenError
    what = next((each for each in _OBJECTS if each.startswith(words[0])), "")
    verb, rest = words[1], words[2:]
    if not given and any(":" in word and "::" in word for word in rest):
        version = 6
    if len(words[0]) > 1 and "netns".startswith(words[0]):
        return course
    match what:
        case "route":
            return _with_route(course, verb, rest, version)
        case "rule":
            return _with_policy_rule(course, verb, rest, version)
        case "address":
            return _with_address(course, verb, rest)
        case "link":
            return _with_link(course, verb, rest)
        case _:
            raise UnforeseenError


def _with_route(course: Course, verb: str, words: list[str], version: Version) -> Course:
    if verb.startswith("f") and words == ["cache"]:
        return course  # IPv4 has no route cache since Linux 3.6
    wanted = _route(course, [word for word in words if word != "to"], version)
    present = course.namespace.routes
    same = [each for each in present if route_slot(each) == route_slot(wanted)]
    if "del".startswith(verb[:3]) or verb == "delete":
        found = next((each for each in present if _is_meant(each, wanted, words)), None)
        if found is None:
            raise ChangeError(message("no route to {prefix} exists", prefix=words[0]))
        return course.made(DeleteEntry(course.host.netns, found))
    if verb in ("add", "a") and same:
        raise ChangeError(message("a route to {prefix} already exists", prefix=words[0]))
    if verb in ("replace", "repl", "change", "chg"):
        course = course.made(*(DeleteEntry(course.host.netns, each) for each in same[:1]))
    elif verb not in ("add", "a", "append"):
        raise UnforeseenError
    return course.made(AddEntry(course.host.netns, wanted))


def _route(course: Course, words: list[str], version: Version) -> Route:
    if "nexthop" in words or "nhid" in words or "encap" in words:
        raise UnforeseenError
    try:
        (found,) = routes(text_reading(" ".join(words), "ip"), version=version, tables=tables_of(course.host))
    except ParseError:
        raise UnforeseenError from None
    metric = next((value for key in ("metric", "preference", "priority") if (value := value_after(words, key))), None)
    hops = found.next_hops or _way_to(course.namespace, words, version)
    scope = value_after(words, "scope") or ("link" if hops and hops[0].gateway is None and version == 4 else "global")
    return msgspec.structs.replace(
        found, next_hops=hops, protocol=found.protocol or "boot", scope=scope,
        metric=int(metric) if metric is not None else _METRIC6 if version == 6 else 0,
    )  # fmt: skip


def _way_to(namespace: Namespace, words: list[str], version: Version) -> tuple[NextHop, ...]:
    """Return the next hop of a route that names no link.  The kernel looks up the link that leads to the gateway."""
    text = value_after(words, "via")
    if text is None:
        return ()
    of, gateway = parse_address(text)
    way = lookup(namespace, Query(of, gateway)).route
    link = way.next_hops[0].link if way is not None and way.next_hops else None
    if link is None or of != version:
        raise ChangeError(message("gateway {gateway} is in the network of no link", gateway=text))
    return (NextHop(link, gateway, of),)


def _is_meant(route: Route, wanted: Route, words: list[str]) -> bool:
    """Return whether ``ip route del`` with these words deletes the route."""
    ours = (route.version, route.destination, route.prefix_length, route.table)
    theirs = (wanted.version, wanted.destination, wanted.prefix_length, wanted.table)
    hops = {(hop.link, hop.gateway) for hop in route.next_hops}
    by = ("dev" in words or "via" in words) and not all(
        any(hop.link in (None, link) and hop.gateway in (None, gateway) for link, gateway in hops)
        for hop in wanted.next_hops
    )
    metric = any(key in words for key in ("metric", "preference", "priority")) and route.metric != wanted.metric
    return ours == theirs and not by and not metric


def _with_policy_rule(course: Course, verb: str, words: list[str], version: Version) -> Course:
    wanted = _policy_rule(course, words, version)
    same = [each for each in course.namespace.rules if _selects(each) == _selects(wanted)]
    if verb.startswith("d"):
        asked = "priority" if any(word in _PRIORITY for word in words) else ""
        found = next((each for each in same if not asked or each.priority == wanted.priority), None)
        if found is None:
            raise ChangeError(message("no such policy rule exists: {words}", words=" ".join(words)))
        return course.made(DeleteEntry(course.host.netns, found))
    if not verb.startswith("a"):
        raise UnforeseenError
    if any(each.priority == wanted.priority for each in same):
        raise ChangeError(message("the policy rule already exists: {words}", words=" ".join(words)))
    return course.made(AddEntry(course.host.netns, wanted))


_PRIORITY = ("pref", "preference", "prio", "priority", "order")


def _policy_rule(course: Course, words: list[str], version: Version) -> PolicyRule:
    kept, priority = list[str](), default_priority(course.namespace, version)
    position = 0
    while position < len(words):
        if words[position] in _PRIORITY:
            priority = int(words[position + 1], 0)
            position += 2
        else:
            kept.append(words[position])
            position += 1
    text = f"{priority}: {' '.join(kept)}" if "from" in kept else f"{priority}: from all {' '.join(kept)}"
    try:
        (found,) = rules(text_reading(text, "ip"), version=version, tables=tables_of(course.host))
    except ParseError:
        raise UnforeseenError from None
    return found


def default_priority(namespace: Namespace, version: Version) -> int:
    """Return the priority that the kernel gives a policy rule which is added without a priority: the second rule's
    priority minus one."""
    own = [each for each in namespace.rules if each.version == version]
    return own[1].priority - 1 if len(own) > 1 and own[1].priority else 0


def _selects(rule: PolicyRule) -> tuple[object, ...]:
    """Return all fields of the policy rule except its priority."""
    return (
        rule.version, rule.action, rule.table, rule.goto, rule.source or None, rule.destination or None, rule.iif,
        rule.oif, rule.mark, rule.tos, rule.protocol, rule.sports, rule.dports, rule.uids, rule.inverted,
    )  # fmt: skip


def _with_address(course: Course, verb: str, words: list[str]) -> Course:
    link = value_after(words, "dev")
    if link is None:
        raise UnforeseenError
    if verb.startswith("f"):
        return without_addresses(course, lambda each: each.link == link)
    version, value, length = interface_address(next(word for word in words if word != "local"))
    known = course.namespace.addresses
    same = [each for each in known if (each.link, each.version, each.value) == (link, version, value)]
    if verb.startswith("d"):
        if not same:
            raise ChangeError(message("{link} has no address {address}", link=link, address=words[0]))
        return course.made(DeleteEntry(course.host.netns, same[0]))
    if not verb.startswith("a"):
        raise UnforeseenError
    if any(each.prefix_length == length for each in same):
        raise ChangeError(message("{link} already has the address {address}", link=link, address=words[0]))
    peer, broadcast = (value_after(words, key) for key in ("peer", "broadcast"))
    computed = value | 0xFFFFFFFF >> length if broadcast == "+" else None
    return course.made(
        AddEntry(
            course.host.netns,
            Address(
                link, version, value, length, scope=value_after(words, "scope") or "global",
                peer=parse_address(peer.partition("/")[0])[1] if peer else None,
                broadcast=parse_address(broadcast)[1] if broadcast and computed is None else computed,
            ),
        )
    )  # fmt: skip


def _with_link(course: Course, verb: str, words: list[str]) -> Course:
    words = words[1:] if words[0] in ("dev", "name") else words
    link = course.namespace.link(words[0])
    is_veth = "veth" in words[1:]
    if verb.startswith("a") and is_veth and link is not None and link.kind == "veth":
        return course  # a boot leaves the links in the model; their state and addresses are lost
    if not verb.startswith(("s", "l")):
        raise UnforeseenError
    if link is None and "netns" in words[1:]:
        return course  # the end that is inside of the namespace
    if link is None:
        raise ChangeError(message("no link {link} exists here", link=words[0]))
    if verb.startswith(("sh", "l")):
        return course
    rest = words[1:]
    while rest:
        word = rest.pop(0)
        if word in ("up", "down"):
            link = msgspec.structs.replace(link, up=word == "up", carrier=link.carrier or word == "up")
        elif word == "mtu":
            link = msgspec.structs.replace(link, mtu_bytes=int(rest.pop(0)))
        elif word in ("txqueuelen", "promisc", "multicast", "alias"):
            rest.pop(0)
        else:
            raise UnforeseenError
    return course.made(SetLink(course.host.netns, link))


def without_addresses(course: Course, fits: Callable[[Address], bool]) -> Course:
    """Return the course without the addresses for which ``fits`` is true.

    The addresses are deleted one after another, because the kernel may promote a secondary address, or delete a
    secondary address together with its primary address."""
    while (found := next((each for each in course.namespace.addresses if fits(each)), None)) is not None:
        course = course.made(DeleteEntry(course.host.netns, found))
    return course
