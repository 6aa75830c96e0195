"""Versions of the tools that print rules, such as ``v1.8.9`` for iptables and ``1.0.6`` for nft."""


def is_older(version: str, than: tuple[int, ...]) -> bool:
    """Return whether a tool's version is older than ``than``; False for an unknown version."""
    parts = version.removeprefix("v").split(".")
    return all(part.isdigit() for part in parts) and tuple(map(int, parts)) < than
