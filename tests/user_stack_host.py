"""The small host with a container of Podman whose whole network is a process, for tables of cases."""

import msgspec

from hairpin.host.docker import Engine
from hairpin.host.host import Namespace
from hairpin.host.link import Address, Link
from hairpin.host.managers import ConfigFile
from hairpin.host.socket import Relay, Socket, TapEntry
from hairpin.network.network import Network
from hairpin.network.prefix import parse_address
from tests.rule_text import ALL_RULES
from tests.small_host import container, container_namespace, engine, host_namespace, local, network, route, ruleset

OWN, SERVER = parse_address("10.0.2.100")[1], "10.0.2.3"
HTTPD = Socket("tcp", 4, None, 9001, process="httpd")
PORT = Socket("tcp", 4, None, 8151, process="rootlessport", relay=Relay(4, OWN, 80, netns="container:web"))


def rootless(rules: str = ALL_RULES, *, servers: str = "nameserver 192.0.2.53\n", mode: str = "slirp4netns") -> Network:
    """Return the host on which ann's container has a tap link, which a process of hers reads."""
    return stacked(rules, servers=servers, mode=mode, user="ann")


def stacked(
    rules: str = ALL_RULES,
    *,
    servers: str = "nameserver 192.0.2.53\n",
    mode: str = "slirp4netns",
    user: str = "",
    port: bool | None = None,
    tap: bool = True,
    address: int | None = None,
) -> Network:
    """Return the host with such a container of ``user``, or of root's.

    ``port``: whether a process takes its published port; None: it publishes none.  ``tap``: whether its link is
    there.  ``address``: the host's only address at which the port is published."""
    usual = container_namespace()
    inner: Namespace = msgspec.structs.replace(
        usual,
        links=(usual.links[0], Link(2, "tap0", "tun")),
        addresses=(usual.addresses[0], Address("tap0", 4, OWN, 24)),
        routes=(local("10.0.2.100/32", "tap0"), route("10.0.2.0/24", "tap0"), route("default", "tap0", via="10.0.2.2")),
    )
    if not tap:
        inner = msgspec.structs.replace(inner, links=usual.links[:1], addresses=usual.addresses[:1], routes=())
    web = container()
    at = tuple(msgspec.structs.replace(each, host_ip=address) for each in web.bindings)
    bindings = at if port is not None else ()
    own = msgspec.structs.replace(web, endpoints=(), network_mode=mode, bindings=bindings, resolvers=(SERVER,))
    podman: Engine = msgspec.structs.replace(
        engine(own), kind="podman", rootless=bool(user), user=user, networks=(), network_backend="netavark"
    )
    held = (msgspec.structs.replace(PORT, address=address),) if port else ()
    found = network(host_namespace(rules, sockets=(HTTPD, *held)), inner, docker=podman)
    files = (*found.this.files, ConfigFile("/etc/resolv.conf", servers))
    return msgspec.structs.replace(found, hosts=(msgspec.structs.replace(found.this, files=files),))


HOST4, MAPPED = 0xC633640B, 0xA9FE0102
PASTA = Socket(
    "tcp", 6, None, 8151, process="pasta.avx2",
    relay=Relay(4, 0, 80, netns="container:web", tap=TapEntry(copies_host=True, own4=MAPPED, from_loopback="address")),
)  # fmt: skip


def pasta(
    *served: Socket,
    relay: Socket = PASTA,
    rules: str = "",
    routed: bool = True,
    address: bool = True,
    down: bool = False,
) -> Network:
    """Return the host with ann's container behind pasta, whose link ``eth0`` has a copy of the host's address.

    ``served``: the container's sockets.  ``rules``: its own rules.  ``routed``: whether it has its default route."""
    whole = rootless("", mode="pasta")
    (usual,) = (each for each in whole.this.namespaces if each.name == "container:web")
    inner: Namespace = msgspec.structs.replace(
        usual,
        links=(usual.links[0], Link(2, "eth0", "tun", up=not down)),
        addresses=(usual.addresses[0], *((Address("eth0", 4, HOST4, 24),) if address else ())),
        routes=(
            local("127.0.0.0/8", "lo"),
            *((local("198.51.100.11/32", "eth0"),) if address else ()),
            route("198.51.100.0/24", "eth0"),
            *((route("default", "eth0", via="198.51.100.1"),) if routed else ()),
        ),
        sockets=served,
        ruleset=ruleset(rules),
    )
    (outer,) = (each for each in whole.this.namespaces if each.name != "container:web")
    outer = msgspec.structs.replace(outer, sockets=(HTTPD, relay))
    (podman,) = whole.this.engines
    web = msgspec.structs.replace(podman.containers[0], bindings=container().bindings)
    made = msgspec.structs.replace(whole.this, namespaces=(outer, inner), engines=(podman.with_container(web),))
    return msgspec.structs.replace(whole, hosts=(made,))


def on_users_network(*, tap: bool, version: str = "5.4.2") -> Network:
    """Return the host with ann's container on a network of her rootless Podman, whose bridge is in a namespace of hers.

    ``tap``: whether pasta runs for this namespace, which then has its tap link."""
    both, ends = host_namespace(""), ("docker0", "veth1")
    outer = msgspec.structs.replace(
        both,
        links=tuple(each for each in both.links if each.name not in ends),
        addresses=tuple(each for each in both.addresses if each.link not in ends),
        routes=tuple(each for each in both.routes if all(hop.link not in ends for hop in each.next_hops)),
        sockets=(),
    )
    inner = msgspec.structs.replace(
        both,
        name="netns:rootless-1000-254",
        links=tuple(
            msgspec.structs.replace(each, kind="tun") if each.name == "eth0" else each
            for each in both.links
            if tap or each.name != "eth0"
        ),
        addresses=tuple(each for each in both.addresses if tap or each.link != "eth0"),
        routes=tuple(each for each in both.routes if tap or all(hop.link != "eth0" for hop in each.next_hops)),
        sockets=(),
    )
    described = engine(container())
    own = msgspec.structs.replace(
        described, kind="podman", version=version, rootless=True, user="ann", uid=1000, network_backend="netavark",
        network_stack="pasta" if tap else "",
    )  # fmt: skip
    found = network(outer, container_namespace(), docker=own)
    return found.with_host(msgspec.structs.replace(found.this, namespaces=(*found.this.namespaces, inner)))
