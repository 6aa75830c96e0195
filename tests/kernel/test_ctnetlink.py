"""Entries that hairpin writes into the kernel's conntrack table, as the kernel prints them."""

import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

from hairpin.evidence.reading import text_reading
from hairpin.host.read.ip.conntrack_text import parse
from hairpin.netfilter.packet import Connection
from hairpin.replica.run.ctnetlink import available

ROOT = Path(__file__).resolve().parents[2]
SCRIPT = """
import subprocess, sys, msgspec
from hairpin.netfilter.packet import Connection
from hairpin.replica.run.ctnetlink import forget, write
wanted = msgspec.json.decode(sys.argv[1], type=tuple[Connection, ...])
said = write(wanted)
again = write(wanted)
found = subprocess.run(("conntrack", "-L", "-o", "extended"), capture_output=True, text=True).stdout
emptied = forget()
left = subprocess.run(("conntrack", "-L"), capture_output=True, text=True).stdout
print(msgspec.json.encode((said, again, found, emptied, left)).decode())
"""

LINES: dict[str, str] = {
    "published": (
        "ipv4     2 tcp      6 119 TIME_WAIT src=192.0.2.10 dst=198.51.100.11 sport=48820 dport=8080"
        " src=172.17.0.2 dst=192.0.2.10 sport=80 dport=48820 [ASSURED] mark=0 use=1"
    ),
    "translated both ways": (
        "ipv4     2 tcp      6 431000 ESTABLISHED src=172.17.0.3 dst=198.51.100.11 sport=5 dport=8080"
        " src=172.17.0.2 dst=172.17.0.1 sport=80 dport=5 [ASSURED] mark=0 use=1"
    ),
    "neither answered nor translated": (
        "ipv4     2 udp      17 25 src=192.0.2.10 dst=198.51.100.11 sport=4000 dport=53 [UNREPLIED]"
        " src=198.51.100.11 dst=192.0.2.10 sport=53 dport=4000 mark=0 use=1"
    ),
    "another port": (
        "ipv4     2 udp      17 25 src=172.17.0.2 dst=192.0.2.53 sport=4000 dport=53 [UNREPLIED]"
        " src=192.0.2.53 dst=198.51.100.11 sport=53 dport=1024 mark=0 use=1"
    ),
    "a mark and a zone": (
        "ipv4     2 tcp      6 300 SYN_RECV src=192.0.2.10 dst=198.51.100.11 sport=5 dport=22"
        " src=198.51.100.11 dst=192.0.2.10 sport=22 dport=5 mark=16 zone=3 use=1"
    ),
    "echo": (
        "ipv4     2 icmp     1 29 src=172.17.0.2 dst=192.0.2.10 type=8 code=0 id=77"
        " src=192.0.2.10 dst=198.51.100.11 type=0 code=0 id=77 mark=0 use=1"
    ),
    "IPv6": (
        "ipv6     10 tcp      6 300 CLOSE src=fd00::1 dst=fd00::2 sport=1 dport=2"
        " src=fd00::3 dst=fd00::1 sport=4 dport=1 [ASSURED] mark=0 use=1"
    ),
    "echo of IPv6": (
        "ipv6     10 icmpv6   58 29 src=fd00::1 dst=fd00::2 type=128 code=0 id=7"
        " src=fd00::2 dst=fd00::1 type=129 code=0 id=7 mark=0 use=1"
    ),
    "no ports": (
        "ipv4     2 unknown  2 597 src=172.17.0.2 dst=192.0.2.10 [UNREPLIED] src=192.0.2.10 dst=172.17.0.2 mark=0 use=1"
    ),
}


def without_time(connection: Connection) -> Connection:
    """Return the entry without its timeout, which runs."""
    return msgspec.structs.replace(connection, timeout_s=None)


@pytest.mark.parametrize("line", LINES.values(), ids=LINES)
def test_what_is_written_is_what_was_read(line: str) -> None:
    wanted = parse(text_reading(f"{line}\n", "test"))
    done = subprocess.run(
        ("unshare", "--net", sys.executable, "-c", SCRIPT, msgspec.json.encode(wanted).decode()),
        capture_output=True,
        check=True,
        env={"PYTHONPATH": str(ROOT / "src"), "PATH": "/usr/sbin:/usr/bin:/sbin:/bin"},
    )
    said, again, found, emptied, left = msgspec.json.decode(
        done.stdout, type=tuple[tuple[str, ...], tuple[str, ...], str, str, str]
    )
    assert (said, emptied, left) == (("",), "", "")
    assert again == ("File exists",)
    (written,) = parse(text_reading(found, "conntrack -L"))
    assert without_time(written) == without_time(wanted[0])
    assert written.timeout_s is not None
    assert wanted[0].timeout_s is not None
    assert 0 <= wanted[0].timeout_s - written.timeout_s <= 60


def test_this_kernel_accepts_entries() -> None:
    """The tool conntrack has the kernel load what it needs; hairpin does not."""
    subprocess.run(("unshare", "--net", "conntrack", "-L"), capture_output=True, check=True)
    assert available()
