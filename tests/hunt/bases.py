"""The networks that the hunt changes, each with its flows that pass: recorded hosts, a small one, generated ones."""

from collections.abc import Iterator
from functools import cache
from pathlib import Path
from random import Random

import msgspec

from hairpin.change.simulation.addresses import missing_routes
from hairpin.collect.snapshot import load
from hairpin.errors import HairpinError, UsageError
from hairpin.evidence.reading import Evidence
from hairpin.host.read.parse import parse
from hairpin.network.flow import Flow
from hairpin.network.network import Network
from hairpin.network.routing import rules_of
from hairpin.network.world import World
from hairpin.question.flows import flows_for
from hairpin.question.outside import with_world
from hairpin.walk.walked import walked
from tests import small_host
from tests.fidelity.generate.case import case_of
from tests.fidelity.replicas import flows_of
from tests.fidelity.testbed.ask import read
from tests.fidelity.testbed.netns import SetupError

FIXTURES = Path(__file__).parent.parent / "fixtures"
_GENERATED = "generated/"
_A_NETWORK_EVERY = 250
"""A generated network has to be built and read first, so as many numbers in a row share one."""
_FLOWS = 40


class Base(msgspec.Struct, frozen=True, dict=True):
    """A network, and its flows that pass."""

    name: str
    network: Network
    flows: tuple[Flow, ...]


@cache
def recorded() -> tuple[str, ...]:
    """Return the names of all recorded networks in which some flow passes, broken ones too."""
    hosts = (*(FIXTURES / "healthy").glob("*.hairpin"), *(FIXTURES / "hosts").glob("*.hairpin"))
    networks = (each for each in (FIXTURES / "networks").glob("*/") if not (each / "outside.toml").exists())
    return tuple(sorted(each.relative_to(FIXTURES).as_posix() for each in (*hosts, *networks)))


def drawn(random: Random, number: int, *, generated: bool) -> str:
    """Return the name of a base: mostly of a healthy host, and (``generated``) each fifth time of a generated one."""
    of_generated = random.random() < 0.2
    if of_generated and generated:
        return f"{_GENERATED}{number // _A_NETWORK_EVERY}"
    healthy = [each for each in recorded() if "healthy" in each or each.startswith("hosts/none")]
    if random.random() < 0.6:
        return random.choice([*healthy, "small"])
    return random.choice(recorded())


@cache
def base(name: str) -> Base | None:
    """Return the base; None if no flow passes in it, or if no kernel makes the generated network."""
    network, flows = asked(name)
    if network is None:
        return None
    passing = tuple(each for each in flows if walked(network, each).succeeds)
    return Base(name, network, passing) if passing else None


@cache
def evidence(name: str) -> tuple[Evidence, ...]:
    """Return the readings of a base: recorded, or of the network that the kernel makes; none of the small host."""
    if name == "small":
        return ()
    if not name.startswith(_GENERATED):
        return tuple(map(load, _snapshots(FIXTURES / name)))
    try:
        return (read(case_of(_number(name))),)
    except (SetupError, HairpinError):
        return ()


def _number(name: str) -> int:
    return int(name.removeprefix(_GENERATED))


@cache
def asked(name: str) -> tuple[Network | None, tuple[Flow, ...]]:
    """Return the network of a base, and all flows asked in it, those that fail, too; None: no kernel makes it."""
    if name == "small":
        network = _as_a_kernel(small_host.network())
        return network, (small_host.published(), small_host.egress(), *_flows(network))
    readings = evidence(name)
    if not readings:
        return None, ()
    network = Network(tuple(map(parse, readings)))
    if name.startswith(_GENERATED):
        return network, flows_of(case_of(_number(name)), _FLOWS, network.this.netns)
    network = with_world(network, World(), (), ())
    return network, _flows(network)


def _as_a_kernel(network: Network) -> Network:
    """Return the network with the policy rules and the routes that each kernel makes: a namespace built by hand lacks
    some."""
    for netns, namespace in network.namespaces():
        rules = namespace.rules or (*rules_of(namespace, 4), *rules_of(namespace, 6))
        routes = (*namespace.routes, *missing_routes(namespace, 4), *missing_routes(namespace, 6))
        network = network.with_namespace(netns, msgspec.structs.replace(namespace, rules=rules, routes=routes))
    return network


def _snapshots(path: Path) -> Iterator[Path]:
    if path.suffix == ".hairpin":
        yield path
    else:
        yield from sorted(path.glob("*.hairpin"))


def _flows(network: Network) -> tuple[Flow, ...]:
    try:
        return flows_for(network, (), None)
    except UsageError:
        return ()
