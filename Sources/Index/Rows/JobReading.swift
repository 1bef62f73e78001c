public import Jobs
internal import SystemPackage
internal import Titles

extension IndexedJob {
  /// Reads a job from its folder.
  ///
  /// - Parameter place: where it lies, and what the tree tells of it.
  /// - Returns: `nil` when nothing is there any more.
  public init?(reading place: JobPlace, in workspace: Workspace) {
    self.init(reading: place, in: workspace, again: true)
  }

  /// - Parameter again: whether a manifest that came while there seemed to be none is read; of some file systems it may be
  ///   seen for ever, and never be opened.
  private init?(reading place: JobPlace, in workspace: Workspace, again: Bool) {
    let folder = workspace.resolve(documentPath: place.folder)
    var status: FileStatus?
    var manifest: Manifest?
    var isDamaged = false
    let path = folder.appending("manifest.json")
    do {
      let bytes = try DurableFile.read(path, &status)
      if let status, place.isNamedByItsFolder,
        let job = IndexedJob(skimming: bytes, at: place, stamp: JobStamp(status))
      {
        self = job
        return
      }
      manifest = try Manifest(parsing: bytes, of: path, leavingOut: Self.unread)
    } catch let error as JobError where error.code == .damaged {
      isDamaged = true
    } catch {
      guard isDirectory(folder) else { return nil }
      let reason = error as? Errno ?? (error as? JobError)?.underlying as? Errno
      if let reason, !Self.ofTheFile.contains(reason) {
        self.init(at: place, stamp: .unread)
        self.error = "its manifest.json cannot be read (\(reason))"
        return
      }
      let found = try? FileStatus(of: path)
      if again, reason == .noSuchFileOrDirectory, found != nil {
        self.init(reading: place, in: workspace, again: false)
        return
      }
      (status, isDamaged) = (status ?? found, found != nil)
    }
    let known = status.map { JobStamp($0) }
    let stamp =
      if let known, place.isNamedByItsFolder, manifest?.tellsEnough == true { known } else {
        StampReader(workspace).several(in: place.folder, manifest: known)
      }
    let isRunning = manifest?.recordedStatus == .running && FileLock.isHeld(folder.appending(JobPaths.lockName))
    let hasFinalVideo = manifest == nil && Self.hasFinalVideo(folder)
    self.init(
      manifest, isDamaged: isDamaged, isRunning: isRunning, hasFinalVideo: hasFinalVideo, at: place, stamp: stamp
    ) { name in
      try? JobInfo(reading: folder.appending(name)).document
    }
  }

  /// Why a file cannot be read that lies in what is there. All else tells of this user, of the moment or of the disk, and nothing
  /// of the job.
  private static let ofTheFile: [Errno] = [
    .noSuchFileOrDirectory, .notDirectory, .isDirectory, .tooManySymbolicLinkLevels, .noSuchAddressOrDevice,
  ]

  /// Reads a job from its archive.
  ///
  /// - Parameters:
  ///   - place: where its folder was.
  ///   - file: what the archive holds under a name in that folder.
  init(archivedAt place: JobPlace, isDamaged: Bool, file: (String) -> [UInt8]?) {
    func document(_ name: String) -> JSON? {
      file(name).flatMap { try? JSON(parsing: $0, leavingOut: name == "manifest.json" ? Self.unread : nil) }
        .flatMap { $0.object == nil ? nil : $0 }
    }
    let manifest = document("manifest.json").map { Manifest(document: $0) }
    self.init(
      manifest, isDamaged: isDamaged || manifest == nil && file("manifest.json") != nil, isRunning: false, at: place,
      stamp: .archived, info: document)
  }

  /// Most of a manifest's bytes, which the index has no use for.
  private static let unread = JSON.Omission(
    of: [
      "outputs", "metadata", "input_files", "fingerprint", "log", "job_env_file", "runner", "lane", "job_id",
      "user_id",
    ],
    inEntriesOf: "stages")

  /// - Parameter document: what stands in a JSON file beside the manifest.
  init(
    _ manifest: Manifest?, isDamaged: Bool, isRunning: Bool, hasFinalVideo: Bool = false, at place: JobPlace,
    stamp: JobStamp,
    info document: (String) -> JSON?
  ) {
    // What another writer's file calls the job, and what stands in for a manifest that is missing or tells too little.
    var info: JSON?
    if manifest?.tellsEnough != true {
      for name in ["job_info.json", "job.json"] where info == nil { info = document(name) }
    }
    let document = manifest?.document
    let stages = manifest?.stages ?? []
    self.init(at: place, stamp: stamp)
    if place.user.isEmpty { userID = Self.text(document?["user_id"] ?? info?["user_id"]) ?? "1" }
    if let manifest {
      status = manifest.status(isRunning: isRunning).rawValue
    } else if isDamaged {
      status = "damaged"
    } else if hasFinalVideo {
      status = PipelineStatus.completed.rawValue
    } else if let info {
      status = Manifest(document: ["status": info["status"] ?? .null]).status(isRunning: isRunning).rawValue
    }
    let current = stages.last { $0.status == .running || $0.status == .failed }
    stage = current?.name
    input =
      manifest?.inputFile ?? info?["input"]?["file"]?.string ?? info?["input"]?.string ?? info?["input_media"]?.string
    title = manifest?.title ?? info?["input"]?["title"]?.string ?? info?["title"]?.string
    year = manifest?.year ?? info?["input"]?["year"]?.int ?? info?["year"]?.int
    // What cpwx itself called a film stands.
    if document?["timezone"] == nil, info?["timezone"] == nil { correctName() }
    let reason = document?["pipeline"]?["error"]?.string
    if status == PipelineStatus.failed.rawValue {
      error = (current?.cause ?? reason)?.lastLine
    } else if manifest?.recordedStatus == .interrupted, status == PipelineStatus.interrupted.rawValue {
      // Of a run that died it is an earlier one's.
      error = reason?.lastLine
    }
    createdAt =
      document?["created_at"]?.string ?? info?["created_at"]?.string ?? document?["timestamp"]?.string
    timezone = document?["timezone"]?.string ?? info?["timezone"]?.string
    completedAt = document?["timing"]?["completed_at"]?.string
    totalSeconds =
      document?["timing"]?["running_seconds"]?.seconds ?? document?["timing"]?["total_seconds"]?.seconds
    sha256 = document?["input"]?["sha256"]?.string ?? info?["input"]?["sha256"]?.string
    let film = document?["input"]?["size_bytes"] == nil ? info?["input"] : document?["input"]
    (inputBytes, inputModified) = (film?["size_bytes"]?.byteCount, film?["modified_ns"]?.int)
    (inputInode, inputSeconds) = (film?["inode"]?.int, film?["duration_seconds"]?.seconds)
    self.stages = stages.map { IndexedStage($0) }
    history =
      manifest?.history ?? createdAt.map { [JobEvent(at: $0, who: info?["created_by"]?.string, .created)] } ?? []
    if !isRunning, let interruption = manifest?.interruption { history.append(interruption) }
  }

  /// Of what other writers say of a film and its file's name contradicts, the name is right.
  private mutating func correctName() {
    guard let fileName, !fileName.isEmpty else { return }
    let name = FilmName(parsing: fileName)
    // What lies outside is the height of a picture: 1080, 2160.
    let isPlausible = year.map { (1870..<2100).contains($0) } ?? true
    if title == nil || !isPlausible || name.year != nil && name.year != year {
      (title, year) = (name.title, name.year ?? (isPlausible ? year : nil))
    }
  }

  /// Whether the video that a job is for lies in its folder, whole as far as that can be seen.
  static func hasFinalVideo(_ folder: FilePath) -> Bool {
    let names = ["final_output.mp4"] + (folder.lastComponent.map { ["\($0.string)_with_subs.mp4"] } ?? [])
    return names.contains { name in
      (try? FileStatus(of: folder.appending(name))).map { $0.isRegular && $0.size > 0 } ?? false
    }
  }

  private static func text(_ value: JSON?) -> String? { value?.string ?? value?.int.map { String($0) } }
}

extension Manifest {
  /// Whether no other file of the job need be asked.
  fileprivate var tellsEnough: Bool { document["created_at"]?.string != nil && inputFile != nil }
}

extension IndexedStage {
  init(_ record: StageRecord) {
    let fields = record.fields.object ?? JSON.Object()
    name = record.name
    number = fields["stage_number"]?.ordinal
    status = record.status?.rawValue ?? fields["status"]?.string
    attempt = fields["attempt"]?.ordinal
    startedAt = fields["started_at"]?.string
    completedAt = fields["completed_at"]?.string
    seconds = record.duration
    exitCode = fields["exit_code"]?.int
    error = record.cause
    let resources = fields["resources"]?.object
    peakMemory = resources?["peak_memory_bytes"]?.byteCount
    cpuSeconds = resources?["cpu_seconds"]?.seconds
    outputBytes = resources?["output_bytes"]?.byteCount
    because = fields["because"]?.string
    who = fields["who"]?.string
  }
}
