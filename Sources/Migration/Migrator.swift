public import Index
public import Jobs
internal import SystemPackage

/// Moves old trees into the dated layout, losing nothing.
///
/// Plan → show → do → journal → undo:
///
/// - A ``MigrationPlan`` is a pure function of the trees: what each directory is, whose, of when, how far it came, what
///   it will be called, and every problem. A dry run prints it and nothing else.
/// - The whole plan, with what each tree looked like before, goes to `.cpwx/migrations/ID/` and to the disk
///   (``MigrationJournal``) before anything is touched.
/// - Each tree is changed where it lies and then given its new place in one step (``EntryMove``). Every step looks
///   first whether it has been made, so that whatever a dead process left is finished by making all steps again; what is
///   written follows from the plan and the tree alone, so that it comes out the same byte for byte.
/// - Trees are done in groups. A group waits for the disk once, and only then does the journal say that it is done.
/// - Undoing makes the same steps backwards, from the same plan.
///
/// One migration is at work in a workspace at a time.
public struct Migrator: ~Copyable {
  public let workspace: Workspace
  private let lock: FileLock

  /// What came of a migration.
  public struct Outcome: Sendable {
    public let id: String
    public var done = 0
    /// Those that could not be done, or undone, and why; they are as they were.
    public var failures: [(path: String, error: JobError)] = []
    /// Those whose undoing was refused, and why.
    public var refused: [(path: String, reason: String)] = []
  }

  /// - Throws: ``JobError`` with code `locked` when another process migrates here.
  public init(_ workspace: Workspace) throws {
    self.workspace = workspace
    try makeFolder(workspace.stateFolder, mode: [.ownerReadWriteExecute])
    lock = try FileLock.take(workspace.stateFolder.appending("migrate.lock"), subject: "the migration")
    try? lock.describeHolder(["pid": .int(Int(Self.processID)), "since": .string(Timestamp.now.text)])
  }

  /// The migration that was cut off, if one was.
  public static func unfinished(in workspace: Workspace) throws -> MigrationJournal? {
    try MigrationJournal.all(in: workspace).last { $0.state == .unfinished || $0.state == .undoing }
  }

  /// Writes down what is to be done; nothing has been done when it returns.
  public func begin(_ plan: MigrationPlan, each: (MigrationEntry) -> Void) throws -> MigrationJournal {
    try MigrationJournal.write(plan, in: workspace, each: each)
  }

  /// Does what the journal says is still to do.
  ///
  /// - Parameter progress: told how many trees are done, of how many.
  /// - Throws: ``JobError`` with code `io` when the disk is full or the journal cannot be written; the next run goes on.
  public func run(
    _ journal: MigrationJournal, trees: OldTrees, progress: (Int, Int) -> Void = { _, _ in }
  ) throws -> Outcome {
    let open = journal.places.filter { journal.done[$0.number] == nil && journal.failed[$0.number] == nil }
    var run = MigrationRun(workspace, journal, trees, try journal.writer())
    try run.keepNumbers()
    var outcome = Outcome(id: journal.id)
    outcome.done = journal.done.count
    for start in stride(from: 0, to: open.count, by: MigrationRun.group) {
      try run.apply(open[start..<min(start + MigrationRun.group, open.count)], &outcome)
      progress(min(start + MigrationRun.group, open.count), open.count)
    }
    try run.repointOthers()
    try run.finish(outcome)
    return outcome
  }

  /// Brings the index up to date with what a migration moved. What it misses, the next look at the index finds.
  public func tellIndex(of journal: MigrationJournal, notice: IndexNotice) throws {
    guard exists(workspace.stateFolder.appending("index.sqlite")) else { return }
    let index = try JobIndex.open(workspace, notice: notice)
    defer { index.close() }
    var jobs: [IndexedJob] = []
    try journal.forEach { entry in
      guard entry.kind != .other, let paths = entry.paths(in: workspace),
        let job = IndexedJob(reading: JobPlace(paths, in: workspace), in: workspace)
      else { return }
      jobs.append(job)
      if jobs.count == 1000 {
        try index.store(jobs)
        jobs.removeAll(keepingCapacity: true)
      }
    }
    if !jobs.isEmpty { try index.store(jobs) }
  }

  /// Puts back what a migration changed, but for jobs that have been run or archived since.
  ///
  /// - Throws: ``JobError``; the next undo goes on.
  public func undo(
    _ journal: MigrationJournal, progress: (Int, Int) -> Void = { _, _ in }
  ) throws -> Outcome {
    var undo = try MigrationUndo(workspace, journal)
    return try undo.run(progress)
  }
}
