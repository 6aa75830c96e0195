"""Flows that fail alike share a line; many delivered flows are folded."""

import msgspec

from hairpin.answer.answer import FlowAnswer
from hairpin.network.flow import Flow, FromContainer, FromHost, Lan, Start
from hairpin.network.prefix import parse_address
from hairpin.report.paper import Paper
from hairpin.report.verdicts import FEW, flow_text, folded, groups, write_flows
from hairpin.report.words import Words
from hairpin.walk.verdicts import Verdict
from tests.report.answers import answer, network

WHOLE = answer().flows[0]
OUTSIDE = WHOLE.trace.flow
HERE = network().this.netns


def answered(verdict: Verdict = "dropped", causes: tuple[str, ...] = ("c1",)) -> FlowAnswer:
    trace = msgspec.structs.replace(WHOLE.trace, verdict=verdict)
    return msgspec.structs.replace(WHOLE, trace=trace, causes=causes)


def flow(start: Start, to: str = "198.51.100.11:8080", *, egress: bool = False) -> Flow:
    address, _, port = to.rpartition(":")
    daddr = parse_address(address)[1]
    return Flow(start, 4, daddr, "tcp", int(port), container="front", purpose="egress" if egress else "published")


def test_groups_are_by_verdict_and_causes_and_undecided_ones_stand_last() -> None:
    flows = (answered("depends", ()), answered("delivered", ()), answered(causes=("c2",)), answered(), answered())
    found = groups(flows)
    assert [(each.verdict, each.causes, each.numbers) for each in found] == [
        ("dropped", ("c2",), (2,)),
        ("dropped", ("c1",), (3, 4)),
        ("depends", (), (0,)),
    ]


def test_a_flow_names_its_container_unless_it_starts_there() -> None:
    assert flow_text(OUTSIDE) == "outside (192.0.2.10) → 198.51.100.11:8080/tcp (front)"
    inside = FromContainer("front", HERE.sibling("container:front"))
    assert flow_text(flow(inside)) == "container:front → 198.51.100.11:8080/tcp"


def test_an_asked_address_stays_in_the_folded_line() -> None:
    asked = [msgspec.structs.replace(each, purpose="asked", daddr=0xCB00710B) for each in (OUTSIDE, OUTSIDE)]
    assert folded(asked, Words("en")) == ["203.0.113.11:8080/tcp (front) from outside"]


def test_a_client_that_the_user_named_has_no_label() -> None:
    named = msgspec.structs.replace(OUTSIDE, invented=False)
    assert flow_text(named) == "192.0.2.10 → 198.51.100.11:8080/tcp (front)"


def test_delivered_flows_fold_by_port_and_by_destination() -> None:
    flows = (
        OUTSIDE,
        flow(FromHost(), "127.0.0.1:8080"),
        flow(Lan(parse_address("198.51.100.7")[1])),
        flow(FromContainer("a", HERE.sibling("container:a")), "203.0.113.80:443", egress=True),
        flow(FromContainer("b", HERE.sibling("container:b")), "203.0.113.80:443", egress=True),
    )
    assert folded(flows, Words()) == [
        "8080/tcp (front) from outside, host, lan",
        "container:a, container:b → 203.0.113.80:443/tcp",
    ]


def test_a_line_says_of_which_ip_version_it_is_where_the_other_one_ends_otherwise() -> None:
    four, six = OUTSIDE, msgspec.structs.replace(OUTSIDE, version=6, daddr=parse_address("2001:db8::2")[1])
    assert folded((four,), Words(), others=(four, six)) == ["8080/tcp (front) over IPv4 from outside"]
    assert folded((six,), Words(), others=(four, six)) == ["8080/tcp (front) over IPv6 from outside"]
    assert folded((four, six), Words(), others=(four, six)) == ["8080/tcp (front) from outside"]
    assert folded((four,), Words(), others=(four,)) == ["8080/tcp (front) from outside"]
    assert folded((six,), Words(), others=(six,)) == ["8080/tcp (front) over IPv6 from outside"]


def test_each_client_has_the_ip_version_by_which_it_ends_so() -> None:
    """What the host itself asks passes by both versions, what a client outside asks by IPv6 alone."""
    six = parse_address("2001:db8::2")[1]
    ports = tuple(
        msgspec.structs.replace(flow(start, f"198.51.100.2:{8000 + n}"), invented=start is OUTSIDE.start)
        for n in range(FEW + 1)
        for start in (OUTSIDE.start, FromHost())
    )
    both = (*ports, *(msgspec.structs.replace(each, version=6, daddr=six) for each in ports))
    passing = [each for each in both if each.version == 6 or isinstance(each.start, FromHost)]
    failing = [each for each in both if each not in passing]
    some = "(8000/tcp, 8001/tcp, 8002/tcp, 8003/tcp, 8004/tcp and 2 more)"
    assert folded(failing, Words(), others=both) == [f"7 ports {some} over IPv4 from outside"]
    assert folded(passing, Words(), others=both) == [
        f"7 ports {some} from host",
        f"7 ports {some} over IPv6 from outside",
    ]
    assert folded(both, Words(), others=both) == [f"7 ports {some} from outside, host"]


def test_many_ports_that_the_same_clients_ask_for_are_one_line_and_hide_no_way_out() -> None:
    ports = tuple(flow(FromHost(), f"198.51.100.2:{8000 + number}") for number in range(FEW + 2))
    out = flow(FromContainer("a", HERE.sibling("container:a")), "203.0.113.80:443", egress=True)
    several, way_out = folded((*ports, out), Words())
    assert several == "8 ports (8000/tcp, 8001/tcp, 8002/tcp, 8003/tcp, 8004/tcp and 3 more) from host"
    assert way_out.startswith("container:a → ")
    assert len(folded((*ports, out), Words(), each_port=True)) == FEW + 3


def test_of_many_the_first_ones_by_their_numbers_are_named() -> None:
    out = tuple(flow(FromContainer(f"web-{each}", HERE), egress=True) for each in (10, 9, 2, 11, 1, 12, 3, 4))
    names = ", ".join(f"container:web-{each}" for each in (1, 2, 3, 4, 9))
    assert folded(out, Words()) == [f"{names} and 3 more → 198.51.100.11:8080/tcp"]


def test_many_are_counted_unless_all_are_asked_for() -> None:
    lines = [f"flow {number}" for number in range(FEW + 3)]
    few, everything = Paper(), Paper()
    write_flows(lines, "dropped", Words(), few, all_=False)
    write_flows(lines, "dropped", Words(), everything, all_=True)
    assert few.text().splitlines()[-1] == "✗ dropped  and 4 more (-v lists them)"
    assert len(few.text().splitlines()) == FEW
    assert len(everything.text().splitlines()) == FEW + 3
