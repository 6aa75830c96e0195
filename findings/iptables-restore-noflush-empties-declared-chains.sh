#!/usr/bin/env bash
# iptables-restore: `--noflush` empties every chain of one's own that the file declares
#
# Version: iptables 1.8.9 (Debian 12), both back ends: iptables-nft-restore and iptables-legacy-restore. Needs root; works
#   in network namespaces of its own.
# Expected: with `--noflush` nothing that stands is flushed. A line `:DOCKER-USER - [0:0]` only makes sure that the chain
#   exists, as `:FORWARD ACCEPT [0:0]` leaves the rules of FORWARD alone.
# Seen: the line empties the chain when it existed, with status 0 and without a word. A line of a built-in chain empties
#   nothing (it does set the policy), so a try with FORWARD alone looks harmless.
# Whom it hurts: people whose rules file at boot adds to DOCKER-USER, or who cut the file from iptables-save, where
#   `:DOCKER - [0:0]` stands by itself: loaded again later, it takes all published ports of running containers away, and
#   the jumps to the empty chains stay, so that a glance at FORWARD or PREROUTING finds everything in place.
set -euo pipefail
VERSION=1.8.9-2

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
apt-get -q download "iptables=$VERSION" "libxtables12=$VERSION" libip4tc2="$VERSION" libip6tc2="$VERSION" >/dev/null 2>&1
for package in ./*.deb; do dpkg -x "$package" root; done
LD_LIBRARY_PATH=$(dirname "$work"/root/usr/lib/*/libxtables.so.12)
export LD_LIBRARY_PATH XTABLES_LIBDIR="$LD_LIBRARY_PATH/xtables" XTABLES_LOCKFILE="$work/lock" SBIN="$work/root/usr/sbin"

cat >inside.sh <<'END'
tool() { "$SBIN/xtables-$back-multi" "$@"; }
tool iptables --version
tool iptables -N DOCKER
tool iptables -A DOCKER -d 172.17.0.2/32 -p tcp --dport 80 -j ACCEPT
tool iptables -N UNNAMED
tool iptables -A UNNAMED -j RETURN
tool iptables -A FORWARD -j DOCKER
status=0
tool iptables-restore --noflush >said 2>&1 <<'RULES' || status=$?
*filter
:FORWARD ACCEPT [0:0]
:DOCKER - [0:0]
-A INPUT -p tcp --dport 22 -j ACCEPT
COMMIT
RULES
echo "status $status, printed: '$(cat said)'"
tool iptables -S
END
for back in nft legacy; do
    back=$back unshare --net bash -eu inside.sh
done | tee seen

answer="status 0, printed: ''
-P INPUT ACCEPT
-P FORWARD ACCEPT
-P OUTPUT ACCEPT
-N DOCKER
-N UNNAMED
-A INPUT -p tcp -m tcp --dport 22 -j ACCEPT
-A FORWARD -j DOCKER
-A UNNAMED -j RETURN"
expected="iptables v1.8.9 (nf_tables)
$answer
iptables v1.8.9 (legacy)
$answer"
if [ "$(cat seen)" = "$expected" ]; then echo "as stated"; else echo "this has changed: expected"; echo "$expected"; exit 1; fi
