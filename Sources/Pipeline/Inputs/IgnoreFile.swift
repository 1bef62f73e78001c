internal import Glibc
internal import Jobs
internal import SystemPackage

/// A folder's `.cpwxignore`: what of it and below it is no film to run, in the lines of a gitignore file.
///
/// A line is a pattern of `*`, `?` and `[…]`; with a slash in it, it is of the path from the file's folder, else of any
/// name below. `**/` stands for any folders or none, a slash at the end for folders only, `!` at the beginning takes back what
/// an earlier line left out, `#` begins a remark. Source of the format: gitignore(5).
struct IgnoreFile {
  static let name = ".cpwxignore"

  private struct Rule {
    var pattern: String
    var ignores: Bool
    var isForFolders: Bool
    /// Of the path from the file's folder, not of the name alone.
    var isPath: Bool
  }

  let folder: FilePath
  private var rules: [Rule] = []

  /// - Returns: `nil` when the folder has none.
  /// - Throws: ``JobError`` with code `io`: what cannot be read might say to leave a film alone.
  init?(in folder: FilePath) throws {
    let path = folder.appending(Self.name)
    guard exists(path) else { return nil }
    self.folder = folder
    let bytes = try DurableFile.read(path).withoutByteOrderMark
    for line in String(decoding: bytes, as: UTF8.self).split(whereSeparator: \.isNewline) {
      var text = String(line)
      while text.hasSuffix(" "), !text.hasSuffix("\\ ") { text.removeLast() }
      if text.isEmpty || text.hasPrefix("#") { continue }
      var rule = Rule(pattern: "", ignores: true, isForFolders: false, isPath: false)
      if text.hasPrefix("!") {
        rule.ignores = false
        text.removeFirst()
      }
      if text.hasSuffix("/") {
        rule.isForFolders = true
        text.removeLast()
      }
      if text.hasPrefix("**/"), !text.dropFirst(3).contains("/") { text.removeFirst(3) }
      rule.isPath = text.contains("/")
      rule.pattern = text.hasPrefix("/") ? String(text.dropFirst()) : text
      if !rule.pattern.isEmpty { rules.append(rule) }
    }
  }

  /// What the file says of something below its folder; `nil` when no line is about it.
  func verdict(on path: FilePath, isFolder: Bool) -> Bool? {
    var relative = path
    guard relative.removePrefix(folder) else { return nil }
    let name = path.lastComponent?.string ?? ""
    return rules.last { rule in
      guard isFolder || !rule.isForFolders else { return false }
      if !rule.isPath { return Self.fits(name, rule.pattern) }
      let parts = rule.pattern.split(separator: "/").map(String.init)
      return Self.fits(relative.components.map(\.string)[...], parts[...])
    }?.ignores
  }

  /// Whether the names of a path fit the parts of a pattern; `**` stands for any number of them, and at the end for one at
  /// least.
  private static func fits(_ names: ArraySlice<String>, _ parts: ArraySlice<String>) -> Bool {
    guard let part = parts.first else { return names.isEmpty }
    let others = parts.dropFirst()
    if part == "**" {
      if others.isEmpty { return !names.isEmpty }
      return (0...names.count).contains { fits(names.dropFirst($0), others) }
    }
    guard let name = names.first, fits(name, part) else { return false }
    return fits(names.dropFirst(), others)
  }

  private static func fits(_ name: String, _ pattern: String) -> Bool { unsafe fnmatch(pattern, name, 0) == 0 }
}
