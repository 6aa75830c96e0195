"""Facts about the outside that the user states, and facts that a question presupposes."""

from pathlib import Path

import msgspec
import pytest

from hairpin.errors import UsageError
from hairpin.network.world import Peer, PublicAddress, ReturnRoute, UpstreamRule, World
from hairpin.question.outside import parse_public, parse_world, with_world
from hairpin.question.target import parse_target
from tests.report.answers import network
from tests.small_host import route

PAGE = Path(__file__).resolve().parents[2] / "docs" / "outside.md"
OWN = 0xC633640B
PUBLIC = 0xCB00710B


def test_the_documented_example_is_read() -> None:
    example = PAGE.read_text("utf-8").split("```toml\n")[1].split("```")[0]
    assert parse_world(example, "world.toml") == World(
        publics=(PublicAddress(4, PUBLIC, 0x0A640304, host="node2"),),
        peers=(Peer(4, 0x0A000000, 8, ((0x0A640300, 28),)),),
        return_routes=(ReturnRoute(4, 0xAC110000, 16),),
        upstream=(UpstreamRule("deny", "tcp", (8000, 9000)),),
    )


def test_json_with_the_same_names() -> None:
    text = '{"upstream": [{"action": "deny", "ports": 8151}]}'
    assert parse_world(text, "w.json").upstream == (UpstreamRule("deny", "tcp", (8151, 8151)),)


WRONG: dict[str, str] = {
    "no TOML": "[[public",
    "a misspelt name": '[[publics]]\naddress = "203.0.113.1"',
    "no address": '[[public]]\naddress = "x"\nprivate = "10.0.0.1"',
    "two families": '[[public]]\naddress = "203.0.113.1"\nprivate = "2001:db8::1"',
    "two families of a peer": '[[peer]]\nnetwork = "10.0.0.0/8"\naccepts = ["2001:db8::/32"]',
    "no port": '[[upstream]]\naction = "deny"\nports = "9000-8000"',
    "another action": '[[upstream]]\naction = "drop"\nports = 1',
}


@pytest.mark.parametrize("text", WRONG.values(), ids=WRONG)
def test_a_wrong_file_is_named_with_the_page_that_describes_it(text: str) -> None:
    with pytest.raises(UsageError, match=r"outside\.md") as refused:
        parse_world(text, "/etc/world.toml")
    assert "/etc/world.toml" in str(refused.value)


def publics(*stated: str, target: str = "8080") -> tuple[PublicAddress, ...]:
    mapped = tuple(parse_public(each) for each in stated)
    return with_world(network(), World(), mapped, (parse_target(target),)).world.publics


def test_a_stated_public_address_is_the_hosts_own() -> None:
    assert publics("203.0.113.11") == (PublicAddress(4, PUBLIC, OWN),)
    assert publics("203.0.113.11=10.0.0.4") == (PublicAddress(4, PUBLIC, 0x0A000004),)


@pytest.mark.parametrize("text", ("x", "203.0.113.11=", "203.0.113.11=2001:db8::1"))
def test_a_wrong_public_address(text: str) -> None:
    with pytest.raises(UsageError, match="--public"):
        parse_public(text)


ASSUMED: dict[str, tuple[str, bool]] = {
    "a public address with a published port": ("203.0.113.11:8080", True),
    "a URL with it": ("http://203.0.113.11:8080/", True),
    "a port that nobody publishes": ("203.0.113.11:9999", False),
    "the host's own address": ("198.51.100.11:8080", False),
    "a neighbour": ("198.51.100.77:8080", False),
    "loopback": ("127.0.0.1:8080", False),
    "a private address somewhere else": ("10.1.2.3:8080", False),
    "no address": ("8080", False),
}


@pytest.mark.parametrize(("target", "expected"), ASSUMED.values(), ids=ASSUMED)
def test_the_facts_that_a_question_presupposes(target: str, expected: bool) -> None:
    found = publics(target=target)
    assert found == ((PublicAddress(4, PUBLIC, OWN, stated=False),) if expected else ())


def test_a_neighbour_that_a_route_reaches_by_a_gateway_is_no_public_address() -> None:
    netns = network().this.netns
    own = network().namespace(netns)
    detour = route("198.51.100.77/32", "eth0", via="198.51.100.1")
    routed = network().with_namespace(netns, msgspec.structs.replace(own, routes=(*own.routes, detour)))
    asked = parse_target("198.51.100.77:8080")
    assert with_world(routed, World(), (), (asked,)).world.publics == ()


def test_a_stated_fact_is_not_assumed_too() -> None:
    assert publics("203.0.113.11", target="203.0.113.11:8080") == (PublicAddress(4, PUBLIC, OWN),)


def test_an_address_of_a_family_that_the_host_has_not_cannot_be_mapped_to_it() -> None:
    netns = network().this.netns
    own = network().namespace(netns)
    bare = network().with_namespace(netns, msgspec.structs.replace(own, addresses=()))
    with pytest.raises(UsageError, match=r"write 203\.0\.113\.11=PRIVATE"):
        with_world(bare, World(), (parse_public("203.0.113.11"),), ())
