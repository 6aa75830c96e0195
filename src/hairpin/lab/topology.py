"""The wires of a lab, and the addresses on them.

All ranges are for documentation or benchmarks (RFC 5737, RFC 3849, RFC 2544).

client 192.0.2.10 ── router 192.0.2.1 │ 198.51.100.1 ──┬── eth0 198.51.100.11  host
                                      │                ├── eth0 198.51.100.12, .13  further hosts
                                      │                └── neighbour 198.51.100.20
                                      │ 198.18.0.1 ─────── eth1 198.18.0.11 (second_nic)
                                      │ 203.0.113.11 ⇄ 198.51.100.11 (gateway)
"""

from collections.abc import Sequence
from typing import Final

from hairpin.lab.node import Node
from hairpin.lab.plan import LabPlan

CLIENT: Final = "192.0.2.10"
NEIGHBOUR: Final = "198.51.100.20"
HOST: Final = "198.51.100.11"
HOSTS: Final = (HOST, "198.51.100.12", "198.51.100.13")
HOST_SECOND: Final = "198.18.0.11"
PUBLIC: Final = "203.0.113.11"
CLIENT_V6: Final = "2001:db8:1::10"
NEIGHBOUR_V6: Final = "2001:db8:2::20"
HOST_V6: Final = "2001:db8:2::11"

QUIET: Final = (
    "net.ipv4.ip_forward=0",
    "net.ipv4.conf.all.rp_filter=0",
    "net.ipv4.conf.default.rp_filter=0",
    "net.ipv6.conf.all.disable_ipv6=0",
    "net.ipv6.conf.default.disable_ipv6=0",
    "net.ipv6.conf.default.accept_ra=0",
    "net.ipv6.conf.default.accept_dad=0",
)
"""Sysctls that are set on each node.  A new namespace may copy the machine's own values of sysctls
(net.core.devconf_inherit_init_net)."""
_ROUTING = ("net.ipv4.ip_forward=1", "net.ipv6.conf.all.forwarding=1")


def connect(plan: LabPlan, client: Node, router: Node, neighbour: Node, hosts: Sequence[Node]) -> None:
    """Connect the machines by wires, and set their addresses and routes.  Only the router forwards packets."""
    for node in (client, router, neighbour, *hosts):
        node.run(("sysctl", "-qw", *QUIET, *(_ROUTING if node is router else ())))
    _batch(
        router,
        "link set lo up",
        "link add lan0 type bridge",
        f"link add client0 type veth peer name eth0 netns {client.pid}",
        *(f"link add {node.name}0 master lan0 type veth peer name eth0 netns {node.pid}" for node in hosts),
        f"link add neighbour0 master lan0 type veth peer name eth0 netns {neighbour.pid}",
        *(f"link set {link} up" for link in ("lan0", "client0", "neighbour0")),
        *(f"link set {node.name}0 up" for node in hosts),
        "address add 192.0.2.1/24 dev client0",
        "address add 198.51.100.1/24 dev lan0",
    )
    for node, address, gateway in (
        (client, CLIENT, "192.0.2.1"),
        (neighbour, NEIGHBOUR, "198.51.100.1"),
        *((node, address, "198.51.100.1") for node, address in zip(hosts, HOSTS, strict=False)),
    ):
        _batch(
            node,
            "link set lo up",
            "link set eth0 up",
            f"address add {address}/24 dev eth0",
            f"route add default via {gateway}",
        )
    if plan.second_nic:
        _add_second_nic(router, hosts[0])
    if plan.ipv6:
        _add_ipv6(client, router, neighbour, hosts[:1])
    if plan.gateway:
        _make_gateway(router)


def _add_second_nic(router: Node, host: Node) -> None:
    _batch(
        router,
        f"link add host1 type veth peer name eth1 netns {host.pid}",
        "link set host1 up",
        "address add 198.18.0.1/24 dev host1",
    )
    _batch(host, "link set eth1 up", f"address add {HOST_SECOND}/24 dev eth1")


def _add_ipv6(client: Node, router: Node, neighbour: Node, hosts: Sequence[Node]) -> None:
    _batch(router, "address add 2001:db8:1::1/64 dev client0 nodad", "address add 2001:db8:2::1/64 dev lan0 nodad")
    for node, address, gateway in (
        (client, CLIENT_V6, "2001:db8:1::1"),
        (neighbour, NEIGHBOUR_V6, "2001:db8:2::1"),
        *((host, HOST_V6, "2001:db8:2::1") for host in hosts),
    ):
        _batch(node, f"address add {address}/64 dev eth0 nodad", f"route add default via {gateway}")


def _make_gateway(router: Node) -> None:
    """Make the router a cloud's gateway.

    The router translates the public address 1:1 at the outer link, and drops packets from inside to the public
    address."""
    router.run(
        ("iptables-restore",),
        stdin=f"""*mangle
-A PREROUTING -i lan0 -d {PUBLIC} -j DROP
COMMIT
*nat
-A PREROUTING -i client0 -d {PUBLIC} -j DNAT --to-destination {HOST}
-A POSTROUTING -o client0 -s {HOST} -j SNAT --to-source {PUBLIC}
COMMIT
""",
    )
    # frames between host and neighbour must not go through the router's iptables rules
    router.run(("sysctl", "-qw", "net.bridge.bridge-nf-call-iptables=0"))


def _batch(node: Node, *lines: str) -> None:
    node.run(("ip", "-batch", "-"), stdin="\n".join(lines) + "\n")
