package tray

import (
	"runtime/debug"
	"time"
)

// quietAfter is how long nothing has happened before memory is given back.
const quietAfter = 5 * time.Second

// quiet gives memory back whenever the tray has been quiet for a while. What
// starting and opening windows needs is many times what waiting needs, and the
// tray waits all day.
type quiet struct{ timer *time.Timer }

func newQuiet() quiet {
	return quiet{time.AfterFunc(quietAfter, func() {
		debug.FreeOSMemory()
		forgetProgram()
	})}
}

// disturb says that something has happened.
func (q quiet) disturb() { q.timer.Reset(quietAfter) }

func (q quiet) stop() { q.timer.Stop() }
