"""firewalld's zones of now."""

import pytest

from hairpin.errors import ParseError
from hairpin.evidence.reading import text_reading
from hairpin.host.managers import FirewalldZone
from hairpin.host.read.managers.firewalld_runtime import RuntimeZones, of_bus, of_words
from tests.host.fixture_evidence import text_of

# firewalld 1.3.3 by busctl of systemd 252.
BUS = text_of("firewalld-1.3", "zones.jsonl")
WORDS = """\
docker (active)
  target: ACCEPT
  icmp-block-inversion: no
  interfaces: docker0
  sources:
  services:
  ports:
  forward: yes
  masquerade: no
  rich rules:

public (default, active)
  target: default
  interfaces: eth0 eth1
  sources: 192.0.2.0/24
  services: dhcpv6-client ssh
  ports: 8151/tcp 53/udp
  masquerade: yes
  rich rules:
\trule family="ipv4" source address="192.0.2.0/24" accept
"""


def test_of_bus() -> None:
    assert of_bus(text_reading(BUS, "busctl")) == RuntimeZones(
        (
            FirewalldZone(
                "public",
                ports=("8151/tcp",),
                services=("ssh", "dhcpv6-client"),
                forward=True,
                rich_rules=('rule family="ipv4" source address="192.0.2.0/24" port port="8080" protocol="tcp" accept',),
            ),
            FirewalldZone("docker", target="ACCEPT", interfaces=("docker0",), forward=True),
        ),
        "public",
    )


def test_of_words() -> None:
    assert of_words(WORDS) == RuntimeZones(
        (
            FirewalldZone("docker", target="ACCEPT", interfaces=("docker0",), forward=True),
            FirewalldZone(
                "public",
                interfaces=("eth0", "eth1"),
                sources=("192.0.2.0/24",),
                ports=("8151/tcp", "53/udp"),
                services=("dhcpv6-client", "ssh"),
                masquerade=True,
                rich_rules=('rule family="ipv4" source address="192.0.2.0/24" accept',),
            ),
        ),
        "public",
    )


def test_a_member_of_another_form_leaves_the_zone() -> None:
    text = '{"call":"getZoneSettings2","name":"x","reply":{"data":[{"ports":{"data":"8151"}}]}}'
    assert of_bus(text_reading(text, "busctl")).zones == (FirewalldZone("x"),)


def test_nothing() -> None:
    assert of_bus(text_reading("", "busctl")) == of_words("") == RuntimeZones()


def test_damage_is_a_parse_error_with_its_line() -> None:
    with pytest.raises(ParseError, match="busctl:2"):
        of_bus(text_reading('{"call":"getDefaultZone"}\n{"call":\n', "busctl"))
