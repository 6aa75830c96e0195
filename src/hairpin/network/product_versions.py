"""The versions of the programs of which ``facts/`` knows something, as a host has them."""

from collections.abc import Iterator
from typing import NamedTuple

from hairpin.facts.fact import PRODUCTS, KnownProduct, Product
from hairpin.facts.version import ProgramVersion, version_of
from hairpin.host.host import Host


class HostVersion(NamedTuple):
    """The version of a program on a host.  ``evidence``: the reading that has it; empty for the kernel's name."""

    product: Product
    version: ProgramVersion
    evidence: str = ""


def product_versions(host: Host) -> Iterator[HostVersion]:
    """Yield the version of each known program once.  A package's version is more exact than the program's own."""
    for each in PRODUCTS:
        found = _version(host, each)
        if found is not None:
            yield found


def _version(host: Host, product: KnownProduct) -> HostVersion | None:
    if product.product == "kernel":
        version = version_of(host.kernel)
        return HostVersion("kernel", version) if version is not None else None
    own = [each for each in host.versions if each.program in product.answers]
    if product.product == "iptables" and any("legacy" in each.text for each in own):
        return None
    packages = [each for each in host.versions if each.program in {f"package:{name}" for name in product.packages}]
    for each in (*packages, *own):
        version = version_of(each.text.partition(" (")[0])
        if version is not None:
            return HostVersion(product.product, version, each.evidence)
    made = (each.network_version for each in host.engines) if product.product == "netavark" else ()
    version = next((found for each in made if (found := version_of(each)) is not None), None)
    return HostVersion("netavark", version) if version is not None else None
