"""The kernel lacks a match or a target that an engine's rules use.

Users see: "Couldn't load match `addrtype'", "Extension addrtype revision 0 not supported, missing kernel module?" or
"RULE_APPEND failed (No such file or directory)".  On NAS and embedded kernels, published ports never work.

Proof: the engine's error text names the match, and the kernel neither has the match's module nor can load it.  hairpin
cannot prove this cause by a walk, because no change of the network repairs it.
Now: ``modprobe xt_addrtype`` (or the module that the error text names), and restart the engine.  If the module does not
exist, boot a kernel that has it.
Lasting: write the module's name into a file in ``/etc/modules-load.d``.
"""

from collections.abc import Iterator

from hairpin.causes.cause import Cause, Finding, id_of
from hairpin.causes.states._kernel_parts import module_of, state, still_missing
from hairpin.host.host import Host
from hairpin.message import message

_ID = id_of(__name__)
_MODULES = {"DNAT": "xt_nat", "SNAT": "xt_nat", "MARK": "xt_mark", "tcp": "xt_tcpudp", "udp": "xt_tcpudp"}
"""Source: MODULE_ALIAS() in net/netfilter/xt_nat.c, xt_mark.c, xt_tcpudp.c"""


def of_host(host: Host) -> Iterator[Finding]:
    """Yield one finding if an engine reported a missing match or target and the kernel still lacks it."""
    said = still_missing(host, _ID, _MODULES)
    if not said:
        return
    title = (
        message("The kernel lacks {subject}, which the engine's rules use", subject=said[0].subject)
        if said[0].subject
        else message("The kernel lacks a match or target that the engine's rules use")
    )
    yield state(host, title, said, module_of(said[0], _MODULES), "blocking")


CAUSE = Cause(
    title=message("A match of the engine's rules is missing in the kernel"),
    source="libxtables: xtables.c xtables_find_match(), compatible_revision(); moby/moby#26930, basecamp/kamal#1762",
)
