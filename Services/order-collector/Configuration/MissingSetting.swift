/// A component needs a variable of the environment that is not set.
struct MissingSetting: Error, CustomStringConvertible {
    let description: String

    init(_ variable: String, _ component: String) { description = "\(component) needs \(variable), which is not set" }
}
