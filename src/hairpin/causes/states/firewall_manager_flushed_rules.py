"""A firewall manager or a script has cleared the tables, and the engine's rules with them.

Users see: at some minute every published port times out; a restart of Docker helps until the next time.

Proof: of the engine's rules in a table nothing is left although the engine runs, and the chains of a manager are there
that clears all tables when it starts (CSF, APF, Shorewall, Arno's firewall), or a script that cron or a link runs
does so. The lost rules are causes of their own, which follow from it and are proven by a walk.
Now: ``hairpin restore --apply`` puts the rules back without a restart.
Lasting: let the manager call ``systemctl restart docker`` when it is done, or spare Docker's chains (``DOCKER = "1"``
in csf.conf, ``DOCKER=Yes`` in shorewall.conf); let a script use ``iptables-restore --noflush``, or clear its own
chains only.
"""

import re
from collections.abc import Iterator

import msgspec

from hairpin.causes.cause import Candidate, Cause, Finding, Way
from hairpin.causes.engine_rules._makers import is_table_flushed
from hairpin.causes.where import OfTool
from hairpin.change.change import Change
from hairpin.engines.missing import Missing, missing_on
from hairpin.host.engine_health import is_down
from hairpin.host.host import Host
from hairpin.host.managers import ScriptLine
from hairpin.message import Message, message


class Manager(msgspec.Struct, frozen=True):
    """A program that clears all tables when it starts.  ``chains``: some of its own chains.  ``repair``: a command of
    it that keeps an engine's rules."""

    name: str
    chains: frozenset[str]
    repair: Message


_MANAGERS = (
    Manager(
        "CSF",
        frozenset({"LOCALINPUT", "LOCALOUTPUT", "LOGDROPIN", "LOGDROPOUT", "ALLOWIN", "DENYIN"}),
        message('set DOCKER = "1" in /etc/csf/csf.conf, or restart the engine in /usr/local/csf/bin/csfpost.sh'),
    ),
    Manager(
        "APF",
        frozenset({"TALLOW", "TDENY", "TGALLOW", "TGDENY"}),
        message("restart the engine in /etc/apf/hook_post.sh (/etc/apf/firewall calls it last)"),
    ),
    Manager(
        "Shorewall",
        frozenset({"net-fw", "fw-net", "net2fw", "fw2net", "smurfs", "tcpflags", "dynamic", "shorewall"}),
        message("set DOCKER=Yes in /etc/shorewall/shorewall.conf, or restart the engine in /etc/shorewall/started"),
    ),
    Manager(
        "arno-iptables-firewall",
        frozenset({"EXT_INPUT_CHAIN", "INT_INPUT_CHAIN", "BASE_INPUT_CHAIN", "POST_INPUT_CHAIN", "HOST_BLOCK_SRC"}),
        message("restart the engine in /etc/arno-iptables-firewall/custom-rules"),
    ),
)
"""Source: ConfigServer csf.pl, APF's files/apf, Shorewall's Chains.pm and shorewall.conf(5), arno-iptables-firewall."""
_FEWEST = 2
"""The number of a manager's chains that proves it: a single name may be a coincidence."""

_CLEARS = re.compile(
    r"\bip6?tables(?:-legacy|-nft)?\b(?:\s+-\S+(?:\s+\w+)?)*?\s+(?:-F|--flush)\s*(?:$|[;&|])"
    r"|\bip6?tables(?:-legacy|-nft)?-restore\b(?!.*(?:--noflush|\s-n\b))"
    r"|\bnft\b.*\bflush\s+ruleset\b"
)
_AT_BOOT = ("/etc/rc.local", "/etc/rc.d/rc.local", "/etc/local.d/")
"""Folders of scripts that run only at boot, before the engine.  All others run repeatedly: those of cron and of links,
and the scripts that cron calls."""


def of_host(host: Host) -> Iterator[Finding]:
    """Yield the one state of a host that has such a manager, and whose running engine has lost all its rules in a
    table."""
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


def _managers(host: Host) -> Iterator[Manager]:
    chains = {
        chain.name
        for table in host.namespace(host.netns.name).ruleset.tables
        if table.name == "filter"
        for chain in table.chains
    }
    yield from (each for each in _MANAGERS if len(each.chains & chains) >= _FEWEST)


def _scripts(host: Host) -> Iterator[ScriptLine]:
    for each in host.boot_lines or ():
        if not each.unit and not each.path.startswith(_AT_BOOT) and _CLEARS.search(each.text):
            yield each


def _candidate(host: Host, lost: Missing, managers: tuple[Manager, ...], scripts: tuple[ScriptLine, ...]) -> Candidate:
    names = [each.name for each in managers] or [f"{each.path}:{each.number}" for each in scripts[:1]]
    named = ", ".join(names)
    return Candidate(
        title=message("{manager} has cleared the tables, and the engine's rules with them", manager=named)
        if managers
        else message("{manager} clears the tables, and the engine's rules with them", manager=named),
        detail=message(
            "The chains of {manager} are there, and of the rules of the running engine none is left. It clears the "
            "tables when it starts, and the engine does not notice.",
            manager=named,
        )
        if managers
        else message(
            "Of the rules of the running engine none is left, and the engine does not notice. This line clears them "
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
            *(Way(Change(()), (each.repair,), by_person=True) for each in managers),
            *(
                Way(
                    Change(()),
                    (
                        message(
                            "let {file} clear its own chains only, use `iptables-restore --noflush`, or restart the "
                            "engine at its end",
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
)
