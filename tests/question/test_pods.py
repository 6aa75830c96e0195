"""Flows of pods whose engine was not asked."""

import msgspec

from hairpin.host.host import Namespace
from hairpin.host.netns import Netns, namespace_file
from hairpin.host.socket import Socket
from hairpin.network.network import Network
from hairpin.question.pods import pod_flows
from tests.small_host import HOST_NETNS, container_namespace, engine, network, sibling


def whole(name: str, *sockets: Socket) -> Network:
    inner = msgspec.structs.replace(container_namespace(sockets), name=name)
    return network(inner=inner, docker=engine())


def told(net: Network) -> list[str]:
    return [f"{each.start_text()} -> {each.target_text()}" for each in pod_flows(net, net.this)]


def test_each_port_of_the_pod_and_its_way_out() -> None:
    on_loopback, listening = Socket("tcp", 4, 0x7F000001, 81), Socket("tcp", 6, None, 80)
    net = whole("netns:cni-1", on_loopback, listening, Socket("tcp", 6, None, 82, v6only=True))
    assert told(net) == ["host -> 172.17.0.2:80/tcp", "container:cni-1 -> 203.0.113.80:443/tcp"]


def test_other_namespaces_and_pods_without_address_have_none() -> None:
    assert told(whole("container:web", Socket("tcp", 4, None, 80))) == []
    net = whole("netns:cni-1")
    bare = Namespace("netns:cni-1")
    assert told(net.with_namespace(Netns("test", "netns:cni-1"), bare)) == []


def test_the_file_of_a_pod() -> None:
    assert namespace_file(sibling("netns:cni-1")) == "/run/netns/cni-1"
    assert namespace_file(HOST_NETNS) is None
