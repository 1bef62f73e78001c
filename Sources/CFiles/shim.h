// Apart from CLinux, whose headers would have structs like stat and timespec belong to it in
// every module that sees Jobs.

// <stdio.h>, with _GNU_SOURCE.
extern int renameat2(int from_folder, const char *from, int to_folder, const char *to, unsigned int flags);
// <linux/fs.h>: fails with EEXIST where something bears the new name already.
enum { RENAME_TO_FREE_NAME = 1 };

#include <stddef.h>
// <string.h>, with _GNU_SOURCE: the first place of `needle` in `haystack`.
extern void *memmem(const void *haystack, size_t length, const void *needle, size_t needle_length);

#include <sys/statfs.h>
// What file system `path` lies on, by the number that <linux/magic.h> has for it; 0 when that cannot be told.
static inline long file_system_kind(const char *path) {
  struct statfs status;
  return statfs(path, &status) == 0 ? (long)status.f_type & 0xFFFFFFFF : 0;
}

#include <sys/syscall.h>
// <unistd.h>, with _DEFAULT_SOURCE
extern long syscall(long number, ...);
// When what is at `path` was made, no link followed; -1 when that cannot be told.
static inline int file_birth(const char *path, long *seconds, long *nanoseconds) {
  enum { AT_FDCWD_ = -100, AT_SYMLINK_NOFOLLOW_ = 0x100, STATX_BTIME_ = 0x800 };
  // struct statx of <linux/stat.h>, which cannot be had beside <sys/stat.h> everywhere.
  struct { unsigned mask, before[19]; long long seconds; unsigned nanoseconds, behind[41]; } status;
  if (syscall(SYS_statx, AT_FDCWD_, path, AT_SYMLINK_NOFOLLOW_, STATX_BTIME_, &status) != 0) return -1;
  if (!(status.mask & STATX_BTIME_)) return -1;
  *seconds = (long)status.seconds;
  *nanoseconds = (long)status.nanoseconds;
  return 0;
}
