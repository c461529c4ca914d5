package kit

import (
	"strings"
	"testing"

	"github.com/a-h/templ"

	"github.com/deskbell/deskbell/internal/fault"
)

// TestField says beside a field what was refused of it, and to screen readers where that
// stands; a control has no attribute twice.
func TestField(t *testing.T) {
	show := func(c templ.Component) string {
		t.Helper()
		var b strings.Builder
		if err := c.Render(t.Context(), &b); err != nil {
			t.Fatal(err)
		}
		return b.String()
	}
	f := Form{ID: "x"}.Refused(fault.Field("goals.2", "Too late <b>"))
	wrong := show(Text(f.Field("goals", "Goals").With("A help."), "abc", templ.Attributes{"type": "date"}))
	for _, want := range []string{
		`<label for="f-x-goals">Goals</label>`, `id="f-x-goals"`, `aria-invalid="true"`, `aria-describedby="f-x-goals-error f-x-goals-help"`,
		`id="f-x-goals-error"`, "Too late &lt;b&gt;", `id="f-x-goals-help"`, `type="date"`, " autofocus",
	} {
		if !strings.Contains(wrong, want) {
			t.Errorf("%q is missing in %s", want, wrong)
		}
	}
	if strings.Count(wrong, "type=") != 1 {
		t.Errorf("an attribute stands twice: %s", wrong)
	}
	if right := show(Text(f.Field("name", "Name"), "", nil)); strings.Contains(right, "aria-") || strings.Contains(right, "Too late") {
		t.Errorf("what was refused elsewhere stands beside the name: %s", right)
	}
	if gone := show(Select(f.Field("team", "Team"), "t9", Pairs("t1", "First"))); !strings.Contains(gone, `value="t9" selected`) {
		t.Errorf("what is not offered any more was lost: %s", gone)
	}
	fixed := show(Rows(Form{Fixed: true}.Field("list", "List"), []string{"0"}, "Add", "Take out", func(string) templ.Component { return Tick(Form{Fixed: true}.Field("a", "A"), true) }))
	if strings.Contains(fixed, "<button") || !strings.Contains(fixed, "disabled") {
		t.Errorf("who may not change it has buttons: %s", fixed)
	}
}
