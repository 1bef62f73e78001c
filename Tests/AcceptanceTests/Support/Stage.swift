/// A stage of a test's pipeline: a shell script that notes each of its runs in the workspace's file `runs`.
struct Stage {
  var name: String
  /// Its place; by default that in the list.
  var number: Int?
  /// After the note; `$1` is the job's folder.
  var script: String
  /// Paths that it reads, from the job's folder; `nil`: not declared.
  var inputs: [String]?
  /// Paths that it makes.
  var outputs: [String]
  /// Further lines, such as `retries: 2`.
  var fields: [String]

  /// A stage that runs `script`, and has made its outputs only if that does so.
  init(
    _ name: String, number: Int? = nil, inputs: [String]? = [], outputs: [String] = [], fields: [String] = [],
    script: String
  ) {
    (self.name, self.number, self.inputs, self.outputs) = (name, number, inputs, outputs)
    (self.fields, self.script) = (fields, script)
  }

  /// A stage that writes the file `NAME.out`, from what it reads and the setting KNOB.
  static func making(_ name: String, from inputs: [String]? = [], fields: [String] = []) -> Stage {
    let sources = (inputs ?? []).filter { !$0.contains("{") }.map { "\"$1/\($0)\"" }.joined(separator: " ")
    let copy = sources.isEmpty ? "" : "cat \(sources); "
    return Stage(
      name, inputs: inputs, outputs: ["\(name).out"], fields: fields,
      script: "(\(copy)echo \"\(name) $KNOB\") > \"$1/\(name).out\"")
  }

  /// A stage that fails until the workspace has a file `open`.
  static func gate(after inputs: [String]? = []) -> Stage {
    Stage("gate", inputs: inputs, script: "test -e open")
  }

  /// Lines of a script that wait until cpwx follows the stage: one begins while its record is on the way to the disk, which a
  /// busy one takes seconds for, and is measured and listened to after that.
  static let untilFollowed = """
    echo "followed $$"
    until grep -qsx "followed $$" "$(echo "$1" | sed 's,/out/,/logs/,')/$CPWX_STAGE.log"; do sleep 0.02; done

    """

  private func yaml(_ place: Int) -> String {
    let lines = (["echo \"$CPWX_STAGE\" >> runs"] + script.split(separator: "\n").map(String.init))
      .map { "          " + $0 }
    let input = inputs.map { paths in
      "    inputs: [" + paths.map { "{key: '\($0)', path: '\($0)'}" }.joined(separator: ", ") + "]"
    }
    let output = "    outputs: {" + outputs.map { "'\($0)': {path: '\($0)'}" }.joined(separator: ", ") + "}"
    let head = ["  - name: \(name)", "    number: \(number ?? place)", "    command:"]
    let command = ["      - sh", "      - -c", "      - |-"] + lines + ["      - sh", "      - '{job_dir}'"]
    return (head + command + [input, output].compactMap { $0 } + fields.map { "    " + $0 })
      .joined(separator: "\n")
  }

  static func yaml(_ stages: [Stage], workflows: [String: [String]] = [:]) -> String {
    let named = workflows.sorted { $0.key < $1.key }.map {
      "  \($0.key): [\($0.value.joined(separator: ", "))]"
    }
    let choices = named.isEmpty ? [] : ["workflows:"] + named
    let list = stages.enumerated().map { $1.yaml($0 + 1) }
    return (["name: tests"] + choices + ["stages:"] + list).joined(separator: "\n") + "\n"
  }
}
