"""Names of interfaces in rules: ``eth*`` is a prefix; a star in an interface's name is ``\\*``, as nft writes it.

Source: nftables src/meta.c ifname_type, src/netlink_delinearize.c
"""


def literal_name(name: str) -> str:
    """Return the IR's pattern for exactly this interface name: a star at its end is escaped."""
    return f"{name[:-1]}\\*" if name.endswith("*") else name


def fits_name(value: str, pattern: str) -> bool:
    """Return whether an interface name fits the IR's pattern: a whole name, or a prefix before ``*``."""
    if pattern.endswith("\\*"):
        return value == f"{pattern[:-2]}*"
    return value.startswith(pattern[:-1]) if pattern.endswith("*") else value == pattern
