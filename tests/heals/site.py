"""A lab host with ten containers and a guard that heals, and a client that really connects."""

import json
import os
import queue
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Thread
from typing import Any

from hairpin.lab.build import Lab, running_lab
from hairpin.lab.engine import FIRST_FILLER_PORT
from hairpin.lab.node import DIE_WITH_PARENT
from hairpin.lab.plan import LabPlan
from hairpin.lab.run import HAIRPIN, environment
from hairpin.lab.topology import HOST
from tests.heals import client
from tests.machine.hairpin import typed
from tests.restoring import held

CONTAINERS = 10
PORTS = tuple(FIRST_FILLER_PORT + number for number in range(CONTAINERS))
PLAN = LabPlan(
    containers=(), fillers=CONTAINERS, daemon='{"userland-proxy": false}', setup=("iptables -P FORWARD DROP",)
)
FILE = "/root/expect.toml"
_LIMIT_S = 300.0
NOT_ENDED = "cd /var/lib/hairpin/plans 2>/dev/null && ls -d */open */keeping */ending 2>/dev/null || true"
"""Lists the plans that are half done."""
Round = dict[str, Any]


def expectations(most_per_hour: int) -> str:
    """Return the file: each port from outside, to be healed."""
    ports = ", ".join(f'"{each}/tcp"' for each in PORTS)
    must = f'[[must]]\nreach = [{ports}]\nfrom = ["outside", "lan"]\non-break = "heal"\n'
    return f"[heal]\nmost-per-hour = {most_per_hour}\n\n{must}"


class Guard:
    """A running guard, and the rounds that it tells."""

    def __init__(self, lab: Lab, first: tuple[str, ...] = ()) -> None:
        argv = (*DIE_WITH_PARENT, *first, *lab.host.enter, *HAIRPIN, "guard", "run", FILE, "--json")
        self._process = subprocess.Popen(
            argv, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment()
        )
        self.rounds: list[Round] = []
        self._told: queue.Queue[Round] = queue.Queue()
        self._reader = Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            with suppress(ValueError):  # a kill cuts the last line
                self._told.put(json.loads(line))

    def until(self, is_it: Callable[[Round], bool], limit_s: float = _LIMIT_S) -> Round | None:
        """Return the next round that is wanted; None if there is none within the limit."""
        until = time.monotonic() + limit_s
        while (left := until - time.monotonic()) > 0:
            try:
                found = self._told.get(timeout=left)
            except queue.Empty:
                return None
            self.rounds.append(found)
            if is_it(found):
                return found
        return None

    def kill(self) -> None:
        """Kill the guard itself at once, as a power cut would; its children live on."""
        for child in _children(self._process.pid):
            with suppress(ProcessLookupError):
                os.kill(child, signal.SIGKILL)
        self._process.kill()
        self._process.wait()
        self._reader.join(_LIMIT_S)
        for each in (self._process.stdout, self._process.stderr):
            if each is not None:
                each.close()

    def end(self) -> str:
        """End the guard as systemd would, and return what it said on standard error."""
        for child in _children(self._process.pid):
            with suppress(ProcessLookupError):
                os.kill(child, signal.SIGTERM)
        _, said = self._process.communicate(timeout=_LIMIT_S)
        return said


def _children(pid: int) -> list[int]:
    try:
        found = Path(f"/proc/{pid}/task/{pid}/children").read_text("ascii").split()
    except FileNotFoundError:  # it has ended
        return []
    return list(map(int, found))


class Site:
    """The lab, its guard, and its client."""

    def __init__(self, lab: Lab, most_per_hour: int, *, ahead: bool) -> None:
        self.lab = lab
        self._first = ("chrt", "--rr", "1") if ahead else ()
        if ahead:  # the guard asks them
            lab.host.run("for each in $(pidof dockerd containerd); do chrt --all-tasks --rr --pid 1 $each; done")
        lab.host.run(("sh", "-c", f"cat > {FILE}"), stdin=expectations(most_per_hour))
        self.guard = Guard(lab, self._first)
        self._client = self._started(client.__file__, HOST, ",".join(map(str, PORTS)))

    def _started(self, script: str, *words: str) -> "subprocess.Popen[str]":
        argv = (*DIE_WITH_PARENT, *self._first, *self.lab.client.enter, sys.executable, "-I", "-S", script, *words)
        return subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def start_guard(self) -> None:
        """Start a guard anew, and wait for its first round."""
        self.guard = Guard(self.lab, self._first)
        self.guard.until(lambda _: True)

    def rules(self) -> Counter[str]:
        """Return each rule, setting and address that a heal may put back, and how often it is there."""
        said = self.lab.host.run(
            "iptables-save | sed 's/\\[[0-9:]*\\]//; /^#/d';"
            " sysctl net.ipv4.ip_forward net.ipv4.conf.docker0.forwarding;"
            " ip -br address show docker0 | awk '{print $1, $3}'"
        )
        return Counter(said.splitlines())

    def history(self) -> int:
        """Return how many rounds the guards have kept."""
        done = typed(self.lab.host, "guard", "history", "--json")
        assert done.returncode == 0, done.stderr
        return len(done.stdout.splitlines())

    def client(self, word: str) -> float:
        """Ask the client to wait until all pass (``pass``) or one fails (``fail``); return when, -1 if never."""
        return float(_asked(self._client, word))

    def run(self, command: str) -> float:
        """Run a command in the host; return when it ended, in seconds since the epoch."""
        said = self.lab.host.run(f"{{ set +e; {command}; }} >/dev/null 2>&1; date +%s.%N")
        return float(said.splitlines()[-1])

    def settled(self) -> bool:
        """Wait until the guard says that nothing is broken, and no heal is under way."""
        if self.guard.rounds[-1]["broken"] and self.guard.until(lambda found: found["broken"] == 0) is None:
            return False
        self.lab.host.run(f'while [ -n "$({NOT_ENDED})" ]; do sleep 0.1; done')
        return True

    @contextmanager
    def connections(self, count: int) -> Generator[Callable[[], tuple[int, int]]]:
        """Hold so many connections open; the function waits until they go on, and returns how many do, and how many
        then bring a whole page."""
        with self._started(held.__file__, HOST, ",".join(map(str, PORTS)), str(count)) as holding:
            assert holding.stdout is not None
            holding.stdout.readline()

            def alive() -> tuple[int, int]:
                until = time.monotonic() + 30.0
                going = 0
                while time.monotonic() < until and going < count:
                    going = int(_asked(holding, "alive"))
                return going, int(_asked(holding, "end"))

            try:
                yield alive
            finally:
                holding.kill()

    def end(self) -> None:
        """End what runs beside the lab."""
        with self._client:
            self._client.kill()
        self.guard.kill()


def _asked(process: "subprocess.Popen[str]", word: str) -> str:
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(f"{word}\n")
    process.stdin.flush()
    return process.stdout.readline().strip() or "-1"


@contextmanager
def running_site(most_per_hour: int = 60, *, ahead: bool = False) -> Generator[Site]:
    """Yield a host that a guard watches.  ``ahead``: the guard and the client go before all else on this machine, which
    may be busy."""
    with running_lab(PLAN) as lab:
        site = Site(lab, most_per_hour, ahead=ahead)
        try:
            assert site.guard.until(lambda _: True) is not None, "the guard said nothing"
            yield site
        finally:
            site.end()
