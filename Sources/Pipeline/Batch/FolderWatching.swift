internal import Index
internal import Jobs
internal import Synchronization
internal import SystemPackage

/// Films that come while a batch is at work.
extension BatchRun {
  /// Looks for films that come, until the run is told to end.
  func watch() {
    let watch = FolderWatch()
    // What is still copied makes no noise at its end that every file system would tell of.
    var isPending = true
    var trouble: String?
    while stop.level == .none, queue.isOpen {
      for folder in plan.withLock({ $0.folders }) { watch.add(folder) }
      var rest = isPending ? max(0.5, min(batch.options.settle, 10)) : 60
      if batch.options.maxJobs != nil { rest = min(rest, 1) }
      if let until = batch.options.until { rest = min(rest, max(0.1, until.seconds(since: .now))) }
      watch.wait(until: stop.drainWakeUp, milliseconds: Int(rest * 1000))
      // A copy goes on for a while once it has begun, and need not be looked at each time it grows.
      stop.waitToDrain(atMost: 0.5)
      if stop.level == .none, queue.isOpen { isPending = look(&trouble) }
    }
    queue.close()
  }

  /// Decides about the films that are there now, and has the new ones run.
  ///
  /// - Parameter trouble: why that was not to be done the last time; it is told once.
  /// - Returns: whether any is not there as a whole yet.
  private func look(_ trouble: inout String?) -> Bool {
    let (inputs, known) = plan.withLock { ($0.inputs, $0.films) }
    // A film that somebody had open when its turn came may be as it was once it is closed.
    let pending = leftPending
    let seen: [FileFact: InputDecision.Kind] = Dictionary(
      known.enumerated().map { number, film in (FileFact(film), pending.contains(number) ? .pending : film.kind) },
      uniquingKeysWith: { $1 })
    do {
      let anew = try batch.plan(
        inputs: inputs.filter { isDirectory($0) }, resumed: [], stop: stop,
        notice: IndexNotice { [observe] in observe(.warning($0)) })
      let came = anew.films.filter { film in
        film.kind.isWork && !queue.isRunning(film.input)
          && seen[FileFact(film)].map { $0 == .pending || $0 == .held } ?? true
      }
      let first = plan.withLock { plan in
        plan.folders = anew.folders
        let first = plan.films.count
        plan.films += came
        return first
      }
      if !came.isEmpty {
        // Those that were left at their turn count already.
        let last = Dictionary(known.enumerated().map { ($0.element.input, $0.offset) }, uniquingKeysWith: { $1 })
        let added = came.count { film in last[film.input].map { !pending.contains($0) } ?? true }
        if added > 0 { observe(.filmsAdded(added, stages: added * batch.selection.wanted.count)) }
        queue.add(plan.withLock { Self.work(in: $0.films, from: first) })
      }
      trouble = nil
      return anew.films.contains { $0.kind == .pending && $0.problem == nil }
    } catch {
      let text = "\(error)"
      if text != trouble { observe(.warning("the folders could not be looked through: \(text)")) }
      trouble = text
      return true
    }
  }

  /// A file as it was when it was decided about.
  private struct FileFact: Hashable {
    let path: FilePath
    let size: Int
    let modified: Int64

    init(_ film: InputDecision) {
      path = film.input
      (size, modified) = (film.seen?.size ?? -1, film.seen?.modified ?? 0)
    }
  }
}
