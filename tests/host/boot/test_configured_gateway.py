"""Which router the host's own files name."""

from hairpin.host.boot.configured_gateway import configured_gateways
from hairpin.host.host import Host
from hairpin.host.managers import ConfigFile
from hairpin.netfilter.address import address_text
from tests.rows import each_row

FILES: dict[str, tuple[str, str, list[str]]] = {
    "ifupdown": ("/etc/network/interfaces", "iface eth0 inet static\n  gateway 198.51.100.1\n", ["198.51.100.1"]),
    "ifupdown, a command": (
        "/etc/network/interfaces.d/eth0", "  up ip route add default via 198.51.100.1 dev eth0\n", ["198.51.100.1"],
    ),
    "netplan": ("/etc/netplan/50.yaml", "routes:\n- to: default\n  via: 198.51.100.1\n", ["198.51.100.1"]),
    "netplan, deprecated": ("/etc/netplan/50.yaml", "gateway4: 198.51.100.1\n", ["198.51.100.1"]),
    "networkd": ("/etc/systemd/network/eth0.network", "[Route]\nGateway=198.51.100.1\n", ["198.51.100.1"]),
    "NetworkManager": (
        "/etc/NetworkManager/system-connections/a", "address1=198.51.100.11/24,198.51.100.1\n", ["198.51.100.1"],
    ),
    "RHEL": ("/etc/sysconfig/network-scripts/ifcfg-eth0", "GATEWAY=198.51.100.1\n", ["198.51.100.1"]),
    "networkd's lease": ("/run/systemd/netif/leases/2", "ROUTER=198.51.100.1\n", ["198.51.100.1"]),
    "dhclient's lease": ("/var/lib/dhcp/dhclient.leases", "  option routers 198.51.100.1;\n", ["198.51.100.1"]),
    "a name": ("/etc/network/interfaces", "gateway _gateway\n", []),
    "another version": ("/etc/network/interfaces", "gateway 2001:db8::1\n", []),
    "another file": ("/etc/hosts", "198.51.100.1 gateway 198.51.100.1\n", []),
}  # fmt: skip


@each_row(("path", "text", "found"), FILES.values(), ids=FILES)
def test_a_file_that_names_the_router(path: str, text: str, found: list[str]) -> None:
    host = Host("a", files=(ConfigFile(path, text),))
    assert [address_text(value, 4) for value, _ in configured_gateways(host, 4)] == found
