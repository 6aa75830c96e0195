"""What the running kernel can do, asked before a case is made of it: not every kernel has every type of link."""

from contextlib import closing
from functools import cache

from tests.fidelity.netns import Netns, SetupError

_LINKS = {
    "vlan": ("link add a type veth peer name b", "link add link a name c type vlan id 5"),
    "bond": ("link add c type bond mode active-backup",),
}


@cache
def link_kinds() -> tuple[str, ...]:
    """Return those of the types of links that only some kernels have, which this one has."""
    return tuple(kind for kind, lines in _LINKS.items() if _takes(lines))


@cache
def filters_vlans() -> bool:
    """Return whether its bridges filter VLANs."""
    return _takes(("link add a type bridge vlan_filtering 1",)) and "vlan" in link_kinds()


def _takes(lines: tuple[str, ...]) -> bool:
    with closing(Netns("asked")) as netns:
        try:
            netns.run(("ip", "-batch", "-"), "\n".join(lines) + "\n")
        except SetupError:
            return False
        return True
