"""iptables 1.8.11 with the nf_tables back end treats rules that differ only in their interfaces as equal.

Users see: after a reboot, a restart of Docker or ``docker compose up``, containers of one network time out, while
containers of another network work.  ``docker compose down`` of one project makes containers of another project time
out.  dockerd's log reports no error.  With ``--debug`` the log shows ``iptables --wait -t filter -C FORWARD -o br-… -j
DOCKER`` without the ``-I`` or ``-A`` that should follow.

Proof: in a throw-away network namespace, ``iptables -C`` finds a rule for another interface.  If hairpin could not make
this trial, the package's version is the proof.  An engine lacks rules that match an interface.  If such a rule was
never made, its chain has a rule that differs from it only in the interfaces.  No flow shows the faulty program.  The
lost rules are separate causes, which follow from this cause.  Debian has the bug in 1.8.11-1 and has fixed it in
1.8.11-2, which is also Ubuntu's first 1.8.11.  Other distributions have fixed builds of 1.8.11, too, but only the
trial, and not the version, shows that a build is fixed.  iptables 1.8.10 and older versions do not have the bug, and no
version of ``iptables-legacy`` has it.
Now: ``hairpin restore --apply`` restores the rules.  ``docker compose down`` and ``up`` may repair one network and
break another, because ``-D`` deletes the first rule that differs only in its interfaces.
Lasting: install a fixed package.  Until a fixed package exists, keep the previous package (``apt-mark hold iptables``),
or run ``update-alternatives --set iptables /usr/sbin/iptables-legacy``, the same command for ip6tables, and reboot.
"""

from collections.abc import Iterator

from hairpin.causes.cause import Candidate, Cause, Finding, Way
from hairpin.causes.engine_rules._makers import VERSION, Confused, Judgement, confused_in, judgement
from hairpin.causes.where import OfTool
from hairpin.change.change import Change
from hairpin.engines.missing import missing_on
from hairpin.host.host import Host
from hairpin.message import Message, message


def of_host(host: Host) -> Iterator[Finding]:
    """Yield one finding if the host's iptables is known to confuse rules.

    If the host's iptables is only suspected to confuse rules, yield one finding only if the engine lacks rules that
    iptables may have confused."""
    found = judgement(host)
    if found == "sound" or not _calls_iptables(host):
        return
    lost = tuple(each for _, missing in missing_on(host) for each in confused_in(missing, host))
    if found == "confuses" or lost:
        yield Finding(_candidate(host, lost, known=found == "confuses"), "advice", line=_line(host, found))


def _calls_iptables(host: Host) -> bool:
    """Return whether an engine of the host makes its rules by this ``iptables``."""
    return any(
        missing.dialect == "iptables-nft" and missing.wanted.backend == "iptables" and missing.wanted.rules
        for _, missing in missing_on(host)
    )


def _candidate(host: Host, lost: tuple[Confused, ...], *, known: bool) -> Candidate:
    return Candidate(
        title=message("iptables treats rules for different interfaces as equal")
        if known
        else message("iptables may treat rules for different interfaces as equal"),
        detail=_detail(lost, known=known),
        change=Change(()),
        where=OfTool(program="iptables", version=_build(host)),
        in_class="switched-off",
        evidence=_evidence(host, lost),
        offered=False,
        ways=tuple(_ways(lost=bool(lost))),
        advice=()
        if known
        else (
            message(
                "hairpin does not know whether this build of 1.8.11 has the fault; run hairpin on the host as root, "
                "and it tests the build"
            ),
        ),
    )


def _detail(lost: tuple[Confused, ...], *, known: bool) -> Message:
    if not lost:
        return message(
            "`iptables -C` reports a rule as present if it differs from a present rule only in its interfaces. An "
            "engine that runs it before it adds a rule then omits the rules of its second network. No rule is missing "
            "now; the next start of the engine may omit some."
        )
    doubles = [each for each in lost if each.instead is not None]
    if not doubles:
        return message(
            "When a network is removed, `iptables -D` deletes the first rule that differs from the intended rule only "
            "in its interfaces. {count} rules of other networks are missing; the first is {rule}",
            count=len(lost),
            rule=lost[0].rule.rule.text,
        )
    rule, instead = doubles[0].rule.rule.text, doubles[0].instead
    values = {"count": len(lost), "rule": rule, "instead": instead.text if instead is not None else "-"}
    if known:
        return message(
            "The engine runs `iptables -C` before it adds a rule. On this host, iptables reports a rule as present if "
            "it differs from a present rule only in its interfaces. {count} rules are missing. iptables took {instead} "
            "for {rule}",
            **values,
        )
    return message(
        "The engine runs `iptables -C` before it adds a rule. Some builds of 1.8.11 report a rule as present if it "
        "differs from a present rule only in its interfaces. {count} rules that resemble a present rule in this way "
        "are missing. iptables may have taken {instead} for {rule}",
        **values,
    )


def _ways(*, lost: bool) -> Iterator[Way]:
    if lost:
        yield Way(Change(()), (message("put the rules back: `hairpin restore --apply`"),))
    yield Way(
        Change(()),
        (
            message(
                "update iptables to a build without this fault (Debian, Ubuntu: 1.8.11-2 or later), then restart the "
                "engine. If there is no such build yet, install the version before 1.8.11 and hold it: `apt-mark hold "
                "iptables`"
            ),
        ),
        by_person=True,
    )
    yield Way(
        Change(()),
        (
            message(
                "or use the legacy back end, which does not have this fault: `update-alternatives --set iptables "
                "/usr/sbin/iptables-legacy`, the same for ip6tables, and reboot"
            ),
        ),
        by_person=True,
    )


def _line(host: Host, found: Judgement) -> Message:
    package = _build(host)
    if found == "confuses":
        return message(
            "iptables ({package}) treats rules for different interfaces as equal, so the next start of the engine may "
            "omit some rules: update iptables (Debian, Ubuntu: 1.8.11-2 or later)",
            package=package,
        )
    return message(
        "iptables ({package}) may treat rules for different interfaces as equal, as some builds of 1.8.11 do: rules "
        "are missing that differ from present rules only in their interfaces",
        package=package,
    )


def _build(host: Host) -> str:
    """Return the version of the iptables package.

    If the program does not come from this package, return the program's own version."""
    package, program = host.version("package:iptables") or "", host.version("iptables") or ""
    return package if VERSION in package else program.removeprefix("iptables ")


def _evidence(host: Host, lost: tuple[Confused, ...]) -> tuple[str, ...]:
    trial = host.rule_tools.check
    read = [each.evidence for each in host.versions if each.program == "iptables"]
    if trial is not None:
        read.append(trial.evidence)
    elif host.version("package:iptables") is not None:
        read += [each.evidence for each in host.versions if each.program == "package:iptables"]
    places = (each.instead.evidence for each in lost if each.instead is not None)
    return tuple(dict.fromkeys(each for each in (*read, *places) if each))


CAUSE = Cause(
    title=message("iptables treats rules for different interfaces as equal"),
    source="iptables 1.8.11: iptables/nft-shared.c is_same_interfaces(), whose masks nothing sets; Debian bug 1087210",
)
