"""Makes the changes that a starting dockerd makes before it starts containers: missing bridges, forwarding, its rules.

Source: moby daemon/daemon_unix.go initNetworkController(); libnetwork/drivers/bridge/bridge.go createNetwork(),
setup_ip_forwarding.go; libnetwork/iptables/firewalld.go AddInterfaceFirewalld()
"""

from collections.abc import Iterable, Iterator

import msgspec

from hairpin.change.change import AddEntry, Change, Primitive, SetLink, SetSysctl
from hairpin.change.simulation.simulate import simulate
from hairpin.engines.docker.dockerd import FORWARD_CHAIN
from hairpin.engines.docker.history import history_of
from hairpin.engines.docker.options import daemon_of, dockerd_version
from hairpin.engines.missing import missing_of
from hairpin.engines.repair.bridging import lost_addresses, new_bridge
from hairpin.engines.repair.restoring import restoring_all
from hairpin.engines.sysctls import sysctls_of
from hairpin.host.docker import DockerNetwork, Engine
from hairpin.host.host import Host
from hairpin.netfilter.evaluate.chain import policy_place
from hairpin.netfilter.ir import NameMatch, Verdict
from hairpin.network.network import Network

_FIREWALLD = "firewalld"


class FirstStart(msgspec.Struct, frozen=True):
    """The result of dockerd's start.  ``host``: the host with a running dockerd.  ``parts``: the changes that the start
    made."""

    host: Host
    parts: tuple[Primitive, ...]


def first_start(host: Host, engine: Engine) -> FirstStart:
    """Return the host after the start of the stopped dockerd, and the changes that the start made."""
    from hairpin.engines.docker.default_network import with_default_network  # noqa: PLC0415 - most daemons run

    running = msgspec.structs.replace(with_default_network(host, engine), running=True)
    found = FirstStart(host.with_engine(running), ())
    for joined in running.networks:
        found = _with(found, (*new_bridge(found.host, running, joined), *_set_up(found.host, joined)))
        found = _with(found, (AddEntry(host.netns, each) for each in lost_addresses(found.host, joined)))
    bridges = tuple(part.link.name for part in found.parts if isinstance(part, SetLink))
    if bridges:
        found = _with(found, (*written_parameters(found.host, running), *_let_in(found.host, bridges)))
    namespace = found.host.namespace(host.netns.name)
    return _with(found, restoring_all(missing_of(found.host, running), host.netns, namespace).parts)


def _with(found: FirstStart, parts: Iterable[Primitive]) -> FirstStart:
    made = tuple(parts)
    return FirstStart(simulate(Change(made), Network((found.host,))).this, (*found.parts, *made)) if made else found


def _set_up(host: Host, joined: DockerNetwork) -> Iterator[Primitive]:
    """Yield the change that sets the network's bridge up, if a failed start has left the bridge down."""
    link = host.namespace(host.netns.name).link(joined.bridge or "")
    if link is not None and not link.up:
        yield SetLink(host.netns, msgspec.structs.replace(link, up=True, carrier=True))


def written_parameters(host: Host, running: Engine) -> Iterator[Primitive]:
    """Yield the changes of kernel parameters that dockerd makes at its start."""
    daemon = daemon_of(running, dockerd_version(running.version) or FORWARD_CHAIN)
    namespace = host.namespace(host.netns.name)
    if daemon.backend != "nftables":
        for each in sysctls_of(daemon, history_of(running, daemon, namespace)):
            if namespace.sysctls.text(*each.path) not in (None, each.value):
                yield SetSysctl(host.netns, each.path, each.value)


def _let_in(host: Host, bridges: tuple[str, ...]) -> Iterator[Primitive]:
    """Yield the insertions of firewalld's rules for the bridges: firewalld accepts all packets from links in the zone
    ``docker``."""
    from hairpin.change.intent import LetIn, rendered  # noqa: PLC0415 - most daemons run

    for table in host.namespace(host.netns.name).ruleset.tables:
        for chain in table.chains if table.name == _FIREWALLD else ():
            if chain.hook in ("input", "forward"):
                rules = tuple((NameMatch("iif", (each,)), Verdict("accept")) for each in bridges)
                wanted = LetIn(host.netns, policy_place(table, chain), chain.name, rules)
                yield from rendered(wanted, Network((host,))).parts
