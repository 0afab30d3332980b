import Testing

/// What all services and the sandbox say at one moment about gifts.
struct GiftState {
    let gifts: [GiftView]
    let rewards: [RewardView]
    let rows: [MypageView]
    let telegrams: [TelegramView]
    let received: [SandboxMessage]

    /// Where reward, gift, the read model and telegram do not tell the same story.
    var differences: [String] {
        let giftsOf = Dictionary(grouping: gifts, by: \.rewardId)
        let rowOf = Dictionary(rows.map { ($0.missionId, $0) }, uniquingKeysWith: { first, _ in first })
        let latest = Dictionary(
            telegrams.compactMap { message in message.giftId.map { ($0, message) } },
            uniquingKeysWith: { $0.id > $1.id ? $0 : $1 })
        return rewards.compactMap { reward in
            let all = giftsOf[reward.id] ?? []
            let live = all.filter { $0.status != "Cancelled" }
            let row = rowOf[reward.missionId]
            let shown = live.first ?? all.max { $0.id < $1.id }
            let story =
                "reward \(reward.id) \(reward.status) of gift \(reward.giftId ?? 0), gifts \(all), row \(row.map { "\($0)" } ?? "none")"
            guard live.count <= 1 else { return "two live gifts: \(story)" }
            let isBound =
                switch reward.status {
                case "Allocated", "Revoked": live.isEmpty && reward.giftId == nil
                default:
                    live.first?.id == reward.giftId && live.first?.confirmed == true
                        && live.first?.status == reward.status
                }
            guard isBound else { return "reward and gift differ: \(story)" }
            guard row?.rewardId == reward.id, row?.rewardStatus == reward.status, row?.giftId == shown?.id,
                row?.giftStatus == shown?.status
            else { return "the row differs: \(story)" }
            let message = shown.flatMap { latest[$0.id] }
            guard row?.giftTelegramId == message?.id, row?.giftTelegramStatus == message?.status else {
                return "the row's message differs from \(message.map { "\($0)" } ?? "none"): \(story)"
            }
            return nil
        }
    }

    /// The keys of the messages that there must be, where every customer can be reached.
    private var wantedKeys: Set<String> {
        Set(
            gifts.flatMap { gift in
                switch gift.status {
                case "Used": ["gift-exchanged:\(gift.id)", "gift-used:\(gift.id)"]
                case "Cancelled": ["gift-exchanged:\(gift.id)", "gift-cancelled:\(gift.id)"]
                default: ["gift-exchanged:\(gift.id)"]
                }
            })
    }

    var missingKeys: Set<String> { wantedKeys.subtracting(telegrams.map(\.key)) }

    /// Expects one message for each key that there must be and none besides; each that is `Sent` arrived once, none
    /// twice, in the order exchanged, used or cancelled.
    func expectMessages(maxUncertain: Int) {
        let keys = telegrams.filter { $0.giftId != nil }.map(\.key)
        #expect(keys.count == Set(keys).count, "a key has two messages")
        let (missing, unwanted) = (missingKeys.sorted(), Set(keys).subtracting(wantedKeys).sorted())
        #expect(missing.isEmpty, "missing: \(missing.prefix(3))")
        #expect(unwanted.isEmpty, "too many: \(unwanted.prefix(3))")
        var texts: [String: [String]] = [:]
        for message in received {
            guard let start = message.text.range(of: "gift ")?.upperBound else { continue }
            texts[String(message.text[start...].prefix { $0.isNumber }), default: []].append(message.text)
        }
        var wrong: [String] = []
        for gift in gifts {
            let heard = texts["\(gift.id)"] ?? []
            let sent = telegrams.filter { $0.giftId == gift.id && $0.status == "Sent" }
            let uncertain = telegrams.count { $0.giftId == gift.id && $0.status == "Uncertain" }
            let isOrdered = heard.count < 2 || heard[0].contains("in exchange")
            if Set(heard).count != heard.count || heard.count < sent.count || heard.count > sent.count + uncertain
                || !isOrdered
            {
                wrong.append("gift \(gift.id) \(gift.status): \(heard), \(sent.map(\.key))")
            }
        }
        #expect(wrong.isEmpty, "told wrongly: \(wrong.prefix(3))")
        let uncertain = telegrams.count { $0.status == "Uncertain" }
        #expect(uncertain <= maxUncertain, "\(uncertain) messages are Uncertain")
    }
}
