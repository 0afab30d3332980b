import TestSupport
import Testing

extension EndToEnd {
    /// What callers may get wrong, and what they may repeat.
    @Suite struct RequestTests {
        @Test func `bad requests are refused with a problem that says what to change`() async throws {
            try await withSuite { suite in
                let missions = "\(suite["mission"].url)/missions"
                let telegrams = "\(suite["telegram"].url)/telegrams"
                let huge = #"{"customerId": 1, "title": "\#(String(repeating: "x", count: 1 << 20))"}"#
                try await refused(
                    suite, "POST", missions, #"{"customerId": 1, "colour": 2}"#, 422, "unknown-field", "colour")
                try await refused(suite, "POST", missions, #"{"customerId": "1"}"#, 422, "invalid-field", "customerId")
                try await refused(suite, "POST", missions, #"{"customerId": 0}"#, 422, "invalid-field", "customerId")
                try await refused(
                    suite, "POST", missions, #"{"customerId": 9223372036854775808}"#, 422, "invalid-field", "customerId"
                )
                try await refused(
                    suite, "POST", missions, #"{"customerId": 1e400}"#, 422, "invalid-field", "customerId")
                try await refused(suite, "POST", missions, #"{"customerId": 1.5}"#, 422, "invalid-field", "customerId")
                try await refused(suite, "POST", missions, "{}", 422, "missing-field", "customerId")
                try await refused(
                    suite, "POST", missions, #"{"customerId": 1, "status": "Eaten"}"#, 422, "invalid-field", "status")
                try await refused(
                    suite, "POST", missions, #"{"customerId": 1, "status": "RewardAllocated"}"#, 422, "invalid-field",
                    "status")
                try await refused(
                    suite, "POST", missions, #"{"customerId": 1, "title": 5}"#, 422, "invalid-field", "title")
                try await refused(
                    suite, "POST", missions, #"{"customerId": 1, "title": ""}"#, 422, "invalid-field", "title")
                try await refused(suite, "POST", missions, "[1]", 422, "invalid-field", "object")
                try await refused(suite, "POST", missions, "{", 400, "malformed-json", "")
                try await refused(suite, "POST", missions, huge, 413, "body-too-large", "1048576")
                try await refused(suite, "POST", missions, "a=1", 415, "unsupported-media-type", "", type: "text/plain")
                try await refused(suite, "GET", "\(missions)/0", nil, 400, "invalid-id", "")
                try await refused(suite, "GET", "\(missions)/x", nil, 400, "invalid-id", "")
                try await refused(suite, "GET", "\(missions)/4711", nil, 404, "mission-not-found", "4711")
                try await refused(suite, "GET", "\(missions)?limit=501", nil, 400, "invalid-parameter", "limit")
                try await refused(suite, "GET", "\(missions)?colour=red", nil, 400, "unknown-parameter", "colour")
                try await refused(suite, "GET", "\(missions)?after=zzz", nil, 400, "invalid-parameter", "after")
                try await refused(suite, "GET", "\(suite["mission"].url)/nothing", nil, 404, "", "")
                try await refused(
                    suite, "PATCH", "\(missions)/4711", #"{"status": "Achieved"}"#, 404, "mission-not-found", "")
                try await refused(
                    suite, "PATCH", "\(suite["reward"].url)/rewards/1", #"{"status": "Revoked"}"#, 404,
                    "reward-not-found", "")
                try await refused(
                    suite, "POST", telegrams, #"{"customerId": 1, "text": "hi"}"#, 422, "missing-field", "key")
                try await refused(suite, "GET", "\(suite["mypage"].url)/mypages/4711", nil, 404, "", "4711")
                let method = try await suite.http.send("DELETE", missions, nil)
                #expect(method.status == 405)
                #expect(method[header: "allow"]?.contains("POST") ?? false)
                #expect(try method.decode(ProblemView.self).status == 405)
                // Nothing of all this left a trace, and a good request passes.
                #expect(try await suite.missions().isEmpty)
                let exact = #"{"customerId": 1}"# + String(repeating: " ", count: (1 << 20) - 17)
                #expect(try await suite.http.post(missions, exact).status == 201)
            }
        }

        @Test func `transitions that are not drawn are refused`() async throws {
            try await withSuite { suite in
                let url = suite["mission"].url
                let id = try await suite.http.post("\(url)/missions", #"{"customerId": 1}"#).decode(MissionView.self).id
                let mission = "\(url)/missions/\(id)"
                for status in ["Created", "RewardAllocated"] {
                    try await refused(
                        suite, "PATCH", mission, #"{"status": "\#(status)"}"#, 409, "mission-transition-refused", status
                    )
                }
                #expect(try await suite.http.send("PATCH", mission, #"{"status": "Achieved"}"#).status == 200)
                try await refused(
                    suite, "PATCH", mission, #"{"status": "Achieved"}"#, 409, "mission-transition-refused", "")
                try await suite.waitForCompleteRows(1, within: .seconds(60))
                let reward = try #require(try await suite.rewards().first)
                let rewardURL = "\(suite["reward"].url)/rewards/\(reward.id)"
                for status in ["Allocated", "Exchanged", "Used"] {
                    try await refused(
                        suite, "PATCH", rewardURL, #"{"status": "\#(status)"}"#, 409, "reward-transition-refused",
                        status)
                }
                let revoked = try await suite.http.send("PATCH", rewardURL, #"{"status": "Revoked"}"#)
                #expect(revoked.status == 200)
                try await refused(
                    suite, "PATCH", rewardURL, #"{"status": "Revoked"}"#, 409, "reward-transition-refused", "")
                // The read model can be told to wait for exactly this.
                let token = try #require(revoked[header: "consistency-token"])
                let row = try await untilServed {
                    try await suite.http.get(
                        "\(suite["mypage"].url)/mypages/\(id)", headers: ["Consistency-Token": token])
                }
                #expect(try row.decode(MypageView.self).rewardStatus == "Revoked")
            }
        }

        @Test func `an Idempotency-Key gives the first answer again`() async throws {
            try await withSuite { suite in
                let url = "\(suite["mission"].url)/missions"
                func post(_ json: String, _ key: String) async throws -> TestHTTP.Answer {
                    try await suite.http.post(url, json, headers: ["Idempotency-Key": key])
                }
                let first = try await post(#"{"customerId": 1}"#, "a")
                let again = try await post(#"{"customerId": 1}"#, "a")
                #expect((first.status, first.text) == (201, again.text))
                #expect(again.status == 201)
                #expect(again[header: "location"] == first[header: "location"])
                #expect(again[header: "consistency-token"] == first[header: "consistency-token"])
                #expect(try await post(#"{"customerId": 2}"#, "a").status == 422)
                // Refusals are kept too, those of the body and those of the state.
                let refused = try await post(#"{"customerId": 0}"#, "b")
                #expect(refused.status == 422)
                let other = try await post(#"{"customerId": 1}"#, "b")
                #expect(try other.decode(ProblemView.self).type == "idempotency-key-reused")
                #expect(try await post(#"{"customerId": 1}"#, "").status != 201)
                #expect(try await post(#"{"customerId": 1}"#, String(repeating: "k", count: 256)).status == 400)
                // It belongs to its route.
                let id = try first.decode(MissionView.self).id
                let patch = { () async throws -> TestHTTP.Answer in
                    try await suite.http.send(
                        "PATCH", "\(url)/\(id)", #"{"status": "Achieved"}"#, headers: ["Idempotency-Key": "a"])
                }
                #expect(try await patch().status == 200)
                #expect(try await patch().status == 200, "without the key this would be a 409")
                // A crash leaves neither half: the key is committed with the write.
                try suite["mission"].killAndRestart()
                try await suite["mission"].waitUntilReady(suite.http)
                #expect(try await post(#"{"customerId": 1}"#, "a").text == first.text)
                #expect(try await suite.missions().count == 1)
            }
        }

        private func refused(
            _ suite: GameSuite, _ method: String, _ url: String, _ body: String?, _ status: Int, _ slug: String,
            _ words: String, type: String = "application/json"
        ) async throws {
            let headers = body == nil ? [:] : ["content-type": type]
            let answer = try await suite.http.send(method, url, body, headers: headers)
            #expect(answer.status == status, "\(method) \(url) \(body?.prefix(80) ?? "")")
            #expect(answer[header: "content-type"]?.hasPrefix("application/problem+json") ?? false)
            let problem = try answer.decode(ProblemView.self)
            #expect(problem.status == status)
            if !slug.isEmpty { #expect(problem.type == slug) }
            if !words.isEmpty { #expect(problem.detail.contains(words), "\(problem.detail) does not name \(words)") }
        }
    }
}
