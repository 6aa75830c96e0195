"""A lab host's containers that wait for a name, restart or have ended: `check` quotes their logs and follows them."""

from pathlib import Path

from hairpin.collect.snapshot import load
from hairpin.evidence.reading import CONTAINER_LOG
from hairpin.lab.build import Lab, running_lab
from hairpin.lab.plan import LabPlan
from tests.machine.hairpin import typed

KEPT = "/root/logs.hairpin"
BROKEN = r"""
docker network create back
docker run -d --name db --network back hairpin-lab sh -c 'httpd -p 5432 -h /www; exec sleep 1000000'
docker run -d --name api --restart always -p 8300:80 hairpin-lab sh -c '
    echo "password=hunter2"; printf "\033[31mnc: bad address \047db\047\033[0m\n" >&2; exit 1'
docker run -d --name one -p 8301:80 hairpin-lab sh -c 'echo "Unknown directive sever in /etc/app.conf:3" >&2; exit 3'
docker run -d --name wait --network back -p 8302:80 hairpin-lab sh -c '
    while :; do printf "nc: bad address \047shop_db\047\n" >&2; sleep 1; done'
docker run -d --name quiet -p 8303:80 hairpin-lab sleep 1000000
docker run -d --name over hairpin-lab sh -c 'echo done'
for name in api one wait; do until docker logs $name 2>&1 | grep -qiE "bad address|directive"; do sleep 0.1; done; done
until [ "$(docker inspect -f '{{.State.Status}}' one)" = exited ]; do sleep 0.1; done
"""


def hairpin(lab: Lab, *words: str) -> str:
    return " ".join(typed(lab.host, *words).stdout.split())


def test_the_logs_of_a_hosts_containers() -> None:
    with running_lab(LabPlan()) as lab:
        lab.host.run(BROKEN)
        api = hairpin(lab, "check", "8300", "--no-replica")
        assert "The log of api says (at " in api
        assert "Z): nc: bad address 'db' db, which the log names: api cannot resolve the name db" in api
        assert "`hairpin check db:80 --from container:api` says more" in api
        assert "hunter2" not in api
        assert "): Unknown directive sever in /etc/app.conf:3" in hairpin(lab, "check", "8301", "--no-replica")
        wait = hairpin(lab, "check", "8302", "--no-replica", "--no-traces")
        assert "): nc: bad address 'shop_db'" in wait
        assert "this host has no container or alias 'shop_db'" in wait
        assert "this shows its log: `docker logs quiet`" in hairpin(lab, "check", "8303", "--no-replica")
        assert "log" not in hairpin(lab, "check", "8151", "--no-replica")
        assert hairpin(lab, "snapshot", "-o", KEPT) == KEPT
        again = hairpin(lab, "check", "8300", "--no-replica", "--snapshot", KEPT)
        assert "): nc: bad address 'db' db, which the log names: api cannot resolve the name db" in again
        kept = load(Path(f"/proc/{lab.host.pid}/root{KEPT}")).all(CONTAINER_LOG)
        assert sorted(each.netns for each in kept) == ["container:api", "container:one"]
        assert "hunter2" not in "".join(each.text for each in kept)
