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
