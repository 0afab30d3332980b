import Hummingbird
import KafkaDevBroker

/// The control interface: makes faults, and takes them back.
struct ControlRoutes: Sendable {
    let broker: DevBroker

    private static let about = """
        dev-broker: librdkafka's built-in Kafka broker. Development only: it keeps nothing on disk, holds about 5 MB a \
        partition, and forgets everything when it ends.

        """

    private struct Down: Decodable { var down: Bool }
    private struct Latency: Decodable { var ms: Int }
    private struct Partitions: Decodable { var partitions: Int }
    private struct Errors: Decodable {
        var api: String
        var errors: [Int32]
        /// How many times the list is given.
        var count: Int?
    }

    func add(to router: Router<BasicRequestContext>) {
        router.get("/") { _, _ in "\(Self.about)\nbroker: \(broker.bootstrap)\n" }
        router.get("/livez") { _, _ in "ok\n" }
        router.put("/down") { request, context in
            let body = try await request.decode(as: Down.self, context: context)
            return try answer { try broker.setDown(body.down) }
        }
        router.put("/latency") { request, context in
            let body = try await request.decode(as: Latency.self, context: context)
            guard (0...60_000).contains(body.ms) else { throw HTTPError(.badRequest, message: "ms is 0 to 60000") }
            return try answer { try broker.setLatency(milliseconds: body.ms) }
        }
        router.put("/errors") { request, context in
            let body = try await request.decode(as: Errors.self, context: context)
            guard let api = DevBrokerAPI(name: body.api) else {
                let known = DevBrokerAPI.allCases.map { "\($0)" }.joined(separator: ", ")
                throw HTTPError(.badRequest, message: "api is one of \(known)")
            }
            let count = body.count ?? 1
            guard (1...10_000).contains(count), body.errors.count * count <= 10_000 else {
                throw HTTPError(.badRequest, message: "count is at least 1, and no more than 10000 errors in all")
            }
            return try answer {
                try broker.failRequests(apiKey: api, errors: Array(repeatElement(body.errors, count: count).joined()))
            }
        }
        router.delete("/faults") { _, _ in try answer { try broker.clearFaults() } }
        router.put("/topics/:name") { request, context in
            let body = try await request.decode(as: Partitions.self, context: context)
            let name = try context.parameters.require("name")
            guard (1...1000).contains(body.partitions) else {
                throw HTTPError(.badRequest, message: "partitions is 1 to 1000")
            }
            return try answer { try broker.createTopic(name, partitions: body.partitions) }
        }
    }

    private func answer(_ action: () throws -> Void) throws -> HTTPResponse.Status {
        do {
            try action()
            return .noContent
        } catch let error as DevBrokerError {
            throw HTTPError(.conflict, message: error.description)
        }
    }
}
