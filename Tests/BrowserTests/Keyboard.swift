import Domain
import TestSupport
import Testing

/// Going through a page as somebody does who has no mouse.
extension Page {
    /// Where the focus is.
    struct Stop: Hashable {
        /// Which of the document's elements, in its order; -1: none.
        var index: Int
        var element: String
        /// It is drawn, in the window, and not wholly covered.
        var isSeen: Bool
        /// Something about it shows that it has the focus.
        var isMarked: Bool
    }

    /// What is drawn where the focus is, and what marks it: its own outline, or that of the label drawn for it.
    private static let stop = """
        (() => {
          const at = document.activeElement;
          const index = [...document.querySelectorAll("*")].indexOf(at);
          if (!at || at === document.body) return { index: -1, element: "body", isSeen: false, isMarked: false };
          const label = at.labels?.[0] ?? at;
          const drawn = [at, label].map((element) => [element, element.getClientRects()[0]])
            .filter(([, box]) => box && box.width > 2 && box.height > 2);
          const isSeen = drawn.some(([element, { left, top, width, height }]) =>
            [[0.5, 0.5], [0.1, 0.2], [0.9, 0.2], [0.1, 0.8], [0.9, 0.8]].some(([x, y]) => {
              const hit = document.elementFromPoint(left + width * x, top + height * y);
              return hit && (element.contains(hit) || hit.contains(element) && hit !== document.documentElement);
            }));
          const isMarked = [at, label, at.nextElementSibling].some((element) => {
            if (!element) return false;
            const { outlineStyle, outlineWidth } = getComputedStyle(element);
            return outlineStyle !== "none" && parseFloat(outlineWidth) >= 2;
          });
          return { index, element: at.outerHTML.slice(0, 140), isSeen, isMarked };
        })()
        """

    func focusStop() async throws -> Stop {
        let stop = try await evaluate(Self.stop)
        return Stop(
            index: Int(stop["index"]?.number ?? -1), element: stop["element"]?.text ?? "",
            isSeen: stop["isSeen"]?.flag ?? false, isMarked: stop["isMarked"]?.flag ?? false)
    }

    /// Presses Tab until the focus is on what fits; each stop on the way can be seen and is marked.
    func tab(to selector: String, within presses: Int = 120) async throws {
        for _ in 0..<presses {
            try await press("Tab")
            let stop = try await focusStop()
            if stop.index >= 0 {
                #expect(stop.isSeen, "on the way to \(selector) the focus is out of sight: \(stop.element)")
                #expect(stop.isMarked, "on the way to \(selector) nothing marks the focus: \(stop.element)")
            }
            let fits = "document.activeElement?.matches(\(JSONValue.string(selector).json))"
            if try await evaluate(fits).flag == true { return }
        }
        throw Stage.Failure(description: "\(presses) times Tab do not lead to \(selector)")
    }

    func type(_ text: String) async throws {
        try await send("Input.insertText", ["text": .string(text)])
    }

    /// Every stop of Tab from the top of the page to its end.
    func focusOrder(atMost presses: Int = 250) async throws -> [Stop] {
        try await evaluate("document.activeElement?.blur(); getSelection().removeAllRanges(); scrollTo(0, 0)")
        var stops: [Stop] = []
        for _ in 0..<presses {
            try await press("Tab")
            let stop = try await focusStop()
            if stop.index < 0 || stop.index == stops.first?.index { return stops }
            stops.append(stop)
        }
        throw Stage.Failure(description: "Tab never comes round: \(stops.suffix(5))")
    }
}
