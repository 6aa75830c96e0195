"""IPv6 routers that advertise themselves on a link, and links on which the kernel ignores their advertisements.

Source: RFC 4861 sections 4.2 and 6.3; include/net/ipv6.h, net/ipv6/ndisc.c ipv6_accept_ra(), ndisc_router_discovery()
"""

from hairpin.host.host import Namespace
from hairpin.host.route import TABLE_MAIN, Neighbour
from hairpin.host.sysctl import Path

_LINKS: Path = ("net", "ipv6", "conf")
_ALWAYS = 2
_PRIVATE = 0xFC >> 1
"""The first seven bits of a unique local address (RFC 4193)."""
_OF_NO_ROUTE = 0xFFFFFFFF
"""The metric of the unreachable default route that older kernels list: net/ipv6/route.c ip6_null_entry_template"""


def is_private(address: int) -> bool:
    """Return whether the IPv6 address is a unique local address.  No router of the Internet knows a unique local
    address."""
    return address >> 121 == _PRIVATE


def accept_ra(link: str) -> Path:
    """Return the path of the sysctl that decides whether the kernel takes advertisements on the link."""
    return (*_LINKS, link, "accept_ra")


def ignores_advertisements(namespace: Namespace, link: str) -> bool:
    """Return whether the kernel ignores router advertisements on the link."""
    return namespace.sysctl(*accept_ra(link)) == 0 or ignores_as_router(namespace, link)


def ignores_as_router(namespace: Namespace, link: str) -> bool:
    """Return whether the kernel ignores router advertisements on the link only because the link forwards."""
    accepts, forwards = namespace.sysctl(*accept_ra(link)), namespace.sysctl(*_LINKS, link, "forwarding")
    return accepts is not None and 0 < accepts < _ALWAYS and forwards not in (None, 0)


def refusing_setting(namespace: Namespace, link: str) -> Path | None:
    """Return the path of the sysctl whose value 0 keeps the kernel from taking a default route from router
    advertisements on the link; None if no such sysctl is 0.  Network managers that handle advertisements themselves set
    ``accept_ra`` to 0."""
    paths = accept_ra(link), (*_LINKS, link, "accept_ra_defrtr")
    return next((each for each in paths if namespace.sysctl(*each) == 0), None)


def routers_on(namespace: Namespace, link: str) -> tuple[Neighbour, ...]:
    """Return the neighbours on the link that have said that they are IPv6 routers, and whose entries have not
    failed."""
    return tuple(
        each
        for each in namespace.neighbours
        if each.router and each.link == link and each.version == 6 and not each.unanswered
    )


def has_lost_router(namespace: Namespace, link: str) -> bool:
    """Return whether the host has no IPv6 default route, and a reading hints that an advertised router gave the link
    one: the kernel ignores router advertisements because the host forwards, a neighbour is a router, or an address of
    the link came from an advertisement.

    If the link has only private addresses, ignored advertisements are no hint: such a link may have no way to the
    Internet."""
    own = [each for each in namespace.addresses if (each.link, each.version, each.scope) == (link, 6, "global")]
    ways = (each for each in namespace.routes if (each.version, each.prefix_length) == (6, 0))
    if not own or any(each.metric < _OF_NO_ROUTE for each in ways):
        return False
    if any(each.dynamic for each in own) or routers_on(namespace, link):
        return True
    return ignores_as_router(namespace, link) and not all(is_private(each.value) for each in own)


def ending_default(namespace: Namespace) -> str | None:
    """Return the link of the advertised IPv6 default route that no advertisement will renew; None if there is none.
    The link of such a route ignores advertisements while the host forwards.  Return None, too, if another default route
    stays."""
    ways = [each for each in namespace.routes if (each.version, each.prefix_length) == (6, 0)]
    ways = [each for each in ways if each.type == "unicast" and each.table == TABLE_MAIN]
    links = [
        next((hop.link for hop in each.next_hops if hop.link and ignores_as_router(namespace, hop.link)), None)
        if each.protocol == "ra"
        else None
        for each in ways
    ]
    return links[0] if links and all(links) else None
