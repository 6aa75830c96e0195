"""Looking things up in a host."""

import msgspec

from hairpin.host.docker import Container, Engine
from hairpin.host.host import Host, Namespace
from hairpin.host.link import Link
from hairpin.host.managers import Version
from tests.small_host import container, engine, network

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


def test_an_infra_container_is_known_by_the_containers_of_its_pod() -> None:
    infra = msgspec.structs.replace(container(), name="0a1b2c3d4e5f-infra")
    web, side = (
        msgspec.structs.replace(container(), id=name * 20, name=name, network_mode=f"container:{infra.id}")
        for name in ("web", "side")
    )
    podman = msgspec.structs.replace(engine(infra, web, side), kind="podman")
    host = network(docker=podman).this
    assert host.told_names(infra) == ("web", "side")
    assert host.told_names(web) == ("web",)
    assert [host.pod_holder(each) for each in (web, side, infra)] == [infra] * 3
    assert [str(host.told_as(each)) for each in (infra, web)] == ["the pod of web, side", "web"]
    assert str(host.told_as(msgspec.structs.replace(infra, pod="board"))) == "the pod board"
    of_docker = network(docker=msgspec.structs.replace(podman, kind="docker")).this
    assert of_docker.told_names(infra) == ("0a1b2c3d4e5f-infra",)
    assert of_docker.pod_holder(web) == web
    assert of_docker.told_as(infra) == "0a1b2c3d4e5f-infra"
    alone = msgspec.structs.replace(web, endpoints=(), bindings=())
    inner = tuple(msgspec.structs.replace(each, internal=True) for each in podman.networks)
    kept_in = network(docker=msgspec.structs.replace(podman, networks=inner, containers=(infra, alone))).this
    assert kept_in.is_internal(alone)
    assert not network(docker=msgspec.structs.replace(podman, containers=(infra, alone))).this.is_internal(alone)
    redacted = msgspec.structs.replace(infra, name="odiq-uhi", pod="ugeqe")
    assert network(docker=engine(redacted, web, side)).this.members_of(redacted) == (web, side)
