import msgspec
import pytest

from hairpin.host.host import Namespace
from hairpin.netfilter.ir import Chain, ChainType, Family, Hook, Ruleset, Table
from hairpin.walk.hooks.chains import chains_at, items_at, translates_addresses
from tests.small_host import host_namespace


def table(name: str, *chains: Chain, family: Family = "ip") -> Table:
    return Table(family, name, "nft", chains)


def base(name: str, hook: Hook, priority: int, kind: ChainType = "filter") -> Chain:
    return Chain(name, (), hook, kind, priority, "accept")


def holding(*tables: Table, kernel: str = "") -> Namespace:
    return msgspec.structs.replace(host_namespace(), ruleset=Ruleset(tables), kernel=kernel)


ORDER = (
    table("a", base("late", "forward", 10), base("first", "forward", 0)),
    table("b", base("second", "forward", 0), family="inet"),
    table("c", base("other", "forward", 0), family="ip6"),
    table("d", base("elsewhere", "input", 0), Chain("user", ())),
)


@pytest.mark.parametrize(
    ("kernel", "expected"),
    (("6.1.0-50-amd64", ["second", "first", "late"]), ("4.9.0-19-amd64", ["first", "second", "late"])),
)
def test_chains_run_by_priority_and_equal_ones_by_their_registration(kernel: str, expected: list[str]) -> None:
    found = chains_at(holding(*ORDER, kernel=kernel), "forward", ("ip", "inet"))
    assert [chain.name for _, chain in found] == expected


ITEMS: dict[str, tuple[Hook, list[str]]] = {
    "conntrack behind raw, before mangle": ("prerouting", ["raw", "conntrack", "mangle", "nat"]),
    "no conntrack where it has been": ("forward", []),
    "the source is translated last": ("postrouting", ["nat"]),
}


@pytest.mark.parametrize(("hook", "expected"), ITEMS.values(), ids=ITEMS)
def test_conntrack_and_nat_have_their_places(hook: Hook, expected: list[str]) -> None:
    rules = table(
        "t", base("raw", "prerouting", -300), base("mangle", "prerouting", -150), base("n", "prerouting", -100, "nat")
    )
    found = items_at(holding(rules), hook, ("ip", "inet"))
    assert [each.chain.name if each.chain is not None else each.kind for each in found] == expected


def test_the_kernel_translates_addresses_once_there_is_a_nat_chain() -> None:
    assert not translates_addresses(holding(*ORDER), ("ip", "inet"))
    translating = holding(table("n", base("c", "output", 0, "nat"), family="ip6"))
    assert not translates_addresses(translating, ("ip", "inet"))
    assert translates_addresses(translating, ("ip6", "inet"))
