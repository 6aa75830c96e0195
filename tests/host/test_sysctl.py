"""Sysctl values and names."""

from hairpin.host.sysctl import Sysctls, dotted
from tests.rows import each_row

VALUES = Sysctls({("net", "a"): "1", ("net", "b"): "-1", ("net", "c"): "x", ("net", "d"): ""})


@each_row(("name", "expected"), (("a", 1), ("b", -1), ("c", None), ("d", None), ("e", None)))
def test_number(name: str, expected: int | None) -> None:
    assert VALUES.number("net", name) == expected


def test_with_value_leaves_the_original() -> None:
    changed = VALUES.with_value(("net", "a"), "0")
    assert (changed.number("net", "a"), VALUES.number("net", "a"), changed.text("net", "c")) == (0, 1, "x")


def test_dotted() -> None:
    assert dotted(("net", "ipv4", "conf", "eth0.100", "forwarding")) == "net.ipv4.conf.eth0/100.forwarding"
