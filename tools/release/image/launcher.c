/* The only program of the image that is compiled here: static, without a C library, so that it runs under any root directory.
 *
 * As /enter it is the image's entry point. It goes from the container into the host (the namespaces of process 1) and
 * starts hairpin there. The image's files stay within reach by a descriptor of its root directory: /proc/PID/fd/60.
 *
 * As /tools/FOLDER/NAME it starts the program /exec/NAME with the image's own loader and libraries, wherever the image's
 * root directory is seen: the path by which the kernel started it tells where (AT_EXECFN of getauxval(3)).
 */

#define ROOT_FD 60

typedef unsigned long word;

#if defined(__x86_64__)
enum { SYS_fcntl = 72, SYS_getpid = 39, SYS_execve = 59, SYS_openat = 257, SYS_setns = 308, SYS_chdir = 80,
       SYS_newfstatat = 262, SYS_exit = 60, SYS_write = 1, SYS_close = 3 };
#define O_DIRECTORY 0200000
struct status { word dev, ino, rest[16]; };
static long call(long number, word a, word b, word c, word d) {
    long result;
    register word r10 __asm__("r10") = d;
    __asm__ volatile("syscall" : "=a"(result) : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10) : "rcx", "r11", "memory");
    return result;
}
__asm__(".globl _start\n_start: mov %rsp, %rdi\n and $-16, %rsp\n call begin\n");
#elif defined(__aarch64__)
enum { SYS_fcntl = 25, SYS_getpid = 172, SYS_execve = 221, SYS_openat = 56, SYS_setns = 268, SYS_chdir = 49,
       SYS_newfstatat = 79, SYS_exit = 93, SYS_write = 64, SYS_close = 57 };
#define O_DIRECTORY 040000
struct status { word dev, ino, rest[14]; };
static long call(long number, word a, word b, word c, word d) {
    register word x8 __asm__("x8") = number, x0 __asm__("x0") = a, x1 __asm__("x1") = b, x2 __asm__("x2") = c,
                  x3 __asm__("x3") = d;
    __asm__ volatile("svc 0" : "+r"(x0) : "r"(x8), "r"(x1), "r"(x2), "r"(x3) : "memory");
    return x0;
}
__asm__(".globl _start\n_start: mov x0, sp\n bl begin\n");
#endif

#define O_PATH 010000000
#define O_CLOEXEC 02000000
#define F_DUPFD 0
#define AT_FDCWD ((word)-100)
#define AT_NULL 0
#define AT_EXECFN 31
#define EACCES 13
#define MOST 4096

/* A compiler may make a call of memcpy or strlen of a loop: there is none here. */
#ifndef __clang__ /* which has -fno-builtin for this */
#pragma GCC optimize("no-tree-loop-distribute-patterns")
#endif

static char room[16 * MOST];
static char *free_room = room;
static char **variables;

static int is(const char *a, const char *b) {
    while (*a && *a == *b) a++, b++;
    return *a == *b;
}
static int begins(const char *text, const char *with) {
    while (*with) if (*text++ != *with++) return 0;
    return 1;
}
static void end(const char *why, const char *what) {
    const char *parts[] = {"hairpin's image: ", what, why, "\n"};
    for (int i = 0; i < 4; i++) {
        word size = 0;
        while (parts[i][size]) size++;
        call(SYS_write, 2, (word)parts[i], size, 0);
    }
    call(SYS_exit, 4, 0, 0, 0);
}
/* The texts one after the other, up to an empty pointer. */
static char *join(const char **parts) {
    char *made = free_room;
    for (; *parts; parts++)
        for (const char *from = *parts; *from; from++) {
            if (free_room == room + sizeof room - 1) end("too long", made);
            *free_room++ = *from;
        }
    *free_room++ = 0;
    return made;
}
#define JOIN(...) join((const char *[]){__VA_ARGS__, 0})
static char *number(word value) {
    char digits[24], *at = digits + 23;
    *at = 0;
    do *--at = '0' + value % 10; while (value /= 10);
    return JOIN(at);
}
/* Adds NAME=VALUE to the variables, in place of one with this name. There is room for the few that are set here. */
static char *known[MOST];
static void set(const char *name, const char *value) {
    int i = 0;
    while (known[i] && !begins(known[i], name)) i++;
    if (i == MOST - 1) end("too many environment variables", "");
    known[i] = JOIN(name, value);
}
static int same(const char *a, const char *b) {
    struct status one, other;
    return !call(SYS_newfstatat, AT_FDCWD, (word)a, (word)&one, 0) &&
           !call(SYS_newfstatat, AT_FDCWD, (word)b, (word)&other, 0) && one.ino == other.ino && one.dev == other.dev;
}

/* Goes into the namespaces of process 1. Returns the word that hairpin reads: "host", or what is missing.
 * The mount namespace is last: it takes the container's /proc away. */
static const char *host_entered(void) {
    static const char *names[] = {"cgroup", "uts", "ipc", "net", "mnt"};
    long found[5];
    if (call(SYS_getpid, 0, 0, 0, 0) == 1 || same("/proc/1/ns/mnt", "/proc/self/ns/mnt")) return "no-pid-host";
    for (int i = 0; i < 5; i++) {
        char *path = JOIN("/proc/1/ns/", names[i]), *own = JOIN("/proc/self/ns/", names[i]);
        found[i] = call(SYS_openat, AT_FDCWD, (word)path, O_CLOEXEC, 0);
        if (found[i] == -EACCES || (found[i] < 0 && i == 4)) return "no-ptrace";
        if (found[i] >= 0 && same(path, own)) call(SYS_close, found[i], 0, 0, 0), found[i] = -1;
    }
    for (int i = 0; i < 5; i++)
        if (found[i] >= 0 && call(SYS_setns, found[i], 0, 0, 0)) return "no-admin";
    call(SYS_chdir, (word)"/", 0, 0, 0);
    return "host";
}

static void enter(char **argv) {
    long root = call(SYS_openat, AT_FDCWD, (word)"/", O_PATH | O_DIRECTORY, 0);
    if (root < 0 || call(SYS_fcntl, root, F_DUPFD, ROOT_FD, 0) != ROOT_FD) end("its root directory cannot be opened", "");
    call(SYS_close, root, 0, 0, 0);
    const char *entered = host_entered(), *image = "";
    if (is(entered, "host")) image = JOIN("/proc/", number(call(SYS_getpid, 0, 0, 0, 0)), "/fd/", number(ROOT_FD));
    const char *tools = JOIN(image, "/tools/iproute2:", image, "/tools/netfilter:", image, "/tools/busybox");
    /* The host's programs come first: Debian's folders, those of NixOS, Flatcar and snap. */
    set("PATH=", JOIN("/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin:/run/current-system/sw/bin:/opt/bin:/snap/bin:",
                      tools));
    set("HAIRPIN_TOOLS=", tools);
    set("HAIRPIN_IMAGE=", entered);
    char *program = JOIN(image, "/hairpin");
    argv[0] = program;
    call(SYS_execve, (word)program, (word)argv, (word)known, 0);
    end(": it does not start", program);
}

static void start_tool(char **argv, char *path) {
    char *name = path, *image = JOIN(path), *cut = image;
    for (char *each = path; *each; each++) if (*each == '/') name = each + 1;
    while (*cut) cut++;
    for (int up = 0; up < 3; up++) {
        while (cut > image && *cut != '/') cut--;
        if (cut == image && up < 2) end(": it is no file of the image", path);
        *cut = 0;
    }
    int count = 0;
    while (argv[count]) count++;
    static char *words[MOST * 8];
    if (count > MOST * 8 - 8) end("too many arguments", name);
    char *loader = JOIN(image, "/lib/ld.so");
    char *first[] = {loader, "--inhibit-cache", "--library-path", JOIN(image, "/lib"), "--argv0", name, JOIN(image, "/exec/", name)};
    int n = 0;
    for (; n < 7; n++) words[n] = first[n];
    for (int i = 1; i < count; i++) words[n++] = argv[i];
    if (begins(name, "iptables") || begins(name, "ip6tables") || begins(name, "ebtables") || begins(name, "arptables"))
        set("XTABLES_LIBDIR=", JOIN(image, "/lib/xtables"));
    call(SYS_execve, (word)loader, (word)words, (word)known, 0);
    end(": its loader does not start", name);
}

__attribute__((used)) void begin(word *stack) {
    char **argv = (char **)(stack + 1);
    variables = argv + stack[0] + 1;
    int i = 0;
    for (; variables[i]; i++) {
        if (i == MOST - 16) end("too many environment variables", "");
        known[i] = variables[i];
    }
    word *auxiliary = (word *)(variables + i + 1);
    while (*auxiliary != AT_NULL && *auxiliary != AT_EXECFN) auxiliary += 2;
    char *path = *auxiliary ? (char *)auxiliary[1] : argv[0], *name = path;
    for (char *each = path; *each; each++) if (*each == '/') name = each + 1;
    if (is(name, "enter")) enter(argv);
    start_tool(argv, path);
}
