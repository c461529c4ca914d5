package redact

import (
	"encoding/base64"
	"regexp"
	"strings"
)

// pass applies every rule once. What is unmistakable goes first, so that the
// later, vaguer rules find marks and leave them.
func pass(s string) (string, int) {
	if len(s) < 20 && !strings.ContainsAny(s, "=:@-_. ") {
		return s, 0 // a name, a number
	}
	p := passing{text: s}
	p.privateKeys()
	p.tokens()
	p.urls()
	p.headers()
	p.values()
	p.options()
	p.tools()
	p.mail()
	return p.text, p.count
}

type passing struct {
	text  string
	count int
}

// mask replaces a group of every match by the mark, unless it is one already.
func (p *passing) mask(re *regexp.Regexp, group int) {
	p.maskIf(re, group, func(string) bool { return true })
}

func (p *passing) maskIf(re *regexp.Regexp, group int, secret func(string) bool) {
	var b strings.Builder
	from := 0
	for _, m := range re.FindAllStringSubmatchIndex(p.text, -1) {
		start, end := m[2*group], m[2*group+1]
		if start < from || start == end || isMark(p.text[start:end]) || !secret(p.text[start:end]) {
			continue
		}
		b.WriteString(p.text[from:start])
		b.WriteString(Mark)
		from = end
		p.count++
	}
	if from > 0 {
		b.WriteString(p.text[from:])
		p.text = b.String()
	}
}

// isMark reports whether nothing is left of a value to take out: our mark, or
// somebody else's stars.
func isMark(s string) bool {
	s = strings.Trim(s, `"'`)
	return s == Mark || strings.Trim(s, "*•xX.") == ""
}

var privateKey = regexp.MustCompile(`-----BEGIN [A-Z0-9 ]*PRIVATE KEY(?: BLOCK)?-----([\s\S]*?)(?:-----END [A-Z0-9 ]*PRIVATE KEY(?: BLOCK)?-----|$)`)

func (p *passing) privateKeys() {
	if strings.Contains(p.text, "-----BEGIN ") {
		p.maskIf(privateKey, 1, func(s string) bool { return strings.TrimSpace(s) != Mark })
	}
}

// token is what well-known services give out, and our own enrolment strings.
var token = regexp.MustCompile(strings.Join([]string{
	`\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}(?:\.[A-Za-z0-9_-]*)?`,               // JWT
	`\b(?:AKIA|ASIA|AGPA|AIDA|AROA|AIPA|ANPA|ANVA)[A-Z0-9]{16}\b`,                  // AWS
	`\b(?:ghp|gho|ghu|ghs|ghr)_[A-Za-z0-9]{20,}`, `\bgithub_pat_[A-Za-z0-9_]{20,}`, // GitHub
	`\bgl(?:pat|dt|rt|cbt|ptt|oas)-[A-Za-z0-9_-]{16,}`,                // GitLab
	`\bxox[abeoprs]-[A-Za-z0-9-]{10,}`, `\bxapp-\d-[A-Za-z0-9-]{10,}`, // Slack
	`\bhooks\.slack\.com/services/[A-Za-z0-9/_-]{16,}`,      // Slack
	`\b(?:sk|rk|pk|whsec)_(?:live|test)_[A-Za-z0-9]{10,}`,   // Stripe
	`\bAIza[0-9A-Za-z_-]{35}`, `\bya29\.[0-9A-Za-z_-]{20,}`, // Google
	`\bnpm_[A-Za-z0-9]{30,}`, `\bpypi-[A-Za-z0-9_-]{30,}`, `\bdckr_pat_[A-Za-z0-9_-]{20,}`, // package registries
	`\bsk-[A-Za-z0-9_-]{20,}`, `\bSG\.[A-Za-z0-9_-]{16,}\.[A-Za-z0-9_-]{16,}`, `\bhv[sbr]\.[A-Za-z0-9_-]{20,}`, // and others
	`\bdop_v1_[0-9a-f]{32,}`, `\bshp(?:at|ca|pa|ss)_[0-9a-fA-F]{32}`, `\bAGE-SECRET-KEY-1[A-Z0-9]{20,}`,
	`\bdeskbell-enrol-1\.[A-Za-z0-9_-]{8,}`,
}, "|"))

// tokenStarts are cheap to look for: most lines have none.
var tokenStarts = []string{"eyJ", "AKIA", "ASIA", "AGPA", "AIDA", "AROA", "AIPA", "ANPA", "ANVA", "ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat", "glpat-", "gldt-", "glrt-", "glcbt-", "glptt-", "gloas-", "xox", "xapp", "hooks.slack", "_live_", "_test_",
	"AIza", "ya29.", "npm_", "pypi-", "dckr_", "sk-", "SG.", "hvs.", "hvb.", "hvr.", "dop_v1_", "shpat_", "shpca_", "shppa_", "shpss_", "AGE-SECRET", "deskbell-enrol"}

func (p *passing) tokens() {
	if containsAny(p.text, tokenStarts) {
		p.mask(token, 0)
	}
}

func containsAny(s string, parts []string) bool {
	for _, part := range parts {
		if strings.Contains(s, part) {
			return true
		}
	}
	return false
}

var (
	urlPassword = regexp.MustCompile(`\b[A-Za-z][A-Za-z0-9+.-]*://[^\s/:@"'<>]*:([^\s/"'<>]+)@`)
	urlToken    = regexp.MustCompile(`\bhttps?://([A-Za-z0-9_-]{20,})@`) // a token in a name's place
)

func (p *passing) urls() {
	if strings.Contains(p.text, "://") {
		p.mask(urlPassword, 1)
		p.mask(urlToken, 1)
	}
}

var (
	authorization = regexp.MustCompile(`(?i)\b(?:proxy-)?authorization["']?\s*[:=]\s*["']?(digest [^\r\n]*|(?:[A-Za-z][A-Za-z0-9-]*[ \t]+)?[^\s"']+(?:, [^\r\n"']*)?)`)
	bearer        = regexp.MustCompile(`(?i)\bbearer[ \t]+([A-Za-z0-9._~+/=-]{8,})`)
	basic         = regexp.MustCompile(`(?i)\bbasic[ \t]+([A-Za-z0-9+/=_-]{6,})`)
	cookie        = regexp.MustCompile(`(?i)\b(?:set-)?cookie["']?\s*[:=]\s*["']?([^\s=;,"']+=[^\r\n"']+)`)
)

func (p *passing) headers() {
	lower := strings.ToLower(p.text)
	if !containsAny(lower, []string{"authorization", "bearer", "basic", "cookie"}) {
		return
	}
	p.maskIf(authorization, 1, func(s string) bool {
		_, rest, scheme := strings.Cut(s, " ")
		return !(scheme && isMark(strings.TrimSpace(rest)))
	})
	p.maskIf(bearer, 1, hasDigit)
	p.maskIf(basic, 1, func(s string) bool {
		// “Basic authentication” is prose; a name and a password have a colon between them.
		for _, e := range []*base64.Encoding{base64.RawStdEncoding, base64.RawURLEncoding} {
			if b, err := e.DecodeString(strings.TrimRight(s, "=")); err == nil && strings.Contains(string(b), ":") {
				return true
			}
		}
		return false
	})
	p.maskIf(cookie, 1, func(s string) bool { return !strings.HasPrefix(s, Mark) })
}

func hasDigit(s string) bool { return strings.ContainsAny(s, "0123456789") }

// mailAddress has the local part, then the domain.
var mailAddress = regexp.MustCompile(`(^|[^A-Za-z0-9._%+/'\]-])([A-Za-z0-9][A-Za-z0-9._%+'-]*)@((?:[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?\.)+([A-Za-z]{2,24}))\b`)

// mail masks local parts. What looks like an address and is none: instances of
// systemd's units, and the user that everybody has on a Git server.
func (p *passing) mail() {
	if !strings.Contains(p.text, "@") {
		return
	}
	var b strings.Builder
	from := 0
	for _, m := range mailAddress.FindAllStringSubmatchIndex(p.text, -1) {
		local, top := p.text[m[4]:m[5]], p.text[m[8]:m[9]]
		if local == "git" || unitSuffix(top) {
			continue
		}
		b.WriteString(p.text[from:m[4]])
		b.WriteString(Mark)
		from = m[5]
		p.count++
	}
	if from > 0 {
		b.WriteString(p.text[from:])
		p.text = b.String()
	}
}

func unitSuffix(s string) bool {
	switch s {
	case "service", "socket", "timer", "target", "mount", "automount", "slice", "scope", "device", "path", "swap":
		return true
	}
	return false
}
