package kit

import (
	"strings"
	"unicode/utf8"

	"github.com/deskbell/deskbell/internal/wire"
)

// ProxyWayWords says how somebody comes to a page.
func ProxyWayWords(w wire.ProxyWay) string {
	switch {
	case w.State == wire.ProxyThrough:
		return "through " + w.Proxy
	case w.State == wire.ProxyDecided:
		words := "a PAC script decides: " + w.Script
		switch {
		case w.Fails != "":
			words += " fails: " + w.Fails
		case w.Says != "":
			words += " says “" + w.Says + "”"
		}
		return words
	case w.Except != "":
		return "directly, by the exception “" + w.Except + "”"
	}
	return "directly"
}

// ProxyTryWords says what a proxy answered.
func ProxyTryWords(t wire.ProxyTry) string {
	switch {
	case t.Status == 407 && t.Signed:
		return "refuses the name and password that are set"
	case t.Status == 407:
		return "wants a sign-in"
	case t.Problem != "":
		return t.Problem
	case t.Through:
		return "leads there"
	case t.Status > 0:
		return "status " + Count(t.Status)
	}
	return "no answer"
}

// proxyScriptWords says what became of a script.
func proxyScriptWords(s wire.ProxyScript) string {
	if s.Found {
		return "fetched, " + Bytes(uint64(max(s.Bytes, 0))) + " in " + Millis(s.Took)
	}
	return "not fetched: " + s.Problem
}

// Capital begins a sentence.
func Capital(s string) string {
	first, size := utf8.DecodeRuneInString(s)
	return strings.ToUpper(string(first)) + s[size:]
}

// proxyWho names whose way it is; names of accounts stay as they are.
func proxyWho(w wire.ProxyWay) string {
	if w.Whose == "" && w.By != "" {
		return Capital(w.Who())
	}
	return w.Who()
}
