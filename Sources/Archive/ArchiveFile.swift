public import Index
public import Jobs
public import SeekableTar
public import SystemPackage

/// An archive that a person names: by its job, or by its file, which may be of another program.
public struct ArchiveFile: Sendable {
  /// How its file is called to people.
  public let name: String
  public let file: FilePath
  /// Where it belongs, when it is of this workspace. One that was set aside, damaged, belongs where it stood.
  public let place: ArchivePlace?
  /// What the index knows of it.
  public let indexed: IndexedArchive?

  /// - Parameters:
  ///   - name: an archive's path, or whatever names a job.
  ///   - workspace: none is needed for a path.
  /// - Throws: ``JobError`` with code `usage` when there is no such job, or it has no archive.
  public init(named name: String, in workspace: () throws -> Workspace, notice: IndexNotice) throws {
    let path = absolute(FilePath(name))
    let status = try? FileStatus(of: path)
    let isFile = status?.isRegular == true
    if let status, !isFile, !status.isDirectory, name.contains("/") {
      throw JobError(
        .damaged, name, "is no file that can be read at any place",
        remedy: "Copy what comes out of it to a disk, and name that file.")
    }
    // Something that happens to be called like a job is not meant.
    if isFile, name.contains("/") || name.hasSuffix(".tar.zst") || JobID(name) == nil && name != "latest" {
      let workspace = try? workspace()
      let place = workspace.flatMap { ArchivePlace(at: path, in: $0) }
      let left = workspace.flatMap { ArchivePlace(ofDamaged: path, in: $0) }
      var indexed: IndexedArchive?
      if let workspace, let place {
        indexed = try JobIndex.look(in: workspace, notice: notice) { index in
          try index.archives().first { $0.path == place.path }
        }
      }
      self.init(name: name, file: path, place: place ?? left, indexed: indexed)
      return
    }
    if let reason = Self.hindrance(to: path), name.contains("/") || name.hasSuffix(".tar.zst") {
      throw JobError(.io, name, "cannot be read", underlying: reason)
    }
    if name.hasSuffix(".tar.zst"), !exists(path),
      (try? workspace()).flatMap({ ArchivePlace(at: path, in: $0) }) == nil
    {
      throw JobError(.usage, name, "no such file or folder")
    }
    let workspace = try workspace()
    let job = try JobIndex.job(named: name, in: workspace, notice: notice)
    let found = try JobIndex.look(in: workspace, notice: notice) { try $0.archive(ofFolder: job.folder) }
    guard let found, let place = found.place(in: workspace) else {
      // Which stands for no job.
      let output = workspace.resolve(documentPath: job.folder)
      let copy = ArchivePlace(ofJobIn: output, isRedacted: true, in: workspace)?.file(in: workspace)
      throw JobError(
        .usage, job.jobID, "has no archive",
        remedy: copy.flatMap { exists($0) ? "Its copy for sharing is named by its path: \($0)" : nil }
          ?? "Make one with: cpwx archive \(job.jobID)")
    }
    self.init(found, at: place, in: workspace)
  }

  /// Why it is not known whether something is at a path; `nil` when it is.
  private static func hindrance(to path: FilePath) -> Errno? {
    do throws(Errno) {
      _ = try FileStatus(ofLink: path)
      return nil
    } catch {
      return error == .noSuchFileOrDirectory || error == .notDirectory ? nil : error
    }
  }

  /// An archive that the index knows.
  public init(_ archive: IndexedArchive, at place: ArchivePlace, in workspace: Workspace) {
    self.init(name: archive.path, file: place.file(in: workspace), place: place, indexed: archive)
  }

  private init(name: String, file: FilePath, place: ArchivePlace?, indexed: IndexedArchive?) {
    (self.name, self.file, self.place, self.indexed) = (name, file, place, indexed)
  }

  /// Opens it by its table of contents; `nil` for one of another program, which has none.
  ///
  /// - Throws: ``JobError`` with code `damaged` when the table is, `io`.
  public func open() throws -> SeekableArchive? {
    do {
      return try opened()
    } catch let error as ArchiveError {
      // What bears a job's name was written by cpwx, so its table must have been lost.
      if error.code == .unsupported, place == nil { return nil }
      // Where the disk fails, or the file is closed to this user, there is nothing to be salvaged.
      let isDamage = error.code == .damaged || error.code == .unsupported
      throw JobError(error, name, remedy: isDamage ? ofDamage : nil)
    }
  }

  private var ofDamage: String? {
    let salvage = "cpwx archive restore --salvage gets out what is still good"
    guard let place else {
      return "\(salvage), once it lies in the archive folder under its job's name: archive/Y/M/D/USER/JOBID.tar.zst."
    }
    // Nothing is restored from a copy for sharing.
    return place.isRedacted ? nil : "\(salvage)."
  }

  private func opened() throws -> SeekableArchive { try SeekableArchive(file) }

  /// The members of an archive of another program, all of it read; hostile ones are refused.
  ///
  /// - Throws: ``JobError`` with code `damaged`, naming the member.
  public func foreignMembers(progress: Progress? = nil) throws -> [Member] {
    try telling(name) { try ForeignArchive(file).list(progress: progress) }
  }

  /// The same, and finds one damaged that cpwx has made, and that has no table of contents any more.
  func verifiedForeignMembers(progress: Progress?) throws -> [Member] {
    try telling(name) { try ForeignArchive(file).verify(progress: progress) }
  }
}
