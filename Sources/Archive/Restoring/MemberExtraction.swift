internal import Glibc
internal import Index
internal import Jobs
public import SeekableTar
public import SystemPackage

/// Takes members out of an archive, of any program, by names and patterns.
public struct MemberExtraction: Sendable {
  private let file: ArchiveFile
  private let patterns: [String]
  /// Where the job's files are in it; `nil` where it does not lie in the workspace's archive.
  private let memberNames: ArchiveNames?
  public var workers = defaultWorkers
  public var progress: Progress?

  /// - Parameter patterns: paths of members, from the archive's top or from the job's folder; with `*`, `?`, `[…]` and `**`
  ///   patterns. A folder means all that is in it. None: everything.
  public init(of file: ArchiveFile, _ patterns: [String]) {
    (self.file, self.patterns) = (file, patterns)
    memberNames = file.place.flatMap { try? ArchiveNames($0) }
  }

  /// What came out.
  public struct Written: Sendable {
    public var members = 0
    public var bytes = 0
    /// Patterns that fit nothing.
    public var missing: [String] = []
  }

  /// Whether a member is meant.
  private func isMeant(_ path: MemberPath) -> Bool {
    patterns.isEmpty || patterns.contains { fits($0, path) }
  }

  private func fits(_ pattern: String, _ path: MemberPath) -> Bool {
    let root = memberNames?.root(of: path)
    var bytes = Array(pattern.utf8.reversed().drop { $0 == UInt8(ascii: "/") }.reversed())
    while bytes.starts(with: "./".utf8) { bytes.removeFirst(2) }
    while bytes.first == UInt8(ascii: "/") { bytes.removeFirst() }
    if bytes.isEmpty { return false }
    var spelled = [bytes]
    if let root { spelled.append(root.bytes + [UInt8(ascii: "/")] + bytes) }
    // A name that is no text is named as it is shown: no argument comes with such bytes.
    let named = String(validating: path.bytes, as: UTF8.self) == nil ? Array("\(path)".utf8) : path.bytes
    for spelling in spelled {
      if named == spelling || named.starts(with: spelling + [UInt8(ascii: "/")]) { return true }
    }
    // `./*.srt` is of what lies there, not below, as `/*.srt` is.
    let glob = pattern.hasPrefix("./") ? String(pattern.dropFirst()) : pattern
    return glob.contains { "*?[".contains($0) } && Glob(glob).matches(path, below: root)
  }

  private func missing(among members: [Member]) -> [String] {
    patterns.filter { pattern in !members.contains { fits(pattern, $0.path) } }
  }

  /// Writes the content of the files that are meant to a descriptor, one after the other.
  ///
  /// - Throws: ``JobError``, with code `usage` when nothing is meant.
  public func write(to output: FileDescriptor) throws -> Written {
    guard let archive = try file.open() else {
      throw JobError(
        .usage, file.name, "is an archive of another program, whose members cannot be read one by one",
        remedy: "Take them out with: cpwx archive extract \(file.name) --to DIR MEMBER…")
    }
    let named = archive.contents.members.filter { isMeant($0.path) }
    let meant = named.filter { $0.kind == .file || $0.kind == .hardLink }
    if named.isEmpty || meant.isEmpty && patterns.isEmpty { throw nothing }
    if meant.isEmpty {
      throw JobError(
        .usage, patterns.joined(separator: " "), "is no file, and has no content to write",
        remedy: "Take it out as it is with: cpwx archive extract \(shownName) --to DIR MEMBER…")
    }
    for member in meant { try telling(file.name) { try archive.copy(member, to: output) } }
    return Written(members: meant.count, missing: missing(among: archive.contents.members))
  }

  /// Writes the members that are meant below a folder, over nothing.
  ///
  /// - Throws: ``JobError``: with code `io` when something is there already, `damaged` for what is damaged or hostile,
  ///   `usage` when nothing is meant; or what ``progress`` threw. Nothing has come into the folder then.
  public func write(below folder: FilePath) throws -> Written {
    var made: [FilePath] = []
    var above = folder
    while !exists(above) {
      made.append(above)
      guard above.removeLastComponent() else { break }
    }
    do {
      try makeFolder(folder)
      Self.sweep(folder)
      let staging = folder.appending(
        "\(Self.prefix)\(getpid())-\(String(UInt32.random(in: .min ... .max), radix: 36))")
      try makeFolder(staging, mode: [.ownerReadWriteExecute])
      defer { try? removeTree(staging) }
      let written = try withFolder(staging) { try extract(into: $0, at: staging) }
      guard written.members > 0 else { throw nothing }
      try TreeMerge(of: staging, into: folder).run()
      return written
    } catch {
      // Folders that were made for it and are empty.
      for folder in made { removeEmptyFolder(folder) }
      throw error
    }
  }

  private static let prefix = ".cpwx-extract-"

  /// Removes what processes that died have left.
  private static func sweep(_ folder: FilePath) {
    for name in names(in: folder) where name.hasPrefix(prefix) {
      guard let pid = name.dropFirst(prefix.count).split(separator: "-").first.flatMap({ Int($0) }) else { continue }
      if !exists(FilePath("/proc/\(pid)")) { try? removeTree(folder.appending(name)) }
    }
  }

  private func extract(into folder: FileDescriptor, at path: FilePath) throws -> Written {
    let remedy = "Nothing was extracted."
    guard let archive = try file.open() else {
      var limits = ForeignArchive.Limits()
      limits.setRoom(of: path)
      let members = try telling(file.name, remedy: remedy) {
        try ForeignArchive(file.file, limits: limits).extract(
          into: folder, includes: { isMeant($0.path) }, progress: progress)
      }
      let meant = members.filter { isMeant($0.path) }
      return Written(
        members: meant.count, bytes: meant.reduce(0) { $0 + $1.size }, missing: missing(among: members))
    }
    var options = ExtractionOptions()
    (options.workers, options.progress) = (workers, progress)
    // Nobody vouches for what does not lie in the workspace's own archive.
    options.isForeign = file.place == nil
    if !patterns.isEmpty { options.includes = { isMeant($0.path) } }
    try archive.refuseWithoutRoom(for: options.includes, in: path, named: file.name, remedy: remedy)
    let report = try telling(file.name, remedy: remedy) { try archive.extract(options, into: folder) }
    return Written(
      members: report.extracted, bytes: report.bytes, missing: missing(among: archive.contents.members))
  }

  private var nothing: JobError {
    if patterns.isEmpty { return JobError(.usage, file.name, "holds nothing") }
    return JobError(
      .usage, patterns.joined(separator: " "), "nothing in \(file.name) is called so",
      remedy: "See what is in it with: cpwx archive show \(shownName)")
  }

  /// The archive as commands take it.
  private var shownName: String { file.place == nil ? file.name : file.indexed?.jobID ?? file.name }
}
