"""Addresses elsewhere inside a range of the engine's networks."""

import pytest

from hairpin.pasted.text import evidence_in_texts
from hairpin.question.flows import flows_for
from hairpin.question.target import parse_target
from hairpin.suppose.hints.engine_ranges import covered_by_an_engine
from tests.suppose.test_ordinary import network

_INSPECT = """\
$ docker network inspect shop
[
    {
        "IPAM": {
            "Config": [
                {
                    "Subnet": "172.21.0.0/16",
                }
            ]
        },
    }
]
"""


def _said(text: str, *outputs: str, asked: str = "") -> list[str]:
    """Return what is elsewhere, as the hints say."""
    whole = network(*outputs, text, target=asked)
    flows = flows_for(whole, (parse_target(asked),), None) if asked else ()
    lines = tuple(enumerate(text.splitlines(), 1))
    evidence = (evidence_in_texts(outputs),) if outputs else ()
    found = tuple(covered_by_an_engine(lines, evidence, whole.hosts[0], flows))
    assert {each.cause for each in found} <= {"bridge-subnet-overlaps-route"}
    return [str(dict(each.means.values)["said"]) for each in found]


@pytest.mark.parametrize(
    ("text", "said"),
    (
        ("Das WLAN im Hotel vergibt Adressen aus 172.21.0.0/16.", "172.21.0.0/16"),
        ("Our VPN uses 172.21.0.0/18, and since the update nothing is reachable.", "172.21.0.0/18"),
        ("The printer in the office (172.21.9.4) does not answer.", "172.21.9.4"),
        ("公司内网 172.21.30.0/24 访问不了", "172.21.30.0/24"),
    ),
)
def test_a_listed_range_covers_what_is_elsewhere(text: str, said: str) -> None:
    assert _said(text, _INSPECT) == [said]


@pytest.mark.parametrize(
    "text",
    (
        "The container has 172.21.0.4, and the LAN is 192.168.7.0/24.",
        "The office uses 10.21.0.0/16.",
        "The network of the containers is 172.21.0.0/16.",
        "172.21.0.1 is the gateway of docker.",
    ),
)
def test_a_listed_range_covers_nothing_else(text: str) -> None:
    assert _said(text, _INSPECT) == []


def test_a_sentence_gives_the_range_of_the_engine() -> None:
    lan = "From the container I cannot get to the LAN address 172.19.44.8. The default bridge has the subnet {}."
    assert _said(lan.format("172.19.0.0/16")) == ["172.19.44.8"]
    assert _said(lan.format("172.18.0.0/16")) == []


def test_the_bridges_own_address_gives_its_range() -> None:
    far = "连不上公司内网的数据库 172.17.8.73。docker0 的地址是 {}。"
    assert _said(far.format("172.17.0.1")) == ["172.17.8.73"]
    assert _said(far.format("172.17.0.1/24")) == []
    assert _said(far.format("172.18.0.1")) == []
    assert _said("The office's database is 172.17.8.73, and docker0 has 172.17.42.1.") == ["172.17.8.73"]


def test_a_machine_counts_if_it_is_asked() -> None:
    text = "docker0 has 172.19.0.0/16. The database server 172.19.44.8 times out."
    assert _said(text, asked="172.19.44.8:5432") == ["172.19.44.8"]
    assert _said(text, asked="172.19.44.9:5432") == []


def test_a_macvlan_has_the_range_of_the_lan() -> None:
    text = "The macvlan network of docker has 192.168.1.0/24. The router of the LAN is 192.168.1.1."
    assert _said(text) == []
    assert _said(text.replace("macvlan", "bridge")) == ["192.168.1.1"]
