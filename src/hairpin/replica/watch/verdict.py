"""The verdict on a flow's packet, from the client's result, the taps' sightings and the services' events.

``replica/judgement.py`` lists the verdicts.
"""

import errno
from collections import Counter

import msgspec

from hairpin.host.netns import Netns
from hairpin.netfilter.packet import ACK, ICMP, ICMP6, RST, SYN, TCP
from hairpin.network.flow import Flow, FromContainer, FromHost, Lan, Outside
from hairpin.replica.judgement import Hit, Sighting, Verdict
from hairpin.replica.plan.blueprint import WORLD
from hairpin.replica.run.client import Attempt
from hairpin.replica.run.serving import MOST_DIALS, Happening, dials
from hairpin.replica.watch.proc_net import ECHO_REPLIES, REFUSALS, RESETS

_AGAIN = 8
"""If a packet enters by one link this many times, it is in a loop, because a client repeats a SYN only a few times."""
_UNREACHABLE = 3
_TIME_EXCEEDED = 11
_UNREACHABLE6, _TIME_EXCEEDED6 = 1, 3
_REFUSED = (errno.ECONNREFUSED, errno.ECONNRESET, errno.EPIPE)


class Findings(msgspec.Struct, frozen=True):
    """All findings of one attempt.  ``held``: whether data waits at a socket from which no process reads."""

    flow: Flow
    attempt: Attempt
    happenings: tuple[Happening, ...]
    hits: tuple[Hit, ...]
    held: bool
    lost: tuple[tuple[Netns, str], ...] = ()
    """The namespace and the name of each counter of the IP layer that has grown."""
    begun: bool = False
    """Whether a socket holds a half-open connection.

    The socket accepted the SYN, but the handshake was not completed."""
    left: bool = False
    """Whether the request left the rebuilt hosts.

    The world answers a request that left the hosts, except if walk/outside.py says otherwise."""

    @property
    def rejected(self) -> bool:
        """Whether the packet matched a rule that rejects."""
        return any(hit.does == "reject" for hit in self.hits)

    def told(self) -> Sighting | None:
        """Return the first sighting of a refusal: an ICMP error, or an RST that answers a SYN."""
        for seen in self.attempt.sightings:
            if says_no(seen):
                return seen
        return None


def says_no(seen: Sighting) -> bool:
    """Return whether the packet is an ICMP error or an RST."""
    if seen.protocol == TCP:
        return seen.tcp_flags & RST != 0 and seen.tcp_flags & SYN == 0
    if seen.icmp is None:
        return False
    errors = (_UNREACHABLE, _TIME_EXCEEDED) if seen.protocol == ICMP else (_UNREACHABLE6, _TIME_EXCEEDED6)
    return seen.icmp >> 8 in errors


def went_round(findings: Findings) -> bool:
    """Return whether a router reported an exceeded TTL and the packet entered by one link repeatedly.  A TTL that a
    rule has lowered also expires, but then no link sees the packet repeatedly."""
    told = any(
        (seen.protocol == ICMP and seen.icmp is not None and seen.icmp >> 8 == _TIME_EXCEEDED)
        or (seen.protocol == ICMP6 and seen.icmp is not None and seen.icmp >> 8 == _TIME_EXCEEDED6)
        for seen in findings.attempt.sightings
    )
    came = Counter((seen.netns, seen.link) for seen in findings.attempt.sightings if not seen.out)
    return told and max(came.values(), default=0) >= _AGAIN


def verdict(findings: Findings) -> Verdict:
    """Return the verdict on the flow that follows from the findings."""
    experience = findings.attempt.experience
    if experience.kind == "answer":
        return "delivered"
    if went_round(findings) or dials(findings.happenings) >= MOST_DIALS:
        return "looped"
    leg = _leg(findings)
    if leg is not None:
        return leg
    if experience.kind == "error":
        return _failed(findings, experience.errno, at_once=experience.at_once)
    if experience.kind == "closed":
        return "refused"
    return _silent(findings)


def _leg(findings: Findings) -> Verdict | None:
    """Return the verdict on a relay's own connection if that connection failed, else None."""
    dialled = [each for each in findings.happenings if each.kind == "dialled"]
    if not dialled or not dialled[-1].errno:
        return None
    last = dialled[-1]
    own = msgspec.structs.replace(findings.flow, start=FromHost(), version=last.version or findings.flow.version)
    found = _failed(msgspec.structs.replace(findings, flow=own), last.errno, at_once=last.at_once)
    # The client of a UDP relay is not told about an error.
    return "unanswered" if findings.flow.protocol == "udp" and found in ("refused", "rejected") else found


def _failed(findings: Findings, number: int, *, at_once: bool) -> Verdict:
    outside = isinstance(findings.flow.start, (Outside, Lan))
    if number == errno.EADDRNOTAVAIL and findings.flow.version == 6 and not outside:
        return "rejected"  # connect() fails at once if IPv6 is disabled completely
    if number == errno.EPERM and findings.rejected:
        return "rejected"  # after a REJECT in the client's own OUTPUT, send() reports only EPERM
    # ENOBUFS means that the packet was dropped below the IP layer.  Only a socket with IP_RECVERR gets this error
    # (net/ipv4/udp.c udp_send_skb()).
    if number in (errno.EPERM, errno.EADDRNOTAVAIL, errno.ENOBUFS) or (at_once and outside):
        return "dropped"
    if number in _REFUSED:
        # After a handshake, the client itself sends an RST when it closes the connection.  Such an RST is no refusal.
        closed = not findings.attempt.experience.connected and any(name in REFUSALS for _, name in findings.lost)
        return "rejected" if findings.rejected and not closed else "refused"
    if at_once or findings.told() is not None:
        return "rejected"
    return "dropped"


def _silent(findings: Findings) -> Verdict:
    """Return the verdict on a client that received nothing: ``unanswered`` if its packet arrived, else ``dropped``."""
    experience = findings.attempt.experience
    # A service has read the request, so only the answer can be lost.
    if findings.held or any(each.kind == "reached" for each in findings.happenings):
        return "unanswered"
    if findings.flow.protocol == "tcp":
        if experience.connected:
            relayed = any(each.kind in ("dialling", "dialled") for each in findings.happenings)
            return "unanswered" if (_begun_behind(findings) if relayed else experience.taken) else "dropped"
        return "unanswered" if findings.begun or findings.left or _answered(findings) else "dropped"
    return "unanswered" if findings.left or _echoed(findings) else "dropped"


def _begun_behind(findings: Findings) -> bool:
    """Return whether the relay's own SYN reached a container, and the container accepted it, refused it or has no route
    back.

    If the client is in a container, the client's namespace does not count.  The client resets its own connection when
    it gives up, which is no refusal."""
    start = findings.flow.start
    own = (WORLD, start.netns) if isinstance(start, FromContainer) else (WORLD,)
    behind = [(netns, name) for netns, name in findings.lost if netns not in own and not netns.is_host]
    refused = any(name == RESETS for _, name in behind)
    without = not findings.rejected and any(each in _no_way_back(each[0]) for each in behind)
    return findings.begun or refused or without


def _answered(findings: Findings) -> bool:
    """Return whether a socket answered the SYN, or would have answered if its namespace had a route back."""
    last = last_seen(findings)
    # If a rule rejects the SYN, the counter OutNoRoutes counts the rule's ICMP error, and not a SYN-ACK.
    without = last is not None and any(each in findings.lost for each in _no_way_back(last.netns))
    if last is not None and not last.out and without and not findings.rejected:
        # If the SYN itself could not be forwarded, OutNoRoutes counts the ICMP error about the SYN, and not a lost
        # SYN-ACK: net/ipv6/route.c ip6_pkt_discard(), net/ipv6/ip6_output.c ip6_forward()
        return all((last.netns, each) not in findings.lost for each in ("Ip6InNoRoutes", "Ip6InAddrErrors"))
    if any(name == RESETS for _, name in findings.lost):
        return True
    return any(map(accepts, findings.attempt.sightings))


def accepts(seen: Sighting) -> bool:
    """Return whether the packet is a server's SYN-ACK."""
    return seen.protocol == TCP and seen.tcp_flags & (SYN | ACK) == SYN | ACK


def _no_way_back(netns: Netns) -> tuple[tuple[Netns, str], ...]:
    """Return the counters that grow when a SYN-ACK has no route.  In this case the kernel forgets the SYN.

    Source: net/ipv4/inet_connection_sock.c inet_csk_route_req()"""
    return (netns, "OutNoRoutes"), (netns, "Ip6OutNoRoutes")


def _echoed(findings: Findings) -> bool:
    if any(name in ECHO_REPLIES for _, name in findings.lost):
        return True
    return any(seen.icmp in (0, 129 << 8) and seen.protocol in (ICMP, ICMP6) for seen in findings.attempt.sightings)


def last_seen(findings: Findings) -> Sighting | None:
    """Return the last sighting of the attempt; None if no packet was seen."""
    sightings = findings.attempt.sightings
    return sightings[-1] if sightings else None
