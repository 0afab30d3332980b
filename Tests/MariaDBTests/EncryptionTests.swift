import Foundation
import MariaDB
import TestSupport
import Testing

/// A MariaDB of the test's own, with TLS.
@Suite(
    "An encrypted connection to MariaDB",
    .enabled(if: TestDatabase.isAvailable && EncryptedServer.canBeMade, TestDatabase.hint), .timeLimit(.minutes(5)))
struct EncryptionTests {
    @Test("is verified: the right authority and the right name are needed")
    func verified() async throws {
        let server = try await EncryptedServer(name: "DNS:localhost")
        defer { server.stop() }
        func connect(_ parameters: String, host: String = "localhost") throws -> String {
            let url = "mariadb://encrypted:hush-hush@\(host):\(server.port)/?\(parameters)"
            let connection = try MariaDBConnection(MariaDBConfiguration(url: url))
            return try connection.query("SHOW SESSION STATUS LIKE 'Ssl_version'")[0].string(1)
        }
        let certificates = server.certificates
        #expect(try connect("sslmode=verify-full&sslrootcert=\(certificates.authority)").hasPrefix("TLS"))
        #expect(try connect("sslmode=require", host: "127.0.0.1").hasPrefix("TLS"))
        for (parameters, host) in [
            ("sslmode=verify-full&sslrootcert=\(certificates.stranger)", "localhost"),
            ("sslmode=verify-full&sslrootcert=\(certificates.authority)", "127.0.0.1"),
            ("sslmode=verify-full", "localhost"),
            ("sslmode=verify-full&sslrootcert=/nowhere.pem", "localhost"),
        ] {
            let error = #expect(throws: MariaDBError.self, "\(parameters) at \(host)") {
                try connect(parameters, host: host)
            }
            #expect(error?.description.hasPrefix("MariaDB: the encrypted connection could not be made: ") == true)
            #expect(error?.description.contains("\n") == false)
            #expect(error?.isRetriable == false, "\(String(describing: error))")
            #expect(error?.debugDescription.contains("hush-hush") == false)
        }
        // A user who must use TLS is not let in without.
        #expect(throws: MariaDBError.self) { try connect("sslmode=disable", host: "127.0.0.1") }
    }
}

/// The private server of one test.
private final class EncryptedServer: Sendable {
    static let canBeMade = ["/usr/bin/mariadb-install-db", "/usr/sbin/mariadbd", "/usr/bin/openssl"]
        .allSatisfy { FileManager.default.isExecutableFile(atPath: $0) }

    let certificates: TestCertificates
    let port: Int
    private let process: ChildProcess

    init(name: String) async throws {
        certificates = try TestCertificates()
        port = try FreePort.any()
        let folder = certificates.folder
        let data = folder.appendingPathComponent("data").path
        let log = folder.appendingPathComponent("mariadb.log")
        // As root it may only run if told so; for others the option means nothing.
        let common = ["--no-defaults", "--user=\(NSUserName())", "--datadir=\(data)"]
        let install = try ChildProcess(
            "/usr/bin/mariadb-install-db", common + ["--skip-test-db", "--auth-root-authentication-method=normal"],
            environment: ["PATH": "/usr/bin:/usr/sbin:/bin"], log: log)
        guard await TestSupport.eventually(within: .seconds(60), { !install.isRunning }), install.exitStatus == 0 else {
            throw TestFailure("mariadb-install-db: \(install.tail())")
        }
        let server = try certificates.server(name)
        let socket = folder.appendingPathComponent("s").path
        process = try ChildProcess(
            "/usr/sbin/mariadbd",
            common + [
                "--port=\(port)", "--bind-address=127.0.0.1", "--socket=\(socket)", "--skip-name-resolve",
                "--innodb-buffer-pool-size=16M", "--ssl-cert=\(server.certificate)", "--ssl-key=\(server.key)",
            ], environment: [:], log: log)
        let url = "mariadb://root@127.0.0.1:\(port)/mysql"
        let child = process
        guard
            await TestSupport.eventually(
                within: .seconds(60), { (try? MariaDBConnection(MariaDBConfiguration(url: url))) != nil })
        else { throw TestFailure("mariadbd: \(child.tail())") }
        try MariaDBConnection(MariaDBConfiguration(url: url))
            .script("CREATE USER encrypted IDENTIFIED BY 'hush-hush' REQUIRE SSL")
    }

    func stop() { process.kill() }
}
