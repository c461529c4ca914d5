package fix

import (
	"os"
	"strings"
	"testing"

	"github.com/deskbell/deskbell/diagnostics"
)

// Every fix that a rule can name has a recipe, with words for a person.
func TestEveryRecipe(t *testing.T) {
	s := machine()
	s.Processes.Data = &diagnostics.Processes{Top: []diagnostics.Process{{PID: 4312, Name: "firefox"}}}
	s.Network.Data.Interfaces = []diagnostics.Interface{{Name: "eth0", Up: true, Carrier: true}, {Name: "docker0", Up: true, Carrier: true, Virtual: true}}
	for _, code := range Recipes() {
		f := diagnostics.Finding{Code: "x", Fix: &diagnostics.Fix{Recipe: code}}
		if code == diagnostics.EndProcess {
			f.Fix.Target = "4312"
		}
		r, err := recipeFor(f, s, "/home/ann")
		if err != nil || r.Title == "" || r.What == "" || len(r.Steps) == 0 || r.Timeout <= 0 {
			t.Errorf("%s: %+v, %v", code, r, err)
			continue
		}
		for _, step := range r.Steps {
			u, err := packed(step, Done{})
			if err != nil {
				t.Fatal(err)
			}
			back, err := unpack(u.Kind, u.Step)
			if err != nil || kindOf(back) != kindOf(step) || back.Rights() == "" {
				t.Errorf("%s does not travel: %q, %v", code, u.Kind, err)
			}
		}
		if code == diagnostics.RenewAddress && (len(r.Steps) != 1 || r.Steps[0] != RenewLease{Link: "eth0"}) {
			t.Errorf("asked for an address is %+v", r.Steps)
		}
	}
	if _, err := recipeFor(diagnostics.Finding{}, s, ""); err == nil {
		t.Error("there is a recipe without a fix")
	}
	for _, target := range []string{"", "1", "99", "x"} {
		if r, err := ending(target, s); err == nil {
			t.Errorf("process %q: %+v", target, r)
		}
	}
}

// What runs away now may be another program than the one that was ended.
func TestStill(t *testing.T) {
	finding := func(code diagnostics.Code, recipe diagnostics.Recipe, target, what string) diagnostics.Finding {
		return diagnostics.Finding{Code: code, Fix: &diagnostics.Fix{Recipe: recipe, Target: target}, Evidence: []diagnostics.Evidence{{What: what}}}
	}
	was := finding(diagnostics.ProcessRunaway, diagnostics.EndProcess, "12", "firefox (12)")
	for name, c := range map[string]struct {
		now  diagnostics.Finding
		want bool
	}{
		"started again":   {finding(diagnostics.ProcessRunaway, diagnostics.EndProcess, "13", "firefox (13)"), true},
		"another program": {finding(diagnostics.ProcessRunaway, diagnostics.EndProcess, "14", "make (14)"), false},
		"something else":  {finding(diagnostics.DiskFull, diagnostics.FreeSpace, "/", "free on /"), false},
	} {
		if _, got := still(was, []diagnostics.Finding{c.now}); got != c.want {
			t.Errorf("%s: %v", name, got)
		}
	}
	service := finding(diagnostics.ServiceFailed, diagnostics.RestartService, "cups", "cups")
	if _, got := still(service, []diagnostics.Finding{finding(diagnostics.ServiceFailed, diagnostics.RestartService, "cron", "cron")}); got {
		t.Error("another service is taken for this one")
	}
	if _, got := still(service, []diagnostics.Finding{finding(diagnostics.ServiceFailed, diagnostics.RestartService, "cron", "cups")}); !got {
		t.Error("the service is down, and taken for mended")
	}
}

// The page lists every fix.
func TestDocumented(t *testing.T) {
	b, err := os.ReadFile("../../docs/fixes.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, code := range Recipes() {
		if !strings.Contains(string(b), "| `"+string(code)+"` |") {
			t.Errorf("docs/fixes.md does not tell of %s", code)
		}
	}
}
