"""The ssh session of a process: found by its ancestors and sshd's socket, not by what the environment says."""

from pathlib import Path

import msgspec
import pytest

from hairpin.apply.session import Session, Terminal, all_sessions, all_terminals, own_session, session_of
from hairpin.host.socket import Socket
from hairpin.network.flow import Lan, Outside
from hairpin.network.prefix import parse_address
from tests.report.answers import network
from tests.small_host import host_namespace
from tests.small_host import network as small_network

# 198.51.100.11:22 and 192.0.2.10:40001, in the byte order of this machine's kernel; a listener of the same process.
TCP = """\
  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 00000000:0016 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 100
   1: 0B6433C6:0016 0A0200C0:9C41 01 00000000:00000000 00:00000000 00000000     0        0 200
   2: 0B6433C6:0016 0B0200C0:9C42 01 00000000:00000000 00:00000000 00000000     0        0 300
"""
TCP6 = """\
  sl  local_address rem_address st
   0: 0000000000000000FFFF00000B6433C6:0016 0000000000000000FFFF00000A0200C0:9C41 01 0:0 0:0 0 0 0 400
"""
FOUND = Session(4, parse_address("192.0.2.10")[1], 40001, parse_address("198.51.100.11")[1], 22)


def process(proc: Path, pid: int, name: str, parent: int, *inodes: int) -> None:
    own = proc / str(pid)
    (own / "fd").mkdir(parents=True)
    (own / "net").mkdir()
    (own / "stat").write_text(f"{pid} ({name}) S {parent} 1 1", "utf-8")
    (own / "net" / "tcp").write_text(TCP, "utf-8")
    (own / "net" / "tcp6").write_text(TCP6, "utf-8")
    for number, inode in enumerate(inodes, 3):
        (own / "fd" / str(number)).symlink_to(f"socket:[{inode}]")


@pytest.mark.parametrize(("inode", "name"), ((200, "sshd"), (400, "sshd-session")))
def test_the_nearest_sshd_with_one_connection(tmp_path: Path, inode: int, name: str) -> None:
    process(tmp_path, 1, "systemd", 0)
    process(tmp_path, 50, "sshd", 1, 100)
    process(tmp_path, 60, name, 50, inode, 100)
    process(tmp_path, 70, "bash (odd) name", 60)
    process(tmp_path, 80, "sudo", 70)
    assert own_session(tmp_path, 80) == FOUND


OTHERS: dict[str, tuple[tuple[int, str, int, tuple[int, ...]], ...]] = {
    "a console": ((80, "bash", 1, ()),),
    "a terminal multiplexer, whose parent is init": ((80, "tmux: server", 1, (200,)),),
    "an sshd with two connections": ((60, "sshd", 1, (200, 300)), (80, "bash", 60, ())),
}


@pytest.mark.parametrize("processes", OTHERS.values(), ids=OTHERS)
def test_nobody_s_session(tmp_path: Path, processes: tuple[tuple[int, str, int, tuple[int, ...]], ...]) -> None:
    for pid, name, parent, inodes in processes:
        process(tmp_path, pid, name, parent, *inodes)
    assert own_session(tmp_path, 80) is None


def test_the_sessions_of_everybody(tmp_path: Path) -> None:
    process(tmp_path, 60, "sshd", 50, 200)
    process(tmp_path, 61, "sshd", 50, 300, 100)
    process(tmp_path, 62, "curl", 50, 400)
    other = msgspec.structs.replace(FOUND, client=FOUND.client + 1, client_port=40002)
    assert set(all_sessions(tmp_path)) == {FOUND, other}


def test_the_terminals_of_everybody(tmp_path: Path) -> None:
    process(tmp_path, 60, "sshd", 50, 200)
    process(tmp_path, 62, "curl", 50, 400)
    for pid, parent in ((70, 60), (71, 62), (72, 70)):
        process(tmp_path, pid, "bash", parent)
        (tmp_path / f"{pid}" / "fd" / "0").symlink_to(f"/dev/pts/{pid}")
    assert all_terminals(tmp_path) == (Terminal(FOUND, Path("/dev/pts/70")),)


RULES = "*nat\n:PREROUTING ACCEPT [0:0]\n{}COMMIT\n*filter\n:INPUT ACCEPT [0:0]\n{}COMMIT\n"
WAYS: dict[str, tuple[str, str, bool]] = {
    "open": ("", "", True),
    "dropped": ("", "-A INPUT -p tcp -m tcp --dport 22 -j DROP\n", False),
    "new ones dropped": ("", "-A INPUT -p tcp -m conntrack --ctstate NEW -j DROP\n", False),
    "led to another process": ("-A PREROUTING -p tcp -m tcp --dport 22 -j REDIRECT --to-ports 8080\n", "", False),
    "led to a container": (
        "-A PREROUTING -p tcp -m tcp --dport 22 -j DNAT --to-destination 172.17.0.2:80\n",
        "",
        False,
    ),
    "another port led away": ("-A PREROUTING -p tcp -m tcp --dport 23 -j REDIRECT --to-ports 8080\n", "", True),
}


@pytest.mark.parametrize(("nat", "filtered", "expected"), WAYS.values(), ids=WAYS)
def test_a_new_connection_has_to_reach_sshd(nat: str, filtered: str, *, expected: bool) -> None:
    listening = tuple(Socket("tcp", 4, None, port) for port in (22, 8080))
    here = small_network(host_namespace(RULES.format(nat, filtered), sockets=listening))
    assert FOUND.comes_in(here) is expected


def test_a_new_connection_of_the_same_client_is_a_flow() -> None:
    here = network()
    assert isinstance(FOUND.flow(here).start, Outside)
    own = next(each for each in here.namespace(here.this.netns).addresses if each.link == "eth0" and each.version == 4)
    near = msgspec.structs.replace(FOUND, client=own.value + 1)
    assert isinstance(near.flow(here).start, Lan)
    assert (near.flow(here).dport, near.flow(here).daddr) == (22, FOUND.address)


def test_a_session_by_the_words_of_ssh() -> None:
    """ssh(1), SSH_CONNECTION: address and port of the client, then of the host."""
    found = session_of("192.0.2.10 40001 198.51.100.11 22")
    assert found == Session(4, parse_address("192.0.2.10")[1], 40001, parse_address("198.51.100.11")[1], 22)
    link_local = session_of("fe80::1%eth0 40001 fe80::2%eth0 22")
    assert link_local is not None
    assert (link_local.version, link_local.client) == (6, parse_address("fe80::1")[1])
    assert session_of("") is None
