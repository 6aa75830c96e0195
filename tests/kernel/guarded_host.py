"""A small host in namespaces of its own, with a guard that watches it: a port that clients of its link reach.

``/var/lib/hairpin`` is a file system in memory, which the namespace alone sees."""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from socket import socket
from typing import Any

from tests.waiting import wait_until

STATE = Path("/var/lib/hairpin")
Document = dict[str, Any]
HAIRPIN = (sys.executable, "-m", "hairpin")
EXPECT = """
[[must]]
reach = "8080/tcp"
from = "lan"
on-break = "alert"
[alert]
command = ["sh", "-c", "tr '\\n' ' ' >> /var/lib/hairpin/alerts; echo >> /var/lib/hairpin/alerts"]
[guard]
metrics-file = "/var/lib/hairpin/guard.prom"
"""
DROP = (
    "add table inet x; add chain inet x i { type filter hook input priority 0; }; add rule inet x i tcp dport 8080 drop"
)


def sh(*commands: str) -> None:
    """Run the commands."""
    for each in commands:
        subprocess.run(("sh", "-c", each), check=True, stdout=subprocess.DEVNULL)


def hairpin(*words: str) -> tuple[int, str]:
    """Return the exit status and the output of hairpin."""
    done = subprocess.run((*HAIRPIN, *words), capture_output=True, text=True, check=False)
    return done.returncode, done.stdout


def document(*words: str) -> Document:
    """Return the JSON document of hairpin's answer."""
    found: Document = json.loads(hairpin(*words, "--json")[1])
    return found


def alerts() -> list[Document]:
    """Return the alerts that were delivered."""
    try:
        return [json.loads(line) for line in (STATE / "alerts").read_text().splitlines()]
    except (OSError, ValueError):
        return []


def metric(name: str) -> float:
    """Return the value of a metric; -1 if there is none."""
    try:
        lines = (STATE / "guard.prom").read_text().splitlines()
    except OSError:
        return -1.0
    return next((float(each.rpartition(" ")[2]) for each in lines if each.startswith(f"{name} ")), -1.0)


def settled() -> bool:
    """Return whether the guard has heard nothing more since its last round."""
    lines = hairpin("guard", "history", "--changes", "--json")[1].splitlines()
    status = document("guard", "status")
    return bool(lines) and str(status["heard"]) > json.loads(lines[-1])["at"]


@contextmanager
def guard(*, size: str = "64m") -> Iterator[subprocess.Popen[str]]:
    """Make the host in the present namespaces, and run a guard until the block ends.  ``size``: of its state."""
    sh(f"mount -t tmpfs -o size={size},mode=0755 tmpfs {STATE}", "ip link set lo up")
    with (
        subprocess.Popen(("unshare", "--net", "sh", "-c", "read ended"), stdin=subprocess.PIPE) as far,
        socket() as port,
    ):
        own, other = Path("/proc/self/ns/net"), Path(f"/proc/{far.pid}/ns/net")
        assert wait_until(lambda: own.readlink() != other.readlink())
        sh(
            "ip link add up0 type veth peer name up1", "ip address add 192.0.2.2/24 dev up0", "ip link set up0 up",
            f"ip link set up1 netns {far.pid}", f"nsenter --net=/proc/{far.pid}/ns/net ip link set up1 up",
            "ip route add default via 192.0.2.1",
        )  # fmt: skip
        assert wait_until(lambda: b"state UP" in subprocess.check_output(("ip", "link", "show", "up0")))
        port.bind(("0.0.0.0", 8080))
        port.listen()
        STATE.joinpath("expect.toml").write_text(EXPECT)
        words = (*HAIRPIN, "guard", "run", str(STATE / "expect.toml"))
        with subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) as running:
            try:
                assert wait_until(lambda: metric("hairpin_guard_rounds_total") >= 1)
                yield running
            finally:
                running.terminate()
                running.wait()
                far.communicate(b"ended\n")


def inside(module: str, function: str) -> None:
    """Run a function of a test module in namespaces of its own, with a folder that is hairpin's alone."""
    made = not STATE.exists()
    STATE.mkdir(parents=True, exist_ok=True)
    program = f"import {module} as m; m.{function}()"
    try:
        argv = ("unshare", "--net", "--mount", sys.executable, "-c", program)
        done = subprocess.run(argv, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
    finally:
        if made:
            STATE.rmdir()
