package wire

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/deskbell/deskbell/internal/fault"
)

// The kinds that run a reviewed script (tier T2). What the machine's own settings
// allow is not a kind alone, but scripts by their SHA-256.
const (
	ActRunScript     AskKind = "script.run"  // RunScriptParams → ScriptPart; with the requester's rights
	ActRunRootScript AskKind = "script.root" // the same with an administrator's rights
)

// Bounds of a script.
const (
	MaxScript       = 32 << 10
	MaxScriptParams = 12
	MaxScriptValue  = 1000
	MaxScriptOutput = 512 << 10 // bytes as they come; as JSON they may be six times as many
	MaxScriptTime   = 600       // seconds
)

// Script reports whether a kind runs a script.
func (k AskKind) Script() bool { return k == ActRunScript || k == ActRunRootScript }

// Script is what was reviewed: all that decides what is done. Its hash is of all of it.
type Script struct {
	Interpreter string        `json:"interpreter"` // sh, powershell
	Root        bool          `json:"root"`        // an administrator's rights, else the requester's
	Seconds     int           `json:"seconds"`     // after which it is ended
	Params      []ScriptParam `json:"params"`
	Body        string        `json:"body"`
}

// ScriptParam is a parameter: the script reads it from the environment variable
// DESKBELL_ and its name in capitals.
type ScriptParam struct {
	Name    string   `json:"name"`
	Type    string   `json:"type"`              // text, number, choice, yesno
	Pattern string   `json:"pattern,omitempty"` // text: a regular expression that the whole value fits
	Min     int64    `json:"min,omitempty"`     // number
	Max     int64    `json:"max,omitempty"`
	Choices []string `json:"choices,omitempty"`
}

// ScriptValue is a parameter's value.
type ScriptValue struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// RunScriptParams is a script with its values. SHA256 is the script's Hash.
type RunScriptParams struct {
	ID      string        `json:"id"`
	Name    string        `json:"name"`
	Version int           `json:"version"`
	SHA256  string        `json:"sha256"`
	Script  Script        `json:"script"`
	Values  []ScriptValue `json:"values,omitempty"`
}

// ScriptPart is what a script says, or how it ended.
type ScriptPart struct {
	Asked bool   `json:"asked,omitempty"`
	Out   string `json:"out,omitempty"`
	Ended bool   `json:"ended,omitempty"`
	Exit  int    `json:"exit,omitempty"`
	Cut   bool   `json:"cut,omitempty"` // it said more than MaxScriptOutput
}

// Canonical is the script as its hash is taken of it.
func (s Script) Canonical() []byte {
	if s.Params == nil {
		s.Params = []ScriptParam{}
	}
	b, err := json.Marshal(s)
	if err != nil {
		panic(err) // it has strings, numbers and truth values only
	}
	return b
}

// Hash is the SHA-256 by which a machine's settings name the script.
func (s Script) Hash() string {
	sum := sha256.Sum256(append([]byte("deskbell-script-1\n"), s.Canonical()...))
	return hex.EncodeToString(sum[:])
}

var paramName = regexp.MustCompile(`^[a-z][a-z0-9_]{0,29}$`)

// Check says what is wrong with a script.
func (s Script) Check() error {
	switch {
	case s.Interpreter != "sh" && s.Interpreter != "powershell":
		return fault.Field("interpreter", "A script is for sh or for powershell.")
	case strings.TrimSpace(s.Body) == "" || len(s.Body) > MaxScript || !utf8.ValidString(s.Body) || strings.ContainsRune(s.Body, 0):
		return fault.Field("body", "A script has at most 32 KiB of text.")
	case s.Seconds < 1 || s.Seconds > MaxScriptTime:
		return fault.Field("seconds", "A script may run for 1 to 600 seconds.")
	case len(s.Params) > MaxScriptParams:
		return fault.Field("params", "A script has at most 12 parameters.")
	}
	seen := map[string]bool{}
	for _, p := range s.Params {
		if !paramName.MatchString(p.Name) || seen[p.Name] {
			return fault.Field("params", "A parameter's name has small letters, digits and “_”, begins with a letter, and stands once.")
		}
		seen[p.Name] = true
		switch p.Type {
		case "text":
			if _, err := whole(p.Pattern); p.Pattern == "" || len(p.Pattern) > 500 || err != nil {
				return fault.Field("params", "A text needs a pattern (a regular expression) that its whole value fits.")
			}
		case "number":
			if p.Min > p.Max {
				return fault.Field("params", "A number needs a least and a greatest value.")
			}
		case "choice":
			if len(p.Choices) == 0 || len(p.Choices) > 50 {
				return fault.Field("params", "A choice has 1 to 50 values to choose from.")
			}
		case "yesno":
		default:
			return fault.Field("params", "A parameter is a text, a number, a choice or yesno.")
		}
	}
	return nil
}

// whole is a pattern that a whole value fits. It is read by itself first: “a)|(?:b”
// would else get out of the brackets, and fit a part.
func whole(pattern string) (*regexp.Regexp, error) {
	if _, err := regexp.Compile(pattern); err != nil {
		return nil, err
	}
	return regexp.Compile(`\A(?:` + pattern + `)\z`)
}

// CheckValues says what is wrong with the values: each parameter has one, and
// nothing else has.
func (s Script) CheckValues(values []ScriptValue) error {
	given := map[string]string{}
	for _, v := range values {
		given[v.Name] = v.Value
	}
	if len(given) != len(s.Params) || len(values) != len(s.Params) {
		return fault.Field("values", "Each of the script's parameters needs one value, and there are no others.")
	}
	for _, p := range s.Params {
		v, ok := given[p.Name]
		if !ok || !p.takes(v) {
			return fault.Field("values", "The value of “"+p.Name+"” is not one that the script takes.")
		}
	}
	return nil
}

func (p ScriptParam) takes(v string) bool {
	if len(v) > MaxScriptValue || !utf8.ValidString(v) || strings.ContainsAny(v, "\x00\r\n") {
		return false
	}
	switch p.Type {
	case "text":
		re, err := whole(p.Pattern)
		return err == nil && re.MatchString(v)
	case "number":
		n, err := strconv.ParseInt(v, 10, 64)
		return err == nil && strconv.FormatInt(n, 10) == v && n >= p.Min && n <= p.Max
	case "choice":
		for _, c := range p.Choices {
			if c == v {
				return true
			}
		}
		return false
	}
	return v == "yes" || v == "no"
}

// Environment is how the values reach the script.
func Environment(values []ScriptValue) []string {
	var out []string
	for _, v := range values {
		out = append(out, "DESKBELL_"+strings.ToUpper(v.Name)+"="+v.Value)
	}
	return out
}
