package console

import (
	"testing"

	"github.com/deskbell/deskbell/server/auth"
)

func TestPaletteLeadsToQuestionsToTheFleet(t *testing.T) {
	for _, c := range []struct {
		role auth.Role
		text string
		want int
	}{
		{auth.Operator, "fleet", 1},
		{auth.Operator, "Ask FL", 1},
		{auth.Operator, "questions", 1},
		{auth.Operator, "printer", 0},
		{auth.Technician, "fleet", 0}, // who may not ask is not led there
	} {
		got := palettePagesFor(auth.Actor{Kind: auth.Staff, Role: c.role}, c.text)
		if len(got) != c.want || c.want == 1 && got[0].Path != "/noc/questions" {
			t.Errorf("%s, %q: %+v", c.role, c.text, got)
		}
	}
}
