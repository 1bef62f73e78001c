internal import Glibc

/// In which order members lie, by bytes. In the tar a folder's name ends with a `/`.
enum MemberOrder: Sendable {
  /// `a`, `a.b`, `a/b`, whatever they are: that of the first version of the table. A folder may be apart from what is in it.
  case paths
  /// Of the names as they are in the tar: `a.b`, `a/`, `a/b`, so that what comes behind a folder's first member and before its last is in it.
  /// A plain tar can then give a folder its mode and time when the last was written.
  case names

  func precedes(_ left: MemberPath, isFolder leftIsFolder: Bool, _ right: MemberPath, isFolder rightIsFolder: Bool)
    -> Bool
  {
    guard self == .names else { return left < right }
    let (left, right) = (left.bytes, right.bytes)
    let both = min(left.count, right.count)
    let order = unsafe left.withUnsafeBytes { left in
      unsafe right.withUnsafeBytes { right in
        both == 0 ? 0 : unsafe memcmp(left.baseAddress!, right.baseAddress!, both)
      }
    }
    if order != 0 { return order < 0 }
    // One begins with the other: what follows in each, and nothing before anything.
    func next(_ bytes: [UInt8], _ isFolder: Bool) -> Int {
      bytes.count > both ? Int(bytes[both]) : isFolder ? Int(UInt8(ascii: "/")) : -1
    }
    let (after, rightAfter) = (next(left, leftIsFolder), next(right, rightIsFolder))
    // Behind a folder's `/` there is nothing, behind another's there is a name.
    return after == rightAfter ? left.count < right.count : after < rightAfter
  }

  func precedes(_ left: Member, _ right: Member) -> Bool {
    precedes(left.path, isFolder: left.kind == .folder, right.path, isFolder: right.kind == .folder)
  }
}
