"""Which zone or policy a chain belongs to, in each recorded table of the real firewalld."""

import pytest

from hairpin.firewalls.chain_owner import TABLE, chain_owner, is_firewallds, strict_hook
from hairpin.firewalls.permanent_files import permanent
from hairpin.netfilter.evaluate.chain import Place, place_of
from hairpin.netfilter.ir import Chain, Family, Jump, Reject, Rule, Table, Verdict
from tests.firewalld_host import host_with
from tests.firewalls.test_firewalld_nft import FIXTURES, VERSIONS, made, recorded
from tests.rows import each_row

_ENDS = Verdict("accept"), Verdict("drop"), Reject("icmpx-admin-prohibited")


def placed(table: Table, chain: str, number: int) -> Place:
    found = table.chain(chain)
    assert found is not None
    return place_of(table, chain, next(each for each in found.rules if each.number == number))


@each_row("name", sorted(each.name for each in FIXTURES.iterdir()))
def test_each_owner_is_a_zone_or_a_policy_of_the_files(name: str) -> None:
    """A firewall-cmd for any other name ends with INVALID_ZONE or INVALID_POLICY."""
    files, _ = recorded(name)
    version = VERSIONS[name.partition("-")[0]]
    table, found = made(files, version), permanent(host_with(files, version=version))
    listed = {("zone", each.name) for each in found.zones} | {("policy", each.name) for each in found.policies}
    owners = [chain_owner(table, place_of(table, each.name, rule)) for each in table.chains for rule in each.rules]
    assert {each[:2] for each in owners if each is not None} <= listed
    assert any(each is not None and each.part == "allow" for each in owners)


@each_row("name", sorted(each.name for each in FIXTURES.iterdir()))
def test_each_verdict_for_packets_to_the_host_has_an_owner(name: str) -> None:
    table = made(recorded(name).files, VERSIONS[name.partition("-")[0]])
    for chain in table.chains:
        for rule in chain.rules if chain.name.startswith("filter_IN") else ():
            of_all = chain.hook is not None or strict_hook(place_of(table, chain.name, rule)) != ""
            if not of_all and any(part in _ENDS for part in rule.body):
                assert chain_owner(table, place_of(table, chain.name, rule)) is not None, (chain.name, rule.text)


CASES: dict[str, tuple[str, str, int, tuple[str, str, str] | None]] = {
    "1.3, a zone's target":      ("1.3-ports.txt", "filter_IN_public", 9, ("zone", "public", "")),
    "1.3, an opened port":       ("1.3-ports.txt", "filter_IN_public_allow", 1, ("zone", "public", "allow")),
    "2.3, the default zone":     ("2.3-ports.txt", "filter_INPUT_POLICIES", 3, ("zone", "public", "")),
    "2.5, the default zone":     ("2.5-ports.txt", "filter_IN_public_to_HOST", 3, ("zone", "public", "")),
    "2.5, forwarded":            ("2.5-ports.txt", "filter_FWD_public_to_public", 2, ("zone", "public", "")),
    "2.5, a zone of a source":   ("2.5-zones.txt", "filter_IN_dmz_to_HOST", 3, ("zone", "dmz", "")),
    "2.5, a policy":             ("2.5-ports.txt", "filter_IN_policy_allow-host-ipv6_allow", 1,
                                  ("policy", "allow-host-ipv6", "allow")),
    "2.5, the rest of INPUT":    ("2.5-ports.txt", "filter_INPUT", 6, None),
    "2.5, strict forward ports": ("2.5-strict.txt", "filter_FORWARD_dnat", 3, None),
}  # fmt: skip


@each_row(("name", "chain", "number", "owner"), CASES.values(), ids=CASES)
def test_the_owner_of_a_rule(name: str, chain: str, number: int, owner: tuple[str, str, str] | None) -> None:
    table = made(recorded(name).files, VERSIONS[name.partition("-")[0]])
    found = chain_owner(table, placed(table, chain, number))
    assert ((found.kind, found.name, found.part) if found is not None else None) == owner


def test_a_zone_may_be_called_like_a_chain_of_two_zones() -> None:
    links = (("a", "eth1"), ("a_to_HOST", "eth2"), ("b_pre", "eth3"))
    files = {
        f"/etc/firewalld/zones/{each}.xml": f'<zone><interface name="{link}"/><port port="1" protocol="tcp"/></zone>'
        for each, link in links
    }
    for version in ("2.3.1", "2.5.2"):
        table = made(files, version)
        for zone, _ in links:
            owner = chain_owner(table, placed(table, f"filter_IN_{zone}_allow", 1))
            assert owner is not None
            assert (owner.name, owner.part) == (zone, "allow")


def test_of_one_chain_alone_only_a_policy_is_known() -> None:
    for name, owner in (("filter_IN_policy_own", "own"), ("filter_IN_public", None)):
        rule = Rule((Reject("icmpx-admin-prohibited"),), "reject with icmpx admin-prohibited", 1)
        table = Table("inet", TABLE, "nft", (Chain(name, (rule,)),))
        found = chain_owner(table, place_of(table, name, rule))
        assert (found.name if found is not None else None) == owner


@pytest.mark.parametrize(
    ("dialect", "table", "chain", "known"),
    (
        ("nft", "firewalld", "filter_INPUT", True), ("nft", "own", "filter_IN_public", False),
        ("iptables-nft", "filter", "IN_public_to_HOST", True), ("iptables-nft", "filter", "INPUT_dispatch", True),
        ("iptables-nft", "filter", "FORWARD_dnat", True), ("iptables-nft", "filter", "INPUT", False),
        ("iptables-nft", "filter", "INPUT_direct", False),
    ),
)  # fmt: skip
def test_firewallds_chains_are_known_in_both_back_ends(dialect: str, table: str, chain: str, *, known: bool) -> None:
    family: Family = "inet" if dialect == "nft" else "ip"
    place = Place("nft" if dialect == "nft" else "iptables-nft", family, table, chain, 1, "reject")
    assert is_firewallds(place) is known


def test_only_the_chains_of_strict_forward_ports_are_strict() -> None:
    for name, hooks in (("2.3-strict.txt", {"INPUT", "FORWARD", "OUTPUT"}), ("2.3-ports.txt", set[str]())):
        table = made(recorded(name).files, "2.3.1")
        found = {strict_hook(place_of(table, each.name, rule)) for each in table.chains for rule in each.rules}
        assert found - {""} == hooks


def test_a_rule_after_a_jump_for_others_is_not_theirs() -> None:
    """The jump has to have the same matches as the target's rule."""
    table = made({"/etc/firewalld/zones/work.xml": '<zone><source address="192.0.2.0/24"/></zone>'}, "2.3.1")
    chain = table.chain("filter_INPUT_POLICIES")
    assert chain is not None
    for rule in chain.rules:
        if not isinstance(rule.body[-1], Jump):
            owner = chain_owner(table, place_of(table, chain.name, rule))
            assert owner is not None
            assert owner.name == ("work" if "saddr" in rule.text else "public")
