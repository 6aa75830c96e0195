"""One case on the running kernel: build it, send every flow, record every packet's events."""

import json
import os
import socket
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import msgspec

from hairpin.evidence.reading import Evidence
from hairpin.host.host import Host
from hairpin.host.read.ip.links_json import TUNNELS
from hairpin.netfilter.packet import ACK, RST, SYN, Packet
from hairpin.replica.run import accounts, ctnetlink
from tests.fidelity.case import WORLD, Case, Flow, Judged, RuleText, Sent
from tests.fidelity.testbed import neighbours
from tests.fidelity.testbed.events import RULES, TRACKING, Event, Log, Tap
from tests.fidelity.testbed.evidence import evidence_of, host_of
from tests.fidelity.testbed.fragments import split
from tests.fidelity.testbed.frames import encode, sequence, tag
from tests.fidelity.testbed.listeners import opened
from tests.fidelity.testbed.netns import Netns, SetupError, write_sysctl
from tests.fidelity.testbed.programs import attach
from tests.fidelity.testbed.transmissions import LOWEST_IS_BROADCAST, Transmission, next_packet

_QUIET = (
    *(f"net/ipv6/conf/{which}/{key}" for which in ("all", "default") for key in ("accept_dad", "dad_transmits")),
    *(f"net/ipv6/conf/{which}/router_solicitations" for which in ("all", "default")),
    *(f"net/ipv4/conf/{which}/send_redirects" for which in ("all", "default")),
    "net/ipv4/icmp_ratemask",
    "net/ipv4/icmp_ratelimit",
    "net/ipv6/icmp/ratelimit",
)
"""Sysctls that are set to 0 everywhere, so that the kernel sends nothing by itself and limits no answers."""


_PATIENCE_S = 5.0
_PORT_SELECTORS = ("ipproto", "sport", "dport")


class Answer(msgspec.Struct, frozen=True):
    """The kernel's answer: the model's host as read before and after, and each flow's transmissions."""

    before: Host
    after: Host
    transmissions: tuple[tuple[int, tuple[Transmission, ...]], ...]


def read(case: Case) -> Evidence:
    """Return the evidence of the case's network; raises SetupError if the kernel refuses the configuration."""
    with _built(case) as net:
        return evidence_of(
            net.judged, _with_rules(case), _filtered(case), frozenset(each.name for each in case.namespaces)
        )


@contextmanager
def standing(case: Case) -> Generator[tuple[dict[str, Netns], Callable[[], Evidence]]]:
    """Build the case's network; yield its namespaces, and a function that reads all of them, with everyone's rules."""
    with _built(case) as net:
        names = frozenset(each.name for each in case.namespaces)
        yield net.judged, lambda: evidence_of(net.judged, names, _filtered(case))


def ask(case: Case) -> Answer:
    """Return the kernel's answer; raises SetupError when it refuses the configuration."""
    with _on_one_cpu(), _built(case) as net:
        before = evidence_of(
            net.judged,
            _with_rules(case),
            _filtered(case),
            frozenset(each.name for each in case.namespaces if each.sockets),
            frozenset(each.name for each in case.namespaces if each.connections),
        )
        known = host_of(before)
        transmissions = net.send_all(case.flows)
        after = evidence_of(net.judged, _with_rules(case), {}, rules_only=True)
        return Answer(known, host_of(after), tuple(transmissions.items()))


def _with_rules(case: Case) -> frozenset[str]:
    return frozenset(each.name for each in case.namespaces if each.rulesets or each.ipsets)


def _filtered(case: Case) -> dict[str, tuple[str, ...]]:
    return {each.name: tuple(program.link for program in each.programs) for each in case.namespaces}


@contextmanager
def _on_one_cpu() -> Generator[None]:
    """Stay on one CPU: a packet that is sent there has arrived when the call returns, or when ksoftirqd has run."""
    allowed = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(allowed)})
    try:
        yield
    finally:
        os.sched_setaffinity(0, allowed)


def _tracks(each: Judged) -> bool:
    """Return whether the namespace tracks connections: if it has any table.

    A shrunk case may have empty texts, of which iptables-legacy makes a table.
    """
    return any(text.head or text.rules or text.tool == "iptables-legacy" for text in each.rulesets)


def _sees_frames(text: RuleText) -> bool:
    family = text.table.partition(" ")[0] if text.tool == "nft" else ""
    return (
        text.tool == "ebtables" or family in ("netdev", "bridge") or any("hook ingress" in each for each in text.head)
    )


@contextmanager
def _built(case: Case) -> Generator["_Net"]:
    net = _Net(case)
    try:
        net.build()
        yield net
    finally:
        net.close()


class _Net:
    """The namespaces of one case."""

    def __init__(self, case: Case) -> None:
        self.case = case
        self.world = Netns(WORLD)
        self.judged = {each.name: Netns(each.name) for each in case.namespaces}
        self.taps: dict[str, Tap] = {}
        self.logs: dict[str, Log] = {}
        # A namespace with rules has connection tracking (TRACKING), and so reassembles fragments before the rules,
        # except before rules that see frames.
        texts = [text for each in case.namespaces for text in each.rulesets]
        self._reassembles = _tracks(case.namespaces[0]) and not any(map(_sees_frames, texts))
        self._identity = 0
        self._raw: dict[tuple[str, int, int], socket.socket] = {}
        self._listening: tuple[socket.socket, ...] = ()
        self._by_ports = {
            each.name
            for each in case.namespaces
            if any(word in _PORT_SELECTORS for line in (*each.routing4, *each.routing6) for word in line.split())
        }

    def close(self) -> None:
        sources: tuple[Tap | Log | socket.socket, ...] = (*self.taps.values(), *self.logs.values(), *self._raw.values())
        for source in (*sources, *self._listening):
            source.close()
        for netns in (self.world, *self.judged.values()):
            netns.close()

    def build(self) -> None:
        with self.world.entered():
            for which in ("all", "default"):
                write_sysctl(f"net/ipv6/conf/{which}/disable_ipv6", "1")
        for netns in (self.world, *self.judged.values()):
            with netns.entered():
                for which in ("all", "default"):
                    for version in (1, 2):  # else a group's second report comes within a second
                        write_sysctl(f"net/ipv6/conf/{which}/mldv{version}_unsolicited_report_interval", "1000000")
                for key in _QUIET:
                    write_sysctl(key, "0")
                for family in ("ipv4", "ipv6"):  # a path MTU that a packet learns is forgotten before the next one
                    write_sysctl(f"net/{family}/route/mtu_expires", "-1")
                # Duplicate address detection, which some cases want, starts later.
                write_sysctl("net/ipv6/conf/default/router_solicitation_delay", "1000000")
                write_sysctl("net/netfilter/nf_conntrack_tcp_be_liberal", "1")  # windows are not compared
                write_sysctl("net/ipv4/icmp_msgs_per_sec", "1000000")
                write_sysctl("net/ipv4/icmp_msgs_burst", "1000000")
        paths = {name: netns.path for name, netns in self.judged.items()} | {WORLD: self.world.path}
        for each in self.case.namespaces:
            netns = self.judged[each.name]
            netns.run(("ip", "-batch", "-"), "\n".join(line.format(**_keys(paths)) for line in each.setup) + "\n")
            netns.run(("nft", "-f", "-"), RULES)
            if _tracks(each):
                netns.run(("nft", "-f", "-"), TRACKING)
            self.logs[each.name] = Log(netns)
        self.world.run(("ip", "-batch", "-"), "".join(f"link set {wire.peer} up\n" for wire in self.case.wires))
        for each in self.case.namespaces:
            self._configure(each)
        self._break()
        for each in self.case.namespaces:
            attach(self.judged[each.name], each.programs)
            self._listening += opened(self.judged[each.name], each.sockets)
            with self.judged[each.name].entered():
                ctnetlink.write(each.connections)  # entries that clash are left out: the readings count
        for wire in self.case.wires:
            self.taps[wire.link] = Tap(self.world, wire)
        for name, log in self.logs.items():
            with self.judged[name].entered():
                log.names.update(dict(socket.if_nameindex()))

    def _configure(self, each: Judged) -> None:
        netns = self.judged[each.name]
        if each.bridging:  # a later carrier event would set the port's state again: br_port_state_selection()
            _wait_carriers(netns)
        for program, lines in (
            # Routes that clash are left out (-force): the readings decide what the case has.
            (("ip", "-4", "-force"), each.routing4),
            (("ip", "-6", "-force"), each.routing6),
            (("bridge",), each.bridging),
        ):
            if lines:
                netns.run((*program, "-batch", "-"), "\n".join(lines) + "\n", must=False)
        if each.ipsets:
            netns.run(("ipset", "restore"), "\n".join(each.ipsets) + "\n")
        with netns.entered():
            for name in accounts.names_in(rule for text in each.rulesets for rule in text.rules):
                accounts.make(name)
        for text in each.rulesets:
            self._load(netns, text)
        with netns.entered():
            neighbours.prepare(asks=each.asks)
            for key in Path("/proc/sys/net/netfilter").glob("nf_*_timeout*"):
                write_sysctl(f"net/netfilter/{key.name}", "100000")  # on a slow kernel a case takes longer than 30 s
            for path, value in each.sysctls:
                write_sysctl(path, value)

    def _break(self) -> None:
        lines = {self.world: self.case.world}
        lines |= {self.judged[each.name]: each.outages for each in self.case.namespaces}
        broken = {netns: "\n".join(each) + "\n" for netns, each in lines.items() if each}
        for netns, text in broken.items():
            netns.run(("ip", "-batch", "-"), text)
        for netns in self.judged.values():
            _wait_carriers(netns)

    def _load(self, netns: Netns, text: RuleText) -> None:
        if text.tool == "nft":
            netns.run(("nft", "-f", "-"), "\n".join((*text.head, *text.rules)) + "\n")
            return
        if text.tool == "ebtables":
            lines = (f"*{text.table}", *text.head, *text.rules)
            netns.run(("ebtables-nft-restore", "--noflush"), "\n".join(lines) + "\n")
            return
        program = f"{'ip6tables' if text.version == 6 else 'iptables'}-{text.tool.removeprefix('iptables-')}-restore"
        lines = (f"*{text.table}", *text.head, *text.rules, "COMMIT")
        netns.run((program, "--noflush"), "\n".join(lines) + "\n")

    # --- sending -----------------------------------------------------------------------------------------------------

    def send_all(self, flows: tuple[Flow, ...]) -> dict[int, tuple[Transmission, ...]]:
        """Send the first packets of all flows, then their second ones, and so on."""
        transmissions: dict[int, tuple[Transmission, ...]] = {flow.number: () for flow in flows}
        longest = max((len(flow.then) for flow in flows), default=0)
        for position in range(longest + 1):
            sent: dict[int, tuple[Sent, bool]] = {}
            for flow in flows:
                packet = next_packet(flow, transmissions[flow.number], position)
                if packet is not None:
                    packet = self._framed(flow, packet)
                    sent[flow.number] = (packet, self._send(flow, packet, position))
            events = self._collect()
            for number, (packet, taken) in sent.items():
                found = tuple(sorted(set(events.get(number, ()))))
                drawn = tuple(each for log in self.logs.values() for each in log.outer_ports.pop(number, {}).items())
                transmission = Transmission(packet, found, not taken, position, drawn)
                transmissions[number] = (*transmissions[number], transmission)
        self._check_errors()
        return transmissions

    def _check_errors(self) -> None:
        for netns in self.judged.values():
            with netns.entered():
                unsent = neighbours.unsent_errors()
            if unsent:
                raise SetupError(f"{unsent} ICMP errors could not be sent in {netns.name}: too many wait on this CPU")

    def _framed(self, flow: Flow, sent: Sent) -> Sent:
        """Return the packets that enter by a wire, with the addresses of their frames (an answer goes back to its
        sender). Fragments enter only where they are reassembled.
        """
        sent = msgspec.structs.replace(sent, fragmented=sent.fragmented and bool(sent.link) and self._reassembles)
        for wire in self.case.wires:
            if wire.link == sent.link:
                smac, dmac = (int(mac.replace(":", ""), 16) for mac in (wire.peer_mac, wire.mac))
                dmac = self.taps[wire.link].senders.get(flow.number, sent.packet.dmac or dmac)
                packet = msgspec.structs.replace(sent.packet, smac=smac, dmac=dmac)
                return msgspec.structs.replace(sent, packet=packet)
        return sent

    def _collect(self) -> dict[int, list[Event]]:
        self._settle()
        events: dict[int, list[Event]] = {}
        sources: tuple[Tap | Log, ...] = (*self.taps.values(), *self.logs.values())
        for source in sources:
            for number, event in source.read():
                events.setdefault(number, []).append(event)
        return events

    def _settle(self) -> None:
        """Wait until no packet waits on any CPU.

        Softirqs are not preempted, so those that this CPU has begun are done. Raises SetupError if a packet loops
        for ever, because a rule resets its TTL each time.
        """
        patience = time.monotonic() + _PATIENCE_S
        while time.monotonic() < patience:
            lines = Path("/proc/net/softnet_stat").read_text("ascii").splitlines()
            if all(int(line.split()[11], 16) == 0 for line in lines):
                return
            os.sched_yield()
        raise SetupError("a packet goes round for ever")

    def _send(self, flow: Flow, sent: Sent, position: int) -> bool:
        packet = sent.packet
        reply = position > 0 and flow.then[position - 1] == "reply"
        started = packet.tcp_flags & SYN == 0
        seq, ack = sequence(flow.number, reply=reply, started=started)
        if not packet.tcp_flags & ACK or packet.tcp_flags & RST:
            ack = 0  # a reset needs no sequence number of the other side
        payload = tag(flow.number, sent.padding, quoted=packet.inner is not None)
        self._identity += 1
        data = encode(packet, payload, seq=seq, ack=ack, no_checksum=sent.no_checksum, identity=self._identity)
        if LOWEST_IS_BROADCAST and packet.version == 4 and packet.saddr and packet.saddr & 0xFF == 0:
            return False
        if sent.link:
            for part in split(packet.version, data, self._identity) if sent.fragmented else (data,):
                self.taps[sent.link].send(packet, part)
            return True
        netns = self.judged[sent.netns]
        if LOWEST_IS_BROADCAST and packet.version == 4 and packet.daddr & 0xFF == 0:
            return False
        if sent.by_udp():
            return _send_udp(netns, packet, payload, no_checksum=sent.no_checksum)
        if len(data) > _SHORT:
            return False  # a raw socket refuses to send a packet that is too long for the first route's link
        if sent.netns in self._by_ports:
            return False  # a raw socket's route lookup knows neither protocol nor ports
        return self._send_raw(netns, packet, data)

    def _send_raw(self, netns: Netns, packet: Packet, data: bytes) -> bool:
        key = (netns.name, packet.version, packet.saddr)
        found = self._raw.get(key)
        try:
            if found is None:
                family = socket.AF_INET if packet.version == 4 else socket.AF_INET6
                with netns.entered():
                    found = socket.socket(family, socket.SOCK_RAW, socket.IPPROTO_RAW)
                    found.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
                self._raw[key] = found
                found.bind((text_of(packet.saddr, packet.version), 0))
            # A socket can be bound to a broadcast address, but the kernel then sends from another one.
            if found.getsockname()[0] != text_of(packet.saddr, packet.version):
                return False
        except OSError:
            return False
        with suppress(OSError):  # a drop in OUTPUT, no route …: the hunt does not compare the sender's errno
            found.sendto(data, (text_of(packet.daddr, packet.version), 0))
        return True


def _wait_carriers(netns: Netns) -> None:
    """Wait until what carriers do has been told to addresses and routes: the kernel does so by a work queue, and sets a
    link's operstate there; and until each IPv6 address has its route, which another one enters.

    The queue is the whole machine's, and what is not urgent waits in it for a second, 100 links at a time.  Since 6.8
    who asks for one link by itself has it told at once.

    Source: net/core/link_watch.c linkwatch_do_dev(), linkwatch_sync_dev(); net/core/rtnetlink.c rtnl_getlink();
    net/ipv6/addrconf.c addrconf_dad_work()
    """
    deadline = time.monotonic() + _SETTLED_S
    while True:
        links = [each for each in json.loads(netns.run(("ip", "-j", "-d", "link"))) if _watched(each)]
        untold = [each for each in links if ("LOWER_UP" in each["flags"]) != (each["operstate"] == "UP")]
        if not untold and _local6(netns):
            return
        for each in untold:
            netns.run(("ip", "link", "show", "dev", each["ifname"]))
        if time.monotonic() > deadline:
            raise SetupError(f"carriers in {netns.name} do not settle: {untold}")


_SETTLED_S = 60
"""On a busy machine some take far longer than a second, since the events of others' links come first."""


def _local6(netns: Netns) -> bool:
    """Return whether all IPv6 addresses have their local route; tentative ones have none."""
    with netns.entered():
        addresses = Path("/proc/thread-self/net/if_inet6").read_text("ascii").splitlines()
        routes = Path("/proc/thread-self/net/ipv6_route").read_text("ascii").splitlines()
    known = {words[0] for words in map(str.split, routes) if int(words[8], 16) & _RTF_LOCAL}
    return {words[0] for words in map(str.split, addresses) if not int(words[4], 16) & _TENTATIVE} <= known


_RTF_LOCAL, _TENTATIVE = 1 << 31, 0x48  # IFA_F_TENTATIVE, or given up as such: IFA_F_DADFAILED


def _watched(link: dict[str, Any]) -> bool:
    """Return whether the kernel keeps the link's operstate: of what has no neighbours (a tun) it need not, nor of
    tunnels, which have no carrier of their own."""
    tunnel = link.get("linkinfo", {}).get("info_kind") in TUNNELS
    return not tunnel and "UP" in link["flags"] and not {"LOOPBACK", "NOARP", "POINTOPOINT"} & set(link["flags"])


def _keys(paths: dict[str, str]) -> dict[str, str]:
    return {name.replace("container:", ""): path for name, path in paths.items()}


def text_of(address: int, version: int) -> str:
    """Return the address as socket calls take it."""
    size, family = (4, socket.AF_INET) if version == 4 else (16, socket.AF_INET6)
    return socket.inet_ntop(family, address.to_bytes(size))


_SHORT = 1000
_SO_NO_CHECK, _IP_MTU_DISCOVER = 11, 10


def _send_udp(netns: Netns, packet: Packet, payload: bytes, *, no_checksum: bool) -> bool:
    """Send by a real UDP socket, so that policy rules see ports, and the kernel may choose the source."""
    family = socket.AF_INET if packet.version == 4 else socket.AF_INET6
    with netns.entered():
        sender = socket.socket(family, socket.SOCK_DGRAM)
    with sender:
        try:
            sender.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            sender.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
            sender.setsockopt(socket.SOL_SOCKET, _SO_NO_CHECK, no_checksum)
            if packet.version == 4:  # else the TTL would be 1 if the route is a multicast route
                sender.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_TTL, packet.ttl)
            if packet.version == 4 and not packet.dont_fragment:
                sender.setsockopt(socket.IPPROTO_IP, _IP_MTU_DISCOVER, 0)  # IP_PMTUDISC_DONT
            sender.bind((text_of(packet.saddr, packet.version), packet.sport or 0))
            if sender.getsockname()[0] != text_of(packet.saddr, packet.version):
                return False
        except OSError:
            return False
        with suppress(OSError):
            sender.sendto(payload, (text_of(packet.daddr, packet.version), packet.dport or 0))
    return True
