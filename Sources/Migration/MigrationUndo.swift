internal import Index
internal import Jobs
internal import SystemPackage

/// Takes a migration back, last tree first.
struct MigrationUndo {
  private let workspace: Workspace
  private let journal: MigrationJournal
  private let writer: LineWriter

  init(_ workspace: Workspace, _ journal: MigrationJournal) throws {
    (self.workspace, self.journal) = (workspace, journal)
    writer = try journal.writer()
  }

  mutating func run(_ progress: (Int, Int) -> Void) throws -> Migrator.Outcome {
    var outcome = Migrator.Outcome(id: journal.id)
    outcome.done = journal.undone.count
    if journal.state != .undoing {
      try writer.add(["undo": .string("begun")])
      try writer.sync()
    }
    let open = journal.places.filter { !journal.undone.contains($0.number) && journal.failed[$0.number] == nil }
    for link in journal.links where Steps.read(link: link.path.path) != nil {
      try Steps.link(link.path.path, to: link.target, modified: link.modified, like: nil)
    }
    var count = 0
    for start in stride(from: 0, to: open.count, by: MigrationRun.group) {
      let group = open.reversed().dropFirst(start).prefix(MigrationRun.group)
      try reverse(Array(group), &outcome)
      count += group.count
      progress(count, open.count)
    }
    try tidy(outcome)
    try writer.add(["undo": .string(outcome.refused.isEmpty && outcome.failures.isEmpty ? "finished" : "partly")])
    try writer.sync()
    return outcome
  }

  private func reverse(_ places: [(number: Int, offset: Int64)], _ outcome: inout Migrator.Outcome) throws {
    var undone: [JSON] = []
    var devices = Devices()
    for (number, offset) in places {
      let entry = try journal.entry(at: offset)
      guard let move = EntryMove(entry, in: workspace, targets: LinkTargets()) else { continue }
      if let reason = move.refusal(journal.done[number]) {
        outcome.refused.append((entry.path, reason))
        continue
      }
      do {
        try move.reverse()
        devices.add(entry.source.path.removingLastComponent())
        devices.add(workspace.logRoot)
        undone.append(.int(number))
        outcome.done += 1
      } catch {
        let error = error as? JobError ?? Steps.failed(entry.source.path, "cannot be put back", error)
        outcome.failures.append((entry.path, error))
      }
    }
    try devices.sync()
    if !undone.isEmpty { try writer.add(["undone": .array(undone)]) }
    try writer.sync()
  }

  /// Removes the folders of days that the migration made, and gives those that were there the times they had.
  private func tidy(_ outcome: Migrator.Outcome) throws {
    let kept = Set(journal.parents.map(\.path.path))
    var made: Set<FilePath> = []
    for (_, offset) in journal.places {
      guard let paths = try journal.entry(at: offset).paths(in: workspace) else { continue }
      for (first, root) in [
        (paths.output.removingLastComponent(), workspace.outputRoot), (paths.logs, workspace.logRoot),
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

extension Devices {
  init(of paths: [FilePath]) {
    self.init()
    for path in paths { add(path) }
  }
}
