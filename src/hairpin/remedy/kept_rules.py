"""Puts rules and policies into the files from which this host loads them, and takes them out."""

import re
import shlex
from typing import assert_never

from hairpin.change.calls import ReloadUfw, SetUnitState
from hairpin.change.change import DeleteRule, InsertRule, SetPolicy, WriteFile
from hairpin.change.text import all_shown
from hairpin.host.boot.rule_keeper import (
    NFTABLES_CONF,
    RULES_V4,
    RULES_V6,
    SAVED_V4,
    SAVED_V6,
    SYSCONFIG_V4,
    SYSCONFIG_V6,
    rule_keeper,
)
from hairpin.host.boot.saved_rules import with_policy, with_rule, without_nft_line, without_rule
from hairpin.host.managers import ConfigFile
from hairpin.message import Message, message
from hairpin.netfilter.evaluate.chain import Place
from hairpin.remedy.firewalld import direct
from hairpin.remedy.remedy import Lasting, Situation

_UFW_DEFAULT = "/etc/default/ufw"


def inserted(rules: tuple[InsertRule, ...], situation: Situation) -> Lasting:
    """Return what keeps inserted rules: files or calls of the program that keeps this host's rules."""
    if any(not rule.netns.is_host for rule in rules):
        return Lasting(advice=(message("the rule is gone with the container: it belongs into what starts it"),))
    if any(rule.dialect == "nft" for rule in rules):
        return _nft(rules, situation)
    match rule_keeper(situation.host):
        case "firewalld":
            return direct(rules)
        case "ufw":
            return Lasting(
                files=_saved_files("/etc/ufw/before.rules", "/etc/ufw/before6.rules", rules, situation),
                calls=(ReloadUfw(),),
            )
        case "netfilter-persistent":
            return Lasting(files=_saved_files(RULES_V4, RULES_V6, rules, situation))
        case "iptables-services":
            return Lasting(files=_saved_files(SYSCONFIG_V4, SYSCONFIG_V6, rules, situation))
        case "nftables" | "none":  # nftables.service loads a script of nft; these rules are iptables' words
            return _by_unit(situation)
        case _ as keeper:
            assert_never(keeper)


def _saved_files(
    file_v4: str, file_v6: str, rules: tuple[InsertRule, ...], situation: Situation
) -> tuple[WriteFile, ...]:
    """Return the saved files with the rules in them.  Each rule goes in front of those already inserted, so the last
    rule is inserted first."""
    texts: dict[str, str] = {}
    for rule in reversed(rules):
        path = file_v6 if rule.family == "ip6" else file_v4
        before = situation.file(path)
        text = texts.get(path, before.text if before is not None else "")
        texts[path] = with_rule(text, rule.table, rule.chain, rule.rule.text)
    return tuple(WriteFile(situation.host.name, path, text) for path, text in texts.items())


def _nft(rules: tuple[InsertRule, ...], situation: Situation) -> Lasting:
    """Return advice with a line for the script that makes the table.  hairpin does not edit a hand-written script."""
    script = next((file.path for file in situation.host.files if file.path in NFTABLES_CONF), NFTABLES_CONF[0])
    return Lasting(
        advice=tuple(
            message(
                "to keep it, write this line first into chain {chain} of table {table} in {file}: {line}",
                chain=rule.chain,
                table=rule.table,
                file=script,
                line=rule.rule.text,
            )
            for rule in rules
        )
    )


def _by_unit(situation: Situation) -> Lasting:
    """Return a systemd unit that makes the rules after the engine has started, for a host on which nothing saves
    rules."""
    name = f"hairpin-{re.sub(r'[^a-z0-9-]', '-', situation.cause)}.service"
    starts = "\n".join(f"ExecStart=/bin/sh -c {shlex.quote(each)}" for each in all_shown(situation.steps))
    content = (
        f"[Unit]\nDescription=Rules that hairpin proposed: {situation.cause}\n"
        "After=network.target docker.service\n\n"
        f"[Service]\nType=oneshot\nRemainAfterExit=yes\n{starts}\n\n"
        "[Install]\nWantedBy=multi-user.target\n"
    )
    path = f"/etc/systemd/system/{name}"
    return Lasting(
        files=(WriteFile(situation.host.name, path, content),),
        calls=(SetUnitState("enable", name),),
        advice=(message("nothing on this host saves rules; a unit of its own makes this one again at boot"),),
    )


def deleted(parts: tuple[DeleteRule, ...], situation: Situation) -> Lasting:
    """Return the saved files that would bring the rules back, without these rules."""
    edited: dict[str, WriteFile] = {}
    advice: list[Message] = []
    for part in parts:
        if not part.netns.is_host:
            advice.append(message("the rule is inside a container: whoever puts it there has to stop doing so"))
            continue
        found = _without_rule(part.place, situation, edited)
        edited |= {each.path: each for each in found}
        advice.append(_advice(part.place, found))
    return Lasting(files=tuple(edited.values()), advice=tuple(advice))


def _without_rule(place: Place, situation: Situation, edited: dict[str, WriteFile]) -> list[WriteFile]:
    """Return the saved files that hold the rule, without it."""
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
        is_script = file.path in NFTABLES_CONF or file.path.endswith(".nft") or "/nftables" in file.path
        return without_nft_line(file, place.chain, place.text) if is_script else None
    saved = SAVED_V6 if place.family == "ip6" else SAVED_V4
    if file.path not in saved:
        return None
    return without_rule(file, place.family, place.table, place.chain, place.text)


def _advice(place: Place, found: list[WriteFile]) -> Message:
    if found:
        return message(
            "{files} brings the rule back at the next boot or reload: take it out there too",
            files=", ".join(each.path for each in found),
        )
    return message(
        "no saved ruleset that was read holds this rule ({table} {chain}): find the script or program that adds it, or "
        "it comes back",
        table=place.table,
        chain=place.chain,
    )


def policies(parts: tuple[SetPolicy, ...], situation: Situation) -> Lasting:
    """Return the files that set the policies.  dockerd sets that of FORWARD to DROP itself, so a file rarely keeps it
    at ACCEPT."""
    files: dict[str, WriteFile] = {}
    advice: list[Message] = []
    for part in parts:
        if not part.netns.is_host:
            continue
        found = _with_policy(part, situation)
        files |= {each.path: each for each in found}
        if not found:
            advice.append(
                message(
                    "no saved ruleset that was read sets the policy of {table} {chain}",
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
        lines = file.text.splitlines() if file is not None else []
        changed = [wanted if line.startswith("DEFAULT_FORWARD_POLICY=") else line for line in lines]
        if file is not None and changed != lines:
            return [WriteFile(situation.host.name, _UFW_DEFAULT, "\n".join(changed) + "\n")]
    found: list[WriteFile] = []
    for file in situation.host.files:
        if place.dialect == "nft" or file.path not in (SAVED_V6 if place.family == "ip6" else SAVED_V4):
            continue
        content = with_policy(file.text, place.table, place.chain, part.policy)
        if content is not None:
            found.append(WriteFile(situation.host.name, file.path, content))
    return found
