internal import Index
internal import Jobs
internal import SystemPackage

extension TreeReader {
  /// What lies with a job that lies by its day, besides its manifest.
  private struct Papers {
    /// The job's folder in `jobs/`.
    var beside: FilePath?
    /// What job.json says, and where that says nothing, jobs.json.
    var job: JSON?
    /// job_info.json
    var info: JSON?
    /// Its own settings, and where they are.
    var settings: (path: FilePath, env: EnvFile)?
  }

  func dated(_ tree: FoundTree, _ layout: MigrationEntry.Layout, _ day: JobDate, _ user: String?) throws -> Reading {
    var entry = MigrationEntry(kind: .dated, path: workspace.documentPath(tree.path), source: RawPath(tree.path))
    entry.layout = layout
    let scan: TreeScan
    do {
      scan = try TreeScan(tree.path)
    } catch {
      entry.problems = [.error("cannot be read (\(error))")]
      return Reading(entry: entry)
    }
    let old = OldManifest(in: scan)
    let outputs = StageOutputs(in: scan)
    let papers = papers(of: tree, layout, day)
    let job = papers.job
    let verdicts = StageVerdicts(
      old.manifest ?? job.map { Manifest(document: $0) }, outputs,
      muxIsOff: papers.settings.map { Self.muxIsOff($0.env) } ?? leavesOutMux)
    tellStages(&entry, verdicts)
    let name = embeddedName(tree, outputs, old.manifest)
    tellFilm(
      &entry, tree, named: name, scan, old.manifest, job: job ?? papers.info, media: papers.beside ?? tree.path)
    let isNumbered = JobID(tree.name.text) != nil
    let hasPapers = job != nil || papers.info != nil || papers.settings != nil || isNumbered && entry.inputFile != nil
    if !hasPapers, !isJob(scan, outputs, old) {
      return Reading(
        entry: other(tree, isNumbered ? [.info("bears a job's id and holds no job; the number counts as used")] : []))
    }
    date(&entry, on: day, tree, old, [job, papers.info])
    entry.oldUser = user
    let named = self.user(user.map { .string($0) })
    let told = [old.manifest?.document["user_id"], job?["user_id"], papers.info?["user_id"]]
    entry.userID =
      named ?? told.lazy.compactMap { self.user($0) }.first
      ?? self.user(papers.settings?.env["USER_ID"].map { .string($0) }) ?? options.user
    let recordedID = old.manifest?.jobID ?? job?["job_id"]?.string ?? job?["id"]?.string
    entry.oldID = layout == .later ? recordedID ?? tree.name.text : tree.name.text
    let staysHere = layout == .today && !tree.isSecond && trees.output == workspace.outputRoot
    if staysHere {
      entry.id = JobID(tree.name.text)
      entry.outputDir = workspace.documentPath(tree.path)
    }
    let isInfoDamaged = papers.info == nil && scan.isPlainFile(RawPath("job_info.json"))
    if !staysHere || !adopts(&entry, old) {
      var work = EntryWork(
        for: entry, named: name, scan, outputs, verdicts, isReplacing: !staysHere, isInfoDamaged: isInfoDamaged,
        isShownOnly: isShownOnly)
      if let beside = papers.beside {
        work.prepared = RawPath(beside)
        work.preparedLinks = FolderLinks(in: beside)
        if !work.preparedLinks.isEmpty, !isShownOnly, let scan = try? TreeScan(beside) {
          work.ends += LinkEnd.all(in: scan, at: EntryMove.preparedPlace(of: RawPath([])))
        }
        entry.problems += work.preparedLinks.links.filter(\.goesAround).map { .around($0, in: "prepared") }
      }
      if let (path, env) = papers.settings {
        work.env = RawPath(path)
        let isLink = !isShownOnly && Steps.read(link: path) != nil
        if isLink, (try? DurableFile.read(path)) != nil {
          work.said.append(("job.env", JobEnvTemplate(of: env).document))
        }
      }
      entry.work = work
    } else {
      entry.links = scan.links.map { $0.below(entry.source) }
      if isInfoDamaged {
        entry.problems.append(.warning("job_info.json is no valid JSON: remove it, and a run makes it anew"))
      }
    }
    entry.problems += verdicts.problems.filter { entry.work != nil || $0.severity == .info }
    if tree.isSecond { entry.problems.append(.warning("another user's job bears its id, too: it gets a new one")) }
    judge(&entry, scan, outputs, old, verdicts)
    return try reading(entry, tree, old)
  }

  private func papers(of tree: FoundTree, _ layout: MigrationEntry.Layout, _ day: JobDate) -> Papers {
    var papers = Papers()
    let folder = trees.jobs.pushing(FilePath(day.folders))
    if layout == .userless, isDirectory(folder.appending(tree.name)) { papers.beside = folder.appending(tree.name) }
    let places = [tree.path, papers.beside].compactMap { $0 }
    var told = places.map { Self.document($0.appending("job.json")) }
    if layout == .userless || layout == .waiting {
      told.append(Self.job(tree.name.text, listedIn: folder.appending("jobs.json")))
    }
    papers.job = told.compactMap { $0 }.reduce(nil) { first, next in
      guard var all = first else { return next }
      for (name, value) in next.object?.pairs ?? [] where all[name]?.isNull ?? true { all[name] = value }
      return all
    }
    papers.info = Self.document(tree.path.appending("job_info.json"))
    // Where the folder bears a counter, settings are called after the id.
    let recorded = [papers.job?["job_id"], papers.job?["id"]].compactMap { $0?.string }
    let ids = [tree.name.text] + recorded.filter { !$0.utf8.contains { $0 == UInt8(ascii: "/") || $0 == 0 } }
    let names = ids.flatMap { [".\($0).env", "\($0).env"] } + [".env", "job.env"]
    let settings = places.flatMap { place in names.map { place.appending($0) } }
    if let path = settings.first(where: { (try? FileStatus(of: $0))?.isRegular == true }) {
      papers.settings = (path, EnvFile(parsing: (try? DurableFile.read(path)) ?? []))
    }
    return papers
  }

  private static func document(_ path: FilePath) -> JSON? {
    guard let document = json(in: path) else { return nil }
    return document.object == nil ? nil : document
  }

  /// Of a file alone: a device that a link leads to may never end.
  private static func json(in path: FilePath) -> JSON? {
    guard (try? FileStatus(of: path))?.isRegular == true, let bytes = try? DurableFile.read(path) else { return nil }
    return try? JSON(parsing: bytes)
  }

  /// What a day's jobs.json, a list or an object by ids, says of a job.
  private static func job(_ id: String, listedIn path: FilePath) -> JSON? {
    guard let document = json(in: path) else { return nil }
    let jobs = document["jobs"] ?? document
    if let job = jobs[id], job.object != nil { return job }
    return jobs.array?.first { ($0["job_id"] ?? $0["id"])?.string == id }
  }

  /// Whether a job of today's layout can stay as it is: what its own documents say is then what the plan tells.
  ///
  /// Those that say nothing, or what is not so, are written anew, but for those of cpwx itself.
  private func adopts(_ entry: inout MigrationEntry, _ old: OldManifest) -> Bool {
    guard let paths = entry.paths(in: workspace),
      let job = IndexedJob(reading: JobPlace(paths, in: workspace), in: workspace)
    else { return true }
    let isOwn = old.manifest?.document["timezone"] != nil
    let isOpen = old.manifest?.recordedStatus == .running
    let told = PipelineStatus(rawValue: job.status)
    // It may have failed without a stage that did.
    if told == .failed, entry.status == .interrupted { entry.status = told }
    let isSo = told == entry.status && job.title == entry.title && job.year == entry.year
    if let told, !isSo, old.manifest != nil, isOwn || isOpen {
      (entry.title, entry.year, entry.status) = (job.title, job.year, told)
      return true
    }
    return isSo
  }
}
