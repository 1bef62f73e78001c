internal import Jobs
internal import SystemPackage

/// The last line of a plan: what of all its entries a run must know before it begins.
struct Seal {
  private var entries = 0
  private var toDo = 0
  private var highest: [JobDate: JobID] = [:]
  private var first: [Int] = []
  private var links: [TreeScan.Link] = []
  private var parents = ParentTimes()
  private var linksToLogs = false
  /// What does not come from the entries.
  private let others: JSON

  init(of plan: MigrationPlan) {
    let workspace = plan.workspace
    others = [
      "input": RawPath(plan.trees.input).document, "workspace": RawPath(workspace.root).document,
      "output_root": RawPath(workspace.outputRoot).document, "log_root": RawPath(workspace.logRoot).document,
      "settings": JobEnvTemplate(of: workspace.config).document,
      "unread": .array(
        plan.unread.map { ["path": .string($0.subject), "message": .string($0.message), "remedy": .string($0.remedy)] }),
    ]
    add(plan.linksBesides)
  }

  /// Takes in links that lie in no job that moves, by their whole paths.
  private mutating func add(_ links: [TreeScan.Link]) {
    self.links += links
    for link in links { parents.note(link.path.folder.path) }
    note(links)
  }

  private mutating func note(_ links: [TreeScan.Link]) {
    linksToLogs = linksToLogs || links.contains { String(decoding: $0.target.bytes, as: UTF8.self).contains(".log") }
  }

  mutating func add(_ entry: MigrationEntry, in workspace: Workspace) {
    entries += 1
    add(entry.links)
    guard entry.isMigrated, let work = entry.work, let id = entry.id else { return }
    if entry.bearsYear { first.append(entries - 1) }
    toDo += 1
    for links in [work.links, work.logLinks.links, work.preparedLinks.links] { note(links) }
    if highest[id.date].map({ $0 < id }) ?? true { highest[id.date] = id }
    parents.add(entry, in: workspace)
  }

  var document: JSON {
    var document: JSON = [
      "sealed": .int(entries), "to_do": .int(toDo), "numbers": .strings(highest.values.sorted().map(\.description)),
      "first": .array(first.map { .int($0) }), "links_to_logs": .bool(linksToLogs),
      "parents": parents.document, "links": .array(links.map(\.document)),
    ]
    for (name, value) in others.object?.pairs ?? [] { document[name] = value }
    return document
  }
}

/// The times of the folders that things are moved out of and into.
private struct ParentTimes {
  private var times: [FilePath: Int64] = [:]
  /// Folders that are not there; what is there above them has been noted.
  private var absent: Set<FilePath> = []
  /// Links; the folders that they lead to have been noted.
  private var links: Set<FilePath> = []

  mutating func add(_ entry: MigrationEntry, in workspace: Workspace) {
    guard let work = entry.work, let paths = entry.paths(in: workspace) else { return }
    note(entry.source.path.removingLastComponent())
    note(paths.output.removingLastComponent())
    for log in work.logs { note(log.path.removingLastComponent()) }
    if !work.logs.isEmpty { note(paths.logs, isShared: false) }
    if let folder = work.logFolder {
      note(folder.path.removingLastComponent())
      note(paths.logs.removingLastComponent())
    }
    if let prepared = work.prepared { note(prepared.path.removingLastComponent()) }
  }

  /// The folder, or the nearest one above it that is there.
  ///
  /// - Parameter isShared: whether others may ask for the same one.
  mutating func note(_ folder: FilePath, isShared: Bool = true) {
    if times[folder] != nil || absent.contains(folder) || links.contains(folder) { return }
    let parent = folder.removingLastComponent()
    let isOpen = !parent.isEmpty && parent != folder
    if isOpen, absent.contains(parent) { return }
    // The time that changes is that of the folder which a link leads to.
    if Steps.read(link: folder) != nil, let real = realPath(folder) {
      links.insert(folder)
      return note(real)
    }
    if let status = Steps.status(folder) {
      times[folder] = status.modified
      return
    }
    if isShared { absent.insert(folder) }
    if isOpen { note(parent) }
  }

  var document: JSON {
    .array(
      times.sorted { RawPath($0.key) < RawPath($1.key) }.map {
        ["path": RawPath($0.key).document, "modified_ns": .int($0.value)]
      })
  }
}
