import Foundation
import TestSupport
import Testing

@testable import Postgres

extension PostgresTests {
    /// With TLS switched on in the running server, for the time of each test.
    struct EncryptionTests {
        @Test func `a verified connection needs the right authority and the right name`() throws {
            let url = try #require(TestServer.url) + "?sslmode=require"
            let none = postgresError { try PostgresConnection(PostgresConfiguration(url: url)) }
            #expect(none?.description.contains("server does not support SSL") == true)
            #expect(none?.isRetriable == false)
            try Self.withEncryption("IP:127.0.0.1") { certificates, url in
                func connect(_ mode: String, _ authority: String, host: String = "127.0.0.1") throws -> Bool {
                    let configuration = try PostgresConfiguration(
                        url: url(host) + "?sslmode=\(mode)&sslrootcert=\(authority)")
                    return try PostgresConnection(configuration)
                        .query("SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()")[0].bool(0)
                }
                let isVerified = try connect("verify-full", certificates.authority)
                let isVerifiedByAnotherName = try connect("verify-ca", certificates.authority, host: "localhost")
                #expect(isVerified && isVerifiedByAnotherName)
                for (mode, authority, host, fault) in [
                    ("verify-full", certificates.stranger, "127.0.0.1", "certificate verify failed"),
                    ("verify-ca", certificates.stranger, "127.0.0.1", "certificate verify failed"),
                    ("verify-full", certificates.authority, "localhost", "does not match host name \"localhost\""),
                    (
                        "verify-full", "/nowhere.pem", "127.0.0.1",
                        "root certificate file \"/nowhere.pem\" does not exist"
                    ),
                ] {
                    let error = postgresError { _ = try connect(mode, authority, host: host) }
                    #expect(error?.description.contains(fault) == true, "\(error?.description ?? "it connects")")
                    #expect(error?.description.contains("\n") == false)
                    // Nobody waits for it to get better: a service that is configured so ends with this line.
                    #expect(error?.isRetriable == false && error?.isConnectionLost == true)
                    #expect(error?.debugDescription.contains("hush") == false)
                }
            }
        }

        private static func withEncryption(
            _ name: String, _ body: (TestCertificates, (String) -> String) throws -> Void
        ) throws {
            let certificates = try TestCertificates()
            let server = try certificates.server(name)
            let administrator = try PostgresConnection(TestServer.configuration())
            // The key must be the server's own file: the server writes it itself.
            for (file, path) in [("test-tls.pem", server.certificate), ("test-tls.key", server.key)] {
                let text = try String(contentsOfFile: path, encoding: .utf8)
                try administrator.script(
                    """
                    CREATE TEMP TABLE lines (number serial, line text);
                    INSERT INTO lines (line) SELECT unnest(string_to_array('\(text)', E'\\n'));
                    COPY (SELECT line FROM lines ORDER BY number) TO PROGRAM 'umask 077; cat >\(file)';
                    DROP TABLE lines
                    """)
            }
            func set(_ settings: [String]) throws {
                for setting in settings { try administrator.script("ALTER SYSTEM \(setting)") }
                try administrator.script("SELECT pg_reload_conf()")
            }
            try set(["SET ssl_cert_file = 'test-tls.pem'", "SET ssl_key_file = 'test-tls.key'", "SET ssl = on"])
            defer { try? set(["RESET ssl", "RESET ssl_cert_file", "RESET ssl_key_file"]) }
            let url = try #require(TestServer.url)
            try waitForEncryption(url)
            try body(certificates) { url.replacing("@127.0.0.1:", with: "@\($0):") }
        }

        /// The postmaster reads its configuration a moment after it was told to.
        private static func waitForEncryption(_ url: String) throws {
            let deadline = ContinuousClock.now + .seconds(60)
            while (try? PostgresConnection(PostgresConfiguration(url: url + "?sslmode=require"))) == nil {
                guard ContinuousClock.now < deadline else { throw TestFailure("the server does not switch TLS on") }
                usleep(10_000)
            }
        }
    }
}
