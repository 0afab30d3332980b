/// The details of Prometheus' text format (https://prometheus.io/docs/instrumenting/exposition_formats/).
enum PrometheusText {
    /// A label of swift-metrics as a metric name: what is not allowed becomes an underscore.
    static func metricName(_ label: String) -> String {
        var name = ""
        for scalar in label.unicodeScalars {
            let isDigit = ("0"..."9").contains(scalar)
            let isLetter =
                ("a"..."z").contains(scalar) || ("A"..."Z").contains(scalar) || scalar == "_" || scalar == ":"
            if isDigit && name.isEmpty { name += "_" }
            name.unicodeScalars.append(isDigit || isLetter ? scalar : "_")
        }
        return name
    }

    /// `{a="b",c="d"}`, or nothing.
    static func labels(_ dimensions: [(String, String)]) -> String {
        if dimensions.isEmpty { return "" }
        let pairs = dimensions.map { "\(metricName($0.0))=\"\(escaped($0.1))\"" }
        return "{\(pairs.joined(separator: ","))}"
    }

    /// One more label beside those that are there.
    static func adding(_ name: String, _ value: String, to labels: String) -> String {
        labels.isEmpty ? "{\(name)=\"\(value)\"}" : "\(labels.dropLast()),\(name)=\"\(value)\"}"
    }

    static func number(_ value: Double) -> String {
        if value.isNaN { return "NaN" }
        if value.isInfinite { return value < 0 ? "-Inf" : "+Inf" }
        if value == value.rounded(), abs(value) < 1e15 { return String(Int64(value)) }
        return String(value)
    }

    static func isSeconds(_ label: String) -> Bool { label.hasSuffix("_seconds") }

    /// A HELP text made of the name; swift-metrics carries none.
    static func help(_ name: String) -> String { name.split(separator: "_").joined(separator: " ") }

    private static func escaped(_ text: String) -> String {
        guard text.utf8.contains(where: { $0 == 0x5C || $0 == 0x22 || $0 == 0x0A }) else { return text }
        var result = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\\": result += "\\\\"
            case "\"": result += "\\\""
            case "\n": result += "\\n"
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }
}
