// What glibc 2.36 offers on Linux and Swift's Glibc module does not show.
#include <spawn.h>
#include <sys/types.h>

// <spawn.h>, with _GNU_SOURCE: the child starts in `path`.
extern int posix_spawn_file_actions_addchdir_np(posix_spawn_file_actions_t *actions, const char *path);
// <spawn.h>, with _GNU_SOURCE: POSIX_SPAWN_SETSID, the child starts a session of its own.
enum { LINUX_SPAWN_SETSID = 0x80 };
// <sys/pidfd.h>: a descriptor that becomes readable when the process ends.
extern int pidfd_open(pid_t pid, unsigned int flags);

#include <sys/prctl.h>
// Processes whose parents have died become this one's children, instead of init's.
static inline int linux_become_subreaper(void) { return prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0); }

#include <stddef.h>
// <string.h>, with _GNU_SOURCE: the first place of `needle` in `haystack`.
extern void *memmem(const void *haystack, size_t length, const void *needle, size_t needle_length);
