extension Duration {
    /// Whole milliseconds, rounded up, so that a short wait does not become a busy one.
    var milliseconds: Int64 {
        let (seconds, attoseconds) = components
        return seconds * 1000 + (attoseconds + 999_999_999_999_999) / 1_000_000_000_000_000
    }

    /// Milliseconds as librdkafka's time-outs take them; never negative, which would mean for ever.
    var timeout: Int32 { Int32(clamping: max(milliseconds, 0)) }
}
