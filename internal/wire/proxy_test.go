package wire_test

import (
	"testing"

	"github.com/deskbell/deskbell/internal/wire"
)

func TestProxyVerdict(t *testing.T) {
	const at = "http://proxy.example.com:3128"
	agent, mara := wire.ProxyWay{By: "agent", State: wire.ProxyDirect}, wire.ProxyWay{Whose: "mara", By: "gnome", State: wire.ProxyThrough, Proxy: at}
	through := wire.ProxyWay{By: "environment", State: wire.ProxyThrough, Proxy: at}
	decided := wire.ProxyWay{Whose: "kofi", By: "kde", State: wire.ProxyDecided, Script: "http://pac/"}
	try := func(t wire.ProxyTry) []wire.ProxyTry { t.Proxy = at; return []wire.ProxyTry{t} }
	for name, x := range map[string]struct {
		part        wire.ProxyPart
		known, good bool
		sentence    string
	}{
		"none":            {wire.ProxyPart{}, false, false, "No settings could be read, so nobody can say."},
		"directly":        {wire.ProxyPart{Ways: []wire.ProxyWay{agent}}, true, true, "No proxy: it goes there directly."},
		"an exception":    {wire.ProxyPart{Ways: []wire.ProxyWay{{By: "agent", State: wire.ProxyDirect, Except: "x"}}}, true, true, "No proxy: the settings make an exception for it."},
		"leads there":     {wire.ProxyPart{Ways: []wire.ProxyWay{mara}, Proxies: try(wire.ProxyTry{Open: true, Status: 200, Through: true})}, true, true, "Through proxy.example.com:3128, which leads there."},
		"a sign-in":       {wire.ProxyPart{Ways: []wire.ProxyWay{mara}, Proxies: try(wire.ProxyTry{Open: true, Status: 407})}, true, false, "Through proxy.example.com:3128, which wants a sign-in."},
		"wrong password":  {wire.ProxyPart{Ways: []wire.ProxyWay{{By: "agent", State: wire.ProxyThrough, Proxy: at, Signed: true}}, Proxies: try(wire.ProxyTry{Open: true, Status: 407, Signed: true})}, true, false, "Through proxy.example.com:3128, which refuses the name and password that are set."},
		"another's":       {wire.ProxyPart{Ways: []wire.ProxyWay{mara}, Proxies: try(wire.ProxyTry{Open: true, Status: 200, Through: true, Signed: true})}, false, false, "Through proxy.example.com:3128, which was not asked."},
		"refuses":         {wire.ProxyPart{Ways: []wire.ProxyWay{mara}, Proxies: try(wire.ProxyTry{Open: true, Status: 403})}, true, false, "Through proxy.example.com:3128, which does not lead there: it answers with status 403."},
		"gone":            {wire.ProxyPart{Ways: []wire.ProxyWay{mara}, Proxies: try(wire.ProxyTry{})}, true, false, "Through proxy.example.com:3128, which does not answer."},
		"hangs":           {wire.ProxyPart{Ways: []wire.ProxyWay{mara}, Proxies: try(wire.ProxyTry{Open: true})}, true, false, "Through proxy.example.com:3128, which takes the connection and does not lead there."},
		"a script":        {wire.ProxyPart{Ways: []wire.ProxyWay{decided}, Scripts: []wire.ProxyScript{{Address: "http://pac/", Found: true}}}, false, false, "A PAC script decides; this agent does not run it."},
		"no script":       {wire.ProxyPart{Ways: []wire.ProxyWay{decided}, Scripts: []wire.ProxyScript{{Address: "http://pac/"}}}, true, false, "A PAC script decides, and it cannot be fetched."},
		"a script's way":  {wire.ProxyPart{Ways: []wire.ProxyWay{{By: "kde", State: wire.ProxyDecided, Says: "PROXY x", Proxy: at}}, Proxies: try(wire.ProxyTry{Open: true, Status: 407})}, true, false, "As a PAC script says, through proxy.example.com:3128, which wants a sign-in."},
		"a script's no":   {wire.ProxyPart{Ways: []wire.ProxyWay{{By: "kde", State: wire.ProxyDecided, Says: "direct"}}}, true, true, "No proxy: a PAC script says that it goes there directly."},
		"its last resort": {wire.ProxyPart{Ways: []wire.ProxyWay{{By: "kde", State: wire.ProxyDecided, Says: "PROXY x; DIRECT"}}}, true, false, "No proxy: those that a PAC script names first take no connection, and then it says to go there directly."},
		"a script fails":  {wire.ProxyPart{Ways: []wire.ProxyWay{{By: "kde", State: wire.ProxyDecided, Fails: "it breaks."}}}, true, false, "A PAC script decides, and it fails: it breaks."},
		"both alike":      {wire.ProxyPart{Ways: []wire.ProxyWay{through, mara}, Proxies: try(wire.ProxyTry{Open: true, Status: 407})}, true, false, "Through proxy.example.com:3128, which wants a sign-in."},
		"it depends":      {wire.ProxyPart{Ways: []wire.ProxyWay{agent, mara, decided}, Proxies: try(wire.ProxyTry{Open: true, Status: 407}), Scripts: []wire.ProxyScript{{Address: "http://pac/", Found: true}}}, true, false, "It depends on who asks. No proxy, it goes there directly: the agent. Through proxy.example.com:3128, which wants a sign-in: mara (GNOME). A PAC script decides; this agent does not run it: kofi (KDE)."},
		"good and script": {wire.ProxyPart{Ways: []wire.ProxyWay{agent, decided}, Scripts: []wire.ProxyScript{{Address: "http://pac/", Found: true}}}, false, false, "It depends on who asks. No proxy, it goes there directly: the agent. A PAC script decides; this agent does not run it: kofi (KDE)."},
	} {
		if v := x.part.Verdict(); v.Known != x.known || v.Good != x.good || v.Sentence != x.sentence {
			t.Errorf("%s: %+v", name, v)
		}
	}
}
