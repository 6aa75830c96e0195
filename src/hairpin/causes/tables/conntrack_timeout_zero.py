"""The entries of connections are over at once, because a timeout of connection tracking is 0.

Users see: every rule and route is right, and the clients of a published port get no answer: the container's answer
leaves with the container's own address or port, or is dropped as INVALID.  Often only UDP, or only TCP, fails.

Proof: a timeout such as ``net.netfilter.nf_conntrack_udp_timeout`` is 0 in a namespace on the flow's path.  The kernel
finds no entry for the next packet of the connection, so its address translation is not undone.  With the kernel's
default the flow is delivered.
Now: ``sysctl -w net.netfilter.nf_conntrack_udp_timeout=30``.  If another timeout is 0, set that timeout to its default.
Lasting: correct the line of sysctl.d that sets this timeout, and load nf_conntrack at boot, because the sysctl does not
exist before the module is loaded.
"""

from hairpin.causes.kit import Candidate, Cause, Iterator, Namespace, Netns, OfSysctl, View, message
from hairpin.causes.routing._asked import namespaces_on_way
from hairpin.change.change import Change, SetSysctl
from hairpin.host.sysctl import dotted
from hairpin.walk.hooks.conntrack_timeout import DEFAULTS_S, path_of, zero_timeouts


def find(view: View) -> Iterator[Candidate]:
    """Yield one candidate for each namespace on the flow's path in which a conntrack timeout of the packet's protocol
    is 0."""
    for netns, namespace in namespaces_on_way(view):
        keys = zero_timeouts(namespace, view.stop.seen.packet.protocol)
        if keys:
            yield _candidate(netns, namespace, keys)


def _candidate(netns: Netns, namespace: Namespace, keys: tuple[str, ...]) -> Candidate:
    """Return the candidate that sets each timeout to the kernel's default."""
    first = path_of(keys[0])
    others = ", ".join(dotted(path_of(each)) for each in keys[1:])
    detail = message(
        "{key} is 0, so conntrack entries expire before the next packet of their connection. For the kernel an answer "
        "then belongs to no known connection, so the kernel does not undo its address translation.",
        key=dotted(first),
    )
    return Candidate(
        title=message("The timeout {key} is 0: connections are forgotten at once", key=dotted(first)),
        detail=detail,
        change=Change(tuple(SetSysctl(netns, path_of(each), str(DEFAULTS_S[each])) for each in keys)),
        where=OfSysctl(sysctl=first, value="0", wanted=str(DEFAULTS_S[keys[0]])),
        in_class="full-table",
        evidence=(namespace.sysctls.evidence,),
        advice=(message("these timeouts are 0, too: {keys}", keys=others),) if others else (),
    )


CAUSE = Cause(
    title=message("A timeout of connection tracking is 0"),
    source="net/netfilter/nf_conntrack_core.c nf_ct_is_expired(); "
    "Documentation/networking/nf_conntrack-sysctl.rst nf_conntrack_udp_timeout",
    general=True,
)
