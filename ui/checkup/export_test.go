package checkup

import "github.com/deskbell/deskbell/ui/widgets"

// Again is the button “Check again”.
func (c *Checkup) Again() *widgets.Button { return c.again }

// Mending are the buttons of a fix that can be pressed, by what stands on them.
func (c *Checkup) Mending() map[string]*widgets.Button {
	all := map[string]*widgets.Button{}
	for _, b := range c.mend.Buttons() {
		all[b.Text()] = b
	}
	return all
}
