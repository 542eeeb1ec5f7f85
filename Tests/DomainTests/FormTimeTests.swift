internal import Domain
internal import FoundationEssentials
internal import Testing

struct FormTimeTests {
    private let time = FormTime(secret: [UInt8](repeating: 3, count: 32))
    private let form = UUID(text: "01936f0e-7b1a-7c3d-9e5f-0123456789ab")!
    private let opened = Timestamp(seconds: 1_764_000_000)

    private func judge(_ stamp: String?, after seconds: Int, form other: UUID? = nil) -> FormTime.Finding {
        time.judge(stamp, for: other ?? form, at: opened.adding(seconds: seconds))
    }

    @Test(
        arguments: [
            (0, .early(seconds: 4)), (3, .early(seconds: 1)), (4, .passed), (600, .passed), (86_400, .passed),
            (86_401, .unknown), (-30, .early(seconds: 4)),
        ] as [(Int, FormTime.Finding)])
    func `a form is good from when it can have been read until a day later`(
        seconds: Int, finding: FormTime.Finding
    ) {
        #expect(judge(time.stamp(for: form, at: opened), after: seconds) == finding)
    }

    @Test func `a stamp is good for its own form, and under its own secret`() {
        let stamp = time.stamp(for: form, at: opened)
        #expect(judge(stamp, after: 60, form: UUID()) == .unknown)
        let elsewhere = FormTime(secret: [UInt8](repeating: 4, count: 32))
        #expect(elsewhere.judge(stamp, for: form, at: opened.adding(seconds: 60)) == .unknown)
    }

    @Test func `nobody makes a form older than it is`() throws {
        let stamp = time.stamp(for: form, at: opened)
        let code = try #require(stamp.split(separator: ".").last)
        #expect(judge("\(opened.adding(seconds: -60).microseconds / 1_000_000).\(code)", after: 0) == .unknown)
    }

    @Test(
        arguments: [
            nil, "", ".", "1764000000", "1764000000.", "x.00", "-5.00", "99999999999999999999.00",
            "1764000000." + String(repeating: "0", count: 32), String(repeating: "9", count: 5_000),
        ] as [String?])
    func `what is no stamp of ours is unknown`(stamp: String?) {
        #expect(judge(stamp, after: 60) == .unknown)
    }
}
