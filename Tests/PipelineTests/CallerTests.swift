import TestSupport
import Testing

@testable import Pipeline

/// Who is told to have run something.
struct CallerTests {
  @Test func `where no variable tells the name, the system does`() {
    #expect(caller(["USER": "", "LOGNAME": "priya"]).hasPrefix("priya@"))
    #expect(caller(["SUDO_USER": "priya", "USER": "root"]).hasPrefix("priya@"))
    #expect(!caller([:]).hasPrefix("uid "))
  }

  @Test func `an account's name is that of its number, whatever else stands in the file`() throws {
    let folder = try TemporaryFolder()
    let lines = "# local\nroot:x:0:0:root:/root:/bin/sh\n\nodd\nnoone::x:\nnight:x:1234:1234:,,,:/home/night:/bin/sh\n"
    let file = try folder.file("passwd", lines)
    #expect(accountName(of: 0, in: file) == "root" && accountName(of: 1234, in: file) == "night")
    #expect(accountName(of: 5, in: file) == nil && accountName(of: 0, in: folder.path("none")) == nil)
  }
}
