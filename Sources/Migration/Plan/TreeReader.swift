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

  /// What a tree turned out to be. A folder of films gives several.
  struct Reading: Sendable {
    var entry: MigrationEntry
    /// Flat logs without a directory in their names that tell of this job, and those that fit its stages' times.
    var logsByContent: [Int] = []
    var logsByTime: [Int] = []
  }

  func read(_ tree: FoundTree) -> [Reading] {
    switch tree.place {
    case .other(let reason): return [Reading(entry: other(tree, reason.map { [.info($0)] } ?? []))]
    case .mixed:
      let what = "holds the days of a year, and beside them a film's files"
      return [
        Reading(entry: other(tree, [.error("\(what): move those to a folder of another name, and migrate again")]))
      ]
    case .flat: return flat(tree).map { [$0] } ?? [Reading(entry: other(tree))]
    case .dated(let layout, let day, let user): return [dated(tree, layout, day, user)]
    case .folder:
      let scan: TreeScan
      do {
        scan = try TreeScan(tree.path)
      } catch {
        return [Reading(entry: other(tree, [.error("cannot be read (\(error)); nothing is known of it")]))]
      }
      if let reading = flat(tree, scan) { return [reading] }
      let inner = scan.folders.map(\.path).filter { !$0.isEmpty && !$0.bytes.contains(RawPath.slash) }
      let films = inner.sorted().compactMap { name in
        flat(FoundTree(path: tree.path.appending(name), name: name, place: .flat))
      }
      var note: [Problem] = []
      if !films.isEmpty { note = [.info("holds \(films.count) films' directories")] }
      if scan.files.isEmpty, scan.links.isEmpty { note = [.info("is empty")] }
      var entry = other(tree, note)
      entry.links = scan.links.filter { link in
        !films.contains { link.path.below($0.entry.source.name) != nil }
      }.map { TreeScan.Link(path: RawPath(tree.path).appending($0.path), target: $0.target, modified: $0.modified) }
      return [Reading(entry: entry)] + films
    }
  }

  private func other(_ tree: FoundTree, _ problems: [Problem] = []) -> MigrationEntry {
    var entry = MigrationEntry(kind: .other, path: workspace.documentPath(tree.path), source: RawPath(tree.path))
    entry.problems = problems
    if let target = Steps.read(link: tree.path), let status = Steps.status(tree.path) {
      entry.links = [TreeScan.Link(path: entry.source, target: target, modified: status.modified)]
    }
    if !tree.name.isText { entry.problems.append(.info("its name is no UTF-8")) }
    return entry
  }

  // MARK: The flat layout

  private func flat(_ tree: FoundTree) -> Reading? {
    guard let scan = try? TreeScan(tree.path) else { return nil }
    return flat(tree, scan)
  }

  /// - Returns: `nil` when it is no job's directory.
  private func flat(_ tree: FoundTree, _ scan: TreeScan) -> Reading? {
    let old = OldManifest(in: tree.path)
    guard isJob(scan, old) else { return nil }
    var entry = MigrationEntry(kind: .movie, path: workspace.documentPath(tree.path), source: RawPath(tree.path))
    entry.layout = .flat
    let verdicts = StageVerdicts(old.manifest, scan)
    tellStages(&entry, verdicts)
    tellFilm(&entry, tree, scan, old.manifest)
    date(&entry, tree, scan, old)
    entry.userID = user(old.manifest?.document["user_id"]) ?? options.user
    entry.work = EntryWork(for: entry, named: tree.name, scan, verdicts)
    judge(&entry, scan, old, verdicts)
    return reading(entry, tree, old)
  }

  private func tellStages(_ entry: inout MigrationEntry, _ verdicts: StageVerdicts) {
    (entry.completedStages, entry.failedStages) = (verdicts.completed, verdicts.failed)
    entry.status = verdicts.status
    if entry.layout != .flat, verdicts.isUntouched { entry.status = .pending }
    for text in verdicts.contradicted { entry.problems.append(.info(text + "; the stages' records count")) }
  }

  private func isJob(_ scan: TreeScan, _ old: OldManifest) -> Bool {
    switch old {
    case .read, .unreadable: return true
    case .none, .foreign: break
    }
    let top = Set(scan.folders.map(\.path).filter { !$0.bytes.contains(RawPath.slash) }.map(\.text))
    if !top.isDisjoint(with: StageFiles.telling) { return true }
    if top.intersection(StageFiles.common).count >= 2 { return true }
    return StageFiles.all.contains { $0.hasFile(in: scan) }
  }

  private func user(_ value: JSON?) -> Int? {
    (value?.int ?? value?.string.flatMap { Int($0) }).flatMap { (1...Int(Int32.max)).contains($0) ? $0 : nil }
  }

  // MARK: Dated layouts

  private func dated(_ tree: FoundTree, _ layout: MigrationEntry.Layout, _ day: JobDate, _ user: String?) -> Reading {
    var entry = MigrationEntry(kind: .dated, path: workspace.documentPath(tree.path), source: RawPath(tree.path))
    entry.layout = layout
    let scan: TreeScan
    do {
      scan = try TreeScan(tree.path)
    } catch {
      entry.problems = [.error("cannot be read (\(error))")]
      return Reading(entry: entry)
    }
    let old = OldManifest(in: tree.path)
    let beside = layout == .userless ? besideInJobs(tree, day) : nil
    let job = [tree.path, beside].compactMap { $0 }.lazy.compactMap { folder in
      (try? DurableFile.read(folder.appending("job.json"))).flatMap { try? JSON(parsing: $0) }
    }.first
    let verdicts = StageVerdicts(old.manifest ?? job.map { Manifest(document: $0) }, scan)
    tellStages(&entry, verdicts)
    tellFilm(&entry, tree, scan, old.manifest, job: job, media: beside ?? tree.path)
    let recorded = (old.manifest?.document["created_at"] ?? job?["created_at"])?.string.flatMap { Timestamp($0) }
    let isThatDay = recorded.map { JobDate($0) == day } ?? false
    entry.created =
      isThatDay ? recorded : Timestamp("\(day.year.padded(4))-\(day.month.padded(2))-\(day.day.padded(2))T00:00:00")
    entry.dateSource = isThatDay ? "manifest" : "path"
    entry.oldUser = user
    let named = self.user(user.map { .string($0) })
    entry.userID = named ?? self.user(old.manifest?.document["user_id"] ?? job?["user_id"]) ?? options.user
    let recordedID = old.manifest?.jobID ?? job?["job_id"]?.string ?? job?["id"]?.string
    entry.oldID = layout == .later ? recordedID ?? tree.name.text : tree.name.text
    if layout == .today {
      entry.id = JobID(tree.name.text)
      entry.outputDir = workspace.documentPath(tree.path)
    } else {
      var work = EntryWork(for: entry, named: tree.name, scan, verdicts)
      work.prepared = beside.map { RawPath($0) }
      let environments = [tree.path, beside].compactMap { $0 }.flatMap { folder in
        [".\(tree.name.text).env", "\(tree.name.text).env", ".env", "job.env"].map { folder.appending($0) }
      }
      work.env = environments.first { (try? FileStatus(of: $0))?.isRegular == true }.map { RawPath($0) }
      entry.work = work
    }
    judge(&entry, scan, old, verdicts)
    return reading(entry, tree, old)
  }

  private func besideInJobs(_ tree: FoundTree, _ day: JobDate) -> FilePath? {
    let folder = trees.jobs.pushing(FilePath(day.folders)).appending(tree.name)
    return isDirectory(folder) ? folder : nil
  }

  private func reading(_ entry: MigrationEntry, _ tree: FoundTree, _ old: OldManifest) -> Reading {
    var reading = Reading(entry: entry)
    if entry.kind == .movie {
      reading.logsByContent = mentions.logs(of: tree.name)
      reading.logsByTime = mentions.logs(within: old.manifest)
    }
    return reading
  }
}
