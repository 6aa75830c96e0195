"""Jobs of cron."""

from hairpin.story.commands.cron import cron_entries, jobs_of
from hairpin.story.entry import Effect
from hairpin.story.traces import traces_of
from tests.rows import each_row
from tests.story.recorded import BEGUN, journal, lab, traces

SCRIPTS = (
    "/usr/local/sbin/fw.sh:3:iptables -P FORWARD DROP\n/usr/local/sbin/fw.sh:4:iptables -F FORWARD\n"
    "/etc/cron.daily/tidy:2:systemctl restart firewalld\n/opt/show.sh:2:iptables -nL\n"
    "/opt/secret.sh:9:# not collected\n"
)
JOBS: dict[str, tuple[str, Effect | None]] = {
    "a command": ("/usr/sbin/iptables -F", Effect(commands="/usr/sbin/iptables -F")),
    "a script": ("/usr/local/sbin/fw.sh --now", Effect(commands="iptables -P FORWARD DROP; iptables -F FORWARD")),
    "a folder of scripts": (
        "test -x /usr/sbin/anacron || run-parts --report /etc/cron.daily",
        Effect(event="firewalld-restart"),
    ),
    "a script that only shows": ("/opt/show.sh", None),
    "a script whose lines are secret": ("/opt/secret.sh", Effect(commands="# not collected")),
    "another script of a like name": ("/usr/local/sbin/fw.sh.old", None),
    "anything else": ("/usr/bin/backup", None),
}


@each_row(("command", "expected"), JOBS.values(), ids=JOBS)
def test_jobs(command: str, expected: Effect | None) -> None:
    log = journal((20, "CRON", f"(root) CMD ({command})"))
    found = jobs_of(traces(("trace-cron", log), ("trace-scripts", SCRIPTS)))
    assert [each.effect for each in found] == ([] if expected is None else [expected])


def test_a_job_that_runs_each_minute_is_told_twice() -> None:
    log = journal(*((60.0 * n, "CRON", "(root) CMD (iptables -F)") for n in range(1, 20)))
    first, last = cron_entries(traces(("trace-cron", log)))
    assert str(first.what) == "cron ran `iptables -F` for root, for the first of 19 times"
    assert last.at - first.at == 18 * 60
    assert first.by is not None
    assert (first.by.kind, first.by.name) == ("process", "cron (root): iptables -F")


def test_what_a_script_did_before_it_was_written_is_not_known() -> None:
    log = journal(*((at, "CRON", "(root) CMD (/usr/local/sbin/fw.sh)") for at in (20.0, 80.0)))
    written = ("trace-files", f"{BEGUN + 50} {BEGUN + 50} 12 root /usr/local/sbin/fw.sh\n")
    found = jobs_of(traces(("trace-cron", log), ("trace-scripts", SCRIPTS), written))
    assert [each.effect for each in found] == [
        Effect(commands="# not collected"), Effect(commands="iptables -P FORWARD DROP; iptables -F FORWARD"),
    ]  # fmt: skip


def test_the_lab_host() -> None:
    first, _ = cron_entries(traces_of(lab()))
    assert first.effect == Effect(commands="iptables -P FORWARD DROP")
