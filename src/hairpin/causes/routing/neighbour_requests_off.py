"""The kernel sends no ARP or neighbour requests on a link, because ``mcast_solicit`` of the link is 0.

Users see: after ``ip neigh flush``, a restart, or some minutes, the host or a container reaches no machine on one link
("No route to host"), although both ends are up and ``arping`` works.

Proof: the next hop has no neighbour entry, and the kernel sends no request.  With the default value of
``mcast_solicit`` the packet arrives.
Now: ``sysctl -w net.ipv4.neigh.LINK.mcast_solicit=3``.
Lasting: put the key into the file of sysctl.d that sorts last.  If ``app_solicit`` is set, a program should resolve the
neighbours.  Find out why this program does not run.
"""

from hairpin.causes.kit import Candidate, Cause, Iterator, Message, OfSysctl, View, message
from hairpin.change.change import SetSysctl, one
from hairpin.host.sysctl import dotted
from hairpin.walk.decided import SysctlDecided

_KEY = "mcast_solicit"


def find(view: View) -> Iterator[Candidate]:
    """Yield the candidate that lets the kernel send requests again, if ``mcast_solicit`` stopped the packet."""
    decided = view.stop.decided_by
    if not isinstance(decided, SysctlDecided) or decided.path[-1] != _KEY:
        return
    yield Candidate(
        title=message("The kernel sends no request for a neighbour on {link}", link=view.stop.link),
        detail=message(
            "{key} is 0: the kernel asks for no hardware address there, and uses only the entries that it has.",
            key=dotted(decided.path),
        ),
        change=one(SetSysctl(view.stop.netns, decided.path, decided.wanted)),
        where=OfSysctl(sysctl=decided.path, value=decided.value, wanted=decided.wanted),
        in_class="filtering-sysctl",
        evidence=(decided.evidence,),
        advice=tuple(_of_program(view, decided)),
    )


def _of_program(view: View, decided: SysctlDecided) -> Iterator[Message]:
    key = (*decided.path[:-1], "app_solicit")
    asked = view.namespace.sysctls.number(*key)
    if asked:
        yield message(
            "with {key} = {value} the kernel leaves neighbour requests to a program: if there is such a program for "
            "{link}, start it",
            key=dotted(key),
            value=asked,
            link=view.stop.link,
        )


CAUSE = Cause(
    title=message("The kernel sends no neighbour requests on a link"),
    source="net/core/neighbour.c neigh_max_probes()",
    reasons=frozenset({"no-neighbour"}),
)
