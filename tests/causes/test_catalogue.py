"""Causes that no recorded host shows, each on a small host where it is at work; beside each stands a twin that is
whole.

What a whole twin is: the same host without the fault, on which the flow is delivered and nothing is found.
"""

import msgspec
import pytest

from hairpin.diagnose.diagnose import diagnose
from hairpin.host.docker import Container, DockerNetwork, Endpoint, Engine, PortBinding
from hairpin.host.host import Namespace
from hairpin.host.link import Address, BridgePort, Link
from hairpin.host.managers import Firewalld, FirewalldZone
from hairpin.host.route import TABLE_LOCAL, Neighbour, NextHop, PolicyRule, Route
from hairpin.host.socket import Relay, Socket
from hairpin.host.sysctl import Sysctls
from hairpin.network.flow import Flow, FromHost, Outside, Start
from hairpin.network.network import Network
from hairpin.network.prefix import parse_address
from hairpin.network.world import Peer, PublicAddress, World
from tests.small_host import (
    CLIENT,
    DOCKER_RULES,
    HOST_ADDRESS,
    WEB,
    container,
    container_namespace,
    engine,
    host_namespace,
    network,
    route,
)
from tests.walk.test_walk import WEB_ITSELF, egress, published, with_rule, without

PROXY = Socket("tcp", 4, None, 8151, process="docker-proxy", relay=Relay(4, WEB, 80))
ON_LOOPBACK = PortBinding("tcp", 80, 8151, 0x7F000001, 4)
ELSEWHERE = PortBinding("tcp", 80, 8151, parse_address("198.51.100.12")[1], 4)


def asked(start: Start, address: str, port: int, protocol: str = "tcp") -> Flow:
    version, value = parse_address(address)
    return Flow(start, version, value, "udp" if protocol == "udp" else "tcp", port)


def bound(binding: PortBinding, address: int) -> Network:
    """Return the host with its port published on one address alone."""
    text = DOCKER_RULES.replace(
        "-A DOCKER ! -i docker0 -p tcp",
        f"-A DOCKER -d {'.'.join(str(b) for b in address.to_bytes(4))}/32 ! -i docker0 -p tcp",
    )
    proxy = Socket("tcp", 4, address, 8151, process="docker-proxy", relay=Relay(4, WEB, 80))
    host = host_namespace(text, sockets=(proxy,))
    extra = () if address == 0x7F000001 else (Address("eth0", 4, address, 24, secondary=True),)
    locals_ = () if address == 0x7F000001 else (_local(address),)
    host = msgspec.structs.replace(host, addresses=(*host.addresses, *extra), routes=(*host.routes, *locals_))
    return network(host, docker=engine(container(binding=binding)))


def _local(address: int) -> Route:
    return Route(4, address, 32, TABLE_LOCAL, "local", (NextHop("eth0"),))


def with_sysctls(namespace: Namespace, **values: str) -> Namespace:
    known = {("net", "ipv4", *key.split("__")): value for key, value in values.items()}
    return msgspec.structs.replace(namespace, sysctls=Sysctls(known))


def told(**options: object) -> Engine:
    """Return dockerd with other options."""
    return msgspec.structs.replace(engine(container()), **options)


def container_asked() -> Flow:
    """Return the flow to the published port as ``check`` asks it: it knows whose it is."""
    return msgspec.structs.replace(published(), container="web")


def led_to(link: str, destination: str = "172.17.0.0/24", *, carrier: bool = True) -> Network:
    """Return the host with a tunnel and one more route, by it."""
    host = host_namespace(values={f"conf__{link}__forwarding": "1"})
    tunnel = Link(90, link, "tun", carrier=carrier, flags=("POINTOPOINT",))
    grown = msgspec.structs.replace(host, links=(*host.links, tunnel), routes=(*host.routes, route(destination, link)))
    return network(grown)


def translated(chain: str, rule: str) -> Network:
    return network(host_namespace(with_rule(f"nat {chain}", rule)))


def comes_and_goes() -> Container:
    """Return a container that ran when the engine was asked and was gone when its namespace was to be read."""
    return msgspec.structs.replace(container(), netns=None, restart_policy="always")


def relayed_udp(version: str) -> Network:
    """Return a host whose port 5353/udp docker-proxy of this version relays to a container's port 53."""
    binding = PortBinding("udp", 53, 5353, None, 4)
    proxy = Socket("udp", 4, None, 5353, process="docker-proxy", relay=Relay(4, WEB, 53))
    described = msgspec.structs.replace(engine(container(binding=binding)), version=version)
    inner = container_namespace((Socket("udp", 4, None, 53),))
    return network(host_namespace(sockets=(proxy,)), inner, docker=described)


def ignored(mode: str) -> Container:
    """Return the container on a network from which Docker publishes nothing."""
    asked_for = PortBinding("tcp", 80, 8151, None, 4, actual=False)
    return msgspec.structs.replace(container(binding=asked_for), network_mode=mode, endpoints=(Endpoint(mode, "n2"),))


def with_internal(one: Container) -> Engine:
    described = engine(one)
    internal = DockerNetwork("n2", "priv", "bridge", internal=True, bridge="br-priv")
    return msgspec.structs.replace(described, networks=(*described.networks, internal))


def zoned(*names: str) -> Network:
    """Return the host with firewalld, whose zones of these names hold docker0 and whose rules let only those pass."""
    rules = (
        with_rule("filter FORWARD", "-j FORWARD_IN_ZONES")
        .replace(
            "-A FORWARD -j FORWARD_IN_ZONES",
            "-A FORWARD -j FORWARD_IN_ZONES\n-A FORWARD_IN_ZONES -i docker0 -j REJECT",
        )
        .replace(":DOCKER-USER", ":FORWARD_IN_ZONES - [0:0]\n:DOCKER-USER")
    )
    whole = network(host_namespace(rules))
    zones = tuple(
        FirewalldZone(name, interfaces=("docker0",) if name in names else ()) for name in ("docker", "public")
    )
    firewalld = Firewalld(running=True, runtime=zones)
    return whole.with_host(msgspec.structs.replace(whole.this, firewalld=firewalld))


def isolated(rule: str) -> str:
    """Return Docker's rules with one in the chain that keeps its networks apart."""
    stage = "DOCKER-ISOLATION-STAGE-1"
    led = with_rule("filter FORWARD", f"-j {stage}").replace(":DOCKER-USER", f":{stage} - [0:0]\n:DOCKER-USER")
    return led.replace("-A DOCKER-USER -j RETURN", f"-A {stage} {rule}\n-A DOCKER-USER -j RETURN")


def outlived() -> Network:
    """Return the host whose rules and docker-proxy lead to a container of which the engine knows nothing any more."""
    whole = network(host_namespace(), docker=engine())
    host = whole.this.namespaces[0]
    alone = msgspec.structs.replace(host, links=tuple(link for link in host.links if link.name != "veth1"))
    return whole.with_host(msgspec.structs.replace(whole.this, namespaces=(alone,)))


def readdressed(rules: str = DOCKER_RULES) -> Network:
    """Return the host whose container has had another address since it was started again."""
    inner = container_namespace()
    moved = msgspec.structs.replace(
        inner, addresses=(inner.addresses[0], Address("eth0", 4, WEB + 7, 16)),
        routes=(*(each for each in inner.routes if each.destination != WEB), _local(WEB + 7)),
    )  # fmt: skip
    told_so = msgspec.structs.replace(
        container(), endpoints=(msgspec.structs.replace(container().endpoints[0], ipv4=WEB + 7),)
    )
    return network(host_namespace(rules), moved, docker=engine(told_so))


def mangled(chain: str, rule: str) -> Network:
    text = f"*mangle\n:PREROUTING ACCEPT [0:0]\n:FORWARD ACCEPT [0:0]\n-A {chain} {rule}\nCOMMIT\n"
    return network(host_namespace(text + DOCKER_RULES))


WEB_MAC, DB_MAC = 0x0242AC110002, 0x0242AC110003


def entered(mac: int, state: str = "PERMANENT") -> Network:
    """Return the host with a neighbour entry for the container, beside which another runs on the same bridge."""
    host = host_namespace()
    wire = Link(7, "veth2", "veth", master="docker0", peer_index=6, peer_netnsid=1, port=BridgePort())
    entry = Neighbour("docker0", 4, WEB, mac, state, evidence="e8")
    ids = ((0, "container:web"), (1, "container:db"))
    host = msgspec.structs.replace(host, links=(*host.links, wire), neighbours=(entry,), netnsids=ids)
    web = container_namespace()
    lo, eth0 = web.links
    db = Namespace(
        "container:db", (lo, Link(6, "eth0", "veth", peer_index=7, peer_netnsid=0, mac=DB_MAC)),
        (Address("eth0", 4, WEB + 1, 16),), (*web.routes[2:], _local(WEB + 1)), sysctls=web.sysctls,
    )  # fmt: skip
    web = msgspec.structs.replace(web, links=(lo, msgspec.structs.replace(eth0, mac=WEB_MAC)))
    whole = network(host, web)
    return whole.with_host(msgspec.structs.replace(whole.this, namespaces=(host, web, db)))


NO_MASQUERADE = without("! -o docker0 -j MASQUERADE")
PEER = World(peers=(Peer(4, parse_address("203.0.113.0")[1], 24, accepts=((HOST_ADDRESS, 32),)),))
PUBLIC = World(publics=(PublicAddress(4, parse_address("203.0.113.9")[1], HOST_ADDRESS),))

# name: network, flow, the causes that have to be found
CASES: dict[str, tuple[Network, Flow, list[str]]] = {
    "ip_forward 0": (
        network(host_namespace(values={
            "ip_forward": "0", "conf__all__forwarding": "0", "conf__eth0__forwarding": "0",
            "conf__docker0__forwarding": "0",
        })),
        published(), ["ip-forward-off"],
    ),
    "one interface": (
        network(host_namespace(values={"conf__eth0__forwarding": "0"})), published(), ["interface-forwarding-off"],
    ),
    "published on loopback, asked from outside": (
        bound(ON_LOOPBACK, 0x7F000001), published(), ["published-on-loopback-only"],
    ),
    "published on loopback, asked there": (bound(ON_LOOPBACK, 0x7F000001), published(FromHost(), "127.0.0.1"), []),
    "published on another address": (
        bound(ELSEWHERE, parse_address("198.51.100.12")[1]), published(), ["published-on-other-address"],
    ),
    "published on that address, asked there": (
        bound(ELSEWHERE, parse_address("198.51.100.12")[1]), published(address="198.51.100.12"), [],
    ),
    "published as tcp, asked by udp": (
        network(), asked(Outside(CLIENT), "198.51.100.11", 8151, "udp"), ["published-protocol-mismatch"],
    ),
    "not published at all": (
        network(), asked(Outside(CLIENT), "198.51.100.11", 80), ["port-not-published"],
    ),
    "docker-proxy gone": (
        network(host_namespace(sockets=())), published(FromHost(), "127.0.0.1"), ["docker-proxy-missing"],
    ),
    "container stopped": (
        network(
            host_namespace(without("172.17.0.2"), sockets=()), docker=engine(container("exited")),
        ),
        published(), ["container-not-running"],
    ),
    "container between two starts": (
        network(
            host_namespace(without("172.17.0.2"), sockets=()), docker=engine(container("restarting")),
        ),
        published(), ["container-not-running"],
    ),
    "container without a network": (
        network(host_namespace(without("172.17.0.2"), sockets=()), docker=engine(ignored("none"))),
        published(), ["container-network-none"],
    ),
    "container on an internal network": (
        network(host_namespace(without("172.17.0.2"), sockets=()), docker=with_internal(ignored("priv"))),
        published(), ["container-on-internal-network-only"],
    ),
    "the way out of a container on an internal network": (
        network(
            host_namespace(isolated("-s 172.17.0.2/32 -j DROP")),
            docker=with_internal(msgspec.structs.replace(container(), endpoints=(Endpoint("priv", "n2", WEB, 16),))),
        ),
        egress(), ["container-on-internal-network-only"],
    ),
    "ports published on the host's network": (
        network(
            host_namespace(without("172.17.0.2"), sockets=(Socket("tcp", 4, None, 80),)),
            docker=engine(msgspec.structs.replace(ignored("host"), netns="host")),
        ),
        published(), ["host-network-ignores-ports"],
    ),
    "bound to the loopback link": (
        network(inner=container_namespace((Socket("tcp", 4, None, 80, device="lo"),))),
        published(), ["service-listens-on-container-loopback"],
    ),
    "bound to another link": (
        network(inner=container_namespace((Socket("tcp", 4, None, 80, device="eth1"),))),
        published(), ["service-listens-on-one-container-address"],
    ),
    "bound to the link that is asked": (
        network(inner=container_namespace((Socket("tcp", 4, None, 80, device="eth0"),))), published(), [],
    ),
    "bridge in another zone of firewalld's": (zoned("public"), egress(), ["firewalld-bridge-in-wrong-zone"]),
    "firewalld keeps zones apart": (zoned("docker"), egress(), ["firewalld-zone-blocks-port"]),
    "translated to another port of the container": (
        translated("PREROUTING", "-p tcp --dport 8151 -j DNAT --to-destination 172.17.0.2:81"),
        container_asked(), ["dnat-rule-shadowed"],
    ),
    "a transparent proxy that is gone": (
        translated("PREROUTING", "-i docker0 -p tcp --dport 443 -j REDIRECT --to-ports 3128"),
        egress(), ["dnat-rule-shadowed"],
    ),
    "translated to an address that nobody has": (
        translated("POSTROUTING", "-o eth0 -j SNAT --to-source 198.51.100.77"),
        egress(), ["snat-rule-shadows-masquerade"],
    ),
    "translated to the host's own address": (
        translated("POSTROUTING", "-o eth0 -j SNAT --to-source 198.51.100.11"), egress(), [],
    ),
    "asked by an address that the host has no more": (
        network(), published(address="198.51.100.10"), ["publish-address-not-on-host"],
    ),
    "a VPN's route over the container network": (led_to("tun0"), published(), ["bridge-subnet-overlaps-route"]),
    "a VPN's route over less than everything, elsewhere": (
        led_to("tun0", "172.30.0.0/16"), published(), [],
    ),
    "a tunnel whose program is gone": (
        led_to("tun0", "128.0.0.0/1", carrier=False), egress(), ["host-link-down"],
    ),
    "container that came and went while it was read": (
        network(host_namespace(sockets=()), docker=engine(comes_and_goes())),
        published(FromHost(), "127.0.0.1"), ["container-not-running"],
    ),
    "a datagram relayed by docker-proxy, answered from the bridge": (
        relayed_udp("20.10.24"), asked(WEB_ITSELF, "198.51.100.11", 5353, "udp"), ["docker-proxy-udp-wrong-source"],
    ),
    "a datagram relayed, answered from where it was asked": (
        relayed_udp("28.5.2"), asked(WEB_ITSELF, "198.51.100.11", 5353, "udp"), [],
    ),
    "a datagram from outside, relayed": (
        relayed_udp("20.10.24"), asked(Outside(CLIENT), "198.51.100.11", 5353, "udp"), [],
    ),
    "listens for IPv6 alone": (
        network(inner=container_namespace((Socket("tcp", 6, None, 80, v6only=True),))),
        published(), ["service-listens-on-wrong-family"],
    ),
    "bound to another container address": (
        network(inner=container_namespace((Socket("tcp", 4, parse_address("172.18.0.2")[1], 80),))),
        published(), ["service-listens-on-one-container-address"],
    ),
    "iptables=false": (
        network(host_namespace(NO_MASQUERADE), docker=told(iptables=False)), egress(), ["docker-daemon-iptables-false"],
    ),
    "masquerade switched off": (
        network(host_namespace(NO_MASQUERADE), docker=told(ip_masq=False)), egress(),
        ["masquerade-disabled-on-network"],
    ),
    "masquerade lost": (network(host_namespace(NO_MASQUERADE)), egress(), ["masquerade-missing"]),
    "a peer that drops container addresses": (
        network(host_namespace(NO_MASQUERADE), world=PEER), egress(), ["masquerade-missing"],
    ),
    "a peer, and masquerade at work": (network(world=PEER), egress(), []),
    "public address from the host": (
        network(world=PUBLIC), published(FromHost(), "203.0.113.9"), ["nat-loopback-on-cloud-address"],
    ),
    "public address from outside": (network(world=PUBLIC), published(address="203.0.113.9"), []),
    "docker 28 keeps others out": (
        network(host_namespace(
            "*raw\n:PREROUTING ACCEPT [0:0]\n-A PREROUTING -d 172.17.0.2/32 ! -i docker0 -j DROP\nCOMMIT\n"
            + DOCKER_RULES
        )),
        asked(Outside(CLIENT), "172.17.0.2", 80), ["raw-drop-direct-routing"],
    ),
    "another product's chain": (
        network(host_namespace(
            with_rule("filter FORWARD", "-j ts-forward").replace(
                ":DOCKER-USER - [0:0]\n-A", ":DOCKER-USER - [0:0]\n:ts-forward - [0:0]\n"
                "-A ts-forward -o docker0 -j DROP\n-A")
        )),
        published(), ["third-party-forward-chain-drops"],
    ),
    "ufw": (
        network(host_namespace(
            with_rule("filter FORWARD", "-j ufw-reject-forward").replace(
                ":DOCKER-USER - [0:0]\n-A",
                ":DOCKER-USER - [0:0]\n:ufw-reject-forward - [0:0]\n-A ufw-reject-forward -j REJECT\n-A")
        )),
        published(), ["ufw-forward-policy"],
    ),
    "a permanent neighbour entry to nobody": (entered(0x020000000009), published(), ["neighbour-entry-wrong"]),
    "a permanent neighbour entry to another container": (entered(DB_MAC), published(), ["neighbour-entry-wrong"]),
    "a permanent neighbour entry that is right": (entered(WEB_MAC), published(), []),
    "an entry that is asked anew": (entered(0x020000000009, "STALE"), published(), []),
    "its process is stopped": (
        network(inner=container_namespace((Socket("tcp", 4, None, 80, process="httpd", pid=7, halted=True),))),
        published(), ["service-process-stopped"],
    ),
    "the process of another port is stopped": (
        network(inner=container_namespace((
            Socket("tcp", 4, None, 80, process="httpd", pid=7), Socket("tcp", 4, None, 81, pid=8, halted=True),
        ))),
        published(), [],
    ),
    "rules outlive their container": (outlived(), published(), ["dnat-rule-stale-address"]),
    "rules lead to the address that the container had": (readdressed(), published(), ["dnat-rule-stale-address"]),
    "rules lead to the address that the container has": (
        readdressed(DOCKER_RULES.replace("172.17.0.2", "172.17.0.9")), published(), [],
    ),
    "a TTL that ends here": (
        mangled("PREROUTING", "-i eth0 -j TTL --ttl-set 1"), published(), ["mangle-drops-or-marks"],
    ),
    "a TTL that ends here, of answers": (
        mangled("PREROUTING", "-i docker0 -j TTL --ttl-set 1"), published(), ["mangle-drops-or-marks"],
    ),
    "a TTL that is set where nothing asks for it any more": (
        mangled("FORWARD", "-i eth0 -j TTL --ttl-set 1"), published(), [],
    ),
    "a TTL that is enough": (mangled("PREROUTING", "-i eth0 -j TTL --ttl-set 2"), published(), []),
    "uplink down": (
        network(msgspec.structs.replace(host_namespace(), links=tuple(
            msgspec.structs.replace(link, up=link.name != "eth0") for link in host_namespace().links
        ))),
        published(), ["host-link-down"],
    ),
    "no rule table leads back to the client": (
        network(host_namespace(policy_rules=(
            PolicyRule(4, 0, table=255, text="0: from all lookup local"),
            PolicyRule(4, 9, table=100, iif="docker0", text="9: from all iif docker0 lookup 100"),
            PolicyRule(4, 10, "unreachable", iif="docker0", text="10: from all iif docker0 unreachable"),
            PolicyRule(4, 32766, table=254, text="32766: from all lookup main"),
        ))),
        published(), ["policy-rule-diverts-container-traffic"],
    ),
}  # fmt: skip


@pytest.mark.parametrize(("net", "flow", "causes"), CASES.values(), ids=CASES)
def test_catalogue(net: Network, flow: Flow, causes: list[str]) -> None:
    diagnosis = diagnose(net, flow)
    assert [each.cause for each in diagnosis.causes] == causes
    if causes:
        assert diagnosis.proof is not None
        assert diagnosis.proof.with_change == "delivered"
        assert diagnosis.trace.verdict != "delivered"
    else:
        assert diagnosis.trace.verdict == "delivered"
