"""One host, drawn from its number and the seed: ``d17`` has a decision, its twin ``a17`` the accident."""

from random import Random
from typing import Literal

import msgspec

from hairpin.lab.plan import LabPlan, NetworkPlan
from tests.harm.draw import Draw
from tests.harm.elements import ELEMENTS
from tests.harm.site import Kind, plan_of, site

Form = Literal["decision", "accident"]


class Case(msgspec.Struct, frozen=True):
    """A host and what was done to it."""

    name: str
    form: Form
    element: str
    kind: Kind
    draw: Draw

    @property
    def plan(self) -> LabPlan:
        """The lab in which all still works."""
        plan = plan_of(self.kind, self.draw.containers)
        wanted = {each.networks[0]: each.options for each in self.draw.containers}
        more = tuple(
            NetworkPlan(name, "--internal" if name == "inner" else "") for name in wanted if name in ("inner", "other")
        )
        return msgspec.structs.replace(plan, networks=(*plan.networks, *more))


def case_of(number: int, form: Form, seed: int) -> Case:
    """Return the case of that number: decision and accident of one number are twins."""
    element = ELEMENTS[number % len(ELEMENTS)]
    random = Random(f"harm {seed} {number}")  # noqa: S311
    kind = element.hosts[(number // len(ELEMENTS)) % len(element.hosts)]
    make = element.decision if form == "decision" else element.accident
    return Case(f"{form[0]}{number}", form, element.name, kind, make(site(kind, random)))
