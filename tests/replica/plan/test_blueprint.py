"""The marks that stand for namespaces until they are made."""

from hairpin.replica.plan.blueprint import APART, WORLD, path_of


def test_each_namespace_has_its_own_mark() -> None:
    assert len({path_of(name) for name in (WORLD, APART, "host", "container:a", "container:ab")}) == 5
