"""A rule translates the packet wrongly, or keeps another one from it."""

import pytest
from msgspec.structs import replace

from hairpin.diagnose.diagnose import diagnose
from hairpin.host.docker import Engine
from hairpin.host.socket import Socket
from hairpin.netfilter import ir
from hairpin.netfilter.packet import UDP, Connection, Tuple
from hairpin.network.flow import FromHost
from hairpin.network.network import Network
from hairpin.network.prefix import parse_address
from hairpin.network.world import Peer, World
from tests.causes.case import Case
from tests.causes.firewall_hosts import with_inner
from tests.causes.hosts import (
    FROM_DB,
    asked,
    beside,
    outlived,
    proxy_off,
    readdressed,
    relayed_udp,
    ruled,
    told,
    with_db,
)
from tests.rule_text import ALL_RULES, PROXY_OFF_RULES, in_table, with_policy, with_rule, without
from tests.small_host import DOCKER_RULES, HOST_NETNS, egress, host_namespace, network, number, published, ruleset

TO_OUTSIDE = "-p tcp --dport 8151 -j DNAT --to-destination 203.0.113.50:80"
TO_WEB = asked(FROM_DB, "172.17.0.2", 80)
RELAYED = asked(FromHost(), "127.0.0.1", 5353, "udp")
SHADOWING = with_rule("nat POSTROUTING", "-p udp -j SNAT --to-source 192.0.2.99")
LOOPBACK, ELSEWHERE = number("127.0.0.1"), number("192.0.2.99")
LED = Connection(
    4, Tuple(LOOPBACK, LOOPBACK, UDP, 21096, 5353), Tuple(LOOPBACK, ELSEWHERE, UDP, 5353, 21096),
    ir.STATUS_CONFIRMED, live=True, evidence="e9",
)  # fmt: skip
NO_MASQUERADE = host_namespace(without("! -o docker0 -j MASQUERADE"))
PICKY = World(peers=(Peer(4, 0, 0, accepts=((parse_address("198.51.100.0")[1], 24),)),))


def unmasqueraded() -> Engine:
    """Return dockerd whose default network is not masqueraded."""
    docker = told(ip_masq=False)
    default = (("com.docker.network.bridge.default_bridge", "true"),)
    return replace(docker, networks=(replace(docker.networks[0], options=default),))


def left_by_netavark(port: str = "8151") -> Network:
    """Return the host of a Podman without a container, with a DNAT that a former driver of netavark left, and a service
    of its own on the port."""
    rules = f"""*nat
:PREROUTING ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
:NETAVARK-DN-1D8721804F16F - [0:0]
-A PREROUTING -m addrtype --dst-type LOCAL -j NETAVARK-DN-1D8721804F16F
-A OUTPUT -m addrtype --dst-type LOCAL -j NETAVARK-DN-1D8721804F16F
-A NETAVARK-DN-1D8721804F16F -p tcp -m tcp --dport {port} -j DNAT --to-destination 10.88.0.5:80
COMMIT
"""
    served = Socket("tcp", 4, None, 8151, process="python3")
    podman = Engine("podman", "5.4.2", network_backend="netavark", network_version="1.14.0")
    return network(host_namespace(rules, sockets=(served,)), docker=podman)


def relaying(rules: str, *entries: Connection) -> Network:
    """Return the host whose docker-proxy relays 5353/udp, with these rules, and entries in its connection table."""
    whole = relayed_udp("20.10.24")
    host = whole.namespace(HOST_NETNS)
    ruled_host = replace(host, ruleset=ruleset(rules), connections=entries)
    return whole.with_namespace(HOST_NETNS, ruled_host)


def forwarding(address: str, port: int) -> Network:
    """Return the host with a port forward that somebody wrote for that address."""
    rule = f"-d {address} -p tcp --dport {port} -j DNAT --to-destination 172.17.0.2:80"
    return ruled(with_rule("nat PREROUTING", rule))


def redirecting(address: str) -> Network:
    """Return the host with db, in which web's own rule redirects port 46843 of this address to its listening port."""
    whole = with_db(host_namespace(with_policy("FORWARD", "ACCEPT", ALL_RULES)))
    rule = f"-A PREROUTING -d {address} -p tcp --dport 46843 -j REDIRECT --to-ports 80"
    own = ruleset(f"*nat\n:PREROUTING ACCEPT [0:0]\n{rule}\nCOMMIT\n")
    spaces = tuple(
        replace(each, ruleset=own) if each.name == "container:web" else each for each in whole.this.namespaces
    )
    return whole.with_host(replace(whole.this, namespaces=spaces))


TO_7000 = replace(published(), dport=7000)
TO_REDIRECTED = asked(FROM_DB, "172.17.0.2", 46843)
FORCED_DNS = "-i docker0 -p udp -m udp --dport 53 -j DNAT --to-destination 172.17.0.2:53"
TO_RESOLVER = replace(egress(), protocol="udp", dport=53)


def within_bridge(rule: str) -> Network:
    """Return the host with this rule in nat POSTROUTING; web lets in only what has an address of its own network."""
    open_rules = with_policy("FORWARD", "ACCEPT", with_rule("nat POSTROUTING", rule, ALL_RULES))
    host = host_namespace(open_rules)
    shown = host.sysctls.with_value(("net", "bridge", "bridge-nf-call-iptables"), "1")
    whole = with_db(replace(host, sysctls=shown))
    own = ruleset("*filter\n:INPUT ACCEPT [0:0]\n-A INPUT ! -s 172.17.0.0/16 -j DROP\nCOMMIT\n")
    spaces = tuple(
        replace(each, ruleset=own) if each.name == "container:web" else each for each in whole.this.namespaces
    )
    return whole.with_host(replace(whole.this, namespaces=spaces))


def led(place: str, port: str = "8151", to: str = "172.17.0.3:80") -> Network:
    """Return the host with ``web`` and ``db``, on which a rule leads a port to ``db``, whose service has port 80."""
    served = Socket("tcp", 4, None, 80, process="httpd")
    rule = f"-p tcp --dport {port} -j DNAT --to-destination {to}"
    rules = ruleset(with_policy("FORWARD", "ACCEPT", with_rule(place, rule)))
    whole = beside((served,), (served,))
    return whole.with_namespace(HOST_NETNS, replace(whole.namespace(HOST_NETNS), ruleset=rules))


AT_8090 = asked(published().start, "198.51.100.11", 8090)
OF_WEB = replace(published(), container="web", purpose="published")

CASES: dict[str, Case] = {
    "a rule by hand names no port": Case(
        led("nat PREROUTING", "8090", "172.17.0.3"), AT_8090, ("dnat-rule-names-other-port",),
        led("nat PREROUTING", "8090"),
    ),
    "a rule by hand names a port that the container does not have": Case(
        led("nat PREROUTING", "8090", "172.17.0.3:81"), AT_8090, ("dnat-rule-names-other-port",),
        led("nat PREROUTING", "8090"),
    ),
    "a rule of netavark outlives its driver, and its networks are unread": Case(
        left_by_netavark(), replace(published(), container=None), ("dnat-rule-stale-address",),
        left_by_netavark(port="8152"),
    ),
    "the same, asked at a loopback address": Case(
        left_by_netavark(), replace(published(FromHost()), daddr=LOOPBACK, container=None),
        ("dnat-rule-stale-address",),
        left_by_netavark(port="8152"),
    ),
    "rules outlive their container": Case(outlived(), published(), ("dnat-rule-stale-address",)),
    "rules lead to the address that the container had": Case(
        readdressed(DOCKER_RULES), published(), ("dnat-rule-stale-address",),
        readdressed(DOCKER_RULES.replace("172.17.0.2", "172.17.0.9")),
    ),
    "a rule of the engine's chain leads out of the host": Case(
        network(host_namespace(with_rule("nat DOCKER", "-p tcp -j DNAT --to-destination 203.0.113.99"))),
        replace(published(FromHost()), container="web"), ("dnat-rule-stale-address",),
        network(host_namespace(with_rule("nat DOCKER", "-p udp -j DNAT --to-destination 203.0.113.99"))),
    ),
    "masquerading is switched off, and a peer drops the containers' addresses": Case(
        network(NO_MASQUERADE, docker=unmasqueraded(), world=PICKY), egress(), ("masquerade-disabled-on-network",),
        network(NO_MASQUERADE, docker=unmasqueraded()),
    ),
    "a container's questions are translated to the container itself": Case(
        network(host_namespace(with_rule("nat PREROUTING", FORCED_DNS))), TO_RESOLVER, ("dnat-rule-shadowed",),
    ),
    "a rule rewrites the source inside the bridge": Case(
        within_bridge("-s 172.17.0.0/16 -j SNAT --to-source 198.51.100.11"), TO_WEB, ("bridged-source-rewritten",),
        within_bridge("-s 172.17.0.0/16 -o eth0 -j SNAT --to-source 198.51.100.11"),
    ),
    "translated for an address that a gateway translates before": Case(
        forwarding("203.0.113.11", 7000),
        TO_7000, ("dnat-rule-names-other-address",),
        forwarding("198.51.100.11", 7000),
    ),
    "redirected in the container for its loopback address": Case(
        redirecting("127.0.0.1"),
        TO_REDIRECTED, ("dnat-rule-names-other-address",),
        redirecting("172.17.0.2"),
    ),
    "translated for another address and another port": Case(
        forwarding("203.0.113.11", 7001),
        TO_7000, ("port-not-published",),
        forwarding("198.51.100.11", 7000),
    ),
    "translated to another port of the container": Case(
        ruled(with_rule("nat PREROUTING", "-p tcp --dport 8151 -j DNAT --to-destination 172.17.0.2:81")),
        replace(published(), container="web"), ("dnat-rule-shadowed",),
        ruled(with_rule("nat PREROUTING", "-p tcp --dport 8152 -j DNAT --to-destination 172.17.0.2:81")),
    ),
    "translated inside the container to a port of nothing": Case(
        with_inner("*nat\n:PREROUTING ACCEPT [0:0]\n-A PREROUTING -p tcp -j REDIRECT --to-ports 81\nCOMMIT\n"),
        published(), ("dnat-rule-shadowed",),
        with_inner("*nat\n:PREROUTING ACCEPT [0:0]\n-A PREROUTING -p udp -j REDIRECT --to-ports 81\nCOMMIT\n"),
    ),
    "a program's own chain inside the container leads to a port that nothing has": Case(
        with_inner(
            "*nat\n:PREROUTING ACCEPT [0:0]\n:PROXY - [0:0]\n-A PREROUTING -p tcp -j PROXY\n"
            "-A PROXY -p tcp -j REDIRECT --to-ports 15006\nCOMMIT\n"
        ),
        published(), ("service-not-listening",),
    ),
    "a rule of the engine's chain leads to another container": Case(
        led("nat DOCKER"), OF_WEB, ("dnat-rule-stale-address",), led("nat DOCKER", "8152"),
    ),
    "a rule of somebody's leads to another container": Case(
        led("nat PREROUTING"), OF_WEB, ("dnat-rule-shadowed",), led("nat PREROUTING", "8152"),
    ),
    "translated to a machine outside": Case(
        ruled(with_policy("FORWARD", "ACCEPT", with_rule("nat PREROUTING", TO_OUTSIDE))),
        replace(published(), container="web"), ("dnat-rule-shadowed",),
        ruled(with_policy("FORWARD", "ACCEPT", with_rule("nat PREROUTING", TO_OUTSIDE.replace("8151", "8152")))),
    ),
    "a transparent proxy that is gone": Case(
        ruled(with_rule("nat PREROUTING", "-i docker0 -p tcp --dport 443 -j REDIRECT --to-ports 3128")), egress(),
        ("dnat-rule-shadowed",),
    ),
    "the port is not tracked": Case(
        proxy_off(in_table("raw", "PREROUTING", "-p tcp -m tcp --dport 8151 -j NOTRACK", PROXY_OFF_RULES)), published(),
        ("raw-notrack-breaks-nat",),
        proxy_off(in_table("raw", "PREROUTING", "-p tcp -m tcp --dport 8152 -j NOTRACK", PROXY_OFF_RULES)),
    ),
    "a query over lo is translated, and docker-proxy answers another address": Case(
        relaying(SHADOWING), RELAYED,
        ("snat-rule-shadows-masquerade",), relaying(DOCKER_RULES),
    ),
    "a query over lo is translated, and its entry outlives the rule": Case(
        relaying(SHADOWING, LED), RELAYED, ("snat-rule-shadows-masquerade", "conntrack-entry-stale"),
        relaying(DOCKER_RULES),
    ),
    "translated to an address that nobody has": Case(
        ruled(with_rule("nat POSTROUTING", "-o eth0 -j SNAT --to-source 198.51.100.77")), egress(),
        ("snat-rule-shadows-masquerade",),
        ruled(with_rule("nat POSTROUTING", "-o eth0 -j SNAT --to-source 198.51.100.11")),
    ),
}  # fmt: skip


def test_a_program_that_may_take_the_answer_makes_no_rule_of_the_engine_a_stale_one() -> None:
    queue = "*mangle\n:FORWARD ACCEPT [0:0]\n-A FORWARD -j NFQUEUE --queue-num 0 --queue-bypass\nCOMMIT\n"
    found = diagnose(network(host_namespace(DOCKER_RULES + queue)), published())
    assert found.trace.verdict == "depends"
    assert "dnat-rule-stale-address" not in [each.cause for each in found.causes]


def test_the_exception_inside_the_bridge_takes_no_rule_away() -> None:
    rule = "-s 172.17.0.0/16 -j SNAT --to-source 198.51.100.11"
    (found,) = diagnose(within_bridge(rule), TO_WEB).causes
    assert [type(each).__name__ for each in found.candidate.change.parts] == ["InsertRule"]


def test_the_sender_of_an_answer_is_no_lost_address() -> None:
    (suspect, *_) = diagnose(relaying(SHADOWING), RELAYED).causes
    assert suspect.cause == "snat-rule-shadows-masquerade"
    assert "which this host does not have" in str(suspect.candidate.title)
    assert "192.0.2.99" in str(suspect.candidate.title)


@pytest.mark.parametrize(("source", "is_lost"), (("198.51.100.77", True), ("", False)))
def test_an_address_that_the_host_has_lost_is_named(source: str, *, is_lost: bool) -> None:
    rule = f"-o eth0 -j SNAT --to-source {source}" if source else "-o eth0 -j ACCEPT"
    (suspect,) = diagnose(ruled(with_rule("nat POSTROUTING", rule)), egress()).causes
    told = f"{suspect.candidate.title} {' '.join(map(str, suspect.candidate.advice))}"
    assert suspect.cause == "snat-rule-shadows-masquerade"
    assert ("gives the packet the source 198.51.100.77, which this host does not have" in told) is is_lost
    assert ("has to add it again" in told) is is_lost
