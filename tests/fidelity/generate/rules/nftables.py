"""Random native nftables rulesets, as ``nft -f`` reads them.

Every rule has its counter before its other statements, so a rule that ends early has counted all the same.
"""

from hairpin.network.prefix import Version
from tests.fidelity.case import RuleText
from tests.fidelity.generate.plan import MARKS, NETWORKS, PORTS, RANGES, SOURCE_PORTS, Dice, Plan
from tests.fidelity.generate.rules import nft_extensions, nft_rare
from tests.fidelity.testbed import capabilities

_FILTER_HOOKS = ("prerouting", "input", "forward", "output", "postrouting")
_NAT_HOOKS = {"prerouting": -100, "output": -100, "input": 100, "postrouting": 100}
_PRIORITIES = (-310, -250, -160, -90, -10, 7, 20, 110)
"""Priorities that no iptables table has: chains of equal priority run in the order of registration, which no reading
shows.
"""
_WHOLE_BYTES: dict[Version, tuple[str, ...]] = {
    4: ("10.0.0.0/8", "192.0.0.0/8", "198.51.0.0/16", "172.18.0.0/16", "192.0.2.0/24", "203.0.113.0/24"),
    6: ("2000::/8", "fd00::/8", "2001:db8::/32", "2001:db8:1::/48", "2001:db8:1::/64", "fd18::/64"),
}
_REJECTS: dict[Version, tuple[str, ...]] = {
    4: ("icmp host-unreachable", "icmp admin-prohibited", "icmp net-prohibited", "icmp port-unreachable"),
    6: ("icmpv6 no-route", "icmpv6 admin-prohibited", "icmpv6 addr-unreachable", "icmpv6 port-unreachable"),
}
_ANY_FAMILY = ("icmpx port-unreachable", "icmpx admin-prohibited", "icmpx no-route", "icmpx host-unreachable")


def ruleset(dice: Dice, made: Plan) -> tuple[RuleText, ...]:
    """Return one or two random tables."""
    return tuple(_random_table(dice, made, f"t{number}").text() for number in range(dice.number(1, 2)))


def among_iptables(dice: Dice, made: Plan, table: RuleText) -> RuleText:
    """Return rules of nft's own for the chains of a table of iptables-nft.  Their comment marks them: iptables-nft
    keeps its comments in an extension."""
    family = "ip" if table.version == 4 else "ip6"
    words = [line[1:].split()[:2] for line in table.head]
    hooks = [chain for chain, policy in words if policy != "-"]
    base = {hook: (_kind(table.table, hook), hook.lower(), _priority(table.table, hook)) for hook in hooks}
    user = {name: hook for name, policy in words if policy == "-" for hook in hooks if name.startswith(f"{hook[:3]}-")}
    drawn = _Table(dice, made, table.version, f"{family} {table.table}", base, user)
    places = [f"{dice.pick(('insert', 'insert', 'add'))} rule {drawn.name} {dice.pick(sorted((*base, *user)))}"
              for _ in range(dice.number(1, 3))]  # fmt: skip
    rules = tuple(f'{place} {drawn.rule(place.split()[-1])} comment "{BY_NFT}"' for place in places)
    return RuleText("nft", table.version, drawn.name, drawn.sets(), rules)


BY_NFT = "by nft"
"""The comment of a rule that nft made in a table of iptables."""


def _kind(table: str, hook: str) -> str:
    return "nat" if table == "nat" else "route" if (table, hook) == ("mangle", "OUTPUT") else "filter"


def _priority(table: str, hook: str) -> int:
    if table == "nat":
        return _NAT_HOOKS[hook.lower()]
    return {"raw": -300, "mangle": -150, "filter": 0, "security": 50}[table]


def _random_table(dice: Dice, made: Plan, name: str) -> "_Table":
    """Return a table of nft's own with random chains."""
    both = len(made.versions) == 2
    version: Version = dice.pick(made.versions)
    family = "inet" if both or dice.chance(0.4) else ("ip" if version == 4 else "ip6")
    base: dict[str, tuple[str, str, int]] = {}
    taken: set[tuple[str, int]] = set()
    for number in range(dice.number(1, 4)):
        hook, priority = dice.pick(_FILTER_HOOKS), dice.pick(_PRIORITIES)
        if (hook, priority) not in taken:
            taken.add((hook, priority))
            kind = "route" if hook == "output" and dice.chance(0.4) else "filter"
            base[f"{hook}{number}"] = (kind, hook, priority)
    for hook, priority in _NAT_HOOKS.items():
        if dice.chance(0.35):
            base[f"nat-{hook}"] = ("nat", hook, priority + dice.pick((-1, -2, 1, 2)))
    user = {f"{chain}-u{number}": chain for chain in base for number in range(dice.number(0, 2))}
    return _Table(dice, made, version, f"{family} {name}", base, user)


class _Table:
    """``name``: family and name.  ``base``: type, hook and priority of each base chain; ``user``: the base chain from
    which each other chain is reached."""

    def __init__(
        self,
        dice: Dice,
        made: Plan,
        version: Version,
        name: str,
        base: dict[str, tuple[str, str, int]],
        user: dict[str, str],
    ) -> None:
        self.dice = dice
        self.made = made
        self.version: Version = version
        self.family = name.partition(" ")[0]
        self.name = name
        self.ip = "ip" if version == 4 else "ip6"
        self.base = base
        self.user = user

    def text(self) -> RuleText:
        """Return the table's text."""
        dice, made, lines = self.dice, self.made, [f"add table {self.name}", *self.sets()]
        for chain, (kind, hook, priority) in self.base.items():
            policy = "drop" if kind != "nat" and dice.chance(0.06) else "accept"
            lines.append(
                f"add chain {self.name} {chain} {{ type {kind} hook {hook} priority {priority}; policy {policy}; }}"
            )
        lines += (f"add chain {self.name} {chain}" for chain in self.user)
        if capabilities.flowtables():
            # A flowtable without links: packets of its connections still take the usual path.
            lines.append(f"add flowtable {self.name} f {{ hook ingress priority 0; }}")
        rules: list[str] = []
        for chain, (kind, hook, priority) in self.base.items():
            place = nft_rare.Place(self.family, self.version, kind, hook, priority)
            rules += (f"add rule {self.name} {chain} {each}" for each in nft_rare.rules(dice, made, place))
        for chain in (*self.base, *self.user):
            rules += (f"add rule {self.name} {chain} {self.rule(chain)}" for _ in range(dice.number(0, 5)))
        return RuleText("nft", self.version, self.name, tuple(lines), tuple(rules))

    def sets(self) -> tuple[str, ...]:
        kind = "ipv4_addr" if self.version == 4 else "ipv6_addr"
        addresses = sorted(set(self.made.addresses(self.version)))
        some = ", ".join(self.dice.some(addresses, 4))
        nets = ", ".join(self.dice.some(NETWORKS[self.version][:4], 2))
        pairs = ", ".join(f"{each} . {self.dice.pick(PORTS)}" for each in self.dice.some(addresses, 4))
        ports = ", ".join(str(each) for each in self.dice.some(PORTS, 3))
        return (
            f"add set {self.name} hosts {{ type {kind}; elements = {{ {some} }}; }}",
            f"add set {self.name} nets {{ type {kind}; flags interval; elements = {{ {nets} }}; }}",
            f"add set {self.name} pairs {{ type {kind} . inet_service; elements = {{ {pairs} }}; }}",
            f"add set {self.name} ports {{ type inet_service; elements = {{ {ports} }}; }}",
            *nft_extensions.named(self.dice, self.made, self.version, self.name),
        )

    def rule(self, chain: str) -> str:
        """Return a random rule for the chain."""
        dice = self.dice
        base = self.user.get(chain, chain)
        kind, hook, priority = self.base[base]
        protocol = dice.pick((None, None, "tcp", "tcp", "tcp", "udp", "udp", "udp", dice.pick(("sctp", "udplite"))))
        # Only one match of order per field: nft 1.0 lists ``ip length < 63 ip ttl > 64`` as ``ip ttl != 63-64``.
        asked = (self._match(hook, priority, protocol) for _ in range(dice.number(0, 3)))
        matches = list({_field(each): each for each in asked}.values())
        if any(each.startswith("icmp") for each in matches):  # nft refuses two protocols in a rule
            matches = [each for each in matches if not each.startswith("ct protocol")]
        if protocol and not any(protocol in each for each in matches):
            matches.append(f"meta l4proto {protocol}")
        if dice.chance(0.1):
            statement = self._vmap(chain, base, hook, protocol)
        else:
            statement = self._statement(chain, base, kind, hook, priority, protocol)
        if self.family == "inet" and (kind == "nat" or f"{self.ip} " in statement):
            # Else nft puts this between the counter and the statement.
            matches.insert(0, f"meta nfproto ipv{self.version}")
        return " ".join((*matches, "counter", statement))

    # --- matches -----------------------------------------------------------------------------------------------------

    def _not(self) -> str:
        return "!= " if self.dice.chance(0.2) else ""

    def _address(self) -> str:
        dice = self.dice
        single = [each for each in NETWORKS[self.version] if not each.endswith("/0")]
        first, last = ("192.0.2.0", "198.51.100.5") if self.version == 4 else ("2001:db8::", "2001:db8:2::5")
        some = ", ".join(dice.some(sorted(set(self.made.addresses(self.version))), 3))
        return dice.pick((dice.pick(single), dice.pick(self.made.addresses(self.version)), f"{{ {some} }}",
                          f"{first}-{last}", "@hosts", "@nets"))  # fmt: skip

    def _port(self) -> str:
        dice = self.dice
        some = ", ".join(str(each) for each in dice.some((*PORTS, *SOURCE_PORTS), 3))
        return dice.pick(
            (
                str(dice.pick((*PORTS, *SOURCE_PORTS))),
                f"{{ {some} }}",
                "1000-9000",
                f"{{ {some}, 1024-1060 }}",
                "@ports",
            )
        )

    def _link(self) -> str:
        if self.dice.chance(0.1):
            return self.dice.pick(('"\\*"', '"up\\*"'))  # a star of the name itself, which no link here has
        links = self.dice.some((*self.made.links, "lo", "up*"), 2)
        quoted = ", ".join(f'"{link}"' for link in links)
        return self.dice.pick((f'"{links[0]}"', f"{{ {quoted} }}"))

    def _match(self, hook: str, priority: int, protocol: str | None) -> str:
        dice = self.dice
        if dice.chance(0.25):
            return nft_extensions.match(dice, self.made, self.version, hook, priority, protocol)
        fields = ["saddr", "daddr", "mark", "fib", "fib", "ttl", "dscp", "length", "nfproto"]
        if hook in ("prerouting", "input", "forward"):
            fields += ["iif", "iif"]
        if hook in ("forward", "output", "postrouting"):
            fields += ["oif", "oif"]
        if protocol:
            fields += ["dport", "dport", "sport", "pairs"]
        if protocol == "tcp":
            fields.append("flags")
        if priority > -200:
            fields += ["state", "state", "direction", "ctmark", "ctorig"]
        match dice.pick(fields):
            case "saddr" | "daddr" as side:
                return f"{self.ip} {side} {self._not()}{self._address()}"
            case "mark":
                mask = dice.pick(("", "& 0x10 ", "& 0xff "))
                return f"meta mark {mask}{dice.pick(('==', '!='))} {dice.pick((0, *MARKS)):#x}"
            case "fib":
                return self._fib(hook)
            case "ttl":
                name = "ip ttl" if self.version == 4 else "ip6 hoplimit"
                return f"{name} {dice.pick(('==', '!=', '<', '>'))} {dice.pick((1, 2, 63, 64))}"
            case "dscp":
                return f"{self.ip} dscp {self._not()}{dice.pick(('cs1', 'ef', '0x00'))}"
            case "length":
                return f"meta length {dice.pick(('48', '< 48', '>= 48', '36-48'))}"
            case "nfproto":
                return f"meta nfproto {self._not()}ipv{self.version}" if self.family == "inet" else ""
            case "iif":
                return f"iifname {self._not()}{self._link()}"
            case "oif":
                return f"oifname {self._not()}{self._link()}"
            case "dport" | "sport" as side:
                return f"{protocol} {side} {self._not()}{self._port()}"
            case "pairs":
                return f"{self.ip} {dice.pick(('daddr', 'saddr'))} . {protocol} dport {self._not()}@pairs"
            case "flags":
                return dice.pick(("tcp flags syn", "tcp flags & (syn | ack) == syn", "tcp flags & rst == rst",
                                  "tcp flags != syn"))  # fmt: skip
            case "state":
                states = ",".join(dice.some(("new", "established", "related", "invalid", "untracked"), 3))
                return dice.pick((f"ct state {states}", f"ct state != {{ {states} }}", "ct status dnat",
                                  "ct status snat", "ct status seen-reply"))  # fmt: skip
            case "direction":
                return f"ct direction {dice.pick(('original', 'reply'))}"
            case "ctmark":
                return f"ct mark {self._not()}{dice.pick((0, *MARKS)):#x}"
            case _:
                side = dice.pick(("daddr", "saddr"))
                if self.family != "inet" and dice.chance(0.5):
                    # nft lists these as other addresses, in which the bytes of the prefix come last.
                    way = dice.pick(("original", "original", "reply"))
                    return f"ct {way} {side} {self._not()}{dice.pick(_WHOLE_BYTES[self.version])}"
                return f"ct original {self.ip} {side} {self._not()}{dice.pick(self.made.addresses(self.version))}"

    def _fib(self, hook: str) -> str:
        dice = self.dice
        kinds = ("local", "local", "local", "unicast", "broadcast", "multicast", "{ local, broadcast }", "anycast",
                 "unreachable", "{ blackhole, prohibit }")  # fmt: skip
        kind = dice.pick(kinds)
        if hook in ("prerouting", "input", "forward") and dice.chance(0.15):
            number = f"oif {self._not()}{dice.pick((0, 1, 2, 3, 77))}"
            return f"fib {dice.pick(('daddr', 'saddr'))}{dice.pick(('', ' . mark'))} {number}"
        if hook == "prerouting" and dice.chance(0.3):
            return f"fib saddr{dice.pick(('', ' . mark'))} . iif oif {dice.pick(('missing', 'exists'))}"
        limit = " . iif" if hook in ("prerouting", "input") and dice.chance(0.6) else ""
        return f"fib {dice.pick(('daddr', 'saddr'))}{limit} type {self._not()}{kind}"

    # --- statements --------------------------------------------------------------------------------------------------

    def _chains(self, chain: str, base: str) -> list[str]:
        return [name for name, reached in self.user.items() if reached == base and (chain == base or name > chain)]

    def _vmap(self, chain: str, base: str, hook: str, protocol: str | None) -> str:
        dice = self.dice
        verdicts = ["accept", "drop", "return", "continue", *(f"jump {name}" for name in self._chains(chain, base))]
        if protocol:
            ports = dice.some(PORTS, 3)
            return f"{protocol} dport vmap {{ {', '.join(f'{port} : {dice.pick(verdicts)}' for port in ports)} }}"
        side = "iifname" if hook in ("prerouting", "input", "forward") else "oifname"
        links = dice.some(self.made.links, 3)
        return f"{side} vmap {{ {', '.join(f'{link} : {dice.pick(verdicts)}' for link in links)} }}"

    def _statement(self, chain: str, base: str, kind: str, hook: str, priority: int, protocol: str | None) -> str:
        dice = self.dice
        later = self._chains(chain, base)
        if later and dice.chance(0.3):
            return f"{dice.pick(('jump', 'jump', 'goto'))} {dice.pick(later)}"
        if kind == "nat":
            return self._nat(hook, protocol)
        if dice.chance(0.05):
            # The walk does not follow what such a chain sets (docs/limitations.md).
            inside = dice.pick(("drop", "accept", "return"))
            return f"{dice.pick(('jump', 'goto'))} {{ meta length > {dice.pick((30, 48, 60))} {inside}; }}"
        if dice.chance(0.2):
            return nft_extensions.statement(dice, self.made, self.version, hook, priority, protocol)
        mark = dice.pick(MARKS)
        choices = ["accept", "accept", "accept", "drop", "return", "", "continue", f"meta mark set {mark:#x}",
                   f"meta mark set meta mark | {mark:#x}", f"meta mark set meta mark & {mark:#x}"]  # fmt: skip
        if self.family != "inet":
            choices += [f"{'ip ttl' if self.version == 4 else 'ip6 hoplimit'} set 9", f"{self.ip} dscp set cs1"]
        if hook in ("input", "forward", "output"):
            rejects = _ANY_FAMILY if self.family == "inet" else _REJECTS[self.version]
            choices += [f"reject with {dice.pick(rejects)}"] * 2
            if protocol == "tcp":
                choices.append("reject with tcp reset")
        if priority > -200:
            choices += [f"ct mark set {mark:#x}", "ct mark set meta mark", "meta mark set ct mark"]
        elif hook in ("prerouting", "output"):
            choices += ["notrack", "notrack", *[f"ct zone set {dice.pick((1, 1, 2))}"] * 2]
        return dice.pick(choices)

    def _nat(self, hook: str, protocol: str | None) -> str:
        dice, to = self.dice, self.ip
        target = dice.pick((*self.made.inside(self.version).values(), *self.made.addresses(self.version)))
        bracketed = f"[{target}]" if self.version == 6 else target
        port = dice.pick(PORTS)
        drawn = dice.pick(("", "", " random", " fully-random"))
        if hook in ("prerouting", "output"):
            span = dice.pick(RANGES[self.version])
            choices = [f"dnat {to} to {target}", "redirect", "accept", "return", "drop", f"dnat {to} to {span}"]
            if protocol:
                choices.append(f"redirect to :{port}-{port + 20}{drawn}")
                choices += [f"dnat {to} to {bracketed}:{port}"] * 3
                other = dice.pick(self.made.addresses(self.version))
                choices.append(f"redirect to :{port}")
                choices.append(f"dnat {to} to {protocol} dport map {{ 80 : {target}, 8080 : {other} }}")
            return dice.pick(choices)
        choices = [f"snat {to} to {dice.pick(self.made.host_addresses(self.version))}", "accept", "return"]
        choices.append(f"snat {to} to {dice.pick(RANGES[self.version])}{drawn or dice.pick(('', ' persistent'))}")
        if hook == "postrouting":
            choices += ["masquerade"] * 2
            choices.append(f"masquerade{drawn}")
            if protocol:
                choices += [f"masquerade to :30000-39999{drawn}", "masquerade to :31000"]
        return dice.pick(choices)


def _field(match: str) -> str:
    """Return the field of the match.  Two matches that set the protocol have the same one, as do two comparisons of
    order."""
    words = match.split()
    if not {"<", ">", "<=", ">="}.isdisjoint(words):
        return "order"
    if not {"l4proto", "protocol", "nexthdr"}.isdisjoint(words) or words[:1] in (["icmp"], ["icmpv6"]):
        return "protocol"
    return " ".join(words[:2])
