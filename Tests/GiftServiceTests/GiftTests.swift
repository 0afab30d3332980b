import Contracts
import Testing

@testable import GiftService

@Suite struct GiftTests {
    private let now = Timestamp(milliseconds: 1_000)
    private let due = Timestamp(milliseconds: 3_000)
    private let reward = RewardCopy(id: 5, version: 1, missionId: 2, customerId: 3, giftId: nil, status: .allocated)

    private func exchanged(name: String? = nil) -> Gift {
        Gift(id: 7, NewGift(rewardId: 5, name: name), for: reward, in: WriteContext(), at: now, due: due)
    }

    private func confirmed() -> Gift {
        var gift = exchanged()
        _ = gift.confirm(at: now)
        return gift
    }

    private func news(_ status: RewardStatus, gift: Int64?) -> RewardCopy {
        RewardCopy(id: 5, version: 2, missionId: 2, customerId: 3, giftId: gift, status: status)
    }

    @Test func `a new gift has its notice pending from its own commit on`() {
        let gift = exchanged()
        #expect((gift.status, gift.version, gift.isConfirmed) == (.exchanged, 1, false))
        #expect(gift.notices == GiftNotices(exchange: .pending, due: due))
        #expect(gift.untold == [.exchanged])
    }

    @Test func `a gift is used once, and only when it is confirmed`() throws {
        var gift = exchanged()
        let early = #expect(throws: DomainError.self) {
            try gift.change(to: .used, in: WriteContext(), at: now, due: due)
        }
        #expect(early?.slug == "gift-not-confirmed" && early?.retryAfter == 1)
        let wasConfirmed = gift.confirm(at: now)
        #expect(wasConfirmed && gift.version == 1)
        try gift.change(to: .used, in: WriteContext(), at: now, due: due)
        #expect((gift.status, gift.version) == (.used, 2))
        #expect { try gift.change(to: .used, in: WriteContext(), at: now, due: due) } throws: {
            ($0 as? DomainError)?.slug == "gift-transition-refused"
        }
    }

    @Test(arguments: [GiftStatus.exchanged, .cancelled])
    func `a request makes nothing but a used gift`(status: GiftStatus) {
        var gift = confirmed()
        #expect { try gift.change(to: status, in: WriteContext(), at: now, due: due) } throws: {
            ($0 as? DomainError)?.slug == "gift-transition-refused"
        }
    }

    @Test func `what its reward becomes decides over a gift`() {
        let gift = exchanged()
        #expect(gift.consequence(of: news(.exchanged, gift: 7)) == .confirm)
        #expect(gift.consequence(of: news(.used, gift: 7)) == .confirm)
        #expect(gift.consequence(of: news(.exchanged, gift: 8)) == .cancel)
        #expect(gift.consequence(of: news(.revoked, gift: nil)) == .cancel)
        #expect(gift.consequence(of: news(.allocated, gift: nil)) == .none)
    }

    @Test func `a confirmed gift is never cancelled, a cancelled one never confirmed`() {
        var gift = confirmed()
        let wasCancelled = gift.cancel(at: now)
        #expect(!wasCancelled && gift.status == .exchanged)
        var other = exchanged()
        let isCancelled = other.cancel(at: now)
        let isConfirmed = other.confirm(at: now)
        #expect(isCancelled && !isConfirmed && other.status == .cancelled && other.version == 2)
    }

    @Test func `a cancellation is told unless telegram said that the exchange cannot be`() {
        for (answer, isTold) in [
            (MessageStatus.sent, true), (.queued, true), (.uncertain, true), (.unlinked, true), (.failed, false),
            (.blocked, false),
        ] {
            var gift = exchanged()
            gift.settle(.exchanged, as: answer)
            _ = gift.cancel(at: now)
            #expect(gift.data.customerTold == isTold, "\(answer)")
        }
        var gift = exchanged()
        let requested = gift.deferNotices()
        _ = gift.cancel(at: now)
        #expect(requested == [.exchanged] && gift.data.customerTold == true)
    }

    @Test func `nobody hears of a use before the exchange`() throws {
        var taken = confirmed()
        taken.settle(.exchanged, as: .sent)
        try taken.change(to: .used, in: WriteContext(), at: now, due: due)
        #expect(taken.untold == [.used])
        var deferred = confirmed()
        #expect(deferred.deferNotices() == [.exchanged])
        try deferred.change(to: .used, in: WriteContext(), at: now, due: due)
        #expect(deferred.untold == [.exchanged, .used])
        #expect(deferred.deferNotices() == [.used], "the exchange has been asked for already")
    }

    @Test func `a notice is nobody's any more only when all are settled`() throws {
        var gift = confirmed()
        try gift.change(to: .used, in: WriteContext(), at: now, due: due)
        gift.settle(.used, as: .sent)
        #expect(gift.notices.due == due)
        gift.settle(.exchanged, as: .queued)
        #expect(gift.notices.due == nil)
    }

    @Test func `telegram's late answer replaces what was deferred`() {
        var gift = exchanged()
        _ = gift.deferNotices()
        gift.settle(.exchanged, as: .sent)
        #expect(gift.notices.exchange == .answered(.sent))
    }

    @Test func `a remembered outcome tells nobody again`() throws {
        let again = try JSON.decode(Gift.self, from: JSON.encode(exchanged()))
        #expect(again.untold.isEmpty)
        var same = again
        same.settle(.exchanged, as: .sent)
        #expect(again.notices.exchange == .pending && same.id == again.id)
    }

    @Test func `messages name the gift and carry their keys`() {
        let gift = exchanged(name: "Cup")
        #expect(gift.message(.exchanged).key == "gift-exchanged:7")
        #expect(gift.message(.used).key == "gift-used:7")
        for notice in Notice.allCases { #expect(gift.message(notice).text.contains("gift 7 (Cup)")) }
    }
}
