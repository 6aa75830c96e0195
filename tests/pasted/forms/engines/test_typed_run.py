"""A typed ``docker run`` tells what its container is meant to be, and nothing of its environment and volumes."""

from hairpin.pasted.forms.engines.typed_addresses import listens_in
from tests.pasted.readings import containers_in, evidence_in_text, keys_in
from tests.rows import each_row

CASES: dict[str, tuple[str, str, str, list[tuple[int, int]]]] = {
    "a prompt with the time, and the shell's own": (
        '11:42 $ docker run -d --name="web" \\\n>    --publish=8080:80 \\\n>    nginx',
        "web",
        "nginx",
        [(80, 8080)],
    ),
    "plain": ("docker run -d -p 8080:80 --name web nginx", "web", "nginx", [(80, 8080)]),
    "a prompt, sudo, an environment": (
        "$ sudo docker run -e PASSWORD=hunter2 -p 8080:80 nginx",
        "nginx",
        "nginx",
        [(80, 8080)],
    ),
    "continued": ("docker run -d \\\n  --name=web \\\n  -p 8080:80 \\\n  nginx:1", "web", "nginx:1", [(80, 8080)]),
    "wrapped": ("docker run -d --restart always --name web\n-p 8080:80 nginx", "web", "nginx", [(80, 8080)]),
    "short options in one word": (
        "docker run -itdp8080:80 --rm nginx sh -c 'x -p 1:1'",
        "nginx",
        "nginx",
        [(80, 8080)],
    ),
    "dashes of a web page": ("docker run \u2013name web \u2013p 8080:80 nginx", "web", "nginx", []),
    "quoted in prose": (
        "I start it with `docker run -d -p 8080:80 nginx` and it fails",
        "nginx",
        "nginx",
        [(80, 8080)],
    ),
    "an address and a protocol": ("docker run -p 127.0.0.1:53:53/udp dns/dns", "dns", "dns/dns", [(53, 53)]),
    "a range": ("docker run -p 9000-9001:80-81 nginx", "nginx", "nginx", [(80, 9000), (81, 9001)]),
    "typed behind a prompt in prose": ("I run `$ docker run -p 8080:80 nginx` here", "nginx", "nginx", [(80, 8080)]),
    "the end of the line is cut": ("docker run -d -p 8080:80 -e A=1", "container", "", [(80, 8080)]),
    "zsh prints the time at the right": ("docker run ghost                    10:21:08", "ghost", "ghost", []),
    "an image alone in its line": ("docker run nginx", "nginx", "nginx", []),
    "removed afterwards, and a service in the foreground": (
        "docker run --rm -e A=1 team/web:2",
        "web",
        "team/web:2",
        [],
    ),
    "removed afterwards, and a service with a terminal": (
        "docker run -it --rm team/notebook",
        "notebook",
        "team/notebook",
        [],
    ),
    "podman": ("podman run -d --network=host --name web nginx", "web", "nginx", []),
}


@each_row(("text", "name", "image", "ports"), CASES.values(), ids=CASES)
def test_a_command_line_tells_its_container(text: str, name: str, image: str, ports: list[tuple[int, int]]) -> None:
    found = containers_in(text)
    assert list(found) == [name]
    if ports or "\u2013" not in text:
        assert found[name].image == image
        assert [(each.container_port, each.host_port) for each in found[name].bindings] == ports
    assert "hunter2" not in "".join(each.text for each in evidence_in_text(text).readings)


@each_row(
    "text",
    (
        "The docker run command publishes ports.",
        "docker run fails with an error",
        'the next `docker run -p` fails with "No chain/target/match by that name"',
        "docker run --rm -it alpine ping 8.8.8.8",
        "docker run --rm -it alpine",
        "docker run --rm hello-world",
        "docker run --rm --entrypoint cat team/web /etc/hosts",
        "docker run --rm alpine ping 8.8.8.8",
        "docker run command",
        "docker run nginx and then the browser",
        "I use docker run to start it.",
    ),
)
def test_prose_and_containers_that_are_gone_tell_nothing(text: str) -> None:
    assert keys_in(text) == ()


@each_row(
    ("words", "expected"),
    (
        ("-http 127.0.0.1:421", ["127.0.0.1:421"]),
        ("server /data --console-address=:9001", [":9001"]),
        ("--listen-client-urls http://0.0.0.0:2379 --name a", ["0.0.0.0:2379"]),
        ("--listen https://127.0.0.1:80", ["127.0.0.1:80"]),
        ("--upstream 127.0.0.1:80 --url=http://127.0.0.1:81 --http-proxy 127.0.0.1:82", []),
    ),
)
def test_an_argument_says_where_a_program_listens(words: str, expected: list[str]) -> None:
    assert listens_in(words.split()) == expected


def test_an_output_counts_more_than_the_command_line() -> None:
    found = containers_in(
        "docker run -d -p 8080:80 -p 81:81 --name web nginx\n\n"
        "CONTAINER ID   IMAGE     COMMAND   CREATED         STATUS         PORTS                  NAMES\n"
        '4a1e3b2c9d10   nginx     "nginx"   5 minutes ago   Up 5 minutes   0.0.0.0:8080->80/tcp   web\n'
    )
    assert {(each.host_port, each.actual) for each in found["web"].bindings} == {(8080, True), (81, False)}
