"""A container sends a broadcast or a multicast to the network outside, and the packet ends at its own bridge.

Users see: a container finds no devices of the LAN (mDNS, SSDP, DLNA, casts, Wake-on-LAN), while the same program on the
host finds them.

Proof: the packet is for the broadcast address of another link of the host, and the host keeps it because
``bc_forwarding`` is 0 on the bridge or on ``all``; with both 1 the host sends it on.  Or the packet is for a group: no
kernel forwards a group without a multicast router, and groups of 224.0.0.0/24 and ff02::/16 never leave their link.
Now: run the program with the host's network (``--network host``), or on a macvlan or ipvlan network of the uplink.
Lasting: keep that network in the Compose file or unit, or run a relay on the host (``enable-reflector=yes`` of avahi
for mDNS, smcroute or igmpproxy for groups that may leave a link).
"""

from hairpin.causes.kit import (
    AskedFlows,
    Candidate,
    Cause,
    Finding,
    Iterator,
    Message,
    OfLink,
    OfSysctl,
    View,
    Way,
    message,
)
from hairpin.change.change import Change, SetSysctl
from hairpin.network.flow import FromContainer
from hairpin.network.prefix import address_text, is_multicast
from hairpin.walk.decided import RouteDecided

_ELSEWHERE = message(
    "run the program with the host's network (--network host), or on a macvlan or ipvlan network of the uplink: there "
    "it sends to the LAN itself"
)


def find(view: View) -> Iterator[Candidate]:
    """Yield the candidate for a broadcast to another link of the host, which the host keeps for itself."""
    entered = next((each for each in reversed(view.branch.request) if each.stage == "input-route"), None)
    route = entered.decided_by.entry if entered is not None and isinstance(entered.decided_by, RouteDecided) else None
    hop = route.next_hops[0].link if route is not None and route.next_hops else None
    if entered is None or route is None or route.type != "broadcast" or hop in (None, view.stop.link):
        return
    paths = [("net", "ipv4", "conf", each, "bc_forwarding") for each in ("all", view.stop.link)]
    off = [each for each in paths if view.namespace.sysctl(*each) == 0]
    if not off:
        return
    change = Change(tuple(SetSysctl(view.stop.netns, each, "1") for each in off))
    facts = {"address": address_text(view.flow.daddr, 4), "link": view.stop.link, "out": hop or ""}
    yield Candidate(
        title=message("A broadcast from {link} to the network of {out} ends at this host", **facts),
        detail=message(
            "{address} is the broadcast address of {out}. The kernel keeps a broadcast that came in by another link, "
            "unless net.ipv4.conf.all.bc_forwarding and net.ipv4.conf.{link}.bc_forwarding are 1.",
            **facts,
        ),
        change=change,
        where=OfSysctl(off[0], 0, 1),
        in_class="switched-off",
        offered=False,
        ways=(
            Way(Change(()), (_ELSEWHERE,)),
            Way(change, (message("let the host pass broadcasts of this bridge on to all of its networks"),)),
        ),
    )


def of_flows(asked: AskedFlows) -> Iterator[Finding]:
    """Yield a finding for each group to which a container sends, and whose packets end at the container's bridge."""
    found: dict[tuple[str, str, int], list[int]] = {}
    for number, trace in enumerate(asked.traces):
        flow, stop = trace.flow, trace.usual.stop
        if stop is None or not is_multicast(flow.daddr, flow.version) or not isinstance(flow.start, FromContainer):
            continue
        if stop.reason == "route-type" and stop.stage == "input-route" and stop.netns.is_host:
            found.setdefault((stop.netns.host, stop.link or "", flow.daddr), []).append(number)
    for (host, link, _), numbers in found.items():
        trace = asked.traces[numbers[0]]
        candidate = _of_group(
            link, address_text(trace.flow.daddr, trace.flow.version), local=_is_local(trace.flow.daddr)
        )
        yield Finding(candidate, "blocking", host=host, flows=tuple(numbers), stop=trace.usual.stop)


def _is_local(group: int) -> bool:
    """Return whether the group never leaves its link: 224.0.0.0/24 and ff02::/16."""
    return group >> 8 == 0xE00000 or group >> 112 == 0xFF02


def _of_group(link: str, group: str, *, local: bool) -> Candidate:
    ways: list[Message] = [_ELSEWHERE]
    if group in ("224.0.0.251", "ff02::fb"):
        ways.append(message("let a relay on the host repeat mDNS: `enable-reflector=yes` in avahi-daemon.conf"))
    elif not local:
        ways.append(message("let a multicast router on the host forward the group: smcroute, igmpproxy"))
    return Candidate(
        title=message("Packets to the group {group} do not leave {link}", group=group, link=link),
        detail=message(
            "A bridge floods a group to the other containers of its network. The host forwards no packet of a group "
            "from {link} to another link: that needs a multicast router, and none runs here.",
            link=link,
        )
        if not local
        else message(
            "A bridge floods a group to the other containers of its network. {group} is a group of one link, and no "
            "router forwards it.",
            group=group,
        ),
        change=Change(()),
        where=OfLink(link=link, address=group),
        in_class="switched-off",
        offered=False,
        ways=tuple(Way(Change(()), (each,)) for each in ways),
    )


CAUSE = Cause(
    title=message("A broadcast or multicast of a container stays on its bridge"),
    source="net/ipv4/route.c ip_route_input_slow(): IN_DEV_BFORWARD, ip_mc_input(); RFC 2644, RFC 5771",
    reasons=frozenset({"no-listener", "rule", "policy", "reject"}),
)
