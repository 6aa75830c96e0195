"""A full neighbour table against a real kernel: a page that comes or not, and hairpin's verdict.

The table is one for all namespaces of a machine, and only the first namespace has its maximum.  In each row the host's
table has a maximum of 40 and is filled with entries of some state; then the host asks a neighbour, or is asked by it.
"""

import subprocess
from collections.abc import Iterator

import msgspec

from tests.guests.booting import must, place, sh
from tests.score.diagnosis import ask
from tests.tables import row as table

ID = "neighbour-table-overflow"
_MOST = 40


class Row(msgspec.Struct, frozen=True):
    """``fill``: number and state of entries, in order.  ``known``: the state of the neighbour's own entry; empty: it
    has none.  ``version``: that of the table; ``asked``: that of the question.  ``by``: who asks."""

    stops: bool
    fill: tuple[tuple[int, str], ...]
    known: str = ""
    version: int = 4
    asked: int = 4
    by: str = "host"
    then: str = "true"


_FULL = ((_MOST + 5, "reachable"),)
_ALL_LISTED = "ip -n c neigh flush all nud permanent"
"""The neighbour's own entries are in the same table, and no reading of the host lists them."""
_NO_MORE = "sysctl -qw net.ipv4.neigh.default.gc_thresh3=200"
CASES: dict[str, Row] = {
    "nothing": Row(False, ()),
    "full of REACHABLE": Row(True, _FULL),
    "full of REACHABLE, the neighbour asks": Row(True, _FULL, by="neighbour"),
    "full of REACHABLE, the neighbour is known": Row(False, _FULL, known="reachable"),
    "full of REACHABLE, the neighbour is known and asks": Row(False, _FULL, known="reachable", by="neighbour"),
    "full of REACHABLE, the neighbour is stale": Row(False, _FULL, known="stale"),
    "full of REACHABLE, the host asks itself": Row(True, _FULL, by="itself", then=_ALL_LISTED),
    "some are free, the host asks itself": Row(False, ((_MOST - 15, "reachable"),), by="itself"),
    "full of REACHABLE, and a greater maximum": Row(False, _FULL, then=_NO_MORE),
    "full of DELAY": Row(True, ((_MOST + 5, "delay"),)),
    "full of PROBE": Row(True, ((_MOST + 5, "probe"),)),
    "full of INCOMPLETE": Row(True, ((_MOST + 5, "incomplete"),)),
    "full of INCOMPLETE, the neighbour asks": Row(True, ((_MOST + 5, "incomplete"),), by="neighbour"),
    "full of several": Row(True, ((15, "reachable"), (15, "delay"), (15, "incomplete"))),
    "full of several, and of PERMANENT": Row(True, ((20, "permanent"), (20, "reachable"), (25, "delay"))),
    "PERMANENT ones do not count": Row(False, ((_MOST + 20, "permanent"),)),
    "PERMANENT ones and a few": Row(False, ((_MOST, "permanent"), (20, "reachable"))),
    "full of STALE": Row(False, ((_MOST + 5, "stale"),), then="sleep 6"),
    "full of FAILED": Row(False, ((_MOST + 5, "failed"),), then="sleep 6"),
    "half of it STALE": Row(False, ((20, "stale"), (25, "reachable")), then="sleep 6"),
    "some are free": Row(False, ((_MOST - 15, "reachable"),)),
    "full in IPv6, asked in IPv6": Row(True, _FULL, version=6, asked=6),
    "full in IPv6, the neighbour is known": Row(False, _FULL, known="reachable", version=6, asked=6),
    "full in IPv6, asked in IPv4": Row(False, _FULL, version=6),
    "full in IPv4, asked in IPv6": Row(False, _FULL, asked=6),
    "full of DELAY in IPv6": Row(True, ((_MOST + 5, "delay"),), version=6, asked=6),
}
_SET_UP = """
mkdir -p /run/www && head -c 2000 /dev/zero >/run/www/big
ip netns add c && ip link add v0 type veth peer name v1 netns c
ip link set v0 address 02:00:00:00:00:01; ip -n c link set v1 address 02:00:00:00:00:02
ip addr add 10.9.0.1/16 dev v0 && ip -n c addr add 10.9.0.2/16 dev v1
ip addr add fd09::1/64 dev v0 nodad && ip -n c addr add fd09::2/64 dev v1 nodad
ip link set lo up && ip link set v0 up && ip -n c link set lo up && ip -n c link set v1 up
for each in 4 6; do
    sysctl -qw net.ipv$each.neigh.v0.base_reachable_time_ms=600000 net.ipv$each.neigh.v0.delay_first_probe_time=600
    sysctl -qw net.ipv$each.neigh.v0.retrans_time_ms=100000
done
busybox httpd -p 80 -h /run/www && ip netns exec c busybox httpd -p 80 -h /run/www
ip netns exec c timeout 20 curl -s -m 15 -o /dev/null http://10.9.0.1/big
"""
_CLEAN = """for each in 4 6; do
    sysctl -qw net.ipv$each.neigh.default.gc_thresh3=1024 net.ipv$each.neigh.default.gc_thresh2=512
done
for each in "" "-n c" "-6" "-n c -6"; do ip $each neigh flush all nud permanent; ip $each neigh flush all; done
for address in 10.9.0.1 fd09::1; do ip -n c neigh replace $address lladdr 02:00:00:00:00:01 nud permanent dev v1; done
true"""
"""The neighbour knows the host by a permanent entry: its own entries count in the same table."""


def _made(row: Row) -> None:
    start = "10.9.1." if row.version == 4 else "fd09::1:"
    lines: list[str] = []
    asked: list[str] = []
    number = 0
    if row.known:
        address = "10.9.0.2" if row.asked == 4 else "fd09::2"
        lines.append(f"neigh replace {address} lladdr 02:00:00:00:00:02 nud {row.known} dev v0")
    for count, state in row.fill:
        for _ in range(count):
            number += 1
            if state == "incomplete":  # one that netlink makes so has no timer
                asked.append(f"echo > /dev/udp/{start}{number}/9")
                continue
            hardware = "" if state == "failed" else f"lladdr 02:00:00:00:01:{number:02x}"
            lines.append(f"neigh add {start}{number} {hardware} nud {state} dev v0")
    thresholds = f"net.ipv{row.version}.neigh.default.gc_thresh"
    sh(f"sysctl -qw {thresholds}1=1 {thresholds}2=2 {thresholds}3={_MOST}")
    subprocess.run(("ip", "-force", "-batch", "-"), input="\n".join(lines), text=True, capture_output=True, check=False)
    subprocess.run(("bash", "-c", "\n".join(asked)), capture_output=True, check=False)
    sh(row.then)


def rows() -> Iterator[table.Row]:
    """Make each row's table in this kernel, and yield what came of it."""
    must(_SET_UP)
    for name, row in CASES.items():
        sh(_CLEAN)
        _made(row)
        host, far = ("10.9.0.1", "10.9.0.2") if row.asked == 4 else ("[fd09::1]", "[fd09::2]")
        address = far if row.by == "host" else host
        origin = far.strip("[]") if row.by == "neighbour" else "host"
        answer = ask(place(), (f"{address}:80", "--from", origin, "--no-replica"))
        fetch = f"curl -g -s -m 5 -o /dev/null http://{address}/big"
        served = sh(fetch, "c" if row.by == "neighbour" else "").returncode == 0
        wanted = f"{'not ' if served is row.stops else ''}{ID}" if row.stops or served is row.stops else ""
        yield table.row_of(name, answer, served=served, wanted=wanted)
