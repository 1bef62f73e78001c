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
    describe(&entry, tree, scan, old, job: nil)
    date(&entry, tree, scan, old)
    entry.userID = user(old.manifest?.document["user_id"]) ?? options.user
    var work = EntryWork(name: tree.name)
    prepare(&work, scan, old, entry)
    entry.work = work
    judge(&entry, scan, old)
    return reading(entry, tree, old)
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

  /// The date by the best that tells it.
  private func date(_ entry: inout MigrationEntry, _ tree: FoundTree, _ scan: TreeScan, _ old: OldManifest) {
    let document = old.manifest?.document
    let recorded = (document?["created_at"]?.string ?? document?["timestamp"]?.string)
    var moments: [String: Timestamp] = [:]
    moments["manifest"] = recorded.flatMap { Timestamp($0) }.flatMap { isPlausible($0) ? $0 : nil }
    if let recorded, moments["manifest"] == nil {
      entry.problems.append(.warning("the manifest says it was made \(recorded), which cannot be"))
    }
    moments["log"] = logs.byDirectory[tree.name]?.map(\.moment).filter(isPlausible).min()
    if moments.isEmpty || options.dateFrom == "newest_file" {
      moments["newest_file"] = scan.newest().map { Timestamp(microseconds: $0 / 1000) }
    }
    for source in (options.dateFrom.map { [$0] } ?? []) + MigrationOptions.dateSources {
      if let moment = moments[source] {
        (entry.created, entry.dateSource) = (moment, source)
        break
      }
    }
    if let asked = options.dateFrom, entry.dateSource != asked {
      entry.problems.append(.info("no date is to be had from \(asked)"))
    }
  }

  private func isPlausible(_ moment: Timestamp) -> Bool {
    moment.microseconds > 788_918_400_000_000 && moment.microseconds < now.microseconds + 86_400_000_000
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
    describe(&entry, tree, scan, old, job: job, media: beside ?? tree.path)
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
      var work = EntryWork(name: tree.name)
      prepare(&work, scan, old, entry)
      work.prepared = beside.map { RawPath($0) }
      let environments = [tree.path, beside].compactMap { $0 }.flatMap { folder in
        [".\(tree.name.text).env", "\(tree.name.text).env", ".env", "job.env"].map { folder.appending($0) }
      }
      work.env = environments.first { (try? FileStatus(of: $0))?.isRegular == true }.map { RawPath($0) }
      entry.work = work
    }
    judge(&entry, scan, old)
    return reading(entry, tree, old)
  }

  private func besideInJobs(_ tree: FoundTree, _ day: JobDate) -> FilePath? {
    let folder = trees.jobs.pushing(FilePath(day.folders)).appending(tree.name)
    return isDirectory(folder) ? folder : nil
  }

  // MARK: What all share

  private func describe(
    _ entry: inout MigrationEntry, _ tree: FoundTree, _ scan: TreeScan, _ old: OldManifest, job: JSON?,
    media: FilePath? = nil
  ) {
    let manifest = old.manifest
    let verdicts = StageVerdicts(manifest, scan)
    (entry.completedStages, entry.failedStages) = (verdicts.completed, verdicts.failed)
    entry.status = verdicts.status
    if entry.layout != .flat, verdicts.status == .interrupted, verdicts.completed.isEmpty, verdicts.failed.isEmpty {
      entry.status = .pending
    }
    for text in verdicts.contradicted { entry.problems.append(.info(text + "; the stages' records count")) }
    var recorded = manifest?.inputFile
    if recorded == nil {
      recorded = job?["input"]?["file"]?.string ?? job?["input"]?.string ?? job?["input_media"]?.string
    }
    if recorded == nil { recorded = job?["input_file"]?.string ?? job?["media"]?.string }
    if recorded == nil { recorded = manifest?.stage("demux")?.fields["input_files"]?.array?.first?["path"]?.string }
    if recorded == nil, let demux = document(tree.path.appending("audio/audio_demux_metadata.json")) {
      recorded = demux["input_file"]?.string ?? demux["input"]?.string
    }
    if recorded == nil, let media {
      recorded = filmIn(media).map { workspace.documentPath($0) }
    }
    let guess = FilmGuess(
      FilmGuess.Evidence(
        directory: entry.layout == .flat ? tree.name.text : "",
        manifestTitle: manifest?.title ?? job?["title"]?.string, manifestYear: manifest?.year ?? job?["year"]?.int,
        recordedFile: recorded?.isEmpty == false ? recorded : nil,
        inputFilm: entry.layout == .flat ? inputs.film(of: tree.name.text) : nil,
        databaseTitle: { document(tree.path.appending("metadata/tmdb_data.json"))?["title"]?.string }))
    (entry.title, entry.year) = (guess.title.isEmpty ? nil : guess.title, guess.year)
    (entry.titleSource, entry.yearSource, entry.inputFile) = (guess.titleSource, guess.yearSource, guess.inputFile)
    if entry.layout != .flat, recorded == nil {
      // The folder's name is an id and tells of no film.
      entry.title = manifest?.title ?? job?["title"]?.string
      entry.year = manifest?.year ?? job?["year"]?.int
      entry.titleSource = entry.title == nil ? nil : "manifest"
    } else {
      entry.problems += guess.problems
    }
  }

  private func document(_ path: FilePath) -> JSON? { (try? DurableFile.read(path)).flatMap { try? JSON(parsing: $0) } }

  /// The copy of the film that was prepared with a job.
  private func filmIn(_ folder: FilePath) -> FilePath? {
    let names = (try? FlatFolder(folder))?.files ?? []
    let made = ["final_output", "_with_subs", "_subtitled"]
    return names.first { name in
      InputFilms.isFilm(name.text) && !made.contains { name.text.contains($0) }
    }.map { folder.appending($0) }
  }

  private func prepare(_ work: inout EntryWork, _ scan: TreeScan, _ old: OldManifest, _ entry: MigrationEntry) {
    let nested = scan.files.filter { $0.name.text == "manifest.json" && !$0.folder.isEmpty }.map(\.folder)
    func isNested(_ path: RawPath) -> Bool { nested.contains { path.below($0) != nil } }
    let name = work.name.bytes
    work.renames = (scan.files + scan.links.map(\.path)).filter { path in
      let file = path.name.bytes
      guard file.count > name.count, file.starts(with: name), !isNested(path) else { return false }
      return ".".utf8.contains(file[name.count]) || file[name.count] == UInt8(ascii: "_")
    }.sorted()
    work.links = scan.links
    let verdicts = Set(entry.completedStages)
    for files in StageFiles.all where verdicts.contains(files.stage) {
      let place = RawPath(files.documented)
      guard let proof = files.proof(in: scan), proof != place, !scan.files.contains(place),
        !scan.links.contains(where: { $0.path == place }), proof.bytes.suffix(4).elementsEqual(place.bytes.suffix(4)),
        !scan.files.contains(place.folder), !scan.links.contains(where: { $0.path == place.folder })
      else { continue }
      work.newLinks.append((place, proof))
      if !place.folder.isEmpty, !scan.folders.contains(where: { $0.path == place.folder }),
        !work.newFolders.contains(place.folder)
      {
        work.newFolders.append(place.folder)
      }
    }
    work.stagesByFiles = entry.completedStages.filter { old.manifest?.stage($0)?.status == nil }
    let top = Set(scan.files.filter { !$0.bytes.contains(RawPath.slash) } + scan.links.map(\.path))
    if top.contains(RawPath("manifest.json")) {
      var kept = "manifest.legacy.json"
      var serial = 2
      while top.contains(RawPath(kept)) || scan.folders.contains(where: { $0.path == RawPath(kept) }) {
        kept = "manifest.legacy-\(serial).json"
        serial += 1
      }
      work.keptManifest = kept
    }
    work.written = ["job.env", "job_info.json"].filter { !top.contains(RawPath($0)) } + ["manifest.json"]
    var touched: Set<RawPath> = [RawPath([])]
    touched.formUnion(work.renames.map(\.folder))
    touched.formUnion(work.links.map(\.path.folder))
    touched.formUnion(work.newLinks.map(\.path.folder))
    work.folders = scan.folders.filter { touched.contains($0.path) }
  }

  private func judge(_ entry: inout MigrationEntry, _ scan: TreeScan, _ old: OldManifest) {
    switch old {
    case .unreadable(let why):
      entry.problems.append(
        .warning("manifest.json \(why): the files alone tell of the stages; it is kept beside the new one"))
    case .none where entry.kind == .movie:
      entry.problems.append(.info("there is no manifest: the files alone tell of the stages"))
    case .foreign: entry.problems.append(.info("manifest.json is none of a job's; it is kept"))
    case .none, .read: break
    }
    for stage in StageFiles.all where old.manifest?.stage(stage.stage)?.status == .success {
      if !stage.hasFile(in: scan) {
        entry.problems.append(
          .warning("\(stage.stage) is recorded as a success, and its output is gone; a run makes it again"))
      }
    }
    if old.manifest?.stages.contains(where: { $0.status == .running }) == true, entry.status != .completed {
      entry.problems.append(.info("a stage is recorded as running, and nobody runs it: interrupted"))
    }
    for nested in scan.files where nested.name.text == "manifest.json" && !nested.folder.isEmpty {
      entry.problems.append(
        .info("\(nested.folder.text) holds an older run with a manifest of its own; it stays as it is, within"))
    }
    for link in scan.links where !exists(scan.root.appending(link.path)) {
      entry.problems.append(.info("\(link.path.text) points to nothing: \(link.target.text)"))
    }
    if entry.year == nil, entry.kind == .movie { entry.problems.append(.info("nothing tells the film's year")) }
    if !scan.special.isEmpty {
      entry.problems.append(.info("\(scan.special[0].text) is neither a file nor a folder nor a link"))
    }
    for path in scan.unreadable {
      entry.problems.append(.warning("\(path.text) cannot be read; it moves along unseen"))
    }
    if let top = scan.folders.first, scan.folders.contains(where: { $0.device != top.device }) {
      entry.problems.append(.error("another file system is mounted in it: unmount that first"))
    }
    for lock in [".cpwx.lock", ".manifest.lock"] where scan.files.contains(RawPath(lock)) {
      if FileLock.isHeld(scan.root.appending(lock)), entry.layout != .today {
        entry.problems.append(.error("it is being run: its lock is held; it is left as it is"))
        break
      }
    }
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

extension Int {
  func padded(_ width: Int) -> String {
    let digits = String(self)
    return String(repeating: "0", count: Swift.max(0, width - digits.count)) + digits
  }
}
