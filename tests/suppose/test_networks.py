"""A container of which no output tells the network is where links and rules show it."""

import pytest

from hairpin.question.flows import flows_for
from hairpin.question.target import parse_target
from hairpin.suppose.parts import supposed_in
from hairpin.walk.walk import walk_flow
from tests.suppose.test_ordinary import network

_PS = """$ docker ps
CONTAINER ID   IMAGE   COMMAND   CREATED      STATUS      PORTS                  NAMES
4a1e3b2c9d10   nginx   "nginx"   1 hour ago   Up 1 hour   0.0.0.0:8080->80/tcp   web
"""
_LINKS = """$ ip addr
1: lo: <LOOPBACK,UP,LOWER_UP> mtu 65536
    link/loopback 00:00:00:00:00:00 brd 00:00:00:00:00:00
    inet 127.0.0.1/8 scope host lo
2: eth0: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 state UP
    link/ether 52:54:00:12:34:56 brd ff:ff:ff:ff:ff:ff
    inet 198.51.100.11/24 brd 198.51.100.255 scope global eth0
3: docker0: <{default}BROADCAST,MULTICAST,UP> mtu 1500
    link/ether 02:42:aa:bb:cc:01 brd ff:ff:ff:ff:ff:ff
    inet 172.17.0.1/16 brd 172.17.255.255 scope global docker0
4: br-0123456789ab: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 state UP
    link/ether 02:42:aa:bb:cc:02 brd ff:ff:ff:ff:ff:ff
    inet 172.18.0.1/16 brd 172.18.255.255 scope global br-0123456789ab
6: vethabcdef0@if5: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 master br-0123456789ab state UP
    link/ether be:0e:0c:19:6f:9b brd ff:ff:ff:ff:ff:ff link-netnsid 0
"""
_RULES = """$ iptables-save
*nat
:PREROUTING ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
:DOCKER - [0:0]
-A PREROUTING -m addrtype --dst-type LOCAL -j DOCKER
-A DOCKER ! -i br-0123456789ab -p tcp -m tcp --dport 8080 -j DNAT --to-destination 172.18.0.2:80
COMMIT
"""


@pytest.mark.parametrize(
    "texts", ((_LINKS.format(default="NO-CARRIER,"),), (_LINKS.format(default="LOWER_UP,"), _RULES))
)
def test_it_is_on_the_bridge_that_is_seen(texts: tuple[str, ...]) -> None:
    """A healthy container must not look sick because it is sought on docker0."""
    seen = network(_PS, *texts)
    flow = flows_for(seen, (parse_target("8080"),), None)[0]
    assert walk_flow(seen, flow).succeeds
    assert "docker inspect web" in {each.command for each in supposed_in(seen, flow)}


def test_a_told_network_is_not_supposed() -> None:
    inspected = """$ docker inspect web
[{"Id": "4a1e3b2c9d10", "Name": "/web", "State": {"Status": "running", "Running": true, "Pid": 7},
 "HostConfig": {"NetworkMode": "bridge", "PortBindings": {"80/tcp": [{"HostIp": "", "HostPort": "8080"}]}},
 "NetworkSettings": {"Ports": {"80/tcp": [{"HostIp": "0.0.0.0", "HostPort": "8080"}]},
 "Networks": {"bridge": {"IPAddress": "172.17.0.2", "IPPrefixLen": 16, "Gateway": "172.17.0.1"}}}}]
"""
    told = network(inspected, _LINKS.format(default="LOWER_UP,"))
    flow = flows_for(told, (parse_target("8080"),), None)[0]
    assert "docker inspect web" not in {each.command for each in supposed_in(told, flow)}


_NETWORK = """$ docker network inspect back
{"Id":"a6142efc4b17b5309138eda45ae8419ec2f0d884e20e3b9ff4266d58c3e39598","Name":"back","Driver":"bridge",
"EnableIPv6":false,"IPAM":{"Config":[{"Gateway":"172.19.0.1","Subnet":"172.19.0.0/16"}]},"Options":{OPTIONS}
"""


@pytest.mark.parametrize(("options", "bridge"), (('"com.docker.netw', "br-back"), ("}", "br-a6142efc4b17")))
def test_a_network_whose_options_are_cut_has_the_bridge_with_its_gateway(options: str, bridge: str) -> None:
    links = _LINKS.format(default="").replace("br-0123456789ab", "br-back").replace("172.18.0.1", "172.19.0.1")
    (engine,) = network(_PS, links, _NETWORK.replace("OPTIONS", options)).hosts[0].engines
    assert [each.bridge for each in engine.networks if each.name == "back"] == [bridge]


def test_podman_s_default_network_is_that_of_its_bridge() -> None:
    listing = _PS.replace("$ docker ps", "$ podman ps")
    links = _LINKS.format(default="").replace("docker0", "podman0").replace("172.17.0.1/16", "10.88.0.1/16")
    for text in (listing + links, listing):
        (engine,) = network(text).hosts[0].engines
        (joined,) = (each for each in engine.networks if each.name == "podman")
        assert [each.gateway for each in joined.subnets] == [0x0A58_0001]
        assert engine.network_backend == "netavark"
