internal import Synchronization

/// What one process knows of the numbers that the trees show, so that the last job of a day takes it no longer to make
/// than the first.
///
/// Other writers make jobs there too, at any time and without a lock, so that all folders of the day are listed for each
/// job. Once that has taken a while, only the names that came since are asked for.
final class SeenNumbers: Sendable {
  private struct State {
    var day: SeenDay?
    /// How many names were listed.
    var listed = 0
    var canWatch = true
  }

  let workspace: Workspace
  private let many: Int
  private let state = Mutex(State())

  /// - Parameter many: how many names are listed before the folders are watched. The kernel takes up to 20 ms to end a
  ///   watch, as long as to list so many: a process that makes few jobs is sooner done without.
  init(in workspace: Workspace, many: Int = 30_000) { (self.workspace, self.many) = (workspace, many) }

  /// The highest number of a day that any tree shows now, 0 when none; and whether it is the first that is asked for.
  ///
  /// - Throws: ``JobError`` when a folder is there and cannot be read: numbers may hide in it.
  func highest(on day: JobDate) throws -> (number: Int, isFirst: Bool) {
    try state.withLock { state in
      if state.day?.day == day, state.day?.takeNews() == true, let known = state.day { return (known.highest, false) }
      let isFirst = state.day == nil
      let watch = state.canWatch && state.listed >= many ? NameWatch() : nil
      let now = try SeenDay(listing: day, in: workspace, watch: watch)
      // What refuses once, as other file systems do, is not asked for each job.
      if watch != nil, now.watch == nil { state.canWatch = false }
      state.listed += now.names
      state.day = now
      return (now.highest, isFirst)
    }
  }
}
