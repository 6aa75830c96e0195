"""Makers of hosts for the catalogue whose containers have IPv6 addresses."""

import msgspec

from hairpin.host.docker import PortBinding, Subnet
from hairpin.host.link import Address
from hairpin.host.socket import Socket
from hairpin.netfilter.iptables.save import parse
from hairpin.netfilter.ir import Ruleset
from hairpin.network.network import Network
from hairpin.network.prefix import parse_address, parse_prefix
from tests.causes.hosts import told
from tests.small_host import container_namespace, host_namespace, local, network, route


def with_ipv6(forwarding: str, prefix: str = "fd00::") -> Network:
    """Return the host, and the container, with IPv6 addresses and nothing between them but ``forwarding``."""
    host, inner = host_namespace(), container_namespace((Socket("tcp", 6, None, 80),))
    eth0, docker0, web = (parse_address(each)[1] for each in ("2001:db8::11", f"{prefix}1", f"{prefix}2"))
    six = host.sysctls.with_value(("net", "ipv6", "conf", "all", "forwarding"), forwarding)
    return network(
        msgspec.structs.replace(
            host, sysctls=six,
            addresses=(*host.addresses, Address("eth0", 6, eth0, 64), Address("docker0", 6, docker0, 64)),
            routes=(
                *host.routes, local("2001:db8::11/128", "eth0"), local(f"{prefix}1/128", "docker0"),
                route("2001:db8::/64", "eth0"), route(f"{prefix}/64", "docker0"),
                route("::/0", "eth0", via="2001:db8::1"),
            ),
        ),
        msgspec.structs.replace(
            inner,
            addresses=(*inner.addresses, Address("eth0", 6, web, 64)),
            routes=(
                *inner.routes, local(f"{prefix}2/128", "eth0"), route(f"{prefix}/64", "eth0"),
                route("::/0", "eth0", via=f"{prefix}1"),
            ),
        ),
    )  # fmt: skip


def of_ipv6_network(prefix: str = "fd00::", *, masquerade: bool = False, **told_so: object) -> Network:
    """Return that host, whose engine made the container's network with that IPv6 prefix."""
    whole, docker = with_ipv6("1", prefix), told(**told_so)
    _, base, length = parse_prefix(f"{prefix}/64")
    made = docker.networks[0]
    made = msgspec.structs.replace(made, ipv6=True, subnets=(*made.subnets, Subnet(6, base, length)))
    inner = msgspec.structs.replace(docker.containers[0].endpoints[0], ipv6=base + 2)
    web = msgspec.structs.replace(docker.containers[0], endpoints=(inner,))
    docker = msgspec.structs.replace(docker, containers=(web,), networks=(made,))
    host = msgspec.structs.replace(whole.this, engines=(docker,))
    if masquerade:
        text = f"*nat\n:POSTROUTING ACCEPT [0:0]\n-A POSTROUTING -s {prefix}/64 ! -o docker0 -j MASQUERADE\nCOMMIT\n"
        six = parse(text, family="ip6", dialect="iptables-nft", source="test", evidence="e1")
        namespace, *others = host.namespaces
        ruled = msgspec.structs.replace(namespace, ruleset=Ruleset((*namespace.ruleset.tables, *six)))
        host = msgspec.structs.replace(host, namespaces=(ruled, *others))
    return whole.with_host(host)


def without_address6(gateway: str = "2001:db8::1") -> Network:
    """Return the host with a masqueraded public network that publishes its port, and whose eth0 has lost its IPv6
    address: the default route stays (net/ipv6/addrconf.c cleanup_prefix_route())."""
    whole = of_ipv6_network("2001:db8:d::", masquerade=True)
    namespace, *others = whole.this.namespaces
    bare = msgspec.structs.replace(
        namespace,
        addresses=tuple(each for each in namespace.addresses if (each.link, each.version) != ("eth0", 6)),
        routes=(
            *(each for each in namespace.routes if each.version == 4 or all(h.link != "eth0" for h in each.next_hops)),
            route("::/0", "eth0", via=gateway),
        ),
    )
    (docker,) = whole.this.engines
    web = msgspec.structs.replace(docker.containers[0], bindings=(PortBinding("tcp", 80, 8151, None, 6),))
    docker = msgspec.structs.replace(docker, containers=(web,))
    return whole.with_host(msgspec.structs.replace(whole.this, namespaces=(bare, *others), engines=(docker,)))
