"""Sockets as ss prints them, of several versions."""

import pytest

from hairpin.errors import ParseError
from hairpin.evidence.reading import text_reading
from hairpin.host.link import Link
from hairpin.host.read.ip.sockets_text import parse, proc_net_sockets, unmapped, with_device_names, with_v6only
from hairpin.host.read.processes import Holder, Processes
from hairpin.host.socket import Socket
from hairpin.netfilter.rule_address import read_address
from tests.rows import each_row

# iproute2 6.1, ss -H -n -l -e -t -u -p, all bound by one python3.
NEW: dict[str, tuple[str, Socket]] = {
    "UDP on every IPv4 address": (
        'udp UNCONN 0 0 0.0.0.0:53 0.0.0.0:* users:(("python3",pid=9,fd=11)) ino:91880 sk:1001 cgroup:/ <->',
        Socket("udp", 4, None, 53, process="python3", pid=9, uid=0)),
    "UDP on everything": (
        'udp UNCONN 0 0 *:54 *:* users:(("python3",pid=9,fd=12)) uid:1000 ino:91881 sk:3 cgroup:/ v6only:0 <->',
        Socket("udp", 6, None, 54, process="python3", pid=9, uid=1000)),
    "loopback, one waiting": (
        'tcp LISTEN 1 5 127.0.0.1:83 0.0.0.0:* users:(("python3",pid=9,fd=6)) ino:91876 sk:1004 cgroup:/ <->',
        Socket("tcp", 4, 0x7F000001, 83, process="python3", pid=9, uid=0, backlog=5, queued=1)),
    "bound to a link": (
        "tcp LISTEN 0 5 0.0.0.0%v0:84 0.0.0.0:* ino:91877 sk:1005 cgroup:/ <->",
        Socket("tcp", 4, None, 84, device="v0", uid=0, backlog=5, queued=0)),
    "IPv4 by an IPv6 socket": (
        "tcp LISTEN 0 5 [::ffff:127.0.0.1]:86 *:* ino:91879 sk:1009 cgroup:/ v6only:0 <->",
        Socket("tcp", 4, 0x7F000001, 86, uid=0, backlog=5, queued=0)),
    "IPv6 alone": (
        "tcp LISTEN 0 5 [::]:82 [::]:* ino:91875 sk:100b cgroup:/ v6only:1 <->",
        Socket("tcp", 6, None, 82, v6only=True, uid=0, backlog=5, queued=0)),
    "one IPv6 address": (
        "tcp LISTEN 0 5 [::1]:85 [::]:* ino:91878 sk:100c cgroup:/ v6only:0 <->",
        Socket("tcp", 6, 1, 85, uid=0, backlog=5, queued=0)),
    "link-local with its zone": (
        "udp UNCONN 0 0 [fe80::1]%eth0:546 [::]:* ino:1 sk:2 cgroup:/ v6only:1 <->",
        Socket("udp", 6, read_address("fe80::1", "ip6"), 546, device="eth0", v6only=True, uid=0)),
    "the relay of several owners": (
        'tcp LISTEN 0 9 0.0.0.0:80 0.0.0.0:* users:(("dockerd",pid=7,fd=3),("docker-proxy",pid=8,fd=4)) ino:1 sk:2 <->',
        Socket("tcp", 4, None, 80, process="docker-proxy", pid=8, uid=0, backlog=9, queued=0)),
    "a name with odd characters": (
        'tcp LISTEN 0 9 0.0.0.0:80 0.0.0.0:* users:(("tmux: a)(b",pid=7,fd=3)) ino:1 sk:2 <->',
        Socket("tcp", 4, None, 80, process="tmux: a)(b", pid=7, uid=0, backlog=9, queued=0)),
    "without -e": (
        'tcp LISTEN 0 9 [::]:80 [::]:* users:(("nginx",pid=7,fd=3))',
        Socket("tcp", 6, None, 80, v6only=True, process="nginx", pid=7, backlog=9, queued=0)),
}  # fmt: skip
MEMORY = """\
udp UNCONN 213248 0 127.0.0.1:5999 0.0.0.0:* ino:19019 sk:100d cgroup:/ <->
\t skmem:(r212992,rb212992,t0,tb212992,f0,w0,o0,bl0,d1744)
udp UNCONN 0 0 127.0.0.1:5998 0.0.0.0:* ino:19036 sk:5 cgroup:/ <->
tcp LISTEN 0 128 127.0.0.1:22 0.0.0.0:* ino:19037 sk:6 cgroup:/ <->
\t skmem:(r0,rb131072,t0,tb16384,f0,w0,o0,bl0,d0)
"""
# iproute2 4.11 (CentOS 7): no brackets, * is the IPv4 wildcard.
OLD = """\
tcp    LISTEN     0      128       *:22      *:*      users:(("sshd",pid=1,fd=3)) ino:1 sk:2 <->
tcp    LISTEN     0      128      :::22      :::*      users:(("sshd",pid=1,fd=4)) ino:1 sk:3 <->
tcp    LISTEN     0      100     ::1:25      :::*      users:(("master",pid=2,fd=4)) ino:1 sk:3 <->
"""


@each_row(("line", "expected"), NEW.values(), ids=NEW)
def test_socket(line: str, expected: Socket) -> None:
    assert parse(text_reading(f"{line}\n", "ss")) == (expected,)


def test_a_device_that_ss_knows_by_its_index_has_the_links_name() -> None:
    sockets = (Socket("tcp", 4, None, 9100, device="if2"), Socket("tcp", 4, None, 80, device="if9"))
    links = (Link(2, "eth0"), Link(3, "if9"), Link(9, "docker0"))
    assert [each.device for each in with_device_names(sockets, links)] == ["eth0", "if9"]


def test_memory_of_udp_sockets() -> None:
    full, unknown, tcp = parse(text_reading(MEMORY, "ss", "e1"))
    assert (full.received, full.receive_buffer, full.entry) == (212992, 212992, 1)
    assert (unknown.received, unknown.receive_buffer, unknown.entry) == (None, None, 3)
    assert (tcp.received, tcp.queued, tcp.backlog, tcp.entry) == (None, 0, 128, 4)


def test_ss_of_centos_7() -> None:
    assert [(s.version, s.address, s.port, s.v6only) for s in parse(text_reading(OLD, "ss"))] == [
        (4, None, 22, False),
        (6, None, 22, False),
        (6, 1, 25, False),
    ]


def test_ss_that_read_proc_knows_no_backlog() -> None:
    """Each Send-Q is 0 then.  One that is not shows that ss asked the kernel by netlink."""
    proc = "tcp LISTEN 3 0 0.0.0.0:80 0.0.0.0:*\ntcp LISTEN 0 0 0.0.0.0:81 0.0.0.0:*\n"
    assert [(each.queued, each.backlog) for each in parse(text_reading(proc, "ss"))] == [(3, None), (0, None)]
    asked = f"{proc}tcp LISTEN 0 9 0.0.0.0:82 0.0.0.0:*\n"
    assert [(each.queued, each.backlog) for each in parse(text_reading(asked, "ss"))] == [(3, 0), (0, 0), (0, 9)]


def test_a_lone_star_means_what_that_version_of_ss_means() -> None:
    old = "tcp LISTEN 0 128 *:22 *:* ino:1 sk:2 <->\n"
    assert [s.version for s in parse(text_reading(old, "ss"))] == [4]
    assert [s.version for s in parse(text_reading(old.replace("<->", "v6only:0 <->"), "ss"))] == [6]
    assert [s.version for s in parse(text_reading("tcp LISTEN 0 128 *:22 *:*\n", "ss"))] == [6]


def test_sockets_that_only_their_peer_reaches_are_left_out() -> None:
    text = (
        "Netid State Recv-Q Send-Q Local Address:Port Peer Address:PortProcess\n"
        "tcp ESTAB 0 0 127.0.0.1:83 127.0.0.1:48132 ino:0 sk:1007 cgroup:/ <->\n"
        "udp ESTAB 0 0 127.0.0.1:34320 127.0.0.1:53 ino:91885 sk:1002 cgroup:/ <->\n"
        "u_str LISTEN 0 5 /run/x 1 * 0\n"
    )
    assert parse(text_reading(text, "ss")) == ()


def test_unmapped() -> None:
    assert unmapped(6, (0xFFFF << 32) + 1) == (4, 1)
    assert unmapped(6, 1) == (6, 1)
    assert unmapped(6, 0) == (6, 0)
    assert unmapped(4, 1) == (4, 1)


@pytest.mark.parametrize(
    "line",
    (
        "tcp LISTEN 0 5",
        "tcp LISTEN 0 5 x:80 *:*",
        "tcp LISTEN 0 5 0.0.0.0:x 0.0.0.0:*",
        "tcp LISTEN a b 0.0.0.0:8 0.0.0.0:*",
    ),
)
def test_damage_is_a_parse_error_with_its_line(line: str) -> None:
    with pytest.raises(ParseError, match="ss:2"):
        parse(text_reading(f"\n{line}\n", "ss"))


def test_without_p_the_inode_tells_the_process() -> None:
    line = "tcp LISTEN 0 5 0.0.0.0:84 0.0.0.0:* ino:91877 sk:1005 cgroup:/ <->\n"
    known = Processes(holders={"91877": (Holder("nginx", 7),)})
    (found,) = parse(text_reading(line, "ss"), known=known)
    assert (found.process, found.pid, found.uid) == ("nginx", 7, 0)
    (unknown,) = parse(text_reading(line.replace("91877", "91878"), "ss"), known=known)
    assert (unknown.process, unknown.pid) == (None, None)


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
    assert proc_net_sockets(text_reading(TCP, "/proc/net/tcp", "e1"), protocol="tcp", version=4) == (
        Socket("tcp", 4, 0x7F000001, 83, uid=0, queued=1, evidence="e1", entry=2),
        Socket("tcp", 4, None, 80, uid=1000, queued=0, evidence="e1", entry=3),
    )


def test_tcp6() -> None:
    assert [
        (s.version, s.address, s.port) for s in proc_net_sockets(text_reading(TCP6, "tcp6"), protocol="tcp", version=6)
    ] == [(4, 0x7F000001, 86), (6, None, 80), (6, read_address("2001:db8::1", "ip6"), 85)]


def test_udp() -> None:
    assert proc_net_sockets(text_reading(UDP, "udp"), protocol="udp", version=4) == (Socket("udp", 4, None, 53, uid=0),)


def test_two_wildcards_on_one_port_cannot_both_take_ipv4() -> None:
    both = (
        *proc_net_sockets(text_reading(TCP, ""), protocol="tcp", version=4),
        *proc_net_sockets(text_reading(TCP6, ""), protocol="tcp", version=6),
    )
    assert {s.port for s in with_v6only(both) if s.v6only} == {80}
    assert not any(s.v6only for s in with_v6only(both[2:]))


@pytest.mark.parametrize(
    "line",
    ("0: zz00007F:0053 00000000:0000 0A 0:1 0:0 0 0", "0: 01:0053 00000000:0000 0A 0:1 0:0 0 0", "0: 0100007F:0053"),
)
def test_damage_is_a_parse_error_with_its_line_in_proc_net(line: str) -> None:
    with pytest.raises(ParseError, match="tcp:1"):
        proc_net_sockets(text_reading(line, "tcp"), protocol="tcp", version=4)


def test_the_inode_tells_the_process() -> None:
    known = Processes(holders={"91873": (Holder("nginx", 7),)})
    found = proc_net_sockets(text_reading(TCP, "/proc/net/tcp"), protocol="tcp", version=4, known=known)
    assert [(each.port, each.process, each.pid) for each in found] == [(83, None, None), (80, "nginx", 7)]
