// What glibc 2.36 offers on Linux and Swift's Glibc module does not show.
#include <spawn.h>
#include <sys/types.h>

// <spawn.h>, with _GNU_SOURCE: the child starts in `path`.
extern int posix_spawn_file_actions_addchdir_np(posix_spawn_file_actions_t *actions, const char *path);
// <sys/pidfd.h>: a descriptor that becomes readable when the process ends.
extern int pidfd_open(pid_t pid, unsigned int flags);

#include <sys/prctl.h>
// Processes whose parents have died become this one's children, instead of init's.
static inline int linux_become_subreaper(void) { return prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0); }

#include <errno.h>
#include <signal.h>
#include <fcntl.h>
// <linux/fcntl.h>: a lease to read is refused with EAGAIN while any process has the file open to write.
// 1: one has. 0: none has. -1: no lease can be had, and nothing is known.
static inline int linux_has_writer(int descriptor) {
  enum { F_SETLEASE_ = 1024 };
  // Who opens the file just now has the kernel tell the lease's holder, by a signal that would end it.
  signal(SIGIO, SIG_IGN);
  if (fcntl(descriptor, F_SETLEASE_, F_RDLCK) == 0) {
    fcntl(descriptor, F_SETLEASE_, F_UNLCK);
    return 0;
  }
  return errno == EAGAIN ? 1 : -1;
}

// For a program in a session of its own, which takes signals as any program does, whatever this one does with them.
static inline void linux_spawn_in_own_session(posix_spawnattr_t *attributes) {
  enum { POSIX_SPAWN_SETSID_ = 0x80 };  // <spawn.h>, with _GNU_SOURCE
  sigset_t none, standard;
  sigemptyset(&none);
  sigemptyset(&standard);
  const int numbers[] = {SIGINT, SIGTERM, SIGHUP, SIGPIPE, SIGQUIT, SIGIO};
  for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) sigaddset(&standard, numbers[i]);
  posix_spawnattr_setsigmask(attributes, &none);
  posix_spawnattr_setsigdefault(attributes, &standard);
  posix_spawnattr_setflags(attributes, POSIX_SPAWN_SETSID_ | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
}

#include <linux/openat2.h>
#include <sys/syscall.h>
#include <unistd.h>
// <unistd.h>, with _DEFAULT_SOURCE
extern long syscall(long number, ...);
// Opens what is at or below `folder`: no `..` leads out, and no symbolic link is followed on the way, or at its end.
static inline int linux_open_beneath(int folder, const char *path, int flags, mode_t mode) {
  struct open_how how = {
      .flags = (unsigned int)flags,
      .mode = mode,
      .resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS,
  };
  return (int)syscall(SYS_openat2, folder, path, &how, sizeof how);
}

// The same for a symbolic link itself: a descriptor to look at it, and to read its text.
static inline int linux_open_link_beneath(int folder, const char *path) {
  enum { O_PATH_ = 010000000 };
  return linux_open_beneath(folder, path, O_PATH_ | O_NOFOLLOW | O_CLOEXEC, 0);
}

// <fcntl.h>, with _GNU_SOURCE: reads and writes go past the kernel's memory. -1: this file system has no such way.
static inline int linux_set_direct(int descriptor, int on) {
#if defined(__aarch64__)
  enum { O_DIRECT_ = 0200000 };
#else
  enum { O_DIRECT_ = 040000 };
#endif
  int flags = fcntl(descriptor, F_GETFL);
  if (flags < 0) return -1;
  return fcntl(descriptor, F_SETFL, on ? flags | O_DIRECT_ : flags & ~O_DIRECT_);
}

// <unistd.h>, with _GNU_SOURCE: where the next data, or the next hole, of a sparse file begins.
static inline off_t linux_next_data(int descriptor, off_t from) { return lseek(descriptor, from, 3); }
static inline off_t linux_next_hole(int descriptor, off_t from) { return lseek(descriptor, from, 4); }

// <unistd.h>, with _GNU_SOURCE: brings all of a file system to the disk.
extern int syncfs(int descriptor);

// <sys/ioctl.h>, <linux/fs.h>: one file takes another's content without copying it, where the file system can. FICLONE.
extern int ioctl(int descriptor, unsigned long request, ...);
static inline int linux_clone_file(int to, int from) {
  enum { FICLONE_ = 0x40049409 };
  return ioctl(to, FICLONE_, from);
}

// <sys/xattr.h>
extern ssize_t llistxattr(const char *path, char *list, size_t size);
extern ssize_t lgetxattr(const char *path, const char *name, void *value, size_t size);
extern int lsetxattr(const char *path, const char *name, const void *value, size_t size, int flags);

// <dirent.h>, with _GNU_SOURCE: the next entries of an open folder as the kernel has them. 0: there are no more.
extern ssize_t getdents64(int folder, void *buffer, size_t length);

#include <malloc.h>
// Memory goes back to the kernel when it is freed, in pieces of 128 KiB and more. Of itself the allocator takes the size of the largest
// piece that was freed for the limit, and keeps all smaller ones.
static inline void linux_return_large_memory(void) { mallopt(M_MMAP_THRESHOLD, 128 << 10); }

// The same with one heap for all threads, where there would be one for each.
static inline void linux_return_memory(void) {
  linux_return_large_memory();
  mallopt(M_ARENA_MAX, 1);
}
