import pytest
from msgspec.structs import replace

from hairpin.door import CLOSED, Door, Limits, Observation
from hairpin.netfilter import ir
from hairpin.netfilter.evaluate.chain import Decision
from hairpin.netfilter.evaluate.observation import ChainDecided, MatchAnswered, VerdictMapped
from hairpin.netfilter.evaluate.traversal import decide
from hairpin.netfilter.evaluate.truth import Truth
from hairpin.netfilter.packet import RST, Seen
from tests.netfilter.seen import FIRST, WEB, Place, rule, table
from tests.rows import each_row

HEAD = ":FORWARD DROP [0:0]\n:A - [0:0]\n:B - [0:0]\n"


def decided(rules: str, seen: Seen = FIRST) -> tuple[Decision, ...]:
    read = table(HEAD + rules)
    return decide(read, read.chains[0], seen, Place(), ())


def brief(decision: Decision) -> tuple[str, str, int]:
    assert decision.place is not None
    return decision.verdict, decision.place.chain, decision.place.number


# rules of filter, verdict, chain and number of what decided (0: the policy)
CASES: dict[str, tuple[str, tuple[str, str, int]]] = {
    "policy": ("", ("drop", "FORWARD", 0)),
    "the first rule that matches": ("-A FORWARD -j ACCEPT\n-A FORWARD -j DROP\n", ("accept", "FORWARD", 1)),
    "a rule that does not match is skipped": (
        "-A FORWARD -p udp -j ACCEPT\n-A FORWARD -p tcp -j ACCEPT\n", ("accept", "FORWARD", 2),
    ),
    "all matches of a rule": ("-A FORWARD -i eth0 -p tcp -m tcp --dport 81 -j ACCEPT\n", ("drop", "FORWARD", 0)),
    "jump": ("-A FORWARD -j A\n-A A -j ACCEPT\n", ("accept", "A", 1)),
    "back from the end of a chain": (
        "-A FORWARD -j A\n-A FORWARD -j ACCEPT\n-A A -p udp -j DROP\n", ("accept", "FORWARD", 2),
    ),
    "return": ("-A FORWARD -j A\n-A FORWARD -j ACCEPT\n-A A -j RETURN\n-A A -j DROP\n", ("accept", "FORWARD", 2)),
    "return from a base chain is its policy": (
        "-A FORWARD -j RETURN\n-A FORWARD -j ACCEPT\n", ("drop", "FORWARD", 0),
    ),
    "goto does not come back": ("-A FORWARD -g A\n-A FORWARD -j ACCEPT\n", ("drop", "FORWARD", 0)),
    "goto returns to the caller of its chain": (
        "-A FORWARD -j A\n-A FORWARD -j ACCEPT\n-A A -g B\n-A A -j DROP\n", ("accept", "FORWARD", 2),
    ),
    "reject": ("-A FORWARD -j REJECT --reject-with icmp-host-prohibited\n", ("reject", "FORWARD", 1)),
    "log goes on": ("-A FORWARD -j LOG\n-A FORWARD -j ACCEPT\n", ("accept", "FORWARD", 2)),
    "a rule without a target goes on": ("-A FORWARD\n-A FORWARD -j ACCEPT\n", ("accept", "FORWARD", 2)),
    "a mark set is seen by the next rule": (
        "-A FORWARD -j MARK --set-xmark 0x5/0xffffffff\n-A FORWARD -m mark --mark 0x5 -j ACCEPT\n",
        ("accept", "FORWARD", 2),
    ),
    "a mark of another packet is not": (
        "-A FORWARD -p udp -j MARK --set-xmark 0x5/0xffffffff\n-A FORWARD -m mark --mark 0x5 -j ACCEPT\n",
        ("drop", "FORWARD", 0),
    ),
    "a limit before a log changes nothing": (
        "-A FORWARD -m limit --limit 3/min -j LOG\n-A FORWARD -j ACCEPT\n", ("accept", "FORWARD", 2),
    ),
}  # fmt: skip


@each_row(("rules", "expected"), CASES.values(), ids=CASES)
def test_decide(rules: str, expected: tuple[str, str, int]) -> None:
    (decision,) = decided(rules)
    assert brief(decision) == expected
    assert decision.conditions == ()


def test_reject_has_its_answer() -> None:
    (decision,) = decided("-A FORWARD -p tcp -j REJECT --reject-with tcp-reset\n")
    assert decision.reject == "tcp-reset"


def test_the_trail_has_the_satisfied_rules_in_order() -> None:
    (decision,) = decided("-A FORWARD -j A\n-A FORWARD -p udp -j DROP\n-A A -j LOG\n-A A -j ACCEPT\n")
    assert [(place.chain, place.number) for place in decision.trail] == [("FORWARD", 1), ("A", 1), ("A", 2)]
    assert {place.evidence for place in decision.trail} == {"e1"}


def test_an_unknown_match_splits_and_each_branch_has_its_condition() -> None:
    usual, other = decided("-A FORWARD -m bpf --bytecode x -j ACCEPT\n-A FORWARD -j REJECT\n")
    assert (brief(usual), brief(other)) == (("reject", "FORWARD", 2), ("accept", "FORWARD", 1))
    ((supposed,), (contrary,)) = usual.conditions, other.conditions
    assert (supposed.holds, supposed.usual, contrary.holds, contrary.usual) == (False, True, True, False)
    assert "bpf" in str(supposed.said)
    assert supposed.place is not None
    assert supposed.place.number == 1
    assert not supposed.load


def test_a_rate_is_usually_not_exceeded_and_marked_as_load() -> None:
    usual, other = decided("-A FORWARD -m limit --limit 3/min -j ACCEPT\n")
    assert (usual.verdict, other.verdict) == ("accept", "drop")
    assert [condition.load for each in (usual, other) for condition in each.conditions] == [True, True]


def test_chance_is_no_load() -> None:
    rules = "-A FORWARD -m statistic --mode random --probability 0.5 -j ACCEPT\n"
    assert [condition.load for each in decided(rules) for condition in each.conditions] == [False, False]


def test_branches_that_end_alike_are_one_that_keeps_the_trails_of_all() -> None:
    (decision,) = decided("-A FORWARD -m bpf --bytecode x -j A\n-A FORWARD -j ACCEPT\n")
    assert [[place.number for place in trail] for trail in decision.joined] == [[2], [1, 2]]
    (alone,) = decided("-A FORWARD -j ACCEPT\n")
    assert alone.joined == ()


class Notes:
    def __init__(self) -> None:
        self.seen: list[Observation] = []

    def observe(self, observation: Observation) -> None:
        self.seen.append(observation)


def test_an_observer_learns_of_matches_and_of_all_branches() -> None:
    notes = Notes()
    read = table(HEAD + "-A FORWARD -p udp -j DROP\n-A FORWARD -m bpf --bytecode x -j A\n-A FORWARD -j ACCEPT\n")
    decide(read, read.chains[0], FIRST, Place(), (), Door(observer=notes))
    truths = [each.truth for each in notes.seen if isinstance(each, MatchAnswered)]
    assert truths == [Truth.NO, Truth.UNKNOWN]
    (whole,) = [each for each in notes.seen if isinstance(each, ChainDecided)]
    assert (whole.table, whole.chain, len(whole.decisions)) == (read, read.chains[0], 2)


@pytest.mark.parametrize(("field", "expected"), (("dport", ["accept"]), ("sport", [])))
def test_an_observer_learns_the_verdict_of_a_map(field: ir.Field, expected: list[str]) -> None:
    notes, rules = Notes(), nft(ir.VerdictMap((field,), map="v"))
    decide(rules, rules.chains[0], FIRST, Place(), (), Door(observer=notes))
    mapped = [each.verdict for each in notes.seen if isinstance(each, VerdictMapped)]
    assert [each.verdict for each in mapped if isinstance(each, ir.Verdict)] == expected


def test_too_many_branches_are_given_up_as_unknown() -> None:
    rules = "".join(
        f"-A FORWARD -m bpf --bytecode x{n} -j MARK --set-xmark {1 << n:#x}/{1 << n:#x}\n" for n in range(8)
    )
    read = table(HEAD + rules)
    for door in (CLOSED, Door(limits=Limits(branches=8))):
        decisions = decide(read, read.chains[0], FIRST, Place(), (), door)
        assert len(decisions) <= door.limits.branches + 1
        assert [each.verdict for each in decisions].count("outside") == 1


def test_a_target_outside_the_model_may_take_the_packet() -> None:
    taken, left = decided("-A FORWARD -j NFQUEUE --queue-num 3\n-A FORWARD -j ACCEPT\n")
    assert (taken.verdict, left.verdict) == ("outside", "accept")


def test_notrack_and_zone_are_handed_on() -> None:
    read = table(":PREROUTING ACCEPT [0:0]\n-A PREROUTING -j CT --notrack\n", name="raw")
    (decision,) = decide(read, read.chains[0], FIRST, Place(), ())
    assert (decision.verdict, decision.notrack, decision.zone) == ("accept", True, None)
    zoned = replace(read.chains[0], rules=(rule(ir.SetZone(5)),))
    (decision,) = decide(read, zoned, FIRST, Place(), ())
    assert (decision.notrack, decision.zone) == (False, 5)
    helped = replace(read.chains[0], rules=(rule(ir.NoEffect("CT", "--helper ftp")), rule(ir.SetZone(5))))
    (decision,) = decide(read, helped, FIRST, Place(), ())
    assert (decision.notrack, decision.zone) == (False, 0)


def test_a_packet_that_no_flowtable_takes_ends_its_rule() -> None:
    add, drop = ir.NoEffect("flow", "flow add @f"), ir.Verdict("drop")
    base = ir.Chain("c", (rule(add, drop), rule(add, ir.Verdict("accept"), number=2)), "forward", policy="drop")
    nft = ir.Table("ip", "t", "nft", (base,))
    reset = replace(FIRST, packet=replace(FIRST.packet, tcp_flags=RST))
    found = [brief(decide(nft, base, seen, Place(), ())[0]) for seen in (FIRST, reset)]
    assert found == [("drop", "c", 1), ("drop", "c", 0)]


def test_nat_ends_the_chain_with_its_translation() -> None:
    rules = (
        ":PREROUTING ACCEPT [0:0]\n-A PREROUTING -p tcp -j DNAT --to-destination 172.17.0.2:80\n-A PREROUTING -j DROP\n"
    )
    read = table(rules, name="nat")
    (decision,) = decide(read, read.chains[0], FIRST, Place(), ())
    assert decision.verdict == "accept"
    assert decision.nat == ir.Nat("dnat", (WEB, WEB), (80, 80), version=4)


def nft(*body: ir.Expression, policy: str = "drop") -> ir.Table:
    base = ir.Chain("f", (rule(*body),), "forward", policy="drop" if policy == "drop" else "accept")
    verdicts = ir.Map("v", "port : verdict", (ir.VerdictElement((ir.NumberKey(80, 80),), ir.Verdict("accept")),))
    targets = ir.Map("n", "port : address", (ir.NatElement((ir.NumberKey(80, 80),), (WEB, WEB)),))
    return ir.Table("inet", "t", "nft", (base, ir.Chain("a", (rule(ir.Verdict("accept")),))), maps=(verdicts, targets))


EIGHTY = (ir.VerdictElement((ir.NumberKey(80, 80),), ir.Jump("a")),)
OTHERS = (ir.VerdictElement((ir.NumberKey(81, 81),), ir.Verdict("accept")), ir.VerdictElement((), ir.Verdict("accept")))

NFT: dict[str, tuple[ir.Table, tuple[str, str, int]]] = {
    "named verdict map": (nft(ir.VerdictMap(("dport",), map="v")), ("accept", "f", 1)),
    "no element": (nft(ir.VerdictMap(("sport",), map="v")), ("drop", "f", 0)),
    "a map that is not there": (nft(ir.VerdictMap(("dport",), map="gone")), ("drop", "f", 0)),
    "a field that is not there": (nft(ir.VerdictMap(("icmp",), map="v")), ("drop", "f", 0)),
    "inline, a jump": (nft(ir.VerdictMap(("dport",), EIGHTY)), ("accept", "a", 1)),
    "default element": (nft(ir.VerdictMap(("dport",), OTHERS)), ("accept", "f", 1)),
    "continue": (nft(ir.Verdict("continue")), ("drop", "f", 0)),
    "a jump to a chain that is not there": (nft(ir.Jump("gone")), ("drop", "f", 0)),
    "accepting policy": (nft(ir.Verdict("continue"), policy="accept"), ("accept", "f", 0)),
    "address by map": (nft(ir.NatMap("dnat", ("dport",), map="n")), ("accept", "f", 1)),
    "no address in the map": (nft(ir.NatMap("dnat", ("sport",), map="n")), ("drop", "f", 0)),
}


@each_row(("rules", "expected"), NFT.values(), ids=NFT)
def test_maps(rules: ir.Table, expected: tuple[str, str, int]) -> None:
    (decision,) = decide(rules, rules.chains[0], FIRST, Place(), ())
    assert brief(decision) == expected


def test_a_forged_circle_of_jumps_ends() -> None:
    circle = ir.Table("ip", "t", "nft", (ir.Chain("f", (rule(ir.Jump("f")),), "forward", policy="drop"),))
    (decision,) = decide(circle, circle.chains[0], FIRST, Place(), ())
    assert decision.verdict == "drop"


@pytest.mark.parametrize("dialect", ("nft", "iptables-nft"))
@pytest.mark.parametrize(("port", "verdict"), ((80, "drop"), (81, "accept")))
def test_a_rule_finds_its_ipset_in_a_table_that_only_nft_shows(dialect: ir.Dialect, port: int, verdict: str) -> None:
    closed = ir.Set("closed", "bitmap:port", (ir.Element((ir.NumberKey(port, port),)),))
    body = (ir.SetMatch("closed", ("dport",)), ir.Verdict("drop"))
    chain = ir.Chain("c", (ir.Rule(body, "", 1, by_iptables=True),), "forward", policy="accept")
    (decision,) = decide(ir.Table("ip", "t", dialect, (chain,)), chain, FIRST, Place(), (closed,))
    assert decision.verdict == verdict


@pytest.mark.parametrize(("dialect", "verdict"), (("nft", "accept"), ("iptables-nft", "drop")))
def test_a_rule_of_nft_ends_if_there_is_nothing_to_copy(dialect: ir.Dialect, verdict: str) -> None:
    body = (ir.SetField("mark", 0, source="ct-mark"), ir.Verdict("drop"))
    chain = ir.Chain("c", (ir.Rule(body, "", 1),), "forward", policy="accept")
    untracked = replace(FIRST, connection=None)
    (decision,) = decide(ir.Table("ip", "t", dialect, (chain,)), chain, untracked, Place(), ())
    assert decision.verdict == verdict
    (decision,) = decide(ir.Table("ip", "t", dialect, (chain,)), chain, FIRST, Place(), ())
    assert decision.verdict == "drop"


@pytest.mark.parametrize(
    ("name", "verdicts"), (("jump", {"accept", "drop", "outside"}), ("goto", {"accept", "outside"}))
)
def test_a_chain_without_a_name_may_accept_take_or_return_the_packet(name: str, verdicts: set[str]) -> None:
    """Behind ``goto`` it returns as at the end of the chain, here to an accepting policy."""
    rules = (ir.Rule((ir.Outside(name, f"{name} {{ … }}"),), "", 1), ir.Rule((ir.Verdict("drop"),), "", 2))
    base = ir.Chain("c", rules, "forward", policy="accept")
    found = decide(ir.Table("ip", "t", "nft", (base,)), base, FIRST, Place(), ())
    assert {each.verdict for each in found} == verdicts
    assert all(each.conditions for each in found)


@pytest.mark.parametrize(("mac", "verdicts"), ((5, {"accept"}), (6, {"outside", "accept"})))
def test_a_written_address_that_the_frame_has_already_changes_nothing(mac: int, verdicts: set[str]) -> None:
    seen = replace(FIRST, packet=replace(FIRST.packet, dmac=5))
    written = ir.Outside("dnat", "--to-dst", unless=ir.FieldMatch("dmac", ((mac, mac),)))
    base = ir.Chain("c", (ir.Rule((written, ir.Verdict("accept")), "", 1),), "forward", policy="accept")
    found = decide(ir.Table("bridge", "t", "ebtables", (base,)), base, seen, Place(), ())
    assert {each.verdict for each in found} == verdicts


def test_of_many_branches_each_effect_is_kept_once() -> None:
    """Few doubts are kept apart, each with its conditions; of many only what they do to the packet is."""
    few = decided("-A FORWARD -m unlisted --rules -j ACCEPT\n-A FORWARD -m unlisted --rules -j DROP\n")
    many = decided("-A FORWARD -m unlisted --rules -j LOG\n" * 5 + "-A FORWARD -m unlisted --rules -j ACCEPT\n")
    assert sorted(each.verdict for each in few) == ["accept", "drop", "drop"]
    assert sorted(each.verdict for each in many) == ["accept", "drop"]
    assert all(each.conditions for each in many)
