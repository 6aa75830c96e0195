import gc

from hairpin.netfilter.evaluate.header import header_of
from hairpin.netfilter.evaluate.index import INDEX_FROM, CompiledChain, compiled
from hairpin.netfilter.ir import Chain
from tests.netfilter.seen import FIRST, table
from tests.rows import each_row

OTHERS = "".join(f"-A FORWARD -d 10.0.{n // 200}.{n % 200}/32 -p tcp -m tcp --dport 80 -j DROP\n" for n in range(100))


def chain(rules: str) -> Chain:
    return table(":FORWARD DROP [0:0]\n" + rules).chains[0]


# the rule after a hundred for other addresses; whether the packet is shown it
CASES: dict[str, tuple[str, bool]] = {
    "its address": ("-d 172.17.0.2/32 -j DROP", True),
    "its network": ("-d 172.17.0.0/16 -j DROP", True),
    "another network": ("-d 172.18.0.0/16 -j DROP", False),
    "all but an address": ("! -d 172.17.0.2/32 -j DROP", True),
    "its port": ("-p tcp -m tcp --dport 80 -j DROP", True),
    "another port": ("-p tcp -m tcp --dport 81 -j DROP", False),
    "two ports": ("-p tcp -m multiport --dports 81,82 -j DROP", True),
    "a range of ports": ("-p tcp -m tcp --dport 81:90 -j DROP", True),
    "its interface": ("-i eth0 -j DROP", True),
    "another interface": ("-i eth1 -j DROP", False),
    "interfaces by prefix": ("-i eth+ -j DROP", True),
    "its mark": ("-m mark --mark 0x0 -j DROP", True),
    "another mark": ("-m mark --mark 0x1 -j DROP", False),
    "everything": ("-j DROP", True),
    "what the packet does not have": ("-s 10.0.0.0/8 -p udp -m udp --dport 53 -j DROP", False),
}


@each_row(("rule", "shown"), CASES.values(), ids=CASES)
def test_the_index_leaves_out_rules_that_cannot_match(rule: str, shown: bool) -> None:
    made = CompiledChain(chain(f"{OTHERS}-A FORWARD {rule}\n"))
    assert made.next_candidate(0, header_of(FIRST), FIRST) == (100 if shown else 101)


def test_candidates_come_in_order_from_any_rule_on() -> None:
    made = CompiledChain(chain(f"-A FORWARD -j LOG\n{OTHERS}-A FORWARD -d 172.17.0.2/32 -j DROP\n-A FORWARD -j DROP\n"))
    header = header_of(FIRST)
    assert [made.next_candidate(start, header, FIRST) for start in (0, 1, 101, 102, 103)] == [0, 101, 101, 102, 103]


def test_a_changed_packet_is_looked_up_anew() -> None:
    made = CompiledChain(chain(f"{OTHERS}-A FORWARD -m mark --mark 0x5 -j DROP\n"))
    assert made.next_candidate(0, header_of(FIRST), FIRST) == 101
    marked = {**header_of(FIRST), "mark": 5}
    other = type(FIRST)(FIRST.packet, "eth0")
    assert made.next_candidate(0, marked, other) == 100


def test_short_chains_are_scanned() -> None:
    rules = "".join(f"-A FORWARD -d 10.0.0.{n}/32 -j DROP\n" for n in range(INDEX_FROM - 1))
    made = CompiledChain(chain(rules))
    assert [made.next_candidate(n, header_of(FIRST), FIRST) for n in (0, 7)] == [0, 7]


def test_one_chain_is_compiled_once() -> None:
    one = chain(OTHERS)
    assert compiled(one) is compiled(one)
    assert compiled(chain(OTHERS)) is not compiled(one)


def test_only_its_chain_holds_an_index() -> None:
    one = chain(OTHERS)
    assert gc.get_referrers(compiled(one)) == [one.__dict__]
