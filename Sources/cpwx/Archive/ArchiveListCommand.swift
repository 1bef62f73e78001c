internal import ArgumentParser
internal import Index
internal import Jobs

struct ArchiveListCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "list",
    abstract: "List archives, newest job first.",
    discussion: """
      The status is archived where the archive is all that is left of the job, restored where the job's folder is there as \
      well, redacted for a copy with masked secrets, damaged where the archive's trailer cannot be read, or \
      it holds another job than it is called after.

      EXAMPLES
        cpwx archive list
        cpwx archive list sholay --sort size
        cpwx archive list --user 2 --since 2025-10-01 --format ndjson
      Then see: cpwx archive show JOB
      """)

  @Argument(
    help: .init("Only archives with these words in the title, or of jobs whose id begins so.", valueName: "words"))
  var words: [String] = []

  @Option(help: .init("Only of this user.", valueName: "number"))
  var user: String?

  @Option(help: .init("Only of jobs completed since: a date, or how long ago.", valueName: "when"))
  var since: String?

  @Option(help: .init("Only of jobs completed until then; a date is the moment it begins.", valueName: "when"))
  var until: String?

  @Option(
    help: .init("Sort by job, film, date or size.", valueName: "key"),
    transform: { text in
      if let order = ArchiveQuery.Order(rawValue: text) { return order }
      let known = ArchiveQuery.Order.allCases.map(\.rawValue)
      let near = didYouMean(text, among: known)
      throw ValidationError("'\(text)' is nothing to sort by.\(near) Expected: \(known.joined(separator: ", "))")
    })
  var sort = ArchiveQuery.Order.job

  @Flag(help: "The other way round.")
  var reverse = false

  @OptionGroup var workspaceOptions: WorkspaceOptions
  @OptionGroup var formatOptions: FormatOptions

  func run() async throws {
    let workspace = try workspaceOptions.open()
    let format = try formatOptions.resolved()
    var query = ArchiveQuery()
    (query.words, query.user) = (words.joined(separator: " "), user)
    query.since = try since.map { try momentOption($0, "--since") }
    query.until = try until.map { try momentOption($0, "--until") }
    (query.order, query.ascending) = (sort, sort.isAscending != reverse)
    let found = try JobIndex.look(in: workspace, notice: .console) { try $0.archives(query) }
    if let trouble = JobIndex.archiveTrouble(in: workspace, notice: .console) { Console.error("\(trouble)") }
    let secrets = workspace.secrets(outer: processEnvironment())
    var writer = Listing.Writer(format, ArchiveColumns.all, keys: RowKeys.archive)
    writer.write(found.map { ArchiveColumns.row(Secrets.masked($0.document(in: workspace), secrets), of: $0, format) })
    writer.end(
      saying: words.isEmpty && user == nil && since == nil && until == nil
        ? "There are no archives here. Make some with: cpwx archive --older-than 30d" : "No archive fits.")
  }
}

/// What lists of archives show of each.
enum ArchiveColumns {
  static var all: [Listing.Column] {
    [
      .init("JOB", key: "job_id"), .init("USER", key: "user_id").dispensable(4),
      .init("STATUS", key: "status", style: Style.status),
      .init("DATE") { String(($0["date"]?.string ?? "").prefix(10)) }.dispensable(1), age,
      .init("FILES", key: "members").dispensable(5), .init("SIZE") { $0["bytes"]?.int.map(describeSize) ?? "" },
      .init("ARCHIVE") { $0["archive_bytes"]?.int.map(describeSize) ?? "" }.dispensable(2),
      .init("TITLE", key: "title", isFlexible: true),
      .init("FILE", key: "archive", isFlexible: true).cutAtStart.readable(20).dispensable(6),
    ]
  }

  /// How long ago the date was.
  static var age: Listing.Column { .init("AGE", key: "age").extra }

  /// A date to the second, and how long ago it was.
  static func dateWithAge(_ date: String, _ moment: Timestamp?) -> String {
    let time = JobColumns.moment(date, nil, to: 19)
    return moment.map { "\(time), \(describeAge(Timestamp.now.seconds(since: $0)))" } ?? time
  }

  /// A document as a row of a table, which tells ages, too.
  static func row(_ document: JSON, of archive: IndexedArchive, _ format: OutputFormat) -> JSON {
    guard format == .table, let moment = archive.moment else { return document }
    var row = document
    row["age"] = .string(describeAge(Timestamp.now.seconds(since: moment)))
    return row
  }
}

extension IndexedArchive {
  /// The documented object of an archive.
  func document(in workspace: Workspace) -> JSON {
    [
      "job_id": .string(jobID), "archive": .string(path), "members": .int(members), "bytes": .int(bytes),
      "archive_bytes": .int(archiveBytes), "sha256": .string(sha256), "status": .string(state(in: workspace)),
      "reason": .string(flaw),
      "user_id": Int(userID).map { .int($0) } ?? .string(userID), "title": .string(title), "year": .int(year),
      "date": .string(date), "output_dir": .string(folder.isEmpty ? nil : folder), "tar_sha256": .string(tarSHA256),
    ]
  }

  private var flaw: String? {
    if status != .damaged { return nil }
    return folder.isEmpty ? "it is not of the job that it is called after" : "its trailer cannot be read"
  }

  private func state(in workspace: Workspace) -> String {
    switch status {
    case .redacted, .damaged: status.rawValue
    case .verified:
      (isDirectory(workspace.resolve(documentPath: folder)) ? ArchiveState.restored : .archived).rawValue
    }
  }
}
