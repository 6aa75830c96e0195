"""Engines: rules of theirs that were lost, containers that somebody stopped, published or connected on purpose."""

from hairpin.lab.plan import ContainerPlan
from hairpin.lab.topology import CLIENT
from tests.harm.draw import ASK_OUT, INBOUND, OUT, PORT, Draw
from tests.harm.site import Site, box
from tests.score.all_flows import Way

_FROM_LAB = ("--from", "container:lab")
_PROCESS = "pid=$(ENGINE inspect -f '{{.State.Pid}}' web);"
_BY_CLIENT = (PORT, "--from", CLIENT)


def forward_flushed(site: Site) -> Draw:
    """The engine's rules of FORWARD are gone."""
    if site.engine == "podman":
        return Draw("Podman's rules of FORWARD were flushed; it is closed", ("iptables -P FORWARD DROP; iptables -F",))
    return Draw("FORWARD was flushed", (site.one_of("iptables -F FORWARD", "iptables -F"),))


def port_rule_gone(site: Site) -> Draw:
    """The engine's rules of that port are gone."""
    if site.engine == "podman":
        return Draw("Podman's port rules were flushed", ("iptables -t nat -F",))
    accept = (
        f"iptables -D DOCKER -d {site.web}/32 ! -i {site.bridge} -o {site.bridge} -p tcp -m tcp --dport 80 -j ACCEPT"
    )
    return Draw("the port's rule was deleted or flushed", (site.one_of(accept, "iptables -F DOCKER"),))


def chains_flushed(site: Site) -> Draw:
    """All was flushed, nat too."""
    closed = "; iptables -P FORWARD DROP" if site.engine == "podman" else ""
    return Draw("filter and nat were flushed", (f"iptables -F; iptables -t nat -F{closed}",), ask=_BY_CLIENT)


def on_loopback(site: Site) -> Draw:
    """The port was published for the host alone."""
    web = box("web", f"127.0.0.1:{PORT}:80", network=_network(site), engine=site.engine)
    return _not_for_all("published on 127.0.0.1 on purpose", web, _BY_CLIENT, INBOUND, "127.0.0.1")


def stopped(site: Site) -> Draw:
    """Somebody stopped it, and the policy says that it stays stopped."""
    policy = site.one_of("unless-stopped", "always")
    return Draw(
        f"stopped by hand, with restart policy {policy}",
        (f"{site.engine} stop -t 0 web",),
        ask=_BY_CLIENT,
        named=("stop",),
        containers=(_web(site, f"--restart {policy}"),),
    )


def job_stopped(site: Site) -> Draw:
    """Somebody stopped it, and nobody asks for it by its name."""
    return Draw("stopped by hand", (f"{site.engine} stop -t 0 web",), ask=(), named=("web",), rests=True)


def job_paused(site: Site) -> Draw:
    """Somebody paused it, and nobody asks for it by its name."""
    return Draw("paused by hand", (f"{site.engine} pause web",), ask=(), named=("web",), rests=True)


_OPTION = '"iptables": false'


def own_translation_gone(site: Site) -> Draw:
    """The administrator's own translation of the ports was flushed; dockerd is to make no rules."""
    del site
    rule = "nft flush chain ip edge in"
    return Draw("the own DNAT was flushed", (rule,), ask=_BY_CLIENT, named=("iptables",), keeps=(_OPTION,))


def dropped_beside_own_rules(site: Site) -> Draw:
    """A bare rule stops that port on a host whose dockerd makes no rules."""
    rule = f"iptables -I FORWARD -p tcp -d {site.web} --dport 80 -j DROP"
    return Draw("a bare rule beside the own rules", (rule,), ask=_BY_CLIENT, keeps=(_OPTION,))


def server_stopped(site: Site) -> Draw:
    """A debugger, or a slip of the hand, left a stop signal with its server."""
    return Draw("its server has a stop signal", (f"{site.engine} exec web killall -STOP httpd",), ask=_BY_CLIENT)


def paused(site: Site) -> Draw:
    """Somebody paused it."""
    return Draw("paused by hand", (f"{site.engine} pause web",), ask=_BY_CLIENT, named=("pause",))


def killed(site: Site) -> Draw:
    """Its process was killed from outside of the engine, as the kernel does that has no memory left."""
    return Draw(
        "its process was killed",
        (f"{_PROCESS} kill -KILL $pid; sleep 0.5".replace("ENGINE", site.engine),),
        ask=_BY_CLIENT,
    )


def kept_inside(site: Site) -> Draw:
    """The container is on an internal network alone."""
    del site
    flow = Way("container:lab", OUT.to, OUT.port)
    return _not_for_all("an internal network", box("lab", network="inner"), (ASK_OUT[0], *_FROM_LAB), flow, "internal")


def kept_apart(site: Site) -> Draw:
    """Two networks that the engine keeps apart."""
    del site
    flow = Way("container:lab", "container:db", "80")
    return _not_for_all("two networks", box("lab", network="other"), ("db:80", *_FROM_LAB), flow, "network")


def own_firewall(site: Site) -> Draw:
    """The container has an allow-list of its own."""
    why = site.one_of("only the proxy", "tenant policy")
    rule = f"iptables -A INPUT ! -s 10.0.0.0/8 -p tcp --dport 80 -m comment --comment '{why}' -j DROP"
    return Draw(f"the container's own allow-list: {why}", (_inside(site, rule),), ask=_BY_CLIENT, named=(why,))


def no_way_back(site: Site) -> Draw:
    """The container lost its default route."""
    return Draw("the container's default route is gone", (_inside(site, "ip route del default"),), ask=_BY_CLIENT)


def veth_off(site: Site) -> Draw:
    """The container's link is down, or off its bridge."""
    link = f"$(ip -o link show master {site.bridge} | awk -F'[ @:]+' 'NR == 1 {{ print $2 }}')"
    return Draw("the first container's link was taken down", (f"ip link set {link} {site.one_of('down', 'nomaster')}",))


def _web(site: Site, options: str) -> ContainerPlan:
    return box("web", f"{PORT}:80", network=_network(site), options=options, engine=site.engine)


def _network(site: Site) -> str:
    return "app" if site.kind == "own network" else "bridge"


def _not_for_all(said: str, made: ContainerPlan, ask: tuple[str, ...], flow: Way, named: str) -> Draw:
    """Return what is so since the container was made: nobody broke anything, and nobody can repair it but by hand."""
    return Draw(said, (), ask, flow, named=(named,), undoes=False, worked=False, containers=(made,))


def _inside(site: Site, command: str) -> str:
    return f"{_PROCESS} nsenter --net=/proc/$pid/ns/net {command}".replace("ENGINE", site.engine)
