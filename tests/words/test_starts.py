"""What an engine's own words about a start mean; tests/causes holds what becomes of them on a host."""

import re
from string import Formatter

from hairpin.causes.registry import all_causes
from hairpin.words.catalogue import starts
from hairpin.words.meaning import Failure
from hairpin.words.pattern import variants
from hairpin.words.starts import cause_told, failure_told
from tests.rows import each_row

ENTRIES = starts()
OF_CONTAINER = {"name", "start"}

CAUSES: dict[str, tuple[str, str, str]] = {
    "a table": ("can't initialize ip6tables table `nat': Table does not exist", "kernel-module-missing", "nat"),
    "no rights, no module": ("can't initialize iptables table `nat': Permission denied (you must be root)", "", ""),
    "IPv6 is off": ("can't initialize ip6tables table `nat': Address family not supported by protocol", "", ""),
    "a target": ("Couldn't load target `MASQUERADE':No such file or directory", "kernel-match-missing", "MASQUERADE"),
    "a chain is no target": ("Couldn't load target `DOCKER':No such file or directory", "", ""),
    "a target taken for a chain": ("Chain 'DNAT' does not exist", "kernel-match-missing", "DNAT"),
    "a link": ("error creating vxlan interface: protocol not supported", "kernel-module-missing", "vxlan"),
    "a link of the same name": ("error creating vxlan interface: file exists", "", ""),
    "a file that cannot be opened is no lock": ("Can't open lock file /run/xtables.lock: Permission denied", "", ""),
    "no pool": ("list bridge addresses failed: no available network", "address-pool-exhausted", ""),
    "a pool that is none": ('failed to parse pool request for address space "LocalDefault" pool "x"', "", ""),
    "a table of nft is no module": (
        "TABLE_ADD failed (Invalid argument): table filter", "kernel-module-missing", "",
    ),
}  # fmt: skip


@each_row(("text", "cause", "subject"), CAUSES.values(), ids=CAUSES)
def test_the_cause_that_words_mean(text: str, cause: str, subject: str) -> None:
    assert cause_told(text) == (cause, subject)


FAILURES: dict[str, tuple[str, str, str]] = {
    "Podman's DHCP client does not run": (
        'netavark: unable to obtain lease: socket "/run/podman/nv-proxy.sock": No such file or directory (os error 2)',
        "netavark-dhcp-proxy-missing", "",
    ),
    "a runtime is no command": (
        'exec: "/usr/bin/nvidia-container-runtime": executable file not found in $PATH',
        "container-runtime-missing", "/usr/bin/nvidia-container-runtime",
    ),
    "a command with a space": (
        'exec: "sh -c ls": executable file not found in $PATH: unknown', "container-command-missing", "sh -c ls",
    ),
    "what is mounted, not the volume": (
        "error while mounting volume '/v/x/_data': failed to mount local volume: mount /srv/gone:/v/x/_data: no such …",
        "container-mount", "/srv/gone",
    ),
    "two networks with one subnet": (
        "cannot program address 10.10.0.4/16 in sandbox interface because it conflicts with existing route {Ifindex: 4",
        "docker-subnets-overlap", "",
    ),
    "an address of another network": (
        "Invalid address 172.15.0.3: It does not belong to any of this network's subnets",
        "docker-address-outside-subnet", "",
    ),
    "an address on the default bridge": (
        "user specified IP address is supported on user defined networks only", "docker-address-not-free", "",
    ),
    "a parent with another use": (
        "failed to create the macvlan port: device or resource busy", "docker-parent-busy", "",
    ),
    "a parent that the kernel knows not": (
        "failed to create the ipvlan port: operation not supported", "docker-parent-unsupported", "",
    ),
    "a port is no container's address": (
        "listen unix /run/x.sock: bind: address already in use", "", "",
    ),
}  # fmt: skip


@each_row(("error", "entry", "subject"), FAILURES.values(), ids=FAILURES)
def test_what_a_stored_error_means(error: str, entry: str, subject: str) -> None:
    found = failure_told(error)
    assert (found.entry.id, found.subject) == (entry, subject) if found is not None else not entry


def test_an_entry_names_a_cause() -> None:
    assert {each.kept_by for each in ENTRIES} - {each.id for each in all_causes()} == {""}


def test_each_variant_has_a_word_of_ascii_or_is_no_english() -> None:
    found = [each for entry in ENTRIES for text in entry.patterns for each in variants(text)]
    assert [each.text for each in found if each.text.isascii() and not each.words] == []


def _places(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name}


def test_each_place_of_a_sentence_is_filled() -> None:
    """By the container, by a place that each pattern has, or by the subject."""
    for entry in ENTRIES:
        for said in (entry.failure.said, entry.failure.repair) if isinstance(entry.failure, Failure) else ():
            asked = _places(said.template) - OF_CONTAINER if said is not None else set[str]()
            for pattern in entry.patterns:
                has = set(re.findall(r"\{(\w+)\}", pattern))
                subject = not entry.subject.startswith("{") or bool(has & _places(entry.subject))
                assert asked <= has or (entry.subject and subject), f"{entry.id}: {pattern}"
