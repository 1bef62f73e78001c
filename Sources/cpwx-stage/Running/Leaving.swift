#if canImport(Glibc)
  internal import Glibc
#else
  internal import Musl
#endif

/// Ends the process.
func leave(_ status: Int32) -> Never { exit(status) }
