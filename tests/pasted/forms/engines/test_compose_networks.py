"""The networks of a Compose file are told with their drivers, options and ranges."""

from hairpin.host.docker import DockerNetwork
from tests.pasted.readings import host_in
from tests.rows import each_row

_NETWORKS = """networks:
  lan:
    driver: macvlan
    driver_opts:
      parent: eno2
    ipam:
      driver: default
      config:
        - subnet: 192.0.2.0/24
          gateway: 192.0.2.254
"""
_SERVICES = """services:
  web:
    image: nginx
    networks:
      lan:
        ipv4_address: 192.0.2.7
"""

TEXTS = {
    "below the services": _SERVICES + _NETWORKS,
    "above the services": _NETWORKS + _SERVICES,
    "with a line between": _NETWORKS + "\n" + _SERVICES,
    "alone": _NETWORKS,
}


def _networks(text: str) -> list[DockerNetwork]:
    return [each for engine in host_in(text).engines for each in engine.networks]


@each_row(("text",), ((each,) for each in TEXTS.values()), ids=TEXTS)
def test_a_file_tells_its_networks(text: str) -> None:
    (found,) = _networks(text)
    (subnet,) = found.subnets
    assert (found.name, found.driver, found.option("parent")) == ("compose_lan", "macvlan", "eno2")
    assert (subnet.network & 0xFF, (subnet.gateway or 0) & 0xFF) == (0, 254)


def test_services_below_their_networks_are_found() -> None:
    (found,) = host_in(_NETWORKS + _SERVICES).containers()
    assert [(each.network, (each.fixed4 or 0) & 0xFF) for each in found.endpoints] == [("compose_lan", 7)]


ORDINARY = {
    "external": "networks:\n  lan:\n    external: true\n",
    "external, with a name": "networks:\n  lan:\n    external:\n      name: shop_lan\n",
    "without settings": "networks:\n  lan:\n",
    "an ordinary bridge": "networks:\n  lan:\n    driver: bridge\n    name: lan\n",
    "of several hosts": "networks:\n  lan:\n    driver: overlay\n    attachable: true\n",
}


@each_row(("networks",), ((each,) for each in ORDINARY.values()), ids=ORDINARY)
def test_an_ordinary_network_is_not_told(networks: str) -> None:
    assert not _networks(_SERVICES + networks)


def test_a_network_with_a_name_of_its_own() -> None:
    (found,) = _networks(
        "services:\n  web:\n    image: nginx\nnetworks:\n  lan:\n    internal: true\n    name: quiet\n"
    )
    assert (found.name, found.internal) == ("quiet", True)


def test_a_listed_container_shows_the_project() -> None:
    listed = """
CONTAINER ID   IMAGE   COMMAND   CREATED      STATUS      PORTS   NAMES
0123456789ab   nginx   "nginx"   2 days ago   Up 2 days           shop-web-1
"""
    assert [each.name for each in _networks(_SERVICES + _NETWORKS + listed)] == ["shop_lan"]


def test_the_networks_of_a_service_alone_are_none() -> None:
    assert not _networks("networks:\n  lan:\n    ipv4_address: 192.0.2.7\n")
