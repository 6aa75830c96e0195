/* The start of the one executable file: CPython, linked statically, with hairpin inside.
 *
 * Everything that Python imports lies in the memory into which the kernel loads the program (`payload.S`).  So the file
 * needs no disk, no /proc and no name of its own.
 *
 * `FILE ARGUMENTS` is hairpin's command line.  `FILE --python OPTIONS` is the Python inside, by which hairpin starts a
 * second process of itself (src/hairpin/own_python.py). */

#define _GNU_SOURCE
#include <Python.h>

#include <dlfcn.h>
#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <stdint.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/fanotify.h>
#include <sys/fsuid.h>
#include <sys/klog.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

extern const unsigned char payload_begin[], payload_end[];
PyObject *PyInit__core(void);

/* --- the C library, for ctypes: a static program has no dynamic loader ------------------------------------------- */

static const struct {
    const char *name;
    void *address;
} lent[] = {
    {"fanotify_init", (void *)fanotify_init},
    {"fanotify_mark", (void *)fanotify_mark},
    {"getsockopt", (void *)getsockopt},
    {"klogctl", (void *)klogctl},
    {"mount", (void *)mount},
    {"name_to_handle_at", (void *)name_to_handle_at},
    {"prctl", (void *)prctl},
    {"setfsuid", (void *)setfsuid},
    {"setns", (void *)setns},
    {"syscall", (void *)syscall},
    {"umount2", (void *)umount2},
    {"unshare", (void *)unshare},
};

static const char *complaint;

void *dlopen(const char *file, int mode)
{
    (void)mode;
    if (file == NULL)
        return (void *)lent;
    complaint = "this program loads no shared object";
    return NULL;
}

void *dlsym(void *restrict handle, const char *restrict name)
{
    (void)handle;
    for (size_t i = 0; i < sizeof lent / sizeof *lent; i++)
        if (strcmp(lent[i].name, name) == 0)
            return lent[i].address;
    complaint = "this program lends no such function of the C library";
    return NULL;
}

int dlclose(void *handle)
{
    (void)handle;
    return 0;
}

char *dlerror(void)
{
    const char *said = complaint;
    complaint = NULL;
    return (char *)said;
}

/* --- what lies inside ------------------------------------------------------------------------------------------- */

/* The payload: numbers of 32 bits, least byte first.
 *
 *   payload := count frozen{count} size content
 *   frozen  := name_size size is_package name NUL code     a module that Python needs before it can import
 *   content := what sealed.py reads
 *
 * An entry's sizes stand before its bytes; all entries are padded to four bytes. */

enum { MOST_FROZEN = 32 };
static struct _frozen frozen[MOST_FROZEN + 1];
static const unsigned char *content;
static uint32_t content_size;

static uint32_t number(const unsigned char **at)
{
    const unsigned char *p = *at;
    *at += 4;
    return p[0] | p[1] << 8 | p[2] << 16 | (uint32_t)p[3] << 24;
}

static void find_parts(void)
{
    const unsigned char *at = payload_begin;
    uint32_t count = number(&at);
    for (uint32_t i = 0; i < count && i < MOST_FROZEN; i++) {
        uint32_t name_size = number(&at), size = number(&at), is_package = number(&at);
        frozen[i].name = (const char *)at;
        frozen[i].code = at + name_size;
        frozen[i].size = (int)size;
        frozen[i].is_package = (int)is_package;
        at += name_size + ((size + 3) & ~(uint32_t)3);
    }
    PyImport_FrozenModules = frozen;
    content_size = number(&at);
    content = at;
}

static int fill(PyObject *module)
{
    PyObject *view = PyMemoryView_FromMemory((char *)content, (Py_ssize_t)content_size, PyBUF_READ);
    if (view == NULL)
        return -1;
    int status = PyModule_AddObjectRef(module, "content", view);
    Py_DECREF(view);
    return status;
}

static PyModuleDef_Slot slots[] = {{Py_mod_exec, fill}, {0, NULL}};
static struct PyModuleDef payload_module = {PyModuleDef_HEAD_INIT, .m_name = "_payload", .m_slots = slots};

static PyObject *init_payload(void)
{
    return PyModuleDef_Init(&payload_module);
}

/* --- the start -------------------------------------------------------------------------------------------------- */

/* Write this file's absolute path: by /proc, or else by the name that the kernel was given. */
static void own_path(char path[PATH_MAX], const char *first_word)
{
    ssize_t length = readlink("/proc/self/exe", path, PATH_MAX - 1);
    path[length > 0 ? length : 0] = 0;
    if (path[0] == '/' && access(path, X_OK) == 0)
        return;
    const char *name = (const char *)getauxval(AT_EXECFN);
    if (name == NULL || realpath(name, path) == NULL)
        snprintf(path, PATH_MAX, "%s", first_word);
}

/* Whether the kernel gives random bytes: Linux before 3.17 has them in a file only, which a bare root may lack. */
static int is_random_there(void)
{
    unsigned char one;
    if (syscall(SYS_getrandom, &one, 1, 1 /* GRND_NONBLOCK */) == 1)
        return 1;
    int file = open("/dev/urandom", O_RDONLY | O_CLOEXEC);
    if (file >= 0)
        close(file);
    return file >= 0;
}

static PyStatus configure(PyConfig *config, const char *path, int as_python, int argc, char **argv)
{
    config->isolated = 1;
    config->use_environment = 0;
    config->user_site_directory = 0;
    config->safe_path = 1;
    config->site_import = 0;
    config->write_bytecode = 0;
    config->pathconfig_warnings = 0;
    config->parse_argv = as_python;
    config->install_signal_handlers = 1;
    if (!is_random_there()) {
        config->use_hash_seed = 1;
        config->hash_seed = 0;
    }
    wchar_t **words[] = {&config->program_name, &config->executable, &config->base_executable};
    PyStatus status = PyStatus_Ok();
    for (size_t i = 0; i < sizeof words / sizeof *words && !PyStatus_Exception(status); i++)
        status = PyConfig_SetBytesString(config, words[i], path);
    wchar_t **folders[] = {&config->home,           &config->prefix,       &config->exec_prefix,
                           &config->base_prefix,    &config->base_exec_prefix, &config->platlibdir,
                           &config->stdlib_dir};
    for (size_t i = 0; i < sizeof folders / sizeof *folders && !PyStatus_Exception(status); i++)
        status = PyConfig_SetString(config, folders[i], L"");
    config->module_search_paths_set = 1;
    if (!PyStatus_Exception(status))
        status = PyWideStringList_Append(&config->module_search_paths, config->executable);
    if (!PyStatus_Exception(status))
        status = PyConfig_SetBytesArgv(config, argc, argv);
    if (!PyStatus_Exception(status) && !as_python)
        status = PyConfig_SetString(config, &config->run_command, L"import sealed; sealed.run()");
    return status;
}

int main(int argc, char **argv)
{
    int as_python = argc > 1 && strcmp(argv[1], "--python") == 0;
    char path[PATH_MAX];
    own_path(path, argv[0]);
    if (as_python) {
        argv[1] = argv[0];
        argc--;
        argv++;
    }
    find_parts();
    if (PyImport_AppendInittab("_payload", init_payload) != 0 ||
        PyImport_AppendInittab("msgspec._core", PyInit__core) != 0)
        return 4;

    PyPreConfig before;
    PyPreConfig_InitPythonConfig(&before);
    before.isolated = 1;
    before.use_environment = 0;
    PyStatus status = Py_PreInitialize(&before);
    if (PyStatus_Exception(status))
        Py_ExitStatusException(status);

    PyConfig config;
    PyConfig_InitPythonConfig(&config);
    status = configure(&config, path, as_python, argc, argv);
    if (!PyStatus_Exception(status))
        status = Py_InitializeFromConfig(&config);
    PyConfig_Clear(&config);
    if (PyStatus_Exception(status))
        Py_ExitStatusException(status);
    if (PyImport_ImportFrozenModule("sealed") != 1) {
        PyErr_Print();
        return 4;
    }
    return Py_RunMain();
}
