// Apart from CLinux, whose headers would have structs like stat and timespec belong to it in
// every module that sees Jobs.

// <stdio.h>, with _GNU_SOURCE.
extern int renameat2(int from_folder, const char *from, int to_folder, const char *to, unsigned int flags);
// <linux/fs.h>: fails with EEXIST where something bears the new name already.
enum { RENAME_TO_FREE_NAME = 1 };

// <unistd.h>, with _GNU_SOURCE: everything that was written to a file system is on the disk on return.
extern int syncfs(int descriptor);

#include <stddef.h>
// <string.h>, with _GNU_SOURCE: the first place of `needle` in `haystack`.
extern void *memmem(const void *haystack, size_t length, const void *needle, size_t needle_length);

#include <sys/statfs.h>
// What file system `path` lies on, by the number that <linux/magic.h> has for it; 0 when that cannot be told.
static inline long file_system_kind(const char *path) {
  struct statfs status;
  return statfs(path, &status) == 0 ? (long)status.f_type & 0xFFFFFFFF : 0;
}
