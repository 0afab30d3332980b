import Foundation
import Orders

/// A message of the channel: `{"header": "PUBLISH_STATISTICS", "body": {"branch", "date", "counts"}}`.
struct PublishedWindow: Decodable {
    struct Body: Decodable {
        let branch: String
        let date: String
        let counts: [String: [String: Int]]
    }

    let header: String
    let body: Body

    /// `nil` for messages of other kinds, which may share the channel.
    static func decode(_ bytes: [UInt8]) -> ChartWindow? {
        guard let message = try? JSONDecoder().decode(PublishedWindow.self, from: Data(bytes)),
            message.header == StatisticsKeys.publishHeader, OrderCatalogue.branches.contains(message.body.branch),
            let date = WindowDate(message.body.date)
        else { return nil }
        var counts: ChartWindow.Counts = [:]
        for (name, values) in message.body.counts {
            guard let type = StatisticsType(rawValue: name) else { continue }
            counts[type] = values
        }
        return ChartWindow(branch: message.body.branch, date: date, counts: counts)
    }
}
