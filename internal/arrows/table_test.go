package arrows

// vocabulary is what everybody may speak.
var vocabulary = []string{"diagnostics", "diagnostics/check", "diagnostics/inventory", "diagnostics/stock", "internal/fault", "internal/tongue", "internal/wire"}

// house says what each package of ours may import of ours. A name that ends in /…
// covers what is below too; the first row that fits a package holds. A package
// that no row names fails the test: whoever adds one says here where it stands.
// Tests and what only tests use are held to the rows at the end.
var house = []row{
	// Vocabulary.
	{of: "internal/fault", may: list("internal/tongue")},
	{of: "internal/tongue"},
	{of: "internal/version"},
	{of: "diagnostics", may: list("internal/tongue")},
	{of: "diagnostics/inventory", may: list("diagnostics")},
	{of: "diagnostics/check", may: list("internal/fault")},
	{of: "diagnostics/stock", may: list("diagnostics", "diagnostics/inventory")},
	{of: "internal/wire", may: list("diagnostics", "diagnostics/check", "diagnostics/inventory", "diagnostics/stock", "internal/fault")},
	{of: "internal/wire/socket", may: list("internal/fault", "internal/wire")},
	{of: "internal/settings", may: list("internal/fault")},
	{of: "internal/durable", may: list("internal/fault")},
	{of: "internal/ipp"},

	// Reading a machine, and judging what was read.
	{of: "diagnostics/redact", may: list("diagnostics")},
	{of: "diagnostics/pac"},
	{of: "diagnostics/reach", may: list("diagnostics/check")},
	{of: "diagnostics/probe", may: list("diagnostics", "diagnostics/reach", "diagnostics/pac", "diagnostics/inventory", "internal/fault", "internal/ipp")},
	{of: "diagnostics/probe/probetest"},

	// The server, from the inside out: pure domain,
	{of: "server/ticket", may: vocabulary},
	{of: "server/query", may: list("internal/fault")},
	{of: "server/board", may: list("server/query", "server/ticket")},
	{of: "server/sla", may: list("internal/fault", "server/ticket")},
	{of: "server/sla/ical", may: list("internal/fault", "server/sla")},
	{of: "server/assign", may: list("server/ticket")},
	{of: "server/alert"},
	{of: "server/contrast", may: list("diagnostics/stock")},
	{of: "server/correlate", may: list("diagnostics/stock", "server/contrast")},
	// what use cases stand on,
	{of: "server/audit"},
	{of: "server/markdown"},
	{of: "server/live"},
	{of: "server/auth", may: list("internal/fault", "server/audit")},
	{of: "server/enrol", may: list("internal/fault", "internal/wire", "server/audit", "server/auth")},
	// use cases,
	{of: "server/triage", may: list("internal/fault")},
	{of: "server/triage/corpus", helper: true},
	{of: "server/rulebook", may: list(vocabulary, "server/assign", "server/triage", "server/audit", "server/auth", "server/ticket", "server/sla")},
	{of: "server/desk", may: list(vocabulary, "server/assign", "server/audit", "server/auth", "server/rulebook", "server/ticket", "server/triage", "server/sla", "server/notice")},
	{of: "server/kb", may: list(vocabulary, "server/auth", "server/markdown", "server/query", "server/ticket")},
	{of: "server/talk", may: list(vocabulary, "server/auth", "server/desk", "server/ticket")},
	{of: "server/clocks", may: list("internal/fault", "server/notice", "server/auth", "server/desk", "server/live", "server/rulebook", "server/sla", "server/ticket", "server/triage")},
	{of: "server/presence", may: list("internal/fault", "server/auth", "server/live")},
	{of: "server/notice", may: list("internal/fault", "server/auth", "server/live", "server/ticket")},
	{of: "server/habit", may: list()},
	{of: "server/noc", may: list(vocabulary, "server/auth", "server/enrol", "server/habit", "server/live")},
	{of: "server/ask", may: list("diagnostics", "internal/fault", "internal/wire", "server/audit", "server/auth", "server/live", "server/ticket")},
	{of: "server/survey", may: list("internal/fault", "internal/wire", "server/audit", "server/auth", "server/live")},
	{of: "server/watch", may: list("internal/fault", "server/alert", "server/audit", "server/auth", "server/live")},
	{of: "server/baseline"},
	{of: "server/group", may: list("diagnostics/stock", "internal/fault", "server/audit", "server/auth", "server/query")},
	{of: "server/heartbeat", may: list("internal/fault", "server/alert", "server/audit", "server/auth")},
	{of: "server/oncall", may: list("internal/fault", "server/alert", "server/audit", "server/auth", "server/notice", "server/notify", "server/watch")},
	{of: "server/synthetic", may: list("diagnostics/check", "internal/fault", "internal/wire", "server/alert", "server/audit", "server/auth")},
	{of: "server/device", may: list("diagnostics/check", "internal/fault", "server/audit", "server/auth", "server/synthetic")},
	{of: "server/device/snmp", may: list("diagnostics/check", "diagnostics/reach", "server/device")},
	{of: "server/notify", may: list("internal/fault", "server/alert", "server/audit", "server/auth", "server/watch")},
	{of: "server/notify/send", may: list("diagnostics/check", "server/alert", "server/notify")},
	{of: "server/announce", may: list("diagnostics", "internal/fault", "internal/wire", "server/audit", "server/auth", "server/desk", "server/live")},
	{of: "server/incident", may: list("diagnostics", "diagnostics/stock", "internal/fault", "internal/tongue", "internal/wire", "server/announce", "server/audit", "server/auth", "server/contrast", "server/correlate", "server/desk", "server/live", "server/ticket")},
	{of: "server/peers", may: list("diagnostics/stock", "internal/fault", "internal/wire", "server/auth", "server/contrast")},
	{of: "server/scripts", may: list("internal/fault", "internal/wire", "server/ask", "server/audit", "server/auth")},
	{of: "server/people", may: list("internal/fault", "diagnostics", "server/audit", "server/auth", "server/ticket")},
	{of: "server/availability", may: list("internal/fault", "server/auth")},
	{of: "server/mailing", may: list("internal/fault", "server/alert", "server/audit", "server/auth", "server/availability", "server/notify")},
	{of: "server/report", may: list("internal/fault", "server/auth", "server/ticket")},
	{of: "server/find", may: list("internal/fault", "server/audit", "server/auth", "server/board", "server/desk", "server/query", "server/ticket")},
	// adapters, none of which knows how things are stored or transported elsewhere,
	{of: "server/siem", may: list("internal/fault", "server/audit")},
	{of: "server/metrics", may: list("diagnostics", "internal/durable", "internal/fault")},
	{of: "server/store", may: list(vocabulary, useCases)},
	{of: "server/gate", may: list("internal/fault", "server/auth")},
	{of: "server/stream", may: list("internal/fault", "server/ask", "server/auth", "server/live")},
	{of: "server/hub", may: list(vocabulary, "internal/wire/socket", useCases, "server/markdown")},
	{of: "server/promapi", may: list("diagnostics", "internal/fault", "server/auth", "server/gate", "server/metrics")},
	{of: "server/intake", may: list("internal/fault", "server/alert", "server/auth", "server/gate", "server/watch")},
	{of: "server/api", may: list(vocabulary, useCases, "server/gate", "server/metrics")},
	{of: "server/console/static"},
	{of: "server/console/assets"},
	{of: "server/console/assets/build", may: list("server/console/assets")},
	{of: "server/console/kit", may: list(vocabulary, useCases, "server/gate", "server/markdown", "server/console/static")},
	{of: "server/console/portal", may: list(vocabulary, useCases, "internal/tongue", "server/gate", "server/markdown", "server/console/kit", "server/console/static")},
	{of: "server/console", may: list(vocabulary, useCases, "server/gate", "server/habit", "server/markdown", "server/metrics", "server/console/kit", "server/console/static")},
	// and the wiring.
	{of: "server", may: list(vocabulary, useCases, "diagnostics/reach", "server/api", "server/console", "server/console/portal", "server/console/static",
		"server/device/snmp", "server/gate", "server/hub", "server/intake", "server/markdown", "server/metrics", "server/notify/send", "server/promapi", "server/siem", "server/store", "server/stream")},

	// The agent: leaves,
	{of: "agent/change"},
	{of: "agent/power"},
	{of: "agent/accounts", may: list("internal/wire")},
	{of: "agent/local/pipe", may: list("internal/fault")},
	{of: "agent/local", may: list(vocabulary, "agent/local/pipe")},
	{of: "agent/state", may: list("internal/durable", "internal/fault")},
	{of: "agent/outbox", may: list("internal/tongue", "internal/fault", "internal/wire", "internal/durable", "agent/change")},
	{of: "agent/ledger", may: list("internal/durable", "agent/change", "agent/local")},
	{of: "agent/announcements", may: list("internal/wire", "internal/durable", "agent/change")},
	{of: "agent/tickets", may: list("internal/wire", "internal/durable", "agent/change")},
	{of: "agent/uplink", may: list(vocabulary, "internal/wire/socket", "internal/durable", "agent/change")},
	// what it does,
	{of: "agent/checkups", may: list(vocabulary, "diagnostics/probe", "diagnostics/redact", "agent/local")},
	{of: "agent/site", may: list("internal/tongue", "internal/fault", "diagnostics/probe", "agent/local")},
	{of: "agent/trace"},
	{of: "agent/remote", may: list(vocabulary, "agent/consent", "agent/files", "agent/trace", "diagnostics/pac", "diagnostics/probe", "diagnostics/reach", "diagnostics/redact", "agent/local")},
	{of: "agent/script", may: list("internal/fault", "internal/wire", "agent/terminal")},
	{of: "agent/files", may: list("internal/fault", "internal/wire", "diagnostics/redact")},
	{of: "agent/fix", may: list("internal/tongue", "diagnostics", "internal/fault", "internal/durable", "internal/ipp", "diagnostics/probe", "agent/change", "agent/local")},
	{of: "agent/consent", may: list("internal/fault", "internal/wire", "agent/change", "agent/local")},
	{of: "agent/screen", may: list("internal/fault", "internal/wire", "agent/change", "agent/local")},
	{of: "agent/terminal", may: list("internal/fault", "internal/wire")},
	{of: "agent/act", may: list("internal/fault", "internal/wire", "internal/durable", "agent/fix")},
	{of: "agent/recorder", may: list("internal/fault", "internal/durable", "diagnostics/probe", "diagnostics/redact")},
	{of: "agent/courier", may: list("internal/fault", "internal/wire", "agent/outbox", "agent/uplink")},
	{of: "agent/enrol", may: list("internal/fault", "internal/wire", "internal/durable", "agent/state", "agent/uplink")},
	{of: "agent/history", may: list("diagnostics", "diagnostics/inventory", "diagnostics/redact", "internal/durable")},
	{of: "agent/stock", may: list("diagnostics", "diagnostics/inventory", "diagnostics/stock", "diagnostics/redact", "internal/fault", "internal/wire", "internal/durable", "agent/change")},
	{of: "agent/people", may: list("internal/tongue", "diagnostics", "diagnostics/inventory", "internal/fault", "internal/wire", "internal/durable",
		"agent/announcements", "agent/checkups", "agent/ledger", "agent/local", "agent/outbox", "agent/recorder", "agent/site", "agent/tickets", "agent/uplink")},
	{of: "agent/localapi", may: list("diagnostics", "diagnostics/inventory", "internal/fault", "internal/wire", "agent/local", "agent/local/pipe", "agent/people")},
	// and the wiring.
	{of: "agent", may: list(vocabulary, "diagnostics/probe", "agent/…")},

	// What people see. Of the agent it knows the local API and nothing else.
	{of: "ui/assets"},
	{of: "ui/assets/draw"},
	{of: "ui/assets/generate", may: list("ui/assets/draw")},
	{of: "ui/notify", may: list("ui/assets")},
	{of: "ui/theme", may: list("diagnostics")},
	{of: "ui/model", may: list(vocabulary, "internal/tongue", "agent/local", "ui/shot/edit")},
	{of: "ui/drafts", may: list("internal/durable", "internal/fault", "ui/model")},
	{of: "ui/prefs", may: list("internal/durable", "internal/tongue")},
	{of: "ui/startup", may: list("internal/durable")},
	{of: "ui/settings", may: list(windows, "internal/tongue", "ui/prefs")},
	{of: "ui/session", may: list("internal/fault", "internal/tongue", "agent/local/pipe")},
	{of: "ui/page", may: list("internal/fault", "agent/local", "ui/session")},
	{of: "ui/widgets", may: list("diagnostics", "ui/model", "ui/theme")},
	{of: "ui/tray", may: list("internal/tongue", "ui/prefs", "diagnostics", "internal/fault", "internal/wire", "agent/local", "ui/assets", "ui/model", "ui/notify", "ui/session", "ui/shot/edit", "ui/shot/grab")},
	{of: "ui/ring", may: list(windows, "ui/known")},
	{of: "ui/shot", may: list(windows, "ui/shot/edit")},
	{of: "ui/shot/edit", may: list("internal/fault")},
	{of: "ui/shot/grab", may: list("internal/fault", "ui/shot/edit")},
	{of: "ui/mend", may: windows},
	{of: "ui/guide", may: list(windows, "ui/known", "ui/mend")},
	{of: "ui/checkup", may: list(windows, "ui/mend")},
	{of: "ui/tickets", may: windows},
	{of: "ui/looks", may: windows},
	{of: "ui/consent", may: windows},
	{of: "ui/known", may: windows},
	{of: "ui/announce", may: list(windows, "ui/known")},
	{of: "ui/desktop", may: list("internal/tongue", "ui/prefs", "ui/settings", "ui/startup", "agent/local", "ui", "ui/assets", "ui/drafts", "ui/model", "ui/session", "ui/shot/grab", "ui/theme")},
	{of: "ui", may: list("ui/prefs", "ui/settings", "internal/fault", "agent/local", "ui/drafts", "ui/model", "ui/page", "ui/session", "ui/ring", "ui/checkup", "ui/guide", "ui/tickets", "ui/announce", "ui/looks", "ui/consent", "ui/shot", "ui/shot/grab", "ui/theme")},

	// The mains.
	{of: "cmd/deskbell-server", may: list(mains, "server", "server/auth")},
	{of: "cmd/deskbell-agent", may: list(mains, "packaging", "diagnostics", "diagnostics/inventory", "diagnostics/probe", "diagnostics/redact", "internal/wire",
		"agent", "agent/checkups", "agent/enrol", "agent/files", "agent/fix", "agent/local", "agent/remote", "agent/script", "agent/state", "agent/terminal")},
	{of: "cmd/deskbell-tray", may: list(mains, "ui/drafts", "ui/prefs", "internal/tongue", "ui/session", "ui/tray")},
	{of: "cmd/deskbell-window", may: list(mains, "ui/prefs", "internal/tongue", "ui/desktop", "ui/drafts", "ui/session")},
	{of: "cmd/deskbell-fleet", may: list(mains, "internal/fleet", "internal/fleet/scenario")},

	// Simulated endpoints speak as endpoints do, and know no server.
	{of: "internal/fleet/machine", may: vocabulary},
	// Made-up days are judged by the server's own arithmetic, and by nothing else of it.
	{of: "internal/fleet/scenario", may: list("diagnostics/stock", "server/contrast", "server/correlate")},
	{of: "internal/fleet", may: list(vocabulary, "internal/durable", "internal/version", "internal/fleet/machine", "agent/uplink")},

	// The units and manifests that the agent installs.
	{of: "packaging"},

	// Tools of the repository, which drive the programs from outside.
	{of: "internal/arrows"},
	{of: "internal/devrun"},
	{of: "internal/e2e"},
	{of: "internal/storm"},
	{of: "internal/pgtest"},
	{of: "internal/bench/…", tool: true},
	{of: "internal/lab", tool: true},

	// What tests use. They may import what they test; nothing but tests and tools
	// imports them.
	{of: "internal/powercut", helper: true},
	{of: "agent/local/localtest", helper: true},
	{of: "agent/uplink/uplinktest", helper: true},
	{of: "server/device/snmptest", helper: true},
	{of: "server/notify/notifytest", helper: true},
	{of: "server/servertest", helper: true},
	{of: "server/store/storetest", helper: true},
	{of: "server/console/browsertest", helper: true},
	{of: "ui/e2e", helper: true},
	{of: "ui/sample", helper: true},
	{of: "ui/traytest", helper: true},
	{of: "ui/uitest", helper: true},
}

var (
	// useCases is the server's inside, from which adapters take their words.
	useCases = list("server/sla", "server/sla/ical", "server/clocks", "server/ticket", "server/audit", "server/live", "server/auth", "server/enrol", "server/rulebook", "server/triage", "server/desk", "server/noc", "server/ask", "server/scripts", "server/survey",
		"server/people", "server/peers", "server/baseline", "server/contrast", "server/alert", "server/watch", "server/group", "server/heartbeat", "server/synthetic", "server/device", "server/notify", "server/oncall", "server/availability", "server/mailing", "server/report", "server/kb", "server/talk",
		"server/query", "server/board", "server/find",
		"server/assign", "server/presence", "server/notice", "server/announce", "server/correlate", "server/incident")
	mains   = list("internal/fault", "internal/settings", "internal/version")
	windows = list(vocabulary, "agent/local", "ui/model", "ui/page", "ui/session", "ui/theme", "ui/widgets")
)

// homes says which packages may import a library that decides something: how data
// is stored, how windows are drawn, how a protocol is spoken. Elsewhere it could not be
// replaced without touching half of the house. The longest name that fits an
// import holds.
var homes = []home{
	{of: "database/sql", in: list("server/store", "internal/pgtest", "internal/bench/…")},
	{of: "modernc.org/sqlite", in: list("server/store", "internal/bench/…")},
	{of: "github.com/jackc/pgx", in: list("server/store", "internal/pgtest", "internal/bench/…")},
	{of: "github.com/pressly/goose", in: list("server/store")},
	{of: "github.com/prometheus/prometheus", in: list("server/metrics", "server/alert")},
	{of: "github.com/robfig/cron", in: list("server/heartbeat")},
	{of: "github.com/gosnmp/gosnmp", in: list("server/device/snmp")},
	{of: "github.com/wneessen/go-mail", in: list("server/notify/send")},
	{of: "cel.dev/cel-go", in: list("server/triage")},
	{of: "github.com/danielgtaylor/huma", in: list("server/api")},
	{of: "github.com/a-h/templ", in: list("server/console/…")},
	{of: "github.com/yuin/goldmark", in: list("server/markdown")},
	{of: "github.com/microcosm-cc/bluemonday", in: list("server/markdown")},
	{of: "github.com/evanw/esbuild", in: list("server/console/assets")},
	{of: "github.com/gorilla/websocket", in: list("internal/wire/socket", "server/hub", "agent/uplink", "internal/bench/…")},
	{of: "github.com/shirou/gopsutil", in: list("diagnostics/probe", "internal/bench/…")},
	{of: "github.com/kardianos/service", in: list("cmd/deskbell-agent")},
	{of: "github.com/alecthomas/kong", in: list("internal/settings")},
	{of: "github.com/arran4/golang-ical", in: list("server/sla/ical")},
	{of: "golang.org/x/crypto", in: list("server/auth", "agent/remote")},
	{of: "github.com/creack/pty", in: list("agent/terminal")},
	{of: "github.com/jezek/xgb", in: list("ui/shot/grab")},
	{of: "fyne.io/systray", in: list("ui/tray", "internal/bench/…")},
	{of: "fyne.io/fyne", in: list("ui", "ui/announce", "ui/checkup", "ui/consent", "ui/desktop", "ui/guide", "ui/known", "ui/looks", "ui/mend", "ui/page", "ui/ring", "ui/settings", "ui/shot", "ui/theme", "ui/tickets", "ui/uitest", "ui/widgets", "internal/bench/…")},
}

// pure lists the packages that compute and do nothing else: the same input gives
// the same output, anywhere and at any time.
var pure = list("server/habit", "diagnostics/inventory", "server/ticket", "server/assign", "server/sla", "server/query", "diagnostics", "diagnostics/inventory", "diagnostics/redact", "ui/shot/edit")

// impure is what such a package may not touch: a clock or chance as a call, and
// all else as an import.
var (
	impureCalls   = list("time.Now", "time.Since", "time.Until", "time.Sleep", "time.After", "time.AfterFunc", "time.NewTimer", "time.NewTicker", "time.Tick")
	impureImports = list("context", "database/sql", "net/http", "os", "os/exec", "io/fs", "syscall", "math/rand", "math/rand/v2", "crypto/rand", "log", "log/slog", "sync", "unsafe")
)

// programs says what must not be linked into a program, however far away it is
// imported. It is what keeps the agent small, and the bell on machines that
// have no OpenGL.
var programs = []program{
	{name: "cmd/deskbell-server", never: list("fyne.io", "github.com/go-gl", "github.com/shirou/gopsutil", ours+"agent", ours+"ui", ours+"diagnostics/probe")},
	{name: "cmd/deskbell-agent", never: list("fyne.io", "github.com/go-gl", "modernc.org/sqlite", "github.com/jackc", "github.com/prometheus", ours+"server", ours+"ui")},
	{name: "cmd/deskbell-tray", never: list("fyne.io/fyne", "github.com/go-gl", "modernc.org/sqlite", ours+"server", ours+"agent/uplink", ours+"agent/outbox", ours+"diagnostics/probe")},
	{name: "cmd/deskbell-window", never: list("modernc.org/sqlite", "github.com/gorilla/websocket", ours+"server", ours+"agent/uplink", ours+"agent/outbox", ours+"diagnostics/probe")},
	{name: "cmd/deskbell-fleet", never: list("fyne.io", "github.com/go-gl", "modernc.org/sqlite", "github.com/shirou/gopsutil", ours+"server/store", ours+"server/desk", ours+"server/noc", ours+"server/hub", ours+"server/metrics", ours+"server/console", ours+"server/api", ours+"server/auth", ours+"ui", ours+"diagnostics/probe")},
}
