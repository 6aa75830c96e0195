"""Sysctls as read from /proc."""

import pytest

from hairpin.errors import ParseError
from hairpin.host.read.ip.sysctl_text import parse

TEXT = """\
/proc/sys/net/ipv4/ip_forward:1
/proc/sys/net/ipv4/conf/eth0.100/forwarding:0
/proc/sys/net/ipv4/ip_local_port_range:32768\t60999
/proc/sys/net/core/default_qdisc:
/proc/sys/net/x/two_lines:one
/proc/sys/net/x/two_lines:two
"""


def test_values() -> None:
    found = parse(TEXT, source="/proc/sys/net", evidence="e5")
    assert found.evidence == "e5"
    assert found.number("net", "ipv4", "ip_forward") == 1
    assert found.number("net", "ipv4", "conf", "eth0.100", "forwarding") == 0
    assert found.text("net", "ipv4", "ip_local_port_range") == "32768\t60999"
    assert found.text("net", "core", "default_qdisc") == ""
    assert found.text("net", "x", "two_lines") == "one\ntwo"
    assert len(found.values) == 5


@pytest.mark.parametrize(
    "line",
    (
        "net.ipv4.ip_forward = 1",
        "/proc/sys/net/ipv4/ip_forward",
        "/etc/passwd:x",
        "/proc/sys/kernel/core_pattern:x",
        "/proc/sys/net/../kernel/core_pattern:x",
    ),
)
def test_damage_is_a_parse_error_with_its_line(line: str) -> None:
    with pytest.raises(ParseError) as caught:
        parse(f"{TEXT}{line}\n", source="/proc/sys/net")
    assert (caught.value.line, caught.value.text) == (7, line)
