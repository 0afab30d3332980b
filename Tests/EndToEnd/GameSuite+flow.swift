import TestSupport
import Testing

extension GameSuite {
    /// Posts an achieved mission and returns its id.
    func achieve(customer: Int64, via replica: Replica? = nil, key: String? = nil) async throws -> Int64 {
        let answer = try await http.post(
            "\((replica ?? self["mission"]).url)/missions",
            #"{"customerId": \#(customer), "title": "Run", "status": "Achieved"}"#,
            headers: key.map { ["Idempotency-Key": $0] } ?? [:])
        guard answer.status == 201 else { throw TestFailure("POST /missions: \(answer.status) \(answer.text)") }
        return try answer.decode(MissionView.self).id
    }

    /// Everything behind a list route.
    func list<Item: Decodable>(_ url: String, of: Item.Type = Item.self) async throws -> [Item] {
        var items: [Item] = []
        var after: String?
        repeat {
            let separator = url.contains("?") ? "&" : "?"
            let answer = try await http.get(
                "\(url)\(separator)limit=500" + (after.map { "&after=\($0)" } ?? ""))
            guard answer.status == 200 else { throw TestFailure("GET \(url): \(answer.status) \(answer.text)") }
            let page: ListView<Item> = try answer.decode()
            items += page.items
            after = page.next
        } while after != nil
        return items
    }

    func missions() async throws -> [MissionView] { try await list("\(self["mission"].url)/missions") }
    func rewards() async throws -> [RewardView] { try await list("\(self["reward"].url)/rewards") }
    func telegrams() async throws -> [TelegramView] { try await list("\(self["telegram"].url)/telegrams") }
    func mypages() async throws -> [MypageView] { try await list("\(self["mypage"].url)/mypages") }

    func sandboxMessages() async throws -> [SandboxMessage] {
        try await http.get("\(sandbox.url)/messages").decode(ListView<SandboxMessage>.self).items
    }

    /// Waits until as many rows are complete.
    func waitForCompleteRows(_ count: Int, within limit: Duration) async throws {
        var complete = 0
        let isDone = await eventually(within: limit, every: .milliseconds(200)) {
            complete = (try? await mypages())?.count(where: \.isComplete) ?? 0
            return complete >= count
        }
        guard isDone else { throw TestFailure("only \(complete) of \(count) rows are complete") }
    }

    /// A value of a replica's `/metrics`, summed over its labels.
    func metric(_ name: String, of replica: Replica) async throws -> Double? {
        let text = try await http.get("\(replica.url)/metrics").text
        let values = text.split(separator: "\n").compactMap { line -> Double? in
            guard line.hasPrefix(name), let next = line.dropFirst(name.count).first, next == " " || next == "{" else {
                return nil
            }
            return line.split(separator: " ").last.flatMap { Double($0) }
        }
        return values.isEmpty ? nil : values.reduce(0, +)
    }
}

/// Asks again, as a client does, while the answer is 503 with `Retry-After`: nothing has changed, and that passes.
func untilServed(_ ask: () async throws -> TestHTTP.Answer) async throws -> TestHTTP.Answer {
    var last: TestHTTP.Answer?
    _ = try await eventually(every: .milliseconds(100)) {
        let answer = try await ask()
        last = answer
        return answer.status != 503 || answer[header: "retry-after"] == nil
    }
    return try #require(last)
}
