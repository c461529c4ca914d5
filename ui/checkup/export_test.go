package checkup

import "github.com/deskbell/deskbell/ui/widgets"

// Again is the button “Check again”.
func (c *Checkup) Again() *widgets.Button { return c.again }
