"""The kernel lacks a match or a target that an engine's rules use.

Users see: "Couldn't load match `addrtype'", "Extension addrtype revision 0 not supported, missing kernel module?" or
"RULE_APPEND failed (No such file or directory)"; on NAS and embedded kernels published ports never work.

Proof: the engine's own words, and that the kernel neither has the module of the match nor can load it.  No change of
the network can be walked.
Now: ``modprobe xt_addrtype`` (or what the words name), and restart the engine; else a kernel that has it.
Lasting: its name in ``/etc/modules-load.d``.
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
    """Yield the state for each match or target that an engine missed, if the kernel still lacks it."""
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
