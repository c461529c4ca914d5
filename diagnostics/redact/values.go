package redact

import (
	"regexp"
	"slices"
	"strings"
	"unicode"
)

// assignment is a name with what divides it from its value: =, :, => or :=, with
// quotes around the name as in JSON.
var assignment = regexp.MustCompile(`([A-Za-z_$][A-Za-z0-9_.$-]*)(["'\\]*[ \t]*(?::=|=>|[:=])[ \t]*\\?)`)

// values masks what is assigned to a name that sounds secret.
func (p *passing) values() {
	var b strings.Builder
	from, at := 0, 0
	for at < len(p.text) {
		m := assignment.FindStringSubmatchIndex(p.text[at:])
		if m == nil {
			break
		}
		nameStart, nameEnd, valueStart := at+m[2], at+m[3], at+m[5]
		at = valueStart
		name, divider := p.text[nameStart:nameEnd], p.text[nameEnd:valueStart]
		inQuery := nameStart > 0 && (p.text[nameStart-1] == '?' || p.text[nameStart-1] == '&')
		// Only now the value: looking for the end of each would take the square of
		// the time in a long text.
		if !secretName(name, p.text[valueStart:min(len(p.text), valueStart+200)], inQuery) {
			continue
		}
		start, end := valueAt(p.text, valueStart, inQuery)
		if start == end || harmless(p.text[start:end], divider) {
			continue
		}
		b.WriteString(p.text[from:start])
		b.WriteString(Mark)
		from, at = end, end
		p.count++
	}
	if from > 0 {
		b.WriteString(p.text[from:])
		p.text = b.String()
	}
}

// valueAt finds the value that begins at i: what is in quotes, else up to a
// blank; in a URL's query up to the next parameter, and in a list of settings
// (a=1;b=2) up to the next setting.
func valueAt(s string, i int, inQuery bool) (start, end int) {
	if i >= len(s) {
		return i, i
	}
	if q := s[i]; q == '"' || q == '\'' {
		for j := i + 1; j < len(s); j++ {
			if s[j] == q && s[j-1] != '\\' {
				return i + 1, j
			}
		}
		return i + 1, len(s) // cut off in the middle
	}
	for j := i; j < len(s); j++ {
		switch c := s[j]; {
		case c == ' ', c == '\t', c == '\r', c == '\n', c == '"', c == '\'':
			return i, trimValue(s, i, j)
		case inQuery && (c == '&' || c == '#'):
			return i, j
		case (c == ';' || c == ',' || c == '&') && nextSetting.MatchString(s[j+1:]):
			return i, j
		}
	}
	return i, trimValue(s, i, len(s))
}

// trimValue leaves what closes a bracket or a sentence around the value.
func trimValue(s string, i, j int) int {
	for j > i && strings.IndexByte(",;)}]", s[j-1]) >= 0 && !strings.HasSuffix(s[i:j], Mark) {
		j--
	}
	return j
}

var nextSetting = regexp.MustCompile(`^\s*["']?[A-Za-z_][A-Za-z0-9_. -]*["']?\s*[=:]`)

// harmless reports whether a value cannot be a secret, however its name sounds.
func harmless(v, divider string) bool {
	if isMark(v) || strings.HasPrefix(v, Mark) {
		return true
	}
	switch strings.ToLower(strings.Trim(v, `"'.,;!?)`)) {
	case "", "true", "false", "yes", "no", "on", "off", "null", "nil", "none", "empty", "undefined", "unset", "0", "1", "ok",
		"(null)", "<nil>", "<none>", "<redacted>", "(redacted)", "redacted", "masked", "hidden", "filtered", "prompt", "stdin", "file":
		return true
	case "is", "not", "for", "from", "invalid", "expired", "required", "missing", "wrong", "failed", "incorrect", "error", "the", "a", "an", "must", "has", "was", "user", "authentication":
		// Prose: “password: must not be empty”.
		return strings.HasSuffix(strings.TrimRight(divider, " \t"), ":") && strings.HasSuffix(divider, " ")
	}
	return !strings.ContainsFunc(v, func(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) })
}

// secretName reports whether what is assigned to the name is a secret. It looks
// at the name's last word: a password's file, type or length is none. Of the
// value it needs the beginning, for names that say little.
func secretName(name, value string, inQuery bool) bool {
	if name == "PWD" || name == "OLDPWD" {
		return false // the shell's directory
	}
	words := wordsOf(name)
	for len(words) > 1 && isQualifier(words[len(words)-1]) {
		words = words[:len(words)-1]
	}
	if len(words) == 0 {
		return false
	}
	last := words[len(words)-1]
	before := ""
	if len(words) > 1 {
		before = words[len(words)-2]
	}
	switch last {
	case "password", "passwd", "passphrase", "passwort", "kennwort", "pwd", "pass", "passcode", "secret", "secrets", "token", "psk", "credential", "credentials", "apikey", "cookie", "otp":
		return true
	case "sig", "signature", "code", "assertion":
		return inQuery
	case "auth":
		return before == "rediscli" || before == "npm"
	case "id":
		return before == "session" || before == "sess"
	case "string":
		return before == "connection" && strings.Contains(value, "=")
	case "key":
		switch before {
		case "api", "access", "private", "secret", "account", "auth", "encryption", "encrypt", "signing", "shared", "master", "storage", "license", "licence", "product", "session", "recovery", "wep", "wpa", "sas", "ssh", "service", "deploy", "app", "application", "hmac", "aes", "rsa":
			return true
		case "", "public", "pub", "primary", "foreign", "sort", "cache", "partition", "host", "hot", "registry", "unique", "index", "group", "row", "lookup", "object", "bind", "config", "sub", "map", "event":
			return false
		}
		value, _, _ = strings.Cut(strings.TrimLeft(value, `"'`), " ")
		return len(value) >= 12 && hasDigit(value) && strings.ContainsFunc(value, unicode.IsLetter)
	}
	for _, end := range []string{"password", "passwd", "passphrase", "secret", "token", "apikey", "accesskey", "secretkey", "privatekey", "accountkey", "sharedkey", "sessionid", "sessid", "passwort", "kennwort"} {
		if strings.HasSuffix(last, end) {
			return true
		}
	}
	if rest, ok := strings.CutSuffix(last, "pass"); ok {
		return !slices.Contains([]string{"by", "com", "sur", "tres", "under", "over", "en", "multi", "single", "one", "two"}, rest)
	}
	return false
}

// isQualifier reports whether a word after a secret's name leaves it one:
// password_hash, token.value, secret2.
func isQualifier(w string) bool {
	switch w {
	case "hash", "value", "old", "new", "current", "plain", "plaintext", "b64", "base64", "hex", "raw", "text", "data", "env", "confirm", "confirmation":
		return true
	}
	return strings.Trim(w, "0123456789") == ""
}

// wordsOf takes a name apart at its dividers, at a change from small to capital
// letters, and before trailing digits, in lower case.
func wordsOf(name string) []string {
	var words []string
	var b strings.Builder
	flush := func() {
		if b.Len() > 0 {
			words = append(words, strings.ToLower(b.String()))
			b.Reset()
		}
	}
	runes := []rune(name)
	for i, r := range runes {
		switch {
		case r == '_' || r == '-' || r == '.' || r == '$':
			flush()
			continue
		case i > 0 && unicode.IsUpper(r) && unicode.IsLower(runes[i-1]):
			flush()
		case i > 0 && unicode.IsUpper(r) && i+1 < len(runes) && unicode.IsLower(runes[i+1]) && unicode.IsUpper(runes[i-1]):
			flush() // the last capital of APIKey begins a word
		case i > 0 && unicode.IsDigit(r) && !unicode.IsDigit(runes[i-1]):
			flush()
		}
		b.WriteRune(r)
	}
	flush()
	return words
}
