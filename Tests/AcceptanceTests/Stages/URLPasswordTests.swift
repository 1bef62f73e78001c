import Jobs
import Testing

/// The password in a URL is a secret, whatever the setting is called.
struct URLPasswordTests {
  /// Two are searched for by themselves, one also without its escape; the short one only within its URL.
  private static let config = [
    "HTTPS_PROXY=http://ada:kestrel%2D77@proxy.example:3128", "HOOK=https://bob:pw@hooks.example/film?id=1",
    "SECRETS_PATH=config/secrets.json",
  ]
  private static let outer = ["ALL_PROXY": "socks5://cy:only-in-the-shell@gate"]
  private static let leaks = ["kestrel%2D77", "kestrel-77", "bob:pw@", "only-in-the-shell", "json-password"]

  private static let blabber = """
    import os, time
    def say(data): os.write(1, data.encode())
    for name in ("HTTPS_PROXY", "HOOK", "ALL_PROXY"):
        url = os.environ[name]
        say("whole " + url + "\\n")
        for cut in range(1, len(url), 3): say("cut " + url[:cut]); time.sleep(0.002); say(url[cut:] + "\\n")
        say("bytes ")
        for byte in url: say(byte); time.sleep(0.001)
        say("\\n")
    say("decoded kestrel-77, from the file json-password\\n")
    say("last " + os.environ["HTTPS_PROXY"])
    """

  private func blab(ending: String, _ body: (TestWorkspace, Outcome) throws -> Void) throws {
    try TestWorkspace.with([Stage("blab", script: "python3 -u blab.py; \(ending)")], config: Self.config) {
      workspace in
      try workspace.write("blab.py", Self.blabber)
      try workspace.write("config/secrets.json", #"{"webhooks": ["https://dee:json-password@hooks.example"]}"#)
      try workspace.film()
      try body(workspace, try workspace.cpwx("run", environment: Self.outer))
    }
  }

  @Test func `it reaches no log, no record, and not the terminal`() throws {
    try blab(ending: "exit 5") { workspace, run in
      #expect(run.code == 1)
      var places = [("standard output", run.output), ("standard error", run.errors)]
      for file in workspace.tree("logs") where file.hasSuffix(".log") {
        places.append((file, try workspace.read("logs/" + file)))
      }
      places.append(("the manifest", try workspace.read(try workspace.job() + "/manifest.json")))
      for command in [["job", "show"], ["job", "logs"], ["job", "env"], ["manifest", "show"]] {
        let outcome = try workspace.cpwx(command[0], command[1], "latest", environment: Self.outer)
        places.append((command.joined(separator: " "), outcome.output + outcome.errors))
      }
      for (place, text) in places {
        for leak in Self.leaks { #expect(!text.contains(leak), "\(leak) stands in \(place)") }
      }
    }
  }

  @Test func `the rest of the URL stays readable in the log`() throws {
    try blab(ending: "exit 0") { workspace, run in
      #expect(run.code == 0, "\(run.errors)")
      let log = try workspace.log("blab")
      #expect(log.contains("whole http://ada:********@proxy.example:3128\n"))
      #expect(log.contains("bytes http://ada:********@proxy.example:3128\n"))
      #expect(log.contains("whole https:********hooks.example/film?id=1\n"))
      #expect(log.contains("whole socks5://cy:********@gate\n"))
      #expect(log.contains("decoded ********, from the file ********\n"))
    }
  }

  @Test func `job env masks the password alone, and shows it when asked to`() throws {
    try TestWorkspace.with(config: Self.config) { workspace in
      try workspace.cpwx("job", "create")
      let masked = try workspace.cpwx("job", "env", "latest").lines
      #expect(masked.contains("HTTPS_PROXY=http://ada:********@proxy.example:3128"))
      #expect(masked.contains("HOOK=https://bob:********@hooks.example/film?id=1"))
      let revealed = try workspace.cpwx("job", "env", "latest", "--reveal").lines
      for line in Self.config { #expect(revealed.contains(line)) }
    }
  }

  @Test func `errors and the doctor mask it, and values of secrets that other settings take over`() throws {
    let config = [
      "HF_TOKEN=kestrel-9341", "LOG_LEVEL=https://bob:pw@hooks.example", "MAX_RETRIES=${HF_TOKEN}",
      "STEP_A=ftp://bob:pw@hooks.example",
    ]
    try TestWorkspace.with([Stage("a", fields: ["enabled: STEP_A"], script: "true")], config: config) { workspace in
      try workspace.film()
      let run = try workspace.cpwx("run")
      #expect(run.code != 0)
      #expect(run.errors.contains("ftp://bob:********@hooks.example"), "\(run.errors)")
      #expect(!run.errors.contains("bob:pw@"))
      let doctor = try workspace.cpwx("doctor")
      #expect(doctor.output.contains("is \"https://bob:********@hooks.example\""))
      #expect(!doctor.output.contains("bob:pw@") && !doctor.output.contains("kestrel-9341"))
    }
  }
}
