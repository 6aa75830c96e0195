"""Versions of the tools that print rules: ``v1.8.9`` of iptables, ``1.0.6`` of nft."""


def is_older(version: str, than: tuple[int, ...]) -> bool:
    """Return whether a tool of that version is older; False for an unknown version."""
    parts = version.removeprefix("v").split(".")
    return all(part.isdigit() for part in parts) and tuple(map(int, parts)) < than
