import Foundation

/// A certificate authority of a test's own and what it signs, made by openssl in a folder that goes with it.
public final class TestCertificates: Sendable {
    public let folder: URL
    /// The authority's certificate.
    public var authority: String { path("ca.pem") }
    /// The certificate of an authority that signed nothing.
    public var stranger: String { path("stranger.pem") }

    public init() throws {
        folder = FileManager.default.temporaryDirectory.appendingPathComponent("certificates-\(UUID().uuidString)")
        // Servers under other users read the certificates, and the tests' temporary folder is theirs too.
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: false)
        for name in ["ca", "stranger"] {
            try make(name, ["-subj", "/CN=\(name)", "-addext", "keyUsage=critical,keyCertSign,cRLSign"])
        }
    }

    deinit { try? FileManager.default.removeItem(at: folder) }

    /// Makes the certificate of a server and its key.
    ///
    /// - Parameter name: As certificates have it, such as `DNS:localhost` or `IP:127.0.0.1`.
    public func server(_ name: String) throws -> (certificate: String, key: String) {
        let file = "server-\(UUID().uuidString)"
        try make(
            file,
            [
                "-subj", "/CN=server", "-CA", path("ca.pem"), "-CAkey", path("ca.key"), "-addext",
                "subjectAltName=\(name)", "-addext", "basicConstraints=critical,CA:FALSE",
            ])
        return (path("\(file).pem"), path("\(file).key"))
    }

    private func path(_ name: String) -> String { folder.appendingPathComponent(name).path }

    private func make(_ name: String, _ arguments: [String]) throws {
        let openssl = Process()
        openssl.executableURL = URL(fileURLWithPath: "/usr/bin/openssl")
        openssl.arguments =
            [
                "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
                "-keyout", path("\(name).key"), "-out", path("\(name).pem"),
            ] + arguments
        openssl.standardError = FileHandle.nullDevice
        try openssl.run()
        openssl.waitUntilExit()
        guard openssl.terminationStatus == 0 else { throw TestFailure("openssl cannot make \(name)") }
    }
}
