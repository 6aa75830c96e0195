"""Expected rules as a whole: equal to those of real hosts, and none for an engine that hairpin does not know."""

import pytest
from msgspec.structs import replace

from hairpin.diagnose.diagnose import diagnose
from hairpin.engines.docker.dockerd import INGRESS, expected, expected_for
from hairpin.engines.missing import missing, missing_on
from hairpin.engines.surplus import surplus
from hairpin.host.docker import Engine, PortBinding
from hairpin.host.host import Host
from hairpin.netfilter.meaning import meaning
from hairpin.network.flow import Flow, FromHost, Outside
from hairpin.network.network import Network
from tests.engines.hosts import DOCKER0, EMPTY, HTTP, N1, WEB, container, docker, endpoint, fixture, network, number
from tests.engines.swarm_node import forwarding, node, with_services, without
from tests.rows import each_row
from tests.small_host import CLIENT, HOST_ADDRESS

FIXTURE_VERSIONS = ("20.10", "26.1", "28.5")


@pytest.mark.parametrize("version", FIXTURE_VERSIONS)
def test_a_healthy_host_holds_exactly_what_is_expected(version: str) -> None:
    engine, namespace = fixture(version)
    wanted = expected(engine, namespace)
    for table in namespace.ruleset.tables:
        for chain in table.chains:
            place = (table.family, table.name, chain.name)
            rules = [one.rule.text for one in wanted.rules if (one.family, one.table, one.chain) == place]
            assert [rule.text for rule in chain.rules] == rules, place
    assert not missing(engine, namespace)
    assert surplus(engine, namespace) == ()


@pytest.mark.parametrize("version", FIXTURE_VERSIONS)
def test_what_a_start_would_make_is_the_same_but_for_the_order(version: str) -> None:
    engine, namespace = fixture(version)
    seen, anew = expected(engine, namespace), expected(engine, namespace, in_order=False)
    unordered = [{replace(each, rule=replace(each.rule, number=0, line=0))
                  for each in one.rules} for one in (seen, anew)]  # fmt: skip
    assert unordered[0] == unordered[1]
    assert (set(seen.chains), set(seen.listeners)) == (set(anew.chains), set(anew.listeners))


@pytest.mark.parametrize("version", FIXTURE_VERSIONS)
def test_what_is_made_for_a_container_does_not_depend_on_the_others(version: str) -> None:
    engine, namespace = fixture(version)
    whole = expected(engine, namespace, in_order=False)
    for own in engine.containers:
        alone = expected_for(engine, namespace, {own.name})
        assert [meaning(each.rule) for each in whole.rules if each.container == own.name] == [
            meaning(each.rule) for each in alone.rules if each.container == own.name
        ]
        assert [each for each in whole.listeners if each.container == own.name] == list(alone.listeners)


@pytest.mark.parametrize("version", FIXTURE_VERSIONS)
def test_each_single_rule_that_is_lost_is_found_missing(version: str) -> None:
    engine, namespace = fixture(version)
    for table in namespace.ruleset.tables:
        for chain in table.chains:
            for rule in chain.rules:
                rest = replace(chain, rules=tuple(one for one in chain.rules if one != rule))
                chains = tuple(rest if one.name == chain.name else one for one in table.chains)
                tables = tuple(replace(one, chains=chains) if one is table else one for one in namespace.ruleset.tables)
                ruleset = replace(namespace.ruleset, tables=tables)
                lost = missing(engine, replace(namespace, ruleset=ruleset))
                assert [one.rule.text for one in lost.rules] == [rule.text]
                assert lost.chains == ()


UNKNOWN: dict[str, Engine] = {
    "podman": Engine(kind="podman", version="4.3.1"),
    "rootless": replace(docker("28.5.2", DOCKER0), rootless=True),
    "daemon stopped": replace(docker("28.5.2"), running=False),
    "own build": docker("dev", DOCKER0),
    "one stage of isolation": docker("17.06.2-ce", DOCKER0),
    "ipsets": docker("28.0.0", DOCKER0),
}


@each_row("engine", UNKNOWN.values(), ids=UNKNOWN)
def test_an_unknown_engine_has_no_expected_rules(engine: Engine) -> None:
    wanted = expected(engine, EMPTY)
    assert wanted.unknown
    assert wanted.rules == ()
    lost = missing(engine, EMPTY)
    assert not lost
    assert lost.undecided == wanted.unknown
    assert surplus(engine, EMPTY) == ()


def test_without_iptables_nothing_is_programmed() -> None:
    engine = replace(docker("28.5.2", DOCKER0, N1, containers=(WEB,)), iptables=False, ip6tables=False)
    wanted = expected(engine, EMPTY)
    assert (wanted.rules, wanted.chains, wanted.unknown) == ((), (), ())
    assert [listener.port for listener in wanted.listeners] == [8080]


def test_the_generation_follows_the_version() -> None:
    chains = {
        version: {one.chain for one in expected(docker(version, DOCKER0), EMPTY).chains}
        for version in ("27.5.1", "28.0.1", "29.0.0")
    }
    assert "DOCKER-FORWARD" not in chains["27.5.1"]
    assert {"DOCKER-FORWARD", "DOCKER-ISOLATION-STAGE-1"} <= chains["28.0.1"]
    assert {"DOCKER-FORWARD", "DOCKER-INTERNAL"} <= chains["29.0.0"]
    assert "DOCKER-ISOLATION-STAGE-1" not in chains["29.0.0"]


BOTH = (HTTP, PortBinding("tcp", 80, 8080, version=6), PortBinding("udp", 53, 53, host_ip=number("127.0.0.1")))


def held(engine: Engine) -> list[tuple[str, str, int, int | None, int]]:
    listeners = expected(engine, EMPTY).listeners
    return [(one.process, one.protocol, one.version, one.address, one.port) for one in listeners]


def published(*bindings: PortBinding) -> Engine:
    return docker("28.5.2", N1, containers=(container("web", endpoint("n1", "172.21.0.2"), publish=bindings),))


def test_each_binding_has_a_proxy() -> None:
    assert held(published(*BOTH)) == [
        ("docker-proxy", "udp", 4, 0x7F000001, 53),
        ("docker-proxy", "tcp", 4, None, 8080),
        ("docker-proxy", "tcp", 6, None, 8080),
    ]


def test_without_a_proxy_the_daemon_holds_the_port() -> None:
    engine = replace(published(HTTP), userland_proxy=False)
    assert held(engine) == [("dockerd", "tcp", 4, None, 8080)]


def test_a_binding_that_is_not_in_effect_has_no_listener() -> None:
    assert held(published(replace(HTTP, actual=False))) == []


def test_a_routed_network_holds_no_port() -> None:
    routed = network("n1", "172.21.0.0/16", options=(("gateway_mode_ipv4", "routed"),))
    assert held(replace(published(HTTP), networks=(routed,))) == []


HEALTHY = forwarding(node())
LOST = "swarm-ingress-chain-missing"


def test_nothing_is_missing_on_the_real_node() -> None:
    (_, missing), *_ = missing_on(node())
    assert any(each.chain == INGRESS for each in missing.wanted.rules)
    assert (missing.chains, missing.rules) == ((), ())


# the node, the first cause for the client, the first cause for the host's own loopback
CASES: dict[str, tuple[Host, str, str]] = {
    "healthy": (HEALTHY, "", ""),
    "PREROUTING does not jump": (without(HEALTHY, "-A PREROUTING -m addrtype --dst-type LOCAL -j DOCKER-I"), LOST, ""),
    "OUTPUT does not jump": (without(HEALTHY, "-A OUTPUT -m addrtype --dst-type LOCAL -j DOCKER-I"), "", LOST),
    "FORWARD does not jump": (without(HEALTHY, "-A FORWARD -j DOCKER-INGRESS"), LOST, ""),
    "nothing is translated": (without(HEALTHY, "-A DOCKER-INGRESS", table="nat"), LOST, LOST),
    "nothing is accepted": (without(HEALTHY, "-A DOCKER-INGRESS", table="filter"), LOST, ""),
    "loopback is not masqueraded": (without(HEALTHY, "--src-type LOCAL"), "", LOST),
    "a rule of another port": (without(HEALTHY, "--dport 8081"), "", ""),
    "the sandbox does not forward": (node(), "ip-forward-off", "ip-forward-off"),
}


@each_row(("host", "outside", "loopback"), CASES.values(), ids=CASES)
def test_the_cause_is_named_where_it_is_at_work(host: Host, outside: str, loopback: str) -> None:
    network = Network((host,))
    flows = (
        Flow(Outside(CLIENT), 4, HOST_ADDRESS, "tcp", 8080, host=host.name),
        Flow(FromHost(), 4, 0x7F000001, "tcp", 8080, host=host.name),
    )
    found = [diagnose(network, each) for each in flows]
    assert [each.causes[0].cause if each.causes else "" for each in found] == [outside, loopback]
    assert [each.trace.succeeds for each in found] == [not outside, not loopback]


def test_a_mesh_without_a_server_rejects() -> None:
    network = Network((with_services(HEALTHY, 0),))
    flow = Flow(Outside(CLIENT), 4, HOST_ADDRESS, "tcp", 8080, host=network.this.name)
    trace = diagnose(network, flow).trace
    assert trace.verdict == "rejected"
