"""Each form of an error of a connection tells that error, and no other."""

import re

import pytest

from hairpin.explain.catalogue.errno_forms import at_connect, in_english_clients, in_libraries
from hairpin.pasted.forms.outcomes.errno import ERRNOS, NO_ROUTE, NOT_HERE, REFUSED, RESET, TIMEOUT, UNREACHABLE, Errno
from hairpin.texts.meaning import Outcome
from tests.explain.texts import met
from tests.rows import each_row

_PLACES = {"host": "db", "address": "172.18.0.9", "port": "5432"}
_OUTCOMES: dict[Errno, Outcome] = {
    TIMEOUT: "timeout", REFUSED: "refused", NO_ROUTE: "no-route", UNREACHABLE: "no-network", RESET: "reset",
}  # fmt: skip


def _line(form: str) -> str:
    return re.sub(r"\{(\w+)\}", lambda place: _PLACES[place[1]], form).replace("*", "x").strip("^$")


@each_row("errno", _OUTCOMES, ids=lambda each: each.name)
def test_a_form_of_a_library_tells_its_error(errno: Errno) -> None:
    lines = [_line(form) for form in in_libraries(errno)]
    assert [line for line in lines if getattr(met(line), "entry", None) is None] == []
    assert {found.entry.outcome for line in lines if (found := met(line)) is not None} == {_OUTCOMES[errno]}


@pytest.mark.parametrize("errno", [each for each in _OUTCOMES if each is not RESET], ids=lambda each: each.name)
def test_a_form_of_a_client_tells_its_error(errno: Errno) -> None:
    found = [met(_line(form)) for form in in_english_clients(errno)]
    assert {each.entry.outcome for each in found if each is not None} == {_OUTCOMES[errno]}
    assert None not in found


@pytest.mark.parametrize(("host", "expected"), (("localhost", "connect-own-address"), ("db", "connect-no-own-address")))
def test_a_missing_address_means_localhost_if_the_line_names_it(host: str, expected: str) -> None:
    forms = [each for each in (*in_english_clients(NOT_HERE), *at_connect(NOT_HERE)) if "{host}" in each]
    lines = [_line(form.replace("{host}", host)) for form in forms]
    assert {found.entry.id for line in lines if (found := met(line)) is not None} == {expected}


def test_another_address_of_ipv6_is_not_the_clients_own() -> None:
    found = met("dial tcp [2001:db8::1]:5432: connect: cannot assign requested address")
    assert found is not None
    assert found.entry.id == "connect-no-own-address"


@each_row("errno", ERRNOS, ids=lambda each: each.name)
def test_another_number_is_no_form(errno: Errno) -> None:
    assert met(f"Error 0 connecting to db:5432 ({errno.number}0)") is None
