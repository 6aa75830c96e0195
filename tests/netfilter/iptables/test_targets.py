import pytest

from hairpin.netfilter.iptables.targets import read_target
from hairpin.netfilter.iptables.words import read_group, split_words
from hairpin.netfilter.ir import FULL_MASK, Nat, NoEffect, Notrack, Outside, Reject, SetField, SetZone, Statement
from hairpin.netfilter.rule_address import IpFamily

HOST = 0x0A000001
V6 = 0xFD << 120 | 1


def read(words: str, family: IpFamily = "ip") -> tuple[Statement, ...]:
    raw = split_words(words)
    return read_target(read_group(raw, raw[1], family))


TARGETS: dict[str, tuple[Statement, ...]] = {
    "-j REJECT": (Reject("icmp-port-unreachable"),),
    "-j REJECT --reject-with tcp-reset": (Reject("tcp-reset"),),
    "-j REJECT --reject-with host-prohib": (Reject("icmp-host-prohibited"),),
    "-j DNAT --to-destination 10.0.0.1": (Nat("dnat", (HOST, HOST), version=4),),
    "-j DNAT --to-destination 10.0.0.1:80": (Nat("dnat", (HOST, HOST), (80, 80), version=4),),
    "-j DNAT --to-destination 10.0.0.1-10.0.0.5:80-90 --random --persistent": (
        Nat("dnat", (HOST, HOST + 4), (80, 90), ("random", "persistent"), version=4),
    ),
    "-j DNAT --to-destination :8080": (Nat("dnat", None, (8080, 8080)),),
    "-j SNAT --to-source 10.0.0.1 --random-fully": (Nat("snat", (HOST, HOST), None, ("random-fully",), version=4),),
    "-j MASQUERADE": (Nat("masquerade"),),
    "-j MASQUERADE --to-ports 1024-65535 --random-fully": (Nat("masquerade", None, (1024, 65535), ("random-fully",)),),
    "-j REDIRECT": (Nat("redirect"),),
    "-j REDIRECT --to-ports 3128": (Nat("redirect", None, (3128, 3128)),),
    "-j NETMAP --to 10.0.0.0/24": (Nat("dnat", (HOST - 1, HOST + 254), prefix=True, version=4),),
    "-j MARK --set-xmark 0x1/0xffffffff": (SetField("mark", 0, 1),),
    "-j MARK --set-xmark 0x4000/0x4000": (SetField("mark", 0xFFFFBFFF, 0x4000),),
    "-j MARK --set-mark 0x3/0x1": (SetField("mark", 0xFFFFFFFC, 3),),
    "-j MARK --and-mark 0xf0": (SetField("mark", 0xF0, 0),),
    "-j MARK --or-mark 0x4": (SetField("mark", 0xFFFFFFFB, 4),),
    "-j MARK --xor-mark 0x4": (SetField("mark", 0xFFFFFFFF, 4),),
    "-j CONNMARK --set-xmark 0x5/0xf": (SetField("ct-mark", 0xFFFFFFF0, 5),),
    "-j CONNMARK --save-mark --nfmask 0xff --ctmask 0xf0": (
        SetField("ct-mark", 0xFFFFFF0F, source="mark", source_mask=0xFF),
    ),
    "-j CONNMARK --restore-mark --nfmask 0xffffffff --ctmask 0xffffffff": (SetField("mark", 0, source="ct-mark"),),
    "-j CONNMARK --restore-mark --mask 0xff": (SetField("mark", 0xFFFFFF00, source="ct-mark", source_mask=0xFF),),
    "-j CONNMARK --save-mark": (SetField("ct-mark", 0, source="mark"),),
    "-j TOS --set-tos 0x10/0xff": (SetField("dscp", 0, 4), SetField("ecn", 0, 0)),
    "-j TOS --set-tos 0x04/0x04": (SetField("dscp", 0x3E, 1),),
    "-j TOS --and-tos 0xfc": (SetField("ecn", 0, 0),),
    "-j TOS --xor-tos 0x01": (SetField("ecn", 3, 1),),
    "-j DSCP --set-dscp 0x2e": (SetField("dscp", 0, 46),),
    "-j DSCP --set-dscp-class AF11": (SetField("dscp", 0, 10),),
    "-j TTL --ttl-set 64": (SetField("ttl", 0, 64),),
    "-j TTL --ttl-inc 2": (SetField("ttl", FULL_MASK, added=2),),
    "-j TTL --ttl-dec 1": (SetField("ttl", FULL_MASK, added=-1),),
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


@pytest.mark.parametrize(("words", "statements"), TARGETS.items())
def test_target(words: str, statements: tuple[Statement, ...]) -> None:
    assert read(words) == statements


TARGETS_V6: dict[str, Statement] = {
    "-j REJECT": Reject("icmp6-port-unreachable"),
    "-j REJECT --reject-with adm-prohibited": Reject("icmp6-adm-prohibited"),
    "-j DNAT --to-destination ::1": Nat("dnat", (1, 1), version=6),
    "-j DNAT --to-destination fd00::1": Nat("dnat", (V6, V6), version=6),
    "-j DNAT --to-destination fd00::1-fd00::5": Nat("dnat", (V6, V6 + 4), version=6),
    "-j DNAT --to-destination [fd00::1]:80": Nat("dnat", (V6, V6), (80, 80), version=6),
    "-j DNAT --to-destination [fd00::1-fd00::5]:80-90": Nat("dnat", (V6, V6 + 4), (80, 90), version=6),
    "-j DNAT --to-destination :80": Nat("dnat", None, (80, 80)),
    "-j HL --hl-set 5": SetField("ttl", 0, 5),
}


@pytest.mark.parametrize(("words", "statement"), TARGETS_V6.items())
def test_target_of_ipv6(words: str, statement: Statement) -> None:
    assert read(words, "ip6") == (statement,)


OUTSIDE: dict[str, bool] = {
    "-j NFQUEUE --queue-num 3 --queue-bypass": True,
    "-j TPROXY --on-port 3129 --on-ip 0.0.0.0 --tproxy-mark 0x1/0x1": True,
    "-j SYNPROXY --sack-perm": True,
    "-j NO-SUCH-TARGET --with options": True,
    "-j DNAT --to-destination 10.0.0.1:80-90/1000": True,
    "-j DNAT --to-destination 10.0.0.1 --to-destination 10.0.0.2": True,
    "-j MASQUERADE --new-option": True,
    "-j REJECT --new-option x": True,
    "-j NETMAP --to 10.0.0.0/255.0.255.0": True,
    "-j CONNMARK --set-xmark 0x5/0xffffffff --left-shift-mark 3": False,
    "-j CONNMARK --save-mark --left-shift-mark 3": False,
    "-j CT --zone mark": False,
    "-j CT --zone-orig 7": False,
    "-j MARK --new-option 5": False,
    "-j TOS --new-option 5": False,
    "-j DSCP --set-dscp-class XX": False,
    "-j SET --map-set foo src --map-mark": False,
}


@pytest.mark.parametrize(("words", "ends"), OUTSIDE.items())
def test_a_target_that_is_not_modelled_is_outside(words: str, ends: bool) -> None:
    _, name, *options = words.split()
    assert read(words) == (Outside(name, " ".join(options), ends),)
