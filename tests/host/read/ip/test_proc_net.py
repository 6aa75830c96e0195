"""Sockets of /proc/net, where there is no ss."""

import pytest

from hairpin.errors import ParseError
from hairpin.host.read.ip.proc_net import parse, with_v6only
from hairpin.host.read.processes import Holder, Processes
from hairpin.host.socket import Socket
from hairpin.netfilter.rule_address import read_address

TCP = """\
  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:0053 00000000:0000 0A 00000000:00000001 00:00000000 00000000     0        0 91876 1
   1: 00000000:0050 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 91873 1
   2: 0100007F:0053 0100007F:BC04 01 00000000:00000000 00:00000000 00000000     0        0 0 1
"""
# The columns after the state are narrower here than the kernel prints them.
TCP6 = """\
  sl  local_address                         remote_address                        st tx_queue rx_queue
   0: 0000000000000000FFFF00000100007F:0056 00000000000000000000000000000000:0000 0A 0:0 0:0 0 0 0 91879
   1: 00000000000000000000000000000000:0050 00000000000000000000000000000000:0000 0A 0:0 0:0 0 0 0 91874
   2: B80D0120000000000000000001000000:0055 00000000000000000000000000000000:0000 0A 0:0 0:0 0 0 0 91878
"""
UDP = """\
   sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode ref pointer drops
  888: 00000000:0035 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 91880 2 00000000e604c2f0 0
 2387: 0100007F:8610 0100007F:0035 01 00000000:00000000 00:00000000 00000000     0        0 91885 1
"""


def test_tcp() -> None:
    assert parse(TCP, protocol="tcp", version=4, source="/proc/net/tcp", evidence="e1") == (
        Socket("tcp", 4, 0x7F000001, 83, uid=0, queued=1, evidence="e1", entry=2),
        Socket("tcp", 4, None, 80, uid=1000, queued=0, evidence="e1", entry=3),
    )


def test_tcp6() -> None:
    assert [(s.version, s.address, s.port) for s in parse(TCP6, protocol="tcp", version=6, source="tcp6")] == [
        (4, 0x7F000001, 86),
        (6, None, 80),
        (6, read_address("2001:db8::1", "ip6"), 85),
    ]


def test_udp() -> None:
    assert parse(UDP, protocol="udp", version=4, source="udp") == (Socket("udp", 4, None, 53, uid=0),)


def test_two_wildcards_on_one_port_cannot_both_take_ipv4() -> None:
    both = (*parse(TCP, protocol="tcp", version=4, source=""), *parse(TCP6, protocol="tcp", version=6, source=""))
    assert {s.port for s in with_v6only(both) if s.v6only} == {80}
    assert not any(s.v6only for s in with_v6only(both[2:]))


@pytest.mark.parametrize(
    "line",
    ("0: zz00007F:0053 00000000:0000 0A 0:1 0:0 0 0", "0: 01:0053 00000000:0000 0A 0:1 0:0 0 0", "0: 0100007F:0053"),
)
def test_damage_is_a_parse_error_with_its_line(line: str) -> None:
    with pytest.raises(ParseError, match="tcp:1"):
        parse(line, protocol="tcp", version=4, source="tcp")


def test_the_inode_tells_the_process() -> None:
    known = Processes(holders={"91873": (Holder("nginx", 7),)})
    found = parse(TCP, protocol="tcp", version=4, source="/proc/net/tcp", known=known)
    assert [(each.port, each.process, each.pid) for each in found] == [(83, None, None), (80, "nginx", 7)]
