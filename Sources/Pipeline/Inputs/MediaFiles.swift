internal import Jobs
internal import SystemPackage
internal import Titles

/// The films in a folder: by their extension, hidden, ignored and partly copied ones left out.
public enum MediaFiles {
  /// What is taken for a film, in lower case.
  public static let extensions = FilmName.fileEndings

  /// The same for people to read: `.3gp .asf` and so on.
  public static var endings: String { extensions.sorted().map { "." + $0 }.joined(separator: " ") }

  /// What programs put behind the name of a file that they have not copied whole yet.
  private static let partialEndings: Set<String> = [
    "part", "partial", "crdownload", "download", "filepart", "tmp", "temp", "!qb", "aria2", "unfinished",
  ]

  /// What was found.
  struct Found {
    var files: [(path: FilePath, status: FileStatus)] = []
    /// Copies under way, by their names: `film.mkv.part`, `.film.mkv.Xa81bQ`.
    var partial: [FilePath] = []
    /// Left out because their names are no text.
    var unreadable: [FilePath] = []
    /// Links that lead to nothing.
    var missing: [FilePath] = []
    /// Every folder that was looked into.
    var folders: [FilePath] = []
    /// Folders below that could not be looked into, or their ignore files that could not be read.
    var closed: [JobError] = []
  }

  public static func isMedia(_ name: String) -> Bool { !name.hasPrefix(".") && hasMediaEnding(name) }

  public static func hasMediaEnding(_ name: some StringProtocol) -> Bool {
    guard let dot = name.lastIndex(of: ".") else { return false }
    return extensions.contains(name[name.index(after: dot)...].lowercased())
  }

  /// Whether a name is one that copying programs give to a film until it is whole.
  public static func isPartial(_ name: String) -> Bool {
    guard let dot = name.lastIndex(of: ".") else { return false }
    let (start, ending) = (name[..<dot], name[name.index(after: dot)...])
    if partialEndings.contains(ending.lowercased()) { return hasMediaEnding(start) }
    // rsync's: hidden, and six letters at the end.
    return name.hasPrefix(".") && ending.count == 6 && hasMediaEnding(start)
  }

  /// The film that was probably meant by a path where there is none.
  private static func hint(at path: FilePath) -> String? {
    let films = names(in: path.removingLastComponent()).filter(hasMediaEnding)
    let meant = nearest(path.lastComponent?.string ?? "", among: films) ?? nearestOrBegun(path.stem ?? "", among: films)
    return meant.map { "Did you mean '\($0)'?" }
  }

  /// The films that `path` stands for: itself when it is a file, those below it when it is a folder, sorted.
  ///
  /// - Parameter outside: folders that are not looked into but by their own name: what cpwx makes is no film to run.
  /// - Throws: ``JobError`` with code `usage` when there is nothing at `path`, or what is no film by its name; `io` when it
  ///   is a folder that cannot be read.
  static func find(at path: FilePath, outside: [FilePath]) throws -> Found {
    let path = absolute(path)
    guard let status = try? FileStatus(of: path) else {
      throw path.string.hasLostBytes
        ? JobError(.damaged, path.string, noText)
        : JobError(.usage, path.string, "no such file or folder", remedy: hint(at: path))
    }
    if status.isRegular {
      guard hasMediaEnding(path.lastComponent?.string ?? "") else {
        throw JobError(
          .usage, path.string, "is no film, by its name", remedy: "Films end in \(endings)")
      }
      return Found(files: [(path, status)])
    }
    guard status.isDirectory else { throw JobError(.usage, path.string, "is neither a file nor a folder") }
    var found = Found()
    var passed = Set(outside.compactMap { try? FileStatus(of: $0) }.map { Place($0) })
    passed.insert(Place(status))
    try collect(path, [], &passed, into: &found)
    if let error = found.closed.first, error.subject == path.string { throw error }
    return found
  }

  /// Why a look into a folder leaves a film in it out; `nil` when it does not, or when the film does not lie there.
  ///
  /// - Throws: ``JobError`` with code `io` when that cannot be told.
  static func exclusion(of film: FilePath, from folder: FilePath, in workspace: Workspace) throws -> String? {
    var relative = film
    guard relative.removePrefix(folder) else { return nil }
    var path = folder
    var ignores: [IgnoreFile] = []
    for component in relative.components {
      if let ignore = try IgnoreFile(in: path) { ignores.append(ignore) }
      path.append(component)
      if component.string.hasPrefix(".") {
        return "hidden, as a dot begins the name of \(workspace.documentPath(path))"
      }
      let verdicts = ignores.reversed().lazy.compactMap { ignore in
        ignore.verdict(on: path, isFolder: path != film).map { (ignore.folder, $0) }
      }
      if let (place, isIgnored) = verdicts.first, isIgnored {
        return "ignored by \(workspace.documentPath(place.appending(IgnoreFile.name)))"
      }
    }
    return nil
  }

  /// Which folder it is, under whatever name.
  private struct Place: Hashable {
    let device: UInt64
    let inode: UInt64
    init(_ status: FileStatus) { (device, inode) = (status.device, status.inode) }
  }

  /// What is the matter with a name whose bytes are no text.
  static let noText = "its name is not valid UTF-8; rename it to have it done"

  /// - Parameter passed: the folders that were looked into, or are not to be; links may lead back to them.
  private static func collect(
    _ folder: FilePath, _ above: [IgnoreFile], _ passed: inout Set<Place>, into found: inout Found
  ) throws {
    found.folders.append(folder)
    var ignores = above
    do {
      if let own = try IgnoreFile(in: folder) { ignores.append(own) }
    } catch let error as JobError {
      // What it leaves out is not known, so nothing of this folder is run; all others are.
      found.closed.append(
        JobError(
          .io, folder.string, "its \(IgnoreFile.name) cannot be read",
          remedy: "What it leaves out is not known. See: ls -ld '\(folder.appending(IgnoreFile.name))'",
          underlying: error.underlying))
      return
    }
    func isIgnored(_ path: FilePath, isFolder: Bool) -> Bool {
      ignores.reversed().lazy.compactMap { $0.verdict(on: path, isFolder: isFolder) }.first ?? false
    }
    let names: [String]
    do {
      names = try readNames(in: folder)
    } catch {
      found.closed.append(
        JobError(
          .io, folder.string, "cannot be read",
          remedy: "What films there are in it is not known. See: ls -ld '\(folder)'", underlying: error))
      return
    }
    for name in names {
      let path = folder.appending(name)
      guard !name.hasPrefix(".") || isPartial(name) else { continue }
      guard let status = try? FileStatus(of: path) else {
        if name.hasLostBytes {
          found.unreadable.append(path)
        } else if isMedia(name) {
          found.missing.append(path)
        }
        continue
      }
      if isIgnored(path, isFolder: status.isDirectory) { continue }
      if status.isDirectory {
        // That one is the file system's.
        guard !name.hasPrefix("."), name != "lost+found", passed.insert(Place(status)).inserted else { continue }
        try collect(path, ignores, &passed, into: &found)
      } else if status.isRegular, isMedia(name) {
        found.files.append((path, status))
      } else if status.isRegular, isPartial(name) {
        found.partial.append(path)
      }
    }
  }
}
