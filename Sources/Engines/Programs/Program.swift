internal import Jobs
internal import Subprocess
internal import SystemPackage

/// Runs other programs: engines, ffmpeg, curl.
///
/// A program ends with us: when the task is cancelled it gets SIGTERM, five seconds, then SIGKILL. It stays in our
/// process group, so that whoever kills the group kills both.
public struct Program: Sendable {
  /// A path when it holds a slash, else a name that is looked for in PATH.
  public var name: String
  public var arguments: [String]
  /// Changes to the inherited environment; `nil` removes a variable.
  public var environment: [String: String?]
  /// Bytes for standard input.
  public var input: [UInt8]
  /// What to do when the program is not installed.
  public var remedy: String?

  public init(
    _ name: String, _ arguments: [String], environment: [String: String?] = [:], input: [UInt8] = [],
    remedy: String? = nil
  ) {
    self.name = name
    self.arguments = arguments
    self.environment = environment
    self.input = input
    self.remedy = remedy
  }

  /// How a program ended.
  public struct Outcome: Sendable {
    /// The exit status; 128 and the signal's number when a signal ended it.
    public var status: Int
    public var signal: Int?
    /// Standard output, unless its lines went to a closure.
    public var output: [UInt8]
    /// The last lines of standard error.
    public var lastLines: [String]

    public var succeeded: Bool { status == 0 }
  }

  /// Runs the program to its end. A non-zero exit status is a normal result, not an error.
  ///
  /// - Parameters:
  ///   - onOutput: gets each line of standard output; `nil` collects the bytes instead.
  ///   - onError: gets each line of standard error.
  /// - Throws: ``JobError`` with code `missingEngine` when there is no such program, `io` when it cannot be started;
  ///   `CancellationError` when the task was cancelled.
  public func run(
    onOutput: (@Sendable (String) -> Void)? = nil, onError: @escaping @Sendable (String) -> Void = { _ in }
  ) async throws -> Outcome {
    var options = PlatformOptions()
    options.teardownSequence = [.gracefulShutDown(allowedDurationToNextStep: .seconds(5))]
    let configuration = Configuration(
      executable: name.contains("/") ? .path(FilePath(name)) : .name(name), arguments: Arguments(arguments),
      environment: .custom(inheritedEntries(changing: environment)), platformOptions: options)
    let stdin = try namelessFile(input)
    do {
      let result = try await Subprocess.run(
        configuration, input: .fileDescriptor(stdin, closeAfterSpawningProcess: true), output: .sequence,
        error: .sequence
      ) { execution in
        async let tail = Self.lastLines(of: execution.standardError, onError)
        let output = try await Self.collect(execution.standardOutput, onOutput)
        return (output, try await tail)
      }
      try Task.checkCancellation()
      let (status, signal) = Self.numbers(result.terminationStatus)
      return Outcome(
        status: status, signal: signal, output: result.closureResult.0, lastLines: result.closureResult.1)
    } catch let error as SubprocessError {
      try Task.checkCancellation()
      if error.code == .executableNotFound {
        throw JobError(.missingEngine, name, "is not installed", remedy: remedy)
      }
      throw JobError(.io, name, "cannot be run", remedy: remedy, underlying: error)
    }
  }

  private static func collect(
    _ stream: SubprocessOutputSequence, _ onLine: (@Sendable (String) -> Void)?
  ) async throws -> [UInt8] {
    var bytes: [UInt8] = []
    var splitter = LineSplitter()
    for try await buffer in stream {
      let piece = unsafe buffer.withUnsafeBytes { unsafe Array($0) }
      guard let onLine else {
        bytes += piece
        continue
      }
      for line in splitter.lines(adding: piece) { onLine(line) }
    }
    if let onLine, let rest = splitter.rest() { onLine(rest) }
    return bytes
  }

  private static func lastLines(
    of stream: SubprocessOutputSequence, _ onLine: @Sendable (String) -> Void
  ) async throws -> [String] {
    var last: [String] = []
    var splitter = LineSplitter()
    func keep(_ line: String) {
      onLine(line)
      last.append(line)
      if last.count > 30 { last.removeFirst() }
    }
    for try await buffer in stream {
      for line in unsafe splitter.lines(adding: buffer.withUnsafeBytes { unsafe Array($0) }) { keep(line) }
    }
    if let rest = splitter.rest() { keep(rest) }
    return last
  }

  private static func numbers(_ status: TerminationStatus) -> (status: Int, signal: Int?) {
    switch status {
    case .exited(let code): (Int(code), nil)
    case .signaled(let signal): (128 + Int(signal), Int(signal))
    }
  }
}
