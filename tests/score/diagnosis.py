"""Runs ``hairpin check`` in a lab host as a user does, and reads the JSON document that it prints."""

import subprocess
import time

import msgspec

from hairpin.answer.answer import DISPUTED
from hairpin.errors import LabError
from hairpin.lab.node import Node
from hairpin.lab.probe import Outcome
from hairpin.lab.run import HAIRPIN, TIMEOUT_S, environment
from hairpin.message import message
from hairpin.report.documents.document import CauseDocument, FlowDocument, RemedyDocument, ReportDocument
from hairpin.report.documents.effects_document import SideEffectDocument
from hairpin.walk.verdicts import Verdict, succeeds

CHECK = (*HAIRPIN, "check")

_AGREEING = {
    Outcome.DELIVERED: frozenset({"delivered", "leaves"}),
    Outcome.TIMEOUT: frozenset({"dropped", "unanswered", "looped", "misdirected"}),
    Outcome.REFUSED: frozenset({"refused", "rejected"}),
    Outcome.UNREACHABLE: frozenset({"rejected", "looped"}),  # the router at which the TTL ends tells the sender
}


class Printed(msgspec.Struct, frozen=True):
    """The part of an answer that is about one flow.

    ``remedies`` are carried out in their order.  ``by_hand``: causes that only a person can remove."""

    causes: tuple[str, ...] = ()
    remedies: tuple[RemedyDocument, ...] = ()
    by_hand: tuple[str, ...] = ()

    @property
    def commands(self) -> tuple[tuple[str, str], ...]:
        """The commands that repair now, each with the label of its host."""
        return tuple((remedy.host, command) for remedy in self.remedies for command in remedy.commands)

    @property
    def lasts(self) -> bool:
        """Whether a remedy has a lasting part."""
        return any(remedy.persist or remedy.persist_commands for remedy in self.remedies)

    @property
    def side_effects(self) -> tuple[SideEffectDocument, ...]:
        """The remedies' statements about other flows."""
        return tuple(said for remedy in self.remedies for said in remedy.side_effects)


def opens(said: SideEffectDocument) -> bool:
    """Return whether a side effect says that a closed flow is open afterwards."""
    return _is_open(said.after) and not _is_open(said.before)


def breaks(said: SideEffectDocument) -> bool:
    """Return whether a side effect says that an open flow is closed afterwards."""
    return _is_open(said.before) and not _is_open(said.after)


def _is_open(verdict: Verdict | None) -> bool:
    return verdict is not None and succeeds(verdict)


def dispute_in(report: ReportDocument) -> str:
    """Return what the judges disagree about; nothing if they agree."""
    return next((each.reason for each in report.missing if each.key == DISPUTED), "")


def blocking_causes(report: ReportDocument, flow: FlowDocument | None = None) -> tuple[CauseDocument, ...]:
    """Return the blocking causes in the report's order, of one flow or of all."""
    return tuple(
        cause
        for cause in report.causes
        if cause.severity == "blocking" and (flow is None or flow.id in cause.flows or cause.ref in flow.causes)
    )


def printed_for(report: ReportDocument, flow: FlowDocument) -> Printed:
    """Return the printed remedies that together repair a flow: the first remedy with commands of each cause in the best
    cause's set."""
    named = blocking_causes(report, flow)
    if not named:
        return Printed()
    best = named[0]
    wanted = best.proof.set if best.proof and best.proof.set else (best.ref,)
    causes = [cause for cause in report.causes if cause.ref in wanted]
    chosen = {
        cause.ref: remedy
        for cause in causes
        if (remedy := next((remedy for remedy in cause.remedies if remedy.commands), None))
    }
    return Printed(
        causes=tuple(cause.id for cause in causes),
        remedies=tuple(chosen.values()),
        by_hand=tuple(cause.id for cause in causes if cause.ref not in chosen),
    )


class Answer(msgspec.Struct, frozen=True):
    """How one call of hairpin ended; ``report`` is None if it printed none."""

    status: int
    seconds: float
    report: ReportDocument | None
    complaint: str = ""


def ask(host: Node, arguments: tuple[str, ...], command: tuple[str, ...] = CHECK) -> Answer:
    """Run ``hairpin check ARGUMENTS --json`` inside a lab host (in all its namespaces) and return how it ended.

    A lab host has no logs of its own: those of this machine, which it sees, tell nothing of it."""
    asked = ("--no-traces",) if command[-1] == "check" else ()
    started = time.monotonic()
    try:
        done = subprocess.run(
            (*host.enter, *command, *arguments, *asked, "--json"),
            capture_output=True,
            text=True,
            env=environment(),
            timeout=TIMEOUT_S,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise LabError(
            message(
                "`{command}` did not end within {seconds} s in the lab host",
                command=" ".join((*command, *arguments)),
                seconds=f"{TIMEOUT_S:g}",
            )
        ) from error
    seconds = time.monotonic() - started
    try:
        report = msgspec.json.decode(done.stdout, type=ReportDocument)
    except msgspec.DecodeError as error:
        return Answer(done.returncode, seconds, None, complaint=done.stderr.strip() or f"no report: {error}")
    return Answer(done.returncode, seconds, report, complaint=done.stderr.strip())


def stop_reason(flow: FlowDocument) -> str | None:
    """Return why the flow ended where it did, one of ``walk.state.Reason``; None if it ended nowhere."""
    return flow.stopped_at.reason if flow.stopped_at is not None else None


def agrees(outcome: Outcome, verdict: str) -> bool:
    """Return whether a verdict of hairpin's says what the real connection did."""
    return verdict in _AGREEING[outcome]


_MAY_BE_UNREACHABLE = ("address-lost", "no-neighbour", "left-instead", "link-down", "rp-filter")


def describes(verdict: Verdict, reason: str | None, outcome: Outcome, *, across_hosts: bool = False) -> bool:
    """Return whether a verdict of hairpin's, with the reason of its stop, says what the real connection did.

    Nobody may answer ARP for the next hop: it is not there, has lost its address, its link is down, or it refuses the
    asker by reverse path.  Then the walk says ``dropped``, and the kernel sends an ICMP error some seconds later.  A
    router may send one, too, to which a packet leaves instead of reaching its container.  If docker-proxy's own
    connection fails so, the client gets a reset.  Between hosts (``across_hosts``) the ARP request itself may be lost,
    for example in a tunnel.
    """
    unheard = across_hosts or reason in _MAY_BE_UNREACHABLE
    late = outcome in (Outcome.UNREACHABLE, Outcome.REFUSED) and unheard and verdict == "dropped"
    return late or agrees(outcome, verdict)
