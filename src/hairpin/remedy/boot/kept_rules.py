"""Adds rules and policies to the files from which this host loads rules, and deletes them from these files.

A rule that names a container's present address is never saved, because the container may have another address after its
next start.
"""

from collections.abc import Iterator
from typing import assert_never

import msgspec

from hairpin.change.calls import OfFirewalld, ReloadUfw
from hairpin.change.change import Change, DeleteRule, InsertRule, SetPolicy, WriteFile
from hairpin.change.simulation.rules import own_words
from hairpin.change.steps import steps
from hairpin.host.boot.configured import direct_rule, keeper_of, of_place
from hairpin.host.boot.rule_keeper import (
    RULES_V4,
    RULES_V6,
    SAVED_V4,
    SAVED_V6,
    SYSCONFIG_V4,
    SYSCONFIG_V6,
    is_nft_script,
    rule_keeper,
)
from hairpin.host.boot.saved_rules import (
    lines_of,
    rules_of,
    text_of,
    with_policy,
    with_rule,
    without_nft_line,
    without_rule,
)
from hairpin.host.host import Host
from hairpin.host.managers import ConfigFile
from hairpin.message import Message, message
from hairpin.netfilter.evaluate.chain import Place
from hairpin.netfilter.ir import Chain, FieldMatch, Jump, Nat, Outside, Rule
from hairpin.netfilter.meaning import unordered
from hairpin.network.prefix import Version, address_text
from hairpin.remedy.boot import kept_nft
from hairpin.remedy.boot.firewalld import direct, without_direct
from hairpin.remedy.boot.unit import by_loopback_unit, by_unit, is_of_loopback
from hairpin.remedy.remedy import Lasting, Situation

_UFW_DEFAULT = "/etc/default/ufw"
_BEFORE_RULES = ("/etc/ufw/before.rules", "/etc/ufw/before6.rules")
_OF_UFW = ("INPUT", "OUTPUT", "FORWARD")
"""The built-in chains from which ufw jumps to the chains in its file before.rules."""


def keeping_insertions(rules: tuple[InsertRule, ...], situation: Situation) -> Lasting:
    """Return the files or calls by which the host's own program keeps inserted rules."""
    if any(not rule.netns.is_host for rule in rules):
        said = message(
            "the rule is lost when the container stops: let the container's start add it (entrypoint or Compose file)"
        )
        return Lasting(advice=(said,))
    named = dict.fromkeys(found for rule in rules for found in addresses_of_today(rule.rule, situation.host))
    if named:
        return Lasting(advice=tuple(_only_today(address, name) for address, name in named))
    rewritten = {rule.chain: by.name for rule in rules if (by := keeper_of(_place_of(rule))) is not None}
    if rewritten:
        return Lasting(advice=tuple(_only_until(chain, program) for chain, program in rewritten.items()))
    if any(rule.dialect == "nft" for rule in rules):
        return kept_nft.nft_insertions(rules, situation)
    if foreign := dict.fromkeys(rule.chain for rule in rules if _is_of_nobody_known(rule, situation)):
        return Lasting(advice=tuple(_only_there(chain) for chain in foreign))
    if any(_needs_engine(rule) for rule in rules):
        return _by_unit(rules, situation)
    source = _source(rules, situation)
    match rule_keeper(situation.host):
        case "firewalld":
            firewalld = situation.host.firewalld
            return direct(rules, firewalld.direct if firewalld is not None else ())
        case "ufw":
            return _by_ufw(rules, source, situation)
        case "netfilter-persistent":
            return Lasting(files=_saved_files(RULES_V4, RULES_V6, rules, situation))
        case "iptables-services":
            return Lasting(files=_saved_files(SYSCONFIG_V4, SYSCONFIG_V6, rules, situation))
        case "nftables" | "none" if source:
            return _in_source(source, rules, situation)
        case "nftables" | "none":  # nftables.service loads an nft script, but these rules are in iptables' syntax
            return _by_unit(rules, situation)
        case _ as keeper:
            assert_never(keeper)


def _by_unit(rules: tuple[InsertRule, ...], situation: Situation) -> Lasting:
    """Return the unit that makes the rules at boot.  All rules for looped-back public addresses share one unit."""
    if all(map(is_of_loopback, rules)):
        return by_loopback_unit(situation)
    return by_unit(situation, situation.steps, rules)


def _only_today(address: str, name: str) -> Message:
    return message(
        "the rule names {address}, which {name} keeps only until its next start, so no file saves the rule. Create "
        "{name} with `--ip` on a network of its own, then save the rule",
        address=address,
        name=name,
    )


def _place_of(rule: InsertRule) -> Place:
    return Place(rule.dialect, rule.family, rule.table, rule.chain, 1, rule.rule.text)


def _only_until(chain: str, program: str) -> Message:
    return message(
        "no file keeps the rule: {program} writes chain {chain} anew when it starts or changes a network", chain=chain,
        program=program,
    )  # fmt: skip


def _is_of_nobody_known(rule: InsertRule, situation: Situation) -> bool:
    """Return whether an unknown program makes the rule's chain.

    The program is unknown if the chain is not built in, no engine makes it, and no file that was read contains it.  At
    boot, an unknown program may make the chain only after hairpin's unit has tried to add the rule."""
    if is_of_loopback(rule) or rule.chain.startswith("DOCKER"):
        return False
    if any(rule.chain in file.text for file in situation.host.files):
        return False
    chain = _chain(rule, situation)
    return chain is not None and chain.hook is None


def _only_there(chain: str) -> Message:
    return message(
        "save the rule in the file that makes chain {chain} at boot; no file that hairpin read makes this chain",
        chain=chain,
    )


def _needs_engine(rule: InsertRule) -> bool:
    """Return whether the rule is in an engine's chain or jumps to an engine's chain.

    A file that is loaded before the engine starts cannot contain a rule that needs the engine's chain.  The chain
    DOCKER-USER does not count, because a file may make this chain, and dockerd keeps its rules."""
    leads = (part.chain for part in rule.rule.body if isinstance(part, Jump))
    # If a rule was read without its table, its jump to an unknown chain is kept as ``Outside``.
    unknown = (part.name for part in rule.rule.body if isinstance(part, Outside))
    chains = {rule.chain, *leads, *unknown}
    return any(chain.startswith("DOCKER") and chain != "DOCKER-USER" for chain in chains)


def _source(rules: tuple[InsertRule, ...], situation: Situation) -> ConfigFile | None:
    """Return the saved file from which the rules' chains were loaded; None if there is no such file, or if there are
    several such files.

    A file counts as loaded if each of its rules for these chains is in the kernel.  The file's next load restores only
    the lines of the file, so a new rule in these chains lasts only if the rule is in this file."""
    found = {
        file.path: file
        for file in situation.host.files
        if all(file.path in (SAVED_V6 if each.family == "ip6" else SAVED_V4) for each in rules)
        and all(_fills(file, each, situation) for each in rules)
    }
    return next(iter(found.values())) if len(found) == 1 else None


def _fills(file: ConfigFile, rule: InsertRule, situation: Situation) -> bool:
    saved = rules_of(file, rule.family, rule.table, rule.chain)
    chain = _chain(rule, situation)
    present = {unordered(each) for each in (chain.rules if chain is not None else ())}
    return bool(saved) and all(unordered(each) in present for each in saved)


def _in_source(source: ConfigFile, rules: tuple[InsertRule, ...], situation: Situation) -> Lasting:
    said = message(
        "{file} contains the present rules of {chain}. Loading the file restores only the rules in it, so this rule is "
        "saved in the file",
        file=source.path,
        chain=", ".join(dict.fromkeys(each.chain for each in rules)),
    )
    return Lasting(files=_saved_files(source.path, source.path, rules, situation), advice=(said,))


def _by_ufw(rules: tuple[InsertRule, ...], source: ConfigFile | None, situation: Situation) -> Lasting:
    """Return ufw's files with the rules in ufw's own chains.

    A reload of ufw flushes ufw's own chains and loads them again.  The reload also flushes other chains that ufw's
    files fill, such as DOCKER-USER in ufw-docker's after.rules.  If ufw's files had a rule of a
    built-in chain, each reload would add the rule again.  Therefore hairpin's unit makes such a rule.

    If ufw's chains are missing in the kernel, a reload would restore the whole firewall, not only this rule.  hairpin
    does not simulate a reload that restores the whole firewall.  A person has to reload ufw, or the files take effect
    at the next boot."""
    known = all(situation.file(_BEFORE_RULES[rule.family == "ip6"]) is not None for rule in rules)
    if source is not None and "/ufw/" in source.path and all(rule.chain not in _OF_UFW for rule in rules):
        kept = _in_source(source, rules, situation)
        return msgspec.structs.replace(kept, calls=(ReloadUfw(),) if kept.files else ())
    if not known or any(rule.table != "filter" or rule.chain not in _OF_UFW for rule in rules):
        return _by_unit(rules, situation)
    prefix = {rule: "ufw6-before-" if rule.family == "ip6" else "ufw-before-" for rule in rules}
    moved = tuple(_in_chain(rule, f"{prefix[rule]}{rule.chain.lower()}") for rule in rules)
    files = _saved_files(*_BEFORE_RULES, moved, situation)
    if all(_chain(rule, situation) is not None for rule in moved):
        return Lasting(files=files, calls=(ReloadUfw(),))
    return Lasting(
        files=files,
        advice=(
            message(
                "ufw is enabled, but its rules are gone from the kernel. `ufw reload` puts all of these rules back. "
                "Connections that these rules drop then stop working"
            ),
        ),
    )


def _chain(rule: InsertRule, situation: Situation) -> Chain | None:
    """Return the rule's chain as it was read from the kernel; None if the kernel does not have the chain."""
    table = situation.network.namespace(rule.netns).ruleset.table(rule.family, rule.table, rule.dialect)
    return table.chain(rule.chain) if table is not None else None


def _in_chain(rule: InsertRule, chain: str) -> InsertRule:
    text = f"-A {chain} {own_words(rule.rule, rule.chain)}"
    replace = msgspec.structs.replace
    return replace(rule, chain=chain, rule=replace(rule.rule, text=text))


def _saved_files(
    file_v4: str, file_v6: str, rules: tuple[InsertRule, ...], situation: Situation
) -> tuple[WriteFile, ...]:
    """Return the saved files with the rules added.  A file that already has a rule is not changed for this rule.  Each
    rule is inserted at the head of its chain, so the last rule is inserted first."""
    texts: dict[str, str] = {}
    for rule in reversed(rules):
        path = file_v6 if rule.family == "ip6" else file_v4
        before = situation.file(path)
        text = texts.get(path, before.text if before is not None else "")
        if without_rule(ConfigFile(path, text), rule.family, rule.table, rule.chain, rule.rule.text) is None:
            texts[path] = with_rule(text, rule.table, rule.chain, rule.rule.text)
    return tuple(WriteFile(situation.host.name, path, text) for path, text in texts.items())


def keeping_deletions(parts: tuple[DeleteRule, ...], situation: Situation) -> Lasting:
    """Return the saved files without the rules, and the calls that delete firewalld's --direct rules."""
    edited: dict[str, WriteFile] = {}
    calls: dict[OfFirewalld, None] = {}
    advice: list[Message] = []
    for part in parts:
        if part.netns.is_rootless_dockerds:
            advice.append(message("the rule is lost when the user's dockerd ends, with the namespace that it is in"))
            continue
        if not part.netns.is_host:
            advice.append(
                message("the rule is inside a container: the program that adds it there has to stop adding it")
            )
            continue
        found = _without_rule(part.place, situation, edited)
        edited |= {each.path: each for each in found}
        direct_one = direct_rule(part.place, situation.host)
        call = without_direct(direct_one) if direct_one is not None else None
        calls |= {call: None} if call is not None else {}
        files = (*(each.path for each in found), *((direct_one.file,) if direct_one is not None else ()))
        advice.append(_advice(part.place, files))
    return Lasting(files=tuple(edited.values()), calls=tuple(calls), advice=tuple(advice))


def _without_rule(place: Place, situation: Situation, edited: dict[str, WriteFile]) -> list[WriteFile]:
    """Return the saved files that contain the rule, with the rule deleted."""
    found: list[WriteFile] = []
    for file in situation.host.files:
        earlier = edited.get(file.path)
        now = ConfigFile(file.path, earlier.text or "") if earlier is not None else file
        content = _without(place, now)
        if content is not None:
            found.append(WriteFile(situation.host.name, file.path, content))
    return found


def _without(place: Place, file: ConfigFile) -> str | None:
    if place.dialect == "nft":
        return without_nft_line(file, place.chain, place.text) if is_nft_script(file.path) else None
    saved = SAVED_V6 if place.family == "ip6" else SAVED_V4
    if file.path not in saved:
        return None
    return without_rule(file, place.family, place.table, place.chain, place.text)


def _advice(place: Place, files: tuple[str, ...]) -> Message:
    if files:
        return message(
            "{files} brings the rule back at the next boot or reload: delete the rule there, too",
            files=", ".join(files),
        )
    return message(
        "somebody may need this rule ({table} {chain}): ask before you delete it. No saved ruleset that hairpin read "
        "contains the rule, so a script or program may add it again",
        table=place.table,
        chain=place.chain,
    )


def policy_at_boot(part: SetPolicy, situation: Situation) -> Lasting:
    """Return the file, call or unit that sets the base chain's policy at each boot."""
    if rule_keeper(situation.host) in ("ufw", "netfilter-persistent", "iptables-services"):
        wanted = msgspec.structs.replace(part.place, number=0, text=f"-P {part.place.chain} {part.policy.upper()}")
        if of_place(wanted, situation.host) is not None:
            return Lasting()
        found = _with_policy(part, situation)
        if found:
            return Lasting(files=tuple(found))
    return by_unit(situation, steps(Change((part,)), situation.network))


def policies(parts: tuple[SetPolicy, ...], situation: Situation) -> Lasting:
    """Return the files that set the policies.

    A file can rarely keep FORWARD's policy at ACCEPT, because dockerd sets this policy to DROP."""
    files: dict[str, WriteFile] = {}
    advice: list[Message] = []
    for part in parts:
        if part.netns.is_rootless_dockerds:
            advice.append(message("the rule is lost when the user's dockerd ends, with the namespace that it is in"))
            continue
        if not part.netns.is_host:
            continue
        found = _with_policy(part, situation)
        files |= {each.path: each for each in found}
        if not found:
            advice.append(
                message(
                    "no saved ruleset that hairpin read sets the policy of {table} {chain}",
                    table=part.place.table,
                    chain=part.place.chain,
                )
            )
    return Lasting(files=tuple(files.values()), advice=tuple(advice))


def _with_policy(part: SetPolicy, situation: Situation) -> list[WriteFile]:
    place = part.place
    if rule_keeper(situation.host) == "ufw" and place.chain == "FORWARD":
        file = situation.file(_UFW_DEFAULT)
        wanted = f'DEFAULT_FORWARD_POLICY="{part.policy.upper()}"'
        lines = lines_of(file.text) if file is not None else []
        changed = [wanted if line.startswith("DEFAULT_FORWARD_POLICY=") else line for line in lines]
        if file is not None and changed != lines:
            return [WriteFile(situation.host.name, _UFW_DEFAULT, text_of(changed))]
    found: list[WriteFile] = []
    for file in situation.host.files:
        if place.dialect == "nft" or file.path not in (SAVED_V6 if place.family == "ip6" else SAVED_V4):
            continue
        content = with_policy(file.text, place.table, place.chain, part.policy)
        if content is not None:
            found.append(WriteFile(situation.host.name, file.path, content))
    return found


def addresses_of_today(rule: Rule, host: Host) -> Iterator[tuple[str, str]]:
    """Yield each address of a container that the rule names, with the container's name."""
    for version, value in _named(rule):
        for container in host.containers():
            endpoints = host.engine_of(container).endpoints_of(container)
            own = ((each.ipv4 if version == 4 else each.ipv6) for each in endpoints)
            if value in own:
                yield address_text(value, version), container.name


def _named(rule: Rule) -> Iterator[tuple[Version, int]]:
    for part in rule.body:
        if isinstance(part, FieldMatch) and part.field in ("saddr4", "daddr4", "saddr6", "daddr6"):
            version: Version = 4 if part.field.endswith("4") else 6
            for first, last in part.ranges:
                if first == last:
                    yield version, first
        elif isinstance(part, Nat) and part.addresses is not None and part.addresses[0] == part.addresses[1]:
            yield (6 if part.version == 6 else 4), part.addresses[0]
