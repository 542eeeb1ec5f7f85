/// Who a reporter is, as far as that was told.
package struct Person: Hashable, Sendable {
    package var name: String?
    package var phone: String?
    package var email: String?

    package init(name: String? = nil, phone: String? = nil, email: String? = nil) {
        self.name = name
        self.phone = phone
        self.email = email
    }

    /// The members in UTF-8 JSON, for sealing.
    package var bytes: [UInt8] {
        var writer = JSONWriter()
        write(to: &writer)
        return writer.bytes
    }

    /// Reads what ``bytes`` gives; nil for anything else.
    package init?(bytes: [UInt8]) {
        guard let value = (try? JSONReader.read(bytes))?.value, case .object = value else { return nil }
        func text(_ name: String) -> String? { if case .string(let text)? = value[name] { text } else { nil } }
        self.init(name: text("name"), phone: text("phone"), email: text("email"))
    }

    /// `{"name","phone","email"}`.
    package func write(to writer: inout JSONWriter) {
        writer.object {
            $0.member("name", name)
            $0.member("phone", phone)
            $0.member("email", email)
        }
    }

    /// What a person may be looked for by: a number or an address, in the one spelling that all others come to.
    package enum Trait: Hashable, Sendable {
        case phone(String)
        case email(String)

        package var canonical: String {
            switch self {
            case .phone(let text): "p:" + ContactForm.canonicalPhone(text)
            case .email(let text): "e:" + ContactForm.canonicalEmail(text)
            }
        }
    }

    package var traits: [Trait] { [phone.map(Trait.phone), email.map(Trait.email)].compactMap(\.self) }

    /// Whether the person has the trait, however it is spelled.
    package func has(_ trait: Trait) -> Bool { traits.contains { $0.canonical == trait.canonical } }
}

extension ReportDraft.Reporter {
    package var person: Person { Person(name: name, phone: phone, email: email) }
}
