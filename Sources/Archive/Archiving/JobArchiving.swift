internal import Glibc
internal import Hashing
internal import Index
public import Jobs
public import SeekableTar
internal import SystemPackage

/// Turns jobs into archives, and removes them only once their archives are on the disk, read back and compared.
public struct JobArchiving: Sendable {
  public struct Options: Sendable {
    public var excluding: [Glob] = []
    /// Leave the job where it is.
    public var keepsJob = false
    /// Mask these secrets of a job in its archive, longest first: a copy for sharing. The job stays then in any case.
    public var redacting: (@Sendable (JobPaths) -> [String])?
    /// Replace an archive of the job as it was before.
    public var force = false
    /// Called when a job that is to go is locked, and before it is read: sees to it that nothing is at work on it. The job
    /// stays where it throws.
    public var releasing: @Sendable (JobPaths) throws -> Void = { _ in }
    /// Threads for one job. They change nothing in the bytes.
    public var workers = defaultWorkers

    public init() {}
  }

  let workspace: Workspace
  let options: Options
  /// Called when an archive has come, or a job is gone.
  let moved: @Sendable () -> Void

  public init(in workspace: Workspace, _ options: Options, moved: @escaping @Sendable () -> Void = {}) {
    (self.workspace, self.options, self.moved) = (workspace, options, moved)
  }

  var masks: Bool { options.redacting != nil }

  var keepsJob: Bool { options.keepsJob || options.redacting != nil }

  /// The job stays as it was, and this says why.
  struct Kept: Error {
    var reason: String
  }

  /// An error, and what was done before it and stays so.
  struct Noted: Error {
    var error: any Error
    var note: String
  }

  /// What would go into a job's archive.
  ///
  /// - Throws: ``JobError``, ``Kept``, `ArchiveError`.
  func measure(_ job: IndexedJob) throws -> SourceSize {
    let (paths, place) = try place(of: job)
    return try source(paths, place).measure()
  }

  /// What can be told without reading a job's files: whether it cannot be removed, or its archive is to stay.
  ///
  /// - Throws: ``Kept`` where it is, ``JobError``, `ArchiveError`.
  func refuseChanged(_ job: IndexedJob) throws {
    let (paths, place) = try place(of: job)
    if !keepsJob { try JobRemoval(in: workspace).refuseForeign(paths) }
    try refuseChanged(source(paths, place), of: paths, place)
  }

  /// Archives a job.
  ///
  /// - Parameter progress: told how far it is, from 0 to 1: reading and writing is the first half of the way, reading back
  ///   the second. What it throws ends the work.
  /// - Throws: ``JobError``, ``Kept``, `ArchiveError`, or one of them ``Noted``; the job then stays as it was, whatever there is of an archive.
  func archive(_ job: IndexedJob, progress: @escaping @Sendable (Double) throws -> Void) throws -> ArchiveOutcome {
    let (paths, place) = try place(of: job)
    guard let lock = try lock(paths, place) else {
      var outcome = ArchiveOutcome(job, .skipped, reason: "another process has archived it just now")
      outcome.archive = place.path
      return outcome
    }
    if !keepsJob { try options.releasing(paths) }
    var damaged: String?
    func note() -> String? {
      damaged.map { "the archive that stood in its place, damaged or another job's, is kept as \($0)" }
    }
    do {
      var outcome = try archive(job, paths, place, holding: lock, damaged: &damaged, progress)
      let notes = [outcome.reason, note()].compactMap(\.self)
      outcome.reason = notes.isEmpty ? nil : notes.joined(separator: "; ")
      _ = consume lock
      return outcome
    } catch {
      guard let note = note() else { throw error }
      throw Noted(error: error, note: note)
    }
  }

  /// - Parameter damaged: is told what a damaged archive that stood there is called now.
  private func archive(
    _ job: IndexedJob, _ paths: JobPaths, _ place: ArchivePlace, holding lock: borrowing FileLock,
    damaged: inout String?, _ progress: @escaping @Sendable (Double) throws -> Void
  ) throws -> ArchiveOutcome {
    let unread = UnreadFiles()
    let before = excludedBefore(paths, place)
    var tries = 0
    while true {
      tries += 1
      var source = try source(paths, place)
      if tries == 1 { try refuseChanged(source, of: paths, place) }
      source.excludedBefore = before
      source.progress = { done, total in try progress(Self.part(done, of: total) / 2) }
      let (written, standing, aside) = try write(source, of: paths, to: place, isOurs: tries > 1, unread) {
        try progress(0.5 + Self.part($0, of: $1) / 2)
      }
      moved()
      var outcome = ArchiveOutcome(job, keepsJob ? .copied : .archived)
      (outcome.archive, outcome.archiveBytes) = (place.path, written.archiveBytes)
      (outcome.members, outcome.bytes) = (written.contents.members.count, written.contents.contentBytes)
      outcome.sha256 = written.archiveDigest.hex
      if !keepsJob { outcome.excluded = written.excluded }
      outcome.leftOut = written.skipped.map { "\($0.path): \($0.reason)" }
      damaged = damaged ?? aside
      outcome.reason = unread.note
      if keepsJob { return outcome }
      // Logs may have come that were not there.
      if let change = try self.source(paths, place).changes(since: written).first {
        if tries < 3 { continue }
        throw Kept(
          reason: "it keeps changing: \(change.path) \(change.what); its archive is of a moment, and the job stays")
      }
      let now = try? FileStatus(ofLink: place.file(in: workspace))
      guard let now, now.inode == standing.inode, now.device == standing.device, now.size == standing.size else {
        throw Kept(reason: "its archive \(place.path) was taken away or replaced meanwhile; the job stays")
      }
      do {
        try JobRemoval(in: workspace).remove(paths, holding: lock, hidden: moved)
      } catch let error as JobError where !isTaken(paths.output) {
        // It is archived, and no job any more, but something of it could not be removed.
        (outcome.reason, outcome.error) = (error.reason, error.code)
      }
      moved()
      return outcome
    }
  }

  /// - Returns: `nil` for a job that has become an archive since it was looked at.
  private func lock(_ paths: JobPaths, _ place: ArchivePlace) throws -> FileLock? {
    do {
      if !keepsJob { try JobRemoval(in: workspace).refuseForeign(paths) }
      return try QuietLock.take(paths)
    } catch {
      if options.redacting == nil, !isTaken(paths.output), exists(place.file(in: workspace)) { return nil }
      throw error
    }
  }

  private static func part(_ done: Int, of total: Int) -> Double {
    total > 0 ? min(1, Double(done) / Double(total)) : 1
  }

  private func place(of job: IndexedJob) throws -> (JobPaths, ArchivePlace) {
    let paths = job.paths(in: workspace)
    let place = ArchivePlace(ofJobIn: paths.output, isRedacted: options.redacting != nil, in: workspace)
    guard let place else {
      throw Kept(reason: "it lies in \(job.folder), outside of the dated tree of \(workspace.outputRoot)")
    }
    return (paths, place)
  }

  private func source(_ paths: JobPaths, _ place: ArchivePlace) throws -> ArchiveSource {
    // Else the link would be all that the archive holds of the job.
    try JobRemoval(in: workspace).refuseLink(paths)
    let names = try ArchiveNames(place)
    var roots = [ArchiveSource.Root(names.output, at: paths.output)]
    if let logs = try JobLogsFolder(of: paths, in: workspace).folder { roots.append(.init(names.logs, at: logs)) }
    var source = ArchiveSource(roots: roots)
    source.excluding = options.excluding
    for glob in options.excluding {
      for record in ArchiveNames.records where glob.matches(try names.inOutput(record), below: names.output) {
        throw JobError(
          .usage, "--exclude \(glob.pattern)", "would leave out \(record), without which an archive is of no job",
          remedy: "Nothing was archived. Exclude less.")
      }
    }
    // Nobody is at work on it: what is there was left.
    source.ignored = [try names.inOutput(JobPaths.progressName)]
    if QuietLock.isOnlyALock(paths.lock) { source.ignored.insert(try names.inOutput(".cpwx.lock")) }
    source.annotations = ["job_id": paths.id.description]
    source.workers = options.workers
    return source
  }

  /// What the job's archive that stands there has not: a job that was put back from it has not got it, either.
  private func excludedBefore(_ paths: JobPaths, _ place: ArchivePlace) -> [Glob] {
    guard options.redacting == nil, let archive = try? SeekableArchive(place.file(in: workspace)),
      let identity = try? JobIdentity(of: archive, place), identity.difference(from: JobIdentity(of: paths)) == nil
    else { return [] }
    return archive.contents.excludedFiles
  }

  /// Writes the archive, brings it to the disk, reads it back from there, and gives it its name.
  ///
  /// - Returns: also what its file looks like, and what the damaged one is called now that stood there.
  private func write(
    _ source: ArchiveSource, of paths: JobPaths, to place: ArchivePlace, isOurs: Bool, _ unread: UnreadFiles,
    comparing: @escaping Progress
  ) throws -> (WrittenArchive, FileStatus, aside: String?) {
    var source = source
    if let redacting = options.redacting { source.redaction = Redaction(hiding: redacting(paths), unread: unread) }
    let path = place.file(in: workspace)
    // Archives hold secrets: nobody else looks into their folders.
    try makeFolder(path.removingLastComponent(), mode: [.ownerReadWriteExecute])
    Leftovers.sweep(path.removingLastComponent())
    let temporary = DurableFile.temporaryName(for: path)
    do {
      let file: FileDescriptor
      do {
        FaultPoint.pass()
        file = try FileDescriptor.open(
          temporary, .readWrite, options: [.create, .exclusiveCreate, .closeOnExec], permissions: [.ownerReadWrite])
      } catch {
        throw JobError(.io, temporary.string, "cannot be written", remedy: "The job stays.", underlying: error)
      }
      let written = try file.closeAfter {
        FaultPoint.pass()
        let written = try source.write(to: file)
        try file.sync()
        return written
      }
      FaultPoint.pass()
      try written.readBack(temporary, workers: options.workers, progress: comparing)
      if options.redacting == nil { try compareRecords(written, of: paths, place) }
      let status = try FileStatus(ofLink: temporary)
      let aside = try put(temporary, written, at: path, place, of: JobIdentity(of: paths), isOurs: isOurs)
      return (written, status, aside)
    } catch {
      unlink(temporary)
      throw error
    }
  }

  /// What a job is known by must be in the archive as it is in the job now.
  private func compareRecords(_ written: WrittenArchive, of paths: JobPaths, _ place: ArchivePlace) throws {
    let names = try ArchiveNames(place)
    for record in ArchiveNames.records {
      let source = paths.output.appending(record)
      let archived = written.contents.member(try names.inOutput(record))
      if archived == nil, !exists(source) { continue }
      if archived?.kind == .symbolicLink {
        throw Kept(reason: "\(record) is a link, and the archive could not tell of the job: put the file in its place")
      }
      guard let archived, let bytes = try? DurableFile.read(source), archived.digest?.hex == SHA256.hex(of: bytes)
      else {
        throw Kept(reason: "\(record) has changed while it was archived")
      }
    }
  }

  /// What is in an archive's place already.
  private enum Standing {
    case nothing
    /// The job's, as its records tell.
    case whole(TableOfContents)
    /// Nobody can tell whose it is, or what it holds; the table, where that is whole.
    case damaged(TableOfContents?)
    /// It holds another job than it is called after, as its table tells; why that is known.
    case misnamed(String)
  }

  /// - Throws: ``Kept`` when it is another job's; ``JobError`` when it cannot be read: it may be whole, and another's.
  private func standing(at path: FilePath, _ place: ArchivePlace, of identity: JobIdentity) throws -> Standing {
    if !isTaken(path) { return .nothing }
    var table: TableOfContents?
    do {
      let archive = try SeekableArchive(path)
      table = archive.contents
      if let flaw = try ArchiveNames(place).flaw(in: archive.contents) { return .misnamed(flaw) }
      if let told = try JobIdentity(of: archive, place).difference(from: identity) {
        throw Kept(
          reason:
            "\(place.path) is the archive of another job of this name, \(told): give each workspace an ARCHIVE_ROOT of its own"
        )
      }
      return .whole(archive.contents)
    } catch let error as ArchiveError {
      if error.code != .io { return .damaged(table) }
      throw JobError(
        .io, place.path, "cannot be read, so it is not replaced", remedy: "The job stays.",
        underlying: error.underlying)
    }
  }

  /// What an archive has, or would have.
  private struct Content {
    var members: [Member]
    var excluded: [Glob]
  }

  /// Why an archive that has other members than the job now stays: it may be that they differ only by what either left out on request.
  private static func kept(_ old: Content, _ new: Content, _ place: ArchivePlace) throws -> Kept {
    let names = try ArchiveNames(place)
    func rest(of content: Content, without globs: [Glob]) -> [Member] {
      content.members.filter { member in
        !globs.contains { $0.matches(member.path, below: names.root(of: member.path)) }
      }
    }
    if rest(of: old, without: new.excluded) == rest(of: new, without: old.excluded) {
      return Kept(
        reason: "it was archived in \(place.path) with other exclusions; --force archives it with those of now")
    }
    return Kept(reason: "it has changed since it was archived in \(place.path); --force archives it as it is now")
  }

  private static func keptByName(_ place: ArchivePlace, _ flaw: String) -> Kept {
    Kept(
      reason: "\(place.path) has its name, and \(flaw): give that file the name of its own job; --force sets it aside")
  }

  private static func keptByDamage(_ place: ArchivePlace) -> Kept {
    Kept(reason: "there is a damaged archive of it, \(place.path); --force puts another in its place")
  }

  /// Where names, sizes, modes, times or links are others than in the archive that stands there, another one would be written and read back
  /// only to be thrown away.
  ///
  /// - Throws: ``Kept`` then, as ``put(_:_:at:_:of:isOurs:)`` would.
  private func refuseChanged(_ source: ArchiveSource, of paths: JobPaths, _ place: ArchivePlace) throws {
    if options.force || options.redacting != nil { return }
    func unhashed(_ contents: TableOfContents) -> [Member] {
      contents.members.map { member in
        var member = member
        member.digest = nil
        return member
      }
    }
    switch try standing(at: place.file(in: workspace), place, of: JobIdentity(of: paths)) {
    case .nothing: break
    case .whole(let contents):
      let old = Content(members: unhashed(contents), excluded: contents.excluded)
      let new = Content(members: try source.outline(), excluded: source.excluding)
      if old.members != new.members { throw try Self.kept(old, new, place) }
    case .damaged(let contents):
      guard let contents, try unhashed(contents) == source.outline() else { throw Self.keptByDamage(place) }
    case .misnamed(let flaw): throw Self.keptByName(place, flaw)
    }
  }

  /// Gives the archive its name, durably. One of the job as it was before stays, unless it holds the same; another job's
  /// stays in any case; a damaged one, from which something may be got yet, stays under another name.
  ///
  /// - Returns: that name.
  private func put(
    _ temporary: FilePath, _ written: WrittenArchive, at path: FilePath, _ place: ArchivePlace,
    of identity: JobIdentity,
    isOurs: Bool
  ) throws -> String? {
    let standing = try standing(at: path, place, of: identity)
    var isToStay = false
    // Copies for sharing are of jobs that are there.
    if options.redacting == nil {
      switch standing {
      case .whole(let contents) where contents.tarDigest != written.contents.tarDigest:
        if options.force || isOurs { break }
        throw try Self.kept(
          Content(members: contents.members, excluded: contents.excluded),
          Content(members: written.contents.members, excluded: written.contents.excluded), place)
      case .damaged(let contents) where contents?.tarDigest != written.contents.tarDigest:
        isToStay = true
        if options.force || isOurs { break }
        throw Self.keptByDamage(place)
      case .misnamed(let flaw):
        isToStay = true
        if options.force || isOurs { break }
        throw Self.keptByName(place, flaw)
      case .nothing, .whole, .damaged: break
      }
    }
    let aside = isToStay ? try setAside(path, as: ArchivePlace.damagedName(of: path)) : nil
    do {
      if exists(path) { try rename(temporary, to: path) } else { try renameToFreeName(temporary, to: path) }
      // The folders above may be as new as the archive.
      var name = path
      while name != workspace.archiveRoot, name.starts(with: workspace.archiveRoot) {
        try DurableFile.syncFolder(of: name)
        guard name.removeLastComponent() else { break }
      }
      return aside.map { workspace.documentPath($0) }
    } catch {
      if let aside { try? renameToFreeName(aside, to: path) }
      throw JobError(.io, path.string, "cannot be put in place", remedy: "The job stays.", underlying: error.cause)
    }
  }
}
