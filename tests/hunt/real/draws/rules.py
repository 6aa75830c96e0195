"""Draws of rules, chains and policies: iptables of both back ends and families, nft, ebtables, ufw, firewalld."""

import re
import shlex
from collections.abc import Callable, Mapping
from ipaddress import ip_address

from tests.hunt.real.place import Place

_ADDRESS = re.compile(r"\b\d+\.\d+\.\d+\.\d+(?:/\d+)?\b")
_TARGETS = {
    "filter": ("DROP", "DROP", "REJECT", "REJECT --reject-with tcp-reset", "ACCEPT", "RETURN"),
    "nat": ("REDIRECT --to-ports 81", "RETURN", "ACCEPT", "DNAT --to-destination 172.17.0.99"),
    "mangle": ("DROP", "MARK --set-mark 99", "TTL --ttl-set 1", "DROP", "TCPMSS --clamp-mss-to-pmtu"),
    "raw": ("DROP", "NOTRACK", "NOTRACK"),
}


def _program(place: Place) -> str:
    legacy = "iptables-legacy" if place.said("cat /proc/net/ip_tables_names") else "iptables"
    return place.any("iptables", "iptables", "iptables", "ip6tables", legacy)


def _rules(place: Place, program: str) -> list[tuple[str, str, int, str]]:
    """Return table, chain, number and text of each rule."""
    found: list[tuple[str, str, int, str]] = []
    table, count = "", dict[tuple[str, str], int]()
    for line in place.lines(f"{program}-save"):
        if line.startswith("*"):
            table = line[1:]
        elif line.startswith("-A "):
            chain = line.split()[1]
            count[table, chain] = count.get((table, chain), 0) + 1
            found.append((table, chain, count[table, chain], line))
    return found


def _chains(place: Place, program: str) -> list[tuple[str, str]]:
    table, found = "", list[tuple[str, str]]()
    for line in place.lines(f"{program}-save"):
        if line.startswith("*"):
            table = line[1:]
        elif line.startswith(":"):
            found.append((table, line[1:].split()[0]))
    return found


def rule_deleted(place: Place) -> str:
    program = _program(place)
    table, chain, number, _ = place.pick(_rules(place, program), ("", "", 0, ""))
    return f"{program} -t {table} -D {chain} {number}" if table else ""


def rule_inserted(place: Place) -> str:
    program = _program(place)
    usual = [
        ("filter", "FORWARD"), ("filter", "INPUT"), ("filter", "OUTPUT"), ("nat", "PREROUTING"), ("nat", "POSTROUTING"),
        ("nat", "OUTPUT"), ("raw", "PREROUTING"), ("raw", "OUTPUT"), ("mangle", "PREROUTING"), ("mangle", "FORWARD"),
        ("mangle", "POSTROUTING"),
    ]  # fmt: skip
    table, chain = place.pick([*_chains(place, program), *usual], usual[0])
    if table not in _TARGETS:
        return ""
    target = place.random.choice(_TARGETS[table])
    if chain == "POSTROUTING" and table == "nat":
        target = place.any("SNAT --to-source 192.0.2.99", "RETURN", "ACCEPT", "MASQUERADE")
    where = "-I" if place.random.random() < 0.75 else "-A"
    return f"{program} -t {table} {where} {chain} {_match(place, program, table)} -j {target}".replace("  ", " ")


def _match(place: Place, program: str, table: str) -> str:
    protocol, port = place.pick(place.ports_of_flows, "tcp 80").split()
    words: list[str] = [f"-p {protocol}"]
    version = 6 if program == "ip6tables" else 4
    for chance, option in (
        (0.5, f"--dport {port}"),
        (0.1, f"--sport {port}"),
        (0.2, f"-s {place.address(version)}"),
        (0.25, f"-d {place.address(version)}"),
        (0.15, "-m conntrack --ctstate ESTABLISHED" if table != "raw" else ""),
    ):
        if place.random.random() < chance and not option.endswith(" "):
            words.append(option)
    return " ".join(words)


def rule_altered(place: Place) -> str:
    program = _program(place)
    table, chain, number, text = place.pick(_rules(place, program), ("", "", 0, ""))
    if not table:
        return ""
    rest = text.removeprefix(f"-A {chain} ")
    changed = place.random.choice((_other_target, _other_port, _other_address, _other_link))(place, rest)
    return f"{program} -t {table} -R {chain} {number} {changed}" if changed != rest else ""


def _other_target(place: Place, rest: str) -> str:
    if "-j ACCEPT" in rest:
        return rest.replace("-j ACCEPT", f"-j {place.any('DROP', 'RETURN')}")
    return re.sub(r"-j (DROP|REJECT.*|RETURN|MASQUERADE)$", "-j ACCEPT", rest)


def _other_port(_place: Place, rest: str) -> str:
    ports = re.compile(r"(--dport |--ctorigdstport |to-destination [\d.]+:)(\d+)")
    return ports.sub(lambda found: f"{found[1]}{int(found[2]) + 1}", rest)


def _other_address(place: Place, rest: str) -> str:
    return _ADDRESS.sub(place.address(), rest, count=1)


def _other_link(place: Place, rest: str) -> str:
    return re.sub(r"(-[io]) (\S+)", rf"\1 {place.link}", rest, count=1)


def rule_moved(place: Place) -> str:
    program = _program(place)
    rules = _rules(place, program)
    table, chain, number, text = place.pick(rules, ("", "", 0, ""))
    last = max((each[2] for each in rules if each[:2] == (table, chain)), default=0)
    if last < 2:
        return ""
    to = place.random.choice([each for each in range(1, last + 1) if each != number])
    rest = text.removeprefix(f"-A {chain} ")
    return f"{program} -t {table} -D {chain} {number}; {program} -t {table} -I {chain} {to} {rest}"


def chain_flushed(place: Place) -> str:
    program = _program(place)
    table, chain = place.pick(_chains(place, program), ("", ""))
    return f"{program} -t {table} -F {chain}" if table else ""


def table_flushed(place: Place) -> str:
    program = _program(place)
    return f"{program} -t {place.any('filter', 'nat', 'mangle', 'raw')} -F"


def policy_set(place: Place) -> str:
    program = _program(place)
    table, chain = place.random.choice(
        (("filter", "FORWARD"), ("filter", "INPUT"), ("filter", "OUTPUT"), ("mangle", "FORWARD"), ("raw", "PREROUTING"))
    )
    return f"{program} -t {table} -P {chain} {place.any('DROP', 'DROP', 'ACCEPT')}"


def _unusual(place: Place, protocol: str, port: str) -> str:
    """A comparison that an administrator seldom writes, with what a packet of the flows has or has not."""
    return place.any(
        f"{protocol} dport {{ {port}, 4443 }}",
        f"{protocol} dport {{ 4443, 9443 }}",
        f"meta l4proto {{ {protocol}, icmp }}",
        f"@th,16,16 {port}",
        f"tcp window {place.any('1', '1-65535')}",
        f"tcp option maxseg size {place.any('1-500', '500-9000')}",
        f"tcp option sack-perm {place.any('exists', 'missing')}",
        f"meta random {place.any('< 2', '< 4000000000')}",
        f"numgen inc mod 2 {place.any('0', '1')}",
        f"meta cpu {place.any('0', '77')}",
        f"meta length {place.any('60', '1-9000', '9001-65535')}",
        f"meta priority {place.any('0:0', '7:7')}",
        f"meta skuid {place.any('0', '4242')}",
        f"rt classid {place.any('0', '77')}",
        f"ct mark {place.any('0', '77')}",
        f"ct original proto-dst {port}",
        f"ct bytes {place.any('> 100000', '< 100000')}",
        f"ct expiration {place.any('< 1s', '> 1s')}",
        f"limit rate {place.any('', 'over ')}{place.any('1/day', '1000/second')}",
        f"quota {place.any('over ', '')}{place.any('1 bytes', '900 mbytes')}",
        f"ct count {place.any('', 'over ')}{place.any('1', '1000')}",
        f"jhash {protocol} dport mod 2 {place.any('0', '1')}",
        f"socket {place.any('transparent', 'wildcard')} {place.any('0', '1')}",
        "fib saddr oif missing",
        f"fib daddr type {place.any('local', 'unicast', 'broadcast')}",
        'osf name "Linux"',
    )


_HOOKS = ("prerouting", "input", "forward", "output", "postrouting")


def nft_table_added(place: Place) -> str:
    family = place.any("inet", "ip", "ip6", "bridge", "netdev", "arp")
    protocol, port = place.pick(place.ports_of_flows, "tcp 80").split()
    match = place.any(
        f"{protocol} dport {port}",
        f"{protocol} sport {port}",
        f"meta l4proto {protocol}",
        f"ip saddr {place.address()}",
        f"ip daddr {place.address()}",
        _unusual(place, protocol, port),
        _unusual(place, protocol, port),
    )
    verdict = place.any("drop", "drop", "reject", "counter drop")
    hook, device, priority = place.random.choice(_HOOKS), "", place.any("-300", "-150", "-10", "0", "10", "100")
    if family == "arp":
        hook, match, verdict = place.any("input", "output"), f"arp operation {place.any('request', 'reply')}", "drop"
    if family == "netdev":
        hook, device, verdict = "ingress", f" device {place.link}", "drop"
    if family == "ip6":
        match = f"{protocol} dport {port}"
    if verdict == "reject" and (family == "bridge" or hook == "postrouting"):
        verdict = "drop"
    if family == "bridge" and match.startswith("ip "):
        match = f"ether type ip {match}"
    chain = f"type filter hook {hook}{device} priority {priority}; policy accept;"
    return f"nft 'table {family} stray {{ chain c {{ {chain} {match} {verdict}; }}; }}'"


def nft_rule_among_iptables(place: Place) -> str:
    """A rule of nft's own in a chain that iptables made: iptables-save prints only a part of it."""
    own = {("ip", name) for name in _TARGETS} | {("ip6", name) for name in _TARGETS}
    chains = [each for each in place.json_nft("chain") if (each["family"], each["table"]) in own]
    each = place.pick(chains, {})
    if not each:
        return ""
    ip, version = each["family"], 6 if each["family"] == "ip6" else 4
    protocol, port = place.pick(place.ports_of_flows, "tcp 80").split()
    one, other = place.address(version), place.address(version)
    if not one:
        return ""
    side, verdict = place.any("saddr", "daddr"), place.any("drop", "drop", "counter drop", "accept", "return")
    first, last = sorted((one, other), key=ip_address)
    rule = place.any(
        f"{ip} {side} {{ {', '.join(sorted({one, other}))} }} {verdict}",
        f"{ip} {side} != {{ {', '.join(sorted({one, other}))} }} {verdict}",
        f"{ip} {side} {first}-{last} {verdict}" if first != last else "",
        f"{ip} {side} . {protocol} dport {{ {one} . {port} }} {verdict}",
        f"{ip} {side} vmap {{ {one} : {verdict.split()[-1]} }}",
        f"{protocol} dport vmap {{ {port} : {verdict.split()[-1]} }}",
        f"{place.any('iifname', 'iifname', 'oifname')} {{ {place.link}, stray0 }} {verdict}",
        f"{_unusual(place, protocol, port)} {verdict}",
        f"{_unusual(place, protocol, port)} {verdict}",
        f"{_unusual(place, protocol, port)} {verdict}",
        f"ip id {place.any('0', '0-65535')} {verdict}" if version == 4 else "",
        "SET",
    )
    chain = f"{ip} {each['table']} {shlex.quote(each['name'])}"
    if rule == "SET":
        kind = "ipv6_addr" if version == 6 else "ipv4_addr"
        made = f"nft 'add set {ip} {each['table']} stray {{ type {kind}; elements = {{ {one} }}; }}'; "
        return f"{made}nft 'insert rule {chain} {ip} {side} {place.any('', '!= ')}@stray {verdict}'"
    return f"nft 'insert rule {chain} {rule}'" if rule else ""


def nft_policy_added(place: Place) -> str:
    hook = place.random.choice(_HOOKS)
    chain = f"type filter hook {hook} priority 5; policy drop; ct state established accept;"
    return f"nft 'table inet stray {{ chain c {{ {chain} }}; }}'"


def _nft_rules(place: Place) -> list[tuple[str, str, str, int]]:
    rules = place.json_nft("rule")
    return [(each["family"], each["table"], each["chain"], each["handle"]) for each in rules]


def nft_rule_deleted(place: Place) -> str:
    rules = _nft_rules(place)
    own = [each for each in rules if each[1] not in ("filter", "nat", "mangle", "raw", "security")]
    family, table, chain, handle = place.pick(own or rules, ("", "", "", 0))
    return f"nft delete rule {family} {table} {shlex.quote(chain)} handle {handle}" if family else ""


def nft_chain_flushed(place: Place) -> str:
    chains = [each for each in place.json_nft("chain") if each["table"] not in ("filter", "nat", "mangle", "raw")]
    each = place.pick(chains, {})
    if not each:
        return ""
    name = f"{each['family']} {each['table']} {each['name']}"
    if each.get("hook") and place.random.random() < 0.5:
        return f"nft 'chain {name} {{ policy {place.any('drop', 'accept')}; }}'"
    return f"nft flush chain {name}"


def nft_table_deleted(place: Place) -> str:
    each = place.pick(place.json_nft("table"), {})
    if place.random.random() < 0.2:
        return "nft flush ruleset"
    return f"nft delete table {each['family']} {each['name']}" if each else ""


def ebtables_rule(place: Place) -> str:
    port = f"{place.any('-i', '-o')} {place.pick(place.ports, 'eth0')} " if place.random.random() < 0.4 else ""
    match = place.any(
        "-p IPv4",
        "-p ARP",
        "-p IPv4 --ip-protocol tcp",
        "-p IPv4 --ip-protocol tcp --ip-destination-port 80",
        f"-p IPv4 --ip-source {place.address()}",
        f"-p IPv4 --ip-destination {place.address()}",
    )
    chain = (
        "INPUT"
        if port.startswith("-i")
        else "OUTPUT"
        if port.startswith("-o")
        else place.any("FORWARD", "INPUT", "OUTPUT")
    )
    return f"ebtables -A {chain} {port}{match} -j DROP"


def manager(place: Place) -> str:
    protocol, number = place.pick(place.ports_of_flows, "tcp 80").split()
    match place.plan.firewall:
        case "ufw":
            return place.any(
                "ufw default deny routed", "ufw default allow routed", "ufw delete allow 80/tcp", "ufw reload",
                f"ufw insert 1 deny {number}/{protocol}", "ufw disable", "ufw default reject outgoing",
                f"ufw route insert 1 deny proto {protocol} from any to any port {number}",
                f"ufw insert 1 deny from {place.address()}",
            )  # fmt: skip
        case "firewalld":
            zone = place.any("drop", "block", "public", "trusted")
            return "firewall-cmd " + place.any(
                f"--remove-port {number}/{protocol}", "--reload", "--complete-reload", "--panic-on",
                f"--zone={zone} --change-interface={place.pick(place.bridges, 'eth0')}",
                f"--zone={place.any('drop', 'block')} --add-source={place.address()}",
                f"--add-rich-rule='rule family=ipv4 port port={number} protocol={protocol} drop'",
                f"--direct --add-rule ipv4 filter FORWARD 0 -p {protocol} --dport {number} -j DROP",
                "--set-default-zone=drop", "--zone=docker --set-target=DROP --permanent; firewall-cmd --reload",
            )  # fmt: skip
        case _:
            return ""


DRAWS: Mapping[str, Callable[[Place], str]] = {
    "rule deleted": rule_deleted,
    "rule inserted": rule_inserted,
    "rule altered": rule_altered,
    "rule moved": rule_moved,
    "chain flushed": chain_flushed,
    "table flushed": table_flushed,
    "policy set": policy_set,
    "nft table added": nft_table_added,
    "nft policy added": nft_policy_added,
    "nft rule among iptables' own": nft_rule_among_iptables,
    "nft rule deleted": nft_rule_deleted,
    "nft chain changed": nft_chain_flushed,
    "nft table deleted": nft_table_deleted,
    "ebtables rule": ebtables_rule,
    "firewall manager": manager,
}
