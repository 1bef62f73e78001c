import CLinux
import Foundation
import Testing

/// What lies in a folder, to the byte: of each thing its kind, mode, owner, time, names, extended attributes, and content
/// or target.
struct Inventory: Equatable {
  private(set) var entries: [String: String] = [:]

  /// - Parameters:
  ///   - folder: where it begins; `.cpwx` in it is left out.
  ///   - folderTimes: whether folders' times count.
  init(_ folder: String, folderTimes: Bool = true) throws {
    for path in Self.tree(folder) {
      if path == ".cpwx" || path.hasPrefix(".cpwx/") { continue }
      var raw = stat()
      guard lstat("\(folder)/\(path)", &raw) == 0 else { continue }
      let isFolder = raw.st_mode & S_IFMT == S_IFDIR
      var text = "\(String(raw.st_mode, radix: 8)) \(raw.st_uid):\(raw.st_gid)"
      if !isFolder { text += " \(raw.st_nlink)" }
      for (name, value) in Self.attributes(of: "\(folder)/\(path)") { text += " \(name)=\(value)" }
      if !isFolder || folderTimes { text += " \(raw.st_mtim.tv_sec).\(raw.st_mtim.tv_nsec)" }
      if raw.st_mode & S_IFMT == S_IFLNK {
        text += " -> " + (try FileManager.default.destinationOfSymbolicLink(atPath: "\(folder)/\(path)"))
      } else if !isFolder {
        text += " " + (FileManager.default.contents(atPath: "\(folder)/\(path)") ?? Data()).base64EncodedString()
      }
      entries[path] = text
    }
  }

  /// Everything below a folder, also on other disks that are mounted there, which one look does not go into.
  private static func tree(_ folder: String) -> [String] {
    let device = device(of: folder)
    return (FileManager.default.enumerator(atPath: folder)?.allObjects as? [String] ?? []).flatMap { path in
      let place = "\(folder)/\(path)"
      return [path] + (Self.device(of: place) == device ? [] : tree(place).map { "\(path)/\($0)" })
    }
  }

  private static func device(of path: String) -> dev_t {
    var raw = stat()
    lstat(path, &raw)
    return raw.st_dev
  }

  private static func attributes(of path: String) -> [(name: String, value: String)] {
    var list = [CChar](repeating: 0, count: 65_536)
    let count = llistxattr(path, &list, list.count)
    guard count > 0 else { return [] }
    let names = list[..<count].split(separator: 0).map {
      String(decoding: $0.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
    return names.sorted().map { name in
      var value = [UInt8](repeating: 0, count: 65_536)
      let size = lgetxattr(path, name, &value, value.count)
      return (name, Data(value[..<max(0, size)]).base64EncodedString())
    }
  }

  /// What differs, for a test's message.
  func difference(from other: Inventory) -> [String] {
    Set(entries.keys).union(other.entries.keys).sorted().compactMap { key in
      entries[key] == other.entries[key]
        ? nil : "\(key): \(entries[key]?.prefix(200) ?? "nothing") / \(other.entries[key]?.prefix(200) ?? "nothing")"
    }
  }
}
