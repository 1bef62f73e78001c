internal import Jobs

/// When a batch ends early because too much fails, as GNU parallel's `--halt` has it: `soon,fail=10%`, `now,fail=3`.
public enum HaltRule: Sendable, Equatable {
  case never
  /// - `atOnce`: what runs is stopped; else it may finish.
  case afterFailures(Int, atOnce: Bool)
  /// - `percent` of the jobs that have ended, once there are three.
  case afterPercent(Double, atOnce: Bool)

  /// - Throws: ``JobError`` with code `usage`.
  public init(_ text: String) throws {
    if text == "never" {
      self = .never
      return
    }
    let mistake = JobError(
      .usage, text, "is no rule to halt by", remedy: "Expected never, soon,fail=3, soon,fail=10% or now,fail=1.")
    let parts = text.split(separator: ",", omittingEmptySubsequences: false)
    guard parts.count == 2, parts[0] == "soon" || parts[0] == "now", parts[1].hasPrefix("fail=") else { throw mistake }
    let atOnce = parts[0] == "now"
    let amount = parts[1].dropFirst(5)
    if amount.last == "%" {
      guard let percent = Double(amount.dropLast()), percent > 0, percent <= 100 else { throw mistake }
      self = .afterPercent(percent, atOnce: atOnce)
    } else {
      guard let count = Int(amount), count > 0 else { throw mistake }
      self = .afterFailures(count, atOnce: atOnce)
    }
  }

  /// How the batch is to end, now that so many jobs have ended and so many of them failed.
  func level(ended: Int, failed: Int) -> StopSource.Level {
    switch self {
    case .never: .none
    case .afterFailures(let most, let atOnce): failed >= most ? (atOnce ? .now : .drain) : .none
    case .afterPercent(let most, let atOnce):
      ended >= 3 && Double(failed) * 100 >= most * Double(ended) ? (atOnce ? .now : .drain) : .none
    }
  }
}

extension HaltRule: CustomStringConvertible {
  public var description: String {
    func rule(_ atOnce: Bool, _ amount: String) -> String { "\(atOnce ? "now" : "soon"),fail=\(amount)" }
    return switch self {
    case .never: "never"
    case .afterFailures(let most, let atOnce): rule(atOnce, "\(most)")
    case .afterPercent(let most, let atOnce): rule(atOnce, "\(most == most.rounded() ? "\(Int(most))" : "\(most)")%")
    }
  }
}
