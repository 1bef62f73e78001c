extension Sequence<String> {
  /// The texts by their bytes, longest first: so that one which holds another is met before it.
  package var longestFirst: [String] { sorted { ($0.utf8.count, $0) > ($1.utf8.count, $1) } }
}
