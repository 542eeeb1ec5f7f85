internal import Domain
internal import Runtime

/// How chats come in and go out: each channel is there once all of its settings are.
struct ChannelSettings: Sendable {
    struct WhatsApp: Sendable {
        /// What the provider's addresses begin with, with the version.
        var api: String
        /// Where photos lie, beside there.
        var media: String
        /// The id of our number.
        var number: String
        var token: Secret
        var appSecret: Secret
        var verifyToken: Secret
    }

    struct Telegram: Sendable {
        var api: String
        var token: Secret
        var secret: Secret
    }

    var whatsapp: WhatsApp?
    var telegram: Telegram?
    /// What comes within so many seconds is looked at together.
    var gather: Int

    var isOn: Bool { whatsapp != nil || telegram != nil }

    init(_ keys: inout ConfigurationKeys) {
        whatsapp = Self.whatsapp(&keys)
        telegram = Self.telegram(&keys)
        gather = keys.int(
            "SASANDO_CHAT_GATHER", default: 3, in: 0...60, unit: "seconds",
            "How long a chat waits for the next photo, place or sentence before it is answered.")
    }

    private static func whatsapp(_ keys: inout ConfigurationKeys) -> WhatsApp? {
        let api = base("SASANDO_WHATSAPP_API", "The Cloud API, such as https://graph.facebook.com/v23.0.", &keys)
        let media = base(
            "SASANDO_WHATSAPP_MEDIA", "Where the Cloud API keeps photos, if it is not https://lookaside.fbsbx.com.",
            &keys)
        let number = keys.optionalString("SASANDO_WHATSAPP_NUMBER", shape: "id", "The id of the city's number there.")
        let token = keys.secret("SASANDO_WHATSAPP_TOKEN_FILE", "The token that messages are sent with.")
        let appSecret = keys.secret(
            "SASANDO_WHATSAPP_APP_SECRET_FILE", "The app's secret, by which the webhook's calls are known.")
        let verifyToken = keys.secret(
            "SASANDO_WHATSAPP_VERIFY_TOKEN_FILE", "What the webhook is set up with, chosen by the city.")
        if let number, !Domain.WhatsApp.isPathStep(number) { keys.fault("SASANDO_WHATSAPP_NUMBER", "is no id") }
        guard let api, let number, let token, let appSecret, let verifyToken else {
            if api != nil || number != nil || token != nil || appSecret != nil || verifyToken != nil {
                keys.fault(
                    "SASANDO_WHATSAPP_API",
                    "goes with …_NUMBER, …_TOKEN_FILE, …_APP_SECRET_FILE and "
                        + "…_VERIFY_TOKEN_FILE: set all of them, or none")
            }
            return nil
        }
        return WhatsApp(
            api: api, media: media ?? "https://lookaside.fbsbx.com", number: number, token: token,
            appSecret: appSecret, verifyToken: verifyToken)
    }

    private static func telegram(_ keys: inout ConfigurationKeys) -> Telegram? {
        let api = base("SASANDO_TELEGRAM_API", "The Bot API, such as https://api.telegram.org.", &keys)
        let token = keys.secret("SASANDO_TELEGRAM_TOKEN_FILE", "The bot's token.")
        let secret = keys.secret(
            "SASANDO_TELEGRAM_SECRET_FILE", "What the webhook was set with, by which its calls are known.")
        guard let api, let token, let secret else {
            if api != nil || token != nil || secret != nil {
                keys.fault(
                    "SASANDO_TELEGRAM_API", "goes with …_TOKEN_FILE and …_SECRET_FILE: set all of them, or none")
            }
            return nil
        }
        return Telegram(api: api, token: token, secret: secret)
    }

    private static func base(_ name: String, _ help: String, _ keys: inout ConfigurationKeys) -> String? {
        guard var text = keys.optionalString(name, shape: "https://…", help) else { return nil }
        while text.hasSuffix("/") { text.removeLast() }
        if WebAddress(text + "/x") == nil { keys.fault(name, "is no address that begins with https://") }
        return text
    }
}
