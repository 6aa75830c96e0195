"""The policy of a base chain drops what no rule accepts."""

from typing import Literal

import msgspec
import pytest

from hairpin.diagnose.diagnose import diagnose
from hairpin.host.managers import ConfigFile
from hairpin.netfilter import ir
from hairpin.network.flow import FromHost
from hairpin.network.network import Network
from tests.causes.case import Case, fires, is_silent
from tests.causes.firewall_hosts import OUTSIDE, UFW_CLOSED
from tests.causes.hosts import asked, ruled, switched, told, with_host, with_tables
from tests.podman_host import RULES as PODMANS
from tests.podman_host import with_podman
from tests.rule_text import with_chain, with_policy, with_rule, without
from tests.small_host import container, egress, engine, host_namespace, network, published
from tests.whole import one_of_each


def nft_policy(policy: Literal["accept", "drop"]) -> Network:
    """Return the host with another nftables table, whose forward chain has that policy and no rule."""
    chain = ir.Chain("forward", (), "forward", policy=policy)
    return with_tables(ir.Table("inet", "own", "nft", (chain,)))


SHUT = ConfigFile("/etc/iptables/rules.v4", "*filter\n:FORWARD DROP [0:0]\nCOMMIT\n")


DIRECT = asked(OUTSIDE, "172.17.0.2", 80)
MAKES_NO_RULES = msgspec.structs.replace(engine(msgspec.structs.replace(container(), bindings=())), iptables=False)


def dormant(*tables: tuple[ir.Family, str], dialect: ir.Dialect = "iptables-nft") -> Network:
    """Return the host on which these tables are dormant."""
    host = host_namespace()
    asleep = tuple(
        msgspec.structs.replace(each, dialect=dialect, dormant=(each.family, each.name) in tables)
        for each in host.ruleset.tables
    )
    return network(msgspec.structs.replace(host, ruleset=msgspec.structs.replace(host.ruleset, tables=asleep)))


CASES: dict[str, Case] = {
    "a table that sleeps": Case(
        dormant(("ip", "nat")), egress(), ("dormant-table",), dormant(("ip", "filter"))
    ),
    "the policy that dockerd set, beside Podman": Case(
        with_podman(with_policy("FORWARD", "DROP", PODMANS), engine()), published(),
        ("podman-beside-docker-forward-drop",), with_podman(PODMANS, engine()),
    ),
    "the policy that dockerd set before it ended, beside Podman": Case(
        with_podman(
            with_policy("FORWARD", "DROP", with_chain("DOCKER", rules=PODMANS)),
            msgspec.structs.replace(engine(), running=False),
        ),
        published(), ("podman-beside-docker-forward-drop",),
    ),
    "somebody else's policy, beside Podman": Case(
        with_podman(with_policy("FORWARD", "DROP", with_chain("DOCKER-USER", rules=PODMANS))), published(),
        ("forward-policy-drop",),
    ),
    "the policy that dockerd set before its nftables back end": Case(
        switched("DROP"), published(), ("iptables-policy-left-drop-after-nftables-switch",), switched("ACCEPT"),
    ),
    "the same, and a container asks": Case(
        switched("DROP"), egress(), ("iptables-policy-left-drop-after-nftables-switch",), switched("ACCEPT"),
    ),
    "a policy that the nftables back end has met, and its old one has never set": Case(
        switched("DROP", left=False), published(), ("forward-policy-drop",), switched("ACCEPT", left=False),
    ),
    "a policy of the saved rules, beside the nftables back end": Case(
        with_host(switched("DROP"), files=(SHUT,)), published(), ("forward-policy-drop",), switched("ACCEPT"),
    ),
    "the policy closes what nothing accepts": Case(
        network(host_namespace(without("-A DOCKER -d")), docker=told(version="a build")), published(),
        ("forward-policy-drop",), network(docker=told(version="a build")),
    ),
    "the policy closes what dockerd would not open, were its option another": Case(
        network(host_namespace(without("-A DOCKER -d", "--to-destination")), docker=MAKES_NO_RULES), DIRECT,
        ("forward-policy-drop",), network(docker=MAKES_NO_RULES),
    ),
    "another table's policy": Case(
        nft_policy("drop"), published(), ("nft-base-chain-drop-other-table",), nft_policy("accept"),
    ),
    "a table of nft's own, where ufw closes FORWARD, too": Case(
        with_host(nft_policy("drop"), ufw=UFW_CLOSED), published(), ("nft-base-chain-drop-other-table",),
        with_host(nft_policy("accept"), ufw=UFW_CLOSED),
    ),
    "OUTPUT closes what nothing accepts": Case(
        ruled(with_policy("OUTPUT", "DROP")), published(FromHost(), "127.0.0.1"), ("output-policy-drop",),
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", one_of_each(CASES, lambda case: case.causes))
def test_the_cause_fires_where_it_is_at_work(case: Case) -> None:
    fires(case)


@pytest.mark.parametrize("case", one_of_each(CASES, lambda case: case.causes))
def test_nothing_is_named_on_the_host_without_the_fault(case: Case) -> None:
    is_silent(case.whole, case.flow)


def test_docker_proxy_is_named_only_where_it_sent_the_packet() -> None:
    """On a host without Docker, a packet of the host itself passes OUTPUT, too."""
    by_proxy = diagnose(ruled(with_rule("filter OUTPUT", "-o docker0 -j DROP")), published(FromHost(), "127.0.0.1"))
    by_host = diagnose(ruled(with_policy("OUTPUT", "DROP")), asked(FromHost(), "192.0.2.10", 8000))
    said = [str(each.causes[0].candidate.detail) for each in (by_proxy, by_host)]
    assert ["docker-proxy" in each for each in said] == [True, False]
    assert all("pass OUTPUT, which drops them" in each for each in said)
