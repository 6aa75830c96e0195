"""Records pairs of hosts with a WireGuard tunnel between them for the tests, on one of Debian's kernels under qemu.

    python -m tools.record_wireguard [KERNEL]      (root; half a minute a pair; KERNEL as in tests/fidelity/kernels)

Writes ``tests/fixtures/wireguard/NAME/HOST.hairpin``, and the outcome of a real connection from node1 to node2 at that
moment into ``expected.json``.  The tunnel's keys are made in the guest and end with it.
"""

import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import msgspec

from tests.acceptance.recorded_wireguard import FOLDER, Pair
from tests.fidelity.kernels.machine import run
from tests.guests.packages import cache_folder, install_programs, kernel

SNAPSHOT = """
import sys
from pathlib import Path

from hairpin.collect.snapshot import save, take

for _ in range(5):  # lsns fails if a process ends while it looks at it: then all is read again
    evidence = take()
    if all(reading.outcome in ("text", "absent") for reading in evidence.readings):
        break
save(evidence, Path(sys.argv[1]))
"""

ROOT = Path(__file__).resolve().parent.parent
FAULTS = {
    "healthy": ("a tunnel between two hosts", ":"),
    "allowed-addresses.near": ("node1 allows another address to its peer", "peer_of node1 allowed-ips 10.9.0.9/32"),
    "allowed-addresses.far": ("node2 allows another address to its peer", "peer_of node2 allowed-ips 10.9.0.9/32"),
    "endpoint-port": (
        "node1 sends to a port at which nothing listens, and node2 cannot tell it better",
        "peer_of node1 endpoint 198.51.100.12:51821; peer_of node2 endpoint 198.51.100.11:51999",
    ),
    "endpoint-address": (
        "node1 sends to a machine that is not node2",
        "peer_of node1 endpoint 198.51.100.99:51820; peer_of node2 endpoint 198.51.100.98:51820",
    ),
    "no-endpoint": (
        "neither host knows where its peer is",
        "for n in 1 2; do peer_of node$n remove; peer_of node$n allowed-ips 10.9.0.$((3 - n))/32; done",
    ),
    "port-dropped": (
        "both hosts' INPUT drops the tunnel's port",
        "for n in 1 2; do in_netns node$n iptables -I INPUT -p udp --dport 51820 -j DROP; done",
    ),
    "other-keys": (
        "node2 has another private key than node1 thinks, which no reading shows",
        "in_netns node2 wg set wg0 private-key /dev/shm/key3",
    ),
}
GUEST = r"""
set -e
export PATH={tools}:$PATH
in_netns() {{ name=$1; shift; ip netns exec "$name" "$@"; }}
modprobe wireguard
umask 077; for n in 1 2 3; do wg genkey >/dev/shm/key$n; done
key1=$(wg pubkey </dev/shm/key1) key2=$(wg pubkey </dev/shm/key2)
echo hello >/dev/shm/index.html
cat >/dev/shm/snapshot.py <<'EOF'
{snapshot}
EOF
pair() {{
    ip link add between type bridge; ip link set between up
    for n in 1 2; do
        ip netns add node$n
        ip link add eth0 netns node$n type veth peer name port$n
        ip link set port$n master between up
        in_netns node$n ip link set lo up
        in_netns node$n ip link set eth0 up
        in_netns node$n ip addr add 198.51.100.1$n/24 dev eth0
        in_netns node$n ip link add wg0 type wireguard
        in_netns node$n ip addr add 10.9.0.$n/24 dev wg0
        in_netns node$n wg set wg0 private-key /dev/shm/key$n listen-port 51820
    done
    peer 1 2 "$key2"; peer 2 1 "$key1"
    in_netns node2 busybox httpd -p 80 -h /dev/shm
}}
peer() {{ # peer NODE OTHER KEY
    in_netns node$1 wg set wg0 peer "$3" allowed-ips 10.9.0.$2/32,10.244.$2.0/24 endpoint 198.51.100.1$2:51820
    in_netns node$1 ip link set wg0 up
}}
peer_of() {{ # peer_of NODE WORDS...
    case $1 in node1) key=$key2 ;; *) key=$key1 ;; esac
    node=$1; shift; in_netns $node wg set wg0 peer "$key" "$@"
}}
apart() {{
    kill $(ip netns pids node2)
    for n in 1 2; do ip netns del node$n; done
    ip link del between
}}
probe() {{
    told=$(in_netns node1 timeout 8 bash -c '
        exec 3<>/dev/tcp/10.9.0.2/80 && printf "GET / HTTP/1.0\r\n\r\n" >&3 && head -n 1 <&3' 2>&1) || :
    case $told in
        HTTP*) echo delivered ;;
        *refused*) echo refused ;;
        *"No route"* | *unreachable* | *"Destination address required"* | *"Required key"*) echo unreachable ;;
        '' | *timed*) echo timeout ;;
        *) echo "unknown: $told" ;;
    esac
}}
record() {{ # record NAME FAULT
    pair; eval "$2"
    mkdir -p /run/results/$1; probe >/run/results/$1/real
    for n in 1 2; do
        echo "0000000000000000000000000000000$n" >/dev/shm/machine-id
        ip netns exec node$n unshare -m -u sh -c "
            hostname node$n; mount --bind /dev/shm/machine-id /etc/machine-id
            cd {root} && PYTHONPATH=src {python} /dev/shm/snapshot.py /run/results/$1/node$n.hairpin"
    done
    apart
    echo "$1: $(cat /run/results/$1/real)"
}}
"""


def main() -> None:
    """Boot the kernel, record every pair, and write the fixtures."""
    install_programs()
    booted = kernel(sys.argv[1] if sys.argv[1:] else "6.1", cache_folder())
    with TemporaryDirectory() as kept:
        results = Path(kept)
        run(booted, commands(), results, limit_s=1800, look=lambda: None)
        pairs = {name: keep(results / name, name, title) for name, (title, _) in FAULTS.items()}
    text = msgspec.json.format(msgspec.json.encode(pairs), indent=2)
    (FOLDER / "expected.json").write_bytes(text + b"\n")


def commands() -> str:
    """Return the guest's commands."""
    text = GUEST.format(tools=wireguard_tools(), snapshot=SNAPSHOT, root=ROOT, python=sys.executable)
    return text + "".join(f"record {name} {shlex.quote(fault)}\n" for name, (_, fault) in FAULTS.items())


def wireguard_tools() -> Path:
    """Return the folder of wg(8), unpacked beside the kernels; nothing is installed."""
    folder = cache_folder() / "wireguard-tools"
    if not (folder / "usr").is_dir():
        folder.mkdir(parents=True, exist_ok=True)
        subprocess.run(("apt-get", "download", "-q", "wireguard-tools"), cwd=folder, check=True)
        subprocess.run(("dpkg-deb", "-x", str(next(folder.glob("*.deb"))), str(folder)), check=True)
    return folder / "usr" / "bin"


def keep(found: Path, name: str, title: str) -> Pair:
    """Copy a pair's snapshots into the fixtures; return its entry of ``expected.json``."""
    (FOLDER / name).mkdir(parents=True, exist_ok=True)
    for host in ("node1", "node2"):
        shutil.copyfile(found / f"{host}.hairpin", FOLDER / name / f"{host}.hairpin")
    return Pair(title, (found / "real").read_text("utf-8").strip())


if __name__ == "__main__":
    main()
