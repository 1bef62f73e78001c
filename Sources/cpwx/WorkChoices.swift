public import ArgumentParser
public import Pipeline

/// What `--executor` takes.
extension Executor: ExpressibleByArgument {}

/// What `--runner` takes.
extension Runner: ExpressibleByArgument {}
