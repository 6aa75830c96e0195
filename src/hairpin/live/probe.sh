# Runs on the machine of --probe-from, with what is there: ADDRESS PORT COUNT PROTOCOL FIRST_SOURCE_PORT.
# Prints "hairpin-probe means NAME" once, then one line a probe: "hairpin-probe OUTCOME MILLISECONDS|- SOURCE_PORT".
address=$1 port=$2 count=$3 protocol=$4 first=$5

tell() { echo "hairpin-probe $*"; }
have() { command -v "$1" >/dev/null 2>&1; }

if have python3 && [ "$protocol" != icmp ]; then
    tell means python3
    exec python3 -c '
import errno, socket, struct, sys, threading, time
address, port, count, protocol, first = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), sys.argv[4], int(sys.argv[5])
family = socket.AF_INET6 if ":" in address else socket.AF_INET
ports = iter(range(first, first + 256))
lock = threading.Lock()
told_errors = (errno.ECONNREFUSED, errno.ECONNRESET, errno.EHOSTUNREACH, errno.ENETUNREACH, errno.EACCES)
def opened():
    for sport in ports:
        sock = socket.socket(family, socket.SOCK_STREAM if protocol == "tcp" else socket.SOCK_DGRAM)
        try:
            sock.bind(("", sport))
            return sock, sport
        except OSError:
            sock.close()
    raise OSError("no free port")
def one(sock, sport):
    sock.settimeout(0.9 if protocol == "tcp" else 2.0)
    began = time.time()
    try:
        sock.connect((address, port))
        if protocol == "udp":
            query = struct.pack(">HHHHHHBHH", sport, 256, 1, 0, 0, 0, 0, 2, 1)
            sock.send(query if port == 53 else b"")
            sock.recv(2048)
        told = "answered %.3f %d" % ((time.time() - began) * 1000, sport)
    except socket.timeout:
        told = "silent - %d" % sport
    except OSError as error:
        told = "%s - %d" % ("refused" if error.errno in told_errors else "silent", sport)
    sock.close()
    say(told)
def say(told):
    with lock:
        print("hairpin-probe " + told)
        sys.stdout.flush()
running = []
for number in range(count):
    if number:
        time.sleep(0.2)
    try:
        running.append(threading.Thread(target=one, args=opened()))
        running[-1].start()
    except OSError:
        say("could-not-try - 0")
for each in running:
    each.join()
' "$address" "$port" "$count" "$protocol" "$first"
fi

means=none
case $protocol in
tcp)
    if have bash && have timeout; then means="bash /dev/tcp"
    elif have nc; then means=nc
    elif have curl; then means=curl
    fi ;;
icmp) if have ping; then means=ping; fi ;;
esac
tell means "$means"

one() {
    said='' status=0
    case $means in
    bash*) said=$(timeout 0.9 bash -c 'exec 3<>"/dev/tcp/$0/$1"' "$address" "$port" 2>&1) || status=$? ;;
    nc) said=$(nc -v -z -w 1 "$address" "$port" </dev/null 2>&1) || status=$? ;;
    ping) said=$(ping -n -c 1 -W 1 "$address" 2>&1) || status=$? ;;
    curl)
        case $address in *:*) host="[$address]" ;; *) host=$address ;; esac
        said=$(curl -s -o /dev/null --noproxy '*' --connect-timeout 0.9 --max-time 1.2 -w 'connected=%{time_connect}' \
            "telnet://$host:$port" </dev/null 2>&1) || status=$?
        connected=${said##*connected=}
        case $connected in 0|0[.,]0|0[.,]000000) ;; [0-9]*) echo "answered $connected"; return ;; esac
        case $status in 7) said=refused ;; 28) said='timed out' ;; esac ;;
    *) echo could-not-try; return ;;
    esac
    if [ "$status" = 0 ]; then echo answered; return; fi
    case $said in
    *efused*|*reset*|*nreachable*|*'o route'*|*rohibited*) echo refused ;;
    *'imed out'*|*imeout*|*'100% packet loss'*) echo silent ;;
    *) if [ "$status" = 124 ] || [ "$means" = ping ] || [ "$means" = nc ]; then echo silent; else echo could-not-try; fi ;;
    esac
}

# The time that a shell takes to start a program is no latency: only curl tells that of the connection, in seconds.
while [ "$count" -gt 0 ]; do
    count=$((count - 1))
    outcome=$(one)
    case $outcome in
    'answered '*) tell answered "$(echo "${outcome#answered }" | sed 's/,/./; s/^\([0-9]*\)[.]\([0-9]\{3\}\)/\1\2./; s/^0*\([0-9]\)/\1/')" 0 ;;
    *) tell "$outcome" - 0 ;;
    esac
    sleep 0.2 2>/dev/null || sleep 1
done
