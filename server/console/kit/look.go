package kit

import (
	"net/http"
	"net/url"
)

// Look is how somebody wants the pages to look and to behave. The zero Look
// follows the system.
type Look struct {
	Theme   string // "", light, dark
	Compact bool   // rows of 32 pixels
	NoKeys  bool   // single-key shortcuts are off (WCAG 2.1.4)
}

const lookCookie = "deskbell-look"

// LookOf reads the look that a browser keeps.
func LookOf(r *http.Request) Look {
	c, err := r.Cookie(lookCookie)
	if err != nil {
		return Look{}
	}
	v, err := url.ParseQuery(c.Value)
	if err != nil {
		return Look{}
	}
	l := Look{Compact: v.Get("rows") == "compact", NoKeys: v.Get("keys") == "off"}
	if t := v.Get("theme"); t == "light" || t == "dark" {
		l.Theme = t
	}
	return l
}

// SetLook has a browser keep a look.
func SetLook(w http.ResponseWriter, r *http.Request, l Look) {
	v := url.Values{}
	if l.Theme != "" {
		v.Set("theme", l.Theme)
	}
	if l.Compact {
		v.Set("rows", "compact")
	}
	if l.NoKeys {
		v.Set("keys", "off")
	}
	http.SetCookie(w, &http.Cookie{
		Name: lookCookie, Value: v.Encode(), Path: "/", HttpOnly: true, Secure: r.TLS != nil, SameSite: http.SameSiteLaxMode, MaxAge: 400 * 24 * 3600,
	})
}

func (l Look) rows() string {
	if l.Compact {
		return "compact"
	}
	return "comfortable"
}

func (l Look) keys() string {
	if l.NoKeys {
		return "off"
	}
	return "on"
}
