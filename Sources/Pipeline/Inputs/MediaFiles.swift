internal import Jobs
public import SystemPackage

/// The films in a folder: by their extension, hidden and partly copied ones left out.
public enum MediaFiles {
  /// What is taken for a film, in lower case.
  public static let extensions: Set<String> = [
    "3gp", "asf", "avi", "flv", "m2ts", "m4v", "mkv", "mov", "mp4", "mpeg", "mpg", "mts", "ogv", "ts", "vob", "webm",
    "wmv",
  ]

  public static func isMedia(_ name: String) -> Bool {
    guard !name.hasPrefix("."), let dot = name.lastIndex(of: ".") else { return false }
    return extensions.contains(name[name.index(after: dot)...].lowercased())
  }

  /// The films that `path` stands for: itself when it is a file, those below it when it is a folder, sorted.
  ///
  /// `unreadable` names what is left out because its name is no text.
  /// - Throws: ``JobError`` with code `usage` when there is nothing at `path`, or no file.
  public static func find(at path: FilePath) throws -> (files: [FilePath], unreadable: [FilePath]) {
    let path = absolute(path)
    guard let status = try? FileStatus(of: path) else {
      throw JobError(.usage, path.string, "no such file or folder")
    }
    if status.isRegular { return ([path], []) }
    guard status.isDirectory else { throw JobError(.usage, path.string, "is neither a file nor a folder") }
    var found: (files: [FilePath], unreadable: [FilePath]) = ([], [])
    collect(path, depth: 0, into: &found)
    return found
  }

  /// Deeper than any tree of films; a folder linked into itself ends here.
  private static let depthLimit = 16

  private static func collect(
    _ folder: FilePath, depth: Int, into found: inout (files: [FilePath], unreadable: [FilePath])
  ) {
    guard depth < depthLimit else { return }
    for name in names(in: folder) where !name.hasPrefix(".") {
      let path = folder.appending(name)
      guard let status = try? FileStatus(of: path) else {
        if name.unicodeScalars.contains("\u{FFFD}") { found.unreadable.append(path) }
        continue
      }
      if status.isDirectory {
        collect(path, depth: depth + 1, into: &found)
      } else if status.isRegular, isMedia(name) {
        found.files.append(path)
      }
    }
  }
}
