"""One plan in one session of a real client, in a lab host with a real sshd."""

import difflib
import os
import re
import subprocess
import tempfile
import threading
import time
from collections.abc import Generator
from contextlib import ExitStack, contextmanager, suppress
from functools import partial
from pathlib import Path

import msgspec

from hairpin.lab.build import Lab, running_lab
from hairpin.lab.node import DIE_WITH_PARENT, ENVIRONMENT, Node
from hairpin.lab.plan import LabPlan
from hairpin.lab.run import running_logins
from tests.own_ssh.kinds import KINDS
from tests.own_ssh.variants import TMUX, VARIANTS, Variant, command, program
from tests.waiting import HANG_S, wait_until

PLAN = LabPlan(containers=(), docker=False, second_nic=True)
ADDRESS = "198.51.100.11"
_FOLDER = "/run/own-ssh"
_USABLE_S = 45.0
"""How long TCP may take to send again what was lost: its last attempt may have been just before the way was back."""
_STATE = """
iptables-save | sed -e '/^#/d' -e 's/\\[[0-9:]*\\]//'; nft list ruleset | sed 's/counter packets [0-9]* bytes [0-9]*//'
ip -o address | sed 's/valid_lft.*//'; ip route show table all | grep -v ^fe80 | sort;
ip rule; ip neigh show nud permanent
ip -o link | sed -e 's/ state .*//' -e 's/,LOWER_UP//' -e 's/,NO-CARRIER//'; sysctl net.ipv4.conf | grep rp_filter
"""
_ADMIN = """
id admin >/dev/null 2>&1 || useradd -m -s /bin/sh admin
usermod -p '*' admin; chmod 711 /run/lab-ssh; chmod 644 /run/lab-ssh/authorized
mkdir -p /etc/sudoers.d; echo 'admin ALL=(ALL) NOPASSWD: ALL' >/etc/sudoers.d/admin; chmod 440 /etc/sudoers.d/admin
"""


class Result(msgspec.Struct, frozen=True):
    """What became of one plan.  ``seconds``: from its first step until it was settled; ``left``: by which lines
    the host differs from what it was; ``session`` and ``login``: whether the old session went on, and whether a
    new one was let in."""

    kind: str
    variant: str
    state: str
    seconds: float
    left: tuple[str, ...]
    session: bool | None
    login: bool
    said: str

    @property
    def is_right(self) -> bool:
        """Whether the plan was taken back if nobody could say that all is well, and was kept otherwise."""
        ends = VARIANTS[self.variant].ends_hairpin
        wanted = "taken-back" if KINDS[self.kind].cuts or ends else "applied"
        return self.state == wanted and not self.left and self.login and self.session is not False


class Client:
    """A real ssh client in the client's namespace, and what it prints."""

    def __init__(self, lab: Lab, key: Path, user: str, words: str, *, terminal: bool) -> None:
        options = ("-F", "none", "-i", str(key), "-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null",
                   "-o", "LogLevel=ERROR", "-o", "ConnectTimeout=60")  # fmt: skip
        asked = (*options, *(("-tt",) if terminal else ()), f"{user}@{ADDRESS}", words)
        argv = (*DIE_WITH_PARENT, *lab.client.enter, "ssh", *asked)
        self.process = subprocess.Popen(
            argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            env=ENVIRONMENT | {"TERM": "xterm"}, start_new_session=True,
        )  # fmt: skip
        self.printed = b""
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        while some := os.read(self.process.stdout.fileno(), 65536):
            self.printed += some

    def type_in(self, text: str) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(text.encode())
        self.process.stdin.flush()

    def waits_for(self, text: bytes) -> bool:
        return wait_until(lambda: text in self.printed)

    def ends_well(self, limit_s: float) -> bool:
        """Return whether the session ends by its own command's end: 255 is ssh's own complaint."""
        try:
            return self.process.wait(limit_s) != 255
        except subprocess.TimeoutExpired:
            return False

    def end(self) -> None:
        self.process.kill()
        self.process.wait()
        self._reader.join()
        for pipe in (self.process.stdin, self.process.stdout):
            assert pipe is not None
            with suppress(OSError):  # what was typed in and nobody took
                pipe.close()


class Setting:
    """A running lab with logins, and the key of its client."""

    def __init__(self, lab: Lab, key: Path) -> None:
        self.lab = lab
        self.key = key
        self.number = 0

    def client(self, user: str, words: str, *, terminal: bool) -> Client:
        return Client(self.lab, self.key, user, words, terminal=terminal)

    def state(self) -> str:
        return self.lab.host.run(_STATE)

    def lets_in(self) -> bool:
        client = self.client("root", "true", terminal=False)
        try:
            return client.process.wait(HANG_S) == 0
        except subprocess.TimeoutExpired:
            return False
        finally:
            client.end()


@contextmanager
def setting() -> Generator[Setting]:
    """Run the lab, its sshd and a service on port 8080."""
    with ExitStack() as stack:
        lab = stack.enter_context(running_lab(PLAN))
        stack.enter_context(running_logins(lab))
        lab.host.run(_ADMIN)
        # Chains that are there stay: iptables makes each with its first rule, and nothing deletes an empty one.
        for chain in ("filter -{} INPUT", "filter -{} OUTPUT", "nat -{} PREROUTING"):
            lab.host.run("; ".join(f"iptables -t {chain.format(how)} -j ACCEPT" for how in "AD"))
        lab.host.run(f"mkdir -m 700 {_FOLDER}")
        service = stack.enter_context(
            lab.host.start(("busybox", "httpd", "-f", "-p", "8080", "-h", "/run"), log="/run/httpd")
        )
        stack.callback(service.kill)
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        key = folder / "key"
        key.touch(0o600)
        key.write_bytes(Path(f"/proc/{lab.host.pid}/root/run/lab-ssh/user").read_bytes())
        yield Setting(lab, key)


def tried(at: Setting, kind: str, variant: str, seconds: float) -> Result:
    """Carry one plan out in one session, and return what became of it."""
    wanted, how = KINDS[kind], VARIANTS[variant]
    host = at.lab.host
    at.number += 1
    folder = f"{_FOLDER}/{at.number}"
    host.run(wanted.before or "true")
    try:
        before = at.state()
        host.run(f"mkdir -m 700 {folder}")
        watch = Watch(host, folder)
        client = _started(at, how, command(kind, folder, seconds, how))
        try:
            state, took = _watched(watch, client, how, seconds)
            session = None if how.ends_client else _goes_on(client, how)
        finally:
            client.end()
            watch.end()
        login = at.lets_in()
        if state == "applied":
            host.run(program("undo", folder))
        left = _left(at, before)
        said = _complaint(client, Path(f"/proc/{host.pid}/root{folder}"))
        return Result(kind, variant, state, took, left, session, login, said)
    finally:
        host.run(f"{TMUX} kill-server 2>/dev/null || true")
        host.run(wanted.after or "true")


def _started(at: Setting, how: Variant, words: str) -> Client:
    if not how.multiplexed:
        return at.client(how.user, words, terminal=how.terminal)
    first = at.client(how.user, f"{TMUX} new-session -d -s own; {TMUX} list-sessions", terminal=True)
    assert first.ends_well(HANG_S), first.printed
    client = at.client(how.user, f"{TMUX} attach -t own", terminal=True)
    assert client.waits_for(b"own"), client.printed
    client.type_in(f"{words}\n")
    return client


def _watched(watch: "Watch", client: Client, how: Variant, seconds: float) -> tuple[str, float]:
    """Wait until the plan is settled; return how it stands, and the seconds since its first step."""
    until = time.monotonic() + HANG_S
    answered = False
    while time.monotonic() < until:
        if watch.began is not None:
            until = watch.began + seconds + HANG_S
        if how.ends_client and watch.has_done_all:
            client.process.kill()
        if how.multiplexed and not answered and b"connection alive?" in client.printed:
            client.type_in("y\n")
            answered = True
        if watch.began is not None and watch.settled is not None:
            return watch.state, watch.settled - watch.began
        time.sleep(0.05)
    return watch.state, 0.0


class Watch:
    """Follows the journal from within the host.  ``began`` and ``settled``: when, by the monotonic clock."""

    def __init__(self, host: Node, folder: str) -> None:
        self.state = "none"
        self.began: float | None = None
        self.settled: float | None = None
        self.has_done_all = False
        self._stop = partial(host.run, ("touch", f"{folder}/stop"))
        self.process = host.start(program("watch", folder))
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def end(self) -> None:
        self._stop()
        self._reader.join()
        self.process.communicate()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.state, *tasks = line.split()
            now = time.monotonic()
            if self.began is None and any(each != "planned" for each in tasks):
                self.began = now
            self.has_done_all = bool(tasks) and all(each != "planned" for each in tasks)
            if self.settled is None and self.state in ("applied", "taken-back", "partly"):
                self.settled = now


def _goes_on(client: Client, how: Variant) -> bool:
    if how.multiplexed:
        time.sleep(1)
        client.type_in("exit\n")
    return client.ends_well(_USABLE_S)


def _left(at: Setting, before: str) -> tuple[str, ...]:
    """Return the lines by which the host differs from what it was before."""
    found: tuple[str, ...] = ()

    def is_as_before() -> bool:
        nonlocal found
        lines = difflib.unified_diff(before.splitlines(), at.state().splitlines(), lineterm="", n=0)
        found = tuple(each for each in lines if not each.startswith(("---", "+++", "@@")))
        return not found

    wait_until(is_as_before)  # routes follow a carrier a second later
    return found


def _complaint(client: Client, folder: Path) -> str:
    text = client.printed.replace(b"\r", b"").decode("utf-8", "replace")
    if (folder / "out").exists():
        text += (folder / "out").read_text("utf-8", "replace").replace("\r", "")
    refused = "refused before; " if "refused before:" in text else ""
    found = re.findall(r"ended: (.*)", text)
    return refused + (found[-1].strip() if found else text.strip()[-160:].replace("\n", " | "))
