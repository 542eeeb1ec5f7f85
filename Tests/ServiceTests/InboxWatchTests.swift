import Domain
import Testing

@testable import Intake

@Suite("The watch over the inbox")
struct InboxWatchTests {
    @Test("one city's flood keeps out that city's reports only")
    func flood() {
        var watch = InboxWatch(maximum: 10)
        watch.looked(["kupang": 11, "atambua": 10])
        #expect(watch.refusal(of: "kupang") == .full)
        #expect(watch.refusal(of: "atambua") == nil && watch.refusal(of: "kefamenanu") == nil)
        watch.looked(["kupang": 10, "atambua": 11])
        #expect(watch.refusal(of: "kupang") == nil && watch.refusal(of: "atambua") == .full)
    }

    @Test("a look or two may fail; who sees nothing for longer takes nothing in, until a look succeeds")
    func blind() {
        var watch = InboxWatch(maximum: 10)
        watch.looked(["kupang": 11])
        for _ in 0..<2 {
            watch.looked(nil)
            #expect(watch.refusal(of: "kupang") == .full && watch.refusal(of: "atambua") == nil)
        }
        for _ in 0..<2 {
            watch.looked(nil)
            #expect(watch.refusal(of: "kupang") == .storeAway && watch.refusal(of: "atambua") == .storeAway)
        }
        watch.looked(["kupang": 3])
        #expect(watch.refusal(of: "kupang") == nil && watch.refusal(of: "atambua") == nil)
        watch.looked(nil)
        #expect(watch.refusal(of: "kupang") == nil, "the failures begin to count anew")
    }
}
