internal import Index
internal import Jobs
internal import Synchronization
internal import SystemPackage

/// A film whose turn has come: looked at once more, and its job made or brought up to what it is to run with.
extension BatchRun {
  /// What comes of a film whose turn it is.
  func begin(_ planned: InputDecision, _ number: Int) -> Begun {
    var film = planned
    do {
      if let reason = try reasonToLeave(&film) {
        film.kind = .pending
        return .result(FilmBatch.Result(film: film, job: film.job, reason: reason))
      }
      // What is smaller than any film tells nothing, and is not worth a program's start.
      guard stop.level == .none else { throw CancellationError() }
      if film.playTime == nil, let size = film.identity?.size, size >= 1 << 20 {
        film.playTime = playTime(
          of: film.input, environment: batch.environment, toolFolders: batch.toolFolders, stop: stop)
      }
      let job = try job(for: film)
      queue.began(number, in: job.output)
      return .job(job, of: film)
    } catch is CancellationError {
      film.kind = .pending
      return .result(FilmBatch.Result(film: film, job: film.job, reason: queue.reasonStopped))
    } catch {
      if wasTakenAway(film) {
        film.kind = .pending
        let reason = "the film is gone; under another name, or once it is back, a run takes it up"
        observe(.warning("\(film.input): \(reason)"))
        return .result(FilmBatch.Result(film: film, job: film.job, reason: reason))
      }
      var result = failed(film, nil, error)
      result.isGone = !exists(film.input)
      return .result(result)
    }
  }

  /// Whether somebody has moved, renamed or removed a film of a folder, which runs look through again. One that was named is
  /// missed, and so are those of a disk that is away.
  private func wasTakenAway(_ film: InputDecision) -> Bool {
    do throws(Errno) {
      _ = try FileStatus(of: film.input)
      return false
    } catch {
      guard [.noSuchFileOrDirectory, .notDirectory].contains(error) else { return false }
    }
    let inputs = plan.withLock { $0.inputs.map { absolute($0) } }
    guard let seen = film.seen, !inputs.contains(film.input),
      inputs.contains(where: { film.input.starts(with: $0) && isDirectory($0) })
    else { return false }
    var folder = film.input.removingLastComponent()
    while !isDirectory(folder), folder.removeLastComponent() {}
    // Where a disk was mounted there is an empty folder of another one.
    return !names(in: folder).isEmpty || (try? FileStatus(of: folder))?.device == seen.device
  }

  /// Looks once more whether the film is there as a whole, now that its turn has come, and reads it.
  ///
  /// - Returns: why it must wait; `nil` when it need not.
  private func reasonToLeave(_ film: inout InputDecision) throws -> String? {
    let before: FileStatus
    do {
      before = try FileStatus(of: film.input)
    } catch {
      throw JobError(.io, film.input.string, "the film is gone", remedy: "Nothing was begun.", underlying: error)
    }
    // One that looks as it did has been still since; whatever its time says.
    let settle = film.seen.map { $0 == before } ?? true ? 0 : batch.options.settle
    guard Settling(of: film.input, before, settle: settle) == .settled else { return "the file is still being written" }
    if film.identity?.stillFits(before) != true { film.identity = try FilmIdentity(hashing: film.input, stop: stop) }
    guard film.identity?.stillFits(try FileStatus(of: film.input)) == true else {
      return "the file was written while it was read"
    }
    return nil
  }

  /// The film's job: the standing one, or a new one.
  private func job(for film: InputDecision) throws -> JobPaths {
    let overlay = try FilmBatch.overlay(for: film.input)
    let check = SettingsCheck(workspace, environment: batch.environment)
    guard let job = film.job else {
      if let overlay { try check.require(overlay, of: film.input, user: batch.user) }
      let created = try manager.createJob(
        userID: batch.user, by: caller(batch.environment), overlay: overlay, pipeline: batch.selection.source,
        input: film.document(in: workspace)
      ) { next in
        if batch.again { return }
        try plan.withLock { try $0.newcomers.confirmNone(of: film, user: batch.user, next: next) }
      }
      plan.withLock { $0.newcomers.note(created.paths, of: film) }
      batch.index?.tell(created.paths)
      return created.paths
    }
    if film.archive != nil, let restore = batch.restore {
      try restore(job)
      batch.index?.tell(job)
    }
    if batch.renewsConfig || !batch.isWorker && hasOldSettings(job) {
      if let overlay { try check.require(overlay, of: film.input, user: job.userID) }
      let lock = try FileLock.take(job.lock, subject: job.id.description)
      try manager.renewJobEnv(job, overlay: overlay)
      _ = consume lock
    }
    try check.require(of: job)
    return job
  }

  /// Whether a job was made of the configuration at hand, as that was then, and has not begun, be it that it was cancelled:
  /// nothing was done with the settings that it has.
  private func hasOldSettings(_ job: JobPaths) -> Bool {
    guard let info = try? JobInfo(reading: job.info), let manifest = try? Manifest(reading: job.manifest)
    else { return false }
    return info.configFile == workspace.documentPath(workspace.configFile)
      && [.pending, .interrupted].contains(manifest.recordedStatus)
      && manifest.runs == 0 && manifest.stages.isEmpty
  }
}
