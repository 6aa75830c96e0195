"""A namespace that a command changes, and what is in it as ip, bridge, iptables, nft and sysctl tell it."""

import json
from collections.abc import Sequence
from functools import cached_property
from ipaddress import ip_address
from random import Random
from typing import Any, TypeVar

from hairpin.errors import LabError
from hairpin.lab.build import Lab
from hairpin.lab.joining import joined_hosts
from hairpin.lab.node import Node
from hairpin.lab.plan import ContainerPlan, HostPlan, LabPlan
from hairpin.lab.topology import CLIENT, HOST, NEIGHBOUR
from tests.hunt.real.flows import INTERNET, Box, Boxes
from tests.score.all_flows import Way

T = TypeVar("T")
GATEWAY = "198.51.100.1"
WRONG_MAC = "02:00:00:00:00:99"


class Place:
    """One namespace: its name as in ``Lab.node``, its node, the host that it is on, and the flows that pass.

    ``random`` draws from lists that stand in the kernel's order, so that a number draws the same again.
    """

    def __init__(
        self, random: Random, lab: Lab, plan: LabPlan, name: str, known: Boxes, passing: tuple[Way, ...]
    ) -> None:
        self.random = random
        self.lab = lab
        self.name = name
        self.known = known
        self.passing = passing
        box = known.get(name)
        self.node = box.node if box is not None else lab.node(name)
        self.host: Node = box.host if box is not None else self.node
        self.is_host = box is None
        self.plan: HostPlan = joined_hosts(plan)[lab.hosts.index(self.host)]

    def said(self, command: str) -> str:
        """Return what a command prints; nothing if it fails."""
        try:
            return self.node.run(command)
        except LabError:
            return ""

    def lines(self, command: str) -> list[str]:
        """Return the lines that a command prints."""
        return [line.rstrip() for line in self.said(command).splitlines() if line.strip()]

    def json(self, command: str) -> list[dict[str, Any]]:
        """Return what a command prints as JSON."""
        found: list[dict[str, Any]] = json.loads(self.said(command) or "[]")
        return [each for each in found if each]

    def json_nft(self, kind: str) -> list[dict[str, Any]]:
        """Return nft's objects of a kind: tables, chains."""
        listed = json.loads(self.said("nft -j list ruleset") or '{"nftables": []}')["nftables"]
        return [each[kind] for each in listed if kind in each]

    def pick(self, of: Sequence[T], otherwise: T) -> T:
        """Return one of them; ``otherwise`` if there is none."""
        return self.random.choice(of) if of else otherwise

    def any(self, *of: str) -> str:
        """Return one of the words."""
        return self.random.choice(of)

    @cached_property
    def links(self) -> list[str]:
        """The names of the links."""
        return [each["ifname"] for each in self.json("ip -j link")]

    @property
    def link(self) -> str:
        """One of the links; seldom the loopback."""
        others = [each for each in self.links if each != "lo"]
        return self.pick(others if self.random.random() < 0.96 else self.links, "lo")

    @cached_property
    def ports(self) -> list[str]:
        """The bridges' ports."""
        return [each["ifname"] for each in self.json("bridge -j link")]

    @cached_property
    def bridges(self) -> list[str]:
        """The bridges."""
        return [each["ifname"] for each in self.json("ip -j link show type bridge")]

    @cached_property
    def of_flows(self) -> list[str]:
        """The addresses at the ends of the flows, of both families, without brackets."""
        boxes = [address for box in self.known.values() for address in box.addresses]
        ends = [each.to.strip("[]") for each in self.passing if not each.to.startswith("container:")]
        return list(dict.fromkeys([*boxes, *ends, CLIENT, NEIGHBOUR, HOST, GATEWAY, INTERNET]))

    def address(self, version: int = 4) -> str:
        """Return one of the addresses at the ends of flows."""
        return self.pick([each for each in self.of_flows if ip_address(each).version == version], "")

    @cached_property
    def ports_of_flows(self) -> list[str]:
        """The ports that flows go to, before and behind a translation, as ``tcp 80``."""
        found = [each.port.partition("/") for each in self.passing]
        seen = [f"{protocol or 'tcp'} {port}" for port, _, protocol in found]
        inside = ["udp 53" if box.serve == "udp-echo" else "tcp 80" for box in self.plan.containers]
        return list(dict.fromkeys([*inside, *seen, *inside, *seen]))

    @property
    def containers(self) -> list[ContainerPlan]:
        """The plans of the host's running containers."""
        suffix = f"@{self.host.name}" if len(self.lab.hosts) > 1 else ""
        return [each for each in self.plan.containers if f"container:{each.name}{suffix}" in self.known]

    def pid_of(self, container: ContainerPlan) -> int:
        """Return the id of a container's first process, in its host."""
        return self._box(container).pid

    def addresses_of(self, container: ContainerPlan) -> tuple[str, ...]:
        """Return the addresses of a container."""
        return self._box(container).addresses

    def _box(self, container: ContainerPlan) -> Box:
        suffix = f"@{self.host.name}" if len(self.lab.hosts) > 1 else ""
        return self.known[f"container:{container.name}{suffix}"]
