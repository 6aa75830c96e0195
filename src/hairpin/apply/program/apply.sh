#!/bin/sh
# Carries the steps of a plan out on this host and takes them back, with a journal and a dead-man's switch of its own.
#
#   sh -c PROGRAM hairpin keep BASE PLAN            the switch: see keep()
#   sh -c PROGRAM hairpin ask [SSH_CONNECTION]      one request on standard input: see main()
#
# A hairpin of this host asks so as well as one that comes over ssh. Runs under dash, bash and busybox sh. Nothing is
# installed: this text comes with each request, and the switch has it in memory. Rules that every line here keeps:
#   - nothing that comes with a request is evaluated: it is written to files, and words become positional parameters;
#   - what another process may have to know is on the disk before the step begins;
#   - standard output has the frames of the answer alone: TOKEN<TAB>word<TAB>field…, and counted bytes.
#
# BASE/before-PLAN/ has what the plan touches as it was before, for a person. BASE/plans/PLAN/ of root's, mode 0700:
#   open keeping applied ending taken-back partly   one of them is there and names the plan's state; mv(1) is the one
#                                           atomic step from one to the next: of two processes one finds it gone
#   plan        the plan as hairpin reads it again: no line of it is understood here; plan.new: it is on its way
#   journal     UPTIME<TAB>task<TAB>N<TAB>STATE<TAB>SAID<TAB>.   a line without its dot was not written whole
#   until       the uptime at which the switch takes all back
#   keeper      process and start time of the switch
#   carrier     those of the hairpin on this host that has the plan in hand; not there: another machine has begun it
#   running     those of the command that runs, or was the last one
#   hairpin     kind "lent": the words that start a module of the hairpin on this host, which knows networks and files.
#               hairpin.K: the modules. Once it is gone, this program does alone what it can
#   programs    what has to be installed, a line each
#   count       how many tasks there are
#   N.do.K      act K of task N, with N.do.K.text (standard input), .before and .after (a file's content), .list.J (the
#               listing of a chain, for the handles of its rules)
#   N.undo.K    the acts that take it back; N.words.K: the same where something else has changed the same place since
#   N.tidy.K    what takes away that the tools have left besides; it may fail
#   N.probe.K   what tells how the place of task N is now; N.was and N.made: what it told before and after the step
#               N.do.K.whole: a file that is replaced with all that belongs to it, for the hairpin that is lent
#   save.K      prints a ruleset that the plan will change; keep.K: a file that it will change. Each .name: its backup's
#   N.when      what is done where it was changed since: undo, words or stay; "never": nothing takes the task back

PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C
export PATH LC_ALL
umask 077
NL='
'
TAB='	'
KEPT=50         # plans that are kept besides those in force,
KEPT_KIB=32768  # and their size
ACT_S=60        # the longest that a command may take
BUSY_S=70       # the longest that one process waits until another one's step has ended
LENT_S=120      # the longest that the hairpin of this host may take to take a plan back

have() { command -v "$1" >/dev/null 2>&1; }
say() { # say WORD...: a line of the answer
    frame=$TOKEN
    for field; do frame=$frame$TAB$field; done
    printf '%s\n' "$frame"
}
give() { # give NAME FILE: counted bytes, of a file that may grow meanwhile
    [ "$2" = "$TMP/out" ] || cat "$2" >"$TMP/out"
    count=$(wc -c <"$TMP/out") || count=0
    say bytes "$1" $((count))
    cat "$TMP/out"
    printf '\n'
}
refuse() { say refused "$@"; exit 0; }
is_number() { case $1 in '' | *[!0-9]*) return 1 ;; esac; }
oneline() { tr '\000-\037' ' ' | cut -c 1-500; }

uptime_s() { read -r up _ </proc/uptime; up=${up%%.*}; }
durable() { sync "$@" 2>/dev/null || sync; }       # tools that know no files sync all
start_of() { # start_of PID: sets start to the boot and the tick in which the process began, empty if it is gone
    start=
    { read -r stat <"/proc/$1/stat"; } 2>/dev/null || return 1
    set -f; set -- ${stat##*) }; set +f
    case $1 in [ZX]) return 1 ;; esac       # ended, and not yet reaped
    { read -r boot </proc/sys/kernel/random/boot_id; } 2>/dev/null
    start=$boot.${20}
}
lives() { # lives "PID START": whether that process still runs
    start_of "${1% *}" && [ "$start" = "${1#* }" ]
}
is_alive() { # is_alive FILE: whether the process that the file names lives
    { IFS= read -r owner <"$1"; } 2>/dev/null && lives "$owner"
}
claims() { # claims FILE [PID]: names this process in the file, or that one
    start_of "${2:-$$}"; printf '%s %s\n' "${2:-$$}" "$start" >"$1.$$" && mv -f "$1.$$" "$1"
}
becomes() { # becomes running|carrier: names the subshell that calls it, which becomes a command
    { read -r self _ </proc/self/stat; } 2>/dev/null
    ! start_of "$self" || printf '%s %s\n' "$self" "$start" >"$PLAN/$1"
} 2>/dev/null

# ---- locks: descriptor 9 for the host, which a hairpin on this host shares; 8 for the step of a plan -------------------

grab() { # grab FD FILE SECONDS: the caller has opened FILE as FD; sets waited
    waited=no patience=$(($3 * 10))
    until grabbed "$1" "$2"; do
        [ "$patience" -gt 0 ] || return 1
        waited=yes
        nap 0.1; patience=$((patience - 1))
    done
}
grabbed() {
    if have flock; then flock -n "$1"; return; fi
    # A symbolic link is made with its content at once, or not at all.
    start_of "$$"
    ln -s "$$ $start" "$2.owner" 2>/dev/null && return
    owner=$(readlink "$2.owner") || return 1
    lives "$owner" && return 1
    mv "$2.owner" "$2.owner.$$"         # of a process that was killed, unless another one has replaced it just now
    [ "$(readlink "$2.owner.$$")" = "$owner" ] || ln -s "$(readlink "$2.owner.$$")" "$2.owner"
    rm -f "$2.owner.$$"
    return 1
}
release() { # release FILE
    have flock || rm -f "$1.owner"
}
opens() { # opens FD FILE: to be locked; of a disk that cannot be written it is there
    if { true >>"$2"; } 2>/dev/null; then eval "exec $1>>\"\$2\""; else [ -e "$2" ] && eval "exec $1<\"\$2\""; fi
}
lock_host() { opens 9 "$BASE/lock" && grab 9 "$BASE/lock" "$1"; }
unlock_host() { exec 9>&-; release "$BASE/lock"; }
lock_plan() { # a command that outlives the process which began it is a step at hand, too
    opens 8 "$PLAN/busy" && grab 8 "$PLAN/busy" "$BUSY_S" || return
    patience=$((BUSY_S * 5))
    while [ "$patience" -gt 0 ] && is_alive "$PLAN/running"; do
        waited=yes
        nap; patience=$((patience - 1))
    done
}
unlock_plan() { exec 8>&-; release "$PLAN/busy"; }

# ---- the journal -------------------------------------------------------------------------------------------------------

state_of() { # state_of PLAN: sets state
    for state in open keeping applied ending taken-back partly ending; do   # from "partly" it may go to "ending" again
        [ ! -e "$1/$state" ] || return 0
    done
    state=; return 1
}
move() { # move FROM TO: whether it was FROM until now; FROM "any": as it is
    from=$1
    if [ "$from" = any ]; then
        state_of "$PLAN"; from=$state
        [ "$from" != "$2" ] || return 0
        [ "$from" != taken-back ] || return 1
    fi
    mv "$PLAN/$from" "$PLAN/$2" 2>/dev/null && { durable "$PLAN" || :; }
}
mark() { # mark N STATE SAID
    uptime_s
    { printf '\n%s\ttask\t%s\t%s\t%s\t.\n' "$up" "$1" "$2" "$3" >>"$PLAN/journal"; } 2>/dev/null && durable "$PLAN/journal"
}
task_state() { # task_state N: sets state and told, which is why
    state=planned told=
    while IFS=$TAB read -r _ kind number found said dot; do
        [ "$kind" != task ] || [ "$number" != "$1" ] || [ "${dot:-$said}" != . ] || { state=$found told=$said; }
    done <"$PLAN/journal"
    [ "$told" != . ] || told=       # an empty field does not stand between two tabs: IFS takes both for one
}

# ---- acts --------------------------------------------------------------------------------------------------------------

find_limit() { # sets LIMIT: how timeout(1) is called here; "none" without it
    LIMIT=none
    ! have timeout || { LIMIT=timeout; timeout 1 true 2>/dev/null || LIMIT='timeout -t'; }
}
limited() { # limited SECONDS COMMAND...: becomes the command
    [ "$LIMIT" != none ] || { shift; exec "$@"; }
    exec $LIMIT "$@"
}
run_act() { # run_act FILE: does one act; sets said if it fails. Its words become the positional parameters.
    act=$1 kind=command begun= word= said=; shift
    while IFS= read -r line; do
        case $line in
            'kind '*) kind=${line#* } ;;
            'a '*) [ -z "$begun" ] || set -- "$@" "$word"; begun=y word=${line#a } ;;
            '+ '*) word=$word$NL${line#+ } ;;
        esac
    done <"$act"
    [ -z "$begun" ] || set -- "$@" "$word"
    case $kind in
        command) run_command "$act.text" "$@" ;;
        nft) fill_handles && run_command "$TMP/filled" "$@" ;;
        replace) replace_file "$@" ;;
        judge) judge "$@" ;;
        unit) start_unit "$@" ;;
        lent) lend "$@" ;;
        *) said="no such act: $kind"; return 1 ;;
    esac
}
run_command() { # run_command INPUT COMMAND...: its output is in $TMP/out, or $OUT
    input=$1; shift
    [ -e "$input" ] || input=/dev/null
    # No child may keep a lock: what a manager starts outlives this process.
    umask 022
    [ -n "$LIMIT" ] || find_limit
    (becomes running; limited "$ACT_S" "$@") <"$input" >"${OUT:-$TMP/out}" 2>"$TMP/err" 8>&- 9>&-
    status=$?
    umask 077
    [ "$status" != 0 ] || return 0
    said=$(oneline <"$TMP/err")
    [ -n "$said" ] || said="$1 ended with status $status"
    [ "$status" != 127 ] || said="$1 is not installed"
    [ "$status" != 124 ] && [ "$status" != 143 ] || said="$1 did not end within $ACT_S s"
    return "$status"
}
judge() { # judge COMMAND... COPY: whether the program finds the copy of a file right; on a host without it, it is
    run_command "$act.text" "$@" && return
    [ "$status" != 127 ] || { said=; return 0; }
    rm -f -- "$word"
    return 1
}
start_unit() { # of a unit that ends at once systemd only says that it did, so its program's last line is added
    run_command "$act.text" "$@" && return
    reason=$said
    line=$(limited "$ACT_S" journalctl "_SYSTEMD_UNIT=${word%.service}.service" -b -n 1 -o cat --no-pager 2>/dev/null | oneline)
    said="$reason${line:+ Its last line: $line}"
    return 1
}
lend() { # lend COMMAND...: starts the module in LENT
    umask 022
    [ -n "$LIMIT" ] || find_limit
    (becomes "$LENT_AS"; limited "$LENT_S" "$@" "$LENT") <"$LENT_INPUT" >/dev/null 2>"$TMP/err" 8>&- 9>&-
    status=$?
    return "$status"
}
ask_hairpin() { # ask_hairpin K INPUT running|carrier: the status of module K of this host's hairpin; 127: none is lent
    [ -e "$PLAN/hairpin" ] && read -r LENT <"$PLAN/hairpin.$1" || return 127
    LENT_INPUT=$2 LENT_AS=$3
    (run_act "$PLAN/hairpin"; exit "$status")
}
handles() { # handles FILE: prints the handles of the chain's rules in their order, by the listing that FILE is
    ( run_act "$1" ) || return 1        # a process of its own: its variables are not those of the act that asks
    tr '{' '\n' <"$TMP/out" |
        sed -n 's/^"family": "[a-z0-9]*", "table": "[^"]*", "chain": "[^"]*", "handle": \([0-9]*\),.*/\1/p'
}
fill_handles() { # the text of the act with the handle of each rule that it names: SOH LIST . NUMBER SOH
    SOH=$(printf '\001')
    for list in "$act".list.*; do
        case $list in *.count | *'*') continue ;; esac
        number=${list##*.}
        if [ -n "$RECORDED" ] && [ -e "$act.recorded.$number" ]; then
            cp "$act.recorded.$number" "$TMP/handles.$number"
            continue
        fi
        handles "$list" >"$TMP/handles.$number" || { said=$(oneline <"$TMP/err"); return 1; }
        read -r wanted <"$list.count"
        found=$(wc -l <"$TMP/handles.$number")
        [ $((found)) = "$wanted" ] || { said="the chain has $((found)) rules now, and had $wanted"; return 1; }
    done
    while IFS= read -r line; do
        case $line in
            *"$SOH"*)
                head=${line%%"$SOH"*} rest=${line#*"$SOH"}
                which=${rest%%"$SOH"*} rest=${rest#*"$SOH"}
                is_number "${which%.*}" && is_number "${which#*.}" || { said='no handle'; return 1; }
                handle=$(sed -n "${which#*.}p" <"$TMP/handles.${which%.*}")
                [ -n "$handle" ] || { said='the rule is not there any more'; return 1; }
                line=$head$handle$rest ;;
        esac
        printf '%s\n' "$line"
    done <"$act.text" >"$TMP/filled"
}
same() { # same FILE FILE
    if have cmp; then cmp -s "$1" "$2"; else [ "$(cksum <"$1")" = "$(cksum <"$2")" ]; fi
}
is_as() { # is_as PATH CONTENT: whether the file has the content; is not there, if there is no content
    if [ -e "$2" ]; then [ -f "$1" ] && same "$1" "$2"; else [ ! -e "$1" ] && [ ! -L "$1" ]; fi
}
real_path() { # real_path PATH: sets target to the file behind symbolic links
    target=$(readlink -f -- "$1" 2>/dev/null) && [ -n "$target" ] || target=$1
}
links_of() { ls -ld -- "$1" | { read -r _ links _ && echo "$links"; }; }
replace_file() { # replace_file PATH MODE OWNER: by rename in the same folder; a symbolic link stays
    if [ -e "$act.whole" ]; then
        ask_hairpin 1 "$act.whole" running
        case $? in 0) return 0 ;; 3) said=$(oneline <"$TMP/err"); return 1 ;; esac
    fi
    real_path "$1"
    if is_as "$target" "$act.after"; then return 0; fi
    is_as "$target" "$act.before" || { said="$1 is not as expected: it was changed, made or deleted"; return 1; }
    if [ ! -e "$act.after" ]; then
        said=$(rm -f -- "$target" 2>&1) || return 1
        case ${target%/*} in *.network.d) rmdir -- "${target%/*}" 2>/dev/null && return 0 ;; esac
        durable "${target%/*}"
        return 0
    fi
    [ ! -e "$target" ] || [ "$(links_of "$target")" = 1 ] ||
        { said="$1 has several hard links, which a rename would part; change it on that host"; return 1; }
    case ${target%/*} in *.network.d) [ -d "${target%/*}" ] || said=$(mkdir -m 755 -- "${target%/*}" 2>&1) || return 1 ;; esac
    new=${target%/*}/.${target##*/}.hairpin-new
    said=$({
        rm -f -- "$new" && { [ ! -e "$target" ] || cp -a -- "$target" "$new"; } && cat "$act.after" >"$new" &&
            chown "$3" "$new" && chmod "$2" "$new" && durable "$new" && mv -f -- "$new" "$target"
    } 2>&1) || { said=$(printf %s "$said" | oneline); rm -f -- "$new"; return 1; }
    durable "${target%/*}"
}
run_all() { # run_all PREFIX: the acts PREFIX.1, PREFIX.2 … up to the first that fails
    of=$1 at=1
    while [ -e "$of.$at" ]; do
        run_act "$of.$at" || return
        at=$((at + 1))
    done
}

# ---- one task ----------------------------------------------------------------------------------------------------------

probe() { # probe N: prints how the task's place is now, without counters and times
    at=1 place=$PLAN/$1.probe; shift
    while [ -e "$place.$at" ]; do
        OUT=$TMP/probe.$at
        run_act "$place.$at"; printf 'status %s\n' "$?"
        set -- "$@" "$OUT"; at=$((at + 1))
    done
    OUT=
    [ "$at" = 1 ] ||
        sed 's/\[[0-9]*:[0-9]*\]//; s/ *valid_lft.*//; s/ expires [0-9]*sec//; s/_timer *[0-9.]*//g; /^#/d' "$@"
}
carry() { # carry N: does the task; sets said if it fails
    probe "$1" >"$TMP/now"
    cp "$TMP/now" "$PLAN/$1.was" 2>/dev/null && durable "$PLAN/$1.was" "$PLAN" || { said='its state cannot be written down'; return 1; }
    mark "$1" running '' || { said='the journal cannot be written'; return 1; }
    if run_all "$PLAN/$1.do"; then
        probe "$1" >"$TMP/now"
        cp "$TMP/now" "$PLAN/$1.made" 2>/dev/null || rm -f "$PLAN/$1.made"      # half of it would be taken for a change
        for list in "$PLAN/$1".undo.1.list.*; do
            case $list in *.count | *'*') continue ;; esac
            handles "$list" >"$PLAN/$1.undo.1.recorded.${list##*.}"
        done
        mark "$1" 'done' ''
        said=; return 0
    fi
    reason=$said
    mark "$1" failed "$reason"
    said=$reason; return 1
}
is_blind() { # is_blind N: whether the step was done and its probe tells nothing of it
    [ -e "$PLAN/$1.made" ] && same "$PLAN/$1.was" "$PLAN/$1.made"
}
undo() { # undo N: takes the task back as it was found by its probe; sets state and said
    how=undo RECORDED= when=
    [ ! -e "$PLAN/$1.when" ] || read -r when <"$PLAN/$1.when"
    before=$state
    if [ -e "$PLAN/$1.probe.1" ] && ! is_blind "$1"; then
        probe "$1" >"$TMP/now"
        if [ -e "$PLAN/$1.was" ] && same "$TMP/now" "$PLAN/$1.was"; then
            said= state=taken-back
            [ "$before" != 'done' ] || state=gone
            return
        fi
        if [ -e "$PLAN/$1.made" ] && ! same "$TMP/now" "$PLAN/$1.made" && [ "$when" != undo ]; then
            how=changed
            [ ! -e "$PLAN/$1.words.1" ] || how=words
            for list in "$PLAN/$1".undo.1.recorded.*; do [ ! -e "$list" ] || { how=undo RECORDED=y; }; done
        fi
    fi
    case $when$how in
        never*) said='nothing takes it back' state=stays; return ;;
        *changed) said='it was changed since' state=stays; return ;;
    esac
    if run_all "$PLAN/$1.$how"; then said= state=taken-back; return; fi
    state=stays reason=$said
    [ ! -e "$PLAN/$1.probe.1" ] || { probe "$1" >"$TMP/now"; ! same "$TMP/now" "$PLAN/$1.was" || state=taken-back; }
    said=$reason
    [ "$state" = stays ] || said=
}
tidy() { # tidy N: what it does not find, or what somebody uses by now, stays
    at=1 kept=$said
    while [ -e "$PLAN/$1.tidy.$at" ]; do
        run_act "$PLAN/$1.tidy.$at"; at=$((at + 1))
    done
    said=$kept
}
take_back() { # all that may be on the host, the last task first; the plan is "ending" already
    read -r left <"$PLAN/count" && is_number "$left" || left=0
    stays=
    while [ "$left" -gt 0 ]; do
        left=$((left - 1))
        task_state "$left"
        case $state in running | 'done' | failed | taking-back | stays) ;; *) continue ;; esac
        mark "$left" taking-back ''
        undo "$left"
        [ "$state" = stays ] || tidy "$left"
        mark "$left" "$state" "$said"
        [ "$state" != stays ] || stays=y
    done
    if [ -n "$stays" ]; then move ending partly; else move ending taken-back; fi
}

# ---- the switch --------------------------------------------------------------------------------------------------------

nap() { sleep "${1:-0.2}" 2>/dev/null || sleep 1; }
read_until() { # sets until and up
    { read -r until <"$PLAN/until"; } 2>/dev/null || until=0
    uptime_s
}
keep() { # keep: holds the lock of the host while the plan is under way, and takes it back at its deadline
    trap '' HUP INT QUIT PIPE
    cd /
    lock_host 2 || { true >"$PLAN/refused"; exit 1; }
    claims "$PLAN/keeper"
    while state_of "$PLAN"; do
        read_until
        case $state in
            applied | taken-back | partly) break ;;
            ending)     # who was taking it back here was killed: nothing is to be waited for
                if [ -e "$PLAN/carrier" ] && ! is_alive "$PLAN/carrier" && takes_over; then strike; break; fi ;;
        esac
        if [ "$up" -ge "$until" ]; then
            case $state in
                keeping) break ;;       # all is well, and what lasts was not written whole: the next command
                open) move open ending || [ -e "$PLAN/open" ] || continue ;;    # a disk that cannot be written: all the same
            esac
            strike; break
        fi
        nap
    done
    rm -f "$PLAN/keeper"
    unlock_host
}
takes_over() { # whether the plan, which a killed process was taking back, is this switch's from now on
    set_until 0 && claims "$PLAN/carrier" || return     # a command that comes now waits for the switch
    nap                 # a command may have claimed it at the same moment: the later one has it
    { IFS= read -r owner <"$PLAN/carrier"; } 2>/dev/null && [ "${owner% *}" = $$ ] && return
    set_until "$LENT_S"
    return 1
}
strike() { # the hairpin of this host knows more; what it has not taken back by itself, this program does
    lock_plan || return
    unlock_plan
    printf '%s\n%s\n' "$BASE" "$ID" >"$TMP/struck"
    ask_hairpin 2 "$TMP/struck" carrier
    lock_plan || return
    if [ -e "$PLAN/ending" ] || [ -e "$PLAN/open" ]; then take_back; fi
    unlock_plan
}
leave_container() { # from hairpin's image: into the control groups of process 1, since an engine kills all that is in those of a container
    [ -n "${HAIRPIN_TOOLS-}" ] || return 0
    read -r own _ </proc/self/stat
    while IFS=: read -r _ kinds path; do
        folder=/sys/fs/cgroup/${kinds#name=}
        [ -n "$kinds" ] || [ ! -d "${folder}unified" ] || folder=${folder}unified
        printf '%s\n' "$own" >"$folder$path/cgroup.procs"
    done </proc/1/cgroup
} 2>/dev/null
start_keeper() { # a process that no session's end kills; the descriptors of this one are not its
    rm -f "$PLAN/keeper" "$PLAN/refused"
    started=
    if have systemd-run && [ -d /run/systemd/system ] &&
        [ "$(readlink /proc/self/ns/net)$(readlink /proc/self/ns/mnt)" = "$(readlink /proc/1/ns/net)$(readlink /proc/1/ns/mnt)" ]; then
        # systemd puts variables into a command line itself, where they are in braces: the program is no part of it.
        systemd-run --quiet --collect --unit="hairpin-keeper-$ID-$$" --setenv=PROGRAM="$PROGRAM" \
            sh -c 'eval "$PROGRAM"' hairpin keep "$BASE" "$ID" </dev/null >/dev/null 2>&1 8>&- 9>&- && started=y
    fi
    if [ -z "$started" ]; then
        if have setsid; then detach=setsid; else detach=; fi
        # The subshell ends at once, so that the keeper is nobody's child.
        (trap '' HUP; leave_container; $detach sh -c "$PROGRAM" hairpin keep "$BASE" "$ID" </dev/null >/dev/null 2>&1 8>&- 9>&- &)
    fi
    tries=0
    until is_alive "$PLAN/keeper"; do
        [ "$tries" -lt 90 ] && [ ! -e "$PLAN/refused" ] || return 1
        if [ "$tries" -lt 40 ]; then nap 0.02; else nap; fi
        tries=$((tries + 1))
    done
}
set_until() { # set_until SECONDS: from now
    uptime_s
    printf '%s\n' $((up + $1)) >"$PLAN/until.new" && mv -f "$PLAN/until.new" "$PLAN/until" && durable "$PLAN/until"
}

# ---- requests ----------------------------------------------------------------------------------------------------------

open_folder() { # of root's, and nobody else's to write: others could hand over acts
    [ -d "$BASE/plans" ] || mkdir -p "$BASE/plans" 2>"$TMP/err" || refuse folder "$BASE" "$(oneline <"$TMP/err")"
    ls -ldn "$BASE" "$BASE/plans" >"$TMP/out"
    while read -r mode _ owner _; do
        case $mode in d????[!w]??[!w]*) ;; *) refuse foreign "$BASE" ;; esac
        [ "$owner" = "$user" ] || refuse foreign "$BASE"
    done <"$TMP/out"
    cd "$BASE/plans" || refuse folder "$BASE" "$BASE/plans"
}
receive() { # receive FOLDER: files, each as a line "NAME BYTES" and its bytes, up to an empty line
    while IFS=' ' read -r name count; do
        [ -n "$name" ] || return 0
        case $name in *[!0-9a-z.-]* | .*) refuse request "$name" ;; esac
        is_number "$count" || refuse request "$count"
        # Standard input is a file: dd takes a block of any size whole, and nothing behind it.
        if [ "$count" = 0 ]; then true >"$1/$name"; else dd bs="$count" count=1 of="$1/$name" 2>/dev/null; fi ||
            refuse space "$BASE" "$name"
    done
    refuse request 'cut'
}
in_hand() { # in_hand PID: whether another hairpin of this host has the plan in hand; else that process has it now.
    # Without PID it is one on another machine, which no process here stands for.
    owner=
    { IFS= read -r owner <"$PLAN/carrier"; } 2>/dev/null && [ "${owner% *}" != "$1" ] && lives "$owner" && return
    if ! is_number "$1"; then rm -f "$PLAN/carrier"; return 1; fi
    claims "$PLAN/carrier" "$1" 2>/dev/null || return 1     # a full disk
    [ -n "$owner" ] && [ "${owner% *}" != "$1" ] || return 1
    nap 0.1             # the switch may have claimed it from the same killed process at the same moment
    { IFS= read -r owner <"$PLAN/carrier"; } 2>/dev/null && [ "${owner% *}" != "$1" ]
}
begin() { # begin SECONDS PID: a plan without tasks, of that process; its switch holds the lock of the host
    is_number "$1" || refuse request "$1"
    ID=0
    for each in *; do
        is_number "$each" || continue
        [ "$each" -le "$ID" ] || ID=$each
        state_of "$each" || continue
        case $state in open | keeping | ending)
            if is_alive "$each/keeper"; then refuse under-way "$each" "$state"; else refuse half-done "$each"; fi ;;
        esac
    done
    ID=$((ID + 1))
    PLAN=$BASE/plans/$ID
    mkdir "$PLAN" 2>"$TMP/err" || { [ -e "$PLAN" ] && refuse locked; refuse space "$BASE" "$(oneline <"$TMP/err")"; }
    in_hand "$2"
    { true >"$PLAN/journal" && printf '0\n' >"$PLAN/count" && set_until "$1" && true >"$PLAN/open"; } 2>"$TMP/err" ||
        { rm -rf "$PLAN"; refuse space "$BASE" "$(oneline <"$TMP/err")"; }
    durable "$PLAN" "$BASE/plans"
    start_keeper || { rm -rf "$PLAN"; refuse locked; }
    forget_old
    read -r until <"$PLAN/until"
    say plan "$ID" open "$until"
}
forget_old() { # the oldest plans that are taken back, never the newest one nor one in force
    du -sk -- [0-9]* 2>/dev/null | sort -rn -k 2 | {
        number=0 total=0
        while read -r size each; do
            number=$((number + 1)) total=$((total + size))
            [ "$number" -gt "$KEPT" ] || [ "$total" -gt "$KEPT_KIB" ] || continue
            [ "$number" = 1 ] || [ ! -e "$each/taken-back" ] || rm -rf "./$each" "$BASE/before-$each"
        done
    }
}
back_up() { # what the plan touches, for a person: rulesets in the words that load them again, and files
    own=$BASE/before-$ID at=1
    while [ -e "$PLAN/save.$at" ]; do
        if run_act "$PLAN/save.$at" && [ -s "$TMP/out" ]; then
            { cp "$TMP/out" "$PLAN/keep.s$at" && cp "$PLAN/save.$at.name" "$PLAN/keep.s$at.name"; } 2>"$TMP/err" ||
                refuse backups "$own" "$(oneline <"$TMP/err")"
        fi
        at=$((at + 1))
    done
    for each in "$PLAN"/keep.*.name; do
        [ -e "$each" ] && read -r name <"$each" || continue
        { mkdir -p "$own" && cp "${each%.name}" "$own/${name##*/}" && rm -f "$each" "${each%.name}"; } 2>"$TMP/err" ||
            refuse backups "$own" "$(oneline <"$TMP/err")"
    done
    [ ! -d "$own" ] || durable "$own"/* "$own"
}
fill() { # fill SECONDS: the plan's files, which are on the disk when this returns; its time begins anew
    [ -e "$PLAN/open" ] || refuse ended
    receive "$PLAN"
    ! is_number "$1" || set_until "$1"
    [ -e "$PLAN/programs" ] || true >"$PLAN/programs"
    while read -r program; do
        have "$program" || refuse missing "$program"
    done <"$PLAN/programs"
    back_up
    [ -e "$PLAN/count" ] && durable "$PLAN"/* "$PLAN" || refuse space "$BASE" "$PLAN"
    # It has its name once it is whole on the disk: a plan without one was not begun.
    [ ! -e "$PLAN/plan.new" ] || { mv "$PLAN/plan.new" "$PLAN/plan" && durable "$PLAN" || refuse space "$BASE" "$PLAN"; }
    say ok
}
carry_all() { # carry_all N...: these tasks, up to the first that fails, whose complaint is in said
    said=
    for task; do
        is_number "$task" || refuse request "$task"
        [ -z "$STOPS" ] && { [ -e "$PLAN/open" ] || [ -e "$PLAN/keeping" ]; } || { say ended; return 1; }
        if carry "$task"; then say task "$task" 'done' ''; else say task "$task" failed "$said"; return 1; fi
    done
}
confirm() { # confirm SECONDS PID N...: all is well; these tasks, which last, and then the plan is in force
    ! in_hand "$2" || refuse busy
    [ -e "$PLAN/keeping" ] || move open keeping || { say ended; return; }
    ! is_number "$1" || set_until "$1"
    is_alive "$PLAN/keeper" || start_keeper || refuse locked
    shift 2
    lock_plan || refuse busy
    if carry_all "$@"; then move keeping applied || say ended; fi
    unlock_plan
}
one_act() { # one_act: the act 1.do.1 of the request, whose result is the answer
    receive "$TMP"
    lock_plan || refuse busy
    true >"$TMP/out"
    run_act "$TMP/1.do.1"; status=$?
    unlock_plan
    say result "$status" "$said"
    give printed "$TMP/out"
}
read_files() { # files named a line each: owner and mode, and the bytes
    while IFS= read -r path && [ -n "$path" ]; do
        real_path "$path"
        if [ -f "$target" ] && cat "$target" >"$TMP/out" 2>/dev/null; then
            set -f; set -- $(ls -ldn -- "$target"); set +f
            say file there "$1" "$3" "$4"
            give content "$TMP/out"
        elif [ -e "$target" ] || [ -L "$path" ]; then
            say file unreadable
        else
            say file absent
        fi
    done
}
list_plans() { # list_plans [STATE|ID...]: those plans, or all, with what is known of each
    for each in *; do
        PLAN=$BASE/plans/$each
        is_number "$each" && state_of "$PLAN" || continue
        case " $* " in '  ' | *" $state "* | *" $each "*) ;; *) continue ;; esac
        read_until
        watched=no in_hand=unknown
        ! is_alive "$PLAN/keeper" || watched=yes
        if [ -e "$PLAN/carrier" ]; then in_hand=no; ! is_alive "$PLAN/carrier" || in_hand=${owner% *}; fi
        say plan "$each" "$state" "$watched" $((until - up)) "$in_hand"
        [ ! -e "$PLAN/plan" ] || give plan "$PLAN/plan"
        give journal "$PLAN/journal"
    done
}
hold() { # hold SECONDS PID: a switch for a plan that is taken back, or kept; one that watches it gets the new deadline.
    # A step at hand has ended when this returns, and none begins: the plan is no longer open.
    ! in_hand "$2" || refuse busy
    is_number "$1" || refuse request "$1"
    set_until "$1" 2>/dev/null
    lock_plan || refuse busy
    unlock_plan
    # A switch cannot say that it watches on a full disk: there it goes without one.
    is_alive "$PLAN/keeper" || ! { printf x >"$PLAN/until.new"; } 2>/dev/null || start_keeper || refuse locked
    say held "$waited"
}
seize() { # seize SECONDS PID: the same for a plan that is taken back from now on, unless its switch has begun to
    patience=$(((LENT_S + BUSY_S) * 5))
    while state_of "$PLAN" && read_until && [ "$up" -ge "$until" ] && is_alive "$PLAN/keeper" && [ "$patience" -gt 0 ]; do
        case $state in open | ending) ;; *) break ;; esac
        nap; patience=$((patience - 1))
    done
    case $state in taken-back | partly) [ "$3" = again ] && [ "$state" = partly ] || { say seized "$state"; return; } ;; esac
    ! in_hand "$2" || refuse busy
    move any ending
    hold "$1" "$2"
}
on_plan() { # on_plan VERB ARGUMENT...: what is asked of the plan $PLAN
    verb=$1; shift
    cd /
    case $verb in
        fill) fill "$@" ;;
        carry) lock_plan || refuse busy; carry_all "$@"; unlock_plan ;;
        confirm) confirm "$@" ;;
        act) one_act ;;
        hold) hold "$@" ;;
        seize) seize "$@" ;;
        move)
            for word; do case $word in any | open | keeping | applied | ending | taken-back | partly) ;; *) refuse request ;; esac; done
            if move "$1" "$2"; then say moved yes; else say moved no; fi ;;
        mark)
            while [ $# -ge 2 ]; do
                IFS= read -r said
                case $2 in *[!a-z-]*) refuse request "$2" ;; esac
                is_number "$1" || refuse request "$1"
                # What cannot be written down is done all the same: the next command finds it taken back.
                mark "$1" "$2" "$said" || say unwritten
                shift 2
            done ;;
        drop) [ -s "$PLAN/journal" ] || rm -rf "$PLAN" "$BASE/before-$ID" ;;     # nothing of it was begun
        *) refuse request "$verb" ;;
    esac
}
make_tmp() { # a folder of this process, which is gone when it ends
    for folder in /run /dev/shm "${TMPDIR:-/tmp}" /var/tmp; do      # in memory first: a full disk hinders no undo
        TMP=$(mktemp -d "$folder/hairpin.XXXXXX" 2>/dev/null) && trap 'rm -rf "$TMP"' EXIT && return
    done
    exit 1
}
main() { # main SSH_CONNECTION: TOKEN, BASE and VERB [PLAN] [ARGUMENT...] are the first lines
    trap '' HUP PIPE        # a connection that breaks ends no step in its middle
    trap 'STOPS=y' TERM     # of an interrupted hairpin: no further step begins
    make_tmp
    cat >"$TMP/request" && exec <"$TMP/request" || exit 1
    IFS= read -r TOKEN; IFS= read -r BASE; IFS= read -r request
    read -r boot </proc/sys/kernel/random/boot_id
    say begin "$boot" "$1"
    while read -r key _ user _; do [ "$key" != Uid: ] || break; done </proc/self/status
    [ "$user" = 0 ] || refuse not-root
    open_folder
    set -f; set -- $request; set +f
    verb=$1; shift
    case $verb in
        begin) begin "$@" ;;
        list) list_plans "$@" ;;
        read) read_files ;;
        *)
            ID=$1; shift
            is_number "$ID" && [ -d "$BASE/plans/$ID" ] || refuse no-plan "$ID"
            PLAN=$BASE/plans/$ID
            on_plan "$verb" "$@" ;;
    esac
    say 'done'
}

LIMIT= RECORDED= TOKEN= PLAN= LENT= OUT= STOPS=
case $1 in
    keep)
        BASE=$2 ID=$3 PLAN=$2/plans/$3
        exec >/dev/null 2>&1
        make_tmp
        keep ;;
    ask) main "$2" ;;
esac
#end
