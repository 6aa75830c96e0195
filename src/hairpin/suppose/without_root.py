"""Completes a host that was read without root: adds rules and the insides of containers.

The parts that were read stay as they are.  The added rules are the rules that the engine makes for its networks and
containers.  The engine lists its networks and containers to a member of its group.  A container's namespace is as the
engine makes it, with the sockets that were read.
"""

import msgspec

from hairpin.evidence.reading import HOST, Evidence
from hairpin.host.host import Host
from hairpin.suppose.insides import with_insides
from hairpin.suppose.ordinary import with_engine_rules
from hairpin.suppose.relayed import with_relayed
from hairpin.suppose.simulated import with_namespace
from hairpin.suppose.told import told_by

_replace = msgspec.structs.replace


def supposing_unread(host: Host, evidence: Evidence) -> Host:
    """Return the host with the rules and namespaces that could not be read, and with ``Host.told``.

    ``evidence``: the readings from which the host was made."""
    if HOST not in host:
        return host
    told = _replace(told_by(evidence, host), of_text=False)
    own = host.namespace(HOST)
    host = with_namespace(_replace(host, told=told), _replace(own, unread=()))
    host = with_insides(with_relayed(host, evidence))
    return with_engine_rules(host, told)
