import Jobs

extension JSON {
  /// The names of an object's members; none of anything else.
  var keys: Set<String> { Set(object?.names ?? []) }
}
