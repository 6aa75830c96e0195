"""What the readings of a text tell of its host."""

from hairpin.evidence.told import ToldParts
from tests.suppose.test_ordinary import CLOSED, PS, RUN, host

CURL = "curl: (7) Failed to connect to 10.8.0.5 port 8080: Connection refused\n"


def told(*texts: str) -> ToldParts:
    found = host(*texts).told
    assert found is not None
    return found


def test_tables() -> None:
    assert {(each.family, each.name) for each in told(CLOSED).tables} == {("ip", "filter")}
    assert not told(CLOSED).natives
    assert told("$ nft list ruleset\ntable inet mine {\n\tchain c {\n\t}\n}\n").natives


def test_outcomes() -> None:
    (outcome,) = told(CURL).outcomes
    assert (outcome.result, outcome.port, outcome.failed) == ("refused", 8080, True)


def test_trouble_in_words_counts_only_without_an_outcome() -> None:
    said = "From my laptop the page does not load.\n"
    assert [each.result for each in told(said).outcomes] == ["failed"]
    assert [each.result for each in told(said, CURL).outcomes] == ["refused"]


def test_the_inside_of_a_container() -> None:
    found = told(PS, "$ docker exec web ip route\ndefault via 172.17.0.1 dev eth0\n")
    assert ("container:web", "routes4") in found.parts
    assert ("host", "routes4") not in found.parts


def test_whether_anything_is_told() -> None:
    assert not told("An ode to spring.\n").tells_anything
    assert told(RUN).tells_anything
    assert told(CURL).tells_anything


def test_routes_of_bridges_alone_are_a_part_of_the_table() -> None:
    docker0 = "$ ip route\n172.17.0.0/16 dev docker0 proto kernel scope link src 172.17.0.1\n"
    assert ("host", "routes4") not in told(docker0).parts
    eth0 = "198.51.100.0/24 dev eth0 proto kernel scope link src 198.51.100.11\n"
    assert ("host", "routes4") in told(docker0 + eth0).parts
    links = "$ ip addr\n1: lo: <LOOPBACK,UP> mtu 65536\n    inet 127.0.0.1/8 scope host lo\n"
    listed = f"{links}2: docker0: <BROADCAST,UP> mtu 1500\n    inet 172.17.0.1/16 scope global docker0\n{docker0}"
    assert ("host", "routes4") in told(listed).parts
