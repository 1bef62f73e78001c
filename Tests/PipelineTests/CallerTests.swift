import Testing

@testable import Pipeline

/// Who is told to have run something.
struct CallerTests {
  @Test func `where no variable tells the name, the system does`() {
    #expect(caller(["USER": "", "LOGNAME": "priya"]).hasPrefix("priya@"))
    #expect(caller(["SUDO_USER": "priya", "USER": "root"]).hasPrefix("priya@"))
    #expect(!caller([:]).hasPrefix("uid "))
  }
}
