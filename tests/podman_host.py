"""The small host with Podman's netavark in place of dockerd, for tables of cases."""

from collections.abc import Mapping

import msgspec

from hairpin.host.docker import Container, Endpoint, Engine
from hairpin.host.socket import Relay, Socket
from hairpin.network.network import Network
from tests.small_host import GATEWAY, WEB, container, container_namespace, engine, host_namespace, network

RULES = """\
*nat
:PREROUTING ACCEPT [0:0]
:INPUT ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
:POSTROUTING ACCEPT [0:0]
:NETAVARK-1D8721804F16F - [0:0]
:NETAVARK-DN-1D8721804F16F - [0:0]
:NETAVARK-HOSTPORT-DNAT - [0:0]
:NETAVARK-HOSTPORT-MASQ - [0:0]
:NETAVARK-HOSTPORT-SETMARK - [0:0]
-A PREROUTING -m addrtype --dst-type LOCAL -j NETAVARK-HOSTPORT-DNAT
-A OUTPUT -m addrtype --dst-type LOCAL -j NETAVARK-HOSTPORT-DNAT
-A POSTROUTING -j NETAVARK-HOSTPORT-MASQ
-A POSTROUTING -s 172.17.0.0/16 -j NETAVARK-1D8721804F16F
-A NETAVARK-1D8721804F16F -d 172.17.0.0/16 -j ACCEPT
-A NETAVARK-1D8721804F16F ! -d 224.0.0.0/4 -j MASQUERADE
-A NETAVARK-DN-1D8721804F16F -s 172.17.0.0/16 -p tcp -m tcp --dport 8151 -j NETAVARK-HOSTPORT-SETMARK
-A NETAVARK-DN-1D8721804F16F -s 127.0.0.1/32 -p tcp -m tcp --dport 8151 -j NETAVARK-HOSTPORT-SETMARK
-A NETAVARK-DN-1D8721804F16F -p tcp -m tcp --dport 8151 -j DNAT --to-destination 172.17.0.2:80
-A NETAVARK-HOSTPORT-DNAT -p tcp -m tcp --dport 8151 -j NETAVARK-DN-1D8721804F16F
-A NETAVARK-HOSTPORT-MASQ -m mark --mark 0x2000/0x2000 -j MASQUERADE
-A NETAVARK-HOSTPORT-SETMARK -j MARK --set-xmark 0x2000/0x2000
COMMIT
*filter
:INPUT ACCEPT [0:0]
:FORWARD ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
:NETAVARK_FORWARD - [0:0]
-A FORWARD -j NETAVARK_FORWARD
-A NETAVARK_FORWARD -d 172.17.0.0/16 -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
-A NETAVARK_FORWARD -s 172.17.0.0/16 -j ACCEPT
COMMIT
"""


def podmans(status: str = "running") -> Container:
    """Return container ``web`` as Podman describes it."""
    web = container(status)
    endpoint = Endpoint("podman", "podman", web.endpoints[0].ipv4, 16, gateway4=GATEWAY)
    return msgspec.structs.replace(web, network_mode="bridge", endpoints=(endpoint,))


def podman(*containers: Container) -> Engine:
    """Return Podman with its default network."""
    bridge = msgspec.structs.replace(engine().networks[0], id="podman", name="podman")
    return Engine(
        "podman",
        "4.3.1",
        containers=containers,
        networks=(bridge,),
        network_backend="netavark",
        network_version="1.4.0",
    )


def with_podman(
    rules: str = RULES, *others: Engine, status: str = "running", policy: str = "no", values: Mapping[str, str] = {}
) -> Network:
    """Return the host with these rules and sysctls; conmon holds the published port."""
    held = Socket("tcp", 4, None, 8151, process="conmon", relay=Relay(4, WEB, 80, holds_only=True), evidence="e4")
    host = host_namespace(rules, sockets=(held,) if status == "running" else (), values=values)
    web = msgspec.structs.replace(podmans(status), restart_policy=policy)
    found = network(host, container_namespace(), docker=podman(web))
    return found.with_host(msgspec.structs.replace(found.this, engines=(*found.this.engines, *others)))
