"""What speaks for the causes for which containers, hosts and networks do not reach each other."""

from hairpin.message import message
from hairpin.suppose.hints.phrases import RANGES_SHOWS, RULES, SOCKETS, TUNNEL_SHOWS, TUNNELS
from hairpin.suppose.leaning.lean import Lean

_ENDPOINTS = "docker inspect --format '{{.Name}} {{json .NetworkSettings.Networks}}' $(docker ps -q)"
_CLIENT = "docker compose config; docker ps"
_RANGES = "ip route show table all; docker network inspect $(docker network ls -q)"
_LINKS = "ip -d link; docker network inspect $(docker network ls -q)"

BETWEEN: tuple[Lean, ...] = (
    Lean(
        cause="loopback-is-the-container",
        often=3,
        command=_CLIENT,
        shows=message("the service that the client asks by localhost is of the host or of another container"),
        pro={"asks itself": 7, "refused": 3, "client inside": 2, "two containers": 2, "localhost": 1, "own host": 1,
             "reverse proxy": 1, "gateway error": 1, "published on": 1},
        con={"timeout": -5, "unreachable": -6, "reset": -5, "no name": -5, "inside works": -4, "host network": -3,
             "listens elsewhere": -4, "port in use": -8},
        needs=("asks itself",),
    ),
    Lean(
        cause="no-common-network-for-name",
        often=2,
        command=_ENDPOINTS,
        shows=message("the two containers share no network"),
        pro={"no name": 4, "two containers": 3, "different networks": 4, "reverse proxy": 2, "gateway error": 3,
             "timeout": 2, "own address": 2},
        con={"refused": -3, "reset": -4, "to the internet": -5, "asks itself": -4, "host network": -1, "gateway name": -4,
             "own host": -2, "kubernetes": -3},
        needs=("two containers", "different networks", "reverse proxy"),
    ),
    Lean(
        cause="isolation-drops-between-bridges",
        often=1,
        command=_ENDPOINTS,
        shows=message("the two containers share no network"),
        pro={"timeout": 3, "own address": 4, "two containers": 2, "different networks": 5, "reverse proxy": 3,
             "gateway error": 3},
        con={"refused": -5, "reset": -5, "no name": -4, "to the internet": -4, "asks itself": -4, "gateway name": -3,
             "kubernetes": -3, "host fails": -4},
        needs=("own address", "different networks", "reverse proxy"),
    ),
    Lean(
        cause="default-bridge-has-no-names",
        often=1,
        command=_ENDPOINTS,
        shows=message("both are on the network bridge, which resolves no names"),
        pro={"no name": 6, "two containers": 4},
        con={"refused": -2, "timeout": -2, "to the internet": -6, "asks itself": -4, "kubernetes": -4, "swarm": -2,
             "podman": -1},
        needs=("no name",),
    ),
    Lean(
        cause="host-service-listens-on-loopback",
        often=2,
        command=SOCKETS,
        shows=message("the line of the port has the address 127.0.0.1"),
        pro={"refused": 4, "gateway name": 5, "own host": 4, "client inside": 2, "host works": 2, "listens on loopback": 3},
        con={"timeout": -5, "unreachable": -6, "reset": -2, "no name": -5, "to the internet": -3, "asks itself": -2,
             "reverse proxy": -1},
        needs=("gateway name", "own host"),
    ),
    Lean(
        cause="bridge-subnet-overlaps-route",
        often=2,
        command=_RANGES,
        shows=RANGES_SHOWS,
        pro={"same range": 8, "some clients": 7, "new network": 3, "lan client": 1, "vpn": 2, "unreachable": 3, "timeout": 1, "host fails": 1},
        con={"refused": -4, "reset": -5, "asks itself": -5, "no name": -2, "port in use": -8, "application": -5,
             "firewalld": -1, "vpn container": -3, "macvlan": -2},
        needs=("same range", "new network", "vpn", "some clients"),
    ),
    Lean(
        cause="macvlan-host-cannot-reach",
        command=_LINKS,
        shows=message("the network's driver is macvlan, and its parent is the link that has the host's address"),
        pro={"macvlan": 10, "host fails": 4, "outside works": 3, "own host": 2},
        con={"outside fails": -7, "refused": -4},
        needs=("macvlan",),
    ),
    Lean(
        cause="upstream-filters-container-addresses",
        command="sudo tcpdump -eni any arp or icmp; ip -d link",
        shows=message("requests leave by the uplink, and no answer for the container's hardware address comes back"),
        pro={"macvlan": 5, "ipvlan": 2, "hypervisor": 5, "bridged": 4, "outside fails": 2, "arp": 2, "cloud": 2,
             "lan client": 1, "timeout": 1},
        con={"refused": -5, "reset": -5, "no name": -2, "asks itself": -5, "published on": -2},
        needs=("macvlan", "hypervisor", "ipvlan"),
    ),
    Lean(
        cause="arp-not-answered",
        command="ip neigh; sudo tcpdump -eni any arp or icmp6; sysctl -a 2>/dev/null | grep -E 'proxy_(arp|ndp)'",
        shows=message("requests for the address are repeated, and nobody answers them"),
        pro={"arp": 7, "unreachable": 2, "ipv6": 2, "bridged": 2, "hypervisor": 2, "macvlan": 1, "lan client": 1},
        con={"refused": -5, "reset": -5, "asks itself": -5, "no name": -3},
        needs=("arp",),
    ),
    Lean(
        cause="vxlan-port-blocked",
        command=TUNNELS,
        shows=TUNNEL_SHOWS,
        pro={"overlay": 5, "nodes": 5, "timeout": 2, "swarm": 2, "kubernetes": 1},
        con={"refused": -4, "no name": 0, "asks itself": -5},
        needs=("overlay",),
    ),
    Lean(
        cause="third-party-forward-chain-drops",
        command=f"{RULES}; sudo nft list ruleset",
        shows=message("a chain of another program drops the packet in FORWARD"),
        pro={"forward chain": 3, "drop": 3, "nftables": 2, "vpn": 1, "libvirt": 2, "lxc": 2},
        con={"refused": -4, "reset": -5, "asks itself": -5, "no name": -2},
        needs=("forward chain", "drop"),
    ),
    Lean(
        cause="manager-claims-container-links",
        command="networkctl; nmcli device; ip addr; journalctl -b -u NetworkManager -u systemd-networkd -u connman -u dhcpcd",
        shows=message("the manager lists the veth or the bridge as a link of its own"),
        pro={"manager and veth": 12},
        needs=("manager and veth",),
    ),
    Lean(
        cause="client-inside-container-subnet",
        command=_RANGES,
        shows=message("the client's or the server's address is inside a container network's range"),
        pro={"same range": 5, "some clients": 6, "rootless": 1, "lan client": 2, "unreachable": 2},
        con={"refused": -4, "reset": -5, "asks itself": -5, "no name": -3},
        needs=("same range", "some clients"),
    ),
)
