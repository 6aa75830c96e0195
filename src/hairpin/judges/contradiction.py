"""Compares the walk's verdict with real probes, and says where the probes were lost as far as they were seen."""

from collections.abc import Iterable, Iterator
from typing import Literal

import msgspec

from hairpin.host.netns import Netns
from hairpin.judges.observation import LiveObservation, SeenHop
from hairpin.message import Message, message
from hairpin.walk.state import Step
from hairpin.walk.trace import Trace
from hairpin.walk.verdicts import VERDICTS, Verdict, succeeds

_DNS = 53
_SENT: dict[Literal["tcp", "udp", "icmp"], Message] = {
    "tcp": message("connections"), "udp": message("datagrams"), "icmp": message("echo requests"),
}  # fmt: skip


class Contradiction(msgspec.Struct, frozen=True):
    """What real probes say of a verdict.

    ``passes``: whether every probe that was sent was answered; None if none was sent, or if silence shows nothing.
    ``agrees``: whether the verdict says the same; None if the probes or the verdict are undecided.  ``headline``: the
    difference; None if there is none.  ``where``: where the probes that failed were lost, and what the kernel told."""

    passes: bool | None
    agrees: bool | None
    headline: Message | None = None
    where: tuple[Message, ...] = ()


def contradiction(trace: Trace, verdict: Verdict, observation: LiveObservation) -> Contradiction:
    """Return what the probes say of the verdict on the flow."""
    passes = _passes(trace, observation)
    if passes is None:
        return Contradiction(None, None)
    agrees = None if verdict == "depends" else passes is succeeds(verdict)
    if not passes and verdict in ("dropped", "rejected", "refused", "unanswered", "looped") and _answers(observation):
        agrees = False  # the verdict says that none is answered
    where = tuple(_where(trace, observation)) if not passes else ()
    if agrees or (agrees is None and passes):
        return Contradiction(passes, agrees, None, where)
    head = _head(trace, verdict, observation, passes=passes or (not succeeds(verdict) and verdict != "depends"))
    said = message("{head}: {where}", head=head, where=where[0]) if where else head
    return Contradiction(passes, agrees, said, where[1:] if where else ())


def _answers(observation: LiveObservation) -> int:
    return observation.count("answered")


def _passes(trace: Trace, observation: LiveObservation) -> bool | None:
    """Return whether every probe was answered.  The silence of a service of UDP shows nothing, unless the captures show
    that the datagrams did not reach it, or that its answers were lost.  A name server has to answer."""
    if not observation.tried:
        return None
    if not observation.failed:
        return True
    if observation.protocol != "udp" or trace.flow.dport == _DNS or observation.count("refused"):
        return False
    lost = [each for each in observation.ends if each.reply or not _is_last(trace, each)]
    return False if lost else None


def _is_last(trace: Trace, end: SeenHop) -> bool:
    """Return whether the place is the last one at which this host can see the flow's packet."""
    links = tuple(_links(trace.usual.request))
    return not links or links[-1] == (end.netns, end.link, end.out)


def _links(steps: Iterable[Step]) -> Iterator[tuple[Netns, str, bool]]:
    """Yield the links on which the walk's packet is seen, each with whether it leaves by the link."""
    last: tuple[Netns, str, bool] | None = None
    for each in steps:
        if each.stage in ("device-in", "device-out"):
            found = (each.netns, each.link, each.stage == "device-out")
            if found != last:
                yield found
            last = found


def _head(trace: Trace, verdict: Verdict, observation: LiveObservation, *, passes: bool) -> Message:
    """Return the difference: the verdict beside the number of probes that contradict it."""
    values = {
        "verdict": VERDICTS[verdict],
        "tried": observation.tried,
        "what": _SENT[observation.protocol],
        "standpoint": observation.standpoint,
        "target": trace.flow.target_text(),
    }
    if passes:
        return message(
            "hairpin says {verdict}, and {count} of {tried} real {what} from {standpoint} to {target} were answered",
            count=_answers(observation), **values,
        )  # fmt: skip
    silent, refused = observation.count("silent"), observation.count("refused")
    if not refused:
        told = message(
            "hairpin says {verdict}, and {count} of {tried} real {what} from {standpoint} to {target} were silent",
            count=silent, **values,
        )  # fmt: skip
    elif not silent:
        told = message(
            "hairpin says {verdict}, and {count} of {tried} real {what} from {standpoint} to {target} were refused",
            count=refused, **values,
        )  # fmt: skip
    else:
        told = message(
            "hairpin says {verdict}, and of {tried} real {what} from {standpoint} to {target} {silent} were silent and "
            "{refused} were refused",
            silent=silent, refused=refused, **values,
        )  # fmt: skip
    interval = observation.interval
    if not _answers(observation) or interval is None:
        return told
    return message(
        "{said}, so {low} to {high} % of them fail (95 % interval)",
        said=told, low=f"{100 * (1 - interval[1]):.0f}", high=f"{100 * (1 - interval[0]):.0f}",
    )  # fmt: skip


def _where(trace: Trace, observation: LiveObservation) -> Iterator[Message]:
    """Yield where the probes that failed were lost: first what the kernel said, then the last hop."""
    for each in observation.traced:
        yield message(
            "the kernel's trace shows that {rule} in {family} {table} {chain} of {netns} dropped {count} packets",
            rule=each.text, family=each.family, table=each.table, chain=each.chain, netns=each.netns,
            count=each.packets,
        )  # fmt: skip
    if observation.count("silent"):
        if observation.ends:
            yield _lost_after(trace, observation.ends[0])
        elif observation.watched:
            yield _never_seen(trace, observation)
    told = _refusing(observation) if observation.count("refused") else None
    if told is not None:
        yield told
    if observation.reasons:
        reasons = ", ".join(f"{name} ({count})" for name, count in observation.reasons)
        yield message(
            "the kernel of this machine dropped packets that hairpin sent, with the reasons {reasons}", reasons=reasons
        )


def _refusing(observation: LiveObservation) -> Message | None:
    first = next((each for each in observation.hops if each.reply), None)
    if first is None:
        return None
    if first.out:
        return message(
            "the refusal was first seen on {link} of {netns}, leaving ({packet}): this namespace sends it",
            link=first.link, netns=first.netns, packet=first.text,
        )  # fmt: skip
    return message(
        "the refusal came in by {link} of {netns} ({packet}): a machine beyond it sends it, of which hairpin read "
        "nothing",
        link=first.link, netns=first.netns, packet=first.text,
    )  # fmt: skip


def _lost_after(trace: Trace, last: SeenHop) -> Message:
    """Return the sentence about probes, or answers, that were last seen at a hop."""
    place = (last.netns, last.link, last.out)
    links = tuple(_links(trace.usual.reply if last.reply else trace.usual.request))
    later = links[links.index(place) + 1 :] if place in links else ()
    values = {"link": last.link, "netns": last.netns, "count": last.probes}
    if last.reply:
        if later:
            return message(
                "the answers of {count} were last seen on {link} of {netns}; hairpin expects them next on {next} of "
                "{there}, and nothing that it reads stops them between the two (a program of eBPF at tc or XDP, a "
                "queue, a driver)",
                next=later[0][1], there=later[0][0], **values,
            )  # fmt: skip
        if last.out:
            return message(
                "the answers of {count} were last seen on {link} of {netns}, leaving: they are lost beyond it, where "
                "hairpin reads nothing",
                **values,
            )
        return message(
            "the answers of {count} came in by {link} of {netns}, and their sender did not take them (a program of "
            "eBPF at tc or XDP, a rule of INPUT, an answer with other ports or numbers)",
            **values,
        )
    if later:
        return message(
            "{count} were last seen on {link} of {netns}; hairpin expects them next on {next} of {there}, and nothing "
            "that it reads stops them between the two (a program of eBPF at tc or XDP, a queue, a driver)",
            next=later[0][1], there=later[0][0], **values,
        )  # fmt: skip
    if last.out:
        return message(
            "the last hop that saw {count} of them is {link} of {netns}, leaving; they or their answers are lost "
            "beyond it, where hairpin reads nothing (a router, a cloud's firewall, a shaper, the other machine)",
            **values,
        )
    return message(
        "{count} arrived by {link} of {netns} and got no answer: the service or its queue does not answer, or a filter "
        "that hairpin does not read drops them there (a program of eBPF at tc or XDP, or at the socket)",
        **values,
    )


def _never_seen(trace: Trace, observation: LiveObservation) -> Message:
    links = tuple(_links(trace.usual.request))
    if any(each.netns == observation.watched[0] for each in observation.hops) or observation.means:
        return message(
            "no link of this host saw them: they are lost before they reach it (a cloud's firewall, a router, the "
            "sender's own firewall), or a NAT gateway gives them an address and ports that hairpin does not know"
        )
    expected = links[0] if links else None
    return message(
        "no link saw them, and hairpin expects them first on {link}: they are lost in {netns} before its links (a "
        "program of eBPF at tc or of a control group, a queue)",
        link=expected[1] if expected is not None else "-", netns=expected[0] if expected is not None else "host",
    )  # fmt: skip


def observed_steps(trace: Trace, observation: LiveObservation) -> tuple[bool, ...]:
    """Return for each step of the usual request whether probes were observed to take it: the steps up to the last link
    on which probes were seen; all steps if a probe was answered."""
    steps = trace.usual.request
    if observation.count("answered"):
        return (True,) * len(steps)
    seen = {(each.netns, each.link, each.out) for each in observation.hops if not each.reply}
    last = -1
    for number, each in enumerate(steps):
        if each.stage in ("device-in", "device-out") and (each.netns, each.link, each.stage == "device-out") in seen:
            last = number
    return tuple(number <= last for number in range(len(steps)))
