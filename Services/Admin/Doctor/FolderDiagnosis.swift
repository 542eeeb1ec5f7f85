internal import Media

// The folder of photos, where this machine has it.
extension Diagnosis {
    /// - Parameter folder: nil where none is named; `state` nil where there is none.
    static func photos(_ folder: String?, _ state: FolderState?) -> Check {
        guard let folder else {
            return Check("photos", true, "cannot be known from here: name their folder with --media", else: "")
        }
        guard let state else {
            return Check(
                "photos", false, "there is no folder \(folder)",
                else: "make it, or set SASANDO_MEDIA to the one that intake and the notifiers share")
        }
        guard state.isWritable else {
            return Check(
                "photos", false, "\(folder) cannot be written to",
                else:
                    "give it to the user that intake and the notifiers run as; if it is its disk, see the kernel's log")
        }
        let percent = state.totalBytes > 0 ? state.freeBytes * 100 / state.totalBytes : 0
        return Check(
            "photos", state.freeBytes >= leastFreeBytes && percent >= leastFreePercent,
            "\(bytes(state.freeBytes)) free of \(bytes(state.totalBytes)) (\(percent) %)",
            else: "enlarge the disk of \(folder): a photo that finds no room is refused, its report is not")
    }
}
