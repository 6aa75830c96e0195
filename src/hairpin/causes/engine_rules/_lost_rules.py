"""Container engine rules that this host lacks, and candidates that restore exactly these rules.

Several causes use the same list of lost rules.  The lost element (a whole chain, a jump to a chain, one rule) and the
packet's stop decide which cause makes the candidate.

Lines of scripts, cron tables and units may delete an engine's rules.  The report tells only the effect that a deleting
line has when it runs, because no reading shows which lines have run.
"""

import re
import shlex
from collections.abc import Callable
from itertools import pairwise

import msgspec

from hairpin.causes.engine_rules._makers import CHECK_BUG, judgement, makers_of
from hairpin.causes.kit import RULE_STOPS, Candidate, Host, Iterator, Message, OfLostRules, View, message
from hairpin.causes.order import Class
from hairpin.change.change import Change, SetPolicy
from hairpin.engines.docker.dockerd import INGRESS
from hairpin.engines.expected import ExpectedChain, ExpectedRule
from hairpin.engines.missing import Missing, is_flushed, loss_text, missing_in
from hairpin.engines.repair.closing import opened_policies, said_of_policy
from hairpin.engines.repair.restoring import restoring, restoring_all
from hairpin.host.boot.rule_keeper import NFTABLES_CONF
from hairpin.host.docker import Engine
from hairpin.host.managers import ScriptLine
from hairpin.walk.state import Reason

UNTRANSLATED: frozenset[Reason] = frozenset({"no-listener", "never-accepts", "wrong-answer", *RULE_STOPS})
"""Stops of a packet to a published port that no rule translated to its container."""
OWNED_BY_ENGINE = message("dockerd recreates these rules only at its next start: find out what removed them")
_NAMED = 2
"""The greatest number of script lines that a message quotes."""
_IPTABLES = re.compile(r"(?:^|[\s;&|/])(ip6?tables)(?:-legacy|-nft)?(-restore)?(?=\s|$)([^;&|]*)")
_NFT_TABLE = re.compile(r"^\s*table\s+(?:(ip6?|inet|arp|bridge|netdev)\s+)?([\w-]+)\s*\{", re.MULTILINE)
_NFT = re.compile(r"(?:^|[\s;&|/])nft\s+([^;&|]*)")


class Lost(msgspec.Struct, frozen=True):
    """The chains and rules that one engine has lost in the tables of the flow's address family."""

    engine: Engine
    missing: Missing
    chains: tuple[ExpectedChain, ...]
    rules: tuple[ExpectedRule, ...]

    def in_table(self, table: str) -> "Lost":
        """Return the lost chains and rules of one table."""
        return msgspec.structs.replace(
            self,
            chains=tuple(each for each in self.chains if each.table == table),
            rules=tuple(each for each in self.rules if each.table == table),
        )

    def of(self, *purposes: str) -> tuple[ExpectedRule, ...]:
        """Return the lost rules whose purpose is one of ``purposes``."""
        return tuple(each for each in self.rules if each.purpose in purposes)


def losses(view: View, *, mesh: bool = False) -> Iterator[Lost]:
    """Yield the lost chains and rules of each Docker engine, in the flow's address family.  If ``mesh`` is true, yield
    only the rules for ports that swarm services publish.  If ``mesh`` is false, yield all lost rules except the rules
    for ports that swarm services publish."""
    family = "ip" if view.flow.version == 4 else "ip6"
    for engine, missing in missing_in(view.host, view.host_netns):
        if engine.kind != "docker":
            continue  # another cause is about Podman's lost rules
        part = Lost(
            engine,
            missing,
            tuple(each for each in missing.chains if each.family == family and (each.chain == INGRESS) is mesh),
            tuple(each for each in missing.rules if each.family == family and (each.purpose == "mesh") is mesh),
        )
        if part.chains or part.rules:
            yield part


def jumps_from(part: Lost, chain: str) -> tuple[ExpectedRule, ...]:
    """Return the lost jump rules of the built-in chain ``chain``."""
    return tuple(each for each in part.of("jump") if each.chain == chain)


def lost_translation(view: View) -> bool:
    """Return whether the packet came to the host itself only because the engine's rule that translates it to a
    container is lost.  The packet came in by a link that is no bridge of this engine."""
    if view.stop.stage != "input" or not view.on_host:
        return False
    for part in losses(view):
        bridges = {each.bridge for each in part.engine.networks}
        ports = {each.binding.host_port for each in part.of("dnat") if each.binding is not None}
        if view.stop.seen.iif not in bridges and (jumps_from(part, "PREROUTING") or view.flow.dport in ports):
            return True
    return False


def by_loss(
    table: str,
    lacks: Callable[[Lost], bool],
    title: Message | Callable[[Lost], Message],
    detail: Message | Callable[[Lost], Message],
    *,
    rules_of: tuple[str, ...] = (),
    in_class: Class = "lost-engine-rule",
) -> Callable[[View], Iterator[Candidate]]:
    """Return the function that yields a candidate for each engine whose loss in the table satisfies ``lacks``.
    ``title`` and ``detail`` may be functions, which get the loss and return the message.  ``rules_of``: if given, the
    candidate restores only rules of these purposes."""

    def find(view: View) -> Iterator[Candidate]:
        for each in losses(view):
            part = each.in_table(table)
            if not lacks(part):
                continue
            if rules_of:
                part = msgspec.structs.replace(part, chains=(), rules=part.of(*rules_of))
            said = (one(part) if callable(one) else one for one in (title, detail))
            yield candidate(view, part, *said, in_class=in_class)

    return find


def candidate(
    view: View, part: Lost, title: Message, detail: Message, *, in_class: Class = "lost-engine-rule"
) -> Candidate:
    """Return the candidate that restores the lost chains and rules of ``part``.  After a flush, the candidate restores
    all rules that the engine lacks.

    A flush is a single fault, whichever lost rule the packet needs first, so one change restores all rules.
    """
    netns, namespace = view.host_netns, view.host_namespace
    advice: tuple[Message, ...] = ()
    if is_flushed(part.missing):
        opened = opened_policies(part.missing, part.engine, view.network) if netns.is_host else ()
        advice = tuple(map(said_of_policy, opened))
        part = msgspec.structs.replace(part, chains=part.missing.chains, rules=part.missing.rules)
        title = message(
            "Docker's rules were flushed: {lost} are gone", lost=loss_text(len(part.rules), len(part.chains))
        )
        change = restoring_all(part.missing, netns, namespace)
        closing = (SetPolicy(netns, each.place, "drop") for each in opened if each.kept is None)
        change = Change((*change.parts, *closing))
    else:
        change = restoring(netns, namespace, part.missing, part.chains, part.rules)
    where = OfLostRules(part.chains, part.rules)
    makers = makers_of(msgspec.structs.replace(part.missing, chains=part.chains, rules=part.rules), view.host)
    confused = CHECK_BUG in makers and judgement(view.host) == "confuses"  # dockerd's next start omits the rules again
    return Candidate(
        title=title,
        detail=detail,
        change=change,
        where=where,
        in_class=in_class,
        evidence=_evidence(view, part, where.tables),
        side_effects=() if confused else (_author(view.host, part),),
        advice=advice,
        made_by=makers,
    )


def _author(host: Host, part: Lost) -> Message:
    """Return the message that quotes the script lines which delete the lost rules.  If no script deletes the rules, the
    message says that the deleting program is unknown."""
    chains: dict[tuple[str, str], set[str]] = {}
    for rule in part.rules:
        chains.setdefault((rule.family, rule.table), set()).add(rule.chain)
    for each in part.chains:
        chains.setdefault((each.family, each.table), set()).add(each.chain)
    lines = [
        line
        for (family, table), names in chains.items()
        for line in _deleting_lines(host, family, table, frozenset(names))
    ]
    return _lines_told(tuple(dict.fromkeys(lines))) if lines else OWNED_BY_ENGINE


def _evidence(view: View, part: Lost, tables: tuple[str, ...]) -> tuple[str, ...]:
    dialect = part.missing.dialect
    read = [
        table.evidence
        for table in view.host_namespace.ruleset.tables
        if table.dialect == dialect and table.name in tables
    ]
    return tuple(dict.fromkeys(each for each in (*read, part.engine.evidence) if each))


def _deleting_lines(host: Host, family: str, table: str, chains: frozenset[str]) -> tuple[ScriptLine, ...]:
    """Return the script lines that flush one of these chains, or the whole table, when they run: lines of scripts, and
    of nftables' own file if the host has the tables of this file."""
    own = "ip6" if family == "ip6" else "ip"
    lines = (each for each in host.boot_lines or () if deletes(each.text, own, table, chains))
    loaded = (each for each in _loaded_by_nft(host) if _flushed_by_nft(_words(each.text), own, table, chains))
    return (*lines, *loaded)


def _loaded_by_nft(host: Host) -> Iterator[ScriptLine]:
    """Yield the lines of the files of nftables.service whose tables the host has: such a file was loaded.  A file that
    was never loaded deletes nothing."""
    held = {(each.family, each.name) for each in host.namespace(host.netns.name).ruleset.tables}
    for file in (each for each in host.files if each.path in NFTABLES_CONF):
        made = {(family or "ip", name) for family, name in _NFT_TABLE.findall(file.text)}
        if made and made <= held:
            for number, line in enumerate(file.text.splitlines(), start=1):
                yield ScriptLine(file.path, number, line.rstrip("; "), evidence=file.evidence)


def deletes(text: str, family: str, table: str, chains: frozenset[str]) -> bool:
    """Return whether a command of the line flushes one of the chains, or the whole table.

    Source: iptables(8) ``-F`` and ``-X`` without a chain, iptables-restore(8), nft(8)"""
    program = "ip6tables" if family == "ip6" else "iptables"
    for name, restores, rest in _IPTABLES.findall(text):
        if name == program and (_replaces(rest) if restores else _flushes(_words(rest), table, chains)):
            return True
    return any(_flushed_by_nft(_words(rest), family, table, chains) for rest in _NFT.findall(text))


def _words(text: str) -> list[str]:
    try:
        return shlex.split(text, comments=True)
    except ValueError:  # the line ends inside a quoted text
        return text.split()


def _replaces(rest: str) -> bool:
    words = _words(rest)
    return "--noflush" not in words and "-n" not in words


def _flushes(words: list[str], table: str, chains: frozenset[str]) -> bool:
    named = next((value for word, value in pairwise(words) if word in ("-t", "--table")), "") or "filter"
    at = next((number for number, word in enumerate(words) if word in ("-F", "--flush")), None)
    if at is None or named != table:
        return False
    chain = next((word for word in words[at + 1 : at + 2] if not word.startswith(("-", ">", "2>"))), None)
    return chain is None or chain in chains


def _flushed_by_nft(words: list[str], family: str, table: str, chains: frozenset[str]) -> bool:
    match [word.strip("'\"") for word in words if not word.startswith("-")]:
        case ["flush", "ruleset", *rest]:
            return rest[:1] in ([], [family])
        case ["flush" | "delete" | "destroy", "table", *place]:
            return _of_family(place, family) == (table,)
        case ["flush", "chain", *place]:
            found = _of_family(place, family)
            return found is not None and found[:1] == (table,) and found[1:2] != () and found[1] in chains
        case _:
            return False


def _of_family(place: list[str], family: str) -> tuple[str, ...] | None:
    """Return the words after the address family, or None if the words name another family.  nft's default family is
    ``ip``."""
    if place[:1] and place[0] in ("ip", "ip6", "inet", "arp", "bridge", "netdev"):
        return tuple(place[1:]) if place[0] == family else None
    return tuple(place) if family == "ip" else None


def _lines_told(lines: tuple[ScriptLine, ...]) -> Message:
    """Return the message that quotes the first of these script lines."""
    return message(
        "dockerd would recreate these rules at its next start. These lines delete such rules whenever they run: "
        "{lines}",
        lines="; ".join(f"{each.path}:{each.number}: `{each.text.strip()}`" for each in lines[:_NAMED]),
    )
