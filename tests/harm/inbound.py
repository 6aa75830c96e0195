"""Rules, chains and sets between a client and a published port: allow-lists and bans, and their accidents."""

from hairpin.lab.topology import CLIENT
from tests.harm.draw import ASK_OWN, OTHERS, OWN, PORT, Draw
from tests.harm.site import Site

_OFFICES = ("10.0.0.0/8", "203.0.113.0/24", "198.51.100.64/26", "172.31.0.0/16")
_WHY = ("only office", "office only", "partners only, see TICKET-4711", "VPN users only", "closed for audit")
_CLIENTS = "192.0.2.0/24"
_BY_CLIENT = (PORT, "--from", CLIENT)
_ESTABLISHED = "-m conntrack --ctstate RELATED,ESTABLISHED"


def commented_source(site: Site) -> Draw:
    """Everybody but one network is dropped, and a comment says why."""
    net, why = site.one_of(*_OFFICES), site.one_of(*_WHY)
    verdict = site.one_of("DROP", "REJECT")
    rule = f"iptables -I {site.chain} -i eth0 ! -s {net} -m comment --comment '{why}' -j {verdict}"
    return Draw(
        f"an allow-list with a comment: {why}", (rule, *site.may_save()), stays_out=OTHERS, wall=True, named=(why, net)
    )


def bare_drop(site: Site) -> Draw:
    """One rule drops exactly that port, and nothing tells why."""
    exact = site.one_of(
        f"-m conntrack --ctorigdstport {PORT}", f"-d {site.web} --dport 80", "-i eth0 --dport 80 -d {web}"
    )
    rule = f"iptables -I {site.chain} -p tcp {exact.format(web=site.web)} -j DROP"
    return Draw("a bare rule that drops exactly that port", (rule,))


def by_time(site: Site) -> Draw:
    """A rule that applies at some times only; now is one of them."""
    when = site.one_of("--datestop 2037-01-01T00:00:00", "--weekdays Mo,Tu,We,Th,Fr,Sa,Su --datestart 2020-01-01")
    rule = f"iptables -I {site.chain} -i eth0 -p tcp -m time {when} -j DROP"
    return Draw("a rule for some times", (rule, *site.may_save()), stays_out=OTHERS, wall=True, named=("-m time",))


_NARROW_UPLINK = "ip link set eth0 mtu 1400"


def icmp_kept_in(site: Site) -> Draw:
    """No ICMP leaves the host, and a comment says so: answers of web hang, as they are longer than the uplink takes."""
    why = site.one_of("no ICMP out, audit 12", "stealth")
    rule = f"iptables -A OUTPUT -p icmp -m comment --comment '{why}' -j DROP"
    return Draw(f"hardening against ICMP: {why}", (_NARROW_UPLINK, rule), ask=_BY_CLIENT, wall=True, named=(why,))


def closing_drop(site: Site) -> Draw:
    """An allow-list of three lines; the client is on none."""
    net = site.one_of(*_OFFICES[:2])
    rules = (
        f"iptables -I {site.chain} 1 {_ESTABLISHED} -j {site.let_in}",
        f"iptables -I {site.chain} 2 -s {net} -j {site.let_in}",
        f"iptables -I {site.chain} 3 -i eth0 -j DROP",
    )
    return Draw(
        "an allow-list that ends with a DROP",
        (*rules, *site.may_save()),
        stays_out=OTHERS,
        wall=True,
        named=(net, "-i eth0 -j DROP"),
    )


def wrong_order(site: Site) -> Draw:
    """The client's line of the allow-list was deleted and typed again, behind the DROP."""
    allow = f"-s {_CLIENTS} -p tcp -m conntrack --ctorigdstport {PORT} -j {site.let_in}"
    before = (
        f"iptables -I {site.chain} 1 {_ESTABLISHED} -j {site.let_in}",
        f"iptables -I {site.chain} 2 {allow}",
        f"iptables -I {site.chain} 3 -i eth0 -j DROP",
    )
    fault = (f"iptables -D {site.chain} {allow}", f"iptables -I {site.chain} 3 {allow}")
    return Draw("the client's line stands behind the DROP", fault, ask=_BY_CLIENT, before=before, stays_out=OTHERS)


def listed_by_port(site: Site) -> Draw:
    """The port is let in from one network by its own line; the client is elsewhere."""
    net = site.one_of(*_OFFICES[:2])
    rules = (
        f"iptables -I {site.chain} 1 {_ESTABLISHED} -j {site.let_in}",
        f"iptables -I {site.chain} 2 -s {net} -p tcp --dport 80 -j {site.let_in}",
        f"iptables -I {site.chain} 3 -i eth0 -j DROP",
    )
    return Draw("an allow-list by port", (*rules, *site.may_save()), stays_out=OTHERS, named=(net, "-i eth0 -j DROP"))


def port_before_dnat(site: Site) -> Draw:
    """The client is let in by the published port, which no packet has behind DNAT."""
    before = (
        f"iptables -I {site.chain} 1 {_ESTABLISHED} -j {site.let_in}",
        f"iptables -I {site.chain} 2 -i eth0 -j DROP",
    )
    line = f"iptables -I {site.chain} 2 -s {_CLIENTS} -p tcp --dport {PORT} -j {site.let_in}"
    said = "the client's line has the port of before DNAT"
    return Draw(said, (line,), ask=_BY_CLIENT, before=before, stays_out=OTHERS, worked=False)


def own_chain(site: Site) -> Draw:
    """A chain of the administrator's own holds the policy."""
    name = site.one_of("OFFICE", "PERIMETER", "corp-in")
    net = site.one_of(*_OFFICES)
    rules = (
        f"iptables -N {name}", f"iptables -A {name} {_ESTABLISHED} -j {site.let_in}",
        f"iptables -A {name} -s {net} -j {site.let_in}", f"iptables -A {name} -j DROP",
        f"iptables -I {site.chain} -i eth0 -j {name}",
    )  # fmt: skip
    return Draw(f"a chain of one's own, {name}", (*rules, *site.may_save()), stays_out=OTHERS, wall=True, named=(name,))


def own_chain_stale(site: Site) -> Draw:
    """A chain lets in web by its address; the rule was typed anew with the address of before."""
    stale = site.web.rpartition(".")[0] + ".9"
    line = "iptables -{how} edge {at}-d {to}/32 -p tcp --dport 80 -j " + site.let_in
    before = (
        "iptables -N edge", f"iptables -A edge {_ESTABLISHED} -j {site.let_in}",
        line.format(how="A", at="", to=site.web), "iptables -A edge -j DROP",
        f"iptables -I {site.chain} -i eth0 -j edge",
    )  # fmt: skip
    fault = (line.format(how="R", at="2 ", to=stale),)
    return Draw("a chain lets in an address that web has no more", fault, before=before, stays_out=OTHERS)


def ban_set(site: Site) -> Draw:
    """The client is in a set of banned addresses."""
    name = site.one_of("banned", "blocklist", "abuse")
    rules = (
        f"ipset create {name} hash:net", f"ipset add {name} 203.0.113.66",
        f"ipset add {name} {site.one_of(CLIENT, _CLIENTS)}",
        f"iptables -I {site.chain} -m set --match-set {name} src -j DROP",
    )  # fmt: skip
    return Draw(f"a ban in ipset {name}", (*rules, *site.may_save()), ask=_BY_CLIENT, stays_out=OTHERS, named=(name,))


def stale_set(site: Site) -> Draw:
    """A set names who is let in by container; its entry is of an address that web has no more."""
    stale = site.web.rpartition(".")[0] + ".9"
    before = (
        "ipset create served hash:ip,port", f"ipset add served {site.web},tcp:80",
        f"iptables -I {site.chain} 1 {_ESTABLISHED} -j {site.let_in}",
        f"iptables -I {site.chain} 2 -m set --match-set served dst,dst -j {site.let_in}",
        f"iptables -I {site.chain} 3 -i eth0 -j DROP",
    )  # fmt: skip
    fault = (f"ipset del served {site.web},tcp:80; ipset add served {stale},tcp:80",)
    return Draw("a stale entry in the set of what is served", fault, before=before, stays_out=OTHERS)


def allow_set(site: Site) -> Draw:
    """Whoever is not in a set is dropped."""
    name = site.one_of("office", "partners", "trusted")
    rules = (
        f"ipset create {name} hash:net", f"ipset add {name} {site.one_of(*_OFFICES)}",
        f"iptables -I {site.chain} -i eth0 -m set ! --match-set {name} src -j DROP",
    )  # fmt: skip
    return Draw(
        f"an allow-list in ipset {name}", (*rules, *site.may_save()), stays_out=OTHERS, wall=True, named=(name,)
    )


def twice_typed(site: Site) -> Draw:
    """The same bare rule stands there twice."""
    port = f"-p tcp -m conntrack --ctorigdstport {PORT}"
    rule = f"iptables -I {site.chain} -i eth0 {port} -j {site.one_of('DROP', 'REJECT')}"
    return Draw("a bare rule about that port, typed twice", (rule, rule))


def fail2ban_chain(site: Site) -> Draw:
    """fail2ban's chain has the client."""
    name = site.one_of("f2b-web", "f2b-nginx-http-auth", "f2b-docker")
    rules = (
        f"iptables -N {name}", f"iptables -A {name} -s {CLIENT}/32 -j REJECT --reject-with icmp-port-unreachable",
        f"iptables -A {name} -j RETURN", f"iptables -I {site.chain} -p tcp -j {name}",
    )  # fmt: skip
    return Draw("a ban of fail2ban's", rules, ask=_BY_CLIENT, stays_out=OTHERS, named=(name, "fail2ban"))


def bare_raw(site: Site) -> Draw:
    """A bare rule drops that port before it is translated."""
    table = site.one_of("raw", "mangle")
    rule = f"iptables -t {table} -I PREROUTING -i eth0 -p tcp --dport {PORT} -j DROP"
    return Draw(f"a bare rule about that port in {table}", (rule,))


def banned_source(site: Site) -> Draw:
    """Somebody typed the client's address."""
    source = site.one_of(f"{CLIENT}/32", _CLIENTS)
    rule = f"iptables -I {site.chain} -s {source} -j {site.one_of('DROP', 'REJECT')}"
    return Draw("a ban of one source", (rule, *site.may_save()), ask=_BY_CLIENT, stays_out=OTHERS, named=(source,))


def raw_comment(site: Site) -> Draw:
    """The allow-list stands before any translation."""
    net, why = site.one_of(*_OFFICES), site.one_of(*_WHY)
    table = site.one_of("raw", "mangle")
    ports = f"-p tcp -m multiport --dports {PORT},5432,9100"
    rule = f"iptables -t {table} -I PREROUTING -i eth0 ! -s {net} {ports} -m comment --comment '{why}' -j DROP"
    return Draw(f"an allow-list in {table}", (rule, *site.may_save()), stays_out=OTHERS, named=(why, net))


def host_ban(site: Site) -> Draw:
    """fail2ban's chain in INPUT has the client, who asks a service of the host's own."""
    del site
    rules = (
        "iptables -N f2b-web", f"iptables -A f2b-web -s {CLIENT}/32 -j DROP", "iptables -A f2b-web -j RETURN",
        "iptables -I INPUT -p tcp -j f2b-web",
    )  # fmt: skip
    return Draw("a ban of fail2ban's in INPUT", rules, ask=ASK_OWN, flow=OWN, named=("f2b-web", "fail2ban"))


def host_drop(site: Site) -> Draw:
    """A bare rule drops a service of the host's own."""
    rule = f"iptables -I INPUT -i eth0 -p tcp --dport 80 -j {site.one_of('DROP', 'REJECT')}"
    return Draw("a bare rule in INPUT", (rule,), ask=ASK_OWN, flow=OWN)


def own_table(site: Site) -> Draw:
    """nftables' own allow-list, with a comment."""
    net, why = site.one_of(*_OFFICES), site.one_of(*_WHY)
    rule = f'iifname "eth0" ip saddr != {net} counter {site.one_of("drop", "reject")} comment "{why}"'
    return Draw(
        f"a table of nft's with a comment: {why}",
        _table(site, rule),
        stays_out=OTHERS,
        wall=True,
        named=(why, net, "corp"),
    )


def own_table_policy(site: Site) -> Draw:
    """nftables' own closed chain, which lets some in."""
    net = site.one_of(*_OFFICES[:2])
    rules = (
        "ct state established,related accept", f'iifname "eth0" ip saddr {net} accept', 'iifname "eth0" jump refuse',
    )  # fmt: skip
    return Draw(
        "a closed chain in a table of nft's",
        _table(site, *rules, more="chain refuse {\ncounter drop\n}"),
        stays_out=OTHERS,
        wall=True,
        named=("corp", "refuse", net),
    )


def own_set(site: Site) -> Draw:
    """nftables' own set of banned addresses has the client."""
    name = site.one_of("banned", "bad_guys", "abusers")
    more = f"set {name} {{ type ipv4_addr; flags interval; elements = {{ 203.0.113.66, {_CLIENTS} }} }}"
    return Draw(
        f"a ban in a set of nft's, {name}",
        ask=_BY_CLIENT,
        commands=_table(site, f"ip saddr @{name} drop", more=more),
        stays_out=OTHERS,
        named=(name,),
    )


def stale_element(site: Site) -> Draw:
    """An nftables set names what is let in; its element is of an address that web has no more."""
    stale = site.web.rpartition(".")[0] + ".9"
    more = f"set served {{ type ipv4_addr . inet_service; elements = {{ {site.web} . 80 }} }}"
    rules = ("ct state established,related accept", "ip daddr . tcp dport @served accept", 'iifname "eth0" drop')
    before = _table(site, *rules, more=more, saved=False)
    fault = (
        f"nft add element inet corp served '{{ {stale} . 80 }}'",
        f"nft delete element inet corp served '{{ {site.web} . 80 }}'",
    )
    return Draw("a stale element in a set of nft's", fault, ask=_BY_CLIENT, before=before, stays_out=OTHERS)


def nft_drop(site: Site) -> Draw:
    """nft typed a bare rule into iptables' own chain."""
    rule = f"nft insert rule ip filter {site.chain} iifname eth0 ip daddr {site.web} tcp dport 80 drop"
    return Draw("a bare rule of nft's", (rule,))


def _table(site: Site, *rules: str, more: str = "", saved: bool = True) -> tuple[str, ...]:
    hook = f"type filter hook forward priority {site.one_of('-10', '-5', '10')}; policy accept;"
    text = "\n".join(("table inet corp {", more, "chain perimeter {", hook, *rules, "}", "}"))
    keep = ("nft list table inet corp > /etc/nftables.conf",) if saved and site.random.random() < 0.5 else ()
    return (f"nft -f - <<'END'\n{text}\nEND", *keep)
