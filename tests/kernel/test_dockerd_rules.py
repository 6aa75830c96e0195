"""Expected rules compared with a real dockerd's, rule by rule; restored rules compared with those before."""

import re
import subprocess
from collections import Counter
from collections.abc import Generator

import msgspec
import pytest

from hairpin.carry.act import Command
from hairpin.change.change import ReplaceTable
from hairpin.change.commands.carrying import carrying
from hairpin.change.commands.loading import replacing
from hairpin.change.steps import steps
from hairpin.engines.missing import Missing, missing
from hairpin.engines.repair.restoring import restoring_all
from hairpin.engines.surplus import surplus
from hairpin.host.docker import Engine, PortBinding
from hairpin.host.host import Host, Namespace
from hairpin.host.netns import Netns
from hairpin.lab.build import Lab, running_lab
from hairpin.lab.plan import ContainerPlan, LabPlan, NetworkPlan
from hairpin.netfilter.ir import Ruleset
from hairpin.netfilter.nft import listing as nft_listing
from hairpin.network.network import Network
from tests.engines.hosts import DOCKER0, EMPTY, N1, SIX, WEB, container, docker, endpoint, network, number
from tests.engines.inspected import engine_of, namespace_of
from tests.whole import thinned

OPTION = "-o com.docker.network.bridge"
NETWORKS = (
    NetworkPlan("n1"),
    NetworkPlan("noicc", f"{OPTION}.enable_icc=false"),
    NetworkPlan("nomasq", f"{OPTION}.enable_ip_masquerade=false --subnet 10.9.0.0/24"),
    NetworkPlan("internal", "--internal"),
    NetworkPlan("quiet", f"--internal {OPTION}.enable_icc=false"),
    NetworkPlan("bound", f"{OPTION}.host_binding_ipv4=127.0.0.1"),
    NetworkPlan("named", f"{OPTION}.name=mybr0"),
    NetworkPlan("six", "--ipv6 --subnet 2001:db8:6::/64"),
    NetworkPlan("internal-six", "--internal --ipv6 --subnet 2001:db8:7::/64"),
    NetworkPlan("snat", "-o com.docker.network.host_ipv4=198.51.100.11"),
)
CONTAINERS = (
    ContainerPlan("plain"),
    ContainerPlan(
        "many", publish=("8151:80", "8152:80", "9000-9004:9000-9004/udp", "127.0.0.1:8200:81"), networks=("n1", "bound")
    ),
    ContainerPlan("three", publish=("8300:80",), networks=("snat", "bound", "internal")),
    ContainerPlan(
        "six",
        publish=("8400:80", "[::1]:8401:80", "[::]:8402:80", "0.0.0.0:8403:80", "198.51.100.11:8404:80"),
        networks=("six",),
    ),
    ContainerPlan("inside", publish=("8600:80",), networks=("internal",)),
    ContainerPlan("host", networks=("host",)),
    ContainerPlan("random", publish=("80", "127.0.0.1::81/udp"), networks=("noicc",)),
    ContainerPlan("nomasq", publish=("8900:80",), networks=("nomasq",)),
)
DAEMONS: dict[str, str] = {
    "no proxy, icc off, no masquerade": '{"userland-proxy": false, "icc": false, "ip-masq": false}',
    "ports bound to loopback": '{"bip": "10.5.0.1/24", "ip": "127.0.0.1"}',
}
IP6TABLES = '{"experimental": true, "ip6tables": true}'


def plan(daemon: str) -> LabPlan:
    return LabPlan(networks=NETWORKS, containers=CONTAINERS, daemon=daemon, ipv6=True)


def observed(lab: Lab, daemon: str) -> tuple[Engine, Namespace]:
    """Return the engine as it describes itself, and the rules as they are."""
    host = lab.host
    engine = engine_of(
        host.run("docker version -f '{{.Server.Version}}'").strip(),
        host.run("docker network inspect $(docker network ls -q)"),
        host.run("docker inspect $(docker ps -aq)"),
        daemon,
    )
    return engine, namespace_of((host.run("iptables-save"), host.run("ip6tables-save")), host.run("ip -j link"))


def chains_of(namespace: Namespace) -> dict[tuple[str, str, str], list[str]]:
    return {
        (table.family, table.name, chain.name): [rule.text for rule in chain.rules]
        for table in namespace.ruleset.tables
        for chain in table.chains
        if chain.rules
    }


def wanted_chains(lost: Missing) -> dict[tuple[str, str, str], list[str]]:
    chains: dict[tuple[str, str, str], list[str]] = {}
    for one in lost.wanted.rules:
        chains.setdefault((one.family, one.table, one.chain), []).append(one.rule.text)
    return chains


def assert_exact(lab: Lab, daemon: str) -> None:
    """Compare the host with the expected rules, sysctls and sockets."""
    engine, namespace = observed(lab, daemon)
    lost = missing(engine, namespace)
    assert chains_of(namespace) == wanted_chains(lost)
    assert not lost
    assert surplus(engine, namespace) == ()
    for one in lost.wanted.sysctls:
        assert lab.host.run(("cat", "/".join(("/proc/sys", *one.path)))).strip() == one.value, one
    listening = lab.host.run("ss -Hnltup")
    assert lost.wanted.listeners
    for listener in lost.wanted.listeners:
        assert re.search(rf":{listener.port} .*{listener.process}", listening), listener


@pytest.mark.parametrize("daemon", thinned(DAEMONS.values(), 4), ids=DAEMONS)
def test_expected_is_found_and_nothing_else(daemon: str) -> None:
    with running_lab(plan(daemon)) as lab:
        assert_exact(lab, daemon)


def test_without_iptables_there_are_no_rules() -> None:
    daemon = '{"iptables": false}'
    with running_lab(LabPlan(daemon=daemon)) as lab:
        assert_exact(lab, daemon)


@pytest.fixture(scope="module")
def busy_lab() -> Generator[Lab]:
    """A host that each test damages and repairs."""
    with running_lab(plan(IP6TABLES)) as lab:
        yield lab


def test_expected_is_found_in_both_families(busy_lab: Lab) -> None:
    assert_exact(busy_lab, IP6TABLES)


def saved(lab: Lab) -> tuple[str, str]:
    """Return both families' rules without counters and times."""
    texts = (lab.host.run("iptables-save"), lab.host.run("ip6tables-save"))
    ipv4, ipv6 = (re.sub(r"\[\d+:\d+\]|^#.*\n", "", text, flags=re.MULTILINE) for text in texts)
    return ipv4, ipv6


FLUSH = "iptables -F; iptables -t nat -F"
DAMAGE: dict[str, str] = {
    "filter flushed": "iptables -F",
    "nat flushed": "iptables -t nat -F",
    "IPv4 flushed": FLUSH,
    "all flushed": f"{FLUSH}; ip6tables -F; ip6tables -t nat -F",
    "IPv4 flushed and chains deleted": f"{FLUSH}; iptables -X; iptables -t nat -X",
    "jumps deleted": "iptables -t nat -D PREROUTING 1; iptables -D FORWARD 2; iptables -D FORWARD 1",
    "open ports deleted": "iptables -F DOCKER",
    "translations deleted": "iptables -t nat -F DOCKER",
    "masquerades deleted": "iptables -t nat -F POSTROUTING",
    "single rules deleted": (
        "iptables -D FORWARD 9; iptables -D FORWARD 4; iptables -t nat -D DOCKER 12; iptables -t nat -D DOCKER 11;"
        " iptables -t nat -D POSTROUTING 3; iptables -D DOCKER-ISOLATION-STAGE-1 5"
    ),
    "users' chain deleted": "iptables -D FORWARD -j DOCKER-USER; iptables -F DOCKER-USER; iptables -X DOCKER-USER",
    "IPv6 translations deleted": "ip6tables -t nat -F DOCKER",
}


@pytest.mark.parametrize("damage", thinned(DAMAGE.values(), 6), ids=DAMAGE)
def test_lost_rules_are_found_and_put_back(busy_lab: Lab, damage: str) -> None:
    healthy = saved(busy_lab)
    busy_lab.host.run(damage)
    damaged = saved(busy_lab)
    engine, namespace = observed(busy_lab, IP6TABLES)
    lost = missing(engine, namespace)
    for step in steps(restoring_all(lost, Netns("lab"), namespace), Network((Host("lab", namespaces=(namespace,)),))):
        acting = carrying(step)
        load = next(acting)
        assert isinstance(load, Command)
        busy_lab.host.run(load.argv, stdin=load.text)
    assert saved(busy_lab) == healthy
    for family, before, after in zip(("ip", "ip6"), healthy, damaged, strict=True):
        gone = Counter(before.splitlines()) - Counter(after.splitlines())
        rules = Counter(one.rule.text for one in lost.rules if one.family == family)
        assert Counter({line: count for line, count in gone.items() if line.startswith("-A")}) == rules
        chains = sorted(f":{one.chain} - " for one in lost.chains if one.family == family)
        assert sorted(line for line in gone.elements() if line.startswith(":")) == chains


def test_rules_of_others_are_neither_missing_nor_surplus(busy_lab: Lab) -> None:
    healthy = saved(busy_lab)
    busy_lab.host.run(
        "iptables -I FORWARD -s 192.0.2.0/24 -j DROP; iptables -A DOCKER-USER -i eth0 -j RETURN; iptables -N mine;"
        " iptables -A FORWARD -j mine; iptables -t nat -A POSTROUTING -s 10.0.0.0/8 -o eth0 -j MASQUERADE"
    )
    engine, namespace = observed(busy_lab, IP6TABLES)
    assert not missing(engine, namespace)
    assert surplus(engine, namespace) == ()
    busy_lab.host.run("iptables-restore", stdin=healthy[0])


def test_stale_rules_are_surplus(busy_lab: Lab) -> None:
    healthy = saved(busy_lab)
    stale = "-A DOCKER ! -i docker0 -p tcp -m tcp --dport 8151 -j DNAT --to-destination 172.17.0.99:80"
    busy_lab.host.run(f"iptables -t nat {stale}")
    (one,) = surplus(*observed(busy_lab, IP6TABLES))
    assert (one.rule.text, one.likeness, one.address) == (stale, "dnat", number("172.17.0.99"))
    busy_lab.host.run("iptables-restore", stdin=healthy[0])


TRUSTED = network(
    "trusted",
    "172.33.0.0/16",
    "2001:db8:8::/64",
    options=(("trusted_host_interfaces", "eth0:wg0"), ("gateway_mode_ipv6", "routed")),
)
INTERNAL = network("internal", "172.34.0.0/16", internal=True)
PUBLISHED = (
    PortBinding("tcp", 80, 8080),
    PortBinding("tcp", 80, 8080, version=6),
    PortBinding("udp", 53, 53, host_ip=number("2001:db8::1"), version=6),
    PortBinding("sctp", 7, 7, host_ip=number("127.0.0.1")),
)
NATIVE = docker(
    "29.1.0",
    DOCKER0,
    N1,
    SIX,
    TRUSTED,
    INTERNAL,
    containers=(
        WEB,
        container("six", endpoint("six", "172.22.0.2", "2001:db8:6::2"), publish=PUBLISHED),
        container("trusted", endpoint("trusted", "172.33.0.2", "2001:db8:8::2"), publish=PUBLISHED[:2]),
        container("inside", endpoint("internal", "172.34.0.2")),
    ),
)
NATIVE_LISTED = ("unshare", "--net", "sh", "-euc", "nft -f -; nft -j list ruleset")


@pytest.mark.parametrize("proxy", (True, False), ids=("proxy", "no proxy"))
def test_nftables_tables_are_made_from_nothing(proxy: bool) -> None:
    """There is no dockerd 29 here; the real nft must list hairpin's rules for it with the same meaning."""
    engine = msgspec.structs.replace(NATIVE, firewall_backend="nftables", userland_proxy=proxy)
    change = restoring_all(missing(engine, EMPTY), Netns("lab"), EMPTY)
    script = "".join(replacing(part).text for part in change.parts if isinstance(part, ReplaceTable))
    listed = subprocess.run(NATIVE_LISTED, input=script, capture_output=True, text=True, check=True).stdout
    tables = nft_listing.parse(listed, source="nft -j list ruleset")
    made = msgspec.structs.replace(EMPTY, ruleset=Ruleset(tables=tables))
    lost = missing(engine, made)
    assert (lost.rules, lost.elements, lost.chains) == ((), (), ())
    assert sum(len(chain.rules) for table in tables for chain in table.chains) == len(lost.wanted.rules)
