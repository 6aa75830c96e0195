"""What became of a flow's packet, from what its client experienced, what the taps saw and what the services met.

The words are those of ``replica/judgement.py``.
"""

import errno
from collections import Counter

import msgspec

from hairpin.host.netns import Netns
from hairpin.netfilter.packet import ACK, ICMP, ICMP6, RST, SYN, TCP
from hairpin.network.flow import Flow, FromHost, Lan, Outside
from hairpin.replica.judgement import Hit, Sighting, Verdict
from hairpin.replica.run.client import Attempt
from hairpin.replica.run.serving import MOST_DIALS, Happening, dials
from hairpin.replica.watch.snmp import ECHO_REPLIES, REFUSALS, RESETS

_AGAIN = 8
"""So often no packet comes by a link without a circle: a client that hears nothing sends a SYN a few times."""
_UNREACHABLE = 3
_TIME_EXCEEDED = 11
_UNREACHABLE6, _TIME_EXCEEDED6 = 1, 3
_REFUSED = (errno.ECONNREFUSED, errno.ECONNRESET, errno.EPIPE)


class Findings(msgspec.Struct, frozen=True):
    """All that is known of one attempt.  ``held``: data waits at a socket that never reads."""

    flow: Flow
    attempt: Attempt
    happenings: tuple[Happening, ...]
    hits: tuple[Hit, ...]
    held: bool
    lost: tuple[tuple[Netns, str], ...] = ()
    """Namespace and name of the IP layer's counters that grew."""
    begun: bool = False
    """Somebody has begun to accept a connection, and waits for the end of its handshake."""
    left: bool = False
    """What was asked has left the snapshot; everybody out there answers, but for those of walk/outside.py."""

    @property
    def rejected(self) -> bool:
        """Whether a rule that rejects was met."""
        return any(hit.does == "reject" for hit in self.hits)

    def told(self) -> Sighting | None:
        """Return the first sighting of a message that says no: an ICMP error, or an RST that answers a SYN."""
        for seen in self.attempt.sightings:
            if says_no(seen):
                return seen
        return None


def says_no(seen: Sighting) -> bool:
    """Return whether the packet is a message that says no."""
    if seen.protocol == TCP:
        return seen.tcp_flags & RST != 0 and seen.tcp_flags & SYN == 0
    if seen.icmp is None:
        return False
    errors = (_UNREACHABLE, _TIME_EXCEEDED) if seen.protocol == ICMP else (_UNREACHABLE6, _TIME_EXCEEDED6)
    return seen.icmp >> 8 in errors


def went_round(findings: Findings) -> bool:
    """Return whether a router said that the packet was on its way for too long, which came by one link again and again:
    a TTL that a rule has made small ends without that."""
    told = any(
        (seen.protocol == ICMP and seen.icmp is not None and seen.icmp >> 8 == _TIME_EXCEEDED)
        or (seen.protocol == ICMP6 and seen.icmp is not None and seen.icmp >> 8 == _TIME_EXCEEDED6)
        for seen in findings.attempt.sightings
    )
    came = Counter((seen.netns, seen.link) for seen in findings.attempt.sightings if not seen.out)
    return told and max(came.values(), default=0) >= _AGAIN


def verdict(findings: Findings) -> Verdict:
    """Return the verdict."""
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
    """Return how a relay's own connection ended, when that is what failed."""
    dialled = [each for each in findings.happenings if each.kind == "dialled"]
    if not dialled or not dialled[-1].errno:
        return None
    own = msgspec.structs.replace(findings.flow, start=FromHost())
    return _failed(msgspec.structs.replace(findings, flow=own), dialled[-1].errno, at_once=dialled[-1].at_once)


def _failed(findings: Findings, number: int, *, at_once: bool) -> Verdict:
    outside = isinstance(findings.flow.start, (Outside, Lan))
    if number == errno.EADDRNOTAVAIL and findings.flow.version == 6 and not outside:
        return "rejected"  # what connect() says at once where IPv6 is disabled altogether
    if number == errno.EPERM and findings.rejected:
        return "rejected"  # a rule of its own OUTPUT, of which send() tells no more
    # ENOBUFS: dropped behind the IP layer, of which only who asks for errors hears (net/ipv4/udp.c udp_send_skb()).
    if number in (errno.EPERM, errno.EADDRNOTAVAIL, errno.ENOBUFS) or (at_once and outside):
        return "dropped"
    if number in _REFUSED:
        # Who is connected has sent a reset of his own when he hung up.
        closed = not findings.attempt.experience.connected and any(name in REFUSALS for _, name in findings.lost)
        return "rejected" if findings.rejected and not closed else "refused"
    if at_once or findings.told() is not None:
        return "rejected"
    return "dropped"


def _silent(findings: Findings) -> Verdict:
    """The client heard nothing: did its packet arrive?"""
    experience = findings.attempt.experience
    # Who says no to what was read already, says it to the answer.
    if findings.held or any(each.kind == "reached" for each in findings.happenings):
        return "unanswered"
    if findings.flow.protocol == "tcp":
        if experience.connected:
            relayed = any(each.kind in ("dialling", "dialled") for each in findings.happenings)
            return "unanswered" if (findings.begun if relayed else experience.taken) else "dropped"
        return "unanswered" if findings.begun or findings.left or _answered(findings) else "dropped"
    return "unanswered" if findings.left or _echoed(findings) else "dropped"


def _answered(findings: Findings) -> bool:
    """Return whether somebody answered the SYN, or would have if there were a way back."""
    last = last_seen(findings)
    # What has no way back where a rule rejects the SYN is the error.
    without = last is not None and any(each in findings.lost for each in _no_way_back(last.netns))
    if last is not None and not last.out and without and not findings.rejected:
        # Where it has no way on itself, or may not go on, what has no way back is the word of that: net/ipv6/route.c
        # ip6_pkt_discard(), net/ipv6/ip6_output.c ip6_forward()
        return all((last.netns, each) not in findings.lost for each in ("Ip6InNoRoutes", "Ip6InAddrErrors"))
    if any(name == RESETS for _, name in findings.lost):
        return True
    return any(
        seen.protocol == TCP and (seen.tcp_flags & (SYN | ACK) == SYN | ACK) for seen in findings.attempt.sightings
    )


def _no_way_back(netns: Netns) -> tuple[tuple[Netns, str], ...]:
    """Source: net/ipv4/inet_connection_sock.c inet_csk_route_req(): a SYN that cannot be answered is forgotten."""
    return (netns, "OutNoRoutes"), (netns, "Ip6OutNoRoutes")


def _echoed(findings: Findings) -> bool:
    if any(name in ECHO_REPLIES for _, name in findings.lost):
        return True
    return any(seen.icmp in (0, 129 << 8) and seen.protocol in (ICMP, ICMP6) for seen in findings.attempt.sightings)


def last_seen(findings: Findings) -> Sighting | None:
    """Return the last sighting of the packet that did not come through."""
    sightings = findings.attempt.sightings
    return sightings[-1] if sightings else None
