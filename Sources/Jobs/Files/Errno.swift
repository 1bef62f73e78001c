package import SystemPackage

#if canImport(Glibc)
  internal import Glibc
#else
  internal import Musl
#endif

extension Errno {
  /// Whether a person must make room: on the disk, or in what a user may have of it.
  package var isFull: Bool { self == .noSpace || rawValue == quotaCode }
  /// The calling thread's errno.
  static var current: Errno { Errno(rawValue: lastError) }
}

// Outside the extension: inside, the names of C mean the type's own members.
private var lastError: CInt { errno }
private let quotaCode: CInt = EDQUOT
