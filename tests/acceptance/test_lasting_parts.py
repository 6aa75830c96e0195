"""What keeps a repair, over the whole catalogue: on each small host with a fault, and on each recorded one.

Every repair has a part that lasts or says why none is needed.  No lasting part names what is only of today.
"""

import re
from collections.abc import Iterator
from functools import cache

import pytest

from hairpin.answer.ask import ask
from hairpin.causes.cause import Candidate
from hairpin.causes.registry import all_causes, causes_of_host
from hairpin.change.commands.text import all_shown
from hairpin.diagnose.diagnose import diagnose
from hairpin.engines.missing import missing_on
from hairpin.host.docker import Container
from hairpin.network.network import Network
from hairpin.network.prefix import address_text
from hairpin.question.question import Question
from hairpin.remedy.plan import remedies
from hairpin.remedy.remedy import Remedy
from tests.acceptance.recorded import evidence, expected, network
from tests.causes.case import Case, StateCase
from tests.causes.rules.test_ban_misses_published_port import CASES as BANS
from tests.causes.rules.test_published_bypasses_host_firewall import CASES as IN_WRITING
from tests.causes.rules.test_published_bypasses_host_firewall import ExposureCase
from tests.causes.rules.test_stale_accept_for_dead_container import REUSED
from tests.causes.test_opening import OPENED, OpenedCase
from tests.causes.test_registry import TABLES
from tests.causes.to_come.test_to_come import ONE_OFF, ComingCase, kept_away
from tests.reboot.parts import PARTS, of_steps
from tests.whole import WHOLE, thinned


def first_of_each() -> Iterator[Case | StateCase | ComingCase | ExposureCase | OpenedCase]:
    """Yield the first case of each cause."""
    met: set[str] = set()
    for case in (case for folder in TABLES.values() for case in folder.values()):
        if not met.issuperset(case.causes):
            met.update(case.causes)
            yield case


@cache
def of_small_hosts(*, whole: bool = True) -> tuple[tuple[str, Network, Remedy], ...]:
    """Return each cause of the catalogue with a host that has it and its repair there; ``whole``: with all hosts."""
    found: list[tuple[str, Network, Remedy]] = []
    cases = (case for folder in TABLES.values() for case in folder.values()) if whole else first_of_each()
    for case in cases:
        if isinstance(case, ExposureCase | OpenedCase) or (isinstance(case, ComingCase) and case in ONE_OFF.values()):
            continue
        if isinstance(case, ComingCase):
            found += ((case.cause, case.sick, remedy) for remedy in kept_away(case))
            continue
        for cause, host, candidate in candidates_of(case):
            seen = case.sick.seen_from(host)
            found += ((cause, seen, remedy) for remedy in remedies(cause, candidate, seen))
    return tuple(found)


def candidates_of(case: Case | StateCase) -> Iterator[tuple[str, str, Candidate]]:
    """Yield what is named on the sick host, with the cause's id and its host."""
    if isinstance(case, Case):
        yield from ((each.cause, each.host, each.candidate) for each in diagnose(case.sick, case.flow).causes)
        return
    host = case.sick.this
    for cause in causes_of_host(host):
        yield from ((cause.id, host.name, each.candidate) for each in cause.of_host(host))


def of_recorded_hosts(name: str) -> Iterator[tuple[str, Network, Remedy]]:
    answer = ask(Question(), (evidence(name),))
    for cause in answer.causes:
        for remedy in cause.remedies:
            yield cause.id, network(name), remedy


@WHOLE
def test_every_cause_has_a_part_that_lasts_or_says_why_not() -> None:
    small = of_small_hosts()
    silent = {cause for cause, _, remedy in small if not remedy.keeping and not remedy.advice}
    assert silent == set()
    written = {cause for case in (*IN_WRITING.values(), *BANS.values()) for cause in case.causes}
    opened = {cause for case in (*OPENED.values(), *REUSED.values()) for cause in case.causes}
    told = {case.cause for case in ONE_OFF.values()} | written | opened
    assert {each.id for each in all_causes()} == {cause for cause, _, _ in small} | told


@pytest.mark.parametrize("whole", (False, pytest.param(True, marks=WHOLE)))
def test_the_lasting_parts_of_the_catalogue(whole: bool) -> None:
    """Each is of a kind that is rebooted, and none names what is only of today."""
    small = of_small_hosts(whole=whole)
    assert {part for _, _, remedy in small for part in of_steps(remedy.keeping)} <= set(PARTS)
    assert {(cause, line) for cause, host, remedy in small for line in unfit(host, remedy)} == set()


def _today(container: Container) -> Iterator[str]:
    for endpoint in container.endpoints:
        yield from (address_text(endpoint.ipv4, 4),) if endpoint.ipv4 is not None else ()
        yield from (address_text(endpoint.ipv6, 6),) if endpoint.ipv6 is not None else ()


def unfit(found: Network, remedy: Remedy) -> Iterator[str]:
    """Yield the lines of the lasting part that name a container's address or one of the engine's own rules."""
    addresses = {text for container in found.this.containers() for text in _today(container)}
    own = {rule.rule.text for _, lost in missing_on(found.this) for rule in lost.wanted.rules}
    held = {line for file in found.this.files for line in file.text.splitlines()}
    for line in "\n".join(all_shown(remedy.keeping)).splitlines():
        words = set(re.split(r"[\s'\"/,]+|(?<=\d):(?=\d+\b)", line))
        if (words & addresses or any(rule in line for rule in own)) and not line.startswith("sed") and line not in held:
            yield line


@pytest.mark.parametrize("name", thinned(sorted(expected()), 40))
def test_no_lasting_part_of_a_recorded_host_names_what_is_only_of_today(name: str) -> None:
    repairs = tuple(of_recorded_hosts(name))
    assert [(cause, line) for cause, found, remedy in repairs for line in unfit(found, remedy)] == []
    assert [cause for cause, _, remedy in repairs if not remedy.keeping and not remedy.advice] == []
