import Contracts
import ServiceRuntime

/// Reads one row, if asked not before a certain version has been seen.
struct ReadMypage: Sendable {
    let repository: any MypageRepository
    let waitForVersion: WaitForVersion

    func callAsFunction(_ id: Int64, notBefore token: ConsistencyToken? = nil) async throws -> Mypage {
        if let token { try await waitForVersion(token) }
        guard let page = try await repository.find(id) else { throw DomainError.mypageNotFound(id) }
        return page
    }
}
