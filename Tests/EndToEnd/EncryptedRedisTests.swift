import Foundation
import TestSupport
import Testing

extension EndToEnd {
    /// The order pipeline with a Redis that speaks TLS alone.
    @Suite struct EncryptedRedisTests {
        @Test(arguments: OrderPipeline.Via.allCases)
        func `Orders are counted and shown through an encrypted Redis, also after its restart`(
            via: OrderPipeline.Via
        ) async throws {
            let certificates = try TestCertificates()
            try await withPipeline(via, withDashboard: true, certificates: certificates) { pipeline in
                var expected = OrderTally()
                for round in 1...2 {
                    let generator = try pipeline.generate("--rate", "0", "--count", "5000", "--seed", "\(round)")
                    #expect(await eventually { !generator.isRunning })
                    expected = try OrderTally(files: pipeline.files())
                    #expect(try await pipeline.expectCounted(expected) == expected)
                    if round == 1 { try await pipeline.redis.restart() }
                }
                let stream = try await StreamProbe.first(pipeline.dashboard.port, events: 1)
                #expect(stream.contains("event: snapshot") && stream.contains(#""branch":"sunae""#))
            }
        }

        @Test func `Each service ends with one line when the certificate is not the right one`() async throws {
            let certificates = try TestCertificates()
            try await withPipeline(.redis, withDashboard: true, certificates: certificates) { pipeline in
                let right = pipeline.redis.url
                let state = pipeline.folder.appendingPathComponent("state").path
                for (url, reason) in [
                    (right.replacing(certificates.authority, with: certificates.stranger), "was not accepted"),
                    (right.replacing("127.0.0.1", with: "localhost"), "hostname mismatch"),
                    (right.replacing(certificates.authority, with: "/nowhere.pem"), "/nowhere.pem"),
                ] {
                    for service in [pipeline.collector, pipeline.statistics, pipeline.dashboard] {
                        let other = service.copy(
                            name: "\(service.name)-\(reason.filter(\.isLetter))", port: try FreePort.any(),
                            overriding: ["REDIS_URL": url, "LOG_LEVEL": "error", "COLLECTOR_STATE": "\(state)-other"])
                        try other.start()
                        #expect(await eventually { other.child?.isRunning == false })
                        // Beside it stands the same in the log.
                        let lines = other.output.split(separator: "\n").filter { $0.hasPrefix("\(service.name): ") }
                        #expect(lines.count == 1 && lines[0].contains("REDIS_URL"), "\(lines)")
                        #expect(lines.first?.contains(reason) == true, "\(lines)")
                    }
                }
            }
        }
    }
}
