package alert

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

const good = `groups:
- name: endpoints
  labels: {team: noc}
  rules:
  - alert: DiskFillsUp
    expr: |
      predict_linear(deskbell_disk_used_percent[6h], 4 * 86400) > 100
      and deskbell_disk_used_percent > 80
    for: 30m
    keep_firing_for: 10m
    labels:
      severity: warning
    annotations:
      summary: "{{ $labels.endpoint }} will be full in four days"
      clear: deskbell_disk_used_percent < 75
      damping: "off"
`

func TestParse(t *testing.T) {
	list, mistakes := Parse("noc.yaml", []byte(good))
	if len(mistakes) > 0 || len(list) != 1 {
		t.Fatal(list, mistakes)
	}
	r := list[0]
	want := Timing{For: 30 * time.Minute, Keep: 10 * time.Minute, Steady: true}
	if r.Name != "DiskFillsUp" || r.Group != "endpoints" || r.File != "noc.yaml" || r.Line != 5 || r.Timing != want || r.Severity() != Warning || r.Labels["team"] != "noc" {
		t.Errorf("%+v", r)
	}
	if q := r.Questions(); q.Holds == "" || q.Data == "" || q.Clear != "" || q.ClearData != "deskbell_disk_used_percent" {
		t.Errorf("%+v", q)
	}
	if none, mistakes := Parse("empty.yaml", nil); len(none)+len(mistakes) > 0 {
		t.Error(none, mistakes)
	}
}

// TestMistakes: each names its line, and where it can its column, and says what to do.
func TestMistakes(t *testing.T) {
	change := func(old, by string) string {
		if !strings.Contains(good, old) {
			t.Fatalf("there is no %q", old)
		}
		return strings.Replace(good, old, by, 1)
	}
	for name, c := range map[string]struct{ text, want string }{
		"syntax in a block": {change("and deskbell_disk_used_percent > 80", "and > 80"), "noc.yaml, line 8, column 11, rule “DiskFillsUp”: The expression is not valid PromQL: unexpected"},
		"syntax in a line":  {change("|\n      predict_linear(deskbell_disk_used_percent[6h], 4 * 86400) > 100\n      and deskbell_disk_used_percent > 80", "x >> 3"), "line 6, column 14, rule"},
		"syntax in quotes":  {change("|\n      predict_linear(deskbell_disk_used_percent[6h], 4 * 86400) > 100\n      and deskbell_disk_used_percent > 80", `"x >> 3"`), "line 6, column 15, rule"},
		"unknown function":  {change("predict_linear(", "predict("), "line 7, column 7, rule “DiskFillsUp”: The expression is not valid PromQL: unknown function"},
		"unknown field":     {change("for: 30m", "during: 30m"), "line 9: Field during not found"},
		"not YAML":          {change("  labels: {team: noc}", "\tlabels: noc"), "noc.yaml, line 2: Found a tab character"},
		"duration":          {change("30m", "half an hour"), "Not a valid duration string"},
		"template":          {change("{{ $labels.endpoint }}", "{{ $lables.endpoint }}"), "undefined variable"},
		"no severity":       {change("severity: warning", "colour: red"), "line 5, rule “DiskFillsUp”: It has no severity. Give it the label “severity”: critical, warning or info."},
		"other severity":    {change("severity: warning", "severity: page"), "“page” is no severity. It is critical, warning or info."},
		"no summary":        {change("summary: ", "note: "), "It has no summary."},
		"clear":             {change("clear: deskbell_disk_used_percent < 75", "clear: 3 +"), "What ends it (“clear”) is not valid PromQL"},
		"damping":           {change(`damping: "off"`, `damping: "no"`), "“no” is no damping. It is on or off."},
		"too long":          {change("for: 30m", "for: 60d"), "It waits for more than 31 days"},
		"twice":             {good + strings.TrimPrefix(good[strings.Index(good, "\n  - alert"):], "\n"), "line 17, rule “DiskFillsUp”: There are two rules of this name."},
		"recording":         {"groups:\n- name: g\n  rules:\n  - record: x:y\n    expr: x\n", "line 4, column 13, rule “x:y”: This is a recording rule."},
		"large":             {strings.Repeat("#", 1<<20+1), "larger than 1 MiB"},
	} {
		t.Run(name, func(t *testing.T) {
			list, mistakes := Parse("noc.yaml", []byte(c.text))
			if len(list) > 0 || len(mistakes) == 0 {
				t.Fatal(list, mistakes)
			}
			if got := mistakes[0].String(); !strings.Contains(got, c.want) {
				t.Errorf("%s\nwant %s", got, c.want)
			}
		})
	}
}

// FuzzParse: whatever a file holds, there are rules or sentences that name it.
func FuzzParse(f *testing.F) {
	f.Add([]byte(good))
	f.Add([]byte("groups: [{name: a, rules: [{alert: x, expr: 'x > 1'}]}]"))
	f.Fuzz(func(t *testing.T, b []byte) {
		list, mistakes := Parse("f.yaml", b)
		if len(list) > 0 && len(mistakes) > 0 {
			t.Fatal("both")
		}
		for _, m := range mistakes {
			if !strings.HasPrefix(m.String(), "f.yaml") || m.Sentence == "" {
				t.Fatalf("%+v", m)
			}
		}
	})
}

// TestPromtool: Prometheus's own tool accepts the file, but for labels of groups, which
// Debian's is too old for.
func TestPromtool(t *testing.T) {
	file := filepath.Join(t.TempDir(), "noc.yaml")
	if err := os.WriteFile(file, []byte(strings.Replace(good, "  labels: {team: noc}\n", "", 1)), 0o600); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command("promtool", "check", "rules", file).CombinedOutput(); err != nil {
		t.Errorf("%v: %s", err, out)
	}
}
