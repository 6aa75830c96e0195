"""Each of the kernel's reasons has a sentence; a step's decision is printed in its tool's words."""

from typing import get_args

from hairpin.host.route import NextHop, Route
from hairpin.message import message, verbatim
from hairpin.netfilter.evaluate.chain import Place
from hairpin.netfilter.packet import Packet, Seen
from hairpin.report.stops import decided_text, stop_sentence
from hairpin.report.words import Words
from hairpin.walk.decided import (
    Assumed,
    ConntrackDecided,
    DecidedBy,
    LinkDecided,
    RouteDecided,
    RuleDecided,
    SocketDecided,
    SysctlDecided,
)
from hairpin.walk.state import Reason, Stop
from tests.rows import each_row
from tests.small_host import HOST_NETNS

SEEN = Seen(Packet(4, 1, 2, 6))
POLICY = Place("iptables-nft", "ip", "filter", "FORWARD", 0, "-P FORWARD DROP")
RULE = Place("iptables-nft", "ip", "nat", "DOCKER", 2, "-A DOCKER -p tcp -j DNAT --to-destination 172.17.0.2:80")
DEFAULT = Route(4, 0, 0, next_hops=(NextHop("eth0", 0xC6336401),))
TEXTS: dict[str, tuple[DecidedBy | None, str]] = {
    "nothing": (None, ""),
    "a policy": (RuleDecided(POLICY), "filter FORWARD: -P FORWARD DROP"),
    "a rule": (RuleDecided(RULE), "nat DOCKER 2: -p tcp -j DNAT --to-destination 172.17.0.2:80"),
    "a route": (RouteDecided(DEFAULT, None), "default via 198.51.100.1 dev eth0"),
    "a sysctl": (SysctlDecided(("net", "ipv4", "ip_forward"), "0", "1"), "net.ipv4.ip_forward = 0"),
    "a socket": (SocketDecided(verbatim("0.0.0.0:80/tcp")), "0.0.0.0:80/tcp"),
    "a link": (LinkDecided("eth0", message("is down")), "is down"),
    "an entry": (ConntrackDecided(verbatim("tcp 6")), "tcp 6"),
    "assumed": (Assumed(verbatim("a gateway")), "a gateway"),
}


@each_row(("decided", "expected"), TEXTS.values(), ids=TEXTS)
def test_decided_text(decided: DecidedBy | None, expected: str) -> None:
    assert decided_text(decided, Words()) == expected


def test_all_but_a_tools_words_are_in_the_readers_language() -> None:
    assert decided_text(LinkDecided("eth0", message("is down")), Words("zh")) == "未启用"
    assert decided_text(RuleDecided(RULE), Words("zh")) == decided_text(RuleDecided(RULE), Words())


@each_row("reason", get_args(Reason))
def test_every_reason_has_a_sentence(reason: Reason) -> None:
    assert str(stop_sentence(Stop(reason, HOST_NETNS, "forward", "eth0", SEEN)))


def test_the_address_and_the_answer_are_named_if_they_are_known() -> None:
    nobody = Stop("no-neighbour", HOST_NETNS, "neighbour", "docker0", SEEN, address=0xAC110002)
    rejected = Stop("reject", HOST_NETNS, "forward", "eth0", SEEN, reject="tcp-reset")
    assert str(stop_sentence(nobody)) == "nothing answers for 172.17.0.2"
    assert str(stop_sentence(rejected)) == "a rule rejects the packet with tcp-reset"
