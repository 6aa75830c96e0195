#!/usr/bin/env bash
# iptables-restore: `--test` passes files that cannot be loaded; which ones depends on the variant
#
# Version: iptables 1.8.9 (Debian 12), both variants. Needs root; works in a network namespace of its own.
# Expected: a file that `iptables-restore --test` accepts can be loaded, as a file that `nft --check` accepts can.
# Seen: the test builds the rules and asks no kernel. A REDIRECT in table filter, and a match on the owner of a packet that
#   comes in, end with 0 under --test and are refused when they are loaded. A jump to a chain that nothing declares (what is
#   left when one engine's chains are cut out of a saved file) is refused by the legacy variant's test, and passes the
#   nft variant's; both refuse to load it.
# Whom it hurts: who tests rules.v4 before a reboot ("it said OK"), and rolls out a file that the boot then refuses: the
#   host comes up without that table and without those that follow in the file.
set -euo pipefail
VERSION=1.8.9-2

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
apt-get -q download "iptables=$VERSION" "libxtables12=$VERSION" >/dev/null 2>&1
for package in ./*.deb; do dpkg -x "$package" root; done
LD_LIBRARY_PATH=$(dirname "$work"/root/usr/lib/*/libxtables.so.12)
export LD_LIBRARY_PATH XTABLES_LIBDIR="$LD_LIBRARY_PATH/xtables" SBIN="$work/root/usr/sbin"

cat >inside.sh <<'END'
"$SBIN/xtables-nft-multi" iptables --version
try() { "$SBIN/xtables-$1-multi" iptables-restore ${2:+"$2"} <file >/dev/null 2>&1 && echo yes || echo no; }
while read -r rule; do
    printf '*filter\n:INPUT ACCEPT [0:0]\n%s\nCOMMIT\n' "$rule" >file
    for variant in nft legacy; do
        echo "$rule: $variant passes the test: $(try $variant --test), loads: $(try $variant)"
    done
done <<'RULES'
-A INPUT -p tcp --dport 80 -j ACCEPT
-A INPUT -p tcp --dport 80 -j REDIRECT
-A INPUT -m owner --uid-owner 0 -j ACCEPT
-A INPUT -j DOCKER-USER
RULES
END
unshare --net bash -eu inside.sh | tee seen

expected="-A INPUT -p tcp --dport 80 -j ACCEPT: nft passes the test: yes, loads: yes
-A INPUT -p tcp --dport 80 -j ACCEPT: legacy passes the test: yes, loads: yes
-A INPUT -p tcp --dport 80 -j REDIRECT: nft passes the test: yes, loads: no
-A INPUT -p tcp --dport 80 -j REDIRECT: legacy passes the test: yes, loads: no
-A INPUT -m owner --uid-owner 0 -j ACCEPT: nft passes the test: yes, loads: no
-A INPUT -m owner --uid-owner 0 -j ACCEPT: legacy passes the test: yes, loads: no
-A INPUT -j DOCKER-USER: nft passes the test: yes, loads: no
-A INPUT -j DOCKER-USER: legacy passes the test: no, loads: no"
if [ "$(tail -n +2 seen)" = "$expected" ]; then echo "as stated"; else echo "this has changed: expected"; echo "$expected"; exit 1; fi
