"""The table of each recorded configuration, held against the one that the real firewalld has made.

Recorded in a network namespace with a D-Bus of its own: `nft list table inet firewalld`, braces and empty lines left
out.  `python -m tests.matrix --host firewalld` makes the same comparison on whole hosts.
"""

from pathlib import Path
from typing import NamedTuple

import pytest

from hairpin.errors import ChangeError
from hairpin.firewalls.firewalld_nft import applied_rules, firewalld_table
from hairpin.firewalls.permanent import Binding
from hairpin.firewalls.permanent_files import permanent
from hairpin.netfilter.ir import Table
from tests.firewalld_host import PUBLIC, STOCK, host_with
from tests.rows import each_row

FIXTURES = Path(__file__).parents[1] / "fixtures" / "firewalld-tables"
VERSIONS = {"0.9": "0.9.3-2", "1.3": "1.3.3-1~deb12u2", "2.3": "2.3.1-1", "2.4": "2.4.0-1", "2.5": "2.5.2-1"}


class Recorded(NamedTuple):
    """The files of /etc/firewalld, and the lines of each chain."""

    files: dict[str, str]
    chains: dict[str, list[str]]


def recorded(name: str) -> Recorded:
    """Return a fixture."""
    parts = dict(
        part.split("\n", 1) for part in (FIXTURES / name).read_text("utf-8").removeprefix("==> ").split("\n==> ")
    )
    chains: dict[str, list[str]] = {}
    for line in parts.pop("nft").splitlines():
        if line.startswith("    "):
            chains[list(chains)[-1]].append(line.strip())
        else:
            chains[line] = []
    return Recorded(parts, {name.removeprefix("chain "): lines for name, lines in chains.items()})


def rules_of(table: Table) -> dict[str, list[str]]:
    return {chain.name: [rule.text for rule in chain.rules] for chain in table.chains}


LISTENERS = "".join(
    f'<rule family="ipv6"><icmp-type name="{each}"/><accept/></rule>'
    for each in ("mld-listener-done", "mld-listener-query", "mld-listener-report", "mld2-listener-report")
)
POLICY = "policies/allow-host-ipv6"


def made(files: dict[str, str], version: str) -> Table:
    if version.startswith(("2.4", "2.5")):
        files = {f"/etc/firewalld/{POLICY}.xml": STOCK[POLICY].replace("</policy>", f"{LISTENERS}</policy>"), **files}
    return firewalld_table(permanent(host_with(files, version=version)))


def in_known_order(chains: dict[str, list[str]]) -> dict[str, list[str]]:
    """Return the chains; rules of rich rules sorted, which firewalld 2 keeps in a set of Python's."""
    rich = ("_log", "_deny", "_allow")
    return {name: sorted(lines) if name.endswith(rich) else lines for name, lines in chains.items()}


@each_row("name", sorted(each.name for each in FIXTURES.iterdir()))
def test_the_table_is_the_one_that_firewalld_makes(name: str) -> None:
    files, chains = recorded(name)
    table = made(files, VERSIONS[name.partition("-")[0]])
    others = {each for each in chains if " " in each}
    names = [f"set {each.name}" for each in table.sets] + [each.partition(" {")[0] for each in table.objects]
    assert set(names) == others
    expected = {
        chain: [line for line in lines if not line.startswith("type ") or " hook " not in line]
        for chain, lines in chains.items()
        if chain not in others
    }
    assert in_known_order(rules_of(table)) == in_known_order(expected)


def test_the_hooks_are_those_that_firewalld_uses() -> None:
    table = made({}, "1.3.3")
    hooks = {chain.name: (chain.hook, chain.type, chain.priority) for chain in table.chains if chain.hook is not None}
    assert hooks == {
        "mangle_PREROUTING": ("prerouting", "filter", -140), "nat_PREROUTING": ("prerouting", "nat", -90),
        "nat_POSTROUTING": ("postrouting", "nat", 110), "nat_OUTPUT": ("output", "nat", -90),
        "filter_PREROUTING": ("prerouting", "filter", 10), "filter_INPUT": ("input", "filter", 10),
        "filter_FORWARD": ("forward", "filter", 10), "filter_OUTPUT": ("output", "filter", 10),
    }  # fmt: skip


def test_a_link_that_is_bound_later_stands_first() -> None:
    files = {"/etc/firewalld/zones/trusted.xml": '<zone target="ACCEPT"><interface name="eth1"/><forward/></zone>'}
    table = firewalld_table(permanent(host_with(files)), (Binding("public", "eth0"), Binding("trusted", "docker0")))
    assert rules_of(table)["filter_FORWARD_ZONES"] == [
        'iifname "docker0" goto filter_FWD_trusted', 'iifname "eth0" goto filter_FWD_public',
        'iifname "eth1" goto filter_FWD_trusted', "goto filter_FWD_public",
    ]  # fmt: skip
    assert rules_of(table)["filter_FWD_trusted_allow"] == ['oifname "eth1" accept', 'oifname "docker0" accept']


def test_a_service_whose_file_was_not_read_is_not_guessed() -> None:
    within = permanent(host_with({PUBLIC: '<zone><service name="own"/></zone>'}))
    with pytest.raises(ChangeError, match="own"):
        firewalld_table(within)


def test_counters_stand_before_the_verdict() -> None:
    table = made({"/etc/firewalld/firewalld.conf": "NftablesCounters=yes\n"}, "2.3.1")
    assert 'iifname "lo" counter accept' in rules_of(table)["filter_INPUT"]


def test_only_zones_and_policies_in_use_are_applied() -> None:
    own = {
        "/etc/firewalld/zones/external.xml": "<zone><masquerade/></zone>",
        "/etc/firewalld/policies/out.xml": '<policy><ingress-zone name="HOST"/><egress-zone name="ANY"/><masquerade/>'
        "</policy>",
        "/etc/firewalld/policies/off.xml": '<policy><ingress-zone name="work"/><egress-zone name="ANY"/><masquerade/>'
        "</policy>",
    }
    within = permanent(host_with(own))
    assert [each.masquerade for each in applied_rules(within)] == [False, False, True]
    assert [each.masquerade for each in applied_rules(within, (Binding("external", "eth0"),))] == [
        True,
        False,
        False,
        True,
    ]
