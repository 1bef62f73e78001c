import Jobs
import SystemPackage
import Testing

@testable import cpwx_stage

struct `The settings of a stage` {
  @Test(arguments: [true, false])
  func `find the secrets file of the workspace also where they are the job's own job.env`(isNamed: Bool) throws {
    let job = try TemporaryJob()
    try job.write("USER_ID=1\n", to: job.workspace.pushing("config/.env"))
    try job.write(#"{"tmdb_api_key": "kestrel-9341"}"#, to: job.workspace.pushing("config/secrets.json"))
    try job.write("SECRETS_PATH=./config/secrets.json\n", to: job.path("job.env"))
    var environment = job.environment
    environment["CONFIG_PATH"] = isNamed ? job.path("job.env").string : nil
    let settings = try Settings(job: job.folder, environment: environment)
    #expect(try settings.secret("TMDB_API_KEY", "tmdb_api_key") == "kestrel-9341")
    #expect(settings.secrets == ["kestrel-9341"])
    #expect(settings.workspace == job.workspace)
  }
}
