/// What went wrong, and what to do, for any status that is not a page's own.
package struct ErrorPage: Page {
    package var frame: Frame
    /// The HTTP status that it is sent with.
    package var status: Int
    /// More, where there is more to say; shown as it is.
    package var detail: String?

    package init(frame: Frame, status: Int, detail: String? = nil) {
        self.frame = frame
        self.status = status
        self.detail = detail
    }

    package func content(_ wording: Wording) -> PageContent {
        let known: Set = [400, 401, 403, 404, 405, 409, 410, 412, 413, 415, 422, 429, 503]
        let name = known.contains(status) ? status : status < 500 ? 400 : 500
        let again = LocalPath(frame.path)?.text ?? "/"
        var values: [String: Any] = [
            "heading": wording("error.title_\(name)"), "text": wording("error.text_\(name)"),
            "status": String(status), "can_retry": [409, 412, 429, 500, 503].contains(name),
            "must_sign_in": name == 401 || name == 403, "again": again,
            "sign_in": "/masuk?ke=\(LocalPath.inQuery(again))",
        ]
        values["detail"] = detail
        return PageContent(
            template: "error", title: wording("error.title_\(name)"), styles: ["citizen.css"], values: values)
    }
}
