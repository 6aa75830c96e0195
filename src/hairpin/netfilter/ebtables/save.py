"""Reads ``ebtables-save``: the rules that a bridge evaluates for every frame, separately from iptables' rules.

    file  := (comment | table)*
    table := "*" NAME chain* rule*                no COMMIT
    chain := ":" NAME POLICY                      the policy of a user-defined chain, too, decides at the chain's end
    rule  := counters? "-A" CHAIN (option "!"? VALUE*)* ("-j" TARGET option*)?

In ebtables rules, ``iif`` and ``oif`` are the bridge ports of the frame at the hook.  ``--logical-in``, which compares
the bridge itself, becomes an opaque match.  An option about IPv4 or IPv6 is satisfied only by packets of that family,
so ebtables requires ``-p`` with the family's EtherType in the same rule.

Source: ebtables-nft(8); include/uapi/linux/netfilter_bridge.h; net/bridge/netfilter/ebt_*.c, ebtable_broute.c
"""

from collections.abc import Collection
from itertools import pairwise

from hairpin.errors import MalformedError, ParseError, reason_of
from hairpin.message import message
from hairpin.netfilter import ir
from hairpin.netfilter.ebtables.options import read_option, refused_options
from hairpin.netfilter.iptables.words import split_words
from hairpin.netfilter.rule_address import read_mac

VERDICTS: dict[str, ir.Verdict] = {
    "ACCEPT": ir.Verdict("accept"), "DROP": ir.Verdict("drop"), "RETURN": ir.Verdict("return"),
    "CONTINUE": ir.Verdict("continue"),
}  # fmt: skip

TARGETS: dict[str, tuple[str, ...]] = {
    "mark": ("--mark-", "--set-mark", "--or-mark", "--and-mark", "--xor-mark"),
    "dnat": ("--to-dst", "--to-destination", "--dnat-target"),
    "snat": ("--to-src", "--to-source", "--snat-"),
    "redirect": ("--redirect-target",),
    "arpreply": ("--arpreply-",),
}
"""The prefixes of the options that belong to each target."""

_NEW_ADDRESS = {"dnat": ("--to-dst", "--to-destination"), "snat": ("--to-src", "--to-source")}
_MARK_BITS = 0xFFFFFFFF
BASE_CHAINS: dict[str, dict[str, tuple[ir.Hook, int]]] = {
    "filter": {"INPUT": ("input", -200), "FORWARD": ("forward", -200), "OUTPUT": ("output", -200)},
    "nat": {"PREROUTING": ("prerouting", -300), "OUTPUT": ("output", 100), "POSTROUTING": ("postrouting", 300)},
    "broute": {"BROUTING": ("prerouting", -(1 << 31))},
}
"""The hook and the priority of each built-in chain, by table (enum nf_br_hook_priorities)."""

_SHORT = {
    "--protocol": "-p", "--source": "-s", "--src": "-s", "--destination": "-d", "--dst": "-d", "--in-interface": "-i",
    "--out-interface": "-o", "--jump": "-j", "--in-if": "-i", "--out-if": "-o",
}  # fmt: skip


class _OpenTable:
    """A table of ebtables whose lines are being read."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.policies: dict[str, str] = {}
        self.rules: dict[str, list[ir.Rule]] = {}


def parse(text: str, *, source: str, evidence: str = "") -> tuple[ir.Table, ...]:
    """Return the tables in file order; raise ParseError with source, line and the line's text."""
    tables: list[_OpenTable] = []
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip() or line.startswith(("#", "COMMIT")):
            continue
        try:
            if line.startswith("*"):
                tables.append(_OpenTable(_known_table(line[1:].strip())))
            elif line.startswith(":"):
                _declare(tables[-1], line)
            else:
                _read_rule(tables[-1], line, number)
        except (ValueError, IndexError, KeyError) as error:
            said = message("not a line of ebtables-save ({reason}): read the rules again", reason=reason_of(error))
            raise ParseError(said, source=source, line=number, text=line) from None
    return tuple(_finished(table, evidence) for table in tables)


def _known_table(name: str) -> str:
    if name not in BASE_CHAINS:
        raise MalformedError(message("ebtables has no table {table!r}", table=name))
    return name


def _declare(table: _OpenTable, line: str) -> None:
    name, policy = line[1:].split()[:2]
    if policy not in VERDICTS:
        raise MalformedError(message("unknown policy {policy!r}", policy=policy))
    table.policies[name] = policy
    table.rules[name] = []


def _read_rule(table: _OpenTable, line: str, number: int) -> None:
    packets = octets = None
    if line.startswith("["):
        counters, _, line = line.partition("] ")
        packets, octets = map(int, counters[1:].split(":"))
    words = split_words(line)
    if words[0] != "-A":
        raise MalformedError(message("{word} is not -A", word=words[0]))
    if "-c" in words:
        at = words.index("-c")
        packets, octets = int(words[at + 1]), int(words[at + 2])
        del words[at : at + 3]
    rules = table.rules[words[1]]
    body = (*refused_options(words[1], words[2:]), *_read_body(words[2:], table))
    rules.append(ir.Rule(body, " ".join(words), len(rules) + 1, number, None, packets, octets))


def _read_body(words: list[str], table: _OpenTable) -> tuple[ir.Expression, ...]:
    body: list[ir.Expression] = []
    rest: list[str] = []
    limits: list[str] = []
    watchers: dict[str, list[str]] = {}
    for group in _option_groups(words):
        name = _SHORT.get(group[0], group[0])
        if name == "-j":
            rest = group
        elif name.startswith("--limit"):
            limits += group
        elif name.startswith(("--log", "--nflog", "--ulog")) and not name.startswith("--logical"):
            watchers.setdefault(name[2:].partition("-")[0], []).extend(group)
        else:
            body.extend(read_option(name, group))
    if limits:
        body.append(ir.StatefulMatch("limit", " ".join(limits)))
    body.extend(ir.NoEffect(name, " ".join(group)) for name, group in watchers.items())
    if rest:
        target, *options = rest[1:]
        body.extend(read_target(target, options, broute=table.name == "broute", chains=table.rules.keys()))
    return tuple(body)


def _option_groups(words: list[str]) -> list[list[str]]:
    """Return the words of a rule in groups: each option with its negation and values, and the target with its own
    options.

    Up to iptables 1.8.10, the ``!`` follows the option.  From iptables 1.8.11 on, the ``!`` precedes the option (``!
    --vlan-id 1``).
    """
    groups: list[list[str]] = []
    negated = False
    for word, following in pairwise((*words, "")):
        if word == "!" and _is_option(following):
            negated = True
            continue
        belongs = groups and groups[-1][0] == "-j" and len(groups[-1]) > 1 and word.startswith(_own(groups[-1][1]))
        if _is_option(word) and not belongs:
            groups.append([word, "!"] if negated else [word])
            negated = False
        elif not groups:
            raise MalformedError(message("unexpected {word!r}", word=word))
        elif word != "!" or len(groups[-1]) == 1:
            groups[-1].append(word)
        else:
            raise MalformedError(message("a negation is at an unknown place"))
    return groups


def _is_option(word: str) -> bool:
    return word.startswith("-") and not word[1:2].isdigit()


def _own(target: str) -> tuple[str, ...]:
    return TARGETS.get(target, (f"--{target}",))


def _finished(table: _OpenTable, evidence: str) -> ir.Table:
    chains: list[ir.Chain] = []
    for name, policy in table.policies.items():
        rules = tuple(table.rules[name])
        base = BASE_CHAINS[table.name].get(name)
        if base is None:
            # The policy of a user-defined chain decides at its end; only RETURN returns to the caller.
            last = ir.Rule((VERDICTS[policy],), f"-P {name} {policy}", len(rules) + 1)
            chains.append(ir.Chain(name, rules if policy == "RETURN" else (*rules, last)))
        else:
            hook, priority = base
            drops = policy == "DROP" and table.name != "broute"
            chains.append(ir.Chain(name, rules, hook, "filter", priority, "drop" if drops else "accept"))
    return ir.Table("bridge", table.name, "ebtables", tuple(chains), evidence=evidence)


def read_target(name: str, options: list[str], *, broute: bool, chains: Collection[str]) -> tuple[ir.Statement, ...]:
    """Return the target's statements.  A target that is unknown or changes the destination hardware address becomes
    Outside."""
    text = " ".join(options)
    if broute and name in ("DROP", "redirect"):
        # In the broute table DROP does not drop the frame: IP routes the frame, and the bridge does not forward it.
        return (ir.Outside(name, text or "routed instead of bridged"),)
    if name in VERDICTS:
        return () if name == "CONTINUE" else (VERDICTS[name],)
    if name in chains:
        return (ir.Jump(name),)
    if name not in TARGETS or name == "arpreply":
        return (ir.Outside(name, text),)
    if name == "redirect":
        return (ir.Outside(name, text),)
    words = dict(pairwise([*options, ""]))
    verdict = VERDICTS.get(words.get(f"--{name}-target", "ACCEPT"))
    mark = _mark(words) if name == "mark" else None
    first: ir.Statement | None = mark if name == "mark" else _rewrite(name, words, text)
    if verdict is None or first is None:
        return (ir.Outside(name, text),)
    return (first,) if verdict.verdict == "continue" else (first, verdict)


def _rewrite(name: str, words: dict[str, str], text: str) -> ir.SetField | ir.Outside | None:
    """Return the statement of a target that writes a hardware address.

    The bridge forwards by the destination hardware address, and a change of this address is not modelled.
    """
    given = next((words[option] for option in _NEW_ADDRESS[name] if option in words), None)
    if given is None:
        return None
    mac = read_mac(given)
    return (
        ir.SetField("smac", 0, mac)
        if name == "snat"
        else ir.Outside(name, text, unless=ir.FieldMatch("dmac", ((mac, mac),)))
    )


def _mark(words: dict[str, str]) -> ir.SetField | None:
    for option, text in words.items():
        kind = option.removeprefix("--").removesuffix("-mark").removeprefix("mark-")
        if kind not in ("set", "or", "and", "xor"):
            continue
        value = int(text, 0)
        keep, change = {"set": (0, value), "or": (~value, value), "and": (value, 0), "xor": (_MARK_BITS, value)}[kind]
        return ir.SetField("mark", keep & _MARK_BITS, change)
    return None
