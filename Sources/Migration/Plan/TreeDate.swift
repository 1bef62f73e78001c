internal import Jobs

extension TreeReader {
  /// The date by the best that tells it.
  func date(_ entry: inout MigrationEntry, _ tree: FoundTree, _ scan: TreeScan, _ old: OldManifest) throws {
    let told = OldMoments(old, in: tree.path)
    let fromLogs = try logs.moments(of: tree.name) + mentions.moments(of: tree.name)
    let logged = fromLogs.filter(isPlausible).min()
    let created = Timestamp(recorded: told.created).flatMap { isPlausible($0) ? $0 : nil }
    if let value = told.created, created == nil {
      let text = value.string ?? value.text(.compact)
      entry.problems.append(.warning("the manifest says it was made \(text), which cannot be"))
    }
    let hasLogs = logged != nil && options.dateFrom != "manifest"
    let recorded =
      created ?? (told.created != nil && hasLogs ? nil : told.stages.filter(isPlausible).min())
      ?? (hasLogs ? nil : told.updated.flatMap { isPlausible($0) ? $0 : nil })
    var newest: Timestamp?
    if logged == nil && recorded == nil || options.dateFrom == "newest_file" {
      newest = scan.newest { isPlausible(Timestamp(microseconds: $0 / 1000)) }.map {
        Timestamp(microseconds: $0 / 1000)
      }
    }
    for source in (options.dateFrom.map { [$0] } ?? []) + MigrationOptions.dateSources {
      if let moment = source == "manifest" ? recorded : source == "log" ? logged : newest {
        (entry.created, entry.dateSource) = (moment, source)
        break
      }
    }
    if entry.created == nil {
      // The day alone, so that a dry run and the run after it say the same.
      entry.created = Timestamp("\(now.format("%Y-%m-%d"))T00:00:00")
      entry.problems.append(.warning("nothing in it bears a time that can be: it counts as made today"))
    }
    if let asked = options.dateFrom, entry.dateSource != asked {
      entry.problems.append(.info("no date is to be had from \(asked)"))
    }
  }

  /// The time of a job that lies by its day: what its documents say, if that is of the day.
  func date(
    _ entry: inout MigrationEntry, on day: JobDate, _ tree: FoundTree, _ old: OldManifest, _ documents: [JSON?]
  ) {
    let told = OldMoments(old, in: tree.path)
    let created = [told.created] + documents.map { $0?["created_at"] }
    func isOfDay(_ moment: Timestamp) -> Bool { JobDate(moment) == day }
    let found =
      created.lazy.compactMap { Timestamp(recorded: $0) }.first(where: isOfDay)
      ?? told.stages.min().flatMap { isOfDay($0) ? $0 : nil }
    let start = Timestamp("\(day.year.padded(4))-\(day.month.padded(2))-\(day.day.padded(2))T00:00:00")
    (entry.created, entry.dateSource) = (found ?? start, found == nil ? "path" : "manifest")
  }

  private func isPlausible(_ moment: Timestamp) -> Bool {
    moment.microseconds > 788_918_400_000_000 && moment.microseconds < now.microseconds + 86_400_000_000
  }
}
