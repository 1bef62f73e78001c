internal import Jobs
internal import SystemPackage

/// The last line of a plan: what of all its entries a run must know before it begins.
struct Seal {
  private var entries = 0
  private var toDo = 0
  private var highest: [JobDate: JobID] = [:]
  private var hasLinks = false
  private var first: [Int] = []
  private var links: [TreeScan.Link] = []
  private var parents = ParentTimes()

  mutating func add(_ entry: MigrationEntry, in workspace: Workspace) {
    entries += 1
    links += entry.links
    for link in entry.links { parents.note(link.path.folder.path) }
    guard entry.isMigrated, let work = entry.work, let id = entry.id else { return }
    if entry.bearsYear { first.append(entries - 1) }
    toDo += 1
    hasLinks = hasLinks || !work.links.isEmpty
    if highest[id.date].map({ $0 < id }) ?? true { highest[id.date] = id }
    parents.add(entry, in: workspace)
  }

  var document: JSON {
    [
      "sealed": .int(entries), "to_do": .int(toDo), "numbers": .strings(highest.values.sorted().map(\.description)),
      "first": .array(first.map { .int($0) }), "has_links": .bool(hasLinks || !links.isEmpty),
      "parents": parents.document,
      "links": .array(links.map(\.document)),
    ]
  }
}

/// The times of the folders that things are moved out of and into.
private struct ParentTimes {
  private var times: [FilePath: Int64] = [:]

  mutating func add(_ entry: MigrationEntry, in workspace: Workspace) {
    guard let work = entry.work, let paths = entry.paths(in: workspace) else { return }
    note(entry.source.path.removingLastComponent())
    note(paths.output.removingLastComponent())
    for log in work.logs { note(log.path.removingLastComponent()) }
    if !work.logs.isEmpty { note(paths.logs) }
    if let folder = work.logFolder {
      note(folder.path.removingLastComponent())
      note(paths.logs.removingLastComponent())
    }
    if let prepared = work.prepared { note(prepared.path.removingLastComponent()) }
  }

  /// The folder, or the nearest one above it that is there.
  mutating func note(_ folder: FilePath) {
    var folder = folder
    while times[folder] == nil {
      if let status = Steps.status(folder) {
        times[folder] = status.modified
        return
      }
      guard folder.removeLastComponent() else { return }
    }
  }

  var document: JSON {
    .array(
      times.sorted { RawPath($0.key) < RawPath($1.key) }.map {
        ["path": RawPath($0.key).document, "modified_ns": .int($0.value)]
      })
  }
}
