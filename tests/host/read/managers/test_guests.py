"""Who is behind the bridges of other programs, by name."""

import pytest

from hairpin.evidence.reading import Reading
from hairpin.host.managers import NamedGuest
from hairpin.host.read.managers.guests import named_guests
from tests.small_host import number


def reading(origin: str, text: str) -> Reading:
    return Reading("e1", "guests", "", origin, "", 0, "text", text)


def leased(name: str, program: str, *addresses: str, netns: str = "") -> NamedGuest:
    return NamedGuest(name, program, netns, tuple((4, number(each)) for each in addresses), "e1")


STATUS = reading(
    "/var/lib/libvirt/dnsmasq/virbr0.status",
    """[{"ip-address": "192.168.122.187", "mac-address": "52:54:00:ab:9e:11", "hostname": "debian",
         "client-id": "01:52:54:00:ab:9e:11", "expiry-time": 1796050879}]""",
)
MACS = reading("/var/lib/libvirt/dnsmasq/virbr0.macs", '[{"domain": "vm1", "macs": ["52:54:00:ab:9e:11"]}]')
NETWORKD = reading(
    "/var/lib/systemd/network/dhcp-server-lease/ve-web",
    """{"BootID": "47", "Address": [192,168,112,241], "PrefixLength": 28, "Leases": [{"ClientId": [1,114],
        "Address": [192,168,112,252], "Hostname": "web", "ExpirationUSec": 3613648091}]}""",
)
OF_LXC = "/var/lib/misc/dnsmasq.lxcbr0.leases"
OF_INCUS = "/var/lib/incus/networks/incusbr0/dnsmasq.leases"
CASES: dict[str, tuple[tuple[Reading, ...], tuple[NamedGuest, ...]]] = {
    "libvirt, by the machine's own name": ((STATUS,), (leased("debian", "libvirt", "192.168.122.187"),)),
    "libvirt, by the domain of the MAC": ((STATUS, MACS), (leased("vm1", "libvirt", "192.168.122.187"),)),
    "lxc": (
        (reading(OF_LXC, "1796050719 9a:10:f3:2c:b0:95 10.0.3.142 c1 01:9a:10:f3:2c:b0:95\n"),),
        (leased("c1", "lxc", "10.0.3.142"),)),
    "the newest lease first": (
        (reading(OF_INCUS, "5 9a:10:f3:2c:b0:95 10.0.3.1 c1 *\n7 9a:10:f3:2c:b0:95 10.0.3.2 c1 *\nduid 00:01:00\n"),),
        (leased("c1", "incus", "10.0.3.2", "10.0.3.1"),)),
    "a lease without a name": ((reading(OF_LXC, "17 9a:10:f3:2c:b0:95 10.0.3.142 * 01:9a:10:f3:2c:b0:95\n"),), ()),
    "networkd": ((NETWORKD,), (leased("web", "systemd-networkd", "192.168.112.252"),)),
    "machined": (
        (reading("/run/systemd/machines/web", "# Do not parse.\nNAME=web\nSCOPE=nsp.service\nLEADER=267\nNETIF=4\n"),),
        (leased("web", "machined", netns="netns:pid-267"),)),
    "control groups": (
        (reading("/proc/*/cgroup",
                 "55\t0::/lxc.payload.c2/init\n56\t0::/machine.slice/systemd-nspawn@web.service/payload\n"
                 "57\t0::/machine.slice/machine-a\\x2db.scope\n58\t0::/user.slice\n"),),
        (leased("c2", "lxc", netns="netns:pid-55"), leased("web", "machined", netns="netns:pid-56"),
         leased("a-b", "machined", netns="netns:pid-57"))),
    "no JSON, no lease": ((reading(STATUS.origin, "[{"), reading(OF_LXC, "x")), ()),
}  # fmt: skip


@pytest.mark.parametrize(("readings", "found"), CASES.values(), ids=CASES)
def test_named_guests(readings: tuple[Reading, ...], found: tuple[NamedGuest, ...]) -> None:
    assert named_guests(readings) == found
