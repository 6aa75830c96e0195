"""The catalogue of dated facts, and the look-up of the facts of one version."""

from hairpin.facts.docker import DOCKER
from hairpin.facts.docker_until_26 import DOCKER_UNTIL_26
from hairpin.facts.fact import Fact, Product
from hairpin.facts.podman import PODMAN
from hairpin.facts.systems import SYSTEMS
from hairpin.facts.version import ProgramVersion

REVIEWED = "2026-11-30"
"""The day on which the catalogue was last brought up to date, as in ISO 8601."""
FACTS: tuple[Fact, ...] = (*DOCKER, *DOCKER_UNTIL_26, *PODMAN, *SYSTEMS)


def facts_of(product: Product, version: ProgramVersion) -> tuple[Fact, ...]:
    """Return the facts of this version of the product, also those about another program beside which the version shows
    a behaviour.  The order is the order of the catalogue."""
    return tuple(each for each in FACTS if _is_of(each, product, version))


def _is_of(fact: Fact, product: Product, version: ProgramVersion) -> bool:
    if fact.product == product:
        return fact.affects(version)
    return fact.beside is not None and fact.beside.product == product and fact.beside.holds(version)
