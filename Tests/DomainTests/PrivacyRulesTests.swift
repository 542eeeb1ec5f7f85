import Domain
import Testing

@Suite("Personal data, as decisions")
struct PrivacyRulesTests {
    private static let now = Sample.now

    private static func state(_ status: ReportStatus, days: Int? = 30, mayContact: Bool = false) -> ReportState {
        var state = StatusMachineTests.state(status)
        (state.identityDays, state.mayContact) = (days, mayContact)
        return state
    }

    private static func decide(
        _ state: ReportState, _ action: CommandRequest.Action, by actor: Actor
    ) throws(Refusal) -> Outcome {
        try StatusMachine.decide(
            state: state, command: CommandRequest(action, note: "?"), by: actor, at: now, city: Sample.city)
    }

    @Test("an end sets the timer that forgets, once, and an opening again removes it")
    func forgetting() throws {
        let ends: [(ReportStatus, CommandRequest.Action, Actor)] = [
            (.resolved, .close, .clock), (.assigned, .reject(.invalid, of: nil, referTo: nil), .agency("dlhk")),
            (.assigned, .reject(.duplicate, of: nil, referTo: nil), .agency("dlhk")),
            (.assigned, .withdraw, .reporter),
        ]
        let due = DeadlineChange(kind: .forget, dueAt: Self.now.adding(seconds: 30 * 86_400))
        for (status, action, actor) in ends {
            #expect(try Self.decide(Self.state(status), action, by: actor).deadlinesToPut == [due], "\(action)")
            let anonymous = try Self.decide(Self.state(status, days: nil), action, by: actor)
            #expect(anonymous.deadlinesToPut.isEmpty, "\(action)")
        }
        #expect(
            try Self.decide(Self.state(.acknowledged), .resolve, by: .agency("dlhk")).deadlinesToPut.map(\.kind) == [
                .close
            ])
        #expect(try Self.decide(Self.state(.closed), .comment, by: .reporter).deadlinesToPut.isEmpty)
        let reopened = try Self.decide(Self.state(.rejected), .reopen, by: .reporter)
        #expect(reopened.deadlinesToRemove.contains(.forget))
        let erased = try Self.decide(Self.state(.rejected), .erase, by: .reporter)
        #expect(erased.deadlinesToRemove == [.forget] && erased.state.identityDays == nil)
    }

    @Test("whom to call is told where the reporter agreed, and nowhere else")
    func contact() throws {
        let action = CommandRequest.Action.contact(reason: "Mau tanya jalan masuk")
        let outcome = try Self.decide(Self.state(.assigned, mayContact: true), action, by: .agency("dlhk"))
        #expect(outcome.event == .commented && outcome.details.command == .contact)
        #expect(outcome.entries == [StreamEntry(stream: "dlhk", type: .commented)])
        #expect(throws: Refusal.contactNotAllowed) {
            try Self.decide(Self.state(.assigned), action, by: .agency("dlhk"))
        }
        #expect(throws: Refusal.notHolder("dlhk")) {
            try Self.decide(Self.state(.assigned, mayContact: true), action, by: .agency("pupr"))
        }
        #expect(throws: Refusal.wrongStatus(.closed, allowed: [.comment])) {
            try Self.decide(Self.state(.closed, mayContact: true), action, by: .agency("dlhk"))
        }
    }

    @Test("erasing is the reporter's, whatever became of the report", arguments: ReportStatus.allCases)
    func erasing(status: ReportStatus) throws {
        let state = Self.state(status, mayContact: true)
        guard status != .received else {
            #expect(throws: Refusal.notRouted) { try Self.decide(state, .erase, by: .reporter) }
            return
        }
        let outcome = try Self.decide(state, .erase, by: .reporter)
        #expect(outcome.event == .redacted && outcome.state.status == status && outcome.state.version == 4)
        #expect(outcome.state.identityDays == nil && !outcome.state.mayContact)
        for other in [Actor.agency(state.agency), .reader, .clock] {
            #expect((try? Self.decide(state, .erase, by: other)) == nil)
        }
    }

    @Test(
        "a number is the same in every spelling",
        arguments: [
            "0812 3456 7890", "0812-3456-7890", "+62 812 3456 7890", "+62 (0)812-3456.7890", "62812 34567890",
            "0062 812 3456 7890",
        ])
    func phone(text: String) {
        #expect(ContactForm.canonicalPhone(text) == "6281234567890")
        #expect(Person(phone: text).has(.phone("081234567890")))
        #expect(!Person(phone: text).has(.phone("081234567891")))
    }

    @Test("a person is read as written")
    func person() throws {
        let person = Person(name: "Yuli \"Y\"", email: "Yuli@Contoh.id")
        #expect(Person(bytes: person.bytes) == person)
        #expect(person.has(.email("yuli@contoh.ID")) && !person.has(.phone("yuli@contoh.id")))
        #expect(Person(bytes: Array("[]".utf8)) == nil)
    }
}
