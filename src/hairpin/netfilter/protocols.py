"""Names of layer 4 protocols, ICMP types and EtherTypes, as the tools that print rules know them.

The table is fixed and does not use ``/etc/protocols``.  Therefore hairpin reads a snapshot the same way on every
machine.

Source: IANA protocol-numbers, icmp-parameters, icmpv6-parameters; iptables libxt_icmp.h; RFC 792, RFC 4443, RFC 4861
"""

from hairpin.errors import MalformedError
from hairpin.message import message
from hairpin.netfilter.ir import Ranges

PROTOCOLS: dict[str, int] = {
    "hopopt": 0, "icmp": 1, "igmp": 2, "ggp": 3, "ipencap": 4, "ipv4": 4, "st": 5, "tcp": 6, "egp": 8, "igp": 9,
    "pup": 12, "udp": 17, "hmp": 20, "xns-idp": 22, "rdp": 27, "iso-tp4": 29, "dccp": 33, "xtp": 36, "ddp": 37,
    "idpr-cmtp": 38, "ipv6": 41, "ipv6-route": 43, "ipv6-frag": 44, "idrp": 45, "rsvp": 46, "gre": 47, "esp": 50,
    "ah": 51, "ipv6-crypt": 50, "ipv6-auth": 51, "skip": 57, "ipv6-icmp": 58, "icmpv6": 58, "ipv6-nonxt": 59,
    "ipv6-opts": 60,
    "rspf": 73, "vmtp": 81, "eigrp": 88, "ospf": 89, "ospfigp": 89, "ax.25": 93, "ipip": 94, "etherip": 97,
    "encap": 98, "pim": 103, "ipcomp": 108, "vrrp": 112, "carp": 112, "l2tp": 115, "isis": 124, "sctp": 132, "fc": 133,
    "mobility-header": 135, "ipv6-mh": 135, "mh": 135, "udplite": 136, "mpls-in-ip": 137, "manet": 138, "hip": 139,
    "shim6": 140, "wesp": 141, "rohc": 142, "ethernet": 143,
}  # fmt: skip

BUILT_IN: dict[int, str] = {
    1: "icmp", 6: "tcp", 17: "udp", 50: "esp", 51: "ah", 58: "ipv6-icmp", 132: "sctp", 136: "udplite",
}  # fmt: skip
"""Protocol names that iptables knows even without ``/etc/protocols`` (xtables_chain_protos)."""

ETHERTYPES: dict[str, int] = {
    "IPv4": 0x0800, "X25": 0x0805, "ARP": 0x0806, "FR_ARP": 0x0808, "BPQ": 0x08FF, "TRILL": 0x22F3, "L2-IS-IS": 0x22F4,
    "TEB": 0x6558, "RAW_FR": 0x6559, "RARP": 0x8035, "ATALK": 0x809B, "AARP": 0x80F3, "802_1Q": 0x8100, "IPX": 0x8137,
    "NetBEUI": 0x8191, "IPv6": 0x86DD, "PPP": 0x880B, "MPLS": 0x8847, "MPLS_MULTI": 0x8848, "ATMMPOA": 0x884C,
    "PPP_DISC": 0x8863, "PPP_SES": 0x8864, "ATMFATE": 0x8884, "EAPOL": 0x888E, "S-TAG": 0x88A8, "EAP_PREAUTH": 0x88C7,
    "LLDP": 0x88CC, "MACSEC": 0x88E5, "PBB": 0x88E7, "MVRP": 0x88F5, "PTP": 0x88F7, "FCOE": 0x8906, "FIP": 0x8914,
    "ROCE": 0x8915, "LoWPAN": 0xA0ED,
}  # fmt: skip

ICMP_TYPES: dict[str, tuple[int, int | None]] = {
    "echo-reply": (0, None), "pong": (0, None), "destination-unreachable": (3, None),
    "network-unreachable": (3, 0), "host-unreachable": (3, 1), "protocol-unreachable": (3, 2),
    "port-unreachable": (3, 3), "fragmentation-needed": (3, 4), "source-route-failed": (3, 5),
    "network-unknown": (3, 6), "host-unknown": (3, 7), "network-prohibited": (3, 9), "host-prohibited": (3, 10),
    "tos-network-unreachable": (3, 11), "tos-host-unreachable": (3, 12), "communication-prohibited": (3, 13),
    "host-precedence-violation": (3, 14), "precedence-cutoff": (3, 15), "source-quench": (4, None),
    "redirect": (5, None), "network-redirect": (5, 0), "host-redirect": (5, 1), "tos-network-redirect": (5, 2),
    "tos-host-redirect": (5, 3), "echo-request": (8, None), "ping": (8, None), "router-advertisement": (9, None),
    "router-solicitation": (10, None), "time-exceeded": (11, None), "ttl-exceeded": (11, None),
    "ttl-zero-during-transit": (11, 0), "ttl-zero-during-reassembly": (11, 1), "parameter-problem": (12, None),
    "ip-header-bad": (12, 0), "required-option-missing": (12, 1), "timestamp-request": (13, None),
    "timestamp-reply": (14, None), "address-mask-request": (17, None), "address-mask-reply": (18, None),
}  # fmt: skip

ICMP6_TYPES: dict[str, tuple[int, int | None]] = {
    "destination-unreachable": (1, None), "no-route": (1, 0), "communication-prohibited": (1, 1),
    "beyond-scope": (1, 2), "address-unreachable": (1, 3), "port-unreachable": (1, 4), "failed-policy": (1, 5),
    "reject-route": (1, 6), "packet-too-big": (2, None), "time-exceeded": (3, None), "ttl-exceeded": (3, None),
    "ttl-zero-during-transit": (3, 0), "ttl-zero-during-reassembly": (3, 1), "parameter-problem": (4, None),
    "bad-header": (4, 0), "unknown-header-type": (4, 1), "unknown-option": (4, 2), "echo-request": (128, None),
    "ping": (128, None), "echo-reply": (129, None), "pong": (129, None), "router-solicitation": (133, None),
    "router-advertisement": (134, None), "neighbour-solicitation": (135, None), "neighbor-solicitation": (135, None),
    "neighbour-advertisement": (136, None), "neighbor-advertisement": (136, None), "redirect": (137, None),
}  # fmt: skip


def protocol_number(text: str) -> int | None:
    """Return the number of a protocol given by name or number; None for an unknown name."""
    if text.isdigit():
        return int(text)
    return PROTOCOLS.get(text.lower())


def icmp_ranges(text: str, names: dict[str, tuple[int, int | None]]) -> Ranges:
    """Return ranges of ``type << 8 | code`` for a name, ``TYPE``, ``TYPE/CODE``, ``TYPE/FIRST:LAST`` or ``any``.

    Raises ValueError for any other text.
    """
    if text == "any":
        return ((0, 0xFFFF),)
    kind, slash, codes = text.partition("/")
    if kind.isdigit():
        number = int(kind)
        if not slash:
            return ((number << 8, number << 8 | 0xFF),)
        first, _, last = codes.partition(":")
        return ((number << 8 | int(first), number << 8 | int(last or first)),)
    try:
        number, code = names[text.lower()]
    except KeyError:
        raise MalformedError(message("{text!r} is not an ICMP type", text=text)) from None
    return ((number << 8, number << 8 | 0xFF),) if code is None else ((number << 8 | code, number << 8 | code),)
