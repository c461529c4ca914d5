package looks

import (
	"github.com/deskbell/deskbell/ui/model"
	"github.com/deskbell/deskbell/ui/widgets"
)

// Rows are the rows of the list.
func (l *Looks) Rows() []model.LookRow { return l.shown }

// Tabs are the two that are chosen from.
func (l *Looks) Tabs() (looked, collected *widgets.Tick) { return l.looked, l.collected }

// Settings leads to the window of settings.
func (l *Looks) Settings() *widgets.Button { return l.settings }

// Down scrolls what is collected to its end.
func (l *Looks) Down() { l.scroll.ScrollToBottom() }
