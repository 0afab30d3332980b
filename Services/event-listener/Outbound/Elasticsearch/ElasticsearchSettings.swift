import Foundation
import ServiceRuntime

/// Where the search index is, if there is one.
struct ElasticsearchSettings: Sendable {
    let url: String
    let index: String
    /// The value of `Authorization`, if the index asks for one.
    let authorization: String?
    let timeout: Duration

    /// `nil` without `ELASTICSEARCH_URL`.
    init?(_ settings: inout SettingsReader) throws {
        let url = try settings.optionalHTTPURL(
            "ELASTICSEARCH_URL", example: "http://127.0.0.1:9200",
            help: "Where Elasticsearch is; without it events are stored in PostgreSQL alone.")
        index = try settings.string(
            "ELASTICSEARCH_INDEX", default: "eventlog", example: "eventlog", help: "The index's name.")
        let key = try settings.optionalSecret(
            "ELASTICSEARCH_API_KEY", example: "VnVhQ2ZHY0JDZGJrUW0tZTVhT3g6dWkybHAyYXhUTm1z",
            help: "An API key, as Elasticsearch shows it in encoded form.")
        let user = try settings.optionalString(
            "ELASTICSEARCH_USERNAME", example: "eventlog", help: "For basic authentication, in place of an API key.")
        let password = try settings.optionalSecret(
            "ELASTICSEARCH_PASSWORD", example: "secret", help: "For basic authentication.")
        timeout = try settings.duration(
            "ELASTICSEARCH_TIMEOUT", default: .seconds(10), in: .milliseconds(100) ... .seconds(120),
            help: "How long one bulk request may take; then it is sent again.")
        if let key {
            authorization = "ApiKey \(key)"
        } else if let user {
            authorization = "Basic \(Data("\(user):\(password ?? "")".utf8).base64EncodedString())"
        } else {
            authorization = nil
        }
        guard let url else { return nil }
        self.url = url
    }
}
