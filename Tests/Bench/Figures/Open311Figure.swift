/// Acknowledged requests a second by Open311's door over 64 connections, against the same reports by our own door.
struct Open311Figure {
    let setting: Setting

    func measure() async throws -> [Row] {
        let stack = setting.stack
        let admission = AdmissionFigure(setting: setting)
        let intake = "http://127.0.0.1:\(stack.intake.port)"
        var measured: [(value: Double, reference: Double)] = []
        try await setting.store.reset()
        // As for admission: the figure is intake's.
        try await stack.holding([stack.routing, stack.analytics] + stack.notifiers) {
            _ = try await admission.post(to: intake, for: 2, script: "open311.lua")
            for pair in 1...admission.pairs {
                try await setting.store.emptyAdmission()
                let reference = try await admission.acknowledged(at: intake)
                try await setting.store.emptyAdmission()
                let value = try await admission.acknowledged(at: intake, script: "open311.lua")
                setting.say("Open311, pair \(pair): \(Table.text(value)) of \(Table.text(reference)) reports/s")
                measured.append((value, reference))
            }
            try await setting.store.emptyAdmission()
        }
        try await setting.store.reset()
        return [Row("Open311", measured, "reports/s", target: .ratioAtLeast(0.8))]
    }
}
