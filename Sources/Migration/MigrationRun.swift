internal import Glibc
internal import Jobs
internal import SystemPackage

extension Migrator {
  static var processID: pid_t { getpid() }
}

/// One run over what a journal says is to do.
struct MigrationRun {
  /// Trees that are moved together.
  static let group = 256
  /// Groups that wait for the disk together, at most.
  private static let most = 8

  private let workspace: Workspace
  private let journal: MigrationJournal
  private let writer: LineWriter
  private let mover: TreeMover
  /// Trees that could not be done, and whether each is as it was.
  private var failed: [Int: (place: MigrationJournal.Place, isBack: Bool)] = [:]
  /// Years whose folder is a film's directory that could not make way.
  private var blocked: Set<Int> = []
  /// What is being brought to the disk.
  private var settling: Settling?
  /// What was moved since.
  private var waiting = Settling.Groups()

  init(
    _ workspace: Workspace, _ journal: MigrationJournal, _ trees: OldTrees, _ writer: LineWriter,
    tell: @escaping @Sendable (String) -> Void
  ) throws {
    (self.workspace, self.journal, self.writer) = (workspace, journal, writer)
    mover = TreeMover(
      workspace, journal, input: trees.input, targets: try LinkTargets(of: journal, in: workspace), tell: tell)
  }

  /// Takes in what could not be done before the migration was cut off: that is told again.
  mutating func recall(_ places: some Sequence<MigrationJournal.Place>, _ outcome: inout Migrator.Outcome) throws {
    for place in places where journal.done[place.number] == nil {
      guard let (message, remedy, isBack) = journal.failed[place.number] else { continue }
      let entry = try journal.entry(at: place.offset)
      note(place, entry, isBack: isBack)
      outcome.failures.append((entry.path, JobError(.io, entry.source.path.string, message, remedy: remedy), isBack))
    }
  }

  /// Sees to it that nobody else gets a number of the plan.
  func keepNumbers() throws {
    guard journal.done.isEmpty else { return }
    try JobNumbering(workspace: workspace).keep(upTo: journal.numbers)
    try Devices(of: [workspace.stateFolder]).sync()
  }

  /// Remembers a tree that stays, and the year that it may stand in the way of.
  private mutating func note(_ place: MigrationJournal.Place, _ entry: MigrationEntry, isBack: Bool) {
    failed[place.number] = (place, isBack)
    let (name, folder) = (entry.source.name, RawPath(workspace.outputRoot))
    if entry.bearsYear, entry.source == folder.appending(name), let year = Int(name.text) { blocked.insert(year) }
  }

  /// Moves a group of trees. It may not be on the disk before ``settle()``.
  ///
  /// - Throws: ``JobError``, also of groups before.
  mutating func apply(
    _ places: [MigrationJournal.Place], _ outcome: inout Migrator.Outcome
  ) throws {
    let made = onAllCores(places.count, piece: 8) { [mover, blocked] in
      mover.move(at: places[$0].offset, butNotInto: blocked)
    }
    var done: [JSON] = []
    var trouble: JobError?
    for (place, made) in zip(places, made) {
      guard let made = try made.get() else { continue }
      switch made.hashes {
      case .success(let hashes):
        done.append(.array([.int(place.number)] + hashes.documents))
        waiting.devices.add(made.devices)
        outcome.done += 1
      case .failure(let error) where Self.stopsAll(error): trouble = trouble ?? error
      case .failure(let error):
        let record = giveUp(place, made, error, &outcome)
        waiting.records.append(record)
        waiting.devices.add(made.move.source.removingLastComponent())
      }
    }
    if !done.isEmpty { waiting.records.append(["done": .array(done)]) }
    waiting.count += 1
    // As long as the disk is busy, more is moved, and then waits for it together.
    if settling?.isOver ?? true || waiting.count >= Self.most { try settleNext() }
    if let trouble {
      try settle()
      throw trouble
    }
  }

  /// Has what was moved brought to the disk, once what was before it is there. Where that could not be brought there, nothing is
  /// said of what came behind it, either.
  private mutating func settleNext() throws {
    let groups = waiting
    waiting = Settling.Groups()
    let before = settling
    settling = nil
    try before?.wait()
    settling = Settling(groups, writer)
  }

  /// Waits until all that was moved is on the disk, and the journal says so.
  mutating func settle() throws {
    if waiting.count > 0 { try settleNext() }
    defer { settling = nil }
    try settling?.wait()
  }

  /// A tree that cannot be done is put back as it was, if it can be; the others go on.
  ///
  /// - Returns: what the journal is to say of it.
  private mutating func giveUp(
    _ place: MigrationJournal.Place, _ made: TreeMover.Made, _ error: JobError, _ outcome: inout Migrator.Outcome
  ) -> JSON {
    let entry = made.move.entry
    let isBack = error.code == .locked ? made.move.isUntouched : Self.putBack(made)
    note(place, entry, isBack: isBack)
    outcome.failures.append((entry.path, error, isBack))
    return [
      "failed": .int(place.number), "message": .string(error.reason), "remedy": .string(error.remedy),
      "back": .bool(isBack),
    ]
  }

  /// - Returns: whether it is as it was before the migration.
  private static func putBack(_ made: TreeMover.Made) -> Bool {
    let move = made.move
    // Where both are there, what stands in the way is another's, or a copy: an undo tells.
    let areBothThere = !move.work.isInPlace && Steps.isThere(move.source) && Steps.isThere(move.paths.output)
    if areBothThere, !(move.entry.bearsYear && move.isYearFolder) { return move.isUntouched }
    // What somebody has written since it got its place is none of the migration's.
    let others = move.changedDocuments(nil, made.documents)
    if move.isMoved, !others.isEmpty || move.isYearInUse || FileLock.isHeld(move.paths.lock) { return false }
    return (try? move.reverse(but: others)) != nil
  }

  /// Whether nothing more can be done until a person has made room.
  static func stopsAll(_ error: JobError) -> Bool {
    var cause = error.underlying
    while let inner = cause as? JobError { cause = inner.underlying }
    guard let reason = cause as? Errno else { return false }
    return reason.isFull || reason == .readOnlyFileSystem
  }

  /// Has links follow what has moved, now that it is known what has: those in jobs that were to lead to trees which had to
  /// stay, those in such trees, and those that lie in no job. Documents that name what lies in such trees follow, too.
  ///
  /// - Parameter places: all that was to be done.
  func repoint(_ places: some Sequence<MigrationJournal.Place>, _ outcome: inout Migrator.Outcome) throws {
    var devices = Devices()
    if !failed.isEmpty {
      let staying = try LinkTargets.staying(failed.values.map(\.place), of: journal, in: workspace)
      let targets = try LinkTargets(of: journal, in: workspace, but: staying)
      for place in places where failed[place.number]?.isBack ?? true {
        guard let (move, documents) = mover.move(of: try journal.entry(at: place.offset)) else { continue }
        let path = move.entry.path
        if failed[place.number] == nil {
          try outcome.bringUpToDate(path) { try move.follow(targets) }
          if !staying.isEmpty { try outcome.bringUpToDate(path) { try move.rewrite(documents, by: targets) } }
        } else {
          try outcome.bringUpToDate(path) { try move.followFromOldPlace(targets) }
        }
        devices.add(move.whereabouts)
      }
    }
    let times = Dictionary(journal.parents.map { ($0.path, $0.modified) }, uniquingKeysWith: { $1 })
    for link in journal.links {
      guard let folder = realPath(link.path.folder.path).map({ RawPath($0) }) else { continue }
      let target = try mover.targets.target(of: link.target, in: folder, afterwardsIn: folder)
      // What it leads to may have had to stay.
      guard target != link.target, Steps.read(link: link.path.path) == link.target,
        !Steps.wouldBreak(link.path.path, link.target, target)
      else { continue }
      try outcome.bringUpToDate(workspace.documentPath(link.path.path)) {
        try Steps.link(link.path.path, to: target, modified: link.modified, like: nil)
      }
      devices.add(link.path.folder.path)
      if let time = times[folder] ?? times[link.path.folder] { Steps.setTime(folder.path, time) }
    }
    try devices.sync()
  }

  func finish(_ outcome: Migrator.Outcome) throws {
    guard journal.state != .finished else { return }
    try writer.add(["finished": ["done": .int(outcome.done), "failed": .int(outcome.failures.count)]])
    try writer.sync()
  }
}

extension Migrator.Outcome {
  /// What cannot be done to one is told; the others go on.
  ///
  /// - Throws: what stops all.
  mutating func bringUpToDate(_ path: String, by body: () throws -> Void) throws {
    do {
      try body()
    } catch let error as JobError where !MigrationRun.stopsAll(error) {
      outdated.append((path, error))
    }
  }
}

/// The file systems that something was written to.
struct Devices: Sendable {
  private var places: [dev_t: FilePath] = [:]

  mutating func add(_ others: Devices) { places.merge(others.places) { old, _ in old } }

  mutating func add(_ path: FilePath) {
    if let status = Steps.status(path), places[status.st_dev] == nil { places[status.st_dev] = path }
  }

  func sync() throws {
    for place in places.values.sorted(by: { $0.string < $1.string }) {
      do {
        try FileSystems.sync(of: place)
      } catch {
        throw Steps.failed(place, "what was changed cannot be brought to the disk", error)
      }
    }
  }
}
