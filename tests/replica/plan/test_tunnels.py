"""Tunnel devices in the words of ip(8) and bridge(8)."""

import msgspec

from hairpin.host.host import Host
from hairpin.host.link import Tunnel
from hairpin.host.route import FdbEntry
from hairpin.network.network import Network
from hairpin.network.prefix import parse_address
from hairpin.replica.plan.tunnels import forwarding_entries, is_rebuilt, type_words
from tests.rows import each_row
from tests.two_hosts import ADDRESSES, ONE, TUNNEL_MACS, network, node, vxlan

HERE, THERE = ADDRESSES["one"], ADDRESSES["two"]
VXLAN = vxlan("one")
WORDS: dict[str, tuple[Tunnel, str]] = {
    "vxlan": (VXLAN, "vxlan id 1 local 198.51.100.11 dev eth0 dstport 8472"),
    "vxlan that learns nothing": (
        msgspec.structs.replace(VXLAN, learning=False),
        "vxlan id 1 local 198.51.100.11 dev eth0 dstport 8472 nolearning",
    ),
    "vxlan that replies to ARP": (
        msgspec.structs.replace(VXLAN, proxy=True),
        "vxlan id 1 local 198.51.100.11 dev eth0 dstport 8472 proxy",
    ),
    "vxlan with DF": (
        msgspec.structs.replace(VXLAN, dont_fragment="set"),
        "vxlan id 1 local 198.51.100.11 dev eth0 dstport 8472 df set",
    ),
    "geneve": (Tunnel("geneve", key=7, port=6081, remote=THERE), "geneve id 7 remote 198.51.100.12 dstport 6081"),
    "gre with a key": (
        Tunnel("gre", key=9, local=HERE, remote=THERE, dont_fragment="set", ttl=0),
        "gre key 9 local 198.51.100.11 remote 198.51.100.12",
    ),
    "gre with a TTL": (Tunnel("gre", remote=THERE, dont_fragment="set", ttl=9), "gre remote 198.51.100.12 ttl 9"),
    "vxlan with the TTL of the inner packet": (
        Tunnel("vxlan", key=1, port=8472, remote=THERE, ttl=0),
        "vxlan id 1 remote 198.51.100.12 dstport 8472 ttl inherit",
    ),
    "ipip without DF": (
        Tunnel("ipip", local=HERE, remote=THERE, ttl=0),
        "ipip local 198.51.100.11 remote 198.51.100.12 nopmtudisc",
    ),
}


@each_row(("tunnel", "words"), WORDS.values(), ids=WORDS)
def test_type_words(tunnel: Tunnel, words: str) -> None:
    assert type_words(tunnel) == words


def test_the_forwarding_database_is_replayed() -> None:
    (host, far) = network().hosts
    (namespace,) = host.namespaces
    learned = FdbEntry(None, "flannel.1", TUNNEL_MACS["one"], remote=THERE)
    entered = msgspec.structs.replace(namespace.fdb[0], state="permanent")
    changed = msgspec.structs.replace(namespace, fdb=(entered, learned, FdbEntry(None, "eth0", TUNNEL_MACS["one"])))
    net = network(msgspec.structs.replace(host, namespaces=(changed,)), far)
    assert tuple(forwarding_entries(net, ONE)) == (
        "fdb append 02:00:00:00:00:22 dev flannel.1 dst 198.51.100.12 self permanent",
        "fdb append 02:00:00:00:00:21 dev flannel.1 dst 198.51.100.12 self dynamic",
    )


GROUP = parse_address("239.1.1.1")[1]


def without_remotes(host: Host) -> Host:
    (namespace,) = host.namespaces
    return msgspec.structs.replace(host, namespaces=(msgspec.structs.replace(namespace, fdb=()),))


REBUILT: dict[str, tuple[Network, bool]] = {
    "between two hosts": (network(), True),
    "one host alone": (network(node("one")), True),
    "one host alone, to a group": (network(node("one", remote=GROUP)), False),
    "one host alone, without a remote": (network(without_remotes(node("one"))), True),
    "routes say where": (network(node("one", tunnel=Tunnel("vxlan", port=8472, external=True)), node("two")), False),
    "a kind that is not modelled": (network(node("one", tunnel=Tunnel("sit", remote=THERE)), node("two")), False),
}


@each_row(("net", "expected"), REBUILT.values(), ids=REBUILT)
def test_is_rebuilt(net: Network, expected: bool) -> None:
    link = net.namespace(ONE).link("flannel.1")
    assert link is not None
    assert is_rebuilt(net, ONE, link) is expected
