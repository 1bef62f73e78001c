internal import Archive
internal import Index
internal import Jobs
internal import SeekableTar

/// What became of the jobs of a `cpwx archive`.
struct ArchiveResults {
  var outcomes: [ArchiveOutcome]
  /// What archives come to, of what jobs hold; as far as is known.
  var ratio: Double
  /// Whether the jobs stay beside their archives, and no room is won.
  var keepsJobs: Bool
  var workspace: Workspace

  func listing() -> Listing {
    let secrets = workspace.secrets(outer: processEnvironment())
    return Listing(
      rows: outcomes.map { Secrets.masked(document($0), secrets) },
      columns: [
        .init("JOB", key: "job_id"), .init("STATUS", key: "status", style: Style.status),
        .init("SIZE") { row in
          row["bytes"]?.int.map { describeSize($0 + (row["excluded_bytes"]?.int ?? 0)) } ?? ""
        }.dispensable(3),
        .init("ARCHIVE") { ($0["archive_bytes"]?.int ?? $0["expected_archive_bytes"]?.int).map(describeSize) ?? "" }
          .rare.dispensable(4),
        .init("SAVES") { $0["saved_bytes"]?.int.map { $0 < 0 ? "-" + describeSize(-$0) : describeSize($0) } ?? "" }
          .dispensable(2),
        .init("TITLE", key: "title", isFlexible: true).dispensable(1),
        .init("FILE", key: "archive", isFlexible: true).cutAtStart.readable(20).rare.dispensable(5),
        .reason { plain($0["reason"] ?? .null) }.rare,
      ],
      keys: RowKeys.archivedJob)
  }

  private func document(_ outcome: ArchiveOutcome) -> JSON {
    var document: JSON = [
      "job_id": .string(outcome.job.jobID), "archive": .string(outcome.archive), "members": .int(outcome.members),
      "bytes": .int(outcome.bytes), "archive_bytes": .int(outcome.archiveBytes), "sha256": .string(outcome.sha256),
      "status": .string(outcome.status.rawValue), "reason": .string(outcome.reason),
      "user_id": Int(outcome.job.userID).map { .int($0) } ?? .string(outcome.job.userID),
      "title": .string(outcome.job.title), "saved_bytes": .int(savedBytes(outcome)),
      "left_out": .strings(outcome.leftOut),
      "excluded_files": .int(outcome.excluded.files), "excluded_bytes": .int(outcome.excluded.bytes),
    ]
    if outcome.status == .planned { document["expected_archive_bytes"] = .int(expected(outcome)) }
    return document
  }

  private func expected(_ outcome: ArchiveOutcome) -> Int? {
    outcome.bytes.map { Int(Double($0) * ratio) }
  }

  /// Of the job's files, those that are excluded with them: they go as well.
  private func size(_ outcome: ArchiveOutcome) -> Int? { outcome.bytes.map { $0 + outcome.excluded.bytes } }

  private func savedBytes(_ outcome: ArchiveOutcome) -> Int? {
    switch outcome.status {
    case .archived: size(outcome).flatMap { bytes in outcome.archiveBytes.map { bytes - $0 } }
    case .planned where !keepsJobs: size(outcome).flatMap { bytes in expected(outcome).map { bytes - $0 } }
    case .planned, .copied, .kept, .failed, .skipped: nil
    }
  }

  private func counted(_ count: Int, _ what: String) -> String { "\(count) \(count == 1 ? what : what + "s")" }

  /// What was done and saved, in a line.
  var summary: String {
    func those(_ status: ArchiveOutcome.Status) -> [ArchiveOutcome] { outcomes.filter { $0.status == status } }
    var parts: [String] = []
    for (status, word) in [(ArchiveOutcome.Status.archived, "archived"), (.copied, "copied")] {
      let done = those(status)
      if done.isEmpty { continue }
      let bytes = done.reduce(0) { $0 + (size($1) ?? 0) }
      let archives = done.reduce(0) { $0 + ($1.archiveBytes ?? 0) }
      let saved = done.reduce(0) { $0 + (savedBytes($1) ?? 0) }
      parts.append(
        "\(counted(done.count, "job")) \(word): \(describeSize(bytes)) in \(describeSize(archives))"
          + (saved > 0 ? ", \(describeSize(saved)) saved" : "") + excluded(done))
    }
    if !those(.kept).isEmpty { parts.append("\(those(.kept).count) kept back") }
    if !those(.failed).isEmpty { parts.append("\(those(.failed).count) failed") }
    if !those(.skipped).isEmpty { parts.append("\(those(.skipped).count) left alone") }
    return parts.isEmpty ? "Nothing to archive." : parts.joined(separator: "; ") + "."
  }

  /// What a dry run promises, in a line.
  var expectation: String {
    let planned = outcomes.filter { $0.status == .planned }
    if planned.isEmpty { return "Nothing to archive." }
    let bytes = planned.reduce(0) { $0 + (size($1) ?? 0) }
    let what: String
    if keepsJobs {
      let copies = planned.reduce(0) { $0 + (expected($1) ?? 0) }
      what = "the jobs stay, and their copies would take about \(describeSize(copies))"
    } else {
      let saved = planned.reduce(0) { $0 + (savedBytes($1) ?? 0) }
      what = "archiving them would save about \(describeSize(saved))"
    }
    return "\(counted(planned.count, "job")), \(describeSize(bytes)); \(what)\(excluded(planned))."
  }

  /// What is in no archive and goes with the jobs all the same.
  private func excluded(_ outcomes: [ArchiveOutcome]) -> String {
    let files = outcomes.reduce(0) { $0 + $1.excluded.files }
    let bytes = outcomes.reduce(0) { $0 + $1.excluded.bytes }
    return files == 0 ? "" : ", \(describeSize(bytes)) of it in \(counted(files, "excluded file")), in no archive"
  }

  /// `nil` when all that was asked for is done.
  var exitStatus: ExitStatus? {
    ExitStatus(sharedBy: Set(outcomes.filter(\.isTrouble).map { $0.error.map { ExitStatus($0).rawValue } ?? 1 }))
  }
}
