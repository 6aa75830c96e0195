"""What a name server answers to a question for a container's name."""

import msgspec

from hairpin.host.socket import Socket
from hairpin.network.names import EMBEDDED
from hairpin.network.network import Network
from hairpin.walk.verdicts import Verdict
from hairpin.walk.walk import walk_flow
from tests.names_host import SERVER, asking, named
from tests.rows import each_row
from tests.small_host import HOST_NETNS

ANSWERED: dict[str, tuple[Network, str, Verdict]] = {
    "both are on one network of their own": (named("shop", other=("shop",)), "api", "delivered"),
    "both are on the default network": (named("bridge"), "api", "refused"),
    "they share no network": (named("shop", other=("office",)), "api", "refused"),
    "a link has the name": (named("bridge", extra_names=("api",)), "api", "leaves"),
    "a name with a dot may be one outside": (named("bridge"), "api.corp.example", "leaves"),
}


@each_row(("network", "name", "verdict"), ANSWERED.values(), ids=ANSWERED)
def test_the_name_server_answers(network: Network, name: str, verdict: Verdict) -> None:
    trace = walk_flow(network, asking(name))
    assert trace.verdict == verdict
    assert (trace.usual.stop is not None and trace.usual.stop.reason == "name-unknown") == (verdict == "refused")


def test_the_client_asks_the_server_that_it_has_now() -> None:
    assert walk_flow(named("shop", other=("shop",)), asking(server=SERVER)).flow.daddr == EMBEDDED


def test_a_server_on_this_host_is_taken_to_know() -> None:
    whole = named("bridge", server="172.17.0.1")
    host = whole.namespace(HOST_NETNS)
    served = msgspec.structs.replace(host, sockets=(*host.sockets, Socket("udp", 4, None, 53, process="dnsmasq")))
    trace = walk_flow(whole.with_namespace(HOST_NETNS, served), asking())
    assert trace.verdict == "delivered"
    assert [str(each) for each in trace.usual.assumed] == ["172.17.0.1 knows the name api"]


def test_systemd_resolved_asks_a_server_outside() -> None:
    whole = named("bridge", server="172.17.0.1")
    host = whole.namespace(HOST_NETNS)
    stub = Socket("udp", 4, None, 53, process="systemd-resolve")
    trace = walk_flow(whole.with_namespace(HOST_NETNS, msgspec.structs.replace(host, sockets=(stub,))), asking())
    assert trace.verdict == "refused"
