from typing import Literal

import pytest
from msgspec.structs import replace

from hairpin.host.host import Namespace
from hairpin.netfilter import ir
from hairpin.netfilter.ir import Ruleset
from hairpin.netfilter.packet import ACK, ESP, SCTP, SYN, TCP, UDP, Packet
from hairpin.network.network import Network
from hairpin.walk.hooks.hooks import run_bridge_hook, run_device_hook, run_hook
from hairpin.walk.state import End, State
from hairpin.walk.walk import walk_flow
from tests.netfilter.seen import rule
from tests.rows import each_row
from tests.rule_text import in_table
from tests.small_host import CLIENT, HOST_ADDRESS, HOST_NETNS, WEB, host_namespace, network, published, ruleset, sibling
from tests.walk.standing import at, told


def base(
    hook: ir.Hook, priority: int, *body: ir.Expression, kind: ir.ChainType = "filter", devices: tuple[str, ...] = ()
) -> ir.Chain:
    return ir.Chain("c", (rule(*body),), hook, kind, priority, "accept", devices)


def net(*tables: ir.Table) -> Network:
    return network(replace(host_namespace(), ruleset=ir.Ruleset(tables)))


def own(chain: ir.Chain, family: ir.Family = "inet", name: str = "t") -> ir.Table:
    return ir.Table(family, name, "nft", (chain,))


DROP = ir.Verdict("drop")
MARK = ir.SetField("mark", 0, 5)
MARKED = ir.FieldMatch("mark", ((5, 5),))
TRACKED = ir.FieldMatch("ct-state", ((ir.CT_NEW, ir.CT_NEW),))

Met = Literal["prerouting", "input", "forward"]

CASES: dict[str, tuple[Network, Met, list[str]]] = {
    "no rules": (net(), "forward", ["forward"]),
    "a drop": (net(own(base("forward", 0, DROP))), "forward", ["dropped rule"]),
    "of another hook": (net(own(base("input", 0, DROP))), "forward", ["forward"]),
    "of another family": (net(own(base("forward", 0, DROP), "ip6")), "forward", ["forward"]),
    "of its own family": (net(own(base("forward", 0, DROP), "ip")), "forward", ["dropped rule"]),
    "an earlier chain's mark is seen": (
        net(own(base("forward", 5, MARKED, DROP), name="a"), own(base("forward", -5, MARK), name="b")),
        "forward", ["dropped rule"],
    ),
    "a later chain's is not": (
        net(own(base("forward", -5, MARKED, DROP), name="a"), own(base("forward", 5, MARK), name="b")),
        "forward", ["forward"],
    ),
    "of equals the one registered later comes first": (
        net(own(base("forward", 0, MARKED, DROP), name="a"), own(base("forward", 0, MARK), name="b")),
        "forward", ["dropped rule"],
    ),
    "an accept of one chain does not save from the next": (
        net(own(base("forward", -5, ir.Verdict("accept")), name="a"), own(base("forward", 5, DROP), name="b")),
        "forward", ["dropped rule"],
    ),
    "behind conntrack": (net(own(base("prerouting", -199, TRACKED, DROP))), "prerouting", ["dropped rule"]),
    "before conntrack": (net(own(base("prerouting", -201, TRACKED, DROP))), "prerouting", ["prerouting"]),
    "an unknown match": (
        net(own(base("forward", 0, ir.OpaqueMatch("x"), DROP))), "forward", ["dropped rule", "forward"],
    ),
    "a chain in two branches": (
        net(own(base("forward", -5, ir.OpaqueMatch("x"), MARK), name="a"),
            own(base("forward", 5, MARKED, DROP), name="b")),
        "forward", ["dropped rule", "forward"],
    ),
}  # fmt: skip


@each_row(("whole", "hook", "expected"), CASES.values(), ids=CASES)
def test_run_hook(whole: Network, hook: Met, expected: list[str]) -> None:
    assert sorted(told(run_hook(whole, at(hook), hook))) == sorted(expected)


def with_rules(text: str) -> Network:
    return network(replace(host_namespace(), ruleset=ruleset(text)))


def only(whole: Network, state: State, hook: ir.Hook) -> State:
    (outcome,) = run_hook(whole, state, hook)
    assert isinstance(outcome, State)
    return outcome


NAT = "*nat\n:PREROUTING ACCEPT [0:0]\n:POSTROUTING ACCEPT [0:0]\n"


def test_nat_is_done_at_its_place_and_once() -> None:
    whole = with_rules(f"{NAT}-A PREROUTING -p tcp -j DNAT --to-destination 172.17.0.2:80\nCOMMIT\n")
    after = only(whole, at("prerouting"), "prerouting")
    assert (after.packet.daddr, after.packet.dport) == (WEB, 80)
    assert [step.note for step in after.history.steps] == ["dnat"]
    again = only(whole, replace(after, packet=at("prerouting").packet), "prerouting")
    assert [step.note for step in again.history.steps] == ["dnat"]


@pytest.mark.parametrize(("target", "keeps"), ((WEB, False), (None, True)), ids=("translated", "not"))
def test_a_packet_from_lo_keeps_its_route_unless_it_is_translated(target: int | None, *, keeps: bool) -> None:
    body: tuple[ir.Expression, ...] = () if target is None else (ir.Nat("dnat", (target, target)),)
    whole = net(ir.Table("ip", "t", "nft", (base("prerouting", -100, *body, kind="nat"),)))
    (after,) = run_hook(whole, replace(at("prerouting", iif="lo"), local=True), "prerouting")
    assert isinstance(after, State)
    assert after.local is keeps


def test_an_untracked_packet_is_not_translated() -> None:
    whole = with_rules(
        "*raw\n:PREROUTING ACCEPT [0:0]\n-A PREROUTING -j CT --notrack\nCOMMIT\n"
        f"{NAT}-A PREROUTING -p tcp -j DNAT --to-destination 172.17.0.2:80\nCOMMIT\n"
    )
    after = only(whole, at("prerouting"), "prerouting")
    assert (after.packet, after.track.ct_state) == (at("prerouting").packet, ir.CT_UNTRACKED)


@pytest.mark.parametrize(("rules", "done"), ((f"{NAT}COMMIT\n", ir.STATUS_DNAT_DONE), ("", 0)), ids=("a table", "none"))
def test_the_status_shows_that_nat_chains_have_run(rules: str, done: int) -> None:
    after = only(with_rules(rules), at("prerouting"), "prerouting")
    assert after.track.connection is not None
    assert after.track.connection.status == done


APART: dict[str, tuple[str, tuple[str, ...], int | None]] = {
    "nft puts an untracked packet into a zone": ("nft", ("notrack", "zone"), 5),
    "NOTRACK and then a zone of iptables": ("iptables-nft", ("notrack", "zone"), None),
    "a zone, and NOTRACK too late": ("nft", ("zone", "notrack"), 5),
    "NOTRACK alone": ("nft", ("notrack",), None),
}


@pytest.mark.parametrize("together", (True, False), ids=["in one chain", "in two"])
@pytest.mark.parametrize(("dialect", "said", "zone"), APART.values(), ids=APART)
def test_a_zone_and_notrack(dialect: ir.Dialect, said: tuple[str, ...], zone: int | None, *, together: bool) -> None:
    parts: dict[str, ir.Expression] = {"notrack": ir.Notrack(), "zone": ir.SetZone(5)}
    rules = [rule(parts[each]) for each in said]
    groups = [rules] if together else [[each] for each in rules]
    chains = (ir.Chain("c", tuple(group), "output", "filter", -310 + n, "accept") for n, group in enumerate(groups))
    whole = net(ir.Table("ip", "raw", dialect, tuple(chains)))
    after = only(whole, at("output", iif=""), "output")
    assert (after.track.connection.zone if after.track.connection is not None else None) == zone
    assert (after.track.ct_state == ir.CT_UNTRACKED) is (zone is None)


@pytest.mark.parametrize(("dialect", "tracked"), (("nft", True), ("iptables-nft", False)))
def test_a_zone_for_an_untracked_packet_that_comes_back_over_lo(dialect: ir.Dialect, *, tracked: bool) -> None:
    whole = net(ir.Table("ip", "raw", dialect, (base("prerouting", -310, ir.SetZone(5)),)))
    state = at("prerouting").with_track(notrack=True, ct_state=ir.CT_UNTRACKED)
    after = only(whole, state, "prerouting")
    assert (after.track.connection is not None, after.track.ct_state == ir.CT_UNTRACKED) == (tracked, not tracked)


@pytest.mark.parametrize(("dialect", "untracked"), (("nft", True), ("iptables-nft", False)))
def test_notrack_for_the_answer_to_an_untracked_packet(dialect: ir.Dialect, *, untracked: bool) -> None:
    whole = net(ir.Table("ip", "raw", dialect, (base("output", -310, ir.Notrack()),)))
    after = only(whole, at("output", iif="").with_track(ct_state=ir.CT_RELATED), "output")
    assert (after.track.ct_state == ir.CT_UNTRACKED) is untracked
    assert after.track.notrack is untracked  # what lo brings back is tracked there, if it was not here


def test_no_nat_chain_runs_after_one_that_translates() -> None:
    chains = (
        ir.Table("ip", "first", "nft", (base("prerouting", -101, ir.Nat("dnat", (WEB, WEB)), kind="nat"),)),
        ir.Table("ip", "second", "nft", (base("prerouting", -100, ir.Nat("dnat", (7, 7)), kind="nat"),)),
    )
    assert only(net(*chains), at("prerouting"), "prerouting").packet.daddr == WEB


OLD_NAT, SHARED_NAT = "4.15.0-213-generic", "4.18.0-240.el8.x86_64"


def on(kernel: str, whole: Network) -> Network:
    return whole.with_namespace(HOST_NETNS, replace(whole.namespace(HOST_NETNS), kernel=kernel))


# kernel, where the client's packet goes: the first chain says nothing of it, the second would translate it
@pytest.mark.parametrize(("kernel", "daddr"), ((OLD_NAT, HOST_ADDRESS), (SHARED_NAT, WEB), ("", WEB)))
def test_on_old_kernels_the_first_nat_chain_decides_for_all(kernel: str, daddr: int) -> None:
    chains = (
        ir.Table("ip", "first", "nft", (base("prerouting", -101, kind="nat"),)),
        ir.Table("ip", "second", "nft", (base("prerouting", -100, ir.Nat("dnat", (WEB, WEB)), kind="nat"),)),
    )
    assert only(on(kernel, net(*chains)), at("prerouting"), "prerouting").packet.daddr == daddr


# kernel, whether a rule at postrouting sees the link by which the packet came in
@pytest.mark.parametrize(("kernel", "matches"), (("4.18.0-305.el8.x86_64", False), ("5.6.0", False), ("5.7.0", True)))
def test_old_kernels_show_postrouting_no_link_of_entry(kernel: str, *, matches: bool) -> None:
    from_eth0 = ir.NameMatch("iif", ("eth0",))
    chain = own(base("postrouting", 0, from_eth0, DROP), "ip")
    (outcome,) = run_hook(on(kernel, net(chain)), at("postrouting", oif="docker0"), "postrouting")
    assert told((outcome,)) == (["dropped rule"] if matches else ["postrouting"])
    assert isinstance(outcome, End) or outcome.iif == "eth0"


# kernel, whether a filter chain behind -100 and before 0 sees the packet translated by a nat chain at 0
@pytest.mark.parametrize(("kernel", "dropped"), ((OLD_NAT, False), (SHARED_NAT, True), ("", True)))
def test_on_old_kernels_a_nat_chain_has_its_own_priority(kernel: str, *, dropped: bool) -> None:
    chains = (
        ir.Table("ip", "t", "nft", (base("prerouting", 0, ir.Nat("dnat", (WEB, WEB)), kind="nat"),)),
        ir.Table("ip", "u", "nft", (base("prerouting", -50, ir.FieldMatch("daddr4", ((WEB, WEB),)), DROP),)),
    )
    outcomes = told(run_hook(on(kernel, net(*chains)), at("prerouting"), "prerouting"))
    assert outcomes == (["dropped rule"] if dropped else ["prerouting"])


# kernel, the reply's source address if only PREROUTING has a nat chain
@pytest.mark.parametrize(("kernel", "saddr"), ((OLD_NAT, WEB), (SHARED_NAT, HOST_ADDRESS), ("", HOST_ADDRESS)))
def test_on_old_kernels_replies_need_a_nat_chain_of_their_own(kernel: str, saddr: int) -> None:
    whole = on(kernel, net(own(base("prerouting", -100, ir.Nat("dnat", (WEB, WEB)), kind="nat"), "ip")))
    asked = only(whole, at("prerouting"), "prerouting")
    assert asked.packet.daddr == WEB
    packet = Packet(4, WEB, CLIENT, TCP, sport=8151, dport=40000, tcp_flags=SYN | ACK)
    answer = at("prerouting", packet, iif="docker0").with_history(connections=asked.history.connections)
    back = only(whole, only(whole, answer, "prerouting").to("postrouting", oif="eth0"), "postrouting")
    assert back.packet.saddr == saddr


# kernel, what becomes of a packet that the chain of one table marks, and the same place in another drops if marked
@pytest.mark.parametrize(
    ("kernel", "first", "second"),
    (("4.9.0-19-amd64", "dropped rule", "forward"), ("4.18.0-240.el8.x86_64", "forward", "dropped rule")),
)
def test_on_old_kernels_of_equal_chains_the_earlier_one_runs_first(kernel: str, first: str, second: str) -> None:
    marks, drops = own(base("forward", 0, MARK), name="marks"), own(base("forward", 0, MARKED, DROP), name="drops")
    for tables, expected in (((marks, drops), first), ((drops, marks), second)):
        assert told(run_hook(on(kernel, net(*tables)), at("forward"), "forward")) == [expected]


def test_masquerade_without_an_address_drops() -> None:
    whole = with_rules(f"{NAT}-A POSTROUTING -j MASQUERADE\nCOMMIT\n")
    host = replace(whole.namespace(HOST_NETNS), addresses=())
    state = only(net(), at("prerouting"), "prerouting").to("postrouting", oif="docker0")
    outcomes = run_hook(whole.with_namespace(HOST_NETNS, host), state, "postrouting")
    assert told(outcomes) == ["dropped no-source-address"]


ENDINGS: dict[str, tuple[str, str]] = {
    "policy": ("*filter\n:FORWARD DROP [0:0]\nCOMMIT\n", "dropped policy"),
    "reject": (
        "*filter\n:FORWARD ACCEPT [0:0]\n-A FORWARD -j REJECT --reject-with icmp-port-unreachable\nCOMMIT\n",
        "rejected reject icmp-port-unreachable",
    ),
}


@pytest.mark.parametrize(("text", "expected"), ENDINGS.values(), ids=ENDINGS)
def test_endings(text: str, expected: str) -> None:
    assert told(run_hook(with_rules(text), at("forward"), "forward")) == [expected]


def test_a_queue_may_take_the_packet() -> None:
    text = "*filter\n:FORWARD ACCEPT [0:0]\n-A FORWARD -j NFQUEUE --queue-num 1\nCOMMIT\n"
    assert sorted(told(run_hook(with_rules(text), at("forward"), "forward"))) == ["forward", "unknown taken-away"]


def test_a_reset_for_a_bridged_translated_packet_goes_astray() -> None:
    """br_netfilter: nf_send_reset() hands it to the port, past what would translate it back."""
    whole = with_rules(
        f"{NAT}-A PREROUTING -p tcp -j DNAT --to-destination 172.17.0.2:80\nCOMMIT\n"
        "*filter\n:FORWARD ACCEPT [0:0]\n-A FORWARD -p tcp -j REJECT --reject-with tcp-reset\nCOMMIT\n"
    )
    routed = only(whole, at("prerouting"), "prerouting")
    assert told(run_hook(whole, routed, "forward")) == ["rejected reject tcp-reset"]
    bridged = routed.with_frame(physin="veth1")
    assert told(run_hook(whole, bridged, "forward")) == ["dropped reject"]


@pytest.mark.parametrize(("protocol", "answered"), ((TCP, False), (UDP, False), (SCTP, True), (ESP, True)))
def test_reject_does_not_answer_a_packet_with_a_wrong_checksum(protocol: int, answered: bool) -> None:
    text = "*filter\n:FORWARD ACCEPT [0:0]\n-A FORWARD -j REJECT --reject-with icmp-port-unreachable\nCOMMIT\n"
    whole = with_rules(text)
    broken = Packet(4, CLIENT, WEB, protocol, bad_checksum=True)
    (end,) = run_hook(whole, at("forward", broken, oif="docker0"), "forward")
    assert isinstance(end, End)
    assert (end.kind, end.stop is not None and end.stop.reason) == ("rejected" if answered else "dropped", "reject")


# kernel, protocol, link that it came by, whether REJECT answers
UNSUMMED: dict[str, tuple[str, int, str, bool]] = {
    "CentOS 7, ESP": ("3.10.0-1160.el7.x86_64", ESP, "eth0", False),
    "RHEL 8, SCTP": ("4.18.0-240.el8.x86_64", SCTP, "eth0", False),
    "RHEL 8, its own": ("4.18.0-240.el8.x86_64", SCTP, "", True),
    "RHEL 8, UDP": ("4.18.0-240.el8.x86_64", UDP, "eth0", True),
    "Ubuntu 20.04": ("5.4.0-150-generic", SCTP, "eth0", True),
    "6.18": ("", SCTP, "eth0", True),
}


@each_row(("kernel", "protocol", "iif", "answered"), UNSUMMED.values(), ids=UNSUMMED)
def test_on_old_kernels_reject_checks_missing_checksums(kernel: str, protocol: int, iif: str, answered: bool) -> None:
    text = "*filter\n:FORWARD ACCEPT [0:0]\n-A FORWARD -j REJECT --reject-with icmp-port-unreachable\nCOMMIT\n"
    state = at("forward", Packet(4, CLIENT, WEB, protocol), iif=iif, oif="docker0")
    (end,) = run_hook(on(kernel, with_rules(text)), state, "forward")
    assert isinstance(end, End)
    assert end.kind == ("rejected" if answered else "dropped")


def test_a_live_entry_is_a_step() -> None:
    after = only(net(), at("prerouting"), "prerouting")
    assert after.history.steps == ()
    assert after.track.connection is not None
    live = replace(after.track.connection, live=True)
    host = replace(host_namespace(""), connections=(live,))
    assert [step.stage for step in only(network(host), at("prerouting"), "prerouting").history.steps] == ["prerouting"]


def test_chains_of_the_bridge_family_run_on_bridges_alone() -> None:
    whole = net(own(base("forward", 0, DROP), "bridge"))
    assert told(run_bridge_hook(whole, at("bridge"), "forward")) == ["dropped rule"]
    assert told(run_bridge_hook(whole, at("bridge"), "input")) == ["bridge"]
    assert told(run_hook(whole, at("forward"), "forward")) == ["forward"]


# hook, the interface in a rule, whether the rule matches the frame
PORTS: dict[str, tuple[ir.Hook, ir.NameMatch, bool]] = {
    "came in by its port": ("prerouting", ir.NameMatch("iif", ("veth1",)), True),
    "not by the bridge": ("input", ir.NameMatch("iif", ("docker0",)), False),
    "goes out by the other": ("forward", ir.NameMatch("oif", ("veth2",)), True),
    "behind it nobody knows where it came in": ("postrouting", ir.NameMatch("iif", ("veth1",)), False),
    "what is sent here goes out by a port": ("output", ir.NameMatch("oif", ("veth2",)), True),
}


@pytest.mark.parametrize(("hook", "name", "sees"), PORTS.values(), ids=PORTS)
def test_interfaces_of_the_bridge_family_are_ports(hook: ir.Hook, name: ir.NameMatch, *, sees: bool) -> None:
    whole = net(own(base(hook, 0, name, DROP), "bridge"))
    crossing = replace(at("bridge"), iif="docker0", oif="docker0").with_frame(physin="veth1", physout="veth2")
    assert told(run_bridge_hook(whole, crossing, hook)) == (["dropped rule"] if sees else ["bridge"])
    for outcome in run_bridge_hook(net(), crossing, hook):
        assert outcome == crossing


def test_chains_of_a_bridge_on_either_side_of_br_netfilter() -> None:
    whole = net(own(base("forward", 0, DROP), "bridge"))
    assert told(run_bridge_hook(whole, at("bridge"), "forward", until=-1)) == ["bridge"]
    assert told(run_bridge_hook(whole, at("bridge"), "forward", behind=-1)) == ["dropped rule"]


def test_chains_of_a_device_run_by_priority_whatever_their_family() -> None:
    later, earlier = base("ingress", 5, MARKED, DROP, devices=("eth0",)), base("ingress", -5, MARK, devices=("eth0",))
    whole = net(own(later, "netdev"), own(earlier, "inet"))
    assert told(run_device_hook(whole, at("device-in"), "ingress", "eth0")) == ["dropped rule"]


@pytest.mark.parametrize("family", ("netdev", "inet"))
def test_chains_of_a_device(family: ir.Family) -> None:
    whole = net(own(base("ingress", 0, DROP, devices=("eth0",)), family))
    assert told(run_device_hook(whole, at("device-in"), "ingress", "eth0")) == ["dropped rule"]
    assert told(run_device_hook(whole, at("device-in"), "ingress", "eth1")) == ["device-in"]
    assert told(run_device_hook(whole, at("device-in"), "egress", "eth0")) == ["device-in"]


# what could not be read, and whether it makes a packet's way depend
UNREAD: dict[str, tuple[tuple[str, ...], bool]] = {
    "iptables": (("iptables-nft-save4",), True),
    "of the other family": (("iptables-nft-save6",), False),
    "nft": (("nft-tables",), True),
    "something else": (("sockets",), False),
}


@pytest.mark.parametrize(("keys", "depends"), UNREAD.values(), ids=UNREAD)
def test_rules_that_could_not_be_read(keys: tuple[str, ...], depends: bool) -> None:
    whole = network(replace(host_namespace(""), unread=keys))
    outcomes = list(run_hook(whole, at("forward"), "forward"))
    assert told(outcomes) == (["unknown rules-unread", "forward"] if depends else ["forward"])
    onward = outcomes[-1]
    assert isinstance(onward, State)
    assert told(run_hook(whole, onward, "input")) == ["forward"]


def test_namespaces_are_apart() -> None:
    whole = net(own(base("forward", 0, DROP)))
    assert told(run_hook(whole, at("forward", netns=sibling("container:web")), "forward")) == ["forward"]
    assert isinstance(whole.namespace(HOST_NETNS), Namespace)


@each_row(
    ("options", "queues", "verdict", "reason"),
    (
        ("--queue-num 3", frozenset({0, 4}), "dropped", "taken-away"),
        ("--queue-num 3 --queue-bypass", frozenset({0, 4}), "delivered", None),
        ("--queue-balance 3:5", frozenset[int](), "dropped", "taken-away"),
        ("--queue-balance 3:5", frozenset({4}), "depends", "taken-away"),
        ("--queue-num 3 --queue-bypass", frozenset({3}), "depends", "taken-away"),
        ("--queue-num 3", None, "depends", "taken-away"),
    ),
)
def test_a_queue_without_a_program(
    options: str, queues: frozenset[int] | None, verdict: str, reason: str | None
) -> None:
    """Without a reader the kernel drops what is queued; with ``bypass`` it passes it on (measured on Linux 6.18)."""
    host = host_namespace(in_table("mangle", "FORWARD", f"-j NFQUEUE {options}"))
    trace = walk_flow(network(replace(host, queues=queues)), published())
    assert (trace.verdict, trace.usual.stop and trace.usual.stop.reason) == (verdict, reason)


# --- a match that hairpin cannot decide splits a flow once: each packet of one direction is met alike -------------

SAMPLED_MARKING = (
    "-A PREROUTING -p tcp -m tcp --dport 8151 -m cluster --cluster-total-nodes 2 -j MARK --set-xmark 0x1/0xff"
)
SAMPLED_UNMARKED = "-A PREROUTING -p tcp -m tcp --dport 8151 -m mark ! --mark 0x1/0xff -j DROP"
SAMPLED_MARKED = "-A PREROUTING -p tcp -m tcp --dport 8151 -m mark --mark 0x1/0xff -j DROP"


@pytest.mark.parametrize(
    ("second", "verdicts"), ((SAMPLED_UNMARKED, ["dropped", "delivered"]), (SAMPLED_MARKED, ["delivered", "dropped"]))
)
def test_later_packets_are_met_like_the_first(second: str, verdicts: list[str]) -> None:
    before = host_namespace()
    rules = ruleset(f"*mangle\n:PREROUTING ACCEPT [0:0]\n{SAMPLED_MARKING}\n{second}\nCOMMIT\n")
    host = replace(before, ruleset=Ruleset((*before.ruleset.tables, *rules.tables)))
    trace = walk_flow(network(host), published())
    assert [each.verdict for each in trace.branches] == verdicts
    assert trace.verdict == "depends"
