internal import Engines
internal import Jobs

/// Asks The Movie Database. Source of the interface: developer.themoviedb.org/reference, version 3.
///
/// The requests go through `curl`, which gets the address and the key on its standard input, so that no list of
/// processes shows them.
struct TMDBClient: Sendable {
  /// Why an answer could not be had.
  enum Failure: Error, Sendable {
    /// The service said that the key is wrong.
    case keyRefused(String)
    /// No answer, or none that makes sense, after all attempts.
    case unreachable(String)
  }

  var key: String
  var base = "https://api.themoviedb.org/3"
  /// As TMDB writes it: `en-US`.
  var language = "en-US"
  var proxy: String?
  /// Seconds for one request.
  var limit = 15
  /// Waits before the second and further attempts.
  var pauses: [Duration] = [.seconds(1), .seconds(3)]
  var log: Log

  /// The film that fits best; `nil` when TMDB knows none.
  ///
  /// - Throws: ``Failure``; ``JobError`` with code `missingEngine` without curl.
  func film(title: String, year: Int?) async throws -> FilmFacts? {
    var found = try await search(title, year)
    // A year off by one is common: a premiere in December, a release in January.
    if found == nil, year != nil { found = try await search(title, nil) }
    guard let match = TMDBMatch.best(of: found ?? .null, title: title, year: year), let id = match["id"]?.int else {
      return nil
    }
    let details = try await get("/movie/\(id)", [("append_to_response", "credits,keywords")])
    return FilmFacts(details, source: "tmdb")
  }

  private func search(_ title: String, _ year: Int?) async throws -> JSON? {
    let filter = year.map { [("year", String($0))] } ?? []
    let answer = try await get("/search/movie", [("query", title), ("include_adult", "true")] + filter)
    return answer["results"]?.array?.isEmpty ?? true ? nil : answer
  }

  private func get(_ path: String, _ query: [(String, String)]) async throws -> JSON {
    var reason = ""
    for attempt in 0...pauses.count {
      let reply = try await CurlRequest(
        url: base + path, query: query + [("language", language)] + (isToken ? [] : [("api_key", key)]),
        headers: ["Accept: application/json"] + (isToken ? ["Authorization: Bearer \(key)"] : []), proxy: proxy,
        limit: limit
      ).send()
      switch reply.status {
      case 200:
        if let document = try? JSON(parsing: reply.body), document.object != nil { return document }
        reason = "an answer that is no JSON"
      case 401, 403: throw Failure.keyRefused(message(reply) ?? "status \(reply.status ?? 0)")
      case 429?, 500?, 502?, 503?, 504?: reason = "status \(reply.status ?? 0)"
      case nil: reason = reply.error
      default: throw Failure.unreachable(message(reply) ?? "status \(reply.status ?? 0)")
      }
      guard attempt < pauses.count else { break }
      log.warning("TMDB: \(reason); trying again")
      try await Task.sleep(for: max(pauses[attempt], min(reply.retryAfter ?? .zero, .seconds(10))))
    }
    throw Failure.unreachable(reason)
  }

  /// The longer of TMDB's two kinds of key goes into a header.
  private var isToken: Bool { key.count { $0 == "." } == 2 }

  private func message(_ reply: CurlRequest.Reply) -> String? {
    (try? JSON(parsing: reply.body))?["status_message"]?.string
  }
}
