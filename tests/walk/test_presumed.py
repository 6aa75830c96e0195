"""Who is presumed to answer is named with what reads it, where it may be a host."""

from hairpin.network.flow import Flow
from hairpin.network.network import Network
from hairpin.report.words import Words
from hairpin.walk.walk import walk_flow
from tests.acceptance.recorded_networks import Asked
from tests.acceptance.test_networks import flow_of, network
from tests.rows import each_row

CASES: dict[str, tuple[str, str, str, str]] = {
    "a tunnel's far end": (
        "healthy-flannel-vxlan", "host@node1", "10.244.2.2:80",
        (
            "198.51.100.12, the far end of the tunnel, delivers the unpacked packets and sends the answer back "
            "(--host 198.51.100.12 lets hairpin read it)")),
    "a next hop": (
        "healthy-flannel-host-gw", "host@node1", "10.244.2.2:80",
        (
            "10.244.2.2 answers behind the next hop 198.51.100.12 (if the next hop is a host, --host 198.51.100.12 "
            "lets hairpin read it)"
        )),
    "a next hop that is asked about": (
        "healthy-flannel-host-gw", "container:web@node1", "10.244.2.2:80", "10.244.2.2 answers"),
    "a node that flanneld knows": (
        "healthy-flannel-udp", "container:web@node1", "10.244.2.2:80",
        "10.244.2.2 answers; only flanneld knows which node has 10.244.2.2 (--host NODE lets hairpin read that node)"),
    "a neighbour": (
        "healthy-published-across-hosts", "host@node1", "198.51.100.12:8151",
        "198.51.100.12 answers (if it is a host, --host 198.51.100.12 lets hairpin read it)"),
    "anybody behind the default route": (
        "healthy-flannel-host-gw", "host@node1", "192.0.2.10:9000", "192.0.2.10 answers"),
}  # fmt: skip


def alone(name: str, origin: str, to: str) -> tuple[Network, Flow]:
    whole = network(name)
    flow = flow_of(Asked(origin, to, to, 0, "delivered"), whole)
    return Network((whole.host("node1"),), whole.world), flow


@each_row(("name", "origin", "to", "said"), CASES.values(), ids=CASES)
def test_who_answers(name: str, origin: str, to: str, said: str) -> None:
    """The lines about neighbours, such as a gateway that the host has not used yet, come after it."""
    assert [Words("en")(each) for each in walk_flow(*alone(name, origin, to)).usual.assumed][:1] == [said]


def test_the_way_back_is_asked_only_for_what_is_not_masqueraded() -> None:
    ask = ("healthy-flannel-host-gw", "container:web@node1")
    assert len(walk_flow(*alone(*ask, "10.244.2.2:80")).usual.questions) == 1
    assert walk_flow(*alone(*ask, "192.0.2.10:9000")).usual.questions == ()
