"""How the engine was configured: published ports, the relay, options."""

import re

import pytest
from msgspec.structs import replace

from hairpin.causes.cause import View
from hairpin.causes.engine import port_not_published
from hairpin.change.calls import EndProcess, SetContainerState
from hairpin.change.change import InsertRule
from hairpin.diagnose.diagnose import diagnose
from hairpin.diagnose.examination import examine
from hairpin.host.boot.containers_conf import ConfLine
from hairpin.host.contact import Contact
from hairpin.host.docker import Container, DockerNetwork, PortBinding
from hairpin.host.floating import FloatingAddress
from hairpin.host.host import Namespace, Unread
from hairpin.host.link import Address, Link, Tunnel
from hairpin.host.managers import ConfigFile, Ufw
from hairpin.host.socket import Relay, Socket
from hairpin.network.flow import Flow, FromHost, Outside
from hairpin.network.network import Network
from hairpin.network.prefix import parse_address
from hairpin.network.world import PublicAddress, World
from hairpin.remedy.plan import remedies
from hairpin.report.words import Words
from tests.causes.case import Case
from tests.causes.hosts import (
    NO_CONTAINER,
    PUBLISHED,
    asked,
    bound,
    down,
    ignored,
    on_overlay,
    proxy_off,
    proxy_off_with,
    published_as,
    relayed_udp,
    serving,
    told,
    unpublished,
    with_db,
    with_host,
    with_link,
    with_neighbour,
    without_default_network,
)
from tests.causes.ipv6_hosts import of_ipv6_network
from tests.causes.swarm_hosts import OF_SERVICE, of_swarm, taken
from tests.podman_host import RULES, podman, podmans, with_podman
from tests.rule_text import ALL_RULES, STAGE_1, STAGE_2, with_policy, with_rule, without, without_chain
from tests.small_host import (
    CLIENT,
    DOCKER_RULES,
    HOST_ADDRESS,
    WEB,
    WEB_ITSELF,
    container,
    container_namespace,
    egress,
    engine,
    host_namespace,
    local,
    network,
    published,
    route,
    ruleset,
)
from tests.two_hosts import node
from tests.user_stack_host import PASTA, pasta, stacked

LOOPBACK, SECOND = 0x7F000001, parse_address("198.51.100.12")[1]
DOCKER0_SUBNET = parse_address("172.17.0.0")[1]
ON_LOOPBACK = bound(PortBinding("tcp", 80, 8151, LOOPBACK, 4), LOOPBACK)
ON_SECOND = bound(PortBinding("tcp", 80, 8151, SECOND, 4), SECOND)
ENDED_THERE = replace(
    container("exited", binding=PortBinding("tcp", 80, 8151, HOST_ADDRESS, 4, actual=False)),
    id="d" * 64, name="api", exit_code=1, error="",
)  # fmt: skip
BESIDE_ENDED = ON_SECOND.with_host(
    replace(ON_SECOND.this, engines=(engine(*ON_SECOND.this.containers(), ENDED_THERE),))
)
"""Two containers publish the port, each at an address of its own; the asked one does not run."""


def beside_wide(error: str) -> Network:
    """Return the host whose port is published on loopback, with a stopped container that publishes it everywhere;
    ``error``: why its last start failed."""
    wide = replace(
        container("exited", binding=PortBinding("tcp", 80, 8151, None, 4, actual=False)),
        id="d" * 64, name="api", exit_code=1, error=error,
    )  # fmt: skip
    docker = engine(*ON_LOOPBACK.this.containers(), wide)
    return ON_LOOPBACK.with_host(replace(ON_LOOPBACK.this, engines=(docker,)))


NO_MASQUERADE = host_namespace(without("! -o docker0 -j MASQUERADE"))
LOCAL = published(FromHost(), "127.0.0.1")
OUTSIDE = Outside(CLIENT)
NAMES = asked(WEB_ITSELF, "198.51.100.11", 5353, "udp")

FLUSHED = without("-A FORWARD", rules=without_chain("filter", "DOCKER", STAGE_1, STAGE_2, rules=ALL_RULES))
ENDED = replace(engine(container()), running=False)
UNMADE = without("-A DOCKER -d", "--to-destination", "-d 172.17.0.2/32 -p tcp")
"""What dockerd's rules are once a container starts that it makes none for."""
UNLED = UNMADE.replace(":INPUT ACCEPT", ":INPUT DROP").replace(":INPUT DROP", ":INPUT ACCEPT", 1)
DIRECT = asked(OUTSIDE, "172.17.0.2", 80)
CLOSED = with_rule("filter INPUT", "-i eth0 -j DROP")
AT_GATEWAY = PublicAddress(4, parse_address("203.0.113.11")[1], HOST_ADDRESS)


def mapped(whole: Network, *, hairpins: bool = False) -> Network:
    """Return the network behind a gateway that maps 203.0.113.11 to the host."""
    world = World((replace(AT_GATEWAY, hairpins=hairpins),))
    return replace(whole, world=world)


def only_v6() -> Network:
    """Return the host whose port 8151 is published for IPv6 alone."""
    proxy = Socket("tcp", 6, None, 8151, v6only=True, process="docker-proxy", relay=Relay(4, WEB, 80))
    published_so = engine(container(binding=PortBinding("tcp", 80, 8151, None, 6)))
    return network(host_namespace(without("8151", "--dport 80"), sockets=(proxy,)), docker=published_so)


def dual_host(*relayed: Socket, userland_proxy: bool = True) -> Network:
    """Return the host with an IPv6 address, whose container has none; ``relayed``: its docker-proxies."""
    host = host_namespace(sockets=relayed)
    host = replace(
        host,
        addresses=(*host.addresses, Address("eth0", 6, V6, 64)),
        routes=(*host.routes, local("2001:db8::11/128", "eth0"), route("::/0", "eth0", via="2001:db8::1")),
    )
    return network(host, docker=engine(container(), userland_proxy=userland_proxy))


def on_every_address_and_loopback6() -> Network:
    """Return the host whose container publishes its port on every IPv4 address, and on ::1."""
    own = replace(OVER_V4_ALONE, version=6, address=1)
    built = dual_host(OVER_V4_ALONE, own)
    (docker,) = built.this.engines
    (web,) = docker.containers
    bindings = (*web.bindings, PortBinding("tcp", 80, 8151, 1, 6))
    changed = docker.with_container(replace(web, bindings=bindings))
    return built.with_host(built.this.with_engine(changed))


V6 = parse_address("2001:db8::11")[1]
OUT_OVER_V6 = asked(WEB_ITSELF, "2001:db8:1::80", 443)
OVER_V6 = asked(FromHost(), "2001:db8::11", 8151)
OVER_V4_ALONE = Socket("tcp", 4, None, 8151, process="docker-proxy", relay=Relay(4, WEB, 80))
OVER_BOTH = replace(OVER_V4_ALONE, version=6)
WITHOUT_PROXY = engine(container("exited"), userland_proxy=False)
DISCONNECTED = replace(
    ignored("default"), endpoints=(), bindings=(PortBinding("tcp", 80, 8151, LOOPBACK, 4, actual=False),)
)
HTTPD = Socket("tcp", 4, None, 8151, process="httpd", pid=9)
LEFT_BEHIND = replace(HTTPD, process="docker-proxy", relay=Relay(4, WEB, 80), halted=True)
NOBODYS = replace(HTTPD, process="docker-proxy", relay=Relay(4, WEB + 9, 80))
ASKED = container("created", binding=PortBinding("tcp", 80, 8151, None, 4, actual=False))


def asked_of_web(flow: Flow | None = None) -> Flow:
    """Return the flow as a question that means container ``web`` makes it."""
    return replace(flow or published(), container="web")


def held(*sockets: Socket, by: Container = ASKED) -> Network:
    """Return the host on which these sockets have the port, so that the container could not be started."""
    return network(host_namespace(NO_CONTAINER, sockets=sockets), docker=engine(by))


UNPUBLISHED = network(host_namespace(UNMADE, sockets=()), docker=engine(replace(container(), bindings=())))
SAVED_POLICY = ConfigFile("/etc/iptables/rules.v4", "*filter\n:INPUT ACCEPT [0:0]\n:FORWARD DROP [0:0]\nCOMMIT\n")
UNRULED = replace(engine(replace(container(), bindings=())), iptables=False)
UFW_CLOSED = Ufw(enabled=True, default_forward_policy="DROP")
FORWARDED = ConfigFile("/etc/sysctl.d/90-router.conf", "net.ipv4.ip_forward = 1\n")


def with_guard(whole: Network) -> Network:
    """Return the host with the rule of dockerd 28's behind those that open published ports, and no closed policy."""
    rules = "-A DOCKER ! -i docker0 -o docker0 -j DROP\n-A DOCKER-USER -j RETURN"
    published = bool(whole.hosts[0].containers()[0].bindings)
    text = DOCKER_RULES if published else UNMADE
    guarded = with_policy("FORWARD", "ACCEPT", text.replace("-A DOCKER-USER -j RETURN", rules))
    inner = host_namespace(guarded) if published else host_namespace(guarded, sockets=())
    dockerd = replace(whole.hosts[0].engines[0], version="28.0.1")
    return network(inner, docker=dockerd)


BEHIND = Socket("tcp", 6, None, 80, process="httpd", pid=7)
ONLY6 = replace(PASTA, v6only=True)


def on_loopback_by_podman() -> str:
    """Return netavark's rules for a port that is published on 127.0.0.1."""
    return re.sub(r"(-A NETAVARK-DN-\w+ )((?:-s \S+ )?)(-p tcp)", r"\1\2-d 127.0.0.1/32 \3", RULES)


def with_newer_netavark(rules: str) -> Network:
    """Return the host of a netavark whose rules hairpin does not foresee."""
    whole = with_podman(rules, values={"conf__docker0__route_localnet": "1"})
    address = LOOPBACK if "-d 127.0.0.1" in rules else None
    web = replace(podmans(), bindings=(PortBinding("tcp", 80, 8151, address, 4),))
    engine_there = replace(podman(web), network_version="1.14.0")
    return with_host(whole, engines=(engine_there,))


CASES: dict[str, Case] = {
    "iptables=false": Case(
        network(NO_MASQUERADE, docker=told(iptables=False)), egress(), ("docker-daemon-iptables-false",),
        network(docker=told(iptables=False)),
    ),
    "iptables=false, and FORWARD's policy is that of the daemon's last start": Case(
        network(host_namespace(UNMADE), docker=told(iptables=False)), DIRECT, ("docker-daemon-iptables-false",),
        network(docker=told(iptables=False)),
    ),
    "iptables=false, and INPUT is closed to what docker-proxy serves": Case(
        network(host_namespace(UNLED), docker=told(iptables=False)), published(), ("docker-daemon-iptables-false",),
        network(docker=told(iptables=False)),
    ),
    "bridge=none, and a client asks the port of a container": Case(
        without_default_network(), published(), ("docker-daemon-bridge-none",),
    ),
    "bridge=none, and the container connects to the outside": Case(
        without_default_network(), egress(), ("docker-daemon-bridge-none",),
    ),
    "bridge=none, asked from the host, without docker-proxy": Case(
        without_default_network(userland_proxy=False), published(FromHost()), ("docker-daemon-bridge-none",),
    ),
    "ip6tables is off, as before Docker 27": Case(
        of_ipv6_network(), OUT_OVER_V6, ("docker-daemon-ip6tables-off",), of_ipv6_network(masquerade=True),
    ),
    "ip6tables=false": Case(
        of_ipv6_network(version="28.5.2", ip6tables=False), OUT_OVER_V6, ("docker-daemon-ip6tables-off",),
        of_ipv6_network("2001:db8:d0c::", ip6tables=False),  # a router may know the way to it
    ),
    "a process of the host has the port of a container that did not start": Case(
        held(HTTPD), asked_of_web(), ("published-port-held-by-other-process",),
    ),
    "a process has it at one address, so that the container cannot have it at all": Case(
        held(replace(HTTPD, address=LOOPBACK)), asked_of_web(), ("published-port-held-by-other-process",),
    ),
    "a process has it at an address at which the container does not publish it": Case(
        held(
            replace(HTTPD, address=LOOPBACK),
            by=replace(ASKED, bindings=(PortBinding("tcp", 80, 8151, HOST_ADDRESS, 4),)),
        ),
        asked_of_web(), ("container-not-running",),
    ),
    "an earlier run's docker-proxy, which a signal stopped, has the port": Case(
        held(LEFT_BEHIND, by=container("exited")), asked_of_web(), ("published-port-held-by-other-process",),
    ),
    "a docker-proxy whose container is gone has the port": Case(
        network(host_namespace(NO_CONTAINER, sockets=(NOBODYS,)), docker=engine()), published(),
        ("published-port-held-by-other-process",),
    ),
    "a process on loopback has the port of a container that runs": Case(
        network(host_namespace(sockets=(replace(HTTPD, address=LOOPBACK),))),
        asked_of_web(LOCAL), ("published-port-held-by-other-process", "docker-proxy-missing"),
    ),
    "another container has the port": Case(
        network(docker=engine(container(), replace(ASKED, id="d" * 64, name="conf"))),
        replace(published(), container="conf"), ("port-allocated-by-other-container",),
    ),
    "rootlessport is gone": Case(
        stacked("", user="ann", port=False), LOCAL, ("port-helper-missing",), stacked("", user="ann", port=True),
    ),
    "rootlessport is gone, of a container that root runs so": Case(
        stacked("", port=False), published(), ("port-helper-missing",), stacked("", port=True),
    ),
    "pasta is gone": Case(
        pasta(BEHIND, relay=replace(HTTPD, port=9001)), published(), ("port-helper-missing",),
        pasta(BEHIND),
    ),
    "pasta carries IPv6 only": Case(
        pasta(BEHIND, relay=ONLY6, address=False, routed=False), published(), ("published-for-other-family",),
        pasta(BEHIND),
    ),
    "Podman published on loopback, and no rule of its netavark is known": Case(
        with_newer_netavark(on_loopback_by_podman()), published(), ("published-on-loopback-only",),
        with_newer_netavark(RULES),
    ),
    "docker-proxy is gone": Case(network(host_namespace(sockets=())), LOCAL, ("docker-proxy-missing",)),
    "docker-proxy is gone, and its container is on an overlay": Case(
        network(host_namespace(sockets=()), docker=on_overlay()), LOCAL, ("docker-proxy-missing",),
        network(docker=on_overlay()),
    ),
    "docker-proxy answers a datagram from the bridge's address": Case(
        relayed_udp("20.10.24"), NAMES, ("docker-proxy-udp-wrong-source",), relayed_udp("28.5.2"),
    ),
    "ports published on the host's network": Case(
        network(
            host_namespace(without("172.17.0.2"), sockets=(Socket("tcp", 4, None, 80),)),
            docker=engine(replace(ignored("host"), netns="host")),
        ),
        published(), ("host-network-ignores-ports",),
    ),
    "not published at all": Case(
        network(), asked(OUTSIDE, "198.51.100.11", 80), ("port-not-published",),
        published_as(PortBinding("tcp", 80, 80, None, 4)),
    ),
    "not published, asked at the container, and dockerd's policy drops": Case(
        UNPUBLISHED, DIRECT, ("port-not-published",), network(),
    ),
    "not published, asked at the container, and dockerd's own chain drops": Case(
        with_guard(UNPUBLISHED), DIRECT, ("port-not-published",), with_guard(network()),
    ),
    "not published, asked at the container, and the owner's saved policy drops": Case(
        with_host(UNPUBLISHED, files=(SAVED_POLICY,)), DIRECT, ("port-not-published",), network(),
    ),
    "not published, asked at the container, and a saved policy drops on a host that forwarded before dockerd": Case(
        with_host(UNPUBLISHED, files=(SAVED_POLICY, FORWARDED)), DIRECT, ("port-not-published",), network(),
    ),
    "not published, asked at the container, and ufw's policy drops": Case(
        with_host(UNPUBLISHED, files=(FORWARDED,), ufw=UFW_CLOSED), DIRECT, ("port-not-published",),
        with_host(network(), files=(FORWARDED,), ufw=UFW_CLOSED),
    ),
    "not published by an engine that makes no rules, and ufw's policy drops": Case(
        with_host(network(host_namespace(UNMADE, sockets=()), docker=UNRULED), ufw=UFW_CLOSED), DIRECT,
        ("ufw-forward-policy",), network(),
    ),
    "not published, asked at the container, and forwarding was on before dockerd": Case(
        with_host(UNPUBLISHED, files=(FORWARDED,)), DIRECT, ("forward-policy-drop",), network(),
    ),
    "a mistyped port": Case(
        network(), asked(OUTSIDE, "198.51.100.11", 8152), ("port-not-published",),
        published_as(PortBinding("tcp", 80, 8152, None, 4)),
    ),
    "a mistyped port, and the refusal is lost on its way back": Case(
        with_neighbour(0x020000000009), asked(WEB_ITSELF, "198.51.100.11", 8152),
        ("port-not-published", "neighbour-entry-wrong"), published_as(PortBinding("tcp", 80, 8152, None, 4)),
    ),
    "a mistyped port behind a firewall": Case(
        network(host_namespace(CLOSED)), asked(OUTSIDE, "198.51.100.11", 8152), ("port-not-published",),
        published_as(PortBinding("tcp", 80, 8152, None, 4)),
    ),
    "nothing runs, behind a firewall": Case(
        network(host_namespace(CLOSED), docker=engine()), asked(OUTSIDE, "198.51.100.11", 8152),
        ("port-not-published",),
        network(host_namespace(sockets=(Socket("tcp", 4, None, 8152),)), docker=engine()),
    ),
    "a mistyped port of the public address": Case(
        mapped(network()), asked(OUTSIDE, "203.0.113.11", 8152), ("port-not-published",),
        mapped(published_as(PortBinding("tcp", 80, 8152, None, 4))),
    ),
    "a mistyped port of the public address, from the host": Case(
        mapped(network()), asked(FromHost(), "203.0.113.11", 8152),
        ("port-not-published", "nat-loopback-on-cloud-address"),
        mapped(published_as(PortBinding("tcp", 80, 8152, None, 4)), hairpins=True),
    ),
    "the address of the binding is on no link": Case(
        published_as(PortBinding("tcp", 80, 8151, 0xC633640C, 4)), published(address="198.51.100.12"),
        ("publish-address-not-on-host",), ON_SECOND,
    ),
    "published on loopback": Case(ON_LOOPBACK, published(), ("published-on-loopback-only",)),
    "published on loopback by a user's engine": Case(
        stacked("", user="ann", port=True, address=LOOPBACK), published(), ("published-on-loopback-only",),
        stacked("", user="ann", port=True),
    ),
    "published on loopback, and Docker would refuse to make the container anew": Case(
        bound(PortBinding("tcp", 80, 8151, LOOPBACK, 4), LOOPBACK, without_chain("nat", "DOCKER")), published(),
        ("docker-nat-chain-missing", "published-on-loopback-only"),
    ),
    "published on ::1 by a Docker without docker-proxy, so not at all": Case(
        proxy_off_with(PortBinding("tcp", 80, 8151, 1, 6, actual=False)), published(),
        ("published-on-loopback-only",), proxy_off(),
    ),
    "published on loopback, and disconnected": Case(
        unpublished(DISCONNECTED), published(), ("published-on-loopback-only",),
        network(),
    ),
    "published on another address": Case(ON_SECOND, published(), ("published-on-other-address",)),
    "published there by a container that has ended": Case(BESIDE_ENDED, published(), ("container-not-running",)),
    "published on loopback, and a start everywhere failed": Case(
        beside_wide("driver failed: listen tcp4 0.0.0.0:8151: bind: address already in use"), published(),
        ("container-not-running",),
    ),
    "published on loopback, and somebody stopped one that is published everywhere": Case(
        beside_wide(""), published(), ("published-on-loopback-only",),
    ),
    "published for tcp, reached by udp": Case(
        network(), asked(OUTSIDE, "198.51.100.11", 8151, "udp"), ("published-protocol-mismatch",),
        published_as(PortBinding("udp", 80, 8151, None, 4)),
    ),
    "published for udp on this port, and for tcp on another": Case(
        unpublished(container(), bindings=(
            PortBinding("udp", 80, 8151, None, 4), PortBinding("tcp", 80, 9000, None, 4),
        )),
        published(), ("published-protocol-mismatch",), network(),
    ),
    "published for tcp, and asked at the container by udp": Case(
        network(), asked(OUTSIDE, "172.17.0.2", 80, "udp"), ("published-protocol-mismatch",),
        network(
            host_namespace(DOCKER_RULES.replace("tcp", "udp")),
            container_namespace((Socket("udp", 4, None, 80),)),
            docker=engine(container(binding=replace(PUBLISHED, protocol="udp"))),
        ),
    ),
    "published for tcp, served by udp": Case(
        serving(Socket("udp", 4, None, 80)), published(), ("published-protocol-mismatch",),
        serving(Socket("udp", 4, None, 80), Socket("tcp", 4, None, 80)),
    ),
    "published for both, served by udp": Case(
        network(inner=container_namespace((Socket("udp", 4, None, 80),)), docker=engine(replace(
            container(), bindings=(PUBLISHED, replace(PUBLISHED, protocol="udp")),
        ))),
        published(), ("service-not-listening",),
    ),
    "published for IPv4 and reached by IPv6, without docker-proxy": Case(
        dual_host(userland_proxy=False), OVER_V6, ("published-for-other-family",), dual_host(OVER_BOTH),
    ),
    "published for IPv4 alone and reached by IPv6": Case(
        dual_host(OVER_V4_ALONE), OVER_V6, ("published-for-other-family",), dual_host(OVER_BOTH),
    ),
    "published on every IPv4 address and on ::1, and reached by IPv6": Case(
        on_every_address_and_loopback6(), OVER_V6, ("published-on-loopback-only",), dual_host(OVER_BOTH),
    ),
    "published for IPv6 alone and reached by IPv4": Case(only_v6(), published(), ("published-for-other-family",)),
    "no task of the swarm's service runs": Case(
        of_swarm(running=0), OF_SERVICE, ("swarm-service-not-running",), taken(),
    ),
    "its tasks run on other nodes, and publish there": Case(
        of_swarm(mode="host"), OF_SERVICE, ("swarm-port-mode-host",), taken(),
    ),
    "the mesh of this node does not lead to it": Case(
        of_swarm(), OF_SERVICE, ("swarm-ingress-sandbox-broken",), taken(),
    ),
    "the bridge does not route loopback addresses": Case(
        proxy_off(route_localnet="0"), LOCAL, ("userland-proxy-off-no-route-localnet",), proxy_off(),
    ),
}  # fmt: skip

MOVED = with_host(
    published_as(PortBinding("tcp", 80, 8151, SECOND, 4)),
    floating=(FloatingAddress("keepalived", 4, SECOND, "/etc/keepalived/keepalived.conf", 7),),
)

HARMLESS: dict[str, tuple[Network, Flow]] = {
    "published on an address that keepalived has given to another machine": (MOVED, published(address="198.51.100.12")),
    "published on loopback and reached there": (ON_LOOPBACK, LOCAL),
    "published on another address and reached there": (ON_SECOND, published(address="198.51.100.12")),
    "a datagram from outside, relayed": (relayed_udp("20.10.24"), asked(OUTSIDE, "198.51.100.11", 5353, "udp")),
}


def test_an_address_that_nobody_stated_is_not_given_to_the_host() -> None:
    named = [each.cause for each in diagnose(network(), published(address="198.51.100.12")).causes]
    assert "publish-address-not-on-host" not in named


def test_a_command_adds_only_an_address_that_a_network_file_names_as_the_hosts() -> None:
    """Another machine may have any other one, so a person looks first."""
    lost = published_as(PortBinding("tcp", 80, 8151, SECOND, 4))
    text = "auto eth0\niface eth0 inet static\n  address 198.51.100.12/24\n"
    own = with_host(lost, files=(ConfigFile("/etc/network/interfaces", text),))
    for whole, by_person in ((lost, True), (own, False)):
        (found,) = diagnose(whole, published(address="198.51.100.12")).causes
        assert found.cause == "publish-address-not-on-host"
        assert bool(found.candidate.change.calls) is by_person


def test_an_address_of_another_host_is_not_given_to_this_one() -> None:
    bound = published_as(PortBinding("tcp", 80, 8151, 0xC633640C, 4))
    both = replace(bound, hosts=(*bound.hosts, node("two")))
    named = [each.cause for each in diagnose(both, published(address="198.51.100.12")).causes]
    assert "publish-address-not-on-host" not in named


def test_an_engine_that_did_not_answer_may_publish_the_port() -> None:
    mute = with_host(network(), contacts=(Contact("docker", "unix:///run/docker.sock", "hung"),))
    assert diagnose(mute, asked(OUTSIDE, "198.51.100.11", 8152)).causes == ()


@pytest.mark.parametrize(
    ("stored", "unread", "causes"),
    (
        (True, ("docker-socket",), ["port-not-published"]),
        (True, ("docker-socket", "podman-containers"), []),
        (False, ("docker-socket",), []),
        (False, (), []),
    ),
)
def test_a_stopped_engines_files_tell_what_it_publishes(
    stored: bool, unread: tuple[str, ...], causes: list[str]
) -> None:
    ended = down(network(docker=replace(engine(container("exited")), running=False, stored=stored)))
    known = with_host(ended, unread=tuple(Unread(key, "", key, "not there", "") for key in unread))
    assert [each.cause for each in diagnose(known, asked(OUTSIDE, "198.51.100.11", 8152)).causes] == causes


def test_a_stopped_container_that_publishes_the_port_for_the_other_protocol_is_named() -> None:
    ended = network(host_namespace(NO_CONTAINER, sockets=()), docker=engine(container("exited")))
    (suspect,) = diagnose(ended, asked(OUTSIDE, "198.51.100.11", 8151, "udp")).causes
    assert suspect.cause == "port-not-published"
    (remedy,) = remedies(suspect.cause, suspect.candidate, ended)
    assert "web publishes the port for tcp, but does not run" in " | ".join(map(Words("en"), remedy.advice))


@pytest.mark.parametrize(
    ("port", "protocol", "words"),
    (
        (80, "tcp", ("recreate web with -p 80:80 as well", "hairpin check 8151/tcp")),
        (8151, "udp", ("recreate web with -p 8151:80/udp as well", "serve udp on port 80 in web")),
    ),
)
def test_a_port_is_published_by_a_person_and_by_no_rule(port: int, protocol: str, words: tuple[str, ...]) -> None:
    (suspect,) = diagnose(network(), asked(OUTSIDE, "198.51.100.11", port, protocol)).causes
    (remedy,) = remedies(suspect.cause, suspect.candidate, network())
    assert (remedy.commands, remedy.persist, remedy.persist_commands) == ((), (), ())
    assert (remedy.id, remedy.disruptive) == ("recreate-container", True)
    advice = " | ".join(map(Words("en"), remedy.advice))
    assert all(each in advice for each in words)


def test_a_port_that_may_be_a_slip_is_a_question() -> None:
    """No container is recreated for a port that it may have nothing to do with."""
    (suspect,) = diagnose(network(), asked(OUTSIDE, "198.51.100.11", 8152)).causes
    (remedy,) = remedies(suspect.cause, suspect.candidate, network())
    assert remedy.id == "start-service"
    first, *rest = map(Words("en"), remedy.advice)
    assert first.startswith("if you meant port 8151, which web publishes: hairpin check 8151/tcp; if a service")
    assert not any("recreate web" in each for each in (first, *rest))


def test_a_container_on_loopback_has_a_program_of_the_host_in_front_of_it() -> None:
    """The port inside of it has the same number by chance, and nobody is told to open the container to all."""
    loopback = replace(container(), bindings=(PortBinding("tcp", 80, 8151, 0x7F000001, 4),))
    behind = network(docker=engine(loopback))
    (suspect,) = diagnose(behind, asked(OUTSIDE, "198.51.100.11", 80)).causes
    (remedy,) = remedies(suspect.cause, suspect.candidate, behind)
    assert remedy.id == "start-service"
    advice = " | ".join(map(Words("en"), remedy.advice))
    assert "recreate" not in advice
    assert "hairpin check 8151/tcp" in advice


FROM_EVERYWHERE = (
    asked(OUTSIDE, "198.51.100.11", 8152), asked(FromHost(), "127.0.0.1", 8152),
    asked(FromHost(), "198.51.100.11", 8152),
)  # fmt: skip


WITH_PODMAN = with_podman(values={"conf__docker0__route_localnet": "1"})


def of_pod(*names: str, pod: str = "") -> Network:
    """Return the host of Podman whose container is the infra container of a pod with containers of these names.  The
    last one listens on port 8152."""
    infra = replace(podmans(), name="0a1b2c3d4e5f-infra", pod=pod)
    members = [
        replace(infra, id=name * 20, name=name, pod="", bindings=(), endpoints=(), network_mode=f"container:{infra.id}")
        for name in names
    ]
    inner = container_namespace((Socket("tcp", 4, None, 8152, container=members[-1].id),))
    whole = WITH_PODMAN
    spaces = tuple(inner if each.name == inner.name else each for each in whole.this.namespaces)
    return with_host(whole, namespaces=spaces, engines=(podman(infra, *members),))


@pytest.mark.parametrize(
    ("built", "advice", "words"),
    (
        (
            of_pod("web", "side", pod="board"), "recreate the pod board with -p 8152:8152 as well",
            ("Container side has this port. It shares the network of the pod board, which publishes no port that leads "
            "there. Published: 8151/tcp (board)."),
        ),
        (
            of_pod("web", "side"), "recreate the pod of web, side with -p 8152:8152 as well",
            ("Container side has this port. It shares the network of the pod of web, side, which publishes no port "
             "that leads there. Published: 8151/tcp (web, side)."),
        ),
        (
            WITH_PODMAN,
            ("if you meant port 8151, which web publishes: hairpin check 8151/tcp; if a service of this host should "
             "listen on port 8152: start it"),
            "Published: 8151/tcp (web).",
        ),
    ),
)  # fmt: skip
def test_podman_publishes_a_port_for_all_clients_at_once(built: Network, advice: str, words: str) -> None:
    """Podman has no program that relays a port: the rules for a client outside are fewer than those for the host."""
    (found,) = examine(built, FROM_EVERYWHERE).causes
    assert (found.id, found.flows) == ("port-not-published", (0, 1, 2))
    assert str(found.candidate.detail) == words
    first, *_ = remedies(found.id, found.candidate, built)
    assert (first.commands, Words("en")(first.advice[0])) == ((), advice)


# the address that the port is published on, and the option as docker takes it
OPTIONS: dict[str, tuple[PortBinding, str]] = {
    "IPv4": (PortBinding("tcp", 80, 8151, LOOPBACK, 4), "-p 127.0.0.1:8151:80"),
    "IPv6": (PortBinding("tcp", 80, 8151, 1, 6), "-p [::1]:8151:80"),
}


@pytest.mark.parametrize(("binding", "option"), OPTIONS.values(), ids=OPTIONS)
def test_the_option_that_publishes_on_one_address(binding: PortBinding, option: str) -> None:
    (suspect,) = diagnose(bound(binding, binding.host_ip or 0), published()).causes
    assert suspect.candidate.configured is not None
    assert (suspect.cause, suspect.candidate.configured.option) == ("published-on-loopback-only", option)


def by_default(network_option: str = "", default_ip: int | None = None) -> Network:
    """Return the host whose container names no address, and a default puts its port on loopback."""
    of = bound(PortBinding("tcp", 80, 8151, LOOPBACK, 4, by_default=True), LOOPBACK)
    host = of.this
    (docker,) = host.engines
    option = (("com.docker.network.bridge.host_binding_ipv4", network_option),) if network_option else ()
    networks = tuple(replace(each, options=(*each.options, *option)) for each in docker.networks)
    docker = replace(docker, networks=networks, default_ip=default_ip)
    file = ConfigFile("/etc/docker/daemon.json", '{\n  "ip": "127.0.0.1"\n}\n')
    files = (*host.files, file) if default_ip is not None else host.files
    return replace(of, hosts=(replace(host, engines=(docker,), files=files),))


# the host, and the file or option that is named as the setting's place; "": none is claimed
DEFAULTS: dict[str, tuple[Network, str]] = {
    "daemon.json": (by_default("127.0.0.1", LOOPBACK), "/etc/docker/daemon.json"),
    "a flag": (by_default("127.0.0.1"), "--ip=127.0.0.1"),
    "no reading has it": (by_default(), ""),
}


@pytest.mark.parametrize(("of", "place"), DEFAULTS.values(), ids=DEFAULTS)
def test_a_default_address_is_not_called_the_containers_option(of: Network, place: str) -> None:
    (suspect,) = diagnose(of, published()).causes
    found = suspect.candidate.configured
    assert (found.file or found.option if found is not None else "") == place
    advice = " | ".join(map(str, suspect.candidate.advice))
    assert "-p 0.0.0.0:8151:80" in advice
    assert "names no address" in advice


def test_a_port_on_loopback_has_narrower_repairs_than_every_address() -> None:
    (suspect,) = diagnose(bound(PortBinding("tcp", 80, 8151, LOOPBACK, 4), LOOPBACK), published()).causes
    advice = " | ".join(map(str, suspect.candidate.advice))
    assert "open to everybody who reaches this host" in advice
    assert "For clients of 198.51.100.11 alone: -p 198.51.100.11:8151:80" in advice
    assert "ssh -L 8151:127.0.0.1:8151 HOST" in advice


def test_a_rule_to_a_pod_that_drops_leads_to_somebody() -> None:
    """No engine lists a pod: that its namespace has the address is enough."""
    inner = container_namespace()
    dropping = "*filter\n:INPUT DROP [0:0]\nCOMMIT\n"
    pod = replace(inner, name="netns:cni-1", ruleset=ruleset(dropping))
    found = diagnose(network(inner=pod, docker=engine()), published())
    assert "dnat-rule-stale-address" not in [each.cause for each in found.causes]


def led_to_db(rules: str, *bindings: PortBinding) -> Network:
    """Return the host with these rules, with the published ports of ``web``, and with a second container, in which
    nothing listens."""
    end = replace(container().endpoints[0], ipv4=parse_address("172.17.0.3")[1])
    web = replace(container(), bindings=bindings)
    db = replace(container(), id="d" * 64, name="db", bindings=(), endpoints=(end,), netns="container:db")
    return with_db(host_namespace(rules), docker=engine(web, db))


SAVED = DOCKER_RULES.replace("172.17.0.2", "172.17.0.3")


@pytest.mark.parametrize(
    ("rules", "bindings", "cause"),
    (
        (SAVED, container().bindings, "dnat-rule-stale-address"),
        (with_policy("FORWARD", "ACCEPT", SAVED), container().bindings, "dnat-rule-stale-address"),
        (SAVED, (), "service-not-listening"),
        (SAVED.replace("172.17.0.3:80", "172.17.0.3-172.17.0.4:80"), container().bindings, "service-not-listening"),
    ),
    ids=(
        "another one publishes the port",
        "and FORWARD is open",
        "no other one publishes it",
        "the rule has several addresses",
    ),
)
def test_nothing_has_to_listen_in_a_container_to_which_saved_rules_lead(
    rules: str, bindings: tuple[PortBinding, ...], cause: str
) -> None:
    found = diagnose(led_to_db(rules, *bindings), published())
    assert [each.cause for each in found.causes] == [cause]


def test_saved_rules_are_replaced_by_all_rules_of_the_port() -> None:
    (suspect,) = diagnose(led_to_db(SAVED, *container().bindings), published()).causes
    tables = [each.table for each in suspect.candidate.change.parts if isinstance(each, InsertRule)]
    assert sorted(tables) == ["filter", "nat", "nat"]


def test_containers_that_share_the_namespace_are_restarted_behind_its_owner() -> None:
    side, other = (
        replace(container(), id=letter * 64, name=name, network_mode=mode, bindings=(), endpoints=())
        for letter, name, mode in (("d", "side", f"container:{'c' * 64}"), ("e", "other", "default"))
    )
    (found,) = diagnose(network(host_namespace(sockets=()), docker=engine(side, container(), other)), LOCAL).causes
    calls = tuple(SetContainerState("docker", "restart", name) for name in ("web", "side"))
    assert found.candidate.change.calls == calls


@pytest.mark.parametrize("host", (host_namespace(), host_namespace(CLOSED)))
def test_a_service_is_started_by_a_person_and_disrupts_nothing(host: Namespace) -> None:
    bare = network(host, docker=engine())
    (suspect,) = diagnose(bare, asked(OUTSIDE, "198.51.100.11", 8152)).causes
    (remedy,) = remedies(suspect.cause, suspect.candidate, bare)
    assert (remedy.id, remedy.disruptive, remedy.commands, remedy.persist_commands) == ("start-service", False, (), ())
    assert str(remedy.advice[0]) == "start a service on port 8152"


def test_the_port_that_a_container_on_the_hosts_network_really_has_is_named() -> None:
    own = Socket("tcp", 4, None, 9201, container=container().id)
    hx = engine(replace(ignored("host"), netns="host"))
    whole = network(host_namespace(without("172.17.0.2"), sockets=(own,)), docker=hx)
    (suspect,) = diagnose(whole, published()).causes
    (remedy,) = remedies(suspect.cause, suspect.candidate, whole)
    assert Words("en")(remedy.advice[0]).startswith(
        "ask for port 9201, on which web itself listens (hairpin check 9201/tcp)"
    )


@pytest.mark.parametrize(("ingress", "words"), ((True, "docker service ls"), (False, "")), ids=("a node", "no node"))
def test_a_swarm_node_does_not_say_that_no_service_publishes_a_port(ingress: bool, words: str) -> None:
    mesh = DockerNetwork("n7", "ingress", "overlay", scope="swarm", ingress=ingress)
    described = engine(container())
    whole = network(docker=replace(described, networks=(*described.networks, mesh)))
    (suspect,) = diagnose(whole, asked(OUTSIDE, "198.51.100.11", 9999)).causes
    assert suspect.cause == "port-not-published"
    assert ("No container publishes" in str(suspect.candidate.title)) != ingress
    assert words in " | ".join(map(str, suspect.candidate.advice))


def test_what_dockerds_policy_keeps_closed_is_published_and_not_opened_by_a_rule() -> None:
    suspect, *_ = diagnose(UNPUBLISHED, DIRECT).causes
    (remedy,) = remedies(suspect.cause, suspect.candidate, UNPUBLISHED)
    assert (remedy.commands, remedy.persist_commands) == ((), ())
    assert str(remedy.advice[0]) == "recreate web with -p PORT:80, where PORT is a free port of the host"


@pytest.mark.parametrize(("tunnel", "found"), ((Tunnel("vxlan", port=8472), 0), (None, 1)), ids=("one", "none"))
def test_packets_of_a_tunnel_are_for_ports_that_need_no_publishing(tunnel: Tunnel | None, found: int) -> None:
    trace = diagnose(UNPUBLISHED, DIRECT).trace
    (host, *others) = UNPUBLISHED.hosts[0].namespaces
    changed = with_host(UNPUBLISHED, namespaces=(with_link(host, "eth0", tunnel=tunnel), *others))
    assert trace.usual.stop is not None
    view = View(changed, DIRECT, trace.usual, trace.usual.stop)
    assert len(tuple(port_not_published.find(view))) == found


def idle(name: str, port: int, *, publishing: bool = False, **values: object) -> Network:
    """Return the host with container ``web``, which listens on 80 and publishes nothing, and with one more."""
    web = container() if publishing else replace(container(), bindings=())
    other = replace(web, **{"id": "d" * 64, "name": name, "netns": f"container:{name}", "bindings": (), **values})
    listener = (Socket("tcp", 4, None, port),)
    base = network(docker=engine(web, other))
    own = replace(base.this.namespace("container:web"), name=f"container:{name}", sockets=listener)
    return with_host(base, namespaces=(*base.this.namespaces, own))


FORGOTTEN = {
    "the only container": (network(docker=engine(replace(container(), bindings=()))), 9000, "-p 9000:80"),
    "beside one that publishes": (idle("app", 3000, publishing=True), 9000, "-p 9000:3000"),
    "one of two": (idle("app", 3000), 9000, ""),
    "a database": (idle("db", 5432, publishing=True), 9000, ""),
    "on the host's network": (idle("app", 3000, publishing=True, netns="host"), 9000, ""),
    "a service of the host is asked": (idle("app", 3000, publishing=True), 5432, ""),
    "all publish": (network(), 9000, ""),
}


@pytest.mark.parametrize(("whole", "port", "option"), FORGOTTEN.values(), ids=FORGOTTEN)
def test_a_container_that_was_made_without_a_port_is_suggested_and_not_proven(
    whole: Network, port: int, option: str
) -> None:
    (suspect,) = diagnose(whole, asked(OUTSIDE, "198.51.100.11", port)).causes
    first, *others = remedies(suspect.cause, suspect.candidate, whole)
    assert (option in str(first.advice[0])) if option else not others
    assert bool(first.change.parts) == (not option)
    assert all(each.change.parts for each in others)


def test_a_relay_that_was_left_behind_is_ended_by_a_command() -> None:
    (found,) = diagnose(held(LEFT_BEHIND, by=container("exited")), asked_of_web()).causes
    ended, started = EndProcess(9, halted=True), SetContainerState("docker", "start", "web")
    assert (found.candidate.offered, found.candidate.change.calls) == (True, (ended, started))
    (found,) = diagnose(held(HTTPD, by=container("exited")), asked_of_web()).causes
    assert (found.candidate.offered, found.candidate.change.calls) == (False, ())


def test_the_relay_of_another_container_is_not_ended() -> None:
    """It leads to the port's holder, and to nobody if that one is stopped."""
    conf = replace(container(), id="d" * 64, name="conf")
    relayed = replace(LEFT_BEHIND, halted=False)
    whole = with_host(held(relayed), engines=(engine(container("exited"), conf),))
    (found,) = diagnose(whole, asked_of_web()).causes
    assert found.cause == "port-allocated-by-other-container"
    assert (found.candidate.offered, found.candidate.change.calls) == (False, ())


NONE = ConfigFile("/etc/docker/daemon.json", '{\n  "bridge": "none"\n}\n')


def test_the_missing_default_network_is_written_down_and_left_to_a_person() -> None:
    whole = with_host(without_default_network(), files=(NONE,))
    (suspect,) = diagnose(whole, published()).causes
    configured = suspect.candidate.configured
    assert configured is not None
    assert (configured.file, configured.line) == (NONE.path, 2)
    assert not suspect.candidate.offered
    assert all(each.by_person for each in suspect.candidate.ways)
    assert all(not each.commands for each in remedies(suspect.cause, suspect.candidate, whole))


@pytest.mark.parametrize(
    "options",
    ({"bridge_name": "br0"}, {"bridge_name": None}, {"networks": engine().networks}, {"running": False}),
    ids=("another bridge", "no option", "not restarted since", "not running"),
)
def test_a_daemon_that_has_its_default_network_lacks_none(options: dict[str, object]) -> None:
    found = diagnose(without_default_network(**options), egress()).causes
    assert "docker-daemon-bridge-none" not in [each.cause for each in found]


def test_an_address_of_another_link_that_another_machine_may_have_is_said() -> None:
    """An agent put the address of a machine on eth0's network on a link of its own."""
    taken = Address("kube-ipvs0", 4, parse_address("198.51.100.20")[1], 32)
    host = host_namespace()
    aside = replace(
        host,
        links=(*host.links, Link(9, "kube-ipvs0", "dummy")),
        addresses=(*host.addresses, taken),
        routes=(*host.routes, local("198.51.100.20/32", "kube-ipvs0")),
    )
    flow = asked(OUTSIDE, "198.51.100.20", 9200)
    (cause,) = diagnose(network(aside), flow).causes
    assert "this host itself has 198.51.100.20 on kube-ipvs0" in " ".join(map(str, cause.candidate.advice))
    (own,) = diagnose(network(), asked(OUTSIDE, "198.51.100.11", 9200)).causes
    assert "itself has" not in " ".join(map(str, own.candidate.advice))


@pytest.mark.parametrize(("mode", "said"), (("host", True), ("private", False), (None, False)))
def test_a_file_that_puts_each_container_on_the_hosts_network_tells_why_none_has_the_port(
    mode: str | None, *, said: bool
) -> None:
    """Podman keeps nothing of a -p that it discards: measured with 5.4.2."""
    web = replace(podmans(), network_mode="host", endpoints=(), bindings=(), netns="host")
    lines = () if mode is None else (ConfLine("/etc/containers/containers.conf", 2, "containers.netns", mode),)
    served = Socket("tcp", 4, None, 80, process="httpd", container=web.id)
    host = host_namespace(sockets=(served,))
    whole = with_host(network(host, docker=podman(web)), engines=(replace(podman(web), conf=lines),))
    (found,) = diagnose(whole, asked(OUTSIDE, "198.51.100.11", 8152)).causes
    ways = [str(one) for each in found.candidate.ways for one in each.said]
    assert any("line 2 of /etc/containers/containers.conf" in each for each in ways) == said
