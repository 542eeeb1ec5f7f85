internal import Domain
internal import Outbound
internal import Pages
internal import Runtime

/// A photo that somebody has sent, as its provider has it.
enum FetchedPhoto: Sendable {
    case bytes([UInt8])
    /// There is none.
    case none
    /// The provider could not be asked now.
    case later
}

/// One chat provider's API: two conform.
protocol ChatProvider: Sendable {
    var channel: ChannelCode { get }
    /// For how long after a person's last message free text is taken; nil where there is no such bound.
    var window: Int? { get }
    func send(_ delivery: ChatDelivery, as form: ChatSchedule.Form) async -> ChatAnswer
    func fetch(_ photo: String) async -> FetchedPhoto
}

enum ChatTimes {
    /// For one message to be taken.
    static let send: Duration = .seconds(10)
    /// For one photo, until it is here whole.
    static let fetch: Duration = .seconds(20)
}

struct WhatsAppProvider: ChatProvider {
    let settings: ChannelSettings.WhatsApp
    let client: OutboundClient

    var channel: ChannelCode { .whatsapp }
    var window: Int? { WhatsApp.windowSeconds }

    private var authorization: (name: String, value: String) {
        ("Authorization", "Bearer \(settings.token.text)")
    }

    func send(_ delivery: ChatDelivery, as form: ChatSchedule.Form) async -> ChatAnswer {
        let body: [UInt8]
        switch form {
        case .text: body = WhatsApp.text(delivery)
        case .template(let template): body = WhatsApp.template(delivery, template)
        case .none: return .outsideWindow
        }
        guard let address = WebAddress("\(settings.api)/\(settings.number)/messages") else { return .refused }
        let request = OutboundRequest(
            .post, address, headers: [authorization, ("Content-Type", "application/json")], body: body,
            timeout: ChatTimes.send)
        guard let answer = try? await client.send(request) else { return .later(seconds: nil) }
        return WhatsApp.answer(answer.status, answer.body, wait: answer.wait)
    }

    func fetch(_ photo: String) async -> FetchedPhoto {
        guard let place = WebAddress("\(settings.api)/\(photo)") else { return .none }
        let told = await client.found(OutboundRequest(.get, place, headers: [authorization], timeout: ChatTimes.send))
        guard case .bytes(let answer) = told else { return told }
        // The token goes to the provider alone.
        guard let text = WhatsApp.photoAddress(answer), let address = WebAddress(text),
            [settings.api, settings.media].contains(where: { WebAddress($0 + "/")?.origin == address.origin })
        else { return .none }
        return await client.found(
            OutboundRequest(
                .get, address, headers: [authorization], timeout: ChatTimes.fetch,
                answerLimit_bytes: Photos.mostBytes))
    }
}

struct TelegramProvider: ChatProvider {
    let settings: ChannelSettings.Telegram
    let client: OutboundClient

    var channel: ChannelCode { .telegram }
    var window: Int? { nil }

    private static let json = (name: "Content-Type", value: "application/json")

    private func address(_ method: String) -> WebAddress? {
        WebAddress("\(settings.api)/bot\(settings.token.text)/\(method)")
    }

    func send(_ delivery: ChatDelivery, as form: ChatSchedule.Form) async -> ChatAnswer {
        guard let address = address("sendMessage") else { return .refused }
        let request = OutboundRequest(
            .post, address, headers: [Self.json], body: Telegram.text(delivery, button: ChatWording.placeButton),
            timeout: ChatTimes.send)
        guard let answer = try? await client.send(request) else { return .later(seconds: nil) }
        return Telegram.answer(answer.status, answer.body, wait: answer.wait)
    }

    func fetch(_ photo: String) async -> FetchedPhoto {
        guard let place = address("getFile") else { return .none }
        let told = await client.found(
            OutboundRequest(
                .post, place, headers: [Self.json], body: Telegram.fileRequest(photo), timeout: ChatTimes.send))
        guard case .bytes(let answer) = told else { return told }
        guard let path = Telegram.filePath(answer),
            let address = WebAddress("\(settings.api)/file/bot\(settings.token.text)/\(path)")
        else { return .none }
        return await client.found(
            OutboundRequest(.get, address, timeout: ChatTimes.fetch, answerLimit_bytes: Photos.mostBytes))
    }
}

extension OutboundClient {
    /// What a request brings, if it is there.
    fileprivate func found(_ request: OutboundRequest) async -> FetchedPhoto {
        do throws(OutboundError) {
            let answer = try await send(request)
            switch answer.status {
            case 200: return answer.body.isEmpty ? .none : .bytes(answer.body)
            case 400, 404, 410: return .none
            default: return .later
            }
        } catch {
            return error.kind == .answerTooLarge || error.kind == .forbidden ? .none : .later
        }
    }
}

extension OutboundAnswer {
    /// What `Retry-After` asks for, in seconds.
    fileprivate var wait: Int? { retryAfter.flatMap { RetryAfter.seconds($0, at: .now) } }
}
