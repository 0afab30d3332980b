import ServiceRuntime

@testable import MypageService

extension WaitForVersion {
    /// Waits until the read model has seen a version, whichever mission the entity belongs to.
    convenience init(
        repository: any MypageRepository, maxWaiters: Int = 512, clock: any Clock<Duration> = ContinuousClock()
    ) {
        self.init(maxWaiters: maxWaiters, clock: clock) { try await repository.version(of: $0.entity, id: $0.id) }
    }
}
