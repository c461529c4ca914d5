package ui

import "github.com/deskbell/deskbell/ui/settings"

// Settings are what the window of settings changes.
func (w *Windows) Settings() settings.Options { return w.o.Settings }
