"""Looking things up in a host."""

from hairpin.host.docker import Container, Engine
from hairpin.host.host import Host, Namespace
from hairpin.host.link import Link
from hairpin.host.managers import Version

ETH0 = Link(2, "eth0")
OWN = Namespace("host", links=(Link(1, "lo"), ETH0))
HOST = Host(
    "h1",
    namespaces=(OWN,),
    engines=(
        Engine("docker", "1", containers=(Container("1", "a", "running"),)),
        Engine("podman", "1", containers=(Container("2", "b", "running"),)),
    ),
    versions=(Version("nft", "v1"),),
)


def test_lookups() -> None:
    assert HOST.namespace("host") == OWN
    assert "container:x" not in HOST
    assert OWN.link("eth0") == ETH0
    assert OWN.link("eth1") is None
    assert [container.name for container in HOST.containers()] == ["a", "b"]
    assert (HOST.version("nft"), HOST.version("iptables")) == ("v1", None)
