/// What the store knows of an owner's latest sign of life.
struct SignOfLife: Sendable, Hashable {
    let owner: Int64
    /// Changes with each sign; says nothing else.
    let mark: String
    let lease: Duration
}
