"""The programs of a host that make packet filter rules, links, routes or sysctls: one row a program.

Everybody who knows such a program by a name (a unit, a package, a chain, a command, a line of its log) asks its row.
``collect.sh`` is a script and has lists of its own; ``tests/test_programs.py`` holds that they have each name of a row.
"""

from typing import Literal, NamedTuple

import msgspec

from hairpin.message import Message, message

Role = Literal[
    "engine", "orchestrator", "firewall", "ban-list", "vpn", "virtual-machines", "links", "scripts", "sysctls",
    "profiles",
]  # fmt: skip
"""``firewall``: loads rules of its own at boot.  ``ban-list``: stops single addresses.  ``links``: a daemon that
configures a link whenever the link comes up.  ``scripts``: configures links once, at boot, with the commands that
people write into its files.  ``sysctls``: sets the sysctls of files at boot.  ``profiles``: sets sysctls by a profile.
"""


class Service(NamedTuple):
    """A unit of systemd.  ``name``: without ``.service``.  ``described``: the unit's ``Description=``, which systemd
    before version 249 logs in place of the name; empty if no log of such a systemd is known."""

    name: str
    described: str = ""


class Command(NamedTuple):
    """A command of a program.  ``changing``: the words with which it changes the network in a way that hairpin cannot
    simulate; empty if hairpin tells the effect of each of its calls."""

    name: str
    changing: frozenset[str] = frozenset()


def _changing(name: str, words: str) -> Command:
    return Command(name, frozenset(words.split()))


class SavedRules(NamedTuple):
    """A file of iptables-save(8) that a unit loads at its start."""

    unit: str
    family: Literal["ip", "ip6"]
    path: str


class Program(msgspec.Struct, frozen=True):
    """A program by the names that it has on a host.

    ``services``: its units, as far as hairpin reads them.  ``packages``: its packages, whose versions are read;
    ``pulled_by``: further packages whose installation restarts its units.  ``chains``: how the names of its chains
    begin; ``of_users``: those of them that have the rules that a person wrote with its command.  ``sets`` and
    ``tables``: how the names of its sets begin, and of its nftables tables.  ``commands``: its commands.  ``logs_as``:
    the names under which it logs.  ``saved``: the files of rules that its units load.

    A firewall that clears all tables at its start has ``signs`` and ``keeps_engine``.  ``signs``: chains that it makes
    under names that anybody could use, so only several of them prove it.  ``keeps_engine``: the setting or hook by
    which the engine's rules are kept or restored.

    ``lets_in``: how its own configuration lets a flow pass, for a rule in its chains."""

    name: str
    role: Role
    services: tuple[Service, ...] = ()
    packages: tuple[str, ...] = ()
    pulled_by: tuple[str, ...] = ()
    chains: tuple[str, ...] = ()
    of_users: tuple[str, ...] = ()
    sets: tuple[str, ...] = ()
    tables: tuple[str, ...] = ()
    commands: tuple[Command, ...] = ()
    logs_as: tuple[str, ...] = ()
    saved: tuple[SavedRules, ...] = ()
    signs: frozenset[str] = frozenset()
    keeps_engine: Message | None = None
    lets_in: Message | None = None

    @property
    def units(self) -> tuple[str, ...]:
        """The names of its units, without ``.service``."""
        return tuple(each.name for each in self.services)


DOCKER = Program(
    "docker", "engine",
    services=(Service("docker", "Docker Application Container Engine"), Service("docker.socket")),
    packages=("docker-ce", "docker.io", "moby-engine", "docker"),
    pulled_by=("containerd", "containerd.io"),
    chains=("DOCKER",),
    tables=("docker-bridges",),
)  # fmt: skip
PODMAN = Program(
    "podman", "engine",
    services=(Service("podman"), Service("podman-restart"), Service("netavark-firewalld-reload")),
    packages=("podman",),
    chains=("NETAVARK", "CNI-"),
    tables=("netavark",),
)  # fmt: skip
FIREWALLD = Program(
    "firewalld", "firewall",
    services=(Service("firewalld", "firewalld - dynamic firewall daemon"),),
    packages=("firewalld",),
    chains=("IN_", "FWD"),
    tables=("firewalld",),
    commands=(Command("firewall-cmd"),),
    logs_as=("firewalld",),
    lets_in=message(
        "if firewalld should let these packets in, configure this in a zone or policy; `firewall-cmd --reload` loads "
        "firewalld's files again, and rules that are not in the files are then gone"),
)  # fmt: skip
"""The chains are those of its iptables back end.  ``firewalls/chain_owner.py`` knows all of them."""
UFW = Program(
    "ufw", "firewall",
    services=(Service("ufw", "Uncomplicated firewall"),),
    packages=("ufw",),
    chains=("ufw-", "ufw6-"),
    of_users=("ufw-user", "ufw6-user"),
    commands=(Command("ufw"),),
    logs_as=("ufw-init",),
    lets_in=message(
        "if ufw should let these packets in, add a rule (`ufw allow`); `ufw reload` loads ufw's files again, and rules "
        "that are not in the files are then gone"),
)  # fmt: skip
NETFILTER_PERSISTENT = Program(
    "netfilter-persistent", "firewall",
    services=(Service("netfilter-persistent", "netfilter persistent configuration"),),
    packages=("netfilter-persistent", "iptables-persistent"),
    commands=(Command("netfilter-persistent"),),
    logs_as=("netfilter-persistent",),
    saved=(
        SavedRules("netfilter-persistent", "ip", "/etc/iptables/rules.v4"),
        SavedRules("netfilter-persistent", "ip6", "/etc/iptables/rules.v6"),
    ),
)  # fmt: skip
IPTABLES_SERVICES = Program(
    "iptables-services", "firewall",
    services=(Service("iptables", "IPv4 firewall with iptables"), Service("ip6tables")),
    packages=("iptables-services",),
    logs_as=("iptables.init", "ip6tables.init"),
    saved=(
        SavedRules("iptables", "ip", "/etc/sysconfig/iptables"),
        SavedRules("ip6tables", "ip6", "/etc/sysconfig/ip6tables"),
    ),
)  # fmt: skip
NFTABLES = Program("nftables", "firewall", services=(Service("nftables", "nftables"),), packages=("nftables",))
FAIL2BAN = Program(
    "fail2ban", "ban-list",
    services=(Service("fail2ban", "Fail2Ban Service"),),
    packages=("fail2ban",),
    chains=("f2b-", "fail2ban"),
    sets=("addr-set-", "addr6-set-"),
    commands=(_changing("fail2ban-client", "set reload start stop restart unban"),),
)  # fmt: skip
CROWDSEC = Program(
    "crowdsec", "ban-list",
    services=(Service("crowdsec"),),
    packages=("crowdsec",),
    chains=("crowdsec", "CROWDSEC"),
)  # fmt: skip
IFUPDOWN = Program(
    "ifupdown", "scripts",
    services=(Service("networking", "Raise network interfaces"),),
    packages=("ifupdown", "ifupdown2"),
    logs_as=("ifup",),
)  # fmt: skip
NETWORK_SCRIPTS = Program("network-scripts", "scripts", services=(Service("network", "LSB: Bring up/down networking"),))
NETWORK_MANAGER = Program(
    "NetworkManager", "links",
    services=(Service("NetworkManager", "Network Manager"),),
    packages=("network-manager", "NetworkManager"),
    commands=(_changing(
        "nmcli", "add connect del delete disconnect down import load mod modify off on reapply reload set up"
    ),),
)  # fmt: skip
NETWORKD = Program(
    "systemd-networkd", "links",
    services=(Service("systemd-networkd", "Network Configuration"),),
    packages=("systemd",),
    pulled_by=("systemd-networkd",),
    commands=(_changing("networkctl", "up down reload reconfigure renew delete forcerenew"),),
)  # fmt: skip
PROGRAMS: tuple[Program, ...] = (
    DOCKER,
    Program(
        "containerd", "engine",
        services=(Service("containerd", "containerd container runtime"),),
        packages=("containerd", "containerd.io"),
    ),
    PODMAN,
    Program(
        "kubernetes", "orchestrator",
        services=(Service("kubelet"), Service("k3s")),
        chains=("KUBE-",),
        commands=(_changing("kubectl", "apply create delete replace patch scale rollout"),),
    ),
    Program("calico", "orchestrator", chains=("cali-",)),
    Program("cilium", "orchestrator", chains=("CILIUM",)),
    FIREWALLD, UFW, NETFILTER_PERSISTENT, IPTABLES_SERVICES, NFTABLES,
    Program(
        "CSF", "firewall",
        services=(Service("csf"), Service("lfd")),
        commands=(_changing("csf", "-s -r -f -e -x -q -a -d --start --restart --stop"),),
        signs=frozenset(("LOCALINPUT", "LOCALOUTPUT", "LOGDROPIN", "LOGDROPOUT", "ALLOWIN", "DENYIN")),
        keeps_engine=message(
            'set DOCKER = "1" in /etc/csf/csf.conf, or restart the engine in /usr/local/csf/bin/csfpost.sh'),
    ),
    Program(
        "APF", "firewall",
        signs=frozenset(("TALLOW", "TDENY", "TGALLOW", "TGDENY")),
        keeps_engine=message("restart the engine in /etc/apf/hook_post.sh (/etc/apf/firewall calls it last)"),
    ),
    Program(
        "Shorewall", "firewall",
        services=(Service("shorewall"),),
        commands=(_changing("shorewall", "start stop restart reload clear drop reject allow"),),
        signs=frozenset(("net-fw", "fw-net", "net2fw", "fw2net", "smurfs", "tcpflags", "dynamic", "shorewall")),
        keeps_engine=message(
            "set DOCKER=Yes in /etc/shorewall/shorewall.conf, or restart the engine in /etc/shorewall/started"),
    ),
    Program(
        "arno-iptables-firewall", "firewall",
        signs=frozenset((
            "EXT_INPUT_CHAIN", "INT_INPUT_CHAIN", "BASE_INPUT_CHAIN", "POST_INPUT_CHAIN", "HOST_BLOCK_SRC",
        )),
        keeps_engine=message("restart the engine in /etc/arno-iptables-firewall/custom-rules"),
    ),
    FAIL2BAN, CROWDSEC,
    Program("sshguard", "ban-list", chains=("sshguard",)),
    Program(
        "wireguard", "vpn",
        services=(Service("wg-quick@"),),
        commands=(_changing("wg-quick", "up down"), _changing("wg", "set setconf addconf syncconf")),
    ),
    Program("openvpn", "vpn", services=(Service("openvpn"),)),
    Program(
        "tailscale", "vpn",
        services=(Service("tailscaled"),),
        chains=("ts-",),
        commands=(_changing("tailscale", "up down set login logout"),),
    ),
    Program("strongswan", "vpn", services=(Service("strongswan"), Service("ipsec"))),
    Program("nordvpn", "vpn", chains=("nordvpn",)),
    Program("libvirt", "virtual-machines", chains=("LIBVIRT_", "virbr")),
    Program("lxd", "virtual-machines", chains=("LXD",)),
    IFUPDOWN, NETWORK_SCRIPTS, NETWORK_MANAGER, NETWORKD,
    Program("dhcpcd", "links", services=(Service("dhcpcd"),)),
    Program("wicked", "links", services=(Service("wickedd"),)),
    Program(
        "systemd-sysctl", "sysctls",
        services=(Service("systemd-sysctl", "Apply Kernel Variables"),),
        packages=("systemd",),
        logs_as=("systemd-sysctl",),
    ),
    Program("tuned", "profiles", services=(Service("tuned"),)),
)  # fmt: skip
"""Source of chains and hooks: the programs' own sources (ConfigServer csf.pl, APF's files/apf, Shorewall's Chains.pm
and shorewall.conf(5), arno-iptables-firewall; fail2ban config/action.d; tailscale util/linuxfw; libvirt's
virfirewall; kube-proxy's iptables/proxier.go).  Source of descriptions: the unit files of Debian and Fedora."""


def having_role(*roles: Role) -> tuple[Program, ...]:
    """Return the programs with one of the roles, in the order of the table."""
    return tuple(each for each in PROGRAMS if each.role in roles)


def units_of(*roles: Role) -> tuple[str, ...]:
    """Return the names, without ``.service``, of the units of all programs with one of the roles."""
    return tuple(name for each in having_role(*roles) for name in each.units)


def chains_of(*roles: Role) -> tuple[str, ...]:
    """Return how the names of the chains begin that programs with one of the roles make."""
    return tuple(prefix for each in having_role(*roles) for prefix in each.chains)


def program_of(unit: str) -> Program | None:
    """Return the program of the unit, which is named without ``.service``; None if the unit is no known program's."""
    return next((each for each in PROGRAMS if unit in each.units), None)
