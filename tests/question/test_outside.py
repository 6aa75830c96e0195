"""Facts about the outside that the user states, and facts that a question presupposes."""

from pathlib import Path

import msgspec
import pytest

from hairpin.errors import UsageError
from hairpin.host.managers import CloudAddress
from hairpin.message import Message
from hairpin.network.network import Network
from hairpin.network.world import Peer, PublicAddress, ReturnRoute, UpstreamRule, World
from hairpin.question.outside import parse_public, parse_world, with_world
from hairpin.question.target import parse_target
from tests.report.answers import network
from tests.rows import each_row
from tests.small_host import route

PAGE = Path(__file__).resolve().parents[2] / "docs" / "outside.md"
OWN = 0xC633640B
PUBLIC = 0xCB00710B


def test_the_documented_example_is_read() -> None:
    example = PAGE.read_text("utf-8").split("```toml\n")[1].split("```")[0]
    assert parse_world(example, "world.toml") == World(
        publics=(PublicAddress(4, PUBLIC, 0x0A640304, host="node2"),),
        peers=(Peer(4, 0x0A000000, 8, ((0x0A640300, 28),), "node2"), Peer(4, 0, 0, ((0xC6336400, 24),), link="eth0")),
        return_routes=(ReturnRoute(4, 0xAC110000, 16),),
        upstream=(UpstreamRule("deny", "tcp", (8000, 9000)),),
    )


def test_json_that_has_no_tables() -> None:
    with pytest.raises(UsageError, match="the file has no tables"):
        parse_world("[]", "w.json")


def test_json_with_the_same_names() -> None:
    text = '{"upstream": [{"action": "deny", "ports": 8151}]}'
    assert parse_world(text, "w.json").upstream == (UpstreamRule("deny", "tcp", (8151, 8151)),)


PUBLIC_TABLE = "[[public]]\naddress = {}\nprivate = {}"
UPSTREAM = "[[upstream]]\naction = {}\nports = {}"

# the file, and what is said of it in English
WRONG: dict[str, tuple[str, str]] = {
    "no TOML": ("[[public", "the file is not TOML"),
    "a misspelt table": (
        '[[publics]]\naddress = "203.0.113.1"',
        "no table 'publics' exists; the tables are public, peer, return_route, upstream",
    ),
    "a table that is no list": ('[public]\naddress = "203.0.113.1"', "write [[public]]"),
    "a list of no tables": ("public = [1]", "write [[public]]"),
    "a misspelt key": (
        '[[peer]]\nnetwrok = "10.0.0.0/8"', "table peer has no key 'netwrok'; its keys are network, accepts, host",
    ),
    "a key that is missing": ("[[peer]]", "table peer lacks the key network"),
    "no address": (PUBLIC_TABLE.format('"x"', '"10.0.0.1"'), "'x' is not an address"),
    "no text": (PUBLIC_TABLE.format("1", '"10.0.0.1"'), "table public: address cannot be '1'"),
    "two families": (
        PUBLIC_TABLE.format('"203.0.113.1"', '"2001:db8::1"'),
        "203.0.113.1 and 2001:db8::1 are of different address families",
    ),
    "no network": ('[[peer]]\nnetwork = "10.0.0.1/8/1"', "'10.0.0.1/8/1' is not a network; write ADDRESS/LENGTH"),
    "two families of a peer": ('[[peer]]\nnetwork = "10.0.0.0/8"\naccepts = ["2001:db8::/32"]', "of another address"),
    "a range turned round": (UPSTREAM.format('"deny"', '"9000-8000"'), "'9000-8000' is neither a port"),
    "no number": (UPSTREAM.format('"deny"', '"a"'), "'a' is neither a port nor a range of ports; write"),
    "half a range": (UPSTREAM.format('"deny"', '"1-x"'), "'1-x' is neither a port"),
    "another action": (UPSTREAM.format('"drop"', "1"), "table upstream: action cannot be 'drop'"),
}  # fmt: skip


@each_row(("text", "said"), WRONG.values(), ids=WRONG)
def test_a_wrong_file_is_named_with_the_page_that_describes_it(text: str, said: str) -> None:
    with pytest.raises(UsageError, match=r"outside\.md") as refused:
        parse_world(text, "/etc/world.toml")
    assert "/etc/world.toml" in str(refused.value)
    assert said in str(refused.value)
    # Only TOML's own words are not hairpin's: everything else is a message with a translation.
    (reason,) = (value for key, value in refused.value.said.values if key == "reason")
    assert isinstance(reason, Message)
    assert reason.template != "unexpected form: {words}"


def test_a_peer_may_be_stated_for_one_host() -> None:
    stated = parse_world('[[peer]]\nnetwork = "10.0.0.0/8"\nhost = "node9"', "world.toml")
    assert stated.peers == (Peer(4, 0x0A000000, 8, host="node9"),)
    with pytest.raises(UsageError, match="node9"):
        with_world(network(), stated, (), ())


def publics(*stated: str, target: str = "8080") -> tuple[PublicAddress, ...]:
    mapped = tuple(parse_public(each) for each in stated)
    return with_world(network(), World(), mapped, (parse_target(target),)).world.publics


def test_a_stated_public_address_is_the_hosts_own() -> None:
    assert publics("203.0.113.11") == (PublicAddress(4, PUBLIC, OWN),)
    assert publics("203.0.113.11=10.0.0.4") == (PublicAddress(4, PUBLIC, 0x0A000004),)


@pytest.mark.parametrize("text", ("x", "203.0.113.11=", "203.0.113.11=2001:db8::1"))
def test_a_wrong_public_address(text: str) -> None:
    with pytest.raises(UsageError, match="--public") as refused:
        parse_public(text)
    (reason,) = (value for key, value in refused.value.said.values if key == "reason")
    assert isinstance(reason, Message)


SUPPOSED: dict[str, tuple[str, bool]] = {
    "a public address with a published port": ("203.0.113.11:8080", True),
    "a URL with it": ("http://203.0.113.11:8080/", True),
    "a port that nobody publishes": ("203.0.113.11:9999", True),
    "the host's own address": ("198.51.100.11:8080", False),
    "a neighbour": ("198.51.100.77:8080", False),
    "loopback": ("127.0.0.1:8080", False),
    "a private address somewhere else": ("10.1.2.3:8080", False),
    "no address": ("8080", False),
}


@each_row(("target", "expected"), SUPPOSED.values(), ids=SUPPOSED)
def test_an_address_that_is_only_asked_for_is_supposed_and_not_stated(target: str, expected: bool) -> None:
    world = with_world(network(), World(), (), (parse_target(target),)).world
    assert world.publics == ()
    assert world.supposed == ((PublicAddress(4, PUBLIC, OWN),) if expected else ())


def told(*addresses: CloudAddress) -> Network:
    return Network((msgspec.structs.replace(network().this, cloud_addresses=addresses),))


CLOUD: dict[str, tuple[CloudAddress, tuple[PublicAddress, ...]]] = {
    "with the private address": (
        CloudAddress(4, PUBLIC, OWN, "e9"), (PublicAddress(4, PUBLIC, OWN, host=network().this.name, evidence="e9"),),
    ),
    "without one": (
        CloudAddress(4, PUBLIC, None, "e9"), (PublicAddress(4, PUBLIC, OWN, host=network().this.name, evidence="e9"),),
    ),
    "of a card that is gone": (CloudAddress(4, PUBLIC, 0x0A000004), ()),
    "an interface has it": (CloudAddress(4, OWN, None), ()),
}  # fmt: skip


@pytest.mark.parametrize(("address", "expected"), CLOUD.values(), ids=CLOUD)
def test_the_file_that_cloud_init_wrote_states_an_address(
    address: CloudAddress, expected: tuple[PublicAddress, ...]
) -> None:
    world = with_world(told(address), World(), (), (parse_target("203.0.113.11:8080"),)).world
    assert world.publics == expected
    assert (world.supposed == ()) == bool(expected)


def test_the_users_word_counts_before_the_file() -> None:
    stated = parse_world('[[public]]\naddress = "203.0.113.11"\nprivate = "198.51.100.11"\nhairpins = true', "w.toml")
    world = with_world(told(CloudAddress(4, PUBLIC, OWN)), stated, (), ()).world
    found = world.public(4, PUBLIC)
    assert found is not None
    assert found.hairpins


def test_a_neighbour_that_a_route_reaches_by_a_gateway_is_no_public_address() -> None:
    netns = network().this.netns
    own = network().namespace(netns)
    detour = route("198.51.100.77/32", "eth0", via="198.51.100.1")
    routed = network().with_namespace(netns, msgspec.structs.replace(own, routes=(*own.routes, detour)))
    asked = parse_target("198.51.100.77:8080")
    assert with_world(routed, World(), (), (asked,)).world.supposed == ()


def test_a_stated_fact_is_not_supposed_too() -> None:
    mapped = (parse_public("203.0.113.11"),)
    world = with_world(network(), World(), mapped, (parse_target("203.0.113.11:8080"),)).world
    assert (world.publics, world.supposed) == ((PublicAddress(4, PUBLIC, OWN),), ())


def test_an_address_of_a_family_that_the_host_has_not_cannot_be_mapped_to_it() -> None:
    netns = network().this.netns
    own = network().namespace(netns)
    bare = network().with_namespace(netns, msgspec.structs.replace(own, addresses=()))
    with pytest.raises(UsageError, match=r"write 203\.0\.113\.11=PRIVATE"):
        with_world(bare, World(), (parse_public("203.0.113.11"),), ())
