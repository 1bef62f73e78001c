// What <sqlite3.h> declares with a variable number of arguments, which Swift cannot call.
#include <sqlite3.h>

// The last one to close a database leaves its transactions in the -wal file: they come into the database when cpwx says so.
static inline int sqlite_leave_wal_at_close(sqlite3 *connection) {
  return sqlite3_db_config(connection, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, (int *)0);
}

#include <errno.h>
#include <sys/mman.h>
#ifndef MADV_POPULATE_WRITE
#define MADV_POPULATE_WRITE 23  // Linux 5.14
#endif

// SQLite's own ways to files, and what stands in for them.
struct sqlite_files {
  const sqlite3_vfs *standard;
  sqlite3_vfs vfs;
  const sqlite3_io_methods *standard_methods;
  sqlite3_io_methods methods;
};
static inline struct sqlite_files *sqlite_files(void) {
  static struct sqlite_files files;
  return &files;
}

// Maps a part of the -shm file only if the disk has room for all of it: SQLite makes sure of one byte in 4 KiB, and where blocks
// are smaller, whoever touches another one on a full disk is ended by SIGBUS.
static inline int sqlite_map_allocated(sqlite3_file *file, int part, int size, int extends, void volatile **start) {
  int code = sqlite_files()->standard_methods->xShmMap(file, part, size, extends, start);
  if (code != SQLITE_OK || !*start) return code;
  // EFAULT is what would be SIGBUS; whatever else there is to say of it, SQLite knows better.
  if (madvise((void *)*start, (size_t)size, MADV_POPULATE_WRITE) == 0 || errno != EFAULT) return code;
  *start = 0;
  return SQLITE_FULL;
}

static inline int sqlite_open_allocating(sqlite3_vfs *vfs, const char *path, sqlite3_file *file, int flags, int *given) {
  struct sqlite_files *files = sqlite_files();
  int code = files->standard->xOpen(vfs, path, file, flags, given);
  if (!file->pMethods || !file->pMethods->xShmMap) return code;
  sqlite3_mutex *lock = sqlite3_mutex_alloc(SQLITE_MUTEX_STATIC_VFS3);
  sqlite3_mutex_enter(lock);
  if (!files->standard_methods) {
    files->methods = *file->pMethods;
    files->methods.xShmMap = sqlite_map_allocated;
    files->standard_methods = file->pMethods;
  }
  if (file->pMethods == files->standard_methods) file->pMethods = &files->methods;
  sqlite3_mutex_leave(lock);
  return code;
}

// Once, before the first database is opened: one on a full disk is told of as such from then on, and what a statement that fails must
// take back is kept in memory. SQLite would write that into a temporary file, of a statement that touches sixteen pages and of all that
// follow it in a transaction. No statement of the index touches many.
static inline void sqlite_prepare(void) {
  sqlite3_config(SQLITE_CONFIG_STMTJRNL_SPILL, -1);
  struct sqlite_files *files = sqlite_files();
  files->standard = sqlite3_vfs_find(0);
  if (!files->standard) return;
  files->vfs = *files->standard;
  files->vfs.zName = "cpwx";
  files->vfs.xOpen = sqlite_open_allocating;
  sqlite3_vfs_register(&files->vfs, 1);
}
