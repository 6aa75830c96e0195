"""Hooks of apt."""

from hairpin.story.commands.apt_hooks import hook_entries, hook_runs
from hairpin.story.entry import Effect
from hairpin.story.timeline import story_of
from hairpin.story.traces import traces_of
from tests.story.recorded import evidence, journal, traces

HISTORY = (
    "Start-Date: 2026-11-26  12:00:00\nCommandline: apt-get install vim\nRequested-By: ann (1000)\n"
    "Upgrade: vim:amd64 (1, 2)\nEnd-Date: 2026-11-26  12:00:30\n\n"
)
HOOK = 'apt\t/etc/apt/apt.conf.d/99own:1:DPkg::Post-Invoke {"WHAT";};\n'
RUN = ("trace-packages", HISTORY, "/var/log/apt/history.log")
FIREWALLD = (
    (5.0, "systemd", "Startup finished in 3s.", ""),
    (1628.0, "systemd", "Stopping firewalld.service - f...", "firewalld.service"),
    (1629.0, "systemd", "Started firewalld.service - f.", "firewalld.service"),
)


def test_each_run_of_apt_calls_the_hooks() -> None:
    host = traces(("trace-package-scripts", HOOK.replace("WHAT", "iptables -F")), RUN)
    (run,) = hook_runs(host)
    assert (run.by.kind, run.by.name) == ("process", "apt (/etc/apt/apt.conf.d/99own)")
    (entry,) = hook_entries(host)
    assert entry.effect == Effect(commands="iptables -F")
    assert "ann ran `apt-get install vim`" in str(entry.what)


def test_a_hook_that_does_nothing_to_the_network_is_not_told() -> None:
    assert tuple(hook_entries(traces(("trace-package-scripts", HOOK.replace("WHAT", "iptables -L")), RUN))) == ()
    assert tuple(hook_entries(traces(RUN))) == ()


def test_a_unit_that_the_hook_restarts_is_told_once() -> None:
    scripts = ("trace-package-scripts", HOOK.replace("WHAT", "systemctl restart firewalld"))
    host = evidence(scripts, RUN, ("trace-units", journal(*FIREWALLD)))
    entries = [each for each in story_of((host,), 0).entries if each.effect is not None and each.kind != "boot"]
    assert [(each.subject, each.by) for each in entries] == [("firewalld.service", next(hook_runs(traces_of(host))).by)]
