"""Each text of the catalogue, and each that was collected later, meets its entry; harmless lines meet none."""

from hairpin.explain.line import readable
from hairpin.explain.lookup import find_meaning, outcome_of
from hairpin.report.pages import page_ids
from hairpin.words.catalogue import entries
from hairpin.words.meaning import Outcome, TextMeaning
from tests.explain.texts import collected, harmless, met, samples
from tests.rows import each_row

_NO_PAGE = """
bridge-port-limit cni-bridge-not-trusted conntrack-helper-missing conntrack-invalid-reset
container-shares-network-of-stopped-container dns-port-53-conflict dns-upstream-unreachable docker-proxy-stale
ephemeral-port-collision icc-off-without-br-netfilter iptables-nft-incompatible-table
ipv6-disabled-listen-fails privileged-port-rootless
"""
NO_PAGE = frozenset(_NO_PAGE.split())
"""Causes that texts name and that have no page yet."""


@each_row(("entry", "text"), samples())
def test_a_sample_meets_its_entry(entry: str, text: str) -> None:
    found = met(text)
    assert found is not None
    assert found.entry.id == entry


@each_row(("entry", "text"), collected())
def test_a_collected_text_meets_its_entry(entry: str, text: str) -> None:
    found = met(text)
    assert found is not None
    assert found.entry.id == entry


def test_each_entry_has_a_sample() -> None:
    assert {each.id for each in entries()} == {entry for entry, _ in samples()}


def test_enough_texts_are_real() -> None:
    assert len(samples()) >= 75
    assert len(collected()) >= 75
    assert len(harmless()) >= 60


@each_row("line", harmless())
def test_a_harmless_line_means_no_fault(line: str) -> None:
    found = met(line)
    assert found is None or found.entry.kind != "fault"


@each_row(
    ("text", "entry"),
    (
        # why the kernel or a program refuses decides, and another reason is another meaning
        ("iptables v1.8.7: Could not fetch rule set generation id: Invalid argument", "iptables-no-rights"),
        ("iptables v1.8.7: Could not fetch rule set generation id: Permission denied", "nft-table-add-failed"),
        ("Error: Could not process rule: Device or resource busy", "nft-not-supported"),
        ("failed to set IPv4 default route: file exists", "engine-gateway-unreachable"),
        ("failed to create the macvlan port: device or resource busy", "docker-parent-unsupported"),
        ("pasta failed with exit code 1: Couldn't open network namespace /run/x: Permission denied", "pasta-failed"),
        ("Can't open lock file /run/xtables.lock: Permission denied", "xtables-lock"),
        ("failed to bind udp listener on 10.89.0.1:53: IO error: Cannot assign requested address", "aardvark-port-53"),
        # who asks decides: firewalld refuses requests of other programs than dockerd
        ("Error: ZONE_CONFLICT: 'docker0' already bound to 'docker'", "dockerd-zone-conflict"),
        ("open /proc/sys/net/ipv4/ip_forward: read-only file system", "engine-sysctl-read-only"),
        # words that other programs print, too
        ("PHP Parse error: syntax error, unexpected 'x' in /srv/a.php on line 3", "nft-syntax"),
        ("error parsing configuration: yaml: line 3: mapping values are not allowed", "cni-config-unreadable"),
        ("could not find plugin loki in v1 plugin registry: plugin not found", "driver-missing"),
        ("Error: invalid IPv4 address: x", "address-option-refused"),
        # what an image exposes is not published, and that is no fault
        ("macvlan driver does not support port exposures", "docker-macvlan-ports"),
        # a program that the image lacks is no program that the engine needs
        ('OCI runtime exec failed: exec: "ping": executable file not found in $PATH', "engine-program-missing"),
        ("could not find network foo in one of the files", "podman-helper-missing"),
        ("open sysctl: no such key", "runc-sysctl-denied"),
        # sysctl -a of a user, and of root on an ordinary host
        ("sysctl: permission denied on key 'net.ipv4.tcp_fastopen_key'", "container-sysctl-read-only"),
        ("kernel.apparmor_restrict_unprivileged_userns = 1", "rootless-namespace-denied"),
        ("netavark: interface eth0 not found: No such device (os error 19)", "netavark-program-missing"),
        ("SSL_do_handshake() failed (SSL: error:0A000410) while SSL handshaking, client: 192.0.2.7",
         "not-in-the-network"),
        ("[thrd:kafka:9092/bootstrap]: kafka:9092/bootstrap: Failed to resolve 'kafka:9092'",
         "kafka-advertised-address"),
        ("api.example.org could not be resolved (110: Operation timed out)", "nginx-resolver"),
    ),
)  # fmt: skip
def test_a_text_that_only_looks_alike_meets_another_entry(text: str, entry: str) -> None:
    found = met(text)
    assert found is None or found.entry.id != entry


def test_each_cause_has_a_page_or_is_listed() -> None:
    named = {each for entry in entries() for each in entry.causes}
    assert named - set(page_ids()) - NO_PAGE == set()


def test_ids_are_unique_and_meanings_short() -> None:
    ids = [each.id for each in entries()]
    assert len(ids) == len(set(ids))
    assert [each.id for each in entries() if each.meaning.template.count(". ") > 2] == []


def _is_decided(entry: TextMeaning) -> bool:
    """Return whether something decides which flow the text is true of; one of which no cause is known decides none."""
    return bool(entry.verdicts or entry.shown_by or entry.outcome or not entry.causes)


def test_a_harmless_text_has_no_cause_and_a_fault_says_of_what() -> None:
    assert [each.id for each in entries() if each.kind == "harmless" and each.about != "host"] == []
    assert [each.id for each in entries() if each.about == "flow" and not _is_decided(each)] == []


def test_chinese_in_its_own_encoding() -> None:
    line = "curl: (7) Failed to connect to 10.0.0.5 port 8080: 拒绝连接".encode("gb18030")
    found = find_meaning(readable(line))
    assert found is not None
    assert found.entry.id == "client-refused"


def test_places_are_picked_out() -> None:
    found = met("Bind for 0.0.0.0:8080 failed: port is already allocated")
    assert found is not None
    assert dict(found.places) == {"address": "0.0.0.0", "port": "8080"}
    assert found.matched == "Bind for 0.0.0.0:8080 failed: port is already allocated"


CURL = "curl: ({}) Failed to connect to 10.0.0.5 port 80 after {} ms: Couldn't connect to server"
CASES: dict[str, tuple[str, Outcome | None]] = {
    "curl 28, whatever follows": (CURL.format(28, 130012), "timeout"),
    "curl 7 at once": (CURL.format(7, 0), "refused"),
    "curl 7 after ARP has given up": (CURL.format(7, 3058), "no-route"),
    "curl 7 after two minutes": (CURL.format(7, 131071), "timeout"),
    "git, without a code": (CURL.format(7, 129914).partition(") ")[2], "timeout"),
    "Guzzle": ("cURL error 28: Connection refused", "timeout"),
    "nginx": ("connect() failed (113: Host is unreachable) while connecting", "no-route"),
    "mysql": ("Can't connect to MySQL server on 'db:3306' (111)", "refused"),
    "Python": ("[Errno 101] Network is unreachable", "no-network"),
    "Python on macOS": ("[Errno 61] Connection refused", "refused"),
    "Rust": ("tcp connect error: x (os error 104)", "reset"),
    "redis-py": ("Error 110 connecting to db:6379. x", "timeout"),
    "names of errors": ("AggregateError: connect ETIMEDOUT 10.0.0.5:80", "timeout"),
    "two errors": ("connect ECONNREFUSED ::1:80, connect ETIMEDOUT 10.0.0.5:80", None),
    "EINPROGRESS tells nothing": ("Can't connect to MySQL server on 'db' (115)", None),
    "no number": ("Connection refused", None),
    "another number": ("GET /x (200)", None),
}


@each_row(("text", "outcome"), CASES.values(), ids=CASES)
def test_outcome(text: str, outcome: Outcome | None) -> None:
    assert outcome_of(text) == outcome
