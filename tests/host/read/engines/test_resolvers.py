"""The name servers of containers' own resolv.conf files."""

from hairpin.host.read.engines.resolvers import with_resolvers
from tests.small_host import container


def test_a_file_that_was_read_counts_even_without_a_name_server() -> None:
    web = container()
    assert with_resolvers((web,), ())[0].resolvers is None
    assert with_resolvers((web,), (f"{web.id}\n",))[0].resolvers == ()
    assert with_resolvers((web,), (f"{web.id}\n{web.id}\t10.89.0.1\n", "other\t192.0.2.1\n"))[0].resolvers == (
        "10.89.0.1",
    )
