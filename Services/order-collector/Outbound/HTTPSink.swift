import Auth
import HTTPClient

/// Hands lines to another collector's HTTP source.
struct HTTPSink: Sink {
    struct Refused: Error, CustomStringConvertible {
        let status: Int
        var description: String { "the other collector answered \(status)" }
    }

    let client: HTTPClient
    let url: String
    /// What the other collector knows this one by, where it asks for it.
    let token: ServiceToken?

    func deliver(_ batch: LineBatch) async throws {
        var body: [UInt8] = []
        body.reserveCapacity(batch.bytes.count + batch.count)
        for index in 0..<batch.count {
            body.append(contentsOf: batch[index])
            body.append(0x0A)
        }
        var headers = [("content-type", "application/x-ndjson")]
        if let authorization = token?.authorization { headers.append(("authorization", authorization)) }
        let response = try await client.send(
            HTTPRequest(
                method: "POST", url: url, headers: headers, body: body,
                timeout: .seconds(35)))
        guard response.isSuccess else { throw Refused(status: response.status) }
    }

    func close() async { await client.close() }

    struct Settings: SinkSettings {
        static let type = "http"
        let url: String
        let tokenFile: String?

        init(_ section: inout Section) throws(ConfigFault) {
            url = try section.string("url")
            tokenFile = try section.optionalString("tokenFile")
            guard url.hasPrefix("http://") || url.hasPrefix("https://") else {
                throw section.fault("url", "must begin with http:// or https://")
            }
        }

        func make(_ context: ComponentContext) throws -> any Sink {
            HTTPSink(
                client: HTTPClient(maxConnections: 1, logger: context.logger), url: url,
                token: tokenFile.map { ServiceToken(file: $0) })
        }
    }
}
