"""Quotes: the part of a reading that matters, each part once."""

import msgspec
import pytest

from hairpin.causes.cause import Candidate
from hairpin.causes.where import OfFile, OfLostRules, OfRoute, OfSocket, Where, of_missing
from hairpin.change.change import Change
from hairpin.engines.expected import ExpectedChain
from hairpin.evidence.reading import Evidence, Reading
from hairpin.host.netns import Netns
from hairpin.host.route import NextHop, Route
from hairpin.host.socket import Socket
from hairpin.message import message, verbatim
from hairpin.netfilter.evaluate.chain import Place
from hairpin.report.quotes import LONGEST, Quote, Quotes, essence
from hairpin.report.words import Words
from hairpin.walk.decided import Assumed, LinkDecided, RouteDecided, RuleDecided, SysctlDecided

SAVE = """\
*nat
:DOCKER - [0:0]
COMMIT
*filter
:INPUT ACCEPT [0:0]
:DOCKER-USER - [0:0]
[7:420] -A DOCKER-USER -j DROP
COMMIT
"""
ROUTE = '{"type":"unicast","dst":"default","gateway":"192.0.2.1","dev":"eth0","table":"main"}'
ROUTES = f'[{ROUTE},{{"type":"unicast","dst":"192.0.2.0/24","dev":"eth0"}}]'
SOCKETS = "udp UNCONN 0 0 0.0.0.0:53 0.0.0.0:*\ntcp LISTEN 0 128 0.0.0.0:80 0.0.0.0:*\n"
AT = "2026-10-01T12:00:00Z"
READINGS = (
    Reading("e1", "sysctl", "host", "/proc/sys/net", AT, 0, "text", "/proc/sys/net/ipv4/ip_forward:0\n"),
    Reading("e2", "iptables-nft-save4", "host", "iptables-save -c", AT, 0, "text", SAVE),
    Reading("e3", "sockets", "container:web", "ss -H", AT, 0, "text", ""),
    Reading("e4", "ip-route4", "host", "ip -4 -j -d route", AT, 0, "text", ROUTES),
    Reading("e5", "sockets", "host", "ss -H", AT, 0, "text", SOCKETS),
)
EVIDENCE = Evidence("hairpin.evidence/1", "0", AT, "h", "6", READINGS)
DROP = Place("iptables-nft", "ip", "filter", "DOCKER-USER", 1, "-A DOCKER-USER -j DROP", line=7, evidence="e2")
DEFAULT = Route(4, 0, 0, next_hops=(NextHop("eth0", 0xC0000201),), evidence="e4", entry=1)
FORWARD = ("net", "ipv4", "ip_forward")
CASES = {
    "a rule, with its counters": (RuleDecided(DROP), "iptables-save -c", "[7:420] -A DOCKER-USER -j DROP"),
    "a sysctl, by its own file": (SysctlDecided(FORWARD, "0", "1", "e1"), "/proc/sys/net/ipv4/ip_forward", "0"),
    "a policy, by its chain's line": (
        RuleDecided(Place("iptables-nft", "ip", "filter", "INPUT", 0, "-P INPUT ACCEPT", evidence="e2")),
        "iptables-save -c",
        ":INPUT ACCEPT [0:0]",
    ),
    "a route, by its entry": (RouteDecided(DEFAULT, None), "ip -4 -j -d route", ROUTE),
}


@pytest.mark.parametrize(("decided", "origin", "excerpt"), CASES.values(), ids=CASES)
def test_the_deciding_reading_is_quoted(
    decided: RuleDecided | SysctlDecided | RouteDecided, origin: str, excerpt: str
) -> None:
    quotes = Quotes((EVIDENCE,), Words())
    reference = quotes.decided(decided)
    assert reference is not None
    assert (quotes.all()[reference].origin, quotes.all()[reference].excerpt) == (origin, excerpt)


def test_an_assumption_has_no_evidence() -> None:
    assert Quotes((EVIDENCE,), Words()).decided(Assumed(message("a gateway"))) is None
    assert Quotes((EVIDENCE,), Words()).decided(None) is None


def test_a_reading_that_is_not_there_is_not_quoted() -> None:
    elsewhere = RouteDecided(msgspec.structs.replace(DEFAULT, evidence="e9"), None)
    assert Quotes((EVIDENCE,), Words()).decided(elsewhere) is None


def test_a_missing_route_is_said_and_not_quoted() -> None:
    """The rule that dropped the packet is in another reading, and must not be quoted as if it were a route."""
    missing = Candidate(
        message("gone"),
        message("gone"),
        Change(()),
        OfRoute(Route(4, 0x0AF40200, 24, next_hops=(NextHop("flannel.1", 0x0AF40200, onlink=True),)), host="h"),
        "route-between-hosts",
        evidence=("e4",),
    )
    quotes = Quotes((EVIDENCE,), Words())
    assert quotes.named(missing, RuleDecided(DROP)) == ("e4",)
    assert (quotes.all()["e4"].excerpt, quotes.all()["e4"].note) == ("", "no route to 10.244.2.0/24")


def test_the_rule_that_stopped_the_packet_is_quoted_in_its_own_reading() -> None:
    candidate = Candidate(
        message("rule"), message("rule"), Change(()), OfFile(""), "route-between-hosts", evidence=("e4", "e2")
    )
    quotes = Quotes((EVIDENCE,), Words())
    references = quotes.named(candidate, RuleDecided(DROP))
    assert quotes.all()[references[1]].excerpt == "[7:420] -A DOCKER-USER -j DROP"
    assert "DOCKER-USER" not in quotes.all()[references[0]].excerpt


def named(where: Where, evidence: str) -> Quote:
    quotes = Quotes((EVIDENCE,), Words())
    (reference,) = quotes.named(Candidate(message("x"), message("x"), Change(()), where, "link-or-route", (evidence,)))
    return quotes.all()[reference]


WAYS: dict[str, tuple[OfRoute, str, str]] = {
    "it is there": (OfRoute(DEFAULT), ROUTE, ""),
    "another one to the same destination": (of_missing(Route(4, 0, 0), (DEFAULT,)), ROUTE, ""),
    "one to another destination": (of_missing(Route(4, 0x0A090000, 16), (DEFAULT,)), "", "no route to 10.9.0.0/16"),
    "none": (of_missing(Route(4, 0, 0), ()), "", "no default route"),
}


@pytest.mark.parametrize(("where", "excerpt", "note"), WAYS.values(), ids=WAYS)
def test_a_route_or_those_in_its_place(where: OfRoute, excerpt: str, note: str) -> None:
    found = named(where, "e4")
    assert (found.excerpt, found.note) == (excerpt, note)


def test_the_entry_that_was_read_is_quoted_and_no_other() -> None:
    socket = Socket("tcp", 4, None, 80, evidence="e5", entry=2)
    assert named(OfSocket(socket), "e5").excerpt == SOCKETS.splitlines()[1]
    elsewhere = msgspec.structs.replace(socket, evidence="e3")
    assert named(OfSocket(elsewhere), "e5").excerpt == SOCKETS.strip()


def test_places_of_one_reading_are_told_apart_and_the_same_place_is_quoted_once() -> None:
    quotes = Quotes((EVIDENCE,), Words())
    first = quotes.decided(SysctlDecided(FORWARD, "0", "1", "e1"))
    second = quotes.decided(SysctlDecided(("net", "ipv4", "conf", "eth0", "forwarding"), "0", "1", "e1"))
    again = quotes.decided(SysctlDecided(FORWARD, "0", "1", "e1"))
    assert (first, second, again) == ("e1", "e1b", "e1")


def test_references_never_repeat() -> None:
    quotes = Quotes((EVIDENCE,), Words())
    found = [quotes.decided(LinkDecided("eth0", verbatim(f"state {number}"), "e3")) for number in range(800)]
    assert len(set(found)) == 800


def test_a_missing_chain_is_shown_by_the_chains_that_are_there() -> None:
    candidate = Candidate(
        message("gone"),
        message("gone"),
        Change(()),
        OfLostRules((ExpectedChain("ip", "nat", "OTHER"),)),
        "lost-engine-rule",
        evidence=("e2",),
    )
    quotes = Quotes((EVIDENCE,), Words())
    assert quotes.named(candidate) == ("e2",)
    assert quotes.all()["e2"].excerpt == "*nat\n:DOCKER - [0:0]"


def test_no_socket_is_shown_by_the_reading_that_would_list_it() -> None:
    quotes = Quotes((EVIDENCE,), Words())
    assert (
        quotes.socketless(Netns(EVIDENCE.name, "container:web"), verbatim("no socket accepts packets for port 80"))
        == "e3"
    )
    assert (
        quotes.socketless(Netns(EVIDENCE.name, "container:db"), verbatim("no socket accepts packets for port 80"))
        is None
    )


def test_an_excerpt_is_bounded() -> None:
    quotes = Quotes((EVIDENCE,), Words())
    reference = quotes.decided(LinkDecided("eth0", verbatim("x" * 5000), "e3"))
    assert reference is not None
    assert len(quotes.all()[reference].note) == LONGEST


def test_an_engines_reading_is_quoted_in_part() -> None:
    text = '{"Name":"/web","Created":"long ago","State":{"Status":"exited","ExitCode":137,"Error":""}}'
    reading = Reading("e4", "docker-containers", "", "docker inspect", AT, 0, "text", text)
    assert essence(reading) == '{"Name": "/web", "Status": "exited", "ExitCode": 137}'
    broken = Reading("e4", "docker-containers", "", "docker inspect", AT, 0, "text", "no JSON ")
    assert essence(broken) == "no JSON"


def test_of_several_objects_that_of_the_cause_is_quoted() -> None:
    text = '{"Name":"/db","State":{"Status":"running"}}\n{"Name":"/web","State":{"Status":"exited"}}\n'
    reading = Reading("e4", "docker-containers", "", "docker inspect", AT, 0, "text", text)
    assert essence(reading, ("web",)) == '{"Name": "/web", "Status": "exited"}'
