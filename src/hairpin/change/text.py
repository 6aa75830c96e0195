"""Steps as a person would type them.  Text is made from steps and never parsed."""

import shlex
from collections.abc import Iterable, Iterator
from typing import assert_never

from hairpin.change.calls import AddDirectRule, OwnersCall, call_argv
from hairpin.change.change import AddChain, DeleteChain, DeleteRule, InsertRule, ReplaceTable, RuleEdit, SetPolicy
from hairpin.change.loading import own_words, replacing
from hairpin.change.step import Advise, Ask, LoadRules, ReplaceFile, RunCommands, Step
from hairpin.message import Message
from hairpin.netfilter.evaluate.chain import Place


def shown(step: Step) -> tuple[str, ...]:
    """Return the step as shell commands in order; none if only a person can do it."""
    match step:
        case RunCommands(commands=commands, entering=entering):
            return tuple(shlex.join((*entering, *argv)) for argv in commands)
        case LoadRules(does=does, entering=entering):
            prefix = "".join(f"{word} " for word in entering)
            return tuple(prefix + line for edit in does for line in _edit(edit))
        case ReplaceFile(path=path, after=after):
            if after is None:
                return (shlex.join(("rm", path)),)
            return (_fed(("tee", path), after.content),)
        case Ask(call=call):
            return (call_text(call),)
        case Advise():
            return ()
        case _:
            assert_never(step)


def all_shown(made: Iterable[Step]) -> tuple[str, ...]:
    """Return the commands of all steps."""
    return tuple(line for step in made for line in shown(step))


def advice(made: Iterable[Step]) -> tuple[Message, ...]:
    """Return what a person has to do because no command of hairpin's can."""
    return tuple(step.said for step in made if isinstance(step, Advise) and step.said is not None)


def call_text(call: OwnersCall) -> str:
    """Return a call as it is typed; the words of a rule are quoted already."""
    if isinstance(call, AddDirectRule):
        return " ".join((*call_argv(AddDirectRule(call.family, call.table, call.chain, "", call.removed)), call.words))
    return shlex.join(call_argv(call))


def _fed(argv: tuple[str, ...], text: str) -> str:
    return f"{shlex.join(argv)} <<'END'\n{text}END"


def _edit(edit: RuleEdit) -> Iterator[str]:
    match edit:
        case AddChain() | DeleteChain():
            yield _chain(edit)
        case InsertRule():
            yield _insertion(edit)
        case DeleteRule(place=place):
            yield _deletion(place)
        case SetPolicy(place=place, policy=policy):
            if place.dialect == "nft":
                yield f"nft chain {place.family} {place.table} {place.chain} '{{ policy {policy}; }}'"
            else:
                tool = _iptables(place.dialect, place.family)
                yield f"{tool} {_table(place.table)}-P {place.chain} {policy.upper()}"
        case ReplaceTable():
            load = replacing(edit)
            yield _fed(load.argv, load.text)
        case _:
            assert_never(edit)


def _chain(edit: AddChain | DeleteChain) -> str:
    adds = isinstance(edit, AddChain)
    if edit.dialect == "nft":
        return f"nft {'add' if adds else 'delete'} chain {edit.family} {edit.table} {edit.chain}"
    return f"{_iptables(edit.dialect, edit.family)} -t {edit.table} {'-N' if adds else '-X'} {edit.chain}"


def _iptables(dialect: str, family: str) -> str:
    if dialect == "ebtables":
        return "ebtables"
    tool = "ip6tables" if family == "ip6" else "iptables"
    return f"{tool}-legacy" if dialect == "iptables-legacy" else tool


def _table(name: str) -> str:
    return "" if name == "filter" else f"-t {name} "


def _insertion(edit: InsertRule) -> str:
    if edit.dialect == "nft":
        chain = f"{edit.family} {edit.table} {edit.chain}"
        if edit.position == 1:
            return f"nft insert rule {chain} {edit.rule.text}"
        # nft counts from 0, and adds the rule behind the one of that index.
        behind = "" if edit.position is None else f" index {edit.position - 2}"
        return f"nft add rule {chain}{behind} {edit.rule.text}"
    rule = own_words(edit.rule, edit.chain)
    tool = _iptables(edit.dialect, edit.family)
    if edit.position is None:
        return f"{tool} {_table(edit.table)}-A {edit.chain} {rule}"
    number = "" if edit.position == 1 else f"{edit.position} "
    return f"{tool} {_table(edit.table)}-I {edit.chain} {number}{rule}"


def _deletion(place: Place) -> str:
    if place.dialect == "nft":
        chain = f"{place.family} {place.table} {place.chain}"
        if place.handle is None:
            # The rule is not loaded yet: the kernel gives it a handle then.
            return f"nft -a list chain {chain}  # then: nft delete rule {chain} handle …, of rule {place.number}"
        return f"nft delete rule {chain} handle {place.handle}"
    if place.dialect == "ebtables":
        return f"ebtables -t {place.table} -D {place.chain} {place.number}"
    rule = place.text.removeprefix(f"-A {place.chain} ").removeprefix("-A ")
    return f"{_iptables(place.dialect, place.family)} {_table(place.table)}-D {place.chain} {rule}"
