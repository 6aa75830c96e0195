"""Which links the host's files name, and which address of its own for one."""

from hairpin.host.boot.configured_address import configured_addresses, configured_gateways, configured_links
from hairpin.host.host import Host
from hairpin.host.managers import ConfigFile
from hairpin.netfilter.address import address_text
from tests.rows import each_row

STATIC = "iface eth0 inet static\n"
FILES: dict[str, tuple[str, str, list[str]]] = {
    "ifupdown": ("/etc/network/interfaces", f"{STATIC}  address 198.51.100.11/24\n", ["198.51.100.11/24"]),
    "ifupdown, a mask": (
        "/etc/network/interfaces", f"{STATIC}  address 198.51.100.11\n  netmask 255.255.255.0\n", ["198.51.100.11/24"],
    ),
    "netplan": (
        "/etc/netplan/50.yaml", "eth0:\n  addresses:\n  - 198.51.100.11/24\n  nameservers:\n    addresses: [9.9.9.9]\n",
        ["198.51.100.11/24"],
    ),
    "netplan, in brackets": ("/etc/netplan/50.yaml", "eth0:\n  addresses: [198.51.100.11/24]\n", ["198.51.100.11/24"]),
    "networkd": (
        "/etc/systemd/network/50.network", "[Match]\nName=eth0\n[Network]\nAddress=198.51.100.11/24\n",
        ["198.51.100.11/24"],
    ),
    "NetworkManager": (
        "/etc/NetworkManager/system-connections/a", "interface-name=eth0\naddress1=198.51.100.11/24,198.51.100.1\n",
        ["198.51.100.11/24"],
    ),
    "RHEL": (
        "/etc/sysconfig/network-scripts/ifcfg-eth0", "IPADDR=198.51.100.11\nPREFIX=24\n", ["198.51.100.11/24"],
    ),
    "dhclient's lease": (
        "/var/lib/dhcp/dhclient.eth0.leases", "  fixed-address 198.51.100.11;\n  option subnet-mask 255.255.255.0;\n",
        ["198.51.100.11/24"],
    ),
    "another link": ("/etc/network/interfaces", "iface eth01 inet static\n  address 198.51.100.11/24\n", []),
    "a VLAN on it": ("/etc/network/interfaces", "iface eth0.5 inet static\n  address 198.51.100.11/24\n", []),
    "another link's, on top of it": (
        "/etc/netplan/50.yaml",
        "ethernets:\n  eth0: {}\nvlans:\n  v5:\n    link: eth0\n    addresses: [198.51.100.11/24]\n",
        [],
    ),
    "no length": ("/etc/network/interfaces", f"{STATIC}  address 198.51.100.11\n", []),
    "two lengths": (
        "/etc/sysconfig/network-scripts/ifcfg-eth0", "IPADDR=198.51.100.11\nPREFIX=24\nNETMASK=255.255.0.0\n", [],
    ),
    "a name": ("/etc/network/interfaces", f"{STATIC}  address my.host/24\n", []),
    "another version": ("/etc/network/interfaces", f"{STATIC}  address 2001:db8::11/64\n", []),
    "another file": ("/etc/hosts", "eth0 address 198.51.100.11/24\n", []),
}  # fmt: skip


@each_row(("path", "text", "found"), FILES.values(), ids=FILES)
def test_a_file_that_names_an_address(path: str, text: str, found: list[str]) -> None:
    host = Host("a", files=(ConfigFile(path, text),))
    named = [own for own, _ in configured_addresses(host, "eth0", 4)]
    assert [f"{address_text(own.value, 4)}/{own.prefix_length}" for own in named] == found


LINKS: dict[str, tuple[str, str, list[str]]] = {
    "ifupdown": ("/etc/network/interfaces", "auto lo\niface lo inet loopback\niface eth0 inet dhcp\n", ["eth0"]),
    "netplan": ("/etc/netplan/50.yaml", "network:\n  ethernets:\n    eth0:\n      dhcp4: true\n", ["eth0"]),
    "networkd": ("/etc/systemd/network/50.network", "[Match]\nName=eth0\n[Network]\nDHCP=yes\n", ["eth0"]),
    "networkd, a pattern": ("/etc/systemd/network/50.network", "[Match]\nName=en*\n", []),
    "NetworkManager": ("/etc/NetworkManager/system-connections/a", "interface-name=eth0\n", ["eth0"]),
    "RHEL": ("/etc/sysconfig/network-scripts/ifcfg-eth0", 'DEVICE="eth0"\n', ["eth0"]),
}


@each_row(("path", "text", "found"), LINKS.values(), ids=LINKS)
def test_a_file_that_names_a_link(path: str, text: str, found: list[str]) -> None:
    assert [name for name, _ in configured_links(Host("a", files=(ConfigFile(path, text),)))] == found


CONFIGURED_GATEWAY_FILES: dict[str, tuple[str, str, list[str]]] = {
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


@each_row(("path", "text", "found"), CONFIGURED_GATEWAY_FILES.values(), ids=CONFIGURED_GATEWAY_FILES)
def test_a_file_that_names_the_router(path: str, text: str, found: list[str]) -> None:
    host = Host("a", files=(ConfigFile(path, text),))
    assert [address_text(value, 4) for value, _ in configured_gateways(host, 4)] == found
