"""Keeps a container engine's restored rules.

An engine's rules are never written into a file of saved rules, because the engine makes its rules itself.  The advice
names the programs that may have deleted the engine's rules.
"""

import msgspec

from hairpin.change.calls import BindInterface, Call, SetUnitState
from hairpin.change.change import AddChain, DeleteRule, InsertRule
from hairpin.change.expect import zone_of_interface
from hairpin.engines.missing import Missing
from hairpin.host.boot.rule_keeper import NFTABLES_CONF, unit
from hairpin.host.engine_health import health
from hairpin.host.host import Host
from hairpin.host.netns import Netns
from hairpin.message import Message, message
from hairpin.netfilter.evaluate.chain import rule_at
from hairpin.netfilter.meaning import Meaning, meaning
from hairpin.programs import IPTABLES_SERVICES, NETFILTER_PERSISTENT, NFTABLES, UFW
from hairpin.remedy.remedy import Lasting, Situation

WRITTEN_AT_START = message("do not save these rules: the engine writes them itself at each start")


def is_lost(part: AddChain | InsertRule, situation: Situation) -> bool:
    """Return whether the part adds a chain or rule that an engine of this host should have and that is missing."""
    if part.netns.is_rootless_dockerds:
        return any(_is_lost(part, lost) for lost in situation.lost)
    return part.netns.is_host and (any(_is_lost(part, lost) for lost in situation.lost) or is_moved(part, situation))


def is_moved(part: AddChain | InsertRule | DeleteRule, situation: Situation) -> bool:
    """Return whether the part deletes or inserts a rule that the change moves to the place where the engine puts it."""
    parts = situation.candidate.change.parts
    if isinstance(part, AddChain) or not any(isinstance(each, DeleteRule) for each in parts):
        return False
    inserted = {meaning(each.rule) for each in parts if isinstance(each, InsertRule) and each.netns.is_host}
    deleted = {_meaning_of(each, situation) for each in parts if isinstance(each, DeleteRule) and each.netns.is_host}
    moved = _meaning_of(part, situation) if isinstance(part, DeleteRule) else meaning(part.rule)
    wanted = (each.rule for lost in situation.lost for each in lost.wanted.rules)
    return moved in inserted & deleted and any(meaning(each) == moved for each in wanted)


def _meaning_of(part: DeleteRule, situation: Situation) -> Meaning | None:
    """Return the meaning of the rule that the part deletes; None if the ruleset lacks the rule."""
    rule = rule_at(situation.network.namespace(part.netns).ruleset, part.place)
    return meaning(rule) if rule is not None else None


def restores(situation: Situation) -> bool:
    """Return whether the change restores lost rules or chains of an engine."""
    edits = (part for part in situation.candidate.change.parts if isinstance(part, AddChain | InsertRule))
    return any(is_lost(each, situation) for each in edits)


def _is_lost(part: AddChain | InsertRule, lost: Missing) -> bool:
    place = (part.family, part.table, part.chain)
    if isinstance(part, AddChain):
        return any((each.family, each.table, each.chain) == place for each in lost.chains)
    return any(
        (each.family, each.table, each.chain) == place and meaning(each.rule) == meaning(part.rule)
        for each in lost.rules
    )


def restored(host: Host, netns: Netns) -> Lasting:
    """Return the advice about the engine's own rules in the namespace.

    The advice says that the engine makes its rules itself, and names the programs that may delete the rules again.
    Programs of the host touch only the host's own namespace."""
    if not netns.is_host:
        return Lasting(advice=(WRITTEN_AT_START,))
    return Lasting(advice=(WRITTEN_AT_START, *_who_may_have_flushed(host)))


def rules_allowed(situation: Situation) -> Lasting | None:
    """Return the advice about ``iptables=false``, if the repair makes rules that dockerd would make without this
    option.  Return None for any other repair.

    A person wrote the option, and dockerd without it makes all its other rules, too.  So no step removes the option."""
    written = situation.candidate.configured
    made = (each for each in situation.candidate.change.parts if isinstance(each, AddChain | InsertRule))
    if written is None or written.writer != "engine-option" or written.option.lstrip("-") != "iptables=false":
        return None
    if not any(each.chain == "DOCKER" for each in made):
        return None
    said = message(
        "no file keeps these rules: write them into the rules of whoever chose {option}. Without this option, dockerd "
        "makes them at its next start, together with all its other rules, and may set the policy of FORWARD to DROP",
        option=written.option,
    )
    return Lasting(advice=(said,))


def started(host: Host, calls: tuple[Call, ...]) -> Lasting:
    """Return the calls that let the engine start at boot.

    If no unit starts the engine at boot, a call enables its unit.  Other calls put the engine's bridges into the
    engine's zone in firewalld's files, because dockerd exits if its bridges are in another zone.  ``calls`` start the
    engine now."""
    bound = tuple(
        msgspec.structs.replace(each, permanent=True)
        for each in calls
        if isinstance(each, BindInterface) and _is_bound_elsewhere(host, each)
    )
    down = [each for each in health(host) if each.is_down]
    if all(each.enabled for each in down):
        return Lasting(calls=bound)
    # systemd enables no unit that a generator made: its file does
    made = {each.unit for each in host.quadlets if not each.runs}
    units = (each for each in calls if isinstance(each, SetUnitState) and each.verb == "start")
    enabled = (msgspec.structs.replace(each, verb="enable") for each in units if each.unit not in made)
    return Lasting(calls=(*bound, *enabled))


def _is_bound_elsewhere(host: Host, call: BindInterface) -> bool:
    """Return whether firewalld's files put the interface into another zone."""
    return zone_of_interface(host, call.interface, permanent=True) not in (None, call.zone)


def _who_may_have_flushed(host: Host) -> tuple[Message, ...]:
    """Return a sentence for each program of this host that deletes the engine's rules when it starts or reloads."""
    found: list[Message] = []
    if host.firewalld is not None and host.firewalld.running:
        found.append(
            message(
                "firewalld runs here, and a start of firewalld deletes the rules that container engines have put into "
                "iptables"
            )
        )
    loader = unit(host, *NFTABLES.units)
    if loader is not None and (loader.active == "active" or loader.is_enabled):
        found += [
            message(
                "{file} says `flush ruleset`: each start of {unit} deletes every rule", file=file.path, unit=loader.name
            )
            for file in host.files
            if file.path in NFTABLES_CONF and _flushes(file.text)
        ]
    for name in (IPTABLES_SERVICES.units[0], *NETFILTER_PERSISTENT.units, *UFW.units):
        service = unit(host, name)
        if service is not None and service.active == "active":
            found.append(
                message("{unit} is active: its restart replaces every table that its file names", unit=service.name)
            )
    return tuple(found)


def _flushes(script: str) -> bool:
    return any(line.split("#")[0].strip().rstrip(";") == "flush ruleset" for line in script.splitlines())
