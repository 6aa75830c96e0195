"""What the kernel says of links and tables."""

from hairpin.story.logs.kernel_log import kernel_entries
from tests.rows import each_row
from tests.story.recorded import BEGUN, journal, traces

E1000 = "e1000e 0000:00:1f.6 eth0: NIC Link is"
R8169 = "r8169 0000:01:00.0 enp1s0: Link is"
MANAGER = "<info> [1.2] device (eth0): carrier: link"
CASES: dict[str, tuple[tuple[tuple[float, str, str], ...], list[tuple[str, str | None]]]] = {
    "a short loss": (
        ((100, "kernel", f"{E1000} Down"), (104, "kernel", f"{E1000} Up 1000 Mbps")),
        [("eth0 lost its carrier for 4 s", "link-bounce")],
    ),
    "a long loss": (
        ((100, "kernel", "igb: eth0 NIC Link is Down"), (900, "kernel", "igb: eth0 NIC Link is Up")),
        [("eth0 lost its carrier", None), ("eth0 has a carrier", None)],
    ),
    "told by networkd, too": (
        (
            (100, "kernel", f"{R8169} Down"), (100.2, "systemd-networkd", "enp1s0: Lost carrier"),
            (103, "kernel", f"{R8169} Up - 1Gbps"), (103.1, "systemd-networkd", "enp1s0: Gained carrier"),
        ),
        [("enp1s0 lost its carrier for 3 s", "link-bounce")],
    ),
    "told by NetworkManager alone": (
        ((100, "NetworkManager", f"{MANAGER} disconnected"), (101, "NetworkManager", f"{MANAGER} connected")),
        [("eth0 lost its carrier for 1 s", "link-bounce")],
    ),
    "br_netfilter": (
        ((100, "kernel", "Bridge firewalling registered"),),
        [("the kernel loaded br_netfilter: from then on iptables sees bridged packets", "br-netfilter-load")],
    ),
    "a full table": (
        tuple((100.0 + n, "kernel", "nf_conntrack: nf_conntrack: table full, dropping packet") for n in range(3)),
        [("the connection tracking table was full: new connections were dropped", None)],
    ),
    "a link that comes up at the boot": (((3, "kernel", "ADDRCONF(NETDEV_CHANGE): eth0: link becomes ready"),), []),
    "a word of a user's program": (((100, "app", "eth0: Link is Down"),), []),
}  # fmt: skip


@each_row(("lines", "expected"), CASES.values(), ids=CASES)
def test_cases(lines: tuple[tuple[float, str, str], ...], expected: list[tuple[str, str | None]]) -> None:
    found = kernel_entries(traces(("trace-kernel", journal(*lines))))
    assert [(str(each.what), each.effect.event if each.effect else None) for each in found] == expected


def test_equal_lines_are_one_entry_from_the_first_to_the_last() -> None:
    lines = ((100.0 + n, "kernel", "neighbour: arp_cache: neighbor table overflow!") for n in range(3))
    (found,) = kernel_entries(traces(("trace-kernel", journal(*lines))))
    assert (found.at - BEGUN, (found.until or 0) - BEGUN) == (100, 102)
