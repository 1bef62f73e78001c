internal import Jobs

extension JobError.Code {
  /// The exit statuses of sysexits.h that scripts rely on.
  var exitStatus: Int32 {
    switch self {
    case .usage: 64
    case .damaged: 65
    case .missingEngine: 69
    case .io: 74
    case .locked: 75
    case .configuration: 78
    }
  }
}
