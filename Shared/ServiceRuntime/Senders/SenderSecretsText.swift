/// The text of `SENDER_SECRETS`; no error quotes any of it.
enum SenderSecretsText {
    static let maxSenders = 10_000

    static func parse(_ text: String) throws(InvalidValue) -> [String: [SenderSecret]] {
        var secrets: [String: [SenderSecret]] = [:]
        let entries = text.split { $0 == ";" || $0.isNewline }.map { $0.filter { $0 != " " && $0 != "\t" } }
        for (index, entry) in entries.enumerated() where !entry.isEmpty && !entry.hasPrefix("#") {
            do throws(InvalidValue) {
                let (name, own) = try sender(entry)
                guard secrets.updateValue(own, forKey: name) == nil else { throw InvalidValue("names a sender again") }
            } catch {
                throw InvalidValue("must be name=secret with semicolons or a line each: entry \(index + 1) \(error)")
            }
        }
        guard secrets.count <= maxSenders else { throw InvalidValue("must not name more than \(maxSenders) senders") }
        return secrets
    }

    private static func sender(_ entry: String) throws(InvalidValue) -> (String, [SenderSecret]) {
        // Secrets may end with the = of base64.
        guard let equals = entry.firstIndex(of: "="), equals > entry.startIndex else {
            throw InvalidValue("has no name before a =")
        }
        let texts = entry[entry.index(after: equals)...].split(separator: ",", omittingEmptySubsequences: false)
        guard texts.count <= 2 else { throw InvalidValue("has more than two secrets") }
        var secrets: [SenderSecret] = []
        for text in texts { secrets.append(try SenderSecret(String(text))) }
        return (String(entry[..<equals]), secrets)
    }
}
