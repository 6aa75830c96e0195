#!/usr/bin/env bash
# iptables-nft, nft: the translation of `--ctstate` with SNAT or DNAT loses the other states and the negation
#
# Version: iptables 1.8.9 (Debian 12); the same words in `nft list ruleset` of nftables 1.0.6, which asks iptables'
#   extensions for them. Needs no root: iptables-translate changes nothing.
# Expected: `-m conntrack ! --ctstate NEW,SNAT` becomes words that match the same packets, or stays `xt match "conntrack"`,
#   as other untranslatable options do.
# Seen: it becomes `ct status snat`, the opposite of the rule for translated packets, and without a word about NEW.
# Whom it hurts: people who read a host's firewall in `nft list ruleset`, and everybody who moves rules to nftables with
#   iptables-translate or iptables-restore-translate: the new ruleset drops and accepts other packets.
set -euo pipefail
VERSION=1.8.9-2

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
apt-get -q download "iptables=$VERSION" "libxtables12=$VERSION" >/dev/null 2>&1
for package in ./*.deb; do dpkg -x "$package" root; done
libraries=$(dirname "$work"/root/usr/lib/*/libxtables.so.12)
translated() {
    env LD_LIBRARY_PATH="$libraries" XTABLES_LIBDIR="$libraries/xtables" \
        "$work/root/usr/sbin/xtables-nft-multi" iptables-translate -A FORWARD -m conntrack "$@" -j DROP
}

env LD_LIBRARY_PATH="$libraries" "$work/root/usr/sbin/xtables-nft-multi" iptables --version
{
    translated --ctstate NEW,SNAT
    translated ! --ctstate NEW,SNAT
    translated --ctstate SNAT
    translated ! --ctstate DNAT
    translated ! --ctstate NEW,RELATED
} | tee seen

grep -o 'ct st.*' seen >short
expected='ct status snat counter drop
ct status snat counter drop
ct status snat counter drop
ct status dnat counter drop
ct state ! new,related counter drop'
if [ "$(tr -d "'" <short)" = "$expected" ]; then echo "as stated"; else echo "this has changed: expected"; echo "$expected"; exit 1; fi
