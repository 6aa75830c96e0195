"""Networks from the engines' JSON."""

import json
from typing import Any

import pytest

from hairpin.errors import ParseError
from hairpin.evidence.reading import text_reading
from hairpin.host.docker import MASQUERADES, SWARM_BRIDGE, DockerNetwork, Subnet
from hairpin.host.read.engines.network_json import BRIDGE_NAME, docker_networks, podman_networks, with_cni
from hairpin.netfilter.rule_address import read_address
from hairpin.network.prefix import address_text
from tests.rows import each_row

ID = "bf12a7dc6a66e39995ec4d8fab661882981229bd92930272bcd9abaf4b70be18"
# podman 4.3.1, podman network inspect podman
PODMAN = {
    "name": "podman", "id": ID, "driver": "bridge", "network_interface": "podman0",
    "subnets": [{"subnet": "10.88.0.0/16", "gateway": "10.88.0.1"}], "ipv6_enabled": False, "internal": False,
}  # fmt: skip


def docker(**fields: Any) -> DockerNetwork:
    text = json.dumps({"Id": ID, "Name": "n1", "Driver": "bridge", **fields})
    (found,) = docker_networks(text_reading(text, "docker network inspect", "e8"))
    return found


BRIDGES: dict[str, tuple[dict[str, Any], str | None]] = {
    "made of the id": ({}, "br-bf12a7dc6a66"),
    "by option": ({"Options": {BRIDGE_NAME: "lan0"}}, "lan0"),
    "the default one": ({"Name": "bridge"}, "docker0"),
    "the default one, named": ({"Name": "bridge", "Options": {BRIDGE_NAME: "br9"}}, "br9"),
    "no bridge": ({"Driver": "macvlan"}, None),
    "host": ({"Name": "host", "Driver": "host"}, None),
}


@each_row(("fields", "expected"), BRIDGES.values(), ids=BRIDGES)
def test_bridge(fields: dict[str, Any], expected: str | None) -> None:
    assert docker(**fields).bridge == expected


def test_subnets_and_switches() -> None:
    blocks = [
        {"Subnet": "172.18.0.0/16", "Gateway": "172.18.0.1", "IPRange": "172.18.4.0/24"},
        {"Subnet": "fd00:1::/64", "Gateway": "fd00:1::1/64"},
    ]
    found = docker(IPAM={"Config": blocks}, EnableIPv6=True, Internal=True, Options={"a": "b"}, Scope="local")
    assert found.subnets == (
        Subnet(
            4,
            read_address("172.18.0.0", "ip"),
            16,
            read_address("172.18.0.1", "ip"),
            (read_address("172.18.4.0", "ip"), 24),
        ),
        Subnet(6, read_address("fd00:1::", "ip6"), 64, read_address("fd00:1::1", "ip6")),
    )
    assert (found.ipv6, found.internal, found.ingress, found.option("a"), found.option("b")) == (
        True,
        True,
        False,
        "b",
        None,
    )


def test_containers_on_swarms_bridge() -> None:
    """Docker 20.10.24.  The namespace for the swarm's published ports is on it, too."""
    attached = {
        "fd6a8173b7f7": {"MacAddress": "02:42:ac:12:00:02", "IPv4Address": "172.18.0.2/16"},
        "ingress-sbox": {"IPv4Address": "172.18.0.3/16"},
    }
    ipam = {"Config": [{"Subnet": "172.18.0.0/16", "Gateway": "172.18.0.1"}]}
    found = docker(Name=SWARM_BRIDGE, IPAM=ipam, Containers=attached)
    told = [(owner, address_text(end.ipv4 or 0, 4), end.ipv4_prefix_length, end.mac) for owner, end in found.gateways]
    assert told == [("fd6a8173b7f7", "172.18.0.2", 16, 0x0242AC120002), ("ingress-sbox", "172.18.0.3", 16, None)]
    assert {address_text(end.gateway4 or 0, 4) for _, end in found.gateways} == {"172.18.0.1"}
    assert docker(IPAM=ipam, Containers=attached).gateways == ()  # each container tells its endpoints on other networks


def test_a_network_without_addresses() -> None:
    assert docker(IPAM={"Config": None}, Options=None).subnets == ()
    assert docker(IPAM=None).subnets == ()


def test_the_project_that_made_it() -> None:
    assert docker(Labels={"com.docker.compose.project": "shop"}).project == "shop"
    assert not docker(Labels=None).project
    (found,) = podman_networks(
        text_reading(json.dumps({**PODMAN, "labels": {"io.podman.compose.project": "shop"}}), "t")
    )
    assert found.project == "shop"


def test_podman() -> None:
    for text in (json.dumps(PODMAN), json.dumps([PODMAN])):
        (found,) = podman_networks(text_reading(text, "podman network inspect"))
        assert (found.name, found.bridge, found.internal) == ("podman", "podman0", False)
        assert found.subnets == (Subnet(4, read_address("10.88.0.0", "ip"), 16, read_address("10.88.0.1", "ip")),)


@pytest.mark.parametrize(("driver", "parent"), (("macvlan", "eno2"), ("ipvlan", "eno2"), ("bridge", None)))
def test_podmans_parent(driver: str, parent: str | None) -> None:
    text = json.dumps({**PODMAN, "driver": driver, "network_interface": "eno2"})
    (found,) = podman_networks(text_reading(text, "t"))
    assert found.option("parent") == parent


@pytest.mark.parametrize("subnet", ("x", "10.0.0.0/40", "::/129"))
def test_damage_is_a_parse_error(subnet: str) -> None:
    with pytest.raises(ParseError, match="docker network inspect"):
        docker(IPAM={"Config": [{"Subnet": subnet}]})
    with pytest.raises(ParseError, match="podman"):
        podman_networks(text_reading(json.dumps({**PODMAN, "subnets": [{"subnet": subnet}]}), "podman"))


def test_both_forms_of_docker() -> None:
    objects = [{"Id": ID, "Name": "a"}, {"Id": ID, "Name": "b"}]
    assert docker_networks(text_reading(json.dumps(objects), "")) == docker_networks(
        text_reading("\n".join(json.dumps(item) for item in objects), "")
    )


CONFLISTS = """\
/etc/cni/net.d/87-podman.conflist:"name": "podman"
/etc/cni/net.d/87-podman.conflist:"ipMasq": true
/etc/cni/net.d/jobs.conflist:"name": "jobs"
/etc/cni/net.d/jobs.conflist:"ipMasq": false
/etc/cni/net.d/bare.conflist:"name":"bare"
"""


def test_a_network_of_cni_masquerades_if_its_file_says_so() -> None:
    networks = tuple(DockerNetwork(name, name, "bridge") for name in ("podman", "jobs", "bare", "unread"))
    found = with_cni(networks, text_reading(CONFLISTS, "grep"))
    assert [each.name for each in found if each.option(MASQUERADES) == "false"] == ["jobs", "bare"]
    assert all(each.has_plugin("portmap") for each in found)
    assert with_cni(networks, None) == networks


def test_the_plugins_of_a_cni_network() -> None:
    jobs = "/etc/cni/net.d/jobs.conflist"
    told = f'{CONFLISTS}{jobs}:"type": "bridge"\n{jobs}:"type":"firewall"\n'
    networks = tuple(DockerNetwork(name, name, "bridge") for name in ("podman", "jobs"))
    podman, other = with_cni(networks, text_reading(told, "grep"))
    assert podman.conflist is None
    assert other.conflist is not None
    assert other.conflist.path == jobs
    assert [each for each in ("bridge", "firewall", "portmap") if not other.has_plugin(each)] == ["portmap"]
