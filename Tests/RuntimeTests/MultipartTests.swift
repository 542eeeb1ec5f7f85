internal import Testing

@testable internal import Runtime

@Suite struct MultipartTests {
    private func parse(_ body: String, _ boundary: String = "x") -> Multipart? {
        Multipart(Array(body.utf8), boundary: boundary)
    }

    @Test func `fields and files, as browsers send them`() throws {
        let form = try #require(
            parse(
                """
                --x\r\nContent-Disposition: form-data; name="note"\r\n\r\ndua\r\nbaris\r\n\
                --x\r\nContent-Disposition: form-data; name="file"; filename="a;b=\\"c.jpg"\r\n\
                Content-Type: image/jpeg\r\n\r\n\u{0}--x\u{1}\r\n--y\r\n--x  \r\n\
                content-disposition:form-data;name=bare\r\n\r\n\r\n--x--\r\nafter
                """))
        #expect(form.parts.map(\.name) == ["note", "file", "bare"])
        #expect(form["note"]?.text == "dua\r\nbaris" && form["note"]?.filename == nil)
        #expect(form["file"]?.text == "\u{0}--x\u{1}\r\n--y" && form["file"]?.filename == "a;b=\\")
        #expect(form["bare"]?.bytes.isEmpty == true)
    }

    @Test func `what stands before the first part is left out, and no parts are none`() {
        #expect(parse("preamble\r\n--x\r\nContent-Disposition: form-data; name=a\r\n\r\n1\r\n--x--")?["a"]?.text == "1")
        #expect(parse("--x--")?.parts.isEmpty == true)
    }

    @Test(arguments: [
        "", "--x", "--x\r\n", "--x\r\n\r\n", "--x\r\nContent-Disposition: form-data; name=a\r\n\r\n1",
        "--x\r\nContent-Disposition: form-data; name=a\r\n\r\n1\r\n--x", "--x\r\nContent-Type: a\r\n\r\n1\r\n--x--",
        "--x\r\nContent-Disposition: form-data; name=a\r\n1\r\n--x--", "--xy--", "--y--",
        String(repeating: "--x\r\nContent-Disposition: form-data; name=a\r\n\r\n1\r\n", count: 65) + "--x--",
        "--x\r\nA: \(String(repeating: "b", count: 5_000))\r\nContent-Disposition: form-data; name=a\r\n\r\n1\r\n--x--",
    ])
    func `what is cut short or built otherwise is refused`(body: String) {
        #expect(parse(body) == nil)
    }
}
