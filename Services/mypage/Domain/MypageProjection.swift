/// Takes facts into one generation of the read model.
protocol MypageProjection: Sendable {
    /// Applies all of the facts or none, each event once.
    ///
    /// - Returns: How many of the facts were new.
    func apply(_ facts: [MypageFact]) async throws -> Int
}
