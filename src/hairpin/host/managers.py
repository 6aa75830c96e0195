"""The firewall managers of a host and its configuration: firewalld, ufw, units (with their commands and their
ordering), packages, configuration files.  Source: systemd.service(5)"""

import re
from collections.abc import Iterator
from typing import Literal

import msgspec

from hairpin.host.socket import Relay
from hairpin.netfilter.address import Prefix


class FirewalldZone(msgspec.Struct, frozen=True):
    """A firewalld zone: its interfaces and sources, and the traffic that it accepts.

    Ports are written as ``8080/tcp`` or ``8000-8010/udp``.
    """

    name: str
    target: str = "default"
    interfaces: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    ports: tuple[str, ...] = ()
    services: tuple[str, ...] = ()
    forward: bool | None = None
    masquerade: bool = False
    rich_rules: tuple[str, ...] = ()


class DirectRule(msgspec.Struct, frozen=True):
    """An iptables rule that firewalld loads at each start and reload.  ``words``: the rule's text after the chain's
    name.

    ``priority``: rules with a lower priority come first in the chain; None for a passthrough.  ``file`` and ``line``:
    the place of the rule in firewalld's files."""

    family: Literal["ip", "ip6"]
    table: str
    chain: str
    words: str
    priority: int | None = 0
    file: str = ""
    line: int = 0
    evidence: str = ""


PANIC_TABLE = "firewalld_policy_drop"
"""firewalld's table that drops all packets: in panic mode, and while it cannot load its rules."""


class Firewalld(msgspec.Struct, frozen=True):
    """firewalld's state.  ``permanent`` and ``direct``: the zones and direct rules in firewalld's files.  ``runtime``:
    firewalld's zones at run time, as firewalld itself reports them; empty if they could not be read."""

    running: bool
    version: str = ""
    backend: str | None = None
    default_zone: str | None = None
    runtime: tuple[FirewalldZone, ...] = ()
    permanent: tuple[FirewalldZone, ...] = ()
    direct: tuple[DirectRule, ...] = ()
    evidence: str = ""


UfwAction = Literal["allow", "deny", "reject", "limit"]
"""What a rule of ufw does with packets.  Source: ufw(8)"""


class Ufw(msgspec.Struct, frozen=True):
    """ufw's state, with the policies in its files.  ``scripts``: ufw's executable hook scripts; None if they were not
    read."""

    enabled: bool
    default_forward_policy: str | None = None
    default_input_policy: str | None = None
    evidence: str = ""
    scripts: tuple[str, ...] | None = None


class FilterLine(msgspec.Struct, frozen=True):
    """A line of a unit's file, of its drop-in or of its quadlet that decides about the network of its processes."""

    path: str
    number: int
    text: str
    evidence: str = ""
    entry: int = 0


class UnitNetwork(msgspec.Struct, frozen=True):
    """The network of a unit's processes, if the unit's files say something of it.

    ``setting``: the setting that gives them a network namespace, such as ``PrivateNetwork=yes``; empty if they are in
    the host's.  ``netns``: the name of the namespace; empty if it is not known, as when none of the processes runs.
    ``lines``: the lines of files that say so.  ``target``: where the unit's systemd-socket-proxyd connects to, if its
    command has an address; ``sockets``: the socket units whose connections it passes on."""

    setting: str = ""
    netns: str = ""
    lines: tuple[FilterLine, ...] = ()
    target: Relay | None = None
    sockets: tuple[str, ...] = ()


class Unit(msgspec.Struct, frozen=True):
    """A systemd unit's state.  ``allows`` and ``denies``: the prefixes of IPAddressAllow= and IPAddressDeny=, by which
    the kernel filters the packets of the processes in the unit's control group.  ``filters``: the lines of files that
    set them.  ``restarts``: how often systemd has started it again since a person did.  ``kill_mode``: ``KillMode=``,
    and ``main_pid``: the process that ``process`` ends alone; empty and 0 if not read.  ``network``: None if no file
    of the unit says something of its network."""

    name: str
    active: str
    enabled: str
    after: tuple[str, ...] = ()
    before: tuple[str, ...] = ()
    part_of: tuple[str, ...] = ()
    evidence: str = ""
    allows: tuple[Prefix, ...] = ()
    denies: tuple[Prefix, ...] = ()
    filters: tuple[FilterLine, ...] = ()
    restarts: int = 0
    kill_mode: str = ""
    main_pid: int = 0
    network: UnitNetwork | None = None

    @property
    def is_enabled(self) -> bool:
        """Whether systemd starts the unit at boot.  The state may also be ``enabled-runtime``."""
        return self.enabled.startswith("enabled")

    def leaves(self, pid: int) -> bool:
        """Return whether the unit's process goes on when the unit is stopped.  Source: systemd.kill(5)"""
        return self.kill_mode == "none" or (self.kill_mode == "process" and self.main_pid not in (0, pid))


class Version(msgspec.Struct, frozen=True):
    """A program's version.  ``text``: the version as the program prints it."""

    program: str
    text: str
    evidence: str = ""


class NamedGuest(msgspec.Struct, frozen=True):
    """A container or virtual machine of a program that is no engine (libvirt, LXC, Incus, nspawn …), by its name.
    ``program``: as its leases or its registration show.  ``netns``: the namespace that its processes hold; empty if
    none was read, as of a virtual machine.  ``addresses``: those that a DHCP server of the host gave it, each with its
    IP version, the newest lease first."""

    name: str
    program: str
    netns: str = ""
    addresses: tuple[tuple[Literal[4, 6], int], ...] = ()
    evidence: str = ""


class GuestNetwork(msgspec.Struct, frozen=True):
    """A network that libvirt, lxc-net or Incus is told to make, for guests.

    ``program``: its name in ``programs.py``.  ``addresses``: those of the host on ``bridge``, each with its prefix
    length.  ``starts``: whether the program makes the network when it starts; None if that is not known.  ``mode``:
    libvirt's ``<forward mode>``; empty if the network has none.  ``file``: the file that tells of it."""

    name: str
    program: Literal["libvirt", "LXC", "Incus"]
    bridge: str
    addresses: tuple[tuple[Literal[4, 6], int, int], ...] = ()
    starts: bool | None = None
    mode: str = ""
    file: str = ""
    evidence: str = ""


class Guest(msgspec.Struct, frozen=True):
    """The virtual machine of a desktop engine, into which a program on Windows or macOS forwards ports.

    ``program``: the engine's name as people write it, ``WSL`` for a distribution of its own.  ``mode``: how Windows
    networks WSL: ``nat``, ``mirrored``, ``virtioproxy``, ``none``, ``bridged``; None if that is not known or no WSL.
    """

    program: str
    mode: str | None = None


class CloudAddress(msgspec.Struct, frozen=True):
    """A public address of the host from cloud-init's file.  ``private``: the private address to which the cloud maps
    it; None if the file names none."""

    version: Literal[4, 6]
    public: int
    private: int | None = None
    evidence: str = ""


class ConfigFile(msgspec.Struct, frozen=True):
    """A configuration file, verbatim; ``Host.files`` has such files in the order of precedence: a later file wins."""

    path: str
    text: str
    evidence: str = ""


HIDDEN = "# not collected"
"""The text that the collector writes in place of a line or a command that may contain a secret."""


class ScriptLine(msgspec.Struct, frozen=True):
    """A line that sets rules, sysctls, addresses or routes.  The line is in a script that runs at boot or from cron, or
    in an enabled systemd unit.  ``unit``: the name of this unit; empty if the line is in a script."""

    path: str
    number: int
    text: str
    unit: str = ""
    evidence: str = ""


_COMMAND = re.compile(r"Exec\w+\s*=\s*[-@+!:|]*")


def command_of(line: str) -> str:
    """Return the command in a line of a script or a unit, without systemd's prefixes and with ``$$`` and ``%%``
    replaced by ``$`` and ``%``."""
    said = _COMMAND.match(line.strip())
    return line.strip() if said is None else line.strip()[said.end() :].replace("$$", "$").replace("%%", "%")


def commands_of(path: str, text: str) -> Iterator[ScriptLine]:
    """Yield the commands that the unit's start runs."""
    for number, line in enumerate(text.splitlines(), 1):
        if re.match(r"ExecStart(?:Pre|Post)?\s*=", line.strip()):
            yield ScriptLine(path, number, command_of(line), path.rpartition("/")[2])


def unit_of(path: str, text: str) -> Unit:
    """Return the unit that the unit file defines, marked as inactive and disabled."""
    said = {"After": list[str](), "Before": list[str]()}
    for line in text.splitlines():
        key, equals, value = line.strip().partition("=")
        if equals and key in said:
            said[key] += value.split()
    name = path.rpartition("/")[2]
    return Unit(name, "inactive", "disabled", tuple(said["After"]), tuple(said["Before"]))
