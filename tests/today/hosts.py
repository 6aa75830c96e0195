"""The healthy hosts: what each has, and the commands that make it so.  Nothing is wrong with any of them."""

from collections.abc import Iterator

import msgspec

from tests.today.box import Engine, run_box, run_guest
from tests.today.roots import USERS_DOCKER

TODAY = ("trixie", "sid")


class Healthy(msgspec.Struct, frozen=True):
    """A host.  ``parts``: what is installed on it; ``before``: commands before the image is there; ``commands``, and
    ``user`` in the session of the host's person: what then runs."""

    name: str
    suite: str
    parts: tuple[str, ...]
    before: tuple[str, ...] = ()
    commands: tuple[str, ...] = ()
    user: tuple[str, ...] = ()
    sound: bool = True
    """Whether all that the plain question asks really passes: with its driver firewalld, netavark lets firewalld reject
    what its containers ask their name server; slirp4netns' own port handler answers no datagram of the host's
    loopback; the pasta of rootlesskit publishes for IPv4 alone."""

    @property
    def engines(self) -> tuple[Engine, ...]:
        """The engines that have containers on the host."""
        return (
            *(("docker",) if any("docker " in each for each in self.commands) else ()),
            *(("podman",) if "podman" in self.parts and any("podman" in each for each in self.commands) else ()),
            *(("rootless",) if any(each.startswith("podman ") for each in self.user) else ()),
            *(("rootless docker",) if any(each.startswith(USERS_DOCKER) for each in self.user) else ()),
            *(("guest",) if any("/guest.py " in each for each in self.commands) else ()),
        )

    @property
    def title(self) -> str:
        """The name with its suite."""
        return f"{self.suite} {self.name}"


def hosts() -> Iterator[Healthy]:
    """Yield every host."""
    for suite in TODAY:
        yield from _with_podman(suite)
        yield from _with_rootless_podman(suite)
        yield from _with_docker(suite)
        yield from _with_rootless_docker(suite)
        yield from _with_guests(suite)
    yield from _of_bookworm()


def _with_podman(suite: str) -> Iterator[Healthy]:
    parts, beside = ("podman",), ("podman", "firewalld")
    for driver in ("nftables", "iptables"):
        yield Healthy(f"podman {driver}", suite, parts, (_driver(driver),), _ROOTFUL)
        yield Healthy(f"podman {driver} and firewalld", suite, beside, (_driver(driver),), _ROOTFUL)
        yield Healthy(f"podman {driver} ipv6", suite, parts, (_driver(driver),), _TWO_FAMILIES)
        yield Healthy(f"podman {driver} and docker", suite, ("podman", "docker"), (_driver(driver),), _BOTH)
    yield Healthy("podman firewalld", suite, beside, (_driver("firewalld"),), _ROOTFUL, sound=False)
    yield Healthy("podman pods", suite, parts, (), _PODS)
    yield Healthy("podman networks", suite, parts, (), _KINDS_OF_NETWORKS)


def _with_rootless_podman(suite: str) -> Iterator[Healthy]:
    parts = ("podman",)
    yield Healthy("podman rootless", suite, parts, user=_ROOTLESS)
    yield Healthy("podman rootless pods", suite, parts, user=_ROOTLESS_PODS)
    yield Healthy("podman rootless networks", suite, parts, user=_ROOTLESS_NETWORKS)
    yield Healthy("podman rootless pasta", suite, parts, user=_PASTA)
    yield Healthy("podman rootless slirp4netns", suite, parts, user=_SLIRP, sound=False)
    yield Healthy("podman rootless and firewalld", suite, ("podman", "firewalld"), (_OPENED,), user=_ROOTLESS)
    yield Healthy("podman rootless and docker", suite, ("podman", "docker"), (), _DOCKER[1:2], _BESIDE_DOCKER)


def _with_docker(suite: str) -> Iterator[Healthy]:
    parts = ("docker",)
    yield Healthy("docker", suite, parts, (), _DOCKER)
    yield Healthy("docker no proxy", suite, parts, (_daemon('{"userland-proxy": false}'),), _DOCKER)
    yield Healthy("docker and firewalld", suite, ("docker", "firewalld"), (), _DOCKER)
    yield Healthy("docker and ufw", suite, ("docker", "ufw"), (_UFW,), _DOCKER)
    yield Healthy("docker ipv6", suite, parts, (), _DOCKER_SIX)
    yield Healthy("docker networks", suite, parts, (), _DOCKER_NETWORKS)


def _with_rootless_docker(suite: str) -> Iterator[Healthy]:
    """Yield hosts with the dockerd of a person, behind each of rootlesskit's drivers."""
    parts, user = ("docker",), _ROOTLESS_DOCKER
    yield Healthy("rootless docker", suite, parts, user=user)
    pasta = (_rootlesskit("pasta", "implicit"),)
    yield Healthy("rootless docker pasta", suite, parts, pasta, user=user, sound=False)
    yield Healthy("rootless docker slirp4netns", suite, parts, (_rootlesskit("slirp4netns", "slirp4netns"),), user=user)
    yield Healthy("rootless docker and firewalld", suite, ("docker", "firewalld"), (_OPENED,), user=user)
    yield Healthy("rootless docker and docker", suite, parts, (), _DOCKER_BESIDE, user)


def _with_guests(suite: str) -> Iterator[Healthy]:
    """Yield hosts whose bridges other managers have made."""
    yield Healthy("libvirt", suite, ("libvirt",), (), (*_LIBVIRT, *_LIBVIRT_GUESTS))
    yield Healthy("lxc", suite, ("lxc",), (), _LXC)
    yield Healthy("cni iptables", suite, ("cni",), (_conflist(_IPTABLES_PLUGINS),), _PODS_OF_CNI)
    yield Healthy("cni nftables", suite, ("cni",), (_conflist(_NFT_PLUGINS),), _PODS_OF_CNI)
    yield Healthy("networkd", suite, ("networkd",), _NETWORKD, _NETWORKD_GUESTS)
    yield Healthy("networkmanager", suite, ("networkmanager",), _UDEV, (*_SHARED, *_SHARED_GUESTS))
    yield Healthy("incus", suite, ("incus",), (), _INCUS)
    yield Healthy("cni and docker", suite, ("cni", "docker"), (_conflist(_IPTABLES_PLUGINS),), _POD_BESIDE_DOCKER)
    yield Healthy("lxc and docker", suite, ("lxc", "docker"), (), (*_LXC, *_BESIDE_LXC))


def _of_bookworm() -> Iterator[Healthy]:
    """Yield the hosts of the suite before: Podman 4.3 and Docker 20.10."""
    suite, parts = "bookworm", ("podman",)
    yield Healthy("podman", suite, parts, (_RUNC,), _ROOTFUL)
    yield Healthy("podman and firewalld", suite, ("podman", "firewalld"), (_RUNC,), _ROOTFUL)
    yield Healthy("podman ipv6", suite, parts, (_RUNC,), _TWO_FAMILIES)
    yield Healthy("podman pods", suite, parts, (_RUNC,), _PODS)
    yield Healthy("podman rootless", suite, parts, user=_ROOTLESS)
    yield Healthy("podman rootless networks", suite, parts, user=_ROOTLESS_NETWORKS)
    yield Healthy("podman rootless slirp4netns", suite, parts, user=_SLIRP, sound=False)
    yield from _with_docker(suite)
    yield Healthy("rootless docker", suite, ("docker",), user=_ROOTLESS_DOCKER)
    yield Healthy("libvirt", suite, ("libvirt",), (), (*_LIBVIRT, *_LIBVIRT_GUESTS))
    yield Healthy("lxc", suite, ("lxc",), (), _LXC)
    yield Healthy("cni iptables", suite, ("cni",), (_conflist(_IPTABLES_PLUGINS),), _PODS_OF_CNI)
    yield Healthy("networkd", suite, ("networkd",), _NETWORKD, _NETWORKD_GUESTS)


def _driver(name: str) -> str:
    return (
        "mkdir -p /etc/containers/containers.conf.d;"
        f" printf '[network]\\nfirewall_driver = \"{name}\"\\n' >/etc/containers/containers.conf.d/driver.conf"
    )


_RUNC = (
    "mkdir -p /etc/containers/containers.conf.d;"
    " printf '[engine]\\nruntime = \"runc\"\\n' >/etc/containers/containers.conf.d/runtime.conf"
)
"""bookworm's crun raises a limit that a machine's own root may not raise in a container."""


def _rootlesskit(network: str, ports: str) -> str:
    """Return the command that chooses the drivers of rootlesskit, in the file that the unit of the harness reads."""
    words = "DOCKERD_ROOTLESS_ROOTLESSKIT"
    return f"printf '{words}_NET={network}\n{words}_PORT_DRIVER={ports}\n' >/etc/rootlesskit"


def _daemon(text: str) -> str:
    return f"mkdir -p /etc/docker; echo '{text}' >/etc/docker/daemon.json"


def _docker(name: str, *publish: str, options: str = "") -> str:
    return run_box(name, *publish, options=options, command="docker")


def _past_docker(links: str) -> str:
    """Return the command of a host where Docker's policy is not to drop what others' bridges forward: DOCKER-USER is
    for such rules (docs.docker.com/engine/network/packet-filtering-firewalls)."""
    return f"iptables -I DOCKER-USER -o {links} -j ACCEPT; iptables -I DOCKER-USER -i {links} -j ACCEPT"


_BACK = "--network back"
_ON_LAN = "--subnet 198.51.100.0/24 --gateway 198.51.100.1 --ip-range 198.51.100.192/28 -o parent=eth0"
_UFW = "ufw --force enable >/dev/null; ufw allow 7000/tcp >/dev/null"
_OPENED = (
    "firewall-offline-cmd -q --add-port=8080/tcp --add-port=8082/tcp --add-port=8083/tcp --add-port=5353/udp"
    " --add-port=7000/tcp"
)
_NETWORK = "podman network create back"
_ROOTFUL = (
    _NETWORK,
    "systemctl enable -q podman-restart",
    run_box("web", "8080:80", "5353:53/udp", options="--restart always"),
    run_box("api", "127.0.0.1:8081:80", "198.51.100.11:8082:80", options=_BACK),
    run_box("db", options=_BACK),
)
_TWO_FAMILIES = (
    "podman network create --ipv6 --subnet 10.90.0.0/24 --subnet fd00:90::/64 back",
    run_box("web", "8080:80", "5353:53/udp", "[2001:db8:2::11]:8084:80", options=_BACK),
    run_box("db", options=_BACK),
)
_BOTH = (
    _past_docker("podman+"),
    run_box("web", "8080:80", "5353:53/udp"),
    run_box("db"),
    _docker("api", "8082:80", "127.0.0.1:8081:80"),
)
_PODS = (
    "podman pod create --name shop -p 8080:80 -p 5353:53/udp",
    run_box("web", options="--pod shop"),
    run_box("side", options="--pod shop", serve="tcp/81"),
    run_box("own", options="--network host", serve="tcp/8090"),
    run_box("db", "8081:80"),
)
_KINDS_OF_NETWORKS = (
    _NETWORK,
    "podman network create --opt isolate=true apart",
    "podman network create --internal inner",
    f"podman network create -d macvlan {_ON_LAN} lan",
    run_box("web", "8080:80", "5353:53/udp", options="--network back --network inner"),
    run_box("api", "8081:80", options="--network apart"),
    run_box("db", options="--network inner"),
    run_box("cam", options="--network lan"),
)
_ROOTLESS = (
    _NETWORK,
    run_box("web", "8080:80", "5353:53/udp"),
    run_box("slirp", "8083:80", options="--network slirp4netns"),
    run_box("api", "127.0.0.1:8081:80", "8082:80", options=_BACK),
    run_box("db", options=_BACK),
)
_ROOTLESS_PODS = (
    "podman pod create --name shop -p 8080:80 -p 5353:53/udp",
    run_box("web", options="--pod shop"),
    run_box("side", options="--pod shop", serve="tcp/81"),
    run_box("own", options="--network host", serve="tcp/8090"),
    run_box("db", "8081:80"),
)
_ROOTLESS_NETWORKS = (
    _NETWORK,
    "podman network create --internal inner",
    "podman network create --ipv6 --subnet 10.91.0.0/24 --subnet fd00:91::/64 two",
    run_box("web", "8080:80", "5353:53/udp", options="--network back --network inner"),
    run_box("db", options="--network inner"),
    run_box("api", "8081:80", "127.0.0.1:8082:80", options="--network two"),
    run_box("mail", options="--network two"),
)
_PASTA = (
    run_box("web", "8080:80", "5353:53/udp", options="--network pasta:--map-gw"),
    run_box("api", "127.0.0.1:8081:80", options="--network pasta:-T,7000"),
    run_box("db", "8082:80", options="--network pasta:--ipv4-only,-a,10.7.0.2,-g,10.7.0.1"),
)
_SLIRP = (
    run_box("web", "8080:80", "5353:53/udp", options="--network slirp4netns:port_handler=slirp4netns"),
    run_box("api", "127.0.0.1:8081:80", options="--network slirp4netns:allow_host_loopback=true"),
    run_box("db", "8082:80", options="--network slirp4netns:cidr=10.9.0.0/24"),
)
_BESIDE_DOCKER = (_NETWORK, run_box("api", "8082:80"), run_box("db", options=_BACK))
_DOCKER = (
    "docker network create back",
    _docker("web", "8080:80", "5353:53/udp", options="--restart always"),
    _docker("api", "127.0.0.1:8081:80", "198.51.100.11:8082:80", options=_BACK),
    _docker("db", options=_BACK),
)
_DOCKER_BESIDE = (_docker("shop", "8090:80"), _docker("blog"))
_ROOTLESS_DOCKER = (
    f"{USERS_DOCKER} network create back",
    run_box("web", "8080:80", "5353:53/udp", options="--restart always", command=USERS_DOCKER),
    run_box("api", "127.0.0.1:8081:80", "8082:80", options=_BACK, command=USERS_DOCKER),
    run_box("db", options=_BACK, command=USERS_DOCKER),
)
_DOCKER_SIX = (
    "docker network create --ipv6 --subnet fd00:92::/64 back",
    _docker("web", "8080:80", "5353:53/udp", options=_BACK),
    _docker("db", options=_BACK),
)
_DOCKER_NETWORKS = (
    "docker network create back",
    "docker network create --internal inner",
    "docker network create -o com.docker.network.bridge.enable_icc=false apart",
    f"docker network create -d macvlan {_ON_LAN} lan",
    _docker("web", "8080:80", "5353:53/udp", options=_BACK),
    "docker network connect inner web",
    _docker("api", "8081:80", options="--network apart"),
    _docker("job", options="--network apart"),
    _docker("db", options="--network inner"),
    _docker("cam", options="--network lan"),
)
_UDEV = (("systemctl unmask -q systemd-udevd.service systemd-udevd-kernel.socket systemd-udevd-control.socket;"
         " systemctl start systemd-udevd"),)  # fmt: skip
"""Daemons of links wait for udev where /sys can be written."""
_VIRSH = "virsh -q -c network:///system"
"""Without a driver for machines there is no other connection."""

_ALONE = (
    "<network><name>alone</name><bridge name='virbr1'/><ip address='192.168.123.1' netmask='255.255.255.0'>"
    "<dhcp><range start='192.168.123.2' end='192.168.123.254'/></dhcp></ip></network>"
)
_LIBVIRT = (
    "systemctl enable -q --now libvirtd.service",
    f"{_VIRSH} net-start default; {_VIRSH} net-autostart default",
    (
        f'echo "{_ALONE}" >/root/alone.xml; {_VIRSH} net-define /root/alone.xml; {_VIRSH} net-start alone;'
        f" {_VIRSH} net-autostart alone"
    ),
)
_LIBVIRT_GUESTS = (
    run_guest("web", "dhcp virbr0", after="libvirtd.service"),
    run_guest("db", "dhcp virbr0", after="libvirtd.service"),
    run_guest("lab", "dhcp virbr1", after="libvirtd.service"),
)
_LXC = (
    "echo 'USE_LXC_BRIDGE=\"true\"' >/etc/default/lxc-net; systemctl enable -q --now lxc-net.service",
    run_guest("web", "dhcp lxcbr0", after="lxc-net.service"),
    run_guest("db", "dhcp lxcbr0", after="lxc-net.service"),
)
_BRIDGE_PLUGIN = (
    '{"type": "bridge", "bridge": "cni0", "isGateway": true, "ipMasq": true, "hairpinMode": true, MASQ'
    ' "ipam": {"type": "host-local", "ranges": [[{"subnet": "10.22.0.0/24"}]], "routes": [{"dst": "0.0.0.0/0"}]}}'
)
_IPTABLES_PLUGINS = (
    _BRIDGE_PLUGIN.replace("MASQ", ""),
    '{"type": "portmap", "capabilities": {"portMappings": true}}',
    '{"type": "firewall", "backend": "iptables"}',
)
_NFT_PLUGINS = (
    _BRIDGE_PLUGIN.replace("MASQ", '"ipMasqBackend": "nftables",'),
    '{"type": "portmap", "backend": "nftables", "capabilities": {"portMappings": true}}',
)


def _conflist(plugins: tuple[str, ...]) -> str:
    text = '{"cniVersion": "1.0.0", "name": "pods", "plugins": [' + ", ".join(plugins) + "]}"
    return f"mkdir -p /etc/cni/net.d; echo '{text}' >/etc/cni/net.d/10-pods.conflist"


_CNI = "cni /etc/cni/net.d/10-pods.conflist"
_PODS_OF_CNI = (
    run_guest("web", f"{_CNI} 8080:80 5353:53/udp"),
    run_guest("api", f"{_CNI} 127.0.0.1:8081:80 198.51.100.11:8082:80"),
    run_guest("db", _CNI),
)
_POD_BESIDE_DOCKER = (
    _past_docker("cni0"),
    *_DOCKER[1:2],
    run_guest("pod", f"{_CNI} 8082:80", after="docker.service"),
    run_guest("db", _CNI, after="docker.service"),
)
_BESIDE_LXC = (_past_docker("lxcbr0"), _docker("blog", "8080:80"), _docker("shop"))
_NETWORKD = (
    *_UDEV,
    "printf '[NetDev]\\nName=b0\\nKind=bridge\\n' >/etc/systemd/network/20-b0.netdev",
    (
        "printf '[Match]\\nName=b0\\n[Network]\\nAddress=10.7.0.1/24\\nIPMasquerade=ipv4\\nDHCPServer=yes\\n"
        "ConfigureWithoutCarrier=yes\\n' >/etc/systemd/network/20-b0.network"
    ),
    "printf '[Match]\\nName=eth0\\n[Link]\\nUnmanaged=yes\\n' >/etc/systemd/network/10-eth0.network",
    "systemctl enable -q --now systemd-networkd.service",
)
_NETWORKD_GUESTS = (
    run_guest("web", "dhcp b0", after="systemd-networkd.service"),
    run_guest("db", "dhcp b0", after="systemd-networkd.service"),
)
_SHARED = (
    "systemctl enable -q --now NetworkManager.service",
    (
        "nmcli connection add type bridge ifname shared0 con-name shared ipv4.method shared ipv6.method disabled"
        " bridge.stp no >/dev/null; nmcli connection up shared >/dev/null"
    ),
)
_SHARED_GUESTS = (
    run_guest("web", "dhcp shared0", after="NetworkManager.service"),
    run_guest("db", "dhcp shared0", after="NetworkManager.service"),
)
_INCUS = (
    "systemctl enable -q --now incus.socket incus.service; incus admin init --minimal",
    run_guest("web", "dhcp incusbr0", after="incus.service"),
    run_guest("db", "dhcp incusbr0", after="incus.service"),
)
