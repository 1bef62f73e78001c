/// A pattern of paths, in bytes: `*` and `?` stay within a name, `[a-z]` is one byte of a set, `**` goes over any folders.
///
/// Without a `/` it is of any name in the path, so that a folder's name takes all that is in it. With one it is of the whole path
/// or of the path below its root (`audio/*.wav`), and takes what is below, too.
public struct Glob: Sendable, Hashable {
  public var pattern: String

  public init(_ pattern: String) { self.pattern = pattern }

  /// - Parameter root: the folder that was archived, of whose content the pattern may be.
  public func matches(_ path: MemberPath, below root: MemberPath? = nil) -> Bool {
    var wanted = Array(pattern.utf8)[...]
    while wanted.last == UInt8(ascii: "/") { wanted.removeLast() }
    let isPath = wanted.contains(UInt8(ascii: "/"))
    if wanted.first == UInt8(ascii: "/") { wanted.removeFirst() }
    if wanted.isEmpty { return false }
    let names = path.bytes.split(separator: UInt8(ascii: "/"))
    if !isPath { return names.contains { Self.fits($0, wanted) } }
    let patterns = wanted.split(separator: UInt8(ascii: "/"))
    if Self.fits(names[...], patterns[...]) { return true }
    guard let root, path.isBelow(root) else { return false }
    let depth = root.bytes.count { $0 == UInt8(ascii: "/") } + 1
    return Self.fits(names[depth...], patterns[...])
  }

  /// Names against patterns of names; what is below a fit fits.
  private static func fits(_ names: ArraySlice<ArraySlice<UInt8>>, _ patterns: ArraySlice<ArraySlice<UInt8>>) -> Bool {
    guard let pattern = patterns.first else { return true }
    if pattern.elementsEqual("**".utf8) {
      if patterns.count == 1 { return !names.isEmpty }
      return names.indices.contains { fits(names[$0...], patterns.dropFirst()) }
    }
    guard let name = names.first else { return false }
    return fits(name, pattern) && fits(names.dropFirst(), patterns.dropFirst())
  }

  private static func fits(_ name: ArraySlice<UInt8>, _ pattern: ArraySlice<UInt8>) -> Bool {
    var (place, next) = (name.startIndex, pattern.startIndex)
    // Where to go on when what follows the last star does not fit after all.
    var retry: (place: Int, next: Int)?
    while place < name.endIndex {
      if next < pattern.endIndex, pattern[next] == UInt8(ascii: "*") {
        next += 1
        retry = (place, next)
      } else if next < pattern.endIndex, let after = one(name[place], pattern, next) {
        (place, next) = (place + 1, after)
      } else if let last = retry {
        retry = (last.place + 1, last.next)
        (place, next) = (last.place + 1, last.next)
      } else {
        return false
      }
    }
    return pattern[next...].allSatisfy { $0 == UInt8(ascii: "*") }
  }

  /// Where the pattern goes on after one byte that fits; `nil` when it does not fit.
  private static func one(_ byte: UInt8, _ pattern: ArraySlice<UInt8>, _ start: Int) -> Int? {
    switch pattern[start] {
    case UInt8(ascii: "?"): return start + 1
    case UInt8(ascii: "\\") where start + 1 < pattern.endIndex: return pattern[start + 1] == byte ? start + 2 : nil
    case UInt8(ascii: "["):
      var next = start + 1
      let isNegated =
        next < pattern.endIndex && (pattern[next] == UInt8(ascii: "!") || pattern[next] == UInt8(ascii: "^"))
      if isNegated { next += 1 }
      let first = next
      var isIn = false
      while next < pattern.endIndex, pattern[next] != UInt8(ascii: "]") || next == first {
        var last = pattern[next]
        if next + 2 < pattern.endIndex, pattern[next + 1] == UInt8(ascii: "-"), pattern[next + 2] != UInt8(ascii: "]") {
          last = pattern[next + 2]
          if pattern[next] <= byte, byte <= last { isIn = true }
          next += 3
        } else {
          if last == byte { isIn = true }
          next += 1
        }
      }
      // A bracket that is never closed is a bracket.
      guard next < pattern.endIndex else { return byte == UInt8(ascii: "[") ? start + 1 : nil }
      return isIn != isNegated ? next + 1 : nil
    default: return pattern[start] == byte ? start + 1 : nil
    }
  }
}
