internal import Jobs

/// Runs `work`, and cancels it when it takes longer than `limit`.
///
/// - Throws: what `work` throws; ``JobError`` with code `io` about `subject` when the time is up.
public func within<Result: Sendable>(
  _ limit: Duration, _ subject: String, _ work: @escaping @Sendable () async throws -> Result
) async throws -> Result {
  try await withThrowingTaskGroup(of: Result.self) { group in
    group.addTask { try await work() }
    group.addTask {
      try await Task.sleep(for: limit)
      throw JobError(.io, subject, "gave no answer within \(limit.components.seconds) s")
    }
    defer { group.cancelAll() }
    guard let result = try await group.next() else { throw CancellationError() }
    return result
  }
}
