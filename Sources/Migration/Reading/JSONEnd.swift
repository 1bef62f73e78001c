internal import Glibc
internal import SystemPackage

extension RawPath {
  var isJSON: Bool { hasSuffix(Self.json) }

  private static let json = Array(".json".utf8)
}

extension FileDescriptor {
  /// Whether a file ends as JSON does: what is empty or was cut short does not.
  ///
  /// One of a few bytes is read at once, of a larger one the end.
  var endsAsJSON: Bool {
    unsafe withUnsafeTemporaryAllocation(byteCount: 512, alignment: 1) { piece in
      var count = unsafe Glibc.pread(rawValue, piece.baseAddress, piece.count, 0)
      if count == piece.count {
        let size = Int((try? seek(offset: 0, from: .end)) ?? 0)
        count = unsafe Glibc.pread(rawValue, piece.baseAddress, 64, max(0, size - 64))
      }
      let last = unsafe piece.prefix(max(0, count)).suffix(64).last { !" \n\r\t".utf8.contains($0) }
      return last.map { "}]".utf8.contains($0) } ?? false
    }
  }
}
