"""A container keeps the name servers that its host had when the container was started."""

import msgspec
import pytest

from hairpin.answer.questions import naming_repairs
from hairpin.beside.walks.copied_servers import formers, told_of_formers, told_of_guesses, with_former_servers
from hairpin.diagnose.examination import examine
from hairpin.host.docker import Container, DockerNetwork, Endpoint
from hairpin.host.host import Host
from hairpin.host.managers import ConfigFile
from hairpin.network.network import Network
from hairpin.network.prefix import address_text
from hairpin.question.asked import Origin
from hairpin.question.flows import flows_for
from hairpin.question.target import parse_target
from tests.small_host import container, engine, network

STARTED = 1_700_000_000
WEB = Origin("container", container="web")
STUB = (("/etc/resolv.conf", "127.0.0.53"), ("/run/systemd/resolve/resolv.conf", "198.51.100.20"))


def web(*servers: str, **changed: object) -> Container:
    """Return the container on the host's network whose resolv.conf names these servers."""
    made = msgspec.structs.replace(
        container(), netns="host", network_mode="host", endpoints=(), started_at="2023-11-14T22:13:20.5Z",
        resolvers=servers, resolvers_written=STARTED,
    )  # fmt: skip
    return msgspec.structs.replace(made, **changed)


def on_default(*servers: str, **changed: object) -> Container:
    """Return the container on Docker's default network."""
    usual: dict[str, object] = {"netns": "container:web", "network_mode": "default", "endpoints": (Endpoint("bridge"),)}
    return web(*servers, **{**usual, **changed})


def of(asking: Container, *files: tuple[str, str], **engines: object) -> Network:
    """Return the network of the host with these files, each with the name server in it."""
    found = network(docker=msgspec.structs.replace(engine(asking), **engines))
    named = files or (("/etc/resolv.conf", "198.51.100.20"),)
    texts = tuple(ConfigFile(path, f"search example\nnameserver {server}\n") for path, server in named)
    return msgspec.structs.replace(found, hosts=(msgspec.structs.replace(found.this, files=texts),))


def former(host: Host) -> list[str]:
    return [address_text(one, version) for each in formers(host) for version, one in each.servers]


POOR = (("/etc/resolv.conf", "127.0.0.1"),)
NAMED = (DockerNetwork("n9", "named", "bridge", dns_enabled=True),)
OLD = "198.51.100.53"
CASES: dict[str, tuple[Network, list[str]]] = {
    "the host's former server": (of(web(OLD)), [OLD]),
    "one of two": (of(web(OLD, "198.51.100.20")), [OLD]),
    "on Docker's default network": (of(on_default(OLD)), [OLD]),
    "the stub, which the host does not ask any more": (of(web("127.0.0.53")), ["127.0.0.53"]),
    "Podman's default network": (of(on_default(OLD, endpoints=(Endpoint("podman"),)), kind="podman"), [OLD]),
    "the host's present server": (of(web("198.51.100.20")), []),
    "on the default network, the host's present server": (of(on_default("198.51.100.20")), []),
    "the stub as the host": (of(web("127.0.0.53"), *STUB), []),
    "the servers behind the stub": (of(on_default("198.51.100.20"), *STUB), []),
    "on the host's network, the servers behind the stub": (of(web("198.51.100.20"), *STUB), []),
    "former servers behind the stub": (of(on_default(OLD), *STUB), [OLD]),
    "Docker's own choice": (of(on_default("8.8.8.8", "8.8.4.4"), *POOR), []),
    "of the container's option": (of(web(OLD, dns=(OLD,))), []),
    "of the engine's option": (of(on_default(OLD), dns=(OLD,)), []),
    "a mounted file": (of(web(OLD, resolvers_written=None)), []),
    "changed after the start": (of(web(OLD, resolvers_written=STARTED + 1)), []),
    "a file that was not read": (of(web(resolvers=None)), []),
    "the address of a bridge": (of(on_default("172.17.0.1")), []),
    "a network with names": (
        of(on_default(OLD, endpoints=(Endpoint("named"),)), kind="podman", networks=NAMED), [],
    ),
    "without a network": (of(on_default(OLD, network_mode="none", endpoints=(Endpoint("none"),))), []),
    "a user's engine": (of(on_default(OLD), user="ann", rootless=True), []),
    "a pod's": (of(web(OLD, name="k8s_web_web-0_default")), []),
    "stopped": (of(web(OLD, status="exited", netns=None)), []),
    "the host's file was not read": (network(docker=engine(web(OLD))), []),
}  # fmt: skip


@pytest.mark.parametrize(("net", "servers"), CASES.values(), ids=CASES)
def test_a_copy_of_the_hosts_former_servers(net: Network, servers: list[str]) -> None:
    assert former(net.this) == servers


def test_the_note_tells_the_servers_and_the_restart() -> None:
    (said,) = told_of_formers(of(web(OLD)))
    assert str(said) == (
        "web still asks 198.51.100.53 for names, as the host did when web was started; the host now asks "
        "198.51.100.20 (`docker restart web` makes web ask them, too)"
    )
    assert told_of_formers(of(web("198.51.100.20"))) == ()


def test_alike_containers_share_a_note() -> None:
    other = web(OLD, name="api", id="b" * 64)
    (found,) = (msgspec.structs.replace(each, containers=(web(OLD), other)) for each in of(web(OLD)).this.engines)
    net = of(web(OLD))
    host = msgspec.structs.replace(net.this, engines=(found,))
    (said,) = told_of_formers(msgspec.structs.replace(net, hosts=(host,)))
    assert "web, api (`docker restart web` makes web ask them, too)" in str(said)


@pytest.mark.parametrize(("server", "count"), ((OLD, 1), ("198.51.100.20", 0)))
def test_a_container_that_is_asked_for_a_name_has_a_question(server: str, count: int) -> None:
    net = of(web(server))
    found = examine(net, flows_for(net, (parse_target("example.com"),), WEB))
    asked = [
        each
        for diagnosis in with_former_servers(found).diagnoses
        for each in diagnosis.trace.questions
        if "still answer DNS queries" in str(each.text)
    ]
    assert len(asked) == count
    assert all("docker restart web" in str(naming_repairs(each, net).if_no) for each in asked)


@pytest.mark.parametrize(("changed", "told"), (
    ({"upstreams_changed": STARTED + 60},                                     True),
    ({"upstreams_changed": STARTED - 60},                                     False),
    ({"upstreams_changed": None},                                             False),
    ({"upstreams_changed": STARTED + 60, "upstreams": ("198.51.100.53",)},    False),
    ({"upstreams_changed": STARTED + 60, "dns": ("198.51.100.53",)},          False),
))  # fmt: skip
def test_the_servers_of_a_resolver_are_a_guess(changed: dict[str, object], *, told: bool) -> None:
    asking = on_default("127.0.0.11", endpoints=(Endpoint("shop"),), **changed)
    assert bool(told_of_guesses(of(asking), {("test", "web")})) is told
    assert not told_of_guesses(of(asking), set())
