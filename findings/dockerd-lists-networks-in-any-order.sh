#!/usr/bin/env bash
# dockerd: GET /networks lists the same networks in another order each time
#
# Version: docker.io 20.10.24 with containerd 1.6.20 (Debian 12). Needs root; works in network, mount and process namespaces
#   of its own, without rules and without a bridge.
# Expected: two answers of the API between which nothing happened are equal.
# Seen: 20 answers about the two networks that every dockerd has come in both orders. Who asks by the client sees nothing of
#   it: `docker network ls` sorts by name.
# Whom it hurts: whoever compares answers, keeps a digest of them or commits them: it differs on a host where nothing has
#   changed. hairpin's guard took it for a change of the host at each look, and read all containers again.
set -euo pipefail
DOCKER=20.10.24+dfsg1-1+deb12u1+b6 CONTAINERD=1.6.20~ds1-1+deb12u3 RUNC=1.1.5+ds1-1+deb12u1

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
apt-get -q download "docker.io=$DOCKER" "containerd=$CONTAINERD" "runc=$RUNC" >/dev/null 2>&1
for package in ./*.deb; do dpkg -x "$package" root; done
export PATH=$work/root/usr/sbin:$work/root/usr/bin:$PATH

cat >ask.py <<'END'
import http.client, json, socket

class Engine(http.client.HTTPConnection):
    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.connect("engine.sock")

def answer(path):
    engine = Engine("engine")
    engine.request("GET", path)
    return json.loads(engine.getresponse().read())

print("docker", answer("/version")["Version"])
orders = {tuple(each["Name"] for each in answer("/networks")) for _ in range(20)}
names = {name for order in orders for name in order}
print(f"networks: {' '.join(sorted(names))}")
print(f"orders of 20 answers: {'several' if len(orders) > 1 else 'one'}")
END
cat >inside.sh <<'END'
mount -t proc proc /proc
mount -t tmpfs run /run
ip link set lo up
dockerd --host "unix://$PWD/engine.sock" --data-root "$PWD/data" --exec-root "$PWD/exec" --pidfile "$PWD/pid" \
    --iptables=false --ip6tables=false --bridge=none --storage-driver=vfs >log 2>&1 &
for _ in $(seq 200); do [ -S engine.sock ] && grep -q 'API listen' log && break; sleep 0.1; done
python3 ask.py
docker --host "unix://$PWD/engine.sock" network ls --format '{{.Name}}' | tr '\n' ' ' | sed 's/ $/\n/; s/^/the client: /'
END
timeout 60 unshare --net --mount --pid --fork --kill-child bash inside.sh | tee seen
diff seen - <<'END'
docker 20.10.24+dfsg1
networks: host none
orders of 20 answers: several
the client: host none
END
