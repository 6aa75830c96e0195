"""Records of audit, as the kernel writes them (kernel/audit.c __audit_log_nfcfg)."""

from hairpin.guard.sources.audit import writers
from tests.guard.sources.test_told import message

TOLD = (
    b'audit(1796127702.061:88): table=filter family=2 entries=4 op=xt_replace pid=4711 subj=kernel comm="iptables-leg"'
)


def test_the_process_of_a_replaced_table() -> None:
    assert list(writers(message(1325, TOLD))) == [(4711, "iptables-leg")]
    assert list(writers(message(1325, TOLD.replace(b'"iptables-leg"', b"6D7920746F6F6C")))) == [(4711, "my tool")]


def test_nftables_has_its_own_messages_and_other_records_are_none() -> None:
    assert list(writers(message(1325, TOLD.replace(b"xt_replace", b"nft_register_rule")))) == []
    assert list(writers(message(1300, TOLD))) == []
    assert list(writers(b"")) == []
