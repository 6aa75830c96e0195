"""What firewall-cmd writes, read as firewalld reads it.

``make score EVENTS=1`` holds it against the real firewalld, which loads its own files."""

import msgspec
import pytest

from hairpin.change import calls
from hairpin.change.change import Change
from hairpin.change.firewalld import firewalld_files
from hairpin.change.simulation.simulate import simulate
from hairpin.events.firewalls._firewalld import direct_lines
from hairpin.firewalls.permanent import Permanent
from hairpin.firewalls.permanent_files import permanent
from hairpin.network.network import Network
from tests.firewalld_host import PUBLIC, with_firewalld

HOME = "/etc/firewalld/zones/home.xml"
OPENED = '<zone><port port="80" protocol="tcp"/></zone>'


def told(call: calls.OfFirewalld, own: dict[str, str] | None = None) -> Network:
    within = with_firewalld(own)
    files = firewalld_files(call, within.this)
    assert files is not None
    return simulate(Change(files), within)


def kept(call: calls.OfFirewalld, own: dict[str, str] | None = None) -> Permanent:
    return permanent(told(call, own).this)


def ports(within: Permanent) -> tuple[tuple[str, str], ...]:
    zone = within.zone("public")
    assert zone is not None
    return zone.rules.ports


def test_a_port_behind_those_that_are_open() -> None:
    call = calls.OpenPort("public", 8151, "tcp", permanent=True)
    assert ports(kept(call, {PUBLIC: OPENED})) == (("80", "tcp"), ("8151", "tcp"))
    assert ports(kept(msgspec.structs.replace(call, port=80), {PUBLIC: OPENED})) == (("80", "tcp"),)
    assert ports(kept(calls.OpenPort("public", 80, "tcp", permanent=True, closed=True), {PUBLIC: OPENED})) == ()


def test_a_zone_of_the_package_is_copied() -> None:
    files = firewalld_files(calls.OpenPort("public", 8151, "tcp", permanent=True), with_firewalld().this)
    assert files is not None
    assert [each.path for each in files] == [PUBLIC]
    assert ("8151", "tcp") in ports(kept(calls.OpenPort("public", 8151, "tcp", permanent=True), {}))


def test_a_file_without_content() -> None:
    assert ports(kept(calls.OpenPort("public", 8151, "tcp", permanent=True), {PUBLIC: "<zone/>"})) == (("8151", "tcp"),)


@pytest.mark.parametrize(
    "call",
    (
        calls.OpenPort("public", 8151, "tcp"),
        calls.BindInterface("trusted", "docker0"),
        calls.AddRichRule("zone", "public", "rule accept"),
        calls.TrustSource("172.17.0.0/16"),
    ),
)
def test_what_is_not_permanent_is_in_no_file(call: calls.OfFirewalld) -> None:
    assert firewalld_files(call, with_firewalld().this) == ()


def test_a_link_leaves_the_zone_that_it_was_in() -> None:
    own = {PUBLIC: '<zone>\n  <interface name="docker0"/>\n  <interface name="eth1"/>\n</zone>', HOME: "<zone/>"}
    found = kept(calls.BindInterface("home", "docker0", permanent=True), own)
    assert {each.name: each.interfaces for each in found.zones if each.interfaces} == {
        "public": ("eth1",), "home": ("docker0",),
    }  # fmt: skip


def test_a_link_is_taken_out_of_its_zone() -> None:
    own = {PUBLIC: '<zone>\n  <interface name="docker0"/>\n  <interface name="eth1"/>\n</zone>'}
    zone = kept(calls.BindInterface("public", "docker0", permanent=True, removed=True), own).zone("public")
    assert zone is not None
    assert zone.interfaces == ("eth1",)


def test_a_rich_rule_and_a_network_that_is_trusted() -> None:
    rule = 'rule priority="-1" family="ipv4" source address="192.0.2.10" port port="80" protocol="tcp" accept'
    found = kept(calls.AddRichRule("zone", "public", rule, permanent=True), {PUBLIC: OPENED}).zone("public")
    assert found is not None
    (rich,) = found.rules.rich
    assert (rich.priority, rich.family) == (-1, "ipv4")
    assert [part.tag for part in (rich.source, rich.element, rich.action) if part is not None] == [
        "source", "port", "accept",
    ]  # fmt: skip
    trusted = {"/etc/firewalld/zones/trusted.xml": '<zone target="ACCEPT"/>'}
    zone = kept(calls.TrustSource("172.17.0.0/16", permanent=True), trusted).zone("trusted")
    assert zone is not None
    assert zone.sources == ("172.17.0.0/16",)


def test_direct_rules_stand_behind_their_chain() -> None:
    chain = told(calls.AddDirectChain("ip", "filter", "DOCKER-USER"))
    files = firewalld_files(calls.AddDirectRule("ip", "filter", "DOCKER-USER", '-m comment --comment "a & b" -j RETURN',
                                          priority=-1), chain.this)  # fmt: skip
    assert files is not None
    lines = direct_lines(simulate(Change(files), chain).this)
    assert [each.text for each in lines] == [
        "-N DOCKER-USER", '-I DOCKER-USER 1 -m comment --comment "a & b" -j RETURN',
    ]  # fmt: skip
    gone = firewalld_files(calls.AddDirectRule("ip", "filter", "INPUT", "-j DROP", removed=True), chain.this)
    assert gone is None


def test_what_hairpin_cannot_tell() -> None:
    negated = 'rule family="ipv4" source NOT address="192.0.2.10" drop'
    assert firewalld_files(calls.AddRichRule("zone", "public", negated, permanent=True), with_firewalld().this) is None
    assert firewalld_files(calls.OpenPort("nowhere", 80, "tcp", permanent=True), with_firewalld().this) is None
