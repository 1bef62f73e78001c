public import SystemPackage

#if canImport(Glibc)
  internal import Glibc
#else
  internal import Musl
#endif

extension LogReading {
  /// Why following ended.
  public enum Ending: Sendable {
    /// Nobody runs the job, and all it wrote is printed.
    case jobEnded
    /// Nobody reads what is printed any more.
    case readerGone
  }

  /// How a job stands for one who follows it.
  private enum Standing {
    case running
    /// It was never begun: it will be.
    case pending
    case ended
  }

  /// Prints what the logs hold and goes on with what comes, through all stages, until nobody runs the job any more.
  ///
  /// A job that was not begun yet is waited for; one that has ended, however it did, is printed and left.
  /// - Parameters:
  ///   - reader: where the text goes in the end; when it has no reader any more, that is noticed also in silence.
  ///   - watch: wakes when there may be something new.
  ///   - say: told what is waited for.
  /// - Throws: ``JobError`` with code `io` when a log cannot be read, `usage` when the job ended without a log of the
  ///   stage.
  public func follow(
    reader: FileDescriptor, watch: FolderWatch = FolderWatch(), say: (String) -> Void
  ) throws -> Ending {
    var said: Set<String> = []
    func sayOnce(_ text: String) {
      if said.insert(text).inserted { say(text) }
    }
    while true {
      // In this order, so that nothing that happens in between is missed: watch, look who runs it, read.
      for folder in [paths.logs, paths.output] { watch.add(folder) }
      let standing = standing
      try writeNews()
      switch standing {
      case .ended:
        finish()
        if let stage, sources.isEmpty { _ = try JobLogs(of: paths).file(of: stage) }
        return .jobEnded
      case .pending: sayOnce("\(paths.id) was not begun yet; waiting for a run of it. Ctrl-C ends the waiting.")
      case .running:
        if let stage, sources.isEmpty { sayOnce("\(paths.id): \(stage) was not begun yet; waiting for it.") }
      }
      guard watch.wait(reader: reader) else { return .readerGone }
      // A stage that writes line by line is read some lines at a time.
      usleep(20_000)
    }
  }

  private var standing: Standing {
    if FileLock.isHeld(paths.lock) { return .running }
    guard exists(paths.output) else { return .ended }
    guard exists(paths.manifest) else { return .pending }
    return (try? Manifest(reading: paths.manifest))?.status(isRunning: false) == .pending ? .pending : .ended
  }
}
