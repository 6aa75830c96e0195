"""The catalogue of known texts.  Each entry is a ``TextMeaning``.  The engines' texts about failed starts are in
``hairpin.texts``.

``docker``, ``podman`` (with netavark, CNI, containerd, and programs that are missing or forbidden), ``around_engines``
(swarm, compose, Kubernetes, engines in a virtual machine), ``firewalls`` (with iptables and nft), ``kernel`` (with ip
and managers of links and services), ``clients`` (with libraries of programming languages), ``servers`` (reverse
proxies, services, DNS).  ``errno_forms`` has the forms in which clients and libraries tell an errno.
"""

from hairpin.explain.catalogue.around_engines import COMPOSE, DESKTOP, KUBERNETES, SWARM
from hairpin.explain.catalogue.clients import CLIENTS, EXCHANGES, LANGUAGES, UNSAID
from hairpin.explain.catalogue.docker import DOCKER, DOCKER_NETWORKS, DOCKERD
from hairpin.explain.catalogue.firewalls import FIREWALLS, IPTABLES
from hairpin.explain.catalogue.kernel import KERNEL, MANAGERS
from hairpin.explain.catalogue.podman import PODMAN, PODMAN_NETWORKS, PROGRAMS
from hairpin.explain.catalogue.servers import NAMES, PROXIES, SERVICES
from hairpin.texts.starts import ENGINE_STARTS, NETWORK_STARTS

ENTRIES = (
    *DOCKER_NETWORKS, *ENGINE_STARTS, *NETWORK_STARTS, *DOCKER, *DOCKERD, *SWARM, *COMPOSE, *DESKTOP, *PODMAN,
    *PODMAN_NETWORKS, *PROGRAMS, *KUBERNETES, *IPTABLES, *KERNEL, *FIREWALLS, *MANAGERS, *CLIENTS, *LANGUAGES,
    *EXCHANGES, *PROXIES, *SERVICES, *NAMES, *UNSAID,
)  # fmt: skip
"""All entries of the catalogue.  If two patterns match and say equally much, the earlier entry counts."""
