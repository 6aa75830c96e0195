"""Which program edits the rules of a back end."""

from hairpin.change.commands.tool import default_dialect, program, restore_tool
from hairpin.netfilter.ir import Dialect, Family
from tests.rows import each_row


def test_the_tool_of_a_back_end_and_family() -> None:
    assert restore_tool("iptables-nft", "ip") == "iptables-nft-restore"
    assert restore_tool("iptables-nft", "ip6") == "ip6tables-nft-restore"
    assert restore_tool("iptables-legacy", "ip") == "iptables-legacy-restore"


@each_row(
    ("dialect", "family", "version", "expected"),
    (
        ("iptables-nft", "ip", "iptables v1.8.9 (nf_tables)", "iptables"),
        ("iptables-nft", "ip6", "iptables v1.8.9 (legacy)", "ip6tables-nft"),
        ("iptables-legacy", "ip", "iptables v1.8.9 (nf_tables)", "iptables-legacy"),
        ("iptables-legacy", "ip", "iptables v1.6.1", "iptables"),
        ("iptables-nft", "ip", None, "iptables"),
        ("nft", "inet", None, "nft"),
    ),
)
def test_the_command_of_a_back_end_on_this_host(
    dialect: Dialect, family: Family, version: str | None, expected: str
) -> None:
    assert program(dialect, family, version) == expected


def test_the_back_end_of_the_hosts_iptables() -> None:
    assert default_dialect("iptables v1.6.1") == default_dialect("iptables v1.8.9 (legacy)") == "iptables-legacy"
    assert default_dialect(None) is None
