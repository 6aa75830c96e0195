"""Runs ``hairpin check`` in a lab host as a user does, and reads its JSON (docs/schema/report-1.json) as a script."""

import subprocess
import sys
import time
from pathlib import Path

import msgspec

import hairpin
from hairpin.errors import LabError
from hairpin.lab.node import ENVIRONMENT, Node
from hairpin.lab.probe import Outcome
from hairpin.message import message

# The checkout and its interpreter are visible in the host: overlays keep what is below.
CHECK = (sys.executable, "-m", "hairpin", "check")
TIMEOUT_S = 120.0

_AGREEING = {
    Outcome.DELIVERED: frozenset({"delivered", "leaves"}),
    Outcome.TIMEOUT: frozenset({"dropped", "unanswered", "looped"}),
    Outcome.REFUSED: frozenset({"refused", "rejected"}),
    Outcome.UNREACHABLE: frozenset({"rejected", "looped"}),  # the router at which the TTL ends tells the sender
}


_OPEN = frozenset({"delivered", "leaves"})


class StoppedAt(msgspec.Struct, frozen=True):
    """Where a flow ended.  ``reason``: one of ``walk.state.Reason``."""

    reason: str | None = None


class AskedFlow(msgspec.Struct, frozen=True, rename={"origin": "from"}):
    """One of the report's ``flows``; ``causes`` are references, ``assumed`` sentences about what was not read."""

    id: str
    origin: str
    to: str
    verdict: str
    causes: tuple[str, ...] = ()
    stopped_at: StoppedAt | None = None
    assumed: tuple[str, ...] = ()


class Proof(msgspec.Struct, frozen=True):
    without_change: str
    with_change: str
    set: tuple[str, ...] = ()


class KeptFile(msgspec.Struct, frozen=True):
    """A file that keeps a repair, with its whole content."""

    file: str
    content: str


class SideEffect(msgspec.Struct, frozen=True):
    """A remedy's statement about one other flow: its verdicts before and after."""

    text: str
    before: str | None = None
    after: str | None = None

    @property
    def opens(self) -> bool:
        """Whether it says that a closed flow is open afterwards."""
        return self.after in _OPEN and self.before not in _OPEN

    @property
    def breaks(self) -> bool:
        """Whether it says that an open flow is closed afterwards."""
        return self.before in _OPEN and self.after not in _OPEN


class Repair(msgspec.Struct, frozen=True):
    """A remedy: ``commands`` repair now; ``persist`` and ``persist_commands`` keep it."""

    id: str
    commands: tuple[str, ...] = ()
    host: str = ""
    persist: tuple[KeptFile, ...] = ()
    persist_commands: tuple[str, ...] = ()
    side_effects: tuple[SideEffect, ...] = ()


class Printed(msgspec.Struct, frozen=True):
    """The part of an answer that is about one flow.

    ``remedies`` are carried out in their order.  ``by_hand``: causes that only a person can remove."""

    causes: tuple[str, ...]
    remedies: tuple[Repair, ...]
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
    def side_effects(self) -> tuple[SideEffect, ...]:
        """The remedies' statements about other flows."""
        return tuple(said for remedy in self.remedies for said in remedy.side_effects)


class NamedCause(msgspec.Struct, frozen=True):
    """One of the report's ``causes``, which stand best first."""

    ref: str
    id: str
    severity: str
    title: str
    host: str = ""
    flows: tuple[str, ...] = ()
    proof: Proof | None = None
    remedies: tuple[Repair, ...] = ()


class AskedEngine(msgspec.Struct, frozen=True):
    """One of a host's ``engines``."""

    name: str
    state: str
    endpoint: str
    answered_ms: int | None = None


class AskedHost(msgspec.Struct, frozen=True):
    """One of the report's ``hosts``."""

    name: str
    engines: tuple[AskedEngine, ...] = ()


class AskedBack(msgspec.Struct, frozen=True):
    """One of the report's ``questions``, which only the user can answer."""

    text: str
    option: str


class Undecided(msgspec.Struct, frozen=True):
    """One of the report's ``missing``: a reading that failed, or the words of two judges that disagree."""

    key: str
    reason: str


class Report(msgspec.Struct, frozen=True):
    """The fields of ``hairpin.report/1`` that the lab reads; the asked flow is the first."""

    schema: str
    flows: tuple[AskedFlow, ...]
    causes: tuple[NamedCause, ...]
    questions: tuple[AskedBack, ...] = ()
    hosts: tuple[AskedHost, ...] = ()
    missing: tuple[Undecided, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def dispute(self) -> str:
        """What the judges disagree about; nothing if they agree."""
        return next((each.reason for each in self.missing if each.key == "replica"), "")

    def blocking(self, flow: AskedFlow | None = None) -> tuple[NamedCause, ...]:
        """Return the blocking causes in the report's order, of one flow or of all."""
        return tuple(
            cause
            for cause in self.causes
            if cause.severity == "blocking" and (flow is None or flow.id in cause.flows or cause.ref in flow.causes)
        )

    def printed(self, flow: AskedFlow) -> Printed:
        """Return the printed remedies that together repair a flow: the first remedy with commands of each cause in the
        best cause's set."""
        named = self.blocking(flow)
        if not named:
            return Printed((), ())
        best = named[0]
        wanted = best.proof.set if best.proof and best.proof.set else (best.ref,)
        causes = [cause for cause in self.causes if cause.ref in wanted]
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
    report: Report | None
    complaint: str = ""


def ask(host: Node, arguments: tuple[str, ...], command: tuple[str, ...] = CHECK) -> Answer:
    """Run ``hairpin check ARGUMENTS --json`` inside a lab host (in all its namespaces) and return how it ended."""
    started = time.monotonic()
    try:
        done = subprocess.run(
            (*host.enter, *command, *arguments, "--json"),
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
        report = msgspec.json.decode(done.stdout, type=Report)
    except msgspec.DecodeError as error:
        return Answer(done.returncode, seconds, None, complaint=done.stderr.strip() or f"no report: {error}")
    return Answer(done.returncode, seconds, report, complaint=done.stderr.strip())


def environment() -> dict[str, str]:
    """Return the environment in which this very hairpin runs inside a lab host, installed or not."""
    return ENVIRONMENT | {"PYTHONPATH": str(Path(hairpin.__file__).parents[1])}


def agrees(outcome: Outcome, verdict: str) -> bool:
    """Return whether a verdict of hairpin's says what the real connection did."""
    return verdict in _AGREEING[outcome]


_MAY_BE_UNREACHABLE = ("address-lost", "no-neighbour", "left-instead", "link-down", "rp-filter")


def describes(flow: AskedFlow, outcome: Outcome, *, across_hosts: bool = False) -> bool:
    """Return whether hairpin's answer says what the real connection did.

    Nobody may answer ARP for the next hop: it is not there, has lost its address, its link is down, or it refuses the
    asker by reverse path.  Then the walk says ``dropped``, and the kernel sends an ICMP error some seconds later.  A
    router may send one, too, to which a packet leaves instead of reaching its container.  If docker-proxy's own
    connection fails so, the client gets a reset.  Between hosts (``across_hosts``) the ARP request itself may be lost,
    for example in a tunnel.
    """
    unheard = across_hosts or (flow.stopped_at is not None and flow.stopped_at.reason in _MAY_BE_UNREACHABLE)
    late = outcome in (Outcome.UNREACHABLE, Outcome.REFUSED) and unheard and flow.verdict == "dropped"
    return late or agrees(outcome, flow.verdict)
