internal import Glibc
internal import Index
internal import Jobs
public import SeekableTar
public import SystemPackage

/// Takes members out of an archive, of any program, by names and patterns.
public struct MemberExtraction: Sendable {
  private let file: ArchiveFile
  private let patterns: [String]
  public var workers = defaultWorkers
  public var progress: Progress?

  /// - Parameter patterns: paths of members, from the archive's top or from the job's folder; with `*`, `?`, `[…]` and `**`
  ///   patterns. A folder means all that is in it. None: everything.
  public init(of file: ArchiveFile, _ patterns: [String]) { (self.file, self.patterns) = (file, patterns) }

  /// Whether a member is meant.
  private func isMeant(_ path: MemberPath) -> Bool {
    if patterns.isEmpty { return true }
    let roots = file.place.flatMap { try? ArchiveNames($0) }
    let root = roots.flatMap { names in [names.output, names.logs].first { path.isBelow($0) } }
    return patterns.contains { pattern in
      let bytes = Array(pattern.utf8.reversed().drop { $0 == UInt8(ascii: "/") }.reversed())
      var spelled = [bytes]
      if let root { spelled.append(root.bytes + [UInt8(ascii: "/")] + bytes) }
      for spelling in spelled {
        if path.bytes == spelling || path.bytes.starts(with: spelling + [UInt8(ascii: "/")]) { return true }
      }
      return pattern.contains { "*?[".contains($0) } && Glob(pattern).matches(path, below: root)
    }
  }

  /// Writes the content of the files that are meant to a descriptor, one after the other.
  ///
  /// - Returns: how many.
  /// - Throws: ``JobError``, with code `usage` when nothing is meant.
  public func write(to output: FileDescriptor) throws -> Int {
    guard let archive = try file.open() else {
      throw JobError(
        .usage, file.name, "is an archive of another program, whose members cannot be read one by one",
        remedy: "Take them out with: cpwx archive extract \(file.name) --to DIR MEMBER…")
    }
    let meant = archive.contents.members.filter { ($0.kind == .file || $0.kind == .hardLink) && isMeant($0.path) }
    guard !meant.isEmpty else { throw nothing }
    for member in meant { try telling(file.name) { try archive.copy(member, to: output) } }
    return meant.count
  }

  /// Writes the members that are meant below a folder, over nothing.
  ///
  /// - Returns: how many, and their bytes.
  /// - Throws: ``JobError``: with code `io` when something is there already, `damaged` for what is damaged or hostile,
  ///   `usage` when nothing is meant. Nothing has come into the folder then.
  public func write(below folder: FilePath) throws -> (members: Int, bytes: Int) {
    try makeFolder(folder)
    let staging = folder.appending(".cpwx-extract-\(getpid())-\(String(UInt32.random(in: .min ... .max), radix: 36))")
    try makeFolder(staging, mode: [.ownerReadWriteExecute])
    defer { try? removeTree(staging) }
    let written = try withFolder(staging) { try extract(into: $0) }
    guard written.members > 0 else { throw nothing }
    try TreeMerge(of: staging, into: folder).run()
    return written
  }

  private func extract(into folder: FileDescriptor) throws -> (members: Int, bytes: Int) {
    let remedy = "Nothing was extracted."
    guard let archive = try file.open() else {
      let members = try telling(file.name, remedy: remedy) {
        try ForeignArchive(file.file).extract(into: folder, includes: { isMeant($0.path) }, progress: progress)
      }
      return (members.count, members.reduce(0) { $0 + $1.size })
    }
    var options = ExtractionOptions()
    (options.workers, options.progress) = (workers, progress)
    if !patterns.isEmpty { options.includes = { isMeant($0.path) } }
    let report = try telling(file.name, remedy: remedy) { try archive.extract(options, into: folder) }
    return (report.extracted, report.bytes)
  }

  private var nothing: JobError {
    JobError(
      .usage, patterns.joined(separator: " "), "nothing in \(file.name) is called so",
      remedy:
        "See what is in it with: cpwx archive show \(file.place == nil ? file.name : file.indexed?.jobID ?? file.name)")
  }
}
