import Contracts

extension DomainError {
    static func missionNotFound(_ id: Int64) -> DomainError {
        DomainError(.notFound, slug: "mission-not-found", detail: "There is no mission \(id).")
    }

    static func missionTransitionRefused(_ id: Int64, from: MissionStatus, to: MissionStatus) -> DomainError {
        DomainError(
            .conflict, slug: "mission-transition-refused",
            detail: """
                Mission \(id) is \(from.rawValue) and cannot become \(to.rawValue); \
                only a mission that is Created can be set to Achieved.
                """)
    }
}
