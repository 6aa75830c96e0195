"""A firewall manager or a script has cleared the tables, and so has deleted the engine's rules.

Users see: suddenly every published port times out, and a restart of Docker helps until the tables are cleared again.

Proof: no rule of the engine is left in a table although the engine runs.  Either the host has chains of a manager that
clears all tables when it starts (CSF, APF, Shorewall, Arno's firewall).  Or a script clears the tables, and cron or a
link that comes up runs this script.  The lost rules are separate causes, which follow from this cause and are proven by
a walk.
Now: ``hairpin restore --apply`` restores the rules without a restart of the engine.
Lasting: let the manager run ``systemctl restart docker`` at its end, or let it keep Docker's chains (``DOCKER = "1"``
in csf.conf, ``DOCKER=Yes`` in shorewall.conf).  Let a script use ``iptables-restore --noflush``, or clear only its own
chains.
"""

import re
from collections.abc import Iterator

from hairpin.causes.cause import Candidate, Cause, Finding, Way
from hairpin.causes.engine_rules._makers import is_table_flushed
from hairpin.causes.where import OfTool
from hairpin.change.change import Change
from hairpin.engines.missing import Missing, missing_on
from hairpin.host.engine_health import is_down
from hairpin.host.host import Host
from hairpin.host.managers import ScriptLine
from hairpin.message import message
from hairpin.programs import KnownProgram, having_role

_FEWEST = 2
"""The number of chains that prove that a manager is in use.  A single chain name may be a coincidence."""

_CLEARS = (
    r"\bip6?tables(?:-legacy|-nft)?\b(?:\s+-\S+(?:\s+\w+)?)*?\s+(?:-F|--flush)\s*(?:$|[;&|])"
    r"|\bip6?tables(?:-legacy|-nft)?-restore\b(?!.*(?:--noflush|\s-n\b))"
    r"|\bnft\b.*\bflush\s+ruleset\b"
)
"""Matches a command that clears whole tables.  The pattern is compiled only when a script's line is examined, because
few hosts have scripts with firewall commands."""
_AT_BOOT = ("/etc/rc.local", "/etc/rc.d/rc.local", "/etc/local.d/")
"""Files and folders of scripts that run only at boot, before the engine starts.  Scripts in other places run
repeatedly: the scripts of cron, the scripts that cron calls, and the scripts that run when a link comes up."""


def of_host(host: Host) -> Iterator[Finding]:
    """Yield one finding if the running engine has lost all its rules in a table, and the host has a manager or script
    that clears the tables."""
    flushed = [
        (engine, lost) for engine, lost in missing_on(host) if is_table_flushed(lost) and not is_down(host, engine)
    ]
    managers, scripts = tuple(_managers(host)), tuple(_scripts(host))
    if flushed and (managers or scripts):
        found = _candidate(host, flushed[0][1], managers, scripts)
        line = message(
            "{title}: published ports answer only where docker-proxy accepts connections; `hairpin restore --apply` "
            "puts the rules back",
            title=found.title,
        )
        yield Finding(found, "advice", line=line)


def _managers(host: Host) -> Iterator[KnownProgram]:
    chains = {
        chain.name
        for table in host.namespace(host.netns.name).ruleset.tables
        if table.name == "filter"
        for chain in table.chains
    }
    yield from (each for each in having_role("firewall") if len(each.signs & chains) >= _FEWEST)


def _scripts(host: Host) -> Iterator[ScriptLine]:
    for each in host.boot_lines or ():
        if not each.unit and not each.path.startswith(_AT_BOOT) and re.search(_CLEARS, each.text):
            yield each


def _candidate(
    host: Host, lost: Missing, managers: tuple[KnownProgram, ...], scripts: tuple[ScriptLine, ...]
) -> Candidate:
    names = [each.name for each in managers] or [f"{each.path}:{each.number}" for each in scripts[:1]]
    named = ", ".join(names)
    return Candidate(
        title=message("{manager} has cleared the tables and removed the engine's rules", manager=named)
        if managers
        else message("{manager} clears the tables and removes the engine's rules", manager=named),
        detail=message(
            "The chains of {manager} are there, but no rule of the running engine is left. {manager} clears the tables "
            "when it starts, and the engine does not notice.",
            manager=named,
        )
        if managers
        else message(
            "No rule of the running engine is left, and the engine does not notice. This line clears the rules "
            "whenever it runs: {line}",
            line=scripts[0].text.strip(),
        ),
        change=Change(()),
        where=OfTool(manager=named),
        in_class="switched-off",
        evidence=_evidence(host, lost, scripts if not managers else ()),
        offered=False,
        ways=(
            Way(Change(()), (message("put the rules back: `hairpin restore --apply`"),)),
            *(Way(Change(()), (each.keeps_engine,), by_person=True) for each in managers if each.keeps_engine),
            *(
                Way(
                    Change(()),
                    (
                        message(
                            "let {file} clear only its own chains, or use `iptables-restore --noflush`, or restart the "
                            "engine at the end of the file",
                            file=each.path,
                        ),
                    ),
                    by_person=True,
                )
                for each in (scripts if not managers else ())[:1]
            ),
        ),
    )


def _evidence(host: Host, lost: Missing, scripts: tuple[ScriptLine, ...]) -> tuple[str, ...]:
    tables = host.namespace(host.netns.name).ruleset.tables
    read = [each.evidence for each in tables if each.dialect == lost.dialect]
    return tuple(dict.fromkeys(each for each in (*(one.evidence for one in scripts), *read) if each))


CAUSE = Cause(
    title=message("A firewall manager has cleared the engine's rules"),
    source="moby/moby#10218, moby/moby#14073, moby/moby#29323, docker/roadmap#867",
    shown_by=("sudo iptables-save", message("table nat has no chain DOCKER, or FORWARD has none of Docker's rules")),
)
