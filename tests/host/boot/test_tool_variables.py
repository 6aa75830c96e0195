"""Scripts that call a tool by a variable."""

from hairpin.host.boot.tool_variables import with_variables_replaced
from hairpin.host.managers import ScriptLine
from tests.rows import each_row

CASES: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "its path": (("IPT=/sbin/iptables", "$IPT -F FORWARD"), ("/sbin/iptables -F FORWARD",)),
    "quoted, with an option": (('export IPT="iptables -w"', "${IPT} -F"), ("iptables -w -F",)),
    "found in PATH": (("NFT=$(command -v nft)", "$NFT flush ruleset"), ("nft flush ruleset",)),
    "on one line": (("IPT=/sbin/iptables; $IPT -F FORWARD",), ("/sbin/iptables -F FORWARD",)),
    "two": (("A=iptables", "B=ip6tables", "$A -F; $B -F"), ("iptables -F; ip6tables -F",)),
    "a name that begins alike": (("IPT=iptables", "$IPT6 -F"), ("$IPT6 -F",)),
    "a folder": (("CONF=/etc/iptables", "iptables-restore $CONF/rules"), ("CONF=/etc/iptables",
                                                                         "iptables-restore $CONF/rules")),
    "no variable": (("iptables -F",), ("iptables -F",)),
}  # fmt: skip


def _script(path: str, texts: tuple[str, ...]) -> list[ScriptLine]:
    return [ScriptLine(path, number, text) for number, text in enumerate(texts, 1)]


@each_row(("texts", "expected"), CASES.values(), ids=CASES)
def test_the_tool_stands_for_its_variable(texts: tuple[str, ...], expected: tuple[str, ...]) -> None:
    assert tuple(each.text for each in with_variables_replaced(_script("/x", texts))) == expected


def test_a_variable_is_of_its_script() -> None:
    lines = (*_script("/x", ("IPT=iptables",)), *_script("/y", ("$IPT -F",)))
    assert [each.text for each in with_variables_replaced(lines)] == ["$IPT -F"]
