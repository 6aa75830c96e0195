"""Expectations on paper."""

from pathlib import Path

import msgspec

from hairpin.expect.file import parse_expectations
from hairpin.expect.holding import hold
from hairpin.expect.promise import Promise
from hairpin.expect.promises import promises_of
from hairpin.host.compose import PromisedNetwork
from hairpin.report.paper import Paper
from hairpin.report.text.expectations import held_text, write_promises
from hairpin.report.words import Words
from tests.expect.test_promises import AFTER, ON, SERVICE, WEB, promises, with_containers
from tests.report.answers import FORWARDING_OFF, Replacement, evidence

FILE = '[[must]]\nreach = "8080"\nfrom = ["outside", "lan", "host"]\n'


def text(file: str, *replacements: Replacement, verbose: bool = False) -> str:
    held = hold(parse_expectations(file, "expect.toml"), (evidence(*replacements),))
    return held_text(held, Words("en"), Paper(), file="expect.toml", verbose=verbose)


def test_what_fails_alike_is_one_entry() -> None:
    told = text(FILE, FORWARDING_OFF)
    assert told.startswith("2 of 3 expectations are broken\n")
    assert told.count("✗ ") == 1
    assert "✗ 8080 must be reachable from outside, lan\n" in told
    assert "`hairpin check` proves these causes" in told


def test_what_holds_is_one_line() -> None:
    assert text(FILE) == "3 expectations hold\n"
    assert text(FILE, verbose=True).count("✓ 8080 must be reachable from ") == 3
    assert text("") == "the file expects nothing\n"


def test_what_is_gone_names_the_way_out() -> None:
    told = text('[[must-not]]\nreach = "8080"\nfrom = "network:lost"\n')
    assert "? 8080 must not be reachable from network:lost\n" in told
    assert "`hairpin expect --diff expect.toml` says what to take out" in told


def promised(found: tuple[Promise, ...]) -> str:
    paper = Paper()
    write_promises(found, Words("en"), paper)
    return paper.text()


def test_a_lost_network_is_told_as_the_page_shows_it() -> None:
    """The lines of docs/expecting.md."""
    back = msgspec.structs.replace(ON, network="shop_back")
    web = msgspec.structs.replace(WEB, name="shop-web-1", endpoints=(back,), network_mode="shop_back")
    front = msgspec.structs.replace(SERVICE, networks=(PromisedNetwork("shop_back"), PromisedNetwork("shop_front")))
    host = with_containers(web, compose=(front,))
    (engine,) = host.engines
    known = (
        *engine.networks,
        *(msgspec.structs.replace(engine.networks[0], name=f"shop_{end}") for end in ("back", "front")),
    )
    host = msgspec.structs.replace(host, engines=(msgspec.structs.replace(engine, networks=known),))
    told = promised(promises_of(host))
    assert told.startswith("1 of 3 promises of Compose files and Quadlets are broken\n")
    page = Path(__file__).parents[3] / "docs" / "expecting.md"
    assert told.partition("\n\n")[2] in page.read_text()


def test_what_is_not_carried_out_yet_and_what_was_not_read() -> None:
    later = msgspec.structs.replace(SERVICE, changed_s=AFTER, restart="no")
    told = promised(promises(later))
    assert told.startswith("2 promises of Compose files and Quadlets are kept\n")
    assert "… web is older than /srv/shop/compose.yml, which wants it to have" in told
    assert "up -d web\n" in told
    assert "the Compose file of the project shop was not read" in promised(promises_of(with_containers(WEB)))
    assert promised(()).strip() == ""
