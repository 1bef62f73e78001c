internal import Hashing
internal import Jobs
internal import SystemPackage

/// What is told: a document with an id of its own, secret values masked.
struct NoticeEvent: Sendable, Equatable {
  static let schemaVersion = "1.0"

  let document: JSON

  init(_ document: JSON) { self.document = document }

  /// - Parameters:
  ///   - details: what this kind of event says besides what all say.
  ///   - isOnce: that the same is never said anew: whoever says it again means the same event, at whatever time.
  ///   - secrets: longest first.
  private init(
    _ kind: String, text: String, at moment: Timestamp, workspace: Workspace, batch: String?, details: JSON.Object,
    isOnce: Bool, secrets: [String]
  ) {
    var told: JSON = [
      "event": .string(kind), "text": .string(text), "workspace": .string(workspace.root.string),
      "batch_id": .string(batch),
    ]
    for member in details.members { told[member.name] = member.value }
    told = Secrets.masked(told, secrets)
    let time: JSON = ["at": .string(moment.text), "timezone": .string(moment.timezone)]
    let identity: JSON = isOnce ? told : .array([told, time])
    var document: JSON = [
      "schema_version": .string(Self.schemaVersion),
      "event_id": .string(String(SHA256.hex(of: identity.bytes(.compact)).prefix(Self.idLength))),
    ]
    for member in (time.object?.members ?? []) + (told.object?.members ?? []) { document[member.name] = member.value }
    self.document = document
  }

  /// Hexadecimal digits: 128 bits.
  private static let idLength = 32

  var id: String { document["event_id"]?.string ?? "" }
  var kind: String { document["event"]?.string ?? "" }

  /// What is sent, the same at each attempt.
  var body: [UInt8] { document.bytes(.compact) }
}

extension NoticeEvent {
  static func failure(
    of job: FailedJob, batch: String?, at moment: Timestamp, workspace: Workspace, secrets: [String]
  ) -> NoticeEvent {
    let details: JSON = [
      "job_id": .string(job.id), "title": .string(job.title), "stage": .string(job.stage),
      "reason": .string(job.reason),
    ]
    let subject = [job.id, job.title].compactMap { $0 }.joined(separator: " ")
    let place = job.stage.map { " in \($0)" } ?? ""
    return NoticeEvent(
      "job.failed", text: "\(subject) failed\(place)\(job.reason.map { ": \($0)" } ?? "")", at: moment,
      workspace: workspace, batch: batch, details: details.object ?? .init(), isOnce: batch != nil, secrets: secrets)
  }

  static func end(of digest: BatchDigest, workspace: Workspace, secrets: [String]) -> NoticeEvent {
    let groups = digest.groups
    let shown = groups.prefix(mostGroups)
    let counts = digest.jobs.sorted { $0.key < $1.key }
    var jobs = JSON.Object()
    for (status, count) in counts { jobs[status] = .int(count) }
    let details: JSON = [
      "status": .string(digest.status.rawValue), "started_at": .string(digest.started.text),
      "completed_at": .string(digest.ended.text),
      "duration_seconds": .double(digest.ended.seconds(since: digest.started)), "jobs": .object(jobs),
      "failures": .array(shown.map(\.document)), "failures_left_out": .int(groups.count - shown.count),
    ]
    let lines =
      ["batch \(digest.batch) \(digest.status.rawValue): \(counts.map { "\($1) \($0)" }.joined(separator: ", "))"]
      + shown.map { "\($0.jobs.count) × \($0.stage.map { "\($0): " } ?? "")\($0.cause)" }
    return NoticeEvent(
      "batch.completed", text: lines.joined(separator: "\n"), at: digest.ended, workspace: workspace,
      batch: digest.batch, details: details.object ?? .init(), isOnce: true, secrets: secrets)
  }

  private static let mostGroups = 50
}

extension BatchDigest.Group {
  /// The first jobs by id, and one failure in full.
  fileprivate var document: JSON {
    [
      "cause": .string(cause), "stage": .string(stage), "count": .int(jobs.count),
      "job_ids": .strings(jobs.compactMap(\.id).prefix(20)),
      "example": [
        "job_id": .string(jobs.first?.id), "title": .string(jobs.first?.title), "reason": .string(jobs.first?.reason),
      ],
    ]
  }
}
