package model_test

import (
	"encoding/json"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/deskbell/deskbell/agent/local"
	"github.com/deskbell/deskbell/diagnostics"
	"github.com/deskbell/deskbell/ui/model"
	"github.com/deskbell/deskbell/ui/sample"
)

func TestExact(t *testing.T) {
	got := strings.Join(model.Exact(map[string]any{
		"a_name": "x", "b": []any{map[string]any{"k": 1, "l": "two\nlines"}, map[string]any{"k": 2}}, "c": []string{}, "d": true, "e": []int{1, 2}, "f": nil, "total": 256060514304,
	}), "\n")
	want := strings.Join([]string{
		"a name: x",
		"b:",
		"  - k: 1",
		"    l:",
		"      two",
		"      lines",
		"  - k: 2",
		"c: none",
		"d: yes",
		"e:",
		"  - 1",
		"  - 2",
		"f: none",
		"total: 256 GB (256060514304)",
	}, "\n")
	if got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

// Every value that would be sent stands in the text: nothing is kept from the
// employee, also not by a field that is added later.
func TestNothingIsLeftOut(t *testing.T) {
	c := sample.Checkup()
	for _, s := range c.Snapshot.Sections() {
		text := strings.Join(model.SectionText(&c, s.Name), "\n")
		b, err := json.Marshal(s.Data)
		if err != nil {
			t.Fatal(err)
		}
		var v any
		if err := json.Unmarshal(b, &v); err != nil {
			t.Fatal(err)
		}
		for _, leaf := range leaves(v) {
			if !strings.Contains(text, leaf) {
				t.Errorf("%s: %q is sent and not shown", s.Name, leaf)
			}
		}
	}
}

func leaves(v any) (out []string) {
	switch v := v.(type) {
	case map[string]any:
		for _, x := range v {
			out = append(out, leaves(x)...)
		}
	case []any:
		for _, x := range v {
			out = append(out, leaves(x)...)
		}
	case string:
		out = append(out, v)
	case float64:
		b, _ := json.Marshal(v)
		out = append(out, string(b))
	}
	return out
}

func TestSections(t *testing.T) {
	c := &local.Checkup{}
	c.Snapshot.Disks = diagnostics.Section[diagnostics.Disks]{State: diagnostics.StateTimeout, Note: "No answer in 2 s."}
	c.Snapshot.Memory = diagnostics.Section[diagnostics.Memory]{State: diagnostics.StatePartial, Data: &diagnostics.Memory{Total: 16e9, Available: 4e9}}
	c.Snapshot.Log = diagnostics.Section[diagnostics.Log]{State: diagnostics.StateUnsupported}
	got := map[diagnostics.SectionName]model.Section{}
	for _, s := range model.SectionsOf(c, []diagnostics.SectionName{diagnostics.SectionDisks}) {
		got[s.Name] = s
	}
	for name, want := range map[diagnostics.SectionName]string{
		diagnostics.SectionDisks: "No answer in time", diagnostics.SectionMemory: "4.0 GB free of 16.0 GB (incomplete)",
		diagnostics.SectionLog: "Not available on this system", diagnostics.SectionCPU: "Being read",
	} {
		if got[name].Summary != want {
			t.Errorf("%s says %q, want %q", name, got[name].Summary, want)
		}
	}
	if got[diagnostics.SectionDisks].Ticked || !got[diagnostics.SectionCPU].Ticked {
		t.Error("the wrong sections are ticked")
	}
	if text := model.SectionText(c, diagnostics.SectionDisks); len(text) != 1 || text[0] != "No answer in 2 s." {
		t.Errorf("the disks' text is %q", text)
	}
	if n := len(model.SectionsOf(nil, nil)); n != 8 {
		t.Errorf("before the check-up there are %d sections", n)
	}
}

func TestWrap(t *testing.T) {
	in := []string{"short", strings.Repeat("word ", 20), strings.Repeat("ü", 100), "\ttab"}
	for _, l := range model.Wrap(in, 30) {
		if n := utf8.RuneCountInString(l); n > 30 {
			t.Errorf("%q has %d characters", l, n)
		}
	}
	joined := strings.Join(model.Wrap(in, 30), "")
	if n := strings.Count(joined, "ü"); n != 100 {
		t.Errorf("%d of 100 letters are left", n)
	}
	if n := strings.Count(joined, "word"); n != 20 {
		t.Errorf("%d of 20 words are left", n)
	}
}

func TestPlain(t *testing.T) {
	for in, want := range map[string]string{
		"a\r\nb\rc\x00\x1b[31m\u202eevil\u2066": "a\nb\nc[31mevil",
		"<b>&amp;</b> **x**":                    "<b>&amp;</b> **x**",
		"bad \xff byte":                         "bad  byte",
	} {
		if got := model.Plain(in); got != want {
			t.Errorf("%q becomes %q", in, got)
		}
	}
	if got := model.Breakable(strings.Repeat("x", 50)); strings.Count(got, "\u200b") != 2 {
		t.Errorf("a long word becomes %q", got)
	}
	for n, want := range map[uint64]string{0: "0 B", 999: "999 B", 84_213: "84.2 kB", 999_999: "1.0 MB", 312_475_648: "312 MB", 256_060_514_304: "256 GB"} {
		if got := model.Bytes(n); got != want {
			t.Errorf("%d bytes are %q, want %q", n, got, want)
		}
	}
}
