import Foundation
import Orders

/// What is published: `{"header": "PUBLISH_STATISTICS", "body": {"branch", "date", "counts"}}`.
struct StatisticsMessage: Encodable {
    struct Body: Encodable {
        let branch: String
        let date: String
        let counts: [String: [String: Int]]
    }

    let header: String
    let body: Body

    static func json(_ key: TumblingWindows.Key, _ counts: [String: [String: Int]]) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        let message = StatisticsMessage(
            header: StatisticsKeys.publishHeader,
            body: Body(branch: key.branchName, date: key.window.description, counts: counts))
        return String(decoding: try encoder.encode(message), as: UTF8.self)
    }
}
