internal import Domain

/// Acting on a page as a person does: real mouse and keyboard events, on what is visible.
extension Page {
    /// Clicks the middle of the first element that fits, once it is visible and nothing lies over it.
    package func click(_ selector: String, within bound: Duration = .seconds(10)) async throws {
        try await wait(until: "(\(Self.target))(\(quoted(selector)))", within: bound)
        let point = try await evaluate("(\(Self.target))(\(quoted(selector)))")
        guard let x = point["x"]?.number, let y = point["y"]?.number else {
            throw Browser.Failure(description: "\(selector) has moved away")
        }
        for type in ["mouseMoved", "mousePressed", "mouseReleased"] {
            try await send(
                "Input.dispatchMouseEvent",
                [
                    "type": .string(type), "x": .double(x), "y": .double(y), "clickCount": 1,
                    "button": type == "mouseMoved" ? "none" : "left",
                ])
        }
    }

    /// Replaces what stands in a field.
    package func fill(_ selector: String, with text: String) async throws {
        try await click(selector)
        try await evaluate("document.querySelector(\(quoted(selector))).select()")
        try await send("Input.insertText", ["text": .string(text)])
    }

    /// Chooses an option of a `select` by its value.
    package func choose(_ value: String, in selector: String) async throws {
        try await wait(until: "document.querySelector(\(quoted(selector)))")
        let isThere = try await evaluate(
            """
            (() => { const field = document.querySelector(\(quoted(selector))); field.value = \(quoted(value));
              for (const type of ["input", "change"]) field.dispatchEvent(new Event(type, { bubbles: true }));
              return field.value === \(quoted(value)); })()
            """)
        guard isThere.flag == true else { throw Browser.Failure(description: "\(selector) has no option \(value)") }
    }

    /// Chooses files in an `input` of type `file`, as a person does in the system's dialogue.
    package func chooseFiles(_ paths: [String], in selector: String) async throws {
        try await wait(until: "document.querySelector(\(quoted(selector)))")
        let document = try await send("DOM.getDocument", ["depth": 0])
        let found = try await send(
            "DOM.querySelector", ["nodeId": document["root"]?["nodeId"] ?? .null, "selector": .string(selector)])
        guard let node = found["nodeId"], node != .int(0) else {
            throw Browser.Failure(description: "\(selector) is not there")
        }
        try await send("DOM.setFileInputFiles", ["nodeId": node, "files": .array(paths.map(JSONValue.string))])
    }

    /// Presses a key by its name, such as `Tab`, `Enter`, `Escape`, or ` `.
    package func press(_ key: String, shift: Bool = false) async throws {
        let codes: [String: Int64] = [
            "Tab": 9, "Enter": 13, "Escape": 27, " ": 32, "ArrowLeft": 37, "ArrowUp": 38, "ArrowRight": 39,
            "ArrowDown": 40,
        ]
        var event: [String: JSONValue] = [
            "key": .string(key), "code": .string(key == " " ? "Space" : key), "modifiers": shift ? 8 : 0,
            "windowsVirtualKeyCode": .int(codes[key] ?? 0),
        ]
        if key == "Enter" { event["text"] = "\r" }
        if key == " " { event["text"] = " " }
        for type in ["keyDown", "keyUp"] {
            event["type"] = .string(type)
            try await send("Input.dispatchKeyEvent", .object(event))
        }
    }

    /// The point to click at, or null while the element is missing, hidden, disabled, moving or covered.
    private static let target = """
        (selector) => {
          const element = document.querySelector(selector);
          if (!element || element.disabled) return null;
          element.scrollIntoView({ block: "center", inline: "center", behavior: "instant" });
          const box = element.getClientRects()[0];  // of a link that wraps: its first line
          if (!box || box.width === 0 || box.height === 0) return null;
          const x = box.x + box.width / 2, y = box.y + box.height / 2;
          const top = document.elementFromPoint(x, y);
          const label = top && top.closest("label");
          const hit = top && (element.contains(top) || top.contains(element) || (label && label.control === element));
          return hit ? { x, y } : null;
        }
        """
}
