"""Plans whose containers come back with their engine."""

from collections import Counter

import msgspec

from hairpin.lab.plan import ContainerPlan, LabPlan


def restarting(plan: LabPlan) -> LabPlan:
    """Return the plan in which every container that says nothing else has a restart policy."""
    boxes = (each if "--restart" in each.options else _restarting(each) for each in plan.containers)
    return msgspec.structs.replace(plan, containers=tuple(boxes))


def every_other_restarting(plan: LabPlan) -> LabPlan:
    """Return the plan in which every other container of each engine has a restart policy."""
    seen: Counter[str] = Counter()
    boxes: list[ContainerPlan] = []
    for box in plan.containers:
        boxes.append(box if seen[box.engine] % 2 else _restarting(box))
        seen[box.engine] += 1
    return msgspec.structs.replace(plan, containers=tuple(boxes))


def _restarting(box: ContainerPlan) -> ContainerPlan:
    policy = "always" if box.engine == "podman" else "unless-stopped"
    return msgspec.structs.replace(box, options=f"--restart {policy} {box.options}")
