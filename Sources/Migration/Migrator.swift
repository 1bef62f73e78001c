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
/// - Trees are done in groups. One or some wait for the disk once, and only then does the journal say that they are done;
///   the next ones are moved meanwhile.
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
    /// Those that could not be done, or undone, and why; and whether they are as they were before the migration.
    public var failures: [(path: String, error: JobError, isBack: Bool)] = []
    /// Those whose undoing was refused, and why.
    public var refused: [(path: String, reason: String)] = []
    /// Links, and trees with links or documents, that could not be told where what they point to lies now.
    public var outdated: [(path: String, error: JobError)] = []
  }

  /// - Throws: ``JobError`` with code `locked` when another process migrates here.
  public init(_ workspace: Workspace) throws {
    self.workspace = workspace
    try makeFolder(workspace.stateFolder, mode: [.ownerReadWriteExecute])
    lock = try FileLock.take(workspace.stateFolder.appending("migrate.lock"), subject: "the migration")
    try? lock.describeHolder(["pid": .int(Int(Self.processID)), "since": .string(Timestamp.now.text)])
  }

  /// The migration that was cut off, if one was.
  ///
  /// - Throws: ``JobError`` with code `damaged` where the plan of one is.
  public static func unfinished(in workspace: Workspace) throws -> MigrationJournal? {
    let all = try MigrationJournal.all(in: workspace)
    for journal in all where journal.state == .damaged { try journal.requireWhole() }
    return all.last { $0.state == .unfinished || $0.state == .undoing }
  }

  /// Whether a migration that was not undone moved what a choice of entries fits.
  public static func hasMigrated(_ options: MigrationOptions, in workspace: Workspace) throws -> Bool {
    for journal in try MigrationJournal.all(in: workspace) where [.finished, .partlyUndone].contains(journal.state) {
      var isFound = false
      try journal.forEach { entry in
        let path = entry.source.path
        isFound =
          isFound
          || entry.isMigrated
            && options.wants([entry.source.name.text, path.string, workspace.documentPath(path)])
      }
      if isFound { return true }
    }
    return false
  }

  /// Writes down what is to be done; nothing has been done when it returns.
  ///
  /// - Parameter renumbered: told how many trees get another number than the plan said, because others have got those since.
  public func begin(_ plan: MigrationPlan, renumbered: (Int) -> Void = { _ in }) throws -> MigrationJournal {
    var plan = plan
    // Nobody waits while the plan is written: a plan that is whole has its numbers already.
    let (changed, taken) = try JobNumbering(workspace: workspace).hold(plan.openNumbers.map(\.date).prefix(64)) {
      let changed = try plan.takeFreeNumbers()
      return (changed, try plan.highestOpenNumbers())
    }
    if !taken.isEmpty { try Devices(of: [workspace.stateFolder]).sync() }
    if changed > 0 { renumbered(changed) }
    return try MigrationJournal.write(plan, in: workspace)
  }

  /// Does what the journal says is still to do.
  ///
  /// - Parameters:
  ///   - tell: told what another disk does not keep of a tree, before the tree goes from its own; by several threads.
  ///   - progress: told how many trees are done, of how many.
  /// - Throws: ``JobError`` with code `io` when the disk is full or the journal cannot be written; the next run goes on.
  public func run(
    _ journal: MigrationJournal, trees: OldTrees, tell: @escaping @Sendable (String) -> Void = { _ in },
    progress: (Int, Int) -> Void = { _, _ in }
  ) throws -> Outcome {
    let toDo = try journal.places().lazy.filter(\.isToDo)
    let open = toDo.filter { journal.done[$0.number] == nil && journal.failed[$0.number] == nil }
    let count = open.count
    try journal.requirePlace(of: workspace)
    var run = try MigrationRun(journal.workspace(workspace), journal, trees, journal.writer(), tell: tell)
    defer { try? run.settle() }
    try run.keepNumbers()
    var outcome = Outcome(id: journal.id)
    try run.recall(toDo, &outcome)
    outcome.done = journal.done.count
    // Those that other trees' new folders would lie in make way first.
    var moved = 0
    for layer in try journal.inLayers(Array(open.filter { journal.first.contains($0.number) })) {
      try run.apply(layer, &outcome)
      try run.settle()
      moved += layer.count
    }
    var rest = open.filter { !journal.first.contains($0.number) }.makeIterator()
    while case let group = rest.next(MigrationRun.group), !group.isEmpty {
      try run.apply(group, &outcome)
      moved += group.count
      progress(moved, count)
    }
    try run.settle()
    try run.repoint(toDo, &outcome)
    try run.finish(outcome)
    return outcome
  }

  /// Brings the index up to date with what a migration moved. What it misses, the next look at the index finds.
  public func tellIndex(of journal: MigrationJournal, notice: IndexNotice) throws {
    guard exists(workspace.stateFolder.appending("index.sqlite")) else { return }
    let index = try JobIndex.open(workspace, notice: notice)
    defer { index.close() }
    let workspace = workspace
    var places = try journal.places().makeIterator()
    while case let group = places.next(1000), !group.isEmpty {
      let jobs = onAllCores(group.count, piece: 16) { number -> IndexedJob? in
        guard let entry = try? journal.entry(at: group[number].offset), entry.kind != .other,
          let paths = entry.paths(in: workspace)
        else { return nil }
        return IndexedJob(reading: JobPlace(paths, in: workspace), in: workspace)
      }
      try index.store(jobs.compactMap(\.self))
    }
  }

  /// Puts back what a migration changed, but for jobs that have been run or archived since.
  ///
  /// - Parameters:
  ///   - tell: as for ``run(_:trees:tell:progress:)``.
  ///   - progress: told how many trees are back, of how many.
  /// - Throws: ``JobError``; the next undo goes on.
  public func undo(
    _ journal: MigrationJournal, tell: @escaping @Sendable (String) -> Void = { _ in },
    progress: (Int, Int) -> Void = { _, _ in }
  ) throws -> Outcome {
    try journal.requireWhole()
    try journal.requirePlace(of: workspace)
    var undo = try MigrationUndo(journal.workspace(workspace), journal, tell: tell)
    return try undo.run(progress)
  }
}
