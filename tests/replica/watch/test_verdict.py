"""The verdict on a packet, by the client's experience, the taps and the services."""

import errno

from hairpin.host.netns import Netns
from hairpin.netfilter.packet import ACK, ICMP, ICMP6, RST, SYN, TCP
from hairpin.network.flow import Flow, FromContainer, FromHost, Outside, Protocol, Start
from hairpin.network.prefix import Version
from hairpin.replica.judgement import Hit, Sighting, Verdict
from hairpin.replica.run.client import Attempt, Experience
from hairpin.replica.run.serving import MOST_DIALS, Happening
from hairpin.replica.watch.verdict import Findings, verdict
from tests.rows import each_row
from tests.small_host import HOST_NETNS, sibling

CLIENT = Outside(0xC000020A)
IN_WEB = FromContainer("web", sibling("container:web"))
REJECTS = Hit(HOST_NETNS, "iptables-nft", "ip", "filter", "FORWARD", 1, "-A FORWARD -j REJECT", 1, "reject")
REACHED = Happening("reached", sibling("container:web"), 80)
READ = (REACHED,)


def tcp(flags: int, *, out: bool = True, netns: Netns = HOST_NETNS) -> Sighting:
    return Sighting(0, netns, "eth0", out, 4, "192.0.2.10", "192.0.2.1", TCP, 40000, 80, flags)


def icmp(kind: int, code: int) -> Sighting:
    return Sighting(0, HOST_NETNS, "eth0", True, 4, "192.0.2.1", "192.0.2.10", ICMP, icmp=kind << 8 | code)


def found(
    experience: Experience,
    *sightings: Sighting,
    protocol: Protocol = "tcp",
    start: Start = CLIENT,
    happenings: tuple[Happening, ...] = (),
    hits: tuple[Hit, ...] = (),
    held: bool = False,
    lost: tuple[tuple[Netns, str], ...] = (),
    version: Version = 4,
    begun: bool = False,
    left: bool = False,
) -> Findings:
    flow = Flow(start, version, 0xC0000201, protocol, 80)
    return Findings(flow, Attempt(experience, sightings, ()), happenings, hits, held, lost, begun, left)


LOST_ERROR = Sighting(
    0, HOST_NETNS, "w1", True, 6, "2001:db8::1", "2001:db8::2", ICMP6, icmp=1 << 8, quoted=(40000, 80)
)
ECHO_REPLY = ((HOST_NETNS, "OutEchoReps"),)
RESET = ((sibling("web"), "OutRsts"),)
RESET_INSIDE = ((sibling("container:web"), "OutRsts"),)
RESET_HERE = ((HOST_NETNS, "OutRsts"),)
NO_WAY_ROUTER = ((sibling("router"), "OutNoRoutes"),)
NO_WAY_INSIDE = ((sibling("container:web"), "OutNoRoutes"),)
NOBODY = ((HOST_NETNS, "NoPorts"),)
NO_WAY, NO_WAY6, NO_WAY_ON6 = ((HOST_NETNS, counter) for counter in ("OutNoRoutes", "Ip6OutNoRoutes", "Ip6InNoRoutes"))
REFUSES = Happening("dialled", HOST_NETNS, 80, errno.ECONNREFUSED)
NOT_SENT = Happening("dialled", HOST_NETNS, 80, errno.ENETUNREACH, at_once=True)
DIALLING = Happening("dialling", HOST_NETNS, 80)
ACCEPTED = Experience("silence", connected=True, taken=True)
NO_ROUTE = Experience("error", errno.ENETUNREACH, at_once=True)
NO_ADDRESS = Experience("error", errno.EADDRNOTAVAIL, at_once=True)
NOT_PERMITTED = Experience("error", errno.EPERM, at_once=True)
SILENCE = Experience("silence")
UNREACHABLE = Experience("error", errno.EHOSTUNREACH)
REFUSED = Experience("error", errno.ECONNREFUSED)
CASES: dict[str, tuple[Findings, Verdict]] = {
    "an answer":                       (found(Experience("answer", connected=True)), "delivered"),
    "an RST":                          (found(REFUSED, tcp(SYN), tcp(RST | ACK)), "refused"),
    "an RST by a rule":                (found(REFUSED, tcp(RST | ACK), hits=(REJECTS,)), "rejected"),
    "an RST, a rule has another":      (found(REFUSED, hits=(REJECTS,), lost=RESET), "refused"),
    "an ICMP error that is lost":      (found(SILENCE, tcp(SYN), LOST_ERROR, hits=(REJECTS,)), "dropped"),
    "an RST by a rule, lost":          (found(SILENCE, tcp(SYN), tcp(RST | ACK), hits=(REJECTS,)), "dropped"),
    "an RST that is lost":             (found(SILENCE, tcp(SYN), lost=RESET_INSIDE), "unanswered"),
    "an ICMP error":                   (found(Experience("error", errno.EHOSTUNREACH), icmp(3, 1)), "rejected"),
    "no route of its own":             (found(NO_ROUTE, start=FromHost()), "rejected"),
    "no route of the world's":         (found(NO_ROUTE), "dropped"),
    "no IPv6 at all":                  (found(NO_ADDRESS, start=FromHost(), version=6), "rejected"),
    "no source address":               (found(NO_ADDRESS, start=FromHost()), "dropped"),
    "its own OUTPUT":                  (found(NOT_PERMITTED, start=FromHost()), "dropped"),
    "its own OUTPUT, with a word":     (found(NOT_PERMITTED, start=FromHost(), hits=(REJECTS,)), "rejected"),
    "dropped behind its IP layer":     (
        found(Experience("error", errno.ENOBUFS, at_once=True), protocol="udp", start=FromHost()), "dropped",
    ),
    "the relay dials itself":          (found(ACCEPTED, happenings=(DIALLING,) * MOST_DIALS), "looped"),
    "on its way for too long":         (found(SILENCE, *[tcp(SYN, out=False)] * 20, icmp(11, 0)), "looped"),
    "its TTL is made small":           (found(UNREACHABLE, tcp(SYN, out=False), icmp(11, 0)), "rejected"),
    "the SYN is lost":                 (found(SILENCE, tcp(SYN)), "dropped"),
    "the SYN-ACK is lost":             (found(SILENCE, tcp(SYN), tcp(SYN | ACK)), "unanswered"),
    "there is no way back":            (found(SILENCE, tcp(SYN, out=False), lost=(NO_WAY,)), "unanswered"),
    "no way on, and none for the word": (found(SILENCE, tcp(SYN, out=False), lost=(NO_WAY6, NO_WAY_ON6)), "dropped"),
    "it may not go on, nor the word": (
        found(SILENCE, tcp(SYN, out=False), lost=(NO_WAY6, (HOST_NETNS, "Ip6InAddrErrors"))), "dropped",
    ),
    "nor for the word of a rule":      (
        found(SILENCE, tcp(SYN, out=False), lost=(NO_WAY6,), hits=(REJECTS,)), "dropped",
    ),
    "there is no way back, by IPv6":   (found(SILENCE, tcp(SYN, out=False), lost=(NO_WAY6,)), "unanswered"),
    "nobody hears who is out there":   (found(SILENCE, tcp(SYN), start=FromHost(), left=True), "unanswered"),
    "nobody hears their echo":         (found(SILENCE, protocol="icmp", start=FromHost(), left=True), "unanswered"),
    "data is lost on the way out":     (found(Experience("silence", connected=True), left=True), "dropped"),
    "a router has no way on":          (found(SILENCE, tcp(SYN), lost=NO_WAY_ROUTER), "dropped"),
    "nothing can answer the SYN":      (found(SILENCE, tcp(SYN, out=False), begun=True), "unanswered"),
    "the handshake's end is lost":     (found(Experience("silence", connected=True), begun=True), "dropped"),
    "the first data is lost":          (found(Experience("silence", connected=True)), "dropped"),
    "accepted by nobody":              (found(ACCEPTED), "unanswered"),
    "the relay's own SYN is lost":     (found(ACCEPTED, happenings=(DIALLING,)), "dropped"),
    "who took it has no way back":     (found(ACCEPTED, happenings=(DIALLING,), lost=NO_WAY_INSIDE), "unanswered"),
    "nor has the word of a rule there": (
        found(ACCEPTED, happenings=(DIALLING,), hits=(REJECTS,), lost=NO_WAY_INSIDE), "dropped",
    ),
    "it is lost, and the client in the container gives up": (
        found(ACCEPTED, happenings=(DIALLING,), lost=RESET_INSIDE, start=IN_WEB), "dropped",
    ),
    "the answer to its SYN is lost":   (found(ACCEPTED, happenings=(DIALLING,), begun=True), "unanswered"),
    "the refusal of its SYN is lost":  (found(ACCEPTED, happenings=(DIALLING,), lost=RESET_INSIDE), "unanswered"),
    "the client gives up by an RST":   (found(ACCEPTED, happenings=(DIALLING,), lost=RESET_HERE), "dropped"),
    "closed without a word":           (found(Experience("closed", connected=True)), "refused"),
    "the relay is refused":            (found(Experience("closed", connected=True), happenings=(REFUSES,)), "refused"),
    "the relay has no route":          (found(SILENCE, happenings=(NOT_SENT,), protocol="udp"), "unanswered"),
    "a datagram is lost":              (found(SILENCE, protocol="udp"), "dropped"),
    "its answer is lost":              (found(SILENCE, protocol="udp", happenings=(REACHED,)), "unanswered"),
    "a datagram that nobody reads":    (found(SILENCE, protocol="udp", held=True), "unanswered"),
    "a datagram that nobody has":      (found(REFUSED, icmp(3, 3), protocol="udp"), "refused"),
    "a datagram that a rule rejects":  (found(REFUSED, icmp(3, 3), protocol="udp", hits=(REJECTS,)), "rejected"),
    "one that nobody has, and a rule": (found(REFUSED, protocol="udp", hits=(REJECTS,), lost=NOBODY), "refused"),
    "one that nobody has, unheard":    (found(SILENCE, icmp(3, 3), protocol="udp"), "dropped"),
    "one that a rule rejects, unheard": (found(SILENCE, icmp(3, 3), protocol="udp", hits=(REJECTS,)), "dropped"),
    "the answer is not known for one": (found(SILENCE, icmp(3, 3), protocol="udp", happenings=READ), "unanswered"),
    "a rule rejects the answer":       (found(SILENCE, protocol="udp", happenings=READ, hits=(REJECTS,)), "unanswered"),
    "the echo is lost":                (found(SILENCE, icmp(8, 0), protocol="icmp"), "dropped"),
    "the echo's reply is lost":        (found(SILENCE, icmp(8, 0), icmp(0, 0), protocol="icmp"), "unanswered"),
    "it does not get out":             (found(SILENCE, protocol="icmp", lost=ECHO_REPLY), "unanswered"),
}  # fmt: skip


@each_row(("findings", "expected"), CASES.values(), ids=CASES)
def test_verdict(findings: Findings, expected: Verdict) -> None:
    assert verdict(findings) == expected
