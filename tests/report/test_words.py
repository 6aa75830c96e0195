"""Every message has its Chinese; which language is spoken is the locale's choice."""

import importlib.util
import pkgutil
import re
from collections.abc import Iterator
from inspect import getmembers, isfunction
from pathlib import Path
from types import ModuleType
from typing import get_args, get_type_hints

import pytest

from hairpin import wanted
from hairpin.message import Message, message
from hairpin.report.pages import page
from hairpin.report.words import (
    DOMAIN,
    LANGUAGES,
    PAGES,
    PROBES,
    TAGS,
    Words,
    catalogue,
    language_of,
    option_of,
    time_text,
)
from hairpin.wanted import (
    Fact,
    Wanted,
    ask_container,
    ask_for_download,
    ask_for_long_answers,
    ask_from,
    ask_hardware_address,
    ask_port,
    read_host,
    read_log,
    state_peer,
    state_public,
    state_return_route,
    watch_frames,
    watch_port,
)
from tests.filled import filled
from tests.rows import each_row
from tests.whole import WHOLE

ROOT = Path(__file__).resolve().parents[2]
CATALOGUES = ROOT / "src" / "hairpin" / "report" / "locale"
LOCALES: dict[str, tuple[str, str]] = {
    "nothing set": ("", "en"),
    "Chinese": ("zh_CN.UTF-8", "zh"),
    "Chinese of another place": ("zh_TW", "zh"),
    "a language that hairpin does not speak": ("de_DE.UTF-8", "en"),
}


def tool() -> ModuleType:
    spec = importlib.util.spec_from_file_location("messages", ROOT / "tools" / "messages.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize(("locale", "expected"), LOCALES.values(), ids=LOCALES)
def test_language_of_the_locale(locale: str, expected: str) -> None:
    assert language_of(locale) == expected


def test_each_language_has_its_tag_its_characters_and_its_folder() -> None:
    assert set(LANGUAGES) == set(TAGS) == set(PROBES)
    assert {"en", *(each.name for each in CATALOGUES.iterdir() if each.is_dir())} == set(LANGUAGES)


@WHOLE
@pytest.mark.parametrize("domain", (DOMAIN, PAGES))
@pytest.mark.parametrize("language", [each for each in LANGUAGES if each != "en"])
def test_every_text_is_translated_and_keeps_its_places_and_quotes(language: str, domain: str) -> None:
    """`python tools/messages.py --missing` lists them; write them into the .po and run it without arguments."""
    messages = tool()
    translations = messages.read(CATALOGUES / language / "LC_MESSAGES" / f"{domain}.po")
    assert list(messages.missing(messages.DOMAINS[domain], language, translations)) == []


@pytest.mark.parametrize("domain", (DOMAIN, PAGES))
@pytest.mark.parametrize("language", [each for each in LANGUAGES if each != "en"])
def test_the_compiled_catalogue_is_that_of_the_text(language: str, domain: str) -> None:
    folder = CATALOGUES / language / "LC_MESSAGES"
    compiled = tool().mo_bytes((folder / f"{domain}.po").read_bytes())
    assert (folder / f"{domain}.mo").read_bytes() == compiled


def test_values_are_placed_by_the_translation() -> None:
    said = message("{link} does not forward IPv4", link="eth0")
    assert Words()(said) == "eth0 does not forward IPv4"
    assert Words("zh")(said) == "eth0 不转发 IPv4"


def test_a_value_that_is_a_message_is_translated_too() -> None:
    inner = message("{link} does not forward IPv4", link="eth0")
    assert Words()(message("{words}", words=inner)) == "eth0 does not forward IPv4"
    assert Words("zh")(message("{words}", words=inner)) == "eth0 不转发 IPv4"


def test_an_untranslated_message_is_in_english() -> None:
    assert Words("zh")(message("never seen {what}", what="x")) == "never seen x"


def test_the_catalogue_of_the_pages_is_read_only_for_a_page(monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[str] = []
    get_data = pkgutil.get_data

    def recorded(package: str, resource: str) -> bytes | None:
        read.append(Path(resource).stem)
        return get_data(package, resource)

    monkeypatch.setattr(pkgutil, "get_data", recorded)
    catalogue.cache_clear()
    words = Words("zh")
    words(message("{link} does not forward IPv4", link="eth0"))
    assert read == [DOMAIN]
    page("ip-forward-off", words)
    page("veth-down", Words("zh"))
    assert read == [DOMAIN, PAGES]


NAMES = {"172.17.0.2": "web", "172.17.0.3": "db@node1"}
NAMED: dict[str, tuple[Message, str]] = {
    "an address by itself": (
        message("no host has a route back to {address}", address="172.17.0.2"),
        "no host has a route back to 172.17.0.2 (web)",
    ),
    "in front of a comma": (
        message("{first}, then {second}", first="172.17.0.3", second="nobody"),
        "172.17.0.3 (db@node1), then nobody",
    ),
    "within another message": (
        message("assumed: {what}", what=message("{address} answers", address="172.17.0.2")),
        "assumed: 172.17.0.2 (web) answers",
    ),
    "an address of nobody": (message("{address} answers", address="172.17.0.9"), "172.17.0.9 answers"),
    "a part of a word": (message("{address}:{port}", address="172.17.0.2", port=80), "172.17.0.2:80"),
    "a command": (message("`ip route get {address}` tells", address="172.17.0.2"), "`ip route get 172.17.0.2` tells"),
    "a message that names the container": (
        message("{name} has {address}", name="web", address="172.17.0.2"),
        "web has 172.17.0.2",
    ),
    "a message that says what the address is": (
        message("{address} (the gateway) answers", address="172.17.0.2"),
        "172.17.0.2 (the gateway) answers",
    ),
}


@pytest.mark.parametrize(("said", "expected"), NAMED.values(), ids=NAMED)
def test_an_address_in_a_sentence_bears_its_containers_name(said: Message, expected: str) -> None:
    assert Words("en", NAMES)(said) == expected
    assert Words("zh").naming(NAMES)(said).count("(") == expected.count("(")
    assert "(web)" not in Words()(said)


CASES: dict[str, tuple[Wanted, str]] = {
    "a host": (read_host("198.51.100.12"), "--host 198.51.100.12"),
    "a node that nobody knows": (read_host(""), "--host NODE"),
    "a public address": (state_public("203.0.113.7"), "--public 203.0.113.7"),
    "of an address": (state_public("203.0.113.7", "198.51.100.2"), "--public 203.0.113.7=198.51.100.2"),
    "of a host": (state_public("203.0.113.7", "198.51.100.2", "node2"), "--public 203.0.113.7=198.51.100.2@node2"),
    "a route": (state_return_route("10.0.0.0/8"), '--outside FILE, with [[return_route]] network = "10.0.0.0/8"'),
    "a port": (ask_port(8151, "udp"), "hairpin check 8151/udp"),
    "a container": (ask_container("web", 80), "hairpin check web:80"),
    "a container whose name nobody knows": (ask_container("", 80), "hairpin check NAME:80"),
    "packets of a port": (watch_port("tcp", 8151), "tcpdump -ni any 'tcp port 8151'"),
    "echo requests": (watch_port("icmp", 0), "tcpdump -ni any 'icmp'"),
    "frames": (watch_frames("eth0", "02:42:c6:33:64:c0"), "tcpdump -eni eth0 'ether dst 02:42:c6:33:64:c0'"),
    "long answers": (ask_for_long_answers("198.51.100.1", 1472), "ping -c 3 -s 1472 198.51.100.1"),
    "a download": (
        ask_for_download("nsenter -t 42 -n "),
        "nsenter -t 42 -n curl -m 20 -o /dev/null URL_OF_A_LARGE_FILE",
    ),
    "a hardware address": (ask_hardware_address("198.51.100.1", "eth0"), "arping -c 1 -I eth0 198.51.100.1"),
    "a hardware address over IPv6": (ask_hardware_address("fe80::1", "eth0"), "ndisc6 -1 fe80::1 eth0"),
    "a router": (
        state_peer("0.0.0.0/0", "198.51.100.0/24", "eth0"),
        '--outside FILE, with [[peer]] network = "0.0.0.0/0", link = "eth0", accepts = ["198.51.100.0/24"]',
    ),
    "a log": (read_log("podman logs web"), "podman logs web"),
    "a client": (ask_from("192.0.2.10"), "--from 192.0.2.10"),
}


@each_row(("fact", "option"), CASES.values(), ids=CASES)
def test_option(fact: Wanted, option: str) -> None:
    assert option_of(fact) == option


def made() -> Iterator[Wanted]:
    """Yield a fact of each function of the module."""
    for _, make in getmembers(wanted, lambda each: isfunction(each) and each.__module__ == wanted.__name__):
        hints = get_type_hints(make)
        hints.pop("return")
        yield make(**{name: filled(hint, "x", 7) for name, hint in hints.items()})


def test_each_fact_has_a_function_and_its_words() -> None:
    words = {each.fact: option_of(each) for each in made()}
    assert set(words) == set(get_args(Fact))
    assert [fact for fact, said in words.items() if not re.search("[x7]", said)] == []


def test_a_time_is_utc_to_the_second() -> None:
    assert time_text(60.9) == "1970-01-01T00:01:00Z"
