"""What the owner has named is renamed, alike in every reading; what distributions bring is not."""

import re
from pathlib import Path

import hairpin
from hairpin.evidence.reading import Evidence, Reading
from hairpin.evidence.redact import redact
from hairpin.evidence.redact_own import is_known_unit
from hairpin.host.known_ports import all_known
from hairpin.story.logs.units import own_units
from hairpin.story.timeline import story_of
from hairpin.story.traces import traces_of
from tests.rows import each_row
from tests.story.recorded import entry, evidence

FW = "acme-fw.service\t/etc/systemd/system/acme-fw.service:3:ExecStart=/opt/acme/bin/fw.sh\n"
LINES = "acme-fw.service\t/opt/acme/bin/fw.sh:2:iptables -F FORWARD\n"
TIMER = "acme-fw.service\t/etc/systemd/system/acme-fw.timer:0:acme-fw.timer\n"
STARTED = entry(100, "systemd", "Started acme-fw.service - Firewall of Acme Ltd.", "acme-fw.service")
OLD_WORDS = entry(400, "systemd", "Started Firewall of Acme Ltd.", "acme-fw.service")
DOCKER = entry(500, "systemd", "Started docker.service - Docker Application Container Engine.", "docker.service")
SUDO = "ann : TTY=pts/1 ; PWD=/ ; USER=root ; COMMAND="
ASKED = entry(99, "sudo", f"{SUDO}/usr/bin/systemctl restart acme-fw")
INSTALLED = entry(90, "sudo", f"{SUDO}/usr/bin/apt install acme-agent")
SCRIPT = "acme-agent\t/var/lib/dpkg/info/acme-agent.postinst:3:iptables -P FORWARD DROP\n"


def _whole() -> Evidence:
    return evidence(
        ("trace-own-units", FW + LINES + TIMER),
        ("trace-units", f"{STARTED}\n{OLD_WORDS}\n{DOCKER}\n"),
        ("trace-logins", f"{ASKED}\n{INSTALLED}\n"),
        ("trace-package-scripts", SCRIPT),
        ("trace-packages", "2026-11-26 12:00:00 install acme-agent:amd64 <none> 1\n", "/var/log/dpkg.log"),
        ("process-units", "12\t/system.slice/acme-fw.service\n13\t/system.slice/docker.service\n"),
        ("boot-scripts", "/etc/cron.d/acme:1:* * * * * root /usr/local/sbin/acme-harden.sh\n"),
    )


def _texts(whole: Evidence) -> str:
    return "\n".join(f"{each.origin} {each.text}" for each in whole.readings)


def test_no_name_of_the_owners_is_left() -> None:
    text = _texts(redact(_whole(), b"key"))
    assert "acme" not in text.lower()
    assert "Ltd" not in text


def test_what_is_known_stays() -> None:
    text = _texts(redact(_whole(), b"key"))
    for known in ("docker.service", "/system.slice/", "systemctl restart", "iptables -F FORWARD", "/usr/local/sbin/",
                  "Docker Application Container Engine", "/etc/systemd/system/", "apt install"):  # fmt: skip
        assert known in text, known


def test_the_story_is_the_same() -> None:
    plain, hidden = _whole(), redact(_whole(), b"key")
    told = [story_of((each,), 0).entries for each in (plain, hidden)]
    assert [(e.at, e.kind, e.effect) for e in told[0]] == [(e.at, e.kind, e.effect) for e in told[1]]
    by = [[each.by.kind if each.by is not None else None for each in entries] for entries in told]
    assert by[0] == by[1]
    assert "person" in by[0]
    (one,), (other,) = (own_units(traces_of(each)).values() for each in (plain, hidden))
    assert one.lines[1:] == other.lines[1:]
    assert one.timer != other.timer


# the key of a reading, its text, what of it is left as it is
KEPT: dict[str, tuple[str, str, str]] = {
    "a label of Compose": ("trace-docker-events", '{"com.docker.compose.service":"x"}', '"com.docker.compose.service"'),
    "a program in a path": (
        "trace-logins", entry(9, "sudo", f"{SUDO}/usr/local/bin/docker compose up -d"), "/usr/local/bin/docker",
    ),
    "a session": (
        "process-units", "1\t/user.slice/user-1000.slice/session-3.scope\n", "/user-1000.slice/session-3.scope",
    ),
    "a rule": ("iptables-nft-save4", '-A INPUT -m comment --comment "own service" -j ACCEPT\n', '"own service"'),
    "a package that is known": ("packages", "ii  docker.io 20.10.24\n", "docker.io 20.10.24"),
}  # fmt: skip


@each_row(("key", "text", "kept"), KEPT.values(), ids=KEPT)
def test_what_looks_alike_is_kept(key: str, text: str, kept: str) -> None:
    reading = Reading("e1", key, "", key, "2026-11-26T13:33:20Z", 0, "text", text)
    (found,) = redact(Evidence("hairpin.evidence/1", "0", "", "h", "6.1", (reading,)), b"key").readings
    assert kept in found.text


def test_a_quadlets_unit_is_that_of_its_container() -> None:
    document = '{"Id":"x","Name":"web","Config":{"Labels":{"PODMAN_SYSTEMD_UNIT":"acme-web.service"}}}'
    readings = (
        Reading("e1", "podman-containers", "", "podman", "2026-11-26T13:33:20Z", 0, "text", document),
        Reading(
            "e2", "process-units", "", "/proc", "2026-11-26T13:33:20Z", 0, "text", "9\t/system.slice/acme-web.service"
        ),
    )
    one, other = redact(Evidence("hairpin.evidence/1", "0", "", "h", "6.1", readings), b"key").readings
    name = other.text.rpartition("/")[2]
    assert "acme" not in name
    assert f'"PODMAN_SYSTEMD_UNIT":"{name}"' in one.text


def test_the_names_of_a_quadlet_are_renamed() -> None:
    document = (
        '{"User":"anna","File":"/var/home/anna/.config/containers/systemd/acme.container","Unit":"acme.service",'
        '"Name":"acmeweb","Image":"localhost/acme:1","Publish":["8080:80"],'
        '"Install":"default.target","State":"failed","Said":"Error: localhost/acme:1: image not known, acmeweb"}'
    )
    folder = "/var/home/anna/.config/containers/systemd"
    reading = Reading("e1", "quadlets", "", folder, "2026-11-26T13:33:20Z", 0, "text", document)
    (found,) = redact(Evidence("hairpin.evidence/1", "0", "", "h", "6.1", (reading,)), b"key").readings
    for hidden in ("acme", "anna"):
        assert hidden not in found.text + found.origin, found
    for kept in ('"8080:80"', ".container", "/containers/systemd/", "default.target", '"failed"'):
        assert kept in found.text, kept


SOURCE = Path(hairpin.__file__).parent
_LITERAL = re.compile(r"[\"' ]([A-Za-z0-9-]+)(?:@[a-z0-9]*)?\.(?:service|timer)\b")


@each_row(
    "stem",
    ("docker", "systemd-networkd", "session-3", "user-1000", "run-r0a1", "wg-quick", "getty", "com.docker.compose"),
)
def test_known(stem: str) -> None:
    assert is_known_unit(stem)


@each_row("stem", ("acme-firewall", "harden", "docker-cleaner-acme", "user-portal", "cloud-acme", "web"))
def test_the_owners(stem: str) -> None:
    assert not is_known_unit(stem)


def test_each_unit_that_hairpin_knows_by_name_keeps_it() -> None:
    """A new unit in a cause, an event or the collector has to stand in the list."""
    texts = [path.read_text("utf-8") for path in (*SOURCE.rglob("*.py"), SOURCE / "collect" / "collect.sh")]
    named = {stem for text in texts for stem in _LITERAL.findall(text)}
    of_ports = {unit for known in all_known() for unit in known.units}
    # Fields of that name.
    of_code = {"compose", "container", "each", "found", "one", "other", "promise", "self", "socket"}
    assert {each for each in (*named, *of_ports) if not is_known_unit(each.partition("@")[0])} - of_code == set()
