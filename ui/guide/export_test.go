package guide

import "github.com/deskbell/deskbell/ui/widgets"

// Said is every word that the window shows now.
func (g *Guide) Said() string { return widgets.Said(g.root) }
