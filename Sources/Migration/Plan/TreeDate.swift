internal import Jobs

extension TreeReader {
  /// The date by the best that tells it.
  func date(_ entry: inout MigrationEntry, _ tree: FoundTree, _ scan: TreeScan, _ old: OldManifest) {
    let document = old.manifest?.document
    let recorded = (document?["created_at"]?.string ?? document?["timestamp"]?.string)
    var moments: [String: Timestamp] = [:]
    moments["manifest"] = recorded.flatMap { Timestamp($0) }.flatMap { isPlausible($0) ? $0 : nil }
    if let recorded, moments["manifest"] == nil {
      entry.problems.append(.warning("the manifest says it was made \(recorded), which cannot be"))
    }
    moments["log"] = logs.moments(of: tree.name).filter(isPlausible).min()
    if moments.isEmpty || options.dateFrom == "newest_file" {
      moments["newest_file"] = scan.newest { isPlausible(Timestamp(microseconds: $0 / 1000)) }.map {
        Timestamp(microseconds: $0 / 1000)
      }
    }
    for source in (options.dateFrom.map { [$0] } ?? []) + MigrationOptions.dateSources {
      if let moment = moments[source] {
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

  private func isPlausible(_ moment: Timestamp) -> Bool {
    moment.microseconds > 788_918_400_000_000 && moment.microseconds < now.microseconds + 86_400_000_000
  }
}
