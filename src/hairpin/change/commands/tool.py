"""Which program edits the rules of a back end on a host."""

from typing import Literal

from hairpin.netfilter.ir import Dialect

RestoreTool = Literal[
    "iptables-legacy-restore", "ip6tables-legacy-restore", "iptables-nft-restore", "ip6tables-nft-restore"
]


def restore_tool(dialect: Dialect, family: str) -> RestoreTool:
    """Return the iptables-restore of that back end and family."""
    if dialect == "iptables-legacy":
        return "ip6tables-legacy-restore" if family == "ip6" else "iptables-legacy-restore"
    return "ip6tables-nft-restore" if family == "ip6" else "iptables-nft-restore"


def default_dialect(version: str | None) -> Literal["iptables-nft", "iptables-legacy"] | None:
    """Return the back end of the host's ``iptables``, from ``iptables -V``: before 1.8 there was one."""
    if not version:
        return None
    return "iptables-nft" if "nf_tables" in version else "iptables-legacy"


def program(dialect: Dialect, family: str, version: str | None) -> str:
    """Return the command that edits these rules on a host with this ``iptables -V``.  It has the back end's own name
    only if the host's ``iptables`` is the other back end."""
    if dialect in ("nft", "ebtables"):
        return dialect
    name = "ip6tables" if family == "ip6" else "iptables"
    if dialect == (default_dialect(version) or "iptables-nft"):
        return name
    return f"{name}-legacy" if dialect == "iptables-legacy" else f"{name}-nft"
