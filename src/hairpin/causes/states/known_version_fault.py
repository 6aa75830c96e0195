"""A program of the host has a version with a known fault, and the fault fits what fails.

Users see: a published port, a name or a container fails since an upgrade, a reboot or a reload, and nothing was
configured otherwise.  `hairpin explain PRODUCT VERSION` lists what is known of a version, with its sources.

Proof: none.  The version alone makes the fault likely.  On a host, the fault is named only beside a proven cause that
this fault leaves behind, such as a rule for an address that nobody has.  In a pasted text, it is named only if the text
has the words of the fault.  If the behaviour itself was seen, such as two rules that iptables takes for one, another
cause names it.
Now: run the command that shows the behaviour; the proven cause beside it has the repair of what is broken now.
Lasting: update the program to the version that the fact names.  The catalogue is dated: a later version may be mended,
too.
"""

from collections.abc import Iterator

from hairpin.causes.cause import AskedFlows, Candidate, Cause, Finding, Way
from hairpin.causes.where import OfTool
from hairpin.change.change import Change
from hairpin.facts.catalogue import REVIEWED, facts_of
from hairpin.facts.fact import Fact
from hairpin.host.host import Host
from hairpin.message import Message, message
from hairpin.network.product_versions import HostVersion, product_versions


def of_flows(asked: AskedFlows) -> Iterator[Finding]:
    """Yield one finding for each fact about a version on a host where an asked flow fails.  A finding counts if the
    host has a cause that the fact leaves behind."""
    failing = {
        each.flow.asked_host or each.flow.host: index for index, each in enumerate(asked.traces) if not each.succeeds
    }
    for host in asked.network.hosts:
        index = failing.get(host.name, failing.get(""))
        if index is not None and host.was_read and host.told is None:
            yield from _on(host, index)


def _on(host: Host, index: int) -> Iterator[Finding]:
    versions = tuple(product_versions(host))
    for each in versions:
        if each.product == "firewalld" and (host.firewalld is None or not host.firewalld.running):
            continue  # it is installed, and has touched no rule
        for fact in facts_of(each.product, each.version):
            if fact.leaves and fact.product == each.product and _can_show(fact, versions, host):
                yield Finding(_candidate(fact, each), "advice", host=host.name, flows=(index,), line=_line(fact, each))


def _can_show(fact: Fact, versions: tuple[HostVersion, ...], host: Host) -> bool:
    """Return whether the host has the variant of iptables, and the version of the other program, without which the
    behaviour does not show."""
    if fact.legacy and "(legacy)" not in (host.version("iptables") or ""):
        return False
    beside = fact.beside
    return beside is None or any(each.product == beside.product and beside.holds(each.version) for each in versions)


def _candidate(fact: Fact, found: HostVersion) -> Candidate:
    return Candidate(
        title=message("{product} {version} has a known fault", product=found.product, version=found.version.text),
        detail=message(
            "{does} (known since {day}, {source}; hairpin's list is of {reviewed}). The version alone proves nothing: "
            "`{test}` shows the behaviour if {shows}",
            does=fact.does,
            day=fact.day,
            source=fact.sources[0],
            reviewed=REVIEWED,
            test=fact.typed_test,
            shows=fact.shows,
        ),
        change=Change(()),
        where=OfTool(program=found.product, version=found.version.text, fact=fact.id),
        in_class="switched-off",
        evidence=(found.evidence,) if found.evidence else (),
        offered=False,
        ways=(Way(Change(()), (fact.advice,), by_person=True),),
        leaves=fact.leaves,
    )


def _line(fact: Fact, found: HostVersion) -> Message:
    return message("{product} {version}: {does}", product=found.product, version=found.version.text, does=fact.does)


CAUSE = Cause(
    title=message("The version of a program has a known fault"),
    source="src/hairpin/facts: each fact has its own sources",
    shown_by=(
        "docker version; podman version; iptables --version; nft --version; uname -r",
        message("`hairpin explain PRODUCT VERSION` lists a fault for one of these versions"),
    ),
)
