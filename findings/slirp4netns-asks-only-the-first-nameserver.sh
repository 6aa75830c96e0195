#!/usr/bin/env bash
# slirp4netns: 10.0.2.3 asks the host's first name server and never the second
#
# Version: slirp4netns 1.2.0 with libslirp 4.7.0 (Debian 12). Needs root and /dev/net/tun; works in network, mount and
#   process namespaces of its own.
# Expected: the guest's name server 10.0.2.3 resolves what the host resolves. The host's resolv.conf has two servers, so that one
#   may fail.
# Seen: with the first server silent the host resolves by the second one, and every question to 10.0.2.3 times out, however
#   often the guest asks. As soon as the file has the living server first, the same guest gets answers.
# Whom it hurts: rootless containers on a host whose first name server is down. On the host everything works, so DNS is
#   ruled out; in the container every name fails, and its own resolv.conf looks right.
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
import socket
with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
    server.bind(("127.0.0.9", 53))
    while True:
        question, client = server.recvfrom(4096)
        end = question.index(b"\0", 12) + 5
        record = b"\xc0\x0c\0\1\0\1\0\0\0\x3c\0\4" + bytes([192, 0, 2, 80])
        server.sendto(question[:2] + b"\x81\x80\0\1\0\1\0\0\0\0" + question[12:end] + record, client)
END
cat >client.py <<'END'
import socket, sys
answers = 0
for _ in range(3):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as link:
        link.settimeout(3)
        link.sendto(b"\0\7\1\0\0\1\0\0\0\0\0\0" + b"\3web\7example\3org\0" + b"\0\1\0\1", ("10.0.2.3", 53))
        try:
            answers += len(link.recv(4096)) > 0
        except TimeoutError:
            pass
print(f"{sys.argv[1]}: {answers} of 3 answered by 10.0.2.3")
END
cat >inside.sh <<'END'
printf 'nameserver 127.0.0.8\nnameserver 127.0.0.9\n' >resolv.conf
mount --bind resolv.conf "$(realpath /etc/resolv.conf)"
ip link set lo up
python3 server.py &
unshare --net sleep 120 &
guest=$!
sleep 1
LD_LIBRARY_PATH=$LIBRARIES "$SLIRP" --version | grep -E '^slirp4netns|libslirp:'
LD_LIBRARY_PATH=$LIBRARIES "$SLIRP" --configure "$guest" tap0 >/dev/null 2>&1 &
for _ in $(seq 50); do nsenter --target "$guest" --net ip route | grep -q ^default && break; sleep 0.1; done
sleep 1
python3 -c 'import socket; print("the host:", socket.getaddrinfo("web.example.org", 80, socket.AF_INET)[0][4][0])'
nsenter --target "$guest" --net python3 client.py "a guest, dead server first"
echo nameserver 127.0.0.9 >resolv.conf
sleep 2
nsenter --target "$guest" --net python3 client.py "a guest, living server alone"
END
unshare --net --mount --pid --fork --kill-child --mount-proc bash -eu inside.sh | tee seen

expected="the host: 192.0.2.80
a guest, dead server first: 0 of 3 answered by 10.0.2.3
a guest, living server alone: 3 of 3 answered by 10.0.2.3"
if [ "$(tail -n +3 seen)" = "$expected" ]; then echo "as stated"; else echo "this has changed: expected"; echo "$expected"; exit 1; fi
