import Contracts
import ServiceRuntime

/// Reads one row, if asked not before a certain version has been seen.
struct ReadMypage: Sendable {
    let repository: any MypageRepository
    let waitForVersion: WaitForVersion

    /// - Parameter scope: A row that is not within it is not found, as if it did not exist.
    func callAsFunction(
        _ id: Int64, notBefore token: ConsistencyToken? = nil, in scope: Scope = .everyone
    ) async throws -> Mypage {
        if let token { try await waitForVersion(token) }
        guard let page = try await repository.find(id), scope.includes(page.customerId) else {
            throw DomainError.mypageNotFound(id)
        }
        return page
    }
}
