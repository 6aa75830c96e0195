"""Links, processes and comments with odd names on the real kernel; texts that make a tool run a program, refused."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from hairpin.carry.act import Command
from hairpin.carry.run import do
from hairpin.collect.frames import parse
from hairpin.collect.run import script
from hairpin.host.host import Host
from hairpin.host.read.parse import parse as host_of
from hairpin.replica.plan.blueprint import Load
from hairpin.replica.run.build import write_sysctl
from hairpin.replica.run.tool import Batch, begin

BRIDGE, VETH, PEER = "c'\x01\x7f", "a\x1b[31m", 'b"q\\z'
COMMENT = 'x\x1b]0;pwn\x07"y\\'
PROCESS = 'e\x1b[31m"q'
LISTEN = f"""
import ctypes, socket, sys
ctypes.CDLL(None).prctl(15, {PROCESS.encode()!r}, 0, 0, 0)
with socket.create_server(("127.0.0.1", 8080)):
    print("ready", flush=True)
    sys.stdin.read()
"""
LOAD = """
import sys
from hairpin.replica.plan.blueprint import Load
from hairpin.replica.run.tool import begin
print(begin(Load("ipset", sys.argv[1])).finish())
"""


def argvs() -> Iterator[tuple[str, ...]]:
    yield ("ip", "link", "set", "lo", "up")
    yield ("ip", "link", "add", BRIDGE, "type", "bridge")
    yield ("ip", "link", "add", VETH, "type", "veth", "peer", "name", PEER)
    yield ("ip", "link", "set", PEER, "master", BRIDGE)
    yield from (("ip", "link", "set", name, "up") for name in (VETH, PEER, BRIDGE))
    yield ("ip", "addr", "add", "192.0.2.7/24", "dev", VETH)
    yield ("ip", "neigh", "add", "192.0.2.8", "lladdr", "02:00:00:00:00:01", "dev", VETH)
    yield ("iptables", "-A", "FORWARD", "-i", VETH, "-m", "comment", "--comment", COMMENT, "-j", "DROP")
    yield ("nft", "add table inet odd; add chain inet odd one { type filter hook input priority 0; }")
    yield ("nft", f'add rule inet odd one iifname "{VETH}" counter comment "c\x1b[1m"')


@pytest.fixture(scope="module")
def enter() -> Iterator[tuple[str, ...]]:
    """Yield the argv prefix that enters a new network namespace, which a process holds."""
    holder = subprocess.Popen(
        ("unshare", "--net", "sh", "-c", "echo ready; read -r _"), stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    with holder:
        assert holder.stdin is not None
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"ready\n"
        yield ("nsenter", f"--net=/proc/{holder.pid}/ns/net", "--")
        holder.stdin.close()


@pytest.fixture(scope="module")
def host(enter: tuple[str, ...]) -> Iterator[Host]:
    for argv in argvs():
        subprocess.run((*enter, *argv), check=True, capture_output=True)
    listener = subprocess.Popen((*enter, "python3", "-c", LISTEN), stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    with listener:
        assert listener.stdin is not None
        assert listener.stdout is not None
        assert listener.stdout.readline() == b"ready\n"
        read = subprocess.run((*enter, "sh", "-s", "--"), input=script(), capture_output=True, check=True)
        yield host_of(parse(read.stdout, hairpin="test", source="test"))
        listener.stdin.close()


def test_every_reading_of_them_is_understood(host: Host) -> None:
    own = host.namespaces[0]
    assert not {"ip-addr", "ip-route4", "ip-neigh", "bridge-link", "bridge-fdb", "nft-table", "sockets"} & set(
        own.unread
    )
    assert not [each for each in own.unread if "iptables" in each]


def test_links_addresses_and_neighbours_have_their_names(host: Host) -> None:
    own = host.namespaces[0]
    assert {"lo", BRIDGE, VETH, PEER} <= {each.name for each in own.links}
    assert next(each for each in own.links if each.name == PEER).master == BRIDGE
    assert next(each for each in own.links if each.name == PEER).port is not None
    assert any(each.link == VETH and each.version == 4 for each in own.addresses)
    assert any(hop.link == VETH for each in own.routes for hop in each.next_hops)
    assert any(each.link == VETH for each in own.neighbours)


def test_rules_and_sockets_have_their_names(host: Host) -> None:
    own = host.namespaces[0]
    rules = [rule.text for table in own.ruleset.tables for chain in table.chains for rule in chain.rules]
    assert sum(VETH in each for each in rules) == 2
    assert [each.process for each in own.sockets if each.port == 8080] == [PROCESS]


def test_a_name_with_a_line_feed_runs_no_command_of_iproute2(enter: tuple[str, ...], tmp_path: Path) -> None:
    mark = tmp_path / "ran"
    lines = ("link add x1 type bridge", f"link set dev eth0\nvrf exec default touch {mark}", "link add x2 type bridge")
    refused = Batch((*enter, "ip"), (*lines, "link add y# type bridge", "link add 'z type bridge", "link del x1\\"))
    assert [number for number, _ in refused.refused()] == [2, 4, 5, 6]
    assert not mark.exists()
    for name in ("x1", "x2"):
        subprocess.run((*enter, "ip", "link", "del", name), check=True)


def test_ipset_writes_no_file(enter: tuple[str, ...], tmp_path: Path) -> None:
    mark = tmp_path / "written"
    text = f"create hostile hash:ip\nsave hostile -file {mark}\n"
    done = subprocess.run((*enter, sys.executable, "-c", LOAD, text), capture_output=True, text=True, check=True)
    assert "unwritable" in done.stdout
    assert not mark.exists()


@pytest.mark.parametrize("option", ("--modprobe=/bin/true", "-M /bin/true", '"--mod"probe=/bin/true', "--mo /bin/true"))
def test_a_rule_names_no_program(option: str) -> None:
    load = Load("iptables-nft-restore", f"*filter\n-A hairpin-nowhere {option} -j DROP\nCOMMIT\n")
    status, said = begin(load).finish()
    assert status
    assert "unwritable" in said
    assert do(Command(("iptables", "-A", "hairpin-nowhere", *option.replace('"', "").split()))).complaint is not None


@pytest.mark.parametrize("path", ("kernel/hostname", "net/../kernel/hostname", "net/a/../../kernel/hostname", "net//x"))
def test_only_the_networks_sysctls_are_written(path: str) -> None:
    before = os.uname().nodename
    assert not write_sysctl(path, "hostile")
    assert os.uname().nodename == before
