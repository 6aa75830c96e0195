"""What the collector says of the tools that make rules."""

import pytest

from hairpin.evidence.reading import text_reading
from hairpin.host.read.managers import rule_tools_text as text
from hairpin.host.rule_tools import CheckTrial, ForbiddenModule, LockUser, Program, Programs

TRIALS: dict[str, tuple[str, CheckTrial | None]] = {
    "it confuses": ("taken for equal\n", CheckTrial(confuses=True)),
    "it is sound": ("told apart\n", CheckTrial(confuses=False)),
    "the trial was cut": ("", None),
}


@pytest.mark.parametrize(("said", "expected"), TRIALS.values(), ids=TRIALS)
def test_check(said: str, expected: CheckTrial | None) -> None:
    assert text.check(text_reading(said, "")) == expected


def test_programs() -> None:
    two = "/usr/local/sbin/iptables\t/opt/xtables\tiptables v1.8.7 (legacy)\n/usr/sbin/iptables\t/usr/sbin/x\t\n"
    assert text.programs(text_reading(two, "", "e4")) == Programs(
        (
            Program("/usr/local/sbin/iptables", "/opt/xtables", "iptables v1.8.7 (legacy)"),
            Program("/usr/sbin/iptables", "/usr/sbin/x"),
        ),
        "e4",
    )
    assert text.programs(text_reading("/usr/sbin/iptables\n", "")) == Programs((Program("/usr/sbin/iptables"),))
    assert text.programs(text_reading("", "")) == Programs(())


def test_lock_users() -> None:
    found = text.lock_users(text_reading("70\tiptables-restor\t90\tholds\n71\tiptables\t3\twaits\n72\tx\n", "", "e4"))
    assert found == (
        LockUser(70, "iptables-restor", 90, evidence="e4"),
        LockUser(71, "iptables", 3, waits=True, evidence="e4"),
    )


FILES = """\
kernel/net/netfilter/xt_nat.ko.xz
kernel/net/ipv4/netfilter/ip_tables.ko
/etc/modprobe.d/no.conf:3:  install xt_addrtype /bin/false
/etc/modprobe.d/no.conf:4:blacklist br_netfilter
"""


def test_modules() -> None:
    assert text.module_names(FILES) == {"xt_nat", "ip_tables"}
    assert text.forbidden(FILES) == (
        ForbiddenModule("xt_addrtype", "/etc/modprobe.d/no.conf", 3, "install xt_addrtype /bin/false"),
        ForbiddenModule("br_netfilter", "/etc/modprobe.d/no.conf", 4, "blacklist br_netfilter"),
    )
    assert text.loaded_modules("xt_nat 16384 2 - Live 0x0\nbridge 300 0\n") == {"xt_nat", "bridge"}
