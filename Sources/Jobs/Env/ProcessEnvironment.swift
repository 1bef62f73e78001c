package import SystemPackage

#if canImport(Glibc)
  internal import Glibc
#else
  internal import Musl
#endif

/// The variables that this program was started with, as text: one that is no UTF-8 comes repaired.
///
/// ``environmentEntry(_:_:ofNoText:)`` has it byte for byte again.
public func processEnvironment() -> [String: String] {
  var variables: [String: String] = [:]
  for (text, _) in ownEntries() {
    guard let equals = text.firstIndex(of: "=") else { continue }
    variables[String(text[..<equals])] = String(text[text.index(after: equals)...])
  }
  return variables
}

/// `KEY=value` as another program is given it: byte for byte, where it is a variable of this one's.
///
/// - Parameter bytes: what stands for a value that is no UTF-8, and is no variable of this program's.
package func environmentEntry(_ key: String, _ value: String, ofNoText bytes: [UInt8]? = nil) -> [CChar] {
  let entry = bytes.map { Array("\(key)=".utf8) + $0 } ?? ownEntry(key, value)
  return (entry + [0]).map { CChar(bitPattern: $0) }
}

/// The value of a variable: byte for byte, where it is one of this program's.
package func environmentBytes(_ key: String, _ value: String) -> [UInt8] {
  Array(ownEntry(key, value).drop { $0 != UInt8(ascii: "=") }.dropFirst())
}

/// The variables that another program inherits from this one, as it takes them: `KEY=value` and a zero, byte for byte.
/// What has no name that a program could ask for is left out: the next one refuses it.
///
/// - Parameter changes: what it is given instead; `nil` for what it does not get.
package func inheritedEntries(changing changes: [String: String?]) -> [[UInt8]] {
  let inherited = ownEntries().map(\.bytes).filter { entry in
    let name = entry.prefix { $0 != UInt8(ascii: "=") }
    guard let first = name.first, name.count < entry.count, !(0x30...0x39).contains(first) else { return false }
    return !changes.keys.contains(String(decoding: name, as: UTF8.self))
  }
  let changed = changes.compactMap { key, value in value.map { ownEntry(key, $0) } }
  return (inherited + changed).map { $0 + [0] }
}

private func ownEntry(_ key: String, _ value: String) -> [UInt8] {
  let text = "\(key)=\(value)"
  return entriesOfNoText[text] ?? Array(text.utf8)
}

/// This program's own variables that are no UTF-8, by the text that they read as.
private let entriesOfNoText = Dictionary(
  ownEntries().filter { !$0.text.utf8.elementsEqual($0.bytes) }.map { ($0.text, $0.bytes) }, uniquingKeysWith: { $1 })

private func ownEntries() -> [(text: String, bytes: [UInt8])] {
  var entries: [(text: String, bytes: [UInt8])] = []
  var next = unsafe environ
  while let entry = unsafe next.pointee {
    unsafe entries.append((String(cString: entry), Array(UnsafeRawBufferPointer(start: entry, count: strlen(entry)))))
    unsafe next += 1
  }
  return entries
}

/// One of them; `nil` where it is not set.
package func environmentVariable(_ name: String) -> String? { unsafe getenv(name).map { unsafe String(cString: $0) } }

/// Where files lie that are of use for a moment only: TMPDIR, else /tmp.
package var temporaryFolder: FilePath { FilePath(environmentVariable("TMPDIR") ?? "/tmp") }
