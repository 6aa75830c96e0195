"""New names have the shape of the old ones, and no two words get the same."""

from hypothesis import given
from hypothesis import strategies as st

from hairpin.evidence.name_map import NameMap

NAME = st.from_regex(r"[a-zA-Z0-9][a-zA-Z0-9_.-]{0,20}", fullmatch=True)
ID = st.from_regex(r"[0-9a-f]{64}", fullmatch=True)


@given(name=NAME)
def test_a_name_keeps_its_shape_and_is_stable(name: str) -> None:
    names = NameMap(b"k")
    fresh = names.name(name)
    assert fresh == names.name(name) == NameMap(b"k").name(name)
    assert len(fresh.split(".")) == len(name.split("."))


@given(names=st.lists(NAME, unique=True, max_size=40))
def test_different_names_stay_different(names: list[str]) -> None:
    renamed = NameMap(b"k")
    assert len({renamed.name(name) for name in names}) == len(names)


def test_single_letters_run_out_of_shapes_but_not_of_names() -> None:
    names = NameMap(b"k")
    assert len({names.name(letter) for letter in "abcdefghijklmnopqrstuvwxyz"}) == 26


def test_words_of_the_engine_keep_their_meaning() -> None:
    names = NameMap(b"k")
    for word in ("bridge", "host", "none", "podman", "ingress", "localhost"):
        assert names.name(word) == word


@given(number=ID)
def test_the_short_form_of_an_id_is_the_start_of_the_long_one(number: str) -> None:
    names = NameMap(b"k")
    assert names.id(number)[:12] == names.id(number[:12])
    assert len(names.id(number)) == 64
    assert names.id(number) != number


@given(number=ID)
def test_a_host_name_that_is_an_id_is_left_to_the_ids(number: str) -> None:
    names = NameMap(b"k", frozenset({number[:12]}))
    assert names.name(number[:12]) == number[:12]
    assert names.name(number) == number


def test_images_keep_registry_ports_tags_and_digests() -> None:
    names = NameMap(b"k")
    fresh = names.image("registry.corp.example:5000/team/app:1.2@sha256:" + "0" * 64)
    head, slash, rest = fresh.partition(":5000/")
    assert slash
    assert "corp" not in head
    assert "team" not in rest
    assert "app" not in rest
    assert rest.endswith(":1.2@sha256:" + "0" * 64)
    assert names.image("sha256:" + "0" * 64) == "sha256:" + "0" * 64


@given(octets=st.binary(min_size=6, max_size=6))
def test_mac_addresses_keep_what_kind_they_are(octets: bytes) -> None:
    fresh = NameMap(b"k").mac(octets)
    assert fresh[0] & 3 == octets[0] & 3
    assert len(fresh) == 6
    if octets[0] & 1 or octets == bytes(6):
        assert fresh == octets
