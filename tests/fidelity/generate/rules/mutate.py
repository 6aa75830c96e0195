"""Changes rulesets a little: removes, repeats, reorders or negates a rule, or inserts a random one."""

import re

import msgspec

from tests.fidelity.case import RuleText
from tests.fidelity.generate.plan import Dice, Plan
from tests.fidelity.generate.rules import iptables

# ``! -o +`` matches nothing, and iptables-save does not print it; ``! -s 0.0.0.0/0`` iptables-nft refuses.
_MATCH = re.compile(r"(! )?(?<= )(-[sdio](?! \+ | \S+/0 )|--dport|--sport|--dst-type|--src-type|--ctstate|--mark) ")
_NFT_MATCH = re.compile(r"(?<= )(iifname|oifname|[ds]addr|dport|type) (?!!=|vmap|map|\.|type)(?=[\w\"{@:])")
_VERDICT = re.compile(r"(?<=-j )(ACCEPT|DROP|RETURN)$|(?<= )(?<!--type )(accept|drop|return)$")


def mutated(dice: Dice, made: Plan, text: RuleText) -> RuleText:
    """Return the text with up to four changes."""
    rules, head = list(text.rules), list(text.head)
    for _ in range(dice.number(0, 4)):
        if not rules:
            break
        at = dice.number(0, len(rules) - 1)
        match dice.pick(("drop", "twice", "swap", "negate", "negate", "verdict", "insert", "policy")):
            case "drop":
                del rules[at]
            case "twice":
                rules.insert(at, rules[at])
            case "swap":
                other = min(at + 1, len(rules) - 1)
                rules[at], rules[other] = rules[other], rules[at]
            case "negate":
                rules[at] = _negated(dice, text, rules[at])
            case "verdict":
                rules[at] = _with_verdict(dice, text, rules[at])
            case "insert":
                added = _added(dice, made, text)
                if added is not None:
                    rules.insert(at, added)
            case _:
                number = dice.number(0, len(head) - 1)
                head[number] = _with_policy(text, head[number])
    return msgspec.structs.replace(text, head=tuple(head), rules=tuple(rules))


def _negated(dice: Dice, text: RuleText, rule: str) -> str:
    found = list((_NFT_MATCH if text.tool == "nft" else _MATCH).finditer(rule))
    if not found:
        return rule
    one = dice.pick(found)
    if text.tool == "nft":
        return f"{rule[: one.end()]}!= {rule[one.end() :]}"
    turned = f"{'' if one.group(1) else '! '}{one.group(2)} "
    return rule[: one.start()] + turned + rule[one.end() :]


def _with_verdict(dice: Dice, text: RuleText, rule: str) -> str:
    verdicts = ("accept", "return") if "nat" in text.table or " nat" in rule else ("accept", "drop", "return")
    verdict = dice.pick(verdicts)
    return _VERDICT.sub(verdict if text.tool == "nft" else verdict.upper(), rule)


def _with_policy(text: RuleText, line: str) -> str:
    if text.tool != "nft":
        turned = " DROP " if " ACCEPT " in line and text.table != "nat" else " ACCEPT "
        return re.sub(r" (ACCEPT|DROP) ", turned, line)
    return line.replace("policy accept", "policy drop") if "type nat" not in line else line


def _added(dice: Dice, made: Plan, text: RuleText) -> str | None:
    """Return a random rule for one of the table's own chains."""
    if text.tool == "nft":
        return None
    found = [line[1:].split()[0] for line in text.head if line.split()[1] != "-"]
    return iptables.rule(dice, made, text.tool, text.version, text.table, dice.pick(found)) if found else None
