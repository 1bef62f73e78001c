internal import Jobs
internal import SystemPackage

/// Delivers to NOTIFY_COMMAND: the document on its standard input, exit code 0 for delivered.
struct CommandCarrier: Carrier {
  let command: String
  let workspace: Workspace
  let environment: [String: String]
  let secrets: [String]

  var target: NoticeTarget { .command }

  func deliver(_ event: NoticeEvent, until limit: () -> ContinuousClock.Instant) -> DeliveryAnswer {
    var variables = environment
    variables["CPWX_EVENT"] = event.kind
    variables["CPWX_EVENT_ID"] = event.id
    variables["CPWX_WORKSPACE"] = workspace.root.string
    let program = HelperProgram(
      arguments: ["/bin/sh", "-c", command], environment: variables, folder: workspace.root, input: event.body)
    do {
      let outcome = try program.run(until: limit)
      if outcome.status == 0 { return .delivered }
      if outcome.isLate { return .unavailable("it took too long and was ended", after: nil) }
      let said = outcome.lastLine.map { ": " + Secrets.masked($0, secrets) } ?? ""
      return .failed((outcome.status.map { "it ended with exit code \($0)" } ?? "it was killed") + said)
    } catch {
      return .failed("it could not be started: \(error)")
    }
  }
}
