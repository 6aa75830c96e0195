"""The effects of apt's hooks.  Each run of apt calls the hooks, whatever the run installs."""

from collections.abc import Iterator

import msgspec

from hairpin.message import Message, message
from hairpin.story.commands.package_scripts import InstallScript, apt_hooks
from hairpin.story.commands.packages import PackageRun, apt_runs
from hairpin.story.entry import Actor, StoryEntry
from hairpin.story.traces import Traces, known_from


class HookRun(msgspec.Struct, frozen=True):
    """A call of the hooks of one file, in one run of apt."""

    hook: InstallScript
    run: PackageRun

    @property
    def by(self) -> Actor:
        """The hook as an actor."""
        return Actor("process", f"apt ({self.hook.path})", self.hook.evidence)


def hook_runs(traces: Traces) -> Iterator[HookRun]:
    """Yield the calls of relevant hooks, the oldest call first.  A call from before the hook's file was written is left
    out."""
    for run in apt_runs(traces):
        for hook in apt_hooks(traces):
            if run.until >= known_from(traces, (hook.path,)):
                yield HookRun(hook, run)


def hook_entries(traces: Traces) -> Iterator[StoryEntry]:
    """Yield the hooks' effects on the network."""
    for each in hook_runs(traces):
        if each.hook.effect is not None:
            yield StoryEntry(
                at=each.run.at,
                kind="command",
                what=_said(each),
                subject="apt",
                evidence=each.run.evidence,
                until=each.run.until,
                by=each.by,
                effect=each.hook.effect,
                quote=each.run.command,
                host=traces.host,
            )


def _said(each: HookRun) -> Message:
    given = {"path": each.hook.path, "command": each.hook.whole, "apt": each.run.command}
    if each.run.user:
        return message("{user} ran `{apt}`, and apt ran its hook `{command}` from {path}", user=each.run.user, **given)
    return message("`{apt}` made apt run its hook `{command}` from {path}", **given)
