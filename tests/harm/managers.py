"""firewalld and ufw: zones, rich rules, panic, policies, denials, and their accidents."""

from hairpin.lab.topology import CLIENT, HOST_V6
from tests.harm.draw import ASK_OUT, ASK_OWN, OTHERS, OUT, OWN, PORT, Draw
from tests.harm.site import Site
from tests.score.all_flows import Way

_CLIENTS = "192.0.2.0/24"


def closed_zone(site: Site) -> Draw:
    """The uplink stands in a zone that drops or blocks."""
    zone = site.one_of("drop", "block")
    at = site.one_of("", "--permanent ")
    commands = (f"firewall-cmd {at}--zone={zone} --change-interface=eth0", *(["firewall-cmd --reload"] if at else []))
    return _own(f"the uplink is in zone {zone}", commands, (f"zone {zone}", f"zone={zone}", zone))


def bridge_in_wrong_zone(site: Site) -> Draw:
    """Docker's bridge was moved out of its zone."""
    zone = site.one_of("public", "internal")
    return Draw(
        "docker0 was moved to another zone",
        (f"firewall-cmd --zone={zone} --change-interface=docker0",),
        ask=ASK_OUT,
        flow=OUT,
    )


def rich_rule(site: Site) -> Draw:
    """A rich rule refuses the client's network."""
    verdict = site.one_of("reject", "drop")
    rule = f'rule family="ipv4" source address="{_CLIENTS}" {verdict}'
    at = site.one_of("", "--permanent ")
    commands = (f"firewall-cmd {at}--add-rich-rule='{rule}'", *(["firewall-cmd --reload"] if at else []))
    return _own("a rich rule refuses the client", commands, (_CLIENTS,))


def runtime_port_gone(site: Site) -> Draw:
    """The port was taken out of the running zone; firewalld's files still have it."""
    del site
    return _own("the port is gone from the running zone", ("firewall-cmd --remove-port=80/tcp",), ())


def panic(site: Site) -> Draw:
    """Panic mode."""
    del site
    return Draw(
        "firewalld's panic mode",
        ("firewall-cmd --panic-on",),
        ask=(PORT, "--from", CLIENT),
        stays_out=OTHERS[:1],
        named=("panic",),
    )


def engine_wiped(site: Site) -> Draw:
    """Docker's chains were wiped."""
    del site
    return Draw(
        "iptables was flushed under firewalld", ("iptables -F; iptables -t nat -F",), ask=(PORT, "--from", CLIENT)
    )


def source_zone(site: Site) -> Draw:
    """The client's network is bound to a closed zone."""
    zone = site.one_of("drop", "block")
    return _own(
        f"the client's network is in zone {zone}",
        (f"firewall-cmd --zone={zone} --add-source={_CLIENTS}",),
        (f"zone {zone}", _CLIENTS),
    )


def forwarding_off(site: Site) -> Draw:
    """Forwarding was switched off under firewalld."""
    del site
    return Draw("ip_forward is 0", ("sysctl -qw net.ipv4.ip_forward=0",), ask=(PORT, "--from", CLIENT))


def egress_policy(site: Site) -> Draw:
    """A policy of firewalld's closes the way out of containers."""
    name = site.one_of("noegress", "containers-stay-in")
    target = site.one_of("DROP", "REJECT")
    new = f"firewall-cmd -q --permanent --new-policy {name}"
    of = f"firewall-cmd -q --permanent --policy {name}"
    zones = f"{of} --add-ingress-zone docker; {of} --add-egress-zone ANY"
    commands = (f"{new}; {zones}; {of} --set-target {target}; firewall-cmd -q --reload",)
    return Draw(f"firewalld's policy {name}", commands, ask=ASK_OUT, flow=OUT, named=(name,))


def masquerade_gone(site: Site) -> Draw:
    """The rule that gives containers the host's address was deleted."""
    rule = f"POSTROUTING -s {site.subnet} ! -o {site.bridge} -j MASQUERADE"
    return Draw("MASQUERADE was deleted", (f"iptables -t nat -D {rule}",), ask=ASK_OUT, flow=OUT)


def family_closed(site: Site) -> Draw:
    """ufw never let anybody in over IPv6, and Docker's rules let all in over IPv4."""
    del site
    flow = Way("client", f"[{HOST_V6}]", PORT)
    return Draw("IPv6 is closed", (), ask=(), flow=flow, named=("over IPv6",), worked=False, rests=True)


def ufw_deny(site: Site) -> Draw:
    """ufw denies the port, with a comment."""
    why, verb = site.one_of("internal only", "closed by security"), site.one_of("deny", "reject")
    return _own(
        f"ufw {verb}: {why}",
        (f"ufw delete allow 80/tcp; ufw {verb} 80/tcp comment '{why}'",),
        (why, f"ufw {verb} 80/tcp"),
    )


def ufw_allow_gone(site: Site) -> Draw:
    """The rule that lets the port in was deleted."""
    del site
    return _own("ufw's allow was deleted", ("ufw delete allow 80/tcp",), ())


def ufw_source(site: Site) -> Draw:
    """ufw denies the client's network before it allows the port."""
    source = site.one_of(_CLIENTS, CLIENT)
    return _own("ufw denies the client", (f"ufw insert 1 {site.one_of('deny', 'reject')} from {source}",), (source,))


def ufw_chain_flushed(site: Site) -> Draw:
    """ufw's own chain was flushed under it; its files still have the rules."""
    del site
    return _own("ufw's chain was flushed", ("iptables -F ufw-user-input",), ())


def _own(said: str, commands: tuple[str, ...], named: tuple[str, ...]) -> Draw:
    return Draw(said, commands, ask=ASK_OWN, flow=OWN, named=named)
