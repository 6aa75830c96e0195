"""Features that speak for each cause that keeps a service from answering, although packets reach the service or could
reach it."""

from hairpin.message import message
from hairpin.suppose.leaning.lean import Lean

SERVICES: tuple[Lean, ...] = (
    # --- the service in the container ---
    Lean(
        cause="service-listens-on-container-loopback",
        often=3,
        pro={
            "reset": 6,
            "inside works": 7,
            "listens on loopback": 6,
            "host fails": 3,
            "outside fails": 1,
            "refused": 1,
            "published on": 1,
        },
        con={
            "restart helps": -3,
            "after reload": -2,
            "timeout": -5,
            "unreachable": -8,
            "host works": -6,
            "client inside": -2,
            "no name": -6,
            "asks itself": -3,
            "listens everywhere": -5,
            "to the internet": -3,
            "port in use": -8,
            "application": -3,
        },
        needs=("reset", "refused", "inside works", "listens on loopback"),
    ),
    Lean(
        cause="service-listens-on-other-port",
        often=3,
        pro={
            "refused": 3,
            "gateway error": 4,
            "reset": 3,
            "listens elsewhere": 9,
            "asks the outer port inside": 12,
            "two containers": 2,
            "published on": 2,
            "listens everywhere": 3,
            "reverse proxy": 1,
        },
        con={
            "restart helps": -3,
            "after reload": -2,
            "timeout": -5,
            "unreachable": -8,
            "host works": -3,
            "no name": -6,
            "asks itself": -4,
            "port in use": -8,
            "to the internet": -3,
            "listens on loopback": -2,
            "application": -3,
        },
        needs=("refused", "reset", "gateway error", "listens elsewhere", "asks the outer port inside"),
    ),
    Lean(
        cause="service-not-listening",
        often=3,
        pro={"refused": 3, "gateway error": 3, "reset": 3, "two containers": 2, "host fails": 2, "client inside": 1},
        con={
            "restart helps": -3,
            "after reload": -2,
            "timeout": -5,
            "unreachable": -8,
            "host works": -5,
            "inside works": -6,
            "no name": -6,
            "asks itself": -4,
            "port in use": -8,
            "to the internet": -3,
            "application": -3,
        },
        needs=("refused", "reset", "gateway error"),
    ),
    Lean(
        cause="container-not-running",
        often=2,
        pro={"exited": 12, "refused": 2, "gateway error": 1, "no name": 1},
        con={"host works": -4, "inside works": -6, "to the internet": -4, "unreachable": -2, "client inside": -1},
        needs=("refused", "gateway error", "no name", "exited"),
    ),
    Lean(
        cause="",
        often=0,
        command="docker logs --tail 50 {container}",
        shows=message("the service logs the client's attempt, and the reason why it denies the client"),
        means=message(
            "The service itself answers: the network is in order, and an account, a grant or a setting of the "
            "application denies the client"
        ),
        pro={"application": 14, "ping works": 1},
        con={"timeout": -6, "refused": -5, "unreachable": -8, "no name": -4},
        needs=("application",),
    ),
    Lean(
        cause="",
        often=0,
        command="getenforce; sudo ausearch -m avc -ts recent",
        shows=message("SELinux is enforcing, and its log has a denial of name_connect or name_bind"),
        means=message("A policy of the host (SELinux) forbids the program to connect: the network is in order"),
        pro={"selinux": 14},
        needs=("selinux",),
    ),
)
