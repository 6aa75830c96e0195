"""The running kernel's features, found out before a case uses them: not every kernel has every type of link, or
every hook for programs on links.
"""

import os
from contextlib import closing
from functools import cache
from typing import Literal, get_args

from tests.fidelity.case import Program
from tests.fidelity.testbed.netns import Netns, SetupError
from tests.fidelity.testbed.programs import attach

# with ``name``, since ip reads a lone ``a`` as ``address``
_LINKS = {
    "vlan": ("link add name p type veth peer name q", "link add link p name c type vlan id 5"),
    "vrf": ("link add name p type vrf table 50",),
    "ipvlan": ("link add name p type veth peer name q", "link add link p name c type ipvlan mode l2"),
    "bond": ("link add c type bond mode active-backup",),
    "tun": ("tuntap add c mode tun",),
}


@cache
def link_kinds() -> tuple[str, ...]:
    """Return the types of links that this kernel has, of those that only some kernels have."""
    return tuple(kind for kind, lines in _LINKS.items() if _takes(lines))


_TUNNELS = {
    "vxlan": "id 1 dstport 8472", "geneve": "id 1 remote 192.0.2.2", "gre": "remote 192.0.2.2",
    "gretap": "remote 192.0.2.2", "ipip": "remote 192.0.2.2",
}  # fmt: skip


@cache
def tunnel_kinds() -> tuple[str, ...]:
    """Return the types of tunnels that this kernel has.

    After this question each new namespace has the fallback devices of GRE and IP in IP.
    """
    return tuple(kind for kind, words in _TUNNELS.items() if _takes((f"link add name p type {kind} {words}",)))


@cache
def shows_by_vrf() -> bool:
    """Return whether the kernel has VRFs whose packets pass the hooks untracked the first time (Linux 5.16), and
    whose policy rules match the VRF's link (5.18).
    """
    return "vrf" in link_kinds() and tuple(int(part) for part in os.uname().release.split(".")[:2]) >= (5, 18)


def looks_up_ranges_of_ipv6() -> bool:
    """Return whether the kernel looks up IPv6 addresses rightly in concatenations with ranges.

    With AVX2, 5.10 ignores their sixth byte, as this hunt has seen, and 6.1 does not
    (net/netfilter/nft_set_pipapo_avx2.c).
    """
    return tuple(int(part) for part in os.uname().release.split(".")[:2]) >= (6, 1)


@cache
def filters_vlans() -> bool:
    """Return whether this kernel's bridges filter VLANs."""
    return _takes(("link add name p type bridge vlan_filtering 1",)) and "vlan" in link_kinds()


@cache
def ipset_types(types: tuple[str, ...]) -> tuple[str, ...]:
    """Return the types of sets that this kernel has."""
    return tuple(kind for kind in types if _runs(("ipset", "create", "asked", kind)))


@cache
def nft_queues() -> bool:
    """Return whether nft can hand packets to a queue."""
    rule = "add rule ip asked c queue num 7"
    return _runs(("nft", "-f", "-"), f"add table ip asked\nadd chain ip asked c\n{rule}\n")


@cache
def netdev_hooks() -> tuple[str, ...]:
    """Return the hooks of family netdev: egress came with 5.16."""
    chain = 'add chain netdev asked c { type filter hook egress device "lo" priority 0; }'
    egress = _runs(("nft", "-f", "-"), f"add table netdev asked\n{chain}\n")
    return ("ingress", "egress") if egress else ("ingress",)


@cache
def flowtables() -> bool:
    """Return whether rules can add connections to a flowtable."""
    rule = "add rule ip asked c flow add @f"
    chain = "add chain ip asked c { type filter hook forward priority 0; }"
    flowtable = "add flowtable ip asked f { hook ingress priority 0; }"
    return _runs(("nft", "-f", "-"), f"add table ip asked\n{flowtable}\n{chain}\n{rule}\n")


@cache
def nft_looks_up_protocols_in_ranges() -> bool:
    """Return whether a set of ranges may hold protocols: nft 1.0.6 swaps the bytes of single ones, which Linux 7.2
    refuses (net/netfilter/nft_byteorder.c)."""
    made = "add set ip asked s { type ipv4_addr . inet_proto; flags interval; }"
    rule = "add rule ip asked c ip saddr . meta l4proto @s"
    return _runs(("nft", "-f", "-"), f"add table ip asked\n{made}\nadd chain ip asked c\n{rule}\n")


@cache
def lights_leds() -> bool:
    """Return whether a rule can use a LED trigger."""
    text = "*filter\n-A INPUT -j LED --led-trigger-id asked\nCOMMIT\n"
    return _runs(("iptables-nft-restore",), text)


def _takes(lines: tuple[str, ...]) -> bool:
    return _runs(("ip", "-batch", "-"), "\n".join(lines) + "\n")


def _runs(argv: tuple[str, ...], text: str = "") -> bool:
    with closing(Netns("asked")) as netns:
        try:
            netns.run(argv, text)
        except SetupError:
            return False
        return True


ProgramHook = Literal["ingress", "egress", "xdp"]


@cache
def program_hooks() -> tuple[ProgramHook, ...]:
    """Return the hooks at which this kernel takes programs on links."""
    hooks: tuple[ProgramHook, ...] = get_args(ProgramHook)
    return tuple(hook for hook in hooks if refused_program(hook) is None)


def refused_program(hook: ProgramHook) -> str | None:
    """Return the kernel's error for such a program; None if it takes it."""
    with closing(Netns("asked")) as netns:
        try:
            netns.run(("ip", "-batch", "-"), "link add asked0 type veth peer name asked1\n")
            attach(netns, (Program("asked0", hook, 1, 1),))
        except (SetupError, OSError) as error:
            return str(error).splitlines()[0]
        return None
