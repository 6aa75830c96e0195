#!/usr/bin/env bash
# aardvark-dns: hands on "truncated, ask again over TCP", and does not answer over TCP
#
# Version: aardvark-dns 1.4.0 (Debian 12). Needs root; works in network and mount namespaces of its own.
# Expected: a server that is a container's only one answers over TCP as every DNS server must, or fetches a truncated answer
#   over TCP itself before it hands it on.
# Seen: the answer of the host's server comes through with the truncated flag and no record; the client does as told,
#   connects to port 53 by TCP and is refused, because aardvark-dns listens for UDP only. The same question put to the
#   host's server directly is answered.
# Whom it hurts: a name with many addresses, long TXT records, DNSSEC answers: they resolve on the host and in containers of
#   other engines, and here the client says "connection refused" or "temporary failure" for this one name, always. All
#   other names work, so nobody looks at the name server; a rule for TCP in the firewall changes nothing.
set -euo pipefail
VERSION=1.4.0-3

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
apt-get -q download "aardvark-dns=$VERSION" >/dev/null 2>&1
for package in ./*.deb; do dpkg -x "$package" root; done
AARDVARK=$(ls "$work"/root/usr/lib*/podman/aardvark-dns)
export AARDVARK

# The host's server: over UDP every answer is truncated, over TCP it has one address.
cat >upstream.py <<'END'
import socket, threading
def answered(question: bytes, whole: bool) -> bytes:
    end = question.index(b"\0", 12) + 5
    flags, records = (b"\x81\x80", 1) if whole else (b"\x83\x80", 0)
    record = b"\xc0\x0c\0\1\0\1\0\0\0\x3c\0\4" + bytes([192, 0, 2, 80])
    return question[:2] + flags + b"\0\1" + records.to_bytes(2, "big") + b"\0\0\0\0" + question[12:end] + record * records
def over_tcp() -> None:
    with socket.create_server(("127.0.0.9", 53)) as server:
        while True:
            with server.accept()[0] as link:
                answer = answered(link.recv(4096)[2:], True)
                link.sendall(len(answer).to_bytes(2, "big") + answer)
threading.Thread(target=over_tcp, daemon=True).start()
with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
    server.bind(("127.0.0.9", 53))
    while True:
        question, client = server.recvfrom(4096)
        server.sendto(answered(question, False), client)
END
cat >client.py <<'END'
import socket, sys
server = sys.argv[1]
question = b"\0\7\1\0\0\1\0\0\0\0\0\0" + b"\4many\7example\3org\0" + b"\0\1\0\1"
with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as link:
    link.settimeout(5)
    link.sendto(question, (server, 53))
    answer = link.recv(4096)
print(f"{server} over UDP: truncated {bool(answer[2] & 2)}, records {answer[7]}")
try:
    with socket.create_connection((server, 53), 5) as link:
        link.sendall(len(question).to_bytes(2, "big") + question)
        answer = link.recv(4096)[2:]
    print(f"{server} over TCP: truncated {bool(answer[2] & 2)}, records {answer[7]}")
except OSError as error:
    print(f"{server} over TCP: {error.strerror}")
END
cat >inside.sh <<'END'
mkdir names
echo nameserver 127.0.0.9 >resolv.conf
mount --bind resolv.conf "$(realpath /etc/resolv.conf)"
ip link set lo up
ip address add 10.89.0.1/24 dev lo
printf '10.89.0.1\n%064d 10.89.0.2  web\n' 7 >names/net
python3 upstream.py &
"$AARDVARK" --version 2>/dev/null
"$AARDVARK" --config "$PWD/names" --port 53 run >/dev/null 2>&1 &
for _ in $(seq 50); do [ "$(ss -Hlun sport = 53 | wc -l)" -ge 2 ] && break; sleep 0.1; done
python3 client.py 127.0.0.9
python3 client.py 10.89.0.1
END
unshare --net --mount --pid --fork --kill-child bash -eu inside.sh | tee seen

expected="127.0.0.9 over UDP: truncated True, records 0
127.0.0.9 over TCP: truncated False, records 1
10.89.0.1 over UDP: truncated True, records 0
10.89.0.1 over TCP: Connection refused"
if [ "$(tail -n +2 seen)" = "$expected" ]; then echo "as stated"; else echo "this has changed: expected"; echo "$expected"; exit 1; fi
