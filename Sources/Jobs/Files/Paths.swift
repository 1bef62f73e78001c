public import SystemPackage

#if canImport(Glibc)
  internal import Glibc
#else
  internal import Musl
#endif

/// The folder the process stands in.
public func currentFolder() -> FilePath {
  guard let buffer = unsafe getcwd(nil, 0) else { return "/" }
  defer { unsafe free(buffer) }
  return unsafe FilePath(platformString: buffer)
}

/// `path` from the root of the file system, `.` and `..` taken out by name. Symbolic links stay as they are.
public func absolute(_ path: FilePath) -> FilePath {
  (path.isAbsolute ? path : currentFolder().pushing(path)).lexicallyNormalized()
}

/// A path out of a configuration or document: absolute as it is, else from `folder`.
public func resolve(_ text: String, against folder: FilePath) -> FilePath {
  // No path holds a NUL, but a damaged document may: it then names nothing.
  let path = FilePath(text.utf8.contains(0) ? text.replacing("\0", with: "\u{FFFD}") : text)
  return (path.isAbsolute ? path : folder.pushing(path)).lexicallyNormalized()
}

/// The same of bytes that need be no UTF-8.
func resolve(_ bytes: [UInt8], against folder: FilePath) -> FilePath {
  let path = unsafe FilePath(platformString: (bytes + [0]).map { CChar(bitPattern: $0) })
  return (path.isAbsolute ? path : folder.pushing(path)).lexicallyNormalized()
}
