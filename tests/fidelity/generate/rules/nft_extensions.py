"""Expressions and statements of nft that rules have now and then."""

from hairpin.network.prefix import Version
from tests.fidelity.generate.plan import MARKS, PORTS, Dice, Plan
from tests.fidelity.testbed.capabilities import looks_up_ranges_of_ipv6, nft_queues

_FORKS = 0.05
"""How often a rule has a match with a memory, or one that hairpin does not model: each doubles the walk's branches."""


def named(dice: Dice, made: Plan, version: Version, table: str) -> tuple[str, ...]:
    """Return commands that make the sets, maps and objects that :func:`match` and :func:`statement` speak of."""
    kind = "ipv4_addr" if version == 4 else "ipv6_addr"
    net = "192.0.2.0/24" if version == 4 else "2001:db8:1::/64"
    addresses = sorted(set(made.addresses(version)))
    some = dice.some(addresses, 3)
    marks = ", ".join(f"{each} : {dice.pick(MARKS):#x}" for each in some)
    timed = ", ".join(f"{each} timeout 1h" for each in some)
    spans, ranges = f"{net} . 80-443, {addresses[0]} . 0-65535", " flags interval;"
    if version == 6 and not looks_up_ranges_of_ipv6():
        spans, ranges = f"{addresses[0]} . 443", ""
    verdicts = "80 : accept, 443 : drop, 53 : return"
    return (
        f"add set {table} spans {{ type {kind} . inet_service;{ranges} elements = {{ {spans} }}; }}",
        f"add set {table} timed {{ type {kind}; flags timeout; elements = {{ {timed} }}; }}",
        f"add set {table} seen {{ type {kind}; flags dynamic; size 100; }}",
        f"add set {table} links {{ type ifname; elements = {{ lo, up0, eth0 }}; }}",
        f"add set {table} marks {{ type mark; elements = {{ 0x1, 0x10 }}; }}",
        f"add map {table} marked {{ type {kind} : mark; elements = {{ {marks} }}; }}",
        f"add map {table} verdicts {{ type inet_service : verdict; elements = {{ {verdicts} }}; }}",
        f"add counter {table} hits {{ packets 0 bytes 0; }}",
        f'add ct helper {table} tftp {{ type "tftp" protocol udp; }}',
    )


def match(dice: Dice, made: Plan, version: Version, hook: str, priority: int, protocol: str | None) -> str:
    """Return a match."""
    if dice.chance(_FORKS):
        return _forking(dice, version, priority)
    turned = "!= " if dice.chance(0.2) else ""
    ip = "ip" if version == 4 else "ip6"
    some = dice.some(sorted(set(made.addresses(version))), 3)
    echo = dice.pick(("echo-request", "echo-reply", "{ echo-request, echo-reply }"))
    choices = [
        f"{ip} {dice.pick(('saddr', 'daddr'))} {turned}@timed", f"iifname {turned}@links", f"meta mark {turned}@marks",
        f"{ip} ecn {turned}not-ect", f"meta pkttype {dice.pick(('host', '!= host', 'broadcast', 'multicast'))}",
        f"meta mark {turned}{{ 0x1, 0x10-0x20 }}", "meta mark & 0x10 != 0x10", "meta mark & 0x3 != 0",
        f"{ip} saddr . {ip} daddr {turned}{{ {some[0]} . {some[-1]}, {some[-1]} . {made.addresses(version)[0]} }}",
        f'{ip} saddr . iifname {turned}{{ {some[0]} . "up0", {some[-1]} . "br0" }}',
        f"{ip} length {dice.pick(('< 60', '48', '>= 40'))}" if version == 4 else "exthdr hbh missing",
    ]  # fmt: skip
    if protocol is None:
        icmp = "icmp" if version == 4 else "icmpv6"
        one = dice.pick(("tcp", "udp"))
        choices += [f"{icmp} type {turned}{echo}", f"{icmp} code {turned}0",
                    f"meta l4proto {turned}{{ tcp, {'icmp' if version == 4 else 'ipv6-icmp'} }}",
                    f"{ip} {'protocol' if version == 4 else 'nexthdr'} {turned}{one}"]  # fmt: skip
    if version == 4:
        choices += ["ip saddr & 255.255.255.0 == 192.0.2.0", "ip daddr & 0.0.0.3 == 0.0.0.2",
                    "ip frag-off & 0x1fff == 0"]  # fmt: skip
    else:
        choices += ["exthdr frag exists", "exthdr rt missing", "ip6 saddr & ffff:ffff:: == 2001:db8::"]
    if hook in ("prerouting", "input", "forward"):
        choices += [f"ether saddr {turned}02:00:00:00:0{dice.pick((0, 1, 7))}:01",
                    f"iif {turned}lo",
                    f"meta iif {dice.pick(made.links)}",
                    f"ether daddr {turned}02:00:00:00:00:02"]  # fmt: skip
    if hook == "forward":  # nft does not print it before another match of that header
        choices.append(f"ether type {turned}{ip}")
    if hook in ("forward", "output", "postrouting"):
        choices += [f"oif {turned}lo", f"oif {dice.pick(made.links)}"]
    if hook == "output":
        choices += [f"meta skuid {turned}0", f"meta skgid {turned}7-99"]
    if hook == "prerouting":
        choices.append(f"fib saddr . mark . iif oif {dice.pick(('missing', 'exists'))}")
    if protocol:
        choices += [f"{ip} {dice.pick(('daddr', 'saddr'))} . {protocol} dport {turned}@spans",
                    f"th dport {turned}{dice.pick(PORTS)}", f"th sport {turned}1024-1060",
                    f"{protocol} dport . {ip} saddr {turned}{{ 80 . {some[0]}, 443-50000 . {some[-1]} }}"]  # fmt: skip
    if priority > -200:
        side = f"ct {dice.pick(('original', 'reply'))}"
        # A UDP connection becomes assured after two seconds, and cases take different times.
        assured = "assured" if protocol == "tcp" else "expected"
        status = dice.pick(("confirmed", "!= confirmed", assured, "expected", "dnat,snat"))
        choices += [f"ct zone {turned}0", f"{side} {ip} {dice.pick(('saddr', 'daddr'))} {turned}{dice.pick(some)}",
                    # nft does not list ``ct l3proto ipv4`` before a protocol's match, as if it were implied by that.
                    f"ct l3proto != {dice.pick(('ipv4', 'ipv6'))}", "ct mark & 0x10 == 0x10",
                    f"ct status {status}"]  # fmt: skip
        if protocol:
            port = f"{side} proto-{dice.pick(('src', 'dst'))} {turned}{dice.pick(PORTS)}"
            choices += [f"meta l4proto {protocol} {port}"] * 2
        else:
            # Negated, since nft refuses a match of another protocol beside it.
            choices.append(f"ct protocol != {dice.pick(('tcp', 'udp'))}")
    return dice.pick(choices)


def _forking(dice: Dice, version: Version, priority: int) -> str:
    ip = "ip" if version == 4 else "ip6"
    choices = ["numgen random mod 2 == 0", "numgen inc mod 3 == 0", f"jhash {ip} saddr mod 2 == 0",
               "symhash mod 2 == 0",
               "limit rate 5/minute burst 3 packets", "quota over 500 bytes", "meta random < 100000", "meta cpu 0",
               "meta iifgroup 0", f"{ip} saddr @seen", 'meta hour >= "12:00"',
               "@th,16,16 80", "meta priority 0", "rt classid 0"]  # fmt: skip
    if priority > -200:
        choices += ["ct count 2", "ct packets > 1", "ct expiration > 5s", "ct label 1"]
    return dice.pick(choices)


def statement(dice: Dice, made: Plan, version: Version, hook: str, priority: int, protocol: str | None) -> str:
    """Return a statement, without the rule's counter."""
    ip = "ip" if version == 4 else "ip6"
    some = dice.some(sorted(set(made.addresses(version))), 3)
    marks = ", ".join(f"{each} : {dice.pick(MARKS):#x}" for each in some)
    choices = ['log prefix "x"', "log group 5",
               f"{dice.pick(('add', 'update'))} @seen {{ {ip} saddr }}", "counter name hits", "meta nftrace set 1",
               "meta priority set 1:1", "meta mark set meta mark ^ 0x3", "meta mark set meta mark & 0xfffffff0 | 0x1",
               f"meta mark set {ip} saddr map {{ {marks} }}", f"meta mark set {ip} daddr map @marked"]  # fmt: skip
    if protocol in ("tcp", "udp"):
        choices += [f"meta mark set {protocol} dport map {{ 80 : 0x1, 443-8080 : 0x10 }}", f"{protocol} dport set 8080",
                    f"{protocol} dport vmap @verdicts"]  # fmt: skip
        if hook in ("prerouting", "output"):  # behind NAT it would hide the port that the kernel has drawn
            choices.append(f"{protocol} sport set 21000")
    if hook == "prerouting":  # what a raw socket sends keeps the neighbour that it has been routed to
        choices.append(f"{ip} daddr set {dice.pick(some)}")
    if hook in ("input", "forward", "output"):
        names = ("net-unreachable", "prot-unreachable", "host-prohibited", "net-prohibited", "port-unreachable")
        names6 = ("no-route", "admin-prohibited", "policy-fail", "reject-route", "addr-unreachable")
        choices += [
            "reject",
            f"reject with {f'icmp {dice.pick(names)}' if version == 4 else f'icmpv6 {dice.pick(names6)}'}",
        ]
    if hook == "prerouting" and protocol in ("tcp", "udp"):
        choices.append(f"tproxy {ip} to :8080")
    if nft_queues():
        choices.append(f"queue {dice.pick(('', 'flags bypass '))}to 7")
    if priority > -200:
        choices += ["ct mark set meta mark & 0xff", "ct mark set ct mark | 0x10", f"ct mark set {ip} saddr map @marked",
                    "meta mark set ct mark & 0x30 | 0x1"]  # fmt: skip
    return dice.pick(choices)
