"""A host on which a plan is carried out through an outpost.  The plan's steps, undo and switch are on the host before
the first step.  The journal of each plan is on that host, and this machine keeps a copy of each plan that it began.

The undo of a plan also deletes the built-in chains that iptables-nft makes for its rules (iptables nft.c
nft_chain_builtin_init()).  iptables-save lists every built-in chain of a table, and nft lists only existing chains.  A
table that becomes empty stays, because no command deletes a table on the condition that it is empty.
"""

import re
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from urllib.parse import quote

import msgspec

from hairpin.apply.backups import Carries, printed_by
from hairpin.apply.ground import Begin
from hairpin.apply.hands import Told, hands_for
from hairpin.apply.kept_plan import KeptPlan, PlanState
from hairpin.apply.program.outpost import Outpost
from hairpin.apply.program.parcel import lent_files, parcel
from hairpin.apply.program.plan_book import HOLD_S, PlanBook
from hairpin.apply.ready import ReadFile
from hairpin.apply.taking_back import take_back
from hairpin.carry.act import Command
from hairpin.change.change import InsertRule, SetPolicy
from hairpin.change.simulation.rules import BUILT_IN
from hairpin.change.step import LoadRules, Step
from hairpin.errors import ApplyError, CollectError, JournalError
from hairpin.evidence.reading import utc_text
from hairpin.message import Message, message
from hairpin.network.network import Network

_KEPT = 50
"""The number of copies of plans that are kept for each host."""


class PlanCopies(msgspec.Struct, frozen=True):
    """The copies of plans, in a folder of the user with mode 0700.

    The user's folder has a folder for each host, with a file for each plan."""

    folder: Path

    def keep(self, destination: str, plan: KeptPlan) -> None:
        """Write a copy of another host's plan.  Raises JournalError if the copy cannot be written."""
        own = self._folder_of(destination)
        try:
            own.mkdir(mode=0o700, parents=True, exist_ok=True)
            new = own / f".{plan.id}"
            new.write_bytes(msgspec.json.encode(plan))
            new.replace(own / plan.id)
            for each in self._plans(destination)[_KEPT:]:
                each.unlink(missing_ok=True)
        except OSError as error:
            raise JournalError(
                message("the journal in {folder} cannot be used: {reason}", folder=own, reason=error)
            ) from error

    def of_host(self, destination: str) -> tuple[KeptPlan, ...]:
        """Return the copies of another host's plans, the newest first."""
        return tuple(msgspec.json.decode(each.read_bytes(), type=KeptPlan) for each in self._plans(destination))

    def _plans(self, destination: str) -> list[Path]:
        found = (each for each in self._folder_of(destination).glob("*") if each.name.isdecimal())
        return sorted(found, key=lambda each: -int(each.name))

    def _folder_of(self, destination: str) -> Path:
        return self.folder / "copies" / quote(destination, safe="@")


_HEAD = re.compile(r"\s*(?P<kind>table|chain) (?P<name>[^{]+?) \{")


class OutpostGround(msgspec.Struct, frozen=True):
    """The host behind an outpost.

    ``seconds``: the time in seconds until the host's switch takes the plan back.  ``told`` is called for each step that
    has ended.  ``look`` reads the host.  ``copies``: the local copies of other hosts' plans; None if none is kept.
    """

    outpost: Outpost
    seconds: int
    told: Told
    look: Callable[[], Network]
    copies: PlanCopies | None = None

    @property
    def read(self) -> ReadFile:
        """The function that reads a file of the host."""
        return self.outpost.read

    @contextmanager
    def held(self) -> Generator[Begin]:
        """Open an empty plan on the host.  The plan's switch, a process, holds the host's lock.  If no task arrives,
        the plan is dropped.

        The switch waits at least ``seconds`` for the tasks, because hairpin first reads the host, and a slow host takes
        long to read."""
        words = ("begin", str(max(HOLD_S, self.seconds)), self.outpost.carrier)
        (frame, *_) = self.outpost.ask(*words).frames
        plan, filled = frame.fields[0], list[str]()

        def begin(kept_plan: KeptPlan, made: tuple[Step, ...], network: Network) -> BegunPlan:
            begun = self._begin(msgspec.structs.replace(kept_plan, id=plan), made, network)
            filled.append(plan)
            return begun

        try:
            yield begin
        finally:
            if not filled:
                with suppress(CollectError):  # the switch drops the empty plan at its deadline
                    self.outpost.ask("drop", plan)

    def _begin(self, kept_plan: KeptPlan, made: tuple[Step, ...], network: Network) -> "BegunPlan":
        plan = with_made_chains(kept_plan, partial(self.outpost.carry_out, kept_plan.id))
        files = parcel(plan.tasks, made, network) | (lent_files() if self.outpost.is_here else {})
        files["plan.new"] = msgspec.json.encode(plan)
        self.outpost.ask("fill", plan.id, str(self.seconds), files=files)
        begun = BegunPlan(self, plan, _time_after(self.seconds))
        begun.keep_copy("open")
        return begun


class BegunPlan(msgspec.Struct, frozen=True):
    """A plan that was written to a host.  ``deadline``: the time at which its switch takes it back, in RFC 3339."""

    ground: OutpostGround
    kept_plan: KeptPlan
    deadline: str

    @property
    def plan(self) -> str:
        """The plan's id in the journal of the host."""
        return self.kept_plan.id

    @property
    def _book(self) -> PlanBook:
        return PlanBook(self.ground.outpost)

    def carry(self, numbers: tuple[int, ...]) -> Message | None:
        """Carry out the tasks with these numbers until one fails; return why it failed, or None."""
        try:
            return self._book.carry(self.kept_plan, numbers, self.ground.told)
        except (CollectError, ApplyError) as error:
            return error.said

    def confirm(self) -> Message | None:
        """Disarm the switch that takes the plan back, and carry out the lasting tasks; return why this failed, or
        None."""
        lasting = tuple(number for number, each in enumerate(self.kept_plan.tasks) if each.lasting)
        try:
            complaint = self._book.confirm(self.kept_plan, lasting, self.ground.told)
        except (CollectError, ApplyError) as error:
            return error.said
        if complaint is None:
            self.keep_copy("applied")
        return complaint

    def take_back(self, network: Network | None) -> PlanState:
        """Take the plan back, using the network that was read, and return the plan's state.  The state is ``open`` if
        the host cannot be reached; the host's switch then takes the plan back at the deadline."""
        if network is None:
            return "open"
        try:
            return plan_taken_back(self.ground, self.plan, network).state
        except CollectError:
            return "open"

    def disown(self) -> None:
        """Record in the host's journal that nothing of the plan was carried out."""
        self._book.end(self.plan, "taken-back")
        self.keep_copy("taken-back")

    def keep_copy(self, state: PlanState) -> None:
        """Write the local copy of the plan with the given state."""
        if self.ground.copies is not None:
            done = "done" if state == "applied" else "planned"
            tasks = tuple(msgspec.structs.replace(each, state=done) for each in self.kept_plan.tasks)
            plan = msgspec.structs.replace(self.kept_plan, state=state, tasks=tasks)
            self.ground.copies.keep(self.ground.outpost.destination, plan)


def plan_taken_back(
    ground: OutpostGround, plan: str, network: Network | None = None, *, again: bool = False
) -> KeptPlan:
    """Take a plan of the host back, under a new switch; return the plan with its new state.

    ``network``: the network of the host, if it was just read.  ``again``: whether to try again the steps that could not
    be undone before.  Raises ApplyError if another process works on the plan."""
    book = PlanBook(ground.outpost)
    waited = book.seize(plan, again=again)
    if waited is not None:
        hands = hands_for(ground.outpost, plan, ground.look, ground.told)
        take_back(book, book.known(plan), hands, None if waited else network)
    ended = book.known(plan)
    if ground.copies is not None:
        ground.copies.keep(ground.outpost.destination, ended)
    return ended


def _time_after(seconds: float) -> str:
    """Return the time ``seconds`` seconds from now, in RFC 3339."""
    return utc_text(datetime.now(UTC) + timedelta(seconds=seconds))


def with_made_chains(plan: KeptPlan, carrier: Carries) -> KeptPlan:
    """Return the plan in which each load of rules names the built-in chains that iptables-nft will make for the
    load."""
    tasks = tuple(
        msgspec.structs.replace(each, step=_with_chains(each.step, carrier))
        if isinstance(each.step, LoadRules)
        else each
        for each in plan.tasks
    )
    return msgspec.structs.replace(plan, tasks=tasks)


def _with_chains(step: LoadRules, carrier: Carries) -> LoadRules:
    needed = dict.fromkeys(_needed(step)) if step.dialect == "iptables-nft" else {}
    if not needed:
        return step
    listing = printed_by(Command((*step.entering, "nft", "-t", "list", "ruleset")), carrier)
    if listing is None:
        return step
    there = set(_chains(listing, f"{step.family} {step.table}"))
    return msgspec.structs.replace(step, makes=tuple(each for each in needed if each not in there))


def _needed(step: LoadRules) -> Iterator[str]:
    built_in = {name for name, *_ in BUILT_IN.get(step.table, ())}
    for edit in step.does:
        chain = edit.chain if isinstance(edit, InsertRule) else edit.place.chain if isinstance(edit, SetPolicy) else ""
        if chain in built_in:
            yield chain


def _chains(listing: str, table: str) -> Iterator[str]:
    inside = ""
    for found in map(_HEAD.match, listing.splitlines()):
        if found is not None and found["kind"] == "table":
            inside = found["name"]
        elif found is not None and inside == table:
            yield found["name"]
