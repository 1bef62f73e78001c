import Foundation
import Jobs
import TestSupport
import Testing

/// Archives with a byte flipped, or cut short: what is told of them, and what is got out.
struct DamagedArchiveTests {
  private struct Damaged {
    let workspace: TestWorkspace
    let id: String
    let job: String
    let logs: String
    /// The archive's path, what it was, and what lies where in it.
    let archive: String
    let good: Data
    let map: FrameMap
    /// What both folders held.
    let whole: [String]

    static let list = ".cpwx/manifest-sha256.txt"

    static func with(_ body: (Damaged) throws -> Void) throws {
      try TestWorkspace.withFinishedJob { workspace, id in
        let make = """
          cd "$1"; mkdir empty deep; head -c 300000 /dev/urandom > deep/large; ln deep/large twin; ln -s deep/large link; : > nothing
          printf 'behind it' > zz; head -c 270000 /dev/zero > zeros
          """
        let job = try workspace.job()
        let made = try workspace.start(["sh", "-ec", make, "sh", job]).wait()
        try #require(made.code == 0, "\(made.errors)")
        let folders = [job, try workspace.logFolder()].map { String($0.dropFirst(workspace.root.count + 1)) }
        let whole = try workspace.snapshot(folders[0], folders[1])
        try #require(try workspace.cpwx("archive", id).code == 0)
        let archive = try workspace.archive()
        try body(
          Damaged(
            workspace: workspace, id: id, job: folders[0], logs: folders[1], archive: archive,
            good: try workspace.bytes(archive), map: try FrameMap(of: workspace.path(archive)), whole: whole))
      }
    }

    /// What the folders hold without some files.
    func whole(without lost: [String]) -> [String] {
      whole.filter { line in !lost.contains { line.hasPrefix($0 + "|") || line.hasSuffix("  " + $0) } }
    }

    /// What a command says of the archive, in a row and on standard error; it must call it damaged.
    func expectDamage(_ arguments: String..., told what: Comment) throws -> (row: JSON, errors: String) {
      let outcome = try workspace.start([CPWX.path, "archive"] + arguments + ["--format", "json"]).wait()
      #expect(outcome.code == 65, "\(what): \(arguments): \(outcome)")
      return (try #require(try JSON(parsing: Array(outcome.output.utf8)).array?.first), outcome.errors)
    }

    func names(_ row: JSON, _ key: String) -> [String]? { row[key]?.array?.compactMap(\.string) }

    /// Nothing of the job came into its place, nor stays beside it.
    func expectNothing(_ what: Comment) {
      #expect(!workspace.exists(job) && !workspace.exists(logs) && workspace.leftovers.isEmpty, what)
    }

    func removeJob() throws {
      for folder in [job, logs] where workspace.exists(folder) { try workspace.remove(folder) }
    }
  }

  @Test func `a flipped byte is told with the members of its frame, and all others are salvaged as they were`() throws {
    try Damaged.with { damaged in
      let (workspace, map) = (damaged.workspace, damaged.map)
      #expect(map.frames.count > 5 && map.frames.contains(where: \.contents.isEmpty))
      for (number, frame) in map.frames.enumerated() {
        // Where no bit is without a meaning: in the frame's magic number, and its checksum.
        let place = number.isMultiple(of: 2) ? frame.range.lowerBound : frame.range.upperBound - 1
        let what: Comment = "byte \(place), in frame \(number)"
        var bytes = damaged.good
        bytes[place] ^= 0x04
        try workspace.write(damaged.archive, bytes)
        let lost = frame.contents.filter { $0 != Damaged.list }
        let verified = try damaged.expectDamage("verify", damaged.id, told: what)
        #expect(damaged.names(verified.row, "damaged") == lost, what)
        let good = Set(damaged.names(verified.row, "good") ?? [])
        #expect(good.count == verified.row["good_members"]?.int && good.isDisjoint(with: lost), what)
        #expect(good.isSuperset(of: Set(map.frames.flatMap(\.contents)).subtracting(lost + [Damaged.list])), what)
        #expect(verified.errors.contains("frame \(number), at byte \(frame.range.lowerBound), is damaged"), what)
        let named = lost.isEmpty ? [frame.headers.first ?? Damaged.list] : lost
        for name in named { #expect(verified.errors.contains(name), "\(what): \(name): \(verified.errors)") }
        let refused = try damaged.expectDamage("restore", damaged.id, told: what)
        #expect(refused.errors.contains(named[0]) && refused.errors.contains("--salvage"), "\(what): \(refused)")
        damaged.expectNothing(what)
        let salvaged = try damaged.expectDamage("restore", "--salvage", damaged.id, told: what)
        #expect(damaged.names(salvaged.row, "lost") == lost, "\(what): \(salvaged)")
        for name in lost { #expect(salvaged.errors.contains("lost: \(name): "), "\(what): \(salvaged.errors)") }
        let left = try workspace.snapshot(damaged.job, damaged.logs)
        #expect(left == damaged.whole(without: lost), what)
        #expect(workspace.leftovers.isEmpty, what)
        try damaged.removeJob()
      }
    }
  }

  @Test func `a flipped byte in the tables is told, and nothing is lost`() throws {
    try Damaged.with { damaged in
      let (workspace, begin) = (damaged.workspace, try #require(damaged.map.frames.last).range.upperBound)
      for place in stride(from: begin, to: damaged.good.count, by: (damaged.good.count - begin) / 6) {
        let what: Comment = "byte \(place), \(place - begin) of the tables"
        var bytes = damaged.good
        bytes[place] ^= 0x04
        try workspace.write(damaged.archive, bytes)
        let verified = try damaged.expectDamage("verify", damaged.id, told: what)
        #expect(damaged.names(verified.row, "damaged") == [] && verified.row["good_members"]?.int ?? 0 > 15, what)
        _ = try damaged.expectDamage("restore", damaged.id, told: what)
        damaged.expectNothing(what)
        let salvaged = try damaged.expectDamage("restore", "--salvage", damaged.id, told: what)
        #expect(damaged.names(salvaged.row, "lost") == [], what)
        #expect(try workspace.snapshot(damaged.job, damaged.logs) == damaged.whole, what)
        try damaged.removeJob()
      }
    }
  }

  @Test func `a sample is of other frames every time, and tells what is damaged of them`() throws {
    try Damaged.with { damaged in
      let (workspace, frames) = (damaged.workspace, damaged.map.frames)
      func write(damaging numbers: some Sequence<Int>) throws {
        var bytes = damaged.good
        for number in numbers { bytes[frames[number].range.upperBound - 1] ^= 0x04 }
        try workspace.write(damaged.archive, bytes)
      }
      let sample = ["archive", "verify", "--sample", "1%", damaged.id]
      #expect(try workspace.start([CPWX.path] + sample).wait().code == 0)
      // Whichever it is of.
      try write(damaging: frames.indices)
      let told = try damaged.expectDamage("verify", "--sample", "1%", damaged.id, told: "all frames")
      let named = frames.indices.filter { told.errors.contains("frame \($0), at byte ") }
      #expect(named.count == 1, "\(told.errors)")
      for name in named.flatMap({ frames[$0].contents }) { #expect(told.errors.contains(name), "\(told.errors)") }
      // One of several: now it is looked at, now it is not.
      let number = try #require(frames.indices.first { !frames[$0].contents.isEmpty })
      try write(damaging: [number])
      var codes: Set<Int32?> = []
      for _ in 0..<500 where codes.count < 2 {
        let outcome = try workspace.start([CPWX.path] + sample).wait()
        codes.insert(outcome.code)
        let isNamed = outcome.errors.contains("frame \(number), at byte \(frames[number].range.lowerBound), is damaged")
        #expect(isNamed == (outcome.code == 65), "\(outcome)")
      }
      #expect(codes == [0, 65])
      _ = try damaged.expectDamage("verify", "--sample", "100%", damaged.id, told: "all frames looked at")
    }
  }

  @Test func `one that is cut short is told with the last member that is good, and those before come out whole`() throws
  {
    try Damaged.with { damaged in
      let (workspace, map) = (damaged.workspace, damaged.map)
      for (number, frame) in map.frames.enumerated() {
        // Between two frames, or within one.
        let count = frame.range.lowerBound + (number.isMultiple(of: 2) ? 0 : frame.range.count / 2)
        let what: Comment = "\(count) of \(damaged.good.count) bytes"
        try workspace.write(damaged.archive, damaged.good.prefix(count))
        let verified = try damaged.expectDamage("verify", damaged.id, told: what)
        let told = count == 0 ? "all of it is lost" : "what comes after "
        #expect(verified.errors.contains(told), "\(what): \(verified.errors)")
        let lost = try #require(damaged.names(verified.row, "damaged"))
        for name in lost { #expect(verified.errors.contains(name), "\(what): \(name): \(verified.errors)") }
        _ = try damaged.expectDamage("restore", damaged.id, told: what)
        damaged.expectNothing(what)
        let salvaged = try damaged.expectDamage("restore", "--salvage", damaged.id, told: what)
        let whole = map.members(within: count).whole.filter { $0.hasPrefix(damaged.job + "/") }
        guard workspace.exists(damaged.job) else {
          #expect(whole.isEmpty && salvaged.errors.contains("nothing of the job's folder"), "\(what): \(salvaged)")
          damaged.expectNothing(what)
          continue
        }
        #expect(damaged.names(salvaged.row, "lost") == lost, "\(what): \(salvaged)")
        if !lost.isEmpty {
          let reason = salvaged.row["reason"]?.string
          #expect(reason?.hasSuffix("and whatever came after the last good one") == true, "\(what): \(salvaged)")
        }
        let left = Set(try workspace.snapshot(damaged.job, damaged.logs))
        // What is there is as it was, but how many names a file has, and folders' own times, whose headers may be behind the cut.
        let sums = damaged.whole.filter { !$0.contains("|") }
        #expect(left.filter { !$0.contains("|") }.isSubset(of: sums), what)
        for name in whole { #expect(left.contains { $0.hasPrefix(name + "|") }, "\(what): \(name)") }
        for name in lost { #expect(!workspace.exists(name), "\(what): \(name)") }
        #expect(workspace.leftovers.isEmpty, what)
        try damaged.removeJob()
      }
    }
  }
}
