/// Where lines come from.
protocol Source: Sendable {
    /// Hands lines to `intake` until the task is cancelled.
    func run(into intake: Intake) async throws
}
