"""The function ``find`` for causes about strict reverse-path filtering, on the host or in a container."""

from collections.abc import Callable

import msgspec

from hairpin.causes.kit import Candidate, Iterator, OfSysctl, View, message
from hairpin.causes.uplinks._gateway import ways_home
from hairpin.change.change import Change, SetSysctl, one
from hairpin.host.sysctl import dotted
from hairpin.network.prefix import address_text
from hairpin.network.uplinks import holder_of_addresses, uplinks_of
from hairpin.walk.decided import SysctlDecided
from hairpin.walk.trace import ForeignSource


def by_reverse_path(*, on_host: bool) -> Callable[[View], Iterator[Candidate]]:
    """Return the function that yields the candidate.

    If ``on_host`` is true, the function is for packets that stopped on the host; otherwise for packets that stopped in
    a container."""
    return lambda view: _loose_rp_filter(view) if view.on_host is on_host else iter(())


def _loose_rp_filter(view: View) -> Iterator[Candidate]:
    """Yield the candidate that sets the ingress link's rp_filter to 2 (loose).  A link with a loose check accepts the
    packet."""
    decided = view.stop.decided_by
    if not isinstance(decided, SysctlDecided):
        return
    link = view.stop.link
    path = ("net", "ipv4", "conf", link, "rp_filter")
    source = address_text(view.stop.seen.packet.saddr, view.stop.seen.packet.version)
    value = {"link": link, "source": source, "key": dotted(decided.path), "value": decided.value}
    detail = message(
        "The packet came in by {link}, but the route back to {source} does not lead out of {link}. {key} is {value}; "
        "of conf.all and the link's own value, the kernel takes the larger one.",
        **value,
    )
    if view.stop.stage == "neighbour" and view.stop.address is not None:
        detail = message(
            "{source} asks by ARP for {address}, and the kernel gives no answer: the request came in by {link}, but "
            "the route back to {source} does not lead out of {link}. {key} is {value}; of conf.all and the link's own "
            "value, the kernel takes the larger one.",
            address=address_text(view.stop.address, 4),
            **value,
        )
    # The kernel takes the maximum of conf.all and the link's own (IN_DEV_RPFILTER), so 2 on the link is enough.
    loose = Candidate(
        title=message("Strict reverse-path filtering on {link} drops this flow", link=link),
        detail=detail,
        change=one(SetSysctl(view.stop.netns, path, decided.wanted)),
        where=OfSysctl(sysctl=decided.path, value=decided.value, wanted=decided.wanted),
        in_class="filtering-sysctl",
        evidence=(decided.evidence,),
        advice=(
            message("or make the path symmetric: a route (or policy rule) back to the source by {link}", link=link),
        ),
    )
    yield loose
    yield from _answered_by_same_uplink(view, loose)


def _answered_by_same_uplink(view: View, loose: Candidate) -> Iterator[Candidate]:
    """Yield candidates that set rp_filter and also send the answers back by the ingress link.

    The router behind the ingress link sent the packet to this host.  The router of another uplink may drop an answer
    with this uplink's address."""
    uplinks = uplinks_of(view.network, view.stop.netns, 4) if view.stop.netns.is_host else ()
    holder = holder_of_addresses(view.namespace, view.stop.link)
    home = next((each for each in uplinks if each.link == holder), None)
    if home is None or len(uplinks) < 2:
        return
    asked = next((each.value for each in home.addresses if each.value == view.flow.daddr), home.main.value)
    for change in ways_home(view.network, ForeignSource(view.stop.netns, 4, asked, holder, "")):
        both = Change((*loose.change.parts, *change.parts))
        yield msgspec.structs.replace(loose, change=both, advice=(_ANSWERS_TOO,))


_ANSWERS_TOO = message(
    "the answers then leave through the uplink that the request came in by. The router behind another uplink may drop "
    "packets with this uplink's address"
)
