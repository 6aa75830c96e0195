"""The configurations of netavark's own tests, set up by the real netavark: every flow predicted, and tried.

Source: containers/netavark, test/testfiles.  Each is set up beside another container of the same network and one of
another network, on a host of each suite of ``tests.today``, with each driver of the packet filter."""

import json
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import Any, TypeAlias

import msgspec

from hairpin.lab.topology import CLIENT, HOST
from tests.hunt.real.flows import forget_neighbours
from tests.today.hosts import Healthy
from tests.today.machine import TodayHost, booted
from tests.today.trial import Result, compared, prepared

Settings: TypeAlias = "dict[str, Any]"
"""A configuration, as netavark reads it: JSON of others, whose keys differ from version to version."""
DRIVERS: Mapping[str, tuple[str, ...]] = {
    "bookworm": ("iptables", "firewalld"),
    "trixie": ("nftables", "iptables", "firewalld"),
    "sid": ("nftables", "iptables", "firewalld"),
}
"""The drivers of each suite's netavark."""
_INSIDE = Path("test/testfiles")
_PARENTS = ("dummy0", "enp9s0u2u1u2", "brtest0")
"""Links and bridges that the tests make before netavark runs."""
_GUEST = ("/guest.py ",)
"""In the words of ``Healthy``: the host has guests."""


class Outcome(msgspec.Struct, frozen=True):
    """What became of a configuration: ``refused`` by netavark or by the kernel, in the words of the error, or the flows
    of the host with it."""

    name: str
    refused: str = ""
    result: Result | None = None


def configurations(tree: Path) -> dict[str, Settings]:
    """Return the configurations of a source tree by their names."""
    files = sorted((tree / _INSIDE).glob("*.json"))
    return {each.stem: json.loads(each.read_text("utf-8")) for each in files}


def outcomes(root: Path, suite: str, driver: str, given: Mapping[str, Settings]) -> Iterator[Outcome]:
    """Set up one configuration after the other on a host of the suite; raises GuestError.  ``root``: its folder."""
    parts = ("podman", "firewalld") if driver == "firewalld" else ("podman",)
    with booted(root) as host:
        prepared(host, Healthy("netavark", suite, parts))
        for name, settings in given.items():
            # Each asks the name server for its own name, which aardvark-dns then knows.
            guests = {"web": settings | {"container_name": "web"}} | _beside(name, settings, given)
            with ExitStack() as stack:
                stack.callback(_clear, host, guests, driver)
                refused = _refusal(host, guests, driver, settings)
                forget_neighbours(host.lab)  # and the redirects of the host for the last one
                row = Healthy(f"{driver} {name}", suite, parts, commands=_GUEST, sound=False)
                yield Outcome(name, refused) if refused else Outcome(name, result=compared(host, row))


def _beside(name: str, settings: Settings, given: Mapping[str, Settings]) -> dict[str, Settings]:
    """Return the configurations of a container of the same network, and of one of another network: of another test, if
    it is about the isolation of networks."""
    others = {each: one for each, one in given.items() if each.startswith("isolate") and each != name}
    if name.startswith("isolate") and others:
        other = dict(next(iter(others.values())))
        other["port_mappings"] = []
    else:
        other = _OTHER
    return {"peer": _peer(settings), "other": other}


def _peer(settings: Settings) -> Settings:
    """Return the settings of a container with the next free addresses of the same networks, which publishes nothing."""
    peer = json.loads(json.dumps(settings))
    peer |= {"container_id": "9" * 12, "container_name": "peer", "port_mappings": []}
    joined = peer["networks"]
    for each in joined if isinstance(joined, list) else joined.values():
        each["static_ips"] = [str(ip_address(one) + 7) for one in each.get("static_ips") or ()]
        each.pop("aliases", None)
    return dict[str, Any](peer)


_OTHER: Settings = {
    "container_id": "8" * 12,
    "container_name": "other",
    "networks": {"other": {"interface_name": "eth0", "static_ips": ["10.77.0.2"]}},
    "network_info": {
        "other": {
            "name": "other", "id": "8" * 64, "driver": "bridge", "network_interface": "podman77", "internal": False,
            "ipv6_enabled": False, "dns_enabled": False,
            "subnets": [{"subnet": "10.77.0.0/24", "gateway": "10.77.0.1"}],
        }
    },
}  # fmt: skip


def _refusal(host: TodayHost, guests: Mapping[str, Settings], driver: str, settings: Settings) -> str:
    """Set the containers up; return why the first one is refused, or an empty text.  A second container may be refused:
    a name of a link is free once."""
    for parent in _PARENTS:
        kind = "bridge" if parent.startswith("br") else f"veth peer name far-{parent[:8]}"
        host.run(f"ip link add {parent} type {kind}; ip link set {parent} up; ip link set far-{parent[:8]} up")
    for address in _published_at(settings):
        host.must(f"ip address replace {address}/32 dev lo")
        for node in (host.lab.client, host.lab.router, host.lab.neighbour):
            node.run(f"ip route replace {address}/32 via {HOST if node is not host.lab.client else '192.0.2.1'}")
    for address in _asked_servers(settings):
        host.lab.client.run(f"ip address replace {address}/32 dev lo")
        host.lab.router.run(f"ip route replace {address}/32 via {CLIENT}")
    for name, each in guests.items():
        (host.talk / f"{name}.json").write_text(json.dumps(each), "utf-8")
        done = host.run(
            f"systemd-run -q --unit=guest-{name} -p Type=notify -p NotifyAccess=all"
            f" /usr/bin/python3 -I -S /run/talk/guest.py {name} netavark /run/talk/{name}.json {driver}"
        )
        if done.status and name == "web":
            said = host.run(f"journalctl -q -o cat -u guest-{name} | grep -v systemd | grep netavark").output
            return said.strip().rpartition("\n")[2][:300] or "not started"
        if done.status:
            host.run(f"rm -f /run/guests/{name}; ip netns delete {name}; systemctl reset-failed guest-{name}")
    return ""


def _asked_servers(settings: Settings) -> Iterator[str]:
    """Yield the name servers outside that aardvark-dns asks for the containers."""
    of_networks = (each.get("network_dns_servers") or () for each in settings["network_info"].values())
    own = tuple(settings.get("dns_servers") or ())
    networks = tuple(one for each in of_networks for one in each)
    subnets = [one["subnet"] for each in settings["network_info"].values() for one in each.get("subnets") or ()]
    for each in dict.fromkeys((*own, *networks)):
        address = ip_address(each)
        if address.version == 4 and not address.is_loopback and all(address not in ip_network(one) for one in subnets):
            yield each


def _published_at(settings: Settings) -> Iterator[str]:
    """Yield the addresses of the host at which the container's ports are published."""
    told = dict.fromkeys(each.get("host_ip") or "" for each in settings.get("port_mappings") or ())
    for each in told:
        try:
            address = ip_address(each)
        except ValueError:
            continue
        if not any(address in ip_network(one) for one in ("0.0.0.0/32", "127.0.0.0/8", "::/127")):
            yield each


def _clear(host: TodayHost, guests: Mapping[str, Settings], driver: str) -> None:
    """Leave nothing of the containers: netavark takes its own away, and what then remains ends without it."""
    netavark = "/usr/lib/podman/netavark --config /run/netavark --aardvark-binary /usr/lib/podman/aardvark-dns"
    for name in guests:
        host.run(f"NETAVARK_FW={driver} {netavark} --file /run/talk/{name}.json teardown /run/netns/{name}")
        host.run(f"systemctl stop guest-{name}; systemctl reset-failed guest-{name}; ip netns delete {name}")
    links = "for each in $(ip -o link show type bridge | cut -d: -f2); do ip link delete $each; done"
    parents = "; ".join(f"ip link delete {each}" for each in _PARENTS)
    host.run(
        f"{links}; {parents}; ip address flush dev lo scope global; rm -rf /run/netavark /run/guests/* /etc/netns/*"
    )
    host.run("sysctl -qw net.ipv4.ip_forward=0; sysctl -qw net.ipv6.conf.all.forwarding=0; conntrack -F")
    if driver == "firewalld":
        host.run("systemctl stop firewalld; nft flush ruleset; systemctl start firewalld")
    else:
        host.run("nft flush ruleset")
