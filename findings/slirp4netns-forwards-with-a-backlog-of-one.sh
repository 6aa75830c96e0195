#!/usr/bin/env bash
# slirp4netns: a forwarded port listens with a backlog of one, so a few clients at once wait for seconds
#
# Version: slirp4netns 1.2.0 with libslirp 4.7.0 (Debian 12). Needs root and /dev/net/tun; works in network, mount and
#   process namespaces of its own.
# Expected: `add_hostfwd` adds the cost of a copy in user space. The guest's server has a backlog of 4096, and the system's
#   default is 4096 as well.
# Seen: `ss -ltn` shows Send-Q 1 for the port on the host. Of fifty connections made at once many take a second and more
#   (the SYN is dropped and sent again), and the kernel counts ListenOverflows; to the guest's own port all fifty are there
#   at once.
# Whom it hurts: rootless Docker and Podman with slirp4netns as port driver, chosen so that the containers see their clients'
#   addresses. A page with many parts, a health check beside traffic or a test with some threads has random waits of 1, 3
#   or 7 seconds; the server logs none of them, its own backlog is empty, and the CPU idles.
set -euo pipefail
VERSION=1.2.0-1 LIBRARY=4.7.0-1

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
apt-get -q download "slirp4netns=$VERSION" "libslirp0=$LIBRARY" >/dev/null 2>&1
for package in ./*.deb; do dpkg -x "$package" root; done
LIBRARIES=$(dirname "$work"/root/usr/lib/*/libslirp.so.0)
export LIBRARIES SLIRP=$work/root/usr/bin/slirp4netns

cat >server.py <<'END'
import asyncio
async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.read(1)
    writer.write(b"ok")
    writer.close()
async def serve() -> None:
    async with await asyncio.start_server(answer, "0.0.0.0", 80, backlog=4096) as server:
        await server.serve_forever()
asyncio.run(serve())
END
cat >client.py <<'END'
import select, socket, sys, time
links, waiting = [socket.socket() for _ in range(50)], select.poll()
for link in links:
    link.setblocking(False)
    link.connect_ex((sys.argv[1], int(sys.argv[2])))
    waiting.register(link, select.POLLOUT)
end, left = time.monotonic() + 0.9, {link.fileno() for link in links}
while left and (rest := end - time.monotonic()) > 0:
    for number, _ in waiting.poll(rest * 1000):
        waiting.unregister(number)
        left.discard(number)
print("not connected after 0.9 seconds:", "some of fifty" if len(left) > 2 else "none of fifty")
END
cat >inside.sh <<'END'
ip link set lo up
unshare --net sleep 120 &
guest=$!
sleep 1
LD_LIBRARY_PATH=$LIBRARIES "$SLIRP" --version | grep -E '^slirp4netns|libslirp:'
LD_LIBRARY_PATH=$LIBRARIES "$SLIRP" --configure --api-socket "$PWD/api" "$guest" tap0 >/dev/null 2>&1 &
for _ in $(seq 50); do nsenter --target "$guest" --net ip route | grep -q ^default && break; sleep 0.1; done
nsenter --target "$guest" --net python3 server.py &
sleep 1
python3 -c '
import socket
with socket.socket(socket.AF_UNIX) as link:
    link.connect("api")
    link.sendall(b"""{"execute": "add_hostfwd", "arguments": {"proto": "tcp", "host_port": 8080, "guest_port": 80}}""")
    link.shutdown(socket.SHUT_WR)
    link.recv(4096)'
echo "backlog in the guest: $(nsenter --target "$guest" --net ss -Hltn sport = 80 | awk '{print $3}')"
echo "backlog on the host: $(ss -Hltn sport = 8080 | awk '{print $3}')"
echo "to the guest's port"; nsenter --target "$guest" --net python3 client.py 10.0.2.100 80
echo "to the host's port"; python3 client.py 127.0.0.1 8080
overflows=$(awk '/^TcpExt/ && !head {split($0, names); head = 1; next} /^TcpExt/ {for (i in names) if (names[i] == "ListenOverflows") print $i}' /proc/net/netstat)
if [ "$overflows" -gt 0 ]; then echo "the kernel has counted ListenOverflows"; fi
END
unshare --net --mount --pid --fork --kill-child --mount-proc bash -eu inside.sh | tee seen

expected="backlog in the guest: 4096
backlog on the host: 1
to the guest's port
not connected after 0.9 seconds: none of fifty
to the host's port
not connected after 0.9 seconds: some of fifty
the kernel has counted ListenOverflows"
if [ "$(tail -n +3 seen)" = "$expected" ]; then echo "as stated"; else echo "this has changed: expected"; echo "$expected"; exit 1; fi
