"""The next command: the readings that decide most among the likely causes, as one line to paste."""

from collections.abc import Iterator

import msgspec

from hairpin.answer.answer import Answer, Decides, Next
from hairpin.answer.likely.already_pasted import still_to_run
from hairpin.message import Message, message
from hairpin.suppose.alternatives import Alternative
from hairpin.suppose.hints.deciding import RULES

_MOST_COMMANDS = 3
"""The greatest number of commands in one line."""
_LONGEST = 330
"""The greatest length of the line in characters.  The length is limited because people paste the line."""
_ENOUGH = 0.75
"""If the commands decide this share of the weight of all likely causes, no further command is added."""
_SURE = 20
"""A capture that decides a cause with at least this weight is the only command.  A capture runs until somebody stops
it."""
_CAPTURE = "sudo tcpdump"
"""The command that waits for packets.  This command is the last one in the line, because a later command would run only
after somebody stops it."""


def of_alternatives(stopping: tuple[Alternative, ...], answer: Answer) -> Next | None:
    """Return the commands whose outcomes decide the greatest part of the likely causes."""
    stopping = tuple(_not_pasted(stopping, answer))
    if not stopping:
        return of_suppositions(answer)
    commands = _commands(stopping)
    decided = [each for each in stopping if each.command in commands]
    outcomes = tuple(Decides(each.shows, meaning_of(each), each.cause) for each in decided)
    named = dict.fromkeys((each.shows, each.cause) for each in decided)
    kept = tuple(each for each in outcomes if named.pop((each.shows, each.cause), True) is None)
    return Next(_one_line(commands), (*kept, Decides(message("none of these"), _rest(stopping, commands))))


def _not_pasted(stopping: tuple[Alternative, ...], answer: Answer) -> Iterator[Alternative]:
    """Yield the alternatives about which an output decides that the text lacks."""
    for each in stopping:
        command = still_to_run(answer, each.command)
        if command:
            yield msgspec.structs.replace(each, command=command)


def _commands(stopping: tuple[Alternative, ...]) -> list[str]:
    """Return the commands.  The command that decides most comes first; it is the only one if it decides nearly
    everything."""
    weights: dict[str, int] = {}
    for each in stopping:
        weights[each.command] = weights.get(each.command, 0) + max(1, each.weight)
    whole = sum(weights.values())
    # The best question is the one after which the least is left, whatever the answer is.
    first = max(weights, key=lambda each: (min(weights[each], whole - weights[each]), weights[each]))
    likeliest = max(stopping, key=lambda each: each.weight)
    if likeliest.command.startswith(_CAPTURE) and likeliest.weight >= _SURE:
        return [likeliest.command]
    found, decided = [first], weights.pop(first)
    for command in sorted(weights, key=lambda one: -weights[one]):
        if decided >= _ENOUGH * whole or len(found) == _MOST_COMMANDS:
            break
        if len(_one_line([*found, command])) <= _LONGEST:
            found.append(command)
            decided += weights[command]
    return found


def _one_line(commands: list[str]) -> str:
    """Return the commands as one line, with each part of a command only once."""
    parts = list(dict.fromkeys(part for each in commands for part in each.split("; ")))
    kept = [each for each in parts if not (each.startswith(f"{RULES} -t ") and RULES in parts)]
    return "; ".join(sorted(kept, key=lambda each: each.startswith(_CAPTURE)))


def meaning_of(alternative: Alternative) -> Message:
    """Return the meaning of an output that shows the alternative."""
    cause, hint = alternative.cause, alternative.hint
    if not cause and hint is not None:
        return hint.means
    if not cause:
        return message(
            "the packet is dropped before it reaches this host, by a cloud's security group, a router or a provider's "
            "firewall"
        )
    return message("the cause is {cause}", cause=cause)


def _rest(stopping: tuple[Alternative, ...], commands: list[str]) -> Message:
    others = tuple(dict.fromkeys(each.cause for each in stopping if each.command not in commands and each.cause))
    if not others:
        return message(
            "the fault is before or behind this host: `tcpdump` on the machines there shows how far the packets get"
        )
    return message("still possible: {causes}", causes=", ".join(others))


def of_suppositions(answer: Answer) -> Next | None:
    """Return the command that shows the supposed part on which most of the undecided flows rest."""
    counts: dict[str, int] = {}
    said: dict[str, Message | str] = {}
    for flow in answer.flows:
        for each in flow.supposed:
            command = still_to_run(answer, each.command)
            if command:
                counts[command] = counts.get(command, 0) + 1
                said.setdefault(command, each.what)
    if not counts:
        return None
    command = max(counts, key=lambda each: counts[each])
    causes = tuple(dict.fromkeys(each.id for each in answer.causes if each.likely))
    named = ", ".join(causes) if causes else "-"
    usual = message("as usual ({part})", part=said[command])
    return Next(
        command,
        (
            Decides(
                usual,
                message("the cause is {cause}", cause=named) if causes else message("this is not the fault"),
                causes[0] if causes else "",
            ),
            Decides(message("anything else"), message("paste the output: hairpin then decides")),
        ),
    )


_BASICS: tuple[tuple[str, Message], ...] = (
    (RULES, message("a rule or a policy drops the packet, or the engine's rules are missing")),
    ("ip route show table all; ip rule", message("a route leads elsewhere, or there is none")),
    ("ip -d addr", message("a link is down, has no address, or has a smaller mtu")),
    ("sudo ss -lntup", message("no process listens on the port, or one listens on 127.0.0.1 only")),
)
"""The commands with the most facts about a host, each with an output that shows a fault."""


def of_basics(answer: Answer) -> Next | None:
    """Return the commands for those of the most useful readings that the text lacks; None if it has all of them."""
    lacking = [(shows, run) for command, shows in _BASICS if (run := still_to_run(answer, command))]
    line = still_to_run(answer, _one_line([*(run for _, run in lacking), "docker ps -a"]))
    if not line:
        return None
    outcomes = tuple(Decides(shows, message("the fault is on this host"), "") for shows, _ in lacking)
    return Next(line, (*outcomes, Decides(message("none of these"), message("paste the output: hairpin then decides"))))


def with_further(first: Next | None, further: tuple[Alternative, ...], answer: Answer) -> Next | None:
    """Return the commands with those of further alternatives, as far as the line does not become too long.  A capture
    stands alone: it was chosen because it decides nearly everything."""
    if first is None:
        return of_alternatives(further, answer) if further else None
    if first.command.startswith(_CAPTURE):
        return first
    for each in _not_pasted(further, answer):
        line = _one_line([first.command, each.command])
        if len(line) <= _LONGEST or line == first.command:
            shown = Decides(each.shows, meaning_of(each), each.cause)
            outcomes = first.outcomes if shown in first.outcomes else (shown, *first.outcomes)
            first = Next(line, outcomes)
    return first


def both(first: Next | None, second: Next | None) -> Next | None:
    """Return the commands of both in one line.  The commands of ``second`` come first, because they show the parts on
    which the likeliest cause rests."""
    if first is None or second is None or first.command in second.command:
        return second or first
    if second.command in first.command or len(first.command) + len(second.command) > _LONGEST:
        return first
    return Next(_one_line([second.command, first.command]), (second.outcomes[0], *first.outcomes))
