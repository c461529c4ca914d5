package console_test

import (
	"strings"
	"testing"

	"github.com/deskbell/deskbell/server/auth"
	"github.com/deskbell/deskbell/server/console/browsertest"
	"github.com/deskbell/deskbell/server/servertest"
)

// TestSitesAreSet: however long a site's name is, what sets its time zone stands beside the
// field and not below it.
func TestSitesAreSet(t *testing.T) {
	s := servertest.Start(t)
	p := open(t, s, auth.Admin)
	p.Go("/admin/sites")
	for _, name := range []string{"Berlin", strings.Repeat("Hauptniederlassung ", 5) + "Süd", strings.Repeat("Donaudampfschifffahrt", 4)} {
		p.Fill("form[aria-label='Add a site'] [name=name]", name)
		p.Click("form[aria-label='Add a site'] .primary")
		p.Shows("table", name)
	}
	const below = `[...document.querySelectorAll("td form")].filter(f => {
		const field = f.querySelector("input").getBoundingClientRect(), set = f.querySelector("button").getBoundingClientRect();
		return set.top >= field.bottom || field.width < 100;
	}).length`
	for _, width := range []int{1280, 390} {
		p.Resize(width, 800)
		if n := browsertest.Eval[int](p, below); n != 0 {
			t.Errorf("at %d “Set” stands below its field in %d rows", width, n)
		}
		p.Fits("sites with long names")
	}
	p.Accessible("sites with long names")
	p.Resize(1280, 800)
	p.Picture("sites-long")
	p.Clean()
}
