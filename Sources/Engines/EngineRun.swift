public import Jobs
internal import SystemPackage

extension EngineHome {
  /// The call of an adapter with the environment it expects.
  func program(_ adapter: FilePath, _ verb: String?, input: [UInt8] = []) -> Program {
    Program(
      python.string, [adapter.string] + (verb.map { [$0] } ?? []),
      // What a person's shell sets for other Pythons would mix foreign packages into this one.
      environment: [
        "CPWX_ENGINES": root.string, "PYTHONPATH": nil, "PYTHONHOME": nil, "PYTHONNOUSERSITE": "1",
        "PYTHONIOENCODING": "utf-8",
      ],
      input: input, remedy: EngineHome.remedy)
  }
}

extension Engine {
  /// Gives the engine a request and returns its result.
  ///
  /// - Parameters:
  ///   - request: see the engines' contract: times in seconds, languages as ISO 639-1 codes.
  ///   - progress: gets the fraction done, 0 to 1.
  ///   - log: gets every other line the engine writes.
  /// - Throws: ``JobError`` with the engine's own words; the code is `usage` for a request it refuses, `damaged` for
  ///   audio it cannot read, `missingEngine` for a model or language that is not installed, else `io`.
  public func run(
    _ request: JSON, in home: EngineHome, progress: @escaping @Sendable (Double) -> Void,
    log: @escaping @Sendable (String) -> Void
  ) async throws -> JSON {
    let outcome = try await home.program(adapter, "run", input: request.bytes(.compact)).run(onError: { line in
      if line.hasPrefix("progress "), let fraction = Double(line.dropFirst("progress ".count)) {
        progress(min(1, max(0, fraction)))
      } else if !line.hasPrefix("error: ") {
        log(line)
      }
    })
    guard outcome.succeeded else { throw failure(outcome, about: request["audio"]?.string) }
    do {
      return try JSON(parsing: outcome.output)
    } catch {
      throw JobError(
        .io, name, "its answer is no JSON", remedy: "See the lines above. \(EngineHome.remedy)", underlying: error)
    }
  }

  private func failure(_ outcome: Program.Outcome, about audio: String?) -> JobError {
    let code: JobError.Code =
      switch outcome.status {
      case 64: .usage
      case 65: .damaged
      case 69: .missingEngine
      default: .io
      }
    if let signal = outcome.signal {
      let why = signal == 9 ? "; most often the memory ran out" : ""
      return JobError(
        code, name, "was ended by signal \(signal)\(why)",
        remedy: "Free memory, or choose a smaller model or engine, and run the stage again.")
    }
    let said = outcome.complaint
    let message = said ?? outcome.lastLines.last ?? "ended with exit status \(outcome.status) and no word"
    return JobError(code, name, message, remedy: said == nil ? audio.map { "The audio was \($0)." } : nil)
  }
}

extension Program.Outcome {
  /// What an adapter says went wrong, as its contract has it: in a line that begins so.
  var complaint: String? {
    let mark = "error: "
    return lastLines.last { $0.hasPrefix(mark) }.map { String($0.dropFirst(mark.count)) }
  }
}
