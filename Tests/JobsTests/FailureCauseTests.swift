import Testing

@testable import Jobs

struct FailureCauseTests {
  static let causes: [(reason: String?, said: String?, told: String)] = [
    ("exit code 3", "one\nno model\n", "no model"),
    ("exit code 3", nil, "exit code 3"),
    ("optional, and failed: exit code 3", "no model", "optional, and failed: no model"),
    ("exit code 3; the cluster ended it", "no model", "no model; the cluster ended it"),
    ("it took longer than 3 s and was ended", "no model", "it took longer than 3 s and was ended"),
    (nil, "no model\n  cpwx doctor tells more", "no model"),
  ]

  @Test(arguments: causes)
  func `the last line of a stage stands for its exit code, and what others said of it stays`(
    reason: String?, said: String?, told: String
  ) {
    #expect(failureCause(reason: reason, said: said) == told)
  }
}
