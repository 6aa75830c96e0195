"""A public address that nobody asked for, and that the host itself does not reach."""

import msgspec
import pytest

from hairpin.causes.cause import Finding
from hairpin.diagnose.examination import examine
from hairpin.diagnose.unhairpinned import is_used, unhairpinned
from hairpin.host.managers import ConfigFile
from hairpin.network.flow import FromHost
from hairpin.network.network import Network
from hairpin.network.world import PublicAddress, World
from tests.causes.hosts import with_host
from tests.rule_text import with_rule
from tests.small_host import HOST_ADDRESS, host_namespace, network, number, published

PUBLIC = number("203.0.113.11")
MAPPING = PublicAddress(4, PUBLIC, HOST_ADDRESS)
DNAT = with_rule("nat OUTPUT", "-d 203.0.113.11/32 -p tcp --dport 9999 -j DNAT --to-destination 198.51.100.11:9999")


def stated(mapping: PublicAddress = MAPPING, rules: str | None = None) -> Network:
    host = host_namespace(rules) if rules is not None else host_namespace()
    return network(host, world=World(publics=(mapping,)))


PORT = msgspec.structs.replace(published(), purpose="published", container="web")


def found(built: Network) -> tuple[Finding, ...]:
    return unhairpinned(examine(built, (PORT,)))


def test_it_is_told_once_and_not_as_used() -> None:
    (told,) = found(stated())
    assert (told.id, told.severity, told.flows) == ("nat-loopback-on-cloud-address", "advice", ())
    assert str(told.line).startswith("this host and its containers do not reach 203.0.113.11")


def test_a_gateway_that_hairpins_is_no_matter() -> None:
    assert found(stated(msgspec.structs.replace(MAPPING, hairpins=True))) == ()


def test_who_asked_for_it_has_its_answer_already() -> None:
    built = stated()
    typed = msgspec.structs.replace(PORT, start=FromHost(), daddr=PUBLIC, purpose="asked")
    assert unhairpinned(examine(built, (PORT, typed))) == ()


def test_a_rule_about_it_shows_that_the_host_uses_it() -> None:
    assert [each.severity for each in found(stated(rules=DNAT))] == ["blocking"]


@pytest.mark.parametrize(
    ("text", "used"),
    (
        ("203.0.113.11 registry.example\n", True),
        ("server 203.0.113.11:8151;\n", True),
        ("203.0.113.111 other\n1.203.0.113.11 none\n", False),
        ("# 203.0.113.11 registry.example\n", False),
    ),
)
def test_a_file_that_names_it_shows_that_the_host_uses_it(text: str, used: bool) -> None:
    host = with_host(stated(), files=(ConfigFile("/etc/hosts", text),)).this
    assert is_used(host, 4, PUBLIC) is used
