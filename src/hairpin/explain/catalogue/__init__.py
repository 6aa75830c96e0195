"""The catalogue of known texts, with one file for each kind of program.  Each entry is a ``TextMeaning``.  The engines'
texts about failed starts are in ``hairpin.texts``.

``docker`` (ports and rules), ``docker_networks``, ``dockerd``, ``podman`` (with CNI and containerd), ``iptables`` (with
nft), ``kernel`` (with ip), ``firewalls``, ``managers`` (of links, services and compose), ``clients``, ``languages``
(libraries of programming languages), ``exchanges`` (connections that opened and then failed), ``names`` (DNS).
"""

from hairpin.explain.catalogue.clients import CLIENTS
from hairpin.explain.catalogue.docker import DOCKER
from hairpin.explain.catalogue.docker_networks import DOCKER_NETWORKS
from hairpin.explain.catalogue.dockerd import DOCKERD
from hairpin.explain.catalogue.exchanges import EXCHANGES
from hairpin.explain.catalogue.firewalls import FIREWALLS
from hairpin.explain.catalogue.iptables import IPTABLES
from hairpin.explain.catalogue.kernel import KERNEL
from hairpin.explain.catalogue.languages import LANGUAGES
from hairpin.explain.catalogue.managers import MANAGERS
from hairpin.explain.catalogue.names import NAMES
from hairpin.explain.catalogue.podman import PODMAN
from hairpin.texts.engine_starts import ENGINE_STARTS

ENTRIES = (
    *ENGINE_STARTS, *DOCKER, *DOCKER_NETWORKS, *DOCKERD, *PODMAN, *IPTABLES, *KERNEL, *FIREWALLS, *MANAGERS, *CLIENTS,
    *LANGUAGES, *EXCHANGES, *NAMES,
)  # fmt: skip
"""All entries of the catalogue."""
