import Foundation

/// The table as a person reads it.
struct Table {
    private static let heads = ["figure", "value", "unit", "reference", "ratio", "target", "met"]
    /// Columns of numbers.
    private static let alignedRight: Set<Int> = [1, 3, 4]

    let rows: [Row]
    let notes: [String]
    let isColoured: Bool

    var text: String {
        let cells = [Self.heads] + rows.map(Self.cells)
        let widths = Self.heads.indices.map { column in cells.map { $0[column].count }.max() ?? 0 }
        var lines = cells.enumerated().map { index, line in
            let text = line.enumerated().map { column, cell in
                let space = String(repeating: " ", count: widths[column] - cell.count)
                return Self.alignedRight.contains(column) ? space + cell : cell + space
            }.joined(separator: "  ")
            return index > 0 && rows[index - 1].met == false ? emphasised(text) : text
        }
        lines.insert(widths.map { String(repeating: "─", count: $0) }.joined(separator: "  "), at: 1)
        lines += ["", verdict] + rows.compactMap { row in row.failure.map { "  \(row.figure): \($0)" } }
        if !notes.isEmpty { lines += [""] + notes.map { "  \($0)" } }
        return lines.joined(separator: "\n")
    }

    private var verdict: String {
        let judged = rows.filter { $0.met != nil }
        guard !judged.isEmpty else { return "No target was judged." }
        let missed = judged.filter { $0.met == false }
        guard !missed.isEmpty else { return "All \(judged.count) targets are met." }
        return emphasised("\(missed.count) of \(judged.count) targets NOT met: ")
            + missed.map(\.figure).joined(separator: "; ")
    }

    private func emphasised(_ text: String) -> String { isColoured ? "\u{1B}[1;31m\(text)\u{1B}[0m" : text }

    private static func cells(_ row: Row) -> [String] {
        [
            row.figure, row.value.map(text) ?? "–", row.unit, row.reference.map(text) ?? "–",
            row.ratio.map { fixed($0, 2) } ?? "–", row.target ?? "", row.met.map { $0 ? "yes" : "NO" } ?? "",
        ]
    }

    /// Four significant digits or more, thousands apart: "12,480", "7.31".
    static func text(_ number: Double) -> String {
        guard number.isFinite else { return "–" }
        if number.magnitude < 1_000 {
            if number == number.rounded() { return fixed(number, 0) }
            return fixed(number, number.magnitude < 10 ? 3 : 1)
        }
        var digits = fixed(number, 0)
        var at = digits.count - 3
        while at > (number < 0 ? 1 : 0) {
            digits.insert(",", at: digits.index(digits.startIndex, offsetBy: at))
            at -= 3
        }
        return digits
    }

    private static func fixed(_ number: Double, _ places: Int) -> String {
        String(format: "%.\(places)f", number)
    }
}
