import Testing

@testable import Contracts

@Suite struct BypassEventsTests {
    @Test(arguments: ["order-7", #"a "quoted" group, ünusual\"#])
    func `a callback's data is written by hand as the encoder writes it`(group: String) {
        let data = CallbackData(
            id: .max, version: 2, group: group, webhookId: "msg_1", attempts: 3, status: .deadLettered)
        #expect(String(decoding: data.payload, as: UTF8.self) == String(decoding: JSON.encode(data), as: UTF8.self))
    }

    @Test func `what the encoder would escape otherwise is read back the same`() throws {
        let data = CallbackData(
            id: 1, version: 1, group: "\u{1}\u{7F}\n\t/", webhookId: "\u{2028}", attempts: 1, status: .delivered)
        #expect(try JSON.decode(CallbackData.self, from: data.payload) == data)
    }
}
