package wire

import (
	"slices"
	"strconv"
	"strings"
	"time"
)

// AskProxy asks which proxy leads to a page, whose settings say so, and whether it
// answers: ProxyParams → ProxyPart.
const AskProxy AskKind = "probe.proxy"

// ProxyParams names the page.
type ProxyParams struct {
	URL string `json:"url"`
}

// ProxyPart is what was found. No password of a proxy is in it.
type ProxyPart struct {
	URL      string         `json:"url"`
	Ways     []ProxyWay     `json:"ways"`               // the agent's own first
	Settings []ProxySetting `json:"settings,omitempty"` // as they were found
	Proxies  []ProxyTry     `json:"proxies,omitempty"`  // each that somebody goes through
	Scripts  []ProxyScript  `json:"scripts,omitempty"`  // each that decides for somebody
	Problem  string         `json:"problem,omitempty"`  // what could not be read
}

// ProxyWay is how somebody comes to the page.
type ProxyWay struct {
	Whose  string     `json:"whose,omitempty"` // account; empty: the machine itself
	By     string     `json:"by"`              // whose settings: agent, environment, gnome, kde, windows, winhttp, macos
	State  ProxyState `json:"state"`
	Proxy  string     `json:"proxy,omitempty"`  // scheme://host:port
	Signed bool       `json:"signed,omitempty"` // a name and a password are set for it
	Script string     `json:"script,omitempty"` // address of the script that decides
	Says   string     `json:"says,omitempty"`   // what the script says of the page; Proxy is the first of it that takes connections
	Fails  string     `json:"fails,omitempty"`  // why the script says nothing
	Except string     `json:"except,omitempty"` // the exception by which it goes there directly
}

// ProxySetting is one value as it was found.
type ProxySetting struct {
	Whose string `json:"whose,omitempty"`
	By    string `json:"by"`
	From  string `json:"from"` // file, key or command
	Name  string `json:"name"`
	Value string `json:"value"`
}

// ProxyTry is what became of a proxy that was asked to lead to the page.
type ProxyTry struct {
	Proxy   string        `json:"proxy"`
	Asked   string        `json:"asked,omitempty"` // what it was asked
	Open    bool          `json:"open"`            // it takes connections
	Status  int           `json:"status,omitempty"`
	SignIn  []string      `json:"sign_in,omitempty"` // the ways to sign in that it offers
	Signed  bool          `json:"signed,omitempty"`  // a name and a password are set, and were tried
	Through bool          `json:"through,omitempty"` // it leads there
	Connect time.Duration `json:"connect_ns,omitempty"`
	Answer  time.Duration `json:"answer_ns,omitempty"`
	Problem string        `json:"problem,omitempty"`
}

// ProxyScript is a script (PAC) that decides about proxies.
type ProxyScript struct {
	Address string        `json:"address"`
	Found   bool          `json:"found"` // it is there, and looks like such a script
	Status  int           `json:"status,omitempty"`
	Bytes   int           `json:"bytes,omitempty"`
	Took    time.Duration `json:"took_ns,omitempty"`
	Problem string        `json:"problem,omitempty"`
}

// ProxyState is what settings say of a page.
type ProxyState string

// The states.
const (
	ProxyDirect  ProxyState = "direct"
	ProxyThrough ProxyState = "proxy"
	ProxyDecided ProxyState = "script" // a script decides
)

// ProxyVerdict is what it comes to: known is false where a script decides, good is
// true where nothing stands in the way.
type ProxyVerdict struct {
	Known, Good bool
	Sentence    string
}

// Verdict judges what was found. Where all go the same way that is said once.
func (p ProxyPart) Verdict() ProxyVerdict {
	if len(p.Ways) == 0 {
		return ProxyVerdict{Sentence: "No settings could be read, so nobody can say."}
	}
	type group struct {
		ProxyVerdict
		who []string
	}
	var groups []group // in the order of their first
	for _, w := range p.Ways[:min(len(p.Ways), 40)] {
		v := p.of(w)
		i := slices.IndexFunc(groups, func(g group) bool { return g.Sentence == v.Sentence })
		if i < 0 {
			i = len(groups)
			groups = append(groups, group{ProxyVerdict: v})
		}
		groups[i].who = append(groups[i].who, w.Who())
	}
	if len(groups) == 1 {
		return groups[0].ProxyVerdict
	}
	all := ProxyVerdict{Known: true, Good: true}
	words := []string{"It depends on who asks."}
	for _, g := range groups {
		if !g.Good && g.Known { // of what is bad for some and unknown for others the bad is told
			all.Known, all.Good = true, false
		} else if !g.Known && all.Good {
			all.Known, all.Good = false, false
		}
		words = append(words, strings.Replace(strings.TrimSuffix(g.Sentence, "."), ": ", ", ", 1)+": "+strings.Join(g.who, ", ")+".")
	}
	all.Sentence = strings.Join(words, " ")
	return all
}

// of judges one way.
func (p ProxyPart) of(w ProxyWay) ProxyVerdict {
	switch w.State {
	case ProxyDirect:
		if w.Except != "" {
			return ProxyVerdict{true, true, "No proxy: the settings make an exception for it."}
		}
		return ProxyVerdict{true, true, "No proxy: it goes there directly."}
	case ProxyDecided:
		for _, s := range p.Scripts {
			if s.Address == w.Script && !s.Found {
				return ProxyVerdict{true, false, "A PAC script decides, and it cannot be fetched."}
			}
		}
		switch {
		case w.Fails != "":
			return ProxyVerdict{true, false, "A PAC script decides, and it fails: " + strings.TrimSuffix(w.Fails, ".") + "."}
		case w.Says == "":
			return ProxyVerdict{false, false, "A PAC script decides; this agent does not run it."}
		case w.Proxy == "" && !strings.HasPrefix(strings.ToUpper(strings.TrimSpace(w.Says)), "DIRECT"):
			return ProxyVerdict{true, false, "No proxy: those that a PAC script names first take no connection, and then it says to go there directly."}
		case w.Proxy == "":
			return ProxyVerdict{true, true, "No proxy: a PAC script says that it goes there directly."}
		}
		return p.through(w, "As a PAC script says, through ")
	}
	return p.through(w, "Through ")
}

// through judges the proxy of a way.
func (p ProxyPart) through(w ProxyWay, how string) ProxyVerdict {
	name := w.Proxy
	if _, after, ok := strings.Cut(name, "://"); ok {
		name = after
	}
	said := how + name
	for _, t := range p.Proxies {
		if t.Proxy != w.Proxy || t.Signed != w.Signed {
			continue
		}
		switch {
		case !t.Open:
			return ProxyVerdict{true, false, said + ", which does not answer."}
		case t.Status == 407 && t.Signed:
			return ProxyVerdict{true, false, said + ", which refuses the name and password that are set."}
		case t.Status == 407:
			return ProxyVerdict{true, false, said + ", which wants a sign-in."}
		case t.Through:
			return ProxyVerdict{true, true, said + ", which leads there."}
		case t.Status > 0:
			return ProxyVerdict{true, false, said + ", which does not lead there: it answers with status " + strconv.Itoa(t.Status) + "."}
		}
		return ProxyVerdict{true, false, said + ", which takes the connection and does not lead there."}
	}
	return ProxyVerdict{false, false, said + ", which was not asked."}
}

// Who names whose way it is.
func (w ProxyWay) Who() string {
	by := ProxyPlace(w.By)
	switch {
	case w.By == "agent":
		return "the agent"
	case w.Whose != "":
		return w.Whose + " (" + by + ")"
	}
	return by
}

// ProxyPlace is a place of settings in words.
func ProxyPlace(by string) string {
	switch by {
	case "agent":
		return "environment of the agent"
	case "environment":
		return "environment of programs"
	case "gnome":
		return "GNOME"
	case "kde":
		return "KDE"
	case "windows":
		return "Windows settings"
	case "winhttp":
		return "WinHTTP, for services"
	case "macos":
		return "macOS settings"
	}
	return by
}
