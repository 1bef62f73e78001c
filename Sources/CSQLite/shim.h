// What <sqlite3.h> declares with a variable number of arguments, which Swift cannot call.
#include <sqlite3.h>

// The last one to close a database leaves its transactions in the -wal file: they come into the database when cpwx says so.
static inline int sqlite_leave_wal_at_close(sqlite3 *connection) {
  return sqlite3_db_config(connection, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, (int *)0);
}
