"""The catalogue of known texts, with one file for each kind of program.  Each entry is a ``TextMeaning``.  The engines'
texts about failed starts are in ``hairpin.texts``.

``docker`` (ports and rules), ``docker_networks``, ``dockerd``, ``swarm``, ``compose`` (networks), ``desktop`` (engines
in a virtual machine), ``podman`` (with CNI and containerd), ``podman_networks``, ``programs`` (that are missing or
forbidden), ``kubernetes``, ``iptables`` (with
nft), ``kernel`` (with ip), ``firewalls``, ``managers`` (of links, services and compose), ``clients``, ``languages``
(libraries of programming languages), ``exchanges`` (connections that opened and then failed), ``proxies`` (reverse
proxies, registries), ``services`` (services that refuse a client themselves), ``names`` (DNS), ``unsaid`` (errors
without their reason).  ``errno_forms`` has the forms in which clients and libraries tell an errno.
"""

from hairpin.explain.catalogue.clients import CLIENTS
from hairpin.explain.catalogue.compose import COMPOSE
from hairpin.explain.catalogue.desktop import DESKTOP
from hairpin.explain.catalogue.docker import DOCKER
from hairpin.explain.catalogue.docker_networks import DOCKER_NETWORKS
from hairpin.explain.catalogue.dockerd import DOCKERD
from hairpin.explain.catalogue.exchanges import EXCHANGES
from hairpin.explain.catalogue.firewalls import FIREWALLS
from hairpin.explain.catalogue.iptables import IPTABLES
from hairpin.explain.catalogue.kernel import KERNEL
from hairpin.explain.catalogue.kubernetes import KUBERNETES
from hairpin.explain.catalogue.languages import LANGUAGES
from hairpin.explain.catalogue.managers import MANAGERS
from hairpin.explain.catalogue.names import NAMES
from hairpin.explain.catalogue.podman import PODMAN
from hairpin.explain.catalogue.podman_networks import PODMAN_NETWORKS
from hairpin.explain.catalogue.programs import PROGRAMS
from hairpin.explain.catalogue.proxies import PROXIES
from hairpin.explain.catalogue.services import SERVICES
from hairpin.explain.catalogue.swarm import SWARM
from hairpin.explain.catalogue.unsaid import UNSAID
from hairpin.texts.engine_starts import ENGINE_STARTS
from hairpin.texts.network_starts import NETWORK_STARTS

ENTRIES = (
    *DOCKER_NETWORKS, *ENGINE_STARTS, *NETWORK_STARTS, *DOCKER, *DOCKERD, *SWARM, *COMPOSE, *DESKTOP, *PODMAN,
    *PODMAN_NETWORKS, *PROGRAMS, *KUBERNETES, *IPTABLES, *KERNEL, *FIREWALLS, *MANAGERS, *CLIENTS, *LANGUAGES,
    *EXCHANGES, *PROXIES, *SERVICES, *NAMES, *UNSAID,
)  # fmt: skip
"""All entries of the catalogue.  If two patterns match and say equally much, the earlier entry counts."""
