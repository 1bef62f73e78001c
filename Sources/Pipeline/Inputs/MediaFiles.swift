internal import Jobs
public import SystemPackage

/// The films in a folder: by their extension, hidden and partly copied ones left out.
public enum MediaFiles {
  /// What is taken for a film, in lower case.
  public static let extensions: Set<String> = [
    "3gp", "asf", "avi", "flv", "m2ts", "m4v", "mkv", "mov", "mp4", "mpeg", "mpg", "mts", "ogv", "ts", "vob", "webm", "wmv",
  ]

  public static func isMedia(_ name: String) -> Bool {
    guard !name.hasPrefix("."), let dot = name.lastIndex(of: ".") else { return false }
    return extensions.contains(name[name.index(after: dot)...].lowercased())
  }

  /// The films that `path` stands for: itself when it is a file, those below it when it is a folder, sorted.
  ///
  /// - Throws: ``JobError`` with code `usage` when there is nothing at `path`, or no file.
  public static func files(at path: FilePath) throws -> [FilePath] {
    let path = absolute(path)
    guard let status = try? FileStatus(of: path) else {
      throw JobError(.usage, path.string, "no such file or folder")
    }
    if status.isRegular { return [path] }
    guard status.isDirectory else { throw JobError(.usage, path.string, "is neither a file nor a folder") }
    return below(path, depth: 0)
  }

  /// Deeper than any tree of films; a folder linked into itself ends here.
  private static let depthLimit = 16

  private static func below(_ folder: FilePath, depth: Int) -> [FilePath] {
    guard depth < depthLimit else { return [] }
    return names(in: folder).filter { !$0.hasPrefix(".") }.flatMap { name -> [FilePath] in
      let path = folder.appending(name)
      guard let status = try? FileStatus(of: path) else { return [] }
      if status.isDirectory { return below(path, depth: depth + 1) }
      return status.isRegular && isMedia(name) ? [path] : []
    }
  }
}
