"""Says why a repair is left to a person.

A guard makes only repairs that put back what an accident has taken: a setting, a link's state, an address, a route, an
engine's rules, or a call to firewalld or Podman that makes them put their own back.  Each must be proven and undoable,
and nothing that somebody decided, wrote or runs is changed.  ``never`` of the file of expectations takes out more: a
word is the name of a container, a network, a chain, a table, a link, a file, a setting, or the id of a cause or a
remedy.  A container or network stands for its addresses and its bridge.
"""

import re
from collections.abc import Iterable, Iterator

from hairpin.answer.answer import CauseAnswer
from hairpin.change.calls import AddRichRule, BindInterface, OpenPort, OwnersCall, ReloadNetworks, TrustSource
from hairpin.change.change import (
    AddChain,
    AddEntry,
    DeleteRule,
    InsertRule,
    ReplaceSysctls,
    SetLink,
    SetPolicy,
    SetSysctl,
)
from hairpin.change.commands.text import command_lines
from hairpin.change.step import Ask, LoadRules, ReplaceFile, RunCommands, Step, nature
from hairpin.host.host import Host
from hairpin.message import Message, message
from hairpin.network.prefix import address_text
from hairpin.remedy.remedy import Remedy

RESTORES = "restore-engine-rules"
"""The id of the remedy that puts an engine's own rules back, each in its place."""


def why_not_by_guard(cause: CauseAnswer, remedy: Remedy) -> Message | None:
    """Return why a guard leaves the repair of this cause to a person; None if it may make it."""
    if cause.severity == "exposure":
        return message("it lets somebody in, and a guard closes nothing by itself")
    if cause.severity != "blocking" or cause.likely or cause.proof is None:
        return message("its cause is not proven")
    if cause.proof.repaired is not None and cause.proof.repaired.questions:
        return message("its proof leaves a question that only a person can answer")
    if cause.configured is not None:
        return message("{file} has this setting, so somebody decided it",
                       file=cause.configured.file or cause.configured.option)  # fmt: skip
    if cause.decision is not None or remedy.undoes is not None:
        return message("somebody decided it")
    if remedy.disruptive:
        return message("the repair interrupts what works")
    return why_no_heal(remedy)


def why_no_heal(remedy: Remedy) -> Message | None:
    """Return why the remedy's steps are not such as a guard makes; None if they are."""
    if not remedy.steps:
        return message("only a file or a person can repair it")
    return next((said for each in remedy.steps if (said := _of_step(each, remedy.id)) is not None), None)


def _of_step(step: Step, remedy: str) -> Message | None:
    match step:
        case _ if nature(step) != "reversible" and not isinstance(step, Ask):
            return message("the repair cannot be undone")
        case ReplaceFile(path=path):
            return message("the repair changes {file}", file=path)
        case Ask(call=call) if not _is_owners(call):
            return message("the repair starts or changes a container, a unit or a firewall's settings")
        case RunCommands(netns=netns) | LoadRules(netns=netns) if not netns.is_host:
            return message("the repair changes the inside of a container")
        case RunCommands() | LoadRules() if not all(_puts_back(part, remedy) for part in step.does):
            return message("the repair takes away what somebody has made")
        case _:
            return None


def _is_owners(call: OwnersCall) -> bool:
    """Return whether the call makes an owner put its own back, or changes firewalld's rules until its next start."""
    if isinstance(call, OpenPort | AddRichRule | BindInterface | TrustSource):
        return not call.permanent
    return isinstance(call, ReloadNetworks)


def _puts_back(part: object, remedy: str) -> bool:
    if isinstance(part, DeleteRule):
        return remedy == RESTORES  # a rule of the engine that stands in a wrong place is moved
    if isinstance(part, SetPolicy):
        return part.policy == "drop"
    return isinstance(part, AddChain | InsertRule | SetSysctl | ReplaceSysctls | SetLink | AddEntry)


def touched_word(never: Iterable[str], ids: Iterable[str], steps: Iterable[Step], host: Host) -> str:
    """Return the first word of ``never`` that the repairs would touch; empty if they touch none.

    ``ids``: the ids of the causes and remedies.  A word is compared with whole words of the commands."""
    lines = "\n".join(line for step in steps for line in command_lines(step, guarded=False))
    known = frozenset(ids)
    for word in never:
        if word in known or any(_has_word(lines, each) for each in _meant(word, host)):
            return word
    return ""


def _has_word(text: str, word: str) -> bool:
    if f"conf.{word}." in text or f"conf/{word}/" in text:  # the settings of a link
        return True
    dotted = word.replace(".", "/") if word.startswith("net.") else word
    return any(re.search(rf"(?<![\w.-]){re.escape(each)}(?![\w-]|\.\w)", text) for each in {word, dotted})


def _meant(word: str, host: Host) -> Iterator[str]:
    """Yield the word, and what a container or a network of this name has in rules: addresses, and a bridge."""
    yield word
    for engine in host.engines:
        for network in engine.networks:
            if network.name == word:
                yield from (address_text(each.network, each.version) for each in network.subnets)
                yield from (network.bridge,) if network.bridge else ()
        for container in engine.containers:
            if container.name == word:
                for each in container.endpoints:
                    yield from (address_text(each.ipv4, 4),) if each.ipv4 is not None else ()
                    yield from (address_text(each.ipv6, 6),) if each.ipv6 is not None else ()
