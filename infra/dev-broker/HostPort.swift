import ArgumentParser

/// A `host:port`, as a listener binds it or as clients are told.
struct HostPort: Sendable, Equatable, ExpressibleByArgument {
    let host: String
    let port: Int

    init(host: String, port: Int) {
        self.host = host
        self.port = port
    }

    init?(argument: String) {
        guard let colon = argument.lastIndex(of: ":"), let port = Int(argument[argument.index(after: colon)...]),
            (0...65_535).contains(port), colon > argument.startIndex
        else { return nil }
        self.init(host: String(argument[..<colon]), port: port)
    }
}
