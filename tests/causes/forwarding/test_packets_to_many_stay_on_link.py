"""Groups that a container asks and that do not leave its bridge; the host's own multicast leaves."""

import msgspec
import pytest

from hairpin.causes.forwarding.packets_to_many_stay_on_link import of_flows
from hairpin.diagnose.examination import examine
from hairpin.network.flow import Flow, FromHost
from hairpin.network.prefix import parse_address
from tests.small_host import egress, network


def to(group: str, port: int) -> Flow:
    return msgspec.structs.replace(egress(), daddr=parse_address(group)[1], protocol="udp", dport=port)


@pytest.mark.parametrize(
    ("group", "port", "ways"),
    (
        ("239.255.255.250", 1900, ["--network host", "smcroute"]),
        ("224.0.0.251", 5353, ["--network host", "enable-reflector"]),
        ("224.0.0.18", 112, ["--network host"]),
    ),
)
def test_a_group_stays_on_the_containers_bridge(group: str, port: int, ways: list[str]) -> None:
    asked = to(group, port)
    (found,) = of_flows(examine(network(), (asked,)).asked)
    assert (found.host, found.flows, found.severity) == (network().this.name, (0,), "blocking")
    told = [str(each.said[0]) for each in found.candidate.ways]
    assert len(told) == len(ways)
    assert all(word in said for word, said in zip(ways, told, strict=True))


def test_the_hosts_own_multicast_leaves() -> None:
    examined = examine(network(), (msgspec.structs.replace(to("239.255.255.250", 1900), start=FromHost()),))
    assert [each.verdict for each in examined.asked.traces] == ["leaves"]
    assert [str(each) for each in examined.asked.traces[0].assumed] == [
        "the machines behind eth0 that listen for 239.255.255.250 get the packet; nobody has to answer it"
    ]
    assert list(of_flows(examined.asked)) == []


def test_another_address_is_no_group() -> None:
    assert list(of_flows(examine(network(), (egress(),)).asked)) == []
