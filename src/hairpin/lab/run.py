"""Keeps a scenario's broken host running until the user has looked at it, with a real sshd in each lab host, and keys
by which root of any host logs in to all hosts.

Keys, known hosts and configuration are made for one lab, in its hosts' own file systems, and end with it.  The
machine's own keys and configuration are not used.  This installation of hairpin runs inside a lab host, where overlays
show the same checkout and interpreter.
"""

import os
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Generator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import hairpin
from hairpin.errors import LabError
from hairpin.lab.build import Lab
from hairpin.lab.engine import write
from hairpin.lab.node import ENVIRONMENT, HOSTNAME, Node
from hairpin.lab.prerequisites import SEARCH_PATH
from hairpin.lab.probe import Outcome
from hairpin.lab.scenario import Scenario, named
from hairpin.lab.trial import break_host, probe_after, probe_before, require_truth, running_scenario, say
from hairpin.message import message


def run(name: str, out: Callable[[str], object] = say) -> None:
    """Build a scenario's host, break it, and print how to enter it; return when this process is interrupted or
    terminated."""
    scenario = named(name)
    with _ended_by_signals(), _broken(scenario, out) as lab, whole_network(lab, scenario) as whole:
        out(ways_in(lab, scenario, whole))
        out(f"\nIt stays until you press Ctrl-C here, or end process {os.getpid()}.")
        _wait_for_signal()
    out("The host and everything around it is gone.")


def shell(name: str, out: Callable[[str], object] = say) -> int:
    """Build a scenario's host, break it, and open a shell in it; return the shell's exit status."""
    scenario = named(name)
    with _ended_by_signals(), _broken(scenario, out) as lab, whole_network(lab, scenario) as whole:
        out(ways_in(lab, scenario, whole))
        out("\nYou are now root on the broken host. Leave with `exit`; then it is gone.")
        variables = environment() | {
            "PATH": f"{Path(sys.executable).parent}:{SEARCH_PATH}",
            "TERM": os.environ.get("TERM", "dumb"),
            # sh(1) expands parameters in the prompt
            "PS1": f"{lab.host.name if scenario.several_hosts else HOSTNAME} $PWD # ",
        }
        # Ctrl-C at the terminal is meant for the shell inside the host.
        previous = signal.signal(signal.SIGINT, signal.SIG_IGN)
        try:
            return subprocess.run((*lab.host.enter, "sh", "-i"), env=variables, check=False).returncode
        finally:
            signal.signal(signal.SIGINT, previous)


@contextmanager
def _broken(scenario: Scenario, out: Callable[[str], object]) -> Generator[Lab]:
    out(scenario.title)
    with running_scenario(scenario) as lab:
        before = probe_before(lab, scenario)
        require_truth(scenario, "before", before)
        break_host(lab, scenario)
        after = probe_after(lab, scenario)
        require_truth(scenario, "after", after)
        for flow, then, now in zip(scenario.flows, before, after, strict=True):
            change = "" if scenario.healthy else ", still" if now is then else f", now {now.value}"
            out(f"    {flow.start} → {flow.to}: {then.value}{change}")
        yield lab


def ways_in(lab: Lab, scenario: Scenario, whole: tuple[str, ...] = ()) -> str:
    """Return the text that tells how to enter the host and its client from another terminal of this machine, and which
    commands to run there.

    ``whole``: the options by which hairpin reads the whole network."""
    others = "".join(
        f"\nEnter {host.name}:\n    {' '.join(host.enter[:-1])}" for host in lab.hosts if host is not lab.host
    )
    asked = next((flow for flow in scenario.flows if flow.after is not Outcome.DELIVERED), scenario.flows[0])
    address = asked.to.partition("/")[0]
    return f"""
Enter the host whole, with its own files and processes, as if by ssh:
    {" ".join(lab.host.enter[:-1])}
Or its network namespace alone:
    DOCKER_HOST={lab.docker_host} nsenter --net=/proc/{lab.host.pid}/ns/net
Ask there:
    {shlex.join((*own_command(), "check", *asked.arguments(), *whole))}{others}
Be the client outside:
    {" ".join(lab.client.enter[:-1])} timeout 2 busybox wget -qO- http://{address}/"""


def own_command() -> tuple[str, ...]:
    """Return the command that starts this hairpin: the program beside the Python interpreter, or the interpreter with
    ``-m``."""
    beside = Path(sys.executable).with_name("hairpin")
    return (str(beside),) if beside.exists() else (sys.executable, "-m", "hairpin")


@contextmanager
def _ended_by_signals() -> Generator[None]:
    """Let SIGTERM and SIGINT end the block with KeyboardInterrupt.  A shell starts background jobs with SIGINT ignored,
    so a handler of SIGINT has to be set."""
    previous = {number: signal.signal(number, signal.default_int_handler) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)


def _wait_for_signal() -> None:
    try:
        signal.pause()
    except KeyboardInterrupt:
        return


_FOLDER = "/run/lab-ssh"
LOOPBACK = "127.0.0.1"
"""The address at which each host also trusts its own host key."""
_STATED = "/run/outside.toml"
_LOG = f"{_FOLDER}/log"
_SERVER = f"""ListenAddress 0.0.0.0
HostKey {_FOLDER}/host
AuthorizedKeysFile {_FOLDER}/authorized
PidFile {_FOLDER}/pid
PermitRootLogin prohibit-password
PasswordAuthentication no
KbdInteractiveAuthentication no
UsePAM no
"""
# These options come before the options in /etc/ssh/ssh_config, which may set a weaker StrictHostKeyChecking.
_CLIENT = f"""IdentityFile {_FOLDER}/user
IdentitiesOnly yes
UserKnownHostsFile {_FOLDER}/known
GlobalKnownHostsFile none
StrictHostKeyChecking yes
"""
START_TIMEOUT_S = 180.0


@contextmanager
def running_logins(lab: Lab) -> Generator[tuple[str, ...]]:
    """Let root of each host log in by ssh to all hosts, including its own host, during the block.

    Raises LabError if this fails.

    Yields the options by which hairpin reads all hosts over ssh at their present addresses.  The first host is "this
    host" for hairpin.
    """
    addresses = [
        host.run("ip -4 -o address show dev eth0 scope global").split()[3].partition("/")[0] for host in lab.hosts
    ]
    for host in lab.hosts:
        _make_keys(host)
    users = "".join(host.run(f"cat {_FOLDER}/user.pub") for host in lab.hosts)
    keys = (host.run(f"cat {_FOLDER}/host.pub") for host in lab.hosts)
    known = "".join(f"{address} {key}" for address, key in zip(addresses, keys, strict=True))
    with ExitStack() as stack:
        for host in lab.hosts:
            write(host, f"{_FOLDER}/authorized", users)
            own = host.run(f"cat {_FOLDER}/host.pub")
            write(host, f"{_FOLDER}/known", f"{known}{LOOPBACK} {own}")
            stack.enter_context(_sshd(host))
        named = zip(lab.hosts, addresses, strict=True)
        yield tuple(word for host, address in named for word in ("--host", f"{host.name}=root@{address}"))


@contextmanager
def whole_network(lab: Lab, scenario: Scenario) -> Generator[tuple[str, ...]]:
    """Yield the options by which hairpin on the first host reads the other hosts and the scenario's ``outside``, which
    is a file on the first host."""
    with ExitStack() as stack:
        hosts = stack.enter_context(running_logins(lab)) if scenario.several_hosts else ()
        if scenario.outside:
            write(lab.host, _STATED, scenario.outside)
        yield (*hosts, *(("--outside", _STATED) if scenario.outside else ()))


def _make_keys(host: Node) -> None:
    host.run(f"mkdir -p -m 700 {_FOLDER} /run/sshd ~/.ssh")
    for name in ("host", "user"):
        host.run(("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", host.name, "-f", f"{_FOLDER}/{name}"))
    write(host, f"{_FOLDER}/sshd_config", _SERVER)
    host.run("cat > ~/.ssh/config", stdin=_CLIENT)
    host.run("usermod -p '*' root")  # sshd without PAM refuses locked accounts: auth.c allowed_user()


@contextmanager
def _sshd(host: Node) -> Generator[None]:
    """Run the host's sshd during the block; its sessions end with the host's first process."""
    argv = ("/usr/sbin/sshd", "-D", "-e", "-f", f"{_FOLDER}/sshd_config")
    with host.start(argv, log=_LOG) as server:
        try:
            _wait_ready(host, server)
            yield
            # Kill sshd's own process, because ``server`` is the nsenter(1) that started it.  While sshd is ending, the
            # kernel resets connections to its port.
            host.run(f"pid=$(cat {_FOLDER}/pid); kill $pid; while test -e /proc/$pid; do sleep 0.05; done")
        finally:
            server.kill()


def _wait_ready(host: Node, server: subprocess.Popen[str]) -> None:
    log = Path(f"/proc/{host.pid}/root{_LOG}")
    deadline = time.monotonic() + START_TIMEOUT_S
    while server.poll() is None and time.monotonic() < deadline:
        if "Server listening on" in log.read_text(encoding="utf-8"):
            return
        time.sleep(0.02)
    said = log.read_text(encoding="utf-8").strip()
    raise LabError(message("{host}: sshd did not start: {said}", host=host.name, said=said))


HAIRPIN = (sys.executable, "-m", "hairpin")
TIMEOUT_S = 120.0
"""The time limit for one run of hairpin in a lab host.

The limit is long because the machine may be busy with other labs."""


def environment() -> dict[str, str]:
    """Return the environment in which the command ``HAIRPIN`` finds hairpin's package, even if it is not installed."""
    return ENVIRONMENT | {"PYTHONPATH": str(Path(hairpin.__file__).parents[1])}
