internal import SystemPackage

#if canImport(Glibc)
  internal import Glibc
#else
  internal import Musl
#endif

extension Errno {
  static let diskQuota = Errno(rawValue: quotaCode)
  /// The calling thread's errno.
  static var current: Errno { Errno(rawValue: lastError) }
}

// Outside the extension: inside, the names of C mean the type's own members.
private var lastError: CInt { errno }
private let quotaCode: CInt = EDQUOT
