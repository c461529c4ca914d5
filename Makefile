# Deskbell. Two commands do everything on a fresh machine:
#   make run    the main job, on this machine
#   make test   every test
# The others are parts of these, or for whoever works on it: see “make help”.

# The toolchain with the fixes that Deskbell needs; Go fetches it when it is not here.
export GOTOOLCHAIN := go1.26.10
export CGO_ENABLED := 0

# The windows: X11 only (it works under Wayland's XWayland too, and Wayland alone is
# not ready), without Fyne's old thread checks, and with OpenGL ES, which builds in a
# quarter of the time of desktop OpenGL.
WINDOW_TAGS := x11,migrated_fynedo,gles
# Tests of the windows draw in memory with the fonts that are bundled.
TEST_TAGS := ci
# The race detector looks at all code but SQLite, which is C turned into Go and keeps its
# data in memory of its own: there the detector sees nothing, and asking it at each access
# makes a database four times as slow. Our code and the driver are looked at as ever.
RACE := -race -gcflags=modernc.org/sqlite/lib=-race=false -gcflags=modernc.org/libc/...=-race=false -gcflags=modernc.org/memory=-race=false

.DEFAULT_GOAL := help
.PHONY: help run demo test test-short build window generate lint bench lab fuzz clean packages-build packages-test

help: ## this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/  make \1\t\2/' | expand -t 22

run: packages-build build .cache/devrun ## server, agent and bell on this machine, until Ctrl-C
	@.cache/devrun run

demo: packages-build build .cache/devrun ## make run, and a small simulated fleet with tickets
	@.cache/devrun demo

test: packages-test ## every test, with the race detector
	CGO_ENABLED=1 go test $(RACE) -tags $(TEST_TAGS) -timeout 40m ./...

test-short: ## the tests that need no browser, no display and no database server
	CGO_ENABLED=1 go test $(RACE) -short -tags $(TEST_TAGS) -timeout 5m ./internal/fault ./internal/settings ./internal/wire/... ./diagnostics/... ./server/ticket ./server/auth ./server/desk ./server/noc ./agent/... ./ui/model

build: bin ## the five programs, into bin/
	go build -trimpath -o bin/ ./cmd/deskbell-server ./cmd/deskbell-agent ./cmd/deskbell-tray ./cmd/deskbell-fleet
	CGO_ENABLED=1 go build -trimpath -tags $(WINDOW_TAGS) -o bin/ ./cmd/deskbell-window

bin:
	@mkdir -p bin

# Built, not “go run”, which calls it an error when somebody presses Ctrl-C.
.PHONY: .cache/devrun
.cache/devrun:
	@go build -o $@ ./internal/devrun

generate: ## templates, scripts and styles of the console, icons
	go generate ./...

lint: ## go vet, staticcheck and golangci-lint, as in CI
	.ci/lint

bench: packages-test build ## the figures of docs/performance.md; takes long, and needs the machine to itself
	go run ./internal/bench

lab: packages-test ## the laboratory of docs/diagnosis.md: breaks machines of its own and judges them; needs root, takes six minutes
	go build -o .cache/lab ./internal/lab
	.cache/lab -write

fuzz: ## each fuzz target for a while
	.ci/fuzz 30s

clean: ## what was built; not var/, where “make run” keeps its data
	rm -rf bin .cache

packages-build:
	@.ci/packages build

packages-test:
	@.ci/packages test
