#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// The year of the oldest film that survives.
let firstFilmYear = 1888

extension FilmName {
  /// Two Gregorian years from now: films are announced, and leaked, ahead of their release.
  public static var latestPlausibleYear: Int {
    let meanSecondsPerYear = 365.2425 * 86_400
    return 1970 + Int(Date.now.timeIntervalSince1970 / meanSecondsPerYear) + 2
  }
}
