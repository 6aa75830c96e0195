"""Routes, policy rules and the kernel's forwarding: kill switches and null routes, and their accidents."""

from hairpin.lab.topology import CLIENT
from tests.harm.draw import ASK_OUT, INBOUND, OTHERS, OUT, PORT, Draw
from tests.harm.site import Site

_BLACK = ("unreachable", "blackhole", "prohibit")


def fail_closed_table(site: Site) -> Draw:
    """A VPN's table has the tunnel, which is down, and behind it a route to nowhere."""
    table, kind = site.one_of("51820", "200", "4242"), site.one_of(*_BLACK)
    priority = site.one_of("100", "5000", "32000")
    commands = (
        f"ip route add {kind} default metric 4096 table {table}",
        f"ip rule add from {site.subnet} lookup {table} priority {priority}",
    )
    return _routed(site, f"a kill switch: a {kind} route in table {table}", commands, (table, kind))


def rule_to_nowhere(site: Site) -> Draw:
    """A policy rule that is itself the refusal."""
    kind, priority = site.one_of(*_BLACK), site.one_of("90", "1000")
    select = site.one_of(f"from {site.subnet}", f"iif {site.bridge}")
    commands = (f"ip rule add {select} priority {priority} {kind}",)
    return _routed(site, f"a policy rule of the kind {kind}", commands, (kind, priority))


def null_route(site: Site) -> Draw:
    """The client's network is routed to nowhere: a ban."""
    kind = site.one_of(*_BLACK)
    net = site.one_of("192.0.2.0/24", "192.0.2.10/32", "192.0.2.0/28")
    return Draw(
        f"a null route: {kind} {net}",
        (f"ip route add {kind} {net}",),
        ask=(PORT, "--from", CLIENT),
        stays_out=OTHERS,
        named=(net.removesuffix("/32"), kind),
    )


def main_rule_lost(site: Site) -> Draw:
    """A script flushed the policy rules; the kernel's own are gone with them."""
    del site
    return Draw(
        "the policy rules were flushed, main and default with them", ("ip rule flush",), ask=(PORT, "--from", CLIENT)
    )


def route_of_bridge_gone(site: Site) -> Draw:
    """The connected route of the containers' bridge was deleted."""
    return Draw("the bridge's route was deleted", (f"ip route del {site.subnet} dev {site.bridge}",))


def leftover_route(site: Site) -> Draw:
    """A narrower route of a VPN that is gone leads the containers' addresses to the router."""
    return Draw("a left over route covers the containers", (f"ip route add {site.web}/32 via 198.51.100.1 dev eth0",))


def bridge_down(site: Site) -> Draw:
    """Somebody took the bridge down."""
    return Draw("the bridge is down", (f"ip link set {site.bridge} down",))


def forwarding_off(site: Site) -> Draw:
    """Forwarding was switched off at run time."""
    value = site.one_of("net.ipv4.ip_forward", "net.ipv4.conf.all.forwarding", "net.ipv4.conf.eth0.forwarding")
    return Draw(f"{value} is 0", (f"sysctl -qw {value}=0",), ask=(PORT, "--from", CLIENT))


def address_gone(site: Site) -> Draw:
    """The uplink lost its address; the host's own files still name it."""
    del site
    return Draw("the uplink lost its address", ("ip address flush dev eth0",), ask=(PORT, "--from", CLIENT))


def _routed(site: Site, said: str, commands: tuple[str, ...], named: tuple[str, ...]) -> Draw:
    if site.random.random() < 0.4:
        return Draw(said, commands, ask=(PORT, "--from", CLIENT), flow=INBOUND, named=named)
    return Draw(said, commands, ask=ASK_OUT, flow=OUT, named=named)
