import Foundation
import Orders

/// Orders of each kind, of all branches and windows together.
struct OrderTally: Equatable, Sendable {
    /// branch → type → name → count
    private(set) var counts: [String: [String: [String: Int]]] = [:]

    var orders: Int { counts.values.reduce(0) { $0 + ($1["PaymentMethods"]?.values.reduce(0, +) ?? 0) } }

    mutating func add(_ count: Int, _ branch: String, _ type: StatisticsType, _ name: String) {
        counts[branch, default: [:]][type.rawValue, default: [:]][name, default: 0] += count
    }

    /// Counts what stands in files, by Foundation's own parser and nothing of the suite's.
    init(files: [URL]) throws {
        for file in files {
            for line in try Data(contentsOf: file).split(separator: 0x0A) { add(line) }
        }
    }

    init() {}

    init(lines: String) {
        for line in lines.utf8.split(separator: 0x0A) { add(Data(line)) }
    }

    private mutating func add(_ line: Data) {
        guard let object = try? JSONSerialization.jsonObject(with: line) as? [String: Any],
            let branch = object["branch"] as? String, let grade = object["customerAgeGrade"] as? String,
            let payment = object["paymentMethod"] as? String, let coffees = object["orders"] as? [String]
        else { return }
        add(1, branch, .ageGrades, grade)
        add(1, branch, .paymentMethods, payment)
        for coffee in coffees { add(1, branch, .coffees, coffee) }
    }
}

/// One order as a line.
func orderLine(
    _ branch: String = "sunae", at seconds: Double? = nil, grade: String = "3040", coffees: [String] = ["Americano"]
) -> String {
    var time = ""
    if let seconds {
        let style = Date.ISO8601FormatStyle(includingFractionalSeconds: true)
        time = #","orderedAt":"\#(Date(timeIntervalSince1970: seconds).formatted(style))""#
    }
    let list = coffees.map { "\"\($0)\"" }.joined(separator: ",")
    return #"{"branch":"\#(branch)","customerAgeGrade":"\#(grade)","paymentMethod":"Cash","orders":[\#(list)]\#(time)}"#
        + "\n"
}
