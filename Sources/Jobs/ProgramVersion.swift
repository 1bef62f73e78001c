/// The version of cpwx and cpwx-stage, which belong together.
public let programVersion = "0.1.0"
