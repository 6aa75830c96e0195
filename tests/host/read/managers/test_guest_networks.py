"""The networks that libvirt, lxc-net and Incus are told to make."""

from typing import Literal

from hairpin.evidence.reading import Reading
from hairpin.host.managers import GuestNetwork
from hairpin.host.read.managers.guest_networks import guest_networks
from tests.rows import each_row
from tests.small_host import number

XML = "/etc/libvirt/qemu/networks/default.xml"
NAMED = f"{XML}:<name>default\n{XML}:<bridge name='virbr0'/>\n"
NETMASK = f"{XML}:<ip address='192.168.122.1' netmask='255.255.255.0'>\n"
SCRIPT, DEFAULT = "/usr/libexec/lxc/lxc-net", "/etc/default/lxc-net"
PID = "/var/lib/incus/networks/incusbr0/dnsmasq.pid"
Held = tuple[Literal[4, 6], int, int]
VIRBR0: Held = (4, number("192.168.122.1"), 24)


def libvirt(text: str) -> Reading:
    return Reading("e1", "guest-networks", "", "/etc/libvirt/qemu/networks/*.xml", "", 0, "text", text)


def lxc(*lines: str) -> Reading:
    text = "".join(f"{each}\n" for each in lines)
    return Reading("e1", "guest-networks", "", "lxc-net, /etc/default/lxc-net", "", 0, "text", text)


def incus(*lines: str) -> Reading:
    text = "".join(f"{PID}:{each}\n" for each in lines)
    return Reading("e1", "guest-networks", "", "/var/lib/incus/networks/*/dnsmasq.pid", "", 0, "text", text)


def of_libvirt(*held: Held, mode: str = "", starts: bool = False) -> GuestNetwork:
    return GuestNetwork("default", "libvirt", "virbr0", held, starts, mode, XML, "e1")


def of_lxc(bridge: str, address: str, length: int, file: str, *, starts: bool = True) -> GuestNetwork:
    return GuestNetwork(bridge, "LXC", bridge, ((4, number(address), length),), starts, file=file, evidence="e1")


ROWS: dict[str, tuple[Reading, tuple[GuestNetwork, ...]]] = {
    "forward without a mode is nat": (
        libvirt(f"{NAMED}{XML}:<forward/>\n{NETMASK}"), (of_libvirt(VIRBR0, mode="nat"),)),
    "a mode, a prefix, autostart": (
        libvirt(f'{NAMED}{XML}:<forward mode="route">\n{XML}:<ip address="10.9.0.1" prefix="16"/>\n{XML}:autostart\n'),
        (of_libvirt((4, number("10.9.0.1"), 16), mode="route", starts=True),)),
    "both families": (
        libvirt(f"{NAMED}{NETMASK}{XML}:<ip family='ipv6' address='fd00::1' prefix='64'>\n"),
        (of_libvirt(VIRBR0, (6, (0xFD << 120) + 1, 64)),)),
    "a network without an address of the host": (libvirt(NAMED), ()),
    "an address that is none": (libvirt(f"{NAMED}{XML}:<ip address='x' netmask='y'>\n"), ()),
    "lxc-net by itself": (lxc(f'{SCRIPT}:USE_LXC_BRIDGE="true"'), (of_lxc("lxcbr0", "10.0.3.1", 24, DEFAULT),)),
    "lxc-net that is told to make none": (
        lxc(f'{SCRIPT}:USE_LXC_BRIDGE="true"', '/etc/default/lxc:USE_LXC_BRIDGE="false"  # see lxc-net',
            f'{DEFAULT}:USE_LXC_BRIDGE="false"'),
        (of_lxc("lxcbr0", "10.0.3.1", 24, DEFAULT, starts=False),)),
    "the file of a person counts last": (
        lxc('/etc/default/lxc:USE_LXC_BRIDGE="false"', f'{DEFAULT}:USE_LXC_BRIDGE="true"', f"{DEFAULT}:LXC_BRIDGE=br9",
            f"{DEFAULT}:LXC_ADDR=10.9.0.1", f"{DEFAULT}:LXC_NETMASK=255.255.0.0"),
        (of_lxc("br9", "10.9.0.1", 16, DEFAULT),)),
    "Incus": (
        incus("--interface=incusbr0", "--listen-address=10.73.1.1", "10.73.1.2,10.73.1.254,1h"),
        (GuestNetwork("incusbr0", "Incus", "incusbr0", ((4, number("10.73.1.1"), 24),), True, "", PID, "e1"),)),
    "Incus with a range in another form": (
        incus("--listen-address=10.73.1.1", "eth0,10.73.1.9,1h", "fd00::2,fd00::9,1h"),
        (GuestNetwork("incusbr0", "Incus", "incusbr0", ((4, number("10.73.1.1"), 28),), True, "", PID, "e1"),)),
    "Incus without a range of leases": (
        incus("--listen-address=10.73.1.1", "--listen-address=fd00::1"),
        (GuestNetwork("incusbr0", "Incus", "incusbr0",
                      ((4, number("10.73.1.1"), 24), (6, (0xFD << 120) + 1, 64)), True, "", PID, "e1"),)),
}  # fmt: skip


@each_row(("given", "found"), ROWS.values(), ids=ROWS)
def test_guest_networks(given: Reading, found: tuple[GuestNetwork, ...]) -> None:
    assert guest_networks((given,)) == found
