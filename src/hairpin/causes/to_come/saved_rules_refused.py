"""``iptables-restore`` will refuse a file of saved rules, because a rule names a set or a chain that is not there at
that moment of the boot.

Users see: the port worked until the host was rebooted.  netfilter-persistent or iptables.service has failed with "Set …
doesn't exist", and rules of the file are not there.

Proof: hairpin loads the file into the model of the host that boots.  A boot loses all ipsets, and no unit, package or
boot script that hairpin read restores them.  ``iptables-restore`` ends at the first fault: it loads neither that
table nor the tables after it.
Now: nothing has to be done, because no flow fails yet.
Lasting: save the sets too (the package ipset-persistent; ipset-service on Fedora).  Or declare the chain in the file,
or remove the rule from the file.
"""

from collections.abc import Iterator

from hairpin.causes.cause import Candidate, Cause, Coming, Finding, Way
from hairpin.causes.opening import lost_rules
from hairpin.causes.to_come._coming import is_saved
from hairpin.causes.where import OfFile
from hairpin.change.change import Change
from hairpin.errors import ParseError
from hairpin.host.boot.rule_keeper import refused_rules
from hairpin.host.host import Host
from hairpin.message import Message, message


def of_host(host: Host) -> Iterator[Finding]:
    """Yield one finding for each file of saved rules that the next boot cannot load."""
    for fault in refused_rules(host):
        found = _candidate(host, fault)
        line = message("{said} To avoid this: {repair}", said=found.detail, repair=_repair(fault))
        yield Finding(found, "advice", line=line)


def foresees(coming: Coming) -> bool:
    return (
        coming.event == "reboot"
        and any(is_saved(coming.host, place) for place in lost_rules(coming))
        and any(True for _ in refused_rules(coming.host))
    )


def _candidate(host: Host, fault: ParseError) -> Candidate:
    values = {"file": fault.source, "line": fault.line, "why": fault.why, "text": fault.text}
    return Candidate(
        title=message("`iptables-restore` cannot load {file}: {why}", **values),
        detail=message(
            "At the next boot, `iptables-restore` ends at line {line} of {file} ({text}): {why}. It loads neither that "
            "table nor the tables after it.",
            **values,
        ),
        change=Change(()),
        where=OfFile(fault.source),
        in_class="switched-off",
        evidence=tuple(each.evidence for each in host.files if each.path == fault.source and each.evidence),
        offered=False,
        ways=(Way(Change(()), (_repair(fault),), by_person=True),),
    )


def _repair(fault: ParseError) -> Message:
    return message(
        "let a unit make what line {line} names before {file} is loaded (the package ipset-persistent saves sets), or "
        "take the rule out of the file",
        line=fault.line,
        file=fault.source,
    )


CAUSE = Cause(
    title=message("The next boot cannot load the saved rules"),
    source="iptables-restore(8); measured, iptables 1.8.9",
    shown_by=(
        "journalctl -b -u netfilter-persistent -u iptables",
        message("a line says that a set or a chain does not exist"),
    ),
)
