"""Differences of settings: each is told once, by what makes it."""

from msgspec.structs import replace

from hairpin.change.change import AddEntry, Change, DeleteEntry, SetLink, SetSysctl
from hairpin.change.simulation.simulate import simulate
from hairpin.host.link import Address, BridgeInfo, Link
from hairpin.host.netns import Netns
from hairpin.host.route import Neighbour
from hairpin.host.sysctl import Path, Sysctls
from tests import small_host as small
from tests.compare.small_pairs import changed, host, texts, with_namespace

HOST = Netns("test")


def test_nothing() -> None:
    assert texts(host()) == []


def test_ip_forward_is_told_and_not_its_copies() -> None:
    now = changed(lambda network: simulate(Change((SetSysctl(HOST, ("net", "ipv4", "ip_forward"), "0"),)), network))
    assert texts(now) == [("sysctls", "net.ipv4.ip_forward", "1", "0")]


def test_a_link_that_is_down_and_not_the_routes_that_it_takes_along() -> None:
    docker0 = host().namespace("host").link("docker0")
    assert docker0 is not None
    down = SetLink(HOST, replace(docker0, up=False))
    now = changed(lambda network: simulate(Change((down,)), network))
    assert texts(now) == [("links", "link docker0", "up", "down")]


def test_an_address_and_not_its_routes() -> None:
    lost = DeleteEntry(HOST, Address("docker0", 4, small.GATEWAY, 16))
    now = changed(lambda network: simulate(Change((lost,)), network))
    assert texts(now) == [("addresses", "address of docker0", "172.17.0.1/16 dev docker0", None)]


def test_a_route() -> None:
    route = small.route("203.0.113.0/24", "eth0", via="198.51.100.1")
    now = changed(lambda network: simulate(Change((AddEntry(HOST, route),)), network))
    text = "203.0.113.0/24 via 198.51.100.1 dev eth0"
    assert texts(now) == [("routes", "route 203.0.113.0/24, table main", None, text)]


def test_only_neighbours_made_by_hand() -> None:
    def having(state: str) -> tuple[Neighbour, ...]:
        return (Neighbour("eth0", 4, small.CLIENT, 2, state),)

    assert texts(with_namespace(host(), neighbours=having("STALE"))) == []
    made = texts(with_namespace(host(), neighbours=having("PERMANENT")))
    assert [(part, where) for part, where, _, _ in made] == [("neighbours", "neighbour entry of eth0")]


def test_a_new_link_with_its_address() -> None:
    outer = host().namespace("host")
    link = Link(9, "br9", "bridge", bridge=BridgeInfo())
    address = Address("br9", 4, 9 << 24, 8)
    now = with_namespace(host(), links=(*outer.links, link), addresses=(*outer.addresses, address))
    assert texts(now) == [
        ("links", "link br9", None, "bridge up mtu 1500"),
        ("addresses", "address of br9", None, "9.0.0.0/8 dev br9"),
    ] + [each for each in texts(now) if each[0] == "routes"]


def test_a_module_brings_its_values_as_one_difference() -> None:
    values = host().namespace("host").sysctls.values
    new: dict[Path, str] = {("net", "bridge", f"bridge-nf-call-{name}"): "1" for name in ("iptables", "ip6tables")}
    ((part, where, before, after),) = texts(with_namespace(host(), sysctls=Sysctls({**values, **new})))
    assert (part, where, before) == ("sysctls", "module br_netfilter", None)
    assert after is not None
    assert after.count("\n") == 1


def test_a_cable() -> None:
    links = tuple(
        replace(each, carrier=False) if each.name == "eth0" else each for each in host().namespace("host").links
    )
    assert texts(with_namespace(host(), links=links)) == [("links", "link eth0, carrier", "yes", "no")]


def test_readings_that_one_lacks_are_not_compared() -> None:
    now = with_namespace(host(), routes=(), unread=("ip-route4",))
    assert texts(now) == []


def test_the_program_of_a_tun_device() -> None:
    own, tun = host().namespace("host"), Link(9, "tun0", "tun", holder="openvpn")
    was, now = (with_namespace(host(), links=(*own.links, replace(tun, holder=each))) for each in ("openvpn", None))
    assert texts(now, was) == [("links", "link tun0, holder", "openvpn", None)]
    assert texts(with_namespace(now, unread=("tun-owners",)), was) == []
