"""Random iptables rulesets, as iptables-restore reads them."""

from hairpin.network.prefix import Version
from tests.fidelity.case import RuleText, Tool
from tests.fidelity.generate.plan import MARKS, NETWORKS, PORTS, RANGES, SOURCE_PORTS, Dice, Plan
from tests.fidelity.generate.rules import extensions, ipsets, rare

_HOOKS = {
    "filter": ("INPUT", "FORWARD", "OUTPUT"),
    "nat": ("PREROUTING", "INPUT", "OUTPUT", "POSTROUTING"),
    "mangle": ("PREROUTING", "INPUT", "FORWARD", "OUTPUT", "POSTROUTING"),
    "raw": ("PREROUTING", "OUTPUT"),
    "security": ("INPUT", "FORWARD", "OUTPUT"),
}
_IN = ("PREROUTING", "INPUT", "FORWARD")
_OUT = ("FORWARD", "OUTPUT", "POSTROUTING")
_REJECTS: dict[Version, tuple[str, ...]] = {
    4: ("icmp-net-unreachable", "icmp-host-unreachable", "icmp-proto-unreachable", "icmp-port-unreachable",
        "icmp-net-prohibited", "icmp-host-prohibited", "icmp-admin-prohibited"),
    6: ("icmp6-no-route", "icmp6-adm-prohibited", "icmp6-addr-unreachable", "icmp6-port-unreachable",
        "icmp6-policy-fail", "icmp6-reject-route"),
}  # fmt: skip


def ruleset(dice: Dice, made: Plan, tool: Tool, version: Version, sets: tuple[str, ...]) -> tuple[RuleText, ...]:
    """Return the tables that one back end gets for one family, in the order in which they are made."""
    tables = dice.some(("filter", "nat", "mangle", "raw", "filter", "nat", "security"), 5)
    tables += ["mangle"] * made.by_marks
    return tuple(_Table(dice, made, tool, version, table, sets).text() for table in dict.fromkeys(tables))


def rule(dice: Dice, made: Plan, tool: Tool, version: Version, table: str, hook: str) -> str:
    """Return one random rule for a base chain of a table."""
    return _Table(dice, made, tool, version, table, ()).rule(hook)


class _Table:
    def __init__(self, dice: Dice, made: Plan, tool: Tool, version: Version, table: str, sets: tuple[str, ...]) -> None:
        self.dice = dice
        self.made = made
        self.tool: Tool = tool
        self.version: Version = version
        self.table = table
        self.sets = sets
        self.inverted = False
        hooks = _HOOKS[table]
        self.base = tuple(hook for hook in hooks if dice.chance(0.8)) or hooks[:1]
        # A user chain is reached from one hook only, so that its rules may use what that hook allows; a chain only
        # calls later ones, so that there is no loop.
        self.user = {f"{hook[:3]}-{number}": hook for hook in self.base for number in range(dice.number(0, 2))}

    def rule(self, hook: str) -> str:
        """Return a rule that calls no chain."""
        self.user = {}
        return self._rule(hook, hook)

    def text(self) -> RuleText:
        """Return the table's text."""
        dice = self.dice
        heads: list[str] = []
        for hook in self.base:
            drop = self.table != "nat" and dice.chance(0.08)
            heads.append(f":{hook} {'DROP' if drop else 'ACCEPT'} [0:0]")
        heads += (f":{name} - [0:0]" for name in self.user)
        rules: list[str] = []
        if self.made.by_marks:
            rules += self._marking()
        rules += rare.rules(dice, self.version, self.table, self.base, self.sets)
        for chain, hook in {**{hook: hook for hook in self.base}, **self.user}.items():
            rules += (self._rule(chain, hook) for _ in range(dice.number(0, 5)))
        return RuleText(self.tool, self.version, self.table, tuple(heads), tuple(rules))

    def _marking(self) -> list[str]:
        """Marks choose routes; where only what belongs to a connection is marked, it may leave MASQUERADE's link."""
        dice = self.dice
        if self.table == "nat" and "POSTROUTING" in self.base and dice.chance(0.4):
            return ["-A POSTROUTING -o up+ -j MASQUERADE"]
        which = dice.pick(("-m mark --mark 0", "-m mark --mark 0", "-m conntrack --ctstate ESTABLISHED"))
        marking = (hook for hook in self.base if self.table == "mangle" and hook in ("PREROUTING", "OUTPUT"))
        return [f"-A {hook} {which} -j MARK --set-mark {MARKS[0]}" for hook in marking if dice.chance(0.9)]

    def _rule(self, chain: str, hook: str) -> str:
        for _ in range(50):
            words = self._try_rule(chain, hook)
            if words is not None:
                return words
        return f"-A {chain} -j RETURN"

    def _try_rule(self, chain: str, hook: str) -> str | None:
        dice = self.dice
        protocol = dice.pick((None, None, "tcp", "tcp", "udp", "udp", "icmp", dice.pick(("sctp", "udplite", "esp"))))
        matches = [self._protocol(protocol)] if protocol else []
        kinds = dice.some(_KINDS, 3) if dice.chance(0.85) else []
        for kind in dict.fromkeys(kinds):
            words = getattr(self, f"_match_{kind}")(hook, protocol)
            if words is None:
                return None
            matches.append(words)
        target = self._target(chain, hook, protocol)
        if "multiport" in kinds and ("dport" in kinds or "sport" in kinds):
            return None
        if "flags" in kinds and target is not None and target.startswith("--tcp-flags"):
            return None
        return None if target is None else " ".join(("-A", chain, *matches, target))

    def _protocol(self, protocol: str) -> str:
        name = "ipv6-icmp" if protocol == "icmp" and self.version == 6 else protocol
        self.inverted = self.dice.chance(0.08) and protocol == "icmp"
        return f"{'! ' if self.inverted else ''}-p {name}"

    # --- matches -----------------------------------------------------------------------------------------------------

    def _not(self, often: float = 0.2) -> str:
        return "! " if self.dice.chance(often) else ""

    def _prefix(self) -> str:
        choices = (*NETWORKS[self.version], *self.made.addresses(self.version), *self.made.addresses(self.version))
        return self.dice.pick(choices)

    def _match_source(self, hook: str, protocol: str | None) -> str:
        return self._address("-s")

    def _match_destination(self, hook: str, protocol: str | None) -> str:
        return self._address("-d")

    def _address(self, option: str) -> str:
        prefix = self._prefix()
        return f"{'' if prefix.endswith('/0') else self._not()}{option} {prefix}"

    def _match_iif(self, hook: str, protocol: str | None) -> str | None:
        return self._interface("-i") if hook in _IN else None

    def _match_oif(self, hook: str, protocol: str | None) -> str | None:
        return self._interface("-o") if hook in _OUT else None

    def _interface(self, option: str) -> str:
        link = self._link()
        # ``! -i +`` matches nothing, and iptables-save does not print it.
        return f"{'' if link == '+' else self._not()}{option} {link}"

    def _link(self) -> str:
        return self.dice.pick((*self.made.links, *self.made.links, "lo", "up+", "br+", "r+", "eth0", "+", "up*"))

    def _match_dport(self, hook: str, protocol: str | None) -> str | None:
        return self._ports("--dport", protocol)

    def _match_sport(self, hook: str, protocol: str | None) -> str | None:
        return self._ports("--sport", protocol)

    def _ports(self, option: str, protocol: str | None) -> str | None:
        if protocol not in ("tcp", "udp", "sctp"):
            return None
        first = self.dice.pick(PORTS if option == "--dport" else (*PORTS, *SOURCE_PORTS))
        return f"{self._not()}{option} {first}" + (f":{first + 500}" if self.dice.chance(0.4) else "")

    def _match_multiport(self, hook: str, protocol: str | None) -> str | None:
        if protocol not in ("tcp", "udp", "sctp", "udplite"):
            return None
        option = self.dice.pick(("--dports", "--sports", "--ports"))
        ports = [str(port) for port in self.dice.some((*PORTS, *SOURCE_PORTS), 4)]
        if self.dice.chance(0.4):
            ports.append("1024:1060")
        return f"-m multiport {self._not()}{option} {','.join(ports)}"

    def _match_flags(self, hook: str, protocol: str | None) -> str | None:
        if protocol != "tcp":
            return None
        if self.dice.chance(0.4):
            return f"{self._not()}--syn"
        return (
            f"{self._not()}--tcp-flags {self.dice.pick(('SYN,ACK', 'ALL', 'RST', 'FIN,SYN,RST,ACK'))} "
            + self.dice.pick(("SYN", "ACK", "SYN,ACK", "NONE", "RST"))
        )

    def _match_state(self, hook: str, protocol: str | None) -> str | None:
        if self.table == "raw":
            return None
        states = ",".join(self.dice.some(("NEW", "ESTABLISHED", "RELATED", "INVALID", "UNTRACKED", "DNAT", "SNAT"), 3))
        return f"-m conntrack {self._not()}--ctstate {states}"

    def _match_conntrack(self, hook: str, protocol: str | None) -> str | None:
        if self.table == "raw":
            return None
        option = self.dice.pick(("ctorigdst", "ctorigsrc", "ctreplsrc", "ctrepldst", "ctorigdstport", "ctorigsrcport",
                                 "ctreplsrcport", "ctrepldstport", "ctdir", "ctstatus", "ctproto"))  # fmt: skip
        if option.endswith("port"):
            return f"-m conntrack {self._not()}--{option} {self.dice.pick(PORTS)}"
        match option:
            case "ctdir":
                return f"-m conntrack --ctdir {self.dice.pick(('ORIGINAL', 'REPLY'))}"
            case "ctstatus":
                status = self.dice.pick(("SEEN_REPLY", "CONFIRMED", "NONE", "SEEN_REPLY,CONFIRMED"))
                return f"-m conntrack {self._not()}--ctstatus {status}"
            case "ctproto":
                return f"-m conntrack {self._not()}--ctproto {self.dice.pick(('tcp', 'udp'))}"
            case _:
                return f"-m conntrack {self._not()}--{option} {self._prefix()}"

    def _match_mark(self, hook: str, protocol: str | None) -> str:
        return f"-m mark {self._not()}--mark {self.dice.pick((0, *MARKS)):#x}" + self.dice.pick(("", "/0x10", "/0xff"))

    def _match_connmark(self, hook: str, protocol: str | None) -> str | None:
        if self.table == "raw":
            return None
        return f"-m connmark {self._not()}--mark {self.dice.pick((0, *MARKS)):#x}"

    def _match_addrtype(self, hook: str, protocol: str | None) -> str | None:
        side = self.dice.pick(("dst", "dst", "src"))
        kind = self.dice.pick(("LOCAL", "LOCAL", "UNICAST", "BROADCAST", "MULTICAST", "LOCAL,BROADCAST"))
        if self.version == 6:
            kind = self.dice.pick(("LOCAL", "UNICAST", "MULTICAST", "ANYCAST", "UNREACHABLE", "LOCAL,UNICAST"))
        limit = ""
        if self.dice.chance(0.5):
            limit = " --limit-iface-in" if hook in ("PREROUTING", "INPUT") else " --limit-iface-out"
            if hook == "FORWARD":
                limit = ""
        return f"-m addrtype {self._not()}--{side}-type {kind}{limit}"

    def _match_iprange(self, hook: str, protocol: str | None) -> str:
        first, last = ("192.0.2.0", "198.51.100.5") if self.version == 4 else ("2001:db8::", "2001:db8:2::5")
        return f"-m iprange {self._not()}--{self.dice.pick(('src', 'dst'))}-range {first}-{last}"

    def _match_ttl(self, hook: str, protocol: str | None) -> str:
        name = "ttl" if self.version == 4 else "hl"
        option = self.dice.pick(("eq", "lt", "gt"))
        return f"-m {name} {self._not() if option == 'eq' else ''}--{name}-{option} {self.dice.pick((1, 2, 63, 64))}"

    def _match_dscp(self, hook: str, protocol: str | None) -> str:
        return f"-m dscp {self._not()}--dscp {self.dice.pick(('0x08', '0x2e', '0x00'))}"

    def _match_length(self, hook: str, protocol: str | None) -> str:
        return f"-m length {self._not()}--length {self.dice.pick(('0:40', '48', '36:48', '60:'))}"

    def _match_set(self, hook: str, protocol: str | None) -> str | None:
        if not self.sets:
            return None
        nets = tuple(name for name in self.sets if name.endswith("-net"))  # those that have exceptions, more often
        return f"-m set {self._not()}--match-set {ipsets.match(self.dice, self.dice.pick((*self.sets, *nets * 4)))}"

    def _match_extension(self, hook: str, protocol: str | None) -> str:
        return extensions.match(self.dice, self.version, self.table, hook, protocol)

    def _match_rpfilter(self, hook: str, protocol: str | None) -> str | None:
        if hook != "PREROUTING" or self.table not in ("raw", "mangle"):
            return None
        options = [each for each in ("--loose", "--validmark", "--accept-local", "--invert") if self.dice.chance(0.3)]
        return " ".join(("-m rpfilter", *options))

    def _match_physdev(self, hook: str, protocol: str | None) -> str | None:
        if hook in ("PREROUTING", "INPUT"):
            return f"-m physdev {self._not()}--physdev-in {self.dice.pick(('v1', 'v2', 'v+'))}"
        if hook == "FORWARD":
            return f"-m physdev {self._not()}" + self.dice.pick(
                ("--physdev-in v1", "--physdev-is-bridged", "--physdev-is-in")
            )
        return None

    def _match_icmp(self, hook: str, protocol: str | None) -> str | None:
        if protocol != "icmp" or self.inverted:
            return None
        option = "--icmp-type" if self.version == 4 else "--icmpv6-type"
        return f"{self._not()}{option} {self.dice.pick(_ICMP_TYPES[self.version])}"

    # --- targets -----------------------------------------------------------------------------------------------------

    def _target(self, chain: str, hook: str, protocol: str | None) -> str | None:
        dice = self.dice
        later = chain in self.base
        jumps = [name for name, reached in self.user.items() if reached == hook and (later or name > chain)]
        if jumps and dice.chance(0.35):
            return f"-{dice.pick('jjg')} {dice.pick(jumps)}"
        if dice.chance(0.12):
            return dice.pick(("-j RETURN", "-j RETURN", "", '-m comment --comment "nothing"'))
        if dice.chance(0.1):
            return extensions.target(dice, self.version, self.table, hook, protocol)
        match self.table:
            case "filter":
                return self._verdict() if dice.chance(0.75) else self._reject(protocol)
            case "security":
                return self._verdict()
            case "mangle":
                return self._mangle(hook)
            case "raw":
                zone = f"-j CT --zone {dice.pick((1, 1, 2))}"
                return dice.pick(("-j CT --notrack", "-j NOTRACK", zone, zone, "-j ACCEPT", "-j DROP", "-j RETURN"))
            case _:
                return self._nat(hook, protocol)

    def _verdict(self) -> str:
        return self.dice.pick(("-j ACCEPT", "-j ACCEPT", "-j ACCEPT", "-j DROP", "-j RETURN"))

    def _reject(self, protocol: str | None) -> str:
        if protocol == "tcp" and self.dice.chance(0.4):
            return "-j REJECT --reject-with tcp-reset"
        return f"-j REJECT --reject-with {self.dice.pick(_REJECTS[self.version])}"

    def _mangle(self, hook: str) -> str:
        dice = self.dice
        mark = dice.pick(MARKS)
        choices = [
            f"-j MARK --set-mark {mark:#x}", f"-j MARK --set-xmark {mark:#x}/0xff", f"-j MARK --or-mark {mark:#x}",
            f"-j MARK --and-mark {mark:#x}", f"-j MARK --xor-mark {mark:#x}", "-j CONNMARK --save-mark",
            "-j CONNMARK --restore-mark", f"-j CONNMARK --set-mark {mark:#x}",
            "-j CONNMARK --restore-mark --nfmask 0xff --ctmask 0xff", "-j ACCEPT", "-j DROP", "-j DSCP --set-dscp 0x08",
        ]  # fmt: skip
        if hook in ("PREROUTING", "OUTPUT"):
            choices += [f"-j MARK --set-mark {mark:#x}"] * 3  # where a mark may choose the route
        if hook == "PREROUTING":
            word = "TTL --ttl" if self.version == 4 else "HL --hl"
            choices.append(
                f"-j {word}-{dice.pick(('set 1', 'set 5', 'set 64', 'inc 200', 'inc 1', 'dec 1', 'dec 100'))}"
            )
        return dice.pick(choices)

    def _nat(self, hook: str, protocol: str | None) -> str:
        dice, version = self.dice, self.version
        ports = protocol in ("tcp", "udp", "sctp")
        target = dice.pick((*self.made.inside(version).values(), *self.made.addresses(version)))
        bracketed = f"[{target}]" if version == 6 else target
        port = dice.pick(PORTS)
        drawn = dice.pick(("", "", " --random"))
        if hook in ("PREROUTING", "OUTPUT"):
            span = dice.pick(RANGES[version])
            mapped = "172.18.0.0/30" if version == 4 else "fd18::/126"
            choices = [f"-j DNAT --to-destination {target}", "-j REDIRECT", "-j ACCEPT", "-j RETURN",
                       f"-j NETMAP --to {mapped}",
                       f"-j DNAT --to-destination {span}{dice.pick(('', ' --persistent'))}"]  # fmt: skip
            if ports:
                choices += [f"-j DNAT --to-destination {bracketed}:{port}"] * 3
                choices += [f"-j REDIRECT --to-ports {port}", f"-j DNAT --to-destination :{port}"]
                choices.append(f"-j DNAT --to-destination {bracketed}:{port}-{port + 20}{drawn}")
                choices.append(f"-j REDIRECT --to-ports {port}-{port + 20}{drawn}")
            return dice.pick(choices)
        source = dice.pick(self.made.host_addresses(version))
        choices = [f"-j SNAT --to-source {source}", "-j ACCEPT", "-j RETURN"]
        choices.append(f"-j SNAT --to-source {dice.pick(RANGES[version])}{dice.pick(('', ' --persistent', drawn))}")
        if hook == "POSTROUTING":
            choices += ["-j MASQUERADE"] * 3
            choices.append(f"-j MASQUERADE{dice.pick((' --random', ' --random-fully'))}")
            network = "10.55.0.0/16" if version == 4 else "fd55::/64"
            choices.append(f"-j NETMAP --to {network}")
        if ports and hook == "POSTROUTING":
            bracketed = f"[{source}]" if version == 6 else source
            choices += [f"-j SNAT --to-source {bracketed}:1-65535", "-j MASQUERADE --to-ports 1-65535",
                        f"-j SNAT --to-source {bracketed}:30000-39999{drawn}",
                        f"-j MASQUERADE --to-ports 30000-39999{drawn}",
                        # Several flows that get the same address and port clash.
                        f"-j SNAT --to-source {bracketed}:31000", "-j MASQUERADE --to-ports 31000"]  # fmt: skip
        return dice.pick(choices)


_ICMP_TYPES: dict[Version, tuple[str, ...]] = {
    4: ("echo-request", "echo-reply", "echo-request", "destination-unreachable", "fragmentation-needed", "redirect",
        "time-exceeded", "parameter-problem", "timestamp-request", "port-unreachable", "0/1", "any"),
    6: ("echo-request", "echo-reply", "echo-request", "destination-unreachable", "packet-too-big", "time-exceeded",
        "parameter-problem", "router-solicitation", "neighbour-advertisement", "redirect", "port-unreachable", "128/1"),
}  # fmt: skip
_KINDS = (
    "source", "destination", "iif", "oif", "dport", "sport", "multiport", "flags", "state", "conntrack", "mark",
    "connmark", "addrtype", "iprange", "ttl", "dscp", "length", "set", "rpfilter", "physdev", "icmp",
    "extension", "extension",
    "source", "destination", "iif", "oif", "dport", "state",
)  # fmt: skip
