// What glibc 2.36 offers on Linux and Swift's Glibc module does not show.
#include <spawn.h>
#include <sys/types.h>

// <spawn.h>, with _GNU_SOURCE: the child starts in `path`.
extern int posix_spawn_file_actions_addchdir_np(posix_spawn_file_actions_t *actions, const char *path);
// <spawn.h>, with _GNU_SOURCE: POSIX_SPAWN_SETSID, the child starts a session of its own.
enum { LINUX_SPAWN_SETSID = 0x80 };
// <sys/pidfd.h>: a descriptor that becomes readable when the process ends.
extern int pidfd_open(pid_t pid, unsigned int flags);
