"""A host of which a text tells a part is completed to an ordinary host, and the told parts stay."""

import pytest

from hairpin.answer.begin import network_of
from hairpin.evidence.reading import HOST
from hairpin.evidence.told import UNNAMED
from hairpin.host.host import Host
from hairpin.network.flow import FromContainer, Outside
from hairpin.network.network import Network
from hairpin.network.prefix import parse_address
from hairpin.pasted.text import evidence_in_texts
from hairpin.question.flows import flows_for
from hairpin.question.target import parse_target
from hairpin.walk.walk import walk_flow

RUN = "$ docker run -d --name web -p 8080:80 nginx\n"
PS = """\
$ docker ps
CONTAINER ID   IMAGE   COMMAND   CREATED   STATUS   PORTS   NAMES
4a1e3b2c9d10   nginx   "nginx"   5 minutes ago   Up 5 minutes   0.0.0.0:8080->80/tcp   web
"""
ADDRESSES = """\
$ ip addr
1: lo: <LOOPBACK,UP,LOWER_UP> mtu 65536 qdisc noqueue state UNKNOWN group default qlen 1000
    link/loopback 00:00:00:00:00:00 brd 00:00:00:00:00:00
    inet 127.0.0.1/8 scope host lo
2: ens3: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 qdisc mq state UP group default qlen 1000
    link/ether 52:54:00:aa:bb:cc brd ff:ff:ff:ff:ff:ff
    inet 10.8.0.5/24 brd 10.8.0.255 scope global ens3
3: docker0: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 qdisc noqueue state UP group default
    link/ether 02:42:ac:12:00:01 brd ff:ff:ff:ff:ff:ff
    inet 172.18.0.1/16 brd 172.18.255.255 scope global docker0
"""
CLOSED = """\
$ iptables-save -t filter
*filter
:INPUT ACCEPT [0:0]
:FORWARD DROP [0:0]
:OUTPUT ACCEPT [0:0]
COMMIT
"""


def network(*texts: str, target: str = "") -> Network:
    """Return the completed network that the texts describe."""
    asked = (parse_target(target),) if target else ()
    return network_of((evidence_in_texts(texts),), asked)


def host(*texts: str, target: str = "") -> Host:
    return network(*texts, target=target).hosts[0]


def verdicts(whole: Network, target: str) -> dict[str, str]:
    """Return the verdict of each asked flow by its start."""
    flows = flows_for(whole, (parse_target(target),), None)
    return {each.start_text(): walk_flow(whole, each).verdict for each in flows}


@pytest.mark.parametrize("text", (RUN, PS))
def test_an_ordinary_host_delivers_to_the_container(text: str) -> None:
    found = verdicts(network(text), "8080")
    assert set(found.values()) == {"delivered"}
    assert len(found) >= 3


def test_a_container_of_an_ordinary_host_gets_out() -> None:
    whole = network(RUN)
    out = [each for each in flows_for(whole, (), None) if isinstance(each.start, FromContainer)]
    assert out
    assert {walk_flow(whole, each).verdict for each in out} <= {"delivered", "leaves"}


@pytest.mark.parametrize(("asked", "own"), (("8.8.8.8:53", False), ("203.0.113.9:53", True)))
def test_a_public_name_server_is_not_the_host(asked: str, *, own: bool) -> None:
    addresses = {each.value for each in host(RUN, target=asked).namespace(HOST).addresses}
    assert (parse_address(asked.partition(":")[0])[1] in addresses) == own


def test_told_links_and_addresses_stay() -> None:
    found = host(RUN, ADDRESSES)
    own = found.namespace("host")
    assert [each.name for each in own.links if each.kind != "veth"] == ["lo", "ens3", "docker0"]
    docker = own.link("docker0")
    assert docker is not None
    assert docker.kind == "bridge"
    container = found.container("web")
    assert container is not None
    assert container.endpoints[0].ipv4 == 0xAC12_0002  # in the block of the told bridge
    assert set(verdicts(network(RUN, ADDRESSES), "8080").values()) == {"delivered"}


def test_a_told_table_stays_and_the_others_are_the_engines() -> None:
    own = host(RUN, CLOSED).namespace("host")
    closed, nat = own.ruleset.table("ip", "filter"), own.ruleset.table("ip", "nat")
    assert closed is not None
    assert nat is not None
    assert all(not chain.rules for chain in closed.chains)
    assert any("--to-destination 172.17.0.2:80" in rule.text for chain in nat.chains for rule in chain.rules)


def test_a_told_table_decides() -> None:
    found = verdicts(network(RUN, CLOSED), "8080")
    assert found["192.0.2.10"] == "dropped"
    assert found["host"] == "delivered"


def test_without_a_listing_the_asked_port_is_a_containers() -> None:
    found = host("the page does not load\n", target="8123")
    (container,) = found.containers()
    assert container.name == "CONTAINER"
    assert [each.host_port for each in container.bindings] == [8123]
    assert found.name == UNNAMED


def test_a_listing_is_believed() -> None:
    assert [each.name for each in host(PS, target="9999").containers()] == ["web"]


def test_what_is_told_is_kept() -> None:
    told = host(RUN, PS, ADDRESSES, CLOSED, "net.ipv4.ip_forward = 1\n").told
    assert told is not None
    assert ("host", "links") in told.parts
    assert ("host", "routes4") not in told.parts
    assert ("net", "ipv4", "ip_forward") in told.sysctls
    assert told.containers == {"web"}
    assert not told.typed


def test_a_typed_container_is_not_told() -> None:
    told = host(RUN).told
    assert told is not None
    assert told.typed == {"web"}
    assert not told.containers


def test_where_a_program_says_that_it_listens() -> None:
    whole = network(RUN, "web log: listening on *:3001\n")
    assert verdicts(whole, "8080")["192.0.2.10"] == "refused"
    sockets = whole.hosts[0].namespace("container:web").sockets
    assert [each.port for each in sockets] == [3001]


def test_a_listing_of_one_link_is_a_part() -> None:
    alone = "2: ens3: <BROADCAST,UP,LOWER_UP> mtu 1500 state UP\n    inet 10.8.0.5/24 scope global ens3\n"
    found = network(RUN, "$ ip addr show ens3\n" + alone)
    told = found.hosts[0].told
    assert told is not None
    assert ("host", "links") not in told.parts
    outside = [each for each in flows_for(found, (parse_target("8080"),), None) if isinstance(each.start, Outside)]
    assert [walk_flow(found, each).verdict for each in outside] == ["delivered"]


def test_each_of_several_containers_is_reached() -> None:
    second = 'd7f5a1b2c3d4   redis   "redis"   5 minutes ago   Up 5 minutes   0.0.0.0:6379->6379/tcp   cache\n'
    whole = network(PS + second)
    assert set(verdicts(whole, "8080").values()) == {"delivered"}
    assert set(verdicts(whole, "6379").values()) == {"delivered"}


_NAT = (
    "$ iptables-save -t nat\n*nat\n:PREROUTING ACCEPT [0:0]\n:INPUT ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\n"
    ":POSTROUTING ACCEPT [0:0]\n:DOCKER - [0:0]\n{}\n"
    "-A DOCKER ! -i docker0 -p tcp -m tcp --dport 8080 -j DNAT --to-destination 172.17.0.2:80\nCOMMIT\n"
)
_TO_DOCKER = "-A OUTPUT{} -m addrtype --dst-type LOCAL -j DOCKER"
_FLAGS = "$ ps -C dockerd -o pid,args\nPID COMMAND\n700 /usr/bin/dockerd --userland-proxy=false\n"


@pytest.mark.parametrize("text", (_NAT.format(_TO_DOCKER.format("")), _FLAGS), ids=("rules", "flags"))
def test_without_docker_proxy_localhost_is_routed(text: str) -> None:
    whole = host(RUN, text)
    assert whole.engines[0].userland_proxy is False
    assert whole.namespace(HOST).sysctls.values["net", "ipv4", "conf", "docker0", "route_localnet"] == "1"
    assert not any(each.port == 8080 for each in whole.namespace(HOST).sockets)


def test_with_docker_proxy_localhost_is_not_routed() -> None:
    whole = host(RUN, _NAT.format(_TO_DOCKER.format(" ! -d 127.0.0.0/8")))
    assert whole.engines[0].userland_proxy is not False
    assert whole.namespace(HOST).sysctls.values["net", "ipv4", "conf", "docker0", "route_localnet"] == "0"
    assert any(each.port == 8080 for each in whole.namespace(HOST).sockets)


def test_the_default_network_has_the_range_that_a_route_tells() -> None:
    found = host(RUN, "$ ip route\ndefault via 10.8.0.1 dev ens3\n192.168.0.0/24 dev docker0 src 192.168.0.1\n")
    (subnet,) = (each for joined in found.engines[0].networks for each in joined.subnets)
    assert subnet.network == 0xC0A8_0000
    assert set(verdicts(network(RUN), "8080").values()) == {"delivered"}


INSIDE = """\
$ docker exec web ip addr
1: lo: <LOOPBACK,UP,LOWER_UP> mtu 65536 qdisc noqueue state UNKNOWN group default qlen 1000
    link/loopback 00:00:00:00:00:00 brd 00:00:00:00:00:00
    inet 127.0.0.1/8 scope host lo
7: eth0@if8: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 qdisc noqueue state UP group default
    link/ether 02:42:ac:11:00:02 brd ff:ff:ff:ff:ff:ff link-netnsid 0
    inet 172.17.0.2/16 brd 172.17.255.255 scope global eth0
"""


def test_a_container_whose_name_is_lost_is_not_doubled_by_what_was_read_inside() -> None:
    cut = PS.replace("   NAMES", "").replace("   web", "")
    lost = host(cut, INSIDE)
    assert [each.name for each in lost.containers()] == ["4a1e3b2c9d10"]
    assert "container:web" not in {each.name for each in lost.namespaces}
    assert "container:web" in {each.name for each in host(PS, INSIDE).namespaces}
    state = '"State":{"Status":"running",\n"Running":true,"Pid":197},\n"HostConfig":{"NetworkMode":"default"}'
    whole = '{"Id":"4a1e3b2c9d10' + "0" * 52 + f'","Name":"/web",{state}}}\n'
    named = host(cut, f"$ docker inspect web\n{whole}")
    assert [each.name for each in named.containers()] == ["web"]


def test_a_told_translation_tells_the_port_inside() -> None:
    rules = "$ iptables -t nat -S DOCKER\n-A DOCKER -p tcp --dport 8080 -j DNAT --to-destination 172.17.0.2:80\n"
    (container,) = host(rules, target="8080").containers()
    assert [(each.host_port, each.container_port) for each in container.bindings] == [(8080, 80)]


@pytest.mark.parametrize(("address", "versions"), (("2001:db8::5/64", {4, 6}), ("fe80::5/64", {4})))
def test_a_default_route_is_supposed_for_each_family_with_an_address(address: str, versions: set[int]) -> None:
    scope = "link" if address.startswith("fe80") else "global"
    text = (
        "$ ip addr\n2: ens3: <BROADCAST,UP,LOWER_UP> mtu 1500\n    link/ether 52:54:00:12:34:56 brd ff:ff:ff:ff:ff:ff\n"
        f"    inet 10.8.0.5/24 scope global ens3\n    inet6 {address} scope {scope}\n"
    )
    routes = host(text).namespace("host").routes
    assert {each.version for each in routes if not each.prefix_length} == versions


def test_a_host_whose_addresses_are_not_listed_has_those_at_which_ports_are_published() -> None:
    published = PS.replace("0.0.0.0:8080", "203.0.113.7:8080")
    own = host(published).namespace(HOST)
    assert "203.0.113.7" in [str(each.prefix).partition("/")[0] for each in own.addresses]
    listed = host(published, ADDRESSES).namespace(HOST)
    assert "203.0.113.7" not in [str(each.prefix).partition("/")[0] for each in listed.addresses]


SHIM = """\
4: shim0@ens3: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 qdisc noqueue state UP group default qlen 1000
    link/ether a2:51:b2:08:0c:56 brd ff:ff:ff:ff:ff:ff
"""
LAN = """\
[
    {
        "Name": "lan",
        "Id": "f00df00df00d",
        "Scope": "local",
        "Driver": "%s",
        "IPAM": {"Config": [{"Subnet": "10.8.0.0/24"}]},
        "Containers": {},
        "Options": {"parent": "%s"}
    }
]
"""


@pytest.mark.parametrize(
    ("driver", "parent", "kind"),
    (("macvlan", "ens3", "macvlan"), ("ipvlan", "ens3", "ipvlan"), ("macvlan", "eth9", "")),
)
def test_a_link_on_the_parent_of_a_macvlan_network_is_of_its_kind(driver: str, parent: str, kind: str) -> None:
    text = ADDRESSES + SHIM + "$ docker network inspect lan\n" + LAN % (driver, parent)
    told = host(PS, text)
    link = told.namespace(HOST).link("shim0")
    assert link is not None
    assert link.kind == kind


@pytest.mark.parametrize(("line", "master"), (("mtu 1500 qdi", "docker0"), ("mtu 1500 qdisc noqueue state UP", None)))
def test_a_veth_whose_line_was_cut_is_a_port_of_its_engines_bridge(line: str, master: str | None) -> None:
    cut = f"4: veth12@if3: <BROADCAST,MULTICAST,UP,LOWER_UP> {line}\n    link/ether 02:00:00:00:00:05 brd ff:ff\n"
    link = host(PS, ADDRESSES + cut).namespace(HOST).link("veth12")
    assert link is not None
    assert link.master == master


def test_the_route_to_the_bridges_own_address_is_not_its_network() -> None:
    routes = (
        "$ ip route show table all\nlocal 172.17.0.1 dev docker0 table local proto kernel scope host src 172.17.0.1\n"
    )
    (engine,) = host(RUN, routes).engines
    assert [each.network for joined in engine.networks for each in joined.subnets] == [0xAC11_0000]


def test_the_default_network_is_as_long_as_its_route() -> None:
    routes = "$ ip route\ndefault via 10.8.0.1 dev ens3\n10.8.0.0/24 dev ens3 scope link src 10.8.0.5\n"
    found = host(RUN + routes + "192.168.13.0/24 dev docker0 scope link src 192.168.13.1\n").engines[0].networks
    assert [(each.prefix_length, (each.gateway or 0) & 0xFF) for each in found[0].subnets] == [(24, 1)]


def test_routes_of_ipv6_alone_leave_the_bridge_its_address() -> None:
    own = host(f"{RUN}$ ip -6 route\nfd00::/48 dev docker0 proto kernel metric 256\n").own
    assert own is not None
    assert [each.link for each in own.addresses if each.version == 4 and each.link == "docker0"] == ["docker0"]


_END = '{"shop":{"IPAMConfig":null,"IPAddress":"192.168.80.3","IPPrefixLen":20,"Gateway":"192.168.80.1"}}'


def test_a_network_has_the_subnet_of_its_containers() -> None:
    text = "$ docker inspect -f '{{.Name}} {{json .NetworkSettings.Networks}}' web\n/web " + _END
    (found,) = (each for each in host(text).engines[0].networks if each.name == "shop")
    assert [(each.network >> 8 & 0xFF, each.prefix_length) for each in found.subnets] == [(80, 20)]


_LAN = (
    "docker network create -d macvlan --subnet 192.0.2.0/24 {}lan\n"
    "docker run -d -p 80:8080 --name web --net lan --ip 192.0.2.9 team/web\n"
)


@pytest.mark.parametrize(("parent", "link"), (("-o parent=eno2 ", "eno2"), ("-o parent=br-lan ", "br-lan")))
def test_the_parent_of_a_macvlan_is_a_link_of_the_host(parent: str, link: str) -> None:
    whole = host(_LAN.format(parent))
    (found,) = whole.containers()
    assert found.netns == "container:web"
    assert [each.actual for each in found.bindings] == [False]
    own = whole.namespace(HOST)
    assert link in [each.name for each in own.links]
    assert [
        hop.link for each in own.routes if not each.prefix_length and each.version == 4 for hop in each.next_hops
    ] == [link]


@pytest.mark.parametrize("parent", ("", "-o parent=<your-link> "))
def test_a_container_without_a_known_parent_was_left_unread(parent: str) -> None:
    text = _LAN.format(parent).replace("-d -p", "-d --restart always -p")
    (found,) = host(text).containers()
    assert (found.netns, found.left_unread) == (None, "container:web")
