from hairpin.netfilter.iptables.netmap import resolved
from hairpin.netfilter.ir import Chain, Hook, Jump, Nat, Outside, Rule, Statement, Verdict
from tests.rows import each_row

NETMAP = Nat("dnat", (0, 255), prefix=True, version=4)
SOURCE = Nat("snat", (0, 255), prefix=True, version=4)


def chain(name: str, statement: Statement, hook: Hook | None = None) -> Chain:
    return Chain(name, (Rule((statement,), "", 1),), hook, "nat")


CASES: dict[str, tuple[tuple[Chain, ...], Statement]] = {
    "prerouting": ((chain("X", NETMAP, "prerouting"),), NETMAP),
    "output": ((chain("X", NETMAP, "output"),), NETMAP),
    "postrouting": ((chain("X", NETMAP, "postrouting"),), SOURCE),
    "input": ((chain("X", NETMAP, "input"),), SOURCE),
    "called from postrouting": ((chain("X", NETMAP), chain("P", Jump("X"), "postrouting")), SOURCE),
    "called through another chain": (
        (chain("X", NETMAP), chain("Y", Jump("X", goto=True)), chain("P", Jump("Y"), "postrouting")),
        SOURCE,
    ),
    "called from both sides": (
        (chain("X", NETMAP), chain("A", Jump("X"), "prerouting"), chain("B", Jump("X"), "postrouting")),
        Outside("NETMAP", "SNAT | DNAT"),
    ),
    "called from nowhere": ((chain("X", NETMAP), chain("P", Jump("gone"), "postrouting")), NETMAP),
    "no NETMAP": ((chain("X", Verdict("drop"), "postrouting"),), Verdict("drop")),
}


@each_row(("chains", "statement"), CASES.values(), ids=CASES)
def test_the_hook_decides_what_netmap_translates(chains: tuple[Chain, ...], statement: Statement) -> None:
    assert resolved(chains)[0].rules[0].body == (statement,)
