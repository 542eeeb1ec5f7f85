/// `/lacak/{code}/hapus`: what is erased and what stays, before it is done.
package struct EraseReport: Page {
    package var frame: Frame
    package var trackingCode: String
    /// Whether somebody still works on it.
    package var isOpen: Bool
    /// So that a form that is sent twice does nothing twice.
    package var idempotencyKey: String
    /// Why it was not done.
    package var refused: String?

    package init(frame: Frame, trackingCode: String, isOpen: Bool, idempotencyKey: String, refused: String? = nil) {
        self.frame = frame
        self.trackingCode = trackingCode
        self.isOpen = isOpen
        self.idempotencyKey = idempotencyKey
        self.refused = refused
    }

    package func content(_ wording: Wording) -> PageContent {
        var values: [String: Any] = [
            "code": trackingCode, "open": isOpen, "idempotency_key": idempotencyKey,
        ]
        values["refused"] = refused
        return PageContent(
            template: "tracking_erase", title: wording("privacy.erase_heading"),
            styles: ["controls.css", "citizen.css", "follow.css"], scripts: ["app.js"], here: "track", values: values)
    }
}
