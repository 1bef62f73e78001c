internal import ArgumentParser
internal import Index
internal import Jobs

struct JobListCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "list",
    abstract: "List jobs, newest first.",
    discussion: """
      FILTERS
        KEY=VALUE[,VALUE]  KEY!=VALUE  KEY~WORDS  'year>=1990'
        Keys: status user year stage title input error id sha256 archive since until
        archive is archived (only its archive is left), restored (its folder is there as well) or none
        since and until take a date, today, yesterday, or how long ago: 7d, 12h
        a date is the moment it begins: until=2026-01-20 ends before that day

      EXAMPLES
        cpwx job list status=failed since=7d
        cpwx job list title~sholay --sort duration --limit 5 --format json
      Then see: cpwx job show JOB
      """)

  @Argument(help: .init("Only jobs that fit all of these.", valueName: "filter"))
  var filters: [String] = []

  @Option(
    help: .init(
      "Sort by created, completed, title, year, duration, status or user; titles without case and accents.",
      valueName: "key"),
    transform: { text in
      if let order = JobQuery.Order(rawValue: text) { return order }
      let known = JobQuery.Order.allCases.map(\.rawValue)
      let near = didYouMean(text, among: known)
      throw ValidationError("'\(text)' is nothing to sort by.\(near) Expected: \(known.joined(separator: ", "))")
    })
  var sort = JobQuery.Order.created

  @Flag(help: "The other way round.")
  var reverse = false

  @Option(parsing: .unconditional, help: .init("At most this many; 0 for all.", valueName: "number"))
  var limit = 50

  @Option(help: .init("The page that follows this job.", valueName: "job"))
  var after: String?

  @Option(help: .init("These columns, by the keys of the JSON: job_id,title,….", valueName: "a,b"))
  var columns: String?

  @OptionGroup var workspaceOptions: WorkspaceOptions
  @OptionGroup var formatOptions: FormatOptions

  func validate() throws {
    if limit < 0 { throw ValidationError("--limit is a number from 0.") }
    if let columns, columns.allSatisfy({ $0 == "," || $0 == " " }) {
      throw ValidationError("--columns names none. Expected: job_id,title,…")
    }
  }

  func run() async throws {
    let workspace = try workspaceOptions.open()
    let listing = try JobListing(
      workspace, columns: columns?.split(separator: ",").map(String.init), format: formatOptions.resolved())
    var query = JobQuery()
    query.filters = try filters.map { try JobFilter($0) }
    (query.order, query.ascending) = (sort, sort.isAscending != reverse)
    query.after = try after.map { try workspace.job(named: $0).folder }
    let last = try listing.write(query, limit: limit == 0 ? nil : limit)
    if let last, Console.errorIsRead {
      // An id that jobs of several users have names none of them.
      let name = (try? workspace.job(named: last.jobID))?.folder == last.folder ? last.jobID : last.folder
      Console.hint("There are more: --after \(name), or --limit 0 for all.")
    }
  }
}
