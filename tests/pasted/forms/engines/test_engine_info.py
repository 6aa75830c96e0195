"""``info`` and ``version`` as text tell what the snapshot's JSON tells."""

from hairpin.evidence import file
from hairpin.host.docker import Engine
from hairpin.host.read.parse import parse
from tests.pasted.readings import RECORDED, host_in, keys_in, output_of, text_of

FIELDS = ("version", "rootless", "live_restore", "firewall_backend", "address_pools", "network_backend")


def _engine(name: str) -> Engine:
    return next(each for each in parse(file.read(RECORDED / f"{name}.hairpin")).engines if each.kind == name)


def test_the_law_of_docker_info() -> None:
    (found,) = host_in(output_of("docker.txt", "docker info")).engines
    assert [getattr(found, each) for each in FIELDS] == [getattr(_engine("docker"), each) for each in FIELDS]


def test_the_law_of_podman_info() -> None:
    (found,) = host_in(output_of("podman.txt", "podman info")).engines
    assert [getattr(found, each) for each in FIELDS] == [getattr(_engine("podman"), each) for each in FIELDS]


def test_the_version_is_the_server_s() -> None:
    (found,) = host_in(output_of("docker.txt", "docker version")).engines
    assert found.version == "20.10.24+dfsg1"


def test_a_client_without_a_server_tells_no_version() -> None:
    text = output_of("docker.txt", "docker version").partition("Server:")[0] + "Cannot connect to the Docker daemon"
    assert keys_in(text) == ()


def test_info_of_docker_1_13_with_a_warning() -> None:
    text = (
        "Containers: 10\n Running: 6\nImages: 50\nServer Version: 1.13.1\nStorage Driver: aufs\n Root Dir: "
        "/var/lib/docker/aufs\n"
        "Security Options:\n apparmor\n seccomp\n  Profile: default\nKernel Version: 4.13.0-25-generic\n"
        "Docker Root Dir: /var/lib/docker\nWARNING: IPv4 forwarding is disabled\n"
    )
    host = host_in(text)
    assert host.engines[0].version == "1.13.1"
    assert host.kernel == "4.13.0-25-generic"
    assert text_of(text, "sysctl") == "/proc/sys/net/ipv4/ip_forward:0\n"


def test_rootless_is_told() -> None:
    text = (
        "Client:\n Context: rootless\n\nServer:\n Server Version: 24.0.7\n Storage Driver: overlay2\n "
        "Security Options:\n  seccomp\n   Profile: builtin\n  rootless\n  cgroupns\n Kernel Version: 6.1.0\n"
    )
    assert host_in(text).engines[0].rootless
