"""dockerd refuses its configuration, so it ends at each start.

Users see: dockerd ends at each start, after a change of its configuration.

Proof: daemon.json is not valid JSON, or an option is both in it and a flag of the unit; no flow shows it.
Now: correct daemon.json (``dockerd --validate`` checks it), then ``systemctl start docker``.
Lasting: nothing: the corrected file is read at each start.
"""

from collections.abc import Iterator

from hairpin.causes.cause import Candidate, Cause, HostState, Way
from hairpin.causes.states._daemon import after
from hairpin.causes.where import OfFile
from hairpin.change.change import Change
from hairpin.engines.daemon import refusal
from hairpin.host.docker import Boot
from hairpin.host.engine_health import health
from hairpin.host.host import Host
from hairpin.message import Message, message


def of_host(host: Host) -> Iterator[HostState]:
    """Yield the configuration that keeps a daemon which should run from starting."""
    for each in health(host):
        boot = each.engine.boot
        why = refusal(boot)
        if each.is_down and each.expected and boot is not None and why is not None:
            yield HostState(_refused(boot, why), "latent", event=after(each))


def _refused(boot: Boot, why: Message) -> Candidate:
    by_hand = (
        message("correct {file}; `dockerd --validate` checks it", file=boot.config)
        if boot.malformed
        else message(
            "take the option out of {file}, or out of ExecStart of the unit (systemctl edit docker)", file=boot.config
        )
    )
    return Candidate(
        title=message("dockerd does not start with its configuration"),
        detail=message("{reason}. dockerd ends at each start with an error.", reason=why),
        change=Change(()),
        where=OfFile(file=boot.config),
        in_class="switched-off",
        evidence=boot.traces,
        ways=(Way(Change(()), (by_hand,)),),
    )


CAUSE = Cause(
    id="daemon-does-not-start-config",
    title=message("dockerd does not start with its configuration"),
    source="moby: daemon/config/config.go MergeDaemonConfigurations(), findConfigurationConflicts()",
    of_host=of_host,
)
