import Jobs
import SystemPackage
import TestSupport
import Testing

@testable import Notices

struct `The outbox` {
  private func parcel(_ number: Int, _ workspace: Workspace, age: Int64 = 0) throws -> Parcel {
    let event = NoticeEvent.failure(
      of: .example(reason: "\(number)"), batch: "b", at: .now, workspace: workspace, secrets: [])
    var document = Parcel(event, to: .command).document
    document["created_microseconds"] = .int(Timestamp.now.microseconds - age + Int64(number))
    return try #require(Parcel(document))
  }

  @Test func `keeps what is told twice once`() throws {
    let place = try NoticeWorkspace()
    let outbox = Outbox(try place.workspace)
    for _ in 0..<2 { try outbox.add(try parcel(1, place.workspace)) }
    #expect(place.waiting.count == 1)
  }

  @Test func `lets the oldest go where there are too many`() throws {
    let place = try NoticeWorkspace()
    let outbox = Outbox(try place.workspace, mostParcels: 7)
    let parcels = try (0..<10).map { try parcel($0, place.workspace) }
    for parcel in parcels.shuffled() where parcel != parcels[9] {
      try place.folder.file(".cpwx/outbox/" + parcel.name, parcel.document.text())
    }
    try outbox.add(parcels[9])
    #expect(outbox.waiting(for: .command) == parcels.dropFirst(3).map(\.name))
  }

  @Test func `keeps nothing for longer than thirty days, here or put aside`() throws {
    let place = try NoticeWorkspace("NOTIFY_COMMAND='cat >> told'\n")
    let month = Outbox.longestStay
    for (folder, number) in [("outbox", 1), ("outbox/undelivered", 2)] {
      for age in [month + 3_600_000_000, month - 3_600_000_000] {
        let parcel = try parcel(number + (age > month ? 2 : 0), place.workspace, age: age)
        try place.folder.file(".cpwx/\(folder)/\(parcel.name)", parcel.document.text())
      }
    }
    try place.run()
    #expect(place.waiting == [])
    #expect(place.undelivered.count == 1)
    #expect(try place.folder.text("told").contains("\"reason\":\"1\""))
    #expect(try !place.folder.text("told").contains("\"reason\":\"3\""))
    #expect(place.notices == ["not delivered within 30 days, and gone: 1 of the notifications of earlier runs"])
  }

  @Test func `goes on past files that are none of its own`() throws {
    let place = try NoticeWorkspace("NOTIFY_COMMAND='cat >> told'\n")
    let good = try parcel(1, place.workspace)
    try place.folder.file(".cpwx/outbox/\(good.name)", good.document.text())
    for (name, content) in [
      ("0.command.json", ""), ("1.command.json", "{"), ("2.command.json", "[1]"), ("3.command.json", "{}"),
      ("4.command.json", good.document.text()), ("README", "hello"),
    ] {
      try place.folder.file(".cpwx/outbox/\(name)", content)
    }
    try place.folder.folder(".cpwx/outbox/5.command.json")
    try place.run()
    #expect(try place.folder.text("told") == String(decoding: good.event.body, as: UTF8.self))
    #expect(!exists(place.outbox.appending(good.name)))
  }
}

struct `The waits between attempts` {
  @Test func `double up to five minutes`() {
    var backoff = Backoff()
    #expect((0..<10).map { _ in backoff.delay() / .seconds(1) } == [1, 2, 4, 8, 16, 32, 64, 128, 256, 300])
  }

  @Test func `are what the target asks for, up to an hour`() {
    var backoff = Backoff()
    #expect(backoff.delay(asked: 90) == .seconds(90))
    #expect(backoff.delay(asked: 0.5) == .seconds(2))
    #expect(backoff.delay(asked: 1e9) == .seconds(3600))
  }

  @Test func `are each parcel's own, but for a target that is not there`() {
    var schedule = Schedule()
    // Often, so that they are not due in the next second.
    for _ in 0..<9 { schedule.failed("a", "no") }
    #expect(!schedule.isDue("a") && schedule.isDue("b"))
    for _ in 0..<9 { schedule.unavailable("gone", after: nil) }
    #expect(!schedule.isDue("b"))
    schedule.forgetDelays()
    #expect(schedule.isDue("a") && schedule.isDue("b"))
    schedule.unavailable("busy", after: 600)
    schedule.forgetDelays()
    #expect(!schedule.isDue("b"))
    schedule.succeeded("a")
    #expect(!schedule.isDue("a") && schedule.next(of: ["a"]) == nil && schedule.next(of: ["b"]) != nil)
    schedule.keep([])
    #expect(schedule.isDue("a"))
  }
}
