internal import Mustache

/// The templates, each listed once; partials are named as their files.
enum Templates {
    static let files: [(name: String, bytes: [UInt8])] = [
        ("layout", PackageResources.layout_mustache),
        ("home", PackageResources.home_mustache),
        ("mine", PackageResources.mine_mustache),
        ("report", PackageResources.report_mustache),
        ("report_what", PackageResources.report_what_mustache),
        ("report_where", PackageResources.report_where_mustache),
        ("report_describe", PackageResources.report_describe_mustache),
        ("photo_field", PackageResources.photo_field_mustache),
        ("photo_list", PackageResources.photo_list_mustache),
        ("report_questions", PackageResources.report_questions_mustache),
        ("call", PackageResources.call_mustache),
        ("known", PackageResources.known_mustache),
        ("similar", PackageResources.similar_mustache),
        ("performance", PackageResources.performance_mustache),
        ("performance_sensitive", PackageResources.performance_sensitive_mustache),
        ("announcements", PackageResources.announcements_mustache),
        ("sent", PackageResources.sent_mustache),
        ("tracking_box", PackageResources.tracking_box_mustache),
        ("tracking_own", PackageResources.tracking_own_mustache),
        ("tracking_form", PackageResources.tracking_form_mustache),
        ("tracking_privacy", PackageResources.tracking_privacy_mustache),
        ("tracking_erase", PackageResources.tracking_erase_mustache),
        ("report_who", PackageResources.report_who_mustache),
        ("desk_contact", PackageResources.desk_contact_mustache),
        ("private_link", PackageResources.private_link_mustache),
        ("news_offer", PackageResources.news_offer_mustache),
        ("tracking", PackageResources.tracking_mustache),
        ("public_list", PackageResources.public_list_mustache),
        ("feed", PackageResources.feed_mustache),
        ("history", PackageResources.history_mustache),
        ("sign_in", PackageResources.sign_in_mustache),
        ("desk", PackageResources.desk_mustache),
        ("card", PackageResources.card_mustache),
        ("desk_report", PackageResources.desk_report_mustache),
        ("desk_commands", PackageResources.desk_commands_mustache),
        ("desk_filter", PackageResources.desk_filter_mustache),
        ("desk_forward", PackageResources.desk_forward_mustache),
        ("desk_print", PackageResources.desk_print_mustache),
        ("dashboard", PackageResources.dashboard_mustache),
        ("dashboard_tables", PackageResources.dashboard_tables_mustache),
        ("error", PackageResources.error_mustache),
        ("report_check", PackageResources.report_check_mustache),
        ("flag", PackageResources.flag_mustache),
        ("operator_tabs", PackageResources.operator_tabs_mustache),
        ("moderation", PackageResources.moderation_mustache),
        ("moderation_tabs", PackageResources.moderation_tabs_mustache),
        ("moderation_facts", PackageResources.moderation_facts_mustache),
        ("moderation_lines", PackageResources.moderation_lines_mustache),
        ("moderation_report", PackageResources.moderation_report_mustache),
        ("moderation_log", PackageResources.moderation_log_mustache),
        ("counter_form", PackageResources.counter_form_mustache),
        ("counter_sent", PackageResources.counter_sent_mustache),
    ]

    private static let library: MustacheLibrary = {
        MustacheContentTypes.register(EscapedHTML(), named: EscapedHTML.name)
        var library = MustacheLibrary()
        for file in files {
            do {
                try library.register(prepared(file.bytes), named: file.name)
            } catch {
                preconditionFailure("the template \(file.name) is not readable: \(error)")
            }
        }
        return library
    }()

    static func render(_ name: String, _ content: [String: Any]) -> String {
        guard let text = library.render(content, withTemplate: name) else {
            preconditionFailure("no template is named \(name)")
        }
        return text
    }

    /// Renders a text that is no page of the services but is put together from their parts (`{{>card}}`).
    static func render(text: [UInt8], _ content: [String: Any]) throws -> String {
        var extended = library
        try extended.register(prepared(text), named: "text")
        return extended.render(content, withTemplate: "text") ?? ""
    }

    /// Every template escapes by `EscapedHTML`, and loses its indentation: fewer bytes on a poor line, and
    /// Mustache does not indent what people wrote when it stands in a partial.
    private static func prepared(_ bytes: [UInt8]) -> String {
        let lines = String(decoding: bytes, as: UTF8.self).split(separator: "\n", omittingEmptySubsequences: false)
        let text = lines.map { $0.drop { $0 == " " } }.joined(separator: "\n")
        return "{{% CONTENT_TYPE: \(EscapedHTML.name)}}\n" + text
    }
}

/// Escapes byte by byte.
///
/// Mustache's own escaping compares whole characters, so that a quotation mark followed by a combining accent
/// is another character to it and passes through, while a browser sees the quotation mark.
struct EscapedHTML: MustacheContentType {
    static let name = "ESCAPED"

    func escapeText(_ text: String) -> String {
        var escaped: [UInt8] = []
        escaped.reserveCapacity(text.utf8.count)
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "<"): escaped += "&lt;".utf8
            case UInt8(ascii: ">"): escaped += "&gt;".utf8
            case UInt8(ascii: "&"): escaped += "&amp;".utf8
            case UInt8(ascii: "\""): escaped += "&quot;".utf8
            case UInt8(ascii: "'"): escaped += "&#39;".utf8
            default: escaped.append(byte)
            }
        }
        return String(decoding: escaped, as: UTF8.self)
    }
}
