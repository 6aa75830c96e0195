"""Segments for a container that are longer than the host's uplink takes."""

from collections.abc import Mapping

import msgspec

from hairpin.host.docker import DockerNetwork
from hairpin.network.flow import Flow, Lan
from hairpin.network.network import Network
from hairpin.network.prefix import parse_address
from hairpin.walk.trace import LongPackets
from hairpin.walk.walk import walk_flow
from tests.rows import each_row
from tests.small_host import (
    DOCKER_RULES,
    HOST_NETNS,
    container,
    container_namespace,
    egress,
    engine,
    host_namespace,
    network,
    published,
    ruleset,
)

CLAMP = """*mangle
:FORWARD ACCEPT [0:0]
-A FORWARD -p tcp -m tcp --tcp-flags SYN,RST SYN -j TCPMSS --clamp-mss-to-pmtu
COMMIT
"""
WHOLE = 100_000


def of_mtus(mtus: Mapping[str, int], *, inner: int = 1500, rules: str = "", default: int | None = None) -> Network:
    """Return the host with these MTUs.  ``default``: the option of the engine's default network, if the container is in
    another one."""
    host = host_namespace()
    links = tuple(msgspec.structs.replace(each, mtu_bytes=mtus.get(each.name, 1500)) for each in host.links)
    own = container_namespace()
    ends = tuple(msgspec.structs.replace(each, mtu_bytes=inner) if each.name == "eth0" else each for each in own.links)
    docker = engine(container())
    if default is not None:
        options = (("com.docker.network.driver.mtu", f"{default}"),)
        (bridge,) = docker.networks
        of_app = msgspec.structs.replace(bridge, id="n2", name="app_default")
        unused = DockerNetwork("n3", "bridge", "bridge", options=options)
        (web,) = docker.containers
        inside = msgspec.structs.replace(
            web, endpoints=(msgspec.structs.replace(web.endpoints[0], network="app_default", network_id="n2"),)
        )
        docker = msgspec.structs.replace(docker, networks=(unused, of_app), containers=(inside,))
    return network(
        msgspec.structs.replace(host, links=links, ruleset=ruleset(DOCKER_RULES + rules)),
        msgspec.structs.replace(own, links=ends),
        docker=docker,
    )


def whole(flow: Flow) -> Flow:
    """Return the flow with full-sized segments."""
    return msgspec.structs.replace(flow, data_bytes=WHOLE)


NARROW = of_mtus({"eth0": 1400})
FROM_LAN = whole(published(Lan(parse_address("198.51.100.30")[1])))
CASES = {
    "an upload": (NARROW, whole(published()), 1400),
    "a download": (NARROW, whole(egress()), 1400),
    "short data": (NARROW, published(), None),
    "from the uplink's own network": (NARROW, FROM_LAN, None),
    "equal MTUs": (of_mtus({}), whole(egress()), None),
    "a larger uplink": (of_mtus({"eth0": 9000}), whole(egress()), None),
    "the network has the uplink's MTU": (of_mtus({"eth0": 1400}, inner=1400), whole(egress()), None),
    "a rule clamps the MSS": (of_mtus({"eth0": 1400}, rules=CLAMP), whole(egress()), None),
    "… of uploads, too": (of_mtus({"eth0": 1400}, rules=CLAMP), whole(published()), None),
    "the default network has a smaller MTU": (of_mtus({}, default=1400), whole(egress()), 1400),
    "the default network has the same MTU": (of_mtus({}, default=1500), whole(egress()), None),
    "both networks have a smaller MTU": (of_mtus({}, inner=1400, default=1400), whole(egress()), None),
}  # fmt: skip


@each_row(("net", "flow", "mtu"), CASES.values(), ids=CASES)
def test_a_hint_at_a_smaller_mtu_before_the_host_is_a_question(net: Network, flow: Flow, mtu: int | None) -> None:
    trace = walk_flow(net, flow)
    assert trace.succeeds
    asked = [each.about for each in trace.questions]
    assert asked == ([] if mtu is None else [LongPackets(HOST_NETNS, 4, "eth0", mtu)])
    assert not trace.rests_on_grant


def test_the_question_names_the_network_and_the_test() -> None:
    (asked,) = walk_flow(of_mtus({}, default=1400), whole(egress())).questions
    assert "app_default" in str(asked.text)
    assert "com.docker.network.driver.mtu=1400" in str(asked.if_no)
    assert asked.wanted[0].of == ("198.51.100.1", "1472")


def test_the_default_network_gets_its_mtu_in_daemon_json() -> None:
    (asked,) = walk_flow(NARROW, whole(egress())).questions
    assert '"mtu": 1400 in daemon.json' in str(asked.if_no)


def test_a_download_tells_where_the_link_s_own_mtu_is_smaller() -> None:
    """The host would send a long echo request in fragments, and its answer would come in fragments, too."""
    (asked,) = walk_flow(NARROW, whole(egress())).questions
    assert [each.fact for each in asked.wanted] == ["download-asked"]


def test_without_a_process_of_the_container_no_download_is_asked_of_the_host() -> None:
    """The host's own downloads arrive, because it announces the smaller MTU."""
    (docker,) = NARROW.this.engines
    unknown = tuple(msgspec.structs.replace(each, pid=None) for each in docker.containers)
    engines = (msgspec.structs.replace(docker, containers=unknown),)
    (asked,) = walk_flow(
        NARROW.with_host(msgspec.structs.replace(NARROW.this, engines=engines)), whole(egress())
    ).questions
    assert asked.wanted == ()
