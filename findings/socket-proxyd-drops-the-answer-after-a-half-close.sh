#!/usr/bin/env bash
# systemd-socket-proxyd: a client that ends its own side of the connection gets no answer
#
# Version: systemd 252 (Debian 12); 257 (Debian 13) does the same. Runs in a network namespace of its own.
# Expected: a relay hands each direction's end on by itself: the service reads the end of the request, answers, and the
#   answer reaches the client, as it does without the relay and with rootlesskit's relays.
# Seen: systemd-socket-proxyd reads the end of one direction and closes both. The service has read the whole request; its
#   answer has no way back, and the client reads an empty one without any error.
# Whom it hurts: who publishes a service with PrivateNetwork= or a rootless container by a socket unit: `nc -N`, `curl` with
#   HTTP/1.0 uploads, `rsync` and database dumps through pipes, log shippers; the same request to the service's own port is
#   answered, so the relay is the last to be looked at.
set -euo pipefail
VERSION=252.39-1~deb12u2

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
apt-get -q download "systemd=$VERSION" "libsystemd-shared=$VERSION" >/dev/null 2>&1
for package in ./*.deb; do dpkg -x "$package" root; done
PROXY=$(find "$work/root" -name systemd-socket-proxyd)
ACTIVATE=$work/root/usr/bin/systemd-socket-activate
LD_LIBRARY_PATH=$(dirname "$(find "$work/root" -name libsystemd-shared-252.so)")
export PROXY ACTIVATE LD_LIBRARY_PATH

cat >server.py <<'END'
import socket
with socket.create_server(("127.0.0.1", 7001)) as server:
    while True:
        link, _ = server.accept()
        with link:
            request = b""
            while part := link.recv(4096):
                request += part
            print(f"the service has read {len(request)} bytes", flush=True)
            try:
                link.sendall(b"a" * 3000)
            except OSError:
                pass
END
cat >client.py <<'END'
import socket, sys
with socket.create_connection(("127.0.0.1", int(sys.argv[1])), 5) as link:
    link.settimeout(5)
    link.sendall(b"q" * 100)
    link.shutdown(socket.SHUT_WR)
    answer = b""
    while part := link.recv(4096):
        answer += part
print(f"port {sys.argv[1]}: answer of {len(answer)} bytes")
END
cat >inside.sh <<'END'
ip link set lo up
python3 server.py >served &
"$ACTIVATE" --listen=127.0.0.1:7002 "$PROXY" 127.0.0.1:7001 2>/dev/null &
for _ in $(seq 50); do [ "$(ss -Hltn | wc -l)" = 2 ] && break; sleep 0.1; done
python3 client.py 7001
python3 client.py 7002
kill %1 %2
wait
cat served
END
unshare --net bash inside.sh >seen 2>/dev/null || true
cat seen
[ "$(grep -c 'the service has read 100 bytes' seen)" = 2 ] || { echo "CHANGED: the service has not read both requests"; exit 1; }
grep -q 'port 7001: answer of 3000 bytes' seen || { echo "CHANGED: the service itself does not answer"; exit 1; }
grep -q 'port 7002: answer of 0 bytes' seen || { echo "CHANGED: the relay hands the answer on"; exit 1; }
echo "as stated: the client's end of its request has cost it the answer"
