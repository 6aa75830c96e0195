"""Random networks: a host with uplinks, bridges, containers on them or behind veths of their own, and its routing."""

from pathlib import Path

from hairpin.network.prefix import Version
from tests.fidelity.case import Judged, Wire
from tests.fidelity.generate.network import arp, vlans, vrf
from tests.fidelity.generate.plan import (
    CHAIN,
    CONTAINERS,
    GATEWAYS,
    HOSTS,
    INSIDE,
    MACS,
    MARKS,
    NETWORKS,
    OUTSIDE,
    PORTS,
    PREFIX,
    RANGED,
    SECOND,
    STACKED,
    STRANGE,
    Dice,
    Plan,
)
from tests.fidelity.testbed.capabilities import filters_vlans, link_kinds, shows_by_vrf

VLAN = 5
"""The tag of an uplink that is a VLAN."""


def plan(dice: Dice) -> Plan:
    """Return the parts of a network."""
    versions: tuple[Version, ...] = dice.pick(((4,), (4,), (6,), (4, 6)))
    uplinks = ("up0", "up1") if dice.chance(0.6) else ("up0",)
    bridged = tuple(name for name in CONTAINERS if dice.chance(0.75))
    routed = tuple(name for name in CONTAINERS if name not in bridged and dice.chance(0.7))
    second = dice.chance(0.25)
    behind = dice.pick((*bridged, *routed)) if (bridged or routed) and dice.chance(0.3) else ""
    links = (*uplinks, "br0", *(("br1",) if second else ()), *(f"r{name[1]}" for name in routed))
    stacked = _stacked(dice)
    if stacked and stacked[0][1] != "passthru" and dice.chance(0.4):
        links = (*links, "mv0")  # the host's own macvlan, by which it reaches those of its containers
    carried, narrow = dice.pick(("", "", "", "vlan", "bond")), dice.chance(0.3)
    above = carried if carried in link_kinds() and not narrow else ""
    by_marks = dice.chance(0.4 if len(uplinks) > 1 else 0.1)
    tun = dice.chance(TUN) and "tun" in link_kinds()
    tentative = dice.pick((*uplinks, "br0")) if 6 in versions and dice.chance(TENTATIVE) else ""
    # Elements that this machine's own kernel lacks are drawn last, so that its hunt's seeds keep their cases.
    filtering = filters_vlans() and dice.chance(0.3)
    in_vlan = dice.pick(("", "access", "trunk")) if filtering else ""
    if in_vlan:
        links = (*links, "bv0")
    ipvlan = "l2" if "ipvlan" in link_kinds() and stacked and dice.chance(0.4) else ""
    if ipvlan and not narrow and dice.chance(0.4):
        ipvlan = dice.pick(("l3", "l3s"))
    if ipvlan:  # a link has one kind above it, of one mode
        flag = dice.pick(("bridge", "bridge", "private", "vepa"))
        stacked, links = tuple((name, flag) for name, _ in stacked), tuple(each for each in links if each != "mv0")
    asker = arp.resolver(dice, versions, () if stacked or filtering or shows_by_vrf() else (*bridged, *routed))
    wrong = ("", "") if asker else arp.wrong_entry(dice, bridged, routed)
    made = Plan(links, bridged, routed, versions, by_marks, behind, second, stacked, narrow, above, filtering, in_vlan,
                ipvlan, asker=asker, wrong=wrong, tun=tun, tentative=tentative)  # fmt: skip
    return vrf.planned(dice, made) if shows_by_vrf() else made


TUN, TENTATIVE, ROUTE_MTU, PROXY = 0.04, 0.04, 0.15, 0.04
"""How often there is a link without hardware addresses, a tentative address; routes and neighbours of a kind."""


def _stacked(dice: Dice) -> tuple[tuple[str, str], ...]:
    if not dice.chance(0.3):
        return ()
    modes = ("bridge", "bridge", "bridge", "private", "vepa")
    first = dice.pick((*modes, "passthru"))
    if first == "passthru" or dice.chance(0.4):
        return ((STACKED[0], first),)
    return ((STACKED[0], first), (STACKED[1], dice.pick(modes)))


def wires(made: Plan) -> tuple[Wire, ...]:
    """Return the wires to the world."""
    return tuple(
        Wire(
            link,
            f"w{link[2]}",
            MACS[link],
            MACS[f"w{link[2]}"],
            VLAN if link == "up1" and made.carried == "vlan" else 0,
        )
        for link in made.links
        if link.startswith("up")
    )


def _uplink(made: Plan, wire: Wire) -> list[str]:
    """The lines of an uplink: the veth itself, or a VLAN or a bond that stands on it."""
    carried = made.carried if wire.link == "up1" else ""
    name = "p1" if carried else wire.link
    lines = [
        f"link add {name} address {wire.mac} type veth peer name {wire.peer} address {wire.peer_mac} netns {{world}}"
    ]
    if carried:
        lines.append("link set p1 addrgenmode none")
    if carried == "vlan":
        lines += ("link set p1 up", f"link add link p1 name {wire.link} address {wire.mac} type vlan id {VLAN}")
    elif carried == "bond":
        lines += (
            f"link add {wire.link} address {wire.mac} type bond mode active-backup",
            f"link set p1 master {wire.link}",
        )
    return lines


def host(dice: Dice, made: Plan) -> Judged:
    """Return the host's namespace without rules."""
    setup = ["link set lo up"]
    setup += (line for wire in wires(made) for line in _uplink(made, wire))
    setup += (
        f"link add {link} address {MACS[link]} type bridge stp_state 0 forward_delay 0 mcast_snooping 0"
        + (" vlan_filtering 1" if made.vlans and link == "br0" else "")
        for link in made.links
        if link.startswith("br")
    )
    setup += (
        f"link set {link} type bridge nf_call_{name} 1"
        for link in made.links
        for name in ("iptables", "ip6tables")
        if link.startswith("br") and dice.chance(0.15)
    )
    for name in made.all_bridged():
        number = name[1]
        setup.append(
            f"link add v{number} address {MACS[f'v{number}']} type veth peer name eth0 address {MACS[name]} "
            f"netns {{{name}}}"
        )
        setup.append(f"link set v{number} master {made.bridge_of(name)} addrgenmode none up")
    for name in made.routed:
        number = name[1]
        setup.append(
            f"link add r{number} address {MACS[f'r{number}']} type veth peer name eth0 address {MACS[name]} "
            f"netns {{{name}}}"
        )
    for name, mode in made.stacked:
        kind = f"ipvlan mode {made.ipvlan} {mode}" if made.ipvlan else f"macvlan mode {mode}"
        setup.append(f"link add link up0 name eth0 address {made.mac_of(name)} netns {{{name}}} type {kind}")
    if "mv0" in made.links:
        mode = dice.pick(("bridge", "bridge", "private", "vepa"))
        setup.append(f"link add link up0 name mv0 address {MACS['mv0']} type macvlan mode {mode}")
    if "bv0" in made.links:
        setup.append(f"link add link br0 name bv0 address {MACS['bv0']} type vlan id {vlans.VID}")
    setup += vrf.setup(made)
    for link in made.links:
        setup += (f"link set {link} addrgenmode none", f"link set {link} up")
        if dice.chance(0.1):
            setup.append(f"link set {link} group 5")
    if made.tun:
        setup += ("tuntap add t0 mode tun", "link set t0 addrgenmode none", "link set t0 up")
    for version in made.versions:
        setup += _addresses(dice, made, version)
        setup += _neighbours(made, version)
        if dice.chance(PROXY):
            setup.append(f"neigh add proxy {dice.pick(made.addresses(version))} dev {dice.pick(made.links)}")
    return Judged("host", tuple(setup), _routing(dice, made, 4), _routing(dice, made, 6), _bridging(dice, made),
                  sysctls=_sysctls(dice, made), asks=made.asker == "host")  # fmt: skip


def _addresses(dice: Dice, made: Plan, version: Version) -> list[str]:
    lines: list[str] = []
    extra = " nodad" if version == 6 else ""
    for link in made.links:
        address, length = HOSTS[version][link], PREFIX[version][link]
        peers = [INSIDE[version][name][1] for name in made.routed if link == f"r{name[1]}" and dice.chance(0.2)]
        lines += (f"addr add {address} peer {peer}/{32 if version == 4 else 128} dev {link}{extra}" for peer in peers)
        if not peers:
            old = " valid_lft forever preferred_lft 0" if version == 6 and dice.chance(0.05) else ""
            lines.append(f"addr add {address}/{length} dev {link}{extra}{old}")
        if link in SECOND[version] and (version == 4 or link != made.tentative):
            alone, narrower = (32, 28) if version == 4 else (128, 112)
            length = PREFIX[version][link] if dice.chance(0.6) else dice.pick((alone, alone, narrower))
            old = " valid_lft forever preferred_lft 0" if version == 6 and dice.chance(0.2) else ""
            lines.append(f"addr add {SECOND[version][link]}/{length} dev {link}{extra}{old}")
    return lines


def _neighbours(made: Plan, version: Version) -> list[str]:
    lines: list[str] = []
    # There are entries for the host's own addresses, too (on a link that is down they are not local), and for NAT's
    # targets.
    everybody = dict.fromkeys((
        *OUTSIDE[version], *GATEWAYS[version].values(), *made.inside(version).values(), *STRANGE[version],
        *made.host_addresses(version), *(INSIDE[version][name][0] for name in ("c1", "c2")), *RANGED[version],
    ))  # fmt: skip
    for link in made.links:
        if link.startswith("up"):
            mac = MACS[f"w{link[2]}"]
            # A broadcast address is an ordinary one on all links but its own network's, which may be down.
            elsewhere = ("192.0.2.255",) if version == 4 and link != "up0" else ()
            known = (*everybody, *elsewhere)
            lines += (f"neigh replace {address} lladdr {mac} dev {link} nud permanent" for address in known)
    if "mv0" in made.links:
        lines += (f"neigh replace {address} lladdr {MACS['w0']} dev mv0 nud permanent" for address in everybody)
        for name, _ in made.stacked:
            lines.append(f"neigh replace {INSIDE[version][name][0]} lladdr {MACS[name]} dev mv0 nud permanent")
    if made.asker == "host":
        return lines
    for name in made.all_bridged():
        mac = made.entered("host", name, MACS[name])
        # A bridge and its VLAN link have the same ports.
        both = made.in_vlan and made.bridge_of(name) == "br0"
        for link in ("br0", "bv0") if both else (made.link_of(name),):
            lines.append(f"neigh replace {INSIDE[version][name][0]} lladdr {mac} dev {link} nud permanent")
    for name in made.routed:
        mac = made.entered("host", name, MACS[name])
        lines.append(f"neigh replace {INSIDE[version][name][1]} lladdr {mac} dev r{name[1]} nud permanent")
    return lines


def _bridging(dice: Dice, made: Plan) -> tuple[str, ...]:
    lines = [f"fdb replace {MACS[name]} dev v{name[1]} master static" for name in made.all_bridged()]
    isolated = 0.8 if dice.chance(0.15) else 0.05  # one isolated port alone is as any other
    for name in made.all_bridged():
        if dice.chance(0.3):
            lines.append(f"link set dev v{name[1]} hairpin {dice.pick(('on', 'off'))}")
        if dice.chance(isolated):
            lines.append(f"link set dev v{name[1]} isolated on")
        if dice.chance(0.05):
            lines.append(f"link set dev v{name[1]} state {dice.pick((0, 1, 2, 4))}")
    if made.vlans:
        lines += vlans.lines(dice, made)
    return tuple(lines)


# --- routing ---------------------------------------------------------------------------------------------------------


def _routing(dice: Dice, made: Plan, version: Version) -> tuple[str, ...]:
    if version not in made.versions:
        return ()
    lines: list[str] = []
    uplinks = [link for link in made.links if link.startswith("up")]
    usual = dice.pick(uplinks)
    if dice.chance(0.9):
        lines.append(f"route add default via {GATEWAYS[version][usual]} dev {usual}")
    if "mv0" in made.links:
        lines += (f"route add {INSIDE[version][name][0]} dev mv0" for name, _ in made.stacked if dice.chance(0.8))
    if made.behind and dice.chance(0.9):
        via = INSIDE[version][made.behind][made.behind not in made.bridged]
        lines.append(f"route add {CHAIN[version][0]} via {via} dev {made.link_of(made.behind)}")
    lines += (_route(dice, made, version, metric) for metric in range(10, 10 + dice.number(0, 3)))
    lines += vrf.routes(dice, made)
    if made.ipvlan in (
        "l3",
        "l3s",
    ):  # a packet bound to a link without a route goes to an on-link neighbour that does not exist
        lines.append(f"route add default via {GATEWAYS[version]['up0']} dev up0 metric 20000")
    for table in (100, 101):
        if made.by_marks or dice.chance(0.6):
            others = [link for link in uplinks if link != usual] or uplinks
            way = dice.pick(others if made.by_marks and table == 100 else uplinks)
            lines.append(f"route replace default via {GATEWAYS[version][way]} dev {way} table {table}")
    if made.by_marks:
        lines.append(f"rule add pref 90 fwmark {MARKS[0]} lookup 100")
    if dice.chance(0.15):  # all traffic takes another table, except throw routes, as beside a VPN
        lines += (f"route add throw {dice.pick(NETWORKS[version][:6])} table 101 metric {each}" for each in (8, 9))
        lines.append(f"rule add pref {dice.pick((95, 32765))} lookup 101")
    # Last, since the kernel asks the rules whether a gateway can be reached.
    lines += (_rule(dice, made, version, priority) for priority in range(100, 100 + dice.number(0, 3) * 10, 10))
    return tuple(lines)


def _route(dice: Dice, made: Plan, version: Version, metric: int) -> str:
    target = dice.pick(NETWORKS[version][:6])
    if dice.chance(0.3):
        target = f"{dice.pick(made.addresses(version))}/{32 if version == 4 else 128}"
    table = dice.pick(("", "", " table 100", " table 101"))
    if dice.chance(0.35):
        kind = dice.pick(("blackhole", "unreachable", "prohibit", "throw"))
        return f"route add {kind} {target}{table} metric {metric}"
    if dice.chance(0.1):
        return f"route add local {target} dev lo table local"
    link = dice.pick((*made.links, *(("t0",) if made.tun else ())))
    if dice.chance(0.12):
        # A process cannot bind to an IPv4 broadcast address, and a bridge floods it.
        many = link.startswith("up")  # a group's frames go to everybody behind any other link
        kinds = ("anycast", *(("multicast",) if many else ())) if version == 4 else _ODD_KINDS
        return f"route add {dice.pick(kinds)} {target} dev {link}{table}"
    words = f"route add {target} "
    words += (
        f"via {GATEWAYS[version][link]} dev {link}" if link in GATEWAYS[version] and dice.chance(0.6) else f"dev {link}"
    )
    if dice.chance(0.2):
        words += f" src {dice.pick(made.host_addresses(version))}"
    if version == 6 and dice.chance(0.1):
        words += f" from {dice.pick(made.addresses(6))}/128"
    if version == 4 and dice.chance(0.1):
        words += f" tos {dice.pick(('0x10', '0x18'))}"
    if dice.chance(ROUTE_MTU):
        words += f" mtu {dice.pick((1280, 1300, 1400))}"
    return f"{words}{table} metric {metric}"


_ODD_KINDS = ("anycast", "broadcast", "multicast", "nat")
_PORT_SELECTORS = ("ipproto", "sport", "dport")
"""Fields that the kernel leaves out when it routes for an ipvlan in mode l3 or l3s."""
_SELECTORS = ("from", "to", "iif", "oif", "fwmark", "fwmark", "fwmark", "ipproto", "dport", "sport", "tos", "uidrange",
              "l3mdev")  # fmt: skip


def _rule(dice: Dice, made: Plan, version: Version, priority: int) -> str:
    words = [f"rule add pref {priority}"]
    if dice.chance(0.15):
        words.append("not")
    for selector in dict.fromkeys(dice.some(_SELECTORS, 2)):
        if made.ipvlan in ("l3", "l3s") and selector in _PORT_SELECTORS:
            continue
        match selector:
            case "from" | "to":
                words.append(f"{selector} {dice.pick((*NETWORKS[version][:6], *made.addresses(version)))}")
            case "iif" | "oif":
                vrfs = (vrf.NAME,) if made.vrf else ()
                words.append(f"{selector} {dice.pick((*made.links, 'lo', *vrfs))}")
            case "fwmark":
                words.append(f"fwmark {dice.pick(MARKS)}" + dice.pick(("", "/0x10", "/0xff")))
            case "tos":
                # IPv4 refuses the high bits in a rule, and ignores them in a packet.
                words.append(f"tos {dice.pick(('0x10', '0x18', '0x08') if version == 4 else ('0x20', '0xb8'))}")
            case "uidrange":
                words.append(f"uidrange {dice.pick(('0-0', '1-1000'))}")
            case "l3mdev":
                return f"rule add pref {priority} l3mdev"
            case "ipproto":
                words.append(f"ipproto {dice.pick(('tcp', 'udp', 'icmp' if version == 4 else 'ipv6-icmp'))}")
            case _:
                if selector == "dport" and dice.chance(0.2):
                    words.append("dport 200-3000")  # types and codes of ICMP errors, too
                    continue
                port = dice.pick(PORTS)
                words.append(f"{selector} {port}" + (f"-{port + 50}" if dice.chance(0.3) else ""))
    action = dice.pick(("lookup 100", "lookup 100", "lookup 101", "lookup main", "blackhole", "prohibit", "unreachable",
                        "goto 32766", "lookup main suppress_prefixlength 0", "lookup main suppress_ifgroup 5",
                        "nop"))  # fmt: skip
    return " ".join((*words, action)).strip()


_FORCES = Path("/proc/sys/net/ipv6/conf/all/force_forwarding").exists()
"""Whether the kernel has this sysctl: since Linux 6.17."""


def _sysctls(dice: Dice, made: Plan) -> tuple[tuple[str, str], ...]:
    lines: list[tuple[str, str]] = []
    if dice.chance(0.9):
        lines.append(("net/ipv4/ip_forward", "1"))
    if dice.chance(0.9):
        lines.append(("net/ipv6/conf/all/forwarding", "1"))
    elif _FORCES:
        lines += ((f"net/ipv6/conf/{link}/force_forwarding", "1") for link in made.links if dice.chance(0.5))
    lines += ((f"net/bridge/bridge-nf-call-{name}", dice.pick("01")) for name in ("iptables", "ip6tables"))
    for key in ("ipv4/fwmark_reflect", "ipv6/fwmark_reflect", "ipv4/icmp_errors_use_inbound_ifaddr"):
        if dice.chance(0.2):
            lines.append((f"net/{key}", "1"))
    for key in ("tcp_loose", "checksum"):
        if dice.chance(0.15):
            lines.append((f"net/netfilter/nf_conntrack_{key}", "0"))
    lines += arp.sysctls(dice, (*made.links, "all"), often=0.3 if made.asker else 0.02)
    if made.tentative:
        lines.append((f"net/ipv6/conf/{made.tentative}/accept_dad", "1"))
    for link in (*made.links, "all", *((vrf.NAME,) if made.vrf else ())):
        for family in ("ipv4", "ipv6"):
            if dice.chance(0.2):
                lines.append((f"net/{family}/conf/{link}/ignore_routes_with_linkdown", "1"))
        for key, value in (("use_oif_addrs_only", "1"), ("use_tempaddr", "2")):
            if dice.chance(0.08):
                lines.append((f"net/ipv6/conf/{link}/{key}", value))
        if link in made.links and dice.chance(0.03):
            lines.append((f"net/ipv6/conf/{link}/mtu", dice.pick(("1280", "1300", "1400"))))
        if made.by_marks:
            lines += ((f"net/ipv4/conf/{link}/{key}", dice.pick("01")) for key in ("rp_filter", "src_valid_mark"))
        for key, values, often in (
            ("rp_filter", "012", 0.4), ("forwarding", "01", 0.1), ("accept_local", "1", 0.15),
            ("route_localnet", "1", 0.15), ("src_valid_mark", "1", 0.3), ("bc_forwarding", "1", 0.2),
        ):  # fmt: skip
            if dice.chance(often) and not (link == "all" and key == "forwarding"):
                lines.append((f"net/ipv4/conf/{link}/{key}", dice.pick(values)))
    if made.vrf:  # what a VRF's own address sends comes in by the VRF
        lines = [each for each in lines if not each[0].endswith("accept_local")]
    return tuple(lines)
