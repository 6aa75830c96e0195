"""dockerd runs another ``iptables`` program than the host's tools, because another program comes first on dockerd's
path, or dockerd finds no ``iptables``.

Users see: ``iptables -S`` does not show Docker's rules, a firewall does not see published ports, or dockerd's start
reports "iptables not found".

Proof: dockerd's path has two programs with the name ``iptables`` whose versions or back ends differ, and dockerd uses
the first.  Or dockerd's path has no ``iptables`` at all.  hairpin cannot prove this cause by a walk, because no change
of the network repairs it.  Lost rules follow from this cause.
Now: remove the first program (``rm /usr/local/sbin/iptables``, or its package), then restart the engine.
Lasting: nothing more has to be done after the first program is removed.
"""

from collections.abc import Iterator

from hairpin.causes.cause import Candidate, Cause, Finding, Severity, Way, id_of
from hairpin.causes.states._start_words import words_meaning
from hairpin.causes.where import OfTool
from hairpin.change.change import Change
from hairpin.engines.missing import missing_on
from hairpin.host.host import Host
from hairpin.host.rule_tools import Program
from hairpin.message import Message, message

_ID = id_of(__name__)


def of_host(host: Host) -> Iterator[Finding]:
    """Yield one finding if one ``iptables`` program on dockerd's path hides another, or if dockerd's path has no
    ``iptables`` program."""
    programs = host.rule_tools.programs
    if tuple(words_meaning(host, _ID)) or (programs is not None and not programs.found and _calls_iptables(host)):
        evidence = tuple(one for each in words_meaning(host, _ID) for one in each.evidence)
        yield _none(evidence or ((programs.evidence,) if programs is not None else ()))
    elif programs is not None and len(programs.found) > 1:
        first = programs.found[0]
        hidden = next((each for each in programs.found[1:] if each.version != first.version), None)
        if hidden is not None and _calls_iptables(host):
            yield _shadowed(first, hidden, programs.evidence)


def _calls_iptables(host: Host) -> bool:
    """Return whether a Docker engine of the host makes its rules with iptables."""
    return any(
        engine.kind == "docker" and missing.wanted.backend == "iptables" and missing.wanted.rules
        for engine, missing in missing_on(host)
    )


def _shadowed(first: Program, hidden: Program, evidence: str) -> Finding:
    values = {
        "path": first.path,
        "version": first.version or "-",
        "hidden": hidden.path,
        "other": hidden.version or "-",
    }
    found = _candidate(
        message("dockerd runs {path}, which hides {hidden}", **values),
        message(
            "{path} ({version}) comes first in dockerd's PATH. {hidden} is another version or back end ({other}). Each "
            "of the two may not show or accept the rules of the other.",
            **values,
        ),
        OfTool(program=first.path, version=first.version or None),
        (evidence,),
        message("remove {path}, then restart the engine", **values),
    )
    line = message(
        "dockerd runs {path} ({version}) instead of {hidden} ({other}): remove one of the two programs, then restart "
        "the engine",
        **values,
    )
    return _state(found, "advice", line)


def _none(evidence: tuple[str, ...]) -> Finding:
    found = _candidate(
        message("dockerd finds no iptables"),
        message("No folder of dockerd's PATH has a program iptables, so dockerd can make no rule."),
        OfTool(program="iptables"),
        evidence,
        message("install iptables in a folder of dockerd's PATH, such as /usr/sbin, then restart the engine"),
    )
    line = message("dockerd finds no iptables in the folders of its PATH, so it can make no rule: install iptables")
    return _state(found, "blocking", line)


def _state(found: Candidate, severity: Severity, line: Message) -> Finding:
    return Finding(found, severity, line=line)


def _candidate(title: Message, detail: Message, where: OfTool, evidence: tuple[str, ...], repair: Message) -> Candidate:
    return Candidate(
        title=title,
        detail=detail,
        change=Change(()),
        where=where,
        in_class="switched-off",
        evidence=tuple(dict.fromkeys(each for each in evidence if each)),
        offered=False,
        ways=(Way(Change(()), (repair,), by_person=True),),
    )


CAUSE = Cause(
    title=message("Another iptables hides the host's own"),
    source="moby: libnetwork/iptables/iptables.go initDependencies() (exec.LookPath); docker/for-linux#179",
)
