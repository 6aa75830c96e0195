"""Each command of README's code blocks is taken from the page and run.  Needs root.

hairpin's commands run on a lab host with a fault, in the order of the page and in one folder, by the host's shell.
Stand-ins take the place of what needs a network, another host or ten minutes: ssh, scp, journalctl, pipx's download,
``make dist``.  ``tools/bare`` runs the first block whole, on a fresh Debian.
"""

import os
import pty
import shlex
import subprocess
import sys
from collections.abc import Generator, Iterator
from pathlib import Path

import pytest

import hairpin
from hairpin.lab.build import Lab, running_lab
from hairpin.lab.node import ENVIRONMENT
from hairpin.lab.plan import ContainerPlan, LabPlan
from hairpin.lab.run import HAIRPIN, TIMEOUT_S
from tests.whole import WHOLE
from tools.quoted import ROOT, blocks
from tools.release.pinned import ARCHITECTURES
from tools.shown_commands import typed

LIMIT_S = 5 * TIMEOUT_S
"""No command is slow by itself; a machine that runs all tests at once may be."""
SOURCE = Path(hairpin.__file__).parents[1]
FORWARDING = "interface-forwarding-off"
BLOCKED = "sysctl -qw net.ipv4.conf.eth0.forwarding=0"
TICKET = """On the server:
# docker ps
CONTAINER ID   IMAGE   COMMAND   CREATED       STATUS       PORTS                    NAMES
0a1b2c3d4e5f   nginx   "nginx"   2 hours ago   Up 2 hours   127.0.0.1:8151->80/tcp   web
# ss -ltn
State   Recv-Q  Send-Q  Local Address:Port  Peer Address:Port
LISTEN  0       4096    127.0.0.1:8151      0.0.0.0:*
"""
LOG = (
    "dockerd: driver failed programming external connectivity on endpoint web: Bind for 0.0.0.0:8151 failed: "
    "port is already allocated"
)
ENDS: dict[str, tuple[int, str]] = {
    "make demo": (0, "hello from the lab"),
    "make test": (0, "-m pytest"),
    "pipx install .": (0, ""),
    "make dist": (0, ""),
    "scp dist/hairpin-x86_64 root@web1:hairpin": (0, ""),
    "ssh root@web1 ./hairpin 8151": (1, f"cause[{FORWARDING}]"),
    "hairpin check": (1, f"cause[{FORWARDING}]"),
    "hairpin check 8151": (1, f"cause[{FORWARDING}]"),
    "hairpin check web:80 --from container:api": (0, "✓ delivered"),
    "hairpin check 8151 --host root@web1": (1, f"cause[{FORWARDING}]"),
    "hairpin check 8151 --text ticket.txt": (3, "published-on-loopback-only"),
    "hairpin fix 8151": (1, "sysctl -w net.ipv4.conf.eth0.forwarding=1"),
    "hairpin fix 8151 --apply --persist": (0, "hairpin undo"),
    "hairpin undo": (0, ""),
    "hairpin snapshot -o web1.hairpin": (0, ""),
    "journalctl -u docker | hairpin explain": (1, "port is already allocated"),
    "hairpin lab list": (0, "docker-user-drops"),
    "hairpin lab shell docker-user-drops": (0, "DOCKER-USER"),
}
"""The exit status of each command, and words of its output."""


def commands() -> tuple[str, ...]:
    """Return the commands of README's blocks in the order of the page; the quoted answer is held by tools/quoted.py."""
    page = (ROOT / "README.md").read_text("utf-8")
    return tuple(command for block in blocks(page) if not block.comment for command in typed(block.text))


COMMANDS = commands()


def test_each_line_of_a_block_is_one_command_that_is_known_here() -> None:
    assert tuple(ENDS) == COMMANDS


def test_a_screenful_and_a_half() -> None:
    assert len((ROOT / "README.md").read_text("utf-8").splitlines()) <= 120


def script(text: str) -> str:
    return f"#!/bin/sh\nset -e\n{text}\n"


HAIRPIN_HERE = f'PYTHONPATH={shlex.quote(str(SOURCE))} exec {shlex.join(HAIRPIN)} "$@"'
STAND_INS = {
    "hairpin": HAIRPIN_HERE,
    # The other host is this one; its home is a folder of its own.
    "ssh": "while case $1 in -o) shift 2;; -*) shift;; *) false;; esac; do :; done\nhost=$1; shift\n"
    '[ "$host" = root@web1 ]; [ "$1" != -- ] || shift\ncd /root/web1; exec sh -c "$*"',
    "scp": 'case $2 in root@web1:*) exec cp "$1" "/root/web1/${2#*:}";; esac; exit 1',
    "make": f'[ "$*" = dist ]; mkdir -p dist\nfor machine in {" ".join(ARCHITECTURES)}; do\n'
    f'    cp "$(command -v hairpin)" "dist/hairpin-$machine"\ndone',
    "journalctl": f'[ "$*" = "-u docker" ]; echo {shlex.quote(LOG)}',
}


@pytest.fixture(scope="module")
def broken() -> Generator[Lab]:
    """A host with the containers ``web`` and ``api`` on a network of their own; its uplink forwards nothing."""
    containers = (ContainerPlan(publish=("8151:80",)), ContainerPlan(name="api"))
    with running_lab(LabPlan(containers=containers)) as lab:
        lab.host.run(f"mkdir -p /root/bin /root/web1 /root/ticket; {BLOCKED}")
        for name, text in STAND_INS.items():
            lab.host.run(f"cat > /root/bin/{name}; chmod 755 /root/bin/{name}", stdin=script(text))
        lab.host.run("cat > /root/ticket/ticket.txt", stdin=TICKET)
        yield lab


def run(lab: Lab, command: str) -> tuple[int, str]:
    """Run the command as a person types it: in a shell, with a terminal, on which every question gets a yes."""
    near, far = pty.openpty()
    try:
        os.write(near, b"y\n")
        ended = subprocess.run(
            (*lab.host.enter, "sh", "-c", f"cd /root/ticket; {command}"), stdin=far, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, text=True, timeout=LIMIT_S, check=False,
            env=ENVIRONMENT | {"PATH": f"/root/bin:{ENVIRONMENT['PATH']}"},
        )  # fmt: skip
    finally:
        os.close(near)
        os.close(far)
    return ended.returncode, ended.stdout


def of_the_host() -> Iterator[str]:
    for command in COMMANDS:
        if not command.startswith(("make demo", "make test", "pipx ", "hairpin lab ")):
            yield command


def test_on_the_host_in_the_order_of_the_page(broken: Lab) -> None:
    for command in of_the_host():
        status, words = ENDS[command]
        ended, said = run(broken, command)
        assert ended == status, f"{command}\n{said}"
        assert words in said, f"{command}\n{said}"
        if "--apply" in command:
            assert run(broken, "hairpin check 8151")[0] == 0
        if command == "hairpin undo":
            assert run(broken, "hairpin check 8151")[0] == 1
    status, said = run(broken, "hairpin check 8151 --snapshot web1.hairpin")
    assert (status, f"cause[{FORWARDING}]" in said) == (1, True), said


def make(*words: str) -> subprocess.CompletedProcess[str]:
    """Run make in the checkout, without the variables of a make that runs these tests."""
    environment = {name: text for name, text in os.environ.items() if not name.startswith("MAKE") and name != "MFLAGS"}
    return subprocess.run(
        ("make", *words), cwd=ROOT, env=environment, capture_output=True, text=True, timeout=LIMIT_S, check=False
    )


@WHOLE
def test_the_demo() -> None:
    """Its set-up is that of the running tests."""
    (command,) = (each for each in COMMANDS if each == "make demo")
    ended = make(*command.split()[1:], "-o", "setup", "-o", "setup-lab")
    status, words = ENDS[command]
    assert ended.returncode == status, ended.stderr
    assert words in ended.stdout


def test_the_tests_would_run() -> None:
    (command,) = (each for each in COMMANDS if each == "make test")
    ended = make("-n", *command.split()[1:])
    status, words = ENDS[command]
    assert (ended.returncode, words in ended.stdout) == (status, True), ended.stderr


def test_pipx_finds_the_checkout_and_its_command(tmp_path: Path) -> None:
    """pip, without the dependencies, which it would have to download, stands in for pipx.  With another option than
    ``--target`` pip would first remove the hairpin that runs this test."""
    (command,) = (each for each in COMMANDS if each.startswith("pipx "))
    options = ("--no-deps", "--no-index", "--no-build-isolation", "-q", "--disable-pip-version-check")
    words = shlex.split(command)[1:]
    ended = subprocess.run(
        (sys.executable, "-m", "pip", *words, *options, "--target", str(tmp_path)),
        cwd=ROOT, capture_output=True, text=True, timeout=LIMIT_S, check=False,
    )  # fmt: skip
    assert ended.returncode == 0, ended.stderr
    assert (tmp_path / "bin/hairpin").exists()


def test_the_lab() -> None:
    for command in COMMANDS:
        if command.startswith("hairpin lab "):
            status, words = ENDS[command]
            ended = subprocess.run(
                (*HAIRPIN, *shlex.split(command)[1:]), input="iptables -S DOCKER-USER; exit\n",
                capture_output=True, text=True, timeout=LIMIT_S, check=False,
            )  # fmt: skip
            assert (ended.returncode, words in ended.stdout) == (status, True), f"{command}\n{ended}"
