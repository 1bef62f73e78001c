extension String {
  /// The text; `nil` where it is empty, as a setting that is not set may be.
  package var nonEmpty: String? { isEmpty ? nil : self }
}
