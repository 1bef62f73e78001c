internal import Glibc

/// libarchive takes names for what the thread's locale says they are; with another one than UTF-8 it cannot write or read all.
enum TarLocale {
  // Made once, never changed or freed.
  nonisolated(unsafe) private static let utf8: locale_t? = unsafe newlocale(LC_CTYPE_MASK, "C.UTF-8", nil)
  nonisolated(unsafe) private static let bytes: locale_t? = unsafe newlocale(LC_CTYPE_MASK, "C", nil)

  /// Calls `body` on this thread with UTF-8 names, whatever the process's locale is.
  static func using<Result>(_ body: () throws -> Result) rethrows -> Result {
    try unsafe using(utf8, body)
  }

  /// The same with names as the bytes that they are: libarchive cannot convert them then, and composes no accents.
  static func usingBytes<Result>(_ body: () throws -> Result) rethrows -> Result {
    try unsafe using(bytes, body)
  }

  private static func using<Result>(_ locale: locale_t?, _ body: () throws -> Result) rethrows -> Result {
    guard let locale = unsafe locale else { return try body() }
    let before = unsafe uselocale(locale)
    defer { unsafe uselocale(before) }
    return try body()
  }
}
