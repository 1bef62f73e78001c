internal import Glibc
internal import Jobs
public import SystemPackage

/// A path, or a part of one, as the bytes the file system has: names in old trees need not be text.
public struct RawPath: Hashable, Sendable {
  public var bytes: [UInt8]

  init(_ bytes: [UInt8]) { self.bytes = bytes }

  init(_ text: String) { bytes = Array(text.utf8) }

  init(_ path: FilePath) { bytes = unsafe path.withPlatformString { unsafe Array(FilePath.bytes(of: $0)) } }

  /// As people read it: repaired where it is no UTF-8.
  public var text: String { String(decoding: bytes, as: UTF8.self) }

  public var path: FilePath { unsafe withPointer { unsafe FilePath(platformString: $0) } }

  func withPointer<Result>(_ body: (UnsafePointer<CChar>) -> Result) -> Result {
    unsafe withUnsafeTemporaryAllocation(of: CChar.self, capacity: bytes.count + 1) { text in
      unsafe bytes.withUnsafeBytes { unsafe UnsafeMutableRawBufferPointer(text).copyMemory(from: $0) }
      unsafe text[bytes.count] = 0
      // Never empty, so there is an address.
      return unsafe text.baseAddress.map { unsafe body($0) } ?? body("")
    }
  }

  var isEmpty: Bool { bytes.isEmpty }
  var isText: Bool { String(validating: bytes, as: UTF8.self) != nil }

  /// The last component.
  var name: RawPath { RawPath(Array(lastBytes)) }
  var lastBytes: ArraySlice<UInt8> { bytes[(bytes.lastIndex(of: Self.slash).map { $0 + 1 } ?? 0)...] }

  /// All but the last component; empty for a single one.
  var folder: RawPath { RawPath(Array(bytes[..<(bytes.lastIndex(of: Self.slash) ?? 0)])) }

  func appending(_ other: RawPath) -> RawPath {
    if bytes.isEmpty { return other }
    if other.isEmpty { return self }
    return RawPath(bytes.last == Self.slash ? bytes + other.bytes : bytes + [Self.slash] + other.bytes)
  }

  func appending(_ name: String) -> RawPath { appending(RawPath(name)) }

  func appending(_ name: UnsafeBufferPointer<UInt8>) -> RawPath {
    var all: [UInt8] = []
    all.reserveCapacity(bytes.count + 1 + name.count)
    if !bytes.isEmpty {
      all += bytes
      if all.last != Self.slash { all.append(Self.slash) }
    }
    unsafe all += name
    return RawPath(all)
  }

  var components: [RawPath] { bytes.split(separator: Self.slash).map { RawPath(Array($0)) } }

  /// The rest of the path below `folder`; `nil` when it does not lie there. The folder itself gives an empty one.
  func below(_ folder: RawPath) -> RawPath? {
    if folder.isEmpty { return self }
    guard hasPrefix(folder.bytes) else { return nil }
    let rest = bytes[folder.bytes.count...]
    if rest.isEmpty { return RawPath([]) }
    return rest.first == Self.slash ? RawPath(Array(rest.dropFirst())) : nil
  }

  func hasPrefix(_ start: [UInt8]) -> Bool { bytes.count >= start.count && bytes.isEqual(to: start, from: 0) }

  func hasSuffix(_ end: [UInt8]) -> Bool {
    bytes.count >= end.count && bytes.isEqual(to: end, from: bytes.count - end.count)
  }

  static let slash = UInt8(ascii: "/")

  /// As a plan keeps it: a string, or the bytes in hexadecimal where it is no text.
  var document: JSON {
    if let text = String(validating: bytes, as: UTF8.self) { return .string(text) }
    return ["bytes": .string(bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined())]
  }

  init?(_ document: JSON?) {
    if let text = document?.string {
      self.init(text)
      return
    }
    guard let digits = document?["bytes"]?.string.map({ Array($0.utf8) }), digits.count % 2 == 0 else { return nil }
    var bytes: [UInt8] = []
    for index in stride(from: 0, to: digits.count, by: 2) {
      guard let byte = UInt8(String(decoding: digits[index..<(index + 2)], as: UTF8.self), radix: 16) else {
        return nil
      }
      bytes.append(byte)
    }
    self.init(bytes)
  }
}

extension [UInt8] {
  /// Whether `part`, which is no longer than what stands from `start` on, stands there. Most differ at once.
  fileprivate func isEqual(to part: [UInt8], from start: Int) -> Bool {
    var index = 0
    while index < part.count, self[start + index] == part[index] { index += 1 }
    return index == part.count
  }
}

extension RawPath {
  public func hash(into hasher: inout Hasher) { unsafe bytes.withUnsafeBytes { unsafe hasher.combine(bytes: $0) } }
}

extension RawPath: Comparable {
  public static func < (left: RawPath, right: RawPath) -> Bool {
    unsafe left.bytes.withUnsafeBytes { left in
      unsafe right.bytes.withUnsafeBytes { right in
        guard let one = left.baseAddress, let other = right.baseAddress else { return left.count < right.count }
        let order = unsafe memcmp(one, other, min(left.count, right.count))
        return order == 0 ? left.count < right.count : order < 0
      }
    }
  }
}

extension FilePath {
  static func bytes(of text: UnsafePointer<CChar>) -> [UInt8] {
    let count = unsafe strlen(text)
    return unsafe text.withMemoryRebound(to: UInt8.self, capacity: count) {
      unsafe Array(UnsafeBufferPointer(start: $0, count: count))
    }
  }
}
