"""The earlier host under the later one's names and numbers."""

from msgspec.structs import replace

from hairpin.compare.corresponding import renamed_as
from hairpin.host.host import Host
from tests import small_host as small
from tests.compare.small_pairs import host, texts


def _restarted(one: Host) -> Host:
    """Return the host whose container was started again: with another veth."""
    outer, inner = one.namespaces
    links = tuple(
        replace(each, name="veth9", index=95, peer_index=94, mac=7) if each.name == "veth1" else each
        for each in outer.links
    )
    ends = tuple(replace(each, index=94, peer_index=95, mac=8) if each.name == "eth0" else each for each in inner.links)
    spaces = (replace(outer, links=links), replace(inner, links=ends))
    return replace(one, namespaces=spaces)


def test_a_veth_that_was_drawn_anew() -> None:
    now = _restarted(host())
    was = renamed_as(host(), now)
    assert was.namespace("host").link("veth9") == now.namespace("host").link("veth9")
    assert texts(now) == []


def test_the_bridge_of_a_network_that_was_made_anew() -> None:
    def having(number: str) -> Host:
        bridge = f"br-{number[:12]}"
        rules = small.DOCKER_RULES.replace("docker0", bridge)
        outer = small.host_namespace(rules)
        links = tuple(replace(e, name=bridge) if e.name == "docker0" else e for e in outer.links)
        (engine,) = host().engines
        (network,) = engine.networks
        made = replace(network, id=number, name="back", bridge=bridge)
        docker = replace(engine, networks=(made,))
        return replace(host(replace(outer, links=links)), engines=(docker,))

    found = [each for each in texts(having("b" * 64), having("a" * 64)) if each[0] in ("rules", "links", "networks")]
    assert found == []


def test_names_that_docker_draws() -> None:
    def named(name: str) -> Host:
        container = replace(small.container(), name=name, netns=f"container:{name}", image="web")
        inner = replace(small.container_namespace(), name=f"container:{name}")
        return small.network(inner=inner, docker=small.engine(container)).this

    assert texts(named("happy_turing"), named("sad_bohr")) == []
    assert texts(named("one"), named("two")) != []
