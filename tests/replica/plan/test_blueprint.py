"""The marks that stand for namespaces until they are made."""

from hairpin.replica.plan.blueprint import APART, WORLD, path_of
from tests.small_host import HOST_NETNS, sibling


def test_each_namespace_has_its_own_mark() -> None:
    assert (
        len({path_of(name) for name in (WORLD, APART, HOST_NETNS, sibling("container:a"), sibling("container:ab"))})
        == 5
    )
