import Contracts

/// Takes a message; sends it at once where chat and limits allow, else leaves it to the dispatcher.
struct SubmitMessage: Sendable {
    /// What the caller is told.
    enum Outcome: Sendable {
        /// It is new and has its outcome.
        case done(Message)
        /// It is new and waits.
        case queued(Message)
        /// Its key was known; this is the message as it is now.
        case known(Message)
    }

    let repository: any MessageRepository
    let desk: SendDesk

    func callAsFunction(_ draft: NewMessage, _ context: WriteContext) async throws -> Outcome {
        let place = desk.reserve(upTo: 1)
        let submission: Submission
        do {
            submission = try await repository.submit(draft, mayClaim: place == 1, context)
        } catch {
            desk.release(place)
            throw error
        }
        guard let claim = submission.claim else {
            desk.release(place)
            return try await outcome(of: submission, context)
        }
        guard let message = await desk.deliver(claim) else { return .queued(submission.message) }
        return message.status == .queued ? .queued(message) : .done(message)
    }

    private func outcome(of submission: Submission, _ context: WriteContext) async throws -> Outcome {
        guard submission.isNew else { return .known(try await repository.find(submission.id, in: context.scope)) }
        guard submission.wasClaimed else {
            return submission.message.status == .queued ? .queued(submission.message) : .done(submission.message)
        }
        // The same Idempotency-Key again: the first request sent at once, and this is what came of it.
        let message = try await repository.find(submission.id, in: context.scope)
        guard message.status != .queued else { throw DomainError.stillSending }
        return .done(message)
    }
}
