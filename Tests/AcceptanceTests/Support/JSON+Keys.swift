import Jobs

extension JSON {
  /// The names of an object's members; none of anything else.
  var keys: Set<String> { Set(object?.names ?? []) }

  /// The names of all members at any depth, each after those that lead to it: `.stages.asr.status`, and of what is in
  /// lists `.films[].title`.
  var shape: Set<String> {
    if let array { return Set(array.flatMap { $0.shape.map { "[]" + $0 } }) }
    var names: Set<String> = []
    for name in keys {
      names.insert("." + name)
      for inner in self[name]?.shape ?? [] { names.insert("." + name + inner) }
    }
    return names
  }
}
