"""Steps from a told host to an ordinary one: a namespace is replaced, or a change is simulated."""

import msgspec

from hairpin.change.change import Change
from hairpin.change.simulation.simulate import simulate
from hairpin.errors import ChangeError
from hairpin.evidence.reading import HOST
from hairpin.host.host import Host, Namespace
from hairpin.network.network import Network


def with_namespace(host: Host, changed: Namespace) -> Host:
    others = tuple(each for each in host.namespaces if each.name != changed.name)
    return msgspec.structs.replace(host, namespaces=(changed, *others) if changed.name == HOST else (*others, changed))


def after(host: Host, change: Change) -> Host:
    try:
        return simulate(change, Network((host,))).hosts[0]
    except ChangeError:
        return host
