import Foundation
import Jobs
import Notices
import SystemPackage
import TestSupport
import Testing

struct `A command` {
  @Test func `gets the document on its input, and what it is about in its environment`() throws {
    let place = try NoticeWorkspace(
      "NOTIFY_COMMAND='cat > \"$CPWX_EVENT_ID.json\"; echo \"$CPWX_EVENT $PWD\" >> told'\n")
    try place.run { $0.jobFailed(.example(), batch: "b") }
    let told = try place.folder.text("told")
    #expect(told == "job.failed \(place.folder.root.string)\n")
    let name = try #require(names(in: place.folder.root).first { $0.hasSuffix(".json") })
    let document = try JSON(parsing: try DurableFile.read(place.folder.path(name)))
    #expect(document["event_id"]?.string == String(name.dropLast(5)))
    #expect(document["text"]?.string == "20251030-001 Sholay failed in asr: exit code 1: no speech was found")
    #expect(place.waiting == [])
  }

  @Test func `that fails is run again under the same id, and in the next run as well`() throws {
    let settings = """
      HF_TOKEN=hf_0123456789
      NOTIFY_COMMAND='echo "$CPWX_EVENT_ID" >> ids; echo "no mail for hf_0123456789" >&2; exit 1'
      NOTIFY_TIMEOUT=

      """
    try withTime { times in
      let place = try NoticeWorkspace(settings.replacing("TIMEOUT=", with: "TIMEOUT=\(2 * times)s"))
      try place.run { $0.batchEnded(.example()) }
      let first = ((try? place.folder.text("ids")) ?? "").split(separator: "\n")
      guard first.count >= 2, place.notices.first?.contains("exit code 1") == true else { return false }
      #expect(place.waiting.count == 1)
      #expect(place.notices.first?.contains("exit code 1: no mail for ********") == true, "\(place.notices)")
      try place.configure(settings.replacing("exit 1", with: "exit 0").replacing("TIMEOUT=", with: "TIMEOUT=10m"))
      try place.run()
      let ids = try place.folder.text("ids").split(separator: "\n")
      #expect(ids.count == first.count + 1)
      #expect(Set(ids).count == 1)
      #expect(place.waiting == [])
      return true
    }
  }

  @Test func `that runs too long is ended with all that it started`() throws {
    try withTime { times in
      let place = try NoticeWorkspace(
        "NOTIFY_COMMAND='sleep 300 & echo $! > pid; trap \"\" TERM; sleep 300'\nNOTIFY_TIMEOUT=\(times)s\n")
      try place.run { $0.batchEnded(.example()) }
      // The shell may not have come as far as that.
      let told = (try? place.folder.text("pid")) ?? ""
      guard place.notices.first?.contains("it took too long and was ended") == true, let pid = pid_t(told.dropLast())
      else { return false }
      #expect(place.waiting.count == 1)
      for _ in 0..<6000 where kill(pid, 0) == 0 && !isZombie(pid) { usleep(20_000) }
      #expect(kill(pid, 0) != 0 || isZombie(pid))
      return true
    }
  }

  private func isZombie(_ pid: pid_t) -> Bool {
    let stat = (try? DurableFile.read(FilePath("/proc/\(pid)/stat"))) ?? []
    return String(decoding: stat, as: UTF8.self).contains(") Z ")
  }

  @Test func `that fails keeps nothing from the webhook`() throws {
    try withTime { times in
      let place = try NoticeWorkspace()
      let server = try NoticeServer(place.folder.root)
      try place.configure("NOTIFY_COMMAND=false\nNOTIFY_WEBHOOK=\(server.url)\nNOTIFY_TIMEOUT=\(times)s\n")
      try place.run { $0.batchEnded(.example()) }
      guard place.waiting.count == 1 else { return false }
      #expect(server.requests.count == 1)
      #expect(place.waiting.map { $0.hasSuffix(".command.json") } == [true])
      return true
    }
  }

  @Test func `may leave something running, which nobody waits for`() throws {
    let place = try NoticeWorkspace("NOTIFY_COMMAND='sleep 300 & echo $! > pid'\nNOTIFY_TIMEOUT=10m\n")
    try place.run { $0.batchEnded(.example()) }
    #expect(place.waiting == [])
    let pid = try #require(pid_t(try place.folder.text("pid").dropLast()))
    #expect(kill(pid, SIGKILL) == 0)
  }

  @Test func `is known to have failed or not, whoever reaps it`() async {
    await #expect(processExitsWith: .success) {
      let thread = Thread {
        while true {
          waitpid(-1, nil, WNOHANG)
          usleep(100)
        }
      }
      thread.start()
      let place = try NoticeWorkspace("NOTIFY_COMMAND='exit 3'\nNOTIFY_TIMEOUT=1s\n")
      for number in 1...9 {
        try place.configure("NOTIFY_COMMAND=true\nNOTIFY_TIMEOUT=10m\n")
        try place.run { $0.jobFailed(.example(number), batch: "b") }
        #expect(place.waiting == [])
      }
      try withTime { times in
        try place.configure("NOTIFY_COMMAND='exit 3'\nNOTIFY_TIMEOUT=\(times)s\n")
        try place.run { $0.jobFailed(.example(), batch: "c") }
        return place.notices.last?.contains("exit code 3") == true
      }
    }
  }
}
