/// `/masuk`: a token for a cookie.
package struct SignIn: Page {
    package var frame: Frame
    /// Where to go after: the `ke` of the request, kept only if it is a path of ours.
    package var returnPath: LocalPath?
    package var hasFailed: Bool

    package init(frame: Frame, returnPath: LocalPath? = nil, hasFailed: Bool = false) {
        self.frame = frame
        self.returnPath = returnPath
        self.hasFailed = hasFailed
    }

    package func content(_ wording: Wording) -> PageContent {
        var values: [String: Any] = ["failed": hasFailed]
        values["return_path"] = returnPath?.text
        return PageContent(
            template: "sign_in", title: wording("sign_in.title"), styles: ["controls.css", "citizen.css"],
            values: values)
    }
}
