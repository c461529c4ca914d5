package agent

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/deskbell/deskbell/agent/local"
	"github.com/deskbell/deskbell/agent/remote"
	"github.com/deskbell/deskbell/diagnostics/inventory"
	"github.com/deskbell/deskbell/internal/tongue"
	"github.com/deskbell/deskbell/internal/wire"
	"github.com/deskbell/deskbell/ui/model"
)

// TestWhatIsCollectedIsTold: each thing that a collector reads has its words, in
// every language. Who adds one and says nothing of it finds out here.
func TestWhatIsCollectedIsTold(t *testing.T) {
	all := New(Options{}).about()
	if len(all.Collected) != 8 || !all.Recorder {
		t.Errorf("told of %d collections, recorder %v", len(all.Collected), all.Recorder)
	}
	for _, c := range all.Collected {
		if len(c.Items) == 0 {
			t.Errorf("%s reads nothing", c.ID)
		}
		for _, item := range c.Items {
			if model.CollectedText(c.ID, item) == "" {
				t.Errorf("%s reads %q, and the window has no words for it", c.ID, item)
			}
		}
	}
	before := tongue.Current()
	defer tongue.Use(before)
	for _, l := range tongue.Languages() {
		tongue.Use(l)
		for i, r := range model.CollectedOf(all) {
			if r.Name == "" || r.Name == string(all.Collected[i].ID) || r.How == "" || !strings.Contains(r.What, ",") {
				t.Errorf("%s: %s is told as %+v", l, all.Collected[i].ID, r)
			}
		}
	}
}

// What the agent says to a server without being asked is among what is told: who
// adds such a message says here which it is, or why it carries nothing.
func TestWhatIsSentIsTold(t *testing.T) {
	told := map[string]local.Collection{
		"TypeInventory": local.CollectMachine, "TypeFindings": local.CollectFindings,
		"TypeStock":       local.CollectFacts,
		"TypeOutageFixed": local.CollectFindings, // by their names, with the person's own word
	}
	carries := []string{ // what people write and ask for themselves
		"TypeTicketOpen", "TypeTicketReply", "TypeTicketAct", "TypeTicketRead", "TypeTicketsGet", "TypePortalLink", "TypeSuggest", "TypeHelped", "TypeFixTold", "TypeAnnouncementHit",
		"TypeAnnouncementsGet", // an empty question
	}
	used := sent(t)
	if len(used) < 4 {
		t.Fatalf("only %q are sent: this shows nothing", used)
	}
	for _, name := range used {
		if told[name] == "" && !slices.Contains(carries, name) {
			t.Errorf("the agent sends %s, and nobody says what it tells of this machine", name)
		}
	}
}

// sent are the types of messages that the wiring and what people do name.
func sent(t *testing.T) (out []string) {
	t.Helper()
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	more, _ := filepath.Glob("people/*.go")
	facts, _ := filepath.Glob("stock/*.go")
	for _, path := range slices.Concat(files, more, facts) {
		if strings.HasSuffix(path, "_test.go") {
			continue
		}
		f, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(f, func(n ast.Node) bool {
			if s, ok := n.(*ast.SelectorExpr); ok && strings.HasPrefix(s.Sel.Name, "Type") {
				if x, ok := s.X.(*ast.Ident); ok && x.Name == "wire" && s.Sel.Name != "Type" {
					out = append(out, s.Sel.Name)
				}
			}
			return true
		})
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// TestKindsOfChangeAreAll reads the constants that the list must name.
func TestKindsOfChangeAreAll(t *testing.T) {
	f, err := parser.ParseFile(token.NewFileSet(), filepath.Join("..", "diagnostics", "inventory", "changes.go"), nil, parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	ast.Inspect(f, func(node ast.Node) bool {
		v, ok := node.(*ast.ValueSpec)
		if !ok || len(v.Names) != 1 || !strings.HasPrefix(v.Names[0].Name, "Kind") || len(v.Values) != 1 {
			return true
		}
		text, _ := strconv.Unquote(v.Values[0].(*ast.BasicLit).Value)
		if n++; !slices.Contains(inventory.Kinds(), inventory.Kind(text)) {
			t.Errorf("Kinds lacks %s", text)
		}
		return true
	})
	if n != len(inventory.Kinds()) {
		t.Errorf("%d constants, %d kinds", n, len(inventory.Kinds()))
	}
}

func TestAboutSaysWhatTheSettingsSay(t *testing.T) {
	a := New(Options{NoRecorder: true, Policy: remote.Policy{
		Allow:    map[wire.AskKind]bool{wire.ActTerminal: true, wire.ActEndProcess: true, wire.ActRestartService: true, wire.AskLog: false},
		AskFirst: map[wire.AskKind]bool{wire.ActEndProcess: true},
	}}).about()
	if a.Recorder || !slices.Equal(a.Acts, []wire.AskKind{wire.ActEndProcess, wire.ActRestartService, wire.ActTerminal}) ||
		!slices.Equal(a.Forbidden, []wire.AskKind{wire.AskLog}) || !slices.Equal(a.AskFirst, []wire.AskKind{wire.ActEndProcess, wire.ActTerminal}) {
		t.Errorf("%+v", a)
	}
	for _, c := range a.Collected {
		if c.Off != (c.ID == local.CollectRecorder) {
			t.Errorf("%s is off: %v", c.ID, c.Off)
		}
	}
}
