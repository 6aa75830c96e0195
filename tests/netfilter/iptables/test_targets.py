import pytest

from hairpin.errors import ChangeError
from hairpin.netfilter.iptables.targets import read_target, target_words
from hairpin.netfilter.iptables.words import read_group, split_words
from hairpin.netfilter.ir import (
    Jump,
    Nat,
    NatMap,
    NoEffect,
    Notrack,
    Outside,
    Reject,
    SetZone,
    Statement,
    Verdict,
    VerdictMap,
)
from hairpin.netfilter.limit import Queue
from hairpin.netfilter.rule_address import IpFamily
from tests.rows import each_row


def read(words: str, family: IpFamily = "ip") -> tuple[Statement, ...]:
    raw = split_words(words)
    return read_target(read_group(raw, raw[1], family))


READ: dict[str, tuple[Statement, ...]] = {
    "-j REJECT": (Reject("icmp-port-unreachable"),),
    "-j REJECT --reject-with tcp-reset": (Reject("tcp-reset"),),
    "-j REJECT --reject-with host-prohib": (Reject("icmp-host-prohibited"),),
    "-j CT --notrack": (Notrack(),),
    "-j NOTRACK": (Notrack(),),
    "-j CT --zone 5": (SetZone(5),),
    "-j CT --helper ftp": (SetZone(0), NoEffect("CT", "--helper ftp")),
    "-j CT": (SetZone(0),),
    "-j CT --zone 5 --ctevents new,destroy": (SetZone(5), NoEffect("CT", "--ctevents new,destroy")),
    '-j LOG --log-prefix "[UFW BLOCK] " --log-level 4': (NoEffect("LOG", '--log-prefix "[UFW BLOCK] " --log-level 4'),),
    "-j LOG": (NoEffect("LOG"),),
    "-j TCPMSS --clamp-mss-to-pmtu": (NoEffect("TCPMSS", "--clamp-mss-to-pmtu"),),
    "-j SET --add-set foo src --exist": (NoEffect("SET", "--add-set foo src --exist"),),
}


@each_row(("words", "statements"), READ.items())
def test_read(words: str, statements: tuple[Statement, ...]) -> None:
    assert read(words) == statements


READ_V6: dict[str, Statement] = {
    "-j REJECT": Reject("icmp6-port-unreachable"),
    "-j REJECT --reject-with adm-prohibited": Reject("icmp6-adm-prohibited"),
}


@pytest.mark.parametrize(("words", "statement"), READ_V6.items())
def test_read_of_ipv6(words: str, statement: Statement) -> None:
    assert read(words, "ip6") == (statement,)


WRITTEN: dict[str, tuple[Statement, ...]] = {
    "": (),
    "-j ACCEPT": (Verdict("accept"),),
    "-j MINE": (Jump("MINE"),),
    "-g MINE": (Jump("MINE", goto=True),),
    "-j REJECT --reject-with tcp-reset": (Reject("tcp-reset"),),
    "-j CT --notrack": (Notrack(),),
    "-j CT --zone 5 --helper ftp": (SetZone(5), NoEffect("CT", "--helper ftp")),
    "-j CT --helper ftp": (SetZone(0), NoEffect("CT", "--helper ftp")),
    '-j LOG --log-prefix "x: "': (NoEffect("LOG", '--log-prefix "x: "'),),
    "-j NFQUEUE --queue-num 3": (Outside("NFQUEUE", "--queue-num 3"),),
}


@each_row(("words", "statements"), WRITTEN.items())
def test_written(words: str, statements: tuple[Statement, ...]) -> None:
    assert " ".join(target_words(statements, "ip")) == words


OUTSIDE: dict[str, bool] = {
    "-j NFQUEUE --queue-num 3 --queue-bypass": True,
    "-j TPROXY --on-port 3129 --on-ip 0.0.0.0 --tproxy-mark 0x1/0x1": True,
    "-j SYNPROXY --sack-perm": True,
    "-j NO-SUCH-TARGET --with options": True,
    "-j REJECT --new-option x": True,
    "-j CT --zone mark": False,
    "-j CT --zone-orig 7": False,
    "-j SET --map-set foo src --map-mark": False,
}


@each_row(("words", "ends"), OUTSIDE.items())
def test_a_target_that_is_not_modelled_is_outside(words: str, ends: bool) -> None:
    _, name, *options = words.split()
    (found,) = read(words)
    assert isinstance(found, Outside)
    assert (found.name, found.text, found.ends) == (name, " ".join(options), ends)


REFUSED: dict[str, tuple[tuple[Statement, ...], IpFamily]] = {
    "two targets": ((Verdict("drop"), Verdict("drop")), "ip"),
    "CT and another": ((Notrack(), Verdict("drop")), "ip"),
    "icmpx": ((Reject("icmpx-port-unreachable"),), "ip"),
    "NETMAP of both directions": ((Outside("NETMAP", "source or destination"),), "ip"),
    "a map of translations": ((NatMap("dnat", ("dport",)),), "ip"),
    "a map of verdicts": ((VerdictMap(("dport",)),), "ip"),
}


@each_row(("statements", "family"), REFUSED.values(), ids=REFUSED)
def test_a_statement_without_an_iptables_target_is_refused(statements: tuple[Statement, ...], family: IpFamily) -> None:
    with pytest.raises(ChangeError, match="write it for nftables"):
        target_words(statements, family)


@each_row(
    ("words", "queue"),
    (
        ("-j NFQUEUE --queue-num 3", Queue(3, 3)),
        ("-j NFQUEUE --queue-num 3 --queue-bypass", Queue(3, 3, bypass=True)),
        ("-j NFQUEUE --queue-balance 3:5 --queue-cpu-fanout", Queue(3, 5)),
        ("-j NFQUEUE", Queue(0, 0)),
        ("-j NFQUEUE --queue-other 3", None),
        ("-j TPROXY --on-port 3", None),
    ),
)
def test_queues(words: str, queue: Queue | None) -> None:
    (found,) = read(words)
    assert isinstance(found, Outside)
    assert found.queue == queue


HOST = 0x0A000001
V6 = 0xFD << 120 | 1


NAT_TARGETS_READ: dict[str, tuple[Statement, ...]] = {
    "-j DNAT --to-destination 10.0.0.1": (Nat("dnat", (HOST, HOST), version=4),),
    "-j DNAT --to-destination 10.0.0.1:80": (Nat("dnat", (HOST, HOST), (80, 80), version=4),),
    "-j DNAT --to-destination 10.0.0.1-10.0.0.5:80-90 --random --persistent": (
        Nat("dnat", (HOST, HOST + 4), (80, 90), ("random", "persistent"), version=4),
    ),
    "-j DNAT --to-destination :8080": (Nat("dnat", None, (8080, 8080)),),
    "-j DNAT --to-destination 10.0.0.1:80-90/1000": (Nat("dnat", (HOST, HOST), (80, 90), version=4, base=1000),),
    "-j SNAT --to-source 10.0.0.1 --random-fully": (Nat("snat", (HOST, HOST), None, ("random-fully",), version=4),),
    "-j MASQUERADE": (Nat("masquerade"),),
    "-j MASQUERADE --to-ports 1024-65535 --random-fully": (Nat("masquerade", None, (1024, 65535), ("random-fully",)),),
    "-j REDIRECT": (Nat("redirect"),),
    "-j REDIRECT --to-ports 3128": (Nat("redirect", None, (3128, 3128)),),
    "-j NETMAP --to 10.0.0.0/24": (Nat("dnat", (HOST - 1, HOST + 254), prefix=True, version=4),),
}


@each_row(("words", "statements"), NAT_TARGETS_READ.items())
def test_nat_targets_read(words: str, statements: tuple[Statement, ...]) -> None:
    assert read(words) == statements


NAT_TARGETS_READ_V6: dict[str, Statement] = {
    "-j DNAT --to-destination ::1": Nat("dnat", (1, 1), version=6),
    "-j DNAT --to-destination fd00::1": Nat("dnat", (V6, V6), version=6),
    "-j DNAT --to-destination fd00::1-fd00::5": Nat("dnat", (V6, V6 + 4), version=6),
    "-j DNAT --to-destination [fd00::1]:80": Nat("dnat", (V6, V6), (80, 80), version=6),
    "-j DNAT --to-destination [fd00::1-fd00::5]:80-90": Nat("dnat", (V6, V6 + 4), (80, 90), version=6),
    "-j DNAT --to-destination :80": Nat("dnat", None, (80, 80)),
}


@each_row(("words", "statement"), NAT_TARGETS_READ_V6.items())
def test_nat_targets_read_of_ipv6(words: str, statement: Statement) -> None:
    assert read(words, "ip6") == (statement,)


NAT_TARGETS_WRITTEN: dict[str, tuple[Statement, ...]] = {
    "-j DNAT --to-destination 10.0.0.1:80": (Nat("dnat", (HOST, HOST), (80, 80), version=4),),
    "-j DNAT --to-destination 10.0.0.1-10.0.0.5:80-90 --random": (
        Nat("dnat", (HOST, HOST + 4), (80, 90), ("random",), version=4),
    ),
    "-j DNAT --to-destination :80": (Nat("dnat", None, (80, 80)),),
    "-j DNAT --to-destination 10.0.0.1:80-90/1000": (Nat("dnat", (HOST, HOST), (80, 90), version=4, base=1000),),
    "-j SNAT --to-source 10.0.0.1": (Nat("snat", (HOST, HOST), version=4),),
    "-j MASQUERADE --to-ports 1024-2048 --random-fully": (Nat("masquerade", None, (1024, 2048), ("random-fully",)),),
    "-j REDIRECT": (Nat("redirect"),),
    "-j NETMAP --to 10.0.0.0/24": (Nat("snat", (HOST - 1, HOST + 254), prefix=True, version=4),),
}


@each_row(("words", "statements"), NAT_TARGETS_WRITTEN.items())
def test_nat_targets_written(words: str, statements: tuple[Statement, ...]) -> None:
    assert " ".join(target_words(statements, "ip")) == words


WRITTEN_V6: dict[str, Statement] = {
    "-j DNAT --to-destination fd00::1": Nat("dnat", (V6, V6), version=6),
    "-j DNAT --to-destination [fd00::1]:80": Nat("dnat", (V6, V6), (80, 80), version=6),
    "-j DNAT --to-destination [fd00::1-fd00::2]:80-81": Nat("dnat", (V6, V6 + 1), (80, 81), version=6),
    "-j DNAT --to-destination :80": Nat("dnat", None, (80, 80)),
}


@pytest.mark.parametrize(("words", "statement"), WRITTEN_V6.items())
def test_written_of_ipv6(words: str, statement: Statement) -> None:
    assert " ".join(target_words((statement,), "ip6")) == words


NAT_TARGETS_OUTSIDE: dict[str, bool] = {
    "-j DNAT --to-destination 10.0.0.1:80/1000": True,
    "-j SNAT --to-source 10.0.0.1:80-90/1000": True,
    "-j DNAT --to-destination 10.0.0.1 --to-destination 10.0.0.2": True,
    "-j MASQUERADE --new-option": True,
    "-j NETMAP --to 10.0.0.0/255.0.255.0": True,
}


@pytest.mark.parametrize(("words", "ends"), NAT_TARGETS_OUTSIDE.items())
def test_nat_targets_a_target_that_is_not_modelled_is_outside(words: str, ends: bool) -> None:
    _, name, *options = words.split()
    assert read(words) == (Outside(name, " ".join(options), ends),)


NAT_TARGETS_REFUSED: dict[str, tuple[tuple[Statement, ...], IpFamily]] = {
    "another family's address": ((Nat("dnat", (HOST, HOST), version=4),), "ip6"),
    "NETMAP to no prefix": ((Nat("dnat", (1, 2), prefix=True, version=4),), "ip"),
}


@pytest.mark.parametrize(("statements", "family"), NAT_TARGETS_REFUSED.values(), ids=NAT_TARGETS_REFUSED)
def test_nat_targets_a_statement_without_an_iptables_target_is_refused(
    statements: tuple[Statement, ...], family: IpFamily
) -> None:
    with pytest.raises(ChangeError, match="write it for nftables"):
        target_words(statements, family)
