"""The cases: scenarios of the lab whose broken flow is a line of the file that ``init`` writes, and healthy hosts."""

import random
from collections.abc import Iterator

from hairpin.lab import topology
from hairpin.lab.probe import Outcome
from hairpin.lab.scenario import Flow, Scenario, all_scenarios, named

EGRESS = 15
"""At least so many breaks are of a container's way out."""
HEALTHY = (
    "healthy-plain", "healthy-ipv6", "healthy-ufw", "healthy-firewalld-port-open", "healthy-two-networks",
    "healthy-podman-netavark", "healthy-podman-cni", "healthy-podman-beside-docker", "healthy-udp",
    "healthy-userland-proxy-off", "healthy-docker-user-rules", "healthy-policy-routing", "healthy-second-address",
    "healthy-nft-table", "healthy-input-closed", "healthy-logging-rules", "healthy-rp-filter-strict",
    "healthy-ipv6-private", "healthy-published-on-loopback", "healthy-fail2ban",
)  # fmt: skip
"""Twenty hosts, with Docker, Podman, ufw, firewalld and IPv6 among them."""


ELSEWHERE = {
    "published-on-other-address": "a port alone is asked where it is published: it still answers there",
    "client-inside-container-subnet.beside-a-namespace": "the lab's client has an address of the host's namespace: "
                                                         "init leaves undecided whether it reaches the port",
}  # fmt: skip
"""Scenarios whose broken flow is no line of ``init``, and why."""
ALSO_RIGHT = {"port-allocated-by-other-container": "service-listens-on-other-port"}
"""Causes that are right of a line, where the scenario asks for a container by its name."""


def line_of(flow: Flow, scenario: Scenario) -> tuple[str, str] | None:
    """Return what ``init`` calls the flow, a word of ``reach`` and the beginning of one of ``from``; None if it has no
    such line."""
    if flow.start.startswith("container:"):
        return ("internet", "network:") if flow.to.startswith((topology.CLIENT, f"[{topology.CLIENT_V6}]")) else None
    if flow.to.rpartition(":")[0] not in (topology.HOST, f"[{topology.HOST_V6}]"):
        return None  # init's lines ask the host's first address; a further one is a line that a person adds
    origin = {"client": "outside", "neighbour": "lan", "host": "host"}.get(flow.start)
    port, _, protocol = flow.to.rpartition(":")[2].partition("/")
    what = f"{port}/{protocol or 'tcp'}"
    plans = (each for one in scenario.lab.containers for each in one.publish)
    published = any(_host_port(each) == what for each in plans)
    return (what, origin) if origin is not None and published else None


def _host_port(option: str) -> str:
    """Return the port of the host of an option ``-p`` without an address."""
    ports, _, protocol = option.partition("/")
    parts = ports.split(":")
    return f"{parts[-2]}/{protocol or 'tcp'}" if len(parts) == 2 else ""


def broken_lines(scenario: Scenario) -> frozenset[tuple[str, str]]:
    """Return the lines whose flows the scenario's fault breaks."""
    return frozenset[tuple[str, str]]() if scenario.healthy or scenario.several_hosts else _lines(scenario, fails=True)


def own_lines(scenario: Scenario) -> tuple[tuple[str, str], ...]:
    """Return the lines that a person adds to the file for the broken ways out: their own destinations.  ``init`` asks
    for one address outside, at port 443; a fault may concern another one alone."""
    failing = (each for each in scenario.flows if each.before is Outcome.DELIVERED is not each.after)
    return tuple((each.to, each.start) for each in failing if (line_of(each, scenario) or ("",))[0] == "internet")


def kept_lines(scenario: Scenario) -> frozenset[tuple[str, str]]:
    """Return the lines whose flows the scenario's fault leaves alone."""
    return _lines(scenario, fails=False) - broken_lines(scenario)


def _lines(scenario: Scenario, *, fails: bool) -> frozenset[tuple[str, str]]:
    of_both = (each for each in scenario.flows if each.before is Outcome.DELIVERED)
    asked = (each for each in of_both if (each.after is not Outcome.DELIVERED) is fails and not each.padding_bytes)
    return frozenset(line for each in asked if (line := line_of(each, scenario)) is not None)


def breaks(count: int, seed: int) -> Iterator[Scenario]:
    """Yield so many scenarios, of as many causes as possible, a quarter of them of the way out."""
    drawn = [each for each in all_scenarios() if each.name not in ELSEWHERE and broken_lines(each)]
    random.Random(seed).shuffle(drawn)  # noqa: S311 - the same seed draws the same cases
    outward = [each for each in drawn if any(what == "internet" for what, _ in broken_lines(each))]
    first = outward[: max(EGRESS, count // 4)] if count > EGRESS else outward[: max(1, count // 4)]
    rest = [each for each in drawn if each not in first]
    known = {each.causes for each in first}
    new = [each for each in rest if each.causes not in known]
    unique = [*{each.causes[0]: each for each in new}.values()]
    others = [each for each in rest if each not in unique]
    yield from (*first, *unique, *others)[:count]


def healthy(count: int) -> Iterator[Scenario]:
    """Yield the first so many healthy hosts."""
    yield from map(named, HEALTHY[:count])
