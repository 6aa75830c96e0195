"""Queueing disciplines and tc filters against a real kernel: a download that passes or hangs, and hairpin's verdict.

Each row changes the link of a host that serves a file; a neighbour downloads it.  About half of the rows must stay
silent.
"""

from collections.abc import Iterator

from tests.guests.booting import must, place, sh
from tests.score.diagnosis import ask
from tests.tables.row import Row, row_of

IN, OUT = "tc filter add dev v0 ingress", "tc filter add dev v0 egress"
CASES: dict[str, str] = {
    "nothing": "true",
    "netem loses all": "tc qdisc add dev v0 root netem loss 100%",
    "netem loses some": "tc qdisc add dev v0 root netem loss 5%",
    "netem delays": "tc qdisc add dev v0 root netem delay 20ms",
    "netem holds none": "tc qdisc add dev v0 root netem limit 0",
    "pfifo holds none": "tc qdisc add dev v0 root pfifo limit 0",
    "pfifo holds some": "tc qdisc add dev v0 root pfifo limit 10",
    "bfifo below a segment": "tc qdisc add dev v0 root bfifo limit 1000",
    "bfifo above one": "tc qdisc add dev v0 root bfifo limit 20000",
    "tbf below a segment": "tc qdisc add dev v0 root tbf rate 10mbit burst 1000 limit 30000",
    "tbf below a SYN": "tc qdisc add dev v0 root tbf rate 10mbit burst 60 limit 30000",
    "tbf": "tc qdisc add dev v0 root tbf rate 100mbit burst 10k latency 50ms",
    "blackhole": "tc qdisc add dev v0 root blackhole",
    "drr without classes": "tc qdisc add dev v0 root drr",
    "qfq without classes": "tc qdisc add dev v0 root qfq",
    "htb without classes": "tc qdisc add dev v0 root htb",
    "prio": "tc qdisc add dev v0 root prio",
    "fq_codel": "tc qdisc add dev v0 root fq_codel limit 100",
    "netem's child holds none":
        "tc qdisc add dev v0 root handle 1: netem delay 1ms && tc qdisc add dev v0 parent 1:1 pfifo limit 0",
    "u32 drops the port": f"tc qdisc add dev v0 clsact && {IN} protocol ip u32 match ip dport 80 0xffff action drop",
    "u32 drops another port":
        f"tc qdisc add dev v0 clsact && {IN} protocol ip u32 match ip dport 81 0xffff action drop",
    "u32 drops the neighbour":
        "tc qdisc add dev v0 ingress && tc filter add dev v0 parent ffff: protocol ip u32 match ip src 10.9.0.0/24 "
        "action drop",
    "u32 drops another protocol":
        f"tc qdisc add dev v0 clsact && {IN} protocol ip u32 match ip protocol 17 0xff action drop",
    "flower drops the port":
        f"tc qdisc add dev v0 clsact && {IN} protocol ip flower ip_proto tcp dst_port 80 action drop",
    "flower drops answers": f"tc qdisc add dev v0 clsact && {OUT} protocol ip flower dst_ip 10.9.0.2 action drop",
    "flower drops a range":
        f"tc qdisc add dev v0 clsact && {IN} protocol ip flower ip_proto tcp dst_port 70-79 action drop",
    "flower passes before": f"tc qdisc add dev v0 clsact && {IN} protocol ip pref 1 flower ip_proto tcp dst_port 80 "
        f"action pass && {IN} protocol ip pref 2 matchall action drop",
    "matchall drops IPv6": f"tc qdisc add dev v0 clsact && {IN} protocol ipv6 matchall action drop",
    "matchall drops IPv4 on its way out": f"tc qdisc add dev v0 clsact && {OUT} protocol ip matchall action drop",
    "matchall to a dummy device": f"ip link add dummy9 type dummy && ip link set dummy9 up && "
        f"tc qdisc add dev v0 clsact && {IN} protocol ip matchall action mirred egress redirect dev dummy9",
    "matchall to an ifb device": f"ip link add ifb9 type ifb && ip link set ifb9 up && "
        f"tc qdisc add dev v0 clsact && {IN} protocol all matchall action mirred egress redirect dev ifb9",
    "matchall mirrors": f"ip link add dummy9 type dummy && ip link set dummy9 up && "
        f"tc qdisc add dev v0 clsact && {IN} protocol ip matchall action mirred egress mirror dev dummy9",
    "matchall polices": f"tc qdisc add dev v0 clsact && "
        f"{IN} protocol ip matchall action police rate 1gbit burst 1m conform-exceed drop",
    "pfifo's child of prio holds none": "tc qdisc add dev v0 root handle 1: prio && "
        + " && ".join(f"tc qdisc add dev v0 parent 1:{band} pfifo limit 0" for band in (1, 2, 3)),
    "u32 drops the answers' port":
        f"tc qdisc add dev v0 clsact && {OUT} protocol ip u32 match ip sport 80 0xffff action drop",
    "u32 drops another neighbour":
        f"tc qdisc add dev v0 clsact && {IN} protocol ip u32 match ip src 10.9.0.3/32 action drop",
    "u32 drops the neighbour's address":
        f"tc qdisc add dev v0 clsact && {IN} protocol ip u32 match ip src 10.9.0.2/32 action drop",
    "flower drops the port's range":
        f"tc qdisc add dev v0 clsact && {IN} protocol ip flower ip_proto tcp dst_port 70-90 action drop",
    "flower drops UDP":
        f"tc qdisc add dev v0 clsact && {IN} protocol ip flower ip_proto udp action drop",
    "flower drops TCP": f"tc qdisc add dev v0 clsact && {IN} protocol ip flower ip_proto tcp action drop",
    "flower drops another destination":
        f"tc qdisc add dev v0 clsact && {IN} protocol ip flower dst_ip 10.9.0.9 action drop",
    "matchall drops all": f"tc qdisc add dev v0 clsact && {IN} protocol all matchall action drop",
    "sorted into classes": "tc qdisc add dev v0 root handle 1: prio && "
        "tc filter add dev v0 parent 1: protocol ip u32 match ip sport 80 0xffff flowid 1:3",
}  # fmt: skip
_SET_UP = """
mkdir -p /run/www && head -c 200000 /dev/zero >/run/www/big
ip netns add h && ip netns add c
ip -n h link add v0 type veth peer name v1 netns c
ip -n h addr add 10.9.0.1/24 dev v0 && ip -n c addr add 10.9.0.2/24 dev v1
ip -n h link set lo up && ip -n h link set v0 up && ip -n c link set v1 up
ip netns exec h busybox httpd -p 80 -h /run/www
ip netns exec c timeout 20 curl -s -m 15 -o /dev/null http://10.9.0.1/big
"""
_CLEAN = """tc qdisc del dev v0 root; tc qdisc del dev v0 clsact; tc qdisc del dev v0 ingress
ip link del dummy9; ip link del ifb9; true"""


def rows() -> Iterator[Row]:
    """Make each change in this kernel, and yield its row."""
    must(_SET_UP)
    for name, change in CASES.items():
        made = sh(change, "h")
        served = sh("curl -s -m 5 -o /dev/null http://10.9.0.1/big", "c").returncode == 0
        answer = ask(place("h"), ("10.9.0.1:80", "--from", "10.9.0.2", "--no-replica"))
        if made.returncode:
            yield Row(name, f"not made: {made.stderr.strip()}", "", served=True)
        else:
            yield row_of(name, answer, served=served)
        sh(_CLEAN, "h")
