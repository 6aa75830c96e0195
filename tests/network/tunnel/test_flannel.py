"""Whose flanneld relays, and which node has a lease."""

import msgspec

from hairpin.host.managers import ConfigFile
from hairpin.network.network import Network
from hairpin.network.prefix import parse_address
from hairpin.network.tunnel.flannel import lease_of, relay_at, relay_behind
from tests.two_hosts import ADDRESSES
from tests.walk.link.test_flannel_udp import relaying, without_relay


def test_a_relay_has_a_tun_device_and_a_socket() -> None:
    (namespace,) = relaying("one").namespaces
    found = [relay_behind(namespace, link) is not None for link in namespace.links]
    assert [link.name for link, is_one in zip(namespace.links, found, strict=True) if is_one] == ["flannel0"]
    assert [relay_at(namespace, port) is not None for port in (8285, 8286)] == [True, False]
    (other,) = relaying("one", holder="openvpn").namespaces
    assert relay_at(other, 8285) is None


def test_a_lease_is_the_file_of_another_host() -> None:
    network = Network((relaying("one"), relaying("two")))
    lease = lease_of(network, parse_address("10.244.2.9")[1], besides="one")
    assert lease is not None
    assert (lease.netns.host, lease.prefix.prefix_length, lease.address) == ("two", 24, ADDRESSES["two"])
    for text, besides in (("10.244.2.9", "two"), ("10.244.3.9", "one")):
        assert lease_of(network, parse_address(text)[1], besides=besides) is None


def test_without_flanneld_a_lease_is_at_the_uplinks_address() -> None:
    lease = lease_of(Network((relaying("one"), without_relay("two"))), parse_address("10.244.2.9")[1], besides="one")
    assert lease is not None
    assert lease.address == ADDRESSES["two"]


def test_a_file_without_a_subnet_is_no_lease() -> None:
    for text in ("", "FLANNEL_SUBNET=\n", "FLANNEL_SUBNET=fd00::1/64\n"):
        file = ConfigFile("/run/flannel/subnet.env", text)
        far = msgspec.structs.replace(relaying("two"), files=(file,))
        assert lease_of(Network((relaying("one"), far)), parse_address("10.244.2.9")[1], besides="one") is None
