"""Splits the lines of ``ip route show table all`` by IP version: without ``-4`` or ``-6`` it prints both.

Source: iproute2 ip/iproute.c iproute_list_flush_or_save(): the family stays unspecified if all tables are asked for
"""

import re

_OF_IPV6 = re.compile(r"\s(?:pref (?:low|medium|high))\b|^(?:\w+ )?[0-9a-fA-F]*:[0-9a-fA-F:.]*(?:/\d+)? ")
"""Matches IPv6 routes: they have a preference (RFC 4191), and most have a destination with colons."""


def of_version(text: str, version: int) -> str:
    """Return the lines of the routes of this IP version.  A next hop belongs to the route above it."""
    found: list[str] = []
    belongs = True
    for line in text.splitlines():
        if not line[:1].isspace():
            belongs = (_OF_IPV6.search(line) is not None) == (version == 6)
        if belongs:
            found.append(line)
    return "".join(f"{line}\n" for line in found)
