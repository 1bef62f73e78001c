internal import Index
public import Jobs
public import SeekableTar
public import SystemPackage

/// Puts archived jobs back: written beside their place, verified meanwhile, then renamed into it, over nothing.
public struct JobRestoration: Sendable {
  /// What became of a job.
  public struct Outcome: Sendable {
    /// Where its folder is.
    public var output: FilePath
    public var members = 0
    public var bytes = 0
    /// Where what was in its place is now.
    public var aside: [FilePath] = []
    /// Members that are lost, with the reasons.
    public var damaged: [DamagedMember] = []
    /// Whether there may have been more members, which nobody can name.
    public var isCutShort = false
    /// Other damage that was found.
    public var problems: [String] = []
    /// What was left out when it was archived.
    public var excluded: [String] = []
  }

  private let workspace: Workspace
  private let folder: FilePath?
  private let outputRoot: FilePath
  private let logRoot: FilePath
  /// Move what is there aside.
  public var replaces = false
  /// Put back what is still good of a damaged archive.
  public var salvages = false
  public var workers = defaultWorkers
  public var progress: Progress?

  /// - Parameter folder: where to, instead of into the workspace: the job then lies in `out/…` and `logs/…` below it.
  public init(in workspace: Workspace, to folder: FilePath? = nil) {
    (self.workspace, self.folder) = (workspace, folder)
    outputRoot = folder?.appending("out") ?? workspace.outputRoot
    logRoot = folder?.appending("logs") ?? workspace.logRoot
  }

  /// Brings to an end what processes that died had begun.
  ///
  /// - Parameter failed: told of what cannot be.
  /// - Returns: the places, below the roots, of jobs that are back because of it.
  @discardableResult
  public func finishInterrupted(failed: (JobError) -> Void) -> Set<String> {
    var finished: Set<String> = []
    for (staging, relative) in RestoreStaging.all(below: outputRoot, logRoot) {
      do {
        if try staging.finish(relative) { finished.insert(relative) }
      } catch let error as JobError {
        if error.code != .locked { failed(error) }
      } catch {
        failed(JobError(.io, staging.output.string, "cannot be put in place", underlying: error))
      }
    }
    return finished
  }

  /// Puts a job back.
  ///
  /// - Throws: ``JobError``: with code `io` when something is in its place, `damaged` when the archive is and nothing was to
  ///   be salvaged. Nothing has come into its place then.
  public func restore(_ file: ArchiveFile) throws -> Outcome {
    guard let place = file.place, !place.isRedacted else {
      // Nothing is restored from a copy for sharing.
      let hint =
        file.place == nil
        ? "A job's is restored once it lies in the archive folder under its name: archive/Y/M/D/USER/JOBID.tar.zst. "
        : ""
      throw JobError(
        .usage, file.name, "is no job's archive of this workspace",
        remedy: hint + "Take out what is in it with: cpwx archive extract \(file.name) --to DIR")
    }
    let relative = FilePath(place.relative)
    let (output, logs) = (outputRoot.pushing(relative), logRoot.pushing(relative))
    guard let staging = RestoreStaging(output: output, logs: logs) else {
      throw JobError(.usage, file.name, "is no job's archive")
    }
    let name = output.lastComponent?.string ?? ""
    // What was cut short is finished before jobs are restored: this is at work, and removes logs by their name.
    if folder == nil, JobRemoval(in: workspace).begun().contains(name) {
      throw JobError(
        .locked, name, "is being archived or removed by another process",
        remedy: "Nothing was changed. Wait for it to end, and run this again.")
    }
    if !replaces { for target in [output, logs] { try refuse(target) } }
    // Who runs the job that is to be replaced keeps it.
    var old: FileLock?
    if replaces, isDirectory(output) {
      do {
        old = try QuietLock.take(of: output, subject: name)
      } catch {
        if isTaken(output) { throw error }
        // Archived or removed meanwhile.
        throw JobError(
          .locked, name, "was archived or removed by another process just now",
          remedy: "Nothing was changed. Run this again.")
      }
    }
    let lock = try staging.begin(isReplacing: replaces)
    var outcome = Outcome(output: output)
    do {
      // Another restoration may have ended before this one was alone.
      if !replaces { for target in [output, logs] { try refuse(target) } }
      try write(file, to: staging, &outcome)
      guard isDirectory(staging.partial.appending("out").pushing(relative)) else {
        throw JobError(.damaged, file.name, "nothing of the job's folder could be got out of it")
      }
      if !staging.hasLogsApart, isTaken(staging.partial.appending("logs").pushing(relative)) {
        throw JobError(
          .usage, file.name, "is no job's archive of this workspace",
          remedy:
            "It holds logs apart from the job's folder, and LOG_ROOT is OUTPUT_ROOT here. Nothing was restored. --to DIR restores into another folder."
        )
      }
      try staging.markReady()
    } catch {
      staging.discard()
      throw error
    }
    do {
      outcome.aside = try staging.place(place.relative)
    } catch let taken as RestoreStaging.Taken {
      // The archive has it all: what is ready must not come by itself, once the place is free.
      try staging.removeReady()
      throw Self.isThere(taken.path)
    }
    _ = consume lock
    _ = consume old
    return outcome
  }

  private func refuse(_ target: FilePath) throws {
    if isTaken(target) { throw Self.isThere(target) }
  }

  private static func isThere(_ target: FilePath) -> JobError {
    JobError(
      .io, target.string, "is there already",
      remedy: "It was not touched. --replace moves it aside first; --to DIR restores into another folder.")
  }

  private func write(_ file: ArchiveFile, to staging: RestoreStaging, _ outcome: inout Outcome) throws {
    FaultPoint.pass()
    let archive: SeekableArchive
    do {
      guard let open = try file.open() else { throw JobError(.usage, file.name, "is no job's archive") }
      archive = open
    } catch let error as JobError where salvages && error.code == .damaged {
      // Without a table it is read from its beginning, as far as that goes.
      outcome.problems.append(error.message)
      return try salvage(file, to: staging, &outcome)
    }
    if let flaw = try file.place.flatMap({ try ArchiveNames($0).flaw(in: archive.contents) }) {
      throw JobError(
        .damaged, file.name, flaw,
        remedy:
          "Nothing was restored. Give it that job's name and place, or take out what is in it with cpwx archive extract."
      )
    }
    var options = ExtractionOptions()
    (options.salvage, options.durable, options.workers, options.progress) = (salvages, true, workers, progress)
    let remedy = "Nothing was restored."
    for (folder, first) in staging.parts {
      if let first { options.includes = { $0.path.bytes.first == first } }
      try archive.refuseWithoutRoom(
        for: options.includes, in: folder, named: file.name,
        remedy: remedy + (self.folder == nil ? " Make room, or restore into a folder on another disk: --to DIR" : ""))
    }
    let ofDamage = salvages ? remedy : remedy + " --salvage gets out what is still good."
    for (folder, first) in staging.parts {
      if let first { options.includes = { $0.path.bytes.first == first } }
      let report = try withFolder(folder) { folder in
        try telling(file.name, remedy: remedy, ofDamage: ofDamage) { try archive.extract(options, into: folder) }
      }
      outcome.members += report.extracted
      outcome.bytes += report.bytes
      outcome.damaged += report.damaged
      outcome.problems += report.otherDamage
    }
    outcome.excluded = archive.contents.excludedFiles.map(\.pattern)
    FaultPoint.pass()
  }

  /// Without a table it is read from its beginning, as far as that goes.
  private func salvage(_ file: ArchiveFile, to staging: RestoreStaging, _ outcome: inout Outcome) throws {
    guard let place = file.place else { return }
    let names = try ArchiveNames(place)
    for (folder, first) in staging.parts {
      let includes: @Sendable (Member) -> Bool = { member in
        names.holds(member) && first.map { member.path.bytes.first == $0 } ?? true
      }
      let path = folder
      let saved = try withFolder(folder) { folder in
        try telling(file.name) {
          try ForeignArchive(ofJob: file.file, into: path).salvage(into: folder, includes: includes, progress: progress)
        }
      }
      outcome.damaged += saved.lost.filter { !outcome.damaged.contains($0) }
      if let problem = saved.problem {
        outcome.isCutShort = true
        if !outcome.problems.contains(problem) { outcome.problems.append(problem) }
      }
      let members = saved.members.filter { member in
        includes(member) && !saved.leftOut.contains { $0.path == member.path }
      }
      outcome.members += members.count
      outcome.bytes += members.reduce(0) { $0 + $1.size }
    }
    FaultPoint.pass()
  }
}

extension TableOfContents {
  /// What was left out of a job on request; not the file of its lock, which no job lacks.
  var excludedFiles: [Glob] { excluded.filter { $0.pattern != ".cpwx.lock" } }
}

extension ForeignArchive {
  /// A job's archive that has lost its table. Names and links in it are the job's own.
  ///
  /// - Parameter folder: where its members are to go, if anywhere.
  init(ofJob file: FilePath, into folder: FilePath? = nil) {
    var limits = Limits()
    if let folder { limits.setRoom(of: folder) }
    (limits.acceptsAnyNames, limits.acceptsLinksOut) = (true, true)
    self.init(file, limits: limits)
  }
}

/// Does something with an open folder.
func withFolder<Value>(_ path: FilePath, _ body: (FileDescriptor) throws -> Value) throws -> Value {
  let folder: FileDescriptor
  do {
    folder = try FileDescriptor.open(path, .readOnly, options: [.directory, .closeOnExec])
  } catch {
    throw JobError(.io, path.string, "the folder cannot be opened", underlying: error)
  }
  return try folder.closeAfter { try body(folder) }
}
