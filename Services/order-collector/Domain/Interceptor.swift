/// Looks at each event between source and channels: adds headers, changes it, or drops it.
protocol Interceptor: Sendable {
    /// The event that goes on, or `nil` to drop it.
    func intercept(_ event: Event) -> Event?
}
