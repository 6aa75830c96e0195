"""dockerd refuses its configuration, so each start of dockerd fails.

Users see: since the configuration of dockerd was changed, each start of dockerd fails.

Proof: daemon.json is not valid JSON, or an option is both in daemon.json and a flag in the unit, or two options exclude
each other.  No flow shows this cause.
Now: correct daemon.json (``dockerd --validate`` checks it), then ``systemctl start docker``.
Lasting: nothing has to be done, because dockerd reads the corrected file at each start.
"""

from collections.abc import Iterator

from hairpin.causes.cause import Candidate, Cause, Finding, Way
from hairpin.causes.states._start_words import after
from hairpin.causes.where import OfFile
from hairpin.change.change import Change
from hairpin.engines.docker.daemon import refusal
from hairpin.host.boot.daemon_start import Boot
from hairpin.host.docker import Engine
from hairpin.host.engine_health import excluding, health
from hairpin.host.host import Host
from hairpin.message import Message, message


def of_host(host: Host) -> Iterator[Finding]:
    """Yield one finding for each dockerd that should run and cannot start because of an error in its configuration."""
    for each in health(host):
        boot = each.engine.boot
        why = refusal(each.engine)
        if each.is_down and each.expected and boot is not None and why is not None:
            yield Finding(_refused(each.engine, boot, why), "latent", event=after(each))


def _refused(engine: Engine, boot: Boot, why: Message) -> Candidate:
    if boot.malformed:
        by_hand = message("correct {file}; `dockerd --validate` checks it", file=boot.config)
    elif excluding(engine):
        by_hand = message("remove one of the two options from {file}, or from ExecStart of the unit", file=boot.config)
    else:
        by_hand = message(
            "remove the option from {file}, or from ExecStart of the unit (systemctl edit docker)", file=boot.config
        )
    return Candidate(
        title=message("dockerd does not start with its configuration"),
        detail=message("{reason}. dockerd exits at each start with an error.", reason=why),
        change=Change(()),
        where=OfFile(file=boot.config),
        in_class="switched-off",
        evidence=boot.traces,
        goes_first=True,
        ways=(Way(Change(()), (by_hand,)),),
    )


CAUSE = Cause(
    title=message("dockerd does not start with its configuration"),
    source="moby: daemon/config/config.go findConfigurationConflicts(); daemon/daemon_unix.go verifyDaemonSettings()",
)
