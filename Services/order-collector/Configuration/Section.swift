import Foundation
import Yams

/// One mapping of the configuration file, read key by key; whatever nobody asked for is a fault.
///
/// In texts `${NAME}` and `${NAME:-otherwise}` stand for variables of the environment.
struct Section {
    let name: String
    let line: Int
    private let nodes: [(key: String, line: Int, node: Node)]
    private let environment: [String: String]
    private var asked: [String] = []

    init(_ node: Node, name: String, environment: [String: String]) throws(ConfigFault) {
        line = Self.line(of: node)
        guard let mapping = node.mapping else { throw ConfigFault(line: line, "\(name) must be a mapping") }
        var nodes: [(String, Int, Node)] = []
        for (key, value) in mapping {
            guard let text = key.string else {
                throw ConfigFault(line: Self.line(of: key), "\(name) has a key that is not a text")
            }
            nodes.append((text, Self.line(of: key), value))
        }
        self.name = name
        self.nodes = nodes
        self.environment = environment
    }

    static func line(of node: Node) -> Int { node.mark?.line ?? 0 }

    /// A fault of one of this section's keys.
    func fault(_ key: String, _ text: String) -> ConfigFault {
        ConfigFault(line: nodes.first { $0.key == key }?.line ?? line, "\(name).\(key) \(text)")
    }

    mutating func optionalString(_ key: String) throws(ConfigFault) -> String? {
        guard let node = take(key) else { return nil }
        guard let text = node.string else { throw fault(key, "must be a text") }
        return try expand(text, key)
    }

    mutating func string(_ key: String, default otherwise: String? = nil) throws(ConfigFault) -> String {
        guard let text = try optionalString(key) ?? otherwise, !text.isEmpty else {
            throw ConfigFault(line: line, "\(name) lacks \(key)")
        }
        return text
    }

    mutating func int(
        _ key: String, default otherwise: Int, in range: ClosedRange<Int>
    ) throws(ConfigFault) -> Int {
        guard let text = try optionalString(key) else { return otherwise }
        guard let number = Int(text), range.contains(number) else {
            throw fault(key, "must be a whole number from \(range.lowerBound) to \(range.upperBound)")
        }
        return number
    }

    mutating func bool(_ key: String, default otherwise: Bool) throws(ConfigFault) -> Bool {
        guard let text = try optionalString(key) else { return otherwise }
        guard let flag = Bool(text) else { throw fault(key, "must be true or false") }
        return flag
    }

    /// A size such as `512kB`, `64MB` or `2GB`.
    mutating func bytes(_ key: String, default otherwise: Int) throws(ConfigFault) -> Int {
        guard let text = try optionalString(key) else { return otherwise }
        let units = [("kB", 1 << 10), ("MB", 1 << 20), ("GB", 1 << 30), ("", 1)]
        for (unit, factor) in units where text.hasSuffix(unit) {
            if let number = Int(text.dropLast(unit.count)), number > 0, number < 1 << 30 { return number * factor }
        }
        throw fault(key, "must be a size such as 512kB, 64MB or 2GB")
    }

    /// A time such as `250ms`, `2s`, `1m` or `24h`.
    mutating func duration(_ key: String, default otherwise: Duration) throws(ConfigFault) -> Duration {
        guard let text = try optionalString(key) else { return otherwise }
        let units = [("ms", 1), ("s", 1000), ("m", 60_000), ("h", 3_600_000)]
        for (unit, factor) in units where text.hasSuffix(unit) {
            if let number = Int(text.dropLast(unit.count)), (0..<1 << 30).contains(number) {
                return .milliseconds(number * factor)
            }
        }
        throw fault(key, "must be a time such as 250ms, 2s, 1m or 24h")
    }

    mutating func choice<Choice: RawRepresentable & CaseIterable>(
        _ key: String, default otherwise: Choice
    ) throws(ConfigFault) -> Choice where Choice.RawValue == String {
        guard let text = try optionalString(key) else { return otherwise }
        guard let choice = Choice(rawValue: text) else {
            throw fault(key, "must be one of \(Choice.allCases.map(\.rawValue).joined(separator: ", "))")
        }
        return choice
    }

    /// A list of texts; a single text counts as a list of one.
    mutating func strings(_ key: String) throws(ConfigFault) -> [String] {
        guard let node = take(key) else { return [] }
        if let text = node.string { return [try expand(text, key)] }
        guard let sequence = node.sequence else { throw fault(key, "must be a list of texts") }
        var texts: [String] = []
        for node in sequence {
            guard let text = node.string else { throw fault(key, "must be a list of texts") }
            texts.append(try expand(text, key))
        }
        return texts
    }

    mutating func section(_ key: String) throws(ConfigFault) -> Section? {
        guard let node = take(key) else { return nil }
        return try Section(node, name: "\(name).\(key)", environment: environment)
    }

    /// The sections of a list.
    mutating func list(_ key: String) throws(ConfigFault) -> [Section] {
        guard let node = take(key) else { return [] }
        guard let sequence = node.sequence else { throw fault(key, "must be a list") }
        var sections: [Section] = []
        for (index, node) in sequence.enumerated() {
            sections.append(try Section(node, name: "\(name).\(key)[\(index)]", environment: environment))
        }
        return sections
    }

    /// The sections of a mapping, by their names.
    mutating func named(_ key: String) throws(ConfigFault) -> [(key: String, section: Section)] {
        guard let node = take(key) else { return [] }
        let outer = try Section(node, name: key, environment: environment)
        var sections: [(String, Section)] = []
        for (name, _, node) in outer.nodes {
            sections.append((name, try Section(node, name: "\(key).\(name)", environment: environment)))
        }
        return sections
    }

    /// The texts of a mapping of lists.
    mutating func stringLists(_ key: String) throws(ConfigFault) -> [String: [String]] {
        guard var section = try section(key) else { return [:] }
        var lists: [String: [String]] = [:]
        for (name, _, _) in section.nodes { lists[name] = try section.strings(name) }
        return lists
    }

    /// Complains about keys that nobody asked for.
    func finish() throws(ConfigFault) {
        guard let unknown = nodes.first(where: { !asked.contains($0.key) }) else { return }
        throw ConfigFault(
            line: unknown.line, "\(name) has no key \(unknown.key); there are \(asked.joined(separator: ", "))")
    }

    private mutating func take(_ key: String) -> Node? {
        if !asked.contains(key) { asked.append(key) }
        return nodes.first { $0.key == key }?.node
    }

    private func expand(_ text: String, _ key: String) throws(ConfigFault) -> String {
        var result = ""
        var rest = text[...]
        while let start = rest.range(of: "${"), let end = rest[start.upperBound...].firstIndex(of: "}") {
            result += rest[..<start.lowerBound]
            let inner = rest[start.upperBound..<end]
            let parts = inner.range(of: ":-").map { (inner[..<$0.lowerBound], Optional(inner[$0.upperBound...])) }
            let (variable, otherwise) = parts ?? (inner, nil)
            guard
                let value = environment[String(variable)].flatMap({ $0.isEmpty ? nil : $0 })
                    ?? otherwise.map(String.init)
            else { throw fault(key, "names the variable \(variable), which is not set") }
            result += value
            rest = rest[rest.index(after: end)...]
        }
        return result + rest
    }
}
