import Jobs
import SystemPackage
import TestSupport
import Testing

@testable import Notices

struct `The settings of notifications` {
  private func settings(_ text: String, _ environment: [String: String] = [:]) throws -> NoticeSettings {
    NoticeSettings(try NoticeWorkspace(text).workspace, environment: environment)
  }

  @Test func `are all of it to nobody where nothing is set`() throws {
    let settings = try settings("NOTIFY_COMMAND=\nNOTIFY_WEBHOOK=\nNOTIFY_ON=\nNOTIFY_TIMEOUT=\n")
    #expect(settings.command == nil && settings.webhook == nil && settings.secret == nil)
    #expect(settings.occasions == [.failure, .batch])
    #expect(settings.timeout == 10)
    #expect(settings.mistakes == [])
  }

  @Test func `of the environment count before those of the file`() throws {
    let text = "NOTIFY_COMMAND=a\nNOTIFY_WEBHOOK=https://b/\nHTTPS_PROXY=http://p:1\n"
    let settings = try settings(text, ["NOTIFY_COMMAND": "", "NOTIFY_TIMEOUT": "1m"])
    #expect(settings.command == nil)
    #expect(settings.webhook == "https://b/")
    #expect(settings.proxy == "http://p:1")
    #expect(settings.timeout == 60)
  }

  @Test(
    arguments: [
      ("failure", [.failure]), ("batch", [.batch]), ("batch, failure", [.failure, .batch]), ("none", []),
    ] as [(String, Set<NoticeSettings.Occasion>)])
  func `say what is told`(text: String, occasions: Set<NoticeSettings.Occasion>) throws {
    let settings = try settings("NOTIFY_ON=\(text)\n")
    #expect(settings.occasions == occasions)
    #expect(settings.mistakes == [])
  }

  @Test(arguments: [
    "NOTIFY_ON=always", "NOTIFY_ON=none,batch", "NOTIFY_TIMEOUT=soon", "NOTIFY_TIMEOUT=0", "NOTIFY_TIMEOUT=1d",
    "NOTIFY_WEBHOOK=example.org/secret-path", "NOTIFY_WEBHOOK=file:///secret-path",
  ])
  func `are named where they are wrong, and stop nothing`(line: String) throws {
    let place = try NoticeWorkspace(line + "\nNOTIFY_COMMAND='echo x >> told'\n")
    try place.run { $0.batchEnded(.example()) }
    #expect(place.notices.count == 1)
    #expect(place.notices.first?.contains(String(line.prefix { $0 != "=" })) == true)
    #expect(place.notices.first?.contains("secret-path") == false)
    #expect(try place.folder.text("told") == "x\n")
  }

  @Test func `leave out what is not wanted`() throws {
    let place = try NoticeWorkspace("NOTIFY_ON=batch\nNOTIFY_COMMAND='echo \"$CPWX_EVENT\" >> told'\n")
    try place.run { notifier in
      notifier.jobFailed(.example(), batch: "b")
      notifier.batchEnded(.example())
    }
    #expect(try place.folder.text("told") == "batch.completed\n")
  }

  @Test func `that name nobody leave no trace`() throws {
    let place = try NoticeWorkspace()
    try place.run { $0.batchEnded(.example()) }
    #expect(!exists(place.folder.path(".cpwx")))
  }
}
