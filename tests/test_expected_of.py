"""What ``--of`` selects: the tests of a file, and of a cause each case that names it."""

from types import SimpleNamespace

import pytest

from tests.expected_of import elsewhere_told, files_of, is_expected, names, source_of
from tests.test_layout import SOURCE

CAUSE = "causes/forwarding/ip_forward_off.py"


def test_a_file_has_the_files_of_its_mirror_or_of_the_table() -> None:
    assert files_of("walk/walk.py") == {"walk/test_walk.py"}
    assert files_of("replica/run/build.py") == {"kernel/test_replica.py"}
    assert is_expected("walk/test_walk.py", (), "walk/walk.py")
    assert not is_expected("walk/test_walked.py", ("ip-forward-off",), "walk/walk.py")


def test_a_cause_has_the_cases_that_name_it() -> None:
    case = SimpleNamespace(causes=("ip-forward-off",))
    assert is_expected("causes/forwarding/test_forwarding.py", ("a row", case), CAUSE)
    assert is_expected("acceptance/test_recorded_hosts.py", (("none", case),), CAUSE)
    assert is_expected("lab/scenarios/test_prove.py", ("test[ip-forward-off.file]",), CAUSE)
    assert not is_expected("causes/forwarding/test_forwarding.py", ("ipv6-forwarding-off",), CAUSE)


def test_an_id_is_a_word() -> None:
    assert names("cause[ip-forward-off]", "ip-forward-off")
    assert not names("no-ip-forward-off", "ip-forward-off")
    assert not names("ip-forward-offered", "ip-forward-off")


def test_the_corpora_are_asked_by_commands() -> None:
    told = list(elsewhere_told(CAUSE))
    assert told
    assert all(each.startswith(("make world ONLY='", "python -m tests.pasted.threads ")) for each in told)
    assert list(elsewhere_told("walk/walk.py")) == []


def test_another_file_is_refused() -> None:
    assert source_of(str(SOURCE / CAUSE)) == CAUSE
    with pytest.raises(ValueError, match="is no file below src/hairpin"):
        source_of("tests/test_layout.py")
