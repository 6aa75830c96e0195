#!/bin/sh
# Reads the state of a host's container networking and prints it, framed, on standard output. It changes nothing.
#
#   sh -s -- [--root DIR] [--docker-host ENDPOINT] [--docker-context NAME] [--docker-config DIR] [--only WORDS] < collect.sh
#   sh -s -- --traces 'since=SECONDS key=KIND known=containers log=ENGINE/ID/NAME …' < collect.sh
#   sh -s -- --apart yes [--without PARTS] < collect.sh
#   sh -s -- --enter 'NETNS<TAB>PATH<TAB>PARTS' < collect.sh
#
# --only 'port=N name=NAME address=ADDRESS …': of the containers' namespaces only those are read that a word fits; the
# reading namespaces-left names the others.
#
# --apart: no other network namespace is entered: the reading apart stands for each, and apart-facts tells what of the kernel
# and the host counts in all of them. --enter: only these namespaces are read, one a line, each whole (`whole`) or in part (`rules connections`).
#
# --without 'PART …': these parts of the host are not read, for a caller who has them. With --apart, each part begins with the
# reading part.
#
# --traces: the host's logs and file times are read instead, from that second of the epoch on (default: 7 days back), and of
# them the kinds that are named (default: all); the word `all` alone asks for just that. known=containers: a reading of a moment
# ago has what Docker tells of each container, its times among it. log=ENGINE/ID/NAME: also the last lines that this container has
# written; ENGINE is docker, docker.USER, podman or podman.USER.
#
# Runs under dash, bash and busybox sh; needs nothing but what the host has. Rules that every line here keeps:
#   - nothing is written outside a private temporary directory, no packet is sent, no name is resolved; the one rule that is
#     made is made in a network namespace that ends at once (iptables_check);
#   - no kernel module is loaded: a tool that would make the kernel load a module runs only if the module is there already;
#   - secrets stay on the host: engines are asked by templates and every JSON document passes the allow-list filter;
#   - nothing hangs: each job has a limit of its own;
#   - answers are stored, not interpreted. Values that steer the script are checked before use.
#
# Frames: TOKEN is random, so no text that the host's users control can contain it.
#   hairpin-collect/1 TOKEN                                   first line
#   TOKEN<TAB>begin<TAB>date<TAB>uptime<TAB>hostname<TAB>kernel<TAB>uid
#   <NL>TOKEN<TAB>reading<TAB>key<TAB>netns<TAB>uptime<TAB>origin   body follows, verbatim
#   <NL>TOKEN<TAB>end<TAB>status<TAB>outcome or -<TAB>uptime    first lines of standard error follow
#   <NL>TOKEN<TAB>done                                        last line; without it the answer was cut

# In hairpin's image, HAIRPIN_TOOLS has the folders of the image's own programs, that of iproute2 first. They come behind all of the host's.
PATH=${PATH%":${HAIRPIN_TOOLS:=}"}
PATH=${PATH:-/usr/bin:/bin}:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin; HOST_PATH=$PATH
PATH=$PATH${HAIRPIN_TOOLS:+:$HAIRPIN_TOOLS}; export PATH HAIRPIN_TOOLS

# What costs time here is to start processes: a program takes about a millisecond of the host, whatever it does. So values
# pass by variables, not by $(…); what the shell can read by itself no program reads; and one program reads many files.

# The functions that the shell in each container's namespace needs, too: it evaluates this text, which is kept short.
{ HAIRPIN_NETNS_LIB=$(cat); } <<'LIB'
LC_ALL=C; export LC_ALL
TAB='	'
NL='
'
USUAL_IFS=" $TAB$NL"
have() { command -v "$1" >/dev/null 2>&1; }
of_host() { # of_host PROGRAM: whether the host itself has it, and not only hairpin's image
    have "$1" && { [ -z "$HAIRPIN_TOOLS" ] || case $(command -v "$1") in "${HAIRPIN_TOOLS%%/tools/*}"/tools/*) return 1 ;; esac; }
}

frame() { # frame KEY ORIGIN: opens a reading. Time is the uptime: reading it costs no process.
    read -r up _ 2>/dev/null </proc/uptime || up=-
    opened "$@"
}
opened() { # as frame, of a reading that came with the one before it. AS: the user whose engine is asked beside the host's
    [ -n "$NETNS" ] || set -- "$1" "${AS-}$2"
    printf '\n%s\treading\t%s\t%s\t%s\t%s\n' "$HAIRPIN_TOKEN" "$1" "$NETNS" "$up" "$2"
}
endframe() { # endframe STATUS OUTCOME STDERR
    read -r up _ 2>/dev/null </proc/uptime || up=-
    ended "$@"
}
ended() { # as endframe, of a reading that took no time
    printf '\n%s\tend\t%s\t%s\t%s\n%.2000s\n' "$HAIRPIN_TOKEN" "$1" "$2" "$up" "$3"
}
run() { # run KEY ORIGIN COMMAND...: the command's output is the body; its standard error goes into the trailer
    frame "$1" "$2"; shift 2
    { err=$("$@" 2>&1 1>&4 4>&-); st=$?; } 4>&1
    endframe "$st" - "$err"
    return "$st"
}
ask() { key=$1; shift; run "$key" "$*" "$@"; }      # the origin is the command line
line() { line="$*"; }                                # the words of a command line, joined by single spaces
say() { # say KEY ORIGIN STATUS OUTCOME TEXT: a reading whose answer is the script's own
    frame "$1" "$2"; ended "$3" "$4" "$5"
}
absent() { say "$1" "$2" 127 absent "$3"; }
unshown() { say "$1" "$2" 69 absent "$3"; }    # the kernel has it, and the host has no tool that shows it (EX_UNAVAILABLE of sysexits.h)
body() { # body KEY ORIGIN TEXT: a reading whose text was read before; in a container's namespace, which takes milliseconds, at the last time
    case $NETNS$up in container:*[0-9]) opened "$1" "$2" ;; *) frame "$1" "$2" ;; esac
    [ -z "$3" ] || printf '%s\n' "$3"; ended 0 text ''
}
capture() { # capture COMMAND...: sets out, st, err. For answers that decide which command runs next.
    out=$("$@" 2>/dev/null); st=$?; err=
    [ "$st" = 0 ] || err=$("$@" 2>&1 >/dev/null)
}
captured() { # captured KEY ORIGIN: the reading of the command that capture ran
    frame "$1" "$2"; [ -z "$out" ] || printf '%s\n' "$out"; ended "$st" - "$err"
}
limit() { # limit SECONDS COMMAND...
    if [ -n "$HAIRPIN_TIMEOUT" ]; then $HAIRPIN_TIMEOUT "$@"; else shift; "$@"; fi
}
limited() { # limited SECONDS COMMAND...: in place of the shell, so only in $(…), as `run` calls its command
    if [ -n "$HAIRPIN_TIMEOUT" ]; then exec $HAIRPIN_TIMEOUT "$@"; else shift; exec "$@"; fi
}

loaded() { # loaded MODULE...: whether all are in the kernel already, so that a tool that needs them loads nothing
    for module; do
        [ "$HAIRPIN_MODULES" = none ] && continue      # a kernel without loadable modules: nothing can be loaded
        case $HAIRPIN_MODULES in *" $module "*) continue ;; esac
        [ -d "/sys/module/$module" ] && continue       # built in, with parameters or a version
        grep -qs "/$module\.ko" "/lib/modules/$HAIRPIN_KERNEL/modules.builtin" || return 1
    done
}

# ---- one network namespace -------------------------------------------------------------------------------------------

links() { # links, addresses, routes, rules, neighbours; bridges and traffic control where there are any
    case $HAIRPIN_IP_FORM in
        json) opts='-j -d' suffix= ;;
        text) opts='-d' suffix=-text ;;
        busybox) opts= suffix=-text ;;
        *) unshown ip-addr 'ip -j -d addr' 'neither iproute2 nor busybox ip is installed'; return ;;
    esac
    version4=yes neighbours='neigh show nud all'     # without nud, iproute2 leaves out NOARP entries
    case $HAIRPIN_IP_FORM$NETNS in
        busybox*) ip_answers '' ip-addr addr ip-neigh "$neighbours" ;;
        json*:*)    # of a container. Without a family, rule means IPv4; the root prefix leaves the routes of IPv4.
            version4=read
            ip_answers '' ip-addr addr ip-neigh "$neighbours" ip-nexthop nexthop \
                ip-route4 'route show table all root 0.0.0.0/0' ip-rule4 rule ;;
        *) ip_answers '' ip-addr addr ip-neigh "$neighbours" ip-nexthop nexthop ;;
    esac || { links; return; }
    [ -n "$addr" ] || return
    [ "$version4" = read ] || ip_answers -4 ip-route4 'route show table all' ip-rule4 rule
    if without_ipv6; then
        origin='/proc/net/if_inet6, /proc/net/ipv6_route, /proc/sys/net/ipv6/conf/*/disable_ipv6'
        body "ip-route6$suffix" "$origin" ''; body "ip-rule6$suffix" "$origin" ''
    else ip_answers -6 ip-route6 'route show table all' ip-rule6 rule
    fi
    [ "$HAIRPIN_IP_FORM" = busybox ] && return
    case $addr in *'"info_kind":"bridge"'* | *"    bridge forward_delay "*) bridges ;; esac
    case $addr in *'"info_kind":"wireguard"'* | *"    wireguard "*) wireguard ;; esac
    case $NETNS$addr in host*'"info_kind":"tun"'* | host*"    tun type tun "*) run tun-owners '/proc/PID/fdinfo' tun_owners ;; esac
    traffic_control
    ipsec
    redirects
}
without_ipv6() { # whether IPv6 is off on each link of a container's namespace, as on most bridge networks: then no rule of it decides
    [ "$HAIRPIN_IP_FORM" = json ] && [ "$NETNS" != host ] && [ -r /proc/net/if_inet6 ] && [ -r /proc/net/ipv6_route ] || return 1
    while read -r _; do return 1; done </proc/net/if_inet6
    while read -r _ _ _ _ _ metric _ _ _ link; do      # what the kernel itself answers, where there is no route
        [ "$metric $link" = 'ffffffff lo' ] || return 1
    done </proc/net/ipv6_route
    for file in /proc/sys/net/ipv6/conf/*/disable_ipv6; do
        off=0; read -r off <"$file"     # some shells read it by bytes: only the first is there
        [ "$off" != 0 ] || return 1
    done
} 2>/dev/null
redirects() { # only where the host accepts ICMP redirects now: a route cache may also have thousands of path MTUs
    [ "$NETNS" = host ] || return 0
    accepts=; read -r accepts </proc/sys/net/ipv4/conf/all/accept_redirects     # some shells read it by bytes: only the first is there
    [ "$accepts" != 1 ] || ask ip-redirects $HAIRPIN_IP -4 route show cache
} 2>/dev/null
ipsec() { # only where asking loads nothing; of a container only if IPsec has counted a packet there; a policy holds no key
    [ "$HAIRPIN_XFRM" = yes ] || return
    if [ "$NETNS" != host ]; then
        [ -r /proc/net/xfrm_stat ] || return
        busy=no; while read -r _ count; do [ "$count" = 0 ] || { busy=yes; break; }; done </proc/net/xfrm_stat
        [ "$busy" = yes ] || return
    fi
    ask xfrm-policy $HAIRPIN_IP xfrm policy
}
ip_answers() { # ip_answers FAMILY (KEY COMMAND)...: one process for all if each answer is one line (JSON). 1: ip is of another form
    family=$1 batch=; shift
    if [ "$HAIRPIN_IP_FORM" = json ]; then
        for word; do case $word in ip-*) ;; *) batch=$batch$word$NL ;; esac; done
        batch=$($HAIRPIN_IP $family $opts -batch - 2>/dev/null <<EOT
$batch
EOT
) || batch=
    fi
    # Split by fields: cutting off the first line of a long text takes some shells the square of its length.
    read -r up _ 2>/dev/null </proc/uptime || up=-
    set -f; IFS=$NL; answers=0
    for out in $batch; do answers=$((answers + 1)); done
    [ "$answers" = $(($# / 2)) ] || batch=      # some versions print no line for an empty list: then one process for each
    if [ -z "$batch$HAIRPIN_IP_TRIED" ]; then
        set +f; IFS=$USUAL_IFS; usable_ip
        [ "$HAIRPIN_IP_FORM" = json ] || return 1
    fi
    for out in $batch; do
        IFS=$USUAL_IFS
        line $HAIRPIN_IP $family $opts $2; opened "$1$suffix" "$line"; printf '%s\n' "$out"; ended 0 text ''
        [ "$1" != ip-addr ] || addr=$out
        shift 2
    done
    set +f; IFS=$USUAL_IFS
    while [ $# -gt 0 ]; do      # options and $HAIRPIN_IP ("busybox ip") are split on purpose
        capture $HAIRPIN_IP $family $opts $2
        line $HAIRPIN_IP $family $opts $2; captured "$1$suffix" "$line"
        [ "$1" != ip-addr ] || [ "$st" != 0 ] || addr=$out
        shift 2
    done
}
bridges() {
    if ! have bridge; then absent "bridge-link$suffix" 'bridge link' 'bridge (iproute2) is not installed'; return; fi
    # One process for all three. It ends at the first that fails: on kernels without VLANs of bridges the last does.
    answers= st=0
    if [ "$HAIRPIN_IP_FORM" = json ]; then
        answers=$(bridge $opts -batch - 2>/dev/null <<'EOT'
link
fdb
vlan
EOT
) || st=1
    fi
    set -f; IFS=$NL
    # shellcheck disable=SC2086
    set -- $answers
    set +f; IFS=$USUAL_IFS
    case $st$#${1-}$NL${2-}$NL${3-} in
        03\[*\]"$NL"\[*\]"$NL"\[*\]) ;;
        1[23]\[*\]"$NL"\[*\]"$NL" | 1[23]\[*\]"$NL"\[*\]"$NL"\[) set -- "$1" "$2" ;;
        *) set -- ;;
    esac
    for each in link fdb vlan; do
        if [ $# = 0 ]; then ask "bridge-$each$suffix" bridge $opts "$each"
        else line bridge $opts "$each"; body "bridge-$each$suffix" "$line" "$1"; shift
        fi
    done
}
wireguard() { # only where there is such a device, so that asking loads nothing; never `wg show DEV dump` or `private-key`
    if ! have wg; then absent wireguard 'wg show all' 'wg is not installed'; return; fi
    run wireguard 'wg show all (listen-port, fwmark, endpoints, allowed-ips, latest-handshakes, persistent-keepalive)' wireguard_peers
}
wireguard_peers() { # no key leaves the host, not even a public one: a peer's name is its number on its device
    rows=
    for what in listen-port fwmark endpoints allowed-ips latest-handshakes persistent-keepalive; do
        capture wg show all "$what"
        [ "$st" = 0 ] || { printf '%s\n' "$err" >&2; return "$st"; }
        [ -z "$out" ] || rows=$rows$(printf '%s\n' "$out" | sed "s/^/$what$TAB/")$NL
    done
    printf '%s' "$rows" | awk -F "$TAB" -v OFS="$TAB" '
    NF == 3 { print; next }
    { if (!(($2, $3) in number)) number[$2, $3] = ++peers[$2]; print $1, $2, "peer " number[$2, $3], $4 }'
}
tun_owners() { # device, process id, command: of the processes of this network namespace that hold a tun device open
    grep -rs '^iff:' /proc/[0-9]*/fdinfo | while IFS=/ read -r _ _ pid _ rest; do
        [ "/proc/$pid/ns/net" -ef /proc/self/ns/net ] && read -r comm <"/proc/$pid/comm" || continue
        printf '%s\t%s\t%s\n' "${rest##*iff:$TAB}" "$pid" "$comm"
    done 2>/dev/null
}
traffic_control() { # filters are asked only of devices whose qdisc can have some
    tcopts=${opts%-d} st=-
    if [ "$HAIRPIN_IP_FORM" = json ] && have tc; then HAIRPIN_TC=tc; capture tc $tcopts qdisc show; fi
    if [ "$st" != 0 ]; then     # it may be Busybox's, which knows no JSON
        usable_tc
        [ -n "$HAIRPIN_TC" ] || { absent "tc-qdisc$suffix" 'tc qdisc show' 'tc (iproute2) is not installed'; return; }
        capture $HAIRPIN_TC $tcopts qdisc show
    fi
    line $HAIRPIN_TC $tcopts qdisc show; captured "tc-qdisc$suffix" "$line"
    rest=$out
    while :; do
        case $rest in
            *'"kind":"'*) rest=${rest#*'"kind":"'}; kind=${rest%%'"'*}; dev=${rest#*'"dev":"'}; dev=${dev%%'"'*} ;;
            *'qdisc '*) rest=${rest#*'qdisc '}; kind=${rest%% *}; dev=${rest#*' dev '}; dev=${dev%% *} ;;
            *) break ;;
        esac
        case $kind in
            noqueue | noop | mq | pfifo_fast | pfifo | bfifo | fq | fq_codel | sfq) ;;
            clsact)
                ask "tc-filter$suffix" $HAIRPIN_TC $opts filter show dev "$dev" ingress
                ask "tc-filter$suffix" $HAIRPIN_TC $opts filter show dev "$dev" egress ;;
            ingress) ask "tc-filter$suffix" $HAIRPIN_TC $opts filter show dev "$dev" ingress ;;
            *) ask "tc-filter$suffix" $HAIRPIN_TC $opts filter show dev "$dev" ;;
        esac
    done
}

usable_ip() { # sets HAIRPIN_IP, HAIRPIN_IP_FORM: the first ip on the path may be busybox's applet, which knows less
    HAIRPIN_IP= HAIRPIN_IP_FORM=none HAIRPIN_IP_TRIED=yes own=${HAIRPIN_TOOLS%%:*}
    for ip in ip /usr/sbin/ip /sbin/ip /usr/bin/ip /bin/ip ${own:+"$own/ip"}; do
        have "$ip" || continue
        [ "$ip" != "$own/ip" ] || own_iproute2
        if "$ip" -j -V >/dev/null 2>&1; then HAIRPIN_IP=$ip HAIRPIN_IP_FORM=json; return; fi
        case $("$ip" -V 2>&1) in
            *iproute2*) HAIRPIN_IP=$ip HAIRPIN_IP_FORM=text; return ;;
            *) [ -n "$HAIRPIN_IP" ] || HAIRPIN_IP=$ip HAIRPIN_IP_FORM=busybox ;;
        esac
    done
    [ -n "$HAIRPIN_IP" ] || ! have busybox || { HAIRPIN_IP='busybox ip'; HAIRPIN_IP_FORM=busybox; }
}
own_iproute2() { PATH=$own:$PATH ip=ip; }     # that of hairpin's image, where the host has no more than Busybox's
usable_tc() {
    HAIRPIN_TC=
    for tc in tc /usr/sbin/tc /sbin/tc; do
        case $("$tc" -V 2>/dev/null) in *iproute2*) HAIRPIN_TC=$tc; return ;; esac
    done
}

sysctls() { # every key that matters for packets; of the host also those of timers, queues and neighbour tables
    frame sysctl /proc/sys/net
    cd /proc/sys/net 2>/dev/null || { endframe 1 absent '/proc/sys/net is not there'; return; }
    if [ "$NETNS" = host ]; then
        further='netfilter ipv4/tcp_syncookies ipv4/tcp_max_syn_backlog ipv4/tcp_tw_* ipv4/tcp_timestamps ipv4/tcp_mtu_probing
            ipv4/tcp_abort_on_overflow ipv4/tcp_ecn ipv4/route ipv6/route ipv4/neigh/default ipv6/neigh/default
            ipv4/neigh/*/mcast_solicit ipv4/neigh/*/app_solicit ipv4/neigh/*/proxy_delay ipv6/neigh/*/mcast_solicit ipv6/neigh/*/app_solicit
            core/somaxconn core/netdev_max_backlog core/default_qdisc'
    else
        # With many containers it takes the kernel long to find a file that each of their namespaces has.
        case $addr in *inet6* | '') keys6=$HAIRPIN_KEYS6 usual=$USUAL_SYSCTLS ;; *) keys6=$HAIRPIN_KEYS_UNUSED6 usual=$USUAL_SYSCTLS_UNUSED6 ;; esac
        further=$HAIRPIN_KEYS_FURTHER
    fi
    set -- ipv4/conf/* ipv6/conf/*
    if [ "$NETNS" != host ] && [ "$*" = "$USUAL_CONFS" ] && [ -n "$usual" ]; then paths=$usual; else paths_of "$@"; fi
    # Of all values only stable_secret has a colon, and it stays on the host. Some keys are not there or cannot be read
    # (route/flush): that is a failure only if no key can be read.
    if [ -r ipv4/conf/all/forwarding ]; then
        set -f      # no name under /proc/sys/net has a blank
        # shellcheck disable=SC2086
        key_values $paths
        set +f; endframe 0 text ''
    else endframe 1 - 'no key could be read'
    fi
    cd /
}
key_values() { # key_values PATH...: of containers by awk, since grep makes room for 96 kB for each file. Some versions of awk end at the
    # first file that is not there, and none reads folders.
    if [ "$NETNS" = host ] || ! values=$(awk '!/:/ { print FILENAME ":" $0 }' "$@" 2>/dev/null); then grep -rs '^[^:]*$' "$@"
    else printf '%s\n' "$values"
    fi
}
USUAL_CONFS='ipv4/conf/all ipv4/conf/default ipv4/conf/eth0 ipv4/conf/lo ipv6/conf/all ipv6/conf/default ipv6/conf/eth0 ipv6/conf/lo'
paths_of() { # paths_of FOLDER...: sets paths, those of the keys in these folders, and of the others that the namespace is asked for
    paths=
    # shellcheck disable=SC2086
    for path in "$@" $HAIRPIN_SYSCTLS $further; do
        case $NETNS$path in
            host*/conf/veth*)   # IP never sees a packet come by a bridge's port, and a host may have hundreds
                [ -e "/sys/class/net/${path##*/}/brport" ] && continue ;;
            hostipv?/neigh/veth*) continue ;;
            host*) ;;
            *ipv4/conf/*) keys_of "$path" $HAIRPIN_KEYS4; continue ;;
            *ipv6/conf/*) keys_of "$path" $keys6; continue ;;
        esac
        paths="$paths /proc/sys/net/$path"
    done
}
USUAL_SYSCTLS= USUAL_SYSCTLS_UNUSED6=
# shellcheck disable=SC2086
usual_sysctls() { # adds to the text for the shells in the namespaces what nearly each container is asked for: each would need a millisecond
    further=$HAIRPIN_KEYS_FURTHER
    keys6=$HAIRPIN_KEYS6; paths_of $USUAL_CONFS; USUAL_SYSCTLS=$paths
    keys6=$HAIRPIN_KEYS_UNUSED6; paths_of $USUAL_CONFS
    HAIRPIN_NETNS_LIB="$HAIRPIN_NETNS_LIB${NL}USUAL_SYSCTLS='$USUAL_SYSCTLS' USUAL_SYSCTLS_UNUSED6='$paths'"
}
keys_of() { # keys_of PATH KEY...: adds the keys to paths at once: a shell takes its time to lengthen a long text
    own=/proc/sys/net/$1 more=; shift
    for key; do more="$more $own/$key"; done
    paths=$paths$more
}
rules() { # nft first: its list of tables shows which back ends have tables here
    tables= chains= listed=no legacy= flagged=no mixed=' '
    if ! loaded nf_tables; then
        absent nft-tables 'nft list chains' 'nf_tables is not loaded: there is no nftables table'
    elif have nft; then
        # It names each table. For a list of tables alone, some versions of nft read the elements of all sets.
        capture nft list chains; captured nft-tables 'nft list chains'
        [ "$st" = 0 ] && { chains=$out tables=$NL$out$NL listed=yes; }
    else
        unshown nft-tables 'nft list chains' 'nft is not installed'
    fi
    save_nft iptables-nft-save4 ip "$HAIRPIN_SAVE_NFT4"; saved_ip=$saved
    save_nft iptables-nft-save6 ip6 "$HAIRPIN_SAVE_NFT6"; saved_ip6=$saved
    saved=
    case $tables in *"${NL}table bridge "*) save_nft ebtables bridge "$HAIRPIN_SAVE_EBT" ;; esac
    saved_bridge=$saved
    mixed_tables
    native_tables
    case $NETNS$tables$flagged in host*"${NL}table "* | *yes) table_flags ;; esac
    # Older nft does not say in JSON which devices a chain at ingress or egress is bound to.
    case $chains in *' hook ingress '* | *' hook egress '*) body nft-netdev-chains 'nft list chains' "$chains" ;; esac
    save_legacy iptables-legacy-save4 /proc/net/ip_tables_names "$HAIRPIN_SAVE_LEGACY4"
    save_legacy iptables-legacy-save6 /proc/net/ip6_tables_names "$HAIRPIN_SAVE_LEGACY6"
    legacy_arp
}
legacy_arp() { # arptables of nft are tables of nft; only where the kernel lists tables of the older kind
    names=
    { while read -r name; do names="$names $name"; done </proc/net/arp_tables_names; } 2>/dev/null
    if [ -z "$names" ]; then return
    elif have arptables-legacy-save; then ask arptables-legacy arptables-legacy-save
    else unshown arptables-legacy arptables-legacy-save "not installed, but /proc/net/arp_tables_names lists:$names"
    fi
}
save_nft() { # save_nft KEY FAMILY COMMAND: sets saved
    saved=
    if ! loaded nf_tables; then absent "$1" "${3:-iptables-nft-save} -c" 'nf_tables is not loaded: there is no table'; return; fi
    if [ -z "$3" ]; then absent "$1" 'iptables-nft-save -c' 'iptables with the nf_tables back end is not installed'; return; fi
    if [ "$listed" = yes ]; then        # without a table of this family the command prints nothing
        case $tables in *"${NL}table $2 "*) ;; *) body "$1" "$3 -c" ''; return ;; esac
    fi
    capture "$3" -c
    case $st$listed in
        0* | *no) saved=$out; captured "$1" "$3 -c" ;;
        *) mixed="$mixed$2/all "      # it ends at the first rule that only nft can print: the tables of this family are read by nft
           say "$1" "$3 -c" "$st" absent "nft lists the tables of this family: $err" ;;
    esac
}
mixed_tables() { # adds to mixed the tables of IP and bridges in which a rule is not wholly iptables' or ebtables' own
    # Of a rule of nft's own, iptables-save leaves out what it does not know, and ends with status 0: the elements of a set,
    # a map, a TCP window, the start of a range. iptables' own rules have a counter, and nothing but what is removed here.
    families= ports=        # a port of nft's own counts as iptables' own only where iptables understands it: since 1.8.8
    for family in ip ip6 bridge; do
        case $family in ip) saved=$saved_ip ;; ip6) saved=$saved_ip6 ;; *) saved=$saved_bridge ;; esac
        case $saved in *'] -A '*) families="$families $family" ;; esac
        case $saved in *'-save v1.8.'[0-7]' '*) ports=no ;; esac
    done
    [ -n "$families" ] || return
    mixed=$mixed$(for family in $families; do nft -j -t list ruleset "$family" 2>/dev/null; done |
        awk -v families="$families" -v ports="$ports" '
            BEGIN {
                ORS = " "
                match_of = "\\{\"match\": \\{\"op\": \"[!=]=\", \"left\": "
                value = ", \"right\": (\"[^\"@]*\"|[0-9]+|\\{\"prefix\": \\{[^{}]*\\}\\})\\}\\}"
                meta = "\\{\"meta\": \\{\"key\": \"(iifname|oifname|ibrname|obrname|l4proto|mark)\"\\}\\}"
                of_ip = "\\{\"payload\": \\{\"protocol\": \"(ip6?|ether)\", \"field\": \"(saddr|daddr|protocol|nexthdr|type)\"\\}\\}"
                port = "\\{\"payload\": \\{\"protocol\": \"(tcp|udp)\", \"field\": \"[sd]port\"\\}\\}"
                range = ", \"right\": ([0-9]+|\\{\"range\": \\[[0-9]+, [0-9]+\\]\\})\\}\\}"
                known = match_of "(" meta "|" of_ip ")" value "|\\{\"(accept|drop|return)\": null\\}"
                known = known "|\\{\"(jump|goto)\": \\{\"target\": \"[^\"]*\"\\}\\}|\\{\"xt\": \\{[^{}]*\\}\\}"
                known = known "|\\{\"limit\": \\{\"rate\": [0-9]+, \"burst\": [0-9]+, \"per\": \"[a-z]*\"\\}\\}"
                if (ports == "") known = known "|" match_of port range
            }
            /"rule": / { match($0, /"family": "[a-z0-9]*/); listed[substr($0, RSTART + 11, RLENGTH - 11)] = 1 }
            { gsub(/\{"rule": /, "\n"); count = split($0, rule, "\n")
              for (i = 2; i <= count; i++) {
                  match(rule[i], /"family": "[a-z0-9]*/); name = substr(rule[i], RSTART + 11, RLENGTH - 11)
                  match(rule[i], /"table": "[^"]*/); name = name "/" substr(rule[i], RSTART + 10, RLENGTH - 10)
                  if (name in found) continue
                  own = rule[i]; sub(/^[^[]*"expr": \[/, "", own)
                  counted = gsub(/\{"counter": \{[^{}]*\}\}/, "", own)
                  gsub(known, "", own); sub(/\]\}\}.*/, "", own)
                  if (!counted || own ~ /"/) { found[name] = 1; print name }
              } }
            END {       # if nft could not print a family, what iptables shows of it may not be all
                count = split(families, family, " ")
                for (i = 1; i <= count; i++) if (!(family[i] in listed)) print family[i] "/all"
            }')
}
save_legacy() { # save_legacy KEY NAMES COMMAND: only if the kernel lists tables; the command would load the module of each
    names=
    { while read -r name; do names="$names $name"; done <"$2"; } 2>/dev/null
    if [ ! -e "$2" ]; then absent "$1" "${3:-iptables-legacy-save} -c" "$2 is not there: no legacy table is in use"
    elif [ ! -r "$2" ]; then say "$1" "${3:-iptables-legacy-save} -c" 1 refused "$2: Permission denied"
    elif legacy=$legacy$names && [ -z "$names" ]; then absent "$1" "${3:-iptables-legacy-save} -c" "$2 is empty: no legacy table is in use"
    elif [ -z "$3" ]; then unshown "$1" 'iptables-legacy-save -c' "not installed, but $2 lists:$names"
    else ask "$1" "$3" -c
    fi
}
table_flags() { # nft 1.0.6 prints a table's flags wrongly in JSON; its list of tables reads the elements of all sets
    capture nft -t list ruleset
    case $out in *"$NL${TAB}flags "*) ;; *) return ;; esac
    printf '%s\n' "$out" |
        sed -n 's/^table \([a-z0-9]* [A-Za-z0-9_.-]*\) .*/\1/; t keep
            /^.flags /{ s/^.//; G; s/\(.*\)\n\(.*\)/\2 \1/p; }; b
            :keep
            h' |
        while read -r family name flags; do
            body nft-table-flags "nft -t list table $family $name" "table $family $name {$NL$TAB$flags"
        done
}
native_tables() { # one reading a table that iptables-nft or ebtables-nft does not show, or not wholly
    rest_of_tables=$tables slow=no
    while :; do
        case $rest_of_tables in *"${NL}table "*) ;; *) return ;; esac
        rest_of_tables=${rest_of_tables#*"${NL}table "}; name=${rest_of_tables%%" {$NL"*}
        family=${name%% *} name=${name#* }
        case $name in
            filter | nat | mangle | raw | security | broute)
                case $family in ip) saved=$saved_ip ;; ip6) saved=$saved_ip6 ;; bridge) saved=$saved_bridge ;; *) saved= ;; esac
                case "$mixed$NL$saved" in
                    *" $family/$name "* | *" $family/all "* | *"# Table \`$name' is"*)    # in JSON, nft has no word of iptables' extensions
                        run nft-table-text "nft -t list table $family $name" nft -t list table "$family" "$name" ;;
                    *"# Table \`$name'"*) ;;            # it has chains of nft's own: iptables shows the other ones
                    *"*$name
"*) continue ;;
                esac ;;
        esac
        case $family$name in    # nft parses its arguments: a name must not be able to hold a command
            *[!A-Za-z0-9_./-]*) say nft-table "nft -j list table $family" 1 failed 'the name of this table has odd characters' ;;
            *) native_table ;;
        esac
    done
}
native_table() { # of family and name. Whoever asks long sets for single addresses waits for no listing of them.
    if [ "$HAIRPIN_LONG_SETS$NETNS" = askhost ] && [ -n "$HAIRPIN_TIMEOUT" ]; then
        if [ "$slow" = no ]; then
            out=$($HAIRPIN_TIMEOUT 0.4 nft -j list table "$family" "$name" 2>/dev/null); st=$? err=
            [ "$st" != 0 ] || { captured nft-table "nft -j list table $family $name"; return; }
            case $st in 124 | 137 | 143) slow=yes ;; esac
        fi
        [ "$slow" = no ] || { without_long_sets && return; }
    fi
    capture nft -j list table "$family" "$name"; captured nft-table "nft -j list table $family $name"
    first=${out#*'{"table": {'}
    case ${first%%\}*} in *'"flags": '*) flagged=yes ;; esac
}
without_long_sets() { # the table without the elements of its sets, and each set that is listed in time; else fails
    # For one table, some versions of nft read the elements of all tables; for all tables they do not.
    # The first line is the table's listing; each further one is a set: how long it may take, set or map, its name.
    rest=$(nft -j -t list ruleset "$family" 2>/dev/null | awk -v table="$name" '
        BEGIN { ORS = "" }     # a printf of some versions has room for 8 kB
        { gsub(/, \{"[a-z ]+": \{"family": "/, "\n&"); sub(/\]\}$/, "")
          count = split($0, object, "\n"); print object[1]
          for (i = 2; i <= count; i++) {
              kind = object[i]; sub(/^, \{"/, "", kind); own = kind; sub(/".*/, "", kind)
              sub(/^[a-z ]+": \{"family": "[a-z0-9]+", /, "", own)
              name = own; sub(/^"name": "/, "", name); sub(/".*/, "", name)
              if (kind != "table") sub(/^"name": "[^"]*", /, "", own)
              if (index(own, (kind == "table" ? "\"name" : "\"table") "\": \"" table "\"") != 1) continue
              print object[i]
              if (kind != "set" && kind != "map") continue
              of_addresses = kind == "set" && own ~ /"type": "ipv[46]_addr"/ && own !~ /"dynamic"/
              sets = sets "\n" (of_addresses ? 0.3 : 60) " " kind " " name
          }
          print "]}" sets "\n" }')
    case $rest in *"$NL"*) ;; *) return 1 ;; esac
    terse=${rest%%"$NL"*} rest=${rest#*"$NL"} listed=
    while read -r seconds kind set; do
        case $set in *[!A-Za-z0-9_./-]*) return 1 ;; esac
        out=$($HAIRPIN_TIMEOUT "$seconds" nft -j list "$kind" "$family" "$name" "$set" 2>/dev/null); st=$?
        case $st$seconds in
            0*) listed=$listed$kind\ $set$NL$out$NL ;;
            1240.3 | 1370.3 | 1430.3) ;;
            *) return 1 ;;
        esac
    done <<EOT
$rest
EOT
    body nft-table "nft -j -t list table $family $name" "$terse"
    while read -r kind set && read -r out; do
        body nft-set "nft -j list $kind $family $name $set" "$out"
    done <<EOT
$listed
EOT
}
sets() {
    if ! loaded ip_set; then absent ipset 'ipset save' 'ip_set is not loaded: there is no set'
    elif have ipset; then ask ipset ipset save
    else absent ipset 'ipset save' 'ipset is not installed'
    fi
}
connections() { # the old file costs a tenth of conntrack, for which the kernel might load ctnetlink; many kernels lack it
    if [ ! -e /proc/sys/net/netfilter/nf_conntrack_count ]; then
        absent conntrack 'conntrack -L -o extended' 'nf_conntrack is not loaded: no connection is tracked'; return
    fi
    # dash and busybox read byte by byte, and a sysctl answers only its first: enough to know that it is 0. The statistics
    # begin with the same number, in hexadecimal.
    count=; { read -r count </proc/sys/net/netfilter/nf_conntrack_count; } 2>/dev/null
    if [ "$count" != 0 ]; then
        count=; { read -r _ && read -r count _; } 2>/dev/null </proc/net/stat/nf_conntrack
        case $count in
            '' | *[!0-9a-f]*) count=$(cat /proc/sys/net/netfilter/nf_conntrack_count 2>/dev/null) || count=0 ;;
            *) count=$((0x$count)) ;;
        esac
    fi
    cap=; [ "$count" -le 20000 ] || cap=capped
    if [ "$count" = 0 ]; then body conntrack /proc/sys/net/netfilter/nf_conntrack_count ''
    elif [ -r /proc/net/nf_conntrack ]; then run conntrack /proc/net/nf_conntrack $cap cat /proc/net/nf_conntrack
    elif have conntrack && loaded nf_conntrack_netlink; then run conntrack 'conntrack -L -o extended' $cap tracked
    else absent conntrack 'conntrack -L -o extended' 'conntrack is not installed, /proc/net/nf_conntrack is not there'
    fi
}
counters() { # of the tables that have a maximum
    set --; for table in nf_conntrack arp_cache ndisc_cache; do
        [ ! -r "/proc/net/stat/$table" ] || set -- "$@" "/proc/net/stat/$table"
    done
    [ $# = 0 ] || run kernel-counters '/proc/net/stat/{nf_conntrack,arp_cache,ndisc_cache}' grep -H '' "$@" /dev/null
}
rate_limits() { # of xt_recent and xt_hashlimit: the folders are there while the modules are loaded
    set -- /proc/net/xt_recent/* /proc/net/ipt_hashlimit/* /proc/net/ip6t_hashlimit/*
    for file; do
        [ -f "$file" ] || continue
        run rate-limits '/proc/net/xt_recent/*, ipt_hashlimit/*, ip6t_hashlimit/*' listed_limits "$@"; return
    done
}
listed_limits() { # with the kernel's clock, in which xt_recent counts; IPv6 addresses before a port get brackets
    grep -m 1 '^jiffies:' /proc/timer_list 2>/dev/null
    read -r uptime _ </proc/uptime && echo "uptime: $uptime"
    grep -H '' "$@" /dev/null 2>/dev/null | head -n 20000 | sed '/_hashlimit/s/\([0-9a-f:]\{39\}\):/[\1]:/g'
}
packet_queues() { # the queues of NFQUEUE that a program reads; without the file, the kernel has none. Starts no process.
    file=/proc/net/netfilter/nfnetlink_queue text=
    [ -e "$file" ] || { absent packet-queues "$file" 'nfnetlink_queue is not loaded'; return; }
    [ -r "$file" ] || { run packet-queues "$file" cat "$file"; return; }
    while read -r each; do text="$text$each
"; done <"$file"
    body packet-queues "$file" "${text%
}"
}
virtual_servers() { # of IPVS: the file exists while the module is loaded
    [ ! -e /proc/net/ip_vs ] || run ipvs /proc/net/ip_vs cat /proc/net/ip_vs
}
tracked() { # before 1.4.7, no family means IPv4
    limit 8 conntrack -L -f ipv4 -o extended && limit 8 conntrack -L -f ipv6 -o extended
}
capped() {
    "$@" 2>/dev/null | head -n 20000
    echo "# truncated: 20000 of $count entries"
}
sockets() { # ss asks the kernel by netlink, which may load tcp_diag and udp_diag. No -p: in each namespace it would look
    # at all processes of the host.
    if without_sockets; then body sockets '/proc/net/sockstat, /proc/net/sockstat6' ''; return; fi
    if have ss && loaded inet_diag tcp_diag udp_diag; then
        out=$(without_groups $listening) && [ -n "$out" ] && { body sockets "$listening" "$out"; return; }
        capture $listening
        # Without a mount of cgroup2 some versions (5.7 to 5.9) end at the first socket.
        [ "$st" = 0 ] && { captured sockets "$listening"; return; }
    fi
    for table in tcp tcp6 udp udp6; do
        if [ -e "/proc/net/$table" ]; then run "proc-net-$table" "/proc/net/$table" cat "/proc/net/$table"
        else absent "proc-net-$table" "/proc/net/$table" "/proc/net/$table is not there"
        fi
    done
}
without_sockets() { # without_sockets [PID]: whether the kernel counts none. The sockets of its own tunnels count there, but not in the line sockets.
    for version in '' 6; do
        [ -r "/proc/${1-self}/net/sockstat$version" ] || return 1
        inuse=; while read -r protocol _ count _; do
            case $protocol in TCP: | UDP: | TCP6: | UDP6:) inuse=$inuse$count ;; esac
        done <"/proc/${1-self}/net/sockstat$version"
        [ "$inuse" = 00 ] || return 1
    done
}
listening='ss -H -n -l -e -m -t -u'
without_groups() { # ss -e tells the name of each socket's control group, for which it walks all groups of the host: with 200
    # containers three quarters of its time. With one file descriptor, for netlink, it does without the names.
    exec 3>&- 4>&- 5>&- 6>&- 7>&- 8>&- 9>&- 2>/dev/null
    ulimit -n 4 && exec "$@"
}
namespace() { # of a container, all of it, or the parts that --enter names
    case ${HAIRPIN_PARTS:-whole} in
        *whole*) links; rules_and_sets; sysctls; connections; rate_limits; packet_queues; virtual_servers; sockets; return ;;
        *rules*) rules_and_sets ;;
    esac
    case $HAIRPIN_PARTS in *connections*) connections ;; esac
}
rules_and_sets() { # ipsets are read only if one of its rules may name one
    rules
    [ -z "$legacy" ] || legacy='-set '
    case $saved_ip$saved_ip6$legacy in
        *-set\ * | *' SET '*) sets ;;
    esac
}
LIB

# ---- all else ----------------------------------------------------------------------------------------------------------

# Keeps only allow-listed values of a stream of JSON documents. `allow` has dotted paths; * is any key, % a dot within a
# key; an array adds nothing to a path; everything below a named path is kept. The record separator is the quote, so records alternate
# between structure and string: this takes constant memory and is quick in every awk.
#
# With the token, one process filters several streams and frames each as a reading. Before each stands the string
# "TOKEN<TAB>KEY<TAB>ORIGIN<TAB>PATHS", or of a file the argument first=KEY<TAB>ORIGIN<TAB>PATHS; of containers the lines of
# `running` go to standard error.
allow_json() { # allow_json PATHS [quiet=yes]: in place of the shell, so only in $(…) and in pipes. quiet: of no document no line
    exec awk -v allow="$1" "$RUNNING$ALLOW_JSON" ${2:+"$2"}
}
ALLOW_JSON='
    function step(parent, key,   plain) {
        plain = key; gsub(/\./, "\001", key)
        if ((parent in star) && (parent !~ /([Oo]ptions|[Oo]pts|generic\.\*)$/ || plain ~ OPTION)) key = "*"
        return parent == "" ? key : parent "." key
    }
    function judge(   path) {
        if (mode[d] != 1) return mode[d]
        path = type[d] == "{" ? step(where[d], key) : where[d]
        here = path
        if (path in keep) return 2
        return (path == "" || path in part) ? 1 : 0
    }
    function lead() {       # each member of an outermost array is a document: one a line
        if (d == 0 || d == 1 && type[1] == "[") { if (shown++) { printf "\n"; row_done() } }
        else if (items[d]++) put(",")
        if (type[d] == "{") put("\"" key "\":")
    }
    function put(text) { printf "%s", text; if (rows) row = row text }
    function row_done(   line) { line = rows ? running(row) : ""; row = ""; if (line != "") print line >"/dev/stderr" }
    function fail() {
        if (!bad) { why = "not valid JSON (token " tokens ")"; if (token == "") print why | "cat 1>&2" }
        bad = 1
    }
    function value(text) {
        if (last == "v" && d || last == "k") { fail(); return }
        if (judge() == 2 && text != "") { lead(); put(text) }
        last = "v"
    }
    function open(bracket,   m) {
        if (last == "v" && d || last == "k" || type[d] == "{" && last != ":") { fail(); return }
        m = judge(); if (m && (d || bracket == "{")) { lead(); put(bracket) }
        d++; type[d] = bracket; mode[d] = m; where[d] = here; items[d] = 0; last = bracket
        if (d > 200) fail()
    }
    function close_(bracket) {
        if (!d || last != "v" && last != type[d] || (type[d] == "{") != (bracket == "}")) { fail(); return }
        if (mode[d] && (d > 1 || bracket == "}")) put(bracket)
        d--; last = "v"
    }
    function literal(text) {
        if (text !~ /^(true|false|null|-?[0-9][0-9.eE+-]*)$/) fail()
        else if (type[d] == "{" && last != ":") fail()
        else value(text)
    }
    function structure(text,   i, n, c, word) {
        if (text == ":") { tokens++; if (last != "k") fail(); last = ":"; return }       # these two are most
        if (text == ",") { tokens++; if (last != "v" || !d) fail(); last = ","; return }
        n = length(text); word = ""
        for (i = 1; i <= n && !bad; i++) {
            c = substr(text, i, 1); tokens++
            if (c ~ /[A-Za-z0-9.+-]/) { word = word c; continue }
            if (word != "") { literal(word); word = "" }
            if (c == "{" || c == "[") open(c)
            else if (c == "}" || c == "]") close_(c)
            else if (c == ",") { if (last != "v" || !d) fail(); last = "," }
            else if (c == ":") { if (last != "k") fail(); last = ":" }
            else if (c !~ /[ \t\r\n]/) fail()
        }
        if (word != "") literal(word)
    }
    function begin(allow,   paths, seg, i, j, m, n, p) {
        d = 0; mode[0] = 1; where[0] = ""; type[0] = ""; last = ""
        bad = instring = tokens = shown = 0; row = why = ""
        split("", keep); split("", part); split("", star)
        n = split(allow, paths, " ")
        for (i = 1; i <= n; i++) {
            gsub(/%/, "\001", paths[i]); keep[paths[i]]; m = split(paths[i], seg, "."); p = ""
            for (j = 1; j < m; j++) { p = p == "" ? seg[j] : p "." seg[j]; part[p]; if (seg[j + 1] == "*") star[p] }
            if (seg[1] == "*") star[""]
        }
    }
    function uptime(   line) {
        if ((getline line <"/proc/uptime") <= 0) line = "-"
        close("/proc/uptime"); sub(/ .*/, "", line)
        return line
    }
    function open_reading(text,   field) {
        split(text, field, "\t"); begin(field[3])
        rows = field[1] == "docker-containers"; tells = rows || field[1] == "daemon-json"
        printf "\n%s\treading\t%s\t\t%s\t%s\n", token, field[1], uptime(), field[2]
        reading = 1
    }
    function close_reading(   outcome) {
        if (!reading) return
        if (!bad && d) fail()
        if (shown || !rows) printf "\n"
        row_done()
        outcome = "-"; if (rows && (shown || !bad)) { outcome = "text"; why = "" }
        printf "\n%s\tend\t%s\t%s\t%s\n%s\n", token, bad ? 65 : 0, outcome, uptime(), tells ? why : ""
    }
    BEGIN {
        RS = "\""
        OPTION = "^(com\\.docker\\.network\\.|(parent|mode|mtu|vlan|isolate|metric|vrf|encrypted|bclim|interface_name|host_interface_name|no_default_route|dhcp|driver|macvlan_mode|ipvlan_mode|ipvlan_flag)$)"
        if (token == "") begin(allow)
    }
    # In whatever state the last stream has ended: its own text cannot hold the token.
    token != "" && index($0, token) == 1 { close_reading(); open_reading(substr($0, length(token) + 2)); next }
    first != "" { open_reading(first); first = "" }
    bad { next }
    instring {
        string = string $0
        if (substr($0, length($0)) == "\\" && match($0, /\\+$/) && RLENGTH % 2) { string = string "\""; next }
        instring = 0; tokens++
        if (type[d] == "{" && (last == "{" || last == ",")) { key = string; last = "k" }
        else if (type[d] == "{" && last != ":") fail()
        else value("\"" string "\"")
        next
    }
    { structure($0); instring = 1; string = "" }
    END {
        if (token != "") { close_reading(); exit }
        if (!bad && d) fail()
        if (shown || quiet == "") printf "\n"
        exit bad ? 65 : 0       # EX_DATAERR of sysexits.h
    }
'
# running(TEXT): of a filtered container that runs, id, name, process id, and 1 if the question may need it, else 0; all are
# needed, if nothing narrows it. By awk: a shell takes long texts byte by byte.
RUNNING='
    function after(text, word,   at) { at = index(text, word); return at ? substr(text, at + length(word)) : "" }
    function is_asked(text, id, name,   n, need, i, what, value) {
        n = split(ENVIRON["HAIRPIN_ONLY"], need, " ")
        for (i = 1; i <= n; i++) {
            what = value = need[i]; sub(/=.*/, "", what); sub(/^[^=]*=/, "", value)
            if (what == "port" && index(text, "\"HostPort\":\"" value "\"")) return 1
            if (what == "address" && index(text, "Address\":\"" value "\"")) return 1
            # a name of its own, of its compose service, or an alias on a network
            if (what == "name" && (name == value || index(id, value) == 1 || index(text, "\"" value "\""))) return 1
        }
        return n == 0
    }
    function running(text,   id, name, pid) {
        id = after(text, "\"Id\":\""); sub(/".*/, "", id)
        name = after(text, "\"Name\":\""); sub(/".*/, "", name); sub(/^\//, "", name)
        pid = after(text, "\"Pid\":"); sub(/[^0-9].*/, "", pid)
        if (id name ~ /[^A-Za-z0-9_.-]/ || pid + 0 <= 0) return ""
        return id " " ENVIRON["HAIRPIN_OTHERS"] name " " pid " " is_asked(text, id, name)
    }'

files() { # files KEY FILTER FILE...: one reading a file, in this order. FILTER: plain, sysctl, net
    list=; listed "$@"; read_files "$list"
}
listed() { # listed KEY FILTER FILE...: adds to list the lines for read_files
    key=$1 filter=$2; shift 2
    for file; do
        case $file in *[[:cntrl:]]*) ;; *) list="$list$key $filter $file$NL" ;; esac
    done
}
plans_under_way() { # whose, number, state, watched or dead, seconds of the epoch: of each plan of hairpin's that has not ended
    base=/var/lib/hairpin plans=
    [ -z "$HAIRPIN_ROOT" ] && [ -r "$base" ] && [ -x "$base" ] || return 0
    for each in "$base"/plans/*; do
        case ${each##*/} in '' | *[!0-9]*) continue ;; esac
        whose=other; [ ! -e "$each/carrier" ] || whose=own
        for state in open keeping ending; do
            [ -e "$each/$state" ] || continue
            until= pid=; { read -r until <"$each/until"; read -r pid _ <"$each/keeper"; } 2>/dev/null
            { read -r up _ </proc/uptime; } 2>/dev/null && until=$(($(date +%s) + ${until:-0} - ${up%%.*}))
            plans="$plans${plans:+$NL}$whose$TAB${each##*/}$TAB$state$TAB$(watched "$pid" 'hairpin keep')$TAB${until:--}"
        done
    done
    [ -z "$plans" ] || body plans "$base" "$plans"
}
watched() { # watched PID WORDS: whether the process with these words in its command line lives
    case $(tr '\0' ' ' 2>/dev/null <"/proc/${1:-none}/cmdline") in *"$2"*) echo watched ;; *) echo dead ;; esac
} 2>/dev/null
hidden() { [ "$HAIRPIN_UID" != 0 ] && [ -d "${1%/*}" ] && [ ! -x "${1%/*}" ]; }
read_files() { # read_files LINES: of all these files by one process; a line is KEY FILTER FILE
    # The arguments become awk's: of=KEY FILTER stands before a file that is read otherwise than the one before it,
    # as=ORIGIN before a file that is read under another name.
    of=
    set -f; IFS=$NL
    # shellcheck disable=SC2086
    set -- $1
    set +f; IFS=$USUAL_IFS
    n=$#
    while [ "$n" -gt 0 ]; do
        key=${1%% *}; filter=${1#* }; filter=${filter%% *}; file=${1#* * }; shift; n=$((n - 1)); real=$HAIRPIN_ROOT$file
        if [ -n "$HAIRPIN_ROOT" ] && [ -L "$real" ]; then       # absolute symbolic links stay inside the root
            target=$(readlink "$real")
            case $target in /dev/null) real=$target ;; /*) real=$HAIRPIN_ROOT$target ;; esac
        fi
        if [ ! -e "$real" ]; then       # a folder that this user may not enter hides what is in it
            ! hidden "$real" || say "$key" "$file" 1 refused "${file%/*}: Permission denied"
            continue
        fi
        if [ ! -r "$real" ]; then say "$key" "$file" 1 refused "$file: Permission denied"; continue; fi
        [ -c "$real" ] || [ -f "$real" ] || continue
        [ "$of" = "$key $filter" ] || { of="$key $filter"; set -- "$@" "of=$of"; }
        if [ -c "$real" ]; then set -- "$@" "as=$file" /dev/null      # masked with a link to /dev/null
        elif [ "$real" != "$HAIRPIN_ROOT$file" ]; then set -- "$@" "as=$file" "$real"
        else set -- "$@" "$real"
        fi
    done
    [ $# = 0 ] && return
    read -r up _ 2>/dev/null </proc/uptime || up=-
    awk -v token="$HAIRPIN_TOKEN" -v up="$up" -v root="$HAIRPIN_ROOT" '
    function start(file) {
        finish(); open = 1; bytes = 0; cut = 0
        if (origin == "") origin = substr(file, length(root) + 1)
        printf "\n%s\treading\t%s\t\t%s\t%s\n", token, key, up, origin
        origin = ""
    }
    function advance(file) {        # to this argument; awk has skipped files without lines
        while (++arg < ARGC && ARGV[arg] != file) {
            if (ARGV[arg] ~ /^as=/) origin = substr(ARGV[arg], 4)
            else if (ARGV[arg] ~ /^of=/) { split(substr(ARGV[arg], 4), part, " "); key = part[1]; filter = part[2] }
            else start(ARGV[arg])
        }
    }
    function finish() { if (open) printf "\n%s\tend\t0\ttext\n\n", token }
    # Network configuration holds secrets: only the values of these keys leave the host. Any other line is replaced, not
    # dropped, so that line numbers stay right.
    function public(line,   word) {
        word = line; sub(/^[ \t]*(-[ \t]+)?/, "", word)
        if (word == "" || word ~ /^\[[A-Za-z0-9 ._-]*\]$/) return 1
        if (line ~ SECRET) return 0
        if (FILENAME ~ /\/run\/network\/ifstate$/) return 1           # LINK=STANZA
        if (word ~ /^"?[0-9a-fA-F.:]+(\/[0-9]+)?"?$/) return 1       # a list item that is an address
        if (word ~ /^[A-Za-z0-9_.-]+:[ \t]*$/) return 1              # a YAML section
        if (word ~ /^option routers /) return 1                      # of a lease
        if (word ~ /^(default|[0-9a-fA-F.:]+(\/[0-9]+)?) (via|dev) /) return 1     # of route-LINK
        sub(/[ \t=:].*$/, "", word)
        return tolower(word) ~ PUBLIC
    }
    BEGIN {
        SECRET = "[Pp][Ss][Kk]|[Pp][Aa][Ss][Ss]|[Ss][Ee][Cc][Rr][Ee][Tt]|[Kk][Ee][Yy]|[Tt][Oo][Kk][Ee][Nn]|[Ii][Dd][Ee][Nn][Tt]|[Aa][Uu][Tt][Hh]"
        PUBLIC = "^(address(es)?[0-9]*|ip_?addr[0-9]*|netmask[0-9]*|prefix[0-9]*|gateway[0-9]*|routes?[0-9]*|destination|" \
            "to|via|from|table|metric|onlink|scope|type|priority|routing-policy|auto|iface|allow-hotplug|source|" \
            "source-directory|(bridge|bond|vlan|dhcp|use|accept|ignore-auto|ipv4|ipv6|dns)[a-z0-9_.-]*|interfaces?|" \
            "parameters|ethernets|id|link|network|version|renderer|device|name|onboot|bootproto|defroute|nm_controlled|" \
            "peerdns|peerroutes|zone|mtu|domains?|search|nameservers|mac(address|addr)?|hwaddr|slave|master|stp|delay|" \
            "arp|optional|match|drivers?|set-name|critical|link-local|method|interface-name|uuid|autoconnect|may-fail|" \
            "never-default|router|ipforward|ipmasquerade|linklocaladdressing|configurewithoutcarrier|keepconfiguration|" \
            "manageforeign[a-z]*|kind|vrf|macvlan|ipvlan|tunnel|vxlan|managed|unmanaged-devices|plugins|" \
            "no-auto-default|firewall-backend|rc-manager|networking|hostname|forwarding|(pre-|post-)?(up|down)|mode|" \
            "originalname|kernelversion|virtualization|unmanaged|activationpolicy|keepmaster|preferredsource|gatewayonlink|" \
            "firewallmark|(incoming|outgoing)interface|invertrule|suppressprefixlength|family|peer|broadcast|scope|" \
            "addprefixroute|tos|usegateway|routetable|useroutes|permanentmac.*|mtubytes|pointopoint|no-auto-down|inherits|" \
            "no-scripts|allow-auto|pre-down|exclude_interfaces|configure_interfaces|autoconf|accept_ra|routing-rule[0-9]*|" \
            "routing-rules|route-metric|route-table|connection-uuid|nm-owned|admin_state|network_file(_dropins)?|netdev_file|" \
            "protocol|(source|destination)port|ipprotocol|gatewaydev|ipv6init|bridge|port-type|controller|match-device|" \
            "master-uuid|type|any[0-9]*|not|iif|oif|fwmark|pref|nozeroconf|autoconnect-priority|driver|path|mtu[0-9]*)$"
    }
    FNR == 1 { advance(FILENAME); start(FILENAME) }
    { bytes += length($0) + 1 }
    bytes > 16777216 { if (!cut) print "# truncated: longer than 16 MiB"; cut = 1; next }
    filter == "net" && !public($0) && match($0, /^[ \t]*((pre-|post-)?(up|down))[ \t]/) { print substr($0, 1, RLENGTH) "# not collected"; next }
    filter == "net" && !public($0) || filter == "sysctl" && /stable_secret/ { print "# not collected"; next }
    { print }
    END { advance(""); finish() }
    ' "$@"
}

# ---- processes -------------------------------------------------------------------------------------------------------

all_processes() { # what /proc tells of each process, in all namespaces. Names and paths are the users' own: a line with the token ends each
    # part. Processes that end meanwhile are left out: awk itself, reading the name of one, would give up with "read error
    # (No such process)".
    relays; systemd=; [ ! -d /run/systemd/system ] || systemd=yes
    processes containerd-shim; shims=" $pids "
    {
        cd /proc || exit
        # Each container has a shim, which has more files open than its programs, and no socket of IP.
        folders=; for folder in [0-9]*/fd; do case $shims in *" ${folder%/fd} "*) ;; *) folders="$folders $folder" ;; esac; done
        # shellcheck disable=SC2086
        ls -ln $folders; echo "$HAIRPIN_TOKEN"
        grep -sH '' [0-9]*/comm [0-9]*/stat [0-9]*/cgroup; echo "$HAIRPIN_TOKEN"
        # shellcheck disable=SC2086
        [ -z "$relaying" ] || head -n 9 $relaying /dev/null | tr '\0' ' '
    } 2>/dev/null | awk -v token="$HAIRPIN_TOKEN" -v systemd="$systemd" '
    function note(version, path) {      # nothing runs in a group that is deleted
        if (path == "/") path = ""
        if (!((version path) in noted) && path !~ / \(deleted\)$/) { noted[version path]; kinds[++groups] = version; paths[groups] = path }
    }
    # Whether the group is frozen, by its file; -1 if that is not there.
    function says(folder, name,   line, got, answer) {
        answer = -1
        while ((got = (getline line <(folder "/" name))) > 0) if (line == "FROZEN" || line == "frozen 1") answer = 1; else if (answer < 0) answer = 0
        if (got == 0 && answer < 0) answer = 0
        close(folder "/" name)
        return answer
    }
    # Of the processes in a frozen group: process id, tab, control group. A child of a frozen group is frozen, too.
    function tell_frozen(   i, answer, folder, pid, text) {
        for (i = 1; i <= groups; i++) {
            folder = "/sys/fs/cgroup/" (kinds[i] == 1 ? "freezer" : "unified") paths[i]
            answer = says(folder, kinds[i] == 1 ? "freezer.state" : "cgroup.events")
            if (answer < 0 && kinds[i] == 2) { folder = "/sys/fs/cgroup" paths[i]; answer = says(folder, "cgroup.events") }
            # The root of a hierarchy has no such file. Another may be of another cgroup namespace.
            if (answer < 0 && paths[i] != "" || paths[i] ~ /^\/\.\./) exit 3
            if (answer < 1) continue
            while ((getline pid <(folder "/cgroup.procs")) > 0) if (pid != "0") text = text pid "\t" folder "\n"     # 0: of another PID namespace
            close(folder "/cgroup.procs")
        }
        tell("frozen-processes", "/sys/fs/cgroup", text)
    }
    function uptime(   line) {
        if ((getline line <"/proc/uptime") <= 0) line = "-"
        close("/proc/uptime"); sub(/ .*/, "", line)
        return line
    }
    function tell(key, origin, text) {
        printf "\n%s\treading\t%s\t\t%s\t%s\n%s", token, key, uptime(), origin, text
        printf "\n%s\tend\t0\t-\t%s\n\n", token, uptime()
        fflush()
    }
    function rest() { return substr($0, length(pid) + length(file) + 3) }    # behind "PID/FILE:"
    $0 == token && ++part == 2 {
        for (i = 1; i <= n; i++) if (holder[i] in comm) owners = owners inode[i] " " holder[i] " " comm[holder[i]] "\n"
        tell("socket-owners", "/proc/PID/fd", owners)
        tell("halted-processes", "/proc/PID/stat", halted)
        tell("container-processes", "/proc/PID/cgroup", members)
        tell("process-parents", "/proc/PID/stat", parents)
        tell("process-units", "/proc/PID/cgroup", units)
        if (movers) tell("address-movers", "/proc/PID/comm", movers)
    }
    $0 == token { next }
    part == 0 && /^[0-9]+\/fd:/ { pid = $0; sub(/\/.*/, "", pid); next }
    part == 0 && /socket:\[/ { sub(/.*socket:\[/, ""); sub(/\].*/, ""); inode[++n] = $0; holder[n] = pid }
    part == 0 { next }
    part == 1 {
        match($0, /^[0-9]+\/[a-z]+:/); pid = file = substr($0, 1, RLENGTH - 1); sub(/\/.*/, "", pid); sub(/.*\//, "", file)
    }
    part == 1 && file == "comm" {
        if (!(pid in comm)) comm[pid] = rest()
        if (comm[pid] ~ /^(keepalived|pacemakerd|pacemaker-execd|heartbeat|ucarp|vrrpd|vip-manager|kube-vip|carpd|wackamole)$/) movers = movers pid "\t" comm[pid] "\n"
        next
    }
    part == 1 && file == "stat" {       # a name may hold any character
        if (!sub(/.*\) /, "")) next
        if ($1 == "T") halted = halted pid "\n"
        parents = parents pid "\t" $2 " " $4 " " $20 "\n"
        next
    }
    part == 1 {
        text = rest()
        if (text ~ /^0::/) note(2, substr(text, 4))
        else if (text ~ /^[0-9]+:([^:]*,)?freezer(,[^:]*)?:/) { path = text; sub(/^[^:]*:[^:]*:/, "", path); note(1, path) }
        if (systemd && !(pid in unit) && text ~ /(:name=systemd:|^0::).*\.(service|scope)(\/|$)/) {
            unit[pid]; path = text; sub(/^[0-9]*:[^:]*:/, "", path); units = units pid "\t" path "\n"
        }
        if (pid in judged || text !~ /[0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f]/) next
        m = split(text, word, /[^0-9a-f]+/); id = ""; long = 0
        for (i = 1; i <= m; i++) {
            if (length(word[i]) >= 64) long = 1
            if (length(word[i]) == 64) id = word[i]     # that of a pod may stand before it
        }
        if (!long) next
        judged[pid]; if (id != "" && text !~ /conmon/) members = members pid "\t" id "\n"
        next
    }
    /^==> \/proc\/[0-9]+\/cmdline <==$/ { split($2, piece, "/"); lines = lines (lines == "" ? "" : "\n") piece[3] "\t"; next }
    /^==> / { next }
    { lines = lines $0 }
    END {
        if (part != 2) exit 3
        tell("relay-cmdlines", "/proc/PID/cmdline", lines (lines == "" ? "" : "\n"))
        tell_frozen()
    }' || frozen
}
frozen() { # process id, tab, control group: of the processes in a frozen group, wherever that is
    frame frozen-processes /sys/fs/cgroup
    for file in $(find /sys/fs/cgroup \( -name freezer.state -o -name cgroup.events \) -exec grep -lxsE 'FROZEN|frozen 1' {} + 2>/dev/null); do
        while read -r pid; do
            [ "$pid" = 0 ] || printf '%s\t%s\n' "$pid" "${file%/*}"      # 0: a process of another PID namespace
        done <"${file%/*}/cgroup.procs"
    done 2>/dev/null
    endframe 0 - ''
}
in_netns() { # in_netns PID: whether the process is in this network namespace. Without the right to trace it, a file of the namespace tells
    [ "/proc/$1/ns/net" -ef /proc/self/ns/net ] || [ "/proc/$1/net/dev" -ef /proc/self/net/dev ]
}
other_mounts() { # other_mounts PID: whether the process is seen to have another mount namespace; a user may see only that of own processes
    [ -e "/proc/$1/ns/mnt" ] && ! [ "/proc/$1/ns/mnt" -ef /proc/self/ns/mnt ]
}
processes() { # processes COMM...: sets pids, the ids of the processes with one of these names
    read_names
    pids= wanted=$NL
    for name; do wanted=$wanted$name$NL; done
    set -f; IFS=$NL
    for line in $NAMES; do
        case $wanted in *"$NL${line#*:}$NL"*) line=${line#/proc/}; pids="$pids ${line%%/*}" ;; esac
    done
    set +f; IFS=$USUAL_IFS
}
read_names() { # sets NAMES, once: /proc/PID/comm:NAME of each process
    [ -n "${NAMES-}" ] || NAMES=$(grep -s '' /proc/[0-9]*/comm)
}

in_turn() { for each; do wanted "$each" && "$each"; done; }
wanted() { # whether a part is read; where namespaces are read apart, begins it with a mark, so that a later call can leave it out
    case " $HAIRPIN_WITHOUT " in *" $1 "*) return 1 ;; esac
    [ -z "$HAIRPIN_APART" ] || { frame part "$1"; ended 0 text ''; }
}

job() { # job FILE FUNCTION...: in the background; without a temporary directory one after the other
    file=$1; shift
    if [ -n "$HAIRPIN_TMP" ]; then ( "$@" ) >"$HAIRPIN_TMP/$file" 2>/dev/null &
        started="$started $!"
    else
        ( "$@" ) 2>/dev/null & started=$!
        ended_in_time
    fi
}
ended_in_time() { # waits until the last of the jobs has ended
    watch >/dev/null 2>&1 & watcher=$!      # it keeps nobody who reads the answers waiting
    # shellcheck disable=SC2086
    wait $started 2>/dev/null
    # The jobs may have ended before the watcher has its trap: until then a signal can be lost with the traps of this shell. So it
    # is told until it has ended, and waits for us to take note of it.
    turns=0
    while [ "$turns" -lt 20000 ] && read -r line 2>/dev/null <"/proc/$watcher/stat"; do
        case ${line##*) } in Z*) break ;; esac
        kill "$watcher" 2>/dev/null; turns=$((turns + 1))
    done
    [ "$turns" -ge 20000 ] || wait "$watcher" 2>/dev/null
}
watch() { # ends the jobs that take longer than 30 s: one process, where a `timeout` for each job would be a new shell, too
    trap '' TERM            # until the trap stands: without it, nobody would end the nap, which takes no other signal than KILL
    sleep 30 & nap=$!
    trap 'kill -9 "$nap" 2>/dev/null; exit' TERM
    wait "$nap"
    # shellcheck disable=SC2086
    end_all $started
}
end_all() { # end_all PID...: ends these processes and all that they started
    ended=" $* " found=yes
    while [ -n "$found" ]; do
        found=
        for file in /proc/[0-9]*/stat; do
            read -r line 2>/dev/null <"$file" || continue
            pid=${line%% *}; parent=${line##*) }; parent=${parent#* }; parent=${parent%% *}
            case $ended in *" $pid "*) ;; *" $parent "*) ended="$ended$pid "; found=yes ;; esac
        done
    done
    # shellcheck disable=SC2086
    kill $ended 2>/dev/null
}

# ---- engines ---------------------------------------------------------------------------------------------------------

CONTAINER_PATHS='Id Name Created RestartCount Pod IsInfra ImageName State.Status State.Running State.Paused State.Restarting
    State.Dead State.OOMKilled State.Pid State.ConmonPid State.ExitCode State.Error State.Health.Status State.StartedAt State.FinishedAt
    Config.Image Config.ExposedPorts Config.Hostname Config.NetworkDisabled Config.HealthcheckOnFailureAction Config.Labels.com%docker%compose%service
    Config.Labels.com%docker%compose%project Config.Labels.com%docker%compose%depends_on
    Config.Labels.com%docker%compose%project%config_files Config.Labels.com%docker%compose%project%working_dir Config.Labels.com%docker%compose%oneoff Config.Labels.io%podman%compose%project Config.Labels.io%podman%compose%service Config.Labels.PODMAN_SYSTEMD_UNIT Config.Labels.com%docker%swarm%service%name HostConfig.NetworkMode HostConfig.PortBindings
    HostConfig.PublishAllPorts HostConfig.RestartPolicy HostConfig.Dns HostConfig.DnsOptions HostConfig.DnsSearch
    HostConfig.ExtraHosts HostConfig.Links HostConfig.Sysctls NetworkSettings.Ports NetworkSettings.SandboxID
    NetworkSettings.SandboxKey NetworkSettings.HairpinMode NetworkSettings.Networks.*.IPAMConfig
    NetworkSettings.Networks.*.Links NetworkSettings.Networks.*.Aliases NetworkSettings.Networks.*.DNSNames
    NetworkSettings.Networks.*.MacAddress NetworkSettings.Networks.*.GwPriority NetworkSettings.Networks.*.NetworkID
    NetworkSettings.Networks.*.EndpointID NetworkSettings.Networks.*.Gateway NetworkSettings.Networks.*.IPAddress
    NetworkSettings.Networks.*.IPPrefixLen NetworkSettings.Networks.*.IPv6Gateway
    NetworkSettings.Networks.*.GlobalIPv6Address NetworkSettings.Networks.*.GlobalIPv6PrefixLen
    NetworkSettings.Networks.*.DriverOpts.*'
NETWORK_PATHS='Id Name Created Driver Scope Internal Attachable Ingress ConfigOnly EnableIPv4 EnableIPv6 IPAM.Driver
    IPAM.Config IPAM.Options.* Options.* Containers.*.Name Containers.*.EndpointID Containers.*.MacAddress
    Containers.*.IPv4Address Containers.*.IPv6Address Labels.com%docker%compose%project labels.com%docker%compose%project
    labels.io%podman%compose%project id name created driver network_interface subnets routes internal
    dns_enabled ipv6_enabled network_dns_servers ipam_options.* options.*'
STORED_PATHS="ID HasBeenStartedBefore HasBeenManuallyStopped NetworkMode PortBindings RestartPolicy Dns DnsOptions DnsSearch
    ExtraHosts Links $CONTAINER_PATHS"
STORED_NETWORK_PATHS='id name networkType scope internal ingress inDelete configOnly enableIPv4 enableIPv6 ipamV4Info ipamV6Info
    generic.*.*'
INFO_PATHS='ServerVersion OperatingSystem OSType Architecture KernelVersion Name CgroupDriver CgroupVersion
    IPv4Forwarding BridgeNfIptables BridgeNfIp6tables LiveRestoreEnabled ExperimentalBuild SecurityOptions Warnings
    DefaultAddressPools FirewallBackend DockerRootDir Containers ContainersRunning Swarm.LocalNodeState
    Swarm.NodeAddr host.kernel host.os host.networkBackend host.networkBackendInfo host.rootlessNetworkCmd
    host.security.rootless host.slirp4netns.version host.pasta.version host.hostname version'
SERVICE_PATHS='ID Spec.Name Spec.EndpointSpec.Mode Endpoint.Ports ServiceStatus'
TASK_PATHS='ID ServiceID NodeID DesiredState Status.State Status.Err Status.Timestamp'
VERSION_PATHS='Client.Version Client.ApiVersion Client.APIVersion Server.APIVersion Server.Version Server.ApiVersion Server.Components.Name
    Server.Components.Version Version ApiVersion MinAPIVersion Components.Name Components.Version Server.Platform.Name'
DAEMON_KEYS='allow-direct-routing bip bip6 bridge bridge-accept-fwmark config-file containerd data-root
    default-address-pool default-address-pools default-gateway default-gateway-v6 default-network-opt
    default-network-opts.*.* dns dns-opt dns-opts dns-search exec-root experimental firewall-backend features
    fixed-cidr fixed-cidr-v6 group host hosts host-gateway-ip icc ip ip-forward ip-forward-no-drop ip-masq ip6tables iptables ipv6
    live-restore mtu pidfile userland-proxy userland-proxy-path'

json() { # json PATHS COMMAND...: the command's answer through the allow-list; its own status and standard error
    paths=$1; shift
    document=$("$@") || { status=$?; printf '%s\n' "$document" | allow_json "$paths" 2>/dev/null; return "$status"; }
    printf '%s\n' "$document" | allow_json "$paths"
}

docker_all() {
    process_here dockerd dockerd-current; daemon=$here daemon_root= rootless=
    usual_daemon
    [ -n "$daemon" ] && other_mounts "$daemon" && daemon_root=/proc/$daemon/root
    docker_endpoint
    rootless_daemon
    daemons_beside
    # A socket that is named in another mount namespace tells where that host's files are.
    case $daemon$endpoint in unix:///proc/[0-9]*/root/*) daemon_root=${endpoint#unix://}; daemon_root=${daemon_root%%/root/*}/root ;; esac
    for each in $others; do
        if [ -n "$HAIRPIN_TMP" ]; then ( docker_of_user "$each" ) >"$HAIRPIN_TMP/24-docker-$each" 2>/dev/null &
        else ( docker_of_user "$each" )
        fi
    done
    daemon_config
    docker_boot
    docker_asked || docker_stored
    [ -z "$others" ] || wait
}
docker_of_user() { # docker_of_user PID-UID: as docker_all, of a user's dockerd beside the one that is asked
    daemon=${1%-*} rootless=${1#*-} endpoint= usual=yes daemon_root= AS=
    name_of "$rootless"
    case $user in '' | *[!A-Za-z0-9_.-]*) return ;; esac
    AS="runuser -u $user -- " HAIRPIN_OTHERS=$user.
    export HAIRPIN_OTHERS
    daemon_config
    docker_asked
}
name_of() { # name_of UID: sets user
    IFS=: read -r user _ <<EOT
$(getent passwd "$1" || awk -F: -v uid="$1" '$3 == uid { print; exit }' /etc/passwd)
EOT
}
docker_asked() { # 1: the daemon does not tell its containers
    docker_socket || { read_daemon_json; return 1; }
    if [ -n "$rootless" ] && [ "$rootless" != "$HAIRPIN_UID" ]; then
        uid=$rootless; name_of "$uid"; session_of_user
        body rootless-info "/var/lib/systemd/linger/$user" "{\"User\":\"$user\",\"Lingers\":$lingers}"
    fi
    unset DOCKER_HOST DOCKER_CONTEXT DOCKER_TLS DOCKER_TLS_VERIFY DOCKER_CERT_PATH DOCKER_API_VERSION
    # The user's own client configuration may name another daemon, start plug-ins or hold passwords.
    DOCKER_CONFIG=/nonexistent; export DOCKER_CONFIG
    patience=3
    docker_at_once && return
    read_daemon_json
    if have docker; then with=cli; docker="docker -H $asked $certificates"
    elif have curl; then with=curl; docker="curl -sS -f --max-time 3 $certificates"
        case $asked in unix://*) docker="$docker --unix-socket $socket"; url=http://docker ;; *) url="$scheme${asked#tcp}" ;; esac
    else
        for key in version info containers networks; do
            absent "docker-$key" "docker $key" "neither docker nor curl is installed to ask $asked"
        done
        return 1
    fi
    if [ -n "$HAIRPIN_TMP" ]; then
        docker_rest >"$HAIRPIN_TMP/21-docker-$rootless" 2>/dev/null &
        docker_networks >"$HAIRPIN_TMP/22-docker-$rootless" 2>/dev/null &
    else
        docker_rest; docker_networks
    fi
    docker_containers; st=$?
    wait
    return "$st"
}
usual_daemon() { # sets daemon: of several here, the one on the usual socket
    several=
    for pid in $pids; do in_netns "$pid" && several="$several $pid"; done
    case $several in ' '*' '*) ;; *) return ;; esac
    for pid in $several; do
        case $(sockets_of "$pid") in '' | *fd://* | *unix:///run/docker.sock* | *unix:///var/run/docker.sock* | *unix://) daemon=$pid; return ;; esac
    done
}
rootless_dockerds() { # sets dockerds, PID-UID of each dockerd of a user: the networks of its containers are in a namespace of its own, which
    # rootlesskit has made
    dockerds=
    processes dockerd
    for pid in $pids; do
        ! in_netns "$pid" || continue
        # shellcheck disable=SC2046
        set -- $(ls -ldn "/proc/$pid" 2>/dev/null)
        [ $# -le 3 ] || [ "$3" = 0 ] || [ ! -d "/run/user/$3" ] || dockerds="$dockerds $pid-$3"
    done
}
rootless_daemon() { # sets daemon, rootless (its user's id), usual: the dockerd of a user that the endpoint names; without an endpoint and a
    # dockerd of root, one that this user may ask, rather the own one. others: unless the endpoint names one, the further ones that this
    # user may ask, PID-UID
    others= named_one=$endpoint; [ -z "$usual" ] || named_one=
    case $endpoint in '' | unix://*) ;; *) return 0 ;; esac
    rootless_dockerds
    for each in $dockerds; do
        pid=${each%-*} user=${each#*-}
        if [ -n "$named_one" ]; then
            case " $(sockets_of "$pid") unix:///run/user/$user/docker.sock " in *" $endpoint "*) ;; *) continue ;; esac
        else
            [ -w "/run/user/$user/docker.sock" ] || continue
            others="$others $each"
            [ -z "$daemon$endpoint" ] || [ -n "$rootless" ] || continue
        fi
        [ -z "$rootless" ] || [ "$user" = "$HAIRPIN_UID" ] || continue
        daemon=$pid rootless=$user usual=yes
    done
    case "$others " in *" $daemon-$rootless "*) others="${others%%" $daemon-$rootless"*}${others#*" $daemon-$rootless"}" ;; esac
}
sockets_of() { ( allowed_flags "$(tr '\0' '\n' <"/proc/$1/cmdline" 2>/dev/null)"; flag host=; echo $values ); } # PID: its --host flags
daemons_beside() { # process id, user id, sockets: of each further dockerd of this host, which is not asked
    list=
    processes dockerd dockerd-current
    for pid in $pids; do
        [ "$pid" != "$daemon" ] || continue
        # shellcheck disable=SC2046
        set -- $(ls -ldn "/proc/$pid" 2>/dev/null)
        [ $# -gt 3 ] || continue
        in_netns "$pid" || [ "$3" != 0 ] || continue # another host's, in a lab or a container
        sockets=$(sockets_of "$pid")
        case " $sockets " in *" ${endpoint:--} "*) continue ;; esac
        list="$list$pid$TAB$3$TAB${sockets:-unix:///run/user/$3/docker.sock}$NL"
    done
    [ -z "$list" ] || body docker-beside '/proc/PID/cmdline' "${list%"$NL"}"
}
docker_at_once() { # all answers by two processes, where a docker command for each costs four times as much. 1: not all came
    case $asked in unix://*) have curl || return 1 ;; *) return 1 ;; esac
    curl="curl -q -sS -f --fail-early --unix-socket $socket" url=http://docker
    # Each answer is one line: version, info, networks, containers.
    answers=$($curl --max-time 1 $url/version $url/info $url/networks "$url/containers/json?all=1" 2>/dev/null)
    case $? in 0) ;; 28) patience=2; return 1 ;; *) return 1 ;; esac
    set -f; IFS=$NL
    # shellcheck disable=SC2086
    set -- $answers
    [ $# = 4 ] || { set +f; IFS=$USUAL_IFS; return 1; }
    version=$1 info=$2 nets= ids= urls= count=0
    for each in $(printf '%s\n%s\n' "$3" "$4" | grep -noE '"Id": *"[0-9a-z]{25,64}"'); do
        id=${each%\"}; id=${id##*\"}
        [ "$id" != "${HAIRPIN_OWN:-none}" ] || continue
        case $each in
            1:*) nets=$nets,$id urls="$urls $url/networks/$id" count=$((count + 1)) ;;
            *) ids=$ids,$id urls="$urls $url/containers/$id/json" ;;
        esac
    done
    set +f; IFS=$USUAL_IFS
    answers=
    # shellcheck disable=SC2086
    [ -z "$urls" ] || answers=$($curl --max-time 8 $urls 2>/dev/null) || return 1
    set -f; IFS=$NL
    # shellcheck disable=SC2086
    set -- $answers
    networks=
    while [ "$count" -gt 0 ]; do networks=$networks$1$NL; shift; count=$((count - 1)); done
    answers="$*"
    set +f; IFS=$USUAL_IFS
    if [ -z "$ids" ]; then origin='GET /containers/json?all=1'; else origin="GET /containers/{${ids#,}}/json"; fi
    [ -s "$daemon_json" ] || read_daemon_json
    set -- -
    [ -z "$daemon_json" ] || set -- "first=daemon-json$TAB${AS-}$config$TAB$DAEMON_KEYS" "$daemon_json" first= -
    # By a pipe: bash writes a long here-document to a file, and these hold the containers' environments.
    { found=$(printf '%s\n' \
        "\"$HAIRPIN_TOKEN${TAB}docker-version${TAB}${AS-}GET /version${TAB}$VERSION_PATHS\"" "$version" \
        "\"$HAIRPIN_TOKEN${TAB}docker-info${TAB}${AS-}GET /info${TAB}$INFO_PATHS\"" "$info" \
        "\"$HAIRPIN_TOKEN${TAB}docker-networks${TAB}${AS-}GET /networks/{${nets#,}}${TAB}$NETWORK_PATHS\"" "$networks" \
        "\"$HAIRPIN_TOKEN${TAB}docker-containers${TAB}${AS-}$origin${TAB}$CONTAINER_PATHS\"" "$answers" |
        awk -v token="$HAIRPIN_TOKEN" "$RUNNING$ALLOW_JSON" "$@" 2>&1 1>&4 4>&-); } 4>&1 || return 1
    daemon_json=
    with=curl docker=$curl; swarm_services
    [ -n "$ids" ] || return 0
    case $answers in *'"Status":"unhealthy"'*) run health-checks 'Config.Healthcheck.Test of unhealthy containers: URLs' failing_checks ;; esac
    compose_files docker "$answers"
    docker_entered
    wait
}
without_own() { # takes hairpin's own container out of ids
    [ -z "$HAIRPIN_OWN" ] || ids=$(printf '%s\n' "$ids" | grep -vx "$HAIRPIN_OWN")
}
filtered() { printf '%s\n' "$2" | allow_json "$1"; }
process_here() { # process_here COMM...: sets here, the id of the process with that name in this network namespace
    processes "$@"
    here=
    for pid in $pids; do
        in_netns "$pid" && { here=$pid; return; }
    done
}
daemon_config() { # sets flags: the daemon's; daemon_json: its file, if it can be read, as the daemon sees it unless --root is given
    config=/etc/docker/daemon.json flags= daemon_json=
    [ -z "$rootless" ] || { config=$(getent passwd "$rootless"); config=${config%:*}; config=${config##*:}/.config/docker/daemon.json; }
    if [ -n "$daemon" ]; then
        daemon_flags
        body dockerd-cmdline "/proc/$daemon/cmdline" "$flags"
        case "
$flags" in *"
--config-file="*) config=${flags##*--config-file=}; config=${config%%"
"*} ;; esac
    else
        absent dockerd-cmdline '/proc/PID/cmdline' 'no dockerd is seen in this network namespace'
    fi
    real=${HAIRPIN_ROOT:-$daemon_root}$config
    if [ ! -e "$real" ]; then absent daemon-json "$config" "$config is not there"
    elif [ ! -r "$real" ]; then say daemon-json "$config" 1 refused "$config: Permission denied"
    else daemon_json=$real
    fi
}
read_daemon_json() { # unless that was done with docker's answers
    [ -z "$daemon_json" ] || run daemon-json "$config" allow_json "$DAEMON_KEYS" <"$daemon_json"
    daemon_json=
}
daemon_flags() { # sets flags
    out=$(tr '\0' '\n' <"/proc/$daemon/cmdline" 2>/dev/null); allowed_flags "$out"
}
flag() { # flag NAME=: sets values, those of the daemon's flag, one a line
    values=
    set -f; IFS=$NL
    for each in $flags; do case $each in "--$1"*) values=$values${values:+$NL}${each#"--$1"} ;; esac; done
    set +f; IFS=$USUAL_IFS
}
allowed_flags() { # allowed_flags WORDS: sets flags, from a command line's words, one a line: --flag=value; flags that are not on the list
    # stay on the host
    flags= pending= first=yes
    # shellcheck disable=SC2086
    set -- "$1" $DAEMON_KEYS
    words=$1; shift; keys=" $* "
    set -f; IFS=$NL
    for word in $words; do
        [ -z "$first" ] || { first=; continue; }
        if [ -n "$pending" ]; then
            case $word in -*) allowed "$pending" '' ;; *) allowed "$pending" "$word"; pending=; continue ;; esac
            pending=
        fi
        bare=${word#-}; bare=${bare#-}; name=${bare%%=*}
        case $word in
            -*=*) case $name in '' | *[!A-Za-z0-9-]*) ;; *) allowed "$name" "${bare#*=}"; continue ;; esac ;;
        esac
        case $word in
            -H?*) allowed H "${word#-H}" ;;
            -*) case $bare in [A-Za-z]*) pending=$bare ;; esac ;;
        esac
    done
    set +f; IFS=$USUAL_IFS
    [ -z "$pending" ] || allowed "$pending" ''
}
allowed() { # allowed FLAG VALUE: adds it to flags
    case $1 in H) set -- host "$2" ;; b) set -- bridge "$2" ;; p) set -- pidfile "$2" ;; G) set -- group "$2" ;; esac
    case $keys in *" $1 "*) flags="$flags${flags:+$NL}--$1${2:+=$2}" ;; esac
}
docker_endpoint() { # sets endpoint, named, certificates: DOCKER_HOST, else the client's context. Empty: the daemon here
    endpoint=$HAIRPIN_DOCKER_HOST named=DOCKER_HOST folder=${DOCKER_CERT_PATH:-${HAIRPIN_DOCKER_CONFIG:-$HOME/.docker}} tls=
    [ -z "${DOCKER_TLS:-}" ] || tls=--tls
    [ -z "${DOCKER_TLS_VERIFY:-}" ] || tls=--tlsverify
    [ -n "$endpoint" ] || docker_context
    case $endpoint in '' | *://*) ;; /*) endpoint=unix://$endpoint ;; *) endpoint=tcp://$endpoint ;; esac
    # Where the daemon listens anyway: to name that place is to name the daemon of this host.
    case $endpoint in unix:// | unix:///run/docker.sock | unix:///var/run/docker.sock | unix:///proc/[0-9]*/root/run/docker.sock) usual=yes ;; *) usual= ;; esac
}
docker_context() { # DOCKER_CONTEXT, else what the client's configuration calls current; under sudo also that of the user
    invoker=
    [ "$HAIRPIN_UID" != 0 ] || [ -z "${SUDO_USER:-}" ] || invoker=$(awk -F: -v user="$SUDO_USER" '$1 == user { print $6 }' /etc/passwd)/.docker
    for folder in "$HAIRPIN_DOCKER_CONFIG" "$HOME/.docker" "$invoker"; do
        name=$HAIRPIN_DOCKER_CONTEXT
        [ -n "$name" ] || { [ -f "$folder/config.json" ] && name=$(allow_json currentContext <"$folder/config.json" 2>/dev/null | sed -n 's/^{"currentContext":"\(.*\)"}$/\1/p'); }
        [ "$name" != default ] || { endpoint= named=; return; }
        [ -n "$name" ] || continue
        named="docker context $name" endpoint="context://$name"
        for meta in "$folder"/contexts/meta/*/meta.json; do
            [ -r "$meta" ] || continue
            text=$(allow_json 'Name Endpoints.docker.Host Endpoints.docker.SkipTLSVerify' <"$meta" 2>/dev/null)
            case $text in *"\"Name\":\"$name\""*) ;; *) continue ;; esac
            endpoint=$(printf '%s\n' "$text" | sed -n 's/.*"Host":"\([^"]*\)".*/\1/p')
            dir=${meta%/meta.json}; folder=$folder/contexts/tls/${dir##*/}/docker tls=
            [ ! -e "$folder/ca.pem" ] && [ ! -e "$folder/cert.pem" ] || case $text in *'"SkipTLSVerify":true'*) tls=--tls ;; *) tls=--tlsverify ;; esac
            return
        done
        [ -z "$HAIRPIN_DOCKER_CONTEXT" ] && return
    done
    [ -n "$endpoint" ] || named=
}
of_this_host() { # of_this_host ADDRESS|NAME: no name is looked up
    case $1 in localhost | 127.* | ::1 | 0.0.0.0 | :: | '' | "$(uname -n)") return ;; *[!0-9A-Fa-f:.]*) return 1 ;; esac
    [ "$HAIRPIN_IP_FORM" != none ] && $HAIRPIN_IP addr 2>/dev/null | grep -qF " $1/"
}
docker_socket() { # sets asked (and socket): where the daemon is asked; the endpoint, else that of the daemon in this namespace
    [ -z "$usual" ] || named=
    socket= why=${named:+named by $named} asked= certificates= scheme=http
    case $endpoint in
        unix://*) socket=${endpoint#unix://}; : "${socket:=/var/run/docker.sock}" ;;
        tcp://* | http://* | https://*) docker_over_tcp || return 1 ;;
        ssh://*)
            where=${endpoint#ssh://}; where=${where%%/*}; where=${where##*@}
            of_this_host "${where%:*}" || { not_asked "another machine's engine"; return 1; }
            local_socket ;;
        '' | fd://*) local_socket ;;
        *) not_asked 'no such context, or no endpoint that can be asked'; return 1 ;;
    esac
    [ -n "$asked" ] && { body docker-socket "$asked" "$asked (${why:-dockerd})"; return; }
    if [ -n "$rootless" ]; then
        why="dockerd, process $daemon"
        [ "$rootless" = "$HAIRPIN_UID" ] || { name_of "$rootless"; why="$why, of $user"; }
    fi
    case $socket in *[!A-Za-z0-9_./@:+,=-]*) why="odd characters in the path of the socket: not asked"; socket= ;; esac
    if [ -z "$socket" ]; then absent docker-socket "${endpoint:-/run/docker.sock}" "${why:-no Docker socket}"; return 1; fi
    if [ ! -e "$socket" ] && hidden "$socket"; then say docker-socket "$socket" 1 refused "$socket: Permission denied ($why)"; return 1; fi
    if [ ! -S "$socket" ]; then absent docker-socket "$socket" "$socket is not there or no socket ($why)"; return 1; fi
    if [ ! -w "$socket" ]; then say docker-socket "$socket" 1 refused "$socket: Permission denied ($why)"; return 1; fi
    # To connect would start dockerd, its containers and its rules: to read changes nothing.
    if [ -z "$daemon" ] && have systemctl; then unawaited "$socket" || return 1; fi
    asked=unix://$socket
    body docker-socket "$socket" "$asked ($why)"
    # A stopped process answers nobody: there is no need to wait for it.
    case $why in "dockerd, process"*) ! halted_process "$daemon" || { say docker-version 'docker version' 124 failed "dockerd, process $daemon, is stopped by a signal: not asked"; halted_engine; return 1; } ;; esac
}
unawaited() { # unawaited SOCKET: whether systemd does not listen there in place of dockerd. If it does, or does not say so: what is told instead
    shown=$(limit 3 systemctl show -p Listen,SubState docker.socket 2>/dev/null) || [ $? != 124 ] || {
        say docker-socket "$1" 124 failed "$1: dockerd does not run, and systemd did not say within 3 s whether it would start it at the first connection: not asked"
        return 1
    }
    case $shown in
        *"${1#/var}"*SubState=listening* | *SubState=listening*"${1#/var}"*) absent docker-socket "$1" "$1: dockerd does not run, and systemd would start it at the first connection"; return 1 ;;
    esac
}
not_asked() { absent docker-socket "$endpoint" "$endpoint: $1: not asked (named by $named)"; }
halted_engine() { # process id, tab, name: of dockerd and containerd, if a signal has stopped them
    frame engine-halted '/proc/PID/stat'
    processes dockerd dockerd-current containerd
    for pid in $pids; do
        halted_process "$pid" && read -r name <"/proc/$pid/comm" && printf '%s\t%s\n' "$pid" "$name"
    done 2>/dev/null
    endframe 0 text ''
}
halted_process() { # halted_process PID
    read -r line 2>/dev/null <"/proc/$1/stat" && case ${line##*) } in [Tt]\ *) ;; *) return 1 ;; esac
}
docker_over_tcp() { # only of this host, over lo: no packet leaves
    where=${endpoint#*://}; where=${where%%/*}
    case $where in
        \[*) address=${where%%]*}; address=${address#[}; port=${where##*]}; port=${port#:} ;;
        *:*) address=${where%:*} port=${where##*:} ;;
        *) address=$where port= ;;
    esac
    case $where in *[!A-Za-z0-9_.:[]-]*) not_asked 'odd characters in its address'; return 1 ;; esac
    of_this_host "$address" || { not_asked "another machine's engine"; return 1; }
    [ -z "$tls" ] || scheme=https
    case $endpoint in https://*) scheme=https ;; esac
    if [ -z "$port" ]; then port=2375; [ "$scheme" = http ] || port=2376; fi
    case $address in '' | 0.0.0.0) address=localhost ;; *:*) address="[$address]" ;; esac
    asked=tcp://$address:$port
    [ "$scheme" = https ] || return 0
    case $folder in *[!A-Za-z0-9_./@+,=-]*) not_asked 'odd characters in the path of its certificates'; return 1 ;; esac
    if have docker; then
        certificates=${tls:---tls}
        for part in ca cert key; do [ ! -r "$folder/$part.pem" ] || certificates="$certificates --tls$part $folder/$part.pem"; done
    else
        [ "$tls" = --tlsverify ] || certificates=-k
        for part in ca cert key; do
            [ ! -r "$folder/$part.pem" ] || case $part in ca) certificates="$certificates --cacert $folder/$part.pem" ;; *) certificates="$certificates --$part $folder/$part.pem" ;; esac
        done
    fi
}
local_socket() { # sets socket, why: the daemon in this namespace, else the usual place
    flag host=unix://
    if [ -n "$rootless" ]; then values="$values /run/user/$rootless/docker.sock"; else values="$values /run/docker.sock /var/run/docker.sock"; fi
    for path in $values; do
        [ -S "$daemon_root$path" ] && { socket=$daemon_root$path; why="dockerd, process ${daemon:-unknown}"; break; }
    done
    if [ -z "$socket" ]; then
        for path in ${XDG_RUNTIME_DIR:+"$XDG_RUNTIME_DIR/docker.sock"} "/run/user/$HAIRPIN_UID/docker.sock"; do
            [ -S "$path" ] && { socket=$path; why='rootless dockerd'; break; }
        done
    elif [ -z "$daemon" ] && elsewhere; then
        why="$socket belongs to a dockerd in another network namespace: not asked"; socket=
    fi
}
elsewhere() { # does a daemon share our mounts and live in another network namespace? Then it is not this host's engine
    processes dockerd
    for other in $pids; do
        other=/proc/$other
        [ "$other/ns/mnt" -ef /proc/self/ns/mnt ] && [ -e "$other/ns/net" ] && ! [ "$other/ns/net" -ef /proc/self/ns/net ] && return
    done
    return 1
}
docker_boot() { # what starts the daemon at boot, its flags there, and why it did not start: only if it does not run here
    [ -z "$daemon" ] || return
    ours || return
    frame dockerd-boot '/etc/systemd/system/*.wants, /etc/rc?.d, /etc/runlevels'
    root=${HAIRPIN_ROOT:-$daemon_root}
    set --
    for f in "$root"/lib/systemd/system/docker.service "$root"/usr/lib/systemd/system/docker.service \
        "$root"/etc/systemd/system/docker.service "$root"/etc/systemd/system/docker.service.d/*.conf; do
        [ -r "$f" ] && set -- "$@" "$f"
    done
    # a removed package leaves its init script and links until it is purged: without a program and a unit they start nothing
    ( cd "$root/" && { [ $# != 0 ] || has_dockerd; } && for path in etc/systemd/system/*.wants/docker.service \
        etc/systemd/system/*.wants/docker.socket etc/rc[2345].d/S*docker etc/runlevels/*/docker etc/init.d/docker snap/docker/current; do
        [ ! -e "$path" ] && [ ! -L "$path" ] || echo "/$path"
    done )
    endframe 0 text ''
    if [ $# != 0 ]; then    # the last ExecStart= counts; no variable is expanded
        line=$(cat "$@" | sed -n 's/^ExecStart=//p' | sed -n '$p')
        # shellcheck disable=SC2086
        set -f
        # shellcheck disable=SC2086
        line=$(printf '%s\n' $line)
        set +f
        allowed_flags "$line"
        body dockerd-unit 'docker.service: ExecStart=' "$flags"; flags=
    fi
    [ $# != 0 ] || [ -e "$root/etc/init.d/docker" ] || return    # nothing here would have started it
    frame dockerd-log 'journalctl -u docker.service, /var/log/docker.log (why it did not start)'
    { if [ -z "$root" ] && [ -d /run/systemd/system ] && have journalctl; then last_docker_start
      else f=$(cd "$root/" && ls -t var/log/docker.log var/log/dockerd.log run/dockerd.log | head -n 1)  # the last one that was written
          [ ! -r "$root/$f" ] || [ -z "$f" ] || tail -n 200 "$root/$f"
      fi } 2>/dev/null | since_last_start |
        grep -E 'failed to start daemon|unable to configure the|[Ff]ailed to load listeners|error initializing|Error starting daemon|invalid character|cannot unmarshal|unknown flag' |
        grep -ivE 'password|secret|token|://[^ ]*@' | tail -n 3
    endframe 0 text ''
}
has_dockerd() { # is there a program that a link could start?
    for f in usr/bin usr/sbin usr/local/bin usr/local/sbin opt/bin bin sbin; do [ -x "$f/dockerd" ] && return; done
    [ -e snap/docker/current ] || { [ -z "$root" ] && have dockerd; }
}
ours() { # do the mounts belong to the host that is examined? Not if only the network namespace is another one than that of process 1
    [ -n "$daemon$daemon_root" ] || [ "/proc/1/ns/net" -ef /proc/self/ns/net ] || ! [ "/proc/1/ns/mnt" -ef /proc/self/ns/mnt ] || return 1
    [ -n "$daemon$daemon_root" ] || ! elsewhere
}
last_docker_start() { # the journal of dockerd's last start: what an earlier one ended with is no reason for its state now
    line=$(systemctl show -p InvocationID docker.service)
    start=${line#InvocationID=}
    if [ -n "$start" ]; then
        limit 3 journalctl -q -n 200 --no-pager -o cat "_SYSTEMD_INVOCATION_ID=$start" + "INVOCATION_ID=$start"
    elif [ -z "$line" ]; then  # systemd before 232
        limit 3 journalctl -q -b -u docker.service -n 200 --no-pager -o cat
    fi                         # otherwise it was not started since this boot
}
since_last_start() { # the lines behind the last one with which a start began or was done
    awk '/Starting up|Daemon has completed initialization/ { count = 0; next } { lines[++count] = $0 }
        END { for (i = 1; i <= count; i++) print lines[i] }'
}
docker_stored() { # what the engine has written down about its containers and networks: it does not answer
    ours || return
    flag data-root=; data=${values##*"$NL"}
    [ -n "$data" ] || data=$(allow_json data-root 2>/dev/null <"${HAIRPIN_ROOT:-$daemon_root}$config" | sed -n 's/^{"data-root":"\(.*\)"}$/\1/p')
    for data in ${data:-/var/lib/docker /var/snap/docker/common/var-lib-docker}; do
        [ -e "$daemon_root$data" ] && break
    done
    base=$daemon_root$data
    [ -e "$base" ] || { absent docker-stored-containers "$data/containers" "$data is not there"; return; }
    if ! [ -x "$base" ] || [ -e "$base/containers" ] && ! [ -r "$base/containers" ]; then
        say docker-stored-containers "$data/containers" 1 refused "$data: Permission denied"; return
    fi
    set --
    for dir in "$base"/containers "$base"/[0-9]*.[0-9]*/containers; do [ ! -d "$dir" ] || set -- "$@" "$dir"/*; done
    [ $# != 0 ] || { absent docker-stored-containers "$data/containers" "$data has no folder of containers: no dockerd has run with it"; return; }
    folders=$#
    for dir in "$@"; do
        [ -f "$dir/config.v2.json" ] && [ -f "$dir/hostconfig.json" ] && set -- "$@" "$dir/config.v2.json" "$dir/hostconfig.json"
    done
    shift "$folders"
    frame docker-stored-containers "$data/containers/*/config.v2.json, hostconfig.json"
    out=
    st=0
    if [ $# != 0 ]; then capture filtered_files "$@"; out=$(printf '%s\n' "$out" | stored_containers); fi
    [ -z "$out" ] || printf '%s\n' "$out"
    [ -z "$out" ] && told=- || told=text
    endframe "$st" "$told" "$data/containers: a file is not valid JSON"
    found=$(running_containers "$out")
    container_namespaces stored
    overlay_namespaces # a dockerd that was killed leaves them behind
    for db in "$base"/network/files/local-kv.db "$base"/[0-9]*.[0-9]*/network/files/local-kv.db; do
        [ -r "$db" ] && run docker-stored-networks "${db#"$daemon_root"}" stored_networks "$db"
    done
    wait
}
filtered_files() { cat "$@" | allow_json "$STORED_PATHS"; }
stored_containers() { # a container a line, in the form of docker inspect, the newest first
    grep -v '^$' | awk '
    NR % 2 { config = $0; next }
    {
        sub(/"ID":"/, "\"Id\":\"", config); sub(/}$/, "", config)
        created = config; if (!sub(/.*"Created":"/, "", created)) created = ""; sub(/".*/, "", created)
        print created "\t" config ",\"HostConfig\":" $0 "}"
    }' | sort -r | cut -f2-
}
stored_networks() { # libnetwork's records in its database, which keeps JSON; older copies of a record may be among them
    tr '\000-\037\177' '\n' <"$1" | sed 's,docker/network/v1\.0/,\
&,g' | sed -n 's/.*\({"addrSpace".*}\)[^}]*$/\1/p' | sort -u | while IFS= read -r line; do
        printf '%s\n' "$line" | allow_json "$STORED_NETWORK_PATHS" 2>/dev/null | grep -v '^$'
    done | sort -u
}
docker_rest() { # the version is the ping: without its answer the rest is not asked
    if [ "$with" = cli ]; then
        run docker-version 'docker version --format {{json .}}' json "$VERSION_PATHS" limit $patience $docker version --format '{{json .}}' || { halted_engine; return; }
        run docker-info 'docker info --format {{json .}}' json "$INFO_PATHS" limit 8 $docker info --format '{{json .}}'
    else
        run docker-version 'GET /version' json "$VERSION_PATHS" $docker $url/version || { halted_engine; return; }
        run docker-info 'GET /info' json "$INFO_PATHS" $docker --max-time 8 $url/info
    fi
    swarm_services
}
swarm_services() { # where the node is a manager: the services, and why those without a task that runs have none. Leaves found alone.
    [ -e /sys/class/net/docker_gwbridge ] || return 0 # the bridge of a swarm's nodes
    if [ "$with" = cli ]; then
        capture limit $patience $docker service ls -q; origin='docker service ls -q' services=$(echo $out)
        [ -z "$services" ] || { origin="docker service inspect --format {{json .}} $services"; capture json "$SERVICE_PATHS" limit 8 $docker service inspect --format '{{json .}}' $services; }
    else
        # A worker's refusal is told by its words alone.
        origin='GET /services?status=true' line=$($docker --no-fail --max-time 3 "$url/services?status=true" 2>&1)
        case $line in \[*) capture filtered "$SERVICE_PATHS" "$line" ;; *) out= st=22 err=$line ;; esac
    fi
    case $st$err in 0*) ;; *'not a swarm manager'*) return 0 ;; esac
    captured swarm-services "$origin"
    [ "$st" = 0 ] || return 0
    if [ "$with" = cli ]; then
        [ -z "$services" ] || services=$(limit $patience $docker service ps -q --no-trunc $services 2>/dev/null)
        [ -z "$services" ] || run swarm-tasks 'docker inspect --type task --format {{json .}} TASKS' json "$TASK_PATHS" limit 8 $docker inspect --type task --format '{{json .}}' $services
        return
    fi
    services=$(printf '%s\n' "$out" | sed -n '/"RunningTasks":0,"DesiredTasks":[1-9]/s/^{"ID":"\([a-z0-9]*\)".*/%22\1%22%3Atrue/p' | head -n 20)
    [ -z "$services" ] || run swarm-tasks 'GET /tasks?filters={"service":IDS}' json "$TASK_PATHS" $docker --max-time 3 "$url/tasks?filters=%7B%22service%22%3A%7B$(echo $services | sed 's/ /%2C/g')%7D%7D"
}
relays() { # sets relaying: the command lines of the programs that relay published ports from this network namespace and those of users' dockerds
    relaying=
    rootless_dockerds
    processes docker-proxy rootlessport rootlesskit slirp4netns pasta pasta.avx2
    for pid in $pids; do
        ! in_netns "$pid" || { relaying="$relaying /proc/$pid/cmdline"; continue; }
        for each in $dockerds; do
            ! [ "/proc/$pid/ns/net" -ef "/proc/${each%-*}/ns/net" ] || relaying="$relaying /proc/$pid/cmdline"
        done
    done
}
fields() { # fields PARENT NAME...: template members; by index, since old daemons lack some of the keys
    parent=$1; shift; comma=
    for name; do printf '%s"%s":{{json (index %s "%s")}}' "$comma" "$name" "$parent" "$name"; comma=,; done
}
docker_networks() {
    if [ "$with" = cli ]; then
        capture limit $patience $docker network ls -q --no-trunc; ids=$out
        template="{\"Id\":{{json .Id}},$(fields . Name Created Driver Scope Internal Ingress ConfigOnly EnableIPv4 EnableIPv6 IPAM Options Containers),\"Labels\":{{with index . \"Labels\"}}{$(fields . com.docker.compose.project)}{{else}}{}{{end}}}"
        set -- limit 8 $docker network inspect --format "$template" $ids
        origin="docker network inspect --format TEMPLATE $(echo $ids)"
    else
        capture $docker $url/networks
        ids=$(printf '%s\n' "$out" | grep -oE '"Id": *"[0-9a-z]{25,64}"' | grep -oE '[0-9a-z]{25,64}')
        set -- $docker --max-time 8 $(for id in $ids; do echo "$url/networks/$id"; done)
        origin="GET /networks/{$(echo $ids | tr ' ' ',')}"
    fi
    if [ "$st" != 0 ]; then say docker-networks "$origin" "$st" - "$err"
    elif [ -z "$ids" ]; then body docker-networks "$origin" ''
    else run docker-networks "$origin" json "$NETWORK_PATHS" "$@"
    fi
}
docker_containers() {
    if [ "$with" = cli ]; then
        capture limit $patience $docker ps -aq --no-trunc; ids=$out; without_own
        template="{\"Id\":{{json .Id}},$(fields . Name Created RestartCount),\"State\":{$(fields .State Status Running Paused \
            Restarting Dead OOMKilled Pid ExitCode Error StartedAt FinishedAt),\"Health\":{{with index .State \"Health\"}}{$(fields . \
            Status)}{{else}}null{{end}}},\"Config\":{$(fields .Config Image \
            ExposedPorts Hostname NetworkDisabled),\"Labels\":{{with index .Config \"Labels\"}}{$(fields . \
            com.docker.compose.service com.docker.compose.project com.docker.compose.depends_on com.docker.compose.project.config_files \
            com.docker.compose.project.working_dir com.docker.compose.oneoff com.docker.swarm.service.name)}{{else}}{}{{end}}},\"HostConfig\":{$(fields .HostConfig NetworkMode PortBindings PublishAllPorts \
            RestartPolicy Dns DnsOptions DnsSearch ExtraHosts Links Sysctls)},\"NetworkSettings\":{$(fields \
            .NetworkSettings Ports SandboxID SandboxKey HairpinMode Networks)}}"
        set -- limit 8 $docker inspect --type container --format "$template" $ids
        origin="docker inspect --type container --format TEMPLATE $(echo $ids)"
    else
        capture $docker "$url/containers/json?all=1"
        ids=$(printf '%s\n' "$out" | grep -oE '"Id": *"[0-9a-f]{64}"' | grep -oE '[0-9a-f]{64}'); without_own
        set -- $docker --max-time 8 $(for id in $ids; do echo "$url/containers/$id/json"; done)
        origin="GET /containers/{$(echo $ids | tr ' ' ',')}/json"
    fi
    if [ "$st" != 0 ]; then say docker-containers "$origin" "$st" - "$err"; return 1; fi
    if [ -z "$ids" ]; then body docker-containers "$origin" ''; return; fi
    capture json "$CONTAINER_PATHS" "$@"
    # If a container was removed between the two commands, the answers about the others are kept.
    frame docker-containers "$origin"
    if [ -n "$out" ]; then printf '%s\n' "$out"; endframe "$st" text ''; else endframe "$st" - "$err"; return 1; fi
    found=$(running_containers "$out")
    case $out in *'"unhealthy"'*)
        [ "$with" = cli ] || answers=$("$@" 2>/dev/null)
        run health-checks 'Config.Healthcheck.Test of unhealthy containers: URLs' failing_checks ;;
    esac
    compose_files docker "$out"
    docker_entered
}
failing_checks() { # failing_checks [PODMAN]: container id, tab, URL: those in the commands of failing health checks. Nothing else of a command
    # leaves the host: a word of it may be a password, and so may the part of a URL before @, or after its path begins
    case ${1:-$with} in
        curl) printf '%s\n' "$answers" | sed -n 's/^{"Id": *"\([0-9a-f]*\)".*"Status": *"unhealthy".*"Healthcheck": *{ *"Test": *\[\([^]]*\)\].*/\1 \2 /p' ;;
        *)  line='{{if and .State.Health .Config.Healthcheck}}{{if eq .State.Health.Status "unhealthy"}}{{.Id}} {{range .Config.Healthcheck.Test}}{{.}} {{end}}{{end}}{{end}}'
            limit 8 ${1:-$docker} inspect --type container --format "$line" $ids ;;
    esac 2>/dev/null | awk '
    {
        for (line = $0; match(line, "https?://[][A-Za-z0-9@:._~%!$&*+,;=-]+"); line = substr(line, RSTART + RLENGTH)) {
            asked = substr(line, RSTART, RLENGTH)
            if (asked ~ /@/) { scheme = asked; sub("//.*", "//", scheme); sub(".*@", "", asked); asked = scheme asked }
            sub("[.,;:]+$", "", asked)
            print $1 "\t" asked
        }
    }'
}
docker_entered() { # the readings of the namespaces of the containers in $found
    view=unseen
    [ -n "$daemon" ] && [ "/proc/$daemon/ns/pid" -ef /proc/self/ns/pid ] && view=seen
    container_namespaces $view
    [ -z "$daemon" ] || [ -n "$rootless" ] || overlay_namespaces
    return 0
}
overlay_namespaces() { # dockerd's for swarm: of each overlay network (1-ID), its load balancer (lb_ID), the published ports
    have nsenter || return
    flag exec-root=
    for file in "$daemon_root${values:-/var/run/docker}"/netns/*; do
        case ${file##*/} in 1-*[!A-Za-z0-9-]* | lb_*[!A-Za-z0-9_]*) continue ;; 1-* | lb_* | ingress_sbox) ;; *) continue ;; esac
        NETNS=netns:${file##*/}; export NETNS
        entered "51-${file##*/}" "$file"
    done
    NETNS=
}

container_namespaces() { # container_namespaces seen|unseen|stored: reads each network namespace of the containers in $found once
    list= pids= ids= paths= asked_ids=' '
    # The answer has the newest container first. It is reversed, so that a shared namespace has the name of the container
    # that made it.
    set -f; IFS=$NL
    for line in $found; do
        case $line in *' '*' '[0-9]*' '[01]) ;; *) continue ;; esac
        asked=${line##* }; line=${line% *}; id=${line%% *}; pid=${line##* }
        list="$line$NL$list"; pids="$pids /proc/$pid/cgroup"; paths="$paths /proc/$pid/ns/net"; ids="$ids$NL$id"
        [ "$asked" = 0 ] || asked_ids="$asked_ids$id "
    done
    set +f; IFS=$USUAL_IFS
    [ -n "$list" ] || return
    # Process ids are those of the daemon's PID namespace, which may be another one. The process's control group names the
    # container: if that of each does, nothing else need be looked for.
    # shellcheck disable=SC2086
    text=$({ printf '%s' "$list"; grep -sHm1 -F "${ids#"$NL"}" $pids /dev/null; network_inodes $paths; } | with_inode)
    # shellcheck disable=SC2086
    case $text in *\?*) sure_processes "$1"; text=$({ echo "$sure"; network_inodes $paths; } | with_inode sure) ;; esac
    body namespaces '/proc/PID/ns/net' "$text"
    resolvers
    pinned_names
    [ -n "$HAIRPIN_APART" ] || case $list in *"$NL"*"$NL"*) usual_sysctls ;; esac
    seen= left= asked_inodes=' '
    set -f; IFS=$NL
    for line in $text; do
        place "$line"
        case $asked_ids in *" $id "*) asked_inodes="$asked_inodes$inode " ;; esac
    done
    for line in $text; do
        IFS=$USUAL_IFS
        place "$line"
        case $name in container:*) name=${name#container:} ;; *) seen=" $inode "; continue ;; esac
        case $seen in *" $inode "*) [ "$inode" = - ] || continue ;; esac
        seen="$seen$inode "; READ_INODES="${READ_INODES-} $inode"
        case $inode$asked_inodes in -* | *" $inode "*) ;; *) left=$left$name$NL; continue ;; esac
        NETNS=container:$name; export NETNS
        # Ended already, or entered now: changed_meanwhile looks whether it lived all the time.
        if [ -n "$HAIRPIN_TMP" ] && { [ "$inode" != - ] || [ ! -e "/proc/$pid" ]; } && [ "$pid" != 0 ]; then
            printf '%s\t%s\n' "$name" "/proc/$pid/ns/net" >>"$HAIRPIN_TMP/.entered"
        fi
        if [ "$inode" = - ] && [ "$pid" != 0 ] && [ ! -e "/proc/$pid" ]; then absent ip-addr "/proc/$pid/ns/net" "process $pid of container $name has ended"
        elif [ "$inode" != - ] && [ "$HAIRPIN_UID" != 0 ] && ! [ -r "/proc/$pid/ns/net" ]; then job "50-$name" seen_from_outside "$pid"
        elif [ "$inode" = - ]; then say ip-addr "/proc/$pid/ns/net" 1 refused "the network namespace of container $name cannot be entered: permission denied or its process is not visible here"
        elif [ -z "$HAIRPIN_APART" ] && ! have nsenter; then job "50-$name" without_nsenter "$pid"
        else entered "50-$name" "/proc/$pid/ns/net"
        fi
    done
    set +f; IFS=$USUAL_IFS
    NETNS=
    [ -z "$left" ] || body namespaces-left '/proc/PID/ns/net' "${left%"$NL"}"
}
network_inodes() { # network_inodes /proc/PID/ns/net...: lines as of ls -l, of this shell, too. Without the right to trace a process its link
    # cannot be read, but each namespace has a file net/dev of its own; of all processes then the number of that file counts.
    if [ "$HAIRPIN_UID" = 0 ]; then ls -l /proc/self/ns/net "$@"
    else
        set -- /proc/self/net/dev $(for path; do echo "${path%/ns/net}/net/dev"; done)
        ls -i "$@" | awk '{ path = $2; sub(/net\/dev$/, "ns/net", path); print "-", path, "-> net:[" $1 "]" }'
    fi
} 2>/dev/null
place() { # place LINE: sets name, inode, pid, id: the fields of a line of the reading namespaces
    name=${1%%"$TAB"*}; id=${1#*"$TAB"}
    inode=${id%%"$TAB"*}; id=${id#*"$TAB"}
    pid=${id%%"$TAB"*}; id=${id#*"$TAB"}
}
running_containers() { # running_containers TEXT: for each line of it what `running` tells
    printf '%s\n' "$1" | awk "$RUNNING"' { line = running($0); if (line != "") print line }'
}
sure_processes() { # sure_processes seen|unseen|stored: sets sure, lines "id name pid", and paths, where a control group names no
    # container (rootless without cgroups): the id counts only if the daemon is seen in our PID namespace.
    # shellcheck disable=SC2086
    sure=$({ printf '%s' "$list"; grep -sHm1 -F "${ids#"$NL"}" $pids /dev/null; } | with_group)
    case $sure in *\?*)
        sure=$({ printf '%s' "$list"; grep -sHm1 -F "${ids#"$NL"}" /proc/[0-9]*/cgroup; } | with_group)
        case $1 in stored) sure=$(echo "$sure" | grep -v '[?]') ;; seen) sure=$(echo "$sure" | tr -d '?') ;; *) sure=$(echo "$sure" | sed 's/[?].*/0/') ;; esac
    esac
    paths=$(echo "$sure" | sed -n '/ 0$/!s,.* \(.*\),/proc/\1/ns/net,p')
}
files_inside() { # files_inside NAME: sets found, the paths of /etc/NAME in the containers of text, one a line; none by a link,
    # which could lead out of the container
    found=/dev/null
    set -f; IFS=$NL
    for line in $text; do
        place "$line"; file=/proc/$pid/root/etc/$1
        [ -f "$file" ] && [ ! -L "$file" ] && [ ! -L "/proc/$pid/root/etc" ] && [ -r "$file" ] && found=$found$NL$file
    done
    set +f; IFS=$USUAL_IFS
}
pinned_names() { # the reading container id, tab, address, tab, name: of the entries in each container's own hosts(5), without the usual
    # ones of the loopback and of IPv6; a file of more than 500 lines is a list against advertisements, and left
    files_inside hosts
    # shellcheck disable=SC2086
    run container-hosts '/proc/PID/root/etc/hosts' awk -v text="$text" '
    BEGIN { n = split(text, line, "\n"); for (i = 1; i <= n; i++) { split(line[i], part, "\t"); id[part[3]] = part[4] } }
    FNR == 1 { split(FILENAME, part, "/"); own = id[part[3]]; order[++files] = own; lines[own] = "" }
    FNR > 500 { over[own]; next }
    { sub(/#.*/, "") }
    $1 !~ /^[0-9a-fA-F.:]+$/ || $1 ~ /^(ff|fe00)/ { next }
    {
        for (i = 2; i <= NF; i++)
            if ($i ~ /^[A-Za-z0-9_.-]+$/ && $i !~ /^(localhost|ip6-)/) lines[own] = lines[own] own "\t" $1 "\t" $i "\n"
    }
    END { for (i = 1; i <= files; i++) if (!(order[i] in over)) printf "%s\n%s", order[i], lines[order[i]] }
    ' $found
}
resolvers() { # the reading container id, tab, address: of the name servers in each container's own resolv.conf; container id, tab,
    # servers, tab, addresses: to which Docker's resolver forwards, from dockerd's comment; container id, tab, changed, tab, time: of the
    # host's file, for a resolver whose file has no such comment; then container id, tab, copy, tab, time: of the file that the engine
    # has written, without the engine's own server in it
    files_inside resolv.conf
    # shellcheck disable=SC2086
    run container-resolvers '/proc/PID/root/etc/resolv.conf' awk -v text="$text" '
    BEGIN { n = split(text, line, "\n"); for (i = 1; i <= n; i++) { split(line[i], part, "\t"); id[part[3]] = part[4] } }
    FNR == 1 { split(FILENAME, part, "/"); own = id[part[3]]; print own; files[FILENAME] = part[3] }
    $1 == "nameserver" && $2 ~ /^[0-9a-fA-F.:]+$/ { print own "\t" $2 }
    $1 == "nameserver" && $2 == "127.0.0.11" { delete files[FILENAME]; without[own] }
    /^# ExtServers: \[/ { sub(/^[^[]*\[/, ""); sub(/\].*/, ""); print own "\tservers\t" $0; with[own] }
    END {
        for (own in with) delete without[own]
        for (own in without) {
            if (changed == "") "stat -L -c %Y /etc/resolv.conf" | getline changed
            if (changed != "") print own "\tchanged\t" changed
        }
        for (file in files) {
            mounts = "/proc/" files[file] "/mountinfo"
            while ((getline mount < mounts) > 0) {
                split(mount, part, " ")
                if (part[5] == "/etc/resolv.conf" && index(part[4], id[files[file]])) { copies = copies " " file; break }
            }
            close(mounts)
        }
        asked = "stat -c \"%Y %n\"" copies
        while (copies != "" && (asked | getline time) > 0) {
            split(time, part, /[ \/]/)
            print id[part[4]] "\tcopy\t" part[1]
        }
    }
    ' $found
}
with_group() { # lines "id name pid" and then "/proc/PID/cgroup:…": the same lines with the process that is in the group of
    # that id; ?pid where none is
    awk '
    !/^\/proc\// { n++; id[n] = $1; name[n] = $2; pid[n] = $3; next }
    {
        split($0, part, "/"); m = split($0, word, /[^0-9a-f]+/)
        for (i = 1; i <= m; i++) if (length(word[i]) == 64) {
            has[part[3] " " word[i]]; if (!(word[i] in first)) first[word[i]] = part[3]
        }
    }
    END {
        for (i = 1; i <= n; i++)
            print id[i], name[i], (pid[i] " " id[i] in has) ? pid[i] : (id[i] in first) ? first[id[i]] : "?" pid[i]
    }'
}
with_inode() { # lines "id name pid", "/proc/PID/cgroup:…" and then those of ls -l: netns, inode, pid, id. Without the word sure, just ?
    # if the group of a process does not name its container. In place of the shell.
    exec awk -v OFS="$TAB" -v sure="${1-}" '
    /^\/proc\/[0-9]+\/cgroup:/ {
        split($0, part, "/"); m = split($0, word, /[^0-9a-f]+/)
        for (i = 1; i <= m; i++) if (length(word[i]) == 64) has[part[3] " " word[i]]
        next
    }
    !/ -> net:\[/ && NF == 3 { n++; id[n] = $1; name[n] = $2; pid[n] = $3; next }
    / -> net:\[/ { inode = $NF; gsub(/[^0-9]/, "", inode); split($(NF - 2), part, "/"); of[part[3]] = inode }
    END {
        for (i = 1; i <= n && sure == ""; i++) if (!((pid[i] " " id[i]) in has)) { print "?"; exit }
        print "host", "self" in of ? of["self"] : "-", "-", "-"
        for (i = 1; i <= n; i++) print "container:" name[i], pid[i] in of ? of[pid[i]] : "-", pid[i], id[i]
    }'
}
entered() { # entered FILE NAMESPACE: a job inside the network namespace, within the time limit of the engine's job
    if [ -n "$HAIRPIN_APART" ]; then
        if [ -n "$HAIRPIN_TMP" ]; then apart "$2" >"$HAIRPIN_TMP/$1"; else apart "$2"; fi
        return
    fi
    if [ -z "$HAIRPIN_TMP" ]; then ( inside_namespace "$2" ) 2>/dev/null; return; fi
    if [ "${running:=0}" -ge 24 ]; then     # one is begun when the oldest has ended: none waits for the slowest of many
        wait "${inside%% *}"; inside=${inside#* }; running=$((running - 1))
    fi
    inside_namespace "$2" >"$HAIRPIN_TMP/$1" 2>/dev/null &
    inside="${inside-}$! "; running=$((running + 1))
}
apart() { # apart NAMESPACE: it is read by whoever started this script; the text is the name of its process
    comm=; case $1 in */ns/net) read -r comm 2>/dev/null <"${1%/ns/net}/comm" ;; esac
    body apart "$1" "$comm"
}
apart_facts() { # what whoever reads namespaces need not find out: what asking loads no module, the files, the names of programs
    of_kernel=
    ! loaded nf_tables || of_kernel="$of_kernel nf_tables"
    ! loaded inet_diag tcp_diag udp_diag || of_kernel="$of_kernel diag"
    [ "$HAIRPIN_XFRM" != yes ] || of_kernel="$of_kernel xfrm"
    body apart-facts /proc/sys/net "loaded$of_kernel
keys4 $HAIRPIN_KEYS4
keys6 $HAIRPIN_KEYS6
unused6 $HAIRPIN_KEYS_UNUSED6
further $HAIRPIN_KEYS_FURTHER
paths $HAIRPIN_SYSCTLS
nft4 $HAIRPIN_SAVE_NFT4
nft6 $HAIRPIN_SAVE_NFT6
legacy4 $HAIRPIN_SAVE_LEGACY4
legacy6 $HAIRPIN_SAVE_LEGACY6"
}
insides() { # of the namespaces that --enter names
    case $HAIRPIN_ENTER in *"$NL"*"$NL"*) usual_sysctls ;; esac
    while IFS=$TAB read -r NETNS path HAIRPIN_PARTS; do
        export NETNS HAIRPIN_PARTS
        if have nsenter; then entered "50-${NETNS#*:}" "$path"
        else path=${path%/ns/net}; without_nsenter "${path#/proc/}"
        fi
    done <<EOT
$HAIRPIN_ENTER
EOT
    wait
}
inside_namespace() { # inside_namespace NAMESPACE: in place of the shell. The text is no burden to the programs that the one there starts
    export HAIRPIN_NETNS_LIB
    of_user= # without root, the namespaces of the user's own containers are entered by their user namespace, which is the user's
    [ "$HAIRPIN_UID" = 0 ] || case $1 in */ns/net) of_user="--user=${1%net}user --preserve-credentials" ;; esac
    exec nsenter $of_user "--net=$1" sh -c 'eval "$HAIRPIN_NETNS_LIB"; unset HAIRPIN_NETNS_LIB; namespace'
}
without_nsenter() {
    unshown ip-addr "nsenter --net=/proc/$1/ns/net ip addr" 'nsenter is not installed'
    sockets_of_process "$1"
}
seen_from_outside() { # what everybody may read of the network namespace of a process
    say ip-addr "/proc/$1/ns/net" 1 refused "the network namespace of container ${NETNS#container:} cannot be entered: permission denied"
    sockets_of_process "$1"
}
sockets_of_process() {
    for table in tcp tcp6 udp udp6; do run "proc-net-$table" "/proc/$1/net/$table" cat "/proc/$1/net/$table"; done
}

podman_and_pods() {
    READ_INODES= ASKED_USERS=' '
    podman_all
    other_namespaces
    local_guests
    guest_networks
    idle_users          # last: a home may be on a server that does not answer
}
other_namespaces() { # those that no engine lists: with a name in /run/netns, as of pods of containerd or cri-o (the engine is not asked, as in
    # k3s) and of `ip netns`; those that a process alone holds, as the guests of LXC and nspawn; and those with the networks of rootless Podman
    ids= held=
    ! have lsns || netns_ids
    have nsenter || return
    list= seen="$READ_INODES $(stat -L -c %i /proc/self/ns/net 2>/dev/null) "         # of containers of Podman, and the host's own
    set -f; IFS=$NL
    for line in $(set +f; stat -L -c '%i %n' /run/docker/netns/* /run/netns/* 2>/dev/null); do
        name=${line##*/} inode=${line%% *}
        case $line in */docker/netns/*) seen="$seen$inode "; continue ;; esac   # read as containers', and those of swarm
        # Names as dockerd gives them: a link to its folder makes `ip netns` list its namespaces.
        case $name in *[!A-Za-z0-9_.-]* | [0-9]-* | [0-9][0-9]-* | lb_* | ingress_sbox | default) continue ;; esac
        case " $seen " in *" $inode "*) continue ;; esac
        seen="$seen$inode "
        list="$list${list:+$NL}netns:$name$TAB$inode$TAB-$TAB-"
    done
    for line in $ids; do    # inode, id, process: the kernel gives it an id if a link leads there from here
        inode=${line%% *}
        case $line in *[!0-9]*\ unassigned\ *[!0-9]*) continue ;; *\ unassigned\ *) ;; *[!0-9\ ]*) continue ;; esac
        case " $seen " in *" $inode "*) continue ;; esac
        case $line in *\ unassigned\ *) IFS=$USUAL_IFS; of_unit "${line##* }"; st=$?; IFS=$NL; [ "$st" = 0 ] || continue ;; esac
        seen="$seen$inode "
        list="$list${list:+$NL}netns:pid-${line##* }$TAB$inode$TAB${line##* }$TAB-"
        { while IFS= read -r group; do
            case $group in *lxc.payload*|*/lxc/*|*machine-*.scope*|*systemd-nspawn@*) held="$held${held:+$NL}${line##* }$TAB$group" ;; esac
        done <"/proc/${line##* }/cgroup"; } 2>/dev/null
    done
    set +f; IFS=$USUAL_IFS
    [ -z "$held" ] || body guests '/proc/*/cgroup' "$held"
    if [ "$HAIRPIN_UID" != 0 ] && [ -n "$list" ]; then
        say namespaces '/run/netns, lsns' 1 refused "the namespaces in /run/netns and of other processes cannot be entered: permission denied"
        list=
    fi
    rootless_namespaces
    [ -n "$list" ] || return
    body namespaces '/run/netns, lsns' "$list"
    while IFS=$TAB read -r NETNS inode pid _; do
        export NETNS
        path=/run/netns/${NETNS#netns:}
        [ "$pid" = - ] || path=/proc/$pid/ns/net
        case $NETNS in netns:rootless-*) rootless_path "${NETNS#netns:rootless-}" ;; esac
        entered "52-${NETNS#netns:}" "$path"
    done <<EOT
$list
EOT
    wait
    NETNS=
}
of_unit() { # of_unit PID: whether a unit of the system began the process, and its namespace has a socket, a link or systemd's proxy
    of=; while IFS= read -r group; do
        case $group in *lxc* | *libpod* | *docker-* | *kubepods* | */payload/*) return 1 ;; *:/system.slice/*.service | *:/system.slice/*.service/*) of=yes ;; esac
    done <"/proc/$1/cgroup"
    [ -n "$of" ] && read -r of <"/proc/$1/comm" || return 1
    case $of in systemd-socket-*) return 0 ;; esac
    without_sockets "$1" || return 0
    lines=0; while read -r _; do lines=$((lines + 1)); done <"/proc/$1/net/dev"
    [ "$lines" -gt 3 ]      # two of a heading, and lo
} 2>/dev/null
local_guests() { # who is behind the bridges of libvirt, LXC, Incus, NetworkManager, networkd and nspawn: the leases of their name servers, and machined's list
    root=$HAIRPIN_ROOT
    for f in "$root"/var/lib/libvirt/dnsmasq/*.status "$root"/var/lib/libvirt/dnsmasq/*.macs "$root"/var/lib/misc/dnsmasq.*.leases \
        "$root"/var/lib/incus/networks/*/dnsmasq.leases "$root"/var/lib/lxd/networks/*/dnsmasq.leases \
        "$root"/var/snap/lxd/common/lxd/networks/*/dnsmasq.leases "$root"/var/lib/NetworkManager/dnsmasq-*.leases \
        "$root"/run/systemd/netif/dhcp-server-lease/* "$root"/var/lib/systemd/network/dhcp-server-lease/* "$root"/run/systemd/machines/*
    do
        case $f in */unit:*) continue ;; esac
        [ -s "$f" ] && [ -r "$f" ] || continue
        run guests "${f#"$root"}" cat "$f"
    done
}
guest_networks() { # the networks that libvirt, lxc-net and Incus are told to make: nothing of a guest, and no process unless there is such a file
    root=$HAIRPIN_ROOT
    set --
    for f in "$root"/etc/libvirt/qemu/networks/*.xml; do [ ! -r "$f" ] || set -- "$@" "$f"; done
    [ $# = 0 ] || run guest-networks '/etc/libvirt/qemu/networks/*.xml' libvirt_networks "$@"
    set --
    for f in "$root"/usr/lib*/lxc/lxc-net "$root"/usr/lib/*/lxc/lxc-net "$root"/etc/default/lxc "$root"/etc/default/lxc-net \
        "$root"/etc/sysconfig/lxc "$root"/etc/sysconfig/lxc-net
    do
        [ ! -f "$f" ] || [ ! -r "$f" ] || set -- "$@" "$f"
    done
    case ${1:-} in */lxc-net) run guest-networks 'lxc-net, /etc/default/lxc-net' lxc_settings "$@" ;; esac
    set --
    for f in "$root"/var/lib/incus/networks/*/dnsmasq.pid; do [ ! -r "$f" ] || set -- "$@" "$f"; done   # how Incus started it the last time
    [ $# = 0 ] || run guest-networks '/var/lib/incus/networks/*/dnsmasq.pid' incus_networks "$@"
}
libvirt_networks() { # libvirt_networks FILE...: path:element, and path:autostart
    grep -oHE '<name>[^<]*|<(bridge|forward|ip)( [^>]*)?/?>' "$@" /dev/null | sed "s,^$root,,"
    for f; do
        f=${f%/*}/autostart/${f##*/}
        [ ! -e "$f" ] && [ ! -h "$f" ] || printf '%s:autostart\n' "/etc/libvirt/qemu/networks/${f##*/}"
    done
}
lxc_settings() { # lxc_settings FILE...: path:NAME=VALUE, a later one counts
    grep -HE '^[[:space:]]*(USE_LXC_BRIDGE|LXC_BRIDGE|LXC_ADDR|LXC_NETMASK|LXC_IPV6_ADDR|LXC_IPV6_MASK)=["0-9A-Za-z.:_-]*([[:space:]]|$)' "$@" | sed "s,^$root,,"
}
incus_networks() { # incus_networks FILE...: path:option, of the name server's command line
    grep -oHE -- '--(interface|listen-address)=[0-9A-Za-z.:_-]+|[0-9.]+,[0-9.]+,[0-9]+[smhd]' "$@" | sed "s,^$root,,"
}
rootless_namespaces() { # adds to list those that Podman mounts for each user, where only the processes of that user's pause process see them;
    # and that of each user's dockerd
    rootless_dockerds
    for each in $dockerds; do
        pid=${each%-*}
        [ "$HAIRPIN_UID" = 0 ] || [ "$HAIRPIN_UID" = "${each#*-}" ] || continue
        list="$list${list:+$NL}netns:rootless-${each#*-}-$pid-docker$TAB$(stat -L -c %i "/proc/$pid/ns/net")$TAB-$TAB-"
    done
    [ "$HAIRPIN_UID" = 0 ] || return 0
    for file in /run/user/*/libpod/tmp/pause.pid; do
        [ -r "$file" ] || continue
        pid=$(cat "$file") user=${file#/run/user/}; user=${user%%/*}
        for name in "/proc/$pid/root/run/user/$user"/netns/rootless-netns-* ''; do   # before Podman 5 it has a hash
            name=${name##*/rootless-netns-}
            case $name in *[!0-9a-f]*) continue ;; esac
            name=$user-$pid${name:+-$name}
            rootless_path "$name"
            case $(stat -L -f -c %T "$path" 2>/dev/null) in nsfs) ;; *) continue ;; esac   # of an ordinary file it is what was mounted there once
            list="$list${list:+$NL}netns:rootless-$name$TAB$(stat -L -c %i "$path")$TAB-$TAB-"
        done
    done
}
rootless_path() { # rootless_path UID-PID[-HASH|-docker]: sets path, as namespace_file() of host/netns.py
    path=${1#*-}
    case $path in
    *-docker) path=/proc/${path%-docker}/ns/net ;;
    *-*) path=/proc/${path%%-*}/root/run/user/${1%%-*}/netns/rootless-netns-${path#*-} ;;
    *) path=/proc/$path/root/run/user/${1%%-*}/containers/networks/rootless-netns/rootless-netns ;;
    esac
}
podman_all() { # the own user's, and for root each other user's that has containers
    HAIRPIN_OTHERS=; processes dockerd; [ -z "$pids" ] || HAIRPIN_OTHERS=podman.
    export HAIRPIN_OTHERS
    podman=podman; podman_of_user
    [ "$HAIRPIN_UID" = 0 ] && have runuser || return
    for dir in /run/user/*/libpod /run/user/*/containers; do
        [ -d "$dir" ] || continue
        podman_of_others; return
    done
}
podman_of_others() {
    for user in $(rootless_users); do
        home=${user##*:} user=${user%%:*}
        uid=$(id -u "$user")
        podman="runuser -u $user -- env HOME=$home XDG_RUNTIME_DIR=/run/user/$uid podman"
        HAIRPIN_OTHERS=$user.
        ASKED_USERS="$ASKED_USERS$user "
        podman_asked
        session_of_user
        ! have loginctl || body rootless-info "/var/lib/systemd/linger/$user" "{\"User\":\"$user\",\"Lingers\":$lingers}"
    done
}
rootless_users() { # NAME:HOME of each other user who is logged in, or lingers, and has containers of Podman
    for dir in /run/user/*/libpod /run/user/*/containers; do
        [ -d "$dir" ] || continue
        uid=${dir#/run/user/}; uid=${uid%%/*}
        getent passwd "$uid"
    done | sort -u | while IFS=: read -r name _ uid _ _ home _; do
        case $name$home in *[!A-Za-z0-9_./-]*) continue ;; esac
        [ "$uid" != 0 ] && lists_container "$home/.local/share/containers/storage" && echo "$name:$home"
    done
}
podman_of_user() { # each podman command writes the lock files of its storage, so it is asked only if that holds a container
    if ! have podman; then absent podman-version 'podman version' 'podman is not installed'; return; fi
    if ! podman_used; then
        podman_of_root || absent podman-version 'podman version' 'podman has no container here: not asked'; return
    fi
    podman_asked
}
cni_networks() { # cni_networks FILE...: the networks' names and plugins, and whether they masquerade; nothing else of these files leaves the host
    [ -e "$1" ] || return 0
    run cni-networks "grep -oHs '\"name\": …\\|\"type\": …\\|\"ipMasq\": …' /etc/cni/net.d/*.conflist" \
        grep -oHs '"\(name\|type\)" *: *"[^"]*"\|"ipMasq" *: *[a-z]*' "$@"
}
CONTAINERS_CONF='network.firewall_driver containers.netns'
containers_conf() { # path:line:table.key=value of these keys, in the order of containers.conf(5); nothing else of these files leaves the host
    own=${XDG_CONFIG_HOME:-${HOME:-/root}/.config}; [ "$podman" = podman ] || own=$home/.config
    set --
    for file in /usr/share/containers/containers.conf /etc/containers/containers.conf /etc/containers/containers.conf.d/*.conf \
        "$own/containers/containers.conf" "$own"/containers/containers.conf.d/*.conf; do
        [ ! -f "$file" ] || [ ! -r "$file" ] || set -- "$@" "$file"
    done
    [ $# != 0 ] || return 0
    found=$(awk -v "keys=$CONTAINERS_CONF" '
        BEGIN { count = split(keys, each, " "); for (i = 1; i <= count; i++) wanted[each[i]] }
        FNR == 1 { table = "" }
        { sub(/\r$/, ""); sub(/^[ \t]+/, ""); sub(/[ \t]+#.*/, "") }
        /^\[/ { table = $0; gsub(/[][ \t]/, "", table); next }
        /^[a-z_]+[ \t]*=/ {
            key = $0; sub(/[ \t]*=.*/, "", key); value = $0; sub(/^[^=]*=[ \t]*/, "", value); gsub(/["\047]|[ \t]+$/, "", value)
            if ((table "." key) in wanted && value !~ /[^A-Za-z0-9_.:\/-]/ && FILENAME !~ /[:\t]/) print FILENAME ":" FNR ":" table "." key "=" value
        }' "$@" 2>/dev/null)
    [ -z "$found" ] || body containers-conf "${podman%podman}grep -H … /etc/containers/containers.conf*" "$found"
}
podman_asked() { # $podman is split on purpose; it runs in /, where every user may be
    cd /
    unset CONTAINER_HOST CONTAINER_CONNECTION DOCKER_CONFIG
    run podman-version "$podman version --format json" json "$VERSION_PATHS" limit 8 $podman version --format json
    capture limit 8 $podman ps -aq --no-trunc; ids=$out; without_own
    if [ "$st" != 0 ]; then captured podman-containers "$podman ps -aq --no-trunc"; return; fi
    nets=$(limit 8 $podman network ls -q 2>/dev/null)
    [ -z "$nets" ] || run podman-networks "$podman network inspect $(echo $nets)" json "$NETWORK_PATHS" limit 8 $podman network inspect $nets
    [ "$podman" != podman ] || cni_networks /etc/cni/net.d/*.conflist
    containers_conf
    run podman-info "$podman info --format json" json "$INFO_PATHS" limit 8 $podman info --format json
    [ -n "$ids" ] || { body podman-containers "$podman ps -aq --no-trunc" ''; return; }
    capture json "$CONTAINER_PATHS" limit 8 $podman inspect --type container $ids
    if [ "$st" != 0 ]; then podman_each; else captured podman-containers "$podman inspect --type container $(echo $ids)"; fi
    found=$(running_containers "$out")
    compose_files podman "$out"
    case $out in *'"unhealthy"'*) run health-checks 'Config.Healthcheck.Test of unhealthy containers: URLs' failing_checks "$podman" ;; esac
    case $out in *'"IsInfra":true'*) # this document names no pod
        run podman-pods "$podman pod ps --format json" json 'InfraId Name' limit 8 $podman pod ps --format json ;;
    esac
    container_namespaces seen
    wait
}
podman_each() { # sets out: podman prints nothing of all containers if one of them cannot be told, as after a disconnect that failed half-way
    all=
    for id in $ids; do
        capture json "$CONTAINER_PATHS" limit 8 $podman inspect --type container "$id"
        captured podman-containers "$podman inspect --type container $id"
        [ "$st" != 0 ] || all="$all$out$NL"
    done
    out=$all
}
podman_of_root() { # whether another user's Podman may have containers here, which this user may not ask: a conmon runs for each, or root has a storage
    [ "$HAIRPIN_UID" != 0 ] || return
    if [ -d /var/lib/containers/storage ] || hidden /var/lib/containers/storage; then
        say podman-version 'podman version' 1 refused "root's Podman has a storage, /var/lib/containers: permission denied"; return
    fi
    processes conmon
    for pid in $pids; do
        in_netns "$pid" && ! [ -O "/proc/$pid" ] || continue
        say podman-version 'podman version' 1 refused "another user's Podman runs a container (conmon, process $pid): permission denied"
        return
    done
    return 1
}
podman_used() { # whether the storage lists a container
    if [ "$HAIRPIN_UID" = 0 ]; then lists_container /var/lib/containers/storage
    else lists_container "${XDG_DATA_HOME:-$HOME/.local/share}/containers/storage"
    fi
}
lists_container() { # lists_container STORAGE
    for list in "$1"/*-containers/containers.json "$1"/*-containers/volatile-containers.json; do
        [ -s "$list" ] && grep -qs '"id"' "$list" && return
    done
    return 1
}

# Rootless containers of users for whom no engine runs. To ask one would start processes and write files, so their files are read.
idle_users() { # starts no process unless a user has such containers
    [ "$HAIRPIN_UID" = 0 ] && ours || return 0
    known=' '
    while IFS=: read -r user _ uid _ _ home _; do
        known="$known$user "
        idle_user </dev/null
    done </etc/passwd
    [ -r /etc/subuid ] || return 0
    while IFS=: read -r name _; do      # users of another directory; to look at all of /home may mount each
        case $known in *" $name "*) continue ;; esac
        known="$known$name "
        [ -d "/home/$name/.local/share" ] || continue
        IFS=: read -r user _ uid _ _ home _ <<EOT
$(getent passwd "$name")
EOT
        idle_user </dev/null
    done </etc/subuid
}
idle_user() { # of user, uid, home
    case $user$uid$home in *[!A-Za-z0-9_./@-]*) return ;; esac
    [ -n "$user" ] && [ "${uid:-0}" != 0 ] || return 0
    [ ! -d "$home/.local/share/containers/storage" ] || idle_podman
    [ ! -d "$home/.local/share/docker/containers" ] || idle_docker
}
idle_podman() {
    case $ASKED_USERS in *" $user "*) return ;; esac
    if [ -d "/run/user/$uid/libpod" ] || [ -d "/run/user/$uid/containers" ]; then return; fi     # there it runs, but was not asked
    have podman || return 0
    storage=$home/.local/share/containers/storage
    lists_container "$storage" && listed=yes || listed=
    set --
    for file in "$home"/.config/containers/systemd/*.* "$home"/.config/containers/systemd/*/*.* "$home"/.config/systemd/user/*.service \
        "/etc/containers/systemd/users/$uid"/*.* /etc/containers/systemd/users/*.*; do
        case $file in *.container | *.pod | *.kube | *.service) [ -r "$file" ] && set -- "$@" "$file" ;; esac
    done
    [ -n "$listed" ] || [ $# != 0 ] || return 0
    if runs_as "$uid" conmon; then return; fi   # with another runtime folder, as behind su
    idle_facts podman
    [ -z "$listed" ] || run rootless-containers "$storage/*-containers/containers.json and libpod's database" idle_containers
    [ $# = 0 ] || run rootless-containers "$home/.config/containers/systemd, $home/.config/systemd/user" idle_units "$@"
}
idle_docker() {
    set --
    for dir in "$home"/.local/share/docker/containers/*; do
        [ -f "$dir/config.v2.json" ] && [ -f "$dir/hostconfig.json" ] && set -- "$@" "$dir/config.v2.json" "$dir/hostconfig.json"
    done
    if [ $# = 0 ] || runs_as "$uid" dockerd; then return; fi
    idle_facts docker
    run rootless-containers "$home/.local/share/docker/containers/*/config.v2.json, hostconfig.json" stored_by_idle "$@"
}
stored_by_idle() { filtered_files "$@" | stored_containers | sed "s!^{!{$facts,!"; }
runs_as() { # runs_as UID COMM...: whether one of the processes with these names is the user's
    whose=$1; shift
    processes "$@"
    for pid in $pids; do
        id=
        while read -r word _ id _; do
            [ "$word" != Uid: ] || break
        done 2>/dev/null <"/proc/$pid/status"
        [ "$id" != "$whose" ] || return 0
    done
    return 1
}
session_of_user() { # sets lingers, session: of user and uid
    lingers=false session=none
    [ ! -e "/var/lib/systemd/linger/$user" ] && [ ! -e "/var/lib/elogind/linger/$user" ] || lingers=true
    if [ -d "/run/user/$uid" ]; then session=idle; elif ! have loginctl; then session=unknown; fi
}
idle_facts() { # idle_facts ENGINE: sets facts, the beginning of each document
    session_of_user
    facts="\"User\":\"$user\",\"Uid\":$uid,\"Engine\":\"$1\",\"Lingers\":$lingers,\"Session\":\"$session\""
}
idle_containers() { # a document a line. Without Ports: they are not known. What other tools keep in the storage has no configuration.
    { cat "$storage"/*-containers/containers.json "$storage"/*-containers/volatile-containers.json 2>/dev/null | (allow_json 'id names')
        libpod_configs
    } | awk -v facts="$facts" '
    function part(text, pattern, from,   found) {       # what fits, without its first characters; more than these characters never leave
        if (!match(text, pattern)) return ""
        found = substr(text, RSTART + from, RLENGTH - from)
        return found ~ /[^][A-Za-z0-9_.:{}",-]/ ? "" : found
    }
    index($0, "{\"id\":") == 1 {
        id = part($0, "\"id\":\"[0-9a-f]+", 6); name = part($0, "\"names\":\\[\"[^\"]+", 10)
        if (id != "" && name != "" && !(id in names)) { names[id] = name; order[++n] = id }
        next
    }
    {
        $0 = substr($0, index($0, "{\"spec\":"))
        id = part($0, "\"id\":\"[0-9a-f]+\",\"name\":\"", 6); sub(/".*/, "", id)
        if (id == "") next
        known++; ports[id] = "[]"
        if ((found = part($0, "\"(newP|p)ortMappings\":\\[[^]]*\\]", 0)) != "") { sub(/^[^:]*:/, "", found); ports[id] = found }
        pod[id] = part($0, "\"pod\":\"[0-9a-f]+", 7)
        if (!index($0, "\"type\":\"network\"")) on_host[id]     # of the kinds of namespaces in its spec
    }
    END {
        for (i = 1; i <= n; i++) {
            id = order[i]
            if (known ? !(id in ports) : names[id] ~ /-working-container/) continue
            printf "{%s,\"Id\":\"%s\",\"Name\":\"%s\"", facts, id, names[id]
            if (pod[id] != "") printf ",\"Pod\":\"%s\"", pod[id]
            if (id in ports) printf ",\"Ports\":%s", ports[id]
            if (id in on_host) printf ",\"HostNetwork\":true"
            print "}"
        }
    }'
}
libpod_configs() { # the containers in libpod's database, a JSON text a line; older copies may be among them
    db=$storage/libpod/bolt_state.db
    [ ! -r "$db" ] || tr '\000-\037\177' '\n' <"$db" | sed -n '/{"spec":/p'
    for db in "$storage/db.sql" "$storage/libpod/db.sql"; do
        [ ! -r "$db" ] || od -An -v -tx1 "$db" | sqlite_configs
    done
}
# Of SQLite: each row of a leaf of a table (type 13), with its overflow pages. Source: sqlite.org/fileformat2.html
sqlite_configs() {
    awk '
    function byte(p, i) { return (index(HEX, substr(page[p], 2 * i + 1, 1)) - 1) * 16 + index(HEX, substr(page[p], 2 * i + 2, 1)) - 1 }
    function number(p, i, size,   value) { for (value = 0; size--; i++) value = value * 256 + byte(p, i); return value }
    function varint(p,   value, digit, turns) {         # at the place behind, which it moves on
        for (value = turns = 0; turns < 9; turns++) { digit = byte(p, behind++); value = value * 128 + digit % 128; if (digit < 128) break }
        return value
    }
    function row(p, i,   size, here, hex, turns, at, text) {
        behind = i; size = varint(p); varint(p); here = size
        if (size > usable - 35) {
            here = least + (size - least) % (usable - 4); if (here > usable - 35) here = least
        }
        if (size > 1000000) return
        hex = substr(page[p], 2 * behind + 1, 2 * here); p = size > here ? number(p, behind + here, 4) : 0
        for (turns = 0; p in page && turns < 2000; turns++) { hex = hex substr(page[p], 9, 2 * (usable - 4)); p = number(p, 0, 4) }
        hex = substr(hex, 1, 2 * size); at = index(hex, "7b2273706563223a")     # {"spec":
        if (!at) return
        for (text = ""; at < length(hex); at += 2) text = text chars[substr(hex, at, 2)]
        print text
    }
    BEGIN {
        HEX = "0123456789abcdef"
        for (i = 32; i < 256; i++) if (i != 127) chars[sprintf("%02x", i)] = sprintf("%c", i)
    }
    { gsub(/ /, ""); line = line $0 }
    NR == 7 { page[0] = line; size = number(0, 16, 2); if (size == 1) size = 65536; usable = size - byte(0, 20); least = int((usable - 12) * 32 / 255) - 23 }
    NR >= 7 && length(line) >= 2 * size { page[++pages] = line; line = "" }
    END {
        delete page[0]
        for (p = 2; p <= pages; p++) if (byte(p, 0) == 13)
            for (i = 0; i < number(p, 3, 2) && i < size / 4; i++) row(p, number(p, 8 + 2 * i, 2))
    }'
}
idle_units() { # idle_units FILE...: a document for each of the user's units that starts a container with published ports
    awk -v facts="$facts" '
    function done(   unit) {
        if (ports != "") {
            unit = base; sub(/\.(container|kube)$/, "", unit); sub(/\.pod$/, "-pod", unit)
            if (unit !~ /\.service$/) unit = unit ".service"
            if (name == "") { name = base; sub(/\.[a-z]*$/, "", name); if (base !~ /\.service$/) name = "systemd-" name }
            if (unit name !~ /[^A-Za-z0-9_.@-]/) printf "{%s,\"Unit\":\"%s\",\"Name\":\"%s\",\"Publish\":[%s]}\n", facts, unit, name, ports
        }
        ports = name = line = ""
    }
    function publish(value) {
        gsub(/["\047]/, "", value)
        if (value !~ /[^][0-9a-z.:\/-]/ && value != "") ports = ports (ports == "" ? "" : ",") "\"" value "\""
    }
    function started(text,   word, count, i) {
        if (text !~ /(podman|docker) +.*(run|create) /) return
        count = split(text, word, /[ \t]+/)
        for (i = 2; i <= count; i++) {
            if (word[i] == "-p" || word[i] == "--publish") publish(word[++i])
            else if (word[i] ~ /^(--publish=|-p[0-9])/) { sub(/^(--publish=|-p)/, "", word[i]); publish(word[i]) }
            else if (word[i] == "--name") name = word[++i]
            else if (word[i] ~ /^--name=/) name = substr(word[i], 8)
        }
    }
    FNR == 1 { done(); base = FILENAME; sub(/.*\//, "", base) }
    { line = line $0; if (sub(/\\$/, " ", line)) next }
    line ~ /^ExecStart=/ && base ~ /\.service$/ { started(line) }
    line ~ /^PublishPort *=/ && base !~ /\.service$/ { sub(/^[^=]*= */, "", line); sub(/ *$/, "", line); publish(line) }
    line ~ /^(ContainerName|PodName) *=/ && base !~ /\.service$/ { sub(/^[^=]*= */, "", line); sub(/ *$/, "", line); name = line }
    { line = "" }
    END { done() }' "$@"
}

# ---- compose files ---------------------------------------------------------------------------------------------------
# What the files of running projects say about the network of their services. Environment, commands, labels, volumes and every other key stay
# on the host, and so does each value with a letter that no name, address or port has.
compose_files() { # compose_files ENGINE DOCUMENTS: the reading, where a container's labels name such a file
    case $2 in *'"com.docker.compose.project.config_files":'*) ;; *) return 0 ;; esac
    [ -z "$HAIRPIN_ROOT" ] || return 0
    projects=$(printf '%s\n' "$2" | awk '
        function label(name,   text) {
            text = $0
            if (!match(text, "\"com[.]docker[.]compose[.]" name "\": *\"[^\"\\\\]*\"")) return ""
            text = substr(text, RSTART, RLENGTH); sub(/^"[^"]*": *"/, "", text); sub(/"$/, "", text)
            return text
        }
        {
            gsub(/[}],? *[{]"Id":/, "}\n{\"Id\":"); count = split($0, each, "\n")
            for (i = 1; i <= count; i++) {
                $0 = each[i]
                line = label("project") "\t" label("project.working_dir") "\t" label("project.config_files")
                if (line ~ /^[A-Za-z0-9_.-]+\t.*\t./ && line !~ /[^A-Za-z0-9_.,:@+\/ \t-]/ && !(line in told)) { told[line]; if (++n <= 50) print line }
            }
        }')
    [ -z "$projects" ] || run compose-files 'label com.docker.compose.project.config_files' compose_documents "$1"
}
compose_documents() { # compose_documents ENGINE: a document a line for each service of the projects
    as_user=$AS at_root=; mine=
    if [ "$1" = docker ]; then at_root=$daemon_root; mine=$rootless
    else case $podman in 'runuser -u '*) as_user=${podman#runuser -u }; mine=${as_user%% *}; as_user="runuser -u $mine -- " ;; esac
    fi
    case $mine in '' | *[!0-9]*) ;; *) name_of "$mine"; mine=$user ;; esac
    while IFS=$TAB read -r project folder paths; do
        set -f; IFS=,; set -- "$1" $paths; set +f; IFS=$USUAL_IFS
        engine=$1 changed=0 reads=; shift
        for file; do
            case $file in /*) ;; *) file=$folder/$file ;; esac
            case $file in /*.yml | /*.yaml) ;; *) continue ;; esac
            [ -f "$at_root$file" ] && [ -r "$at_root$file" ] || continue
            newest=$(date -r "$at_root$file" +%s 2>/dev/null); [ "${newest:-0}" -le "$changed" ] || changed=$newest
            reads="$reads$NL$at_root$file"
        done
        [ -n "$reads" ] || continue
        set -f; IFS=$NL
        # shellcheck disable=SC2086
        set -- $reads
        set +f; IFS=$USUAL_IFS
        # shellcheck disable=SC2086
        $as_user awk -v engine="$engine" -v owner="$mine" -v project="$project" -v at_root="$at_root" -v changed="$changed" "$COMPOSE" "$@" 2>/dev/null
        set -- "$engine"
    done <<EOT
$projects
EOT
}
# A file in block style, and lists and maps in one line. Whatever else there is makes the key unclear: nothing is concluded from it.
COMPOSE='
function quoted(text) { return "\"" text "\"" }
function scalar(text) {
    sub(/^[ \t]+/, "", text); sub(/[ \t]+$/, "", text)
    sub(/^&[A-Za-z0-9_-]+[ \t]*/, "", text)
    if (text ~ /^".*"$/ || text ~ /^\047.*\047$/) text = substr(text, 2, length(text) - 2)
    return text
}
function bare(text,   i, c, quote) {        # without a comment
    for (i = 1; i <= length(text); i++) {
        c = substr(text, i, 1)
        if (quote != "") { if (c == quote) quote = "" }
        else if (c == "\"" || c == "\047") quote = c
        else if (c == "#" && (i == 1 || substr(text, i - 1, 1) ~ /[ \t]/)) return substr(text, 1, i - 1)
    }
    return text
}
function at(n) { return n in name ? name[n] : "" }
function dim(service, key) { if (!((service, key) in unclear)) { unclear[service, key]; blurs[service] = blurs[service] " " key } }
function put(service, key, value) { if (value ~ /[^A-Za-z0-9_.:-]/) dim(service, key); else one[service, key] = value }
function listed(service, key, value) {
    if (value == "" || (service, key, value) in had) return
    had[service, key, value]; all[service, key] = all[service, key] (all[service, key] == "" ? "" : "\n") value
}
function port(service, text,   dynamic) {
    sub(/^tcp:/, "", text)
    if (text ~ /[${]/) {       # a variable may be anything; the port of the container is known
        if (text ~ /:[0-9]+(\/(tcp|udp))?$/ && text !~ /^\$?\{?[A-Za-z_]+\}?$/) sub(/.*:/, "", text); else { dim(service, "ports"); return }
    }
    if (text ~ /[^][0-9a-f.:\/tudpc-]/) dim(service, "ports")
    else listed(service, text ~ /:/ ? "ports" : "some", text)
}
function flush_port(   text) {
    if (longs == "") return
    text = long_["target"]
    if (text !~ /^[0-9]+(-[0-9]+)?$/ || long_["host_ip"] ~ /[^0-9a-f.:]/) dim(longs, "ports")
    else {
        if (long_["published"] != "" && long_["published"] !~ /[^0-9-]/) {
            text = long_["published"] ":" text
            if (long_["host_ip"] != "") text = (long_["host_ip"] ~ /:/ ? "[" long_["host_ip"] "]" : long_["host_ip"]) ":" text
        }
        port(longs, text "/" (long_["protocol"] ~ /^(udp|sctp)$/ ? long_["protocol"] : "tcp"))
    }
    longs = ""; split("", long_)
}
function value_at(depth, text,   service, key, third) {      # a value at the path name[1..depth]; an item has the name "-"
    if (text ~ /^(\*|!|&)/) text = "*"
    if (name[1] == "networks") {
        if (depth == 3 && name[3] == "name") called[name[2]] = text
        else if (depth == 3 && name[3] == "external" && text == "true") outside[name[2]]
        else if (depth == 4 && name[3] == "external" && name[4] == "name") { called[name[2]] = text; outside[name[2]] }
        return
    }
    if (name[1] == "include") { included = 1; return }
    if (name[1] != "services" || depth < 2) return
    service = name[2]; key = at(3)
    if (!(service in known)) { known[service]; order[++services] = service }
    files[service, FILENAME]
    if (depth == 2) { if (text != "" && text != "{}") dim(service, "all"); return }
    if (text == "*" || key == "<<" || key == "extends") { dim(service, key == "<<" || key == "extends" ? "all" : key); return }
    if (depth == 3) {
        if (key ~ /^(restart|network_mode|container_name)$/) put(service, key, text)
        else if (key ~ /^(networks|ports|depends_on)$/ && text != "" && text !~ /^(\[\]|\{\}|null|~)$/) dim(service, key)
        else if (key == "networks") one[service, "named"] = 1
        else if (key == "profiles") one[service, "profiles"] = 1
        return
    }
    if (key == "profiles") one[service, "profiles"] = 1
    third = name[4] == "-" ? text : name[4]
    if (key == "networks") {
        if (third ~ /[^A-Za-z0-9_.-]/ || third == "") { dim(service, key); return }
        listed(service, key, third)
        if (depth == 5 && name[5] ~ /^ipv[46]_address$/) {
            if (text ~ /[^0-9a-fA-F.:]/) dim(service, key); else fixed[service, third, substr(name[5], 4, 1)] = text
        }
        if (depth == 6 && name[5] == "aliases") { if (text ~ /[^A-Za-z0-9_.-]/) dim(service, key); else listed(service, "alias " third, text) }
    }
    if (key == "depends_on") {
        if (third ~ /[^A-Za-z0-9_.-]/ || third == "") { dim(service, key); return }
        listed(service, key, third)
        if (depth == 5 && name[5] == "condition" && text == "service_completed_successfully") ends[service, third]
        if (depth == 5 && name[5] == "required" && text == "false") ends[service, third]
    }
    if (key == "ports") {
        if (depth == 4) { flush_port(); if (text != "") port(service, text) }
        else if (depth == 5) { longs = service; long_[name[5]] = text }
    }
}
function in_line(depth, text,   count, part, i, key) {      # [a, b] and {a: b} without another of them inside
    if (text ~ /^\[.*\]$/ && text !~ /[[{].*[[{]/) {
        count = split(substr(text, 2, length(text) - 2), part, ",")
        if (!count) value_at(depth, "[]")
        for (i = 1; i <= count; i++) { name[depth + 1] = "-"; value_at(depth + 1, scalar(part[i])) }
        delete name[depth + 1]
    } else if (text ~ /^\{.*\}$/ && text !~ /[[{].*[[{]/) {
        count = split(substr(text, 2, length(text) - 2), part, ",")
        if (!count) value_at(depth, "{}")
        for (i = 1; i <= count; i++) {
            key = part[i]; sub(/:.*/, "", key); sub(/^[^:]*:?/, "", part[i])
            name[depth + 1] = scalar(key); value_at(depth + 1, scalar(part[i]))
        }
        delete name[depth + 1]
    } else if (name[1] == "services" && depth > 1) dim(name[2], depth > 2 ? name[3] : "all")
}
function filled(depth, text) {
    text = scalar(text)
    if (text ~ /^[|>][-+0-9]*$/) { block = column[depth]; value_at(depth, ""); return }
    if (text ~ /^[[{]/) in_line(depth, text); else value_at(depth, text)
}
function line_(text, indent,   key) {
    if (text ~ /^- / || text == "-") {
        while (top && (column[top] > indent || (column[top] == indent && name[top] == "-"))) delete name[top--]
        name[++top] = "-"; column[top] = indent
        key = text; sub(/^-[ \t]*/, "", key)
        if (name[1] == "services" && at(3) == "ports") flush_port()
        if (key == "") return
        if (key ~ /^["\047]?[A-Za-z0-9_.<\/-]+["\047]?:([ \t]|$)/) line_(key, indent + length(text) - length(key)); else filled(top, key)
        return
    }
    if (!match(text, /^("[^"]*"|\047[^\047]*\047|[^] \t"\047:{}[]+)[ \t]*:([ \t]|$)/)) return
    key = substr(text, 1, RLENGTH); text = substr(text, RLENGTH + 1)
    sub(/[ \t]*:[ \t]*$/, "", key); key = scalar(key)
    while (top && column[top] >= indent) delete name[top--]
    name[++top] = key; column[top] = indent
    if (name[1] == "services" && top == 2 && key ~ /[^A-Za-z0-9_.-]/) name[top] = "?"
    filled(top, text)
}
FNR == 1 { flush_port(); split("", name); split("", column); top = 0; block = -1; held = "" }
FNR > 5000 { next }
{
    sub(/\r$/, "")
    if ($0 ~ /^[ \t]*(#.*)?$/ || $0 ~ /^(---|\.\.\.|%)/) next
    match($0, /^ */); indent = RLENGTH
    if (block >= 0) { if (indent > block) next; block = -1 }
    text = bare(substr($0, indent + 1)); sub(/[ \t]+$/, "", text)
    if (text ~ /^\t/) next
    if (held != "") { text = held " " text; indent = held_at; held = "" }
    opens = gsub(/[[{]/, "&", text); closes = gsub(/[]}]/, "&", text)
    if (opens > closes && length(text) < 4000 && text ~ /(: *|- *)[[{]/) { held = text; held_at = indent; next }
    line_(text, indent)
}
function real(key) {
    if (key in called) return called[key] ~ /[^A-Za-z0-9_.-]/ ? "" : called[key]
    return key in outside ? key : project "_" key
}
function strings(text,   count, part, i, out) {
    count = split(text, part, "\n")
    for (i = 1; i <= count; i++) out = out (i > 1 ? "," : "") quoted(part[i])
    return "[" out "]"
}
END {
    flush_port()
    for (i = 1; i <= services && i <= 200; i++) {
        s = order[i]
        if (s == "?") continue
        if (all[s, "networks"] == "" && one[s, "network_mode"] == "" && !((s, "networks") in unclear) && !((s, "all") in unclear) && !((s, "network_mode") in unclear)) listed(s, "networks", "default")
        nets = ""; count = split(all[s, "networks"], part, "\n")
        for (j = 1; j <= count; j++) {
            if (real(part[j]) == "") { dim(s, "networks"); continue }
            nets = nets (nets == "" ? "" : ",") "{\"Name\":" quoted(real(part[j])) ",\"Aliases\":" strings(all[s, "alias " part[j]]) \
                ",\"IPv4Address\":" quoted(fixed[s, part[j], 4]) ",\"IPv6Address\":" quoted(fixed[s, part[j], 6]) "}"
        }
        needs = ""; count = split(all[s, "depends_on"], part, "\n")
        for (j = 1; j <= count; j++) if (!((s, part[j]) in ends)) needs = needs (needs == "" ? "" : "\n") part[j]
        paths = ""
        for (j = 1; j < ARGC; j++) if ((s, ARGV[j]) in files) paths = paths (paths == "" ? "" : "\n") substr(ARGV[j], length(at_root) + 1)
        every = ""
        for (j = 1; j < ARGC; j++) every = every (every == "" ? "" : "\n") substr(ARGV[j], length(at_root) + 1)
        sub(/^ /, "", blurs[s]); gsub(/ /, "\n", blurs[s])
        printf "{\"Engine\":%s,\"User\":%s,\"Project\":%s,\"Service\":%s,\"Files\":%s,\"Changed\":%s,\"Of\":%s,\"Networks\":[%s],\"Publish\":%s,\"Exposes\":%s,\"Restart\":%s,\"Mode\":%s,\"DependsOn\":%s,\"Unclear\":%s}\n", \
            quoted(engine), quoted(owner), quoted(project), quoted(s), strings(every), changed + 0, strings(paths), nets, strings(all[s, "ports"]), \
            strings(all[s, "some"]), quoted(one[s, "restart"]), quoted(one[s, "network_mode"]), strings(needs), strings(blurs[s])
    }
}'

# Quadlets: files of which systemd's generator makes units. Podman removes such a container when its unit stops, so it lists it only while it runs.
# Beside them, the units that people wrote with `podman run`, `docker start` … in ExecStart=: of these, those that failed, that systemd does not load,
# and that do not run; one of Type=oneshot has done its work then.
quadlets() { # starts no process unless there is such a file
    [ -z "$HAIRPIN_ROOT" ] && ours || return 0
    user=; quadlets_in '/etc/containers/systemd, systemctl show' /run/containers/systemd /etc/containers/systemd /usr/share/containers/systemd
    units_with_containers /etc/systemd/system 'systemctl show'
    if [ "$HAIRPIN_UID" = 0 ]; then
        for dir in /run/user/*/systemd; do
            uid=${dir#/run/user/}; uid=${uid%%/*}
            case $uid in 0 | *[!0-9]*) continue ;; esac
            quadlets_of_user "$(getent passwd "$uid")"
        done
    else
        [ ! -d "/run/user/$HAIRPIN_UID/systemd" ] || quadlets_of_user "$(getent passwd "$HAIRPIN_UID")"
    fi
}
quadlets_of_user() { # quadlets_of_user PASSWD-LINE: of a user whose manager runs
    IFS=: read -r user _ uid _ _ home _ <<EOT
$1
EOT
    case $user$uid$home in '' | *[!A-Za-z0-9_./@-]*) return ;; esac
    quadlets_in "$home/.config/containers/systemd, systemctl --user show" "/run/user/$uid/containers/systemd" "$home/.config/containers/systemd" \
        "/etc/containers/systemd/users/$uid" /etc/containers/systemd/users "/usr/share/containers/systemd/users/$uid" /usr/share/containers/systemd/users
    units_with_containers "$home/.config/systemd/user" 'systemctl --user show'
}
quadlets_in() { # quadlets_in ORIGIN FOLDER...: in their order, each with its own folders
    origin=$1 folders=$#; shift
    for folder; do
        for file in "$folder"/*.container "$folder"/*/*.container "$folder"/*.pod "$folder"/*/*.pod "$folder"/*.kube "$folder"/*/*.kube; do
            case $file in
                */systemd/users/*/*) [ "$folder" = "${file%/*}" ] || continue ;;
                */systemd/users/*) [ -n "$user" ] || continue ;;
            esac
            [ -f "$file" ] && [ -r "$file" ] || continue
            set -- "$@" "$file"
            for drop in "$file".d/*.conf; do [ ! -r "$drop" ] || set -- "$@" "$drop"; done
        done
    done
    shift $((folders - 1))
    [ $# = 0 ] || run quadlets "$origin" quadlets_shown "$@"
}
units_with_containers() { # units_with_containers FOLDER ORIGIN: those that start a container; a link is another name of a unit
    files=
    for file in "$1"/*.service; do
        [ ! -f "$file" ] || [ -h "$file" ] || { files=yes; break; }
    done
    [ -n "$files" ] || return 0
    files=$(grep -lsE '^[[:space:]]*ExecStart[[:space:]]*=.*(podman|docker)' "$1"/*.service) folder=$1 origin=$2; set --
    for file in $files; do
        case $file in *[!A-Za-z0-9_./@:-]*) continue ;; esac
        [ -h "$file" ] || set -- "$@" "$file"
    done
    [ $# = 0 ] || run quadlets "$folder/*.service, $origin" quadlets_shown "$@"
}
quadlets_shown() { # quadlets_shown FILE...: a document a line, with what the manager tells of the unit
    found=$(quadlet_documents "$@"); unit_names=
    [ -n "$found" ] || return 0
    while IFS=$TAB read -r name _; do
        case $name in *@.service) name=${name%.service}'*.service' ;; esac     # a template: systemd knows which instances it has loaded
        unit_names="$unit_names $name"
    done <<EOT
$found
EOT
    shown= failures=
    manager=systemctl of=_SYSTEMD_UNIT=
    if [ -n "$user" ]; then
        manager="env XDG_RUNTIME_DIR=/run/user/$uid systemctl --user" of="_UID=$uid _SYSTEMD_USER_UNIT="
        [ "$HAIRPIN_UID" != 0 ] || manager="runuser -u $user -- $manager"
    fi
    set -f
    # shellcheck disable=SC2086
    [ ! -d /run/systemd/system ] || ! have systemctl || shown=$(limit 4 $manager show --no-pager \
        -p Id,LoadState,ActiveState,SubState,Type,ExecMainStatus,NeedDaemonReload,WantedBy,RequiredBy,UpheldBy,TriggeredBy $unit_names 2>/dev/null)
    set +f
    case $shown in *ActiveState=failed* | *SubState=auto-restart*)
        ! have journalctl || for name in $(printf '%s\n\n' "$shown" | awk -F = '
            $1 == "Id" { id = $2 } $0 == "ActiveState=failed" || /^SubState=auto-restart/ { bad = 1 }
            $0 == "" { if (bad && n++ < 5) print id; bad = 0 }'); do
            # What podman itself has printed: the container's own output is not of this transport.
            said=$(limit 3 journalctl -q --no-pager -b -o cat -n 20 $of"$name" _TRANSPORT=stdout 2>/dev/null | grep -E '^(docker: )?Error( response from daemon)?: ' | grep -vE "$SECRET_LINES" | tail -n 1)
            [ -z "$said" ] || failures="$failures$name$TAB$said$NL"
        done ;;
    esac
    case $shown in *LoadState=bad-setting* | *LoadState=error*)
        # Why systemd does not load the unit, in the words of systemd, which reads the file again.
        ! have systemd-analyze || for name in $(printf '%s\n\n' "$shown" | awk -F = '
            $1 == "Id" { id = $2 } /^LoadState=(bad-setting|error)$/ { bad = 1 } $0 == "" { if (bad && n++ < 5) print id; bad = 0 }'); do
            said=$(limit 4 systemd-analyze ${user:+--user} --man=no verify "$name" 2>&1 | grep -vE "$SECRET_LINES" | grep -F "$name" | head -n 1)
            [ -z "$said" ] || failures="$failures$name$TAB$said$NL"
        done ;;
    esac
    printf '%s\n\n=\n%s=\n%s\n' "$shown" "$failures" "$found" | awk -F "$TAB" '
        function plain(text) { gsub(/[^][A-Za-z0-9_.,:;@()\/=-]+/, " ", text); sub(/^ /, "", text); sub(/ $/, "", text); return substr(text, 1, 400) }
        $0 == "=" { part++; next }
        !part && $0 == "" {
            if (id != "") {
                if (value["LoadState"] ~ /^(not-found|bad-setting|error|masked)$/) value["ActiveState"] = value["LoadState"]
                once[id] = value["Type"] == "oneshot"
                state[id] = ",\"State\":\"" plain(value["ActiveState"]) "\",\"Sub\":\"" plain(value["SubState"]) "\",\"Status\":" (value["ExecMainStatus"] + 0) ",\"Reload\":" \
                    (value["NeedDaemonReload"] == "yes" ? "true" : "false") ",\"WantedBy\":\"" \
                    plain(value["WantedBy"] " " value["RequiredBy"] " " value["UpheldBy"] " " value["TriggeredBy"]) "\""
            }
            split("", value); id = ""; next
        }
        !part { at = index($0, "="); value[substr($0, 1, at - 1)] = substr($0, at + 1); if ($0 ~ /^Id=/) id = substr($0, 4); next }
        part == 1 { said[$1] = plain($2); next }
        function told(unit, text) {
            if (text ~ /"Runs":/ && state[unit] !~ /"State":"(failed|bad-setting|error|masked)"|"Sub":"auto-restart/ && (once[unit] || state[unit] !~ /"State":"inactive"/)) return
            print text state[unit] (unit in said ? ",\"Said\":\"" said[unit] "\"" : "") "}"
        }
        $1 ~ /@\.service$/ { templates[$1] = $2; next }
        $1 != "" { told($1, $2); own[$1] }
        END {
            for (unit in templates) for (id in state) {
                begins = substr(unit, 1, length(unit) - 8)
                if (id in own || index(id, begins) != 1 || id !~ /\.service$/) continue
                instance = substr(id, length(begins) + 1, length(id) - length(unit))
                if (instance == "" || instance ~ /[^A-Za-z0-9_.:-]/) continue
                text = templates[unit]
                gsub(/%[iI]/, instance, text); sub(/"Unit":"[^"]*"/, "\"Unit\":\"" id "\"", text)
                told(id, text)
            }
        }'
}
quadlet_documents() { # lines UNIT, tab, the beginning of a document. Drop-ins follow their file; of files of one name the first counts.
    HAIRPIN_USER=$user; export HAIRPIN_USER
    awk -v times="$(stat -L -c '%Y %n' "$@" 2>/dev/null)" '
    BEGIN { n = split(times, part, "\n"); for (i = 1; i <= n; i++) { text = part[i]; sub(/^[0-9]+ /, "", text); changed[text] = part[i] + 0 } }
    function quoted(text) { return "\"" text "\"" }
    function network(text,   path, row, told) {     # a network that the file names: the options behind it count for nothing here
        sub(/:.*/, "", text)
        if (text ~ /[^A-Za-z0-9_.-]/ || text ~ /^(host|none|private|bridge|pasta|slirp4netns|container|ns|podman|)$/) return
        if (text ~ /\.(container|pod)$/) return
        if (sub(/\.network$/, "", text)) {
            path = main; sub(/[^\/]*$/, "", path); path = path text ".network"; text = "systemd-" text
            while ((getline row < path) > 0) if (row ~ /^[ \t]*NetworkName[ \t]*=/) { sub(/^[^=]*=[ \t]*/, "", row); sub(/[ \t\r]*$/, "", row); told = row }
            close(path); if (told != "") text = told
            if (text ~ /[^A-Za-z0-9_.-]/) return
        }
        networks = networks (networks == "" ? "" : ",") quoted(text)
    }
    function kube(path,   row, level, parts, number, i) {      # the ports of the pods in a file of Kubernetes, and nothing else of it
        while ((getline row < path) > 0) {
            sub(/\r$/, "", row); sub(/(^|[ \t])#.*/, "", row)
            if (row ~ /^[ \t]*$/) continue
            match(row, /^ */); level = RLENGTH
            if (inside && (level < at || (level == at && row !~ /^ *- /))) { item(); inside = 0 }
            if (row ~ /^ *hostNetwork: *true *$/) hosts = 1
            if (row ~ /^ *(- +)?ports: *$/) { item(); inside = 1; at = level; continue }
            if (!inside) continue
            if (row ~ /^ *- /) { item(); sub(/^ *- +/, "", row) }
            gsub(/[{}"\047 ]/, "", row); number = split(row, parts, ",")
            for (i = 1; i <= number; i++) if (parts[i] ~ /^(hostPort|containerPort|protocol|hostIP):/) {
                field = parts[i]; sub(/:.*/, "", field); sub(/^[^:]*:/, "", parts[i]); held[field] = parts[i]
            }
        }
        close(path); item(); inside = 0
    }
    function item(   from) {        # a port of a pod is published where it has a hostPort
        from = held["hostIP"]; if (from ~ /:/) from = "[" from "]"
        if (held["hostPort"] ~ /^[1-9][0-9]*$/ && held["containerPort"] ~ /^[0-9]+$/ && from !~ /[^][0-9a-f.:]/ && held["protocol"] ~ /^[A-Za-z]*$/)
            ports = ports (ports == "" ? "" : ",") quoted((from == "" ? "" : from ":") held["hostPort"] ":" held["containerPort"] \
                (held["protocol"] == "" ? "" : "/" tolower(held["protocol"])))
        split("", held)
    }
    function done(   name, stem, text) {
        if (main == "" || (base in told)) return
        told[base]
        stem = base; sub(/\.[a-z]*$/, "", stem)
        if (hosts) ports = ""
        if (unit == "") { unit = stem; if (base ~ /\.pod$/) unit = unit "-pod" }
        if (unit !~ /\.service$/) unit = unit ".service"
        sub(/@/, "_", stem); if (base ~ /@\./) stem = stem "%i"
        name = named; gsub(/%[iI]/, base ~ /@\./ ? "\001" : instance, name)
        if (name == "" || name ~ /%/) name = (base ~ /\.service$/ ? "" : "systemd-") stem
        gsub(/\001/, "%i", name)
        if (base ~ /\.service$/ && runs == "") return
        text = unit name main image install runs
        if (base ~ /@\./) gsub(/%i/, "", text)
        if (text ~ /[^A-Za-z0-9_.:@\/=, -]/) return
        printf "%s\t{\"User\":%s,\"File\":%s,\"Unit\":%s,\"Name\":%s,\"Image\":%s,\"Publish\":[%s],\"Networks\":[%s],\"Changed\":%d,\"Install\":%s\n", \
            unit, quoted(ENVIRON["HAIRPIN_USER"]), quoted(main), quoted(unit), quoted(name), quoted(image), ports, networks, newest, quoted(install) (runs == "" ? "" : ",\"Runs\":" quoted(runs))
    }
    function option(text) {      # without a port of the host, it may be an option of the program in the container
        if (text ~ /:/ && text !~ /[^][0-9a-z.:\/-]/) ports = ports (ports == "" ? "" : ",") quoted(text)
    }
    function started(text,   word, count, i, verb) {     # the command of a unit that a person wrote
        gsub(/["\047]/, "", text); count = split(text, word, /[ \t]+/)
        for (i = 1; i <= count; i++) {
            if (runs == "") {
                if (word[i] ~ /^[-@:+!]*([^ ]*\/)?(podman|docker)$/) { runs = word[i]; sub(/^[-@:+!]*([^ ]*\/)?/, "", runs) }
                continue
            }
            if (verb == "") {
                if (word[i] ~ /^(run|start|create|compose)$/) { verb = word[i]; runs = runs " " verb }
                continue
            }
            if (word[i] ~ /^(-p|--publish)$/) option(word[++i])
            else if (word[i] ~ /^(--publish=|-p[0-9])/) { sub(/^(--publish=|-p)/, "", word[i]); option(word[i]) }
            else if (word[i] == "--name") named = word[++i]
            else if (word[i] ~ /^--name=/) named = substr(word[i], 8)
            else if (verb == "start" && word[i] !~ /^-/) { named = word[i]; runs = runs " " named }
        }
        if (verb == "") runs = ""
    }
    function begin() {
        done(); main = FILENAME; base = file; unit = named = image = ports = networks = install = runs = line = section = ""; hosts = newest = 0
        instance = base; sub(/\.[a-z]*$/, "", instance); if (!sub(/^[^@]*@/, "", instance)) instance = ""
    }
    FNR == 1 {
        file = FILENAME; sub(/.*\//, "", file)
        if (file !~ /\.conf$/) begin()
        if (changed[FILENAME] > newest) newest = changed[FILENAME]
        line = section = ""
    }
    { sub(/\r$/, ""); if (line == "" && /^[ \t]*[#;]/) next; line = line $0; if (sub(/\\$/, " ", line)) next }
    line ~ /^[ \t]*\[/ { section = line; gsub(/[ \t]/, "", section); line = ""; next }
    {
        key = value = line; line = ""
        if (!sub(/[ \t]*=.*/, "", key)) next
        sub(/^[ \t]*/, "", key); sub(/^[^=]*=[ \t]*/, "", value); sub(/[ \t]*$/, "", value)
        if (section == "[Install]") { if (key ~ /^(WantedBy|RequiredBy|UpheldBy)$/) install = value == "" ? "" : install (install == "" ? "" : " ") value; next }
        if (base ~ /\.service$/) {
            if (section == "[Service]" && key == "ExecStart") { if (value == "") runs = named = ports = ""; else if (runs == "") started(value) }
            next
        }
        if (section !~ /^\[(Container|Pod|Kube)\]$/) next
        gsub(/["\047]/, "", value)
        if (key == "Yaml" && section == "[Kube]" && value !~ /[^A-Za-z0-9_.@\/-]/) {
            if (value !~ /^\//) { text = main; sub(/[^\/]*$/, "", text); value = text value }
            kube(value)
        }
        else if (key == "PublishPort") {
            if (base ~ /@\./) gsub(/%I/, "%i", value); else if (instance != "") gsub(/%[iI]/, instance, value)
            text = value; if (base ~ /@\./) gsub(/%i/, "", text)
            if (value == "") ports = ""
            else if (text !~ /[^][0-9a-z.:\/-]/) ports = ports (ports == "" ? "" : ",") quoted(value)
        }
        else if (key == "Network") { if (value == "") networks = ""; else network(value) }
        else if (key == "ContainerName" || key == "PodName") named = value
        else if (key == "ServiceName") unit = value
        else if (key == "Image") image = value ~ /[%$]/ ? "" : value
    }
    END { done() }' "$@"
}

# ---- firewall managers, system, files --------------------------------------------------------------------------------

firewalld_all() {
    process_here firewalld; pid=$here
    if [ -z "$pid" ]; then absent firewalld-state firewalld 'no firewalld process in this network namespace'; return; fi
    body firewalld-state "/proc/$pid/comm" running
    bus=/proc/$pid/root/run/dbus/system_bus_socket
    other_mounts "$pid" || bus=/run/dbus/system_bus_socket
    DBUS_SYSTEM_BUS_ADDRESS=unix:path=$bus; export DBUS_SYSTEM_BUS_ADDRESS
    # firewall-cmd takes a third of a second to start Python, so busctl asks on the bus directly.
    if have busctl && zones=$(fw zone getActiveZones 2>/dev/null); then firewalld_busctl
    elif have firewall-cmd; then
        ask firewalld-zones-text limit 8 firewall-cmd --list-all-zones
        ask firewalld-direct limit 8 firewall-cmd --direct --get-all-rules
    else
        absent firewalld-zones 'busctl call org.fedoraproject.FirewallD1' 'neither busctl with JSON nor firewall-cmd works'
    fi
}
fw() { # fw INTERFACE METHOD [SIGNATURE ARGUMENT]
    case $1 in '') interface=org.fedoraproject.FirewallD1 ;; *) interface=org.fedoraproject.FirewallD1.$1 ;; esac
    shift
    limit 4 busctl --system --json=short --auto-start=no call org.fedoraproject.FirewallD1 /org/fedoraproject/FirewallD1 "$interface" "$@"
}
firewalld_busctl() { # one JSON object a line: {"call": METHOD, "name": ARGUMENT, "reply": as busctl prints it}
    frame firewalld-zones 'busctl --json=short call org.fedoraproject.FirewallD1 (active zones, default zone, active policies)'
    printf '{"call":"getActiveZones","reply":%s}\n' "$zones"
    default=$(fw '' getDefaultZone) && printf '{"call":"getDefaultZone","reply":%s}\n' "$default"
    default=${default#*'["'}; default=${default%%'"'*}
    services=
    for name in $(printf '%s\n' "$default"; echo "$zones" | grep -oE '"[A-Za-z0-9_.-]+":\{' | tr -d '":{'); do
        case " $done " in *" $name "*) continue ;; esac
        done="$done $name"
        reply=$(fw zone getZoneSettings2 s "$name") && printf '{"call":"getZoneSettings2","name":"%s","reply":%s}\n' "$name" "$reply" ||
            { reply=$(fw '' getZoneSettings s "$name") && printf '{"call":"getZoneSettings","name":"%s","reply":%s}\n' "$name" "$reply"; }
        services="$services $(echo "$reply" | sed -n 's/.*"services":{"type":"as","data":\[\([^]]*\)\].*/\1/p' | tr -d '"' | tr ',' ' ')"
    done
    policies=$(fw policy getActivePolicies) && printf '{"call":"getActivePolicies","reply":%s}\n' "$policies"
    for name in $(echo "$policies" | grep -oE '"[A-Za-z0-9_.-]+":\{' | tr -d '":{'); do
        reply=$(fw policy getPolicySettings s "$name") && printf '{"call":"getPolicySettings","name":"%s","reply":%s}\n' "$name" "$reply"
    done
    reply=$(fw direct getAllRules) && printf '{"call":"direct.getAllRules","reply":%s}\n' "$reply"
    reply=$(fw direct getAllPassthroughs) && printf '{"call":"direct.getAllPassthroughs","reply":%s}\n' "$reply"
    endframe 0 text ''
    set --
    for name in $services; do set -- "$@" "/usr/lib/firewalld/services/$name.xml"; done
    [ $# = 0 ] || files firewalld-zones-permanent plain "$@"
}

all_files() {
    list=; firewalld_files; ufw_files; config_files; listed os-release plain /etc/os-release; listed machine-id plain /etc/machine-id
    read_files "$list"
}
firewalld_files() {
    listed firewalld-conf plain /etc/firewalld/firewalld.conf
    set --
    for f in "$HAIRPIN_ROOT"/etc/firewalld/*.xml "$HAIRPIN_ROOT"/etc/firewalld/*/*.xml; do
        set -- "$@" "${f#"$HAIRPIN_ROOT"}"
    done
    listed firewalld-zones-permanent plain "$@"
    [ ! -d "$HAIRPIN_ROOT/etc/firewalld" ] || firewalld_stock
}
firewalld_stock() { # the package's zones and policies, and the services and helpers that they and those of /etc name, and these name
    stock=$HAIRPIN_ROOT/usr/lib/firewalld
    set --
    for f in "$stock"/zones/*.xml "$stock"/policies/*.xml "$stock"/ipsets/*.xml; do
        [ -f "$f" ] || continue
        set -- "$@" "$f"; listed firewalld-zones-permanent plain "${f#"$HAIRPIN_ROOT"}"
    done
    for f in "$HAIRPIN_ROOT"/etc/firewalld/*/*.xml; do [ ! -f "$f" ] || set -- "$@" "$f"; done
    [ $# != 0 ] || return
    # shellcheck disable=SC2046
    listed firewalld-zones-permanent plain $(awk -v stock="$stock" '
    function name_all(word, folder,   rest, name) {     # the last word of a tag that has it
        name = ""
        for (rest = tag; match(rest, word); rest = substr(rest, RSTART + RLENGTH)) name = substr(rest, RSTART, RLENGTH)
        if (name == "") return 0
        sub(/.*["\047]/, "", name); if (folder == "helpers") sub(/^(nf_conntrack_)+/, "", name)
        name = folder "/" name
        if (!(name in named)) { named[name]; queue[++last] = stock "/" name ".xml"; print "/usr/lib/firewalld/" name ".xml" }
        return 1
    }
    BEGIN {
        quoted = "=[\"\047][A-Za-z0-9_.-]*"
        for (i = 1; i < ARGC; i++) queue[++last] = ARGV[i]
        for (i = 1; i <= last; i++) {
            while ((getline line <queue[i]) > 0) {
                n = split(line, tags, />/)
                for (j = 1; j <= n; j++) {
                    tag = tags[j]
                    if (!name_all("<(service|include)  *(name|service)" quoted, "services")) name_all("<(helper|module)  *name" quoted, "helpers")
                }
            }
            close(queue[i])
        }
    }' "$@" 2>/dev/null)
}
ufw_files() {
    listed ufw-conf plain /etc/ufw/ufw.conf
    listed ufw-default plain /etc/default/ufw
    listed ufw-rules plain /etc/ufw/user.rules /etc/ufw/user6.rules /etc/ufw/before.rules /etc/ufw/before6.rules \
        /etc/ufw/after.rules /etc/ufw/after6.rules /lib/ufw/user.rules /lib/ufw/user6.rules
    listed ufw-sysctl sysctl /etc/ufw/sysctl.conf
}
ufw_hooks() { # those of ufw's hooks that it runs: of other people's scripts no more than that they are there
    [ -d "$HAIRPIN_ROOT/etc/ufw" ] || return
    frame ufw-hooks '/etc/ufw/*.init'
    for name in before after; do [ ! -x "$HAIRPIN_ROOT/etc/ufw/$name.init" ] || echo "/etc/ufw/$name.init"; done
    endframe 0 text ''
}

floating_addresses() { # program, tab, path, tab, line, tab, address: what programs that move addresses between machines are told to hold.
    # Only addresses: these files have passwords. `-` stands for a name whose address is elsewhere.
    set --
    cd "$HAIRPIN_ROOT/" || return
    for f in etc/keepalived/*.conf etc/keepalived/*/*.conf var/lib/pacemaker/cib/cib.xml var/lib/heartbeat/crm/cib.xml etc/ha.d/haresources \
        etc/ucarp/*.conf etc/frr/frr.conf etc/default/vip-manager* etc/patroni/vip-manager*.yml etc/pgpool*/pgpool.conf \
        usr/local/etc/keepalived/*.conf; do
        if hidden "/$f" || { [ -f "$f" ] && [ ! -r "$f" ]; }; then say floating-addresses "/$f" 1 refused "/$f: Permission denied"
        elif [ -f "$f" ]; then set -- "$@" "$f"
        fi
    done
    [ ! -x etc/network/if-up.d/ucarp ] || for f in etc/network/interfaces etc/network/interfaces.d/*; do [ ! -r "$f" ] || [ ! -f "$f" ] || set -- "$@" "$f"; done
    [ $# = 0 ] || run floating-addresses '/etc/keepalived/*.conf, …/cib.xml, …' awk '
    function tell(program, text) {
        gsub(/["\047;,]/, "", text)
        if (text ~ /^[0-9A-Fa-f]*[.:][0-9A-Fa-f.:]*(\/[0-9]+)?$/) print program "\t/" FILENAME "\t" FNR "\t" text
        else if (text ~ /^[$@~]/) print program "\t/" FILENAME "\t" FNR "\t-"
    }
    function after(program, pattern,   text) {      # what stands behind the word or words
        text = $0
        if (sub(pattern, "", text)) { sub(/[ \t].*/, "", text); tell(program, text) }
    }
    FNR == 1 { depth = within = meant = ofip = 0 }
    FILENAME ~ /keepalived/ {       # a block virtual_ipaddress has an address at the start of each line
        sub(/[#!].*/, ""); gsub(/[{}]/, " & "); first = 1
        for (i = 1; i <= NF; i++) {
            if ($i == "{") { depth++; if (meant) { within = depth; meant = 0 }; first = 1; continue }
            if ($i == "}") { if (depth == within) within = 0; depth--; first = 1; continue }
            if ($i ~ /^virtual_ipaddress(_excluded)?$/) meant = 1
            else if (within && first) tell("keepalived", $i)
            first = 0
        }
        next
    }
    /^[ \t]*[#;]/ { next }
    FILENAME ~ /cib\.xml$/ {
        if (/<primitive /) ofip = / type="(IPaddr2?|IPv6addr|IPsrcaddr|aws-vpc-move-ip|portblock)"/
        if (ofip && /name="ip" /) { sub(/.* value="/, ""); sub(/".*/, ""); tell("pacemaker", $0) }
        if (/<\/primitive>/) ofip = 0
        next
    }
    FILENAME ~ /haresources$/ {
        for (i = 2; i <= NF; i++) if ($i ~ /^(IPaddr2?::)?[0-9]+\.[0-9.]+(\/|$)/) {
            sub(/^.*::/, "", $i); split($i, part, "/"); tell("heartbeat", part[1] (part[2] ~ /^[0-9]+$/ ? "/" part[2] : ""))
        }
        next
    }
    FILENAME ~ /ucarp/ { after("ucarp", "^[ \t]*(VIP_ADDRESS|VIP)="); next }
    FILENAME ~ /network\/interfaces/ { after("ucarp", "^[ \t]*ucarp-vip[ \t]+"); next }
    FILENAME ~ /frr\.conf$/ { after("frr", "^[ \t]*vrrp[ \t]+[0-9]+[ \t]+(ip|ipv6)[ \t]+"); next }
    FILENAME ~ /vip-manager/ { after("vip-manager", "^[ \t]*(VIP_IP|ip)[ \t]*[:=][ \t]*"); next }
    FILENAME ~ /pgpool/ { after("pgpool", "^[ \t]*delegate_(ip|IP)[ \t]*=[ \t]*") }' "$@"
    cd /
}

nft_includes() { # nft_includes FILE...: sets included: what these nft scripts include from places where no others are looked for
    set -f; IFS=$NL
    set -- "$(sed -n 's/^[^#]*include[[:space:]]*"\([A-Za-z0-9_./*?-]*\)".*/\1/p' "$@" 2>/dev/null)"
    # shellcheck disable=SC2086
    set -- $1
    set +f; IFS=$USUAL_IFS
    [ $# != 0 ] || return
    included=$(printf '%s\n' "$@" | sort -u | while read -r path; do
        case $path in /*) ;; *) path=/etc/$path ;; esac
        case $path in
            */../* | */./*) continue ;;
            /etc/* | /usr/local/etc/* | /var/lib/*) ;;
            *) continue ;;
        esac
        case $path in *nft* | *.rules | *.conf) ;; *) continue ;; esac
        IFS=
        for f in $HAIRPIN_ROOT$path; do # a pattern; no script of nft's is called like this by chance
            case ${f#"$HAIRPIN_ROOT"} in /etc/nftables.conf | /etc/nftables.nft | /etc/sysconfig/nftables.conf) continue ;; esac
            case ${f%/*} in "$HAIRPIN_ROOT/etc/nftables" | "$HAIRPIN_ROOT/etc/nftables.d") case $f in *.nft) continue ;; esac ;; esac
            [ ! -f "$f" ] || printf '%s\n' "${f#"$HAIRPIN_ROOT"}"
        done
        IFS=$USUAL_IFS
    done)
}
tuned_profiles() { # those that are active, and what they include: they set sysctls behind every file
    [ -r "$root/etc/tuned/active_profile" ] || return
    listed file plain /etc/tuned/active_profile
    read -r profiles <"$root/etc/tuned/active_profile"
    for depth in 1 2 3 4 5 6 7 8; do
        more=
        set -f
        for name in $profiles; do
            case $name in */* | .*) continue ;; esac
            for dir in /etc/tuned /etc/tuned/profiles /usr/lib/tuned /usr/lib/tuned/profiles; do
                [ -r "$root$dir/$name/tuned.conf" ] || continue
                listed file sysctl "$dir/$name/tuned.conf"
                more="$more $(sed -n 's/^[[:space:]]*include[[:space:]]*=//p' "$root$dir/$name/tuned.conf" | tr ',' ' ')"
                break
            done
        done
        set +f
        profiles=$more
        [ -n "${profiles# }" ] || break
    done
}
merged() { # merged NAME...: adds sorted names to sysctl_names, which is sorted, too
    before=$sysctl_names sysctl_names=
    set -f; IFS=$NL
    for name in $before; do
        while [ $# != 0 ] && [ "$1" \< "$name" ]; do sysctl_names=$sysctl_names$1$NL; shift; done
        [ "${1-}" != "$name" ] || shift
        sysctl_names=$sysctl_names$name$NL
    done
    set +f; IFS=$USUAL_IFS
    for name; do sysctl_names=$sysctl_names$name$NL; done
}
config_files() { # globs are expanded under --root, and the root is taken off again
    root=$HAIRPIN_ROOT
    set --
    # sysctl.d(5): by name; where names are equal the later directory of this list hides the earlier ones.
    sysctl_names=
    for dir in /usr/lib /lib /usr/local/lib /run /etc; do
        [ "$dir" = /lib ] && [ -L "$root/lib" ] && continue
        set --
        for f in "$root$dir"/sysctl.d/*.conf; do
            [ ! -e "$f" ] && [ ! -L "$f" ] || set -- "$@" "${f##*/}"
        done
        merged "$@"
    done
    set --
    set -f; IFS=$NL
    for name in $sysctl_names; do
        for dir in /usr/lib /lib /usr/local/lib /run /etc; do
            [ "$dir" = /lib ] && [ -L "$root/lib" ] && continue
            [ -e "$root$dir/sysctl.d/$name" ] || [ -L "$root$dir/sysctl.d/$name" ] && set -- "$@" "$dir/sysctl.d/$name"
        done
    done
    set +f; IFS=$USUAL_IFS
    listed file sysctl "$@" /etc/sysctl.conf
    tuned_profiles
    set --
    for f in "$root"/etc/nftables.conf "$root"/etc/nftables.nft "$root"/etc/nftables/*.nft "$root"/etc/nftables.d/*.nft \
        "$root"/etc/sysconfig/nftables.conf "$root"/etc/sysconfig/iptables "$root"/etc/sysconfig/ip6tables \
        "$root"/etc/sysconfig/iptables-config "$root"/etc/sysconfig/ip6tables-config "$root"/etc/sysconfig/ipset \
        "$root"/etc/sysconfig/ebtables* "$root"/etc/iptables/rules* "$root"/etc/iptables/ipsets "$root"/etc/iptables.rules \
        "$root"/etc/iptables.up.rules "$root"/etc/iptables/iptables.rules "$root"/etc/iptables/ip6tables.rules \
        "$root"/etc/conf.d/iptables "$root"/etc/default/netfilter-persistent "$root"/etc/ipset.conf \
        "$root"/etc/hosts "$root"/etc/resolv.conf "$root"/run/systemd/resolve/resolv.conf \
        "$root"/etc/modules "$root"/etc/modules-load.d/*.conf \
        "$root"/etc/modprobe.d/*.conf "$root"/etc/systemd/system/hairpin-*.service "$root"/etc/iproute2/rt_tables "$root"/etc/iproute2/rt_tables.d/*.conf
    do
        [ -e "$f" ] && set -- "$@" "${f#"$root"}"
    done
    listed file plain "$@"
    set --
    for f in "$root"/etc/nftables.conf "$root"/etc/nftables.nft "$root"/etc/nftables/*.nft \
        "$root"/etc/nftables.d/*.nft "$root"/etc/sysconfig/nftables.conf
    do
        [ ! -f "$f" ] || set -- "$@" "$f"
    done
    included=; [ $# = 0 ] || nft_includes "$@"
    set -f; IFS=$NL
    # shellcheck disable=SC2086
    set -- $included
    set +f; IFS=$USUAL_IFS
    listed file plain "$@"
    set --
    for f in "$root"/etc/network/interfaces "$root"/etc/network/interfaces.d/* "$root"/etc/default/networking \
        "$root"/run/network/ifstate "$root"/run/network/interfaces.d/* "$root"/etc/netplan/*.yaml \
        "$root"/usr/lib/systemd/network/*.net* "$root"/usr/lib/systemd/network/*.d/*.conf \
        "$root"/lib/systemd/network/*.net* "$root"/run/systemd/network/*.* "$root"/run/systemd/network/*.d/*.conf \
        "$root"/etc/systemd/network/*.* "$root"/etc/systemd/network/*.d/*.conf \
        "$root"/usr/lib/systemd/networkd.conf.d/*.conf "$root"/run/systemd/networkd.conf.d/*.conf \
        "$root"/etc/systemd/networkd.conf "$root"/etc/systemd/networkd.conf.d/*.conf "$root"/run/systemd/netif/links/* \
        "$root"/usr/lib/NetworkManager/conf.d/*.conf "$root"/run/NetworkManager/conf.d/*.conf \
        "$root"/etc/NetworkManager/NetworkManager.conf "$root"/etc/NetworkManager/conf.d/*.conf \
        "$root"/usr/lib/NetworkManager/system-connections/* "$root"/run/NetworkManager/system-connections/* \
        "$root"/etc/NetworkManager/system-connections/* "$root"/run/NetworkManager/devices/* \
        "$root"/etc/sysconfig/network "$root"/etc/sysconfig/static-routes "$root"/etc/sysconfig/network-scripts/ifcfg-* \
        "$root"/etc/sysconfig/network-scripts/route*-* "$root"/etc/sysconfig/network-scripts/rule*-* \
        "$root"/etc/conf.d/net \
        "$root"/run/systemd/netif/leases/* "$root"/var/lib/dhcp/*.leases "$root"/var/lib/dhclient/*.lease* \
        "$root"/var/lib/NetworkManager/*.lease
    do
        [ "${f#"$root"/lib/}" != "$f" ] && [ -L "$root/lib" ] && continue
        [ -e "$f" ] && set -- "$@" "${f#"$root"}"
    done
    listed file net "$@"
}
# A line with a word of this kind may hold a secret: it is told without its text.
SECRET_LINES='(curl|wget|pass|PASS|[Ss]ecret|SECRET|[Tt]oken|TOKEN|[Kk]ey|KEY|--user|:[^ /]*@)'
RULE_LINES='(^|[^#A-Za-z_-])(ip6?tables(-nft|-legacy)?(-restore)?|ipset|nft|sysctl|ufw|firewall-cmd|ebtables|ip (-[46] )?(rule|route|addr|link|netns)) |/proc/sys/net/'
# For awk: rules(LINE) tells whether the line programs rules or settings: by a tool, or by a variable that holds the name of a tool.
# A line that gives the variable its value is such a line, too. held: these variables, to be emptied before each script.
AWK_RULES='
    function rules(line,   name) {
        if (holds(line) || line ~ ENVIRON["RULE_LINES"]) return 1
        for (name in held) if (index(line, "$" name) || index(line, "${" name "}")) return 1
        return 0
    }
    function holds(line,   name) {
        if (line !~ /^[ \t]*((export|readonly|local|declare)[ \t]+)?[A-Za-z_][A-Za-z0-9_]*=[\042\047`$(]*((which|command -v)[ \t]+)?([^ \t\042\047]*\/s?bin\/)?(ip6?tables(-nft|-legacy)?|ipset|nft|ebtables|sysctl|ufw|firewall-cmd)([ \t\042\047`);]|$)/) return 0
        name = line; sub(/=.*/, "", name); sub(/^.*[ \t]/, "", name)
        held[name]
        return 1
    }'
boot_scripts() { # only the lines that program rules or sysctls at boot or from cron
    frame boot-scripts "grep -E 'iptables|nft|sysctl|…' /etc/rc.local /etc/cron.d/* …"
    if [ -n "$HAIRPIN_ROOT" ]; then ( cd "$HAIRPIN_ROOT/" && boot_lines ); else cd / && boot_lines; fi
    endframe 0 text ''
}
boot_lines() { # path:line:text, below the folder where this runs
    set --
    for f in etc/rc.local etc/rc.d/rc.local etc/crontab etc/cron.d/* etc/cron.hourly/* etc/cron.daily/* \
        etc/cron.weekly/* etc/cron.monthly/* etc/network/if-*.d/* var/spool/cron/root var/spool/cron/crontabs/root etc/NetworkManager/dispatcher.d/* \
        etc/networkd-dispatcher/*/* etc/local.d/*.start; do
        [ -f "$f" ] && [ -r "$f" ] && set -- "$@" "$f"
    done
    [ $# = 0 ] && return
    lines= known=$NL; for f; do known=$known$f$NL; done
    for again in yes yes no; do     # these files, the scripts that they call, and those that these scripts call
        found=$(rule_lines "$@")
        more=${found#*=}; more=${more#"$NL"}
        [ -z "$more" ] || lines=$lines${lines:+$NL}$more
        [ $again = yes ] || break
        named= called=
        set -f; IFS=$NL
        for f in ${found%%=*}; do
            case $f in named*) named=$named${f#named }$NL ;; *) called=$called${f#shell }$NL ;; esac
        done
        set +f; IFS=$USUAL_IFS
        scripts_among "$named"
        set -f; IFS=$NL
        named=$called called=
        for f in $scripts $named; do
            case $f in */../*) continue ;; esac
            case $known in *"$NL$f$NL"*) ;; *) [ ! -f "$f" ] || [ ! -r "$f" ] || { known=$known$f$NL; called=$called$f$NL; } ;; esac
        done
        # shellcheck disable=SC2086
        set -- $called
        set +f; IFS=$USUAL_IFS
        [ $# -gt 0 ] || break
    done
    [ -z "$lines" ] || printf '%s\n' "${lines%"$NL"}" | sed -E "s,^,/,; s,(:[0-9]+:).*$SECRET_LINES.*,\1 (not collected)," | head -n 500
}
scripts_named_in() { # scripts_named_in FILES: paths, with what stands before their first slash. In place of the shell.
    exec grep -shoE '(^|[ =@+!:-])/(etc|usr/local|opt|srv|root|home|var)/[A-Za-z0-9_./@+-]+' "$@"
}
scripts_among() { # scripts_among LINES: sets scripts, of these paths those of scripts that can be read
    set -f; IFS=$NL
    # shellcheck disable=SC2086
    set -- $1
    set +f; IFS=$USUAL_IFS
    n=$# scripts=
    for path; do
        case $path in */../*) ;; *) [ ! -f "$path" ] || [ ! -r "$path" ] || set -- "$@" "$path" ;; esac
    done
    shift "$n"
    [ $# -gt 0 ] || return 0
    { starts=$(head -c 2 "$@" /dev/null); } 2>/dev/null      # of several files each has a line with its name above
    set -f; IFS=$NL
    for line in $starts; do
        case $line in
            '==> '*' <==') path=${line#'==> '}; path=${path%' <=='} ;;
            '#!') scripts=$scripts$path$NL ;;
        esac
    done
    set +f; IFS=$USUAL_IFS
}
rule_lines() { # rule_lines FILES: what these files name: `named PATH`, or `shell PATH` behind the name of a shell, which needs no #! line
    # there; then a line `=`, and path:line:text of the lines that program rules or settings. In place of the shell.
    RULE_LINES=$RULE_LINES; export RULE_LINES
    exec awk "$AWK_RULES"'
        function note(form, path) { if (!((form, path) in known) && names < 100) { known[form, path]; name[++names] = form " " path } }
        function note_all(form, words,   rest, path) {
            for (rest = $0; match(rest, words); rest = substr(rest, RSTART + RLENGTH)) {
                path = substr(rest, RSTART, RLENGTH); sub(form == "named" ? "^[^/]*/" : "^.* /", "", path); note(form, path)
            }
        }
        BEGIN {
            path = "/(etc|usr/local|opt|srv|root|home|var)/[A-Za-z0-9_./@+-]+"
            named = "(^|[ =@+!:-])" path; shell = "(^|[ /;&|(])(ba|da|k)?sh( -[A-Za-z]+)* " path
        }
        FNR == 1 { split("", held) }
        rules($0) && told < 2000 { line[++told] = FILENAME ":" FNR ":" $0 }
        index($0, "/") { note_all("named", named); if (index($0, "sh")) note_all("shell", shell) }
        END {
            for (i = 1; i <= names; i++) print name[i]
            print "="
            for (i = 1; i <= told; i++) print line[i]
        }' "$@" 2>/dev/null
}
boot_units() { # unit, tab, path:line:text: of the enabled units, the commands, and the lines of their scripts, that program rules or
    # settings. What hairpin knows by name is left out. Sets found_units: the names of these units.
    [ -d "$HAIRPIN_ROOT/etc/systemd/system" ] || return
    lines=$(cd "$HAIRPIN_ROOT/" && unit_files && [ -n "$found_files" ] && unit_lines "$RULE_LINES" <<EOT
$found_files
EOT
)
    found_units=
    set -f; IFS=$NL
    for line in $lines; do
        line=${line%%"$TAB"*}
        case $found_units in *" $line") ;; *) found_units="$found_units $line" ;; esac
    done
    set +f; IFS=$USUAL_IFS
    body boot-units '/etc/systemd/system/*.wants' "$lines"
}
unit_lines() { # unit_lines WORDS [own]: for lines NAME FILE, what these units run at their start, and lines of scripts there, with one of the
    # words. own: of the administrator's units also what they run at their stop, and of any other command the program alone. Sorted by
    # these lines, 500 at most. In place of the shell.
    RULE_LINES=$1 SECRET_LINES=$SECRET_LINES; export RULE_LINES SECRET_LINES
    exec awk -v own="${2-}" "$AWK_RULES"'
        function tell(line) { if (++told <= 500) print line }
        function show(name, path, number, line) {
            if (line ~ ENVIRON["SECRET_LINES"]) line = " (not collected)"
            tell(name "\t/" path ":" number ":" line)
        }
        function look(name, file,   number, line, key, program, words, word, i, script, place) {
            while ((getline line <file) > 0) {
                number++
                if (line !~ /^Exec(Start(Pre|Post)?|Stop(Post)?)[ \t]*=/ || line ~ /^ExecStop/ && own == "") continue
                if (line ~ ENVIRON["RULE_LINES"]) { show(name, file, number, line); continue }
                if (line ~ /^ExecStop/) continue
                key = line; sub(/=.*/, "=", key)
                sub(/^[^=]*=[ \t]*[-@+!:|]*/, "", line)
                program = line; sub(/[ \t].*/, "", program)
                if (program != "" && own != "" && file ~ /^(etc|run)\/systemd\/system\//) tell(name "\t/" file ":" number ":" key program)
                words = split(line, word, /[ \t"]+/)
                for (i = 1; i <= words && i < 4; i++) {
                    script = substr(word[i], 2)
                    if (script !~ /^(etc|home|opt|root|srv|usr\/local|var)\// || index(script, "\047")) continue
                    if (system("test -f \047" script "\047")) continue     # some awks end when they read a folder
                    if ((getline line <script) <= 0 || line !~ /^#!/ && word[1] !~ /\/(ba|da|k)?sh$/) { close(script); continue }
                    split("", held)
                    place = 0
                    do {
                        place++
                        if ((own == "" ? rules(line) : line ~ ENVIRON["RULE_LINES"]) && line !~ /^[ \t]*#/) show(name, script, place, line)
                    } while ((getline line <script) > 0)
                    close(script)
                }
            }
            close(file)
        }
        NF == 2 {       # most come in order
            for (i = n; i > 0 && all[i] > $0; i--) all[i + 1] = all[i]
            all[i + 1] = $0; n++
        }
        END { for (i = 1; i <= n; i++) if (all[i] != all[i - 1]) { split(all[i], part, " "); look(part[1], part[2]) } }' 2>/dev/null
}
unit_files() { # sets found_files: lines NAME FILE of each enabled unit and of its drop-ins, below the folder where this runs
    found_files=
    for link in etc/systemd/system/*.wants/* etc/systemd/system/*.requires/*; do
        name=${link##*/}
        case $name in
            docker.* | containerd.* | firewalld.* | ufw.* | nftables.* | iptables.* | ip6tables.* | netfilter-persistent.*) continue ;;
            systemd-* | ssh* | getty* | '*') continue ;;
            *.timer) name=${name%.timer}.service ;;
            *.service) ;;
            *) continue ;;
        esac
        set -- "$name"
        case $name in *@*) set -- "$name" "${name%%@*}@.service" ;; esac
        for unit; do
            for folder in etc/systemd/system run/systemd/system usr/local/lib/systemd/system usr/lib/systemd/system lib/systemd/system; do
                [ -f "$folder/$unit" ] && found_files="$found_files$name $folder/$unit$NL" && break
            done
            for file in etc/systemd/system/"$unit".d/*.conf run/systemd/system/"$unit".d/*.conf; do
                [ ! -f "$file" ] || found_files="$found_files$name $file$NL"
            done
        done
    done
}

versions() { # for one question only what answers depend on; the rest is for people who read a snapshot
    if have iptables; then
        capture iptables -V; captured versions 'iptables -V'
        iptables_check "$out"
    else absent versions iptables 'iptables is not installed'
    fi
    packages
    [ -z "$HAIRPIN_ONLY" ] || return
    ask versions uname -a
    out=; [ "$HAIRPIN_IP_FORM" = none ] || ! of_host ip || capture $HAIRPIN_IP -V
    case $out in
        *iproute2*) captured versions "$HAIRPIN_IP -V" ;;
        *) [ -n "$HAIRPIN_IP_TRIED$HAIRPIN_TOOLS" ] || { usable_ip; case $HAIRPIN_IP_FORM in json | text) ask versions $HAIRPIN_IP -V ;; esac; } ;;
    esac
    for program in nft ipset conntrack; do
        of_host $program || { absent versions $program "$program is not installed"; continue; }
        case $program in
            nft) ask versions nft -v ;;
            conntrack) ask versions conntrack -V ;;
            ipset) loaded ip_set && ask versions ipset -v ;;     # it asks the kernel for its protocol
        esac
    done
    if [ -d /run/systemd/system ]; then capture systemctl --version; out=${out%%"$NL"*}; captured versions 'systemctl --version'; fi
}
packages() {
    names='iptables nftables ipset ebtables conntrack-tools conntrack iproute2 iproute docker.io docker-ce docker-ce-cli moby-engine
        docker containerd containerd.io runc podman netavark aardvark-dns containernetworking-plugins firewalld ufw fail2ban crowdsec
        netfilter-persistent iptables-persistent iptables-services ipset-persistent ipset-service nftables-services systemd NetworkManager network-manager
        netplan.io ifupdown ifupdown2 cloud-init linux-image-amd64 kernel'
    if [ -r /var/lib/dpkg/status ]; then
        line $names; run packages /var/lib/dpkg/status dpkg_packages "$line"
    elif have rpm; then
        some packages 'rpm -q' rpm -q --qf '%{NAME} %{VERSION}-%{RELEASE}\n' $names
    elif have apk; then
        some packages 'apk info -v' apk info -v
    elif have pacman; then
        some packages 'pacman -Q' pacman -Q $names iptables-nft
    fi
}
dpkg_packages() { # dpkg_packages NAMES: those that are installed, as dpkg-query -W prints them, which takes three times as long. In place
    # of the shell.
    exec awk -v names="$1" '
    BEGIN { n = split(names, name, " "); for (i = 1; i <= n; i++) wanted[name[i]] }
    /^Package: / { package = $2; next }
    /^Status: .* installed$/ { if (package in wanted) status = substr($2, 1, 1) "i " }
    /^Version: / && status != "" { print status " " package " " $2; status = "" }' /var/lib/dpkg/status
}

rule_tools() { # what may keep rules from being made: each reading only where there is something to say, which costs next to nothing
    iptables_programs
    xtables_lock
    module_files
}
iptables_check() { # iptables_check VERSION: does -C take rules of different interfaces for equal? Only 1.8.11 may: a rule is made and looked
    # for in a network namespace of its own, which ends with the command. It loads nothing, and no rule of the host's is asked.
    case $1 in *'v1.8.11 (nf_tables)'*) ;; *) return ;; esac
    if [ "$HAIRPIN_UID" != 0 ] || ! have unshare || ! loaded nf_tables; then
        absent iptables-check 'unshare --net iptables -C' 'this needs root, unshare and a loaded nf_tables'
        return
    fi
    run iptables-check 'unshare --net iptables -A T -i a1 ! -o a1 -j DROP; iptables -C T -i b2 ! -o b2 -j DROP' limited 5 unshare -n sh -c '
        iptables -N T && iptables -A T -i a1 ! -o a1 -j DROP && iptables -C T -i a1 ! -o a1 -j DROP || exit 1
        if iptables -C T -i b2 ! -o b2 -j DROP 2>/dev/null; then echo taken for equal; else echo told apart; fi'
}
iptables_programs() { # path, tab, what it links to, tab, version: each iptables on the path of dockerd, the first one first. Of a single one: its path
    processes dockerd dockerd-current
    for pid in $pids -; do [ "/proc/$pid/ns/net" -ef /proc/self/ns/net ] && break; done
    [ "$pid" != - ] || return
    root=/proc/$pid/root
    path=$NL$(tr '\0\n' '\n ' <"/proc/$pid/environ" 2>/dev/null)
    case $path in *"${NL}PATH="*) path=${path#*"${NL}PATH="}; path=${path%%"$NL"*} ;; *) return ;; esac   # no other variable is kept
    found= count=0
    set -f; IFS=:
    for dir in $path; do
        IFS=$USUAL_IFS
        [ -x "$root$dir/iptables" ] && [ ! -d "$root$dir/iptables" ] || continue
        for before in $found; do [ "$root$dir/iptables" -ef "$root$before" ] && continue 2; done
        found="$found $dir/iptables" count=$((count + 1))
    done
    IFS=$USUAL_IFS
    if [ "$count" -lt 2 ]; then body iptables-programs "PATH of /proc/$pid/environ" "${found# }"
    else run iptables-programs "PATH of /proc/$pid/environ" versions_of $found
    fi
    set +f
}
versions_of() { # of programs of the mount namespace whose root is $root
    inside=
    [ "/proc/$pid/ns/mnt" -ef /proc/self/ns/mnt ] || inside="chroot $root"
    for program; do
        printf '%s\t%s\t%s\n' "$program" "$($inside readlink -f "$program")" "$(limit 2 $inside "$program" -V 2>&1 | head -n 1)"
    done
}
xtables_lock() { # process id, tab, command, tab, seconds since its start, tab, holds or waits: of the lock of iptables' legacy back end
    [ -e /run/xtables.lock ] || return
    locks=
    while read -r _ kind rest; do case $kind$rest in FLOCK* | '->'*FLOCK*) locks=yes ;; esac; done </proc/locks
    if [ -z "$locks" ]; then body xtables-lock /proc/locks ''; else run xtables-lock /proc/locks lock_holders; fi
} 2>/dev/null
lock_holders() {
    # shellcheck disable=SC2046
    set -- $(stat -c '%D %i' /run/xtables.lock)
    device=$((0x$1)) inode=$2       # of stat(2); the kernel prints major, minor (in hexadecimal) and inode
    file=$(printf '%02x:%02x:%s' $((device >> 8 & 0xfff)) $((device & 0xff | device >> 12 & 0xfff00)) "$inode")
    read -r now _ </proc/uptime
    while read -r _ how words; do
        case $words in *" $file "*) ;; *) continue ;; esac
        doing=holds
        [ "$how" = '->' ] && doing=waits words=${words#* }
        # shellcheck disable=SC2086
        set -- $words
        pid=$3
        read -r comm <"/proc/$pid/comm" && read -r stat <"/proc/$pid/stat" || continue
        # shellcheck disable=SC2086
        set -- ${stat##*) }         # the 20th word from here on is the start, in hundredths of a second (USER_HZ)
        printf '%s\t%s\t%s\t%s\n' "$pid" "$comm" $((${now%.*} - ${20} / 100)) "$doing"
    done </proc/locks
}
module_files() { # those of the modules that container engines' rules need, and what modprobe's files forbid
    [ "$HAIRPIN_MODULES" != none ] || return
    folder=/lib/modules/$HAIRPIN_KERNEL
    if [ ! -d "$folder" ]; then body module-files "$folder" 'not there'; return; fi
    [ -z "$HAIRPIN_ONLY" ] || return
    names='bridge|br_netfilter|veth|vxlan|nf_tables|nft_compat|nft_chain_nat|nf_nat|nf_conntrack|ip_tables|iptable_nat|iptable_filter|ip6_tables|ip6table_nat|ip6table_filter|ip_set|ip_set_hash_net|xt_addrtype|xt_conntrack|xt_MASQUERADE|xt_nat|xt_set|xt_mark|xt_tcpudp'
    run module-files "$folder/modules.dep, modules.builtin; /etc/modprobe.d" found_modules
}
found_modules() {
    grep -hosE "^[^: ]*/($names)\.ko[.a-z0-9]*" "$folder/modules.dep" "$folder/modules.builtin"
    grep -nsE "^[[:space:]]*(blacklist|install)[[:space:]]+($names)([[:space:]]|\$)" /etc/modprobe.d/*.conf /usr/lib/modprobe.d/*.conf /dev/null
    :
}
some() { # some KEY ORIGIN COMMAND...: as run. The query fails if a name is not installed, but answers for the others
    frame "$1" "$2"; shift 2
    "$@" 2>/dev/null
    endframe 0 - ''
}

HOST_SERVICES="apache2.service bind9.service caddy.service chrony.service chronyd.service cockpit.service cockpit.socket
    cups.service cups.socket dhcpd.service dnsmasq.service dovecot.service dropbear.service exim.service
    exim4.service haproxy.service httpd.service isc-dhcp-server.service kea-dhcp4-server.service lighttpd.service
    mariadb.service memcached.service mongod.service mongodb.service mysql.service mysqld.service named.service
    nfs-kernel-server.service nfs-server.service nginx.service node_exporter.service ntp.service ntpd.service
    ntpsec.service opensmtpd.service openvpn.service pdns.service postfix.service postgresql.service proftpd.service
    prometheus-node-exporter.service prometheus.service pure-ftpd.service rabbitmq-server.service
    redis-server.service redis.service rpcbind.service rpcbind.socket rsync.service rsyncd.service rsyslog.service
    samba.service sendmail.service slapd.service smb.service smbd.service snmpd.service ssh.service ssh.socket
    sshd.service sshd.socket syslog-ng.service tftpd-hpa.service unbound.service valkey.service vsftpd.service
    wg-quick@wg0.service xrdp.service zabbix-agent.service zabbix-agent2.service"
network_lines() { # path:line:text: where a file of this host, a quadlet or set-property filters a unit's addresses (systemd.resource-control(5)),
    # gives it a network namespace (systemd.exec(5)), or passes connections on (systemd-socket-proxyd(8))
    grep -rnsE '^[[:space:]]*((IPAddress(Allow|Deny)|PrivateNetwork|NetworkNamespacePath|JoinsNamespaceOf)[[:space:]]*=|ExecStart[[:space:]]*=[-@+!: ]*(/usr)?/lib/systemd/systemd-socket-proxyd[[:space:]])' \
        /etc/systemd/system /run/systemd/system /run/systemd/generator* /run/systemd/transient /etc/systemd/system.control /run/systemd/system.control \
        /etc/containers/systemd /usr/share/containers/systemd
}
units_with() { # units_with WORDS LINES: the units of these lines that have one of the words; a template, or a drop-in for a prefix (user-.slice.d), as a pattern
    printf '%s\n' "$2" | sed -nE '/:[[:space:]]*('"$1"')/ { s|:[0-9]*:.*||; s|/[^/]*\.conf$||; s|\.d$||; s|.*/||; s,\.(container|pod|kube)$,.service,; /^-/d; /[^A-Za-z0-9:_.@-]/d; s|([@-])\.|\1*.|; p; }' | sort -u
}
networks_of_units() { # networks_of_units UNIT...: of each what systemd says of its network, the inode of its process's namespace, and only the command of a proxy
    limited 4 systemctl show --no-pager -p Id,ActiveState,MainPID,PrivateNetwork,NetworkNamespacePath,JoinsNamespaceOf,TriggeredBy,ExecStart "$@" | awk '
        /^ExecStart=/ {
            if (!sub(/.* argv\[\]=/, "") || $1 !~ /\/systemd-socket-proxyd$/) next
            sub(/ ;.*/, ""); print "ExecStart=" $0; next
        }
        { print }
        /^MainPID=[1-9][0-9]*$/ {
            command = "stat -L -c %i /proc/" substr($0, 9) "/ns/net 2>/dev/null"
            if ((command | getline inode) > 0) print "Netns=" inode
            close(command)
        }'
}
units() {
    if ! [ -d /run/systemd/system ] || ! have systemctl; then absent units 'systemctl show' 'systemd does not run here'; return; fi
    # Services of the host itself matter where nothing takes an asked port, and then all is read.
    set --
    # shellcheck disable=SC2086
    [ -n "$HAIRPIN_ONLY" ] || set -- $HOST_SERVICES
    lines=$(network_lines) filtered= networked=
    if [ -n "$lines" ]; then
        body unit-filters 'files of units: IPAddressDeny=, PrivateNetwork=, …' "$lines"
        filtered=$(units_with IPAddressDeny "$lines")
        networked=$(units_with 'PrivateNetwork|NetworkNamespacePath|JoinsNamespaceOf|ExecStart' "$lines")
    fi
    set -f
    # shellcheck disable=SC2086
    [ -z "$networked" ] || run unit-networks 'systemctl show' networks_of_units $networked
    # shellcheck disable=SC2086
    set -- $found_units $filtered $networked "$@"
    set +f
    run units 'systemctl show' limited 8 systemctl show --no-pager -p Id,LoadState,ActiveState,SubState,UnitFileState,After,Before,PartOf,Requires,Wants,BindsTo,Conflicts,FragmentPath,DropInPaths,ActiveEnterTimestamp,InactiveEnterTimestamp,Result,NRestarts,KillMode,MainPID,IPAddressAllow,IPAddressDeny,Listen \
        docker.service docker.socket containerd.service podman.service podman-restart.service netavark-firewalld-reload.service \
        firewalld.service ufw.service nftables.service iptables.service ip6tables.service netfilter-persistent.service \
        ipset.service ebtables.service fail2ban.service crowdsec.service tuned.service systemd-sysctl.service systemd-networkd.service \
        NetworkManager.service networking.service network.service network-online.target dhcpcd.service wickedd.service \
        systemd-resolved.service tailscaled.service strongswan.service ipsec.service csf.service lfd.service shorewall.service \
        kubelet.service k3s.service libvirtd.service virtnetworkd.service lxc-net.service incus.service "$@" '*.socket'    # Listen=: whose socket process 1 holds
}

desktop_signs() { # of the virtual machine of a desktop engine, where there is one: name, tab, value. Elsewhere starts no process.
    signs=
    for file in /etc/podman-machine /etc/containers/podman-machine; do
        [ ! -r "$file" ] || { read -r line <"$file"; signs="${signs}podman-machine$TAB$line$NL"; break; }
    done
    [ ! -e /run/lima-boot-done ] || signs="${signs}lima$TAB$NL"
    case $HAIRPIN_KERNEL in
        *[Mm]icrosoft*) ! have wslinfo || { mode=$(limited 3 wslinfo --networking-mode 2>/dev/null) && signs="${signs}wsl-networking$TAB$mode$NL"; } ;;
    esac
    [ -z "$signs" ] || body desktop-signs '/etc/podman-machine, /run/lima-boot-done, wslinfo --networking-mode' "${signs%"$NL"}"
}
system() {
    identity
    frame dmi /sys/class/dmi/id
    if [ -d /sys/class/dmi/id ]; then
        for name in sys_vendor product_name chassis_asset_tag bios_vendor; do
            while IFS= read -r line; do printf '%s:%s\n' "$name" "$line"; done <"/sys/class/dmi/id/$name"
        done 2>/dev/null
        endframe 0 text ''
    else endframe 1 absent '/sys/class/dmi/id is not there'
    fi
    desktop_signs
    cloud_init
    [ -z "$HAIRPIN_ONLY" ] || return
    if [ -e /proc/modules ]; then ask modules cat /proc/modules; else absent modules /proc/modules 'this kernel has no loadable modules'; fi
    kernel_cmdline
    kernel_log
}
CLOUD_PATHS='ds.meta_data.public-ipv4 ds.meta_data.local-ipv4 ds.meta_data.eipv4 ds.meta_data.private-ipv4
    ds.meta_data.network.interfaces.macs.*.ipv4-associations ds.meta_data.network.interfaces.macs.*.public-ipv4s
    ds.meta_data.network.interfaces.macs.*.local-ipv4s ds.meta_data.imds.network.interface.ipv4.ipAddress.publicIpAddress
    ds.meta_data.imds.network.interface.ipv4.ipAddress.privateIpAddress ds.ec2_metadata.public-ipv4
    ds.ec2_metadata.local-ipv4 ds.meta_data.public_ip.address ds.meta_data.private_ip
    ds.meta_data.interfaces.public.ipv4.ip_address'
cloud_init() { # of the cloud's metadata only the host's addresses: the rest has keys, tokens and user data
    file=/run/cloud-init/instance-data.json real=${HAIRPIN_ROOT}/run/cloud-init/instance-data.json
    if [ ! -e "$real" ]; then absent cloud-init "$file" "$file is not there"
    elif [ ! -r "$real" ]; then say cloud-init "$file" 1 refused "$file: Permission denied"
    else run cloud-init "$file" allow_json "$CLOUD_PATHS" <"$real"
    fi
}
identity() { # machine id and boot id: two snapshots with the same pair are of one machine
    boot=
    read -r boot 2>/dev/null </proc/sys/kernel/random/boot_id
    if [ -n "$boot" ]; then body boot-id /proc/sys/kernel/random/boot_id "$boot"
    else absent boot-id /proc/sys/kernel/random/boot_id 'this kernel tells no boot id'
    fi
}
netns_ids() { # sets ids, the lines. lsns fails as a whole if a process ends while lsns looks at it: then it runs once more
    set -- netns-ids 'lsns -t net -r -n -o NS,NETNSID,PID' limited 8 lsns -t net -r -n -o NS,NETNSID,PID
    if out=$(limited 8 lsns -t net -r -n -o NS,NETNSID,PID 2>/dev/null); then st=0 err= ids=$out; captured "$1" "$2"; else run "$@"; fi
}
kernel_cmdline() {
    line= words=
    { read -r line </proc/cmdline; } 2>/dev/null
    set -f
    for word in $line; do
        case $word in
            ipv6.* | ipv6_* | net.* | net_* | nf_* | ip_* | xt_* | br_* | bridge.* | systemd.unified* | cgroup* | selinux* | \
                apparmor* | security* | lockdown* | module_blacklist* | modprobe.blacklist* | mitigations*) words=$words${words:+$NL}$word ;;
        esac
    done
    set +f
    body kernel-cmdline /proc/cmdline "$words"
}
kernel_log() {
    capture dmesg
    [ -z "$out" ] || out=$(printf '%s\n' "$out" | awk '
    tolower($0) ~ /martian|conntrack|neighbou?r|arp_cache|netfilter|ip6?_?tables|nf_tables|br_netfilter|xt_|rp_filter|syn flooding|in=.* out=|renamed from|hw csum failure|bad gso/ {
        kept[++n] = $0
    }
    END { for (i = n > 200 ? n - 199 : 1; i <= n; i++) print kept[i] }')
    captured klog dmesg
}

# ---- traces: what happened to the host, as its own logs tell ------------------------------------------------------------

# The functions of --traces are kept as text: plain readings do without them.
trace_functions() { eval "$(cat)"; } <<'LIB'
# The lines of a log that matter are chosen here, by these words and units. Each reading has at most TRACE_LINES lines, the
# newest ones; a further line then says `# truncated`. Lines that may hold a secret are told without it: without_secrets.
TRACE_LINES=4000
TRACE_UNITS="docker.service docker.socket containerd.service podman.service podman-restart.service
    netavark-firewalld-reload.service firewalld.service ufw.service nftables.service iptables.service ip6tables.service
    netfilter-persistent.service ipset.service ebtables.service fail2ban.service crowdsec.service systemd-sysctl.service networking.service
    network.service systemd-networkd.service NetworkManager.service systemd-resolved.service dhcpcd.service wickedd.service
    csf.service lfd.service shorewall.service tailscaled.service wg-quick@wg0.service openvpn.service strongswan.service
    ipsec.service k3s.service kubelet.service libvirtd.service virtnetworkd.service lxc-net.service incus.service
    tuned.service systemd-modules-load.service apt-daily-upgrade.service unattended-upgrades.service
    dnf-automatic.service dnf-automatic-install.service ssh.service sshd.service crond.service cron.service"
TRACE_PACKAGES='(iptables|libxtables|libip[46]tc|nftables|libnftables|libnftnl|ipset|ebtables|conntrack|docker|moby|containerd|runc|podman|netavark|aardvark|containernetworking|firewalld|python3-firewall|ufw|fail2ban|crowdsec|netfilter-persistent|systemd|network-manager|NetworkManager|netplan|ifupdown|cloud-init|linux-image|kernel)'
TRACE_COMMANDS='(^|[^A-Za-z0-9_.-])(ip6?tables(-nft|-legacy)?(-restore|-apply)?|ipset|nft|sysctl|ufw|firewall-cmd|firewall-offline-cmd|ebtables|arptables|conntrack|ip|ifup|ifdown|ifconfig|route|brctl|bridge|tc|nmcli|netplan|docker|docker-compose|podman|nerdctl|dockerd|systemctl|service|invoke-rc\.d|netfilter-persistent|iptables-apply|csf|shorewall|fail2ban-client|modprobe|rmmod|reboot|shutdown|poweroff|wg|wg-quick|apt|apt-get|aptitude|dpkg|dnf|yum|rpm|zypper|pacman|apk|snap|timedatectl|hwclock|update-alternatives|needrestart|kubectl|k3s|tailscale|networkctl|resolvectl|ipvsadm|systemd-run|nsenter|salt-call|salt-ssh|puppet|chef-client|ansible-pull|ansible-playbook)([^A-Za-z0-9_.-]|$)|/proc/sys/|/etc/(sysctl|docker|firewalld|ufw|nftables|iptables|network|sysconfig)'
KERNEL_WORDS='Linux version|[Ll]ink is ([Uu]p|[Dd]own)|nf_conntrack: table full|Bridge firewalling registered|Lost carrier|Gained carrier|carrier: link|neighbou?r:? .*table overflow|SYN flooding|NETDEV WATCHDOG'
ENGINE_WORDS='Starting up|Daemon has completed initialization|Daemon shutdown complete|Processing signal|Loading containers: |Firewalld: interface docker0 already|level=(error|fatal)|level=warning.*(iptables|nftables|forward|bridge|firewall|port)|[Ff]ailed to (start|program|set up|create)|xtables lock'

trace_all() { # each job prints its own readings; only the asked kinds: key=KIND in the words of --traces
    process_here dockerd dockerd-current; daemon=$here daemon_root=
    [ -n "$daemon" ] && other_mounts "$daemon" && daemon_root=/proc/$daemon/root
    TRACE_ROOT=${HAIRPIN_ROOT:-$daemon_root} TRACE_SINCE= kinds= logs= known=
    for word in $HAIRPIN_TRACES; do
        case $word in
            since=*[!0-9]* | key=*[!a-z-]* | log=*[!A-Za-z0-9_./-]*) ;;
            since=?*) TRACE_SINCE=${word#since=} ;;
            key=?*) kinds="$kinds ${word#key=}" ;;
            known=containers) known=yes ;;
            log=?*/?*/?*) logs="$logs ${word#log=}" ;;
        esac
    done
    case $TRACE_ROOT in '' | /*) ;; *) TRACE_ROOT=${PWD%/}/$TRACE_ROOT ;; esac      # jobs go to other folders
    NOW=$(date '+%s %z'); OFFSET=${NOW#* } NOW=${NOW%% *}
    : "${TRACE_SINCE:=$((NOW - 604800))}"
    export SECRET_LINES
    journal_here
    job 00-clock trace_clock
    [ -z "$logs" ] || job 15-logs container_logs
    if ! ours; then absent trace-boots /var/log 'the logs that are seen here are those of another host'; return; fi
    if [ -n "$JOURNAL" ]; then
        trace_job 01-boots boots trace_boots
        trace_job 02-units units trace_units
        trace_job 03-engines engines trace_engines
        trace_job 04-firewalls firewalls trace_firewalls
        trace_job 05-kernel kernel trace_kernel
        trace_job 06-logins logins trace_logins
    else        # most of these have nothing to read then
        trace_job 01-boots boots trace_boots units trace_units
        trace_job 03-logs engines trace_engines firewalls trace_firewalls kernel trace_kernel logins trace_logins
    fi
    trace_job 07-cron cron trace_cron
    trace_job 09-syslog syslog trace_syslog audit trace_audit
    trace_job 11-packages packages trace_packages
    trace_job 12-files files trace_files
    trace_job 13-docker containers trace_docker
    trace_job 14-podman containers trace_podman
}
trace_job() { # trace_job FILE (KIND FUNCTION)...: unless other kinds are asked for. What only says that nothing is there needs no shell.
    file=$1 functions=; shift
    while [ $# -gt 0 ]; do
        case " ${kinds:-$1} " in *" $1 "*) functions="$functions $2" ;; esac
        shift 2
    done
    case $functions in
        '') ;;
        ' trace_podman')
            if have podman && podman_used; then job "$file" trace_podman
            elif [ -n "$HAIRPIN_TMP" ]; then no_podman >"$HAIRPIN_TMP/$file"
            else no_podman
            fi ;;
        *) job "$file" in_turn $functions ;;
    esac
}
newest() { # newest lines first in, at most TRACE_LINES out, told; with MOST_EACH that many of each unit, and no word about the others.
    # newest yes: as they are. In place of the shell.
    exec awk -v most="$TRACE_LINES" -v each="${MOST_EACH-}" -v raw="${1-}" "$TOLD"'
    each != "" { if (!match($0, /"UNIT" *: *"[^"]*"/) || ++seen[substr($0, RSTART, RLENGTH)] > each) next }
    NR > most && each == "" { print "# truncated: the newest " most " lines"; exit }
    raw != "" { print; next }
    {
        gsub(/"__(CURSOR|SEQNUM|SEQNUM_ID)" *: *"[^"]*",/, ""); gsub(/,"__(CURSOR|SEQNUM|SEQNUM_ID)" *: *"[^"]*"/, "")
        print told($0)
    }'
}
# The last lines that were kept, at most `most`.
RING='
    function keep(line) { kept[++all % most] = line }
    function first() { return all > most ? all - most + 1 : 1 }
'
latest() { # oldest lines first in, the last TRACE_LINES out, told. In place of the shell.
    exec awk -v most="$TRACE_LINES" "$TOLD$RING"'{ keep($0) } END { for (i = first(); i <= all; i++) print told(kept[i % most]) }'
}
events() { # events WITH WITHOUT: the last TRACE_LINES lines that have the one and lack the other. In place of the shell.
    exec awk -v most="$TRACE_LINES" -v with="$1" -v without="$2" "$RING"'
        $0 ~ with && $0 !~ without { keep($0) }
        END { for (i = first(); i <= all; i++) print kept[i % most] }'
}
journal_here() { # sets JOURNAL: the command for the journal, or empty; JOURNAL_KIND: persistent volatile none refused
    JOURNAL= JOURNAL_KIND=none JOURNAL_VERSION=0
    have journalctl || return
    folder=
    for each in var/log/journal run/log/journal; do
        for file in "$TRACE_ROOT/$each"/*/system*.journal "$TRACE_ROOT/$each"/*.journal; do
            [ -e "$file" ] || continue
            folder=$TRACE_ROOT/$each
            [ -r "$file" ] || { JOURNAL_KIND=refused; return; }
            break 2
        done
        [ -d "$TRACE_ROOT/$each" ] && ! [ -x "$TRACE_ROOT/$each" ] && { JOURNAL_KIND=refused; return; }
    done
    [ -n "$folder" ] || return
    case $folder in */var/log/journal) JOURNAL_KIND=persistent ;; *) JOURNAL_KIND=volatile ;; esac
    version=$(journalctl --version 2>/dev/null); JOURNAL_VERSION=
    case $version in 'systemd '*) JOURNAL_VERSION=${version#systemd }; JOURNAL_VERSION=${JOURNAL_VERSION%%[!0-9]*} ;; esac
    : "${JOURNAL_VERSION:=0}"
    JOURNAL="journalctl -q --no-pager" JOURNAL_GREP=
    # Lines that are left out need not be put into JSON then: a tenth of the time on a host that logs much.
    case $version in *+PCRE2*) [ "$JOURNAL_VERSION" -lt 237 ] || JOURNAL_GREP=yes ;; esac
    [ -z "$TRACE_ROOT" ] || JOURNAL="$JOURNAL -D $folder"
    export JOURNAL JOURNAL_KIND JOURNAL_VERSION JOURNAL_GREP
}
JOURNAL_FIELDS='MESSAGE,UNIT,SYSLOG_IDENTIFIER,_COMM,_PID'
journal() { # journal KEY WORDS MATCH...: its newest entries that fit, one JSON object a line; WORDS: a filter, or empty
    key=$1 words=$2; shift 2
    case $JOURNAL_KIND in
        refused) say "$key" journalctl 1 refused 'the journal: Permission denied'; return 1 ;;
        none) absent "$key" journalctl 'there is no journal'; return 1 ;;
    esac
    if [ $# -gt 4 ]; then line journalctl "$1" "$2" "$3" "…"; else line journalctl "$@"; fi
    run "$key" "$line" journal_lines "$@"
}
journal_lines() {
    [ -z "$words" ] || [ -z "$JOURNAL_GREP" ] || set -- --case-sensitive=yes --grep "$words" "$@"
    if [ "$JOURNAL_VERSION" -ge 236 ]; then
        in_time $JOURNAL -o json -r --output-fields="$JOURNAL_FIELDS" --since "@$TRACE_SINCE" "$@" | chosen | newest
    else
        limit 5 $JOURNAL -o json -r --since "@$TRACE_SINCE" "$@" | chosen | newest yes |
            allow_json "__REALTIME_TIMESTAMP __MONOTONIC_TIMESTAMP _BOOT_ID $(echo $JOURNAL_FIELDS | tr , ' ')" quiet=yes | latest
    fi
}
in_time() { # in_time COMMAND...: its lines, the newest first; a last one says so if the time did not suffice for all
    limit 5 "$@"
    case $? in 124 | 143) printf '\n# truncated: the oldest part was not read in 5 s\n' ;; esac
}
chosen() { # chosen [FILE]: the lines that have a word of words, and none of without. In place of the shell.
    case ${words:+words}${without:+without} in
        wordswithout) grep -aE "$words|^# truncated" "$@" | grep -avE "$without" ;;
        words) exec grep -aE "$words|^# truncated" "$@" ;;
        without) exec grep -avE "$without" "$@" ;;
        *) exec cat "$@" ;;
    esac
}
# Commands are told as they were typed, but for what may be a secret: environments, what is run in a container, options of
# engines that are not on a list, and all arguments of a command with a word of SECRET_LINES.
TOLD='
    function engine(n, from,   i, out, name, kept) {       # words from..n are of docker run, exec, …
        out = ""
        for (i = from; i <= n && word[i] ~ /^-/; i++) out = out " " word[i]
        for (i = 1; i <= n; i++) if (i < from) name = name (i > 1 ? " " : "") word[i]
        i = from; out = name
        while (i <= n && word[i] ~ /^-/) { if (word[i] ~ /=/ || word[i] ~ /^--?(debug|D|tls|tlsverify)$/) i++; else i += 2 }
        if (word[i] == "container" || word[i] == "compose") { out = out " " word[i]; i++ }
        out = out " " word[i]
        if (word[i] !~ /^(run|create|exec|login|build|secret|config|service|buildx)$/) {
            for (i++; i <= n; i++) out = out " " word[i]
            return out
        }
        if (word[i] !~ /^(run|create)$/) return out " # not collected"
        for (i++; i <= n; i++) {
            if (word[i] ~ /^(-d|--detach|--rm|-i|-t|-it|-ti|-dit|-itd|-P|--publish-all|--privileged)$/) { out = out " " word[i]; continue }
            if (word[i] ~ /^(-p|--publish|--network|--net|--name|--restart|--ip|--ip6|--link|--cap-add|--dns)$/) { out = out " " word[i] " " word[i + 1]; i++; continue }
            if (word[i] ~ /^(--publish|--network|--net|--name|--restart|--ip|--ip6|--link|--cap-add|--dns|-p)=/) { out = out " " word[i]; continue }
            if (word[i] ~ /^-/) { kept = 1; if (word[i] !~ /=/ && word[i + 1] !~ /^-/) i++; continue }
            return out " " word[i] (kept || i < n ? " # not collected" : "")
        }
        return out (kept ? " # not collected" : "")
    }
    function command(text,   n, i, program) {
        n = split(text, word, " ")
        for (i = 1; i <= n; i++) if (word[i] !~ /^[A-Za-z_][A-Za-z0-9_]*=/) break
        if (i > 1) { return "# not collected" }
        program = word[1]; sub(/.*\//, "", program)
        if (program ~ /^(docker|podman|nerdctl|docker-compose)$/) text = engine(n, 2)
        if (text ~ ENVIRON["SECRET_LINES"]) return word[1] " # not collected"
        return text
    }
    function cut(text,   at, head) {
        if (at = index(text, "COMMAND=")) {
            head = substr(text, 1, at + 7)
            sub(/ ; ENV=.* ; COMMAND=$/, " ; COMMAND=", head)
            return head command(substr(text, at + 8))
        }
        if (match(text, /CMD \(/)) {
            head = substr(text, 1, RSTART + 4); text = substr(text, RSTART + 5)
            sub(/\)$/, "", text); sub(/^ */, "", text)
            return head command(text) ")"
        }
        if (match(text, /^Started (run-[^ ]* - )?(\[systemd-run\] )?/) && (RLENGTH > 8 || substr(text, 9, 1) == "/")) return substr(text, 1, RLENGTH) command(substr(text, RLENGTH + 1))
        if (match(text, /(Commandline|Command): /)) return substr(text, 1, RSTART + RLENGTH - 1) command(substr(text, RSTART + RLENGTH))
        sub(/ ssh2: .*/, " ssh2", text)      # the fingerprint of the key
        if (text ~ /[Pp]ass(word|wd)|[Ss]ecret|[Tt]oken|:\/\/[^ \/]*@/ && text !~ /Accepted password for/) return "# not collected"
        return text
    }
    function told(line,   head, rest, text) {
        if (match(line, /"MESSAGE" *: *"/)) {
            head = substr(line, 1, RSTART + RLENGTH - 1); rest = substr(line, RSTART + RLENGTH); text = ""
            while (match(rest, /["\\]/)) {
                if (substr(rest, RSTART, 1) == "\"") break
                text = text substr(rest, 1, RSTART + 1); rest = substr(rest, RSTART + 2)
            }
            text = text substr(rest, 1, RSTART - 1); rest = substr(rest, RSTART)
            return head cut(text) rest
        }
        return cut(line)
    }
'
matches() { # matches FIELD VALUE...: sets matched, the matches of journalctl
    matched= field=$1; shift
    for each; do matched="$matched $field=$each"; done
}

trace_clock() { # now, uptime and zone; where the journal begins
    frame trace-clock 'date, /proc/stat, /etc/localtime, journalctl'
    echo "now $NOW"; echo "since $TRACE_SINCE"; echo "uid $HAIRPIN_UID"
    sed -n 's/^btime /btime /p' /proc/stat 2>/dev/null
    zone=$(readlink "$TRACE_ROOT/etc/localtime" 2>/dev/null)
    case $zone in */zoneinfo/*) echo "zone ${zone##*/zoneinfo/}" ;; *) zone=; { read -r zone <"$TRACE_ROOT/etc/timezone"; } 2>/dev/null; [ -z "$zone" ] || echo "zone $zone" ;; esac
    if [ -n "$TRACE_ROOT" ] && [ -r "$TRACE_ROOT/etc/localtime" ]; then TZ=:$TRACE_ROOT/etc/localtime date '+offset %z'; elif [ -n "$OFFSET" ]; then echo "offset $OFFSET"; fi
    echo "journal $JOURNAL_KIND"
    [ -z "$JOURNAL" ] || limit 3 $JOURNAL -o short-unix | sed -n '1s/^\([0-9]*\).*/journal-begins \1/p;1q'
    endframe 0 text ''
}
trace_boots() {
    case $JOURNAL_KIND in
        persistent | volatile) run trace-boots 'journalctl --list-boots --utc' limited 5 $JOURNAL --list-boots --utc ;;
        refused) say trace-boots journalctl 1 refused 'the journal: Permission denied' ;;
        *) absent trace-boots 'journalctl --list-boots' 'there is no journal' ;;
    esac
    wtmp=$TRACE_ROOT/var/log/wtmp
    if [ ! -e "$wtmp" ]; then absent trace-wtmp 'last -x' "/var/log/wtmp is not there"
    elif [ ! -r "$wtmp" ]; then say trace-wtmp 'last -x' 1 refused '/var/log/wtmp: Permission denied'
    elif ! have last; then unshown trace-wtmp 'last -x' 'last is not installed'
    else
        run trace-wtmp 'last -x -w --time-format iso' wtmp_lines
    fi
}
wtmp_lines() { # without the names of those who log in: logins has them
    out=$(TZ=UTC; export TZ; limited 3 last -x -w --time-format iso -f "$wtmp" reboot shutdown runlevel 2>/dev/null) ||
        out=$out${out:+$NL}$(TZ=UTC; export TZ; limited 3 last -x -F -f "$wtmp" reboot shutdown runlevel)
    [ -n "$out" ] || return 0
    set -f; IFS=$NL
    # shellcheck disable=SC2086
    set -- $out
    set +f; IFS=$USUAL_IFS
    if [ $# -lt 199 ]; then printf '%s\n' "$out"; else printf '%s\n' "$out" | head -n 200; fi    # one line is empty
}
trace_units() { # what process 1 says of the units that matter, of the host's own ones that program rules, and of the start-up
    own_units
    body trace-own-units '/etc/systemd/system, /run/systemd/system' "$own"
    doing= other=
    [ -z "$own" ] || [ -z "$JOURNAL" ] || sort_units
    # shellcheck disable=SC2086
    matches UNIT $TRACE_UNITS $doing
    # shellcheck disable=SC2086
    journal trace-units '' _PID=1 $matched + _PID=1 MESSAGE_ID=b07a249cd024414a82dd00cd181378ff MESSAGE_ID=eed00a68ffd84e31882105fd973abdd1 || return 0
    # Units of the host's own that run something else: they may restart all day.
    # shellcheck disable=SC2086
    matches UNIT $other
    MOST_EACH=40
    # shellcheck disable=SC2086
    [ -z "$other" ] || journal trace-units '' _PID=1 $matched
    MOST_EACH=
    # What systemd-run started, by the command in its description.
    journal trace-units "Started (run-[a-z0-9]*\\.(service|scope) - )?(\[systemd-run\] )?/.*($TRACE_COMMANDS)" _PID=1 MESSAGE_ID=39f53479d3a045ac8e11786248231fbf
}
sort_units() { # sets doing, other: the units with a line of own that matters, and all else. The lines of own are sorted.
    units=$(OWN_LINES="$OWN_LINES|:[0-9]*: \\(not collected" awk -F "$TAB" '
        $1 != "" && !($1 in known) { known[$1]; unit[++n] = $1 }
        $0 ~ ENVIRON["OWN_LINES"] { doing[$1] }
        END { for (i = 1; i <= n; i++) print (unit[i] in doing ? "doing " : "other ") unit[i] }' <<EOT
$own
EOT
)
    set -f; IFS=$NL
    for unit in $units; do
        case $unit in doing*) doing="$doing ${unit#* }" ;; *) other="$other ${unit#* }" ;; esac
    done
    set +f; IFS=$USUAL_IFS
}
DOING_LINES='(systemctl|service|invoke-rc\.d|docker|podman|netfilter-persistent) .*(start|stop|reload|restart|kill|rm)'
PLAIN_LINES="(^|[ =;&|(\"']|bin/)(ip6?tables(-nft|-legacy)?(-restore)?|ipset|nft|sysctl|ufw|firewall-cmd|ebtables|arptables|conntrack|ip|ifup|ifdown|ifconfig|route|brctl|bridge|tc|nmcli|networkctl|netplan|wg|wg-quick|ipvsadm|(docker|podman) network [a-z]+)([ ;\"'<]|$)"
OWN_LINES="$RULE_LINES|$DOING_LINES|$PLAIN_LINES"
own_units() { # sets own: unit, tab, path:line:text: what enabled units and units of the administrator run; then unit, tab,
    # path:0:timer for each timer that starts one of them
    own=
    cd "${TRACE_ROOT:-/}" || return
    unit_files
    for file in etc/systemd/system/*.service run/systemd/system/*.service; do
        [ ! -f "$file" ] || [ -h "$file" ] || found_files=$found_files${file##*/}\ $file$NL
    done
    for file in etc/systemd/system/*.service.d/*.conf; do
        name=${file%/*}; name=${name##*/}
        [ ! -f "$file" ] || found_files=$found_files${name%.d}\ $file$NL
    done
    [ -n "$found_files" ] || return
    own=$(unit_lines "$OWN_LINES" own <<EOT
$found_files
EOT
)
    [ -n "$own" ] || return
    timers=
    for file in etc/systemd/system/*.timer etc/systemd/system/*.wants/*.timer; do
        [ -f "$file" ] || continue
        name=${file##*/} unit=
        while IFS= read -r line || [ -n "$line" ]; do
            case $line in Unit*) ;; *) continue ;; esac
            line=${line#Unit}; line=${line#"${line%%[! ]*}"}
            case $line in =*) line=${line#=}; unit=${line#"${line%%[! ]*}"} ;; esac
        done <"$file"
        : "${unit:=${name%.timer}.service}"
        case $NL$own in *"$NL$unit$TAB"*) timers="$timers$unit$TAB/$file:0:$name$NL" ;; esac
    done
    case $timers in
        '') ;;
        *"$NL"?*) own=$own$NL$(printf '%s' "$timers" | sort -u) ;;
        *) own=$own$NL${timers%"$NL"} ;;
    esac
}
trace_engines() {
    without=
    matches _SYSTEMD_UNIT docker.service containerd.service podman.service k3s.service
    # shellcheck disable=SC2086
    journal trace-engines "$ENGINE_WORDS" $matched
    set -- /var/log/docker.log /var/log/dockerd.log
    log_times "$@"
    for log; do logged trace-engines "$log" "$ENGINE_WORDS"; done
}
trace_firewalls() {
    matches _SYSTEMD_UNIT firewalld.service ufw.service nftables.service iptables.service ip6tables.service netfilter-persistent.service fail2ban.service crowdsec.service csf.service lfd.service shorewall.service networking.service network.service systemd-sysctl.service
    # shellcheck disable=SC2086
    # firewalld logs each of dockerd's tries to take away what is not there.
    without="COMMAND_FAILED.*(No chain|does not exist|Bad rule|doesn.t exist|NOT_ENABLED|ZONE_ALREADY_SET)"
    # shellcheck disable=SC2086
    journal trace-firewalls 'ERROR|[Ee]rror|[Ff]ailed|xtables lock|INVALID' $matched
    log_times /var/log/firewalld
    logged trace-firewalls /var/log/firewalld 'ERROR|xtables lock'
}
trace_kernel() { # without the links of containers: each of their starts has four lines
    without='veth[0-9a-f]|docker0: |br-[0-9a-f]{12}: '
    journal trace-kernel "$KERNEL_WORDS" _TRANSPORT=kernel + _COMM=systemd-network + _COMM=NetworkManager
}
LOGIN_WORDS="COMMAND=.*($TRACE_COMMANDS|/(etc|usr/local|opt|srv|root|home|var)/[^ ]*)|COMMAND=[^ ]*/(su|[a-z]*sh|ksh93|tmux|screen|byobu|mc|machinectl)( -[a-zA-Z-]*| root| shell)*(\"|$)|COMMAND=.*AnsiballZ_|Accepted [a-z/-]* for |auth succeeded for|sshd[^ ]*:session\\): session closed for user|\\(su(-l)?:session\\): session (opened|closed)|\\(sudo-i:session\\): session closed|ran command"
trace_logins() { # logins, and commands with a word of TRACE_COMMANDS
    without=
    # By the kernel's name for the process: everybody may write a line in sudo's name.
    journal trace-logins "$LOGIN_WORDS" _COMM=sudo _COMM=su _COMM=doas _COMM=pkexec _COMM=sshd _COMM=sshd-session _COMM=dropbear
}
trace_cron() { # the jobs of cron that name what matters, or a script
    # cron logs the job in the process that becomes it: the journal may read its name only then. Root alone writes as root.
    journal trace-cron " CMD .*($TRACE_COMMANDS|/(etc|usr/local|opt|srv|root|home|var)/)" \
        _COMM=cron _COMM=crond _COMM=CROND _COMM=anacron _COMM=atd + SYSLOG_IDENTIFIER=CRON SYSLOG_IDENTIFIER=crond SYSLOG_IDENTIFIER=CROND _UID=0
    run trace-scripts '/etc/cron.*, scripts of cron and of units' script_lines
}
script_lines() { # path:line:text of the lines that program rules or settings, or start and stop what does: of the scripts that cron calls
    cd "${TRACE_ROOT:-/}" || return
    set --
    for file in etc/crontab etc/cron.d/* var/spool/cron/root var/spool/cron/crontabs/* etc/systemd/system/*.service etc/systemd/system/*.d/*.conf; do
        [ ! -f "$file" ] || set -- "$@" "$file"
    done
    paths=
    [ $# = 0 ] || paths=$(scripts_named_in "$@")
    for file in etc/cron.hourly/* etc/cron.daily/* etc/cron.weekly/* etc/NetworkManager/dispatcher.d/* etc/network/if-*.d/* etc/networkd-dispatcher/*/*; do
        [ ! -f "$file" ] || paths=$paths$NL/$file
    done
    [ -z "$JOURNAL" ] || paths=$paths$NL$(limited 3 $JOURNAL -o cat -r -n 2000 --since "@$TRACE_SINCE" _COMM=sudo _COMM=cron _COMM=crond + SYSLOG_IDENTIFIER=CRON SYSLOG_IDENTIFIER=crond _UID=0 2>/dev/null |
        grep -aoE '(COMMAND=|CMD \(|[ ])/(etc|usr/local|opt|srv|root|home|var)/[A-Za-z0-9_./@+-]+')
    [ -n "$paths" ] || return 0
    paths=$(awk '
        { sub(/^[^\/]*\//, "") }
        $0 != "" && !($0 in known) { known[$0]; all[++n] = $0 "" }
        END {
            for (gap = int(n / 2); gap > 0; gap = int(gap / 2)) for (i = gap + 1; i <= n; i++) {
                each = all[i]
                for (j = i; j > gap && all[j - gap] > each; j -= gap) all[j] = all[j - gap]
                all[j] = each
            }
            for (i = 1; i <= n && i <= 300; i++) print all[i]
        }' <<EOT
$paths
EOT
)
    scripts_among "$paths"
    set -f; IFS=$NL
    # shellcheck disable=SC2086
    set -- $scripts
    set +f; IFS=$USUAL_IFS
    [ $# = 0 ] || grep -snE "$OWN_LINES" "$@" /dev/null | sed -E "s,^,/,; s,(:[0-9]+:).*$SECRET_LINES.*,\1# not collected,; 500q"
}
log_times() { # log_times FILE...: sets times, when these logs and those before them were written to
    n=$# times=
    for file; do
        for each in "$file-"* "$file.1" "$file.1.gz" "$file"; do
            [ ! -f "$TRACE_ROOT$each" ] || [ ! -r "$TRACE_ROOT$each" ] || set -- "$@" "$TRACE_ROOT$each"
        done
    done
    shift "$n"
    [ $# = 0 ] || times=$NL$(stat -c "%n$TAB%Y" "$@" 2>/dev/null)$NL
}
recent() { # recent FILE: whether it was written to since TRACE_SINCE, by times. What is not there is taken for recent.
    time=$NOW
    case $times in *"$NL$1$TAB"*) time=${times#*"$NL$1$TAB"}; time=${time%%"$NL"*} ;; esac
    [ "$time" -ge "$TRACE_SINCE" ]
}
logged() { # logged KEY FILE WORDS, after log_times: the file and the one before it, oldest line first, if it is there
    key=$1 file=$2 words=$3
    for each in "$file-"* "$file.1" "$file.1.gz" "$file"; do
        real=$TRACE_ROOT$each
        [ -f "$real" ] || continue
        if [ ! -r "$real" ]; then say "$key" "$each" 1 refused "$each: Permission denied"; continue; fi
        recent "$real" || continue
        run "$key" "$each" logged_lines "$real"
    done
}
logged_lines() {
    case $1 in *.gz) limit 3 gzip -dc "$1" | chosen ;; *) chosen "$1" ;; esac | latest
}
SYSLOG_WORDS="systemd\[1\]|kernel: .*($KERNEL_WORDS)|sudo|su(\[|:)|sshd.*Accepted|CRON|crond|firewalld|dockerd|containerd|fail2ban|NetworkManager.*(state change|reload)|netfilter-persistent|systemd-timesyncd|chronyd|syslogd .*start|exiting on signal"
trace_syslog() { # where there is no journal, or it began only with this boot
    case $JOURNAL_KIND in persistent) return ;; esac
    set -- /var/log/syslog /var/log/messages /var/log/kern.log /var/log/auth.log /var/log/secure /var/log/cron
    log_times "$@"
    for log; do logged trace-syslog "$log" "$SYSLOG_WORDS"; done
}
trace_audit() {
    file=$TRACE_ROOT/var/log/audit/audit.log
    if [ ! -e "$file" ] && [ -x "${file%/*}" ]; then absent trace-audit /var/log/audit/audit.log 'there is no audit log'
    elif [ ! -e "${file%/*}" ]; then absent trace-audit /var/log/audit/audit.log 'there is no audit log'
    elif [ ! -r "$file" ]; then say trace-audit /var/log/audit/audit.log 1 refused '/var/log/audit/audit.log: Permission denied'
    else run trace-audit /var/log/audit/audit.log audited "$file"
    fi
}
audited() { # the calls of programs that matter, each with its arguments; of a program's changes of rules the first of a kind
    [ ! -r "$1.1" ] || set -- "$1.1" "$1"
    grep -ahE '^type=(NETFILTER_CFG|SYSCALL|EXECVE|USER_CMD) ' "$@" | awk -v since="$TRACE_SINCE" -v most="$TRACE_LINES" "$RING"'
    {
        id = $2; sub(/^msg=audit\(/, "", id); sub(/\).*/, "", id)
        if (id + 0 < since) next
    }
    /^type=NETFILTER_CFG/ {
        kind = $0; sub(/^[^)]*\): */, "", kind); sub(/ entries=[0-9]*/, "", kind)
        if (!(kind in seen)) { seen[kind]; keep($0) }
        next
    }
    /^type=SYSCALL/ { if ($0 ~ /comm="(x?iptables|ip6tables|xtables|nft|ipset|sysctl|ufw|firewall-cmd|ip|docker|podman|systemctl|netfilter-per|ifup|ifdown|nmcli|conntrack|ebtables)/) { wanted[id]; keep($0) } next }
    /^type=EXECVE/ {
        if (!(id in wanted)) next
        if ($0 ~ ENVIRON["SECRET_LINES"] || $0 ~ /a0="[^"]*(docker|podman)"/ && $0 ~ /="(run|exec|create|login)"/) sub(/ a1=.*/, " a1=\"# not collected\"")
        keep($0)
    }
    END { for (i = first(); i <= all; i++) print kept[i % most] }'
}
package_scripts() { # sets scripts: package, tab, path:line:text: lines of the scripts that changed packages have run, as far as they
    # program rules or settings, or start and stop what does; of the packages that hairpin knows by name nothing.  Of apt's hooks: apt, tab, …
    scripts=
    cd "${TRACE_ROOT:-/}" || return
    logs= scripts_of=
    for file in var/log/dpkg.log.1 var/log/dpkg.log; do
        [ ! -f "$file" ] || [ ! -r "$file" ] || logs="$logs $file"
    done
    if [ -n "$logs" ]; then
        first=$(date -d "@$TRACE_SINCE" '+%Y-%m-%d %H:%M:%S' 2>/dev/null)
        set -- var/lib/dpkg/info/*:*.postinst      # once: for each pattern a shell reads all names of the folder
        # shellcheck disable=SC2086
        IFS=$NL; of_architectures="$*"; IFS=$USUAL_IFS
        scripts_of=$(awk -v first="$first" -v known="^$TRACE_PACKAGES" '
            file { name = $0; sub(/.*\//, "", name); sub(/:.*/, "", name); of[name] = of[name] "\n" $0; next }
            $1 " " $2 >= first && $3 ~ /^(install|upgrade)$/ {
                sub(/:.*/, "", $4)
                if ($4 !~ known && !($4 in seen)) { seen[$4]; print "var/lib/dpkg/info/" $4 ".postinst" of[$4] }
            }' file=1 - file=0 $logs <<EOT
$of_architectures
EOT
)
    fi
    set -f; IFS=$NL
    set --
    for file in $scripts_of; do [ ! -f "$file" ] || set -- "$@" "$file"; done
    set +f; IFS=$USUAL_IFS
    for file in etc/apt/apt.conf etc/apt/apt.conf.d/*; do
        [ ! -f "$file" ] || set -- "$@" "$file"
    done
    [ $# = 0 ] || scripts=$(grep -snE "$RULE_LINES|$DOING_LINES" "$@" /dev/null | awk '
        {
            name = $0; sub(/:.*/, "", name)
            if (sub(/^var\/lib\/dpkg\/info\//, "", name)) sub(/\.postinst$/, "", name); else name = "apt"
            line = name "\t/" $0
            if (match(line, /:[0-9]+:/) && substr(line, RSTART + RLENGTH) ~ ENVIRON["SECRET_LINES"]) line = substr(line, 1, RSTART + RLENGTH - 1) "# not collected"
            print line
            if (NR == 200) exit
        }')
}
named_packages() { # sets named: of the packages of scripts, "NAME:|NAME:|" as in a pattern
    named=
    set -f; IFS=$NL
    for line in $scripts; do
        name=${line%%"$TAB"*} plain=
        [ "$name" != apt ] || continue
        while :; do
            case $name in *[.+]*) ;; *) break ;; esac
            head=${name%%[.+]*}; name=${name#"$head"}; plain=$plain$head[${name%"${name#?}"}]; name=${name#?}
        done
        case "|$named" in *"|$plain$name:|"*) ;; *) named="$named$plain$name:|" ;; esac
    done
    set +f; IFS=$USUAL_IFS
}
trace_packages() {
    package_scripts
    body trace-package-scripts '/var/lib/dpkg/info/*.postinst, /etc/apt/apt.conf.d' "$scripts"
    named_packages
    [ -z "$named" ] || TRACE_PACKAGES="($named${TRACE_PACKAGES#(}"
    case $NL$scripts in *"${NL}apt$TAB"*) any_run=1 ;; *) any_run=0 ;; esac    # each run of apt has run its hooks
    log_times /var/log/dpkg.log /var/log/apt/history.log /var/log/dnf.rpm.log /var/log/dnf.log /var/log/yum.log /var/log/pacman.log
    logged trace-packages /var/log/dpkg.log " (install|upgrade|remove|purge|configure) $TRACE_PACKAGES"
    for file in /var/log/apt/history.log.1 /var/log/apt/history.log.1.gz /var/log/apt/history.log; do
        real=$TRACE_ROOT$file
        [ -f "$real" ] || continue
        if [ ! -r "$real" ]; then say trace-packages "$file" 1 refused "$file: Permission denied"; continue; fi
        recent "$real" || continue
        run trace-packages "$file" apt_history "$real"
    done
    if have rpm && [ -e "$TRACE_ROOT/var/lib/rpm" ]; then
        run trace-rpm 'rpm -qa --qf %{INSTALLTIME} %{NAME} %{VERSION}-%{RELEASE}' rpm_times
    fi
    logged trace-packages /var/log/dnf.rpm.log "(Upgrade|Upgraded|Install|Installed|Erase|Removed): $TRACE_PACKAGES"
    logged trace-packages /var/log/dnf.log 'Command: '
    logged trace-packages /var/log/yum.log "(Updated|Installed|Erased): ([0-9]+:)?$TRACE_PACKAGES"
    logged trace-packages /var/log/pacman.log "(installed|upgraded|removed|downgraded) $TRACE_PACKAGES|Running 'pacman"
}
rpm_times() {
    limited 5 rpm ${TRACE_ROOT:+--root "$TRACE_ROOT"} -qa --qf '%{INSTALLTIME} %{NAME} %{VERSION}-%{RELEASE}\n' |
        awk -v since="$TRACE_SINCE" -v names="^$TRACE_PACKAGES" '$1 >= since && $2 ~ names'
}
apt_history() { # of each run that touched a package that matters: when, by what command and whom, and these packages
    case $1 in *.gz) limit 3 gzip -dc "$1" | changed_packages ;; *) changed_packages <"$1" ;; esac
}
changed_packages() { # in place of the shell
    exec awk -v names="^$TRACE_PACKAGES" -v any="$any_run" -v most="$TRACE_LINES" "$TOLD$RING"'
    function keep_all(text,   n, i, line) { n = split(text, line, "\n"); for (i = 1; i <= n; i++) keep(line[i]) }
    function packages(line,   n, i, part, out, kind) {
        kind = line; sub(/:.*/, "", kind); sub(/^[A-Za-z]*: /, "", line)
        n = split(line, part, /\), /)
        for (i = 1; i <= n; i++) if (part[i] ~ names) out = out (out == "" ? "" : ", ") part[i] (i < n ? ")" : "")
        return out == "" ? "" : kind ": " out
    }
    /^Start-Date/ { block = $0 "\n"; shown = any; next }
    /^(Install|Upgrade|Downgrade|Remove|Purge|Reinstall): / { part = packages($0); if (part != "") { shown = 1; block = block part "\n" } next }
    /^End-Date/ { if (shown) keep_all(block $0 "\n"); next }
    /^(Commandline|Requested-By): / { block = block $0 "\n" }
    END { for (i = first(); i <= all; i++) print told(kept[i % most]) }'
}
trace_files() { # change time of content and of inode, size, owner, path: of the files under /etc that matter and have changed
    run trace-files 'stat -c "%Y %Z %s %U %n"' changed_files
}
changed_files() {
    cd "${TRACE_ROOT:-/}" || return
    set -- etc/sysctl.conf etc/sysctl.d/* usr/lib/sysctl.d/* run/sysctl.d/* etc/docker/daemon.json etc/systemd/system/*.service \
        etc/systemd/system/*.d/*.conf etc/systemd/system/*.timer etc/firewalld/*.* etc/firewalld/*/*.xml etc/default/ufw etc/ufw/* etc/nftables.conf etc/nftables/* \
        etc/nftables.d/* etc/sysconfig/nftables.conf etc/sysconfig/iptables etc/sysconfig/ip6tables etc/iptables/* etc/network/interfaces \
        etc/network/interfaces.d/* etc/network/if-*.d/* etc/netplan/* etc/systemd/network/* etc/systemd/resolved.conf etc/NetworkManager/* etc/NetworkManager/*/* \
        etc/sysconfig/network etc/sysconfig/network-scripts/* etc/hosts etc/resolv.conf etc/fail2ban/* etc/fail2ban/*.d/* etc/crontab etc/cron.*/* etc/apt/apt.conf.d/* \
        var/spool/cron/root var/spool/cron/crontabs/root etc/rc.local etc/modules etc/modules-load.d/* etc/modprobe.d/* etc/containers/* etc/containers/*/* \
        etc/alternatives/iptables etc/alternatives/ip6tables usr/local/sbin/iptables usr/local/bin/iptables usr/local/sbin/* etc/default/docker etc/sysconfig/docker
    changed=$(stat -c '%Y %Z %s %U %n' "$@" 2>/dev/null | awk -v since="$TRACE_SINCE" '$1 >= since || $2 >= since { path = $5; for (i = 6; i <= NF; i++) path = path " " $i; print $1, $2, $3, $4, "/" path; if (++n == 500) exit }')
    [ -n "$changed" ] || return 0
    printf '%s\n' "$changed"
    have dpkg-query && [ -z "$TRACE_ROOT" ] || return 0
    set -f; IFS=$NL; set --
    for line in $changed; do set -- "$@" "${line#* * * * }"; done
    files="$*"
    set +f; IFS=$USUAL_IFS
    owners "$@" || {
        owners=$(limited 5 dpkg-query -S "$@" 2>/dev/null)
        set -f; IFS=$NL
        for line in $owners; do
            case ${line%% *}$NL$line in *:"$NL"*' '*) printf 'owner %s %s\n' "${line%%: *}" "${line#*: }" ;; esac
        done
    }
    return 0
}
owners() { # owners FILE..., which are the lines of files: what dpkg-query -S says of those that one package has, from the lists that it
    # would read, in a fifth of its time. 1: it knows better
    [ ! -e /var/lib/dpkg/arch ] && cd /var/lib/dpkg/info 2>/dev/null || return 1     # with a second architecture, names are longer
    lists=$(limited 5 grep -sxFf - -- *.list /dev/null 2>/dev/null <<EOT
$files
EOT
)
    case $? in 0) ;; 1) [ -e dpkg.list ]; return ;; *) return 1 ;; esac
    lists=$NL$lists$NL
    for file; do
        case $lists in *".list:$file$NL"*".list:$file$NL"*) ;; *".list:$file$NL"*)
            package=${lists%%".list:$file$NL"*}
            printf 'owner %s %s\n' "${package##*"$NL"}" "$file" ;;
        esac
    done
}
EVENT_PATHS='status id from Type Action time timeNano scope Actor.ID Actor.Attributes.name Actor.Attributes.image Actor.Attributes.exitCode Actor.Attributes.signal Actor.Attributes.container Actor.Attributes.type Actor.Attributes.com%docker%compose%service'
TIMES_PATHS='Id Name Created RestartCount State.Status State.StartedAt State.FinishedAt State.ExitCode State.OOMKilled State.Error Config.Image HostConfig.RestartPolicy HostConfig.PortBindings NetworkSettings.Ports'
asked_docker() { # sets asked, socket: where dockerd is asked
    docker_endpoint; flags=
    [ -z "$daemon" ] || daemon_flags
    asked=; docker_socket >/dev/null
    unset DOCKER_HOST DOCKER_CONTEXT DOCKER_TLS DOCKER_TLS_VERIFY DOCKER_CERT_PATH DOCKER_API_VERSION
    DOCKER_CONFIG=/nonexistent; export DOCKER_CONFIG
}
# A line with a word of this kind may hold a secret, and is left out.
LOG_SECRETS='passw|passphrase|(^|[^a-z])pass([^a-z]|$)|pwd[=:]|secret|token|credential|key=|(api|access|private|signing|encryption|license|master)[ _-]?key|authori[sz]ation|bearer|cookie|jwt|eyj[a-z0-9_-]+[.]|ssh-(rsa|dss|ed25519)|begin [a-z ]*key|://[^ ]*@'
container_logs() { # of each container of logs its last lines. A container that is gone, or whose log cannot be read, is absent.
    export LOG_SECRETS
    asked=
    cd /
    case $logs in *' docker/'*) asked_docker ;; esac
    unset CONTAINER_HOST CONTAINER_CONNECTION
    for each in $logs; do
        engine=${each%%/*} name=${each##*/} id=${each#*/}; id=${id%%/*}
        case $id in *[!0-9a-f]*) continue ;; esac
        NETNS=container:$name
        case $engine in
            docker) log_of_docker ;;
            podman) ! have podman || ! podman_used || log_of podman logs --tail 20 --timestamps "$id" ;;
            docker.?*) ( socket=/run/user/$(id -u "${engine#docker.}")/docker.sock asked=unix://$socket; [ ! -w "$socket" ] || log_of_docker ) ;;
            podman.?*) log_of_user "${engine#podman.}" ;;
        esac
    done
    NETNS=
}
log_of_docker() {
    case $asked in
        '') return ;;
        unix://*) if have curl; then
            log_of curl -q -sS -f --unix-socket "$socket" "http://docker/containers/$id/logs?stdout=1&stderr=1&tail=20&timestamps=1"; return
        fi ;;
    esac
    # shellcheck disable=SC2086
    ! have docker || log_of docker -H $asked $certificates logs --tail 20 --timestamps "$id"
}
log_of_user() { # log_of_user USER: whose Podman runs, so that asking starts nothing
    [ "$HAIRPIN_UID" = 0 ] && have runuser || return 0
    for one in $(rootless_users); do
        [ "${one%%:*}" = "$1" ] || continue
        log_of runuser -u "$1" -- env "HOME=${one##*:}" "XDG_RUNTIME_DIR=/run/user/$(id -u "$1")" podman logs --tail 20 --timestamps "$id"
        return
    done
}
log_of() { # log_of COMMAND...: the last ten lines that it prints, oldest first, each behind its time
    frame container-log "$*"
    out=$({ limit 5 "$@" 2>&1 || echo '# failed'; } | log_lines)
    case $out in
        '# failed'*) endframe 1 absent 'the log could not be read' ;;
        *) [ -z "$out" ] || printf '%s\n' "$out"; endframe 0 text '' ;;
    esac
}
log_lines() { # without escape sequences, and without what the engine's API writes before each line
    tr -d '\000-\010\013-\032\034-\037\177' | awk '
        BEGIN { for (i = 0; i < 40; i++) long = long "[a-z0-9+]" }     # not each awk knows how to count: {40}
        /^# failed$/ { print; next }
        {
            gsub(/\033\[[0-9;:?]*[ -\/]*[@-~]/, ""); gsub(/\033/, "")
            if (!match($0, /[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]T[0-9][0-9]:[0-9][0-9]:[0-9][0-9][.0-9]*(Z|[+-][0-9:]+) /) || RSTART > 9) next
            line = substr($0, RSTART)
            low = tolower(line); gsub(/unexpected token/, "", low)
            word = low; sub(/^[^ ]* /, "", word)    # alone in its line, a long word with digits is a generated secret
            if (low ~ ENVIRON["LOG_SECRETS"] || low ~ long || word !~ / / && length(word) > 15 && word ~ /[0-9]/) next
            print substr(line, 1, 300)
        }' | sort | tail -n 10
}
trace_docker() { # events since the daemon's start, and no more than 256 of them; the times of each container, unless they are known
    asked_docker
    if [ -z "$asked" ] && [ -n "$socket" ] && { hidden "$socket" || { [ -S "$socket" ] && [ ! -w "$socket" ]; }; }; then
        say trace-docker-events 'docker events' 1 refused "$socket: Permission denied"; return
    fi
    if [ -z "$asked" ]; then absent trace-docker-events 'docker events' 'no dockerd is asked here'; return; fi
    case $asked in
        unix://*) if have curl; then
            curl="curl -sS -f --max-time 3 --unix-socket $socket"
            run trace-docker-events "GET /events?since=$TRACE_SINCE&until=$NOW" docker_events $curl "http://docker/events?since=$TRACE_SINCE&until=$NOW"
            [ -z "$known" ] || return
            urls=$($curl 'http://docker/containers/json?all=1' | awk '
                BEGIN { RS = "\"" }
                before == "Id" && between ~ /^: *$/ && length($0) == 64 && !/[^0-9a-f]/ && $0 != ENVIRON["HAIRPIN_OWN"] { print "http://docker/containers/" $0 "/json"; if (++n == 500) exit }
                { before = between; between = $0 }')
            [ -z "$urls" ] || run trace-containers 'GET /containers/ID/json' json "$TIMES_PATHS" $curl $urls
            return
        fi ;;
    esac
    if ! have docker; then absent trace-docker-events 'docker events' "neither docker nor curl is installed to ask $asked"; return; fi
    docker="docker -H $asked $certificates"
    run trace-docker-events "docker events --since $TRACE_SINCE --until $NOW" docker_events limited 5 $docker events --since "$TRACE_SINCE" --until "$NOW" --format '{{json .}}'
    [ -z "$known" ] || return
    ids=$(limit 3 $docker ps -aq --no-trunc | head -n 500); without_own
    template="{\"Id\":{{json .Id}},$(fields . Name Created RestartCount),\"State\":{$(fields .State Status StartedAt FinishedAt ExitCode OOMKilled Error)},\"HostConfig\":{$(fields .HostConfig RestartPolicy PortBindings)}}"
    [ -z "$ids" ] || run trace-containers 'docker inspect --type container --format TEMPLATE' json "$TIMES_PATHS" limit 8 $docker inspect --type container --format "$template" $ids
}
docker_events() { # image pulls and health checks are left out
    "$@" | events '"Type": *"(container|network|daemon)"' '"(Action|status)": *"(exec_|health_status|top|resize|attach|detach|archive-path|extract-to-dir|copy|export|commit|update)'"${HAIRPIN_OWN:+|$HAIRPIN_OWN}" | allow_json "$EVENT_PATHS" quiet=yes
    return 0
}
no_podman() { absent trace-podman-events 'podman events' 'podman has no container here: not asked'; }
trace_podman() {
    cd /
    unset CONTAINER_HOST CONTAINER_CONNECTION
    run trace-podman-events 'podman events --stream=false --format json' podman_events
}
podman_events() {
    limited 5 podman events --stream=false --since "$TRACE_SINCE" --filter type=container --format json 2>/dev/null | events '' '"Status": *"(exec|health)' | allow_json 'Name Status Time Type ContainerExitCode ID Image time timeNano' quiet=yes
    return 0
}
LIB

# ---- start -----------------------------------------------------------------------------------------------------------

back_end() { # back_end iptables-save|ip6tables-save: nft or legacy; old versions do not print which they are
    version=$("$1" -V 2>/dev/null) || version=$("${1%-save}" -V 2>/dev/null)
    case $version in *nf_tables*) echo nft ;; ?*) echo legacy ;; esac
}
usable_iptables() {
    HAIRPIN_SAVE_NFT4= HAIRPIN_SAVE_NFT6= HAIRPIN_SAVE_LEGACY4= HAIRPIN_SAVE_LEGACY6= HAIRPIN_SAVE_EBT=
    path=$PATH
    [ -z "$HAIRPIN_TOOLS" ] || { PATH=$HOST_PATH; iptables_in_path; PATH=$path; }     # even an old one of the host's before the image's
    iptables_in_path
    export HAIRPIN_SAVE_NFT4 HAIRPIN_SAVE_NFT6 HAIRPIN_SAVE_LEGACY4 HAIRPIN_SAVE_LEGACY6 HAIRPIN_SAVE_EBT
}
iptables_in_path() {
    have iptables-nft-save && : "${HAIRPIN_SAVE_NFT4:=iptables-nft-save}"
    have ip6tables-nft-save && : "${HAIRPIN_SAVE_NFT6:=ip6tables-nft-save}"
    have iptables-legacy-save && : "${HAIRPIN_SAVE_LEGACY4:=iptables-legacy-save}"
    have ip6tables-legacy-save && : "${HAIRPIN_SAVE_LEGACY6:=ip6tables-legacy-save}"
    if have iptables-save && [ -z "$HAIRPIN_SAVE_NFT4" -o -z "$HAIRPIN_SAVE_LEGACY4" ]; then
        case $(back_end iptables-save) in
            nft) : "${HAIRPIN_SAVE_NFT4:=iptables-save}" ;;
            legacy) : "${HAIRPIN_SAVE_LEGACY4:=iptables-save}" ;;
        esac
    fi
    if have ip6tables-save && [ -z "$HAIRPIN_SAVE_NFT6" -o -z "$HAIRPIN_SAVE_LEGACY6" ]; then
        case $(back_end ip6tables-save) in
            nft) : "${HAIRPIN_SAVE_NFT6:=ip6tables-save}" ;;
            legacy) : "${HAIRPIN_SAVE_LEGACY6:=ip6tables-save}" ;;
        esac
    fi
    ! have ebtables-nft-save || HAIRPIN_SAVE_EBT=ebtables-nft-save
}
begin() {
    echo "hairpin-collect/1 $HAIRPIN_TOKEN"
    read -r up _ 2>/dev/null </proc/uptime || up=-
    read -r name 2>/dev/null </proc/sys/kernel/hostname || name=$(uname -n)
    printf '%s\tbegin\t%s\t%s\t%s\t%s\t%s\n' "$HAIRPIN_TOKEN" "$(date -u +%Y-%m-%dT%H:%M:%SZ)" "$up" "$name" \
        "$HAIRPIN_KERNEL" "$HAIRPIN_UID"
}
usable_folder() { # usable_folder DIR: makes the folder HAIRPIN_TMP in it, if that takes files: a full disk still takes folders
    HAIRPIN_TMP=$1/hairpin.${HAIRPIN_TOKEN%%-*}     # named first, so that no signal comes between making and naming it
    mkdir "$HAIRPIN_TMP" 2>/dev/null && room 4 && return
    rm -rf "$HAIRPIN_TMP"; HAIRPIN_TMP=
    return 1
}
room() { # room BLOCKS: whether a file of that many times 64 kB can be written beside the answers. Each shell's own printf tells.
    blocks=$1
    { while [ "$blocks" -gt 0 ]; do printf '%65536s' '' || break; blocks=$((blocks - 1)); done >"$HAIRPIN_TMP/.room"; } 2>/dev/null
    [ "$blocks" = 0 ] && printf '' >"$HAIRPIN_TMP/.room"
}
clean_up() {
    # A job has the traps of this shell until it has begun: a signal that comes before must not end everything.
    read -r me rest 2>/dev/null </proc/self/stat
    [ "$me" = "$own_pid" ] || return 0
    trap '' INT TERM HUP PIPE
    # All that this shell began, not only what it has noted: a signal can come between `&` and the note.
    [ -z "$at_work" ] || { end_all $$; wait; }
    [ -z "$HAIRPIN_TMP" ] || rm -rf "$HAIRPIN_TMP"
}

own_container() { # sets HAIRPIN_OWN, in hairpin's image: the id of the container that hairpin runs in, which is left out of the answers
    HAIRPIN_OWN=
    [ -n "$HAIRPIN_TOOLS" ] || return 0
    HAIRPIN_OWN=$(grep -oE '[0-9a-f]{64}' /proc/self/cgroup | tail -n 1)
    export HAIRPIN_OWN
}
changed_meanwhile() { # sets changed: lines NAME<TAB>PATH of the containers whose process began or ended since read_names.
    # A process that is being made into a container's has the name of the engine's runtime until it is.
    changed=
    [ -s "$HAIRPIN_TMP/.entered" ] || return 1
    changed=$(awk -F "$TAB" '
        NR == FNR { before[$0]; next }
        { file = $2; sub(/ns\/net$/, "comm", file); name = ""; getline name <file; close(file)
          if (!((file ":" name) in before)) print }' - "$HAIRPIN_TMP/.entered" <<EOT
$NAMES
EOT
)
    printf '' >"$HAIRPIN_TMP/.entered"
    [ -n "$changed" ]
}
leave_out_changed() { # of what was read half, nothing is kept
    while IFS=$TAB read -r name path; do
        NETNS=container:$name
        absent ip-addr "$path" "the process of container $name began or ended while the host was read" >"$HAIRPIN_TMP/50-$name"
    done <<EOT
$changed
EOT
    NETNS=
}
read_all() { # read_all FUNCTION: all its jobs in the background, until the last of them has ended
    started=
    "$1"
    ended_in_time
}

jobs_of_host() {
    if [ -n "$HAIRPIN_ENTER" ]; then job 50-insides insides; return; fi
    job 20-docker in_turn docker_all
    NETNS=host
    job 10-links in_turn links
    job 11-rules in_turn rules
    job 12-kernel in_turn sets sysctls connections rate_limits packet_queues counters virtual_servers
    job 15-sockets in_turn sockets
    NETNS=
    job 23-processes in_turn all_processes
    job 30-podman in_turn podman_and_pods
    job 60-files in_turn all_files ufw_hooks floating_addresses firewalld_all versions rule_tools boot_scripts boot_units units quadlets system
}

# Of a container's interfaces, only keys that can decide a walked packet: a file costs the kernel longer with each container.
CONF_KEYS='accept_redirects disable_policy forwarding ignore_routes_with_linkdown'
CONF_KEYS4='accept_local arp_announce arp_filter arp_ignore bc_forwarding disable_xfrm promote_secondaries proxy_arp proxy_arp_pvlan route_localnet
    rp_filter send_redirects src_valid_mark'
CONF_KEYS6='disable_ipv6 force_forwarding hop_limit mtu proxy_ndp use_oif_addrs_only use_tempaddr'
CONF_KEYS_UNUSED6='disable_ipv6 forwarding mtu'     # where no link has an IPv6 address
FURTHER_OF_CONTAINER='netfilter/nf_conntrack_checksum netfilter/nf_conntrack_count netfilter/nf_conntrack_max
    netfilter/nf_conntrack_tcp_loose ipv4/tcp_mtu_probing'
# shellcheck disable=SC2086
named_sysctls() { # sets HAIRPIN_SYSCTLS: what every namespace is asked for, found once: for each pattern a shell reads all names of a folder;
    # and HAIRPIN_KEYS4 and so on, which only containers are asked for: those that this kernel has
    HAIRPIN_SYSCTLS= sys=/proc/sys/net
    for name in $sys/bridge/* $sys/ipv4/ip_* $sys/ipv4/fwmark_reflect $sys/ipv4/*_fwmark_accept $sys/ipv4/*_l3mdev_accept $sys/ipv4/fib_* \
        $sys/ipv4/icmp_* $sys/ipv6/bindv6only $sys/ipv6/ip_nonlocal_bind $sys/ipv6/fwmark_reflect $sys/ipv6/fib_* $sys/ipv6/icmp/* \
        $sys/ipv6/auto_flowlabels; do
        [ ! -e "$name" ] || HAIRPIN_SYSCTLS="$HAIRPIN_SYSCTLS ${name#"$sys/"}"
    done
    known_keys ipv4/conf/all/ $CONF_KEYS $CONF_KEYS4; HAIRPIN_KEYS4=$known
    known_keys ipv6/conf/all/ $CONF_KEYS $CONF_KEYS6; HAIRPIN_KEYS6=$known
    known_keys ipv6/conf/all/ $CONF_KEYS_UNUSED6; HAIRPIN_KEYS_UNUSED6=$known
    known_keys '' $FURTHER_OF_CONTAINER; HAIRPIN_KEYS_FURTHER=$known
}
known_keys() { # known_keys FOLDER KEY...: sets known: those of these keys in the folder that the kernel has
    folder=/proc/sys/net/$1 known=; shift
    for key; do [ ! -e "$folder$key" ] || known="$known $key"; done
}
effective_user() { # sets HAIRPIN_UID
    HAIRPIN_UID=
    while read -r word _ uid _; do
        [ "$word" != Uid: ] || { HAIRPIN_UID=$uid; break; }
    done </proc/self/status
    case $HAIRPIN_UID in '' | *[!0-9]*) HAIRPIN_UID=$(id -u) ;; esac
} 2>/dev/null
loaded_modules() { # sets HAIRPIN_MODULES: ` name name ` of those that /sys/module does not show, or none if the kernel can load none
    HAIRPIN_MODULES=none
    [ -r /proc/modules ] || return 0
    HAIRPIN_MODULES=' '
    [ -d /sys/module ] || HAIRPIN_MODULES=" $(cut -d' ' -f1 /proc/modules | tr '\n' ' ') "
}
netlink_of_ipsec() { # sets HAIRPIN_XFRM: whether the kernel's netlink for IPsec is there. It is in all network namespaces, or in none
    HAIRPIN_XFRM=no
    while read -r _ protocol pid _; do
        [ "$protocol $pid" != '6 0' ] || { HAIRPIN_XFRM=yes; break; }
    done </proc/net/netlink
} 2>/dev/null
usable_timeout() { # sets HAIRPIN_TIMEOUT: that of old Busyboxes wants -t, and only that can be a link, or the same file, or the shell itself
    HAIRPIN_TIMEOUT= folder= busybox=${BB_ASH_VERSION-}
    have timeout || return 0
    set -f; IFS=:
    for dir in $PATH; do [ -x "$dir/timeout" ] && { folder=$dir; break; }; done
    set +f; IFS=$USUAL_IFS
    [ -n "$folder" ] && [ ! -L "$folder/timeout" ] || busybox=yes
    for file in "$folder/busybox" /bin/busybox /usr/bin/busybox; do [ "$folder/timeout" -ef "$file" ] && busybox=yes; done
    if [ -z "$busybox" ] || timeout 1 true 2>/dev/null; then HAIRPIN_TIMEOUT=timeout; else HAIRPIN_TIMEOUT='timeout -t'; fi
}

main() {
    umask 077
    HAIRPIN_ROOT= HAIRPIN_ONLY= HAIRPIN_TRACES= HAIRPIN_LONG_SETS= HAIRPIN_APART= HAIRPIN_ENTER= HAIRPIN_PARTS= HAIRPIN_WITHOUT= HAIRPIN_DOCKER_HOST=${DOCKER_HOST:-} HAIRPIN_DOCKER_CONTEXT=${DOCKER_CONTEXT:-} HAIRPIN_DOCKER_CONFIG=${DOCKER_CONFIG:-}
    : "${HOME:=/root}"
    while [ $# -gt 1 ]; do
        case $1 in
            --root) HAIRPIN_ROOT=${2%/} ;;
            --docker-host) HAIRPIN_DOCKER_HOST=$2 ;;
            --only) HAIRPIN_ONLY=$2 ;;
            --traces) HAIRPIN_TRACES=$2 ;;
            --long-sets) HAIRPIN_LONG_SETS=$2 ;;
            --apart) HAIRPIN_APART=$2 ;;
            --enter) HAIRPIN_ENTER=$2 ;;
            --without) HAIRPIN_WITHOUT=$2 ;;
            --docker-context) HAIRPIN_DOCKER_CONTEXT=$2 ;;
            --docker-config) HAIRPIN_DOCKER_CONFIG=$2 ;;
        esac
        shift 2
    done
    eval "$HAIRPIN_NETNS_LIB"
    [ -z "$HAIRPIN_TRACES" ] || trace_functions
    NETNS=
    read -r HAIRPIN_TOKEN </proc/sys/kernel/random/uuid || HAIRPIN_TOKEN=$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')
    read -r HAIRPIN_KERNEL 2>/dev/null </proc/sys/kernel/osrelease || HAIRPIN_KERNEL=$(uname -r)
    effective_user
    named_sysctls
    loaded_modules
    netlink_of_ipsec
    usable_timeout
    # Whether ip is what it seems, its first answer tells (ip_answers).
    if have ip; then HAIRPIN_IP=ip HAIRPIN_IP_FORM=json HAIRPIN_IP_TRIED=; else usable_ip; fi
    usable_iptables
    HAIRPIN_TMP= started= at_work=yes me= own_pid=
    read -r own_pid rest 2>/dev/null </proc/self/stat
    trap clean_up EXIT
    trap 'exit 130' INT TERM HUP PIPE
    for dir in "${TMPDIR:-/tmp}" /run /dev/shm; do
        usable_folder "$dir" && break
    done
    [ -z "$HAIRPIN_TMP" ] || TMPDIR=$HAIRPIN_TMP    # where bash keeps a long here-document
    export HOME PATH NETNS HAIRPIN_ROOT HAIRPIN_ONLY HAIRPIN_TRACES HAIRPIN_LONG_SETS HAIRPIN_APART HAIRPIN_PARTS HAIRPIN_DOCKER_HOST HAIRPIN_DOCKER_CONTEXT HAIRPIN_DOCKER_CONFIG HAIRPIN_TOKEN HAIRPIN_KERNEL HAIRPIN_UID HAIRPIN_MODULES HAIRPIN_XFRM HAIRPIN_SYSCTLS \
        HAIRPIN_KEYS4 HAIRPIN_KEYS6 HAIRPIN_KEYS_UNUSED6 HAIRPIN_KEYS_FURTHER HAIRPIN_TIMEOUT HAIRPIN_IP HAIRPIN_IP_FORM HAIRPIN_IP_TRIED HAIRPIN_TMP

    begin
    own_container
    [ -n "$HAIRPIN_ENTER" ] || plans_under_way
    [ -n "$HAIRPIN_ENTER" ] || read_names
    [ -z "$HAIRPIN_APART" ] || apart_facts
    if [ -n "$HAIRPIN_TRACES" ]; then
        if [ -z "$HAIRPIN_TMP" ]; then trace_all
        else
            read_all trace_all
            at_work=
            cat "$HAIRPIN_TMP"/*
        fi
    elif [ -z "$HAIRPIN_TMP" ]; then jobs_of_host
    else
        read_all jobs_of_host
        # A container that begins or ends meanwhile is half there, in the answers of the engine and the host, too: all is
        # read again. One that does so each time is one that loops.
        for again in yes yes no; do
            changed_meanwhile || break
            if [ $again = no ]; then leave_out_changed; break; fi
            rm -f "$HAIRPIN_TMP"/*
            NAMES=; read_names
            read_all jobs_of_host
        done
        at_work=
        if room 1; then cat "$HAIRPIN_TMP"/*
        else    # the disk is full now: answers may be cut, so all are asked for again, one after the other
            rm -rf "$HAIRPIN_TMP"; HAIRPIN_TMP=
            jobs_of_host
        fi
    fi
    [ -z "$HAIRPIN_TOOLS" ] || run container-rights /proc/self/status grep '^CapEff:' /proc/self/status
    printf '\n%s\tdone\n' "$HAIRPIN_TOKEN"
}
main "$@" </dev/null
