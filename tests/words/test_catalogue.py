"""Each form of an error of a connection tells that error, and no other."""

import re

import pytest

from hairpin.words.catalogue import entries, entries_of, told_forms
from hairpin.words.errors import errnos, errors
from hairpin.words.meaning import Outcome, TextMeaning
from tests.explain.texts import met
from tests.rows import each_row

_PLACES = {"host": "db", "address": "172.18.0.9", "port": "5432"}
_OUTCOMES: dict[str, Outcome] = {
    "timeout": "timeout", "refused": "refused", "no_route": "no-route", "unreachable": "no-network", "reset": "reset",
}  # fmt: skip
_LIBRARIES = ("codes", "targets-of-connects", "words-of-connects")
_CLIENTS = ("targets-of-clients", "words-of-clients")


def _lines(forms: tuple[str, ...], error: str, **places: str) -> list[str]:
    """Return a line of each form, in English."""
    words = errors()[error].words[0]
    filled = (each.replace(f"{{{error}}}", words) for form in forms for each in told_forms("clients", form, error))
    made = (re.sub(r"\{(\w+)\}", lambda place: (_PLACES | places)[place[1]], each) for each in filled)
    return [each.replace("…", "x").replace("\\", "").strip("^$") for each in made]


@each_row("error", _OUTCOMES)
def test_a_form_of_a_library_tells_its_error(error: str) -> None:
    lines = _lines(_LIBRARIES, error)
    assert [line for line in lines if getattr(met(line), "entry", None) is None] == []
    assert {found.entry.outcome for line in lines if (found := met(line)) is not None} == {_OUTCOMES[error]}


@pytest.mark.parametrize("error", [each for each in _OUTCOMES if each != "reset"])
def test_a_form_of_a_client_tells_its_error(error: str) -> None:
    found = [met(each) for each in _lines(_CLIENTS, error)]
    assert {each.entry.outcome for each in found if each is not None} == {_OUTCOMES[error]}
    assert None not in found


@pytest.mark.parametrize(("host", "expected"), (("localhost", "connect-own-address"), ("db", "connect-no-own-address")))
def test_a_missing_address_means_localhost_if_the_line_names_it(host: str, expected: str) -> None:
    lines = _lines(("targets-of-clients", "targets-of-connects"), "not_here", host=host)
    told = [line for line in lines if host in line]
    assert {found.entry.id for line in told if (found := met(line)) is not None} == {expected}


def test_another_address_of_ipv6_is_not_the_clients_own() -> None:
    found = met("dial tcp [2001:db8::1]:5432: connect: cannot assign requested address")
    assert found is not None
    assert found.entry.id == "connect-no-own-address"


@each_row("number", [each.number for each in errnos()])
def test_another_number_is_no_form(number: str) -> None:
    assert met(f"Error 0 connecting to db:5432 ({number}0)") is None


def test_an_entry_that_is_like_another_has_its_fields() -> None:
    one, other = (next(each for each in entries() if each.id == id_) for id_ in ("library-refused", "any-refused"))
    assert (one.meaning, one.causes, one.outcome) == (other.meaning, other.causes, other.outcome)
    assert (one.general, other.general) == (False, True)
    assert one.patterns != other.patterns


def test_only_causes_look_up_a_start_of_a_container() -> None:
    starts = [each for each in entries_of("starts") if not isinstance(each, TextMeaning)]
    assert starts
    assert [each.id for each in starts if each in entries()] == []


def test_no_sentence_about_a_text_has_a_place() -> None:
    """A sentence is shown without the text's places, so a brace in it would be a place without a value."""
    said = [sentence.template for each in entries() for sentence in (each.meaning, each.shows) if sentence is not None]
    assert [each for each in said if "{" in each] == []
