import Domain
import TestSupport
import Testing

extension LivePages {
    /// Notifications, as the browser has them: the offer, what a message becomes, and where it leads.
    @Suite("News")
    struct NewsTests {
        /// No browser without a line subscribes; this is what one would give.
        private static let subscribing = """
            PushManager.prototype.subscribe = async (options) => {
              window.asked = options;
              return { endpoint: 'https://push.example.org/' + crypto.randomUUID(), toJSON() {
                return { endpoint: this.endpoint, keys: { auth: 'BTBZMqHH6r4Tts7J_aSIgg', p256dh:
                  'BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4' } }; } }; };
            true
            """

        @Test("The offer says what it is for, asks, and can be taken back")
        func offer() async throws {
            try await Stage.play { stage in
                let (code, link) = try await stage.report("sampah", "Sampah di tepi kali")
                let citizen = try await stage.citizen(.phone, at: link)
                try await citizen.waitForWorker()
                try await citizen.permitNotices(true, on: stage.address)
                try await citizen.wait(until: "document.querySelector('[data-part=start]').checkVisibility()")
                #expect(try await citizen.text(of: "[data-part=offer]").contains("peramban meminta izin"))
                try await citizen.evaluate(Self.subscribing)
                try await citizen.click("[data-part=start]")
                try await citizen.wait(until: "document.querySelector('[data-part=told]').checkVisibility()")
                #expect(try await citizen.text(of: "[data-part=said]") == "Baik, Anda akan dikabari.")
                let asked = try await citizen.evaluate("window.asked")
                #expect(asked["userVisibleOnly"]?.flag == true && asked["applicationServerKey"]?.text?.count == 87)
                #expect(try await citizen.evaluate("document.activeElement.dataset.part").text == "stop")
                try await citizen.click("[data-part=stop]")
                try await citizen.wait(until: "document.querySelector('[data-part=start]').checkVisibility()")
                #expect(try await citizen.address == stage.address + "/lacak/\(code)")
            }
        }

        @Test("Who has forbidden notices is told how to allow them, and without scripts nothing is offered")
        func denied() async throws {
            try await Stage.play { stage in
                let (code, _) = try await stage.report("sampah", "Sampah di tepi kali")
                let citizen = try await stage.citizen(.phone, at: "/")
                try await citizen.permitNotices(false, on: stage.address)
                try await citizen.navigate(to: stage.address + "/lacak/\(code)")
                try await citizen.wait(until: "document.querySelector('[data-part=denied]').checkVisibility()")
                #expect(try await !citizen.isVisible("[data-part=start]"))
                var settings = Page.Settings.phone
                settings.isScripted = false
                let plain = try await stage.citizen(settings, at: "/lacak/\(code)", named: "without scripts")
                #expect(try await plain.count(of: "[data-news]:not([hidden])") == 0)
            }
        }

        @Test("A message becomes a notice of its report, the newest in place of the last, and leads to its page")
        func notices() async throws {
            try await Stage.play { stage in
                let (code, _) = try await stage.report("sampah", "Sampah di tepi kali")
                let citizen = try await stage.citizen(.phone, at: "/")
                try await citizen.waitForWorker()
                try await citizen.permitNotices(true, on: stage.address)
                for status in ["Sudah ditanggapi", "Selesai"] {
                    let message = """
                        {"title":"Sampah: \(status)","body":"x","url":"/lacak/\(code)","tag":"\(code)","lang":"id"}
                        """
                    try await Self.tell(citizen, message, on: stage, showing: "Sampah: \(status)")
                }
                let notices = try await citizen.evaluateInWorker(
                    "registration.getNotifications().then((all) => all.map(({ title, data }) => [title, data.url]))")
                #expect(notices == [["Sampah: Selesai", .string("/lacak/\(code)")]])
                // What cannot be read is shown as news all the same.
                try await Self.tell(citizen, "rusak", on: stage, showing: "Ada kabar tentang laporan Anda")
                // Windows are opened and looked at by a person's touch alone, so the last step is only noted.
                let opening = """
                    clients.openWindow = async (url) => url;
                    WindowClient.prototype.focus = async function () { return this.url; };
                    openReport
                    """
                #expect(
                    try await citizen.evaluateInWorker("\(opening)('/lacak/\(code)')").text
                        == stage.address + "/lacak/\(code)")
                #expect(
                    try await citizen.evaluateInWorker("\(opening)('https://jahat.example/x')").text
                        == stage.address + "/")
            }
        }

        @Test("A page that is open already is looked at, and no second one opened")
        func focus() async throws {
            try await Stage.play { stage in
                let (code, _) = try await stage.report("sampah", "Sampah di tepi kali")
                let citizen = try await stage.citizen(.phone, at: "/lacak/\(code)")
                try await citizen.waitForWorker()
                try await citizen.permitNotices(true, on: stage.address)
                try await Self.tell(citizen, "{}", on: stage, showing: "Ada kabar tentang laporan Anda")
                let focused = try await citizen.evaluateInWorker(
                    """
                    clients.openWindow = async () => 'another';
                    WindowClient.prototype.focus = async function () { return this.url; };
                    openReport('/lacak/\(code)')
                    """)
                #expect(focused.text == stage.address + "/lacak/\(code)")
            }
        }

        @Test("A browser that has another subscription says so to the server")
        func renewal() async throws {
            try await Stage.play { stage in
                let citizen = try await stage.citizen(.phone, at: "/")
                try await citizen.waitForWorker()
                try await citizen.permitNotices(true, on: stage.address)
                try await citizen.deliverPush("{}", to: stage.address)
                let sent = try await citizen.evaluateInWorker(
                    """
                    (async () => {
                      const bodies = [];
                      self.fetch = async (path, { body }) => { bodies.push([path, JSON.parse(body)]); return new Response(); };
                      const made = (name) => ({ toJSON: () => ({ endpoint: name }) });
                      await renewSubscription({ oldSubscription: made('old'), newSubscription: made('new') });
                      const kept = await readTold();
                      await renewSubscription({ newSubscription: made('newer') });
                      return [bodies, kept]; })()
                    """)
                let bodies: JSONValue = [
                    ["/v1/push", ["replaces": ["endpoint": "old"], "subscription": ["endpoint": "new"]]],
                    ["/v1/push", ["replaces": ["endpoint": "new"], "subscription": ["endpoint": "newer"]]],
                ]
                #expect(sent == [bodies, ["endpoint": "new"]], "\(sent.json)")
            }
        }

        /// Brings a message until its notice is there: a browser that is busy may drop one, as a push service may.
        private static func tell(
            _ citizen: Page, _ message: String, on stage: Stage, showing title: String
        ) async throws {
            let isShown = """
                navigator.serviceWorker.ready.then((worker) => worker.getNotifications())
                  .then((all) => all.some(({ title }) => title === '\(title)'))
                """
            for _ in 1...2 {
                try await citizen.deliverPush(message, to: stage.address)
                if (try? await citizen.wait(until: isShown, within: .seconds(5))) != nil { return }
            }
            try await citizen.deliverPush(message, to: stage.address)
            try await citizen.wait(until: isShown)
        }
    }
}
