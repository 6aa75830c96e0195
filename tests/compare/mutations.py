"""Changes that real commands make on a lab host, what of them is to be listed, and how they are taken back."""

from collections.abc import Iterator

import msgspec

from hairpin.compare.listed_difference import ListedDifference, PartOfHost

CLIENTS = "192.0.2.0/24"
"""The network of the client that a question means if it names none."""
_WEB = "172.17.0.2"


class Expected(msgspec.Struct, frozen=True):
    """A difference that is to be listed: its part of the host, and words that its place and its texts have."""

    part: PartOfHost
    words: tuple[str, ...]

    def is_met(self, each: ListedDifference) -> bool:
        """Return whether the difference is the expected one."""
        text = " ".join(str(part) for part in (each.where, each.before, each.after) if part is not None)
        return each.part == self.part and all(word in text for word in self.words)


class Mutation(msgspec.Struct, frozen=True):
    """``run`` and ``undo``: shell commands on the host.  ``expected``: what is to be listed.  ``brings``: what may
    be listed, too, because the same command makes it.  ``before``: commands that are made before the first snapshot."""

    name: str
    run: tuple[str, ...]
    undo: tuple[str, ...]
    expected: tuple[Expected, ...]
    brings: tuple[Expected, ...] = ()
    before: tuple[str, ...] = ()

    @property
    def subject(self) -> str:
        """What it touches: two changes of one pair have different ones."""
        return self.name.partition(",")[0]


def _rule(name: str, number: int, words: str, *, table: str = "filter", chain: str = "DOCKER-USER") -> Mutation:
    marked = f"{words.partition(' -j ')[0]} -m comment --comment n{number} -j {words.partition(' -j ')[2]}"
    return Mutation(
        name,
        (f"iptables -t {table} -I {chain} {marked}",),
        (f"iptables -t {table} -D {chain} {marked}",),
        (Expected("rules", (f"n{number}", f"{table} {chain}")),),
    )


def _sysctl(name: str, key: str, value: str, back: str) -> Mutation:
    return Mutation(name, (f"sysctl -qw {key}={value}",), (f"sysctl -qw {key}={back}",), (Expected("sysctls", (key,)),))


def _lost(name: str, chain: str, rule: str, number: int, *, table: str = "filter") -> Mutation:
    return Mutation(
        name,
        (f"iptables -t {table} -D {chain} {rule}",),
        (f"iptables -t {table} -I {chain} {number} {rule}",),
        (Expected("rules", (f"{table} {chain}", rule)),),
    )


def deciding(n: int) -> Iterator[Mutation]:
    """Yield changes each of which decides flows alone; ``n``: a number that nothing else has."""
    yield _rule("a rule drops", n, "-p tcp -m tcp --dport 80 -j DROP")
    yield _rule("a rule rejects", n, f"-d {_WEB}/32 -j REJECT --reject-with icmp-port-unreachable")
    yield _rule("raw drops", n, "-p tcp -m tcp --dport 8151 -j DROP", table="raw", chain="PREROUTING")
    yield _rule("mangle drops", n, "-s 192.0.2.0/24 -j DROP", table="mangle", chain="FORWARD")
    yield _rule("nat goes elsewhere", n, "-p tcp -m tcp --dport 8152 -j DNAT --to-destination 172.17.0.9:80",
                table="nat", chain="PREROUTING")  # fmt: skip
    yield _sysctl("forwarding of eth0", "net.ipv4.conf.eth0.forwarding", "0", "1")
    yield _sysctl("ip_forward", "net.ipv4.ip_forward", "0", "1")
    yield Mutation("bridge down", ("ip link set docker0 down",), ("ip link set docker0 up",),
                   (Expected("links", ("docker0",)),))  # fmt: skip
    yield Mutation("blackhole", (f"ip route add blackhole {CLIENTS}",), (f"ip route del blackhole {CLIENTS}",),
                   (Expected("routes", (CLIENTS, "blackhole")),))  # fmt: skip
    yield Mutation("default route lost", ("ip route del default",), ("ip route add default via 198.51.100.1",),
                   (Expected("routes", ("default",)),))  # fmt: skip
    yield Mutation("policy rule", (f"ip rule add to {CLIENTS} prohibit priority {n}",),
                   (f"ip rule del priority {n}",), (Expected("policy-rules", (str(n),)),))  # fmt: skip
    yield Mutation("address lost", ("ip addr del 172.17.0.1/16 dev docker0",),
                   ("ip addr add 172.17.0.1/16 brd 172.17.255.255 dev docker0",),
                   (Expected("addresses", ("172.17.0.1",)),))  # fmt: skip
    yield _lost("jump lost", "FORWARD", "-o docker0 -j DOCKER", 8)
    yield _lost("replies' rule lost", "FORWARD", "-i docker0 ! -o docker0 -j ACCEPT", 9)
    yield Mutation("paused", ("docker pause web",), ("docker unpause web",), (Expected("containers", ("web",)),),
                   (Expected("sockets", (":80",)),))  # fmt: skip
    yield Mutation("default route of web", ("docker-netns web ip route del default",),
                   ("docker-netns web ip route add default via 172.17.0.1",),
                   (Expected("routes", ("default", "172.17.0.1")),))  # fmt: skip
    yield Mutation("static neighbour", (f"ip neigh replace {_WEB} lladdr 02:00:00:00:99:99 nud permanent dev docker0",),
                   (f"ip neigh del {_WEB} dev docker0",), (Expected("neighbours", (_WEB,)),))  # fmt: skip


def together(n: int) -> Iterator[tuple[Mutation, ...]]:
    """Yield changes that decide flows only together."""
    chain = f"X{n}"
    yield (
        _chain(chain, f"-p tcp -m tcp --dport 80 -m comment --comment n{n} -j DROP"),
        _jump("jump to a chain", chain, "DOCKER-USER"),
    )
    yield (
        _chain(f"{chain}A", f"-m comment --comment a{n} -j DROP"),
        _chain(f"{chain}B", f"-d {_WEB}/32 -j {chain}A", first=f"iptables -N {chain}A 2>/dev/null || true; "),
        _jump("jump to chains", f"{chain}B", "DOCKER-USER"),
    )
    yield (
        Mutation("table of routes", (f"ip route add blackhole {CLIENTS} table {n % 250 + 300}",),
                 (f"ip route del blackhole {CLIENTS} table {n % 250 + 300}",),
                 (Expected("routes", (str(n % 250 + 300),)),)),
        Mutation("rule to a table", (f"ip rule add to {CLIENTS} lookup {n % 250 + 300} priority {n}",),
                 (f"ip rule del priority {n}",), (Expected("policy-rules", (str(n),)),)),
    )  # fmt: skip
    mark = hex(n)
    yield (
        _rule("mark", n, f"-p tcp -m tcp --dport 8151 -j MARK --set-xmark {mark}/0xffffffff", table="mangle",
              chain="PREROUTING"),
        Mutation("rule by mark", (f"ip rule add fwmark {mark} prohibit priority {n}",), (f"ip rule del priority {n}",),
                 (Expected("policy-rules", (str(n),)),)),
    )  # fmt: skip
    yield (
        _rule("mark for a table", n, f"-p tcp -m tcp --dport 8151 -j MARK --set-xmark {mark}/0xffffffff",
              table="mangle", chain="PREROUTING"),
        Mutation("rule by mark to a table", (f"ip rule add fwmark {mark} lookup {n % 250 + 300} priority {n}",),
                 (f"ip rule del priority {n}",), (Expected("policy-rules", (str(n),)),)),
        Mutation("marked table", (f"ip route add prohibit default table {n % 250 + 300}",),
                 (f"ip route del prohibit default table {n % 250 + 300}",),
                 (Expected("routes", (str(n % 250 + 300),)),)),
    )  # fmt: skip
    kept = f"-p tcp -m tcp --dport 80 -m comment --comment k{n} -j ACCEPT"
    before = (f"iptables -I DOCKER-USER {kept}",)
    yield (
        Mutation("accepted twice", (f"iptables -D DOCKER-USER {kept}",), (), (Expected("rules", (f"k{n}",)),),
                 before=before),
        _lost("accepted by Docker", "FORWARD", "-o docker0 -j DOCKER", 8),
    )  # fmt: skip
    yield (
        Mutation("set", (f"ipset create S{n} hash:net; ipset add S{n} {CLIENTS}",), (f"ipset destroy S{n}",),
                 (Expected("sets", (f"S{n}",)),)),
        Mutation("rule with a set", (f"iptables -I DOCKER-USER -m set --match-set S{n} src -j DROP",),
                 (f"iptables -D DOCKER-USER -m set --match-set S{n} src -j DROP",),
                 (Expected("rules", (f"S{n}",)),)),
    )  # fmt: skip


def _chain(name: str, rule: str, first: str = "") -> Mutation:
    return Mutation(
        f"chain {name}",
        (f"{first}iptables -N {name} 2>/dev/null || true; iptables -A {name} {rule}",),
        (f"iptables -F {name}; iptables -X {name}",),
        (Expected("rules", (f"chain {name}",)),),
    )


def _jump(name: str, to: str, chain: str) -> Mutation:
    return Mutation(
        name, (f"iptables -I {chain} -j {to}",), (f"iptables -D {chain} -j {to}",),
        (Expected("rules", (f"filter {chain}", f"-j {to}")),),
    )  # fmt: skip


def neutral(n: int) -> Iterator[Mutation]:
    """Yield changes that decide no flow that is asked."""
    yield _sysctl("martians", "net.ipv4.conf.lo.log_martians", "1", "0")
    yield _sysctl("syncookies", "net.ipv4.tcp_syncookies", "2", "1")
    yield _sysctl("redirects", "net.ipv4.conf.eth0.send_redirects", "0", "1")
    yield _rule("input", n, "-s 203.0.113.7/32 -p tcp -m tcp --dport 22 -j ACCEPT", chain="INPUT")
    yield _rule("forward", n, "-s 203.0.113.7/32 -p udp -m udp --dport 9 -j DROP", chain="FORWARD")
    yield _rule("six", n, "-s 203.0.113.9/32 -j DROP", table="raw", chain="PREROUTING")
    yield _chain(f"U{n}", f"-m comment --comment u{n} -j RETURN")
    move = "iptables -D DOCKER-ISOLATION-STAGE-2 {rule}; iptables -I DOCKER-ISOLATION-STAGE-2 {number} {rule}"
    yield Mutation("moved", (move.format(rule="-o docker0 -j DROP", number=1),),
                   (move.format(rule="-o docker0 -j DROP", number=2),),
                   (Expected("rules", ("moved", "DOCKER-ISOLATION-STAGE-2")),))  # fmt: skip
    yield Mutation("bridge", (f"ip link add d{n} type bridge",), (f"ip link del d{n}",),
                   (Expected("links", (f"d{n}",)),))  # fmt: skip
    yield Mutation("bridge with address", (f"ip link add e{n} type bridge", f"ip addr add 10.77.0.1/24 dev e{n}",
                                           f"ip link set e{n} up"), (f"ip link del e{n}",),
                   (Expected("links", (f"e{n}",)), Expected("addresses", (f"e{n}",))))  # fmt: skip
    yield Mutation("route", ("ip route add 203.0.113.64/26 via 198.51.100.1",),
                   ("ip route del 203.0.113.64/26",), (Expected("routes", ("203.0.113.64/26",)),))  # fmt: skip
    yield Mutation("neighbour", ("ip neigh replace 198.51.100.77 lladdr 02:00:00:00:77:77 nud permanent dev eth0",),
                   ("ip neigh del 198.51.100.77 dev eth0",), (Expected("neighbours", ("198.51.100.77",)),))  # fmt: skip
    yield Mutation("second address", ("ip addr add 198.51.100.99/24 dev eth0",),
                   ("ip addr del 198.51.100.99/24 dev eth0",),
                   (Expected("addresses", ("198.51.100.99",)),))  # fmt: skip
    yield Mutation("file", (f"echo 'net.ipv4.conf.all.rp_filter = 0' > /etc/sysctl.d/n{n}.conf",),
                   (f"rm /etc/sysctl.d/n{n}.conf",), (Expected("files", (f"n{n}.conf",)),))  # fmt: skip
    hook = "{ type filter hook input priority 5; }"
    yield Mutation("native", (f"nft add table inet t{n}", f"nft add chain inet t{n} c '{hook}'",
                              f"nft add rule inet t{n} c ip saddr 203.0.113.8 drop"),
                   (f"nft delete table inet t{n}",), (Expected("rules", (f"inet t{n}",)),))  # fmt: skip
    port = n % 20000 + 10000
    yield Mutation("listener", (f"python3 -m http.server {port} >/dev/null 2>&1 & echo $! >/run/n{n}; sleep 0.4",),
                   (f"kill $(cat /run/n{n})",), (Expected("sockets", (f":{port} ",)),))  # fmt: skip
    yield Mutation("policy rule unused", (f"ip rule add from 203.0.113.5 lookup main priority {n + 1}",),
                   (f"ip rule del priority {n + 1}",), (Expected("policy-rules", (str(n + 1),)),))  # fmt: skip
    yield Mutation("mtu", ("ip link set lo mtu 65000",), ("ip link set lo mtu 65536",),
                   (Expected("links", ("lo", "mtu")),), (Expected("routes", ("::1/128",)),))  # fmt: skip
    yield Mutation("network", (f"docker network create net{n}",), (f"docker network rm net{n}",),
                   (Expected("networks", (f"net{n}",)),),
                   (Expected("links", ("br-",)), Expected("addresses", ("br-",)), Expected("rules", ("br-",)),
                    Expected("routes", ("br-",))))  # fmt: skip
    yield Mutation("restarted", ("docker restart -t 0 api",), (), ())
    yield Mutation("recreated", ("docker stop -t 0 api && docker start api",), (), ())
