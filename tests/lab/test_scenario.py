"""The scenarios cover the causes that they must cover, and an error in a file is reported with its place."""

from pathlib import Path

import pytest

from hairpin.causes.registry import all_causes, causes_to_come
from hairpin.errors import LabError
from hairpin.lab.probe import Outcome
from hairpin.lab.scenario import (
    Flow,
    Scenario,
    all_scenarios,
    named,
    read,
    scenarios_of_one_host,
    scenarios_of_several_hosts,
)
from tests.rows import each_row

# Each line is one of the sixteen kinds of fault that `hairpin check` must name; a scenario of any cause in the line
# covers it.
SIXTEEN = (
    ("ip-forward-off",),
    ("interface-forwarding-off",),
    ("docker-nat-chain-missing", "docker-nat-jump-missing-prerouting"),
    ("docker-filter-chain-missing", "filter-forward-jump-missing", "filter-accept-missing"),
    ("masquerade-missing",),
    ("forward-policy-drop",),
    (
        "docker-user-drops",
        "reject-rule-before-docker",
        "mangle-drops-or-marks",
        "nft-base-chain-drop-other-table",
        "two-iptables-backends-in-use",
    ),
    ("firewalld-zone-blocks-port",),
    ("published-on-loopback-only",),
    ("container-not-running",),
    ("service-not-listening",),
    ("service-listens-on-container-loopback",),
    ("nat-loopback-on-cloud-address",),
    ("bridge-subnet-overlaps-route", "client-inside-container-subnet"),
    ("userland-proxy-off-no-route-localnet",),
    ("rp-filter-strict",),
)


def test_each_kind_of_fault_has_a_scenario() -> None:
    names = {scenario.name for scenario in scenarios_of_one_host()}
    assert [cause for kind in SIXTEEN for cause in kind if cause not in names] == []


WITHOUT = {
    "address-held-twice": "which of the two answers changes with each ARP reply: tests/causes/states/test_states.py",
    "ipv6-address-duplicate": "another machine has to have the address, without asking: tests/world has such a host",
    "ban-misses-published-port": "no connection fails by it; tests/causes/rules has its file's test",
    "equal-hardware-addresses": "which of the two answers changes with each frame: tests/causes/states/test_states.py",
    "bridge-vlan-filtered": "the lab's kernel has no VLAN filtering of bridges: tests/causes/bridge/test_bridge.py",
    "address-on-two-hosts": "which of the two answers changes with each ARP reply: tests/causes/between_hosts",
    "packets-to-many-stay-on-link": "no exchange of data shows a packet that nobody answers: tests/causes/forwarding",
    "unit-filter-drops": "a lab host has no systemd: tests/causes/service",
    "unit-has-own-network": "as above",
    "socket-proxy-finds-nobody": "as above",
    "quadlet-not-running": "as above",
    "container-unit-failed": "as above",
    "guest-network-not-started": "the lab has no libvirt: tests/causes/bridge/test_bridge.py",
    "podman-makes-no-rules": "the lab's Podman does not know the setting: tests/causes/engine_rules",
    "stack-hides-loopback": "the lab has no user of a rootless engine: python -m tests.today",
    "known-version-fault": "no version of the lab has one that shows: tests/causes/states/test_known_version_fault.py",
    "wireguard-address-not-allowed": "no host of the lab has WireGuard: tests/causes/between_hosts",
    "raw-drop-direct-routing": "dockerd 28 and later program the rule; the lab has an older one",
    "published-bypasses-host-firewall": "no connection fails by it; tests/causes/rules has its file's test",
    "firewalld-reload-loses-engine-protection": "no connection fails by it: python -m tests.matrix.latent",
    "iptables-policy-left-drop-after-nftables-switch": "dockerd 29 has the nftables back end; the lab has an older one",
    "live-restore-duplicates-rules": "no connection fails by it, and the dockerd that does it is older than the lab's",
    "stale-accept-for-dead-container": "no connection fails by it: python -m tests.matrix.latent",
    "xtables-lock-contention": "docker inspect waits for the lock, too, so that nothing is decided there",
    "address-pool-exhausted": "no connection fails by it: networks that are to be made do",
    "iptables-binary-shadowed": "no connection fails by it: tests/causes/rule_hosts.py",
    "iptables-check-bug": "Debian no longer has that iptables: tests/acceptance/test_confused_rules.py",
    "kernel-match-missing": "the lab's kernel has no modules that could be missing: tests/causes/rule_hosts.py",
    "kernel-module-missing": "as above",
    "conntrack-table-full": "the kernel has one maximum for all namespaces: a lab host cannot have its own",
    "host-service-not-running": "no systemd runs in a lab host",
    "host-resolver-gone": "a lab host has no name server that a fault could end: tests/causes/names",
    "tc-filter-drops": "the lab's kernel lacks tc's actions: a guest has it, python -m tests.guests below_ip",
    "tunnel-ends-alike": "the other node's entry names the former address, which is one more fault: tests/world",
    "container-unhealthy": "no connection fails by it, as each scenario's fault makes one fail",
    "default-bridge-has-no-names": "connections of a scenario go to addresses; tests/causes/names asks for names",
    "host-network-has-no-names": "as above",
    "no-common-network-for-name": "as above",
    "resolv-conf-rewritten": "as above",
    "resolver-rules-missing": "as above: python -m tests.tables 'names, resolver'",
    "ipvlan-host-cannot-reach": "the lab's kernel lacks ipvlan: a guest has it, python -m tests.guests ipvlan",
    "neighbour-table-overflow": "one table for all namespaces, and its maximum is the machine's: a guest's own has it, "
    "python -m tests.guests neighbours",
    "swarm-service-not-running": "a scenario makes no services of a swarm",
    "swarm-port-mode-host": "as above",
    "swarm-ingress-sandbox-broken": "as above",
    "swarm-ingress-chain-missing": "the lab's kernel lacks IPVS, so no mesh delivers: python -m tests.guests mesh",
}
"""Causes that no scenario can show, and why."""


def test_each_cause_is_the_truth_of_a_scenario() -> None:
    """A general cause names what has no better name; the lab's faults have one.  What an event brings fails no
    connection of a scenario: `python -m tests.matrix` carries events out."""
    shown = {name.partition("@")[0] for each in all_scenarios() for group in each.causes for name in group}
    to_come = {cause.id for cause in causes_to_come()}
    wanted = {cause.id for cause in all_causes() if not cause.general} - to_come
    assert wanted - shown == {*WITHOUT}


def test_two_faults_at_once_and_eight_healthy_variants() -> None:
    assert sum(len(scenario.causes) == 2 for scenario in scenarios_of_one_host()) >= 2
    assert sum(scenario.healthy for scenario in scenarios_of_one_host()) >= 8


@each_row("scenario", scenarios_of_one_host(), ids=lambda scenario: scenario.name)
def test_name_causes_fault_and_outcomes_fit_together(scenario: Scenario) -> None:
    assert scenario.title
    assert scenario.flows
    assert scenario.healthy == (not scenario.fault) == scenario.name.startswith("healthy-")
    assert scenario.healthy != any(flow.after is not Outcome.DELIVERED for flow in scenario.flows)
    if len(scenario.causes) == 1:
        assert scenario.name.partition(".")[0] == scenario.causes[0][0]


# Causes that only several hosts can have: two scenarios each, on different hosts.
ACROSS_HOSTS = (
    "node-route-missing",
    "node-route-wrong-host",
    "tunnel-fdb-stale",
    "tunnel-neighbour-stale",
    "tunnel-ends-differ",
    "container-subnet-on-two-hosts",
)


@each_row("cause", ACROSS_HOSTS)
def test_each_cause_across_hosts_is_shown_on_two_of_them(cause: str) -> None:
    best = [named for scenario in scenarios_of_several_hosts() for named, *_others in scenario.causes]
    assert len({place for name, _, place in (named.partition("@") for named in best) if name == cause}) >= 2


def test_seven_healthy_ones_of_several_hosts() -> None:
    assert sum(scenario.healthy for scenario in scenarios_of_several_hosts()) >= 7
    assert sum(not scenario.healthy for scenario in scenarios_of_several_hosts()) >= 22


@each_row("scenario", scenarios_of_several_hosts(), ids=lambda scenario: scenario.name)
def test_scenario_of_several_hosts_says_which_host(scenario: Scenario) -> None:
    hosts = {host.name for host in scenario.lab.hosts}
    assert scenario.title
    assert len(scenario.flows) >= 2
    assert 2 <= len(hosts) == len(scenario.lab.hosts)
    assert scenario.healthy == (not scenario.fault) == (not scenario.repair) == scenario.name.startswith("healthy-")
    assert scenario.healthy != any(flow.after is not Outcome.DELIVERED for flow in scenario.flows)
    assert all(flow.before is Outcome.DELIVERED for flow in scenario.flows)
    assert {named.partition("@")[2] for alternatives in scenario.causes for named in alternatives} <= hosts
    if len(scenario.causes) == 1:
        assert scenario.name.partition(".")[0] == scenario.causes[0][0].partition("@")[0]


ORIGINS: dict[str, tuple[Flow, tuple[str, ...]]] = {
    "outside": (Flow(target="8151"), ("8151", "--from", "192.0.2.10")),
    "outside by IPv6": (Flow(target="8151", to="[2001:db8:2::11]:8151"), ("8151", "--from", "2001:db8:1::10")),
    "neighbour": (Flow(target="8151", start="neighbour"), ("8151", "--from", "lan")),
    "host": (Flow(target="8151", start="host"), ("8151", "--from", "host")),
    "container": (Flow(target="db:80", start="container:web"), ("db:80", "--from", "container:web")),
    "by address": (Flow(start="host@node1", to="10.244.2.2:80"), ("10.244.2.2:80", "--from", "host@node1")),
    "said": (Flow(target="8151", asked_from="203.0.113.5"), ("8151", "--from", "203.0.113.5")),
    "with options": (Flow(target="8151", options=("-v",)), ("8151", "--from", "192.0.2.10", "-v")),
}


@each_row(("flow", "arguments"), ORIGINS.values(), ids=ORIGINS)
def test_arguments(flow: Flow, arguments: tuple[str, ...]) -> None:
    assert flow.arguments() == arguments


def test_names_are_unique() -> None:
    assert len({scenario.name for scenario in all_scenarios()}) == len(all_scenarios())
    assert named("healthy-three-nodes").several_hosts


def test_the_hosts_that_a_cause_is_on() -> None:
    assert named("container-subnet-on-two-hosts.vxlan").accused == {"node1", "node2"}
    assert named("healthy-three-nodes").accused == frozenset()


def test_unknown_name_is_answered_with_those_alike() -> None:
    with pytest.raises(LabError, match=r"no scenario 'rp-filter'.*rp-filter-strict"):
        named("rp-filter")


BROKEN_FILES: dict[str, tuple[str, str]] = {
    "no TOML": ("title = ", "Invalid value"),
    "misspelt key": ('title = "x"\nflows = []\nfualt = []', "fualt"),
    "wrong outcome": ('title = "x"\n[[flows]]\ntarget = "1"\nafter = "lost"', "lost"),
    "four hosts": ('title = "x"\nflows = []\n[lab]\nhosts = [{}, {}, {}, {}]', "length <= 3"),
    "no flow at all": ('title = "x"', "flows"),
}


@pytest.mark.parametrize(("text", "complaint"), BROKEN_FILES.values(), ids=BROKEN_FILES)
def test_broken_file_is_named(tmp_path: Path, text: str, complaint: str) -> None:
    path = tmp_path / "wrong.toml"
    path.write_text(text)
    with pytest.raises(LabError, match=rf"wrong\.toml: .*{complaint}"):
        read(path)
