"""Random chains where frames come in, cross a bridge and go out: families netdev, inet (ingress), bridge; ebtables."""

import msgspec

from hairpin.network.prefix import Version
from tests.fidelity.case import RuleText
from tests.fidelity.generate.plan import MACS, MARKS, NETWORKS, PORTS, Dice, Plan
from tests.fidelity.generate.rules.rare import AWAY
from tests.fidelity.testbed.capabilities import netdev_hooks

TABLES = ("netdev n0", "inet n1", "bridge n2")
"""Those that nft makes here."""
_BRIDGE_HOOKS = ("prerouting", "input", "forward", "output", "postrouting")
_PACKET_TYPES = ("host", "host", "otherhost", "otherhost", "broadcast", "multicast", "outgoing", "loopback")
_ICMP: dict[Version, str] = {4: "icmp", 6: "ipv6-icmp"}
_EBTABLES = {"filter": ("INPUT", "FORWARD", "OUTPUT"), "nat": ("PREROUTING", "OUTPUT", "POSTROUTING")}


def ruleset(dice: Dice, made: Plan) -> tuple[RuleText, ...]:
    """Return tables of one or two of these kinds."""
    kinds = dice.some((_netdev, _inet, _bridge, _ebtables), 2)
    texts = tuple(kind(dice, made) for kind in kinds)
    return _blind_to_tags(texts) if made.vlans else texts


def _blind_to_tags(texts: tuple[RuleText, ...]) -> tuple[RuleText, ...]:
    """Return the tables without matches on the frame's type: of a tagged frame it is the tag's, which is not
    modelled.
    """
    return tuple(
        msgspec.structs.replace(each, rules=tuple(rule for rule in each.rules if "ether type" not in rule))
        for each in texts
        if each.tool != "ebtables"
    )


def _netdev(dice: Dice, made: Plan) -> RuleText:
    """Before 6.16 a chain's device must be there."""
    ports = () if made.own else tuple(f"v{name[1]}" for name in made.all_bridged())
    links = dice.some((*made.links, *ports), 3)
    hooks = netdev_hooks()
    chains = {f"{link}-{hook}": (hook, f' device "{link}"') for link in links for hook in hooks if dice.chance(0.6)}
    text = _table(dice, made, "netdev n0", chains)
    handed = tuple(f"add rule netdev n0 {chain} {_handed_over(dice, made)}" for chain in chains if dice.chance(0.3))
    return msgspec.structs.replace(text, rules=(*handed, *text.rules))


def _handed_over(dice: Dice, made: Plan) -> str:
    """Return a rule that sends some packets, or copies of them, to a link that is down."""
    version = dice.pick(made.versions)
    some = ", ".join(dice.some(sorted(set(made.addresses(version))), 2))
    what = dice.pick(("fwd", "dup"))
    return f'{"ip" if version == 4 else "ip6"} daddr {{ {some} }} counter {what} to "{AWAY}"'


def _inet(dice: Dice, made: Plan) -> RuleText:
    return _table(dice, made, "inet n1", {link: ("ingress", f' device "{link}"') for link in dice.some(made.links, 2)})


def _bridge(dice: Dice, made: Plan) -> RuleText:
    return _table(dice, made, "bridge n2", {hook: (hook, "") for hook in dice.some(_BRIDGE_HOOKS, 4)})


def _table(dice: Dice, made: Plan, table: str, chains: dict[str, tuple[str, str]]) -> RuleText:
    version = dice.pick(made.versions)
    heads, rules = [f"add table {table}"], list[str]()
    for chain, (hook, device) in chains.items():
        priority, policy = dice.number(-10, 10), "drop" if dice.chance(0.05) else "accept"
        heads.append(f"add chain {table} {chain}-user")
        heads.append(
            f"add chain {table} {chain} {{ type filter hook {hook}{device} priority {priority}; policy {policy}; }}"
        )
        for name in (chain, f"{chain}-user"):
            jumps = (f"jump {chain}-user", f"goto {chain}-user") if name == chain else ()
            rules += (
                f"add rule {table} {name} {_matches(dice, made, version, hook)} counter {_statement(dice, jumps)}"
                for _ in range(dice.number(0, 4))
            )
    return RuleText("nft", version, table, tuple(heads), tuple(rules))


def _matches(dice: Dice, made: Plan, version: Version, hook: str) -> str:
    ip = "ip" if version == 4 else "ip6"
    kinds = ["saddr", "daddr", "port", "mark", "protocol", "type", "smac"]
    kinds += ["pkttype"] if hook in _BRIDGE_HOOKS else []
    kinds += ["iif"] if hook in ("prerouting", "input", "forward") else []
    kinds += ["oif"] if hook in ("output", "postrouting", "forward") else []
    found: list[str] = []
    protocol = dice.pick(("tcp", "udp"))
    for kind in dice.some(kinds, 3) if dice.chance(0.85) else ():
        negation = "!= " if dice.chance(0.2) else ""
        match kind:
            case "saddr" | "daddr":
                single = [each for each in NETWORKS[version] if not each.endswith("/0")]
                found.append(f"{ip} {kind} {negation}{dice.pick((*single, *made.addresses(version)))}")
            case "port":
                found.append(f"{protocol} {dice.pick(('dport', 'sport'))} {negation}{dice.pick(PORTS)}")
            case "mark":
                found.append(f"meta mark {negation}{dice.pick((0, *MARKS)):#x}")
            case "protocol":
                found.append(f"meta l4proto {protocol}")
            case "type":
                found.append(f"ether type {negation}{ip}")
            case "pkttype":
                found.append(f"meta pkttype {negation}{dice.pick(('host', 'other', 'broadcast', 'multicast', '5'))}")
            case "smac":
                found.append(f"ether saddr {negation}02:00:00:00:0{dice.number(0, 8)}:01")
            case _:
                links = (*made.links, *(f"v{name[1]}" for name in made.all_bridged()))
                found.append(f'{kind}name {negation}"{dice.pick(links)}"')
    return " ".join(found)


def _statement(dice: Dice, jumps: tuple[str, ...]) -> str:
    mark = f"meta mark set {dice.pick(MARKS):#x}"
    return dice.pick(("accept", "accept", "accept", "drop", "return", "continue", "", mark, mark, *jumps, *jumps))


def _ebtables(dice: Dice, made: Plan) -> RuleText:
    table, version = dice.pick(tuple(_EBTABLES)), dice.pick(made.versions)
    protocol, ip = ("IPv4", "ip") if version == 4 else ("IPv6", "ip6")
    rules: list[str] = []
    for chain in dice.some(_EBTABLES[table], 3):
        for _ in range(dice.number(1, 4)):
            negation = "! " if dice.chance(0.2) else ""
            port = f"--{ip}-proto {dice.pick(('tcp', 'udp'))} --{ip}-dport {negation}{dice.pick(PORTS)}"
            icmp = f"--{ip}-proto {_ICMP[version]} --{ip}-icmp-type {negation}{_icmp_types(dice, version)}"
            side = "source" if dice.chance(0.5) else "destination"
            address = f"--{ip}-{side} {negation}{dice.pick(made.addresses(version))}"
            macs = ("02:00:00:00:02:01", "02:00:00:00:07:01", "02:00:00:00:08:01", "Unicast", "Multicast")
            others = [f"-{dice.pick('sd')} {negation}{dice.pick(macs)}", f"--mark {negation}{dice.pick(MARKS):#x}",
                      f"--pkttype-type {negation}{dice.pick(_PACKET_TYPES)}"]  # fmt: skip
            others += [f"--{ip}-{'tos' if version == 4 else 'tclass'} {negation}{dice.pick(('0x0', '0x28', '0x10'))}"]
            others += [f"-i {negation}v1"] if chain in ("PREROUTING", "INPUT", "FORWARD") else []
            others += [f"-o {negation}v+"] if chain in ("FORWARD", "OUTPUT", "POSTROUTING") else []
            # Each rule matches an address or port, because the kernel's own ARP requests pass, too.
            what = f"-p {protocol} {dice.pick((address, port, icmp))} {dice.pick(('', '', *others))}"
            target = dice.pick(("ACCEPT", "ACCEPT", "DROP", "CONTINUE", "RETURN", "mark --mark-set 0x1"))
            rules.append(" ".join((f"-A {chain}", what, "-j", target)).replace("  ", " "))
        if dice.chance(0.8):
            rules.insert(0, f"-A {chain} {_ebtables_rare(dice, made, chain, version)}")
    heads = tuple(f":{chain} ACCEPT" for chain in _EBTABLES[table])
    return RuleText("ebtables", version, table, heads, tuple(rules))


def _icmp_types(dice: Dice, version: Version) -> str:
    """Return a range of types of echo requests and errors, and a range of codes."""
    first = dice.pick((0, 3, 8) if version == 4 else (1, 3, 128))
    last = first + dice.pick((0, 0, 1, 5))
    return f"{first}:{last}{dice.pick(('', '/0:255', '/0:0', '/1:4'))}"


def _ebtables_rare(dice: Dice, made: Plan, chain: str, version: Version) -> str:
    """Return a rule that few frames would satisfy by chance; half of those that write a frame's destination write the
    one that it has already, because where it goes with another one is not modelled."""
    bridge = dice.pick([MACS[link] for link in made.links if link.startswith("br")] or [MACS["br0"]])
    ip = "ip" if version == 4 else "ip6"
    what = f"-p {'IPv4' if version == 4 else 'IPv6'} --{ip}-proto {dice.pick(('tcp', 'udp'))}"
    choices = ["--nflog-group 5 -j CONTINUE"]
    if chain == "PREROUTING":
        same = f"-d {bridge} -j dnat --to-dst {bridge} --dnat-target CONTINUE"
        choices += [same, f"-d {bridge} -j redirect --redirect-target CONTINUE"] * 2
    if chain == "POSTROUTING":
        mac = dice.pick((bridge, MACS["c1"], MACS["c2"]))
        new = dice.pick((mac, "02:00:00:00:77:01"))
        choices += [f"-s {mac} -j snat --to-src {new} --snat-target {dice.pick(('CONTINUE', 'ACCEPT'))}"] * 2
    return f"{what} {dice.pick(choices)}"
