"""The output of ``docker inspect --format`` is read by the template in the command."""

from tests.pasted.readings import containers_in, keys_in, recognised_in
from tests.rows import each_row

_NETWORKS = '{"shop":{"IPAMConfig":null,"Aliases":["api"],"IPAddress":"172.20.0.3","IPPrefixLen":16,"Gateway":""}}'
CASES: dict[str, str] = {
    "name and networks": (
        "$ docker inspect --format '{{.Name}} {{json .NetworkSettings.Networks}}' $(docker ps -q)\n"
        f"/api {_NETWORKS}\n/web {_NETWORKS}"
    ),
    "networks of the container in the command": (
        f"$ docker inspect -f '{{{{json .NetworkSettings.Networks}}}}' api\n{_NETWORKS}"
    ),
    "in brackets": f"$ docker inspect api --format='{{{{(json .NetworkSettings.Networks)}}}}'\n{_NETWORKS}",
    "a value between two words": (
        "$ docker inspect -f '{{.Name}} is {{.State.Status}} on {{json .NetworkSettings.Networks}}' api\n"
        f"/api is running on {_NETWORKS}"
    ),
    "without the command": f"the networks:\n/api {_NETWORKS}",
    "without the name": f"the networks:\n{_NETWORKS}",
}


@each_row(("text",), ((each,) for each in CASES.values()), ids=CASES)
def test_the_networks_are_read(text: str) -> None:
    (end,) = containers_in(text)["api"].endpoints
    assert (end.network, (end.ipv4 or 0) & 0xFFFF) == ("shop", 3)


def test_the_mode_is_read() -> None:
    found = containers_in("$ docker inspect --format '{{.Name}} {{.HostConfig.NetworkMode}}' $(docker ps -q)\n/a host")
    assert found["a"].network_mode == "host"


SILENT: dict[str, str] = {
    "another template": (
        "$ docker inspect -f '{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}' api\n172.20.0.3"
    ),
    "an error": "$ docker inspect -f '{{.Name}} {{json .NetworkSettings.Networks}}' api\nError: No such object: api",
    "a damaged line": (
        '$ docker inspect -f \'{{.Name}} {{json .NetworkSettings.Networks}}\' api\n/api {"shop":{"IPAMConfig":null,'
    ),
    "a network": f"$ docker network inspect -f '{{{{json .Containers}}}}' shop\n{_NETWORKS[:9]}",
}


@each_row(("text",), ((each,) for each in SILENT.values()), ids=SILENT)
def test_other_outputs_are_not(text: str) -> None:
    assert "docker-containers" not in keys_in(text)


def test_an_environment_is_never_kept() -> None:
    text = "$ docker inspect -f '{{.Name}} {{json .Config.Env}}' api\n/api [\"PASSWORD=hunter2\"]"
    assert recognised_in(text) == ("docker inspect",)
    assert "hunter2" not in str(containers_in(text))
