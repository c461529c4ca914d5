package kit

import "strings"

// Browser makes what a browser calls itself readable: "Firefox on Windows". What
// it does not know it returns as it is, shortened.
func Browser(agent string) string {
	name := ""
	for _, b := range []struct{ sign, name string }{
		{"Edg/", "Edge"}, {"OPR/", "Opera"}, {"Firefox/", "Firefox"}, {"Chrome/", "Chrome"}, {"Version/", "Safari"},
	} {
		if strings.Contains(agent, b.sign) {
			name = b.name
			break
		}
	}
	system := ""
	for _, s := range []struct{ sign, name string }{
		{"Android", "Android"}, {"iPhone", "iPhone"}, {"iPad", "iPad"}, {"Windows", "Windows"}, {"Mac OS X", "macOS"}, {"Linux", "Linux"},
	} {
		if strings.Contains(agent, s.sign) {
			system = s.name
			break
		}
	}
	switch {
	case name == "" && agent == "":
		return "A browser that does not say what it is"
	case name == "":
		return Clip(agent, 60)
	case system == "":
		return name
	}
	return name + " on " + system
}
