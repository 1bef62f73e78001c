import Foundation
import Jobs
import Notices
import SystemPackage
import TestSupport
import Testing

struct `A webhook` {
  private static let secret = "between-you-and-me"

  private func site(_ server: NoticeServer, _ place: NoticeWorkspace, _ more: String = "") throws {
    try place.configure("NOTIFY_WEBHOOK=\(server.url)\nNOTIFY_SECRET=\(Self.secret)\n\(more)")
  }

  @Test func `gets a failure and the end of a batch, signed, each under its id`() throws {
    let place = try NoticeWorkspace()
    let server = try NoticeServer(place.folder.root, secret: Self.secret)
    try site(server, place)
    try place.run { notifier in
      notifier.jobFailed(.example(), batch: "20251030-220000-7")
      notifier.batchEnded(.example())
    }
    let requests = server.requests
    #expect(requests.map { $0["event"]?.string } == ["job.failed", "batch.completed"])
    #expect(requests.allSatisfy { $0["signed"]?.bool == true && $0["type"]?.string == "application/json" })
    #expect(requests.allSatisfy { $0["shown"]?.bool == false }, "the secret or the URL among a program's arguments")
    #expect(requests.first?["path"]?.string == "/hook?token=in-the-url")
    let failure = try JSON(parsing: (requests.first?["body"]?.string ?? "").utf8)
    #expect(failure["schema_version"]?.string == "1.0")
    #expect(failure["event_id"] == requests.first?["id"])
    #expect(failure["workspace"]?.string == place.folder.root.string)
    #expect(failure["batch_id"]?.string == "20251030-220000-7")
    #expect(failure["job_id"]?.string == "20251030-001")
    #expect(failure["stage"]?.string == "asr")
    #expect(failure["at"]?.string.flatMap { Timestamp($0) } != nil)
    #expect(place.waiting == [])
    #expect(place.notices == [])
  }

  @Test func `that fails, hangs up and is busy gets the same again until it takes it, and not once more`() throws {
    let place = try NoticeWorkspace()
    let server = try NoticeServer(place.folder.root, answers: ["500", "close", "408"], secret: Self.secret)
    try site(server, place, "NOTIFY_TIMEOUT=10m\n")
    try place.run { $0.jobFailed(.example(), batch: "b") }
    try place.run()
    let requests = server.requests
    #expect(requests.map { $0["answer"]?.string } == ["500", "close", "408", "200"])
    #expect(Set(requests.map { $0["id"]?.string }).count == 1)
    #expect(Set(requests.map { $0["body"]?.string }).count == 1)
    #expect(requests.allSatisfy { $0["signed"]?.bool == true })
    #expect(place.waiting == [])
  }

  @Test func `that stalls is given up for this run, and gets it in the next one`() throws {
    try withTime { times in
      let place = try NoticeWorkspace()
      let server = try NoticeServer(place.folder.root, answers: ["stall"], secret: Self.secret)
      try site(server, place, "NOTIFY_TIMEOUT=\(times)s\n")
      try place.run { $0.batchEnded(.example()) }
      // The request may not have come as far as the server.
      guard server.requests.count == 1, place.notices.first?.contains("it gave no answer in time") == true else {
        return false
      }
      #expect(place.waiting.count == 1)
      #expect(place.notices.count == 1)
      try site(server, place, "NOTIFY_TIMEOUT=10m\n")
      try place.run()
      #expect(place.waiting == [])
      #expect(server.requests.map { $0["answer"]?.string } == ["stall", "200"])
      #expect(Set(server.requests.map { $0["id"]?.string }).count == 1)
      return true
    }
  }

  @Test func `that is down gets all of it from a later notifier, in order`() throws {
    let place = try NoticeWorkspace()
    let down = try NoticeServer(place.folder.root, answers: ["down"])
    try site(down, place, "NOTIFY_TIMEOUT=1s\n")
    try place.run { notifier in
      for number in 1...3 { notifier.jobFailed(.example(number), batch: "b") }
    }
    #expect(place.waiting.count == 3)
    for name in place.waiting {
      #expect(try FileStatus(of: place.outbox.appending(name)).permissions == .ownerReadWrite)
    }
    #expect(try FileStatus(of: place.outbox).permissions == .ownerReadWriteExecute)
    #expect(try place.parcel(place.waiting[0])["event"]?["schema_version"]?.string == "1.0")
    let server = try NoticeServer(place.folder.root, secret: Self.secret, port: down.port)
    try site(server, place, "NOTIFY_TIMEOUT=10m\n")
    try place.run()
    let jobs = try server.requests.map { try JSON(parsing: ($0["body"]?.string ?? "").utf8)["job_id"]?.string }
    #expect(jobs == ["20251030-001", "20251030-002", "20251030-003"])
    #expect(place.waiting == [])
    down.stop()
  }

  @Test func `that says no three times is not asked again, and the admin finds what it was`() throws {
    let place = try NoticeWorkspace()
    let server = try NoticeServer(place.folder.root, answers: ["404", "404", "410", "404", "404"])
    try site(server, place, "NOTIFY_TIMEOUT=10m\n")
    try place.run { $0.jobFailed(.example(), batch: "b") }
    #expect(server.requests.map { $0["answer"]?.string } == ["404", "404", "410"])
    #expect(place.waiting == [])
    let name = try #require(place.undelivered.first)
    #expect(try FileStatus(of: place.outbox.appending("undelivered").appending(name)).permissions == .ownerReadWrite)
    #expect(try place.parcel("undelivered/" + name)["last_error"]?.string == "it answered 410")
    #expect(place.notices.count == 1)
    #expect(place.notices.first?.hasPrefix("the webhook refused a notification 3 times (it answered 410)") == true)
    try place.run()
    #expect(server.requests.count == 3)
  }

  @Test func `gets what was told by a run that was killed in the middle of telling it`() async throws {
    let place = try NoticeWorkspace()
    let server = try NoticeServer(place.folder.root, answers: ["stall"])
    // What curl may take, which nobody ends.
    try place.configure("NOTIFY_WEBHOOK=\(server.url)\nNOTIFY_TIMEOUT=10s\n")
    let root = place.folder.root.string
    await #expect(processExitsWith: .signal(SIGKILL)) { [root = root as String] in
      let workspace = try Workspace(at: FilePath(root), environment: [:])
      let notifier = Notifier(workspace, environment: ["PATH": "/usr/local/bin:/usr/bin:/bin"]) { _ in }
      notifier.jobFailed(.example(), batch: "b")
      while !exists(FilePath(root).appending("requests.log")) { usleep(10_000) }
      kill(getpid(), SIGKILL)
    }
    #expect(place.waiting.count == 1)
    try place.configure("NOTIFY_WEBHOOK=\(server.url)\nNOTIFY_TIMEOUT=10m\n")
    try place.run()
    #expect(server.requests.map { $0["answer"]?.string } == ["stall", "200"])
    #expect(Set(server.requests.map { $0["id"]?.string }).count == 1)
    #expect(place.waiting == [])
  }

  @Test func `that asks for time is left alone, also at the end of a run`() throws {
    let place = try NoticeWorkspace()
    let server = try NoticeServer(place.folder.root, answers: ["429"])
    try place.configure("NOTIFY_WEBHOOK=\(server.url)\nNOTIFY_TIMEOUT=60s\n")
    try place.run { notifier in
      for number in 1...3 { notifier.jobFailed(.example(number), batch: "b") }
    }
    #expect(server.requests.map { $0["answer"]?.string } == ["429"])
    #expect(place.waiting.count == 3)
    try place.run()
    #expect(server.requests.count == 4)
    #expect(place.waiting == [])
  }

  @Test func `gets each event once from notifiers that work at the same time`() throws {
    let place = try NoticeWorkspace()
    let down = try NoticeServer(place.folder.root, answers: ["down"])
    try site(down, place, "NOTIFY_TIMEOUT=1s\n")
    try place.run { notifier in
      for number in 1...9 { notifier.jobFailed(.example(number), batch: "b") }
    }
    let slow = [String](repeating: "slow", count: 20)
    let server = try NoticeServer(place.folder.root, answers: slow, port: down.port)
    try site(server, place, "NOTIFY_TIMEOUT=10m\n")
    let notifiers = try (0..<3).map { _ in try place.notifier() }
    for notifier in notifiers { notifier.deliverPending() }
    for notifier in notifiers { notifier.finish() }
    #expect(server.requests.count == 9)
    #expect(Set(server.requests.map { $0["id"]?.string }).count == 9)
    #expect(place.waiting == [])
    down.stop()
  }

  @Test func `learns no secret, and neither does who reads the outbox or what is said`() throws {
    let settings = "HF_TOKEN=hf_0123456789\nHTTPS_PROXY=http://me:pass%40word@proxy:1\n"
    try withTime { times in
      let place = try NoticeWorkspace()
      // For as long as there is time.
      let server = try NoticeServer(
        place.folder.root, answers: [String](repeating: "500", count: 20), secret: Self.secret)
      try site(server, place, "NOTIFY_TIMEOUT=\(times)s\n" + settings)
      let told = "token hf_0123456789, key \(Self.secret), url \(server.url), proxy http://me:pass%40word@proxy:1"
      let notifier = try place.notifier()
      notifier.jobFailed(
        FailedJob(id: "1", title: "hf_0123456789", stage: "asr", reason: told), batch: "hf_0123456789")
      let kept = try place.waiting.map { try place.folder.text(".cpwx/outbox/" + $0) }
      #expect(kept.count == 1)
      notifier.finish()
      let sent = server.requests.compactMap { $0["body"]?.string }
      guard !sent.isEmpty, !place.notices.isEmpty else { return false }
      for text in kept + sent + place.notices {
        for secret in ["hf_0123456789", Self.secret, "in-the-url", "pass%40word", "pass@word"] {
          #expect(!text.contains(secret), "\(secret) in \(text.prefix(300))")
        }
      }
      return true
    }
  }

  @Test func `is told without a signature where there is no secret`() throws {
    let place = try NoticeWorkspace()
    let server = try NoticeServer(place.folder.root)
    try place.configure("NOTIFY_WEBHOOK=\(server.url)\n")
    try place.run { $0.batchEnded(.example([])) }
    #expect(server.requests.map { $0["has_signature"]?.bool } == [false])
  }

  @Test func `is told from memory where nothing can be written`() throws {
    let place = try NoticeWorkspace()
    let server = try NoticeServer(place.folder.root, answers: ["500"])
    try place.configure("NOTIFY_WEBHOOK=\(server.url)\nNOTIFY_TIMEOUT=10m\n")
    try place.folder.file(".cpwx", "in the way")
    try place.run { $0.batchEnded(.example()) }
    #expect(server.requests.map { $0["answer"]?.string } == ["500", "200"])
    #expect(place.notices.count == 1)
    #expect(place.notices.first?.contains("could not be kept on the disk") == true)
  }

  @Test func `waits where curl is not installed`() throws {
    let place = try NoticeWorkspace("NOTIFY_WEBHOOK=http://127.0.0.1:9/\nNOTIFY_TIMEOUT=1s\n")
    let notifier = try place.notifier(["PATH": "/nowhere"])
    notifier.batchEnded(.example())
    notifier.finish()
    #expect(place.waiting.count == 1)
    #expect(place.notices.first?.contains("curl is not installed") == true)
  }
}
