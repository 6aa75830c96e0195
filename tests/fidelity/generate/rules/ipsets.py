"""Random ipsets of every type that the kernel has."""

from hairpin.network.prefix import Version
from tests.fidelity.generate.plan import MARKS, NETWORKS, PORTS, Dice, Plan
from tests.fidelity.testbed.capabilities import ipset_types

_KINDS: dict[str, tuple[str, ...]] = {
    "ip": ("hash:ip", "ip"), "net": ("hash:net", "net"), "ip-port": ("hash:ip,port", "ip", "port"),
    "ip-port-ip": ("hash:ip,port,ip", "ip", "port", "ip"), "ip-port-net": ("hash:ip,port,net", "ip", "port", "net"),
    "net-port": ("hash:net,port", "net", "port"), "net-iface": ("hash:net,iface", "net", "iface"),
    "bitmap-ip": ("bitmap:ip", "ip"), "bitmap-mac": ("bitmap:ip,mac", "ip", "mac"), "ports": ("bitmap:port", "number"),
    "list": ("list:set",),
}  # fmt: skip
_MORE: dict[str, tuple[str, ...]] = {
    "ip-mac": ("hash:ip,mac", "ip", "mac"), "ip-mark": ("hash:ip,mark", "ip", "mark"), "mac": ("hash:mac", "mac"),
    "net-net": ("hash:net,net", "net", "net"), "net-port-net": ("hash:net,port,net", "net", "port", "net"),
}  # fmt: skip
"""Types that only some kernels have."""
_NETS = ("hash:net", "hash:net,port", "hash:net,iface", "hash:net,net", "hash:net,port,net")
_OF_FOUR = ("bitmap-ip", "bitmap-mac")


def sets(dice: Dice, made: Plan) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return lines of ``ipset restore``, and the sets' names."""
    lines: list[str] = []
    names: list[str] = []
    for version in made.versions:
        if not dice.chance(0.5):
            continue
        lines.append(f"create {seen(version)} hash:ip family {'inet' if version == 4 else 'inet6'}")
        types = ipset_types(tuple(kind for kind, *_ in _MORE.values()))
        more = {suffix: each for suffix, each in _MORE.items() if each[0] in types}
        for suffix, (kind, *dimensions) in (_KINDS | more).items():
            if version == 6 and suffix in _OF_FOUR:
                continue
            names.append(f"s{version}-{suffix}")
            lines += _set(dice, made, version, names[-1], kind, dimensions)
    return tuple(lines), tuple(names)


def seen(version: Version) -> str:
    """Return the name of a set that rules add to, and that no rule matches."""
    return f"s{version}-seen"


def _set(dice: Dice, made: Plan, version: Version, name: str, kind: str, dimensions: list[str]) -> list[str]:
    if kind == "list:set":
        return [f"create {name} list:set", f"add {name} s{version}-ip"]
    options = "" if kind in ("bitmap:port", "hash:mac") else f" family {'inet' if version == 4 else 'inet6'}"
    if kind.startswith("bitmap:ip"):
        options = " range 192.0.2.0/24"
    elif kind == "bitmap:port":
        options = " range 0-65535"
    elif dice.chance(0.2):
        options += " timeout 1000"
    lines = [f"create {name} {kind}{options}"]
    count = _MANY if "port" in dimensions else 4
    elements = (",".join(_part(dice, made, version, kind, each) for each in dimensions) for _ in range(count))
    # A bitmap holds one hardware address for each address.
    apart = {element.partition(",")[0] if kind == "bitmap:ip,mac" else element: element for element in elements}
    for element in apart.values():
        exception = kind in _NETS and dice.chance(0.2)
        lines.append(f"add {name} {element}{' nomatch' if exception else ''}")
        if exception:  # from all other choices
            rest = element.partition(",")[1:]
            lines += (f"add {name} {half}{''.join(rest)}" for half in _HALVES[version])
    return list(dict.fromkeys(lines))


_MANY = 60
"""Ports repeat in more elements, since otherwise hardly a packet would match both port and address."""
_HALVES: dict[Version, tuple[str, str]] = {4: ("0.0.0.0/1", "128.0.0.0/1"), 6: ("::/1", "8000::/1")}


def _part(dice: Dice, made: Plan, version: Version, kind: str, dimension: str) -> str:
    addresses = made.addresses(version)
    match dimension:
        case "ip":
            return f"192.0.2.{dice.pick((1, 2, 3, 10))}" if kind.startswith("bitmap") else dice.pick(addresses)
        case "net":
            nets = [each for each in NETWORKS[version] if not each.endswith("/0")]
            return dice.pick((dice.pick(nets), dice.pick(nets), dice.pick(addresses)))
        case "port":
            return f"{dice.pick(('tcp', 'udp'))}:{dice.pick(PORTS)}"
        case "iface":
            return dice.pick((*made.links, "eth0"))
        case "mark":
            return f"{dice.pick((0, *MARKS)):#x}"
        case "mac":
            return f"02:00:00:00:0{dice.pick((0, 1))}:01"
        case _:
            return str(dice.pick(PORTS))


def match(dice: Dice, name: str) -> str:
    """Return a ``--match-set`` match of that set."""
    suffix = name.partition("-")[2]
    count = max(1, len((_KINDS | _MORE)[suffix]) - 1)
    flags = ["src" if suffix.endswith("mac") else dice.pick(("src", "dst")) for _ in range(count)]
    if count > 1 and suffix not in ("bitmap-mac", "ip-mac", "net-iface") and dice.chance(0.7):
        flags[0] = dice.pick(("src", "dst"))
        flags[1:] = ["dst", *(["src" if flags[0] == "dst" else "dst"] if count > 2 else [])]
    return f"{name} {','.join(flags)}"
