"""The versions of known programs, as a host shows them."""

import msgspec

from hairpin.host.managers import Version
from hairpin.network.product_versions import product_versions
from tests.causes.hosts import with_host
from tests.podman_host import with_podman
from tests.rows import each_row
from tests.small_host import network


def _versions(*shown: tuple[str, str], kernel: str = "") -> dict[str, str]:
    host = with_host(network(), versions=tuple(Version(*each) for each in shown), kernel=kernel).this
    return {each.product: each.version.text for each in product_versions(host)}


@each_row(
    ("shown", "found"),
    (
        ((("iptables", "iptables v1.8.11 (nf_tables)"),), {"iptables": "1.8.11"}),
        ((("iptables", "iptables v1.8.11 (nf_tables)"), ("package:iptables", "1.8.11-2")), {"iptables": "1.8.11-2"}),
        ((("iptables", "iptables v1.8.11 (legacy)"),), {}),
        ((("package:docker-ce", "5:29.1.0-1~debian.13~trixie"),), {"docker": "29.1.0-1~debian.13~trixie"}),
        ((("systemd", "systemd 257 (257.9-1)"),), {"systemd": "257"}),
        ((("package:nginx", "1.26.3"), ("package:netavark", "")), {}),
    ),
)
def test_a_packages_version_goes_before_the_programs_own(
    shown: tuple[tuple[str, str], ...], found: dict[str, str]
) -> None:
    assert _versions(*shown) == found


def test_the_kernel_and_netavark_have_no_version_of_their_own() -> None:
    assert _versions(kernel="6.12.0-55.el10.x86_64") == {"kernel": "6.12.0-55.el10.x86_64"}
    podman = msgspec.structs.replace(with_podman().this, versions=(), kernel="")
    assert [(each.product, each.version.text) for each in product_versions(podman)] == [("netavark", "1.4.0")]
