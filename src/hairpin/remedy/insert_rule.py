"""Inserts a rule of the administrator's own: kept by whatever manages the firewall of this host."""

import re
import shlex

from hairpin.change.change import AddChain, InsertRule, Primitive
from hairpin.host.managers import ConfigFile
from hairpin.message import message
from hairpin.remedy.manager import (
    NFTABLES_CONF,
    RULES_V4,
    RULES_V6,
    SYSCONFIG_V4,
    SYSCONFIG_V6,
    manager,
)
from hairpin.remedy.remedy import Lasting, PersistFile, RemedyKind, Situation
from hairpin.remedy.saved_rules import with_rule


def _handles(part: Primitive, situation: Situation) -> bool:
    del situation
    return isinstance(part, (InsertRule, AddChain))


def _lasting(parts: tuple[Primitive, ...], situation: Situation) -> Lasting:
    rules = tuple(part for part in parts if isinstance(part, InsertRule))
    if any(not rule.netns.is_host for rule in rules):
        return Lasting(advice=(message("the rule is gone with the container: it belongs into what starts it"),))
    if any(rule.dialect == "nft" for rule in rules):
        return _nft(rules, situation)
    match manager(situation.host):
        case "firewalld":
            return Lasting(
                commands=tuple(_direct(rule) for rule in rules),
                advice=(message("firewalld runs here: its --direct rules survive its reloads, plain rules do not"),),
            )
        case "ufw":
            return Lasting(
                files=_into("/etc/ufw/before.rules", "/etc/ufw/before6.rules", rules, situation),
                commands=("ufw reload",),
            )
        case "netfilter-persistent":
            return Lasting(files=_into(RULES_V4, RULES_V6, rules, situation))
        case "iptables-services":
            return Lasting(files=_into(SYSCONFIG_V4, SYSCONFIG_V6, rules, situation))
        case _:
            return _by_unit(situation)


def _into(file_v4: str, file_v6: str, rules: tuple[InsertRule, ...], situation: Situation) -> tuple[PersistFile, ...]:
    """Return the saved files with the rules in them; positions count from the last rule, so that their order holds."""
    texts: dict[str, str] = {}
    for rule in reversed(rules):
        path = file_v6 if rule.family == "ip6" else file_v4
        before = situation.file(path)
        text = texts.get(path, before.text if before is not None else "")
        texts[path] = with_rule(text, rule.table, rule.chain, rule.rule.text)
    return tuple(PersistFile(path, text, _text(situation.file(path))) for path, text in texts.items())


def _text(file: ConfigFile | None) -> str | None:
    return file.text if file is not None else None


def _direct(rule: InsertRule) -> str:
    family = "ipv6" if rule.family == "ip6" else "ipv4"
    words = rule.rule.text.removeprefix(f"-A {rule.chain} ")
    return f"firewall-cmd --permanent --direct --add-rule {family} {rule.table} {rule.chain} 0 {words}"


def _nft(rules: tuple[InsertRule, ...], situation: Situation) -> Lasting:
    """A line for the script that makes the table; hairpin does not know where in a hand-written script it belongs."""
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
    """Nobody saves rules here: a unit that makes them after the engine has started, and nothing else."""
    name = f"hairpin-{re.sub(r'[^a-z0-9-]', '-', situation.cause)}.service"
    starts = "\n".join(f"ExecStart=/bin/sh -c {shlex.quote(each)}" for each in situation.commands)
    content = (
        f"[Unit]\nDescription=Rules that hairpin proposed: {situation.cause}\n"
        "After=network.target docker.service\n\n"
        f"[Service]\nType=oneshot\nRemainAfterExit=yes\n{starts}\n\n"
        "[Install]\nWantedBy=multi-user.target\n"
    )
    path = f"/etc/systemd/system/{name}"
    return Lasting(
        files=(PersistFile(path, content, _text(situation.file(path))),),
        commands=(f"systemctl enable {name}",),
        advice=(message("nothing on this host saves rules; a unit of its own makes this one again at boot"),),
    )


REMEDY = RemedyKind(id="insert-rule", order=25, handles=_handles, lasting=_lasting)
