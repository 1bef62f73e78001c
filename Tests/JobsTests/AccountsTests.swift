import Jobs
import TestSupport
import Testing

/// What users are called.
struct AccountsTests {
  @Test func `an account's name is that of its number, whatever else stands in the file`() throws {
    let folder = try TemporaryFolder()
    let lines = "# local\nroot:x:0:0:root:/root:/bin/sh\n\nodd\nnoone::x:\nnight:x:1234:1234:,,,:/home/night:/bin/sh\n"
    let file = try folder.file("passwd", lines)
    #expect(accountName(of: 0, in: file) == "root" && accountName(of: 1234, in: file) == "night")
    #expect(accountName(of: 5, in: file) == "uid 5" && accountName(of: 0, in: folder.path("none")) == "uid 0")
  }
}
