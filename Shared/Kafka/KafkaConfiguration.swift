import CRdkafka

/// Where the brokers are, who we are, and librdkafka's own properties.
public struct KafkaConfiguration: Sendable {
    /// `host:port`, several with commas.
    public let brokers: String
    /// The name that brokers' logs and quotas see.
    public let clientID: String
    /// Raw librdkafka properties; they win over this module's own choices.
    public let properties: [String: String]
    /// Where the token for SASL OAUTHBEARER is; read again whenever it is about to expire.
    public let tokenFile: String?

    /// - Throws: ``KafkaError`` `.configuration`, in librdkafka's words, when there is no broker, or a property does
    ///   not exist or has a value that it cannot have.
    public init(brokers: String, clientID: String, properties: [String: String] = [:], tokenFile: String? = nil)
        throws(KafkaError)
    {
        self.brokers = brokers
        self.clientID = clientID
        self.properties = properties
        self.tokenFile = tokenFile
        for broker in brokers.split(separator: ",", omittingEmptySubsequences: false) {
            guard Self.isAddress(broker) else {
                throw KafkaError(.configuration, detail: "\"\(broker)\" is not a broker's host:port")
            }
        }
        _ = try ClientConf(self)
    }

    /// `host`, `host:port` or `[address]:port`, perhaps with a protocol in front, as librdkafka takes them.
    private static func isAddress(_ text: Substring) -> Bool {
        let trimmed = text.drop { $0 == " " }
        let address = trimmed.firstRange(of: "://").map { trimmed[$0.upperBound...] } ?? trimmed
        guard !address.isEmpty, !address.contains("@"), !address.contains("/") else { return false }
        guard let colon = address.lastIndex(of: ":"), address.last != "]" else { return true }
        return colon > address.startIndex && UInt16(address[address.index(after: colon)...]) != nil
    }
}

extension KafkaConfiguration: CustomStringConvertible, CustomReflectable {
    public var description: String { "Kafka at \(brokers)" }
    /// Keeps the properties out of dumps: passwords are among them.
    public var customMirror: Mirror { Mirror(self, children: ["brokers": brokers]) }
}
