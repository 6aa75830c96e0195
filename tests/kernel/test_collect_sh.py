"""The collector on the real kernel: in a network namespace of its own, under three shells, as root and as nobody."""

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec
import pytest

from hairpin.collect.frames import parse
from hairpin.collect.run import script
from hairpin.evidence.reading import Evidence
from tests.other_user import NOBODY
from tests.waiting import HANG_S, wait_until

BUSYBOX = shutil.which("busybox") or "busybox"
SHELLS = {"dash": ("dash",), "bash": ("bash",), "busybox": (BUSYBOX, "sh")}

# Without duplicate address detection nothing in the namespace changes by itself.
SETUP = """
echo 0 >/proc/sys/net/ipv6/conf/default/accept_dad
ip link set lo up
ip link add hpc0 type veth peer name hpc1
ip addr add 192.0.2.7/24 dev hpc0
ip link set hpc0 up
ip link set hpc1 up
ip link add hpbr0 type bridge
ip link set hpc1 master hpbr0
ip neigh add 192.0.2.77 lladdr 02:00:00:00:00:77 dev hpc0 nud noarp
iptables-nft -A INPUT -p tcp --dport 1 -j ACCEPT
ip6tables-nft -t nat -A POSTROUTING -j MASQUERADE
iptables-legacy -t mangle -A FORWARD -j ACCEPT
ebtables-nft -A FORWARD -j ACCEPT
ipset create office hash:net
ipset add office 203.0.113.0/24
nft add table inet guard
nft add chain inet guard input '{ type filter hook input priority 10; }'
nft add chain inet guard early '{ type filter hook ingress device "hpc0" priority 0; }'
nft add table ip raw
nft add chain ip raw odd '{ type filter hook prerouting priority 0; }'
nft add rule ip raw odd ct state new accept
"""

Run = subprocess.CompletedProcess[bytes]


class Namespace(msgspec.Struct, frozen=True):
    """A network namespace with its own /run, held open by a process that ends when its standard input does."""

    pid: int

    def run(self, *argv: str, stdin: bytes = b"", check: bool = True) -> Run:
        enter = ("nsenter", "-t", str(self.pid), "-n", "-m", "--", *argv)
        return subprocess.run(enter, input=stdin, capture_output=True, check=check, timeout=HANG_S)

    def collect(self, *argv: str) -> Evidence:
        return parse(self.run(*argv, stdin=script()).stdout, hairpin="test", source=" ".join(argv))


# Other tests make files in /run meanwhile.
HOLD = "mount -t tmpfs tmpfs /run; echo ready; read -r _"


@contextmanager
def held_namespace() -> Generator[Namespace]:
    argv = ("unshare", "--net", "--mount", "sh", "-ec", HOLD)
    holder = subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    with holder:
        assert holder.stdin is not None
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"ready\n"
        yield Namespace(holder.pid)
        holder.stdin.close()


@pytest.fixture(scope="module")
def namespace() -> Iterator[Namespace]:
    with held_namespace() as namespace:
        namespace.run("sh", "-e", stdin=SETUP.encode())
        yield namespace


def test_three_shells_read_the_same(namespace: Namespace) -> None:
    """The readings of this namespace and of this host's files are compared; other processes may come and go
    meanwhile.
    """
    results = [namespace.collect(*shell, "-s") for shell in SHELLS.values()]
    places = [
        [(reading.key, reading.outcome) for reading in result.readings if reading.netns == "host"] for result in results
    ]
    assert places[0] == places[1] == places[2]
    for key in ("ip-route4", "ip-rule6", "sysctl", "ipset", "nft-table", "iptables-legacy-save4", "file", "units"):
        texts = [
            [line for reading in result.all(key) for line in reading.text.splitlines() if not line.startswith("#")]
            for result in results
        ]
        assert texts[0] == texts[1] == texts[2]


EXPECTED: dict[str, tuple[str, str]] = {
    "ip-addr": ("text", '"ifname":"hpc0"'),
    "ip-neigh": ("text", '"lladdr":"02:00:00:00:00:77","state":["NOARP"]'),
    "ip-route4": ("text", '"dst":"192.0.2.0/24"'),
    "bridge-link": ("text", '"ifname":"hpc1"'),
    "tc-qdisc": ("text", '"dev":"hpc0"'),
    "sysctl": ("text", "/proc/sys/net/ipv4/conf/hpc0/forwarding:"),
    "iptables-nft-save4": ("text", "-A INPUT -p tcp -m tcp --dport 1 -j ACCEPT"),
    "iptables-nft-save6": ("text", "-A POSTROUTING -j MASQUERADE"),
    "iptables-legacy-save4": ("text", "-A FORWARD -j ACCEPT"),
    "iptables-legacy-save6": ("absent", "no legacy table is in use"),
    "ebtables": ("text", "-A FORWARD -j ACCEPT"),
    "nft-netdev-chains": ("text", 'hook ingress device "hpc0" priority'),
    "ipset": ("text", "add office 203.0.113.0/24"),
    "sockets": ("text", ""),
}


@pytest.mark.parametrize(("key", "outcome", "words"), [(key, *rest) for key, rest in EXPECTED.items()], ids=EXPECTED)
def test_each_part_of_the_namespace_is_read(namespace: Namespace, key: str, outcome: str, words: str) -> None:
    reading = namespace.collect("sh", "-s").find(key, "host")
    assert reading is not None
    assert reading.outcome == outcome
    assert words in reading.text


def test_tables_are_read_from_the_tool_that_shows_them_whole(namespace: Namespace) -> None:
    origins = {reading.origin for reading in namespace.collect("sh", "-s").all("nft-table", "host")}
    assert origins == {"nft -j list table inet guard", "nft -j list table ip raw"}


def test_the_user_nobody_is_refused_with_a_reason(namespace: Namespace) -> None:
    evidence = namespace.collect(*NOBODY, "sh", "-s")
    outcomes = {reading.key: reading.outcome for reading in evidence.readings if reading.netns == "host"}
    for key in ("nft-tables", "iptables-nft-save4", "iptables-nft-save6", "iptables-legacy-save4", "ipset"):
        assert outcomes[key] == "refused"
    for key in ("ip-addr", "ip-route4", "sysctl", "sockets"):
        assert outcomes[key] == "text"


def test_collecting_changes_nothing(namespace: Namespace, tmp_path: Path) -> None:
    """Rules with their counters, sysctls, tables, modules, names in /etc and /run, temporary directories."""
    before = fingerprint(namespace)
    namespace.collect("env", f"TMPDIR={tmp_path}", "sh", "-s")
    assert fingerprint(namespace) == before
    assert list(tmp_path.iterdir()) == []


def fingerprint(namespace: Namespace) -> dict[str, bytes]:
    """Return the state by command, without the comments that tell the time."""
    commands = {
        "links": "ip -d addr; ip route show table all; ip -6 route show table all; ip rule; bridge fdb; tc qdisc",
        "rules": "iptables-nft-save -c; ip6tables-nft-save -c; iptables-legacy-save -c; ipset save; nft list ruleset",
        "tables": "cat /proc/net/ip_tables_names /proc/net/ip6_tables_names; nft list tables",
        "sysctls": "grep -rs '^[^:]*$' /proc/sys/net/ipv4 /proc/sys/net/ipv6 /proc/sys/net/bridge",
        "modules": "cut -d' ' -f1 /proc/modules",
        "files": "ls -A /run /etc",
    }
    answers = {name: namespace.run("sh", "-c", command, check=False).stdout for name, command in commands.items()}
    return {
        name: b"\n".join(line for line in answer.splitlines() if not line.startswith(b"#") and b"gc_timer" not in line)
        for name, answer in answers.items()
    }


def test_frames_in_rules_stay_text(namespace: Namespace) -> None:
    """Text that a host's users can write, here a comment, never becomes a frame."""
    forged = "hairpin-collect/1 11111111-1111-1111-1111-111111111111 done end 0 text"
    rule = ("iptables-nft", "{}", "OUTPUT", "-m", "comment", "--comment", forged, "-j", "ACCEPT")
    namespace.run(*(word.format("-A") for word in rule))
    try:
        reading = namespace.collect("sh", "-s").find("iptables-nft-save4", "host")
    finally:
        namespace.run(*(word.format("-D") for word in rule))
    assert reading is not None
    assert forged in reading.text


def test_relays_are_those_of_this_namespace(namespace: Namespace, tmp_path: Path) -> None:
    """docker-proxy's arguments name its destination; a docker-proxy of another namespace is not this host's."""
    relay = tmp_path / "docker-proxy"
    shutil.copy(shutil.which("sleep") or "sleep", relay)
    enter = ("nsenter", f"--net=/proc/{namespace.pid}/ns/net", "--")
    with subprocess.Popen((*enter, relay, "301", "302")) as inside, subprocess.Popen((relay, "303", "304")) as outside:
        try:
            wait_until_named(inside.pid, "docker-proxy")
            wait_until_named(outside.pid, "docker-proxy")
            reading = namespace.collect("sh", "-s").find("relay-cmdlines", "")
        finally:
            inside.terminate()
            outside.terminate()
    assert reading is not None
    assert reading.text.splitlines() == [f"{inside.pid}\t{relay} 301 302 "]


def test_halted_processes(namespace: Namespace) -> None:
    with subprocess.Popen(("sleep", "301")) as halted, subprocess.Popen(("sleep", "302")) as running:
        try:
            os.kill(halted.pid, signal.SIGSTOP)
            os.waitpid(halted.pid, os.WUNTRACED)
            reading = namespace.collect("sh", "-s").find("halted-processes", "")
        finally:
            halted.kill()
            running.kill()
    assert reading is not None
    found = reading.text.split()
    assert (str(halted.pid) in found, str(running.pid) in found) == (True, False)


@pytest.mark.parametrize("inside", (False, True), ids=("as the host", "in another cgroup namespace"))
def test_processes_in_a_frozen_group(inside: bool) -> None:
    """The groups of all processes are asked by their names; where those are other ones here, all groups are."""
    folders = (Path("/sys/fs/cgroup/unified"), Path("/sys/fs/cgroup"))
    root = next((each for each in folders if (each / "cgroup.controllers").exists()), None)
    if root is None:
        pytest.skip("no cgroup2 is mounted")
    own, frozen = root / f"hairpin-own-{os.getpid()}", root / f"hairpin-frozen-{os.getpid()}"
    enter = (
        ("sh", "-c", 'echo $$ >"$0/cgroup.procs"; exec unshare --cgroup sh -s', str(own)) if inside else ("sh", "-s")
    )
    with subprocess.Popen(("sleep", "600")) as process:
        try:
            own.mkdir()
            frozen.mkdir()
            (frozen / "cgroup.procs").write_text(str(process.pid))
            (frozen / "cgroup.freeze").write_text("1")
            assert wait_until(lambda: "frozen 1" in (frozen / "cgroup.events").read_text())
            done = subprocess.run(enter, input=script(), capture_output=True, check=True, timeout=HANG_S)
            (frozen / "cgroup.freeze").write_text("0")
        finally:
            process.kill()
            process.wait(HANG_S)
            own.rmdir()
            frozen.rmdir()
    reading = parse(done.stdout, hairpin="test", source="here").find("frozen-processes", "")
    assert reading is not None
    assert f"{process.pid}\t{frozen}" in reading.text.splitlines()


def wait_until_named(pid: int, comm: str) -> None:
    assert wait_until(lambda: Path(f"/proc/{pid}/comm").read_text() == f"{comm}\n")


def test_half_a_script_does_nothing(namespace: Namespace) -> None:
    whole = script()
    for share in (0.3, 0.6, 0.999):
        answer = namespace.run("sh", "-s", stdin=whole[: int(len(whole) * share)], check=False)
        assert answer.stdout == b""


def test_without_a_writable_directory_it_reads_one_after_the_other(namespace: Namespace) -> None:
    """On a read-only file system the collector still reads everything."""
    mounts = "for d in /tmp /run /dev/shm; do mount -t tmpfs -o ro none $d; done; unset TMPDIR; exec sh -s"
    evidence = namespace.collect("unshare", "--mount", "sh", "-c", mounts)
    usual = namespace.collect("sh", "-s")
    hidden = ("podman", "xtables-lock")  # they look at files below /run
    expected = {(reading.key, reading.netns) for reading in usual.readings if not reading.key.startswith(hidden)}
    assert expected <= {(reading.key, reading.netns) for reading in evidence.readings}


@pytest.mark.parametrize("note", (b"started=", b"sleep 0.3; started="), ids=["noted", "not yet noted"])
def test_an_interrupted_run_leaves_no_directory(note: bytes, namespace: Namespace, tmp_path: Path) -> None:
    """A command that hangs gets the runner's signal, also when its job was begun but is not noted yet."""
    tools = tmp_path / "tools"
    tools.mkdir()
    hanging = tools / "nft"
    hanging.write_text(f"#!/bin/sh\n: >{tmp_path}/started\nexec sleep 600\n")
    hanging.chmod(0o755)
    enter = ("nsenter", f"--net=/proc/{namespace.pid}/ns/net", "--")
    environment = {**os.environ, "PATH": f"{tools}:{os.environ['PATH']}", "TMPDIR": str(tmp_path)}
    with subprocess.Popen((*enter, "sh", "-s"), stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment) as run:
        assert run.stdin is not None
        run.stdin.write(script().replace(b'started="$started', note + b'"$started'))
        run.stdin.close()
        assert wait_until((tmp_path / "started").exists)
        assert list(tmp_path.glob("hairpin.*"))
        run.send_signal(signal.SIGTERM)
        run.wait(HANG_S)
    assert not list(tmp_path.glob("hairpin.*"))


def test_iproute2_without_json_is_read_as_text(namespace: Namespace, tmp_path: Path) -> None:
    """CentOS 7: the options are unknown, the text form is not."""
    real = shutil.which("ip")
    tools = tmp_path / "ip"
    tools.write_text(
        f'#!/bin/sh\ncase " $* " in *" -j "*) echo "Option \\"-j\\" is unknown" >&2; exit 255; esac\nexec {real} "$@"\n'
    )
    tools.chmod(0o755)
    evidence = namespace.collect("env", f"PATH={tmp_path}:{os.environ['PATH']}", "sh", "-s")
    addresses = evidence.find("ip-addr-text", "host")
    assert addresses is not None
    assert "inet 192.0.2.7/24" in addresses.text
    neighbours = evidence.find("ip-neigh-text", "host")
    assert neighbours is not None
    assert "192.0.2.77 dev hpc0 lladdr 02:00:00:00:00:77 NOARP" in neighbours.text
    assert evidence.find("ip-addr", "host") is None
    assert {"ip-route4-text", "ip-neigh-text", "bridge-fdb-text", "tc-qdisc-text"} <= {r.key for r in evidence.readings}


def test_busybox_alone_is_enough(listening: Namespace, tmp_path: Path) -> None:
    """Alpine without iproute2, iptables, nft, ss: all that busybox shows is read, and each missing reading is named."""
    root = tmp_path / "root"
    for folder in ("bin", "proc", "dev", "tmp", "etc"):
        (root / folder).mkdir(parents=True)
    shutil.copy(BUSYBOX, root / "bin/busybox")
    enter = f"mount --rbind /proc {root}/proc; mount --rbind /dev {root}/dev; exec chroot {root} /bin/busybox sh -c"
    install = "'/bin/busybox --install -s /bin; exec /bin/sh -s'"
    evidence = listening.collect("unshare", "--mount", "sh", "-c", f"{enter} {install}")
    addresses = evidence.find("ip-addr-text", "host")
    assert addresses is not None
    assert "192.0.2.7/24" in addresses.text
    outcomes = {reading.key: reading.outcome for reading in evidence.readings}
    assert outcomes["proc-net-tcp"] == "text"
    assert outcomes["nft-tables"] == outcomes["iptables-nft-save4"] == "absent"


@pytest.mark.parametrize("shell", SHELLS.values(), ids=SHELLS)
def test_the_machine_and_its_start_are_read(namespace: Namespace, shell: tuple[str, ...]) -> None:
    evidence = namespace.collect(*shell, "-s")
    boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="utf-8")
    assert [reading.text for reading in evidence.all("boot-id")] == [boot]
    machine = Path("/etc/machine-id")
    expected = [machine.read_text(encoding="utf-8")] if machine.exists() else []
    assert [reading.text for reading in evidence.all("machine-id")] == expected


LSNS = """#!/bin/sh
echo asked >>{folder}/asked
[ "$(wc -l <{folder}/asked)" -ge {good} ] || {{ echo half; echo "lsns: failed to read process" >&2; exit 1; }}
echo "4026531840 unassigned 1"
"""


@pytest.mark.parametrize(("good", "outcome", "text"), ((2, "text", "4026531840 unassigned 1\n"), (3, "failed", "")))
@pytest.mark.parametrize("shell", SHELLS.values(), ids=SHELLS)
def test_lsns_runs_again_if_a_process_ended_meanwhile(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, shell: tuple[str, ...], good: int, outcome: str, text: str
) -> None:
    program = tmp_path / "lsns"
    program.write_text(LSNS.format(folder=tmp_path, good=good), encoding="utf-8")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    done = subprocess.run((*shell, "-s"), input=script(), capture_output=True, check=True, timeout=HANG_S)
    reading = parse(done.stdout, hairpin="test", source="here").find("netns-ids", "")
    assert reading is not None
    assert reading.outcome == outcome
    assert reading.text == text or "failed to read process" in reading.text
    assert (tmp_path / "asked").read_text(encoding="utf-8").count("asked") == 2


LISTEN = """
import socket
held = []
for family, address, port, only in ((2, "127.0.0.1", 7001, 0), (10, "::", 7002, 0), (10, "::", 7003, 1)):
    for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM):
        held.append(socket.socket(family, kind))
        if family == 10:
            held[-1].setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, only)
        held[-1].bind((address, port))
        if kind == socket.SOCK_STREAM:
            held[-1].listen()
print("ready", flush=True)
input()
"""


@pytest.fixture
def listening(namespace: Namespace) -> Iterator[Namespace]:
    """The namespace while a process listens there."""
    enter = ("nsenter", f"--net=/proc/{namespace.pid}/ns/net", "--", sys.executable, "-I", "-S", "-c", LISTEN)
    with subprocess.Popen(enter, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as holder:
        assert holder.stdin is not None
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"ready\n"
        yield namespace
        holder.stdin.write(b"\n")
        holder.stdin.close()


@pytest.mark.parametrize("shell", SHELLS.values(), ids=SHELLS)
def test_sockets_are_read_whole_also_where_the_caller_left_files_open(
    listening: Namespace, shell: tuple[str, ...]
) -> None:
    """ss has one file descriptor, for netlink, so that it looks for no control groups."""
    reading = listening.collect("sh", "-c", 'exec "$@" 3</dev/null 5</dev/null', "sh", *shell, "-s").find(
        "sockets", "host"
    )
    assert reading is not None
    lines = [line.split() for line in reading.text.splitlines() if not line[:1].isspace()]
    assert reading.text.count("skmem:") == len(lines)
    found = sorted((line[0], line[4]) for line in lines if line[4].rpartition(":")[2] in ("7001", "7002", "7003"))
    assert found == [(each, at) for each in ("tcp", "udp") for at in ("*:7002", "127.0.0.1:7001", "[::]:7003")]
    assert all(any(word.startswith("ino:") for word in line) for line in lines)
    assert "cgroup:/" not in reading.text


@pytest.mark.parametrize("shell", SHELLS.values(), ids=SHELLS)
def test_a_namespace_without_sockets_is_asked_for_none(namespace: Namespace, shell: tuple[str, ...]) -> None:
    reading = namespace.collect(*shell, "-s").find("sockets", "host")
    assert reading is not None
    assert (reading.origin, reading.outcome, reading.text) == ("/proc/net/sockstat, /proc/net/sockstat6", "text", "")


def test_a_socket_of_the_kernels_own_is_read(namespace: Namespace) -> None:
    """No process has the socket of a VXLAN device, and one line of /proc/net/sockstat does not count it."""
    with held_namespace() as inner:
        inner.run("sh", "-e", stdin=b"ip link add hpx0 type vxlan id 7 dstport 4789; ip link set hpx0 up")
        mounts = "mount -t tmpfs none /run; mkdir /run/netns; : >/run/netns/cni-1; mount --bind $0 /run/netns/cni-1"
        evidence = namespace.collect("unshare", "-m", "sh", "-ec", f"{mounts}; exec sh -s", f"/proc/{inner.pid}/ns/net")
        reading = evidence.find("sockets", "netns:cni-1")
        assert reading is not None
        assert "0.0.0.0:4789" in reading.text


def test_each_namespace_with_a_name_is_read_once_and_never_the_hosts_own(namespace: Namespace) -> None:
    with held_namespace() as inner:
        named = "named() { : >/run/netns/$2; mount --bind $1 /run/netns/$2; }"
        names = (
            "named $0 worker; named $0 worker-again; named $0 1-abc; named /proc/self/ns/net me; : >/run/netns/no-one"
        )
        mounts = f"mount -t tmpfs none /run; mkdir /run/netns; {named}; {names}"
        evidence = namespace.collect("unshare", "-m", "sh", "-ec", f"{mounts}; exec sh -s", f"/proc/{inner.pid}/ns/net")
    assert {each.netns for each in evidence.readings if each.netns.startswith("netns:")} == {"netns:worker"}


@pytest.mark.parametrize("shell", SHELLS.values(), ids=SHELLS)
def test_a_namespace_that_a_process_alone_holds_is_read_if_a_link_leads_there(
    namespace: Namespace, shell: tuple[str, ...]
) -> None:
    """As of a guest of LXC or nspawn."""
    with held_namespace() as guest, held_namespace() as stranger:
        joined = f"ip link add to{guest.pid} type veth peer name eth0 netns {guest.pid}"
        evidence = namespace.collect("sh", "-ec", f'{joined}; exec "$@"', "sh", *shell, "-s")
        assert stranger.pid != guest.pid
        assert evidence.namespaces() == ("host", f"netns:pid-{guest.pid}")
        links = evidence.find("ip-addr", f"netns:pid-{guest.pid}")
        assert links is not None
        assert '"eth0"' in links.text


def test_where_ss_fails_the_kernels_tables_are_read(listening: Namespace, tmp_path: Path) -> None:
    """iproute2 5.7 to 5.9 without a mount of cgroup2."""
    tool = tmp_path / "ss"
    tool.write_text("#!/bin/sh\necho 'Failed to find cgroup2 mount' >&2; exit 1\n")
    tool.chmod(0o755)
    evidence = listening.collect("env", f"PATH={tmp_path}:{os.environ['PATH']}", "sh", "-s")
    assert evidence.find("sockets", "host") is None
    tables = {key: evidence.find(f"proc-net-{key}", "host") for key in ("tcp", "tcp6", "udp", "udp6")}
    assert all(each is not None and each.outcome == "text" for each in tables.values())
    assert tables["tcp"] is not None
    assert "0100007F:1B59" in tables["tcp"].text


def test_processes_that_end_while_sockets_are_listed_are_left_out(listening: Namespace, tmp_path: Path) -> None:
    tool = tmp_path / "ls"
    ended = r"/proc/4194305/fd:\nl-wx------ 1 0 0 64 Jan 1 00:00 3 -> socket:[77]\n"
    tool.write_text(f'#!/bin/sh\n{shutil.which("ls")} "$@"; case $* in *fd*) printf "{ended}" ;; esac\n')
    tool.chmod(0o755)
    reading = listening.collect("env", f"PATH={tmp_path}:{os.environ['PATH']}", "sh", "-s").find("socket-owners", "")
    assert reading is not None
    assert reading.outcome == "text"
    holders = [line.split(maxsplit=2)[1:] for line in reading.text.splitlines()]
    assert "python" in {name[:6] for _, name in holders}
    assert "4194305" not in {each[0] for each in holders}
