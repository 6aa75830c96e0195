"""The programs of a host that make packet filter rules, links, routes or sysctls: one row a program.

Everybody who knows such a program by a name (a unit, a package, a chain, a command, a line of its log) asks its row.
``collect.sh`` is a script and has lists of its own; ``tests/test_programs.py`` holds that they have each name of a row.
"""

from typing import Literal, NamedTuple

import msgspec

from hairpin.message import Message, message

Role = Literal[
    "engine", "orchestrator", "firewall", "ban-list", "vpn", "virtual-machines", "links", "scripts", "sysctls",
    "profiles", "sets",
]  # fmt: skip
"""``firewall``: loads rules of its own at boot.  ``ban-list``: stops single addresses.  ``links``: a daemon that
configures a link whenever the link comes up.  ``scripts``: configures links once, at boot, with the commands that
people write into its files.  ``sysctls``: sets the sysctls of files at boot.  ``profiles``: sets sysctls by a profile.
``sets``: restores ipsets at boot.
"""


class KnownUnit(NamedTuple):
    """A unit of systemd.  ``name``: without ``.service``.  ``described``: the unit's ``Description=``, which systemd
    before version 249 logs in place of the name; empty if no log of such a systemd is known."""

    name: str
    described: str = ""


class KnownCommand(NamedTuple):
    """A command of a program.  ``changing``: the words with which it changes the network in a way that hairpin cannot
    simulate; empty if hairpin tells the effect of each of its calls."""

    name: str
    changing: frozenset[str] = frozenset()


def _command(name: str, words: str) -> KnownCommand:
    return KnownCommand(name, frozenset(words.split()))


class RestoredFile(NamedTuple):
    """A file of iptables-save(8) that a unit loads at its start."""

    unit: str
    family: Literal["ip", "ip6"]
    path: str


class KnownProgram(msgspec.Struct, frozen=True):
    """A program by the names that it has on a host.

    ``services``: its units, as far as hairpin reads them.  ``packages``: its packages, whose versions are read;
    ``pulled_by``: further packages whose installation restarts its units.  ``chains``: how the names of its chains
    begin; ``of_users``: those of them that have the rules that a person wrote with its command.  ``sets``: how the
    names of its sets begin.  ``tables``: the names of its nftables tables; a name that ends with ``-`` is how the names
    of several tables begin.  ``commands``: its commands.  ``logs_as``: the names under which it logs.  ``saved``: the
    files of rules that its units load.

    A firewall that clears all tables at its start has ``signs`` and ``keeps_engine``.  ``signs``: chains that it makes
    under names that anybody could use, so only several of them prove it.  ``keeps_engine``: the setting or hook by
    which the engine's rules are kept or restored.

    ``lets_in``: how its own configuration lets a flow pass, for a rule in its chains."""

    name: str
    role: Role
    services: tuple[KnownUnit, ...] = ()
    packages: tuple[str, ...] = ()
    pulled_by: tuple[str, ...] = ()
    chains: tuple[str, ...] = ()
    of_users: tuple[str, ...] = ()
    sets: tuple[str, ...] = ()
    tables: tuple[str, ...] = ()
    commands: tuple[KnownCommand, ...] = ()
    logs_as: tuple[str, ...] = ()
    saved: tuple[RestoredFile, ...] = ()
    signs: frozenset[str] = frozenset()
    keeps_engine: Message | None = None
    lets_in: Message | None = None

    @property
    def units(self) -> tuple[str, ...]:
        """The names of its units, without ``.service``."""
        return tuple(each.name for each in self.services)

    def makes_chain(self, name: str) -> bool:
        """Return whether the name of the chain begins as the names of its chains do."""
        return name.startswith(self.chains)

    def makes_table(self, name: str) -> bool:
        """Return whether an nftables table of this name is one of its tables."""
        return any(name.startswith(each) if each.endswith("-") else name == each for each in self.tables)


DOCKER = KnownProgram(
    "docker", "engine",
    services=(KnownUnit("docker", "Docker Application Container Engine"), KnownUnit("docker.socket")),
    packages=("docker-ce", "docker.io", "moby-engine", "docker"),
    pulled_by=("containerd", "containerd.io"),
    chains=("DOCKER",),
    sets=("docker-ext-bridges-",),
    tables=("docker-bridges",),
)  # fmt: skip
PODMAN = KnownProgram(
    "podman", "engine",
    services=(KnownUnit("podman"), KnownUnit("podman-restart"), KnownUnit("netavark-firewalld-reload")),
    packages=("podman",),
    chains=("NETAVARK",),
    tables=("netavark",),
)  # fmt: skip
CNI = KnownProgram("CNI", "engine", chains=("CNI-",), tables=("cni_hostport", "cni_plugins_masquerade"))
"""The plugins of Podman before version 4, of nerdctl and of Kubernetes."""
CHAINS_OF_PODMAN = (*PODMAN.chains, *CNI.chains)
"""How the names of the chains begin that one of Podman's back ends makes."""
FIREWALLD = KnownProgram(
    "firewalld", "firewall",
    services=(KnownUnit("firewalld", "firewalld - dynamic firewall daemon"),),
    packages=("firewalld",),
    chains=("IN_", "FWD"),
    tables=("firewalld",),
    commands=(KnownCommand("firewall-cmd"),),
    logs_as=("firewalld",),
    lets_in=message(
        "if firewalld should let these packets in, configure this in a zone or policy; `firewall-cmd --reload` loads "
        "firewalld's files again, and rules that are not in the files are then gone"),
)  # fmt: skip
"""The chains are those of its iptables back end.  ``firewalls/chain_owner.py`` knows all of them."""
UFW = KnownProgram(
    "ufw", "firewall",
    services=(KnownUnit("ufw", "Uncomplicated firewall"),),
    packages=("ufw",),
    chains=("ufw-", "ufw6-"),
    of_users=("ufw-user", "ufw6-user"),
    commands=(KnownCommand("ufw"),),
    logs_as=("ufw-init",),
    lets_in=message(
        "if ufw should let these packets in, add a rule (`ufw allow`); `ufw reload` loads ufw's files again, and rules "
        "that are not in the files are then gone"),
)  # fmt: skip
NETFILTER_PERSISTENT = KnownProgram(
    "netfilter-persistent", "firewall",
    services=(KnownUnit("netfilter-persistent", "netfilter persistent configuration"),),
    packages=("netfilter-persistent", "iptables-persistent"),
    commands=(KnownCommand("netfilter-persistent"),),
    logs_as=("netfilter-persistent",),
    saved=(
        RestoredFile("netfilter-persistent", "ip", "/etc/iptables/rules.v4"),
        RestoredFile("netfilter-persistent", "ip6", "/etc/iptables/rules.v6"),
    ),
)  # fmt: skip
IPTABLES_SERVICES = KnownProgram(
    "iptables-services", "firewall",
    services=(KnownUnit("iptables", "IPv4 firewall with iptables"), KnownUnit("ip6tables")),
    packages=("iptables-services",),
    logs_as=("iptables.init", "ip6tables.init"),
    saved=(
        RestoredFile("iptables", "ip", "/etc/sysconfig/iptables"),
        RestoredFile("ip6tables", "ip6", "/etc/sysconfig/ip6tables"),
    ),
)  # fmt: skip
IPSETS = KnownProgram("ipset", "sets", services=(KnownUnit("ipset"),), packages=("ipset-persistent", "ipset-service"))
"""Saves the host's ipsets, and restores them before the rules that name them.  Source: iptables-persistent
plugins.d/10-ipset, ipset-service of Fedora."""
NFTABLES = KnownProgram("nftables", "firewall", services=(KnownUnit("nftables", "nftables"),), packages=("nftables",))
FAIL2BAN = KnownProgram(
    "fail2ban", "ban-list",
    services=(KnownUnit("fail2ban", "Fail2Ban KnownUnit"),),
    packages=("fail2ban",),
    chains=("f2b-", "fail2ban"),
    sets=("addr-set-", "addr6-set-"),
    commands=(_command("fail2ban-client", "set reload start stop restart unban"),),
)  # fmt: skip
CROWDSEC = KnownProgram(
    "crowdsec", "ban-list",
    services=(KnownUnit("crowdsec"),),
    packages=("crowdsec",),
    chains=("crowdsec", "CROWDSEC"),
)  # fmt: skip
IFUPDOWN = KnownProgram(
    "ifupdown", "scripts",
    services=(KnownUnit("networking", "Raise network interfaces"),),
    packages=("ifupdown", "ifupdown2"),
    logs_as=("ifup",),
)  # fmt: skip
NETWORK_SCRIPTS = KnownProgram(
    "network-scripts", "scripts", services=(KnownUnit("network", "LSB: Bring up/down networking"),)
)
NETWORK_MANAGER = KnownProgram(
    "NetworkManager", "links",
    services=(KnownUnit("NetworkManager", "Network Manager"),),
    packages=("network-manager", "NetworkManager"),
    tables=("nm-shared-",),
    commands=(_command(
        "nmcli", "add connect del delete disconnect down import load mod modify off on reapply reload set up"
    ),),
    lets_in=message(
        "NetworkManager rejects what comes from outside to a link with ipv4.method shared. Give the link `ipv4.method "
        "manual`, or set firewall-backend=none in section [main] of NetworkManager.conf and make the rules yourself"),
)  # fmt: skip
NETWORKD = KnownProgram(
    "systemd-networkd", "links",
    services=(KnownUnit("systemd-networkd", "Network Configuration"),),
    packages=("systemd",),
    pulled_by=("systemd-networkd",),
    tables=("io.systemd.nat",),
    commands=(_command("networkctl", "up down reload reconfigure renew delete forcerenew"),),
)  # fmt: skip
PROGRAMS: tuple[KnownProgram, ...] = (
    DOCKER,
    KnownProgram(
        "containerd", "engine",
        services=(KnownUnit("containerd", "containerd container runtime"),),
        packages=("containerd", "containerd.io"),
    ),
    PODMAN, CNI,
    KnownProgram(
        "kubernetes", "orchestrator",
        services=(KnownUnit("kubelet"), KnownUnit("k3s")),
        chains=("KUBE-",),
        tables=("kube-proxy",),
        commands=(_command("kubectl", "apply create delete replace patch scale rollout"),),
        lets_in=message("if Kubernetes should let these packets in, write it into a NetworkPolicy or a Service"),
    ),
    KnownProgram(
        "calico", "orchestrator",
        chains=("cali-",),
        tables=("calico",),
        lets_in=message(
            "if Calico should let these packets in, write it into a NetworkPolicy or a GlobalNetworkPolicy"),
    ),
    KnownProgram("cilium", "orchestrator", chains=("CILIUM",)),
    KnownProgram("flannel", "orchestrator", chains=("FLANNEL-",), tables=("flannel-ipv4", "flannel-ipv6")),
    FIREWALLD, UFW, NETFILTER_PERSISTENT, IPTABLES_SERVICES, NFTABLES, IPSETS,
    KnownProgram(
        "CSF", "firewall",
        services=(KnownUnit("csf"), KnownUnit("lfd")),
        commands=(_command("csf", "-s -r -f -e -x -q -a -d --start --restart --stop"),),
        signs=frozenset(("LOCALINPUT", "LOCALOUTPUT", "LOGDROPIN", "LOGDROPOUT", "ALLOWIN", "DENYIN")),
        keeps_engine=message(
            'set DOCKER = "1" in /etc/csf/csf.conf, or restart the engine in /usr/local/csf/bin/csfpost.sh'),
    ),
    KnownProgram(
        "APF", "firewall",
        signs=frozenset(("TALLOW", "TDENY", "TGALLOW", "TGDENY")),
        keeps_engine=message("restart the engine in /etc/apf/hook_post.sh (/etc/apf/firewall calls it last)"),
    ),
    KnownProgram(
        "Shorewall", "firewall",
        services=(KnownUnit("shorewall"),),
        commands=(_command("shorewall", "start stop restart reload clear drop reject allow"),),
        signs=frozenset(("net-fw", "fw-net", "net2fw", "fw2net", "smurfs", "tcpflags", "dynamic", "shorewall")),
        keeps_engine=message(
            "set DOCKER=Yes in /etc/shorewall/shorewall.conf, or restart the engine in /etc/shorewall/started"),
    ),
    KnownProgram(
        "arno-iptables-firewall", "firewall",
        signs=frozenset((
            "EXT_INPUT_CHAIN", "INT_INPUT_CHAIN", "BASE_INPUT_CHAIN", "POST_INPUT_CHAIN", "HOST_BLOCK_SRC",
        )),
        keeps_engine=message("restart the engine in /etc/arno-iptables-firewall/custom-rules"),
    ),
    FAIL2BAN, CROWDSEC,
    KnownProgram("sshguard", "ban-list", chains=("sshguard",)),
    KnownProgram(
        "wireguard", "vpn",
        services=(KnownUnit("wg-quick@"),),
        tables=("wg-quick-",),
        commands=(_command("wg-quick", "up down"), _command("wg", "set setconf addconf syncconf")),
        lets_in=message(
            "wg-quick drops what comes to the tunnel's address by another link, as long as AllowedIPs has a default "
            "route. Narrow AllowedIPs in the tunnel's file, or set `Table = off` there"),
    ),
    KnownProgram("openvpn", "vpn", services=(KnownUnit("openvpn"),)),
    KnownProgram(
        "tailscale", "vpn",
        services=(KnownUnit("tailscaled"),),
        chains=("ts-",),
        commands=(_command("tailscale", "up down set login logout"),),
        lets_in=message("if Tailscale should let these packets in, write it into the tailnet's access controls"),
    ),
    KnownProgram(
        "NetBird", "vpn",
        chains=("NETBIRD-",),
        tables=("netbird",),
        lets_in=message("if NetBird should let these packets in, write it into a policy of its management console"),
    ),
    KnownProgram("strongswan", "vpn", services=(KnownUnit("strongswan"), KnownUnit("ipsec"))),
    KnownProgram("nordvpn", "vpn", chains=("nordvpn",)),
    KnownProgram(
        "libvirt", "virtual-machines",
        services=(KnownUnit("libvirtd"), KnownUnit("virtnetworkd")),
        chains=("LIBVIRT_", "virbr"),
        tables=("libvirt_network",),
        lets_in=message(
            "libvirt rejects what comes from outside to a network with `<forward mode='nat'/>`. With mode `open` "
            "(`virsh net-edit`), libvirt makes no rules for the network"),
    ),
    KnownProgram("LXC", "virtual-machines", services=(KnownUnit("lxc-net"),), tables=("lxc",)),
    KnownProgram(
        "LXD", "virtual-machines",
        chains=("LXD",),
        tables=("lxd",),
        lets_in=message("if LXD should let these packets in, write it into a network ACL (`lxc network acl`)"),
    ),
    KnownProgram(
        "Incus", "virtual-machines",
        services=(KnownUnit("incus"),),
        tables=("incus",),
        lets_in=message("if Incus should let these packets in, write it into a network ACL (`incus network acl`)"),
    ),
    IFUPDOWN, NETWORK_SCRIPTS, NETWORK_MANAGER, NETWORKD,
    KnownProgram("dhcpcd", "links", services=(KnownUnit("dhcpcd"),)),
    KnownProgram("wicked", "links", services=(KnownUnit("wickedd"),)),
    KnownProgram(
        "systemd-sysctl", "sysctls",
        services=(KnownUnit("systemd-sysctl", "Apply Kernel Variables"),),
        packages=("systemd",),
        logs_as=("systemd-sysctl",),
    ),
    KnownProgram("tuned", "profiles", services=(KnownUnit("tuned"),)),
)  # fmt: skip
"""Source of chains and hooks: the programs' own sources (ConfigServer csf.pl, APF's files/apf, Shorewall's Chains.pm
and shorewall.conf(5), arno-iptables-firewall; fail2ban config/action.d; tailscale util/linuxfw; libvirt's
virfirewall and network_nftables.c; kube-proxy's iptables/proxier.go; Incus' drivers_nftables.go; lxc-net; NetBird's
client/firewall; NetworkManager's nm-firewall-utils.c; systemd's firewall-util.h; the CNI plugins' portmap_nftables.go
and ipmasq_nftables_linux.go; flannel's trafficmngr; wg-quick(8)).  Source of descriptions: the unit files of Debian and
Fedora."""


def having_role(*roles: Role) -> tuple[KnownProgram, ...]:
    """Return the programs with one of the roles, in the order of the table."""
    return tuple(each for each in PROGRAMS if each.role in roles)


def units_of(*roles: Role) -> tuple[str, ...]:
    """Return the names, without ``.service``, of the units of all programs with one of the roles."""
    return tuple(name for each in having_role(*roles) for name in each.units)


def chains_of(*roles: Role) -> tuple[str, ...]:
    """Return how the names of the chains begin that programs with one of the roles make."""
    return tuple(prefix for each in having_role(*roles) for prefix in each.chains)


def maker_of(table: str, chain: str, *, native: bool) -> KnownProgram | None:
    """Return the program that makes nftables tables of this name, or chains of this name in iptables' tables.

    ``native``: whether the table is none of iptables' tables.  Return None if no program of the table does."""
    return next((each for each in PROGRAMS if (each.makes_table(table) if native else each.makes_chain(chain))), None)


def program_of(unit: str) -> KnownProgram | None:
    """Return the program of the unit, which is named without ``.service``; None if the unit is no known program's."""
    return next((each for each in PROGRAMS if unit in each.units), None)
