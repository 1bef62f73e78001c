internal import SystemPackage

/// Hands out the numbers of a day's jobs: one writer at a time, none given twice.
///
/// The day's file under `.cpwx/numbers/` is both the lock and the memory of the highest number ever given, so that a
/// number stays used when its job is archived or deleted. What the trees hold counts too: other writers make jobs there.
struct JobNumbering {
  let workspace: Workspace

  /// Calls `body` with the next id of `today()`, holding that day's lock, so that the job's folder is there before
  /// anyone else looks.
  ///
  /// - Throws: ``JobError``, or what `body` throws; the number is then used up.
  func withNextID<Result>(now: () -> Timestamp, _ body: (JobID, Timestamp) throws -> Result) throws -> Result {
    let folder = workspace.stateFolder.appending("numbers")
    try makeFolder(folder)
    while true {
      let day = JobDate(now())
      let lock = try FileLock.wait(for: folder.appending(day.digits))
      let moment = now()
      // Midnight may have passed while waiting: that day's numbers are then another lock's.
      guard JobDate(moment) == day else { continue }
      let given = Int(String(decoding: try lock.content(), as: UTF8.self).prefix(while: \.isNumber)) ?? 0
      let id = JobID(date: day, number: max(given, highestSeen(on: day)) + 1)
      try lock.replaceContent(Array("\(id.number)\n".utf8))
      let result = try body(id, moment)
      _ = consume lock
      return result
    }
  }

  /// The highest number that the trees show for a day, of any user and in any width; 0 when none.
  private func highestSeen(on day: JobDate) -> Int {
    var highest = 0
    func note(_ name: some StringProtocol) {
      guard name.hasPrefix(day.digits), let id = JobID(String(name)), id.date == day else { return }
      highest = max(highest, id.number)
    }
    for root in [workspace.outputRoot, workspace.logRoot, workspace.archiveRoot] {
      let folder = root.pushing(FilePath(day.folders))
      for name in names(in: folder) {
        note(name)
        for inner in names(in: folder.appending(name)) { note(inner.prefix { $0 != "." }) }
      }
    }
    let marker = ".env.job_"
    for name in names(in: workspace.configFolder) where name.hasPrefix(marker) { note(name.dropFirst(marker.count)) }
    return highest
  }
}
