"""Builds a blueprint: namespaces, links, addresses, rules, sockets.

Tools get their lines in bulk: one ``ip -batch`` for the links of a host, one for each namespace, one call for each set
of rules.  A tool that refuses a line names the line by its number.  The report quotes the refused line, and all other
lines are carried out.
"""

import ctypes
import fcntl
import os
import re
import socket
import struct
import time
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from hairpin.host.netns import Netns
from hairpin.message import Message, message
from hairpin.replica.plan.blueprint import WORLD, Blueprint, LinkLine, Load, NetnsPlan, SysctlValue, named, path_of
from hairpin.replica.run import accounts, ctnetlink
from hairpin.replica.run.netns import HeldNetns
from hairpin.replica.run.partial_load import LeftOut, load_partly
from hairpin.replica.run.tool import Batch, Tool, begin

_SPREADING = (
    "/forwarding", "/ip_forward", "/disable_ipv6", "/disable_policy", "/proxy_ndp", "/ignore_routes_with_linkdown",
    "/addr_gen_mode", "/force_forwarding",
)  # fmt: skip
_ON = {"macvlan": "link lower0", "vlan": "link lower0", "ipvlan": "link lower1"}
_ENDS = "local 192.0.2.1 remote 192.0.2.2"
_NEEDS = {
    "vlan": "id 1", "vxlan": "id 1 dstport 4789", "geneve": "id 1 remote 192.0.2.2", "gre": _ENDS, "gretap": _ENDS,
    "ipip": _ENDS,
}  # fmt: skip
"""The lower link (``_ON``) and the options (``_NEEDS``) of the trial link of each kind.

A macvlan and an ipvlan need different lower links."""
_SIOCETHTOOL, _ETHTOOL_GLINK = 0x8946, 0x0A
_SIOCGIFFLAGS, _IFF_RUNNING = 0x8913, 0x40
_SIOCGIFTXQLEN, _SIOCSIFTXQLEN = 0x8942, 0x8943
_CARRIER_TIMEOUT_S = 10.0
"""The longest time in seconds that the replica waits for the carriers of all links.  The work queue is the whole
machine's, and handles 100 events of links in a second (net/core/link_watch.c)."""


def makeable(kinds: frozenset[str]) -> frozenset[str]:
    """Return the kinds that this kernel can make; afterwards the process is in a new, empty namespace."""
    asked = sorted(kinds)
    if not asked:
        return frozenset()
    HeldNetns("trial").enter()
    lines = ["link add name lower0 type veth peer name lower1"]
    lines += (f"link add {_ON.get(each, '')} name try-{each} type {each} {_NEEDS.get(each, '')}" for each in asked)
    refused = Batch(("ip",), lines).refused()
    return frozenset(asked) - {asked[number - 2] for number, _ in refused if number > 1}


def within(name: str, said: Message) -> Message:
    """Return the message with the name of the namespace that it is about."""
    return message("{netns}: {said}", netns=name, said=said)


_EXISTS = "File exists"
_INDEX = re.compile(r" index \d+")


def _unmade(line: LinkLine, said: str) -> Message:
    return message(
        "a link could not be made: {said} ({line})", said=said, line=re.sub(r" netns <[^>]*>", "", line.text)
    )


class Built:
    """A built replica: the namespaces by name, and the parts that could not be built.

    ``replaced``: the rules that a tool refused, each with its namespace.  A no-op rule replaces each refused rule, and
    the counter of the no-op rule shows whether a packet reached its place."""

    def __init__(self, plan: Blueprint) -> None:
        """Build the blueprint; afterwards the process is in the host's namespace.  Raises OSError if namespaces cannot
        be made."""
        self.plan = plan
        self.left_out: list[Message] = list(plan.left_out)
        self.replaced: list[tuple[Netns, LeftOut]] = []
        self.netns: dict[Netns, HeldNetns] = {}
        self.took_ms: dict[str, float] = {}
        started = time.monotonic()
        fresh: dict[str, str] = {}
        for each in plan.namespaces:
            self.netns[each.netns] = HeldNetns(str(each.netns))
            # All new namespaces have the same values, so only the values of the first namespace are read.
            fresh = fresh or _values(value.path for plan in plan.namespaces for value in plan.sysctls)
            self._write(each.netns, (value for value in each.sysctls if _differs(value, fresh)))
        started = self._took("namespaces", started)
        self._make_links(plan.links)
        started = self._took("links", started)
        for each in plan.namespaces:
            self.netns[each.netns].enter()
            self._write(each.netns, each.link_sysctls)
        started = self._took("sysctls", started)
        self._configure(plan.namespaces)
        started = self._took("addresses and routes", started)
        self._load_all(plan.namespaces)
        for each in plan.namespaces:
            self.netns[each.netns].enter()
            for number, complaint in self._ip(each.guarded_lines):
                self._complain(each, each.guarded_lines[number - 1], complaint)
        started = self._took("rules", started)

    def _took(self, what: str, started: float) -> float:
        now = time.monotonic()
        self.took_ms[what] = (now - started) * 1000
        return now

    # --- sysctls -----------------------------------------------------------------------------------------------------

    def _write(self, netns: Netns, values: Iterable[SysctlValue]) -> None:
        """Write the values that differ, in the process's present namespace."""
        for each in values:
            if not write_sysctl(each.path, each.value) and each.matters:
                self.left_out.append(
                    message(
                        "on this kernel, {path} = {value} cannot be set in {netns}",
                        path=each.path,
                        value=each.value,
                        netns=named(netns, self.netns),
                    )
                )

    # --- links -------------------------------------------------------------------------------------------------------

    def _make_links(self, lines: tuple[LinkLine, ...]) -> None:
        """Make the links, host by host, because a line names lower links by their names in the host's own namespace."""
        for host in dict.fromkeys(line.host for line in lines):
            next(held for netns, held in self.netns.items() if netns == Netns(host)).enter()
            self._make_links_of_host(tuple(line for line in lines if line.host == host))

    def _make_links_of_host(self, pending: tuple[LinkLine, ...]) -> None:
        refused = [
            (pending[number - 1], said) for number, said in self._ip(self._placed(each.text for each in pending))
        ]
        taken = [line for line, said in refused if _EXISTS in said]
        if taken:
            # A device that every new namespace has (tunl0, gre0) may already have the index of a host's link.  In that
            # case the line is repeated without the index.  If the line is refused again, the host's link is itself such
            # a device.
            self._ip(self._placed(_INDEX.sub("", each.text) for each in taken))
        again: list[LinkLine] = []
        for line, said in refused:
            if line.instead is not None and line not in taken:
                again.append(line)
                self.left_out.append(message("this kernel cannot make a {kind}", kind=line.kind))
            elif line not in taken:
                self.left_out.append(_unmade(line, said))
        if again:
            for number, said in self._ip(self._placed(each.instead or "" for each in again)):
                self.left_out.append(_unmade(again[number - 1], said))

    def _placed(self, lines: Iterable[str]) -> tuple[str, ...]:
        return tuple(map(self._with_paths, lines))

    def _with_paths(self, line: str) -> str:
        for name, netns in self.netns.items():
            line = line.replace(path_of(name), netns.path)
        return line

    def _ip(self, lines: tuple[str, ...], family: tuple[str, ...] = ()) -> list[tuple[int, str]]:
        """Run the lines in the process's present namespace; return the number and the error of each refused line."""
        if not lines:
            return []
        return Batch(("ip", *family), lines).refused()

    # --- addresses, routes, policy rules --------------------------------------------------------------------------

    def _configure(self, plans: tuple[NetnsPlan, ...]) -> None:
        """Run the batches: first the batches of ``ip``, which attach bridge ports, then the batches of ``bridge``."""
        self._run_batches(
            (plan, program, lines)
            for plan in plans
            for program, lines in ((("ip",), plan.lines), (("ip", "-6"), plan.lines6))
        )
        self._run_batches((plan, ("bridge",), plan.bridge_lines) for plan in plans)

    def _run_batches(self, batches: Iterable[tuple[NetnsPlan, tuple[str, ...], tuple[str, ...]]]) -> None:
        """Run the batches in parallel, and record the refused lines."""
        running: list[tuple[NetnsPlan, tuple[str, ...], Batch]] = []
        for plan, program, lines in batches:
            if lines:
                self.netns[plan.netns].enter()
                running.append((plan, lines, Batch(program, lines)))
        for plan, lines, batch in running:
            for number, complaint in batch.refused():
                self._complain(plan, lines[number - 1], complaint)

    def _complain(self, plan: NetnsPlan, line: str, complaint: str) -> None:
        known = _EXISTS in complaint or (plan.netns == WORLD and "Cannot find device" in complaint)
        if not known:
            name = named(plan.netns, self.netns)
            self.left_out.append(message("{netns}: {line}: {complaint}", netns=name, line=line, complaint=complaint))

    # --- rules -------------------------------------------------------------------------------------------------------

    def _load_all(self, plans: tuple[NetnsPlan, ...]) -> None:
        """Load the rules of all namespaces in parallel.  Within a namespace the loads run one after the other, because
        hooks of equal priority run in the order in which they were made."""
        for plan in plans:
            if plan.loads:
                self.netns[plan.netns].enter()
                _make_accounts(plan.loads)
        queues = {plan.netns: list(plan.loads) for plan in plans if plan.loads}
        while queues:
            running: list[tuple[Netns, Load, Tool]] = []
            for name, loads in queues.items():
                self.netns[name].enter()
                load = loads.pop(0)
                running.append((name, load, begin(load)))
            for name, load, tool in running:
                status, said = tool.finish()
                if status:
                    self.netns[name].enter()
                    for each in load_partly(load, said or f"status {status}"):
                        if each.instead is None:
                            self.left_out.append(within(named(name, self.netns), each.said))
                        else:
                            self.replaced.append((name, each))
            queues = {name: loads for name, loads in queues.items() if loads}

    # --- conntrack ---------------------------------------------------------------------------------------------------

    def remember(self) -> None:
        """Fill the conntrack tables with the host's entries; afterwards the process is in another namespace.

        The conntrack entries of the last flow are flushed first.  Therefore every flow finds the same tables."""
        for plan in self.plan.namespaces:
            if plan.connections and self._takes_connections(plan):
                self.netns[plan.netns].enter()
                said = (ctnetlink.forget(), *ctnetlink.write(plan.connections))
                for complaint in dict.fromkeys(each for each in said if each):
                    cannot = message("a live connection cannot be rebuilt: {complaint}", complaint=complaint)
                    self.left_out.append(within(named(plan.netns, self.netns), cannot))

    def _takes_connections(self, plan: NetnsPlan) -> bool:
        if ctnetlink.available():
            return True
        said = message("live connections cannot be rebuilt: nf_conntrack_netlink is not loaded")
        self.left_out.append(within(named(plan.netns, self.netns), said))
        return False

    # --- waiting -----------------------------------------------------------------------------------------------------

    def come_up(self) -> None:
        """Wait until links have carrier, then make the settings that need carrier."""
        self.wait_running()
        for plan in self.plan.namespaces:
            if plan.running_lines:
                self.netns[plan.netns].enter()
                with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asker:
                    for link in plan.running:
                        _settle(asker, link)
                for number, complaint in Batch(("bridge",), plan.running_lines).refused():
                    self._complain(plan, plan.running_lines[number - 1], complaint)
                with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asker:
                    for _, link in socket.if_nameindex():  # a bridge loses its carrier if none of its ports forwards
                        _settle(asker, link)

    def settle(self) -> None:
        """Make the kernel handle all carrier changes now: first the changes of ports, then the changes of their
        bridges."""
        for plan in self.plan.namespaces:
            self.netns[plan.netns].enter()
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asker:
                for _ in range(2):
                    for _, link in socket.if_nameindex():
                        _settle(asker, link)
                _wait_queues(asker)

    def wait_running(self) -> None:
        """Wait until every link that must run has its carrier: the kernel sets the carrier in a work queue
        (linkwatch)."""
        until = time.monotonic() + _CARRIER_TIMEOUT_S
        for plan in self.plan.namespaces:
            if not plan.running:
                continue
            self.netns[plan.netns].enter()
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asker:
                for link in plan.running:
                    while not is_running(asker, link):
                        if time.monotonic() > until:
                            said = message("{link} does not come up", link=link)
                            self.left_out.append(within(named(plan.netns, self.netns), said))
                            break
                        time.sleep(0.001)
                _wait_queues(asker)


def _wait_queues(asker: socket.socket) -> None:
    """Wait until running links have their queues.  The call takes the lock that the kernel holds while it makes the
    queues.

    Source: net/core/link_watch.c linkwatch_do_dev(), net/core/dev_ioctl.c dev_ioctl()"""
    with suppress(OSError):
        fcntl.ioctl(asker, _SIOCSIFTXQLEN, fcntl.ioctl(asker, _SIOCGIFTXQLEN, struct.pack("16si20x", b"lo", 0)))


def _settle(asker: socket.socket, link: str) -> None:
    """Make the kernel handle a change of the link's carrier now.  A bridge sees that its port is running only after the
    kernel has handled the change.

    Source: net/ethtool/ioctl.c ethtool_op_get_link(), net/core/link_watch.c linkwatch_sync_dev()
    """
    value = ctypes.create_string_buffer(struct.pack("=II", _ETHTOOL_GLINK, 0))
    with suppress(OSError):
        fcntl.ioctl(asker, _SIOCETHTOOL, struct.pack("16sP16x", link.encode(), ctypes.addressof(value)))


def _make_accounts(loads: tuple[Load, ...]) -> None:
    """Make the nfacct objects in which rules count.  The kernel refuses a rule whose object does not exist."""
    for name in accounts.names_in(load.text for load in loads):
        with suppress(OSError):
            accounts.make(name)


def is_running(asker: socket.socket, link: str) -> bool:
    """Return whether the link has carrier.

    A link that does not exist counts as running, because it is useless to wait for it."""
    try:
        found = fcntl.ioctl(asker, _SIOCGIFFLAGS, struct.pack("16sH14x", link.encode(), 0))
    except OSError:
        return True
    (flags,) = struct.unpack_from("H", found, 16)
    return bool(flags & _IFF_RUNNING)


def _values(paths: Iterable[str]) -> dict[str, str]:
    """Return the readable values of these paths below /proc/sys, in the process's present namespace."""
    found: dict[str, str] = {}
    for path in filter(_is_of_network, dict.fromkeys(paths)):
        with suppress(OSError):
            found[path] = Path("/proc/sys", path).read_text("ascii", "replace").strip()
    return found


def _differs(value: SysctlValue, fresh: dict[str, str]) -> bool:
    """Return whether the value has to be written into a new namespace.

    A write to some sysctls also changes other sysctls (net/ipv4/devinet.c, net/ipv6/addrconf.c), which then may no
    longer have their defaults."""
    return value.path.endswith(_SPREADING) or fresh.get(value.path, "").split() != value.value.split()


def write_sysctl(path: str, value: str) -> bool:
    """Write the value to the file below /proc/sys, in the process's present namespace, except if the file already has
    the value.  Return whether the file has the value now."""
    if not _is_of_network(path):
        return False
    try:
        descriptor = os.open(f"/proc/sys/{path}", os.O_RDWR)
    except OSError:
        return False
    try:
        if os.read(descriptor, 4096).decode().split() != value.split():
            os.lseek(descriptor, 0, os.SEEK_SET)
            os.write(descriptor, f"{value}\n".encode())
    except OSError:
        return False
    finally:
        os.close(descriptor)
    return True


def _is_of_network(path: str) -> bool:
    """Return whether the path stays below /proc/sys/net.  All other files below /proc/sys belong to the whole
    machine."""
    first, *parts = path.split("/")
    return first == "net" and not {"", ".", ".."}.intersection(parts)
