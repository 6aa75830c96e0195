"""When the two judges agree, and what the answer reports when they do not."""

from msgspec.structs import replace

from hairpin.host.socket import Relay, Socket
from hairpin.judges.agreement import agreement
from hairpin.message import message
from hairpin.netfilter.evaluate.chain import Condition
from hairpin.network.flow import Flow, Outside
from hairpin.replica.judgement import Hit, Judgement, Place
from hairpin.walk.decided import RuleDecided
from hairpin.walk.state import Step
from hairpin.walk.trace import Trace
from hairpin.walk.walk import walk_flow
from tests.causes.hosts import NO_CONTAINER
from tests.rows import each_row
from tests.small_host import (
    CLIENT,
    DOCKER_RULES,
    HOST_ADDRESS,
    HOST_NETNS,
    WEB,
    container,
    container_namespace,
    engine,
    host_namespace,
    network,
)
from tests.walk.link.test_neighbour_discovery import NEXT, OWN, net

FLOW = Flow(Outside(CLIENT), 4, HOST_ADDRESS, "tcp", 8151)
DROPPING = DOCKER_RULES.replace("-A FORWARD -j DOCKER-USER", "-A FORWARD -i eth0 -j DROP\n-A FORWARD -j DOCKER-USER")
DELIVERED = walk_flow(network(), FLOW)
DROPPED = walk_flow(network(host_namespace(DROPPING)), FLOW)
RULE = Hit(HOST_NETNS, "iptables-nft", "ip", "filter", "FORWARD", 1, "-A FORWARD -i eth0 -j DROP", 1, "drop")
OTHER = replace(RULE, chain="DOCKER")
STOP = DROPPED.usual.stop
assert STOP is not None
assert isinstance(STOP.decided_by, RuleDecided)
VMAP = RuleDecided(replace(STOP.decided_by.place, text="tcp dport vmap { 8151 : drop }"))
STOP_BY_MAP = replace(STOP, decided_by=VMAP)
BY_MAP = replace(DROPPED, branches=(replace(DROPPED.usual, stop=STOP_BY_MAP),))
RATE = Condition(message("-m limit --limit 5/min"), holds=False, usual=False, load=True)
OVER_THE_RATE = replace(DROPPED.usual, conditions=(RATE,))

LOSING = DOCKER_RULES.replace("-A FORWARD -j DOCKER-USER", "-A FORWARD -o eth0 -j DROP\n-A FORWARD -j DOCKER-USER")
LOST_ANSWER = walk_flow(network(host_namespace(LOSING)), FLOW)
WITHIN = Step(HOST_NETNS, "tunnel", "vxlan77", LOST_ANSWER.usual.reply[-1].packet)
LOST_WITHIN = replace(LOST_ANSWER, branches=(replace(LOST_ANSWER.usual, reply=(WITHIN, *LOST_ANSWER.usual.reply)),))
NO_WAY_BACK = walk_flow(network(inner=container_namespace(default=False)), FLOW)

REJECTING = "-A INPUT -p ipv6-icmp -j REJECT"
REJECTED = walk_flow(net(f"{REJECTING}\n"), Flow(NEXT, 6, OWN, "tcp", 22))
REJECTS = Hit(HOST_NETNS, "iptables-nft", "ip6", "filter", "INPUT", 1, REJECTING, 1, "reject")

NOT_STARTED = container("created")
HTTPD = Socket("tcp", 4, None, 8151, process="httpd", pid=9)
PROXY = replace(HTTPD, process="docker-proxy", relay=Relay(4, WEB, 80))


def held(socket: Socket) -> Trace:
    """Return the walk to a port that the socket holds, and whose container could not be started."""
    host = network(host_namespace(NO_CONTAINER, sockets=(socket,)), docker=engine(NOT_STARTED))
    return walk_flow(host, replace(FLOW, container="web"))


HELD = held(HTTPD)
HELD_AND_HALTED = held(replace(PROXY, halted=True))

CASES = {
    "neighbour discovery is rejected": (
        REJECTED,
        Judgement(REJECTED.flow, "rejected", Place(HOST_NETNS, rules=(REJECTS,))),
        (True, "replicated", ""),
    ),
    "the same verdict": (DELIVERED, Judgement(FLOW, "delivered"), (True, "replicated", "")),
    "the same rule": (DROPPED, Judgement(FLOW, "dropped", Place(HOST_NETNS, rules=(RULE,))), (True, "replicated", "")),
    "another verdict": (
        DELIVERED,
        Judgement(FLOW, "dropped"),
        (False, "simulated", "simulated delivered, the kernel says dropped"),
    ),
    "another rule": (
        DROPPED,
        Judgement(FLOW, "dropped", Place(HOST_NETNS, rules=(OTHER,))),
        (
            False,
            "simulated",
            "simulated: rule 1 of filter FORWARD stopped the packet; the kernel counted filter DOCKER 1",
        ),
    ),
    "no rule": (
        DROPPED,
        Judgement(FLOW, "dropped", Place(HOST_NETNS)),
        (
            False,
            "simulated",
            (
                "simulated: rule 1 of filter FORWARD stopped the packet; the kernel counted no rule that ends the "
                "packet's way"
            ),
        ),
    ),
    "a replica delivers to whichever process has the port": (
        HELD,
        Judgement(HELD.flow, "delivered"),
        (True, "replicated", ""),
    ),
    "another process has the port, and nothing arrives": (
        HELD,
        Judgement(HELD.flow, "dropped"),
        (False, "simulated", "simulated misdirected, the kernel says dropped"),
    ),
    "another process has the port, and a signal stopped it": (
        HELD_AND_HALTED,
        Judgement(HELD.flow, "unanswered"),
        (True, "replicated", ""),
    ),
    "another process has the port, a signal stopped it, and yet an answer comes": (
        HELD_AND_HALTED,
        Judgement(HELD.flow, "delivered"),
        (False, "simulated", "simulated unanswered, the kernel says delivered"),
    ),
    "a relay that leads elsewhere has the port": (
        held(PROXY),
        Judgement(HELD.flow, "dropped"),
        (True, "replicated", ""),
    ),
    "a SYN-ACK without a route": (NO_WAY_BACK, Judgement(FLOW, "dropped"), (True, "replicated", "")),
    "a SYN-ACK that is lost inside a tunnel, as ARP is": (
        LOST_WITHIN,
        Judgement(FLOW, "dropped"),
        (True, "replicated", ""),
    ),
    "a SYN-ACK that is lost": (
        LOST_ANSWER,
        Judgement(FLOW, "dropped"),
        (False, "simulated", "simulated unanswered, the kernel says dropped"),
    ),
    "a verdict map": (BY_MAP, Judgement(FLOW, "dropped", Place(HOST_NETNS)), (True, "replicated", "")),
    "something is left out": (
        DELIVERED,
        Judgement(FLOW, "delivered", left_out=(message("x"),)),
        (True, "simulated", ""),
    ),
    "what is left out may be the reason": (
        DELIVERED,
        Judgement(FLOW, "dropped", left_out=(message("x"),)),
        (None, "simulated", "simulated delivered, the kernel says dropped"),
    ),
    "branches that the walk cannot follow": (
        replace(DELIVERED, verdict="depends", branches=(replace(DROPPED.usual, verdict="depends"),) * 2),
        Judgement(FLOW, "unanswered"),
        (True, "replicated", ""),
    ),
    "the other flows have used up a rate": (
        replace(DELIVERED, branches=(DELIVERED.usual, OVER_THE_RATE)),
        Judgement(FLOW, "dropped", Place(HOST_NETNS, rules=(RULE,))),
        (None, "simulated", "simulated delivered, the kernel says dropped"),
    ),
    "no rate explains it": (
        replace(DELIVERED, branches=(DELIVERED.usual, OVER_THE_RATE)),
        Judgement(FLOW, "refused"),
        (False, "simulated", "simulated delivered, the kernel says refused"),
    ),
    "one of several branches": (
        replace(DROPPED, verdict="depends", branches=(*DROPPED.branches, *DELIVERED.branches)),
        Judgement(FLOW, "delivered"),
        (True, "replicated", ""),
    ),
}


@each_row(("trace", "judgement", "expected"), CASES.values(), ids=CASES)
def test_agreement(trace: object, judgement: Judgement, expected: tuple[bool | None, str, str]) -> None:
    assert isinstance(trace, type(DELIVERED))
    found = agreement(trace, judgement)
    assert (found.agrees, found.judge, str(found.reason or "")) == expected
