internal import Index
internal import Jobs
internal import SystemPackage

/// Takes a migration back, last tree first.
struct MigrationUndo {
  private let workspace: Workspace
  private let journal: MigrationJournal
  private let writer: LineWriter
  /// Knows what was written to trees that were not finished; `nil` where all were.
  private let mover: TreeMover?
  private let targets: LinkTargets
  /// What links and documents say since it was known which trees could not be moved; `nil` where all could.
  private let laterTargets: LinkTargets?
  /// Links, by their whole paths, that a later migration had follow what it moved.
  private let followed: Set<RawPath>
  private let tell: @Sendable (String) -> Void

  init(_ workspace: Workspace, _ journal: MigrationJournal, tell: @escaping @Sendable (String) -> Void) throws {
    (self.workspace, self.journal, self.tell) = (workspace, journal, tell)
    targets = try LinkTargets(of: journal, in: workspace)
    let later = try MigrationJournal.all(in: workspace).drop { $0.id != journal.id }.dropFirst()
    followed = Set(later.flatMap(\.links).map(\.path))
    let places = try journal.places()
    let failed = places.filter { journal.failed[$0.number] != nil && journal.done[$0.number] == nil }
    laterTargets =
      failed.isEmpty
      ? nil
      : try LinkTargets(of: journal, in: workspace, but: LinkTargets.staying(failed, of: journal, in: workspace))
    let isWhole = places.allSatisfy { !$0.isToDo || journal.done[$0.number] != nil }
    mover =
      isWhole
      ? nil : TreeMover(workspace, journal, input: workspace.inputRoot, targets: targets, tell: tell)
    writer = try journal.writer()
  }

  mutating func run(_ progress: (Int, Int) -> Void) throws -> Migrator.Outcome {
    do {
      return try takeBack(progress)
    } catch let error as JobError where MigrationRun.stopsAll(error) {
      throw JobError(
        error.code, error.subject, error.message,
        remedy: "Make room on that disk, and it goes on where it stopped: cpwx migrate undo \(journal.id)",
        underlying: error.underlying)
    }
  }

  private mutating func takeBack(_ progress: (Int, Int) -> Void) throws -> Migrator.Outcome {
    let journal = self.journal
    var outcome = Migrator.Outcome(id: journal.id)
    outcome.done = journal.undone.numbers
    if journal.state != .undoing {
      try writer.add(["undo": .string("begun")])
      try writer.sync()
    }
    let open = try journal.places().reversed().lazy.filter {
      $0.isToDo && !journal.undone.contains($0.number) && journal.failed[$0.number]?.isBack != true
    }
    let early = Array(open.filter { journal.first.contains($0.number) })
    let count = open.count
    var reversed = early.count
    var rest = open.filter { !journal.first.contains($0.number) }.makeIterator()
    while case let group = rest.next(MigrationRun.group), !group.isEmpty {
      try reverse(group, &outcome)
      reversed += group.count
      progress(reversed, count)
    }
    // Those that made way come back last, and the other way round.
    for layer in try journal.inLayers(early.reversed()).reversed() { try reverse(layer, &outcome) }
    try restoreLinks(&outcome)
    try tidy(outcome)
    try writer.add(["undo": .string(outcome.refused.isEmpty && outcome.failures.isEmpty ? "finished" : "partly")])
    try writer.sync()
    return outcome
  }

  /// Has links that lie in no job point to what they pointed to before; what somebody else has made of one since stays,
  /// and so does one to a tree that was not put back.
  private func restoreLinks(_ outcome: inout Migrator.Outcome) throws {
    for place in try journal.places() where journal.failed[place.number]?.isBack == true {
      guard let laterTargets, journal.done[place.number] == nil,
        let move = EntryMove(try journal.entry(at: place.offset), in: workspace, targets: targets, tell: tell)
      else { continue }
      try outcome.bringUpToDate(move.entry.path) { try move.followBack(laterTargets) }
    }
    for link in journal.links {
      let path = link.path.path
      guard let now = Steps.read(link: path), let folder = realPath(link.path.folder.path).map({ RawPath($0) }) else {
        continue
      }
      Steps.removeHalfLink(at: path)
      guard now != link.target, try now == targets.target(of: link.target, in: folder, afterwardsIn: folder),
        !Steps.wouldBreak(path, now, link.target)
      else { continue }
      try outcome.bringUpToDate(workspace.documentPath(path)) {
        try Steps.link(path, to: link.target, modified: link.modified, like: nil)
      }
    }
  }

  private func reverse(_ places: [MigrationJournal.Place], _ outcome: inout Migrator.Outcome) throws {
    var undone: [JSON] = []
    var devices = Devices()
    var trouble: JobError?
    let made = onAllCores(places.count, piece: 8) {
      [workspace, journal, mover, targets, laterTargets, followed, tell] number in
      let place = places[number]
      return Result { () throws -> Reversal? in
        let entry = try journal.entry(at: place.offset)
        let move = EntryMove(entry, in: workspace, targets: targets, later: laterTargets, tell: tell)
        return move?.reversal(journal, place.number, mover?.move(of: entry)?.1, followed)
      }
    }
    for (place, result) in zip(places, made) {
      switch try result.get() {
      case nil: continue
      case .refused(let path, let reason)?: outcome.refused.append((path, reason))
      case .failed(_, let error)? where MigrationRun.stopsAll(error): trouble = trouble ?? error
      case .failed(let path, let error)?: outcome.failures.append((path, error, isBack: false))
      case .undone(let folder)?:
        devices.add(folder)
        devices.add(workspace.logRoot)
        undone.append(.int(place.number))
        outcome.done += 1
      }
    }
    try devices.sync()
    if !undone.isEmpty { try writer.add(["undone": .array(undone)]) }
    try writer.flush()
    if let trouble { throw trouble }
  }

  /// Removes the folders of days that the migration made, and gives those that were there the times they had.
  private func tidy(_ outcome: Migrator.Outcome) throws {
    let kept = Set(journal.parents.map(\.path.path))
    var made: Set<FilePath> = []
    for place in try journal.places() where place.isToDo {
      guard let paths = try journal.entry(at: place.offset).paths(in: workspace) else { continue }
      // Each job has one of its own, and nobody else's is in it.
      if !kept.contains(paths.logs) { Steps.removeEmpty(paths.logs) }
      for (first, root) in [
        (paths.output.removingLastComponent(), workspace.outputRoot),
        (paths.logs.removingLastComponent(), workspace.logRoot),
      ] {
        var folder = first
        while folder != root, folder.starts(with: root), !kept.contains(folder), made.insert(folder).inserted {
          guard folder.removeLastComponent() else { break }
        }
      }
    }
    for folder in made.sorted(by: { $0.components.count > $1.components.count }) { Steps.removeEmpty(folder) }
    guard outcome.refused.isEmpty, outcome.failures.isEmpty else { return }
    for parent in journal.parents { Steps.setTime(parent.path.path, parent.modified) }
    try Devices(of: [workspace.outputRoot, workspace.logRoot]).sync()
  }
}

/// What became of one tree.
private enum Reversal: Sendable {
  case refused(String, reason: String)
  case failed(String, JobError)
  case undone(in: FilePath)
}

extension EntryMove {
  fileprivate func reversal(
    _ journal: MigrationJournal, _ number: Int, _ documents: NewDocuments?, _ followed: Set<RawPath>
  ) -> Reversal {
    let isBegun = journal.state == .undoing || journal.state == .partlyUndone
    do {
      if let reason = try refusal(journal.done[number], documents, isBegun: isBegun, followed: followed) {
        return .refused(entry.path, reason: reason)
      }
      try reverse()
      return .undone(in: source.removingLastComponent())
    } catch {
      return .failed(
        entry.path, error as? JobError ?? Steps.failed(paths.output, "cannot be moved to \(source)", error))
    }
  }
}

extension Devices {
  init(of paths: [FilePath]) {
    self.init()
    for path in paths { add(path) }
  }
}
