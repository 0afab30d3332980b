import Foundation
import TestSupport
import Testing

extension EndToEnd {
    /// Who may do what, and who sees whose data.
    @Suite struct AccessTests {
        @Test func `each caller can do what is its own, and nothing of anybody else's`() async throws {
            try await GuardedSuite.with { guarded in
                let (ann, bob) = (try await guarded.customer(11), try await guarded.customer(22))
                let boss = try await guarded.person("boss", "operator")
                for (customer, person) in [(11, ann), (22, bob)] {
                    let link = try await boss.send(
                        "PUT", "telegram", "/chats/\(customer)", #"{"chatId": \#(customer)}"#)
                    #expect(link.status == 200)
                    let mission = try await person.send(
                        "POST", "mission", "/missions", #"{"customerId": \#(customer), "status": "Achieved"}"#)
                    #expect(mission.status == 201)
                }
                let (hers, his) = (try await row(ann), try await row(bob))
                let his2 = try await use(bob, his)
                try await refusesOthers(ann, his2)
                try await listsOwn(ann, hers, his2)
                try await pagesOwn(ann, hers, from: boss)
                try await refusesRoles(guarded, ann, hers)
                try await keepsSecrets(guarded, [ann, bob, boss])
            }
        }

        @Test func `gift is let in by telegram again as soon as its token is replaced`() async throws {
            try await GuardedSuite.with(giftRoles: ["customer"]) { guarded in
                let boss = try await guarded.person("boss", "operator")
                _ = try await boss.send("PUT", "telegram", "/chats/11", #"{"chatId": 11}"#)
                let ann = try await guarded.customer(11)
                // The exchange itself succeeds whatever telegram thinks of gift.
                #expect(try await notification(ann) == "Deferred")
                try await guarded.rotateGiftToken()
                #expect(try await eventually { Self.isTold(try await notification(ann)) })
            }
        }

        /// Whether telegram took the message; the chat's own limit may let it wait there.
        private static func isTold(_ notification: String?) -> Bool { ["Sent", "Queued"].contains(notification) }

        /// Achieves a mission, exchanges its reward, and returns how the customer was told of it.
        private func notification(_ person: Person) async throws -> String? {
            let mission = try await person.send(
                "POST", "mission", "/missions", #"{"customerId": 11, "status": "Achieved"}"#
            ).decode(MissionView.self)
            var reward: RewardView?
            _ = try await eventually {
                reward = try await person.get("reward", "/rewards?missionId=\(mission.id)")
                    .decode(ListView<RewardView>.self).items.first
                return reward != nil
            }
            let id = try #require(reward).id
            let gift = try await exchange(person, id)
            #expect(gift.status == 201, "\(gift.text)")
            return try gift.decode(GiftView.self).notification
        }

        /// Exchanges a reward once gift has heard of it.
        private func exchange(_ person: Person, _ reward: Int64) async throws -> TestHTTP.Answer {
            try await untilServed {
                try await person.send(
                    "POST", "gift", "/gifts", #"{"rewardId": \#(reward)}"#,
                    headers: ["Consistency-Token": "reward/\(reward)@1"])
            }
        }

        /// The customer's only row, once all of the saga has arrived.
        private func row(_ person: Person) async throws -> MypageView {
            var row: MypageView?
            let isThere = try await eventually {
                let page = try await person.get("mypage", "/mypages").decode(ListView<MypageView>.self)
                row = page.items.first
                return page.items.count == 1 && page.items[0].isComplete && page.items[0].telegramId != nil
            }
            guard isThere, let row else { throw TestFailure("the saga did not end: \(String(describing: row))") }
            return row
        }

        /// Exchanges the row's reward; what is shown then.
        private func use(_ person: Person, _ row: MypageView) async throws -> MypageView {
            let reward = try #require(row.rewardId)
            let gift = try await exchange(person, reward)
            #expect(gift.status == 201, "\(gift.text)")
            #expect(Self.isTold(try gift.decode(GiftView.self).notification), "\(gift.text)")
            var shown = row
            let isShown = try await eventually {
                shown = try await person.get("mypage", "/mypages/\(row.id)").decode(MypageView.self)
                return shown.giftId != nil && shown.giftTelegramId != nil
            }
            #expect(isShown)
            return shown
        }

        /// Every route, by the id of what is another's: as if it did not exist.
        private func refusesOthers(_ ann: Person, _ his: MypageView) async throws {
            let (reward, gift) = (try #require(his.rewardId), try #require(his.giftId))
            let (message, about) = (try #require(his.telegramId), try #require(his.giftTelegramId))
            for (service, path) in [
                ("mission", "/missions/\(his.id)"), ("reward", "/rewards/\(reward)"), ("gift", "/gifts/\(gift)"),
                ("mypage", "/mypages/\(his.id)"), ("telegram", "/telegrams/\(message)"),
                ("telegram", "/telegrams/\(about)"),
            ] {
                // Twice: the second time mypage's fast route knows the token.
                for _ in 0..<2 {
                    let answer = try await ann.get(service, path)
                    #expect(answer.status == 404, "\(path): \(answer.text)")
                    let missing = try await ann.get(service, path.replacing(/[0-9]+$/, with: "999999"))
                    #expect(try problem(answer) == problem(missing))
                }
            }
            for (method, service, path, body) in [
                ("PATCH", "mission", "/missions/\(his.id)", #"{"status": "Achieved"}"#),
                ("PATCH", "gift", "/gifts/\(gift)", #"{"status": "Used"}"#),
                ("POST", "gift", "/gifts", #"{"rewardId": \#(reward)}"#),
            ] {
                let answer = try await ann.send(method, service, path, body)
                #expect(answer.status == 404, "\(method) \(path): \(answer.text)")
            }
            for (method, service, path, body) in [
                ("POST", "mission", "/missions", #"{"customerId": 22}"#), ("POST", "telegram", "/chats/22/code", nil),
                ("GET", "telegram", "/chats/22", nil), ("GET", "telegram", "/chats/33", nil),
            ] as [(String, String, String, String?)] {
                let answer = try await ann.send(method, service, path, body)
                #expect(try problem(answer) == "other-customer", "\(path): \(answer.text)")
            }
        }

        /// Every filter and every page: nothing but her own.
        private func listsOwn(_ ann: Person, _ hers: MypageView, _ his: MypageView) async throws {
            let (reward, gift) = (try #require(his.rewardId), try #require(his.giftId))
            let (message, about) = (try #require(his.telegramId), try #require(his.giftTelegramId))
            #expect(try await ann.ids("mission", "/missions") == [hers.id])
            #expect(try await ann.ids("mypage", "/mypages") == [hers.id])
            #expect(try await ann.ids("reward", "/rewards") == [try #require(hers.rewardId)])
            #expect(try await ann.ids("telegram", "/telegrams") == [try #require(hers.telegramId)])
            #expect(try await ann.ids("gift", "/gifts").isEmpty)
            for (service, path) in [
                ("mission", "/missions?status=\(his.missionStatus ?? "")&after=c0"),
                ("mypage", "/mypages?missionId=\(his.id)"), ("mypage", "/mypages?rewardId=\(reward)"),
                ("mypage", "/mypages?giftId=\(gift)"), ("mypage", "/mypages?telegramId=\(message)"),
                ("mypage", "/mypages?telegramId=\(about)"), ("reward", "/rewards?missionId=\(his.id)"),
                ("gift", "/gifts?rewardId=\(reward)"), ("gift", "/gifts?status=Exchanged"),
                ("telegram", "/telegrams?missionId=\(his.id)"), ("telegram", "/telegrams?giftId=\(gift)"),
                ("telegram", "/telegrams?key=gift-exchanged:\(gift)"),
            ] {
                let rows = try await ann.get(service, path).decode(ListView<IDView>.self).items.map(\.id)
                #expect(rows.filter { service != "mission" || $0 != hers.id }.isEmpty, "\(path): \(rows)")
            }
            for (service, path) in [
                ("mission", "/missions"), ("reward", "/rewards"), ("gift", "/gifts"), ("mypage", "/mypages"),
                ("telegram", "/telegrams"),
            ] {
                #expect(try await ann.get(service, "\(path)?customerId=22").status == 403, "\(path)")
                #expect(try await ann.get(service, "\(path)?customerId=11").status == 200, "\(path)")
            }
        }

        /// The cursors of lists that have everybody's rows lead her to nothing but her own.
        private func pagesOwn(_ ann: Person, _ hers: MypageView, from boss: Person) async throws {
            let own: [(String, String, [Int64?])] = [
                ("mission", "/missions", [hers.id]), ("mypage", "/mypages", [hers.id]),
                ("reward", "/rewards", [hers.rewardId]), ("telegram", "/telegrams", [hers.telegramId]),
                ("gift", "/gifts", []),
            ]
            for (service, path, ids) in own {
                var (after, count) = ("", 0)
                while let next = try await boss.get(service, "\(path)?limit=1\(after)").decode(ListView<IDView>.self)
                    .next
                {
                    after = "&after=\(next)"
                    count += 1
                    let seen = try await ann.ids(service, path, after: next).filter { !ids.contains($0) }
                    #expect(seen.isEmpty, "\(path): \(seen)")
                }
                #expect(count > 0 || service == "gift", "\(path) has no second page")
            }
        }

        /// What needs another role, or any.
        private func refusesRoles(_ guarded: GuardedSuite, _ ann: Person, _ hers: MypageView) async throws {
            let service = try await guarded.person("gift", "service")
            let reward = try #require(hers.rewardId)
            let message = #"{"key": "k", "customerId": 11, "text": "hello"}"#
            for (method, name, path, body) in [
                ("PATCH", "reward", "/rewards/\(reward)", #"{"status": "Revoked"}"#),
                ("GET", "gift", "/operator/breakers/telegram", nil), ("POST", "telegram", "/telegrams", message),
                ("PUT", "telegram", "/chats/11", #"{"chatId": 5}"#), ("DELETE", "telegram", "/chats/11", nil),
            ] as [(String, String, String, String?)] {
                #expect(try await ann.send(method, name, path, body).status == 403, "\(path)")
                #expect(try await guarded.stranger.send(method, name, path, body).status == 401, "\(path)")
                let isServices = path == "/telegrams"
                let status = try await service.send(method, name, path, body).status
                #expect(isServices ? [201, 202].contains(status) : status == 403, "\(path): \(status)")
            }
            for (name, path) in [("mission", "/missions"), ("mypage", "/mypages/\(hers.id)"), ("gift", "/gifts")] {
                #expect(try await guarded.stranger.get(name, path).status == 401)
                #expect(try await service.get(name, path).status == 403)
            }
            let boss = try await guarded.person("boss", "operator")
            #expect(try await boss.ids("mission", "/missions").count == 2)
            let revoked = try await boss.send("PATCH", "reward", "/rewards/\(reward)", #"{"status": "Revoked"}"#)
            #expect(revoked.status == 200)
            let code = try await ann.send("POST", "telegram", "/chats/11/code")
            #expect(code.status == 201)
        }

        /// No token in any log (they are at trace), metric or page.
        private func keepsSecrets(_ guarded: GuardedSuite, _ people: [Person]) async throws {
            let own = try String(contentsOf: guarded.tokenFile, encoding: .utf8)
            let signatures = try (people.map(\.token) + [own]).map { token in
                String(try #require(token?.split(separator: ".").last))
            }
            for replica in guarded.suite.all {
                let texts = try await [
                    replica.output, guarded.stranger.get(serviceName(replica), "/metrics").text,
                    guarded.stranger.get(serviceName(replica), "/readyz").text,
                ]
                for signature in signatures {
                    #expect(texts.filter { $0.contains(signature) }.isEmpty, "\(replica.name)")
                }
            }
            let audit = guarded.suite["reward"].output.split(separator: "\n").filter { $0.contains(#""audit":"true""#) }
            #expect(audit.contains { $0.contains(#""auth.subject":"11""#) && $0.contains(#""auth.reason":"role""#) })
            #expect(audit.contains { $0.contains("operator acted") && $0.contains(#""auth.subject":"boss""#) })
        }

        private func serviceName(_ replica: Replica) -> String { String(replica.name.prefix { $0 != "-" }) }

        private func problem(_ answer: TestHTTP.Answer) throws -> String {
            try answer.decode(ProblemView.self).type
        }
    }
}

private struct IDView: Decodable { let id: Int64 }
