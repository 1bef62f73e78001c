public import Jobs

/// Tells people and programs of failed jobs and ended batches, by the command and the webhook of config/.env.
///
/// Every event is on the disk, under `.cpwx/outbox`, before the first attempt to deliver it, and stays there until it is
/// delivered: at least once, mostly just once, and always under the same id. Nothing here makes a job wait or fail.
/// Settings: NOTIFY_COMMAND, NOTIFY_WEBHOOK, NOTIFY_SECRET, NOTIFY_ON, NOTIFY_TIMEOUT.
public final class Notifier: Sendable {
  public typealias Notice = @Sendable (String) -> Void

  private let workspace: Workspace
  private let settings: NoticeSettings
  private let secrets: [String]
  private let notice: Notice
  private let outbox: Outbox
  private let couriers: [Courier]

  /// - Parameters:
  ///   - environment: what the command inherits; its NOTIFY_ variables count before those of config/.env.
  ///   - notice: told, in a line without secrets, of mistakes in the settings and of what could not be delivered.
  public init(_ workspace: Workspace, environment: [String: String], notice: @escaping Notice) {
    let settings = NoticeSettings(workspace, environment: environment)
    let secrets = workspace.secrets(outer: environment)
    let outbox = Outbox(workspace)
    var carriers: [any Carrier] = []
    if let command = settings.command {
      carriers.append(
        CommandCarrier(command: command, workspace: workspace, environment: environment, secrets: secrets))
    }
    if let url = settings.webhook {
      carriers.append(
        WebhookCarrier(
          url: url, secret: settings.secret, proxy: settings.proxy, workspace: workspace, environment: environment,
          secrets: secrets))
    }
    (self.workspace, self.settings, self.secrets, self.outbox) = (workspace, settings, secrets, outbox)
    self.notice = { notice(Secrets.masked($0, secrets)) }
    couriers = carriers.map { [notice = self.notice] carrier in
      Courier(carrier, outbox: outbox, timeout: settings.timeout, notice: notice)
    }
    for mistake in settings.mistakes { self.notice("\(workspace.configFile): \(mistake)") }
  }

  /// Begins to deliver, in the background, what earlier runs could not.
  public func deliverPending() {
    guard !couriers.isEmpty else { return }
    let gone = outbox.sweep()
    if gone > 0 { notice("not delivered within 30 days, and gone: \(gone) of the notifications of earlier runs") }
    for courier in couriers { courier.kick() }
  }

  /// Tells of a failed job, if NOTIFY_ON wants that.
  ///
  /// - Parameter batch: the batch's id; the same failure in the same batch is the same event.
  public func jobFailed(_ job: FailedJob, batch: String?) {
    guard settings.occasions.contains(.failure) else { return }
    send(.failure(of: job, batch: batch, at: .now, workspace: workspace, secrets: secrets))
  }

  /// Tells how a batch ended, if NOTIFY_ON wants that.
  public func batchEnded(_ digest: BatchDigest) {
    guard settings.occasions.contains(.batch) else { return }
    send(.end(of: digest, workspace: workspace, secrets: secrets))
  }

  /// Waits for what is left to be delivered, at most NOTIFY_TIMEOUT; the rest stays for the next run.
  public func finish() {
    let limit = ContinuousClock.now + .seconds(settings.timeout)
    for courier in couriers { courier.close(by: limit) }
    for courier in couriers {
      // Ending a program that is late takes its moment.
      courier.wait(until: limit + .seconds(2))
      let lost = outbox.unsavedCount(for: courier.target)
      let left = outbox.waiting(for: courier.target).count - lost
      let (target, reason) = (courier.target.rawValue, courier.trouble ?? "there was no time")
      if left > 0 {
        let what = left == 1 ? "notification waits" : "notifications wait"
        notice("\(left) \(what) for the next run: the \(target) did not take them (\(reason))")
      }
      if lost > 0 {
        let what = lost == 1 ? "notification is" : "notifications are"
        notice("\(lost) \(what) lost: the \(target) did not take them (\(reason))")
      }
    }
  }

  private func send(_ event: NoticeEvent) {
    for courier in couriers {
      do {
        try outbox.add(Parcel(event, to: courier.target))
      } catch {
        notice("a notification could not be kept on the disk, and is lost if it cannot be delivered now: \(error)")
      }
      courier.kick()
    }
  }
}
