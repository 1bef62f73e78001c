import Foundation
import Testing

extension TestWorkspace {
  /// Starts cpwx with a clock of its own, which ``setClock(_:)`` sets, and each stage that does `mv ahead clock` or
  /// `mv back clock`: by an hour.
  ///
  /// faketime gives cpwx that time of day; time that passes stays true. That needs a cpwx that is linked at run time, as the
  /// debug build is.
  func startWithClock(_ arguments: String...) throws -> Program {
    for (name, offset) in [("clock", "+0"), ("ahead", "+3600"), ("back", "-3600")] { try write(name, offset + "\n") }
    let clock = ["FAKETIME_TIMESTAMP_FILE=clock", "FAKETIME_NO_CACHE=1", "NO_FAKE_STAT=1"]
    let faketime = ["faketime", "-m", "--exclude-monotonic", "-f", "+0", "env", "-u", "FAKETIME"] + clock
    let program = try start(faketime + [CPWX.besideTests] + arguments)
    atEnd { kill(-program.pid, SIGKILL) }
    return program
  }

  /// - Parameter name: `ahead` or `back`.
  func setClock(_ name: String) { #expect(rename(path(name), path("clock")) == 0) }
}
