"""A container runs, and its own health check fails.

Users see: ``docker ps`` shows ``(unhealthy)``.  The port may answer, but slowly or with errors.

Proof: the engine says that the container is unhealthy.  No flow shows this cause.  hairpin reads the status and the
URLs in the check's command, never the output of the check.  The plain question walks the flows to these URLs.
Now: read the output of the check with ``docker inspect -f '{{json .State.Health}}' NAME``.
Lasting: repair the fault that the check finds, or repair the check.
"""

from collections.abc import Iterator

from hairpin.causes.cause import Candidate, Cause, Finding, Way
from hairpin.causes.where import OfContainer
from hairpin.change.change import Change
from hairpin.host.host import Host
from hairpin.message import message


def of_host(host: Host) -> Iterator[Finding]:
    """Yield one finding for each running container that is unhealthy."""
    for engine in host.engines:
        for container in engine.containers:
            if container.health != "unhealthy" or not container.running:
                continue
            read = engine.command("inspect", "-f", "{{json .State.Health}}", container.name)
            found = Candidate(
                title=message("Container {name} is unhealthy", name=container.name),
                detail=message("The container's own health check fails. hairpin did not read what the check printed."),
                change=Change(()),
                where=OfContainer(container=container.name, state="unhealthy"),
                in_class="switched-off",
                evidence=(container.evidence,),
                offered=False,
                ways=(Way(Change(()), (message("read what its health check printed: {command}", command=read),)),),
            )
            line = message(
                "the container's health check says that {name} is unhealthy: {command}",
                name=container.name,
                command=read,
            )
            yield Finding(found, "advice", container=container.name, line=line)


CAUSE = Cause(
    title=message("A container is unhealthy"),
    source="Docker Engine API: State.Health.Status; docker run(1): --health-cmd",
)
