internal import Jobs

/// What lists of jobs show of each, by the keys of their JSON.
enum JobColumns {
  static var all: [(key: String, column: Listing.Column)] {
    [
      ("job_id", .init("JOB", key: "job_id")),
      ("user_id", .init("USER", key: "user_id").dispensable(3)),
      ("status", .init("STATUS", key: "status", style: Style.status)),
      ("title", .init("TITLE", key: "title", isFlexible: true)),
      ("year", .init("YEAR", key: "year").dispensable(4)),
      ("stage", .init("STAGE", key: "stage").dispensable(1)),
      ("created_at", .init("CREATED") { moment($0["created_at"]?.string ?? "", foreignZone($0)) }.dispensable(2)),
      // For programs it is the moment itself.
      ("created_at", .init("AGE") { age($0["created_at"]?.string ?? "", foreignZone($0)) ?? "" }.extra),
      ("completed_at", .init("COMPLETED") { moment($0["completed_at"]?.string ?? "", foreignZone($0)) }),
      ("total_seconds", .init("TIME") { $0["total_seconds"]?.seconds.map { describeDuration($0) } ?? "" }),
      ("input", .init("INPUT", key: "input", isFlexible: true).cutAtStart),
      ("output_dir", .init("OUTPUT", key: "output_dir", isFlexible: true).cutAtStart),
      ("error", .reason("ERROR") { plain($0["error"] ?? .null) }.readable(40).rare.dispensable(5)),
      ("archive", .init("ARCHIVE", key: "archive", isFlexible: true).cutAtStart),
      (
        "archive_state",
        .init("KEPT") { $0["archive_state"]?.string == "none" ? "" : plain($0["archive_state"] ?? .null) }.rare
          .dispensable(2)
      ),
    ]
  }

  static let usual = [
    "job_id", "user_id", "status", "title", "year", "stage", "created_at", "age", "archive_state", "error",
  ]

  /// What they are called by.
  static var names: [String] { all.map { $0.column.heading == "AGE" ? "age" : $0.key } }

  /// The columns of these names, in their order.
  ///
  /// - Throws: ``JobError`` with code `usage` for one that is none.
  static func named(_ names: [String]) throws -> [(key: String, column: Listing.Column)] {
    try names.map { name in
      if let found = all.first(where: { $0.key == name || $0.column.heading.lowercased() == name.lowercased() }) {
        return found
      }
      let near = didYouMean(name, among: Self.names)
      throw JobError(
        .usage, name, "is no column.\(near)", remedy: "Columns: \(Self.names.joined(separator: ","))")
    }
  }

  /// A time of a job, by the clock of whoever made it; with that clock's offset, where the reader's is another.
  ///
  /// - Parameter length: characters of the documented form: 16 to the minute.
  static func moment(_ text: String, _ zone: String?, to length: Int = 16) -> String {
    let time = String(text.prefix(length).map { $0 == "T" ? " " : $0 })
    guard !time.isEmpty, let offset = zone?.split(separator: " ").last else { return time }
    return "\(time) \(offset)"
  }

  /// The same to the second, and how long ago that is; what is no time as it is.
  static func momentWithAge(_ text: String, _ zone: String?) -> String {
    age(text, zone).map { "\(moment(text, zone, to: 19)), \($0)" } ?? text
  }

  /// How long ago that is; `nil` for what is no time.
  static func age(_ text: String, _ zone: String?) -> String? {
    Timestamp(text, in: zone).map { describeAge(Timestamp.now.seconds(since: $0)) }
  }

  static func foreignZone(_ job: JSON) -> String? {
    Timestamp.foreignZone(job["timezone"]?.string, made: job["created_at"]?.string)
  }
}
