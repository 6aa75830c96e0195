"""Names of ports."""

import pytest

from hairpin.errors import MalformedError
from hairpin.netfilter.nft.script.constants import with_ports, with_ports_of
from hairpin.netfilter.nft.syntax import Json

DPORT: Json = {"payload": {"protocol": "tcp", "field": "dport"}}
SADDR: Json = {"payload": {"protocol": "ip", "field": "saddr"}}


def test_names_of_ports_become_numbers_wherever_a_port_is_compared() -> None:
    assert with_ports(DPORT, "ssh") == 22
    assert with_ports(DPORT, {"set": ["http", {"range": [1, "https"]}]}) == {"set": [80, {"range": [1, 443]}]}
    both: Json = {"concat": [SADDR, DPORT]}
    assert with_ports(both, {"concat": ["10.0.0.1", "domain"]}) == {"concat": ["10.0.0.1", 53]}
    assert with_ports(DPORT, "@ports") == "@ports"
    assert with_ports(SADDR, "ssh") == "ssh"


def test_a_set_of_ports_has_numbers() -> None:
    assert with_ports_of(["inet_service"], {"set": [["ssh", {"accept": None}]]}) == {"set": [[22, {"accept": None}]]}
    assert with_ports_of(["ipv4_addr"], {"set": ["ssh"]}) == {"set": ["ssh"]}


def test_a_name_that_nobody_knows_is_no_port() -> None:
    with pytest.raises(MalformedError, match="nonesuch"):
        with_ports(DPORT, "nonesuch")
