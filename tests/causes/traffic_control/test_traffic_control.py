"""Traffic control takes the packet."""

from hairpin.host.traffic_control import Filter, HeaderMatch, Qdisc
from hairpin.network.network import Network
from tests.causes.case import Case
from tests.causes.hosts import with_link
from tests.small_host import container_namespace, egress, host_namespace, network, published


def queued(link: str, *qdiscs: Qdisc) -> Network:
    return network(with_link(host_namespace(), link, qdiscs=qdiscs))


def dropping(port: int) -> Network:
    match = (HeaderMatch("protocol", 6, 6), HeaderMatch("dport", port, port))
    drop = Filter("ingress", "flower", 5, "ip", "1", match, "drop", words=("dst_port", str(port), "action", "drop"))
    return network(with_link(host_namespace(), "eth0", filters=(drop,)))


CASES: dict[str, Case] = {
    "a queue that holds no packet": Case(
        queued("eth0", Qdisc("pfifo", limit=0)), egress(), ("qdisc-passes-nothing",),
        queued("eth0", Qdisc("pfifo", limit=1)),
    ),
    "all packets are lost on the way back": Case(
        queued("eth0", Qdisc("netem", loss=1.0, limit=1000)), published(), ("qdisc-passes-nothing",),
        queued("eth0", Qdisc("netem", loss=0.1, limit=1000)),
    ),
    "in the container": Case(
        network(inner=with_link(container_namespace(), "eth0", qdiscs=(Qdisc("blackhole"),))), published(),
        ("qdisc-passes-nothing",),
    ),
    "a filter drops the port": Case(dropping(8151), published(), ("tc-filter-drops",), dropping(8152)),
}  # fmt: skip
