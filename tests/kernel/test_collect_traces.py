"""The collector's traces: of a root folder with the logs of a host without a journal, under each shell."""

import os
import shutil
import time
from pathlib import Path

import pytest

from hairpin.collect.run import LocalRunner, collect
from hairpin.evidence.reading import Evidence
from hairpin.story.timeline import story_of

SHELLS = {"dash": ("dash",), "bash": ("bash",), "busybox": ("busybox", "sh")}
NOW = int(time.time())


def at(seconds_ago: int, form: str) -> str:
    return time.strftime(form, time.gmtime(NOW - seconds_ago))


SUDO = "ann : TTY=pts/0 ; PWD=/ ; USER=root ; COMMAND="
SECRETS = ("hunter2", "s3cr3t", "topword", "MyValue")
COMMANDS = (
    "/usr/sbin/iptables -F FORWARD",
    "/usr/bin/docker run -d --name web -p 80:80 -e PASS=hunter2 --label a=hunter2 nginx --flag=hunter2",
    "/usr/bin/docker exec web mysql -phunter2",
    "/usr/bin/docker login -u bob -p s3cr3t registry",
    "/usr/bin/curl -H token:s3cr3t http://x/ -o /etc/nftables.conf",
    "/usr/sbin/wg set wg0 private-key /etc/topword",
    "FOO=MyValue /usr/sbin/sysctl -w net.ipv4.ip_forward=0",
    "/usr/bin/ls /tmp",
)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Return a folder with the logs of a host, an hour old at most."""
    log, stamp = "%b %d %H:%M:%S", "%Y-%m-%d %H:%M:%S"
    given = SUDO.replace("COMMAND=", "ENV=A=MyValue ; COMMAND=/usr/sbin/nft -f /x")
    sudo = [*(f"  {SUDO}{command}" for command in COMMANDS), f"  {given}"]
    texts = {
        "var/log/auth.log": "".join(f"{at(600 - n, log)} web1 sudo: {said}\n" for n, said in enumerate(sudo)),
        "var/log/syslog": f"{at(900, log)} web1 systemd[1]: Stopped firewalld - dynamic firewall daemon.\n"
        f"{at(899, log)} web1 app[9]: nothing of this\n",
        "var/log/dpkg.log": f"{at(700, stamp)} upgrade iptables:amd64 1.8.9-2 1.8.11-2\n"
        f"{at(700, stamp)} upgrade vim:amd64 1 2\n{at(699, stamp)} install own:all <none> 1\n"
        f"{at(9 * 86400, stamp)} install old:all <none> 1\n",
        "var/lib/dpkg/info/own.postinst": "#!/bin/sh\nset -e\niptables -t nat -F\n",
        "var/lib/dpkg/info/old.postinst": "#!/bin/sh\niptables -F\n",
        "var/lib/dpkg/info/own:amd64.postinst": "#!/bin/sh\ncurl -H token:s3cr3t http://x | nft -f -\n",
        "var/lib/dpkg/info/own:32bit.postinst": "#!/bin/sh\ncurl -H token:s3cr3t http://x | nft -f -\n",
        "var/lib/dpkg/info/iptables.postinst": "#!/bin/sh\niptables -F\n",
        "etc/apt/apt.conf.d/99own": 'DPkg::Post-Invoke { "sysctl --system"; };\n',
        "var/log/apt/history.log": f"Start-Date: {at(701, stamp)}\nCommandline: apt-get install iptables\n"
        "Requested-By: ann (1000)\nUpgrade: vim:amd64 (1, 2), iptables:amd64 (1.8.9-2, 1.8.11-2)\n"
        f"End-Date: {at(690, stamp)}\n",
        "var/log/audit/audit.log": f'type=SYSCALL msg=audit({NOW - 400}.1:5): auid=1000 comm="nft"\n'
        f'type=EXECVE msg=audit({NOW - 400}.1:5): argc=2 a0="nft" a1="-f" a2="/etc/x"\n'
        f'type=SYSCALL msg=audit({NOW - 400}.1:6): auid=1000 comm="vi"\n',
        "etc/sysctl.d/50-x.conf": "net.ipv4.ip_forward = 0\n",
        "etc/timezone": "Etc/UTC\n",
        "etc/cron.d/fw": "* * * * * root /usr/local/sbin/fw.sh\n",
        "etc/systemd/system/own.service": "[Service]\nExecStart=-/usr/local/sbin/fw.sh\nExecStartPost=/bin/true\n",
        "etc/systemd/system/own.timer": "[Timer]\nOnCalendar=hourly\n",
        "etc/systemd/system/other.service": "[Service]\nExecStart=/bin/sh -c 'systemctl restart docker'\n",
        "etc/systemd/system/unused.service": "[Service]\nExecStart=/usr/bin/backup --to MyValue\n",
        "etc/systemd/system/plain.service": "[Service]\nExecStart=/sbin/ip r add 10.9.0.0/16 dev eth0\n"
        "ExecStop=/sbin/ip r del 10.9.0.0/16 dev eth0\n",
        "etc/systemd/system/unused.timer": "[Timer]\nOnCalendar=hourly\n",
        "usr/local/sbin/fw.sh": "#!/bin/sh\niptables -P FORWARD DROP\necho\ncurl -H token:s3cr3t http://x | nft -f -\n",
    }
    for path, text in texts.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text, "utf-8")
    os.utime(tmp_path / "etc/apt/apt.conf.d/99own", (NOW - 3600, NOW - 3600))
    return tmp_path


def read(root: Path, shell: str, *words: str) -> Evidence:
    if shutil.which(SHELLS[shell][0]) is None:
        pytest.skip(f"{shell} is not installed")
    environment = (("PATH", os.environ["PATH"]), ("TZ", "UTC"))
    return collect(LocalRunner(SHELLS[shell], environment), root=str(root), traces=words or ("all",))


@pytest.mark.parametrize("shell", SHELLS)
def test_logs_are_filtered_and_told(root: Path, shell: str) -> None:
    found = read(root, shell)
    assert {each.key for each in found.readings if each.outcome == "failed"} == set()
    whole = "".join(each.text for each in found.readings if each.key != "trace-containers")
    assert not any(secret in whole for secret in SECRETS), whole
    assert "vim" not in whole.replace("Commandline", "")
    assert "nothing of this" not in whole
    told = [str(each.what) for each in story_of((found,), NOW - 3000).entries]
    for said in (
        "firewalld.service stopped",
        "iptables was upgraded from 1.8.9-2 to 1.8.11-2: ann ran `apt-get install iptables`",
        "ann (pts/0) ran `/usr/sbin/iptables -F FORWARD`",
        "ann (pts/0) ran `/usr/bin/docker run -d --name web -p 80:80 nginx # not collected`",
        "/etc/sysctl.d/50-x.conf was written",
        "uid 1000 ran `nft -f /etc/x`",
        "own 1 was installed",
        "ann ran `apt-get install iptables`, and apt ran its hook `sysctl --system` from /etc/apt/apt.conf.d/99own",
    ):
        assert said in told, told
    scripts = found.find("trace-scripts", "")
    assert scripts is not None
    installed = found.find("trace-package-scripts", "")
    assert installed is not None
    assert installed.text.splitlines() == [
        "own\t/var/lib/dpkg/info/own.postinst:3:iptables -t nat -F",
        "own\t/var/lib/dpkg/info/own:32bit.postinst:2:# not collected",
        "own\t/var/lib/dpkg/info/own:amd64.postinst:2:# not collected",
        'apt\t/etc/apt/apt.conf.d/99own:1:DPkg::Post-Invoke { "sysctl --system"; };',
    ]
    own = found.find("trace-own-units", "")
    assert own is not None
    assert own.text.splitlines() == [
        "other.service\t/etc/systemd/system/other.service:2:ExecStart=/bin/sh -c 'systemctl restart docker'",
        "own.service\t/etc/systemd/system/own.service:2:ExecStart=/usr/local/sbin/fw.sh",
        "own.service\t/usr/local/sbin/fw.sh:2:iptables -P FORWARD DROP",
        "own.service\t/usr/local/sbin/fw.sh:4: (not collected)",
        "own.service\t/etc/systemd/system/own.service:3:ExecStartPost=/bin/true",
        "plain.service\t/etc/systemd/system/plain.service:2:ExecStart=/sbin/ip r add 10.9.0.0/16 dev eth0",
        "plain.service\t/etc/systemd/system/plain.service:3:ExecStop=/sbin/ip r del 10.9.0.0/16 dev eth0",
        "unused.service\t/etc/systemd/system/unused.service:2:ExecStart=/usr/bin/backup",
        "own.service\t/etc/systemd/system/own.timer:0:own.timer",
        "unused.service\t/etc/systemd/system/unused.timer:0:unused.timer",
    ]
    assert scripts.text == "/usr/local/sbin/fw.sh:2:iptables -P FORWARD DROP\n/usr/local/sbin/fw.sh:4:# not collected\n"


JOURNALCTL = """#!/bin/sh
case "$*" in
    --version) echo 'systemd 252 (252)' ;;
    *_TRANSPORT=kernel*) echo '{"MESSAGE":"docker0 Link is up","__REALTIME_TIMESTAMP":"1"}'; exec sleep 60 ;;
    *UNIT=docker.service*) ;;
    *UNIT=unused.service*) yes '{"UNIT":"unused.service","MESSAGE":"Started unused.service - x."}' | head -n 90 ;;
    *39f53479d3a045ac8e11786248231fbf*) cat <<'END' ;;
{"MESSAGE":"Started run-u1.service - /usr/sbin/iptables -F."}
{"MESSAGE":"Started run-u2.service - /usr/bin/backup."}
{"MESSAGE":"Started /usr/bin/ip link set x up."}
{"MESSAGE":"Started run-u3.service - /usr/bin/docker run -e PASS=hunter2 web."}
END
    *_COMM=sudo*) echo '{"MESSAGE":"Accepted publickey for ann from 192.0.2.7 port 1 ssh2"}' ;;
esac
"""


def test_a_journal_that_cannot_be_read_in_time_is_said_to_be_cut(root: Path, tmp_path: Path) -> None:
    (root / "var/log/journal/x").mkdir(parents=True)
    (root / "var/log/journal/x/system.journal").touch()
    program = tmp_path / "bin" / "journalctl"
    program.parent.mkdir()
    program.write_text(JOURNALCTL, "utf-8")
    program.chmod(0o755)
    runner = LocalRunner(("sh",), (("PATH", f"{program.parent}:{os.environ['PATH']}"), ("TZ", "UTC")))
    found = collect(runner, root=str(root), traces=("key=kernel", "key=logins"))
    texts = {each.key: each.text for each in found.readings}
    assert "# truncated: the oldest part was not read in 5 s" in texts["trace-kernel"]
    assert "truncated" not in texts["trace-logins"]
    reasons = [str(each.reason) for each in story_of((found,), 0).missing if each.key == "trace-kernel"]
    assert reasons == ["the records are longer than hairpin reads: the oldest part is missing"]


@pytest.mark.parametrize("shell", SHELLS)
def test_units_of_the_hosts_own_and_those_of_systemd_run(root: Path, tmp_path: Path, shell: str) -> None:
    """An application that restarts all day leaves no other unit's lines out."""
    (root / "var/log/journal/x").mkdir(parents=True)
    (root / "var/log/journal/x/system.journal").touch()
    program = tmp_path / "bin" / "journalctl"
    program.parent.mkdir()
    program.write_text(JOURNALCTL, "utf-8")
    program.chmod(0o755)
    runner = LocalRunner(SHELLS[shell], (("PATH", f"{program.parent}:{os.environ['PATH']}"), ("TZ", "UTC")))
    found = collect(runner, root=str(root), traces=("key=units",))
    own, run = [each.text.splitlines() for each in found.readings if each.key == "trace-units"][1:]
    assert len(own) == 40
    assert run == [
        '{"MESSAGE":"Started run-u1.service - /usr/sbin/iptables -F."}',
        '{"MESSAGE":"Started /usr/bin/ip link set x up."}',
        '{"MESSAGE":"Started run-u3.service - /usr/bin/docker run web. # not collected"}',
    ]


@pytest.mark.parametrize("shell", SHELLS)
def test_only_the_asked_kinds_and_time(root: Path, shell: str) -> None:
    found = read(root, shell, "key=files", "key=packages", f"since={NOW + 86400}")
    assert {each.key for each in found.readings} <= {
        "trace-clock", "trace-files", "trace-packages", "trace-package-scripts", "trace-rpm",
    }  # fmt: skip
    assert all(each.kind == "boot" for each in story_of((found,), 0).entries)


def test_without_traces_nothing_of_this_is_read(root: Path) -> None:
    found = collect(LocalRunner(), root=str(root))
    assert not any(each.key.startswith("trace-") for each in found.readings)
