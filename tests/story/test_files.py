"""Files that were changed."""

from hairpin.story.file_times import changed_files
from hairpin.story.files import file_entries
from hairpin.story.traces import traces_of
from tests.rows import each_row
from tests.story.recorded import BEGUN, journal, lab, traces

W = BEGUN + 600
PACKAGES = (
    "trace-packages",
    "2026-11-26 11:43:10 upgrade ufw:all 0.35 0.36\n2026-11-26 11:43:30 configure ufw:all 0.36 <none>\n",
)
SUDO = "ann : TTY=pts/1 ; PWD=/ ; USER=root ; COMMAND="
TEE = ("trace-logins", journal((595, "sudo", f"{SUDO}/usr/bin/tee /etc/sysctl.d/50-x.conf")))
CASES: dict[str, tuple[str, tuple[tuple[str, str], ...], list[tuple[str, str | None]]]] = {
    "written": (f"{W} {W} 24 root /etc/sysctl.d/50-x.conf", (), [("/etc/sysctl.d/50-x.conf was written", None)]),
    "written by somebody": (
        f"{W} {W} 24 root /etc/sysctl.d/50-x.conf", (TEE,), [("/etc/sysctl.d/50-x.conf was written", "ann (pts/1)")],
    ),
    "another file of a like name": (
        f"{W} {W} 24 root /etc/sysctl.d/50-x.conf.d", (TEE,), [("/etc/sysctl.d/50-x.conf.d was written", None)],
    ),
    "put there": (
        f"1600000000 {W} 24 root /etc/sysctl.d/a b.conf", (),
        [("/etc/sysctl.d/a b.conf was put there, or its name, owner or mode was changed", None)],
    ),
    "of a package that was installed then": (
        f"1600000000 {W} 24 root /etc/default/ufw\nowner ufw /etc/default/ufw", (PACKAGES,), [],
    ),
    "of a package, and written later": (
        f"{W + 60} {W + 60} 24 root /etc/default/ufw\nowner ufw /etc/default/ufw", (PACKAGES,),
        [("/etc/default/ufw was written", None)],
    ),
    "written by nobody's script while packages were installed": (
        f"{W} {W} 24 root /etc/sysctl.d/50-x.conf", (PACKAGES,), [("/etc/sysctl.d/50-x.conf was written", None)],
    ),
    "no line of stat": ("stat: cannot stat", (), []),
}  # fmt: skip


@each_row(("text", "further", "expected"), CASES.values(), ids=CASES)
def test_files(text: str, further: tuple[tuple[str, str], ...], expected: list[tuple[str, str | None]]) -> None:
    found = file_entries(traces(("trace-files", text), *further))
    assert [(str(each.what), each.by.name if each.by is not None else None) for each in found] == expected


def test_the_lab_host() -> None:
    """What the packages brought is not told, and what root wrote is."""
    found = [each.subject for each in file_entries(traces_of(lab())) if each.subject.startswith("/etc/sysctl.d")]
    assert found == ["/etc/sysctl.d/50-off.conf"]
    owned = {each.path: each.package for each in changed_files(traces_of(lab()))}
    assert owned["/etc/default/docker"] == "docker.io"
