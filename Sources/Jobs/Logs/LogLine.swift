public import SystemPackage

/// One line of a job's log.
public struct LogLine: Sendable, Equatable {
  public var log: FilePath
  /// Without its end. Bytes that are no UTF-8 are replaced.
  public var text: String

  init(of log: FilePath, _ bytes: [UInt8]) { (self.log, text) = (log, String(decoding: bytes, as: UTF8.self)) }

  /// The stage whose log it is, with underscores; `nil` for the orchestrator's.
  public var stage: String? {
    let name = log.lastComponent?.stem ?? ""
    return JobLogs.isOrchestrators(name) ? nil : StageName(name).description
  }
}
