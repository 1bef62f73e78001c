import Foundation
import Jobs
import Testing

extension TestWorkspace {
  /// Checks that documents are as schemas of config/schemas say, key for key, as the tests of the schemas do.
  func expectAsDocumented(
    _ documents: [JSON], _ schema: String, at line: SourceLocation = #_sourceLocation
  ) throws {
    #expect(!documents.isEmpty, sourceLocation: line)
    let check = """
      import json, sys
      from schemas import Schema
      schema = Schema(sys.argv[1])
      for document in json.load(open(sys.argv[2])):
          for problem in schema.problems(document):
              print(problem)
      """
    try write("documents.json", JSON.array(documents).text())
    defer { try? remove("documents.json") }
    let settings = ["PYTHONPATH": CPWX.package + "/Tests/Schemas"]
    let outcome = try start(["/usr/bin/python3", "-c", check, schema, path("documents.json")], environment: settings)
      .wait()
    #expect(
      outcome.code == 0 && outcome.output == "", "\(schema): \(outcome.output)\(outcome.errors)", sourceLocation: line)
  }
}
