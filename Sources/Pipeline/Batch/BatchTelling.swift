internal import Jobs

/// What a batch tells while it runs: to whoever shows it, and to `cpwx status`.
struct BatchTelling: Sendable {
  private let id: String
  private let batch: FilmBatch
  private let status: BatchStatus
  /// Takes what happens, and masks the secrets in it.
  let observe: @Sendable (RunEvent) -> Void

  init(of id: String, _ batch: FilmBatch, _ observer: @escaping @Sendable (RunEvent) -> Void) {
    (self.id, self.batch) = (id, batch)
    let status = BatchStatus(of: id, in: batch.workspace)
    self.status = status
    observe = { [secrets = batch.secrets] event in
      let event = event.masked(secrets)
      status.note(event)
      observer(event)
    }
  }

  func begin(_ films: [InputDecision], lanes: [String: Int]) {
    let expected = films.compactMap { $0.estimate?.seconds }
    observe(
      .batchStarted(
        id, films: films.count, stages: films.count * batch.selection.wanted.count, lanes: lanes,
        expected: expected.isEmpty ? nil : expected.reduce(0, +)))
    for film in films where film.settlesIn > 0 { observe(.filmSettles(film.input, seconds: batch.options.settle)) }
  }

  /// Ends the batch and its record, which stays if there was anything to do.
  func end(_ record: consuming OpenBatch?, _ run: BatchRun, _ stop: StopSource) -> [FilmBatch.Result] {
    let results = run.results()
    defer { status.end() }
    let end: PipelineStatus =
      stop.level > .none && !stop.isPastDeadline
      ? .interrupted : results.contains(where: \.isUnfinished) ? .failed : .completed
    do {
      // One that watched, and no film came: a report is to tell of the last that had any.
      if run.hasWork {
        let told = results.filter { !$0.wasDoneBefore }
        try record.take()?.end(
          end, jobs: told.map { $0.document(in: batch.workspace, batch.secrets) },
          doneBefore: results.count - told.count)
      } else {
        record.take()?.leaveNone()
      }
    } catch {
      observe(.warning("the batch's record could not be ended: \(error)"))
    }
    observe(.batchEnded(id, end))
    return results
  }
}
