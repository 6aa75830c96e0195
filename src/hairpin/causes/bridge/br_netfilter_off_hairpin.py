"""The bridge switches replies between its containers without netfilter, so the NAT of the replies is not undone.

Users see: a container cannot connect, by the host's address, to the published port of another container on the same
bridge.

Proof: ``bridge-nf-call-iptables`` is 0, and the bridge forwards the reply with its untranslated source address.  If
``bridge-nf-call-iptables`` is 1, the reply is translated back.
Now: ``modprobe br_netfilter``, then ``sysctl -w net.bridge.bridge-nf-call-iptables=1``.
Lasting: put the module into a file of modules-load.d, and the sysctl into a file of sysctl.d.
"""

from hairpin.causes.kit import Candidate, Cause, Iterator, OfSysctl, View, message
from hairpin.change.change import Change, LoadModule, SetSysctl
from hairpin.network.flow import FromContainer


def find(view: View) -> Iterator[Candidate]:
    if not isinstance(view.flow.start, FromContainer):
        return
    path = ("net", "bridge", "bridge-nf-call-iptables")
    value = view.host_namespace.sysctls.text(*path)
    if value == "1" or view.flow.version != 4:
        return
    module = (LoadModule(view.host.name, "br_netfilter"),) if value is None else ()
    yield Candidate(
        title=message("Bridged packets are not shown to iptables (bridge-nf-call-iptables)"),
        detail=message(
            "The request was translated to a container on the same bridge. The bridge forwards the answer directly, so "
            "it comes from an address that the client did not ask."
        ),
        change=Change((*module, SetSysctl(view.host_netns, path, "1"))),
        where=OfSysctl(sysctl=path, value=value or "absent (br_netfilter is not loaded)", wanted="1"),
        in_class="filtering-sysctl",
        evidence=(view.host_namespace.sysctls.evidence,),
    )


CAUSE = Cause(
    title=message("Answers inside a bridge are not translated back"),
    source="net/bridge/br_netfilter_hooks.c",
    shown_by=(
        "sysctl net.bridge; lsmod | grep br_netfilter; sudo iptables-save",
        message("bridge-nf-call-iptables is 0, or there is no such switch"),
    ),
    reasons=frozenset({"wrong-answer"}),
)
