from hairpin.network.world import PublicAddress, World

MAPPED = PublicAddress(4, public=9, private=5)


def test_a_mapping_is_found_by_its_public_address_and_version() -> None:
    world = World(publics=(MAPPED,))
    assert world.public(4, 9) is MAPPED
    assert world.public(4, 5) is None
    assert world.public(6, 9) is None
