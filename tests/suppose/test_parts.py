"""On which parts a verdict rests beside the told ones."""

import pytest

from hairpin.question.flows import flows_for
from hairpin.question.target import parse_target
from hairpin.suppose.parts import supposed_in
from tests.small_host import network as whole_network
from tests.small_host import published
from tests.suppose.test_ordinary import ADDRESSES, CLOSED, RUN, network


def commands(*texts: str) -> set[str]:
    whole = network(*texts)
    flow = flows_for(whole, (parse_target("8080"),), None)[0]
    return {each.command for each in supposed_in(whole, flow)}


def test_a_host_that_was_read_rests_on_itself() -> None:
    assert supposed_in(whole_network(), published()) == ()


def test_all_that_a_walk_reads_is_supposed() -> None:
    found = commands(RUN)
    assert {"ip -d addr", "ip route show table all", "ip rule", "sudo iptables-save", "sudo nft list ruleset"} <= found
    assert any("nsenter" in each for each in found)


@pytest.mark.parametrize(
    ("text", "command"),
    (
        (ADDRESSES, "ip -d addr"),
        ("$ ip rule\n0:\tfrom all lookup local\n32766:\tfrom all lookup main\n", "ip rule"),
        (CLOSED + CLOSED.replace("filter", "nat").replace(":FORWARD DROP [0:0]\n", ":PREROUTING ACCEPT [0:0]\n"),
         "sudo iptables-save"),
    ),
)  # fmt: skip
def test_what_is_told_is_not_supposed(text: str, command: str) -> None:
    assert command in commands(RUN)
    assert command not in commands(RUN, text)


def test_a_stopped_container_may_publish_the_port() -> None:
    """A list of containers shows the ports in effect, so nothing tells which ports a stopped one publishes."""
    text = (
        "$ docker ps -a\nCONTAINER ID   IMAGE   COMMAND   CREATED   STATUS   PORTS   NAMES\n"
        '4a1e3b2c9d10   nginx   "nginx"   5 minutes ago   Exited (1) 2 minutes ago             web\n'
        "\nIt is refused.\n"
    )
    assert "docker inspect web" in commands(text)


LISTED = '4a1e3b2c9d{0:02}   nginx   "nginx"   5 minutes ago   Up 5 minutes   0.0.0.0:{1}->80/tcp   w{0}\n'
MANY = "$ docker ps\nCONTAINER ID   IMAGE   COMMAND   CREATED   STATUS   PORTS   NAMES\n" + "".join(
    LISTED.format(number, 8080 + number) for number in range(12)
)


def test_a_flow_rests_on_its_own_parts_whichever_alike_flow_was_walked_before() -> None:
    """The parts of an alike flow are those of the first one's walk, with the names exchanged."""
    together = network(MANY)
    flows = flows_for(together, tuple(parse_target(str(8080 + number)) for number in range(12)), None)
    of_all = [supposed_in(together, each) for each in flows]
    assert of_all == [supposed_in(network(MANY), each) for each in flows]
    assert len(set(of_all)) > 1
