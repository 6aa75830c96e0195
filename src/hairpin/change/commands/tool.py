"""Chooses the program that edits the rules of a back end on a host."""

from typing import Literal

from hairpin.netfilter.ir import Dialect

RestoreTool = Literal[
    "iptables-legacy-restore", "ip6tables-legacy-restore", "iptables-nft-restore", "ip6tables-nft-restore"
]


def restore_tool(dialect: Dialect, family: str) -> RestoreTool:
    """Return the name of the iptables-restore program for the back end and family."""
    if dialect == "iptables-legacy":
        return "ip6tables-legacy-restore" if family == "ip6" else "iptables-legacy-restore"
    return "ip6tables-nft-restore" if family == "ip6" else "iptables-nft-restore"


def default_dialect(version: str | None) -> Literal["iptables-nft", "iptables-legacy"] | None:
    """Return the back end of the host's ``iptables``, from the output of ``iptables -V``.  iptables before 1.8 has only
    the legacy back end."""
    if not version:
        return None
    return "iptables-nft" if "nf_tables" in version else "iptables-legacy"


def program(dialect: Dialect, family: str, version: str | None) -> str:
    """Return the name of the program that edits rules of the dialect on a host with this output of ``iptables -V``.
    The name ends with the back end (``iptables-legacy``) only if the host's ``iptables`` uses the other back end."""
    if dialect in ("nft", "ebtables"):
        return dialect
    name = "ip6tables" if family == "ip6" else "iptables"
    if dialect == (default_dialect(version) or "iptables-nft"):
        return name
    return f"{name}-legacy" if dialect == "iptables-legacy" else f"{name}-nft"
