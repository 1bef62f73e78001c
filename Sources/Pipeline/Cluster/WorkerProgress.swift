internal import Jobs
internal import SystemPackage

/// How far a cluster's task is with its job, for whoever follows it: what stands in no manifest. It is the file
/// `.cpwx.progress` in the job's folder, which is gone before the run's end is known.
///
/// It is no record. Nothing is decided by it, it is never synced, and a reader that finds a torn one, another's or that of
/// an earlier run learns nothing from it.
struct WorkerProgress: Equatable {
  /// When the run began, as the job's history has it: a run has no other name.
  let run: String
  /// The stage at work; `nil` between stages.
  var stage: String?
  var attempt = 0
  /// What it is run as, as its log has it.
  var command: String?
  /// Between 0 and 1, where the stage tells.
  var fraction: Double?
  var text = ""
  /// The last warnings of the run.
  var warnings: [String] = []
  /// How many there were, those among them that are not kept any more.
  var warned = 0

  private static let warningsKept = 8
  /// Bytes of a warning, or of what a stage says of how far it is; and of a command.
  private static let textLimit = 2048
  private static let commandLimit = 16_384
  /// No such file is larger, escapes and all.
  private static let sizeLimit = 256 << 10

  init(run: String) { self.run = run }

  /// Takes in what has happened.
  mutating func note(_ event: RunEvent) {
    switch event {
    case .stageStarted(_, let stage, _, _, let attempt): begin(stage, attempt)
    case .stageCommand(_, _, let command): self.command = command.cut(to: Self.commandLimit)
    case .stageProgress(_, _, let fraction, let text):
      (self.fraction, self.text) = (fraction, text.cut(to: Self.textLimit))
    case .stageEnded: begin(nil, 0)
    case .warning, .stageAgain, .orphansEnded:
      warnings = (warnings + event.lines.map { $0.cut(to: Self.textLimit) }).suffix(Self.warningsKept)
      warned += event.lines.count
    default: break
    }
  }

  /// Of what comes now nothing is known yet.
  mutating func begin(_ stage: String?, _ attempt: Int) {
    (self.stage, self.attempt, command, fraction, text) = (stage, attempt, nil, nil, "")
  }

  // MARK: - The file

  var document: JSON {
    [
      "run": .string(run), "stage": .string(stage), "attempt": .int(attempt), "command": .string(command),
      "fraction": fraction.map { .double($0) } ?? .null, "text": .string(text), "warnings": .strings(warnings),
      "warned": .int(warned),
    ]
  }

  /// - Returns: `nil` for what is no such file.
  init?(_ bytes: [UInt8]) {
    guard let document = try? JSON(parsing: bytes), let run = document["run"]?.string else { return nil }
    self.run = run
    stage = document["stage"]?.string
    attempt = document["attempt"]?.ordinal ?? 0
    command = document["command"]?.string?.cut(to: Self.commandLimit)
    fraction = document["fraction"]?.fraction
    text = document["text"]?.string?.cut(to: Self.textLimit) ?? ""
    let told = (document["warnings"]?.array ?? []).suffix(Self.warningsKept).compactMap(\.string)
    warnings = told.map { $0.cut(to: Self.textLimit) }
    warned = document["warned"]?.ordinal ?? 0
  }

  /// The file of a job, if it is another one than was seen.
  ///
  /// - Parameter seen: what it looked like; is told what it looks like now, and `nil` where there is none.
  static func read(of job: JobPaths, unlike seen: inout FileStatus?) -> WorkerProgress? {
    // Opened, not looked at by name: a network's file system then asks what is there now.
    let options: FileDescriptor.OpenOptions = [.closeOnExec, .noFollow, .nonBlocking]
    guard let file = try? FileDescriptor.open(job.progress, .readOnly, options: options) else {
      seen = nil
      return nil
    }
    defer { try? file.close() }
    guard let now = try? FileStatus(of: file), now != seen else { return nil }
    seen = now
    guard now.isRegular, now.size <= sizeLimit else { return nil }
    let bytes = try? unsafe [UInt8](unsafeUninitializedCapacity: now.size) { buffer, count in
      count = try unsafe file.read(into: UnsafeMutableRawBufferPointer(buffer))
    }
    return bytes.flatMap { WorkerProgress($0) }
  }

  /// Removes what a run told that was killed. The caller holds the job's lock: nobody is at work on it.
  static func removeLeft(of job: JobPaths) {
    if isTaken(job.progress) { unlink(job.progress) }
  }
}

extension String {
  /// Its first bytes, whole characters.
  fileprivate func cut(to bytes: Int) -> String {
    if utf8.count <= bytes { return self }
    var end = utf8.index(startIndex, offsetBy: bytes)
    while end.samePosition(in: unicodeScalars) == nil { end = utf8.index(before: end) }
    return String(self[..<end])
  }
}
