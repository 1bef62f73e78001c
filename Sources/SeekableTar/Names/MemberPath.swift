internal import Glibc
internal import Hashing
public import SystemPackage

/// A path inside an archive: bytes, relative, with no `.`, `..` or empty name in it.
public struct MemberPath: Hashable, Comparable, Sendable, CustomStringConvertible {
  /// Bytes: what the kernel takes for one path, less the NUL.
  static let longestPath = 4095
  static let longestName = 255

  public let bytes: [UInt8]

  /// - Throws: ``ArchiveError`` with code `refused` when the bytes are no such path.
  public init(_ bytes: some Collection<UInt8>) throws(ArchiveError) {
    self.bytes = Array(bytes)
    if let flaw = Self.flaw(in: self.bytes) { throw ArchiveError(.refused, self, flaw) }
  }

  /// - Throws: ``ArchiveError`` with code `refused` when it is absolute or holds `..`.
  public init(_ path: FilePath) throws(ArchiveError) {
    try self.init(path.bytes)
  }

  init(unchecked bytes: [UInt8]) { self.bytes = bytes }

  public var filePath: FilePath { FilePath(bytes: bytes) }

  /// The folder it is in; `nil` at the top.
  public var parent: MemberPath? {
    bytes.lastIndex(of: UInt8(ascii: "/")).map { MemberPath(unchecked: Array(bytes[..<$0])) }
  }

  /// The last name in it.
  public var name: ArraySlice<UInt8> {
    bytes[(bytes.lastIndex(of: UInt8(ascii: "/")).map { $0 + 1 } ?? 0)...]
  }

  /// Whether it is in `folder`, at any depth.
  public func isBelow(_ folder: MemberPath) -> Bool {
    bytes.count > folder.bytes.count && bytes[folder.bytes.count] == UInt8(ascii: "/")
      && bytes.starts(with: folder.bytes)
  }

  func appending(_ name: some Collection<UInt8>) -> MemberPath {
    var longer: [UInt8] = []
    longer.reserveCapacity(bytes.count + 1 + name.count)
    longer += bytes
    longer.append(UInt8(ascii: "/"))
    longer += name
    return MemberPath(unchecked: longer)
  }

  public static func < (left: MemberPath, right: MemberPath) -> Bool { precedes(left.bytes, right.bytes) }

  /// The order of bytes, and of the kernel.
  static func precedes(_ left: [UInt8], _ right: [UInt8]) -> Bool {
    let order = unsafe left.withUnsafeBytes { left in
      unsafe right.withUnsafeBytes { right in
        unsafe memcmp(
          left.baseAddress ?? right.baseAddress!, right.baseAddress ?? left.baseAddress!, min(left.count, right.count))
      }
    }
    return order != 0 ? order < 0 : left.count < right.count
  }

  /// For people: control characters and bytes that are no UTF-8 as escapes, and no bytes at all as `''`.
  public var description: String { Self.shown(bytes) }

  static func shown(_ bytes: some Collection<UInt8>) -> String {
    if bytes.isEmpty { return "''" }
    var text = ""
    var decoder = UTF8()
    var rest = Array(bytes).makeIterator()
    // The decoder swallows what it cannot decode; so it is asked first whether all is well.
    guard String(validating: Array(bytes), as: UTF8.self) != nil else {
      for byte in bytes {
        if byte >= 0x20, byte < 0x7F { text.unicodeScalars.append(Unicode.Scalar(byte)) } else { text += escape(byte) }
      }
      return text
    }
    while case .scalarValue(let scalar) = decoder.decode(&rest) {
      if scalar.properties.generalCategory == .control {
        for byte in String(scalar).utf8 { text += escape(byte) }
      } else {
        text.unicodeScalars.append(scalar)
      }
    }
    return text
  }

  private static func escape(_ byte: UInt8) -> String {
    switch byte {
    case UInt8(ascii: "\n"): return "\\n"
    case UInt8(ascii: "\t"): return "\\t"
    case UInt8(ascii: "\r"): return "\\r"
    default: return "\\x" + [byte].hexadecimal
    }
  }

  static func flaw(in bytes: [UInt8]) -> String? {
    if bytes.isEmpty { return "a member without a name" }
    if bytes.contains(0) { return "a NUL in the name" }
    if bytes.count > longestPath { return "a path of \(bytes.count) bytes; \(longestPath) can be opened" }
    if bytes[0] == UInt8(ascii: "/") { return "an absolute path" }
    var start = 0
    while start <= bytes.count {
      var end = start
      while end < bytes.count, bytes[end] != UInt8(ascii: "/") { end += 1 }
      switch end - start {
      case 0: return "an empty name in the path"
      case 1 where bytes[start] == UInt8(ascii: "."): return "a '.' in the path"
      case 2 where bytes[start] == UInt8(ascii: ".") && bytes[start + 1] == UInt8(ascii: "."):
        return "a '..' in the path"
      case (longestName + 1)...: return "a name of \(end - start) bytes; \(longestName) can be made"
      default: start = end + 1
      }
    }
    return nil
  }
}
