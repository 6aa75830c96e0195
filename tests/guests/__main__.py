"""``python -m tests.guests TABLE [WORD …]`` (root): tables of cases whose kernel has to have what this machine's may
lack, in a guest of a Debian kernel."""

import shlex
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from tests.guests import below_ip, mesh, neighbours
from tests.guests.booting import in_guest
from tests.machine.command import add_words, command
from tests.machine.run import ended
from tests.tables import ipvlan
from tests.tables.case import rows_of
from tests.tables.row import Row, judged

_ROOT = Path(__file__).resolve().parents[2]
TABLES: Mapping[str, Callable[[], Iterator[Row]]] = {
    "below_ip": below_ip.rows, "neighbours": neighbours.rows, "mesh": mesh.rows, "names": mesh.name_rows,
}  # fmt: skip
_OF_LABS = ("mesh", "names", "ipvlan")
_ENGINES = """mount -t tmpfs tmpfs /sys/fs/cgroup
for each in cpu cpuacct cpuset memory devices freezer blkio pids; do
    mkdir /sys/fs/cgroup/$each; mount -t cgroup -o $each cgroup /sys/fs/cgroup/$each
done
mkdir /sys/fs/cgroup/systemd; mount -t cgroup -o none,name=systemd cgroup /sys/fs/cgroup/systemd
for each in ip_vs ip_vs_rr xt_ipvs vxlan overlay xt_addrtype xt_nat xt_mark xt_MASQUERADE nft_compat \\
    nf_conntrack_netlink; do
    modprobe $each
done
sysctl -qw net.ipv4.ip_forward=1
for each in containerd containerd-shim-runc-v2 dockerd docker docker-proxy runc; do
    touch -c $(readlink -f $(command -v $each))
done
export TMPDIR=/dev/shm
"""
"""A new network namespace forwards if the first one does: dockerd's sandbox has to.  dockerd waits 15 s for containerd,
so its programs are copied into the guest's memory first."""


def main() -> int:
    """Boot a guest and judge there."""
    parser = command("tests.guests", "Hold answers against the kernel of a guest.")
    parser.add_argument("table", choices=(*TABLES, "ipvlan"))
    add_words(parser, "words", "cases of ipvlan whose names have one of the words")
    parser.add_argument("--kernel", default="6.1", help="the guest's Debian kernel (6.1)")
    parser.add_argument("--inside", action="store_true", help="on this kernel: the guest's own call")
    arguments = parser.parse_args()
    if arguments.inside:
        rows = TABLES.get(arguments.table)
        return judged(rows() if rows is not None else rows_of(ipvlan.CASES, arguments.words))
    words = shlex.join((sys.executable, "-m", "tests.guests", "--inside", arguments.table, *arguments.words))
    script = f"cd {shlex.quote(str(_ROOT))} && PYTHONPATH=src {words}\n"
    in_labs = arguments.table in _OF_LABS
    in_guest(arguments.kernel, f"{_ENGINES if in_labs else ''}{script}", limit_s=3000 if in_labs else 1500)
    return 0


if __name__ == "__main__":
    sys.exit(ended(main))
