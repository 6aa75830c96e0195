"""Random sets of faults: what is put together, and on which lab.

A kind of fault is the fault of one scenario of one host. The kinds are dealt like cards, so that each comes as often as
any other. Two of them go together if their labs are the same, or if one of them is the plain lab, whose container and
port the other one has as well. No set is a healthy host as well: one of all labs that scenarios have, as it is.
"""

import random
from collections.abc import Callable, Iterator

import msgspec

from hairpin.errors import LabError
from hairpin.lab.plan import LabPlan
from hairpin.lab.scenario import Flow, Scenario, named, scenarios_of_one_host
from hairpin.message import message

PLAIN = LabPlan()
MOST_FAULTS = 3
_SIZES = (0, 1, 1, 1, 2, 2, 2, MOST_FAULTS, MOST_FAULTS, MOST_FAULTS)

PAIRS = (2,)
SETS = (1, 2, 2, MOST_FAULTS)
"""How many faults a lab has that is to be repaired."""
NO_FAULT = "no-fault:"


class Draw(msgspec.Struct, frozen=True):
    """One lab: the kinds of its faults, in the order of breaking. ``healthy``: the scenario whose lab has none."""

    plan: LabPlan
    faults: tuple[Scenario, ...] = ()
    healthy: Scenario | None = None

    @property
    def name(self) -> str:
        """The kinds of fault in one line."""
        healthy = self.healthy.name if self.healthy else ""
        return " + ".join(fault.name for fault in self.faults) or f"{NO_FAULT}{healthy}"

    @property
    def flows(self) -> tuple[Flow, ...]:
        """The flows of the scenarios that were put together, each once."""
        scenarios = (*self.faults, *([self.healthy] if self.healthy else []))
        found = {(flow.start, flow.to, flow.padding_bytes): flow for one in scenarios for flow in one.flows}
        return tuple(found.values())

    @property
    def listeners(self) -> tuple[int, ...]:
        """The ports that the client serves for those flows."""
        return tuple(sorted({port for fault in self.faults for port in fault.listeners}))


def kinds() -> tuple[Scenario, ...]:
    """Return the scenarios whose faults are drawn: each fault once. One of several faults counts for each of them."""
    found: dict[tuple[LabPlan, tuple[str, ...]], Scenario] = {}
    for scenario in scenarios_of_one_host():
        for one in _single(scenario):
            found.setdefault((one.lab, tuple(step.run for step in one.fault)), one)
    return tuple(found.values())


def _single(scenario: Scenario) -> tuple[Scenario, ...]:
    """Return the scenario as one for each of its faults; the causes are in the order of the faults.

    Commands without a cause each are the steps of one fault.
    """
    if len(scenario.fault) != len(scenario.causes) or len(scenario.fault) < 2:
        return (scenario,) if scenario.fault else ()
    return tuple(
        msgspec.structs.replace(scenario, name=f"{scenario.name}.{number}", fault=(fault,), causes=(causes,))
        for number, (fault, causes) in enumerate(zip(scenario.fault, scenario.causes, strict=True), 1)
    )


def draws(seed: int, sizes: tuple[int, ...] = _SIZES) -> Iterator[Draw]:
    """Yield random labs without end, the same for the same seed; ``sizes``: how many faults, each as likely."""
    chance = random.Random(seed)  # noqa: S311
    deal = _dealer(kinds(), chance)
    labs = _dealer(tuple({one.lab: one for one in scenarios_of_one_host()}.values()), chance)
    while True:
        size = chance.choice(sizes)
        if not size:
            if (healthy := labs(lambda _: True)) is not None:
                yield Draw(healthy.lab, healthy=healthy)
            continue
        faults: list[Scenario] = []
        plan = PLAIN
        while len(faults) < size and (fault := deal(_fitting(plan, tuple(faults)))):
            faults.append(fault)
            plan = fault.lab if plan == PLAIN else plan
        yield Draw(plan, tuple(faults))


def together(faults: tuple[Scenario, ...]) -> Draw | None:
    """Return the lab with these faults; None if their labs do not go together."""
    plan = PLAIN
    for fault in faults:
        if not _together(plan, fault.lab) and fault is not faults[0]:
            return None
        plan = fault.lab if plan == PLAIN else plan
    return Draw(plan, faults)


def of_names(names: tuple[str, ...]) -> Draw:
    """Return the lab with the named faults, or the healthy lab of ``no-fault:SCENARIO``; raise LabError."""
    if len(names) == 1 and names[0].startswith(NO_FAULT):
        healthy = named(names[0].removeprefix(NO_FAULT))
        return Draw(healthy.lab, healthy=healthy)
    found = {kind.name: kind for kind in kinds()}
    unknown = [name for name in names if name not in found]
    draw = None if unknown else together(tuple(found[name] for name in names))
    if draw is None:
        raise LabError(
            message("there is no fault {name!r}; `hairpin lab list` shows the scenarios", name=unknown[0])
            if unknown
            else message("the labs of {names} do not go together", names=", ".join(names))
        )
    return draw


def _fitting(plan: LabPlan, faults: tuple[Scenario, ...]) -> Callable[[Scenario], bool]:
    """Return whether a scenario's fault goes together with the faults of a lab; any is the first."""
    return lambda one: not faults or (one not in faults and _together(plan, one.lab))


def _together(plan: LabPlan, other: LabPlan) -> bool:
    return plan == other or (plan == PLAIN and _extends_plain(other)) or (other == PLAIN and _extends_plain(plan))


def _extends_plain(plan: LabPlan) -> bool:
    """Return whether the lab has the plain one's container and port."""
    return PLAIN.containers[0] in plan.containers


def _dealer(
    cards: tuple[Scenario, ...], chance: random.Random
) -> Callable[[Callable[[Scenario], bool]], Scenario | None]:
    """Return a function that deals the next card that fits, from a further pack if this one has none left.

    It returns None if no card fits at all.
    """
    pack: list[Scenario] = []

    def deal(fits: Callable[[Scenario], bool]) -> Scenario | None:
        if not any(map(fits, cards)):
            return None
        while True:
            for place, card in enumerate(pack):
                if fits(card):
                    return pack.pop(place)
            pack.extend(chance.sample(cards, len(cards)))

    return deal
