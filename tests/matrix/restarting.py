"""Plans whose containers come back with their engine."""

import msgspec

from hairpin.lab.plan import LabPlan


def restarting(plan: LabPlan) -> LabPlan:
    """Return the plan in which every container that says nothing else has a restart policy."""
    containers = tuple(
        each
        if "--restart" in each.options
        else msgspec.structs.replace(
            each, options=f"--restart {'always' if each.engine == 'podman' else 'unless-stopped'} {each.options}"
        )
        for each in plan.containers
    )
    return msgspec.structs.replace(plan, containers=containers)
