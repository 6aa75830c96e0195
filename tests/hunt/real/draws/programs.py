"""Draws of processes, connection tracking, the engine's options, containers that are made anew, and namespaces of
programs that no engine knows."""

import json
from collections.abc import Callable, Mapping

import msgspec

from hairpin.lab.engine import run_command
from hairpin.lab.plan import ContainerPlan
from tests.hunt.real.place import Place

OF_HOST = frozenset(
    {
        "process", "container", "container network", "container made anew", "engine option", "connection tracking",
        "namespace",
    }
)  # fmt: skip
"""The kinds that are about a host as a whole, and drawn for it alone."""
MADE_THOUGH_REFUSED = frozenset({"engine option"})
"""The kinds whose command changes the host even if it fails: dockerd, which has ended, refuses what was written."""


def container_meant(place: Place, kind: str, command: str) -> str:
    """Return the name of the container that the command is about, or whose process it ends; empty: about the host, an
    engine, or nobody knows."""
    if kind == "process":
        return _owner(place, command.split()[2].rstrip(";"))
    names = {box.name for box in place.containers} if kind.startswith("container") else set[str]()
    return next((word for word in command.split() if word in names), "")


def _owner(place: Place, pid: str) -> str:
    """Return the container in whose process namespace the process is, or that a process beside it names."""
    own = f"readlink /proc/{pid}/ns/pid"
    words = set(place.said(f"tr '\\0' ' ' < /proc/{pid}/cmdline").split())  # docker-proxy, conmon
    for box in place.containers:
        inside = place.said(own) == place.said(f"readlink /proc/{place.pid_of(box)}/ns/pid")
        if inside or words & {box.name, *place.addresses_of(box)}:
            return box.name
    return ""


def process(place: Place) -> str:
    """Kill or stop docker-proxy, a service in a container, the engine, or another daemon."""
    wanted = "docker-proxy|httpd|responder.py|dockerd|containerd|rootlessport|conmon|aardvark-dns|flanneld|firewalld"
    listed = place.lines(f"ps -eo pid,args | grep -E '{wanted}' | grep -vE 'grep|containerd-shim|sh -c|first_process'")
    by_name: dict[str, list[str]] = {}
    for line in listed:
        pid, _, words = line.strip().partition(" ")
        by_name.setdefault(words.split()[0].rpartition("/")[2], []).append(pid)
    pids = place.pick(list(by_name.values()), [])
    if not pids:
        return ""
    signal, pid = place.any("KILL", "STOP", "TERM"), place.pick(pids, "")
    # dockerd takes ten seconds to end: what is measured meanwhile is neither host.
    until = f"; timeout 15 sh -c 'while grep -qs ^State:.[RSD] /proc/{pid}/status; do sleep 0.2; done' || true"
    return f"kill -{signal} {pid}{until if signal == 'TERM' else ''}"


def container(place: Place) -> str:
    box = place.pick(place.containers, None)
    if box is None:
        return ""
    act = place.any("stop -t 0", "pause", "kill", "restart -t 0")
    return f"{box.engine} {act} {box.name}"


def container_network(place: Place) -> str:
    box = place.pick([each for each in place.containers if each.networks[0] not in ("host", "none")], None)
    if box is None:
        return ""
    network = place.random.choice(box.networks)
    if place.random.random() < 0.6:
        name = "podman" if (box.engine, network) == ("podman", "bridge") else network
        return f"{box.engine} network disconnect {name} {box.name}"
    return f"{box.engine} network create stray && {box.engine} network connect stray {box.name}"


def container_anew(place: Place) -> str:
    box = place.pick(place.containers, None)
    if box is None:
        return ""
    made = place.random.choice((_otherwise_published, _otherwise_joined, _otherwise_served))(place, box)
    cgroup = place.said("cat /run/cgroup-parent").strip().removeprefix("/")
    return f"{box.engine} rm -f {box.name} && {run_command(made, cgroup)}" if made != box else ""


def _otherwise_published(place: Place, box: ContainerPlan) -> ContainerPlan:
    if not box.publish:
        return box
    plain, _, protocol = box.publish[0].partition("/")
    before, _, inside = plain.rpartition(":")
    port = before.rpartition(":")[2]
    suffix = f"/{protocol}" if protocol else ""
    chosen = place.any(
        f"{before}:{int(inside) + 1}{suffix}", f"127.0.0.1:{port}:{inside}{suffix}", f"8199:{inside}{suffix}",
        f"{plain}/{'tcp' if protocol == 'udp' else 'udp'}", f"[::1]:{port}:{inside}{suffix}", "",
    )  # fmt: skip
    return msgspec.structs.replace(box, publish=tuple(filter(None, (chosen, *box.publish[1:]))))


def _otherwise_joined(place: Place, box: ContainerPlan) -> ContainerPlan:
    options = place.any(
        "--network none", "--network host", "--mac-address 02:42:ac:11:00:99", "--sysctl net.ipv4.ip_default_ttl=1"
    )
    if options.startswith("--network"):
        return msgspec.structs.replace(box, networks=(options.split()[1],))
    return msgspec.structs.replace(box, options=f"{box.options} {options}")


def _otherwise_served(_place: Place, box: ContainerPlan) -> ContainerPlan:
    return msgspec.structs.replace(box, serve="nothing")


def engine_option(place: Place) -> str:
    if not place.plan.docker:
        return ""
    option = place.random.choice(
        (
            {"userland-proxy": False}, {"iptables": False}, {"ip-forward": False}, {"ip-masq": False}, {"icc": False},
            {"bip": "172.26.0.1/16"}, {"mtu": 576}, {"ip": "127.0.0.1"}, {"ip6tables": False}, {"live-restore": True},
            {"default-address-pools": [{"base": "10.99.0.0/16", "size": 24}]}, {"fixed-cidr": "172.17.0.128/25"},
            {"ipv6": False}, {"bridge": "none"}, {"dns": ["127.0.0.1"]}, {"userland-proxy": True},
        )
    )  # fmt: skip
    known = json.loads(place.plan.daemon)
    if known | option == known:
        return ""
    names = " ".join(box.name for box in place.containers if box.engine == "docker")
    text = json.dumps(known | option)
    return f"echo '{text}' > /etc/docker/daemon.json; /etc/init.d/docker restart >/dev/null; docker start {names}"


def connection_tracking(place: Place) -> str:
    if place.random.random() < 0.4:
        return f"conntrack {place.any('-F', '-D -p tcp', '-D -p udp')}"
    protocol, port = place.pick(place.ports_of_flows, "tcp 80").split()
    source, destination = place.address(), place.address()
    state = "--state SYN_SENT " if protocol == "tcp" else ""
    return (
        f"conntrack -I -p {protocol} -s {source} -d {destination} --sport 40000 --dport {port} {state}--timeout 600"
        f" --dst-nat 172.17.0.99"
    )


def namespace(place: Place) -> str:
    """Lead an address of the flows, or what is marked for it, into a namespace that `ip netns` lists or that a process
    alone holds.  It has the address and may serve it, sends on what it gets, or does neither; a rule may drop there."""
    if "stray0" in place.links:
        return ""
    protocol, port = place.pick(place.ports_of_flows, "tcp 80").split()
    address = place.address()
    if place.random.random() < 0.5:
        made, inside = "ip netns add stray; ip netns exec stray sh -c 'echo $$ > /run/stray; exec sleep 900'", "stray"
    else:
        made, inside = "unshare --net sh -c 'echo $$ > /run/stray; exec sleep 900'", "$(cat /run/stray)"
    hold = f"rm -f /run/stray; {{ setsid {made}; }} </dev/null >/dev/null 2>&1 & until [ -s /run/stray ]; do :; done"
    own = [
        "ip link set lo up; ip link set eth0 up; ip address add 169.254.77.2/30 dev eth0",
        "ip route add default via 169.254.77.1",
    ]
    if place.random.random() < 0.6:
        own.append(f"ip address add {address}/32 dev lo")
    if place.random.random() < 0.6:
        own.append("sysctl -qw net.ipv4.ip_forward=1")
    if place.random.random() < 0.5:
        own.append(f"setsid busybox httpd -p {port} -h /srv/web </dev/null >/dev/null 2>&1")
    if place.random.random() < 0.4:
        hook = place.any("prerouting", "input", "forward")
        drop = f"type filter hook {hook} priority 0; {protocol} dport {port} drop;"
        own.append(f'nft "table ip stray {{ chain c {{ {drop} }}; }}"')
    lead = place.any(
        f"ip route replace {address}/32 via 169.254.77.2",
        f"ip route replace {address}/32 via 169.254.77.2",
        f"ip route add default via 169.254.77.2 table 99; ip rule add not iif stray0 to {address} pref 90 lookup 99",
        f"ip route add default via 169.254.77.2 table 99; ip rule add not iif stray0 from {address} pref 90 lookup 99",
        "true",
    )
    enter = "nsenter --net=/proc/$(cat /run/stray)/ns/net sh -c"
    return (
        f"{hold}; ip link add stray0 type veth peer name eth0 netns {inside}; ip link set stray0 up; "
        f"ip address add 169.254.77.1/30 dev stray0; {enter} '{'; '.join(own)}'; {lead}"
    )


DRAWS: Mapping[str, Callable[[Place], str]] = {
    "process": process,
    "container": container,
    "container network": container_network,
    "container made anew": container_anew,
    "engine option": engine_option,
    "connection tracking": connection_tracking,
    "namespace": namespace,
}
