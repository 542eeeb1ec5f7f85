import Domain
import Foundation
import Runtime
import Storage
import TestSupport
import Testing
import XML

@testable import Intake

@Suite("Open311: what is read and what is written")
struct Open311Tests {
    private let now = Timestamp(seconds: 1_764_000_000)

    private func city(_ categories: [Domain.Category] = []) -> City {
        var city = TestCity.city
        city.categories += categories
        return city
    }

    private let lamp = Domain.Category(
        code: "lampu", name: LocalizedText(id: "Lampu", en: "Lights"), icon: "cat-lampu",
        subtypes: [
            Subtype(code: "lampu_jalan", name: LocalizedText(id: "Lampu jalan", en: "Street light")),
            Subtype(code: "rambu", name: LocalizedText(id: "Rambu", en: "Sign")),
        ],
        questions: [
            Question(code: "jumlah", label: LocalizedText(id: "Berapa?", en: "How many?"), kind: .number),
            Question(code: "padam", label: LocalizedText(id: "Padam?", en: "Is it out?"), kind: .yesNo),
        ])

    // MARK: Trees

    @Test("XML and JSON are written from one tree, and hostile text stays text in both")
    func encoders() throws {
        let hostile = "<script>alert(1)</script> & ]]> \"'\u{202E}kanan\u{0007}\u{FFFE}\u{0}🔥\r\n\tmasih"
        let tree = Open311Tree.list(
            of: "request",
            [
                .object([
                    ("description", .text(hostile)), ("lat", .number(-10.5)), ("required", .flag(true)),
                    ("order", .whole(3)), ("empty", .text(nil)), ("formats", .list(of: "format", [.text("a")])),
                ])
            ])
        let xml = String(decoding: tree.xml(root: "service_requests"), as: UTF8.self)
        #expect(xml.hasPrefix("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<service_requests><request>"))
        #expect(!xml.contains("<script>") && !xml.contains("]]>") && !xml.contains("\u{7}"))
        #expect(xml.contains("&lt;script&gt;") && xml.contains("\u{202E}kanan\u{FFFD}\u{FFFD}\u{FFFD}🔥"))
        #expect(xml.contains("<lat>-10.5</lat><required>true</required><order>3</order><empty/>"))
        #expect(xml.contains("<formats><format>a</format></formats>"))
        let json = try JSONReader.read(tree.json).value
        guard case .array(let requests) = json else { throw Unexpected("\(json)") }
        #expect(requests[0]["description"] == .string(XMLDocument.legal(hostile)))
        #expect(requests[0]["required"] == .bool(true) && requests[0]["order"] == .int(3))
        #expect(requests[0]["empty"] == .null && requests[0]["formats"] == .array([.string("a")]))
    }

    private struct Unexpected: Error {
        let what: String
        init(_ what: String) { self.what = what }
    }

    @Test("a definition has the sub-types and the questions; a service without any has an empty list")
    func definitions() throws {
        let services = Open311Services(city: city([lamp]), language: .english)
        let definition = try JSONReader.read(services.definition(of: lamp).json).value
        guard case .array(let attributes)? = definition["attributes"] else { throw Unexpected("\(definition)") }
        #expect(attributes.map { $0["code"] } == [.string("subtype"), .string("jumlah"), .string("padam")])
        #expect(
            attributes.map { $0["datatype"] } == ["singlevaluelist", "number", "singlevaluelist"].map { .string($0) })
        #expect(attributes[0]["values"]?.elementCount == 2 && attributes[1]["values"] == nil)
        #expect(attributes[2]["order"] == .int(3) && attributes[2]["required"] == .bool(false))
        let plain = try JSONReader.read(services.definition(of: TestCity.city.categories[0]).json).value
        #expect(plain["attributes"] == .array([]))
        let list = try JSONReader.read(services.list.json).value
        guard case .array(let all) = list else { throw Unexpected("\(list)") }
        #expect(all.last?["metadata"] == .bool(true) && all.first?["metadata"] == .bool(false))
    }

    // MARK: Queries

    private func query(
        _ text: String, of kind: Open311Query.Kind = .requests
    ) -> (query: Open311Query, errors: [String]) {
        var errors = Open311Errors()
        let query = Open311Query(FormFields(text.utf8), of: kind, in: TestCity.city, now: now, errors: &errors)
        return (query, errors.list.map { "\($0.code) \($0.description.prefix { $0 != ":" })" })
    }

    @Test("a query is read with its lists, and an empty parameter is an absent one")
    func queries() {
        let (read, errors) = query(
            "service_code=sampah,parkir_liar&status=closed&start_date=&page=3&page_size=20&extensions=true&x=1")
        #expect(errors == [])
        #expect(read.filter.categories == ["sampah", "parkir_liar"] && read.filter.isOpen == false)
        #expect(read.limit == 20 && read.offset == 40 && read.isExtended && read.codes.isEmpty)
        #expect(query("status=open,closed").query.filter.isOpen == nil)
        #expect(query("page_size=5000").query.limit == 1_000)
        let named = query("service_request_id=KPG-1,%20KPG-2&start_date=never&status=so&page=0&page_size=all")
        #expect(named.query.codes == ["KPG-1", "KPG-2"] && named.errors == [])
        #expect(named.query.limit == 1_000 && named.query.offset == 0)
        let again = query(
            "service_code=sampah&service_code=parkir_liar&status=open&status=closed&status=&service_request_id=")
        #expect(again.query.filter.categories == ["sampah", "parkir_liar"] && again.query.filter.isOpen == nil)
        #expect(query("service_request_id=KPG-1&service_request_id=KPG-2,KPG-3").query.codes.count == 3)
    }

    @Test(
        "everything that is wrong comes at once, each with its own code",
        arguments: [
            ("service_code=tidak_ada&status=so&page=0", ["400 page", "404 service_code", "400 status"]),
            ("start_date=x&end_date=y", ["400 start_date", "400 end_date"]),
            ("start_date=2026-01-01&end_date=2026-11-01", ["400 start_date, end_date"]),
            ("start_date=2026-02-01&end_date=2026-01-01", ["400 end_date"]),
            ("page=99999&page_size=1000", ["400 page"]), ("page_size=-1", ["400 page_size"]),
            ("page=9223372036854775807&page_size=1000", ["400 page"]),
            ("updated_after=gestern", ["400 updated_after"]),
        ])
    func faultyQueries(text: String, errors: [String]) {
        #expect(query(text).errors == errors)
    }

    @Test("updates are asked for over any span")
    func anySpan() {
        #expect(query("start_date=2020-01-01&end_date=2026-11-01", of: .updates).errors == [])
        // Updates have other words, and are not narrowed by them; by requests they are.
        let named = query("service_request_id=KPG-1&status=fixed&service_code=x&start_date=2020-01-01", of: .updates)
        #expect(named.errors == [] && named.query.codes == ["KPG-1"] && named.query.filter.span.from < now)
        #expect(query("service_request_id=KPG-1&start_date=x&page=0", of: .updates).errors.count == 2)
    }

    // MARK: Posts

    private func post(_ form: String, basis: LegalBasis = .consent) -> (post: Open311Post, errors: [String]) {
        var errors = Open311Errors()
        let posted = PostedForm(fields: FormFields(form.utf8), photos: [])
        let city = city([lamp])
        let post = Open311Post(posted, in: city, .indonesian, basis: basis, errors: &errors)
        let judged = AdmissionRules.validate(
            post.draft, city: city, places: PlaceIndex(city: city), basis: basis, now: now)
        if case .failure(let faults) = judged { errors.add(faults) }
        return (post, errors.list.map { "\($0.code) \($0.description.prefix { $0 != ":" })" })
    }

    @Test("attributes are taken in both spellings, and typed by the definition")
    func attributes() {
        let (post, errors) = post(
            "service_code=lampu&lat=-10.148&long=123.653&attribute%5Bsubtype%5D=rambu&attribute%5Bjumlah%5D%5B%5D=3"
                + "&attribute[padam]=ya&attribute[lain]=x&description=Lampu+mati")
        #expect(errors == [])
        #expect(post.draft.subtype == "rambu" && post.draft.description == "Lampu mati")
        #expect(post.draft.attributes == .object(["jumlah": .int(3), "padam": .bool(true)]))
    }

    @Test("without a description the service's name stands for it, and next to none is joined to it")
    func descriptions() {
        let place = "&address_id=53.71.03.1010"
        #expect(post("service_code=sampah" + place).post.draft.description == "sampah")
        #expect(post("service_code=lampu&attribute[subtype]=rambu" + place).post.draft.description == "Lampu: Rambu")
        let short = post("service_code=sampah&description=ok" + place)
        #expect(short.post.draft.description == "sampah: ok" && short.errors == [])
        #expect(post("service_code=sampah&description=baris%0D%0Adua" + place).post.draft.description == "baris\ndua")
    }

    @Test("what names a person is kept of a sender with a ground of its own; a device's and an account's number never")
    func grounds() {
        let form = "service_code=sampah&address_id=53.71.03.1010&first_name=Ani&last_name=Taa&email=a@contoh.id"
        let (kept, errors) = post(form, basis: .publicTask)
        #expect(errors == [] && !kept.leavesPersonOut)
        #expect(kept.draft.reporter == ReportDraft.Reporter(name: "Ani Taa", email: "a@contoh.id"))
        #expect(post(form + "&device_id=1", basis: .publicTask).post.leavesPersonOut)
        #expect(post(form + "&phone=x", basis: .publicTask).errors == ["400 phone"])
    }

    @Test("without such a ground what names a person is left out")
    func personal() {
        let (post, errors) = post(
            "service_code=sampah&address_id=53.71.03.1010&email=a@contoh.id&first_name=Ani&phone=0812&device_id=1")
        #expect(errors == [] && post.leavesPersonOut && post.draft.reporter == nil)
    }

    @Test(
        "faults bear the names of Open311's parameters",
        arguments: [
            ("", ["400 service_code", "400 lat and long, address_string, address_id"]),
            ("service_code=tidak_ada&lat=x&long=y", ["404 service_code", "400 lat", "400 long"]),
            ("service_code=sampah&lat=-10.1", ["400 long"]),
            ("service_code=sampah&lat=1&long=1", ["400 lat, long"]),
            ("service_code=sampah&address_id=1", ["400 address_id"]),
            (
                "service_code=lampu&address_id=53.71.03.1010&attribute[jumlah]=banyak&attribute[padam]=mungkin",
                ["400 attribute[jumlah]", "400 attribute[padam]"]
            ),
            (
                "service_code=lampu&address_id=53.71.03.1010&attribute[subtype]=x&attribute[jumlah][]=1"
                    + "&attribute[jumlah][]=2", ["400 attribute[jumlah]", "400 attribute[subtype]"]
            ),
            ("service_code=sampah&address_id=53.71.03.1010&description=a%07b", ["400 description"]),
        ])
    func faultyPosts(form: String, errors: [String]) {
        #expect(Set(post(form).errors) == Set(errors))
    }

    @Test("files are photos by the names that clients give them")
    func files() {
        for name in ["media", "media[]", "photo", "photo1", "file_1"] { #expect(Open311Post.isPhoto(name), "\(name)") }
        for name in ["medium", "file", "x", ""] { #expect(!Open311Post.isPhoto(name), "\(name)") }
    }

    private func comment(_ form: String, key: String? = nil) -> (comment: Open311Comment, errors: [String]) {
        var errors = Open311Errors()
        let posted = PostedForm(fields: FormFields(form.utf8), photos: [])
        let comment = Open311Comment(
            posted, key: key.flatMap { IdempotencyKeyHeader(text: $0) }, in: TestCity.city, errors: &errors)
        return (comment, errors.list.map { "\($0.code) \($0.description.prefix { $0 != ":" })" })
    }

    @Test("an update is the reporter's word, and closed is no more than that")
    func comments() {
        let closed = comment("service_request_id=KPG-1&status=CLOSED&description=Sudah+bersih&update_id=7")
        #expect(closed.errors == [] && closed.comment.note == "[Menurut pelapor: sudah selesai]\nSudah bersih")
        #expect(closed.comment.key?.text.hasPrefix("open311-") == true)
        let keyed = comment("service_request_id=KPG-1&description=Lagi", key: "A-1").comment.key
        #expect(keyed?.text == "A-1")
        #expect(comment("description=Lagi&service_request_id=KPG-1&x=1", key: "A-1").comment.key == keyed)
        #expect(comment("service_request_id=KPG-2&description=Lagi", key: "A-1").comment.key != keyed)
        #expect(comment("service_request_id=KPG-1&description=Lagi&update_id=7", key: "A-1").comment.key?.text != "A-1")
        #expect(comment("service_request_id=KPG-1&status=open&description=Lagi").comment.note == "Lagi")
        #expect(
            comment("status=hijau&updated_datetime=kemarin").errors
                == ["400 service_request_id", "400 status", "400 updated_datetime", "400 description"])
    }
}

extension JSONValue {
    fileprivate var elementCount: Int { if case .array(let elements) = self { elements.count } else { 0 } }
}
