import pytest

from hairpin.errors import ChangeError
from hairpin.netfilter.iptables.targets import read_target, target_words
from hairpin.netfilter.iptables.words import read_group, split_words
from hairpin.netfilter.ir import FULL_MASK, Outside, SetField, Statement
from hairpin.netfilter.rule_address import IpFamily
from tests.rows import each_row


def read(words: str, family: IpFamily = "ip") -> tuple[Statement, ...]:
    raw = split_words(words)
    return read_target(read_group(raw, raw[1], family))


READ: dict[str, tuple[Statement, ...]] = {
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
}


@each_row(("words", "statements"), READ.items())
def test_read(words: str, statements: tuple[Statement, ...]) -> None:
    assert read(words) == statements


READ_V6: dict[str, Statement] = {"-j HL --hl-set 5": SetField("ttl", 0, 5)}


@pytest.mark.parametrize(("words", "statement"), READ_V6.items())
def test_read_of_ipv6(words: str, statement: Statement) -> None:
    assert read(words, "ip6") == (statement,)


WRITTEN: dict[str, tuple[Statement, ...]] = {
    "-j MARK --set-xmark 0x1/0xff": (SetField("mark", 0xFFFFFF00, 1),),
    "-j CONNMARK --set-xmark 0x1/0xffffffff": (SetField("ct-mark", 0, 1),),
    "-j CONNMARK --save-mark --nfmask 0xff --ctmask 0xffffffff": (
        SetField("ct-mark", 0, source="mark", source_mask=0xFF),
    ),
    "-j CONNMARK --restore-mark --nfmask 0xffffffff --ctmask 0xff": (
        SetField("mark", 0, source="ct-mark", source_mask=0xFF),
    ),
    "-j DSCP --set-dscp 0x2e": (SetField("dscp", 0, 46),),
    "-j TOS --set-tos 0x04/0x04": (SetField("dscp", 0x3E, 1),),
    "-j TOS --set-tos 0x01/0x03": (SetField("ecn", 0, 1),),
    "-j TOS --set-tos 0x10/0x3f": (SetField("dscp", 0x30, 4), SetField("ecn", 0, 0)),
    "-j TTL --ttl-set 64": (SetField("ttl", 0, 64),),
}


@each_row(("words", "statements"), WRITTEN.items())
def test_written(words: str, statements: tuple[Statement, ...]) -> None:
    assert " ".join(target_words(statements, "ip")) == words


WRITTEN_V6: dict[str, Statement] = {"-j HL --hl-set 5": SetField("ttl", 0, 5)}


@pytest.mark.parametrize(("words", "statement"), WRITTEN_V6.items())
def test_written_of_ipv6(words: str, statement: Statement) -> None:
    assert " ".join(target_words((statement,), "ip6")) == words


OUTSIDE: dict[str, bool] = {
    "-j CONNMARK --set-xmark 0x5/0xffffffff --left-shift-mark 3": False,
    "-j CONNMARK --save-mark --left-shift-mark 3": False,
    "-j MARK --new-option 5": False,
    "-j TOS --new-option 5": False,
    "-j DSCP --set-dscp-class XX": False,
}


@each_row(("words", "ends"), OUTSIDE.items())
def test_a_target_that_is_not_modelled_is_outside(words: str, ends: bool) -> None:
    _, name, *options = words.split()
    assert read(words) == (Outside(name, " ".join(options), ends),)


REFUSED: dict[str, tuple[tuple[Statement, ...], IpFamily]] = {
    "TTL counted": ((SetField("ttl", 255, 1),), "ip"),
    "mark from the TTL": ((SetField("mark", 0, source="ttl"),), "ip"),
}


@pytest.mark.parametrize(("statements", "family"), REFUSED.values(), ids=REFUSED)
def test_a_statement_without_an_iptables_target_is_refused(statements: tuple[Statement, ...], family: IpFamily) -> None:
    with pytest.raises(ChangeError, match="write it for nftables"):
        target_words(statements, family)
