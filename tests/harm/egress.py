"""Rules on the way out of containers: policies, kill switches by rule, and their accidents."""

from tests.harm.draw import ASK_OUT, OUT, Draw
from tests.harm.site import Site
from tests.score.all_flows import Way

_INSIDE = ("10.0.0.0/8", "198.51.100.0/24", "172.16.0.0/12")
_WHY = ("egress only to internal", "no internet for containers", "data must not leave, DPO", "ISO27001 egress control")


def commented_target(site: Site) -> Draw:
    """Containers reach inner networks alone, and a comment says why."""
    net, why = site.one_of(*_INSIDE), site.one_of(*_WHY)
    said = f"-m comment --comment '{why}' -j {site.one_of('REJECT', 'DROP')}"
    rule = f"iptables -I {site.chain} -s {site.subnet} -o eth0 ! -d {net} {said}"
    return _out(f"an egress policy with a comment: {why}", (rule, *site.may_save()), named=(why, net))


def closed_way_out(site: Site) -> Draw:
    """An egress list that ends with a DROP."""
    rules = (
        f"iptables -I {site.chain} 1 -m conntrack --ctstate RELATED,ESTABLISHED -j {site.let_in}",
        f"iptables -I {site.chain} 2 -s {site.subnet} -d 192.0.2.53 -p udp --dport 53 -j {site.let_in}",
        f"iptables -I {site.chain} 3 -s {site.subnet} -d 198.51.100.0/24 -j {site.let_in}",
        f"iptables -I {site.chain} 4 -s {site.subnet} -o eth0 -j DROP",
    )
    return _out(
        "an egress list that ends with a DROP",
        (*rules, *site.may_save()),
        named=(f"{site.subnet} -o eth0 -j DROP", "192.0.2.53", "198.51.100.0/24"),
    )


def own_table(site: Site) -> Draw:
    """nftables' own egress policy."""
    why, net = site.one_of(*_WHY), site.one_of(*_INSIDE)
    text = (
        "table inet egress {\nchain out {\ntype filter hook forward priority -5; policy accept;\n"
        "ct state established,related accept\n"
        f'iifname "{site.bridge}" oifname "eth0" ip daddr != {net} counter reject comment "{why}"\n}}\n}}'
    )
    keep = ("nft list table inet egress > /etc/nftables.conf",) if site.random.random() < 0.5 else ()
    return _out(f"an egress policy of nft's: {why}", (f"nft -f - <<'END'\n{text}\nEND", *keep), named=(why, "egress"))


def tunnel_or_nothing(site: Site) -> Draw:
    """A kill switch by rule: whatever does not leave by the tunnel is rejected."""
    said = site.one_of("-m comment --comment 'VPN kill switch'", "")
    tunnel = site.one_of("tun0", "wg0")
    rules = (
        f"iptables -I {site.chain} 1 -m conntrack --ctstate RELATED,ESTABLISHED -j {site.let_in}",
        f"iptables -I {site.chain} 2 -s {site.subnet} ! -o {tunnel} ! -d {site.subnet} {said} -j REJECT",
    )
    return _out("a kill switch by rule", (*rules, *site.may_save()), named=("kill switch", "tun0", "wg0"))


def masquerade_deleted(site: Site) -> Draw:
    """The rule that gives containers the host's address was deleted."""
    rule = f"POSTROUTING -s {site.subnet} ! -o {site.bridge} -j MASQUERADE"
    return _out("MASQUERADE was deleted", (f"iptables -t nat -D {rule}",))


def nat_flushed(site: Site) -> Draw:
    """The whole table nat was flushed."""
    return _out("table nat was flushed", (site.one_of("iptables -t nat -F", "nft flush table ip nat"),))


def port_dropped(site: Site) -> Draw:
    """A bare rule drops exactly that port on the way out."""
    rule = f"iptables -I {site.chain} -o eth0 -p tcp --dport 443 -j {site.one_of('DROP', 'REJECT')}"
    return _out("a bare rule about that port on the way out", (rule,))


def default_route_gone(site: Site) -> Draw:
    """The default route was deleted; the host's own files still name it."""
    del site
    return _out("the default route was deleted", ("ip route del default",))


def neighbours_port(site: Site) -> Draw:
    """Traffic among the containers of one bridge is closed by a comment's rule."""
    why = site.one_of("no east-west traffic", "tenants apart")
    rule = f"iptables -I {site.chain} -i {site.bridge} -o {site.bridge} -m comment --comment '{why}' -j DROP"
    flow = Way("container:cache", "container:db", "80")
    loaded = "modprobe -q br_netfilter || true; sysctl -qw net.bridge.bridge-nf-call-iptables=1 || true"
    return Draw(
        f"containers are kept apart: {why}",
        (rule, *site.may_save()),
        ask=("db:80", "--from", "container:cache"),
        flow=flow,
        before=(loaded,),
        named=(why,),
    )


def _out(said: str, commands: tuple[str, ...], named: tuple[str, ...] = ()) -> Draw:
    return Draw(said, commands, ask=ASK_OUT, flow=OUT, named=named)
