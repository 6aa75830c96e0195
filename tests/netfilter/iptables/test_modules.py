import pytest

from hairpin.errors import ChangeError
from hairpin.netfilter import ir
from hairpin.netfilter.iptables.modules import Words, holds_without_connection, set_words, states_words, tos, tos_pair


def test_one_tos_says_dscp_and_ecn() -> None:
    dscp, ecn = ir.FieldMatch("dscp", ((4, 4),)), ir.FieldMatch("ecn", ((1, 1),))
    assert tos_pair(dscp, ecn) == Words("tos", ("--tos", "0x11/0xff"), alone=True)
    assert tos_pair(dscp, None) is None
    assert tos_pair(ecn, dscp) is None


def test_a_name_of_tos_has_a_mask() -> None:
    assert (tos("0x10"), tos("Minimize-Delay")) == ((0x10, 0xFF), (0x10, 0x3F))


def test_states_of_the_connection_and_of_the_packet() -> None:
    new, dnat = ir.FieldMatch("ct-state", ((8, 8),)), ir.FieldMatch("ct-status", ((0, 0),), True, 32)
    assert states_words(ir.AnyOfMatch((new, dnat), True), "ip") == Words(
        "conntrack", ("!", "--ctstate", "NEW,DNAT"), alone=True
    )
    assert states_words(ir.AnyOfMatch((dnat, new)), "ip") is None
    assert not holds_without_connection(new)


def test_a_set_of_something_else_is_refused() -> None:
    with pytest.raises(ChangeError):
        set_words(ir.SetMatch("x", ("protocol",)), negated=False)
