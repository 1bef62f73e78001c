public import Jobs
public import Testing

/// Expects a ``JobError`` of one code from `body`, and returns it.
@discardableResult
public func expectError(
  _ code: JobError.Code, _ location: SourceLocation = #_sourceLocation, from body: () async throws -> Void
) async throws -> JobError {
  do {
    try await body()
  } catch let error as JobError {
    #expect(error.code == code, "\(error)", sourceLocation: location)
    return error
  }
  Issue.record("no error was thrown", sourceLocation: location)
  throw CancellationError()
}
