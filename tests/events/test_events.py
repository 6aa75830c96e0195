"""Each event on the small host: which flows pass after it, what becomes of their open connections, where it cannot be.

``python -m tests.matrix`` carries the events out on real hosts.
"""

import re
from typing import NamedTuple

import pytest
from msgspec.structs import replace

from hairpin.errors import UsageError
from hairpin.events.aftermath import asked_again, verdict_after
from hairpin.events.course import Course
from hairpin.events.event import EVENT_IDS, Event, EventId
from hairpin.events.fates import fate_of_open
from hairpin.events.firewalls._firewalld import with_firewalld_reloaded, with_firewalld_started
from hairpin.events.firewalls._zones import with_links_bound
from hairpin.events.happening import asked_course, possible_events
from hairpin.events.registry import all_events
from hairpin.host.host import Namespace
from hairpin.host.link import Link
from hairpin.host.managers import ConfigFile, Unit, Version
from hairpin.host.route import NextHop, Route
from hairpin.host.socket import Socket
from hairpin.host.sysctl import Path
from hairpin.message import message
from hairpin.network.flow import Flow, FromHost, Lan
from hairpin.network.network import Network
from hairpin.network.prefix import parse_address
from hairpin.network.world import PublicAddress, World
from hairpin.programs import program_of
from hairpin.question.target import parse_event
from hairpin.walk.open_connection import Fate
from hairpin.walk.walk import walk_flow
from tests import collector
from tests.firewalld_host import with_firewalld
from tests.podman_host import RULES as NETAVARK
from tests.podman_host import podman, podmans, with_podman
from tests.rows import each_row
from tests.small_host import (
    CLIENT,
    DOCKER_RULES,
    FORWARDING,
    GATEWAY,
    HOST_ADDRESS,
    WEB,
    container,
    container_namespace,
    egress,
    engine,
    host_namespace,
    network,
    published,
)
from tests.ufw_host import enabled, user_rules, with_ufw


class Case(NamedTuple):
    """An event on a network: the verdict on the flow after it, and what becomes of its open connection."""

    within: Network
    event: str
    flow: Flow
    verdict: str
    fate: Fate


def on(within: Network, **values: object) -> Network:
    """Return the network whose host has these values, too."""
    return within.with_host(replace(within.this, **values))


def with_files(*files: tuple[str, str], units: tuple[Unit, ...] = ()) -> Network:
    """Return the host with these configuration files."""
    return on(network(), files=tuple(ConfigFile(path, text) for path, text in files), units=units)


def host_namespace_with(path: Path, value: str) -> Namespace:
    """Return the host's namespace with this sysctl, too."""
    found = host_namespace()
    return replace(found, sysctls=found.sysctls.with_value(path, value))


ALWAYS = replace(container(), restart_policy="always")
STARTED = network(docker=engine(ALWAYS))
SERVED = Socket("tcp", 4, None, 80, process="httpd", pid=50)
BY_HAND = network(inner=container_namespace((replace(SERVED, ancestors=(50,)),)), docker=engine(ALWAYS))
BY_ITSELF = network(inner=container_namespace((replace(SERVED, ancestors=(42,)),)), docker=engine(ALWAYS))
LIVE = network(docker=replace(engine(container()), live_restore=True))
FORBIDDEN_TO_ALL = DOCKER_RULES.replace(
    "-A DOCKER -d 172", "-A DOCKER -o docker0 -p tcp -m tcp --dport 80 -j DROP\n-A DOCKER -d 172"
)
FORBIDDEN_BY_USER = DOCKER_RULES.replace("-A DOCKER-USER -j", "-A DOCKER-USER -i eth0 -j DROP\n-A DOCKER-USER -j")
REDIRECTED = DOCKER_RULES.replace(
    "-A OUTPUT !", "-A PREROUTING -p tcp -m tcp --dport 8151 -j REDIRECT --to-ports 9999\n-A OUTPUT !"
)
PUBLISHED = replace(published(), container="web", purpose="published")
HOLDING = Socket("tcp", 6, None, 8151, process="httpd", pid=77)
PERSISTENT = (Unit("netfilter-persistent.service", "active", "enabled"),)
RULES = "/etc/iptables/rules.v4"
EMPTY = "*filter\n:FORWARD DROP [0:0]\nCOMMIT\n"
OFF = with_files(("/etc/sysctl.d/50-cis.conf", "net.ipv4.ip_forward = 0\n"))
ETH0_OFF = network(host_namespace(values={"conf__eth0__forwarding": "0"}))
NEW_LINKS = {"conf__default__forwarding": "1"}
PODMAN = with_podman(values=NEW_LINKS)
KEPT_UP = with_podman(policy="always", values=NEW_LINKS)
UNSTARTED = on(KEPT_UP, units=(Unit("podman-restart.service", "inactive", "disabled"),))
NEIGHBOUR = published(Lan(parse_address("198.51.100.7")[1]))
HERE = published(FromHost())
SHUT = DOCKER_RULES.partition("*filter")[0] + EMPTY
BARE = with_ufw(network(host_namespace("")))
OPENED = with_ufw(network(host_namespace("")), user=user_rules("-A ufw-user-input -p tcp --dport 8151 -j ACCEPT"))
WITH_IPTABLES = on(network(), versions=(Version("iptables", "iptables v1.8.9 (nf_tables)"),))
LEASED = network(
    replace(
        host_namespace(),
        addresses=tuple(replace(each, dynamic=each.link == "eth0") for each in host_namespace().addresses),
    )
)
COMPOSED = network(
    host_namespace(values=NEW_LINKS),
    docker=replace(
        engine(replace(container(), project="app")), networks=(replace(engine().networks[0], project="app"),)
    ),
)
BANNED = """\
*filter
:INPUT ACCEPT [0:0]
:FORWARD ACCEPT [0:0]
:f2b-web - [0:0]
-A INPUT -p tcp -m tcp --dport 8151 -j ACCEPT
-A INPUT -p tcp -m tcp --dport 8151 -j f2b-web
-A f2b-web -s 192.0.2.10/32 -j REJECT --reject-with icmp-port-unreachable
-A f2b-web -j RETURN
COMMIT
"""
LINK6 = ("net", "ipv6", "conf", "eth0")
ADVERTISED = network(
    replace(
        host_namespace(),
        routes=(*host_namespace().routes, Route(6, 0, 0, next_hops=(NextHop("eth0", 1),), protocol="ra")),
        sysctls=host_namespace().sysctls.with_value((*LINK6, "accept_ra"), "1").with_value((*LINK6, "forwarding"), "1"),
    )
)
MAPPED = network(world=World(publics=(PublicAddress(4, parse_address("203.0.113.11")[1], HOST_ADDRESS),)))
CARD = with_files(("/etc/network/interfaces", "auto eth0\niface eth0 inet static\n  address 198.51.100.11/24\n"))
TO_WEB = Flow(FromHost(), 4, WEB, "tcp", 80)
LOOPBACK = published(FromHost(), "127.0.0.1")
INTERFACES, STATIC = "/etc/network/interfaces", "auto eth0\niface eth0 inet static\n address 198.51.100.11/24\n"
IFUPDOWN = (Unit("networking.service", "active", "enabled"),)
NETWORK, OF_ETH0 = "/etc/systemd/network/1.network", "[Match]\nName=eth0\n[Network]\nAddress=198.51.100.11/24\n"
NFT = "/etc/nftables.conf"
NFTABLES, NFTABLES_OFF = ((Unit("nftables.service", state, "enabled"),) for state in ("active", "inactive"))
TRACKING = """flush ruleset
table inet f {
 chain c {
  type filter hook input priority 0; policy drop;
  ct state vmap { established : accept, related : accept }
 }
}
"""
CLOSING = "table ip f {\n chain c {\n  type filter hook forward priority -5;\n  tcp dport 80 drop\n }\n}\n"
NETWORKD = (Unit("systemd-networkd.service", "active", "enabled"),)

METRICS = network(
    replace(host_namespace(), sockets=(*host_namespace().sockets, Socket("tcp", 4, None, 9323, process="dockerd")))
)
TO_METRICS = Flow(FromHost(), 4, HOST_ADDRESS, "tcp", 9323)
_ZONES = {"/etc/firewalld/zones/docker.xml": '<zone target="ACCEPT"/>'}
WITH_FIREWALLD = with_firewalld_started(Course(with_firewalld(_ZONES), "test"), with_firewalld().this)
LISTENING = with_firewalld_reloaded(with_links_bound(WITH_FIREWALLD, "docker", ("docker0",))).network
CASES: dict[str, Case] = {
    "firewalld takes the engine's rules": Case(with_firewalld(), "firewalld-start", egress(), "dropped", "lost"),
    "dockerd puts them back": Case(
        LISTENING, "firewalld-reload", published(), "delivered", "kept",
    ),
    "dockerd hears of a restart, too": Case(LISTENING, "firewalld-restart", egress(), "leaves", "kept"),
    "a container with a restart policy comes back": Case(STARTED, "docker-restart", published(), "delivered", "lost"),
    "a container without one does not": Case(network(), "docker-restart", published(), "refused", "lost"),
    "what docker exec has started does not come back": Case(BY_HAND, "docker-restart", published(), "refused", "lost"),
    "what its first process has started does": Case(BY_ITSELF, "docker-restart", published(), "delivered", "lost"),
    "with live-restore it goes on": Case(LIVE, "docker-restart", published(), "delivered", "kept"),
    "a daemon that has come into the container later": Case(
        network(
            inner=container_namespace((replace(SERVED, ancestors=(42,), is_late=True),)),
            docker=engine(ALWAYS),
        ),
        "docker-restart", published(), "depends", "lost",
    ),
    "it goes on while its container does": Case(
        network(
            inner=container_namespace((replace(SERVED, ancestors=(42,), is_late=True),)),
            docker=engine(ALWAYS),
        ),
        "conntrack-flush", published(), "delivered", "kept",
    ),
    "a container whose port another process has": Case(
        network(host_namespace(sockets=(HOLDING,)), docker=engine(ALWAYS)), "container-restart", PUBLISHED,
        "misdirected", "lost",
    ),
    "a container whose address another process does not have": Case(
        network(
            host_namespace(sockets=(replace(HOLDING, address=GATEWAY),)),
            docker=engine(replace(
                ALWAYS, bindings=(replace(ALWAYS.bindings[0], host_ip=HOST_ADDRESS),),
            )),
        ),
        "container-restart", published(), "delivered", "lost",
    ),
    "with live-restore docker-proxy comes back": Case(LIVE, "docker-restart", LOOPBACK, "delivered", "lost"),
    "dockerd's own metrics come back with it": Case(METRICS, "docker-restart", TO_METRICS, "delivered", "lost"),
    "dockerd's own metrics end with it": Case(METRICS, "docker-stop", TO_METRICS, "refused", "lost"),
    "a rule by hand in dockerd's chain goes": Case(
        network(host_namespace(FORBIDDEN_TO_ALL), docker=engine(ALWAYS)), "docker-restart", published(), "delivered",
        "depends",
    ),
    "a rule by hand in DOCKER-USER stays": Case(
        network(host_namespace(FORBIDDEN_BY_USER), docker=engine(ALWAYS)), "docker-restart", published(), "dropped",
        "depends",
    ),
    "a rule behind dockerd's jump comes before it": Case(
        network(host_namespace(REDIRECTED), docker=engine(ALWAYS)), "docker-restart", published(), "refused", "lost",
    ),
    "a daemon that goes on moves no jump": Case(
        network(host_namespace(REDIRECTED), docker=engine(ALWAYS)), "docker-reload", published(), "delivered", "kept",
    ),
    "with live-restore docker-proxy ends": Case(LIVE, "docker-stop", LOOPBACK, "refused", "lost"),
    "dockerd takes its containers with it": Case(STARTED, "docker-stop", published(), "refused", "lost"),
    "the rules outlive a killed dockerd": Case(network(), "docker-kill", published(), "delivered", "kept"),
    "docker-proxy does not": Case(network(), "docker-kill", LOOPBACK, "refused", "lost"),
    "a stopped container": Case(network(), "container-stop:web", published(), "refused", "lost"),
    "a restarted container": Case(network(), "container-restart:web", published(), "delivered", "lost"),
    "its way out comes back": Case(network(), "container-restart", egress(), "leaves", "lost"),
    "a recreated container": Case(network(), "container-recreate:web", published(), "delivered", "lost"),
    "its way out is that of the old one": Case(network(), "container-recreate", egress(), "leaves", "lost"),
    "what docker exec has started is not in the new one": Case(
        BY_HAND, "container-recreate", published(), "refused", "lost",
    ),
    "a recreated container of Podman's": Case(PODMAN, "container-recreate", published(), "delivered", "lost"),
    "a project of Compose's": Case(COMPOSED, "compose-recreate", published(), "delivered", "lost"),
    "a VPN of which nobody knows what it brings": Case(
        with_files(units=(Unit("wg-quick@wg0.service", "inactive", "enabled"),)), "vpn-up", published(), "delivered",
        "depends",
    ),
    "the ban comes first again": Case(
        network(host_namespace(BANNED)), "fail2ban-restart", published(), "rejected", "depends",
    ),
    "a later Docker publishes the port, too": Case(STARTED, "docker-upgrade", published(), "delivered", "lost"),
    "the upgrade brings back what dockerd starts": Case(network(), "docker-upgrade", published(), "refused", "lost"),
    "an upgraded iptables": Case(WITH_IPTABLES, "iptables-upgrade", published(), "delivered", "kept"),
    "bridged packets meet iptables": Case(network(), "br-netfilter-load", published(), "delivered", "kept"),
    "the new kernel": Case(STARTED, "kernel-upgrade", published(), "delivered", "lost"),
    "nobody has the address that was leased": Case(LEASED, "dhcp-new-address", published(), "dropped", "depends"),
    "the routes of the leased address are back": Case(LEASED, "dhcp-new-address", egress(), "leaves", "depends"),
    "the public address is somebody else's": Case(
        MAPPED, "cloud-stop-start", published(address="203.0.113.11"), "dropped", "lost",
    ),
    "the private address is the machine's": Case(MAPPED, "cloud-stop-start", published(), "refused", "lost"),
    "no file configures the new card": Case(CARD, "nic-replaced", published(), "dropped", "lost"),
    "a card that no file names": Case(STARTED, "nic-replaced:eth0", published(), "delivered", "lost"),
    "IPv4 needs no advertisement": Case(ADVERTISED, "router-advertisement-expired", published(), "delivered", "kept"),
    "a stopped container of Podman's": Case(PODMAN, "container-stop:web", published(), "refused", "lost"),
    "nobody has its address": Case(PODMAN, "container-stop", TO_WEB, "dropped", "lost"),
    "a restarted container of Podman's": Case(PODMAN, "container-restart:web", published(), "delivered", "lost"),
    "its way out comes back, too": Case(PODMAN, "container-restart", egress(), "leaves", "lost"),
    "netavark switches forwarding on": Case(
        with_podman(values=dict.fromkeys((*FORWARDING, *NEW_LINKS), "0")), "container-restart", published(),
        "delivered", "depends",
    ),
    "Podman's containers that its unit starts": Case(KEPT_UP, "podman-restart", published(), "delivered", "lost"),
    "a unit that was not started has nothing to stop": Case(
        UNSTARTED, "podman-restart", published(), "delivered", "kept",
    ),
    "a container that was stopped by hand starts": Case(
        with_podman(status="exited", policy="always", values=NEW_LINKS), "podman-restart", published(),
        "delivered", "lost",
    ),
    "without rules the port is docker-proxy's": Case(network(), "iptables-flush", published(), "delivered", "lost"),
    "without rules nothing leaves": Case(network(), "iptables-flush", egress(), "dropped", "lost"),
    "an empty table of saved rules": Case(
        with_files((RULES, EMPTY), units=PERSISTENT), "saved-rules-restore", egress(), "dropped", "lost",
    ),
    "saved rules with the engine's": Case(
        with_files((RULES, DOCKER_RULES), units=PERSISTENT), "saved-rules-restore", published(), "delivered", "kept",
    ),
    "saved rules of a host without systemd": Case(
        with_files((RULES, EMPTY)), "saved-rules-restore", egress(), "dropped", "lost",
    ),
    "a file that switches forwarding off": Case(OFF, "sysctl-system", published(), "dropped", "lost"),
    "a file hidden by one of its name": Case(
        with_files(
            ("/usr/lib/sysctl.d/50-cis.conf", "net.ipv4.ip_forward = 0\n"), ("/etc/sysctl.d/50-cis.conf", "\n"),
        ),
        "sysctl-system", published(), "delivered", "kept",
    ),
    "a pattern that a full key overrides": Case(
        with_files(("/etc/sysctl.d/9.conf", "net.ipv4.conf.eth0.forwarding = 1\nnet.ipv4.conf.*.forwarding = 0\n")),
        "sysctl-system", egress(), "dropped", "lost",
    ),
    "one interface that does not forward": Case(ETH0_OFF, "forwarding-toggle", published(), "delivered", "depends"),
    "forwarding that was on": Case(network(), "forwarding-toggle", published(), "delivered", "kept"),
    "the forgotten connection is translated as before": Case(
        network(), "conntrack-flush", published(), "delivered", "kept",
    ),
    "the forgotten connection of a container": Case(network(), "conntrack-flush", egress(), "leaves", "kept"),
    "the default route is gone": Case(network(), "link-bounce", egress(), "rejected", "lost"),
    "a client on the link": Case(network(), "link-bounce:eth0", NEIGHBOUR, "delivered", "kept"),
    "the bridge's own routes come back": Case(network(), "link-bounce:docker0", published(), "delivered", "kept"),
    "a managed link": Case(
        with_files(units=(Unit("systemd-networkd.service", "active", "enabled"),)), "link-bounce", egress(), "rejected",
        "depends",
    ),
    "ifupdown's file names no gateway": Case(
        with_files((INTERFACES, STATIC), units=IFUPDOWN), "network-restart", egress(), "rejected", "lost",
    ),
    "ifupdown's file names the gateway": Case(
        with_files((INTERFACES, f"{STATIC} gateway 198.51.100.1\n"), units=IFUPDOWN), "network-restart", egress(),
        "leaves", "kept",
    ),
    "networkd's file names no gateway": Case(
        with_files((NETWORK, OF_ETH0), units=NETWORKD), "networkd-restart", egress(), "rejected", "depends",
    ),
    "NetworkManager leaves its links up": Case(
        with_files(units=(Unit("NetworkManager.service", "active", "enabled"),)), "networkmanager-restart", published(),
        "delivered", "kept",
    ),
    "nftables takes the engine's rules": Case(
        with_files((NFT, "flush ruleset\n"), units=NFTABLES), "nftables-restart", egress(), "unanswered", "lost",
    ),
    "the stop of nftables takes them, too": Case(
        with_files((NFT, "add table inet mine\n"), units=NFTABLES), "nftables-restart", egress(), "unanswered", "lost",
    ),
    "a unit that is not active is not stopped": Case(
        with_files((NFT, "add table inet mine\n"), units=NFTABLES_OFF), "nftables-restart", egress(), "leaves", "kept",
    ),
    "its chains of nat gone, nobody translates": Case(
        with_files((NFT, TRACKING), units=NFTABLES), "nftables-reload", egress(), "unanswered", "lost",
    ),
    "the host's own connection goes on": Case(
        with_files((NFT, TRACKING), units=NFTABLES), "nftables-reload", LOOPBACK, "dropped", "kept",
    ),
    "with all rules gone for a moment the kernel still knows it": Case(
        with_files((NFT, TRACKING), units=NFTABLES), "nftables-restart", LOOPBACK, "dropped", "kept",
    ),
    "without its rules the port is docker-proxy's": Case(
        with_files((NFT, "flush ruleset\n"), units=NFTABLES), "nftables-restart", published(), "delivered", "lost",
    ),
    "a reload wipes only what the file says": Case(
        with_files((NFT, "table inet mine\ndelete table inet mine\n"), units=NFTABLES), "nftables-reload", published(),
        "delivered", "kept",
    ),
    "the file closes the port": Case(
        with_files((NFT, CLOSING), units=NFTABLES), "nftables-reload", published(), "dropped", "lost",
    ),
    "RHEL's reload flushes": Case(
        with_files(("/etc/sysconfig/nftables.conf", "add table inet mine\n"), units=NFTABLES), "nftables-reload",
        egress(), "unanswered", "lost",
    ),
    "a refused file changes nothing": Case(
        with_files((NFT, "flush ruleset\nadd rule ip none c accept\n"), units=NFTABLES), "nftables-reload", egress(),
        "leaves", "kept",
    ),
    "a file that is not read is a condition": Case(
        with_files((NFT, 'flush ruleset\ninclude "/etc/else.nft"\n'), units=NFTABLES), "nftables-reload", egress(),
        "unanswered", "depends",
    ),
    "dockerd reads its configuration": Case(network(), "docker-reload", published(), "delivered", "kept"),
    "ufw goes behind the engine's rules": Case(with_ufw(), "ufw-enable", published(), "delivered", "kept"),
    "ufw closes what docker-proxy serves": Case(BARE, "ufw-enable", published(), "dropped", "lost"),
    "ufw allows what docker-proxy serves": Case(OPENED, "ufw-enable", published(), "delivered", "kept"),
    "ufw opens what it had closed": Case(enabled(BARE), "ufw-disable", published(), "delivered", "depends"),
    "ufw opens FORWARD": Case(
        enabled(with_ufw(network(host_namespace(SHUT)))), "ufw-disable", egress(),
        "leaves", "depends",
    ),
    "ufw reads its files again": Case(enabled(with_ufw()), "ufw-reload", published(), "delivered", "kept"),
    "a container that dockerd starts at the boot": Case(STARTED, "reboot", published(), "delivered", "lost"),
    "one that it does not start": Case(network(), "reboot", published(), "refused", "lost"),
    "live-restore brings none over a boot": Case(LIVE, "reboot", published(), "refused", "lost"),
    "dockerd switches forwarding on behind the file that switches it off": Case(
        network(docker=engine(ALWAYS), host=replace(host_namespace(), sysctls=OFF.this.namespace(
            "host").sysctls)), "reboot", published(), "delivered", "lost",
    ),
    "the host's own connection": Case(network(), "conntrack-flush", HERE, "delivered", "kept"),
}  # fmt: skip
IMPOSSIBLE: dict[str, tuple[Network, str, str]] = {
    "no Docker": (on(network(), engines=()), "docker-restart", "cannot happen on this host"),
    "Docker is down": (
        network(docker=replace(engine(container()), running=False)), "docker-stop", "cannot happen",
    ),
    "no saved rules": (network(), "saved-rules-restore", "cannot happen"),
    "saved rules that no unit loads": (
        with_files((RULES, EMPTY), units=NETWORKD), "saved-rules-restore", "cannot happen",
    ),
    "no iptables": (network(host_namespace("")), "iptables-flush", "cannot happen"),
    "no nftables.service": (with_files((NFT, ""), units=NETWORKD), "nftables-restart", "cannot happen"),
    "no file of it": (with_files(units=NFTABLES), "nftables-reload", "cannot happen"),
    "no ufw": (network(), "ufw-enable", "cannot happen"),
    "ufw was removed": (on(with_ufw(), versions=(Version("package:nftables", "1.0"),)), "ufw-enable", "cannot happen"),
    "ufw is off": (with_ufw(), "ufw-reload", "cannot happen"),
    "ufw is off already": (with_ufw(), "ufw-disable", "cannot happen"),
    "ufw is on": (enabled(with_ufw()), "ufw-enable", "cannot happen"),
    "a Docker of the last known generation": (
        network(docker=replace(engine(container()), version="29.7.2")), "docker-upgrade", "cannot",
    ),
    "a Docker that is no release": (
        network(docker=replace(engine(container()), version="dev")), "docker-upgrade", "cannot",
    ),
    "iptables is not there": (network(), "iptables-upgrade", "cannot happen"),
    "br_netfilter is loaded": (
        network(host_namespace_with(("net", "bridge", "bridge-nf-call-iptables"), "0")), "br-netfilter-load", "cannot",
    ),
    "no lease": (network(), "dhcp-new-address", "cannot happen"),
    "no cloud": (network(), "cloud-stop-start", "cannot happen"),
    "a bridge is no card": (network(), "nic-replaced:docker0", "docker0 does not exist or does not run"),
    "nothing is from an advertisement": (network(), "router-advertisement-expired", "cannot happen"),
    "no project of Compose's": (network(), "compose-recreate", "cannot happen"),
    "no VPN": (network(), "vpn-up", "cannot happen"),
    "the VPN is up": (
        with_files(units=(Unit("tailscaled.service", "active", "enabled"),)), "vpn-up", "cannot happen",
    ),
    "no fail2ban": (network(), "fail2ban-restart", "cannot happen"),
    "no container to recreate": (network(), "container-recreate:api", "api does not exist"),
    "no container of Podman's that its unit starts": (PODMAN, "podman-restart", "cannot happen"),
    "ifupdown does not run": (with_files((INTERFACES, STATIC), units=NETWORKD), "network-restart", "cannot happen"),
    "networkd does not run": (with_files((NETWORK, OF_ETH0), units=IFUPDOWN), "networkd-restart", "cannot happen"),
    "NetworkManager does not run": (with_files(units=IFUPDOWN), "networkmanager-restart", "cannot happen"),
    "no such link": (network(), "link-bounce:eth9", "eth9 does not exist or does not run"),
    "no such container": (network(), "container-stop:api", "api does not exist or does not run"),
    "an event without a name": (network(), "conntrack-flush:web", "takes no name"),
    "a misspelt event": (network(), "docker-restrat", "did you mean docker-restart?"),
    "no event": (network(), "thunder", "no event 'thunder'; the events are reboot, docker-restart, "),
    "no such host": (network(), "conntrack-flush@node2", "no host 'node2'"),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_the_flow_after_the_event(case: Case) -> None:
    _, course = asked_course(case.within, parse_event(case.event))
    then = asked_again(case.within, course.network, case.flow)
    found, _ = verdict_after(walk_flow(case.within, case.flow), walk_flow(course.network, then))
    assert (found, fate_of_open(case.within, course, case.flow)) == (case.verdict, case.fate)


@each_row(("within", "event", "said"), IMPOSSIBLE.values(), ids=IMPOSSIBLE)
def test_an_event_that_cannot_happen_is_refused_by_name(within: Network, event: str, said: str) -> None:
    with pytest.raises(UsageError) as refused:
        asked_course(within, parse_event(event))
    assert said in str(refused.value)


@pytest.mark.parametrize("text", ("", ":web", "container-stop:", "@"))
def test_a_text_that_names_no_event(text: str) -> None:
    with pytest.raises(UsageError):
        parse_event(text)


def test_the_closed_list_is_the_events_of_the_files_and_each_is_in_the_table() -> None:
    ids = [each.id for each in all_events()]
    assert ids == list(EVENT_IDS)
    assert {case.event.partition(":")[0] for case in CASES.values()} == set(ids)


def test_possible_events_are_those_that_change_this_host() -> None:
    possible: dict[EventId, Course] = {event.id: course for event, course in possible_events(network(), "test")}
    assert "saved-rules-restore" not in possible
    assert "docker-restart" in possible


def test_a_container_that_has_moved_is_asked_at_its_new_address() -> None:
    """The lower address is free by then."""
    moved = replace(container().endpoints[0], ipv4=CLIENT)
    within = network(docker=engine(replace(container(), endpoints=(moved,))))
    _, course = asked_course(within, parse_event("container-restart"))
    flow = Flow(FromHost(), 4, CLIENT, "tcp", 80)
    assert asked_again(within, course.network, flow).daddr != CLIENT


def test_a_container_that_is_stopped_is_not_asked_at_what_another_has_got() -> None:
    flow = Flow(FromHost(), 4, WEB, "tcp", 80)
    _, stopped = asked_course(network(), parse_event("container-stop"))
    assert asked_again(network(), stopped.network, flow).daddr == WEB
    other = network(docker=engine(replace(container(), name="db")))
    asked = asked_again(network(), other, flow)
    assert (asked.daddr != WEB, asked.container) == (True, "web")
    assert not walk_flow(other, asked).succeeds


def test_what_nobody_can_foresee_leaves_open_connections_undecided() -> None:
    course = Course(network(), "test").provided(message("it rains")).provided(message("it rains"))
    assert len(course.conditions) == 1
    assert fate_of_open(network(), course, published()) == "depends"
    assert fate_of_open(network(), Course(network(), "test").lacking(("units",)), published()) == "depends"


def test_dockerd_that_switches_forwarding_on_closes_forward() -> None:
    """It finds 0, sets 1 and the policy DROP; a dockerd that finds 1 leaves the policy alone."""
    accepting = DOCKER_RULES.replace(":FORWARD DROP", ":FORWARD ACCEPT")
    for value, policy in (("0", "drop"), ("1", "accept")):
        values = dict.fromkeys(FORWARDING, value)
        within = network(host_namespace(accepting, values=values), container_namespace())
        _, course = asked_course(within, parse_event("docker-restart"))
        (filtering,) = (table for table in course.namespace.ruleset.tables if table.name == "filter")
        chain = filtering.chain("FORWARD")
        assert chain is not None
        assert (course.namespace.sysctls.text("net", "ipv4", "ip_forward"), chain.policy) == ("1", policy)


def state_after(within: Network, event: str) -> Namespace:
    """Return the host's own namespace after the event."""
    _, course = asked_course(within, parse_event(event))
    return course.namespace


def chains(namespace: Namespace) -> dict[str, int]:
    """Return the number of rules of each of netavark's chains."""
    own = (each for table in namespace.ruleset.tables for each in table.chains if "NETAVARK" in each.name)
    return {each.name.removeprefix("NETAVARK").strip("-_"): len(each.rules) for each in own}


def with_db() -> Network:
    """Return Podman's host on whose network ``db`` runs, too, which publishes no port."""
    end = replace(podmans().endpoints[0], ipv4=WEB + 1)
    db = replace(podmans(), id="db", name="db", endpoints=(end,), bindings=(), netns=None)
    return on(PODMAN, engines=(podman(podmans(), db),))


NETWORK_CHAINS = {"1D8721804F16F", "DN-1D8721804F16F"}


def test_netavark_takes_a_network_down_with_its_last_container() -> None:
    """Its bridge, its rules and its chains go; what all networks share stays."""
    after = state_after(PODMAN, "container-stop")
    assert after.link("docker0") is None
    assert all(each.link != "docker0" for each in after.addresses)
    assert all(hop.link != "docker0" for each in after.routes for hop in each.next_hops)
    assert chains(after) == {"HOSTPORT-DNAT": 0, "HOSTPORT-MASQ": 1, "HOSTPORT-SETMARK": 1, "FORWARD": 0}


def test_a_network_with_another_container_stays() -> None:
    """Of its rules go those of the ports of the container that has ended."""
    within = with_db()
    host = within.namespace(within.this.netns)
    port = replace(next(each for each in host.links if each.master == "docker0"), name="veth2")
    after = state_after(within.with_namespace(within.this.netns, with_port(host, port)), "container-stop:web")
    assert after.link("docker0") is not None
    assert set(chains(after)) >= NETWORK_CHAINS
    assert (chains(after)["1D8721804F16F"], chains(after)["DN-1D8721804F16F"]) == (2, 0)


def with_port(namespace: Namespace, port: Link) -> Namespace:
    """Return the namespace in which the bridge has this port, too, of a veth pair of its own."""
    return replace(namespace, links=(*namespace.links, replace(port, index=77, peer_index=78)))


def test_a_container_of_podmans_gets_the_next_address() -> None:
    """Docker would give it the first that is free."""
    _, course = asked_course(PODMAN, parse_event("container-restart"))
    (web,) = course.host.containers()
    assert web.endpoints[0].ipv4 == WEB + 1


def test_netavark_appends_its_rules() -> None:
    """What somebody has appended meanwhile comes first."""
    other = "-A POSTROUTING -s 192.0.2.1/32 -j ACCEPT\n"
    rules = NETAVARK.replace("-A NETAVARK-1D8721804F16F -d", other + "-A NETAVARK-1D8721804F16F -d", 1)
    after = state_after(with_podman(rules), "container-restart")
    (nat,) = (table for table in after.ruleset.tables if table.name == "nat")
    chain = nat.chain("POSTROUTING")
    assert chain is not None
    ends = ["HOSTPORT-MASQ", "ACCEPT", "1D8721804F16F"]
    assert [each.text.rpartition(" ")[2].removeprefix("NETAVARK-") for each in chain.rules] == ends


def test_the_name_server_goes_with_its_network_and_comes_back() -> None:
    server = Socket("udp", 4, GATEWAY, 53, process="aardvark-dns")
    host = PODMAN.namespace(PODMAN.this.netns)
    within = PODMAN.with_namespace(PODMAN.this.netns, replace(host, sockets=(*host.sockets, server)))
    served = replace(podman().networks[0], dns_enabled=True)
    within = on(within, engines=(replace(podman(podmans()), networks=(served,)),))
    for event, there in (("container-stop", False), ("container-restart", True)):
        assert (server in state_after(within, event).sockets) is there


@each_row("event", all_events(), ids=lambda each: each.id)
def test_the_collector_reads_the_traces_of_an_event(event: Event) -> None:
    """`hairpin story` looks for its packages and its command in what the collector has chosen.  Its units are those of
    a program, and ``tests/test_programs.py`` holds that they are read."""
    packages, commands = map(collector.variable, ("TRACE_PACKAGES", "TRACE_COMMANDS"))
    assert [each for each in event.packages if not re.match(packages, each)] == []
    assert event.command == "" or re.search(commands, event.command)
    assert [each for each in event.units if program_of(each) is None] == []
