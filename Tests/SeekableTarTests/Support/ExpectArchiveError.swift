import SeekableTar
import Testing

/// Expects an ``ArchiveError`` of one code from `body`, and returns it.
@discardableResult
func expectArchiveError(
  _ codes: ArchiveError.Code..., at location: SourceLocation = #_sourceLocation, from body: () throws -> Void
) throws -> ArchiveError {
  do {
    try body()
  } catch let error as ArchiveError {
    #expect(codes.contains(error.code), "\(error)", sourceLocation: location)
    return error
  }
  Issue.record("no error was thrown", sourceLocation: location)
  throw CancellationError()
}
