extension SettingsReader {
    /// Any text; required when there is no default.
    public mutating func string(
        _ name: String, default defaultValue: String? = nil, example: String, help: String
    ) throws -> String {
        try value(name, default: defaultValue, example: example, help: help) { $0 }
    }

    /// Any text, or `nil` when it is not set.
    public mutating func optionalString(_ name: String, example: String, help: String) throws -> String? {
        try optionalValue(name, example: example, help: help) { $0 }
    }

    /// A required text that is shown nowhere.
    public mutating func secret(_ name: String, example: String, help: String) throws -> String {
        try value(name, example: example, help: help, isSecret: true) { $0 }
    }

    /// A text that is shown nowhere, or `nil` when it is not set.
    public mutating func optionalSecret(_ name: String, example: String, help: String) throws -> String? {
        try optionalValue(name, example: example, help: help, isSecret: true) { $0 }
    }

    /// A whole number within a range.
    public mutating func int(
        _ name: String, default defaultValue: Int? = nil, in range: ClosedRange<Int>, example: Int? = nil,
        help: String
    ) throws -> Int {
        let example = example ?? defaultValue ?? range.lowerBound
        return try value(name, default: defaultValue.map(String.init), example: String(example), help: help) { text in
            guard let number = Int(text), range.contains(number) else {
                throw InvalidValue("must be a whole number from \(range.lowerBound) to \(range.upperBound)")
            }
            return number
        }
    }

    /// A number within a range.
    public mutating func double(
        _ name: String, default defaultValue: Double? = nil, in range: ClosedRange<Double>, example: Double? = nil,
        help: String
    ) throws -> Double {
        let example = example ?? defaultValue ?? range.lowerBound
        return try value(name, default: defaultValue.map { "\($0)" }, example: "\(example)", help: help) { text in
            guard let number = Double(text), range.contains(number) else {
                throw InvalidValue("must be a number from \(range.lowerBound) to \(range.upperBound)")
            }
            return number
        }
    }

    /// `true` or `false`.
    public mutating func bool(_ name: String, default defaultValue: Bool, help: String) throws -> Bool {
        try value(name, default: "\(defaultValue)", example: "\(!defaultValue)", help: help) { text in
            guard let flag = Bool(text) else { throw InvalidValue("must be true or false") }
            return flag
        }
    }

    /// A time span: `250ms`, `2s`, `1m`, `24h`.
    public mutating func duration(
        _ name: String, default defaultValue: Duration? = nil,
        in range: ClosedRange<Duration> = .zero ... .seconds(366 * 86_400), example: Duration? = nil, help: String
    ) throws -> Duration {
        let example = DurationText.format(example ?? defaultValue ?? range.lowerBound)
        return try value(name, default: defaultValue.map(DurationText.format), example: example, help: help) { text in
            guard let duration = DurationText.parse(text) else {
                throw InvalidValue("must be a time such as 250ms, 2s, 1m or 24h")
            }
            guard range.contains(duration) else {
                let bounds = (DurationText.format(range.lowerBound), DurationText.format(range.upperBound))
                throw InvalidValue("must be from \(bounds.0) to \(bounds.1)")
            }
            return duration
        }
    }

    /// One of the raw values of `Choice`.
    public mutating func choice<Choice: RawRepresentable & CaseIterable>(
        _ name: String, default defaultValue: Choice? = nil, help: String
    ) throws -> Choice where Choice.RawValue == String {
        let names = Choice.allCases.map(\.rawValue)
        return try value(name, default: defaultValue?.rawValue, example: names[0], help: help) { text in
            guard let choice = Choice(rawValue: text) else {
                throw InvalidValue("must be one of \(names.joined(separator: ", "))")
            }
            return choice
        }
    }

    /// An `http` or `https` URL without user information, query or fragment; a trailing slash is taken off.
    public mutating func httpURL(
        _ name: String, default defaultValue: String? = nil, example: String, help: String
    ) throws -> String {
        try value(name, default: defaultValue, example: example, help: help, parse: HTTPURLText.parse)
    }

    /// The same, or `nil` when it is not set.
    public mutating func optionalHTTPURL(_ name: String, example: String, help: String) throws -> String? {
        try optionalValue(name, example: example, help: help, parse: HTTPURLText.parse)
    }
}
