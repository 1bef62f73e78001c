internal import Jobs
internal import SystemPackage

/// Looks into what a ``TreeWalk`` found, and says what it is and what is to be done with it. The id comes later.
struct TreeReader: Sendable {
  let workspace: Workspace
  let trees: OldTrees
  let inputs: InputFilms
  let logs: OldLogs
  let options: MigrationOptions
  let mentions: LogMentions
  let now: Timestamp
  /// Whether the workspace's settings leave out the last stage.
  let leavesOutMux: Bool
  /// Whether what is planned will only be shown.
  let isShownOnly: Bool

  /// What a tree turned out to be. A folder of films gives several.
  struct Reading: Sendable {
    var entry: MigrationEntry
    /// Flat logs whose names tell of no job, by what they tell of: this job's directory, its film, its stages' times.
    var logsByDirectory: [Int] = []
    var logsByFilm: [Int] = []
    var logsByTime: [Int] = []
  }

  /// Whether an entry is among those that were asked for.
  func wants(_ entry: MigrationEntry, of tree: FoundTree) -> Bool {
    if options.choosesAll { return true }
    let paths = [tree.path, entry.source.path]
    return options.wants(
      [tree.name.text, entry.source.name.text] + paths.flatMap { [$0.string, workspace.documentPath($0)] })
  }

  func read(_ tree: FoundTree) throws -> [Reading] {
    switch tree.place {
    case .other(let reason): return [Reading(entry: other(tree, reason.map { [.info($0)] } ?? []))]
    case .mixed:
      let mixed = Problem.error(
        "holds the days of a year and a film's files: move those to a folder of another name, and migrate again")
      return [Reading(entry: other(tree, [mixed]))]
    case .flat: return try flat(tree).map { [$0] } ?? [Reading(entry: other(tree))]
    case .dated(let layout, let day, let user): return [try dated(tree, layout, day, user)]
    case .folder:
      let scan: TreeScan
      do {
        scan = try TreeScan(tree.path)
      } catch {
        return [Reading(entry: other(tree, [.error("cannot be read (\(error)); nothing is known of it")]))]
      }
      if let reading = try flat(tree, scan) { return [reading] }
      let films = try films(in: tree, scan)
      var note: [Problem] = []
      if !films.isEmpty {
        note = [.info(films.count == 1 ? "holds a film's directory" : "holds \(films.count) films' directories")]
      }
      if scan.files.isEmpty, scan.links.isEmpty { note = [.info("is empty")] }
      if let days = scan.folders.first(where: { $0.path.isDay }) {
        let folder = workspace.documentPath(tree.path.appending(days.path.folder.folder.folder))
        note.append(
          .warning(
            "holds jobs that lie by their days, and they stay: cpwx migrate --from-legacy '\(folder)' takes them"))
      }
      var entry = other(tree, note)
      entry.links = scan.links.filter { link in !films.contains { link.path.below($0.place) != nil } }
        .map { $0.below(entry.source) }
      return [Reading(entry: entry)] + films.map(\.reading)
    }
  }

  /// The films' directories in a folder of such, and in folders of it that are none, with where each lies in it.
  private func films(in tree: FoundTree, _ scan: TreeScan) throws -> [(place: RawPath, reading: Reading)] {
    var films: [(place: RawPath, reading: Reading)] = []
    for folder in scan.folders.map(\.path).sorted() where !folder.isEmpty && folder.components.count <= Self.filmDepth {
      if folder.isDay || folder.folder.isDay || films.contains(where: { folder.below($0.place) != nil }) { continue }
      let inner = FoundTree(path: tree.path.appending(folder), name: folder.name, place: .flat)
      if let reading = try flat(inner) { films.append((folder, reading)) }
    }
    return films
  }

  /// How many folders down a film's directory is looked for in a folder of such.
  private static let filmDepth = 3

  func other(_ tree: FoundTree, _ problems: [Problem] = []) -> MigrationEntry {
    var entry = MigrationEntry(kind: .other, path: workspace.documentPath(tree.path), source: RawPath(tree.path))
    entry.problems = problems
    if let target = Steps.read(link: tree.path), let status = Steps.status(tree.path) {
      entry.links = [TreeScan.Link(path: entry.source, target: target, modified: status.modified)]
    }
    if !tree.name.isText { entry.problems.append(.info("its name is no UTF-8")) }
    return entry
  }

  // MARK: The flat layout

  private func flat(_ tree: FoundTree) throws -> Reading? {
    guard let scan = try? TreeScan(tree.path) else { return nil }
    return try flat(tree, scan)
  }

  /// - Returns: `nil` when it is no job's directory.
  private func flat(_ tree: FoundTree, _ scan: TreeScan) throws -> Reading? {
    let old = OldManifest(in: scan)
    let outputs = StageOutputs(in: scan)
    guard isJob(scan, outputs, old) else { return nil }
    var entry = MigrationEntry(kind: .movie, path: workspace.documentPath(tree.path), source: RawPath(tree.path))
    entry.layout = .flat
    // Later versions put one beside the manifest.
    let job = document(Self.jobFile, in: scan).flatMap { $0.object == nil ? nil : $0 }
    let verdicts = StageVerdicts(
      old.manifest ?? job.map { Manifest(document: $0) }, outputs, muxIsOff: leavesOutMux)
    tellStages(&entry, verdicts)
    entry.problems += verdicts.problems
    let name = embeddedName(tree, outputs, old.manifest)
    tellFilm(&entry, tree, named: name, scan, old.manifest, job: job, media: tree.path)
    try date(&entry, tree, scan, old)
    entry.userID = user(old.manifest?.document["user_id"]) ?? user(job?["user_id"]) ?? options.user
    entry.oldID = old.manifest?.jobID ?? job?["job_id"]?.string
    // What documents of a job it has tell of another id, or place.
    var work = EntryWork(
      for: entry, named: name, scan, outputs, verdicts, isReplacing: true, isShownOnly: isShownOnly)
    if scan.isPlainFile(Self.settingsFile) { work.env = entry.source.appending(Self.settingsFile) }
    entry.work = work
    judge(&entry, scan, outputs, old, verdicts)
    return try reading(entry, tree, old)
  }

  private static let jobFile = RawPath("job.json")
  private static let settingsFile = RawPath("job.env")

  func tellStages(_ entry: inout MigrationEntry, _ verdicts: StageVerdicts) {
    (entry.completedStages, entry.failedStages) = (verdicts.completed, verdicts.failed)
    entry.status = verdicts.status
    if entry.layout != .flat, verdicts.isUntouched { entry.status = .pending }
  }

  func isJob(_ scan: TreeScan, _ outputs: StageOutputs, _ old: OldManifest) -> Bool {
    switch old {
    case .read, .unreadable: return true
    case .none, .foreign: break
    }
    let top = Set(scan.folders.map(\.path).filter { !$0.bytes.contains(RawPath.slash) }.map(\.text))
    if !top.isDisjoint(with: StageFiles.telling) { return true }
    if top.intersection(StageFiles.common).count >= 2 { return true }
    return !outputs.isEmpty
  }

  func user(_ value: JSON?) -> Int? {
    (value?.int ?? value?.string.flatMap { Int($0) }).flatMap { JobManager.userIDs.contains($0) ? $0 : nil }
  }

  /// Whether settings leave out the last stage.
  static func muxIsOff(_ settings: EnvFile?) -> Bool {
    settings?["STEP_MUX"].flatMap { parseSwitch($0) } == false
  }

  func reading(_ entry: MigrationEntry, _ tree: FoundTree, _ old: OldManifest) throws -> Reading {
    var reading = Reading(entry: entry)
    reading.logsByFilm = try mentions.logs(ofFilm: entry.inputFile)
    if entry.kind == .movie {
      reading.logsByDirectory = try mentions.logs(of: tree.name)
      reading.logsByTime = try mentions.logs(within: old.manifest)
    }
    return reading
  }
}
