/* Python's sentences about errors of the system are those of most hosts' C library: see errors.c. */
char *hairpin_strerror(int number);
#define strerror hairpin_strerror
