"""The kernel's counters, as the replica reads them."""

from hairpin.replica.watch.proc_net import counted

TEXT = """\
Tcp: RtoMin ActiveOpens OutRsts
Tcp: 200 7 3
Udp: InDatagrams NoPorts InErrors
Udp: 5 2 0
UdpLite: InDatagrams NoPorts InErrors
UdpLite: 0 0 0
"""


def test_counters_of_udp_are_not_those_of_udplite() -> None:
    assert counted(TEXT) == {"OutRsts": 3, "NoPorts": 2}
