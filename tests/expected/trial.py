"""Carries one case out on a host of the lab: ``init``, then a break or harmless changes, then ``expect``."""

import time
from collections.abc import Iterator

import msgspec

from hairpin.errors import HairpinError, LabError
from hairpin.expect.draft import draft
from hairpin.expect.expectation import Expectations
from hairpin.expect.file import parse_expectations
from hairpin.expect.holding import Holding, Holdings, hold
from hairpin.lab.build import Lab, running_lab
from hairpin.lab.scenario import Scenario
from hairpin.lab.trial import break_host, probe_after, probe_before, require_truth, running_scenario
from hairpin.report.text.expectations import new_file
from hairpin.report.words import Words
from tests.expected.case import ALSO_RIGHT, broken_lines, kept_lines, own_lines
from tests.expected.harmless import HARMLESS
from tests.machine.hairpin import read


class Result(msgspec.Struct, frozen=True):
    """What became of a case.  ``form``: ``break`` or ``harmless``.  ``lines``: how many lines the file had.  ``told``:
    the broken lines, with their causes.  ``misses``: what should have been told otherwise.  ``by_init``: whether a line
    that ``init`` wrote is among the broken ones.  ``void``: why the case says nothing."""

    name: str
    form: str
    lines: int = 0
    changes: int = 0
    told: tuple[str, ...] = ()
    misses: tuple[str, ...] = ()
    void: str = ""
    outward: bool = False
    by_init: bool = False
    seconds: float = 0.0


def try_break(scenario: Scenario) -> Result:
    """Make a file of the healthy host, break the host, and hold it against the file."""
    began = time.monotonic()
    outward = any(what == "internet" for what, _ in broken_lines(scenario))
    result = Result(scenario.name, "break", changes=1, outward=outward)
    try:
        with running_scenario(scenario) as lab:
            require_truth(scenario, "before", probe_before(lab, scenario))
            expected = made(lab, "".join(_row(*each) for each in own_lines(scenario)))
            at_first = _broken_now(hold(expected, read(lab.host)))
            break_host(lab, scenario)
            require_truth(scenario, "after", probe_after(lab, scenario))
            held = hold(expected, read(lab.host))
            result = msgspec.structs.replace(
                result, lines=len(expected.each), told=_told(_broken_now(held)), by_init=_by_init(scenario, held),
                misses=(*(f"init: {each}" for each in _told(at_first)), *_misses(scenario, held)),
            )  # fmt: skip
    except LabError as error:
        result = msgspec.structs.replace(result, void=str(error).strip()[-200:])
    except HairpinError as error:
        result = msgspec.structs.replace(result, misses=(f"error: {error}",))
    return msgspec.structs.replace(result, seconds=round(time.monotonic() - began, 1))


def try_harmless(scenario: Scenario, changes: tuple[str, ...] = tuple(HARMLESS)) -> Result:
    """Make a file of the host, and hold the host against it after each of the harmless changes, one behind the
    other."""
    began = time.monotonic()
    result = Result(scenario.name, "harmless")
    misses: list[str] = []
    done = 0
    try:
        with running_lab(scenario.lab) as lab:
            expected = made(lab)
            engine = "docker" if scenario.lab.docker else "podman"
            misses += (f"init: {each}" for each in _told(_not_held(hold(expected, read(lab.host)))))
            for name in changes:
                try:
                    lab.host.run(f"engine={engine}\n{HARMLESS[name]}")
                except LabError:
                    continue  # the host has no such program, or no such container
                done += 1
                misses += (f"{name}: {each}" for each in _told(_not_held(hold(expected, read(lab.host)))))
            result = msgspec.structs.replace(result, lines=len(expected.each))
    except LabError as error:
        result = msgspec.structs.replace(result, void=str(error).strip()[-200:])
    except HairpinError as error:
        misses.append(f"error: {error}")
    seconds = round(time.monotonic() - began, 1)
    return msgspec.structs.replace(result, changes=done, misses=tuple(misses), seconds=seconds)


def made(lab: Lab, more: str = "") -> Expectations:
    """Return the expectations of the host that ``init`` writes, read back from its file, and those that a person
    adds."""
    found = draft(read(lab.host))
    return parse_expectations(new_file(found.parts, found.publics, Words("en"), found.host) + more, "expect.toml")


def _row(what: str, origin: str) -> str:
    return f'\n[[must]]\nreach = "{what}"\nfrom = "{origin}"\n'


def _broken_now(held: Holdings) -> list[Holding]:
    """Return what is broken now; an expectation that only an event will break is told as such."""
    return [each for each in held.each if each.is_broken and all(not one.event for one in each.breaches)]


def _not_held(held: Holdings) -> list[Holding]:
    return [each for each in held.each if each.state != "held"]


def _told(some: list[Holding]) -> tuple[str, ...]:
    return tuple(
        f"{each.expectation.what} from {each.expectation.origin}: {each.state} {', '.join(sorted(_causes(each)))} "
        f"{' '.join(one.event for one in each.breaches)}{each.reason or ''}".strip()
        for each in some
    )  # fmt: skip


def _causes(holding: Holding) -> set[str]:
    return {cause.id for each in holding.breaches for cause in each.causes}


def _misses(scenario: Scenario, held: Holdings) -> Iterator[str]:
    """Yield each broken flow whose line is not told, or without a right cause; and each line that is told although all
    its flows pass.  A way out is told by the line of ``init``, or by that of its own destination."""
    broken = _broken_now(held)
    right = {each for alternatives in scenario.causes for each in alternatives}
    right |= {ALSO_RIGHT[each] for each in right if each in ALSO_RIGHT}
    for what, origin in sorted(broken_lines(scenario)):
        own = [each for each in broken if _is_line(each, what, origin)]
        if what == "internet":
            own += [each for each in broken if _is_own(each, scenario)]
        if not own:
            yield f"{what} from {origin}: not told"
        elif not any(_causes(each) & right for each in own):
            named = sorted(set().union(*map(_causes, own)))
            yield f"{what} from {origin}: {', '.join(named) or 'no cause'} instead of {', '.join(sorted(right))}"
    for what, origin in sorted(kept_lines(scenario)):
        if any(_is_line(each, what, origin) for each in broken):
            yield f"{what} from {origin}: told, and its flows pass"


def _is_own(holding: Holding, scenario: Scenario) -> bool:
    return (holding.expectation.what, holding.expectation.origin) in own_lines(scenario)


def _is_line(holding: Holding, what: str, origin: str) -> bool:
    """Return whether the line is the one.  A container that shares another's network has a line of its own."""
    origins = ("network:", "container:") if what == "internet" else (origin,)
    return holding.expectation.what == what and holding.expectation.origin.startswith(origins)


def _by_init(scenario: Scenario, held: Holdings) -> bool:
    """Return whether a line that ``init`` wrote tells of a broken flow."""
    broken = _broken_now(held)
    return any(_is_line(each, *line) for line in broken_lines(scenario) for each in broken)
