#!/usr/bin/env bash
# nft: `flush ruleset` ends with status 0 and leaves a table that has an owner
#
# Version: nftables 1.0.6 (Debian 12), on a kernel since 5.12. Needs root; works in a network namespace of its own.
# Expected: after `nft flush ruleset` the ruleset is empty, or nft says with an error what it left. Scripts, units and
#   runbooks rely on it: /etc/nftables.conf begins with this command.
# Seen: a table with `flags owner` stays, with all its chains and rules, and nft prints nothing and ends with 0. Whoever
#   names the table is refused ("Operation not permitted"); `list` shows it to everybody. It goes when the process that made it ends.
# Whom it hurts: firewalld makes its table so since 2.2. A person who flushes everything "to rule out the firewall"
#   still has the whole firewall, and no sign of it.
set -euo pipefail
VERSION=1.0.6-2+deb12u2

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
apt-get -q download "nftables=$VERSION" "libnftables1=$VERSION" >/dev/null
for package in ./*.deb; do dpkg -x "$package" root; done
export LD_LIBRARY_PATH=$(dirname "$work"/root/usr/lib/*/libnftables.so.1) NFT=$work/root/usr/sbin/nft

cat >inside.sh <<'EOF'
"$NFT" --version
mkfifo words
"$NFT" -i <words >/dev/null 2>&1 &      # the owner: the table lives as long as this process
exec 3>words
echo 'add table inet kept { flags owner; }' >&3
echo 'add chain inet kept input { type filter hook input priority 0; policy drop; }' >&3
"$NFT" add table inet plain
for _ in $(seq 100); do "$NFT" list chain inet kept input >/dev/null 2>&1 && break; sleep 0.05; done

status=0; "$NFT" flush ruleset >said 2>&1 || status=$?
echo "nft flush ruleset: status $status, printed: '$(cat said)'"
echo "tables afterwards: $("$NFT" list tables | tr '\n' ' ')"
"$NFT" list chain inet kept input | grep -q 'policy drop' && echo "its chain still drops"
refused=0; "$NFT" delete table inet kept >said 2>&1 || refused=$?
echo "nft delete table: status $refused, $(grep -o 'Operation not permitted' said | head -1)"
exec 3>&-; wait
echo "tables after its owner has ended: '$("$NFT" list tables)'"
EOF
unshare --net bash -eu inside.sh | tee seen

expected="nft flush ruleset: status 0, printed: ''
tables afterwards: table inet kept 
its chain still drops
nft delete table: status 1, Operation not permitted
tables after its owner has ended: ''"
if [ "$(tail -n +2 seen)" = "$expected" ]; then echo "as stated"; else echo "this has changed: expected"; echo "$expected"; exit 1; fi
