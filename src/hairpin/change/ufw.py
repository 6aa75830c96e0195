"""The effect of ufw's own commands on the kernel's rules, and on the files from which ufw restores these rules.

Source: ufw's ufw/backend_iptables.py set_rule(): ufw-user-input, -output and -forward; the same for ufw6-
"""

import re
from collections.abc import Iterator
from typing import Literal

import msgspec

from hairpin.change.calls import AllowInUfw, ReloadUfw
from hairpin.change.change import Change, InsertRule, WriteFile
from hairpin.host.boot.saved_rules import rule_line, rules_of, with_rule
from hairpin.host.host import Host
from hairpin.host.managers import ConfigFile, UfwAction
from hairpin.host.netns import Netns
from hairpin.netfilter.address import parse_address
from hairpin.netfilter.evaluate.chain import Place
from hairpin.netfilter.iptables.spelled import spelled
from hairpin.netfilter.ir import Chain, Expression, Field, FieldMatch, Jump, NameMatch, Reject, Rule, Ruleset, Verdict
from hairpin.netfilter.meaning import unordered
from hairpin.netfilter.packet import TCP, UDP

_FAMILIES: tuple[tuple[Literal["ip", "ip6"], str], ...] = (("ip", "ufw"), ("ip6", "ufw6"))

_FILES = {"ip": ("/etc/ufw/user.rules", "/lib/ufw/user.rules"), "ip6": ("/etc/ufw/user6.rules", "/lib/ufw/user6.rules")}
_TUPLE = "### tuple ###"


class SameTuple(msgspec.Struct, frozen=True):
    """A rule of ufw for the same packets as another rule of ufw.

    ufw has at most one such rule: it compares ports, protocol, addresses, applications, links and direction, and
    neither the action nor the log type nor the comment.  ``texts``: the rules that ufw made of it, as iptables-save
    lists them; ``number``: the place of the first one that decides.  Source: ufw/common.py UFWRule.match()"""

    action: UfwAction
    number: int
    texts: tuple[str, ...]
    is_logged: bool


def ufw_change(call: AllowInUfw, stopping: Place, netns: Netns, host: Host) -> Change | None:
    """Return the change with which ufw lets in what ``call`` is about, if the rule or policy ``stopping`` stops it now;
    None if ufw's chains are missing, or if no command of ufw helps.

    If ufw has a rule for the same packets, ``ufw allow`` gives this rule another action and leaves it in its place, and
    ``ufw prepend`` and ``ufw insert`` do nothing (``Skipping inserting existing rule``).  So a rule that has to come
    first is deleted before.  Source: ufw/backend_iptables.py set_rule()"""
    ruleset = host.namespace(netns.name).ruleset
    found = [(part, same_tuple(part, host)) for part in ufw_allow_rules(call, netns, ruleset)]
    held = [each for _, each in found if each is not None]
    if not held:
        kept = _rules_back([part for part, _ in found], stopping, host)
        return Change(kept, (ReloadUfw(),)) if kept else Change(tuple(part for part, _ in found), (call,))
    own = next((each for part, each in found if part.family == stopping.family and each is not None), None)
    replace = msgspec.structs.replace
    if not call.first or (own is not None and _is_of(own, stopping)):
        other = next((each.action for each in held if each.action != "allow"), None)
        plain = replace(call, first=False, replaces=other or "allow")
        parts = tuple(_in_place(part, each) for part, each in found if each is None or each.action != "allow")
        return Change(parts, (plain,)) if other is not None else None
    calls = _calls_to_move(call, held)
    return Change(tuple(part for part, _ in found), calls)


def _is_of(own: SameTuple, stopping: Place) -> bool:
    return stopping.number == own.number or (own.action == "limit" and "-user-limit" in stopping.chain)


def _calls_to_move(call: AllowInUfw, held: list[SameTuple]) -> tuple[AllowInUfw, ...]:
    """Return the calls that delete ufw's rules for the same packets, and put the rule of ``call`` first.

    ``ufw delete`` finds a rule only with its action and its log type.  ``ufw allow`` makes one form of all."""
    replace = msgspec.structs.replace
    actions = dict.fromkeys(each.action for each in held)
    if any(each.is_logged for each in held) or len(actions) > 1:
        other = next((each for each in actions if each != "allow"), "allow")
        plain = replace(call, first=False, replaces=other)
        return plain, replace(call, first=False, deleted=True), call
    return *(replace(call, first=False, deleted=True, action=each) for each in actions), call


def _in_place(part: InsertRule, same: SameTuple | None) -> InsertRule:
    """Return the part at the place of the rule that it replaces.  The replaced rule matches the same packets, so it
    decides nothing behind the new one."""
    return msgspec.structs.replace(part, position=same.number if same is not None else None)


def same_tuple(part: InsertRule, host: Host) -> SameTuple | None:
    """Return ufw's rule in the kernel for the same packets as the rule of ``part``; None if there is no such rule."""
    chain = _chain(part, host)
    wanted = unordered(Rule(part.rule.body[:-1], "", 1))
    # A comment stands only in the rules of an application's profile, which are other rules to ufw.
    plain = [each for each in (chain.rules if chain is not None else ()) if "--comment" not in each.text]
    rules = [each for each in plain if wanted == unordered(Rule(tuple(_tuple_of(each)), "", 1))]
    rule = next((each for each in rules if _action(each) is not None), None)
    action = _action(rule) if rule is not None else None
    if chain is None or rule is None or action is None or _is_for_each_protocol(rule, chain, part, host):
        return None
    logged = any(isinstance(last, Jump) and "-user-logging-" in last.chain for each in rules for last in each.body[-1:])
    return SameTuple(action, rule.number, tuple(each.text for each in rules), logged)


def _chain(part: InsertRule, host: Host) -> Chain | None:
    table = host.namespace(part.netns.name).ruleset.table(part.family, "filter", part.dialect)
    return table.chain(part.chain) if table is not None else None


def _is_for_each_protocol(rule: Rule, chain: Chain, part: InsertRule, host: Host) -> bool:
    """Return whether the rule is one of the two that ufw makes of a port without a protocol (``ufw deny 9000``), which
    are another rule to ufw than the one for the port with its protocol.

    The comment in ufw's file tells it.  Without the file, the rule for UDP directly behind the one for TCP tells it."""
    file = _file(part, host)
    line = _line(file, rule.text, part) if file is not None else 0
    if file is not None and line:
        return tuple_above(file.text, line).split()[4:5] == ["any"] and any(_protocols(rule))
    behind = next((each for each in chain.rules if each.number == rule.number + 1), None)
    before = next((each for each in chain.rules if each.number == rule.number - 1), None)
    return any(
        each is not None
        and _action(each) == _action(rule)
        and set(_protocols(each)) | set(_protocols(rule)) == {TCP, UDP}
        and [one for one in each.body if not _is_protocol(one)] == [one for one in rule.body if not _is_protocol(one)]
        for each in (behind, before)
    )


def tuple_above(text: str, line: int) -> str:
    """Return the comment by which ufw remembers the rule on that line of its file; empty if there is none."""
    return next((each for each in reversed(text.split("\n")[: max(line - 1, 0)]) if each.startswith(_TUPLE)), "")


def _is_protocol(part: Expression) -> bool:
    return isinstance(part, FieldMatch) and part.field == "protocol"


def _protocols(rule: Rule) -> Iterator[int]:
    for each in rule.body:
        if isinstance(each, FieldMatch) and each.field == "protocol":
            yield each.ranges[0][0]


def _tuple_of(rule: Rule) -> Iterator[Expression]:
    """Yield the matches by which ufw knows the rule, without those that ufw adds for its rate limit and its log."""
    for each in rule.body:
        if isinstance(each, NameMatch) or (isinstance(each, FieldMatch) and each.field != "ct-state"):
            yield each


def _action(rule: Rule) -> UfwAction | None:
    match rule.body[-1] if rule.body else None:
        case Verdict(verdict="accept"):
            return "allow"
        case Verdict(verdict="drop"):
            return "deny"
        case Reject():
            return "reject"
        case Jump(chain=chain) if "-user-limit" in chain:
            return "limit"
        case _:
            return None


def _rules_back(parts: list[InsertRule], stopping: Place, host: Host) -> tuple[InsertRule, ...]:
    """Return the rules that a reload of ufw puts back, if the kernel has lost one of ``parts`` and ufw's file still has
    it; none if the reload would put it behind ``stopping``.

    A reload loads the rules of the file in their order, so those before the lost one come back, too."""
    found: list[InsertRule] = []
    for part in parts:
        file = _file(part, host)
        kept = _line(file, part.rule.text, part) if file is not None else 0
        chain = _chain(part, host)
        if file is None or not kept or chain is None:
            continue
        lines = [(each, _line(file, each.text, part)) for each in chain.rules]
        position = max((each.number for each, line in lines if 0 < line < kept), default=0) + 1
        if stopping.family == part.family and stopping.chain == part.chain and position > stopping.number:
            return ()
        here = {line for _, line in lines}
        back = [each for each in rules_of(file, part.family, "filter", part.chain) if each.line <= kept]
        found += (
            msgspec.structs.replace(part, rule=each, position=position + number)
            for number, each in enumerate(each for each in back if each.line not in here)
        )
    return tuple(found)


def _file(part: InsertRule, host: Host) -> ConfigFile | None:
    return next((each for each in host.files if each.path in _FILES[part.family]), None)


def _line(file: ConfigFile, text: str, part: InsertRule) -> int:
    return rule_line(file, part.family, "filter", part.chain, text)


def ufw_allow_rules(call: AllowInUfw, netns: Netns, ruleset: Ruleset) -> tuple[InsertRule, ...]:
    """Return the rules that the command adds, in each family (IPv4, IPv6) for which ufw has its chains in the
    ruleset."""
    hook = "forward" if call.routed else "output" if call.oif else "input"
    body = _body(call)
    found: list[InsertRule] = []
    for table in ruleset.tables:
        for family, prefix in _FAMILIES:
            chain = f"{prefix}-user-{hook}"
            of_iptables = table.dialect in ("iptables-nft", "iptables-legacy") and table.name == "filter"
            named = call.source or call.destination
            is_meant = not named or family == ("ip6" if ":" in named else "ip")
            if of_iptables and is_meant and table.family == family and table.chain(chain) is not None:
                rule = Rule(body, spelled(body, chain, family), 1)
                position = 1 if call.first else None
                found.append(InsertRule(netns, table.dialect, family, "filter", chain, rule, position))
    return tuple(found)


def ufw_files(call: AllowInUfw, host: Host) -> tuple[WriteFile, ...] | None:
    """Return ufw's files after the command; None if the files were not read, or if ufw's chains are missing.

    Source: ufw/backend_iptables.py _write_rules(): one file for each family, with one rule behind the other"""
    made = ufw_allow_rules(call, host.netns, host.namespace(host.netns.name).ruleset)
    found: dict[str, WriteFile] = {}
    for rule in made:
        file = _file(rule, host)
        text = _file_after(call, file, rule, same_tuple(rule, host)) if file is not None else None
        if file is None or text is None:
            return None
        found[file.path] = WriteFile(host.name, file.path, text)
    return tuple(found.values()) or None


def _file_after(call: AllowInUfw, file: ConfigFile, rule: InsertRule, same: SameTuple | None) -> str | None:
    numbers = {line for text in same.texts if (line := _line(file, text, rule))} if same is not None else set[int]()
    if call.deleted:
        return _with_lines(file.text, numbers, None) if numbers else None
    if numbers and not call.first:
        return _with_lines(file.text, numbers, rule.rule.text)
    return with_rule(file.text, "filter", rule.chain, rule.rule.text) if call.first else _at_end(file.text, rule)


def _with_lines(text: str, numbers: set[int], new: str | None) -> str:
    """Return the text with the line ``new`` instead of the lines ``numbers``, which stand below one ``### tuple``
    comment; without these lines and the comment if ``new`` is None."""
    lines, first = text.split("\n"), min(numbers)
    above = next((at for at in range(first - 1, 0, -1) if not lines[at - 1].startswith("-A ")), 0)
    found: list[str] = []
    for at, line in enumerate(lines, 1):
        if at == above and line.startswith(_TUPLE):
            found += [re.sub(rf"({_TUPLE} (?:route:)?)\S+", r"\1allow", line)] if new is not None else []
        elif at not in numbers:
            found.append(line)
        elif at == first and new is not None:
            found.append(new)
    return "\n".join(found)


def _at_end(text: str, rule: InsertRule) -> str:
    before, end, behind = text.rpartition("COMMIT")
    return f"{before}{rule.rule.text}\n{end}{behind}"


def _body(call: AllowInUfw) -> tuple[Expression, ...]:
    number = TCP if call.protocol == "tcp" else UDP
    return (
        *_of_address(call.source, "saddr4", "saddr6"),
        *_of_address(call.destination, "daddr4", "daddr6"),
        *((NameMatch("iif", (call.iif,)),) if call.iif else ()),
        *((NameMatch("oif", (call.oif,)),) if call.oif else ()),
        *(
            (FieldMatch("protocol", ((number, number),)), FieldMatch("dport", ((call.port, call.port),)))
            if call.port
            else ()
        ),
        Verdict("accept"),
    )


def _of_address(text: str, of4: Field, of6: Field) -> tuple[FieldMatch, ...]:
    if not text:
        return ()
    version, value = parse_address(text)
    return (FieldMatch(of4 if version == 4 else of6, ((value, value),)),)
