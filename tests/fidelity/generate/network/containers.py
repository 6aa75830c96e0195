"""Random containers: on a bridge, behind a veth of their own, or behind another container."""

from hairpin.network.prefix import Version
from tests.fidelity.case import Judged
from tests.fidelity.generate.network import arp
from tests.fidelity.generate.network.vlans import VID
from tests.fidelity.generate.plan import (
    BEHIND,
    CHAIN,
    GATEWAYS,
    HOSTS,
    INSIDE,
    MACS,
    OUTSIDE,
    PREFIX,
    STACKED,
    STRANGE,
    Dice,
    Plan,
)


def container(dice: Dice, made: Plan, name: str) -> Judged:
    """Return a container's namespace without rules."""
    setup = ["link set lo up"]
    if name == BEHIND:
        setup += _behind(made)
    elif name in STACKED:
        setup += _stacked(dice, made, name)
    elif name in made.inside(made.versions[0]):
        setup += _attached(made, name)
    if name == made.behind:
        setup += _before(made)
    drawn = arp.sysctls(dice, ("eth0", "all"), often=0.3 if made.asker else 0.02)
    # Whether a proxy answers before the owner depends on its proxy_delay, which hairpin does not read in a container.
    answering = tuple(each for each in drawn if not each[0].endswith("proxy_arp_pvlan"))
    lines = (*_sysctls(dice, forwards=name == made.behind), *answering)
    return Judged(f"container:{name}", tuple(setup), sysctls=lines, asks=name == made.asker)


def _attached(made: Plan, name: str) -> list[str]:
    lines = ["link set eth0 addrgenmode none", "link set eth0 up"]
    link, own = made.link_of(name), made.own_link(name)
    if own != "eth0":
        lines += (f"link add link eth0 name {own} type vlan id {VID}", f"link set {own} addrgenmode none",
                  f"link set {own} up")  # fmt: skip
    bridged = link.startswith("b")
    fellows = [*made.bridged] if link == "br0" else [name]
    for version in made.versions:
        lines += _addressed(version, own, f"{INSIDE[version][name][not bridged]}/{PREFIX[version][link]}")
        lines.append(f"route add default via {HOSTS[version][link]}")
        known = name != made.asker
        mac = made.entered(name, "host", MACS[link])
        lines += (_neighbour(each, mac, own) for each in made.host_addresses(version) if known)
        others = [other for other in fellows if other != name]
        lines += (_neighbour(INSIDE[version][other][0], MACS[other], "eth0") for other in others if known)
        if made.behind in others:
            network, _, _ = CHAIN[version]
            lines.append(f"route add {network} via {INSIDE[version][made.behind][0]}")
    return lines


def _stacked(dice: Dice, made: Plan, name: str) -> list[str]:
    lines = ["link set eth0 addrgenmode none", "link set eth0 up"]
    for version in made.versions:
        lines += _addressed(version, "eth0", f"{INSIDE[version][name][0]}/{PREFIX[version]['up0']}")
        lines.append(f"route add default via {GATEWAYS[version]['up0']}")
        outside = (*OUTSIDE[version], *GATEWAYS[version].values(), *STRANGE[version])
        lines += (_neighbour(each, MACS["w0"], "eth0") for each in outside)
        at_host = [HOSTS[version]["up0"], *([HOSTS[version]["mv0"]] if "mv0" in made.links else [])]
        macs = ("up0",) if made.ipvlan else ("up0", "mv0")
        lines += (_neighbour(each, MACS[dice.pick(macs)], "eth0") for each in at_host)
        others = [other for other, _ in made.stacked if other != name]
        lines += (_neighbour(INSIDE[version][other][0], made.mac_of(other), "eth0") for other in others)
    return lines


def _before(made: Plan) -> list[str]:
    """The nearer end of the veth between a container and the one behind it."""
    lines = [
        f"link add eth1 address {MACS['n1']} type veth peer name eth0 address {MACS[BEHIND]} netns {{{BEHIND}}}",
        "link set eth1 addrgenmode none",
        "link set eth1 up",
    ]
    for version in made.versions:
        network, near, far = CHAIN[version]
        lines += _addressed(version, "eth1", f"{near}/{network.partition('/')[2]}")
        lines.append(_neighbour(far, MACS[BEHIND], "eth1"))
    return lines


def _behind(made: Plan) -> list[str]:
    lines = ["link set eth0 addrgenmode none", "link set eth0 up"]
    for version in made.versions:
        network, near, far = CHAIN[version]
        lines += _addressed(version, "eth0", f"{far}/{network.partition('/')[2]}")
        lines.append(f"route add default via {near}")
        lines += (_neighbour(each, MACS["n1"], "eth0") for each in made.container_addresses(made.behind, version))
    return lines


def _addressed(version: Version, link: str, address: str) -> tuple[str, ...]:
    return (f"addr add {address} dev {link}" + (" nodad" if version == 6 else ""),)


def _neighbour(address: str, mac: str, link: str) -> str:
    return f"neigh replace {address} lladdr {mac} dev {link} nud permanent"


def _sysctls(dice: Dice, *, forwards: bool) -> tuple[tuple[str, str], ...]:
    lines: list[tuple[str, str]] = []
    if dice.chance(0.9 if forwards else 0.5):
        lines.append(("net/ipv4/ip_forward", "1"))
    if dice.chance(0.9 if forwards else 0.2):
        lines.append(("net/ipv6/conf/all/forwarding", "1"))
    if dice.chance(0.5):
        lines.append(("net/ipv4/conf/all/rp_filter", dice.pick("012")))
    if dice.chance(0.3):
        lines.append(("net/ipv4/conf/eth0/accept_local", "1"))  # takes its own packet when the bridge brings it back
    return tuple(lines)
