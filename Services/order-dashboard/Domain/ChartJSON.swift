import Foundation
import Orders

/// Windows as the page and other clients get them.
enum ChartJSON {
    struct Counts: Encodable {
        let date: String
        let counts: [String: Int]
    }

    struct Window: Encodable {
        let branch: String
        let date: String
        let counts: [String: [String: Int]]

        init(_ window: ChartWindow) {
            branch = window.branch
            date = window.date.description
            counts = Dictionary(uniqueKeysWithValues: window.counts.map { ($0.key.rawValue, $0.value) })
        }
    }

    /// A Server-Sent Event that carries windows.
    static func event(_ name: String, id: EventID, _ windows: [ChartWindow]) -> [UInt8] {
        let data = encode(["windows": windows.map { Window($0) }])
        return Array("id: \(id)\nevent: \(name)\ndata: ".utf8) + data + Array("\n\n".utf8)
    }

    static func encode(_ value: some Encodable) -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        // Of strings and numbers alone, as here, there is nothing that cannot be encoded.
        return (try? encoder.encode(value)).map { Array($0) } ?? Array("{}".utf8)
    }
}
