import TestSupport
import Testing

@testable import Setup

struct `The check of notifications` {
  private func results(
    _ config: String, path: String = "/usr/bin:/bin", _ environment: [String: String] = [:]
  ) async throws -> [CheckResult] {
    let site = try SetupSite(config: config)
    let environment = environment.merging(["PATH": path]) { $1 }
    return await NoticeChecks(workspace: try site.workspace(), environment: environment).run()
  }

  @Test(arguments: [
    "", "NOTIFY_COMMAND='mail -s \"$CPWX_EVENT\" admin'\n", "NOTIFY_WEBHOOK=https://example.org/x\nNOTIFY_SECRET=s\n",
    "NOTIFY_ON=none\nNOTIFY_TIMEOUT=1m\n",
  ])
  func `finds nothing wrong with what can be meant`(config: String) async throws {
    #expect(try await results(config) == [])
  }

  @Test(arguments: [
    ("NOTIFY_WEBHOOK", "example.org/hidden"), ("NOTIFY_ON", "always"), ("NOTIFY_TIMEOUT", "soon"),
    ("NOTIFY_COMMAND", "'if mail; then'"),
  ])
  func `names a setting that cannot be meant, and what to do`(key: String, value: String) async throws {
    let found = try await results("\(key)=\(value)\n")
    #expect(found.map(\.check) == ["config \(key)"])
    #expect(found.first?.status == .error)
    #expect(found.first?.remedy?.isEmpty == false)
    #expect(found.first?.message.contains("hidden") == false, "a webhook's address is a secret")
  }

  @Test func `misses the program that posts`() async throws {
    let found = try await results("NOTIFY_WEBHOOK=https://example.org/x\n", path: "/nowhere")
    #expect(found.map(\.check) == ["config NOTIFY_WEBHOOK"])
    #expect(found.first?.remedy?.contains("curl") == true)
  }

  @Test func `wonders at a signature for nobody`() async throws {
    #expect(try await results("NOTIFY_SECRET=s\n").map(\.status) == [.warning])
  }

  @Test func `looks at the environment first`() async throws {
    #expect(try await results("NOTIFY_ON=always\n", ["NOTIFY_ON": "batch"]) == [])
  }
}
