internal import Glibc

/// libarchive takes names for what the thread's locale says they are; with another one than UTF-8 it cannot write or read all.
enum TarLocale {
  // Made once, never changed or freed.
  nonisolated(unsafe) private static let utf8: locale_t? = unsafe newlocale(LC_CTYPE_MASK, "C.UTF-8", nil)

  /// Calls `body` on this thread with UTF-8 names, whatever the process's locale is.
  static func using<Result>(_ body: () throws -> Result) rethrows -> Result {
    guard let utf8 = unsafe utf8 else { return try body() }
    let before = unsafe uselocale(utf8)
    defer { unsafe uselocale(before) }
    return try body()
  }
}
